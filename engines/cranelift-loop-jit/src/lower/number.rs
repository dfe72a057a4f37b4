//! Arithmetic on numbers of known types.
//!
//! Integers wrap, so addition, subtraction and multiplication need no check. Division by an integer rounds toward minus
//! infinity; a divisor that is known needs no test for 0 and -1. A slot of several types is taken for what it was when
//! the loop was compiled, under a guard.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, types};
use engine_api::event::ExitReason;
use lua_bytecode::instruction::Operand;
use lua_bytecode::proto::Constant;
use lua_runtime::operators::BinaryOperator;
use lua_runtime::value::Tag;

use super::Lower;
use super::builder::{Lowering, Ssa};
use super::vm_call::Reentry;
use crate::helpers;

/// An operator on two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Modulo,
    Power,
    Divide,
    FloorDivide,
    BitAnd,
    BitOr,
    BitXor,
    ShiftLeft,
    ShiftRight,
}

impl Operator {
    /// The operator on numbers.
    fn of(operator: BinaryOperator) -> Operator {
        match operator {
            BinaryOperator::Add => Operator::Add,
            BinaryOperator::Subtract => Operator::Subtract,
            BinaryOperator::Multiply => Operator::Multiply,
            BinaryOperator::Modulo => Operator::Modulo,
            BinaryOperator::Power => Operator::Power,
            BinaryOperator::Divide => Operator::Divide,
            BinaryOperator::FloorDivide => Operator::FloorDivide,
            BinaryOperator::BitAnd => Operator::BitAnd,
            BinaryOperator::BitOr => Operator::BitOr,
            BinaryOperator::BitXor => Operator::BitXor,
            BinaryOperator::ShiftLeft => Operator::ShiftLeft,
            BinaryOperator::ShiftRight => Operator::ShiftRight,
            BinaryOperator::Concat
            | BinaryOperator::Equal
            | BinaryOperator::NotEqual
            | BinaryOperator::Less
            | BinaryOperator::LessEqual
            | BinaryOperator::Greater
            | BinaryOperator::GreaterEqual => unreachable!("{operator:?} is no arithmetic"),
        }
    }
}

/// A number of known type.
#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    /// An integer, and its value if that is known, and what it was when the loop was compiled.
    Integer { value: Ssa, constant: Option<i64>, observed: Option<i64> },
    /// A float, and its value if that is known.
    Float { value: Ssa, constant: Option<f64> },
}

