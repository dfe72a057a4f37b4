//! What an operation waits for: how a helper says that something compiled is to be run first, and what is done when that comes
//! back. The stub in between is `X64::run_callee`.

use bytecode_vm::dispatch::carry_out;
use bytecode_vm::frame::{Continuation, FrameHeader, HEADER_SLOTS, header_at};
use bytecode_vm::plain_call::Registers;
use bytecode_vm::state::{Cursor, Outcome, Step, prototype_of, prototype_of_closure, resume, state_unchecked};
use bytecode_vm::tier::{self, Kept};
use bytecode_vm::{continuation, plain_call};
use lua_bytecode::Instruction;
use lua_bytecode::opcode::Operation;
use lua_runtime::operators::Miss;
use lua_runtime::value::VALUE_BYTES;
use lua_runtime::{Value, Vm};

use super::site::Site;
use super::{Answer, ENTER, LEAVE, done, failed};
use crate::policy::{MAX_WORDS, jit};

/// What a site waits for that has a callee of its own run: in the context, in place of where another callee returns to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// The results of a call, which the callee puts in place.
    Call = 0,
    /// A value for the instruction's register A.
    Store = 1,
    /// The truth of a value.
    Branch = 2,
    /// That the callee has returned.
    Discard = 3,
    /// The results of a call through `pcall`, which the callee puts in place.
    Protected = 4,
}

impl Waiting {
    /// What an instruction waits for whose callee, of a frame that ends so, it has called by itself; `None` if only the VM can
    /// end its operation.
    pub(crate) fn of_continuation(continuation: Continuation) -> Option<Waiting> {
        match continuation {
            Continuation::Call => Some(Waiting::Call),
            Continuation::Store => Some(Waiting::Store),
            Continuation::Branch => Some(Waiting::Branch),
            Continuation::Discard => Some(Waiting::Discard),
            Continuation::Protected => Some(Waiting::Protected),
            Continuation::Entry
            | Continuation::Concat
            | Continuation::Close
            | Continuation::Coroutine
            | Continuation::CloseOnError
            | Continuation::LastCall
            | Continuation::TailCall => None,
        }
    }
}

/// The bit by which the stub tells [`super::Helper::Finish`] that a callee has returned a value, and where that is.
pub(crate) const VALUE_MARK: u32 = 63;

/// The instruction, what waits there, and the register of its result, as they are in the context and are given to
/// [`super::Helper::Finish`]: 23, 1 and 8 bits, which is enough for the functions that are compiled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WaitingSite {
    /// The index of the instruction.
    pub(crate) pc: u32,
    /// Its register A.
    pub(crate) result: u8,
    /// Whether what waits is not the instruction but the loop whose header it is.
    pub(crate) is_loop: bool,
}

/// The bit of a word that says [`WaitingSite::is_loop`].
const LOOP_BIT: u32 = 1 << 23;
const _: () = assert!(MAX_WORDS < LOOP_BIT as usize, "the index of an instruction has a place below it");

impl WaitingSite {
    /// As a word.
    pub(crate) fn word(self) -> u32 {
        self.pc | u32::from(self.result) << 24 | if self.is_loop { LOOP_BIT } else { 0 }
    }

    fn of_word(word: u32) -> WaitingSite {
        WaitingSite { pc: word & (LOOP_BIT - 1), result: (word >> 24) as u8, is_loop: word & LOOP_BIT != 0 }
    }
}

define! {
    finish(vm, site, base, local_changes, thread, returned_to) {
        let site = WaitingSite::of_word(site);
        // SAFETY: the stub calls it with what was kept of the operation at the instruction, whose coroutine waits for the running
        // one if it is another.
        let (vm, operation) = unsafe {
            let vm = &mut *vm;
            // The base is counted from the stack of the coroutine that runs, which may be another than the operation's.
            let base_slot = (base.addr().wrapping_sub(vm.stack().addr()) / VALUE_BYTES) as u32;
            let operation = tier::Operation::again(vm, base_slot, Kept { thread, local_changes });
            (vm, operation)
        };
        // SAFETY: the site's frame is on the stack of its coroutine.
        if !site.is_loop && returned_to == 0 && unsafe { goes_on_behind(vm, &operation, site.pc, base) } {
            return done(base);
        }
        if let Err(signal) = note_return(vm, returned_to) {
            return failed(signal);
        }
        if let Some(callee) = prepared(vm, &operation, site) {
            return callee;
        }
        if !operation.is_of_running(vm) {
            return Answer { status: LEAVE, other: 0 };
        }
        let is_loop = site.is_loop;
        // SAFETY: the operation's coroutine is the running one, so its frame is where it was, and the base is that of this frame.
        let mut site = unsafe { Site::new(vm, site.pc, base) };
        site.operation = operation;
        if is_loop {
            return site.go_on_with_loop(Ok(Step::Reload));
        }
        if let Operation::Compare { .. } = site.cursor.instruction().opcode().operation() {
            return site.known_truth(Ok(Step::Reload));
        }
        let expected = site.behind();
        site.end(Ok(Step::Reload), expected)
    }
}

