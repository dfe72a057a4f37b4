//! What went wrong in an operation, and Lua's words for it.
//!
//! The engine knows which variable held the culprit; this file knows the sentence.

use crate::value::{Tag, Value};
use crate::vm::Vm;
use crate::vm::signal::Signal;

/// A failed operation.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// A value that is no table was indexed.
    Index,
    /// `__index` led in a circle.
    IndexChain,
    /// `__newindex` led in a circle.
    NewIndexChain,
    /// A value that is no function was called.
    Call,
    /// Arithmetic on a value that is no number.
    Arithmetic,
    /// Arithmetic on a string that is no numeral: the operation ("add") and the types of both operands.
    StringArithmetic(&'static str, &'static str, &'static str),
    /// A bitwise operation on a value that is no number.
    Bitwise,
    /// A bitwise operation on a number without an integer value.
    NoInteger,
    /// `..` on a value that is neither string nor number.
    Concat,
    /// `#` on a value without length.
    Length,
    /// An order comparison; holds the left operand, the culprit is the right one.
    Compare(Value),
    /// `//` by zero.
    DivideByZero,
    /// `%` by zero.
    ModuloByZero,
    /// A store under nil.
    NilKey,
    /// A store under NaN.
    NanKey,
    /// A bound of a numeric `for` is no number: "initial value", "limit" or "step".
    ForBound(&'static str),
    /// The step of a numeric `for` is zero.
    ForStepZero,
    /// No memory.
    Memory,
}

impl Vm {
    /// Raises a fault at the innermost function. `variable` is how the engine names the culprit, such as
    /// `local 'x'`.
    #[cold]
    pub fn raise_fault(&mut self, fault: Fault, culprit: Value, variable: Option<&str>) -> Signal {
        match self.fault_message(fault, culprit, variable) {
            Some(message) => self.raise_at(0, &message),
            None => Signal::Memory,
        }
    }

    /// What is wrong, in Lua's words; `None` for a lack of memory, which is no error of the place.
    fn fault_message(&self, fault: Fault, culprit: Value, variable: Option<&str>) -> Option<String> {
        let about = variable.map(|name| format!(" ({name})")).unwrap_or_default();
        let type_name = self.type_name_for_messages(culprit);
        Some(match fault {
            Fault::Index => format!("attempt to index a {type_name} value{about}"),
            Fault::IndexChain => "'__index' chain too long; possible loop".to_string(),
            Fault::NewIndexChain => "'__newindex' chain too long; possible loop".to_string(),
            Fault::Call => format!("attempt to call a {type_name} value{about}"),
            Fault::Arithmetic => format!("attempt to perform arithmetic on a {type_name} value{about}"),
            Fault::StringArithmetic(operation, left, right) => {
                format!("attempt to {operation} a '{left}' with a '{right}'")
            }
            Fault::Bitwise => format!("attempt to perform bitwise operation on a {type_name} value{about}"),
            Fault::NoInteger => format!("number{about} has no integer representation"),
            Fault::Concat => format!("attempt to concatenate a {type_name} value{about}"),
            Fault::Length => format!("attempt to get length of a {type_name} value{about}"),
            Fault::Compare(left) => {
                let left = self.type_name_for_messages(left);
                if left == type_name {
                    format!("attempt to compare two {type_name} values")
                } else {
                    format!("attempt to compare {left} with {type_name}")
                }
            }
            Fault::DivideByZero => "attempt to divide by zero".to_string(),
            Fault::ModuloByZero => "attempt to perform 'n%0'".to_string(),
            Fault::NilKey => "table index is nil".to_string(),
            Fault::NanKey => "table index is NaN".to_string(),
            Fault::ForBound(which) => format!("bad 'for' {which} (number expected, got {type_name})"),
            Fault::ForStepZero => "'for' step is zero".to_string(),
            Fault::Memory => return None,
        })
    }

    /// The type name that messages show: `__name` of the metatable if it is a string.
    pub fn type_name_for_messages(&self, value: Value) -> String {
        if matches!(value.tag, Tag::Table | Tag::Userdata)
            && let Some(name) = self.metamethod(value, crate::vm::meta::MetaEvent::Name).as_string()
        {
            return name.to_text();
        }
        value.type_name().to_string()
    }
}
