//! VM calls: instructions that compiled code has the interpreter do without leaving itself: calls, constructors,
//! everything that may need a metamethod or raise an error.
//!
//! Compiled code stores what its frame lacks, names the instruction by a [`Site`] and calls [`run`], which does with the
//! frame what the VM does. If the VM would go on behind the instruction in the same frame, so does compiled code, though
//! calls, collections and moves of the stack may lie between. Everything else (a function of the program was called, a
//! coroutine was switched, an error was raised) leaves the unit; since frames are complete at that moment, there is
//! nothing to restore. Which instruction is done by which function is in [`crate::lower`].

use bytecode_vm::dispatch::carry_out;
use bytecode_vm::plain_call::{self, Callee, Registers};
use bytecode_vm::slow_path::Truth;
use bytecode_vm::state::{Cursor, Outcome, State, Step, closure_of, prototype_of, resume, save, state_unchecked};
use bytecode_vm::tier::{After, Operation};
use bytecode_vm::{call, close, element, field, for_loop, slow_path};
use engine_api::VmState;
use lua_bytecode::Pc;
use lua_bytecode::instruction::Operand;
use lua_bytecode::opcode::{self, Relation};
use lua_runtime::operators::UnaryOperator;
use lua_runtime::{NativeRole, Signal, Value, Vm};

use crate::exits::{InlinedFrame, write_frames};
use crate::loops::VM_CALLS_PER_ENTRY;
use crate::policy::jit_of;

/// An instruction of a unit that the VM's functions do.
#[derive(Debug)]
pub(crate) struct Site {
    /// The instruction.
    pub(crate) pc: Pc,
    /// The frames of inlined calls that are active there, outermost first.
    pub(crate) frames: Vec<InlinedFrame>,
    /// What does it.
    pub(crate) function: VmFunction,
    /// Whether it calls what is in a register.
    pub(crate) is_call: bool,
}

/// A function of the VM that does an instruction in a complete frame.
#[derive(Debug, Clone, Copy)]
pub(crate) enum VmFunction {
    /// Goes on behind the instruction.
    Value(fn(&mut Vm, Cursor) -> Outcome),
    /// Goes on behind the instruction, or where it jumps.
    Branch(fn(&mut Vm, Cursor) -> Result<Ending, Signal>),
}

/// Status of an answer: go on behind the instruction.
pub(crate) const DONE: u64 = 0;
/// Status of an answer: go on where the instruction jumps.
pub(crate) const JUMPS: u64 = 1;
/// Status of an answer: leave the unit; how the VM goes on was written down.
const LEAVE: u64 = 2;

/// What [`run`] gives, in two registers.
#[repr(C)]
pub(crate) struct Answer {
    /// One of the constants above.
    pub(crate) status: u64,
    /// The base of the unit's frame, unless the unit is to be left.
    pub(crate) base: *mut Value,
}

/// How an instruction has ended.
pub(crate) enum Ending {
    /// As the VM's function says.
    As(Outcome),
    /// Behind the instruction, or where it jumps.
    Branch(bool),
}

