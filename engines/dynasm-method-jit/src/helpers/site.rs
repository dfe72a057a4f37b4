//! The site: an instruction of a frame that a helper works for, and how its operation ends.

use bytecode_vm::dispatch::carry_out;
use bytecode_vm::frame::FrameHeader;
use bytecode_vm::plain_call;
use bytecode_vm::plain_call::{Callee, Registers};
use bytecode_vm::slow_path::Truth;
use bytecode_vm::state::{Cursor, Outcome, Step, prototype_of, resume, state};
use bytecode_vm::tier::{self, After};
use engine_api::Interrupt;
use engine_api::event::{ExitDetail, ExitReason};
use lua_bytecode::opcode::Operation;
use lua_runtime::{Signal, Value, Vm};

use super::callee::{Waiting, WaitingSite, prepared, run};
use super::{Answer, EXIT, GO_ON, JUMP, LEAVE, failed, value_at};
use crate::policy::{ExitPoint, count_exit, jit, reason_to_leave};

/// An instruction that a helper works for.
pub(super) struct Site<'a> {
    pub(super) vm: &'a mut Vm,
    pub(super) cursor: Cursor,
    /// The frame's base, until the stack moves.
    pub(super) base: *mut Value,
    /// The stack slot of the frame's base.
    pub(super) base_slot: u32,
    /// The function, and the index of the instruction, for when the stack has moved under the cursor.
    pub(super) exit_point: ExitPoint<'a>,
    pub(super) operation: tier::Operation,
}

