//! Calls that the dispatch loop does not do by itself: any callee, any frame, any continuation.
//!
//! A call starts with the callee in a stack slot, the slot behind it reserved, and the arguments behind that. It ends
//! in [`crate::calls::continuation`], at once for a library function. Nothing here recurses for a Lua function.

use lua_bytecode::Pc;
use lua_runtime::fault::Fault;
use lua_runtime::meta::MetaEvent;
use lua_runtime::value::Value;
use lua_runtime::{Args, Gc, NATIVE_FREE_SLOTS, NativeFunction, NativeRole, Signal, Vm};

use crate::calls::continuation::{end_operation, return_slots};
use crate::calls::plain_call::{Callee, Registers, Resumption};
use crate::calls::{continuation, coroutine, plain_call, protect};
use crate::code::prototype::Prototype;
use crate::debug::backtrace::callee_variable;
use crate::debug::debug_hook;
use crate::frame::{
    Continuation, FLAG_TAIL_CALL, FrameHeader, HEADER_SLOTS, header_at, set_frame_base, set_header_at, set_slot,
};
use crate::state::walk::result_slot;
use crate::state::{Cursor, Outcome, PendingCall, Returned, Step, resume_at, save, state};

/// Begins the call that was said to be next ([`Step::Call`]).
///
/// # Errors
/// Those of the call. If no frame was made, everything is as if one had been made and failed.
#[inline]
pub(crate) fn begin(vm: &mut Vm) -> Outcome {
    let PendingCall { callee, count, header } = state(vm).pending_call.get();
    let caller = vm.frame_base();
    let counted = (vm.protected_depth, vm.metamethod_depth);
    begin_call(vm, callee, count, header).inspect_err(|_| {
        // A library function may have returned, and its operation have ended, before something behind that failed: a stop
        // at the end of a `pcall`, the next step of a concatenation. It is counted no more then.
        if vm.frame_base() == caller && (vm.protected_depth, vm.metamethod_depth) == counted {
            never_began(vm, callee, header.continuation());
        }
    })
}

/// A call has failed before its frame was made, so that unwinding will not come across it.
#[cold]
fn never_began(vm: &mut Vm, callee: u32, continuation: Continuation) {
    match continuation {
        Continuation::Store
        | Continuation::Discard
        | Continuation::Branch
        | Continuation::Concat
        | Continuation::Close => vm.metamethod_depth -= 1,
        // It has failed inside of what its header, which is there already, says.
        Continuation::Entry | Continuation::Protected | Continuation::CloseOnError => {
            set_frame_base(vm, callee + HEADER_SLOTS);
        }
        Continuation::Call | Continuation::LastCall | Continuation::TailCall | Continuation::Coroutine => {}
    }
}

/// Starts a call with `count` arguments, whose header (but for extra arguments) is given. [`Vm::frame_base`] must be
/// the caller's base.
fn begin_call(vm: &mut Vm, callee: u32, count: u32, header: FrameHeader) -> Outcome {
    let mut count = count;
    loop {
        let value = vm.slot(callee);
        if let Some(closure) = value.as_closure() {
            // SAFETY: closures of this state are made by this engine, and the stack slot keeps this one alive.
            let prototype = unsafe { &*closure.data().cast::<Prototype>() };
            return enter_function(vm, prototype, callee, count, header);
        }
        if let Some(native) = value.as_native() {
            if !matches!(native.role(), NativeRole::Plain | NativeRole::Inspecting) {
                debug_hook::role_called(vm, Args { base: callee + HEADER_SLOTS, count }, header)?;
            }
            return match native.role() {
                NativeRole::Plain | NativeRole::Inspecting => call_native(vm, native, callee, count, header),
                NativeRole::ProtectedCall => protect::call(vm, callee, count, header),
                NativeRole::ProtectedCallWithHandler => protect::call_with_handler(vm, callee, count, header),
                NativeRole::Resume | NativeRole::Wrapped => coroutine::resume(vm, native, callee, count, header),
                NativeRole::Yield => coroutine::yield_(vm, callee, count, header),
            };
        }
        let handler = vm.metamethod(value, MetaEvent::Call);
        if handler.is_nil() {
            let variable = callee_variable(vm, header);
            return Err(vm.raise_fault(Fault::Call, value, variable.as_deref()));
        }
        take_handler(vm, callee, count, handler)?;
        count += 1;
    }
}