/// Does the instruction of a site. `base` is the base of the unit's frame.
///
/// # Safety
/// Only for compiled code, which passes the running state, a site of its unit and the base of its frame; everything that
/// is live must be in the frame.
#[inline(never)]
pub(crate) unsafe extern "C" fn run(vm: *mut Vm, site: *const Site, base: *mut Value) -> Answer {
    // SAFETY: as the caller says; compiled code uses neither while it waits for this.
    let (vm, site) = unsafe { (&mut *vm, &*site) };
    // SAFETY: the base is a slot of the running stack.
    let unit_base = unsafe { base.offset_from(vm.stack()) } as u32;
    let innermost = write_frames(vm, unit_base, &site.frames);
    // SAFETY: the frame is complete, and the site's instruction is one of its function.
    let cursor = unsafe { Cursor::at(vm, site.pc, innermost) };
    let operation = Operation::begin(vm, cursor);
    let words = cursor.instruction().opcode().words() as usize;
    // SAFETY: verified code has another instruction behind one that control can pass.
    let behind = unsafe { cursor.address().add(words) };
    // What may change the frame's variables ends with the unit being left and entered again.
    let expected = if site.is_call && calls_special(cursor) { std::ptr::null() } else { behind };
    save(vm, cursor);
    let ending = match site.function {
        VmFunction::Value(function) => Ok(Ending::As(function(vm, cursor))),
        VmFunction::Branch(function) => function(vm, cursor),
    };
    let status = match ending {
        Ok(Ending::Branch(jumps)) => u64::from(jumps),
        Ok(Ending::As(outcome)) => {
            // SAFETY: it is what the operation has answered.
            let outcome = outcome.and_then(|step| unsafe { carry_out(vm, step) });
            let outcome = match jit_of(vm).policy.run_callee {
                Some(run_callee) if outcome == Ok(Step::Reload) && operation.is_waiting(vm) => run_callee(vm),
                Some(_) | None => outcome,
            };
            match operation.end(vm, outcome, expected, behind) {
                // SAFETY: it is the instruction behind this one, of the same frame.
                After::GoOn if is_time_to_look(vm) => leave(vm, Ok(unsafe { resume(vm, behind, operation.base()) })),
                After::GoOn => DONE,
                After::Leave(outcome) => leave(vm, outcome),
            }
        }
        Err(signal) => leave(vm, Err(signal)),
    };
    if status != LEAVE {
        let state = vm_state(vm);
        // SAFETY: compiled code goes on without the frames of the inlined calls.
        unsafe { state.set_depth(state.depth() - site.frames.len() as u32) };
    }
    // SAFETY: the slot is inside the stack, wherever that is now.
    Answer { status, base: unsafe { vm.stack().add(unit_base as usize) } }
}

/// As [`run`], for instances that say what they do.
///
/// # Safety
/// As for [`run`].
pub(crate) unsafe extern "C" fn run_tracked(vm: *mut Vm, site: *const Site, base: *mut Value) -> Answer {
    // SAFETY: as the caller says; the state outlives the call.
    unsafe {
        let before = (*vm).interrupt.set_state(VmState::Helper);
        let answer = run(vm, site, base);
        (*vm).interrupt.set_state(before);
        answer
    }
}

/// The interpreter's part of the running state.
#[inline(always)]
fn vm_state(vm: &Vm) -> &State {
    // SAFETY: compiled code runs in this engine's states only, which are over the VM.
    unsafe { state_unchecked(vm) }
}

/// Whether a call instruction calls a library function that is not plain. Some of those change variables of their callers, so
/// that the frame must be read again: the unit is left and entered again behind the call.
fn calls_special(cursor: Cursor) -> bool {
    let callee = cursor.register(cursor.instruction().a()).as_native();
    callee.is_some_and(|native| native.role() != NativeRole::Plain)
}

/// Counts a VM call. Says whether the unit is to be left, so that what it is worth is looked at.
#[inline]
fn is_time_to_look(vm: &Vm) -> bool {
    let vm_calls = &jit_of(vm).vm_calls;
    vm_calls.set(vm_calls.get() + 1);
    vm_calls.get() >= VM_CALLS_PER_ENTRY
}

fn leave(vm: &mut Vm, outcome: Outcome) -> u64 {
    jit_of(vm).set_vm_call_outcome(outcome);
    LEAVE
}

/// A value that an instruction names.
fn value(cursor: Cursor, operand: Operand) -> Value {
    match operand {
        Operand::Register(register) => cursor.register(register),
        // SAFETY: the verifier has checked the index.
        Operand::Constant(index) => unsafe { *cursor.prototype().pool().constant(index) },
        Operand::Number(number) => Value::integer(number.into()),
    }
}

/// The value of an upvalue.
fn upvalue(cursor: Cursor, index: u8) -> Value {
    cursor.closure().cell(index.into()).get()
}

// The functions of [`VmFunction`] that are not simply one of the VM's. Values are read before anything changes.

/// A binary operator.
pub(crate) fn arithmetic(vm: &mut Vm, cursor: Cursor) -> Outcome {
    let word = cursor.instruction();
    let opcode::Operation::Arithmetic(operator) = word.opcode().operation() else { unreachable!("it is an operator") };
    let (left, right) = (value(cursor, word.operand_b()), value(cursor, word.operand_c()));
    slow_path::arithmetic(vm, cursor, operator, left, right)
}

