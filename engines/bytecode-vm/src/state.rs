//! What the interpreter keeps beside the value stack, and how its parts hand control to each other.
//!
//! The dispatch loop keeps code and base pointer in locals. Everything outside of it gets them as a [`Cursor`], writes
//! them down where positions and tracebacks look ([`save`]), and answers with an [`Outcome`].

use std::cell::{Cell, RefCell};

use lua_runtime::{Closure, Gc, Signal, Value, Vm};

use crate::prototype::Prototype;

/// Where the interpreter is: at an instruction of a frame.
#[derive(Debug, Clone, Copy)]
pub struct Cursor {
    /// The first word of the current instruction.
    pub pc: *const u32,
    /// The frame's base.
    pub base: *mut Value,
}

/// What the dispatch loop does after an operation outside of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Goes on behind the current instruction. The stack has not moved.
    Next,
    /// Goes on where [`State::resume`] says.
    Reload,
    /// Leaves the interpreter; the results are those of the frame that was entered from Rust.
    Exit,
}

/// The end of an operation outside of the dispatch loop.
pub type Outcome = Result<Step, Signal>;

/// The interpreter's own part of a Lua state.
pub struct State {
    /// The current instruction of the innermost Lua frame, kept up to date when something may look.
    pub pc: Cell<*const u32>,
    /// With [`Step::Reload`]: the instruction to go on with.
    pub resume_pc: Cell<*const u32>,
    /// With [`Step::Reload`]: the base of its frame.
    pub resume_base: Cell<u32>,
    /// With [`Step::Exit`]: the number of results.
    pub exit_count: Cell<u32>,
    /// End of the last multiple result.
    pub top: Cell<u32>,
    /// Stack slots of the active to-be-closed variables, outermost first.
    pub closing: RefCell<Vec<u32>>,
}

impl State {
    /// The state of an interpreter that runs nothing.
    pub fn new() -> State {
        State {
            pc: Cell::new(std::ptr::null()),
            resume_pc: Cell::new(std::ptr::null()),
            resume_base: Cell::new(0),
            exit_count: Cell::new(0),
            top: Cell::new(0),
            closing: RefCell::new(Vec::new()),
        }
    }
}

impl Default for State {
    fn default() -> State {
        State::new()
    }
}

/// The interpreter's part of a Lua state.
#[inline(always)]
pub fn state(vm: &Vm) -> &State {
    // SAFETY: `engine_state` is the box that the instance made, and it outlives the `Vm`.
    unsafe { &*vm.engine_state.cast::<State>() }
}

/// The prototype of the function whose frame has this base.
///
/// # Safety
/// `base` must be the base of a frame of a Lua function.
#[inline(always)]
pub unsafe fn prototype_of<'a>(base: *const Value) -> &'a Prototype {
    // SAFETY: the callee of a Lua frame is a closure made by this engine, and lives while its frame does.
    unsafe {
        let closure = Gc::<Closure>::from_address((*base.sub(2)).payload);
        &*closure.data().cast::<Prototype>()
    }
}

/// The closure whose frame has this base.
///
/// # Safety
/// As for [`prototype_of`].
#[inline(always)]
pub unsafe fn closure_of(base: *const Value) -> Gc<Closure> {
    // SAFETY: as for `prototype_of`.
    unsafe { Gc::<Closure>::from_address((*base.sub(2)).payload) }
}

/// The stack slot that a pointer into the running stack points to.
#[inline(always)]
pub fn slot_index(vm: &Vm, pointer: *const Value) -> u32 {
    // SAFETY: both pointers are into the running stack.
    unsafe { pointer.offset_from(vm.stack()) as u32 }
}

/// Writes down where the interpreter is, for everything that asks for positions, names or tracebacks.
#[inline(always)]
pub fn save(vm: &mut Vm, cursor: Cursor) {
    state(vm).pc.set(cursor.pc);
    vm.frame_base = slot_index(vm, cursor.base);
}

/// Says that the interpreter goes on at an instruction of the frame with this base.
#[inline(always)]
pub fn resume_at(vm: &Vm, pc: *const u32, base: u32) -> Step {
    let state = state(vm);
    state.resume_pc.set(pc);
    state.resume_base.set(base);
    Step::Reload
}