impl Lowering<'_> {
    /// Whether a slot probably holds a number.
    pub(super) fn is_number(&self, slot: u32) -> bool {
        matches!(self.known(slot).guess(), Some(Tag::Integer | Tag::Float))
    }

    /// Whether the VM probably calls a function of the program for an operand.
    pub(super) fn reentry_after(&self, slot: u32) -> Reentry {
        if self.known(slot).guess() == Some(Tag::Table) { Reentry::Likely } else { Reentry::Unlikely }
    }

    /// The number in a slot, which is probably one.
    pub(super) fn number(&mut self, slot: u32) -> Lower<Number> {
        match self.known(slot).guess() {
            Some(Tag::Integer) => self.require(slot, Tag::Integer)?,
            Some(Tag::Float) => self.require(slot, Tag::Float)?,
            Some(_) | None => unreachable!("the caller has seen that it is a number"),
        }
        let value = self.payload(slot);
        let known = self.known(slot);
        Ok(if known.types.single() == Some(Tag::Integer) {
            let observed = known.observed.and_then(|observed| observed.as_integer());
            Number::Integer { value, constant: known.constant, observed: known.constant.or(observed) }
        } else {
            Number::Float { value, constant: None }
        })
    }

    /// A numeric constant of the function.
    pub(super) fn constant_number(&mut self, index: u32) -> Lower<Number> {
        match self.constant(index) {
            Constant::Integer(value) => Ok(self.integer_number(value)),
            Constant::Float(value) => {
                let ssa = self.builder.ins().f64const(value);
                Ok(Number::Float { value: ssa, constant: Some(value) })
            }
            Constant::Nil | Constant::Boolean(_) | Constant::String(_) => Err(self.leave(ExitReason::NotCompiled)),
        }
    }

    /// A known integer.
    pub(super) fn integer_number(&mut self, value: i64) -> Number {
        Number::Integer { value: self.integer(value), constant: Some(value), observed: Some(value) }
    }

    /// The number as a float.
    pub(super) fn as_float(&mut self, number: Number) -> Ssa {
        match number {
            Number::Integer { constant: Some(constant), .. } => self.builder.ins().f64const(constant as f64),
            Number::Integer { value, constant: None, .. } => self.builder.ins().fcvt_from_sint(types::F64, value),
            Number::Float { value, .. } => value,
        }
    }

    /// A binary operator: on numbers by itself, on anything else by the VM.
    pub(super) fn arithmetic_instruction(&mut self, operator: BinaryOperator) -> Lower<()> {
        let word = self.word();
        let (left, right) = (word.operand_b(), word.operand_c());
        if let Some(reentry) = self.reentry_after_operands([left, right]) {
            return self.arithmetic_by_tags(operator, [left, right], reentry);
        }
        let left = self.operand_number(left)?;
        let (operator, right) = match right {
            // As in Lua, `x - 0` is `x + 0`, which makes a difference for the float -0.0.
            Operand::Number(number) if operator == BinaryOperator::Subtract => {
                (Operator::Add, self.integer_number(-i64::from(number)))
            }
            Operand::Register(_) | Operand::Constant(_) | Operand::Number(_) => {
                (Operator::of(operator), self.operand_number(right)?)
            }
        };
        self.arithmetic(operator, self.slot(word.a()), left, right)
    }

    /// Whether an operator or a comparison is left to the VM because an operand is probably no number, and with which
    /// likelihood of a re-entry behind it.
    pub(super) fn reentry_after_operands(&self, operands: [Operand; 2]) -> Option<Reentry> {
        let registers = operands.into_iter().filter_map(|operand| match operand {
            Operand::Register(register) => Some(self.slot(register)),
            Operand::Constant(_) | Operand::Number(_) => None,
        });
        let mut others = registers.filter(|slot| !self.is_number(*slot));
        others.next().map(|slot| self.reentry_after(slot))
    }

    /// The number that an operand is, or probably is.
    pub(super) fn operand_number(&mut self, operand: Operand) -> Lower<Number> {
        match operand {
            Operand::Register(register) => self.number(self.slot(register)),
            Operand::Constant(index) => self.constant_number(index),
            Operand::Number(number) => Ok(self.integer_number(number.into())),
        }
    }

    fn arithmetic(&mut self, operator: Operator, to: u32, left: Number, right: Number) -> Lower<()> {
        match operator {
            Operator::Power | Operator::Divide => {
                let result = self.float_arithmetic(operator, left, right);
                self.set_float(to, result);
            }
            Operator::BitAnd | Operator::BitOr | Operator::BitXor | Operator::ShiftLeft | Operator::ShiftRight => {
                return self.bitwise(operator, to, left, right);
            }
            Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Modulo | Operator::FloorDivide => {
                let (Number::Integer { .. }, Number::Integer { .. }) = (left, right) else {
                    let result = self.float_arithmetic(operator, left, right);
                    self.set_float(to, result);
                    return Ok(());
                };
                return self.integer_arithmetic(operator, to, left, right);
            }
        }
        Ok(())
    }

    fn float_arithmetic(&mut self, operator: Operator, left: Number, right: Number) -> Ssa {
        let is_square = operator == Operator::Power
            && matches!(right, Number::Integer { constant: Some(2), .. } | Number::Float { constant: Some(2.0), .. });
        let (a, b) = (self.as_float(left), self.as_float(right));
        match operator {
            Operator::Add => self.builder.ins().fadd(a, b),
            Operator::Subtract => self.builder.ins().fsub(a, b),
            Operator::Multiply => self.builder.ins().fmul(a, b),
            Operator::Divide => self.builder.ins().fdiv(a, b),
            // The runtime computes a square as a product too.
            Operator::Power if is_square => self.builder.ins().fmul(a, a),
            Operator::Power => self.float_helper(helpers::float_power as *const (), a, b),
            Operator::Modulo => self.float_helper(helpers::float_modulo as *const (), a, b),
            Operator::FloorDivide => {
                let quotient = self.builder.ins().fdiv(a, b);
                self.builder.ins().floor(quotient)
            }
            Operator::BitAnd | Operator::BitOr | Operator::BitXor | Operator::ShiftLeft | Operator::ShiftRight => {
                unreachable!("bits of floats are those of integers")
            }
        }
    }

    fn float_helper(&mut self, helper: *const (), a: Ssa, b: Ssa) -> Ssa {
        self.call(helper, &[a, b], Some(types::F64)).expect("the helper gives a float")
    }

    fn integer_arithmetic(&mut self, operator: Operator, to: u32, left: Number, right: Number) -> Lower<()> {
        let (Number::Integer { value: a, observed: x, .. }, Number::Integer { value: b, constant, observed: y }) =
            (left, right)
        else {
            unreachable!("the caller has looked")
        };
        let both = x.zip(y);
        let (result, observed) = match operator {
            Operator::Add => (self.builder.ins().iadd(a, b), both.map(|(x, y)| x.wrapping_add(y))),
            Operator::Subtract => (self.builder.ins().isub(a, b), both.map(|(x, y)| x.wrapping_sub(y))),
            Operator::Multiply => (self.builder.ins().imul(a, b), both.map(|(x, y)| x.wrapping_mul(y))),
            Operator::Modulo | Operator::FloorDivide => {
                let is_modulo = operator == Operator::Modulo;
                let result = match constant {
                    Some(0) => return self.vm_call(Reentry::Unlikely),
                    Some(constant) => self.divide_by_constant(is_modulo, a, constant),
                    None => self.divide(is_modulo, a, b),
                };
                let exact = both.and_then(|(x, y)| observed_division(is_modulo, x, y));
                (result, exact)
            }
            Operator::Power
            | Operator::Divide
            | Operator::BitAnd
            | Operator::BitOr
            | Operator::BitXor
            | Operator::ShiftLeft
            | Operator::ShiftRight => unreachable!("the caller has looked"),
        };
        self.set_integer(to, result, observed);
        Ok(())
    }

    /// `a // divisor` or `a % divisor` for a known divisor other than 0.
    fn divide_by_constant(&mut self, is_modulo: bool, a: Ssa, divisor: i64) -> Ssa {
        if divisor > 0 && divisor.count_ones() == 1 {
            // Two's complement: the mask and the arithmetic shift round toward minus infinity by themselves.
            return if is_modulo {
                self.builder.ins().band_imm_s(a, divisor - 1)
            } else {
                self.builder.ins().sshr_imm_u(a, i64::from(divisor.trailing_zeros()))
            };
        }
        if divisor == -1 {
            return if is_modulo { self.integer(0) } else { self.builder.ins().ineg(a) };
        }
        let divisor_value = self.integer(divisor);
        self.floored(is_modulo, a, divisor_value, Some(divisor))
    }

    /// `a // b` or `a % b`; the interpreter raises the error for 0.
    fn divide(&mut self, is_modulo: bool, a: Ssa, b: Ssa) -> Ssa {
        let is_not_zero = self.builder.ins().icmp_imm_s(IntCC::NotEqual, b, 0);
        self.guard(is_not_zero, ExitReason::NotCompiled);
        // The machine's division traps for the smallest integer by -1. By 1 the quotient has the opposite sign and the
        // remainder is the same: 0.
        let is_minus_one = self.builder.ins().icmp_imm_s(IntCC::Equal, b, -1);
        let one = self.integer(1);
        let safe = self.builder.ins().select(is_minus_one, one, b);
        let result = self.floored(is_modulo, a, safe, None);
        if is_modulo {
            return result;
        }
        let negated = self.builder.ins().ineg(a);
        self.builder.ins().select(is_minus_one, negated, result)
    }

    /// The machine's division, which rounds toward zero, corrected to round toward minus infinity.
    fn floored(&mut self, is_modulo: bool, a: Ssa, b: Ssa, constant: Option<i64>) -> Ssa {
        let quotient = self.builder.ins().sdiv(a, b);
        let product = self.builder.ins().imul(quotient, b);
        let remainder = self.builder.ins().isub(a, product);
        // All ones if the remainder has the wrong sign, which a remainder of 0 never has.
        let wrong = match constant {
            Some(constant) if constant > 0 => self.builder.ins().sshr_imm_u(remainder, 63),
            Some(_) | None => {
                let difference = self.builder.ins().bxor(remainder, b);
                let differs = self.builder.ins().sshr_imm_u(difference, 63);
                let is_zero = self.builder.ins().icmp_imm_s(IntCC::Equal, remainder, 0);
                self.builder.ins().select(is_zero, remainder, differs)
            }
        };
        if is_modulo {
            let correction = self.builder.ins().band(wrong, b);
            self.builder.ins().iadd(remainder, correction)
        } else {
            self.builder.ins().iadd(quotient, wrong)
        }
    }

    fn bitwise(&mut self, operator: Operator, to: u32, left: Number, right: Number) -> Lower<()> {
        let constant = match right {
            Number::Integer { constant, .. } => constant,
            Number::Float { .. } => None,
        };
        let (a, b) = (self.exact_integer(left), self.exact_integer(right));
        let result = match operator {
            Operator::BitAnd => self.builder.ins().band(a, b),
            Operator::BitOr => self.builder.ins().bor(a, b),
            Operator::BitXor => self.builder.ins().bxor(a, b),
            Operator::ShiftLeft => self.shift(a, b, constant),
            Operator::ShiftRight => match constant {
                Some(count) => self.shift(a, b, Some(count.wrapping_neg())),
                None => {
                    let count = self.builder.ins().ineg(b);
                    self.shift(a, count, None)
                }
            },
            Operator::Add
            | Operator::Subtract
            | Operator::Multiply
            | Operator::Modulo
            | Operator::Power
            | Operator::Divide
            | Operator::FloorDivide => unreachable!("the caller has looked"),
        };
        self.set_integer(to, result, None);
        Ok(())
    }

    /// `a` shifted by `count` bits toward the high end, filled with zeros.
    fn shift(&mut self, a: Ssa, count: Ssa, constant: Option<i64>) -> Ssa {
        match constant {
            Some(count @ 0..=63) => self.builder.ins().ishl_imm_u(a, count),
            Some(count @ -63..=-1) => self.builder.ins().ushr_imm_u(a, -count),
            Some(_) => self.integer(0),
            None => {
                let helper = helpers::shift_left as *const ();
                self.call(helper, &[a, count], Some(types::I64)).expect("the helper gives an integer")
            }
        }
    }

    /// The integer equal to a number; the interpreter converts or complains where there is none.
    fn exact_integer(&mut self, number: Number) -> Ssa {
        match number {
            Number::Integer { value, .. } => value,
            Number::Float { value, .. } => {
                let integer = self.builder.ins().fcvt_to_sint_sat(types::I64, value);
                let back = self.builder.ins().fcvt_from_sint(types::F64, integer);
                let is_exact = self.builder.ins().fcmp(FloatCC::Equal, back, value);
                self.guard(is_exact, ExitReason::Type);
                // Saturation takes 2^63 to an integer that converts back to it.
                let limit = self.builder.ins().f64const(9_223_372_036_854_775_808.0);
                let is_below = self.builder.ins().fcmp(FloatCC::LessThan, value, limit);
                self.guard(is_below, ExitReason::Type);
                integer
            }
        }
    }

    pub(super) fn negate(&mut self, to: u32, from: u32) -> Lower<()> {
        if !self.is_number(from) {
            let reentry = self.reentry_after(from);
            return self.vm_call(reentry);
        }
        match self.number(from)? {
            Number::Integer { value, observed, .. } => {
                let result = self.builder.ins().ineg(value);
                self.set_integer(to, result, observed.map(i64::wrapping_neg));
            }
            Number::Float { value, .. } => {
                let result = self.builder.ins().fneg(value);
                self.set_float(to, result);
            }
        }
        Ok(())
    }

    pub(super) fn bit_not(&mut self, to: u32, from: u32) -> Lower<()> {
        if !self.is_number(from) {
            let reentry = self.reentry_after(from);
            return self.vm_call(reentry);
        }
        let number = self.number(from)?;
        let value = self.exact_integer(number);
        let result = self.builder.ins().bnot(value);
        self.set_integer(to, result, None);
        Ok(())
    }
}

fn observed_division(is_modulo: bool, x: i64, y: i64) -> Option<i64> {
    if is_modulo {
        lua_syntax::arithmetic::integer_modulo(x, y)
    } else {
        lua_syntax::arithmetic::integer_floor_divide(x, y)
    }
}
