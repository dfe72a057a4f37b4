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
use lua_runtime::vm::NativeCoroutines;
use lua_runtime::{Args, Gc, NATIVE_FREE_SLOTS, Signal, Value, Vm};

use crate::call::call_at;
use crate::close::close_all;
use crate::frame::{HEADER_SLOTS, SiteId};
use crate::native_stack::{NoStack, StackInUse, StackPool};
use crate::state::{State, state};
use crate::watch::watch_stack;

/// What the coroutine library calls.
pub(crate) static NATIVE_COROUTINES: NativeCoroutines = NativeCoroutines { resume, yield_ };

/// Slot of a coroutine's first argument: its function lies in slot 0, below the header.
const FIRST_ARGUMENT: u32 = HEADER_SLOTS;

/// Memory that the heap counts for the native stack of a coroutine, in bytes: the pages that a shallow one touches. With
/// less, a program that leaves many coroutines behind would collect too late.
const COUNTED_STACK_BYTES: u64 = 12 << 10;

/// What goes with control to the coroutine, and back.
pub(crate) struct Passed {
    /// The instance, lent for as long as the other side runs.
    vm: NonNull<Vm>,
    /// Where the values are.
    values: Values,
}

/// Values that another coroutine's stack holds.
#[derive(Clone, Copy)]
struct Values {
    from: Gc<Thread>,
    first: u32,
    count: u32,
}

/// How a coroutine gives up control.
pub(crate) type Yielder = corosensei::Yielder<Passed, Passed>;

type Fiber = Coroutine<Passed, Passed, Result<u32, Signal>, DefaultStack>;

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
fn exchange_values(state: &State, thread: Gc<Thread>) {
    let fields = thread.fields();
    fields.depth = state.depth.replace(fields.depth);
    std::mem::swap(&mut fields.closing, &mut state.closing.borrow_mut());
}

/// Calls the function of a new coroutine, on its native stack. Its results lie from slot 0 on.
fn begin(vm: &mut Vm, arguments: Values) -> Result<u32, Signal> {
    vm.ensure_stack(FIRST_ARGUMENT + arguments.count + NATIVE_FREE_SLOTS)?;
    vm.copy_from_thread(arguments.from, arguments.first, FIRST_ARGUMENT, arguments.count);
    call_at(vm, 0, arguments.count)
}

/// [`NativeCoroutines::resume`].
fn resume(vm: &mut Vm, thread: Gc<Thread>, args: Args, first: u32) -> Result<u32, Signal> {
    let values = Values { from: vm.thread, first: args.base + first, count: args.count - first };
    let fields = thread.fields();
    if fields.status.is_suspended() && values.count + FIRST_ARGUMENT > vm.limits.stack_slots.saturating_sub(fields.top)
    {
        return Err(refuse(vm, "too many arguments to resume"));
    }
    if fields.status == ThreadStatus::Fresh && fields.native_stack.is_none() {
        give_native_stack(vm, thread, args.top())?;
    }
    if let Err(refusal) = vm.enter_thread(thread, args.top()) {
        return Err(refuse(vm, refusal.message()));
    }
    let Some(mut native) = thread.fields().native_stack.take().and_then(|any| any.downcast::<NativeStack>().ok())
    else {
        unreachable!("only this engine gives native stacks, and a coroutine that can be resumed has one by now")
    };
    native.exchange(state(vm));
    exchange_values(state(vm), thread);
    if vm.must_poll() && watch_stack(vm).is_err() {
        // The functions that run already are not watched then; the next resume tries again.
        vm.interrupt.request(engine_api::Interrupt::COLLECT);
    }
    let result = native.fiber.resume(Passed { vm: NonNull::from(&mut *vm), values });
    native.exchange(state(vm));
    exchange_values(state(vm), thread);
    thread.fields().native_stack = Some(native);
    let values = match result {
        CoroutineResult::Yield(passed) => {
            vm.leave_thread(ThreadStatus::Yielded, passed.values.first);
            passed.values
        }
        CoroutineResult::Return(Ok(count)) => {
            thread.release_native_stack(&mut vm.heap);
            vm.leave_thread(ThreadStatus::Finished, 0);
            Values { from: thread, first: 0, count }
        }
        CoroutineResult::Return(Err(signal)) => {
            thread.release_native_stack(&mut vm.heap);
            fail(vm, signal);
            return Err(signal);
        }
    };
    receive(vm, args.base, values)
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
    Ok(thread.set_native_stack(&mut vm.heap, Box::new(native), COUNTED_STACK_BYTES)?)
}

/// Copies values to where the results of the library function whose frame has this base belong. Returns their number.
fn receive(vm: &mut Vm, base: u32, values: Values) -> Result<u32, Signal> {
    vm.ensure_stack(base + values.count + NATIVE_FREE_SLOTS)?;
    vm.copy_from_thread(values.from, values.first, base - HEADER_SLOTS, values.count);
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
    let thread = vm.thread;
    let fields = thread.fields();
    // For tracebacks: the frames stay, and where the innermost one is.
    fields.position = parked(state(vm).site.get());
    let error = match signal {
        Signal::Error => Some(vm.error),
        Signal::Memory => Some(Value::from(vm.memory_message)),
        Signal::Fatal | Signal::Call => None,
    };
    if let Some(error) = error {
        vm.heap.barrier(thread.header(), error);
        fields.error = error;
    }
    // Variables may still have to be closed, those of the innermost frame among them.
    let top = fields.closing.last().map_or(vm.frame_base, |slot| vm.frame_base.max(slot + 1));
    vm.leave_thread(ThreadStatus::Failed, top);
}

/// A site as [`Thread::position`] keeps it, which is null without one.
fn parked(site: SiteId) -> *const () {
    std::ptr::without_provenance(site.0 as usize + 1)
}

/// Where the innermost frame of the running coroutine was when an error ended it; `None` if none has.
pub(crate) fn parked_site(vm: &Vm) -> Option<SiteId> {
    let address = vm.thread.fields().position.addr();
    Some(SiteId(address.checked_sub(1)? as u32))
}

/// [`NativeCoroutines::yield_`].
fn yield_(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let Some(yielder) = state(vm).yielder.get() else { unreachable!("the library lets coroutines yield only") };
    let values = Values { from: vm.thread, first: args.base, count: args.count };
    let passed = Passed { vm: NonNull::from(&mut *vm), values };
    // SAFETY: it lies at the base of the native stack on which this runs.
    let mut passed = unsafe { yielder.as_ref() }.suspend(passed);
    // SAFETY: `resume` lends the instance until control comes back to it.
    let vm = unsafe { passed.vm.as_mut() };
    receive(vm, args.base, passed.values)
}

/// [`lua_runtime::EngineHooks::close_variables`]. The metamethods run on the native stack of whoever closes.
pub(crate) fn close_variables(vm: &mut Vm, error: Option<Value>) -> Result<Option<Value>, Signal> {
    let thread = vm.thread;
    thread.fields().position = std::ptr::null();
    exchange_values(state(vm), thread);
    let result = close_all(vm, error);
    exchange_values(state(vm), thread);
    result
}
