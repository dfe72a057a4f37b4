//! Calls. The callee lies in a slot, the next one is free, the arguments follow; results take their place, from the
//! callee's slot on. A call of a Lua function recurses in Rust, so its depth is limited.

use std::rc::Rc;

use lua_runtime::fault::Fault;
use lua_runtime::operators::Miss;
use lua_runtime::{Args, Cell, Closure, Gc, NATIVE_FREE_SLOTS, NativeFunction, NativeRole, Signal, Value, Vm};

use crate::code::code_of;
use crate::frame::{Frame, at_line, depth, enter, leave, set_slot, state};
use crate::statement::{Flow, block};

/// Levels of Rust recursion, of calls and of expressions in them: each takes some hundred bytes, and the main thread of a
/// process has 8 MiB.
const MOST_LEVELS: u32 = 3000;

/// From a callee to its first argument.
pub(crate) const HEADER_SLOTS: u32 = 2;

/// [`lua_runtime::EngineHooks::call`], and how everything here calls: the value in slot `callee`, with `count` arguments
/// from `callee + 2` on. Returns the number of results.
pub(crate) fn call(vm: &mut Vm, callee: u32, count: u32) -> Result<u32, Signal> {
    let function = vm.slot(callee);
    let base = callee + HEADER_SLOTS;
    set_slot(vm, callee + 1, Value::NIL);
    if let Some(closure) = function.as_closure() {
        deeper(vm, |vm| call_lua(vm, closure, base, count))
    } else if let Some(native) = function.as_native() {
        call_native(vm, native, Args { base, count })
    } else {
        Err(vm.unsupported("a call of what is no function"))
    }
}

/// Does something one level deeper in Rust.
pub(crate) fn deeper<T>(vm: &mut Vm, act: impl FnOnce(&mut Vm) -> Result<T, Signal>) -> Result<T, Signal> {
    let level = state(vm).levels.get();
    if level >= MOST_LEVELS {
        return Err(vm.unsupported("a recursion of such depth"));
    }
    state(vm).levels.set(level + 1);
    let result = act(vm);
    state(vm).levels.set(level);
    result
}

fn call_lua(vm: &mut Vm, closure: Gc<Closure>, base: u32, count: u32) -> Result<u32, Signal> {
    if depth(vm) >= vm.limits.lua_depth {
        return Err(vm.raise_overflow());
    }
    let frame = Frame { base, closure, function: Rc::clone(&code_of(closure).function) };
    vm.ensure_stack(frame.top())?;
    let parameters = frame.function.parameters.len() as u32;
    // Arguments without a parameter are dropped, variables without an argument are nil.
    for slot in base + count.min(parameters)..frame.top() {
        set_slot(vm, slot, Value::NIL);
    }
    enter(vm, base, frame.top());
    let result = run(vm, &frame);
    leave(vm);
    result
}

fn run(vm: &mut Vm, frame: &Frame) -> Result<u32, Signal> {
    at_line(vm, frame.function.line_defined);
    poll(vm, frame.top())?;
    for local in &frame.function.parameters {
        if frame.function.locals[local.0 as usize].captured {
            let argument = vm.slot(frame.slot(*local));
            let cell = Gc::<Cell>::allocate(&mut vm.heap, argument, false)?;
            set_slot(vm, frame.slot(*local), Value::from(cell));
        }
    }
    match block(vm, frame, &frame.function.body)? {
        Flow::Next => Ok(0),
        Flow::Return { from, count } => {
            for index in 0..count {
                let value = vm.slot(from + index);
                set_slot(vm, frame.base - HEADER_SLOTS + index, value);
            }
            Ok(count)
        }
    }
}

fn call_native(vm: &mut Vm, native: Gc<NativeFunction>, args: Args) -> Result<u32, Signal> {
    match native.role() {
        NativeRole::Plain => {}
        // These need the engine: see `protect`, `coroutine` and `debug_library` of the tree-walker.
        NativeRole::ProtectedCall | NativeRole::ProtectedCallWithHandler => return Err(vm.unsupported("'pcall'")),
        NativeRole::Resume | NativeRole::Wrapped | NativeRole::Yield => return Err(vm.unsupported("coroutines")),
        NativeRole::Inspecting => return Err(vm.unsupported("the library 'debug'")),
    }
    let top = args.base + args.count;
    vm.ensure_stack(top + NATIVE_FREE_SLOTS)?;
    enter(vm, args.base, top);
    let result = (native.function())(vm, args);
    let result = if result == Err(Signal::Call) { last_call(vm, args.base) } else { result };
    leave(vm);
    result
}

/// The call with which a library function ends: what it calls lies where its arguments were.
fn last_call(vm: &mut Vm, base: u32) -> Result<u32, Signal> {
    let last = vm.last_call(base);
    let count = call(vm, base, last.arguments)?;
    let wanted = last.results.map_or(count, u32::from);
    for index in 0..wanted {
        let value = if index < count { vm.slot(base + index) } else { Value::NIL };
        set_slot(vm, base - HEADER_SLOTS + index, value);
    }
    Ok(wanted)
}

/// Serves whoever waits: the collector, finalisers, a stop. Everything below `top` is kept alive. Every loop and every
/// call come by here.
pub(crate) fn poll(vm: &mut Vm, top: u32) -> Result<(), Signal> {
    if !vm.must_poll() {
        return Ok(());
    }
    vm.poll(top)?;
    if vm.hook_mask().is_empty() { Ok(()) } else { Err(vm.unsupported("debug hooks")) }
}

/// What becomes of an operation that the runtime cannot finish. A whole engine calls the metamethod, or words the error
/// with the name of the variable.
pub(crate) fn missed(vm: &mut Vm, miss: Miss) -> Signal {
    match miss {
        Miss::Fault(Fault::Memory, _) => Signal::Memory,
        Miss::Fault(_, _) => vm.unsupported("the error of an operation"),
        Miss::Call { .. } => vm.unsupported("metamethods"),
    }
}
