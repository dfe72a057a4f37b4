//! Instructions that compiled code leaves to the VM without leaving itself: calls, constructors, everything that may need
//! a metamethod or raise an error.
//!
//! Compiled code stores what its frame lacks, names the instruction by a [`Site`] and calls [`run`], which does with the
//! frame what the VM does. If the VM would go on behind the instruction in the same frame, so does compiled code, though
//! calls, collections and moves of the stack may lie between. Everything else (a function of the program was called, a
//! coroutine was switched, an error was raised) leaves the unit; since frames are complete at that moment, there is
//! nothing to restore. This file knows what an opcode does only by the VM's own functions.

use bytecode_vm::miss::Truth;
use bytecode_vm::quick::{self, Callee, Registers};
use bytecode_vm::state::{Cursor, Outcome, Step, closure_of, prototype_of, resume_at, save, state};
use bytecode_vm::{call, close, concat, element, field, loops, miss};
use lua_bytecode::{Opcode, Pc};
use lua_runtime::operate::{BinaryOperator, UnaryOperator};
use lua_runtime::{NativeRole, Signal, Value, Vm};

use crate::class::{Class, Relation, Right, Sides, class};
use crate::exits::{InlinedFrame, write_frames};
use crate::policy::jit_of;

/// An instruction of a unit that the VM's functions do.
#[derive(Debug)]
pub(crate) struct Site {
    /// The instruction.
    pub(crate) pc: Pc,
    /// The frames of inlined calls that are active there, outermost first.
    pub(crate) frames: Vec<InlinedFrame>,
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
enum Ending {
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
pub(crate) unsafe extern "C" fn run(vm: *mut Vm, site: *const Site, base: *mut Value) -> Answer {
    // SAFETY: as the caller says; compiled code uses neither while it waits for this.
    let (vm, site) = unsafe { (&mut *vm, &*site) };
    // SAFETY: the base is a slot of the running stack.
    let unit_base = unsafe { base.offset_from(vm.stack()) } as u32;
    let innermost = write_frames(vm, unit_base, &site.frames);
    // SAFETY: the frame is complete, and the site's instruction is one of its function.
    let cursor = unsafe { Cursor::at(vm, site.pc, innermost) };
    let (thread, local_changes) = (vm.thread, state(vm).local_changes.get());
    let may_change_frame = calls_special(cursor);
    save(vm, cursor);
    let words = cursor.instruction().opcode().words() as usize;
    // SAFETY: verified code has another instruction behind one that control can pass.
    let behind = unsafe { cursor.address().add(words) };
    let outcome = operate(vm, cursor);
    // What the unit has taken out of its frame must be read again if the program may have changed it there.
    let is_unchanged = state(vm).local_changes.get() == local_changes;
    let status = match outcome {
        Ok(Ending::Branch(jumps)) => u64::from(jumps),
        Ok(Ending::As(Ok(Step::Next))) if is_unchanged => DONE,
        Ok(Ending::As(Ok(Step::Next))) => {
            let step = resume_at(vm, behind, innermost);
            leave(vm, Ok(step))
        }
        Ok(Ending::As(Ok(Step::Reload))) => {
            let state = state(vm);
            let is_behind = state.resume_pc.get() == behind && state.resume_base.get() == innermost;
            // A coroutine may run the same function at the same place of its own stack.
            let goes_on = is_behind && vm.thread == thread && !may_change_frame && is_unchanged;
            if goes_on { DONE } else { leave(vm, Ok(Step::Reload)) }
        }
        Ok(Ending::As(Ok(Step::Exit))) => leave(vm, Ok(Step::Exit)),
        Ok(Ending::As(Err(signal))) | Err(signal) => leave(vm, Err(signal)),
    };
    if status != LEAVE {
        let depth = &state(vm).depth;
        depth.set(depth.get() - site.frames.len() as u32);
    }
    // SAFETY: the slot is inside the stack, wherever that is now.
    Answer { status, base: unsafe { vm.stack().add(unit_base as usize) } }
}

/// Whether the instruction calls a library function that is not plain. Some of those change variables of their callers, so
/// that the frame must be read again: the unit is left and entered again behind the call.
fn calls_special(cursor: Cursor) -> bool {
    let instruction = cursor.instruction();
    let callee = || cursor.register(instruction.a()).as_native();
    instruction.opcode() == Opcode::Call && callee().is_some_and(|native| native.role() != NativeRole::Plain)
}

fn leave(vm: &mut Vm, outcome: Outcome) -> u64 {
    jit_of(vm).set_left(outcome);
    LEAVE
}

/// The values that an instruction names, read before anything changes.
struct Operands {
    cursor: Cursor,
}

impl Operands {
    fn a(&self) -> Value {
        self.cursor.register(self.cursor.instruction().a())
    }

