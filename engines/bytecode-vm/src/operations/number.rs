//! The operators and relations on numbers where no metamethod, no conversion and no error can come up: the part of
//! arithmetic that the dispatch loop does itself. Everything else is in `slow_path`.
//!
//! Every function says whether it did the operation. Registers are reached through pointers, payload and tag apart (see
//! `register`).

use lua_runtime::value::{Tag, Value};
use lua_syntax::arithmetic;

use crate::operations::register::{set_float, set_integer};

/// The operands as integers, if both are.
///
/// # Safety
/// Both pointers must be to slots that hold values.
#[inline(always)]
unsafe fn integers(left: *const Value, right: *const Value) -> Option<(i64, i64)> {
    // SAFETY: callers pass pointers to slots that hold values.
    unsafe {
        if (*left).tag() == Tag::Integer && (*right).tag() == Tag::Integer {
            Some(((*left).payload() as i64, (*right).payload() as i64))
        } else {
            None
        }
    }
}

/// The operands as floats, if both are numbers. Two floats, by far the most frequent case, come first.
///
/// # Safety
/// Both pointers must be to slots that hold values.
#[inline(always)]
unsafe fn floats(left: *const Value, right: *const Value) -> Option<(f64, f64)> {
    // SAFETY: callers pass pointers to slots that hold values.
    unsafe {
        if (*left).tag() == Tag::Float && (*right).tag() == Tag::Float {
            return Some(((*left).raw_float(), (*right).raw_float()));
        }
        Some(((*left).number_as_float()?, (*right).number_as_float()?))
    }
}

/// An operator with an integer and a float form.
///
/// # Safety
/// All pointers must be to slots that hold values.
#[inline(always)]
unsafe fn dual(
    to: *mut Value,
    left: *const Value,
    right: *const Value,
    integer: impl Fn(i64, i64) -> Option<i64>,
    float: impl Fn(f64, f64) -> f64,
) -> bool {
    // SAFETY: callers pass pointers to slots that hold values.
    unsafe {
        if let Some((a, b)) = integers(left, right) {
            let Some(result) = integer(a, b) else { return false };
            set_integer(to, result);
            return true;
        }
        let Some((a, b)) = floats(left, right) else { return false };
        set_float(to, float(a, b));
        true
    }
}

/// Both numbers without their signs, if neither is negative and both fit 32 bits, where division is quicker.
#[inline(always)]
fn small(a: i64, b: i64) -> Option<(u32, u32)> {
    if ((a | b) as u64) >> 32 == 0 { Some((a as u32, b as u32)) } else { None }
}

#[inline(always)]
fn integer_modulo(a: i64, b: i64) -> Option<i64> {
    match small(a, b) {
        Some((a, b)) => a.checked_rem(b).map(i64::from),
        None => arithmetic::integer_modulo(a, b),
    }
}

#[inline(always)]
fn integer_floor_divide(a: i64, b: i64) -> Option<i64> {
    match small(a, b) {
        Some((a, b)) => a.checked_div(b).map(i64::from),
        None => arithmetic::integer_floor_divide(a, b),
    }
}

macro_rules! operators {
    ($($name:ident $doc:literal $kind:ident ($($form:expr),*);)*) => {
        $(
            #[doc = $doc]
            ///
            /// # Safety
            /// All pointers must be to slots that hold values.
            #[inline(always)]
            pub unsafe fn $name(to: *mut Value, left: *const Value, right: *const Value) -> bool {
                // SAFETY: as the caller says.
                unsafe { $kind(to, left, right, $($form),*) }
            }
        )*
    };
}

/// An operator with a float form only.
///
/// # Safety
/// All pointers must be to slots that hold values.
#[inline(always)]
unsafe fn float_only(to: *mut Value, left: *const Value, right: *const Value, float: impl Fn(f64, f64) -> f64) -> bool {
    // SAFETY: callers pass pointers to slots that hold values.
    unsafe {
        let Some((a, b)) = floats(left, right) else { return false };
        set_float(to, float(a, b));
        true
    }
}

/// An operator with an integer form only. Floats with integral values go the slow way.
///
/// # Safety
/// All pointers must be to slots that hold values.
#[inline(always)]
unsafe fn integer_only(
    to: *mut Value,
    left: *const Value,
    right: *const Value,
    integer: impl Fn(i64, i64) -> i64,
) -> bool {
    // SAFETY: callers pass pointers to slots that hold values.
    unsafe {
        let Some((a, b)) = integers(left, right) else { return false };
        set_integer(to, integer(a, b));
        true
    }
}

