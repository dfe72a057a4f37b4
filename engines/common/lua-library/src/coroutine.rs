//! `coroutine`: creating, asking and closing.
//!
//! `resume`, `yield` and the functions that `wrap` gives have roles: how control goes from one coroutine to another is
//! the engine's affair, and what stands for them here never runs. Which coroutine runs is in `vm::threads`.

use lua_runtime::{Args, Gc, NativeFunction, NativeRole, OutOfMemory, Signal, Thread, ThreadStatus, Value, Vm};

use crate::entries::{Entry, NAMELESS, register};

const ENTRIES: &[Entry] = &[
    ("coroutine.close", close),
    ("coroutine.create", create),
    ("coroutine.isyieldable", is_yieldable),
    ("coroutine.running", running),
    ("coroutine.status", status),
    ("coroutine.wrap", wrap),
];

pub(super) fn open(vm: &mut Vm) -> Result<(), OutOfMemory> {
    let library = crate::entries::new_library(vm, "coroutine", &[])?;
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
    let name = vm.string(thread.status().name().as_bytes())?;
    vm.return_one(args, name)
}

fn running(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let is_main = vm.thread() == vm.main_thread();
    vm.return_values(args, &[Value::from(vm.thread()), Value::boolean(is_main)])
}

fn is_yieldable(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let thread = if args.count == 0 { vm.thread() } else { vm.check_thread(args, 0)? };
    // One that does not run is not inside of a library function.
    let answer = if thread == vm.thread() { vm.is_yieldable() } else { thread != vm.main_thread() };
    vm.return_one(args, Value::boolean(answer))
}

fn close(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let thread = vm.check_thread(args, 0)?;
    let status = thread.status();
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
