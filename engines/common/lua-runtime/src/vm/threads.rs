//! The running coroutine: its stack is the one that [`Vm`] works on.
//!
//! What passes between coroutines, and who may resume whom, is decided by the engine and by the library.

use super::Vm;
use super::signal::Signal;
use super::unfinished::Unfinished;
use crate::heap::OutOfMemory;
use crate::heap::object::Gc;
use crate::objects::thread::{Thread, ThreadStatus};
use crate::value::Value;

/// Why a coroutine cannot be resumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResumeRefusal {
    /// It has ended.
    Dead,
    /// It runs, or waits for one that it has resumed.
    NotSuspended,
    /// Too many coroutines are resumed inside each other.
    TooDeep,
}

impl ResumeRefusal {
    /// Lua's message.
    pub fn message(self) -> &'static str {
        match self {
            ResumeRefusal::Dead => "cannot resume dead coroutine",
            ResumeRefusal::NotSuspended => "cannot resume non-suspended coroutine",
            ResumeRefusal::TooDeep => "C stack overflow",
        }
    }
}

impl Vm {
    /// A suspended coroutine that will call `function`.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn new_thread(&mut self, function: Value) -> Result<Gc<Thread>, OutOfMemory> {
        let thread = Gc::<Thread>::allocate(&mut self.heap)?;
        self.heap.barrier(thread.header(), function);
        let fields = thread.fields();
        // SAFETY: a new stack has more than one slot.
        unsafe { fields.stack.get().write(function) };
        fields.top.set(1);
        Ok(thread)
    }

    /// The running coroutine.
    #[inline(always)]
    pub fn thread(&self) -> Gc<Thread> {
        self.thread
    }

    /// The coroutine that is none: the one in which the host calls.
    #[inline(always)]
    pub fn main_thread(&self) -> Gc<Thread> {
        self.main_thread
    }

    /// Makes another coroutine the running one. The running one is left with `status`, and with everything below the
    /// slot `top` of its stack alive. The statuses tell who has resumed whom; the caller keeps them right.
    #[inline]
    fn switch_to(&mut self, thread: Gc<Thread>, status: ThreadStatus, top: u32) {
        let left = self.thread.fields();
        left.status.set(status);
        left.top.set(top);
        left.frame_base.set(self.frame_base);
        left.handler_slot.set(self.handler_slot);
        let fields = thread.fields();
        fields.status.set(ThreadStatus::Running);
        self.thread = thread;
        self.set_stack(fields.stack.get(), fields.capacity.get());
        self.frame_base = fields.frame_base.get();
        self.handler_slot = fields.handler_slot.get();
        if !left.hook.get().is_empty() || !fields.hook.get().is_empty() {
            self.request_hook_polls();
        }
    }

    /// Does something while a coroutine takes the place of the running one. No code of the program runs meanwhile. `top` is as
    /// in [`Vm::call`].
    pub(super) fn on_thread<R>(&mut self, thread: Gc<Thread>, top: u32, action: impl FnOnce(&mut Vm) -> R) -> R {
        let (running, fields) = (self.thread, thread.fields());
        if thread == running {
            return action(self);
        }
        let (status, its_top) = (fields.status.get(), fields.top.get());
        let unfinished = Unfinished::begin(true);
        self.switch_to(thread, ThreadStatus::Normal, top.max(self.frame_base));
        let result = action(self);
        self.switch_to(running, status, its_top);
        unfinished.end();
        result
    }

    /// Starts running a coroutine that the running one has resumed. `top` as for [`Vm::switch_to`].
    ///
    /// # Errors
    /// Why it cannot be resumed; nothing has changed then.
    ///
    /// # Safety
    /// The caller is the engine and goes on with the frames of that coroutine. Whatever the frames of the running one need is
    /// below `top`.
    #[inline]
    pub unsafe fn enter_thread(&mut self, thread: Gc<Thread>, top: u32) -> Result<(), ResumeRefusal> {
        let fields = thread.fields();
        if !fields.status.get().is_suspended() {
            let is_dead = matches!(fields.status.get(), ThreadStatus::Finished | ThreadStatus::Failed);
            return Err(if is_dead { ResumeRefusal::Dead } else { ResumeRefusal::NotSuspended });
        }
        if self.native_levels() >= self.limits.native_depth {
            return Err(ResumeRefusal::TooDeep);
        }
        let resumer = self.thread;
        self.heap.barrier(thread.header(), Value::from(resumer));
        fields.resumer.set(Some(resumer));
        fields.native_depth.set(self.native_depth);
        // The resumer protects: an error ends in it. The coroutine brings its own protected calls.
        let own = fields.protected_depth.replace(self.protected_depth);
        self.protected_depth += own + 1;
        let own = fields.metamethod_depth.replace(self.metamethod_depth);
        self.metamethod_depth += own;
        self.switch_to(thread, ThreadStatus::Normal, top);
        Ok(())
    }

    /// Goes back from the running coroutine to the one that has resumed it. `status` and `top` are those of the one that
    /// is left.
    ///
    /// # Panics
    /// If the running coroutine is the main one.
    ///
    /// # Safety
    /// As for [`Vm::enter_thread`].
    #[inline]
    pub unsafe fn leave_thread(&mut self, status: ThreadStatus, top: u32) {
        let fields = self.thread.fields();
        let resumer = fields.resumer.take().expect("only a resumed coroutine is left");
        let resumers = fields.protected_depth.get();
        fields.protected_depth.set(self.protected_depth - resumers - 1);
        self.protected_depth = resumers;
        let resumers = fields.metamethod_depth.get();
        fields.metamethod_depth.set(self.metamethod_depth - resumers);
        self.metamethod_depth = resumers;
        if status == ThreadStatus::Finished {
            // No frame is left for tracebacks.
            self.frame_base = 0;
        }
        self.switch_to(resumer, status, top);
    }

    /// Whether the running coroutine can yield.
    #[inline]
    pub fn is_yieldable(&self) -> bool {
        self.thread != self.main_thread && self.native_depth == self.thread.fields().native_depth.get()
    }

    /// Copies values from the stack of another coroutine to the running one's, on which there must be room.
    ///
    /// # Panics
    /// If a slot is on no stack, or the coroutine is the running one.
    ///
    /// # Safety
    /// No frame relies on what was in the slots.
    #[inline]
    pub unsafe fn copy_from_thread(&mut self, from: Gc<Thread>, first: u32, to: u32, count: u32) {
        let is_inside = |first: u32, capacity: u32| u64::from(first) + u64::from(count) <= u64::from(capacity);
        let source_capacity = from.fields().capacity.get();
        assert!(from != self.thread && is_inside(first, source_capacity) && is_inside(to, self.stack_capacity));
        // SAFETY: both ranges are inside their stacks, which are different allocations.
        unsafe {
            let (source, target) = (from.fields().stack.get().add(first as usize), self.stack.add(to as usize));
            // Nearly always there is one value or none, and a call of the copying function costs more than that.
            match count {
                0 => {}
                1 => target.write(source.read()),
                _ => source.copy_to_nonoverlapping(target, count as usize),
            }
        }
    }

    /// The error of a yield where none is possible.
    #[cold]
    pub fn raise_not_yieldable(&mut self) -> Signal {
        let is_main = self.thread == self.main_thread;
        self.raise_at(
            0,
            if is_main {
                "attempt to yield from outside a coroutine"
            } else {
                "attempt to yield across a C-call boundary"
            },
        )
    }

    /// Ends a coroutine that does not run: closes its variables. Returns the error that is left, of the coroutine or of
    /// a `__close` metamethod. `top` is the first slot that the running coroutine does not use.
    ///
    /// # Errors
    /// What cannot be caught.
    ///
    /// # Panics
    /// If it runs, or waits for one that it has resumed.
    pub fn close_thread(&mut self, thread: Gc<Thread>, top: u32) -> Result<Option<Value>, Signal> {
        let fields = thread.fields();
        let is_active = matches!(fields.status.get(), ThreadStatus::Running | ThreadStatus::Normal);
        assert!(!is_active, "a coroutine that has not ended is closed");
        // What the frame of the library function that closes it has below it is alive whatever the function says.
        let top = top.max(self.frame_base);
        let error = (fields.status.get() == ThreadStatus::Failed).then_some(fields.error.get());
        fields.error.set(Value::NIL);
        fields.status.set(ThreadStatus::Finished);
        fields.depth.set(0);
        fields.handler_slot.set(0);
        fields.protected_depth.set(0);
        fields.metamethod_depth.set(0);
        // SAFETY: it has not ended but does not run, and never will.
        unsafe { thread.release_native_stack(&mut self.heap) };
        if fields.closing.borrow().is_empty() {
            fields.frame_base.set(0);
            fields.top.set(0);
            return Ok(error);
        }
        // For the metamethods it is a running coroutine whose function has lost its frame.
        fields.status.set(ThreadStatus::Yielded);
        fields.frame_base.set(2);
        // SAFETY: the engine's function goes on with the coroutine, and everything below this frame is alive.
        if let Err(refusal) = unsafe { self.enter_thread(thread, top) } {
            fields.status.set(ThreadStatus::Finished);
            return Ok(Some(Value::from(self.string(refusal.message().as_bytes())?)));
        }
        let result = (self.engine.close_variables)(self, error);
        // SAFETY: it has no frames any more.
        unsafe { self.leave_thread(ThreadStatus::Finished, 0) };
        result
    }

    /// The signal with which a function that `coroutine.wrap` gave passes on the signal that has ended its coroutine.
    /// `top` as in [`Vm::close_thread`].
    #[cold]
    pub fn wrapped_failed(&mut self, thread: Gc<Thread>, signal: Signal, top: u32) -> Signal {
        let has_failed = thread.fields().status.get() == ThreadStatus::Failed;
        let error = match signal {
            Signal::Error | Signal::Memory if has_failed => match self.close_thread(thread, top) {
                Ok(error) => error,
                Err(signal) => return signal,
            },
            Signal::Error | Signal::Memory => None,
            Signal::Fatal | Signal::Call => return signal,
        };
        let error = error.or_else(|| self.caught(signal)).unwrap_or(Value::NIL);
        match error.as_string() {
            Some(message) if message == self.memory_message => Signal::Memory,
            Some(message) if signal == Signal::Error => self.raise_bytes(message.bytes()),
            Some(_) | None => self.throw(error),
        }
    }
}
