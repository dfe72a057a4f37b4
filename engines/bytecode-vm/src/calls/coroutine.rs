//! Coroutines: resuming and yielding switch the value stack, and the interpreter goes on in the other one.
//!
//! Nothing recurses in Rust: the frame of `coroutine.resume` waits on the resumer's stack, that of `coroutine.yield` on
//! the coroutine's, each as the frame of a library function that has not returned yet. Compiled code has the
//! interpreter's functions do these calls, with all frames exact; it may run a coroutine before the operation that has
//! resumed it ends. Who may resume whom is in
//! `lua_runtime::vm::threads`.

use lua_runtime::thread::{Thread, ThreadStatus};
use lua_runtime::value::Value;
use lua_runtime::{Args, Gc, NATIVE_FREE_SLOTS, NativeFunction, NativeRole, Signal, Vm};

use crate::calls::close::pop;
use crate::calls::results::end_call;
use crate::debug::debug_hook;
use crate::frame::{Continuation, FrameHeader, HEADER_SLOTS, header_at, set_frame_base, set_header_at, set_slot};
use crate::operations::enter::enter;
use crate::state::{Outcome, Returned, fields, return_at, state};

/// `coroutine.resume(thread, ...)`, and a function that `coroutine.wrap` gave.
pub(crate) fn resume(vm: &mut Vm, native: Gc<NativeFunction>, callee: u32, count: u32, header: FrameHeader) -> Outcome {
    let base = callee + HEADER_SLOTS;
    set_header_at(vm, base, header);
    set_frame_base(vm, base);
    vm.ensure_stack(base + count + NATIVE_FREE_SLOTS)?;
    let (thread, first) = match native.role() {
        NativeRole::Wrapped => (native.upvalue(0).as_thread().expect("`wrap` put it there"), 0),
        _ => (vm.check_thread(Args { base, count }, 0)?, 1),
    };
    let passed = count - first;
    if thread.status().is_suspended()
        && passed + FIRST_ARGUMENT > vm.limits.stack_slots.saturating_sub(fields(thread).top.get())
    {
        return refuse(vm, native, base, "too many arguments to resume");
    }
    let resumer = vm.thread();
    let status = thread.status();
    // SAFETY: the interpreter goes on with the coroutine's frames; this frame's arguments end there.
    if let Err(refusal) = unsafe { vm.enter_thread(thread, base + count) } {
        return refuse(vm, native, base, refusal.message());
    }
    exchange(vm, resumer, thread);
    if status == ThreadStatus::Fresh {
        start(vm, resumer, base + first, passed)
    } else {
        go_on(vm, resumer, base + first, passed)
    }
}

/// Slot of a coroutine's first argument: its function lies in slot 0, below the header.
const FIRST_ARGUMENT: u32 = HEADER_SLOTS;

/// Puts down what the interpreter keeps for the coroutine that is left and takes up that of the one that runs now.
#[inline]
fn exchange(vm: &Vm, left: Gc<Thread>, entered: Gc<Thread>) {
    let (state, left, entered) = (state(vm), fields(left), fields(entered));
    left.depth.set(state.depth.replace(entered.depth.get()));
    // Rarely does either have variables to close.
    if !state.closing.borrow().is_empty() || !entered.closing.borrow().is_empty() {
        left.closing.swap(&state.closing);
        entered.closing.swap(&state.closing);
    }
}

/// Calls the function of a new coroutine with values of its resumer's stack.
fn start(vm: &mut Vm, resumer: Gc<Thread>, first: u32, count: u32) -> Outcome {
    set_frame_base(vm, FIRST_ARGUMENT);
    let header = FrameHeader::new(0, FIRST_ARGUMENT, Continuation::Coroutine, 0);
    set_header_at(vm, FIRST_ARGUMENT, header);
    vm.ensure_stack(FIRST_ARGUMENT + count + NATIVE_FREE_SLOTS)?;
    // SAFETY: the slots are those of the arguments of a frame that is being made.
    unsafe { vm.copy_from_thread(resumer, first, FIRST_ARGUMENT, count) };
    Ok(enter(vm, 0, count, header))
}

/// Lets `coroutine.yield`, in whose frame the coroutine is, return values of the resumer's stack.
fn go_on(vm: &mut Vm, resumer: Gc<Thread>, first: u32, count: u32) -> Outcome {
    let base = vm.frame_base();
    vm.ensure_stack(base + count + NATIVE_FREE_SLOTS)?;
    debug_hook::role_returning(vm, base, base)?;
    let header = header_at(vm, base);
    let results = base - HEADER_SLOTS;
    // SAFETY: results take the place of the frame of `yield`, whose header was read.
    unsafe { vm.copy_from_thread(resumer, first, results, count) };
    Ok(end_call(vm, Returned { header, caller: base - header.base_delta(), first: results, count }))
}

