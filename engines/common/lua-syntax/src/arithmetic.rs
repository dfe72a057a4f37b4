//! Arithmetic on Lua numbers, where Lua differs from the machine or from Rust.
//!
//! The parser folds constants with it and every engine computes with it, so that `2^53 // 3` is the same number in
//! both. Addition, subtraction and multiplication are absent: on integers they are Rust's `wrapping_` operations, on
//! floats the machine's. Nothing here knows a value that is not a number, a metamethod or an error message.

pub use crate::numeral::Number;

/// 2^63, the first float past the largest integer.
const INTEGER_LIMIT: f64 = 9_223_372_036_854_775_808.0;

/// The quotient rounded toward minus infinity, wrapping for the smallest integer by -1; `None` for a divisor of 0.
#[inline]
pub fn integer_floor_divide(left: i64, right: i64) -> Option<i64> {
    if right == 0 {
        return None;
    }
    let quotient = left.wrapping_div(right);
    let is_rounded_up = (left ^ right) < 0 && quotient.wrapping_mul(right) != left;
    Some(quotient - i64::from(is_rounded_up))
}

/// The remainder with the divisor's sign; `None` for a divisor of 0.
#[inline]
pub fn integer_modulo(left: i64, right: i64) -> Option<i64> {
    if right == 0 {
        return None;
    }
    let remainder = left.wrapping_rem(right);
    Some(if remainder != 0 && (remainder ^ right) < 0 { remainder + right } else { remainder })
}

/// The quotient rounded toward minus infinity; infinite or NaN for a divisor of zero.
#[inline]
pub fn float_floor_divide(left: f64, right: f64) -> f64 {
    (left / right).floor()
}

/// The remainder with the divisor's sign; NaN for a divisor of zero or an infinite dividend.
#[inline]
pub fn float_modulo(left: f64, right: f64) -> f64 {
    let remainder = float_modulo_toward_zero(left, right);
    let has_other_sign = if remainder > 0.0 { right < 0.0 } else { remainder < 0.0 && right > 0.0 };
    if has_other_sign { remainder + right } else { remainder }
}

/// The remainder with the dividend's sign (C's `fmod`, `math.fmod`).
#[inline]
pub fn float_modulo_toward_zero(left: f64, right: f64) -> f64 {
    left % right
}

/// `left` to the power of `right`. A square is a multiplication, as in PUC Lua: it is quicker and exactly rounded.
#[inline]
pub fn float_power(left: f64, right: f64) -> f64 {
    if right == 2.0 { left * left } else { left.powf(right) }
}

/// `left` shifted by `count` bits toward the high end, filled with zeros. A negative count shifts the other way; 64
/// bits and more leave 0.
#[inline]
pub fn shift_left(left: i64, count: i64) -> i64 {
    let bits = left.cast_unsigned();
    match count {
        0..=63 => (bits << count).cast_signed(),
        -63..=-1 => (bits >> -count).cast_signed(),
        _ => 0,
    }
}

/// `left` shifted by `count` bits toward the low end, filled with zeros. A negative count shifts the other way; 64
/// bits and more leave 0.
#[inline]
pub fn shift_right(left: i64, count: i64) -> i64 {
    // Negating the smallest integer wraps to itself, which shifts everything out either way.
    shift_left(left, count.wrapping_neg())
}

/// The integer equal to `value`, if there is one.
#[inline]
pub fn float_to_integer(value: f64) -> Option<i64> {
    // `as` saturates, so the limit, whose conversion would be one too small, is excluded by hand; NaN becomes 0.
    let integer = value as i64;
    (integer as f64 == value && value != INTEGER_LIMIT).then_some(integer)
}

/// The largest integer that is not above `value`; `None` if no integer is (NaN, or beyond the integers' range).
#[inline]
pub fn float_floor_to_integer(value: f64) -> Option<i64> {
    float_to_integer(value.floor())
}

/// The smallest integer that is not below `value`; `None` if no integer is (NaN, or beyond the integers' range).
#[inline]
pub fn float_ceil_to_integer(value: f64) -> Option<i64> {
    float_to_integer(value.ceil())
}

/// Whether both are the same mathematical number.
#[inline]
pub fn equal(left: Number, right: Number) -> bool {
    match (left, right) {
        (Number::Integer(left), Number::Integer(right)) => left == right,
        (Number::Float(left), Number::Float(right)) => left == right,
        (Number::Integer(integer), Number::Float(float)) | (Number::Float(float), Number::Integer(integer)) => {
            float_to_integer(float) == Some(integer)
        }
    }
}

/// Whether `left` is below `right`, exactly, also between an integer and a float; false if either is NaN.
#[inline]
pub fn less(left: Number, right: Number) -> bool {
    match (left, right) {
        (Number::Integer(left), Number::Integer(right)) => left < right,
        (Number::Float(left), Number::Float(right)) => left < right,
        (Number::Integer(left), Number::Float(right)) => integer_less_float(left, right),
        (Number::Float(left), Number::Integer(right)) => float_less_integer(left, right),
    }
}

/// Whether `left` is not above `right`, exactly, also between an integer and a float; false if either is NaN.
#[inline]
pub fn less_equal(left: Number, right: Number) -> bool {
    match (left, right) {
        (Number::Integer(left), Number::Integer(right)) => left <= right,
        (Number::Float(left), Number::Float(right)) => left <= right,
        (Number::Integer(left), Number::Float(right)) => integer_less_equal_float(left, right),
        (Number::Float(left), Number::Integer(right)) => float_less_equal_integer(left, right),
    }
}

// The four mixed comparisons round the float to a neighbouring integer that gives the same answer. Where there is none,
// the float lies beyond all integers and its sign decides; NaN has no sign here, so that every comparison is false.

/// `left < right`.
#[inline]
pub fn integer_less_float(left: i64, right: f64) -> bool {
    match float_ceil_to_integer(right) {
        Some(bound) => left < bound,
        None => right > 0.0,
    }
}

/// `left <= right`.
#[inline]
pub fn integer_less_equal_float(left: i64, right: f64) -> bool {
    match float_floor_to_integer(right) {
        Some(bound) => left <= bound,
        None => right > 0.0,
    }
}

/// `left < right`.
#[inline]
pub fn float_less_integer(left: f64, right: i64) -> bool {
    match float_floor_to_integer(left) {
        Some(bound) => bound < right,
        None => left < 0.0,
    }
}

/// `left <= right`.
#[inline]
pub fn float_less_equal_integer(left: f64, right: i64) -> bool {
    match float_ceil_to_integer(left) {
        Some(bound) => bound <= right,
        None => left < 0.0,
    }
}

#[cfg(test)]
mod tests;
