//! Plain calls and returns, as the dispatch loop and helpers of compiled code do them themselves: there is room, no
//! argument is extra, nobody waits.
//!
//! Every function either does the whole operation or none of it; then `call` and `continuation` take over. What is most
//! frequent is always inlined, so that [`Registers`] does not exist in memory there; nothing else is, because the dispatch loop
//! has few machine registers to spare.

use lua_bytecode::Instruction;
use lua_bytecode::opcode::Operation;
use lua_runtime::value::{Tag, Value};
use lua_runtime::{Args, Closure, Gc, MetaEvent, NativeFunction, NativeRole, Signal, Vm};

use crate::code::prototype::{MARGIN_SLOTS, Pool, Prototype};
use crate::frame::{
    Continuation, FLAG_ONE_WORD, FLAG_TAIL_CALL, FrameHeader, HEADER_SLOTS, check_results, set_frame_base,
    set_header_at, set_slot,
};
use crate::operations::register;
use crate::state::{Outcome, Step, prototype_of, prototype_of_closure, state_unchecked};

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

/// Where the dispatch loop goes on after a call or return that it has left to a function: at an instruction of a frame, or as
/// an outcome says.
///
/// Two machine words, which are returned in registers. An enum of these cases is returned in memory and copied by pieces of
/// other sizes than it was written in, and each such copy waits until the stores have left the processor's store buffer:
/// that was two fifths of the time of a return.
#[derive(Clone, Copy)]
pub struct Resumption {
    /// The instruction, or null.
    pc: *const u32,
    /// The base of the frame, or what [`Resumption::by_outcome`] makes of an outcome.
    base_or_outcome: *mut Value,
}

/// The steps and signals by their numbers.
const STEPS: [Step; 5] = [Step::Next, Step::Reload, Step::Call, Step::Return, Step::Exit];
const SIGNALS: [Signal; 4] = [Signal::Error, Signal::Memory, Signal::Fatal, Signal::Call];
/// Added to the number of a signal.
const FIRST_SIGNAL: usize = 16;

impl Resumption {
    /// At the instruction of the frame that these are the registers of.
    #[inline(always)]
    pub fn at(registers: Registers) -> Resumption {
        Resumption { pc: registers.pc, base_or_outcome: registers.base }
    }

    /// As an outcome says.
    #[inline]
    pub fn by_outcome(outcome: Outcome) -> Resumption {
        let number = match outcome {
            Ok(step) => STEPS.iter().position(|other| *other == step),
            Err(signal) => SIGNALS.iter().position(|other| *other == signal).map(|number| number + FIRST_SIGNAL),
        };
        let number = number.expect("the lists are complete");
        Resumption { pc: std::ptr::null(), base_or_outcome: std::ptr::without_provenance_mut(number) }
    }

    /// The instruction and the base of its frame; otherwise the outcome.
    #[inline(always)]
    pub fn get(self) -> Result<(*const u32, *mut Value), Outcome> {
        if self.pc.is_null() { Err(self.outcome()) } else { Ok((self.pc, self.base_or_outcome)) }
    }