    fn b(&self) -> Value {
        self.cursor.register(self.cursor.instruction().b())
    }

    fn c(&self) -> Value {
        self.cursor.register(self.cursor.instruction().c())
    }

    fn constant(&self, index: u32) -> Value {
        // SAFETY: the verifier has checked the index.
        unsafe { *self.cursor.prototype().pool.constant(index) }
    }

    fn constant_b(&self) -> Value {
        self.constant(self.cursor.instruction().b().into())
    }

    fn constant_c(&self) -> Value {
        self.constant(self.cursor.instruction().c().into())
    }

    fn constant_bx(&self) -> Value {
        self.constant(self.cursor.instruction().bx().into())
    }

    fn immediate(&self) -> Value {
        Value::integer(self.cursor.instruction().sbx().into())
    }

    fn upvalue(&self, index: u8) -> Value {
        self.cursor.closure().cell(index.into()).get()
    }
}

/// Does one instruction as the VM does it, its quick ways included where they save time.
fn operate(vm: &mut Vm, cursor: Cursor) -> Result<Ending, Signal> {
    let operands = Operands { cursor };
    match class(cursor.instruction().opcode()) {
        Class::Arithmetic(operator, sides) => Ok(Ending::As(arithmetic(vm, &operands, operator, sides))),
        Class::Comparison { relation, right, polarity } => compare(vm, &operands, relation, right, polarity),
        Class::Preparation => loops::prepare(vm, cursor).map(|runs| Ending::Branch(!runs)),
        Class::Access => Ok(Ending::As(access_or_call(vm, &operands))),
        Class::Other => unreachable!("compiled code does {} by itself", cursor.instruction().opcode().name()),
    }
}

fn arithmetic(vm: &mut Vm, operands: &Operands, operator: BinaryOperator, sides: Sides) -> Outcome {
    let (left, right) = match sides {
        Sides::Registers => (operands.b(), operands.c()),
        Sides::RightConstant => (operands.b(), operands.constant_c()),
        Sides::LeftConstant => (operands.constant_b(), operands.c()),
        Sides::Immediate => (operands.b(), Value::integer(operands.cursor.instruction().sc().into())),
    };
    miss::arithmetic(vm, operands.cursor, operator, left, right)
}

fn compare(
    vm: &mut Vm,
    operands: &Operands,
    relation: Relation,
    right: Right,
    polarity: bool,
) -> Result<Ending, Signal> {
    let left = operands.a();
    let right = match right {
        Right::Register => operands.b(),
        Right::Constant => operands.constant_bx(),
        Right::Immediate => operands.immediate(),
    };
    let cursor = operands.cursor;
    let truth = match relation {
        Relation::Equal => miss::equal(vm, cursor, left, right),
        Relation::Less => miss::less(vm, cursor, left, right),
        Relation::LessEqual => miss::less_equal(vm, cursor, left, right),
        Relation::Greater => miss::less(vm, cursor, right, left),
        Relation::GreaterEqual => miss::less_equal(vm, cursor, right, left),
    };
    Ok(match truth? {
        Truth::Known(truth) => Ending::Branch(truth == polarity),
        Truth::Later(step) => Ending::As(Ok(step)),
    })
}

/// Everything that is no operator.
fn access_or_call(vm: &mut Vm, v: &Operands) -> Outcome {
    use Opcode as O;
    let cursor = v.cursor;
    let instruction = cursor.instruction();
    match instruction.opcode() {
        O::GetGlobal | O::GetUpField => load_field(vm, cursor, v.upvalue(instruction.b())),
        O::GetField => load_field(vm, cursor, v.b()),
        O::SelfField => {
            let object = v.b();
            cursor.set_register(instruction.a() + 2, object);
            load_field(vm, cursor, object)
        }
        O::SetGlobal | O::SetUpField => store_field(vm, cursor, v.upvalue(instruction.a()), v.b()),
        O::SetGlobalK | O::SetUpFieldK => store_field(vm, cursor, v.upvalue(instruction.a()), v.constant_bx()),
        O::SetField => store_field(vm, cursor, v.a(), v.b()),
        O::SetFieldK => store_field(vm, cursor, v.a(), v.constant_bx()),
        O::GetIndex => element::load(vm, cursor, v.b(), v.c()),
        O::GetIndexI => element::load(vm, cursor, v.b(), Value::integer(instruction.c().into())),
        O::SetIndex => store_element(vm, cursor, v.a(), v.b(), v.c()),
        O::SetIndexK => store_element(vm, cursor, v.a(), v.b(), v.constant_c()),
        O::SetIndexI => store_element(vm, cursor, v.a(), Value::integer(instruction.b().into()), v.c()),
        O::SetIndexIK => store_element(vm, cursor, v.a(), Value::integer(instruction.b().into()), v.constant_c()),
        O::NewCell => element::new_cell(vm, cursor, v.b()),
        O::NewNilCell => element::new_cell(vm, cursor, Value::NIL),
        O::NewTable => element::new_table(vm, cursor),
        O::NewObject => element::new_object(vm, cursor),
        O::SetList => element::set_list(vm, cursor),
        O::Closure => element::new_closure(vm, cursor),
        O::Concat => concat::concat(vm, cursor),
        O::Length => miss::length(vm, cursor, v.b()),
        O::Negate => miss::unary(vm, cursor, UnaryOperator::Negate, v.b()),
        O::BitNot => miss::unary(vm, cursor, UnaryOperator::BitNot, v.b()),
        O::Call => call_function(vm, cursor),
        O::GenericForCall => call_iterator(vm, cursor),
        O::Vararg => call::varargs(vm, cursor),
        O::MarkClose => close::mark(vm, cursor, instruction.a()),
        O::Close => close::close(vm, cursor),
        O::GetCell => {
            cursor.set_result(element::cell_of(v.b()).get());
            Ok(Step::Next)
        }
        O::SetCell => {
            element::cell_of(v.a()).set(&mut vm.heap, v.b());
            Ok(Step::Next)
        }
        O::GetUpvalue => {
            cursor.set_result(v.upvalue(instruction.b()));
            Ok(Step::Next)
        }
        O::SetUpvalue => {
            cursor.closure().cell(instruction.b().into()).set(&mut vm.heap, v.a());
            Ok(Step::Next)
        }
        opcode => unreachable!("the class of {} is not this", opcode.name()),
    }
}

fn store_field(vm: &mut Vm, cursor: Cursor, object: Value, value: Value) -> Outcome {
    // SAFETY: the verifier has checked the index of the slot, and the prototype lives while its frame does.
    let slot = unsafe { &*cursor.prototype().pool.slot(cursor.extra()) };
    if slot.cache.store_first(vm, object, value) {
        return Ok(Step::Next);
    }
    field::store(vm, cursor, object, value)
}

fn load_field(vm: &mut Vm, cursor: Cursor, object: Value) -> Outcome {
    // SAFETY: the verifier has checked the index of the slot, and the prototype lives while its frame does.
    let slot = unsafe { &*cursor.prototype().pool.slot(cursor.extra()) };
    if let Some(value) = slot.cache.load_first(object) {
        cursor.set_result(value);
        return Ok(Step::Next);
    }
    field::load(vm, cursor, object)
}

fn store_element(vm: &mut Vm, cursor: Cursor, object: Value, key: Value, value: Value) -> Outcome {
    if let Some(index) = key.as_integer()
        && element::store_integer(vm, object, index, value)
    {
        return Ok(Step::Next);
    }
    element::store(vm, cursor, object, key, value)
}

/// `CALL`.
fn call_function(vm: &mut Vm, cursor: Cursor) -> Outcome {
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
fn call_iterator(vm: &mut Vm, cursor: Cursor) -> Outcome {
    let instruction = cursor.instruction();
    let first = instruction.a();
    for (to, from) in [(first + 4, first), (first + 6, first + 1), (first + 7, first + 2)] {
        cursor.set_register(to, cursor.register(from));
    }
    match call_native(vm, cursor, first + 4, 2, instruction.c() + 1) {
        Some(result) => result.map(|()| Step::Next),
        None => loops::call_iterator(vm, cursor),
    }
}

/// Calls a library function in a register, if it is one that needs nothing from the VM.
fn call_native(vm: &mut Vm, cursor: Cursor, register: u8, count: u32, wanted: u8) -> Option<Result<(), Signal>> {
    let slot = cursor.slot(vm, register) as usize;
    // SAFETY: the instruction is a call, whose registers are inside the frame, and the frame has room for what library
    // functions use above it.
    let result = unsafe {
        let base = vm.stack().add(cursor.base(vm) as usize);
        let registers = Registers { pc: cursor.address(), base, pool: prototype_of(base).pool };
        debug_assert!(closure_of(base) == cursor.closure());
        quick::call_native(vm, registers, Callee { slot: vm.stack().add(slot), count, wanted })
    };
    result.map(|result| result.map(|_| ()))
}
