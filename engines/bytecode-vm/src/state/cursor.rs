//! A place of the interpreter: an instruction, and the frame in which it is at it.

use lua_bytecode::{Instruction, Pc};
use lua_runtime::{Closure, Gc, Value, Vm};

use crate::code::prototype::Prototype;
use crate::frame::set_frame_base;
use crate::state::{Step, resume_at, state_unchecked};

/// Where the interpreter is: at an instruction of a frame of a Lua function.
///
/// Whoever makes one promises that both pointers belong together and stay valid while it is used: it does not outlive
/// a call, since the stack may move, and is used with the Lua state whose stack it is in. Everything that takes a cursor
/// relies on that.
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
    /// an instruction of that function's verified code. The cursor is used with the state whose stack that is, and no more
    /// when the stack has moved or the frame has gone.
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

    /// The frame's base.
    #[inline(always)]
    pub fn frame(self) -> *mut Value {
        self.base
    }

    /// The stack slot of the frame's base.
    #[inline(always)]
    pub fn base(self, vm: &Vm) -> u32 {
        // SAFETY: both pointers are into the running stack.
        unsafe { self.base.offset_from(vm.stack()) as u32 }
    }

    /// The stack slot of a register.
    #[inline(always)]
    pub fn stack_slot(self, vm: &Vm, register: u8) -> u32 {
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

/// The prototype of a function.
///
/// # Safety
/// It must be of a state of this engine.
#[inline(always)]
pub unsafe fn prototype_of_closure<'a>(closure: Gc<Closure>) -> &'a Prototype {
    // SAFETY: closures of such a state are made by this engine.
    unsafe { &*closure.data().cast::<Prototype>() }
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
    // SAFETY: a cursor is at a frame of a Lua function of the running state, which only this engine makes.
    unsafe { state_unchecked(vm) }.pc.set(cursor.pc);
    set_frame_base(vm, cursor.base(vm));
}
