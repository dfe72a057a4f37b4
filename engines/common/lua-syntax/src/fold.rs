//! Constant folding by PUC Lua's rules, which a program can observe through `<const>` and through errors.
//!
//! An operation is folded only if both operands are numerals, it cannot raise an error, and its result is neither NaN
//! nor a zero float (constants are found by equality, which cannot tell 0.0 from -0.0). Strings are never converted.
//! It knows constants and operators, not the tree around them.

use crate::arithmetic::{
    Number, float_floor_divide, float_modulo, float_power, float_to_integer, integer_floor_divide, integer_modulo,
    shift_left, shift_right,
};
use crate::ast::{BinaryOperator, Constant, UnaryOperator};

/// The value of `left operator right`, if it is folded.
pub(crate) fn binary(operator: BinaryOperator, left: &Constant, right: &Constant) -> Option<Constant> {
    let (left, right) = (numeral(left)?, numeral(right)?);
    match operator {
        BinaryOperator::Add => arithmetic(left, right, i64::wrapping_add, |a, b| a + b),
        BinaryOperator::Subtract => arithmetic(left, right, i64::wrapping_sub, |a, b| a - b),
        BinaryOperator::Multiply => arithmetic(left, right, i64::wrapping_mul, |a, b| a * b),
        BinaryOperator::Power => float(float_power(to_float(left), to_float(right))),
        BinaryOperator::Divide => division(left, right, |_, _| None, |a, b| a / b),
        BinaryOperator::Modulo => division(left, right, integer_modulo, float_modulo),
        BinaryOperator::FloorDivide => division(left, right, integer_floor_divide, float_floor_divide),
        BinaryOperator::BitAnd => bitwise(left, right, |a, b| a & b),
        BinaryOperator::BitOr => bitwise(left, right, |a, b| a | b),
        BinaryOperator::BitXor => bitwise(left, right, |a, b| a ^ b),
        BinaryOperator::ShiftLeft => bitwise(left, right, shift_left),
        BinaryOperator::ShiftRight => bitwise(left, right, shift_right),
        BinaryOperator::Concat
        | BinaryOperator::Equal
        | BinaryOperator::NotEqual
        | BinaryOperator::Less
        | BinaryOperator::LessEqual
        | BinaryOperator::Greater
        | BinaryOperator::GreaterEqual => None,
    }
}

/// The value of `operator operand`, if it is folded. `not` takes any constant.
pub(crate) fn unary(operator: UnaryOperator, operand: &Constant) -> Option<Constant> {
    match operator {
        UnaryOperator::Negate => match numeral(operand)? {
            Number::Integer(value) => Some(Constant::Integer(value.wrapping_neg())),
            Number::Float(value) => float(-value),
        },
        UnaryOperator::BitNot => Some(Constant::Integer(!to_integer(numeral(operand)?)?)),
        UnaryOperator::Not => Some(Constant::Boolean(!is_true(operand))),
        UnaryOperator::Length => None,
    }
}

/// Whether a condition takes this constant as true.
pub(crate) fn is_true(constant: &Constant) -> bool {
    match constant {
        Constant::Nil | Constant::Boolean(false) => false,
        Constant::Boolean(true) | Constant::Integer(_) | Constant::Float(_) | Constant::String(_) => true,
    }
}

fn numeral(constant: &Constant) -> Option<Number> {
    match constant {
        Constant::Integer(value) => Some(Number::Integer(*value)),
        Constant::Float(value) => Some(Number::Float(*value)),
        Constant::Nil | Constant::Boolean(_) | Constant::String(_) => None,
    }
}

fn to_float(number: Number) -> f64 {
    match number {
        Number::Integer(value) => value as f64,
        Number::Float(value) => value,
    }
}

fn to_integer(number: Number) -> Option<i64> {
    match number {
        Number::Integer(value) => Some(value),
        Number::Float(value) => float_to_integer(value),
    }
}

/// A float constant, unless it must be computed at run time.
fn float(value: f64) -> Option<Constant> {
    (!value.is_nan() && value != 0.0).then_some(Constant::Float(value))
}

fn arithmetic(
    left: Number,
    right: Number,
    on_integers: fn(i64, i64) -> i64,
    on_floats: fn(f64, f64) -> f64,
) -> Option<Constant> {
    match (left, right) {
        (Number::Integer(left), Number::Integer(right)) => Some(Constant::Integer(on_integers(left, right))),
        (left, right) => float(on_floats(to_float(left), to_float(right))),
    }
}

/// Folds a division by anything but zero. `on_integers` gives `None` if the operator has no integer form.
fn division(
    left: Number,
    right: Number,
    on_integers: fn(i64, i64) -> Option<i64>,
    on_floats: fn(f64, f64) -> f64,
) -> Option<Constant> {
    if to_float(right) == 0.0 {
        return None;
    }
    if let (Number::Integer(left), Number::Integer(right)) = (left, right)
        && let Some(value) = on_integers(left, right)
    {
        return Some(Constant::Integer(value));
    }
    float(on_floats(to_float(left), to_float(right)))
}

fn bitwise(left: Number, right: Number, operation: fn(i64, i64) -> i64) -> Option<Constant> {
    Some(Constant::Integer(operation(to_integer(left)?, to_integer(right)?)))
}