/// Lets a `__call` metamethod take the place of the value in slot `callee`, which becomes the first argument of a call
/// that has `count` already.
fn take_handler(vm: &mut Vm, callee: u32, count: u32, handler: Value) -> Result<(), Signal> {
    let first = callee + HEADER_SLOTS;
    vm.ensure_stack(first + count + 1)?;
    for slot in (first..first + count).rev() {
        let moved = vm.slot(slot);
        set_slot(vm, slot + 1, moved);
    }
    let value = vm.slot(callee);
    set_slot(vm, first, value);
    set_slot(vm, callee, handler);
    // A chain of such handlers may lead in a circle.
    if vm.must_poll() {
        vm.poll(first + count + 1)?;
    }
    Ok(())
}

/// Makes the frame of a Lua function and goes on in it.
fn enter_function(vm: &mut Vm, prototype: &Prototype, callee: u32, count: u32, mut header: FrameHeader) -> Outcome {
    if state(vm).depth.get() >= vm.limits.lua_depth {
        return Err(vm.raise_overflow());
    }
    let mut base = callee + HEADER_SLOTS;
    let extra = count.saturating_sub(prototype.parameters);
    if prototype.is_vararg && extra > 0 {
        vm.ensure_stack(base + count + HEADER_SLOTS + prototype.frame_slots)?;
        base = shift_for_varargs(vm, prototype, callee, count);
        header = header.with_base_delta(header.base_delta() + count + HEADER_SLOTS).with_varargs(extra);
    } else {
        vm.ensure_stack(base + prototype.frame_slots)?;
        for slot in base + count..base + prototype.parameters {
            set_slot(vm, slot, Value::NIL);
        }
    }
    set_header_at(vm, base, header);
    state(vm).depth.set(state(vm).depth.get() + 1);
    if vm.must_poll() {
        set_frame_base(vm, base);
        state(vm).pc.set(prototype.code);
        // Nothing but the parameters is in use yet.
        vm.poll(base + prototype.parameters)?;
        debug_hook::entered(vm, prototype, header)?;
    }
    Ok(resume_at(vm, prototype.code, base))
}

/// Copies the callee and the fixed parameters above the arguments of a vararg function, so that the extra arguments
/// lie right below the frame. Returns the new base.
fn shift_for_varargs(vm: &mut Vm, prototype: &Prototype, callee: u32, count: u32) -> u32 {
    let first = callee + HEADER_SLOTS;
    let base = first + count + HEADER_SLOTS;
    let value = vm.slot(callee);
    set_slot(vm, base - HEADER_SLOTS, value);
    for parameter in 0..prototype.parameters {
        let value = vm.slot(first + parameter);
        set_slot(vm, base + parameter, value);
        // The collector must not keep what only this copy refers to.
        set_slot(vm, first + parameter, Value::NIL);
    }
    base
}

/// Calls a library function and ends the operation that called it.
fn call_native(vm: &mut Vm, native: Gc<NativeFunction>, callee: u32, count: u32, header: FrameHeader) -> Outcome {
    let base = callee + HEADER_SLOTS;
    vm.ensure_stack(base + count + NATIVE_FREE_SLOTS)?;
    set_header_at(vm, base, header);
    set_frame_base(vm, base);
    let result_count = debug_hook::run_native(vm, native, Args { base, count }, header)?;
    end_operation(vm, Returned { header, caller: base - header.base_delta(), first: callee, count: result_count })
}

