//! Operations that the runtime could not finish: the metamethod gets its frame, or the fault its message.
//!
//! One function for each way in which an instruction can end (see [`crate::frame::Continuation`]). Which value goes
//! where afterwards is in `continuation`.

use lua_runtime::fault::Fault;
use lua_runtime::operators::{BinaryOperator, Miss, UnaryOperator};
use lua_runtime::{Signal, Value, Vm};

use crate::debug::backtrace::{register_variable, variable_name};
use crate::frame::{Continuation, FLAG_ONE_WORD, FrameHeader, HEADER_SLOTS};
use crate::operations::enter::enter;
use crate::state::{Cursor, Outcome, Step, save};

/// Calls a metamethod for the instruction at the cursor, in a frame above its registers.
#[inline(always)]
pub fn call_metamethod<const COUNT: usize>(
    vm: &mut Vm,
    cursor: Cursor,
    handler: Value,
    arguments: [Value; COUNT],
    continuation: Continuation,
    wanted: u8,
) -> Outcome {
    let callee = cursor.base(vm) + cursor.prototype().max_stack;
    call_metamethod_at(vm, cursor, callee, handler, arguments, continuation, wanted)
}

/// As [`call_metamethod`], with the frame at a given slot.
#[inline(never)]
pub fn call_metamethod_at<const COUNT: usize>(
    vm: &mut Vm,
    cursor: Cursor,
    callee: u32,
    handler: Value,
    arguments: [Value; COUNT],
    continuation: Continuation,
    wanted: u8,
) -> Outcome {
    save(vm, cursor);
    vm.metamethod_depth += 1;
    vm.check_native_depth().inspect_err(|_| vm.metamethod_depth -= 1)?;
    let words = cursor.instruction().opcode().words();
    let header = FrameHeader::new(cursor.pc() + words, callee + HEADER_SLOTS - vm.frame_base(), continuation, wanted);
    let flags = if words == 1 { FLAG_ONE_WORD } else { 0 };
    let count = COUNT as u32;
    assert!(callee + HEADER_SLOTS + count <= vm.stack_capacity(), "a metamethod above the stack");
    // SAFETY: the slots are inside the stack, as was just checked.
    unsafe {
        let address = vm.stack().add(callee as usize);
        *address = handler;
        for (i, argument) in arguments.into_iter().enumerate() {
            *address.add(HEADER_SLOTS as usize + i) = argument;
        }
    }
    Ok(enter(vm, callee, count, header.with_flags(flags)))
}

/// Raises a fault of the instruction at the cursor.
#[cold]
pub fn raise(vm: &mut Vm, cursor: Cursor, fault: Fault, culprit: Value) -> Signal {
    save(vm, cursor);
    let variable = variable_name(cursor, culprit);
    vm.raise_fault(fault, culprit, variable.as_deref())
}

/// As [`raise`], for an instruction whose operands can have the same value: says in which register the culprit is.
#[cold]
pub fn raise_for_register(vm: &mut Vm, cursor: Cursor, fault: Fault, culprit: Value, register: u8) -> Signal {
    save(vm, cursor);
    let variable = register_variable(cursor, register);
    vm.raise_fault(fault, culprit, variable.as_deref())
}

/// Ends a load whose result goes to register A.
pub fn end_load(vm: &mut Vm, cursor: Cursor, miss: Miss, key: Value) -> Outcome {
    match miss {
        Miss::Call { handler, receiver } => {
            call_metamethod(vm, cursor, handler, [receiver, key], Continuation::Store, 2)
        }
        Miss::Fault(fault, culprit) => Err(raise(vm, cursor, fault, culprit)),
    }
}

/// Ends a store.
pub fn end_store(vm: &mut Vm, cursor: Cursor, miss: Miss, key: Value, value: Value) -> Outcome {
    match miss {
        Miss::Call { handler, receiver } => {
            call_metamethod(vm, cursor, handler, [receiver, key, value], Continuation::Discard, 1)
        }
        Miss::Fault(fault, culprit) => Err(raise(vm, cursor, fault, culprit)),
    }
}

/// Ends an operation on two operands whose result goes to register A.
pub fn end_operator(vm: &mut Vm, cursor: Cursor, miss: Miss, left: Value, right: Value) -> Outcome {
    match miss {
        Miss::Call { handler, receiver: _ } => {
            call_metamethod(vm, cursor, handler, [left, right], Continuation::Store, 2)
        }
        Miss::Fault(fault, culprit) => Err(raise(vm, cursor, fault, culprit)),
    }
}

/// An arithmetic or bitwise operator that the dispatch loop did not do itself; the result goes to register A.
#[inline(never)]
pub fn arithmetic(vm: &mut Vm, cursor: Cursor, operator: BinaryOperator, left: Value, right: Value) -> Outcome {
    match vm.arithmetic(operator, left, right) {
        Ok(value) => {
            cursor.set_result(value);
            Ok(Step::Next)
        }
        Err(miss) => end_operator(vm, cursor, miss, left, right),
    }
}

/// Unary minus or bitwise not; the result goes to register A.
#[inline(never)]
pub fn unary(vm: &mut Vm, cursor: Cursor, operator: UnaryOperator, operand: Value) -> Outcome {
    match vm.unary(operator, operand) {
        Ok(value) => {
            cursor.set_result(value);
            Ok(Step::Next)
        }
        Err(miss) => end_operator(vm, cursor, miss, operand, operand),
    }
}

/// `#operand`; the result goes to register A.
#[inline(never)]
pub fn length(vm: &mut Vm, cursor: Cursor, operand: Value) -> Outcome {
    match vm.length(operand) {
        Ok(value) => {
            cursor.set_result(value);
            Ok(Step::Next)
        }
        Err(miss) => end_operator(vm, cursor, miss, operand, operand),
    }
}

/// What is known of a comparison after the runtime has looked at it.
pub enum Truth {
    /// The answer.
    Known(bool),
    /// A metamethod decides; the interpreter goes on in it.
    Later(Step),
}

/// `left == right`.
#[inline(never)]
pub fn equal(vm: &mut Vm, cursor: Cursor, left: Value, right: Value) -> Result<Truth, Signal> {
    let result = vm.equals(left, right);
    comparison(vm, cursor, result, left, right)
}

/// `left < right`.
#[inline(never)]
pub fn less(vm: &mut Vm, cursor: Cursor, left: Value, right: Value) -> Result<Truth, Signal> {
    let result = vm.less(left, right);
    comparison(vm, cursor, result, left, right)
}

/// `left <= right`.
#[inline(never)]
pub fn less_equal(vm: &mut Vm, cursor: Cursor, left: Value, right: Value) -> Result<Truth, Signal> {
    let result = vm.less_equal(left, right);
    comparison(vm, cursor, result, left, right)
}

/// Ends a comparison at which the runtime has looked.
///
/// # Errors
/// That of the comparison.
pub fn comparison(
    vm: &mut Vm,
    cursor: Cursor,
    result: Result<bool, Miss>,
    left: Value,
    right: Value,
) -> Result<Truth, Signal> {
    match result {
        Ok(truth) => Ok(Truth::Known(truth)),
        Err(Miss::Call { handler, receiver: _ }) => {
            call_metamethod(vm, cursor, handler, [left, right], Continuation::Branch, 2).map(Truth::Later)
        }
        Err(Miss::Fault(fault, culprit)) => Err(raise(vm, cursor, fault, culprit)),
    }
}
