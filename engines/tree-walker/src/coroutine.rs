//! Coroutines: each runs on a native stack of its own, and resuming and yielding switch stacks.
//!
//! So a coroutine can yield wherever Lua code is, without any node having to know. What belongs to the running coroutine
//! ([`State::depth`], [`State::closing`], the native stack in use) is exchanged at every switch. Who may resume whom, and
//! the value stacks, are in `lua_runtime::vm::threads`.
//!
//! **A coroutine that is dropped while it waits.** The collector finds it unreachable, or the instance ends. Its native
//! frames then go away without being unwound ([`corosensei::Coroutine::force_reset`]): unwinding would run destructors
//! in the middle of a sweep, costs microseconds for each frame, and does not exist with `panic = "abort"`. That is sound
//! because there is nothing to run: a coroutine waits in `coroutine.yield` only, which is refused while a library
//! function has called back into Lua ([`Vm::is_yieldable`]), so its stack holds frames of this engine's functions only.
//! And the engine's functions keep nothing with a destructor across a call of a Lua or library function: values are
//! `Copy`, lists of them are in value stack slots, and segments of the native stack belong to `native_stack`. The test
//! `dropped_coroutines_leave_nothing_behind` counts.

use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::rc::Rc;

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult};
use lua_runtime::thread::{Thread, ThreadStatus};
use lua_runtime::{Args, Gc, NATIVE_FREE_SLOTS, NativeFunction, Signal, Value, Vm};

use crate::call::call_at;
use crate::close::pop_of_lost_frame;
use crate::debug_hook::watch_stack;
use crate::frame::{HEADER_SLOTS, SiteId, set_slot};
use crate::native_stack::{NoStack, StackInUse, StackPool};
use crate::state::{State, fields, state};

/// Slot of a coroutine's first argument: its function lies in slot 0, below the header.
const FIRST_ARGUMENT: u32 = HEADER_SLOTS;

/// Memory that the heap counts for the native stack of a coroutine, in bytes: the pages that a shallow one touches. With
/// less, a program that leaves many coroutines behind would collect too late.
const COUNTED_STACK_BYTES: u64 = 12 << 10;

/// What goes with control to the coroutine.
pub(crate) struct Passed {
    /// The instance, lent for as long as the coroutine runs.
    vm: NonNull<Vm>,
    /// Values on the resumer's stack.
    values: Values,
}

/// Stack slots whose values go with control.
#[derive(Clone, Copy)]
pub(crate) struct Values {
    first: u32,
    count: u32,
}

/// How a coroutine gives up control, and values on its stack.
pub(crate) type Yielder = corosensei::Yielder<Passed, Values>;

type Fiber = Coroutine<Passed, Values, Result<u32, Signal>, DefaultStack>;

/// The native stack of a coroutine that has begun, as its [`Thread`] keeps it.
struct NativeStack {
    fiber: ManuallyDrop<Fiber>,
    in_use: StackInUse,
    /// While it runs: that of its resumer. While it does not: its own.
    yielder: Option<NonNull<Yielder>>,
    pool: Rc<StackPool>,
}

impl NativeStack {
    fn new(pool: Rc<StackPool>) -> Result<NativeStack, NoStack> {
        let stack = pool.coroutine_stack()?;
        let in_use = StackInUse::of_coroutine(&stack);
        let fiber = Coroutine::with_stack(stack, |yielder: &Yielder, mut passed: Passed| {
            // SAFETY: `resume` lends the instance until control comes back to it.
            let vm = unsafe { passed.vm.as_mut() };
            state(vm).yielder.set(Some(NonNull::from(yielder)));
            begin(vm, passed.values)
        });
        Ok(NativeStack { fiber: ManuallyDrop::new(fiber), in_use, yielder: None, pool })
    }

    /// Exchanges what the engine keeps for the running coroutine.
    fn exchange(&mut self, state: &State) {
        state.segments.exchange(&self.in_use);
        self.yielder = state.yielder.replace(self.yielder);
    }
}

impl Drop for NativeStack {
    fn drop(&mut self) {
        // SAFETY: it is not used again.
        let mut fiber = unsafe { ManuallyDrop::take(&mut self.fiber) };
        // SAFETY: a coroutine that has not ended waits in `yield_` or has not begun; no frame on its stack has anything
        // to drop, as the head of this file says.
        unsafe { fiber.force_reset() };
        self.pool.give_back_coroutine_stack(fiber.into_stack());
        self.in_use.release(&self.pool);
    }
}

/// Exchanges the values that the engine keeps for a coroutine on its value stack.
#[inline(always)]
fn exchange_values(state: &State, thread: Gc<Thread>) {
    let fields = fields(thread);
    fields.depth.set(state.depth.replace(fields.depth.get()));
    // Both are nearly always empty.
    if !fields.closing.borrow().is_empty() || !state.closing.borrow().is_empty() {
        fields.closing.swap(&state.closing);
    }
}

