//! Values that cross the engine boundary: copies, never references into a Lua heap.

use crate::engine::FunctionRef;

/// A value that a caller hands to an engine or gets back.
#[derive(Debug, Clone, PartialEq)]
pub enum HostValue {
    /// Lua's `nil`.
    Nil,
    /// Lua's `true` and `false`.
    Boolean(bool),
    /// A Lua integer.
    Integer(i64),
    /// A Lua float.
    Float(f64),
    /// A Lua string: any bytes.
    String(Vec<u8>),
    /// A function kept by the instance.
    Function(FunctionRef),
    /// A value that only the instance can hold, by the name that Lua's `type` gives it.
    Opaque(&'static str),
}

impl HostValue {
    /// The name that Lua's `type` gives this value.
    pub fn type_name(&self) -> &'static str {
        match self {
            HostValue::Nil => "nil",
            HostValue::Boolean(_) => "boolean",
            HostValue::Integer(_) | HostValue::Float(_) => "number",
            HostValue::String(_) => "string",
            HostValue::Function(_) => "function",
            HostValue::Opaque(name) => name,
        }
    }
}
