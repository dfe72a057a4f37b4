//! Numbers as text, and strings that are numerals.
//!
//! It allocates nothing on the Lua heap. How floats are written is `engine_api::number_text`, parsing is
//! `lua_syntax::numeral`, shared with the lexer.

pub use engine_api::number_text::{float_to_text, format_fixed, format_general, format_hexadecimal, format_scientific};
use lua_syntax::numeral::{Number, parse_number};

use crate::value::{Tag, Value};

/// The number that a numeral stands for, white space around it allowed.
pub fn number_of_string(bytes: &[u8]) -> Option<Value> {
    parse_number(bytes).map(|number| match number {
        Number::Integer(integer) => Value::integer(integer),
        Number::Float(float) => Value::float(float),
    })
}

/// The integer that a numeral stands for, if its value is integral.
pub fn integer_of_string(bytes: &[u8]) -> Option<i64> {
    match parse_number(bytes)? {
        Number::Integer(integer) => Some(integer),
        Number::Float(float) => lua_syntax::arithmetic::float_to_integer(float),
    }
}

/// What `tostring` gives for a number, or the bytes of a string; `None` for other values.
pub fn bytes_of(value: Value) -> Option<Vec<u8>> {
    with_text(value, <[u8]>::to_vec)
}

/// Gives `use_text` what `tostring` gives for a number, or the bytes of a string; `None` for other values. The text of an
/// integer is nowhere but on the native stack.
#[inline]
pub fn with_text<R>(value: Value, use_text: impl FnOnce(&[u8]) -> R) -> Option<R> {
    match value.tag {
        Tag::Integer => Some(use_text(itoa::Buffer::new().format(value.raw_integer()).as_bytes())),
        Tag::Float => Some(use_text(float_to_text(value.raw_float()).as_bytes())),
        Tag::String => Some(use_text(value.as_string()?.bytes())),
        _ => None,
    }
}