/// Who has resumed the running coroutine.
#[inline(always)]
fn resumer(vm: &Vm) -> Gc<Thread> {
    let Some(resumer) = fields(vm.thread()).resumer.get() else {
        unreachable!("a coroutine runs because it was resumed")
    };
    resumer
}

/// Calls the function of a new coroutine, on its native stack. Its results lie from slot 0 on.
fn begin(vm: &mut Vm, arguments: Values) -> Result<u32, Signal> {
    vm.ensure_stack(FIRST_ARGUMENT + arguments.count + NATIVE_FREE_SLOTS)?;
    // SAFETY: no frame is there yet.
    unsafe { vm.copy_from_thread(resumer(vm), arguments.first, FIRST_ARGUMENT, arguments.count) };
    call_at(vm, 0, arguments.count)
}

// The functions of the library are inlined where functions with a role are called: a processor that follows calls and
// returns mispredicts each return between a switch and the code that goes on behind it.

/// `coroutine.resume(thread, ...)`
#[inline(always)]
pub(crate) fn resume(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let thread = vm.check_thread(args, 0)?;
    match switch_to(vm, thread, args, 1) {
        Ok(values) => {
            let count = receive(vm, args.base - 1, thread, values)?;
            set_slot(vm, args.base - HEADER_SLOTS, Value::TRUE);
            Ok(count + 1)
        }
        Err(signal) => match vm.caught(signal) {
            Some(error) => vm.return_values(args, &[Value::FALSE, error]),
            None => Err(signal),
        },
    }
}

/// A function that `coroutine.wrap` gave.
#[inline(always)]
pub(crate) fn resume_wrapped(vm: &mut Vm, native: Gc<NativeFunction>, args: Args) -> Result<u32, Signal> {
    let Some(thread) = native.upvalue(0).as_thread() else { unreachable!("`wrap` put it there") };
    match switch_to(vm, thread, args, 0) {
        Ok(values) => receive(vm, args.base - HEADER_SLOTS, thread, values),
        Err(signal) => Err(vm.wrapped_failed(thread, signal, args.top())),
    }
}

/// Runs a coroutine with the arguments from index `first` on, until it yields or ends. Returns what it gives.
#[inline(always)]
fn switch_to(vm: &mut Vm, thread: Gc<Thread>, args: Args, first: u32) -> Result<Values, Signal> {
    let values = Values { first: args.base + first, count: args.count - first };
    if thread.status().is_suspended()
        && values.count + FIRST_ARGUMENT > vm.limits.stack_slots.saturating_sub(fields(thread).top.get())
    {
        return Err(refuse(vm, "too many arguments to resume"));
    }
    if thread.status() == ThreadStatus::Fresh && fields(thread).native_stack.borrow().is_none() {
        give_native_stack(vm, thread, args.top())?;
    }
    // SAFETY: the coroutine goes on with its frames below, and what this function's frame needs are its arguments.
    if let Err(refusal) = unsafe { vm.enter_thread(thread, args.top()) } {
        return Err(refuse(vm, refusal.message()));
    }
    let mut native_stack = fields(thread).native_stack.borrow_mut();
    let Some(any) = native_stack.as_mut() else {
        unreachable!("a coroutine that can be resumed has a native stack by now")
    };
    debug_assert!(any.is::<NativeStack>());
    // SAFETY: only this engine gives threads of its instances native stacks, so the type is known. A thread keeps its own
    // where it is while it runs or waits, and the running thread and those that wait for it are alive. Nothing else
    // looks into it until this function does again.
    let native = unsafe { &mut *std::ptr::from_mut(&mut **any).cast::<NativeStack>() };
    drop(native_stack);
    native.exchange(state(vm));
    exchange_values(state(vm), thread);
    if vm.must_poll() && watch_stack(vm).is_err() {
        // The functions that run already are not watched then; the next resume tries again.
        vm.interrupt.request_here(engine_api::Interrupt::COLLECT);
    }
    let result = native.fiber.resume(Passed { vm: NonNull::from(&mut *vm), values });
    native.exchange(state(vm));
    exchange_values(state(vm), thread);
    match result {
        CoroutineResult::Yield(values) => {
            // SAFETY: the resumer goes on with its frames, and a yield needs nothing from its values on.
            unsafe { vm.leave_thread(ThreadStatus::Yielded, values.first) };
            Ok(values)
        }
        CoroutineResult::Return(result) => ended(vm, thread, result),
    }
}

