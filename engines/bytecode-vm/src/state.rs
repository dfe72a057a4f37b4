//! What the interpreter keeps beside the value stack, and how its parts hand control to each other.
//!
//! The dispatch loop keeps code and base pointer in locals. Everything outside of it gets them as a [`Cursor`], writes
//! them down where positions and tracebacks look ([`save`]), and answers with an [`Outcome`].

use std::cell::{Cell, RefCell};

use lua_bytecode::{Instruction, Pc};
use lua_runtime::{Closure, Gc, Signal, Value, Vm};

use crate::frame::{Continuation, FrameHeader};
use crate::prototype::Prototype;

/// Where the interpreter is: at an instruction of a frame of a Lua function.
///
/// Whoever makes one promises that both pointers belong together and stay valid while it is used: it does not outlive
/// a call, since the stack may move. Everything that takes a cursor relies on that.
#[derive(Debug, Clone, Copy)]
pub struct Cursor {
    pc: *const u32,
    base: *mut Value,
}

impl Cursor {
    /// A cursor at the instruction whose first word `pc` points to, in the frame with this base.
    ///
    /// # Safety
    /// `base` must be the base of a frame of a Lua function on the running stack, and `pc` must point to the start of
    /// an instruction of that function's verified code.
    #[inline(always)]
    pub unsafe fn new(pc: *const u32, base: *mut Value) -> Cursor {
        Cursor { pc, base }
    }

    /// A cursor at an instruction, by its word index, of the frame whose base is a stack slot.
    ///
    /// # Safety
    /// As for [`Cursor::new`].
    pub unsafe fn at(vm: &Vm, pc: Pc, base: u32) -> Cursor {
        // SAFETY: as the caller says.
        unsafe {
            let base = vm.stack().add(base as usize);
            Cursor { pc: prototype_of(base).code.add(pc as usize), base }
        }
    }

    /// The first word of the instruction.
    #[inline(always)]
    pub fn instruction(self) -> Instruction {
        // SAFETY: whoever made the cursor promised it.
        unsafe { Instruction(*self.pc) }
    }

    /// The second word of the instruction, which must have one.
    #[inline(always)]
    pub fn extra(self) -> u32 {
        debug_assert!(self.instruction().opcode().words() == 2);
        // SAFETY: verified code has both words of its instructions.
        unsafe { *self.pc.add(1) }
    }

    /// The address of the instruction's first word.
    #[inline(always)]
    pub fn address(self) -> *const u32 {
        self.pc
    }

    /// The word index of the instruction.
    #[inline(always)]
    pub fn pc(self) -> Pc {
        // SAFETY: the pointer is into the function's code.
        unsafe { self.pc.offset_from(self.prototype().code) as Pc }
    }

    /// The prototype of the frame's function.
    #[inline(always)]
    pub fn prototype<'a>(self) -> &'a Prototype {
        // SAFETY: whoever made the cursor promised that it is in a frame of a Lua function.
        unsafe { prototype_of(self.base) }
    }

    /// The frame's function.
    #[inline(always)]
    pub fn closure(self) -> Gc<Closure> {
        // SAFETY: as in `prototype`.
        unsafe { closure_of(self.base) }
    }

    /// The stack slot of the frame's base.
    #[inline(always)]
    pub fn base(self, vm: &Vm) -> u32 {
        // SAFETY: both pointers are into the running stack.
        unsafe { self.base.offset_from(vm.stack()) as u32 }
    }

    /// The stack slot of a register.
    #[inline(always)]
    pub fn slot(self, vm: &Vm, register: u8) -> u32 {
        self.base(vm) + u32::from(register)
    }

    /// The value in a register of the frame.
    ///
    /// # Panics
    /// If the frame has no such register.
    #[inline(always)]
    pub fn register(self, register: u8) -> Value {
        // SAFETY: the address is that of a slot, and every slot holds a value.
        unsafe { *self.address_of(register) }
    }

    /// Writes a register of the frame.
    ///
    /// # Panics
    /// If the frame has no such register.
    #[inline(always)]
    pub fn set_register(self, register: u8, value: Value) {
        // SAFETY: the address is that of a slot.
        unsafe { *self.address_of(register) = value }
    }

    /// The address of a register, which the verifier has checked in an instruction and this checks for everybody else.
    #[inline(always)]
    fn address_of(self, register: u8) -> *mut Value {
        assert!(u32::from(register) < self.prototype().frame_slots, "a register of no frame");
        // SAFETY: a frame has so many slots on the stack from its base on.
        unsafe { self.base.add(usize::from(register)) }
    }

    /// Writes the instruction's register A.
    #[inline(always)]
    pub fn set_result(self, value: Value) {
        self.set_register(self.instruction().a(), value);
    }

    /// Goes on with this instruction.
    pub fn stay(self, vm: &Vm) -> Step {
        resume_at(vm, self.pc, self.base(vm))
    }

    /// Goes on behind this instruction, `distance` words further.
    pub fn go_on(self, vm: &Vm, distance: i32) -> Step {
        let words = self.instruction().opcode().words() as isize;
        // SAFETY: the verifier has checked that the following instruction, and the jump's target, exist.
        let pc = unsafe { self.pc.offset(words + distance as isize) };
        resume_at(vm, pc, self.base(vm))
    }
}

/// What the dispatch loop does after an operation outside of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Goes on behind the current instruction. The stack has not moved.
    Next,
    /// Goes on where [`State::resume_pc`] and [`State::resume_base`] say.
    Reload,
    /// Begins the call that [`State::pending_call`] describes. [`Vm::frame_base`] is the caller's base.
    Call,
    /// Ends the operation whose callee has returned as [`State::returned`] says.
    Return,
    /// Leaves the interpreter; the results are those of the frame that was entered from Rust.
    Exit,
}

