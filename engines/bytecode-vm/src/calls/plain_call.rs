//! Plain calls and returns, as the dispatch loop and helpers of compiled code do them themselves: there is room, no
//! argument is extra, nobody waits.
//!
//! Every function either does the whole operation or none of it; then `call` and `continuation` take over. They are
//! always inlined, so that [`Registers`] never exists in memory.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use lua_runtime::value::{Tag, Value};
use lua_runtime::{Args, Closure, Gc, NativeRole, Signal, Vm};

use crate::code::prototype::{Pool, Prototype};
use crate::frame::{Continuation, FrameHeader, HEADER_SLOTS};
use crate::operations::register;
use crate::state::{prototype_of, state_unchecked};

/// The locals of the dispatch loop that belong to a frame.
#[derive(Clone, Copy)]
pub struct Registers {
    /// The current instruction.
    pub pc: *const u32,
    /// The frame's base.
    pub base: *mut Value,
    /// Constants and feedback of the frame's function.
    pub pool: Pool,
}

/// The header of a frame that the two-word call instruction at `registers` makes at `new_base`.
///
/// # Safety
/// `registers` must be at an instruction of a frame of a Lua function, `new_base` above its base.
#[inline(always)]
unsafe fn call_header(registers: Registers, new_base: *const Value, wanted: u8) -> FrameHeader {
    // SAFETY: as the caller says.
    unsafe {
        let pc = registers.pc.offset_from(prototype_of(registers.base).code) as u32;
        FrameHeader::new(pc + 2, new_base.offset_from(registers.base) as u32, Continuation::Call, wanted)
    }
}

/// What a call instruction calls.
#[derive(Clone, Copy)]
pub struct Callee {
    /// The address of the callee's slot; the header slot and the arguments lie behind it.
    pub address: *mut Value,
    /// The number of arguments.
    pub count: u32,
    /// The number of results that are wanted, plus one; 0 for all.
    pub wanted: u8,
}

/// Calls a Lua function that keeps no extra arguments, if there is room for its frame and no request waits.
///
/// # Safety
/// `registers` must be at a call instruction of a frame of a Lua function, and `callee` what it calls.
#[inline(always)]
pub unsafe fn call_closure(
    vm: &mut Vm,
    interrupt: *const AtomicU32,
    registers: Registers,
    callee: Callee,
) -> Option<Registers> {
    // SAFETY: registers are inside the frame (verified); closures of this state are made by this engine; the poll word
    // outlives the state.
    unsafe {
        if (*callee.address).tag() != Tag::Closure {
            return None;
        }
        let prototype = &*Gc::<Closure>::from_address((*callee.address).payload()).data().cast::<Prototype>();
        let new_base = callee.address.add(HEADER_SLOTS as usize);
        let needed = new_base.offset_from(vm.stack()) as u32 + prototype.frame_slots;
        let depth = state_unchecked(vm).depth.get();
        if prototype.is_vararg
            || needed > vm.stack_capacity()
            || depth >= vm.limits.lua_depth
            || (*interrupt).load(Relaxed) != 0
        {
            return None;
        }
        state_unchecked(vm).depth.set(depth + 1);
        call_header(registers, new_base, callee.wanted).write(new_base);
        for missing in callee.count..prototype.parameters {
            *new_base.add(missing as usize) = Value::NIL;
        }
        Some(Registers { pc: prototype.code, base: new_base, pool: prototype.pool })
    }
}

/// Calls a library function without a role. Gives the base, since the stack may have moved; the instruction is still
/// the current one.
///
/// # Safety
/// As for [`call_closure`].
#[inline(always)]
pub unsafe fn call_native(vm: &mut Vm, registers: Registers, callee: Callee) -> Option<Result<Registers, Signal>> {
    // SAFETY: registers are inside the frame (verified), and a frame has room for what library functions use above it.
    unsafe {
        let native = (*callee.address).as_native().filter(|native| native.role() == NativeRole::Plain)?;
        let new_base = callee.address.add(HEADER_SLOTS as usize);
        call_header(registers, new_base, callee.wanted).write(new_base);
        let frame = registers.base.offset_from(vm.stack()) as usize;
        let first = callee.address.offset_from(vm.stack()) as u32;
        vm.frame_base = first + HEADER_SLOTS;
        let arguments = Args { base: vm.frame_base, count: callee.count };
        let count = match (native.function())(vm, arguments) {
            Ok(count) => count,
            Err(signal) => return Some(Err(signal)),
        };
        if callee.wanted == 0 {
            state_unchecked(vm).top.set(first + count);
        } else {
            for missing in count..u32::from(callee.wanted) - 1 {
                vm.set_slot(first + missing, Value::NIL);
            }
        }
        Some(Ok(Registers { base: vm.stack().add(frame), ..registers }))
    }
}

/// Puts the iterator of a generic `for` and its arguments in place for the call. `a` is the first of the loop's
/// registers.
///
/// # Safety
/// `a` must be the first register of a `TFORCALL`.
#[inline(always)]
pub unsafe fn prepare_iterator(a: *mut Value, variables: u8) -> Callee {
    // SAFETY: as the caller says; the verifier has checked the registers of the call.
    unsafe {
        let address = a.add(4);
        register::copy(address, a);
        register::copy(address.add(HEADER_SLOTS as usize), a.add(1));
        register::copy(address.add(HEADER_SLOTS as usize + 1), a.add(2));
        Callee { address, count: 2, wanted: variables + 1 }
    }
}

/// A return with no result, or with the one that `result` points to, to a Lua function that wants a fixed number.
///
/// # Safety
/// `base` must be the base of the innermost frame, one of a Lua function, and `result` one of its registers.
#[inline(always)]
pub unsafe fn return_to_caller(vm: &Vm, base: *mut Value, result: Option<*const Value>) -> Option<Registers> {
    // SAFETY: as the caller says; a plain call was made by an instruction of a Lua function, to whose base the header
    // leads, and which has room for the results it wants.
    unsafe {
        let header = FrameHeader::read(base);
        if !header.is_plain_call() || header.wanted == 0 {
            return None;
        }
        let first = base.sub(HEADER_SLOTS as usize);
        let count = match result {
            Some(result) => {
                register::copy(first, result);
                1
            }
            None => 0,
        };
        for missing in count..usize::from(header.wanted) - 1 {
            *first.add(missing) = Value::NIL;
        }
        state_unchecked(vm).depth.set(state_unchecked(vm).depth.get() - 1);
        let base = base.sub(header.base_delta as usize);
        let prototype = prototype_of(base);
        Some(Registers { pc: prototype.code.add(header.resume_pc as usize), base, pool: prototype.pool })
    }
}