/// Whether the VM would go on behind an operation at an instruction that is no jump.
///
/// # Safety
/// If the operation's coroutine is the running one, `base` must be that of the operation's frame.
#[inline(always)]
unsafe fn goes_on_behind(vm: &Vm, operation: &tier::Operation, pc: u32, base: *const Value) -> bool {
    if !operation.is_of_running(vm) {
        return false;
    }
    // SAFETY: as the caller says, and the instruction is one of the frame's function.
    let at = unsafe { prototype_of(base).code().add(pc as usize) };
    // SAFETY: as above.
    let opcode = unsafe { Instruction(*at) }.opcode();
    let behind = at.wrapping_add(opcode.words() as usize);
    !opcode.may_jump() && operation.resumes_at(vm, behind)
}

/// A callee has returned to compiled code that was not its caller's: says where the VM goes on. What is given is 0 if it has
/// left; where it returns to, as in the context; or, with [`VALUE_MARK`], the offset in the stack of the value that it has
/// returned.
fn note_return(vm: &mut Vm, returned_to: u64) -> Outcome {
    if returned_to == 0 {
        return Ok(Step::Reload);
    }
    if returned_to >> VALUE_MARK != 0 {
        let first = ((returned_to & !(1 << VALUE_MARK)) as usize / VALUE_BYTES) as u32;
        let base = first + HEADER_SLOTS;
        let header = header_at(vm, base);
        return end_operation(vm, header, base - header.base_delta(), first);
    }
    // SAFETY: it has returned to a Lua function of the running coroutine.
    unsafe {
        let caller = Cursor::at(vm, (returned_to >> 32) as u32, returned_to as u32);
        Ok(resume(vm, caller.address(), returned_to as u32))
    }
}

/// Ends the operation of a caller at this base whose callee, of a frame with this header, has returned the value in a slot.
pub(crate) fn end_operation(vm: &mut Vm, header: FrameHeader, caller: u32, value: u32) -> Outcome {
    // SAFETY: compiled code has counted the frame off and left the value; the step is what was answered.
    unsafe {
        let step = continuation::end_with_value(vm, header, caller, value)?;
        carry_out(vm, step)
    }
}

/// Begins the metamethod of an operation at an instruction, if it is a compiled Lua function that can begin and run now: the
/// answer by which it is run. Otherwise nothing is done. The arguments are those for a receiver.
///
/// # Safety
/// As for [`Site::new`]; the instruction is one that ends so.
#[inline(always)]
pub(super) unsafe fn enter_metamethod<const COUNT: usize>(
    vm: *mut Vm,
    pc: u32,
    base: *mut Value,
    miss: &Miss,
    arguments: impl FnOnce(Value) -> [Value; COUNT],
    continuation: Continuation,
) -> Option<Answer> {
    let Miss::Call { handler, receiver } = *miss else { return None };
    // SAFETY: as the caller says; closures of this state are made by this engine.
    unsafe {
        let vm = &mut *vm;
        let (jit, closure) = (jit(vm), handler.as_closure()?);
        let code = jit.runnable(vm, prototype_of_closure(closure))?;
        let result = Instruction(*prototype_of(base).code().add(pc as usize)).a();
        let callee = plain_call::begin_metamethod(vm, base, pc, closure, arguments(receiver), continuation)?;
        let site = WaitingSite { pc, result, is_loop: false };
        Some(run(vm, base, site, callee, code, Waiting::of_continuation(continuation)?))
    }
}

/// The answer by which a compiled function is run from its start, which the instruction at the site has called.
///
/// # Safety
/// The callee's frame was made, above that of the site with this base; the code is that of the function.
#[inline(always)]
pub(super) unsafe fn run(
    vm: &mut Vm,
    base: *const Value,
    site: WaitingSite,
    callee: Registers,
    code: *const u8,
    waiting: Waiting,
) -> Answer {
    // SAFETY: as the caller says, both frames are on the running stack, of which the state is.
    unsafe {
        let state = state_unchecked(vm);
        let kept = Kept { thread: vm.thread().address(), local_changes: state.local_changes() };
        let base_slot = base.offset_from(vm.stack()) as u32;
        jit(vm).wait(vm, base_slot, site, kept, waiting as u64, (callee.pool, code));
    }
    Answer { status: ENTER, other: callee.base.addr() as u64 }
}

/// If the VM would go on in something that the operation at an instruction has called, and that is compiled: the answer by which
/// it is run.
pub(super) fn prepared(vm: &mut Vm, operation: &tier::Operation, site: WaitingSite) -> Option<Answer> {
    let base = jit(vm).prepare_callee(vm, operation, site)?;
    Some(Answer { status: ENTER, other: base.addr() as u64 })
}