/// The end of an operation outside of the dispatch loop.
///
/// An operation never begins a call, nor ends that of another frame, by itself: it says so, and the dispatch loop does
/// it. So no operation needs to know what else may be called, and none recurses.
pub type Outcome = Result<Step, Signal>;

/// A call that is to begin: the callee lies in a slot, the slot behind it is reserved, the arguments follow.
#[derive(Debug, Clone, Copy)]
pub struct PendingCall {
    /// The slot of the callee.
    pub callee: u32,
    /// The number of arguments.
    pub count: u32,
    /// The header of its frame, but for extra arguments.
    pub header: FrameHeader,
}

/// A callee that has returned.
#[derive(Debug, Clone, Copy)]
pub struct Returned {
    /// The header of its frame, which the results may have overwritten.
    pub header: FrameHeader,
    /// The base of its caller.
    pub caller: u32,
    /// The slot of the first result.
    pub first: u32,
    /// The number of results.
    pub count: u32,
}

/// The last instruction that was traced for lines.
#[derive(Debug, Clone, Copy)]
pub struct Traced {
    /// The slot of its frame's base.
    pub base: u32,
    /// Its address.
    pub pc: *const u32,
    /// `changes` of [`Vm::hooks`] at that time.
    pub hook: u32,
}

/// The interpreter's own part of a Lua state.
pub struct State {
    /// The current instruction of the innermost Lua frame, kept up to date when something may look.
    pub pc: Cell<*const u32>,
    /// With [`Step::Reload`]: the instruction to go on with.
    pub resume_pc: Cell<*const u32>,
    /// With [`Step::Reload`]: the base of its frame.
    pub resume_base: Cell<u32>,
    /// With [`Step::Call`]: what is called.
    pub pending_call: Cell<PendingCall>,
    /// With [`Step::Return`]: what has returned.
    pub returned: Cell<Returned>,
    /// With [`Step::Exit`]: the number of results.
    pub exit_count: Cell<u32>,
    /// End of the last multiple result.
    pub top: Cell<u32>,
    /// Frames of Lua functions on the running stack.
    pub depth: Cell<u32>,
    /// Stack slots of the active to-be-closed variables, outermost first.
    pub closing: RefCell<Vec<u32>>,
    /// How often the program has changed a variable of a frame by its debug library: compiled code may have read it.
    pub local_changes: Cell<u64>,
    /// While a debug hook wants lines: where it was asked last.
    pub traced: Cell<Traced>,
    /// What an engine that builds on the interpreter keeps for this Lua state; the engine casts it and owns it.
    pub extension: *mut (),
}

impl State {
    /// The state of an interpreter that runs nothing.
    pub fn new(extension: *mut ()) -> State {
        let header = FrameHeader::new(0, 0, Continuation::Entry, 0);
        State {
            pc: Cell::new(std::ptr::null()),
            resume_pc: Cell::new(std::ptr::null()),
            resume_base: Cell::new(0),
            exit_count: Cell::new(0),
            pending_call: Cell::new(PendingCall { callee: 0, count: 0, header }),
            returned: Cell::new(Returned { header, caller: 0, first: 0, count: 0 }),
            top: Cell::new(0),
            depth: Cell::new(0),
            closing: RefCell::new(Vec::new()),
            local_changes: Cell::new(0),
            traced: Cell::new(Traced { base: 0, pc: std::ptr::null(), hook: 0 }),
            extension,
        }
    }
}

/// The interpreter's part of a Lua state.
///
/// # Panics
/// If the state is another engine's.
#[inline(always)]
pub fn state(vm: &Vm) -> &State {
    vm.engine_state().get()
}

/// As [`state`], for what every call does.
///
/// # Safety
/// The state is of this engine, as it is where its dispatch loop runs.
#[inline(always)]
pub unsafe fn state_unchecked(vm: &Vm) -> &State {
    // SAFETY: as the caller says.
    unsafe { vm.engine_state().get_unchecked() }
}

/// The prototype of the function whose frame has this base.
///
/// # Safety
/// `base` must be the base of a frame of a Lua function.
#[inline(always)]
pub unsafe fn prototype_of<'a>(base: *const Value) -> &'a Prototype {
    // SAFETY: the callee of a Lua frame is a closure made by this engine, and lives while its frame does.
    unsafe {
        let closure = Gc::<Closure>::from_address((*base.sub(2)).payload());
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
    unsafe { Gc::<Closure>::from_address((*base.sub(2)).payload()) }
}

/// Writes down where the interpreter is, for everything that asks for positions, names or tracebacks.
#[inline(always)]
pub fn save(vm: &mut Vm, cursor: Cursor) {
    state(vm).pc.set(cursor.pc);
    vm.frame_base = cursor.base(vm);
}

/// Says that the interpreter goes on at an instruction of the frame with this base.
#[inline(always)]
pub fn resume_at(vm: &Vm, pc: *const u32, base: u32) -> Step {
    let state = state(vm);
    state.resume_pc.set(pc);
    state.resume_base.set(base);
    Step::Reload
}

/// Says that a call is to begin. [`Vm::frame_base`] must be the caller's base.
#[inline]
pub fn begin_at(vm: &Vm, callee: u32, count: u32, header: FrameHeader) -> Step {
    state(vm).pending_call.set(PendingCall { callee, count, header });
    Step::Call
}

/// Says that a callee has returned.
#[inline]
pub fn return_at(vm: &Vm, returned: Returned) -> Step {
    state(vm).returned.set(returned);
    Step::Return
}