/// Does the call with which the library function in the innermost frame ends ([`Signal::Call`]).
#[cold]
pub(crate) fn last_call(vm: &mut Vm) -> Outcome {
    let base = vm.frame_base();
    let last = vm.last_call(base);
    let wanted = last.results.map_or(0, |results| results + 1);
    let header = FrameHeader::new(0, HEADER_SLOTS, Continuation::LastCall, wanted);
    begin_call(vm, base, last.arguments, header)
}

/// `CALL` in all cases that the dispatch loop leaves.
#[inline(never)]
pub fn call(vm: &mut Vm, cursor: Cursor) -> Outcome {
    save(vm, cursor);
    let instruction = cursor.instruction();
    let callee = cursor.stack_slot(vm, instruction.a());
    let count = argument_count(vm, callee, instruction.b());
    call_at(vm, cursor, callee, count, instruction.c())
}

/// The call of what is neither a plain Lua function nor a plain library function, by the instruction at `registers`; `general`
/// does it if there is no short way.
///
/// # Safety
/// As for [`plain_call::call_closure`].
#[inline(never)]
pub unsafe fn call_other(
    vm: &mut Vm,
    registers: Registers,
    callee: Callee,
    general: fn(&mut Vm, Cursor) -> Outcome,
) -> Resumption {
    // SAFETY: as the caller says.
    unsafe {
        match plain_call::call_with_shift(vm, registers, callee) {
            Some(callee) => Resumption::at(callee),
            None => {
                let outcome = general(vm, Cursor::new(registers.pc, registers.base));
                debug_assert!(outcome != Ok(Step::Next), "a call says where it goes on");
                Resumption::by_outcome(outcome)
            }
        }
    }
}

/// `TAILCALL` whose arguments are counted.
///
/// # Safety
/// As for [`plain_call::call_closure`].
#[inline(never)]
pub unsafe fn tail_call_counted(vm: &mut Vm, registers: Registers, callee: Callee) -> Resumption {
    // SAFETY: as the caller says; results of a library function lie where the callee was, in the frame that may have moved.
    unsafe {
        if let Some(callee) = plain_call::tail_call(vm, registers, callee) {
            return Resumption::at(callee);
        }
        let register = callee.address.offset_from(registers.base) as usize;
        match plain_call::tail_call_native(vm, registers, callee) {
            Some(Err(signal)) => Resumption::by_outcome(Err(signal)),
            Some(Ok((base, count))) => {
                continuation::return_from(vm, Registers { base, ..registers }, base.add(register), count)
            }
            None => Resumption::by_outcome(tail_call(vm, Cursor::new(registers.pc, registers.base))),
        }
    }
}

/// A call by the two-word instruction at the cursor, whose frame has been saved.
fn call_at(vm: &mut Vm, cursor: Cursor, callee: u32, count: u32, wanted: u8) -> Outcome {
    let base_delta = callee + HEADER_SLOTS - cursor.base(vm);
    begin_call(vm, callee, count, FrameHeader::new(cursor.pc() + 2, base_delta, Continuation::Call, wanted))
}

/// The arguments of a call instruction: as many as its operand says, or up to the top.
fn argument_count(vm: &Vm, callee: u32, coded: u8) -> u32 {
    match coded {
        0 => state(vm).top.get() - callee - HEADER_SLOTS,
        coded => u32::from(coded) - 1,
    }
}

