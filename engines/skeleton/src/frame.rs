//! Who is active: one entry for each call, of a Lua function or of the library, from which positions and tracebacks are
//! read. Where the values are, the stack says: see [`Frame`].

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use engine_api::Position;
use lua_runtime::vm::CallName;
use lua_runtime::{Closure, Gc, Value, Vm};
use lua_syntax::ast::{Bytes, Function, LocalId};

use crate::code::code_of;

/// A Lua function that runs: its variables are in the slots from `base` on, in the order of their declaration, and its
/// temporaries above them. Its callee lies at `base - 2`, so that it and what it refers to live as long as it runs.
pub(crate) struct Frame {
    /// The first variable's slot.
    pub(crate) base: u32,
    /// The function.
    pub(crate) closure: Gc<Closure>,
    /// Its tree.
    pub(crate) function: Rc<Function>,
}

impl Frame {
    /// The slot of a variable; of a captured one, the slot that holds its cell.
    pub(crate) fn slot(&self, local: LocalId) -> u32 {
        self.base + local.0
    }

    /// The first slot above the variables.
    pub(crate) fn top(&self) -> u32 {
        self.base + self.function.locals.len() as u32
    }
}

/// An active call.
struct Activation {
    /// Where its frame begins.
    base: u32,
    /// The first slot behind its variables.
    top: u32,
    /// The line that it is in.
    line: u32,
    /// How it names what it calls.
    callee: Option<Bytes>,
    /// Whether it has ended with the call of a Lua function: then nobody sees it any more.
    is_replaced: bool,
}

/// The engine's part of a Lua state.
#[derive(Default)]
pub(crate) struct State {
    /// The active calls, the innermost last.
    activations: RefCell<Vec<Activation>>,
    /// How deep expressions and calls are nested in Rust.
    pub(crate) levels: Cell<u32>,
}

/// The engine's part of an instance of this engine.
pub(crate) fn state(vm: &Vm) -> &State {
    vm.engine_state().get::<State>()
}

/// A call begins; its variables end at `top`.
pub(crate) fn enter(vm: &mut Vm, base: u32, top: u32) {
    set_frame_base(vm, base);
    let activation = Activation { base, top, line: 0, callee: None, is_replaced: false };
    state(vm).activations.borrow_mut().push(activation);
}

/// The innermost call has ended, one way or another.
pub(crate) fn leave(vm: &mut Vm) {
    let mut activations = state(vm).activations.borrow_mut();
    activations.pop();
    let base = activations.last().map_or(0, |caller| caller.base);
    drop(activations);
    set_frame_base(vm, base);
}

/// How many calls are active.
pub(crate) fn depth(vm: &Vm) -> u32 {
    state(vm).activations.borrow().len() as u32
}

fn change_innermost(vm: &Vm, change: impl FnOnce(&mut Activation)) {
    if let Some(activation) = state(vm).activations.borrow_mut().last_mut() {
        change(activation);
    }
}

/// The innermost call is at this line.
pub(crate) fn at_line(vm: &Vm, line: u32) {
    change_innermost(vm, |activation| activation.line = line);
}

/// The innermost call calls something, at this line and by this name.
pub(crate) fn calls(vm: &Vm, line: u32, callee: Option<Bytes>) {
    change_innermost(vm, |activation| (activation.line, activation.callee) = (line, callee));
}

/// The innermost call ends with the call of a Lua function.
pub(crate) fn is_replaced(vm: &Vm) {
    change_innermost(vm, |activation| activation.is_replaced = true);
}

/// The functions of the active calls, the innermost first, each with its line.
fn levels(vm: &Vm) -> Vec<(Value, u32)> {
    let activations = state(vm).activations.borrow();
    let seen = activations.iter().rev().filter(|activation| !activation.is_replaced);
    seen.map(|activation| (vm.slot(activation.base - 2), activation.line)).collect()
}

fn position_of((function, line): (Value, u32)) -> Option<Position> {
    let source = &code_of(function.as_closure()?).source;
    Some(Position { chunk: source.display_name.clone(), line })
}

/// [`lua_runtime::EngineHooks::position`].
pub(crate) fn position(vm: &Vm, level: u32) -> Option<Position> {
    position_of(levels(vm).get(level as usize).copied()?)
}

/// [`lua_runtime::EngineHooks::call_name`].
pub(crate) fn call_name(vm: &Vm) -> Option<CallName> {
    let activations = state(vm).activations.borrow();
    let caller = activations.iter().rev().nth(1).filter(|caller| !caller.is_replaced)?;
    let name = String::from_utf8_lossy(caller.callee.as_deref()?).into_owned();
    Some(CallName { name, is_method: false })
}

/// [`lua_runtime::EngineHooks::traceback`].
pub(crate) fn traceback(vm: &Vm, level: u32) -> String {
    lua_runtime::traceback::text(vm, level, levels(vm).into_iter(), |level| match position_of(*level) {
        Some(Position { chunk, line }) => format!("{chunk}:{line}: in a function"),
        None => "[C]: in ?".to_string(),
    })
}

/// [`lua_runtime::EngineHooks::free_slot`].
pub(crate) fn free_slot(vm: &Vm) -> u32 {
    state(vm).activations.borrow().last().map_or(vm.frame_base(), |activation| activation.top)
}

/// Says which frame is the innermost one.
#[inline(always)]
pub(crate) fn set_frame_base(vm: &mut Vm, base: u32) {
    // SAFETY: only this crate calls it, with bases of frames whose headers it has written or read.
    unsafe { vm.set_frame_base(base) }
}

/// Writes a slot of any frame.
///
/// # Panics
/// If it is above the stack.
#[inline(always)]
pub(crate) fn set_slot(vm: &mut Vm, slot: u32, value: Value) {
    // SAFETY: only this crate calls it, for registers, callees, arguments and results of its own frames.
    unsafe { vm.set_any_slot(slot, value) }
}
