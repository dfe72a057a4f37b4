//! Writing registers through pointers, payload and tag apart: a 16-byte load of a slot that was written in two parts would
//! wait for both stores.

use lua_runtime::value::{Tag, Value};

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
    }
}