    #[cold]
    fn outcome(self) -> Outcome {
        match self.base_or_outcome.addr() {
            number @ FIRST_SIGNAL.. => Err(SIGNALS[number - FIRST_SIGNAL]),
            number => Ok(STEPS[number]),
        }
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
pub unsafe fn call_closure(vm: &mut Vm, registers: Registers, callee: Callee) -> Option<Registers> {
    // SAFETY: registers are inside the frame (verified); closures of this state are made by this engine.
    unsafe {
        if (*callee.address).tag() != Tag::Closure {
            return None;
        }
        let prototype = prototype_of_closure(Gc::from_address((*callee.address).payload()));
        let new_base = callee.address.add(HEADER_SLOTS as usize);
        let end = new_base.wrapping_add(prototype.frame_slots as usize).cast_const();
        let depth = state_unchecked(vm).depth.get();
        if prototype.is_vararg || end > vm.stack_end() || depth >= vm.limits.lua_depth || vm.must_poll() {
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

/// The number of arguments behind the callee's header slot up to the top, for a call with all results of another; `None` if a
/// library function would lack room above them, which the frame does not make sure of.
///
/// # Safety
/// `callee` must be the register of the callee in the innermost frame, one of a Lua function.
#[inline(never)]
pub unsafe fn arguments_up_to_top(vm: &Vm, callee: *const Value) -> Option<u32> {
    // SAFETY: as the caller says.
    unsafe {
        let top = state_unchecked(vm).top.get();
        let has_room = top + MARGIN_SLOTS <= vm.stack_capacity();
        has_room.then(|| top - callee.offset_from(vm.stack()) as u32 - HEADER_SLOTS)
    }
}

/// The number of results from a register on up to the top.
///
/// # Safety
/// As for [`arguments_up_to_top`].
#[inline(never)]
pub unsafe fn results_up_to_top(vm: &Vm, first: *const Value) -> u32 {
    // SAFETY: as the caller says.
    unsafe { state_unchecked(vm).top.get() - first.offset_from(vm.stack()) as u32 }
}

/// Calls a Lua function whose frame does not begin at the arguments as they lie: one that keeps extra arguments, one through
/// `pcall`, or the `__call` of a table. The conditions are those of [`call_closure`].
///
/// # Safety
/// As for [`call_closure`].
#[inline(always)]
pub unsafe fn call_with_shift(vm: &mut Vm, registers: Registers, callee: Callee) -> Option<Registers> {
    // SAFETY: as the caller says.
    unsafe {
        match (*callee.address).tag() {
            Tag::Closure => call_vararg(vm, registers, callee),
            Tag::Native => call_protected(vm, registers, callee),
            Tag::Table => call_handler(vm, registers, callee),
            _ => None,
        }
    }
}

/// Whether a Lua function can begin at `base` with `count` arguments there: it keeps no extra ones, there is room, and no
/// request waits.
///
/// # Safety
/// `base` must be above the base of the innermost frame, one of a Lua function.
#[inline(always)]
unsafe fn can_begin(vm: &Vm, prototype: &Prototype, base: *const Value, count: u32) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        let needed = base.offset_from(vm.stack()) as u32 + prototype.frame_slots.max(count);
        !prototype.is_vararg
            && needed <= vm.stack_capacity()
            && state_unchecked(vm).depth.get() < vm.limits.lua_depth
            && !vm.must_poll()
    }
}

/// Calls the Lua function in the `__call` of a table, which becomes the first argument.
///
/// # Safety
/// As for [`call_closure`].
#[inline]
unsafe fn call_handler(vm: &mut Vm, registers: Registers, callee: Callee) -> Option<Registers> {
    // SAFETY: as in `call_closure`. The arguments move up by one slot, for which there is room, as the check says.
    unsafe {
        let handler = vm.metamethod(*callee.address, MetaEvent::Call);
        let prototype = prototype_of_closure(handler.as_closure()?);
        let base = callee.address.add(HEADER_SLOTS as usize);
        let count = callee.count + 1;
        if !can_begin(vm, prototype, base, count) {
            return None;
        }
        for argument in (1..count as usize).rev() {
            register::copy(base.add(argument), base.add(argument - 1));
        }
        register::copy(base, callee.address);
        *callee.address = handler;
        for missing in count..prototype.parameters {
            *base.add(missing as usize) = Value::NIL;
        }
        call_header(registers, base, callee.wanted).write(base);
        let depth = &state_unchecked(vm).depth;
        depth.set(depth.get() + 1);
        Some(Registers { pc: prototype.code, base, pool: prototype.pool })
    }
}

/// Begins a metamethod of the instruction at an index of the code, in a frame above the registers of its function. The
/// conditions are those of [`call_closure`].
///
/// # Safety
/// `base` must be the base of the innermost frame, one of a Lua function that is at the instruction, which ends so; the closure is
/// of this state.
#[inline(always)]
pub unsafe fn begin_metamethod<const COUNT: usize>(
    vm: &mut Vm,
    base: *mut Value,
    pc: u32,
    handler: Gc<Closure>,
    arguments: [Value; COUNT],
    continuation: Continuation,
) -> Option<Registers> {
    // SAFETY: as the caller says; there is room for the arguments, which are more than the parameters, or for the frame.
    unsafe {
        let (caller, prototype) = (prototype_of(base), prototype_of_closure(handler));
        let delta = caller.max_stack + HEADER_SLOTS;
        let new_base = base.add(delta as usize);
        if !can_begin(vm, prototype, new_base, COUNT as u32) || !vm.has_native_room_for(1) {
            return None;
        }
        *new_base.sub(HEADER_SLOTS as usize) = Value::from(handler);
        for (i, argument) in arguments.into_iter().enumerate() {
            *new_base.add(i) = argument;
        }
        for missing in COUNT as u32..prototype.parameters {
            *new_base.add(missing as usize) = Value::NIL;
        }
        let words = Instruction(*caller.code.add(pc as usize)).opcode().words();
        let wanted = if continuation == Continuation::Discard { 1 } else { 2 };
        let flags = if words == 1 { FLAG_ONE_WORD } else { 0 };
        FrameHeader::new(pc + words, delta, continuation, wanted).with_flags(flags).write(new_base);
        vm.metamethod_depth += 1;
        let depth = &state_unchecked(vm).depth;
        depth.set(depth.get() + 1);
        Some(Registers { pc: prototype.code, base: new_base, pool: prototype.pool })
    }
}

/// Calls a Lua function that keeps its extra arguments. They lie right below the frame, above a copy of the fixed ones.
///
/// # Safety
/// As for [`call_closure`], and the callee must be a Lua function.
#[inline]
unsafe fn call_vararg(vm: &mut Vm, registers: Registers, callee: Callee) -> Option<Registers> {
    // SAFETY: as in `call_closure`; the slots of the copy were made sure of.
    unsafe {
        let prototype = prototype_of_closure(Gc::from_address((*callee.address).payload()));
        let first = callee.address.add(HEADER_SLOTS as usize);
        let extra = callee.count.saturating_sub(prototype.parameters);
        let shift = if extra > 0 { callee.count + HEADER_SLOTS } else { 0 };
        let new_base = first.add(shift as usize);
        let needed = new_base.offset_from(vm.stack()) as u32 + prototype.frame_slots;
        let depth = state_unchecked(vm).depth.get();
        if !prototype.is_vararg || needed > vm.stack_capacity() || depth >= vm.limits.lua_depth || vm.must_poll() {
            return None;
        }
        state_unchecked(vm).depth.set(depth + 1);
        if extra > 0 {
            register::copy(new_base.sub(HEADER_SLOTS as usize), callee.address);
            for parameter in 0..prototype.parameters as usize {
                register::copy(new_base.add(parameter), first.add(parameter));
                // The collector must not keep what only this copy refers to.
                *first.add(parameter) = Value::NIL;
            }
        }
        for missing in callee.count..prototype.parameters {
            *new_base.add(missing as usize) = Value::NIL;
        }
        let header = call_header(registers, new_base, callee.wanted);
        header.with_varargs(extra).write(new_base);
        Some(Registers { pc: prototype.code, base: new_base, pool: prototype.pool })
    }
}

/// `TAILCALL` of a Lua function that keeps no extra arguments: it takes the place of the running function's frame, if there
/// is room and no request waits.
///
/// # Safety
/// As for [`call_closure`].
#[inline(always)]
pub unsafe fn tail_call(vm: &mut Vm, registers: Registers, callee: Callee) -> Option<Registers> {
    // SAFETY: as in `call_closure`; the frame's own header says where it was called.
    unsafe {
        if (*callee.address).tag() != Tag::Closure {
            return None;
        }
        let prototype = prototype_of_closure(Gc::from_address((*callee.address).payload()));
        let header = FrameHeader::read(registers.base);
        let to = result_address(registers.base, header);
        let new_base = to.add(HEADER_SLOTS as usize);
        let needed = new_base.offset_from(vm.stack()) as u32 + prototype.frame_slots.max(callee.count);
        if prototype.is_vararg || needed > vm.stack_capacity() || vm.must_poll() {
            return None;
        }
        register::copy(to, callee.address);
        let first = callee.address.add(HEADER_SLOTS as usize);
        for argument in 0..callee.count.min(prototype.parameters) as usize {
            register::copy(new_base.add(argument), first.add(argument));
        }
        for missing in callee.count..prototype.parameters {
            *new_base.add(missing as usize) = Value::NIL;
        }
        let base_delta = header.base_delta() - registers.base.offset_from(new_base) as u32;
        let flags = header.flags() | FLAG_TAIL_CALL;
        header.with_base_delta(base_delta).with_varargs(0).with_flags(flags).write(new_base);
        Some(Registers { pc: prototype.code, base: new_base, pool: prototype.pool })
    }
}

/// Calls a Lua function that keeps no extra arguments through `pcall`: makes the frames of both.
///
/// # Safety
/// As for [`call_closure`], and the callee must be a library function.
#[inline]
unsafe fn call_protected(vm: &mut Vm, registers: Registers, callee: Callee) -> Option<Registers> {
    // SAFETY: as in `call_closure`. The arguments of `pcall` move up by one slot, for which there is room, as there is for
    // the frame above it.
    unsafe {
        let native = (*callee.address).as_native()?;
        let base = callee.address.add(HEADER_SLOTS as usize);
        if native.role() != NativeRole::ProtectedCall || callee.count == 0 || (*base).tag() != Tag::Closure {
            return None;
        }
        let prototype = prototype_of_closure(Gc::from_address((*base).payload()));
        let new_base = base.add(HEADER_SLOTS as usize);
        let count = callee.count - 1;
        if !can_begin(vm, prototype, new_base, count) || !vm.has_native_room_for(1) {
            return None;
        }
        let header = call_header(registers, base, callee.wanted);
        header.with_varargs(vm.handler_slot).write(base);
        for argument in (0..count as usize).rev() {
            register::copy(new_base.add(argument), base.add(1 + argument));
        }
        for missing in count..prototype.parameters {
            *new_base.add(missing as usize) = Value::NIL;
        }
        vm.protected_depth += 1;
        vm.handler_slot = 0;
        let depth = state_unchecked(vm).depth.get();
        FrameHeader::new(depth, HEADER_SLOTS, Continuation::Protected, 0).write(new_base);
        state_unchecked(vm).depth.set(depth + 1);
        Some(Registers { pc: prototype.code, base: new_base, pool: prototype.pool })
    }
}

/// `TAILCALL` of a library function without a role: it is called from the frame, so that it finds its caller. Gives the
/// frame's base, since the stack may have moved, and the number of results, which lie where the callee was.
///
/// # Safety
/// As for [`call_closure`].
#[inline(always)]
pub unsafe fn tail_call_native(
    vm: &mut Vm,
    registers: Registers,
    callee: Callee,
) -> Option<Result<(*mut Value, u32), Signal>> {
    // SAFETY: as in `call_native`.
    unsafe {
        let native = (*callee.address).as_native().filter(|native| native.role() == NativeRole::Plain)?;
        let new_base = callee.address.add(HEADER_SLOTS as usize);
        let header = call_header(registers, new_base, callee.wanted);
        header.with_continuation(Continuation::TailCall).write(new_base);
        let frame = registers.base.offset_from(vm.stack()) as usize;
        set_frame_base(vm, callee.address.offset_from(vm.stack()) as u32 + HEADER_SLOTS);
        let arguments = Args { base: vm.frame_base(), count: callee.count };
        match (native.function())(vm, arguments) {
            Ok(count) => {
                check_results(vm, arguments.base - HEADER_SLOTS, count);
                set_frame_base(vm, frame as u32);
                Some(Ok((vm.stack().add(frame), count)))
            }
            Err(signal) => {
                let resume_pc = header.resume_pc();
                Some(Err(failed(vm, resume_pc, frame as u32, callee.wanted, true, signal)))
            }
        }
    }
}

/// `VARARG`: copies extra arguments to registers from `to` on, as many as `coded` says. `false` if there is no room.
///
/// # Safety
/// `base` must be the base of the innermost frame, one of a Lua function, and `to` the first register of its `VARARG`.
#[inline(never)]
pub unsafe fn varargs(vm: &Vm, base: *mut Value, to: *mut Value, coded: u8) -> bool {
    // SAFETY: as the caller says; the arguments lie right below the frame, and the registers were checked by the verifier
    // or just here.
    unsafe {
        let present = FrameHeader::read(base).varargs();
        let wanted = match coded {
            0 => {
                let top = to.offset_from(vm.stack()) as u32 + present;
                if top + prototype_of(base).frame_slots > vm.stack_capacity() {
                    return false;
                }
                state_unchecked(vm).top.set(top);
                present
            }
            coded => u32::from(coded) - 1,
        };
        let from = base.sub((HEADER_SLOTS + present) as usize);
        for i in 0..wanted.min(present) as usize {
            register::copy(to.add(i), from.add(i));
        }
        for missing in present..wanted {
            *to.add(missing as usize) = Value::NIL;
        }
        true
    }
}

/// Calls a library function without a role. Gives the base, since the stack may have moved; the instruction is still
/// the current one.
///
/// # Safety
/// As for [`call_closure`].
#[inline(always)]
pub unsafe fn call_native(vm: &mut Vm, registers: Registers, callee: Callee) -> Option<Result<Registers, Signal>> {
    // SAFETY: as the caller says.
    unsafe {
        let native = (*callee.address).as_native().filter(|native| native.role() == NativeRole::Plain)?;
        let new_base = callee.address.add(HEADER_SLOTS as usize);
        let header = call_header(registers, new_base, callee.wanted);
        let resume_pc = |base| registers.pc.offset_from(prototype_of(base).code) as u32 + 2;
        let base = run_native(vm, registers.base, callee, native, header, resume_pc);
        Some(base.map(|base| Registers { base, ..registers }))
    }
}

/// As [`call_native`], for a caller that knows the index of the instruction behind the call and needs nothing but the base.
///
/// # Safety
/// `base` must be the base of the innermost frame, one of a Lua function that is at a call instruction before `resume_pc`,
/// and `callee` what it calls.
#[inline(always)]
pub unsafe fn call_native_from(
    vm: &mut Vm,
    base: *mut Value,
    resume_pc: u32,
    callee: Callee,
) -> Option<Result<*mut Value, Signal>> {
    // SAFETY: as the caller says.
    unsafe {
        let native = (*callee.address).as_native().filter(|native| native.role() == NativeRole::Plain)?;
        let delta = callee.address.offset_from(base) as u32 + HEADER_SLOTS;
        let header = FrameHeader::new(resume_pc, delta, Continuation::Call, callee.wanted);
        Some(run_native(vm, base, callee, native, header, |_| resume_pc))
    }
}

/// Runs a library function in a frame with this header. Gives the base of the caller's. If the function fails, its header is
/// made anew, for which `resume_pc` tells the index of the instruction behind the call, given the base of the caller's frame.
///
/// # Safety
/// `base` must be the base of the innermost frame, one of a Lua function, and `callee` what it calls, which is `native`.
#[inline(always)]
unsafe fn run_native(
    vm: &mut Vm,
    base: *mut Value,
    callee: Callee,
    native: Gc<NativeFunction>,
    header: FrameHeader,
    resume_pc: impl FnOnce(*const Value) -> u32,
) -> Result<*mut Value, Signal> {
    // SAFETY: registers are inside the frame (verified), and a frame has room for what library functions use above it.
    unsafe {
        header.write(callee.address.add(HEADER_SLOTS as usize));
        let frame = base.offset_from(vm.stack()) as usize;
        let first = callee.address.offset_from(vm.stack()) as u32;
        set_frame_base(vm, first + HEADER_SLOTS);
        let arguments = Args { base: vm.frame_base(), count: callee.count };
        let count = match (native.function())(vm, arguments) {
            Ok(count) => count,
            Err(signal) => {
                let resume_pc = resume_pc(vm.stack().add(frame));
                return Err(failed(vm, resume_pc, frame as u32, callee.wanted, false, signal));
            }
        };
        if callee.wanted == 0 {
            check_results(vm, first, count);
            state_unchecked(vm).top.set(first + count);
        } else {
            for missing in count..u32::from(callee.wanted) - 1 {
                set_slot(vm, first + missing, Value::NIL);
            }
        }
        Ok(vm.stack().add(frame))
    }
}

/// A library function has failed, which the instruction before `resume_pc` of the frame at slot `frame` has called. Its two
/// lowest slots were its own, where results go: its header is made anew.
#[cold]
#[inline(never)]
fn failed(vm: &mut Vm, resume_pc: u32, frame: u32, wanted: u8, is_tail_call: bool, signal: Signal) -> Signal {
    let base = vm.frame_base();
    let continuation = if is_tail_call { Continuation::TailCall } else { Continuation::Call };
    set_header_at(vm, base, FrameHeader::new(resume_pc, base - frame, continuation, wanted));
    signal
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

/// A return of up to one result to a Lua function that wants a fixed number of an ordinary call.
///
/// # Safety
/// `base` must be the base of the innermost frame, one of a Lua function, and `result` one of its registers.
#[inline(always)]
pub unsafe fn return_to_caller(vm: &Vm, base: *mut Value, result: Option<*const Value>) -> Option<Registers> {
    // SAFETY: as the caller says; a plain call was made by an instruction of a Lua function, to whose base the header
    // leads, and which has room for the results it wants.
    unsafe {
        let header = FrameHeader::read(base);
        if !header.is_plain_call() || header.wanted() == 0 {
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
        for missing in count..usize::from(header.wanted()) - 1 {
            *first.add(missing) = Value::NIL;
        }
        state_unchecked(vm).depth.set(state_unchecked(vm).depth.get() - 1);
        let base = base.sub(header.base_delta() as usize);
        let prototype = prototype_of(base);
        Some(Registers { pc: prototype.code.add(header.resume_pc() as usize), base, pool: prototype.pool })
    }
}

/// A return of any number of results to an instruction of a Lua function: an ordinary call, perhaps through `pcall`, or an
/// operation whose metamethod this was. `None` if it goes elsewhere; nothing was done then.
///
/// # Safety
/// As for [`return_to_caller`], with `count` results from `from` on, below the top.
#[inline(always)]
pub unsafe fn return_values(vm: &mut Vm, base: *mut Value, from: *const Value, count: u32) -> Option<Registers> {
    // SAFETY: as in `return_to_caller`; the instruction that made the call is at the index that the header holds.
    unsafe {
        let header = FrameHeader::read(base);
        let caller = base.sub(header.base_delta() as usize);
        let (caller, resume_pc, distance) = match header.continuation() {
            Continuation::Call => {
                deliver(vm, header.wanted(), result_address(base, header), 0, from, count);
                (caller, header.resume_pc(), 0)
            }
            Continuation::Protected => {
                // The caller is the frame of `pcall`, which returns `true` before the results.
                let header = FrameHeader::read(caller);
                if header.continuation() != Continuation::Call || vm.must_poll() {
                    return None;
                }
                vm.protected_depth -= 1;
                vm.handler_slot = header.varargs();
                let first = caller.sub(HEADER_SLOTS as usize);
                *first = Value::TRUE;
                deliver(vm, header.wanted(), first, 1, from, count);
                (caller.sub(header.base_delta() as usize), header.resume_pc(), 0)
            }
            Continuation::Store | Continuation::Discard | Continuation::Branch => {
                let result = if count == 0 { Value::NIL } else { *from };
                let word = prototype_of(caller).code.add(header.instruction_pc() as usize);
                let instruction = Instruction(*word);
                vm.metamethod_depth -= 1;
                let mut distance = 0;
                if header.continuation() == Continuation::Store {
                    *caller.add(usize::from(instruction.a())) = result;
                } else if let Operation::Compare { jumps_if, .. } = instruction.opcode().operation()
                    && result.is_falsy() != jumps_if
                {
                    distance = *word.add(1) as i32;
                }
                (caller, header.resume_pc(), distance)
            }
            Continuation::Entry
            | Continuation::Concat
            | Continuation::Close
            | Continuation::Coroutine
            | Continuation::CloseOnError
            | Continuation::LastCall
            | Continuation::TailCall => return None,
        };
        state_unchecked(vm).depth.set(state_unchecked(vm).depth.get() - 1);
        let prototype = prototype_of(caller);
        let pc = prototype.code.add(resume_pc as usize).offset(distance as isize);
        Some(Registers { pc, base: caller, pool: prototype.pool })
    }
}

/// A return to the library function or the host that has called. `false` if it goes elsewhere; nothing was done then.
///
/// # Safety
/// As for [`return_values`].
#[inline(always)]
pub unsafe fn leave_to_rust(vm: &mut Vm, base: *mut Value, from: *const Value, count: u32) -> bool {
    // SAFETY: as in `return_values`; there is room for the results where the arguments and registers were.
    unsafe {
        let header = FrameHeader::read(base);
        if header.continuation() != Continuation::Entry {
            return false;
        }
        let first = result_address(base, header);
        for i in 0..count as usize {
            register::copy(first.add(i), from.add(i));
        }
        set_frame_base(vm, base.offset_from(vm.stack()) as u32 - header.base_delta());
        let state = state_unchecked(vm);
        state.exit_count.set(count);
        state.depth.set(state.depth.get() - 1);
        true
    }
}

/// Copies results to where the caller wants them, behind `before` that are there already.
///
/// # Safety
/// As for [`return_values`]; `first` is where the first result belongs.
#[inline(always)]
unsafe fn deliver(vm: &Vm, wanted: u8, first: *mut Value, before: u32, from: *const Value, count: u32) {
    // SAFETY: as the caller says; the caller's frame has room for what it wants, and all results lie above it.
    unsafe {
        let present = before + count;
        let wanted = match wanted {
            0 => {
                state_unchecked(vm).top.set(first.offset_from(vm.stack()) as u32 + present);
                present
            }
            wanted => u32::from(wanted) - 1,
        };
        for i in before..wanted.min(present) {
            register::copy(first.add(i as usize), from.add((i - before) as usize));
        }
        for missing in present..wanted {
            *first.add(missing as usize) = Value::NIL;
        }
    }
}

/// Returns `count` values from the address `from` on from a frame of an ordinary call to where the caller wants them. The caller
/// goes on in its own way. Gives the base that the frame had before extra arguments moved it.
///
/// # Safety
/// `base` must be the base of the innermost frame, one of a Lua function, with such a header; the values lie in it.
#[inline(always)]
pub unsafe fn return_plain(vm: &Vm, base: *mut Value, from: *const Value, count: u32) -> *mut Value {
    // SAFETY: as the caller says.
    unsafe {
        let (depth, header) = (&state_unchecked(vm).depth, FrameHeader::read(base));
        depth.set(depth.get() - 1);
        let first = result_address(base, header);
        deliver(vm, header.wanted(), first, 0, from, count);
        first.add(HEADER_SLOTS as usize)
    }
}

/// The address of the slot in which the callee of a frame was called, where its results go.
///
/// # Safety
/// `base` must be the base of a frame of a Lua function, and `header` its header.
#[inline(always)]
unsafe fn result_address(base: *mut Value, header: FrameHeader) -> *mut Value {
    // SAFETY: extra arguments lie below the frame, and below them the fixed ones and the callee.
    unsafe {
        let below =
            if header.varargs() == 0 { 0 } else { header.varargs() + prototype_of(base).parameters + HEADER_SLOTS };
        base.sub((HEADER_SLOTS + below) as usize)
    }
}
