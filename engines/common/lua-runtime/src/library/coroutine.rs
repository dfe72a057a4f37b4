//! `coroutine`: creating, asking and closing.
//!
//! `resume`, `yield` and the functions that `wrap` gives have roles: how control goes from one coroutine to another is
//! the engine's affair, and what stands for them here never runs. Which coroutine runs is in `vm::threads`.

use super::{Entry, NAMELESS, register};
use crate::function::{Args, NativeFunction, NativeRole};
use crate::heap::OutOfMemory;
use crate::object::Gc;
use crate::signal::Signal;
use crate::thread::{Thread, ThreadStatus};
use crate::value::Value;
use crate::vm::Vm;

const ENTRIES: &[Entry] = &[
    ("coroutine.close", close),
    ("coroutine.create", create),
    ("coroutine.isyieldable", is_yieldable),
    ("coroutine.running", running),
    ("coroutine.status", status),
    ("coroutine.wrap", wrap),
];

pub(super) fn open(vm: &mut Vm) -> Result<(), OutOfMemory> {
    let library = super::new_library(vm, "coroutine", &[])?;
    register(vm, library, ENTRIES)?;
    let resume = vm.native("coroutine.resume", by_engine, NativeRole::Resume)?;
    vm.raw_set_name(library, "resume", Value::from(resume))?;
    let yield_ = vm.native("coroutine.yield", by_engine, NativeRole::Yield)?;
    vm.raw_set_name(library, "yield", Value::from(yield_))
}

/// A new coroutine that will call the function in argument 0.
fn new_coroutine(vm: &mut Vm, args: Args) -> Result<Gc<Thread>, Signal> {
    let function = vm.check_function(args, 0)?;
    Ok(vm.new_thread(function)?)
}

fn create(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let thread = new_coroutine(vm, args)?;
    vm.return_one(args, thread)
}

fn wrap(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let thread = Value::from(new_coroutine(vm, args)?);
    let function = Gc::<NativeFunction>::allocate(&mut vm.heap, NAMELESS, by_engine, NativeRole::Wrapped, &[thread])?;
    vm.return_one(args, function)
}

fn status(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let thread = vm.check_thread(args, 0)?;
    let name = vm.string(thread.fields().status.name().as_bytes())?;
    vm.return_one(args, name)
}

fn running(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let is_main = vm.thread == vm.main_thread;
    vm.return_values(args, &[Value::from(vm.thread), Value::boolean(is_main)])
}

fn is_yieldable(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let thread = if args.count == 0 { vm.thread } else { vm.check_thread(args, 0)? };
    // One that does not run is not inside of a library function.
    let answer = if thread == vm.thread { vm.is_yieldable() } else { thread != vm.main_thread };
    vm.return_one(args, Value::boolean(answer))
}

fn close(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let thread = vm.check_thread(args, 0)?;
    let status = thread.fields().status;
    match status {
        ThreadStatus::Running | ThreadStatus::Normal => {
            Err(vm.raise(&format!("cannot close a {} coroutine", status.name())))
        }
        ThreadStatus::Fresh | ThreadStatus::Yielded | ThreadStatus::Finished | ThreadStatus::Failed => {
            match vm.close_thread(thread, args.top())? {
                None => vm.return_one(args, Value::TRUE),
                Some(error) => vm.return_values(args, &[Value::FALSE, error]),
            }
        }
    }
}

/// What has a role that the engine must know.
fn by_engine(vm: &mut Vm, _args: Args) -> Result<u32, Signal> {
    Err(vm.unsupported("coroutines"))
}

impl Vm {
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
    pub fn close_thread(&mut self, thread: Gc<Thread>, top: u32) -> Result<Option<Value>, Signal> {
        let fields = thread.fields();
        let error = (fields.status == ThreadStatus::Failed).then_some(fields.error);
        fields.error = Value::NIL;
        fields.status = ThreadStatus::Finished;
        (fields.depth, fields.handler_slot) = (0, 0);
        (fields.protected_depth, fields.metamethod_depth) = (0, 0);
        thread.release_native_stack(&mut self.heap);
        if fields.closing.is_empty() {
            (fields.frame_base, fields.top) = (0, 0);
            return Ok(error);
        }
        // For the metamethods it is a running coroutine whose function has lost its frame.
        fields.status = ThreadStatus::Yielded;
        fields.frame_base = 2;
        if let Err(refusal) = self.enter_thread(thread, top) {
            fields.status = ThreadStatus::Finished;
            return Ok(Some(Value::from(self.string(refusal.message().as_bytes())?)));
        }
        let result = (self.engine.close_variables)(self, error);
        self.leave_thread(ThreadStatus::Finished, 0);
        result
    }

    /// The signal with which a function that `coroutine.wrap` gave passes on the signal that has ended its coroutine.
    /// `top` as in [`Vm::close_thread`].
    #[cold]
    pub fn wrapped_failed(&mut self, thread: Gc<Thread>, signal: Signal, top: u32) -> Signal {
        let has_failed = thread.fields().status == ThreadStatus::Failed;
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
