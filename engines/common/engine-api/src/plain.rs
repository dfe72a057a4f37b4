//! Values that cross the engine boundary: copies, never references into a Lua heap.

use crate::engine::FunctionRef;

/// A value that a caller hands to an engine or gets back.
#[derive(Debug, Clone, PartialEq)]
pub enum Plain {
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
    /// A value that has no plain form, by the name that Lua's `type` gives it.
    Opaque(&'static str),
}

impl Plain {
    /// The name that Lua's `type` gives this value.
    pub fn type_name(&self) -> &'static str {
        match self {
            Plain::Nil => "nil",
            Plain::Boolean(_) => "boolean",
            Plain::Integer(_) | Plain::Float(_) => "number",
            Plain::String(_) => "string",
            Plain::Function(_) => "function",
            Plain::Opaque(name) => name,
        }
    }
}