operators! {
    add "`left + right`." dual(|a, b| Some(a.wrapping_add(b)), |a, b| a + b);
    subtract "`left - right`." dual(|a, b| Some(a.wrapping_sub(b)), |a, b| a - b);
    multiply "`left * right`." dual(|a, b| Some(a.wrapping_mul(b)), |a, b| a * b);
    modulo "`left % right`; not by the integer 0." dual(integer_modulo, arithmetic::float_modulo);
    floor_divide "`left // right`; not by the integer 0."
        dual(integer_floor_divide, arithmetic::float_floor_divide);
    divide "`left / right`." float_only(|a, b| a / b);
    power "`left ^ right`." float_only(arithmetic::float_power);
    bit_and "`left & right`." integer_only(|a, b| a & b);
    bit_or "`left | right`." integer_only(|a, b| a | b);
    bit_xor "`left ~ right`." integer_only(|a, b| a ^ b);
    shift_left "`left << right`." integer_only(arithmetic::shift_left);
    shift_right "`left >> right`." integer_only(arithmetic::shift_right);
}

/// `value + number` for an integer in the instruction. Subtraction passes it negated.
///
/// # Safety
/// Both pointers must be to slots that hold values.
#[inline(always)]
pub unsafe fn add_immediate(to: *mut Value, value: *const Value, number: i64) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        match (*value).tag() {
            Tag::Integer => set_integer(to, ((*value).payload() as i64).wrapping_add(number)),
            Tag::Float => set_float(to, f64::from_bits((*value).payload()) + number as f64),
            _ => return false,
        }
        true
    }
}

/// `left < right` of two numbers; `None` if they are none, or one is an integer that may be equal to no float.
///
/// # Safety
/// Both pointers must be to slots that hold values.
#[inline(always)]
pub unsafe fn less(left: *const Value, right: *const Value) -> Option<bool> {
    // SAFETY: as the caller says.
    unsafe { ordered(left, right, |a, b| a < b, |a, b| a < b) }
}

/// `left <= right`; see [`less`].
///
/// # Safety
/// Both pointers must be to slots that hold values.
#[inline(always)]
pub unsafe fn less_equal(left: *const Value, right: *const Value) -> Option<bool> {
    // SAFETY: as the caller says.
    unsafe { ordered(left, right, |a, b| a <= b, |a, b| a <= b) }
}

/// A relation of two numbers; see [`less`].
///
/// # Safety
/// Both pointers must be to slots that hold values.
#[inline(always)]
unsafe fn ordered(
    left: *const Value,
    right: *const Value,
    integer: impl Fn(i64, i64) -> bool,
    float: impl Fn(f64, f64) -> bool,
) -> Option<bool> {
    // SAFETY: callers pass pointers to slots that hold values.
    unsafe {
        match ((*left).tag(), (*right).tag()) {
            (Tag::Integer, Tag::Integer) => Some(integer((*left).payload() as i64, (*right).payload() as i64)),
            (Tag::Float, Tag::Float) => Some(float((*left).raw_float(), (*right).raw_float())),
            (Tag::Integer, Tag::Float) => Some(float(exact_float((*left).payload() as i64)?, (*right).raw_float())),
            (Tag::Float, Tag::Integer) => Some(float((*left).raw_float(), exact_float((*right).payload() as i64)?)),
            _ => None,
        }
    }
}

/// The float that is equal to an integer, if it surely has one.
#[inline(always)]
fn exact_float(number: i64) -> Option<f64> {
    const LIMIT: u64 = 1 << f64::MANTISSA_DIGITS;
    (number.unsigned_abs() <= LIMIT).then_some(number as f64)
}

/// How a number compares with a 16-bit integer, by `integer` or `float`; `None` if it is no number.
///
/// # Safety
/// `value` must point to a slot that holds a value.
#[inline(always)]
pub unsafe fn compare_immediate(
    value: *const Value,
    number: i16,
    integer: impl Fn(i64, i64) -> bool,
    float: impl Fn(f64, f64) -> bool,
) -> Option<bool> {
    // SAFETY: as the caller says.
    unsafe {
        match (*value).tag() {
            Tag::Integer => Some(integer((*value).payload() as i64, i64::from(number))),
            Tag::Float => Some(float((*value).raw_float(), f64::from(number))),
            _ => None,
        }
    }
}

/// `left == right` where the answer needs no metamethod; `None` for two different tables or userdata.
///
/// # Safety
/// Both pointers must be to slots that hold values.
#[inline(always)]
pub unsafe fn equal(left: *const Value, right: *const Value) -> Option<bool> {
    // SAFETY: as the caller says.
    unsafe {
        let (left, right) = (*left, *right);
        if left.tag == right.tag {
            if left.payload == right.payload && left.tag != Tag::Float {
                return Some(true);
            }
            if left.tag == Tag::Integer {
                return Some(false);
            }
            if matches!(left.tag, Tag::Table | Tag::Userdata) {
                return None;
            }
        }
        Some(left.raw_equals(right))
    }
}