impl Site<'_> {
    /// The site that compiled code has given.
    ///
    /// # Safety
    /// The arguments must be those of a helper that compiled code calls: the running Lua state, and an instruction and
    /// the base of the innermost frame, one of a Lua function.
    pub(super) unsafe fn new<'a>(vm: *mut Vm, pc: u32, base: *mut Value) -> Site<'a> {
        // SAFETY: as the caller says.
        unsafe {
            let vm = &mut *vm;
            let cursor = Cursor::new(prototype_of(base).code().add(pc as usize), base);
            let exit_point = ExitPoint { proto: cursor.prototype().proto(), pc };
            let operation = tier::Operation::begin(vm, cursor);
            Site { base, base_slot: operation.base(), cursor, exit_point, operation, vm }
        }
    }

    /// At the header of a loop, which the compiler of loops may have run: goes on where that leads, if it is in this frame. What the
    /// loop waits for is run first, if it is compiled; then the loop goes on.
    pub(super) fn go_on_with_loop(&mut self, outcome: Outcome) -> Answer {
        if outcome == Ok(Step::Next) {
            // Nothing was run.
            return self.go_on();
        }
        let mut outcome = outcome;
        loop {
            // SAFETY: it is what the loop has answered.
            outcome = outcome.and_then(|step| unsafe { carry_out(self.vm, step) });
            if outcome != Ok(Step::Reload) {
                return self.leave(outcome);
            }
            let site = WaitingSite { pc: self.exit_point.pc, result: 0, is_loop: true };
            if let Some(callee) = prepared(self.vm, &self.operation, site) {
                return callee;
            }
            let Some(cursor) = self.resumption() else { return self.leave(outcome) };
            match jit(self.vm).loop_tier().map(|loops| (loops.resumed)(self.vm, cursor)) {
                Some(Ok(Step::Next)) | None => return self.jump(cursor),
                Some(entered) => outcome = entered,
            }
        }
    }

    /// The instruction with which the VM would go on, if that is one of the site's frame and nobody traces.
    fn resumption(&self) -> Option<Cursor> {
        let state = state(self.vm);
        let is_here = self.operation.is_of_running(self.vm) && state.resume_base() == self.base_slot;
        let is_traced = self.vm.interrupt.bits() & Interrupt::HOOK != 0;
        // SAFETY: the VM would go on there.
        (is_here && !is_traced).then(|| unsafe { Cursor::new(state.resume_pc(), self.go_on_base()) })
    }

    /// Goes on at another instruction of the frame, where the VM would go on, or leaves it to the VM.
    fn jump(&mut self, cursor: Cursor) -> Answer {
        // SAFETY: it is where the VM would go on.
        let outcome = Ok(unsafe { resume(self.vm, cursor.address(), self.base_slot) });
        if jit(self.vm).prepare_jump(cursor) { Answer { status: JUMP, other: 0 } } else { self.leave(outcome) }
    }

    /// The frame's base, wherever the stack is now.
    pub(super) fn go_on_base(&self) -> *mut Value {
        // SAFETY: the slot is inside the stack.
        unsafe { self.vm.stack().add(self.base_slot as usize) }
    }

    /// Goes on with this frame.
    pub(super) fn go_on(&self) -> Answer {
        Answer { status: GO_ON, other: self.go_on_base().addr() as u64 }
    }

    /// Ends an operation: compiled code goes on if the VM would go on at `expected` in the same frame. What the operation waits
    /// for is run first, if it is compiled.
    #[inline]
    pub(super) fn answer(&mut self, outcome: Outcome, expected: *const u32) -> Answer {
        // SAFETY: it is what the operation has answered.
        let outcome = outcome.and_then(|step| unsafe { carry_out(self.vm, step) });
        match self.callee(outcome) {
            Some(callee) => callee,
            None => self.end(outcome, expected),
        }
    }

    /// As [`Site::answer`], for an outcome that was carried out, where there is nothing to be run.
    pub(super) fn end(&mut self, outcome: Outcome, expected: *const u32) -> Answer {
        match self.operation.end(self.vm, outcome, expected, expected) {
            After::GoOn => self.go_on(),
            After::Leave(outcome) => self.leave(outcome),
        }
    }

    /// As [`Site::answer`], for an instruction behind which the frame may be gone.
    pub(super) fn answer_last(&mut self, outcome: Outcome, expected: *const u32) -> Answer {
        // SAFETY: it is what the operation has answered.
        let outcome = outcome.and_then(|step| unsafe { carry_out(self.vm, step) });
        self.end(outcome, expected)
    }

    /// If there is something to be run first: the answer by which it is.
    pub(super) fn callee(&mut self, outcome: Outcome) -> Option<Answer> {
        if outcome != Ok(Step::Reload) {
            return None;
        }
        let site = WaitingSite { pc: self.exit_point.pc, result: self.cursor.instruction().a(), is_loop: false };
        prepared(self.vm, &self.operation, site)
    }

    /// Leaves compiled code; the VM goes on so.
    #[cold]
    pub(super) fn leave(&mut self, outcome: Outcome) -> Answer {
        match outcome {
            Ok(Step::Exit) => Answer { status: EXIT, other: 0 },
            Ok(_) => {
                let (reason, detail) = reason_to_leave(self.vm, &self.operation);
                count_exit(self.vm, self.exit_point, reason, detail);
                Answer { status: LEAVE, other: 0 }
            }
            Err(signal) => failed(signal),
        }
    }

    /// The address of the instruction behind that of the site.
    #[inline(always)]
    pub(super) fn behind(&self) -> *const u32 {
        let words = self.cursor.instruction().opcode().words() as usize;
        // SAFETY: verified code has another instruction behind one that control can pass.
        unsafe { self.cursor.address().add(words) }
    }

    /// Ends the operation of the instruction, after which control goes to the next one.
    #[inline(always)]
    pub(super) fn next(&mut self, outcome: Outcome) -> Answer {
        if outcome == Ok(Step::Next)
            && self.operation.end(self.vm, outcome, self.behind(), self.behind()) == After::GoOn
        {
            return Answer { status: GO_ON, other: self.base.addr() as u64 };
        }
        let expected = self.behind();
        self.answer(outcome, expected)
    }

    /// Ends a field access that compiled code has left to a helper.
    pub(super) fn field_accessed(&mut self, outcome: Outcome) -> Answer {
        if outcome != Ok(Step::Next) || !jit(self.vm).field_missed(self.vm, self.cursor) {
            return self.next(outcome);
        }
        self.leave_behind(ExitReason::Replaced)
    }

    /// Leaves compiled code behind the instruction, which is done, for this reason.
    pub(super) fn leave_behind(&mut self, reason: ExitReason) -> Answer {
        // SAFETY: the instruction behind is one of this frame's function.
        unsafe { resume(self.vm, self.behind(), self.base_slot) };
        count_exit(self.vm, self.exit_point, reason, ExitDetail::None);
        Answer { status: LEAVE, other: 0 }
    }

    /// Leaves compiled code at the instruction, of which nothing is done.
    pub(super) fn leave_here(&mut self) -> Answer {
        // SAFETY: the instruction is one of this frame's function.
        unsafe { resume(self.vm, self.cursor.address(), self.base_slot) };
        count_exit(self.vm, self.exit_point, ExitReason::Replaced, ExitDetail::None);
        Answer { status: LEAVE, other: 0 }
    }

    /// Ends a comparison.
    pub(super) fn truth(&mut self, result: Result<Truth, Signal>) -> Answer {
        match result {
            Ok(Truth::Known(truth)) => Answer { status: GO_ON, other: truth.into() },
            Ok(Truth::Later(step)) => self.truth_of_callee(step),
            Err(signal) => failed(signal),
        }
    }

    /// Ends a comparison that a metamethod decides.
    pub(super) fn truth_of_callee(&mut self, step: Step) -> Answer {
        // SAFETY: it is what the comparison has answered.
        let outcome = unsafe { carry_out(self.vm, step) };
        match self.callee(outcome) {
            Some(callee) => callee,
            None => self.known_truth(outcome),
        }
    }

    /// Ends a comparison that a metamethod has decided: where the VM would go on says what its answer was.
    pub(super) fn known_truth(&mut self, outcome: Outcome) -> Answer {
        let Operation::Compare { jumps_if, .. } = self.cursor.instruction().opcode().operation() else {
            unreachable!("only comparisons wait for a truth");
        };
        let behind = self.behind();
        let target = behind.wrapping_offset(self.cursor.extra() as i32 as isize);
        let jumps = state(self.vm).resume_pc() == target;
        let expected = if jumps { target } else { behind };
        match self.operation.end(self.vm, outcome, expected, expected) {
            // The answer has no place for the base.
            After::GoOn if self.go_on_base() != self.base => self.leave(outcome),
            After::GoOn => Answer { status: GO_ON, other: (jumps == jumps_if).into() },
            After::Leave(outcome) => self.leave(outcome),
        }
    }

    /// The site as the dispatch loop would have it in its locals, before anything has moved the stack.
    #[inline(always)]
    pub(super) fn registers(&self) -> Registers {
        Registers { pc: self.cursor.address(), base: self.base, pool: self.cursor.prototype().pool() }
    }

    /// Does the call of the instruction, with this callee, which is no plain library function, and its arguments in place;
    /// `general` if there is no short way.
    #[inline(always)]
    pub(super) fn call(&mut self, callee: Callee, general: fn(&mut Vm, Cursor) -> Outcome) -> Answer {
        let registers = self.registers();
        // SAFETY: the instruction is a call, which has put everything in place.
        unsafe {
            let entered = match plain_call::call_closure(self.vm, registers, callee) {
                None => plain_call::call_with_shift(self.vm, registers, callee),
                entered => entered,
            };
            if let Some(callee) = entered
                && let Some(code) = jit(self.vm).runnable(self.vm, prototype_of(callee.base))
                && let Some(waiting) = Waiting::of_continuation(FrameHeader::read(callee.base).continuation())
            {
                let site =
                    WaitingSite { pc: self.exit_point.pc, result: self.cursor.instruction().a(), is_loop: false };
                return run(self.vm, self.base, site, callee, code, waiting);
            }
            let outcome = match entered {
                Some(callee) => Ok(resume_in(self.vm, callee.pc, callee.base)),
                None => general(self.vm, self.cursor),
            };
            let expected = self.behind();
            self.answer(outcome, expected)
        }
    }

    /// The number of arguments of the call by the instruction, whose callee is at an address; `None` if the VM must see to it
    /// that there is room for them.
    #[inline(always)]
    pub(super) fn argument_count(&self, callee: *const Value) -> Option<u32> {
        match self.cursor.instruction().b() {
            // SAFETY: the register is that of the callee.
            0 => unsafe { plain_call::arguments_up_to_top(self.vm, callee) },
            coded => Some(u32::from(coded) - 1),
        }
    }

    /// The value at an address that compiled code has given.
    #[inline(always)]
    pub(super) fn value(&self, address: u64) -> Value {
        // SAFETY: compiled code passes addresses of registers and constants.
        unsafe { value_at(address) }
    }

    /// The register with this number, as an address, before anything has moved the stack.
    #[inline(always)]
    pub(super) fn register(&self, register: u8) -> *mut Value {
        // SAFETY: the verifier has checked the registers that instructions name.
        unsafe { self.base.add(usize::from(register)) }
    }
}

/// Says that the VM goes on where its dispatch loop would with these locals.
pub(super) fn resume_in(vm: &Vm, pc: *const u32, base: *mut Value) -> Step {
    // SAFETY: the base is that of a frame of the running stack, and the instruction one of its function.
    unsafe { resume(vm, pc, base.offset_from(vm.stack()) as u32) }
}