/// `TAILCALL`: a Lua function takes the place of the running function's frame. A library function is called from the
/// frame, so that it finds its caller, whose results its results then are.
#[inline(never)]
pub fn tail_call(vm: &mut Vm, cursor: Cursor) -> Outcome {
    save(vm, cursor);
    let instruction = cursor.instruction();
    let (base, pc) = (vm.frame_base(), cursor.pc());
    let from = base + u32::from(instruction.a());
    let mut count = argument_count(vm, from, instruction.b());
    while !vm.slot(from).is_function() {
        let value = vm.slot(from);
        let handler = vm.metamethod(value, MetaEvent::Call);
        if handler.is_nil() {
            // SAFETY: the stack may have moved, but the frame is where it was in it.
            let cursor = unsafe { Cursor::at(vm, pc, base) };
            return Err(crate::operations::slow_path::raise(vm, cursor, Fault::Call, value));
        }
        take_handler(vm, from, count, handler)?;
        count += 1;
    }
    if let Some(native) = vm.slot(from).as_native() {
        return tail_call_native(vm, pc, native, from, count);
    }
    let mut header = header_at(vm, base);
    let to = result_slot(vm, base, header);
    for i in 0..HEADER_SLOTS + count {
        if i != 1 {
            let value = vm.slot(from + i);
            set_slot(vm, to + i, value);
        }
    }
    state(vm).depth.set(state(vm).depth.get() - 1);
    let base_delta = header.base_delta() - (base - (to + HEADER_SLOTS));
    header = header.with_base_delta(base_delta).with_varargs(0).with_flags(header.flags() | FLAG_TAIL_CALL);
    set_header_at(vm, to + HEADER_SLOTS, header);
    set_frame_base(vm, to + HEADER_SLOTS);
    begin_call(vm, to, count, header)
}

fn tail_call_native(vm: &mut Vm, pc: Pc, native: Gc<NativeFunction>, callee: u32, count: u32) -> Outcome {
    let caller = vm.frame_base();
    let base = callee + HEADER_SLOTS;
    let header = FrameHeader::new(pc + 2, base - caller, Continuation::TailCall, 0);
    if !matches!(native.role(), NativeRole::Plain | NativeRole::Inspecting) {
        return begin_call(vm, callee, count, header);
    }
    vm.ensure_stack(base + count + NATIVE_FREE_SLOTS)?;
    set_header_at(vm, base, header);
    set_frame_base(vm, base);
    let result_count = debug_hook::run_native(vm, native, Args { base, count }, header)?;
    set_frame_base(vm, caller);
    return_slots(vm, callee, result_count)
}

/// `VARARG`: copies extra arguments to registers from A on.
#[inline(never)]
pub fn varargs(vm: &mut Vm, cursor: Cursor) -> Outcome {
    save(vm, cursor);
    let instruction = cursor.instruction();
    let (pc, base) = (cursor.pc(), cursor.base(vm));
    let present = header_at(vm, base).varargs();
    let to = base + u32::from(instruction.a());
    let wanted = match instruction.c() {
        0 => {
            vm.ensure_stack(to + present + cursor.prototype().frame_slots)?;
            state(vm).top.set(to + present);
            present
        }
        coded => u32::from(coded) - 1,
    };
    let from = base - HEADER_SLOTS - present;
    for i in 0..wanted {
        let value = if i < present { vm.slot(from + i) } else { Value::NIL };
        set_slot(vm, to + i, value);
    }
    // SAFETY: the stack may have moved, but the frame is where it was in it.
    Ok(unsafe { Cursor::at(vm, pc, base) }.go_on(vm, 0))
}

/// Serves the requests that wait at a back-edge and goes on at the cursor, the loop's header. What lies in registers
/// that are not in use there is garbage.
#[cold]
#[inline(never)]
pub fn poll(vm: &mut Vm, cursor: Cursor) -> Outcome {
    save(vm, cursor);
    let (pc, base) = (cursor.pc(), cursor.base(vm));
    vm.poll(base + cursor.prototype().proto.registers_at_header(pc))?;
    // SAFETY: the stack may have moved, but the frame is where it was in it.
    Ok(unsafe { Cursor::at(vm, pc, base) }.stay(vm))
}

/// `TFORCALL` when iterator and arguments are in place and the dispatch loop cannot call by itself.
#[inline(never)]
pub fn call_iterator(vm: &mut Vm, cursor: Cursor) -> Outcome {
    save(vm, cursor);
    let instruction = cursor.instruction();
    let callee = cursor.stack_slot(vm, instruction.a()) + 4;
    call_at(vm, cursor, callee, 2, instruction.c() + 1)
}