/// Lets a resuming function whose frame has this base say why it does not resume.
fn refuse(vm: &mut Vm, native: Gc<NativeFunction>, base: u32, message: &str) -> Outcome {
    if native.role() == NativeRole::Wrapped {
        return Err(vm.raise(message));
    }
    let message = Value::from(vm.string(message.as_bytes())?);
    fail(vm, base, message)
}

/// `coroutine.resume`, whose frame has this base, returns `false` and the error.
fn fail(vm: &mut Vm, base: u32, error: Value) -> Outcome {
    let header = header_at(vm, base);
    let first = base - HEADER_SLOTS;
    // While a hook runs the header is still needed, and the error must be kept alive.
    set_slot(vm, base, error);
    debug_hook::role_returning(vm, base, base + 1)?;
    set_slot(vm, first, Value::FALSE);
    set_slot(vm, first + 1, error);
    Ok(return_at(vm, Returned { header, caller: base - header.base_delta(), first, count: 2 }))
}

/// `coroutine.yield(...)`
pub(crate) fn yield_(vm: &mut Vm, callee: u32, count: u32, header: FrameHeader) -> Outcome {
    let base = callee + HEADER_SLOTS;
    set_header_at(vm, base, header);
    set_frame_base(vm, base);
    if !vm.is_yieldable() {
        return Err(vm.raise_not_yieldable());
    }
    let ended = hand_over(vm, ThreadStatus::Yielded, base, base, count)?;
    Ok(end_call(vm, ended))
}

/// The function of the running coroutine has returned `count` values from slot `first` on. Gives what the function that
/// resumed it returns.
///
/// # Errors
/// Those of making room for the values.
pub(crate) fn ended(vm: &mut Vm, first: u32, count: u32) -> Result<Returned, Signal> {
    hand_over(vm, ThreadStatus::Finished, 0, first, count)
}

/// Leaves the running coroutine, of whose stack everything below `top` stays alive, and gives values of it to the
/// function that resumed it.
fn hand_over(vm: &mut Vm, status: ThreadStatus, top: u32, from: u32, count: u32) -> Result<Returned, Signal> {
    let left = vm.thread();
    // SAFETY: the interpreter goes on with the resumer's frames; of this stack the values are needed, and what is below.
    unsafe { vm.leave_thread(status, from + count) };
    exchange(vm, left, vm.thread());
    let base = vm.frame_base();
    vm.ensure_stack(base + count + NATIVE_FREE_SLOTS)?;
    debug_hook::role_returning(vm, base, base)?;
    let header = header_at(vm, base);
    let first = base - HEADER_SLOTS;
    let is_wrapped = vm.slot(first).as_native().is_some_and(|native| native.role() == NativeRole::Wrapped);
    let flag = u32::from(!is_wrapped);
    if !is_wrapped {
        set_slot(vm, first, Value::TRUE);
    }
    // SAFETY: results take the place of the resuming function's frame, whose header was read.
    unsafe { vm.copy_from_thread(left, from, first + flag, count) };
    fields(left).top.set(top);
    Ok(Returned { header, caller: base - header.base_delta(), first, count: count + flag })
}

/// The running coroutine ends with a signal that was raised in the frame `raised_at`. Goes on in the resumer.
///
/// # Errors
/// The signal with which the resumer goes on unwinding, from its innermost frame.
pub(crate) fn failed(vm: &mut Vm, signal: Signal, raised_at: u32) -> Outcome {
    let left = vm.thread();
    // The frames stay for tracebacks; their values are not needed, but for variables that are to be closed.
    set_frame_base(vm, raised_at);
    fields(left).position.set(state(vm).pc.get().cast());
    let error = match signal {
        Signal::Error => Some(vm.error),
        Signal::Memory => Some(Value::from(vm.memory_message)),
        Signal::Fatal | Signal::Call => None,
    };
    if let Some(error) = error {
        vm.heap.barrier(left.header(), error);
        fields(left).error.set(error);
    }
    // Variables may still have to be closed, those of the innermost frame among them.
    let top = state(vm).closing.borrow().last().map_or(raised_at, |slot| raised_at.max(slot + 1));
    // SAFETY: the interpreter goes on with the resumer's frames, and nothing above the top is needed.
    unsafe { vm.leave_thread(ThreadStatus::Failed, top) };
    exchange(vm, left, vm.thread());
    let base = vm.frame_base();
    let is_wrapped =
        vm.slot(base - HEADER_SLOTS).as_native().is_some_and(|native| native.role() == NativeRole::Wrapped);
    match error {
        Some(_) if is_wrapped => Err(vm.wrapped_failed(left, signal, base)),
        Some(error) => fail(vm, base, error),
        None => Err(signal),
    }
}

/// [`lua_runtime::EngineHooks::close_variables`].
pub(crate) fn close_variables(vm: &mut Vm, error: Option<Value>) -> Result<Option<Value>, Signal> {
    let thread = vm.thread();
    let resumer = fields(thread).resumer.get().expect("a coroutine is closed by another one");
    exchange(vm, resumer, thread);
    let result = vm.close_all(|vm| pop(vm, 0), error);
    exchange(vm, thread, resumer);
    result
}