/// Leaves the running coroutine, whose function has returned or failed. What it has returned lies from slot 0 on.
#[inline(never)]
fn ended(vm: &mut Vm, thread: Gc<Thread>, result: Result<u32, Signal>) -> Result<Values, Signal> {
    // SAFETY: nothing runs on it any more.
    unsafe { thread.release_native_stack(&mut vm.heap) };
    match result {
        Ok(count) => {
            // SAFETY: the resumer goes on with its frames; this one has none.
            unsafe { vm.leave_thread(ThreadStatus::Finished, 0) };
            Ok(Values { first: 0, count })
        }
        Err(signal) => {
            fail(vm, signal);
            Err(signal)
        }
    }
}

/// Gives a coroutine that is about to begin its native stack. `top` is the first slot that its resumer does not need.
fn give_native_stack(vm: &mut Vm, thread: Gc<Thread>, top: u32) -> Result<(), Signal> {
    let pool = state(vm).segments.pool().clone();
    let native = match NativeStack::new(pool.clone()) {
        Ok(native) => native,
        Err(NoStack) => {
            // The system limits the number of stacks. Some may belong to garbage.
            vm.collect(top);
            NativeStack::new(pool).map_err(|NoStack| Signal::Memory)?
        }
    };
    // SAFETY: it is the kind of native stack that this engine gives.
    Ok(unsafe { thread.set_native_stack(&mut vm.heap, Box::new(native), COUNTED_STACK_BYTES) }?)
}

/// Copies values of another coroutine's stack to slot `to` and those after it. Returns their number.
#[inline(always)]
fn receive(vm: &mut Vm, to: u32, from: Gc<Thread>, values: Values) -> Result<u32, Signal> {
    vm.ensure_stack(to + HEADER_SLOTS + values.count + NATIVE_FREE_SLOTS)?;
    // SAFETY: results lie in the frame of the function that gives them.
    unsafe { vm.copy_from_thread(from, values.first, to, values.count) };
    Ok(values.count)
}

/// The error that says why a coroutine is not resumed. Whoever has asked adds the position, if it wants one.
#[cold]
fn refuse(vm: &mut Vm, message: &str) -> Signal {
    match vm.string(message.as_bytes()) {
        Ok(message) => {
            vm.error = Value::from(message);
            Signal::Error
        }
        Err(error) => Signal::from(error),
    }
}

/// Leaves the running coroutine, which has ended with a signal.
#[cold]
fn fail(vm: &mut Vm, signal: Signal) {
    let thread = vm.thread();
    let fields = fields(thread);
    // For tracebacks: the frames stay, and where the innermost one is.
    fields.position.set(parked(state(vm).site.get()));
    let error = match signal {
        Signal::Error => Some(vm.error),
        Signal::Memory => Some(Value::from(vm.memory_message)),
        Signal::Fatal | Signal::Call => None,
    };
    if let Some(error) = error {
        vm.heap.barrier(thread.header(), error);
        fields.error.set(error);
    }
    // Variables may still have to be closed, those of the innermost frame among them.
    let top = fields.closing.borrow().last().map_or(vm.frame_base(), |slot| vm.frame_base().max(slot + 1));
    // SAFETY: the resumer goes on with its frames, and nothing above the top is needed.
    unsafe { vm.leave_thread(ThreadStatus::Failed, top) };
}

/// A site as [`Thread::position`] keeps it, which is null without one.
fn parked(site: SiteId) -> *const () {
    std::ptr::without_provenance(site.0 as usize + 1)
}

/// Where the innermost frame of the running coroutine was when an error ended it; `None` if none has.
pub(crate) fn parked_site(vm: &Vm) -> Option<SiteId> {
    let address = vm.thread().position().addr();
    Some(SiteId(address.checked_sub(1)? as u32))
}

/// `coroutine.yield(...)`
#[inline(always)]
pub(crate) fn yield_(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    if !vm.is_yieldable() {
        return Err(vm.raise_not_yieldable());
    }
    let Some(yielder) = state(vm).yielder.get() else { unreachable!("only coroutines can yield") };
    // SAFETY: it lies at the base of the native stack on which this runs.
    let mut passed = unsafe { yielder.as_ref() }.suspend(Values { first: args.base, count: args.count });
    // SAFETY: `resume` lends the instance until control comes back to it.
    let vm = unsafe { passed.vm.as_mut() };
    receive(vm, args.base - HEADER_SLOTS, resumer(vm), passed.values)
}

/// [`lua_runtime::EngineHooks::close_variables`]. The metamethods run on the native stack of whoever closes.
pub(crate) fn close_variables(vm: &mut Vm, error: Option<Value>) -> Result<Option<Value>, Signal> {
    let thread = vm.thread();
    fields(thread).position.set(std::ptr::null());
    exchange_values(state(vm), thread);
    let result = vm.close_all(pop_of_lost_frame, error);
    exchange_values(state(vm), thread);
    result
}
