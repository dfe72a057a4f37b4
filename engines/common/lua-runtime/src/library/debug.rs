//! `debug`: looking at a running program from inside.
//!
//! What frames look like is the engine's affair: everything here goes through [`crate::vm::EngineHooks`].

use super::Entry;
use crate::function::Args;
use crate::heap::OutOfMemory;
use crate::signal::Signal;
use crate::value::Value;
use crate::vm::Vm;

const ENTRIES: &[Entry] = &[("debug.traceback", traceback)];

pub(super) fn open(vm: &mut Vm) -> Result<(), OutOfMemory> {
    super::new_library(vm, "debug", ENTRIES).map(|_| ())
}

/// `debug.traceback([thread,] [message [, level]])`
fn traceback(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let thread = vm.argument(args, 0).as_thread();
    let first = u32::from(thread.is_some());
    let message = vm.argument(args, first);
    let message = match crate::number::bytes_of(message) {
        None if !message.is_nil() => return vm.return_one(args, message),
        bytes => bytes,
    };
    let thread = thread.filter(|thread| *thread != vm.thread);
    let level = vm.optional_integer(args, first + 1, i64::from(thread.is_none()))?;
    let level = u32::try_from(level.max(0)).unwrap_or(u32::MAX);
    let stack = match thread {
        None => (vm.engine.traceback)(vm, level),
        Some(thread) => {
            let (running, status) = (vm.thread, thread.fields().status);
            vm.switch_to(thread, crate::thread::ThreadStatus::Normal, args.top());
            let stack = (vm.engine.traceback)(vm, level);
            let top = thread.fields().top;
            vm.switch_to(running, status, top);
            stack
        }
    };
    let mut text = message.unwrap_or_default();
    if !vm.argument(args, first).is_nil() {
        text.push(b'\n');
    }
    text.extend_from_slice(stack.as_bytes());
    let text = vm.string(&text)?;
    vm.return_one(args, Value::from(text))
}
