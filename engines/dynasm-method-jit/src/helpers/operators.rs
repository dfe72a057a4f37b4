//! Helpers of operators and comparisons.

use bytecode_vm::frame::Continuation;
use bytecode_vm::{concat, slow_path};
use lua_runtime::operators::{BinaryOperator, Miss, UnaryOperator};
use lua_runtime::{Value, Vm};

use super::callee::enter_metamethod;
use super::site::Site;
use super::{Answer, GO_ON, done, integer, register_at, value_at};

/// The operators of [`super::Helper::Arithmetic`], by number.
const OPERATORS: [BinaryOperator; 12] = [
    BinaryOperator::Add,
    BinaryOperator::Subtract,
    BinaryOperator::Multiply,
    BinaryOperator::Modulo,
    BinaryOperator::Power,
    BinaryOperator::Divide,
    BinaryOperator::FloorDivide,
    BinaryOperator::BitAnd,
    BinaryOperator::BitOr,
    BinaryOperator::BitXor,
    BinaryOperator::ShiftLeft,
    BinaryOperator::ShiftRight,
];

/// An operator and the register of its result, for [`super::Helper::Arithmetic`].
pub(crate) fn operator_and_result(operator: BinaryOperator, result: u8) -> i32 {
    let number = OPERATORS.iter().position(|known| *known == operator).expect("it is in the table");
    number as i32 | i32::from(result) << 8
}

define! {
    arithmetic(vm, pc, base, left, right, operator) {
        // SAFETY: compiled code passes addresses of registers and constants.
        let (left, right) = unsafe { (value_at(left), value_at(right)) };
        // SAFETY: as the macro says.
        unsafe { arithmetic_on(vm, pc, base, [left, right], operator) }
    }
    arithmetic_immediate(vm, pc, base, left, number, operator) {
        // SAFETY: as in `arithmetic`.
        unsafe { arithmetic_on(vm, pc, base, [value_at(left), integer(number)], operator) }
    }
    length(vm, pc, base, operand, result, _unused) {
        // SAFETY: as in `arithmetic`.
        unsafe {
            let operand = value_at(operand);
            match (*vm).length(operand) {
                Ok(length) => {
                    *register_at(result) = length;
                    done(base)
                }
                Err(miss) => miss_of_operator(vm, pc, base, miss, [operand, operand]),
            }
        }
    }
    compare(vm, pc, base, left, right, relation) {
        // SAFETY: as in `arithmetic`.
        unsafe { comparison(vm, pc, base, [value_at(left), value_at(right)], relation) }
    }
    compare_immediate(vm, pc, base, left, number, relation) {
        // SAFETY: as in `arithmetic`.
        let (value, number) = unsafe { (value_at(left), integer(number)) };
        let values = if relation & 4 != 0 { [number, value] } else { [value, number] };
        // SAFETY: as the macro says.
        unsafe { comparison(vm, pc, base, values, relation & 3) }
    }
    raw_equal(_vm, _pc, _base, left, right, _unused) {
        // SAFETY: as in `arithmetic`.
        let truth = unsafe { value_at(left).raw_equals(value_at(right)) };
        Answer { status: GO_ON, other: truth.into() }
    }
}

define_at_site! {
    unary(site, operand, is_negation) {
        let operator = if is_negation != 0 { UnaryOperator::Negate } else { UnaryOperator::BitNot };
        let outcome = slow_path::unary(site.vm, site.cursor, operator, site.value(operand));
        site.next(outcome)
    }
    concatenate(site) {
        let outcome = concat::concat(site.vm, site.cursor);
        site.next(outcome)
    }
}

/// A binary operator on two values.
///
/// # Safety
/// As for [`Site::new`].
#[inline(always)]
unsafe fn arithmetic_on(vm: *mut Vm, pc: u32, base: *mut Value, [left, right]: [Value; 2], operator: u64) -> Answer {
    let (operator, result) = (OPERATORS[usize::from(operator as u8)], operator as usize >> 8);
    // SAFETY: as the caller says; the result is a register of the frame.
    unsafe {
        match (*vm).arithmetic(operator, left, right) {
            Ok(value) => {
                *base.add(result) = value;
                done(base)
            }
            Err(miss) => miss_of_operator(vm, pc, base, miss, [left, right]),
        }
    }
}

/// Ends an operator that the runtime could not finish.
///
/// # Safety
/// As for [`Site::new`].
#[inline(never)]
unsafe fn miss_of_operator(vm: *mut Vm, pc: u32, base: *mut Value, miss: Miss, [left, right]: [Value; 2]) -> Answer {
    // SAFETY: as the caller says.
    unsafe {
        if let Some(answer) = enter_metamethod(vm, pc, base, &miss, |_| [left, right], Continuation::Store) {
            return answer;
        }
        let mut site = Site::new(vm, pc, base);
        let outcome = slow_path::end_operator(site.vm, site.cursor, miss, left, right);
        site.next(outcome)
    }
}

/// A comparison of two values.
///
/// # Safety
/// As for [`Site::new`].
#[inline(always)]
unsafe fn comparison(vm: *mut Vm, pc: u32, base: *mut Value, [left, right]: [Value; 2], relation: u64) -> Answer {
    // SAFETY: as the caller says.
    unsafe {
        let known = match relation {
            0 => (*vm).equals(left, right),
            1 => (*vm).less(left, right),
            _ => (*vm).less_equal(left, right),
        };
        match known {
            Ok(truth) => Answer { status: GO_ON, other: truth.into() },
            Err(miss) => {
                if let Some(answer) = enter_metamethod(vm, pc, base, &miss, |_| [left, right], Continuation::Branch) {
                    return answer;
                }
                let mut site = Site::new(vm, pc, base);
                let result = slow_path::comparison(site.vm, site.cursor, Err(miss), left, right);
                site.truth(result)
            }
        }
    }
}
