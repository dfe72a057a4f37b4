//! VM calls, which are instructions that compiled code has the interpreter do, and the resume points at which a unit is
//! entered again behind them.
//!
//! Before such an instruction everything that is live is stored, so that the frame is what the interpreter would have.
//! Afterwards the results are read from the frame, as values of any type. If a function of the program was called, or a
//! coroutine yields, the unit has been left meanwhile: it is entered again at a *resume point* behind the instruction,
//! which takes all live values out of the frame and checks the types that the code there relies on.

use std::rc::Rc;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, AbiParam, Block, InstBuilder, types};
use cranelift_frontend::Switch;
use engine_api::event::ExitReason;
use lua_bytecode::effects::{Count, effects};
use lua_bytecode::opcode::{Allocation, Extra, Operation};
use lua_runtime::value::{TAG_OFFSET, Tag, VALUE_BYTES, Value};

use super::builder::{Lowering, Ssa};
use super::instruction::vm_function;
use super::{CodePoint, Lower, Stop};
use crate::exits::LEFT_AT_VM_CALL;
use crate::state::{KnownValue, State};
use crate::types::TypeSet;
use crate::vm_call::{self, DONE, JUMPS, Site};

/// How likely a unit is entered again behind a VM call, and so whether a resume point there is worth its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reentry {
    /// A function of the program is probably called.
    Likely,
    /// Hardly ever: should it be called all the same, the interpreter runs on to the next iteration.
    Unlikely,
}