/// An operator with one operand, but `not`.
pub(crate) fn unary(vm: &mut Vm, cursor: Cursor) -> Outcome {
    let word = cursor.instruction();
    let opcode::Operation::Unary(operator) = word.opcode().operation() else { unreachable!("it is an operator") };
    let operand = value(cursor, word.operand_b());
    match operator {
        UnaryOperator::Length => slow_path::length(vm, cursor, operand),
        UnaryOperator::Negate | UnaryOperator::BitNot => slow_path::unary(vm, cursor, operator, operand),
        UnaryOperator::Not => unreachable!("compiled code does it by itself"),
    }
}

/// A comparison that may need a metamethod.
pub(crate) fn compare(vm: &mut Vm, cursor: Cursor) -> Result<Ending, Signal> {
    let word = cursor.instruction();
    let opcode::Operation::Compare { relation, jumps_if } = word.opcode().operation() else {
        unreachable!("it is a comparison")
    };
    let (left, right) = (value(cursor, word.operand_a()), value(cursor, word.operand_b()));
    let truth = match relation {
        Relation::Equal => slow_path::equal(vm, cursor, left, right),
        Relation::Less => slow_path::less(vm, cursor, left, right),
        Relation::LessEqual => slow_path::less_equal(vm, cursor, left, right),
        Relation::Greater => slow_path::less(vm, cursor, right, left),
        Relation::GreaterEqual => slow_path::less_equal(vm, cursor, right, left),
    };
    Ok(match truth? {
        Truth::Known(truth) => Ending::Branch(truth == jumps_if),
        Truth::Later(step) => Ending::As(Ok(step)),
    })
}

/// `FORPREP`: jumps if the loop does not run.
pub(crate) fn prepare_loop(vm: &mut Vm, cursor: Cursor) -> Result<Ending, Signal> {
    for_loop::prepare(vm, cursor).map(|runs| Ending::Branch(!runs))
}

/// `GETGLOBAL` and `GETUPFIELD`.
pub(crate) fn get_upvalue_field(vm: &mut Vm, cursor: Cursor) -> Outcome {
    load_field(vm, cursor, upvalue(cursor, cursor.instruction().b()))
}

/// `GETFIELD`.
pub(crate) fn get_field(vm: &mut Vm, cursor: Cursor) -> Outcome {
    load_field(vm, cursor, value(cursor, cursor.instruction().operand_b()))
}

/// `SELF`.
pub(crate) fn get_method(vm: &mut Vm, cursor: Cursor) -> Outcome {
    let word = cursor.instruction();
    let object = value(cursor, word.operand_b());
    cursor.set_register(word.a() + 2, object);
    load_field(vm, cursor, object)
}

/// `GETINDEX` and its kin.
pub(crate) fn get_element(vm: &mut Vm, cursor: Cursor) -> Outcome {
    let word = cursor.instruction();
    element::load(vm, cursor, value(cursor, word.operand_b()), value(cursor, word.operand_c()))
}

/// `SETGLOBAL`, `SETUPFIELD` and their kin.
pub(crate) fn set_upvalue_field(vm: &mut Vm, cursor: Cursor) -> Outcome {
    let word = cursor.instruction();
    store_field(vm, cursor, upvalue(cursor, word.a()), value(cursor, word.operand_b()))
}

/// `SETFIELD` and its kin.
pub(crate) fn set_field(vm: &mut Vm, cursor: Cursor) -> Outcome {
    let word = cursor.instruction();
    store_field(vm, cursor, value(cursor, word.operand_a()), value(cursor, word.operand_b()))
}

/// `SETINDEX` and its kin.
pub(crate) fn set_element(vm: &mut Vm, cursor: Cursor) -> Outcome {
    let word = cursor.instruction();
    let (object, key) = (value(cursor, word.operand_a()), value(cursor, word.operand_b()));
    element::store(vm, cursor, object, key, value(cursor, word.operand_c()))
}

/// `GETCELL`.
pub(crate) fn get_cell(_: &mut Vm, cursor: Cursor) -> Outcome {
    // SAFETY: the instruction names a register with a cell.
    let cell = unsafe { element::cell_of(value(cursor, cursor.instruction().operand_b())) };
    cursor.set_result(cell.get());
    Ok(Step::Next)
}

