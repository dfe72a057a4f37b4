//! Writing registers through pointers, payload and tag apart: a 16-byte load of a slot that was written in two parts would
//! wait for both stores.

use lua_runtime::value::{Tag, Value};

/// Keeps the stores before it apart from others of their kind. The compiler would make one store of an integer's and a float's,
/// behind all that come to it, and take each integer there through a register for floats.
macro_rules! apart {
    ($name:literal) => {
        // A comment of the assembler: not an instruction, but for the compiler another one for each name.
        std::arch::asm!(concat!("/* ", $name, " */"), options(nomem, nostack, preserves_flags))
    };
}

/// Copies a slot.
///
/// # Safety
/// Both pointers must be to slots that hold values.
#[inline(always)]
pub unsafe fn copy(to: *mut Value, from: *const Value) {
    // SAFETY: as the caller says.
    unsafe {
        (*Value::parts(to)).payload = (*from).payload();
        (*Value::parts(to)).tag = (*from).tag();
    }
}

/// Writes an integer.
///
/// # Safety
/// `to` must point to a slot.
#[inline(always)]
pub unsafe fn set_integer(to: *mut Value, value: i64) {
    // SAFETY: as the caller says.
    unsafe {
        (*Value::parts(to)).payload = value as u64;
        (*Value::parts(to)).tag = Tag::Integer;
        apart!("integer");
    }
}

/// Writes a float.
///
/// # Safety
/// `to` must point to a slot.
#[inline(always)]
pub unsafe fn set_float(to: *mut Value, value: f64) {
    // SAFETY: as the caller says.
    unsafe {
        (*Value::parts(to)).payload = value.to_bits();
        (*Value::parts(to)).tag = Tag::Float;
        apart!("float");
    }
}