impl Lowering<'_> {
    /// Has the current instruction done by the VM and goes on behind it.
    pub(super) fn vm_call(&mut self, reentry: Reentry) -> Lower<()> {
        self.note_resume_point(reentry, self.next());
        self.emit_vm_call();
        self.take_results();
        if self.facts.resume_points.contains(&self.next()) {
            let next = self.next();
            self.go_to(next);
            return Err(Stop);
        }
        Ok(())
    }

    /// Has a comparison or a loop's preparation done by the VM, and jumps as it says.
    pub(super) fn vm_call_and_branch(&mut self, reentry: Reentry) -> Stop {
        let (target, next) = (self.jump_target(), self.next());
        self.note_resume_point(reentry, target);
        self.note_resume_point(reentry, next);
        let status = self.emit_vm_call();
        self.take_results();
        let jumps = self.builder.ins().icmp_imm_s(IntCC::Equal, status, JUMPS as i64);
        self.branch(jumps, target, next)
    }

    /// Notes that there is a resume point somewhere behind the current instruction. In an inlined function the
    /// interpreter finishes that function, and the resume point is behind its call.
    pub(super) fn note_resume_point(&mut self, reentry: Reentry, point: CodePoint) {
        if reentry == Reentry::Unlikely {
            return;
        }
        let mut point = point;
        while let Some(call) = self.facts.frames[point.frame].call {
            let caller = CodePoint { frame: call.caller, pc: call.pc };
            point = CodePoint { pc: call.pc + self.words_at(caller), ..caller };
        }
        let frame = &mut self.facts.frames[0];
        if frame.pcs.contains(&point.pc) && self.facts.resume_points.insert(point) {
            frame.leaders.insert(point.pc);
            self.facts.changed = true;
        }
    }

    /// Stores everything that is visible before the current instruction, so that the frame is complete.
    pub(super) fn complete_frame(&mut self) {
        let is_missing = |(slot, known): &(u32, KnownValue)| known.is_dirty && self.is_visible(self.point, *slot);
        let missing: Vec<(u32, KnownValue)> = self.state.iter().filter(is_missing).collect();
        self.store_slots(missing);
    }

    /// Completes the frame and has the VM do the current instruction. Gives the status, which is that of an instruction
    /// that is done.
    pub(super) fn emit_vm_call(&mut self) -> Ssa {
        if !self.facts.has_calls {
            self.facts.has_calls = true;
            self.facts.changed = true;
        }
        self.complete_frame();
        let frames = self.inlined_frames(self.point.frame);
        let Some(function) = vm_function(self.word().opcode()) else {
            unreachable!("compiled code does {} by itself", self.word().opcode().name());
        };
        let is_call = self.word().opcode().operation() == Operation::Call;
        let site = Rc::new(Site { pc: self.point.pc, frames, function, is_call });
        let address = self.integer(Rc::as_ptr(&site).addr() as i64);
        self.sites.push(site);
        let mut signature = ir::Signature::new(self.isa.default_call_conv());
        signature.params.extend([AbiParam::new(types::I64); 3]);
        signature.returns.extend([AbiParam::new(types::I64); 2]);
        let signature = self.builder.import_signature(signature);
        let run = match self.request.tracks_states {
            true => vm_call::run_tracked as *const (),
            false => vm_call::run as *const (),
        };
        let helper = self.integer(run.addr() as i64);
        let base = self.base();
        let call = self.builder.ins().call_indirect(signature, helper, &[self.vm, address, base]);
        let &[status, base] = self.builder.inst_results(call) else { unreachable!("the signature has two results") };
        let last = if self.word().opcode().extra() == Extra::Jump { JUMPS } else { DONE };
        let is_done = self.builder.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, status, last as i64);
        let (go_on, leave) = (self.builder.create_block(), self.leave_block());
        self.builder.ins().brif(is_done, go_on, &[], leave, &[]);
        self.builder.switch_to_block(go_on);
        self.builder.seal_block(go_on);
        self.builder.def_var(self.base_variable, base);
        self.forget_exit();
        status
    }

    /// The block that leaves the unit when the VM goes on elsewhere.
    fn leave_block(&mut self) -> Block {
        let builder = &mut self.builder;
        *self.leave_block.get_or_insert_with(|| {
            let block = builder.create_block();
            builder.set_cold_block(block);
            block
        })
    }

    /// Takes what the current instruction has written out of the frame, as far as somebody may read it.
    pub(super) fn take_results(&mut self) {
        let instruction = self.word();
        let opcode = instruction.opcode();
        let holds_cell = matches!(opcode.operation(), Operation::New(Allocation::Cell | Allocation::NilCell));
        let offset = self.frame().offset;
        let effects = effects(instruction);
        if opcode.is_call() {
            // Everything from the callee on was the call's.
            let callee = effects.writes.into_iter().flatten().map(|span| span.first).min();
            self.forget_from(offset + callee.expect("a call writes its callee's slot"));
        }
        let next = self.next();
        for span in effects.writes.into_iter().flatten() {
            let first = offset + span.first;
            match span.count {
                Count::Fixed(count) => {
                    for slot in first..first + count {
                        self.state.remove(slot);
                        if !holds_cell && self.is_live(next, slot) {
                            self.take_result(slot);
                        }
                    }
                }
                Count::ToTop => self.forget_from(first),
            }
        }
    }

    /// Forgets the slots from `first` on.
    fn forget_from(&mut self, first: u32) {
        let slots: Vec<u32> = self.state.iter().map(|(slot, _)| slot).filter(|slot| *slot >= first).collect();
        slots.into_iter().for_each(|slot| self.state.remove(slot));
    }

    /// Takes one slot out of the frame.
    fn take_result(&mut self, slot: u32) {
        let base = self.base();
        let offset = slot as usize * VALUE_BYTES;
        let payload = self.load(types::I64, base, offset);
        let tag = self.load(types::I8, base, offset + TAG_OFFSET);
        let known = self.known_result(slot);
        self.define(slot, KnownValue { is_dirty: false, ..known }, payload, tag);
    }

    /// What is known of a result of the current instruction.
    fn known_result(&self, slot: u32) -> KnownValue {
        let Operation::New(allocation) = self.word().opcode().operation() else {
            return KnownValue::new(TypeSet::ANY, self.observed_result(slot));
        };
        match allocation {
            Allocation::Table | Allocation::Template => KnownValue::new(TypeSet::of(Tag::Table), None),
            Allocation::Closure => {
                let mut known = KnownValue::new(TypeSet::of(Tag::Closure), None);
                known.callees[0] = Some(super::prototype(self.frame().code).inner()[self.extra() as usize]);
                known
            }
            Allocation::Cell | Allocation::NilCell => unreachable!("cells are not taken out of their registers"),
        }
    }

    /// What a slot of the loop's own frame probably holds behind the current instruction: what it held when the loop was
    /// compiled, if nothing behind the instruction writes to it.
    fn observed_result(&self, slot: u32) -> Option<Value> {
        if self.point.frame != 0 || self.request.region.last_write(slot) != Some(self.point.pc) {
            return None;
        }
        self.request.registers.get(slot as usize).copied().filter(|value| is_ordinary(value.tag))
    }

    // Entry points.

    /// Emits the choice of the entry point, and the resume points. `main` is the block of the first one. Gives
    /// the points of all.
    pub(super) fn emit_entry_points(&mut self, main: Block) -> Vec<CodePoint> {
        let header = CodePoint { frame: 0, pc: self.request.region.header_pc };
        let mut points = vec![header];
        points.extend(self.facts.resume_points.iter().copied().filter(|point| self.is_begun(*point)));
        let mut switch = Switch::new();
        for (number, point) in points.iter().enumerate().skip(1) {
            let block = self.emit_resume_point(*point);
            switch.set_entry(number as u128, block);
        }
        let dispatch = self.dispatch;
        self.builder.switch_to_block(dispatch);
        switch.emit(&mut self.builder, self.entry_number, main);
        points
    }

    fn emit_resume_point(&mut self, point: CodePoint) -> Block {
        let block = self.builder.create_block();
        self.builder.switch_to_block(block);
        self.point = point;
        self.locate();
        let target = self.facts.at[&point].clone();
        self.state = State::default();
        let exit = self.exit_at(point, Some(ExitReason::Type));
        self.mark_entry_exit();
        for (slot, known) in target.iter() {
            self.enter_slot(slot, KnownValue { is_dirty: false, ..known }, exit);
        }
        self.go_to(point);
        block
    }

    /// Takes a slot out of the frame at an entry point and checks that it is of its type.
    pub(super) fn enter_slot(&mut self, slot: u32, known: KnownValue, exit: Block) {
        let base = self.base();
        let offset = slot as usize * VALUE_BYTES;
        let tag = self.load(types::I8, base, offset + TAG_OFFSET);
        if let Some(expected) = known.types.single() {
            let fits = self.builder.ins().icmp_imm_u(IntCC::Equal, tag, expected as i64);
            self.guard_to(fits, exit);
        }
        let payload_type = if known.types == TypeSet::of(Tag::Float) { types::F64 } else { types::I64 };
        let payload = self.load(payload_type, base, offset);
        self.define(slot, known, payload, tag);
    }

    /// Emits the block in which the unit is left for what the VM has begun.
    pub(super) fn emit_leave_block(&mut self) {
        let Some(block) = self.leave_block else { return };
        self.builder.switch_to_block(block);
        let iterations = self.builder.use_var(self.iterations_variable);
        self.return_exit(LEFT_AT_VM_CALL, iterations);
    }
}

/// Whether a tag is one of a value that programs see.
fn is_ordinary(tag: Tag) -> bool {
    !matches!(tag, Tag::Frame | Tag::Cell)
}