/// `SETCELL`.
pub(crate) fn set_cell(vm: &mut Vm, cursor: Cursor) -> Outcome {
    let word = cursor.instruction();
    let (cell, new) = (value(cursor, word.operand_a()), value(cursor, word.operand_b()));
    // SAFETY: the instruction names a register with a cell.
    unsafe { element::cell_of(cell) }.set(&mut vm.heap, new);
    Ok(Step::Next)
}

/// `GETUPVAL`.
pub(crate) fn get_upvalue(_: &mut Vm, cursor: Cursor) -> Outcome {
    cursor.set_result(upvalue(cursor, cursor.instruction().b()));
    Ok(Step::Next)
}

/// `SETUPVAL`.
pub(crate) fn set_upvalue(vm: &mut Vm, cursor: Cursor) -> Outcome {
    let word = cursor.instruction();
    cursor.closure().cell(word.b().into()).set(&mut vm.heap, value(cursor, word.operand_a()));
    Ok(Step::Next)
}

/// `NEWCELL`.
pub(crate) fn new_cell(vm: &mut Vm, cursor: Cursor) -> Outcome {
    element::new_cell(vm, cursor, value(cursor, cursor.instruction().operand_b()))
}

/// `NEWNILCELL`.
pub(crate) fn new_nil_cell(vm: &mut Vm, cursor: Cursor) -> Outcome {
    element::new_cell(vm, cursor, Value::NIL)
}

/// `TBC`.
pub(crate) fn mark_close(vm: &mut Vm, cursor: Cursor) -> Outcome {
    close::mark(vm, cursor, cursor.instruction().a())
}

fn store_field(vm: &mut Vm, cursor: Cursor, object: Value, value: Value) -> Outcome {
    // SAFETY: the verifier has checked the index of the slot, and the prototype lives while its frame does.
    let feedback = unsafe { &*cursor.prototype().pool().feedback(cursor.extra()) };
    if feedback.cache.store_first(&mut vm.heap, object, value) {
        return Ok(Step::Next);
    }
    field::store(vm, cursor, object, value)
}

fn load_field(vm: &mut Vm, cursor: Cursor, object: Value) -> Outcome {
    // SAFETY: the verifier has checked the index of the slot, and the prototype lives while its frame does.
    let feedback = unsafe { &*cursor.prototype().pool().feedback(cursor.extra()) };
    if let Some(value) = feedback.cache.load_first(object) {
        cursor.set_result(value);
        return Ok(Step::Next);
    }
    field::load(vm, cursor, object)
}

/// `CALL`.
pub(crate) fn call_function(vm: &mut Vm, cursor: Cursor) -> Outcome {
    let instruction = cursor.instruction();
    if instruction.b() != 0 {
        let count = u32::from(instruction.b()) - 1;
        let quickly = call_native(vm, cursor, instruction.a(), count, instruction.c());
        if let Some(result) = quickly {
            return result.map(|()| Step::Next);
        }
    }
    call::call(vm, cursor)
}

/// `TFORCALL`.
pub(crate) fn call_iterator(vm: &mut Vm, cursor: Cursor) -> Outcome {
    let instruction = cursor.instruction();
    let first = instruction.a();
    for (to, from) in [(first + 4, first), (first + 6, first + 1), (first + 7, first + 2)] {
        cursor.set_register(to, cursor.register(from));
    }
    match call_native(vm, cursor, first + 4, 2, instruction.c() + 1) {
        Some(result) => result.map(|()| Step::Next),
        None => call::call_iterator(vm, cursor),
    }
}

/// Calls a library function in a register, if it is one that needs nothing from the VM.
fn call_native(vm: &mut Vm, cursor: Cursor, register: u8, count: u32, wanted: u8) -> Option<Result<(), Signal>> {
    let slot = cursor.stack_slot(vm, register) as usize;
    // SAFETY: the instruction is a call, whose registers are inside the frame, and the frame has room for what library
    // functions use above it.
    let result = unsafe {
        let base = vm.stack().add(cursor.base(vm) as usize);
        let registers = Registers { pc: cursor.address(), base, pool: prototype_of(base).pool() };
        debug_assert!(closure_of(base) == cursor.closure());
        plain_call::call_native(vm, registers, Callee { address: vm.stack().add(slot), count, wanted })
    };
    result.map(|result| result.map(|_| ()))
}
