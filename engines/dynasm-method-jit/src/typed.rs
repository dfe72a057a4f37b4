//! Typed code: the code of a function as it runs when all types are as expected.
//!
//! Every instruction has general code (see [`crate::templates`]), which finds everything in the frame and leaves
//! everything there. Typed code comes before that, for the whole function, and knows more: the tags that earlier
//! instructions have checked or produced, and which values are in machine registers. A check that fails stores what only
//! machine registers have, and goes on in the general code of the same instruction; so typed code needs no rare cases of
//! its own, and a guess costs nothing but time if it is wrong. General code comes back to typed code at loop headers and
//! at instructions that call something, where nothing is known anyway.
//!
//! Where ways join, what all of them know stays known. What is known at the header of an innermost loop is planned before
//! its code is emitted ([`plan`]), so that values stay in machine registers from one iteration to the next.
//!
//! This file has the pass, and the ways from one kind of code to the other. Read on in `registers`, then `plan`; which
//! instruction gets which code is in [`crate::select`].

mod control;
mod number;
mod plan;
mod registers;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use lua_bytecode::instruction::{instructions, jump_target};
use lua_bytecode::liveness::{Liveness, Registers};
use lua_bytecode::{FunctionProto, Instruction};

use crate::compile::Emitter;
use crate::context::UNTIL_FORCED_EXIT_OFFSET;
use crate::helpers::Helper;
use crate::known::{Fact, Home, Kept, Known};
use crate::masm::{Address, Anchor, Condition, MacroAssembler, Right, Temp};

/// A place at which several ways of typed code come together.
struct Join<L> {
    label: L,
    /// What is known on all ways so far.
    known: Known,
}

/// A loop whose header typed code has passed.
struct TypedLoop<L> {
    /// Where its next iteration starts.
    label: L,
    /// What is known there, with the same machine registers each time.
    plan: Known,
}

/// The part of the loop that the pass is in whose values have fixed machine registers.
struct Planned {
    header: u32,
    /// The last back-edge.
    end: u32,
    plan: Known,
}

/// A way out of typed code at an instruction.
struct Exit<L> {
    pc: u32,
    /// What it stores.
    dirty: Vec<(u8, Fact)>,
    label: L,
}

/// The state of the pass over typed code.
pub(crate) struct Typed<L> {
    /// What is known before the current instruction, or while it is emitted; `None` if typed code does not come here.
    known: Option<Known>,
    /// Whether general code is emitted in the stream of typed code, so that its jumps lead there too.
    is_inline: bool,
    /// Where the general code of each instruction starts.
    pub(crate) bodies: Vec<L>,
    /// Whether the general code of an instruction is in the stream of typed code.
    pub(crate) inline: Vec<bool>,
    /// Where the VM enters an instruction, if not at its general code.
    pub(crate) entries: Vec<Option<u32>>,
    joins: BTreeMap<u32, Join<L>>,
    /// Where each jump leads, and where it stands.
    jumps: BTreeSet<(u32, u32)>,
    /// The last back-edge of the loop with this header.
    ends: BTreeMap<u32, u32>,
    loops: BTreeMap<u32, TypedLoop<L>>,
    planned: Option<Planned>,
    /// Machine registers that the current instruction uses.
    locked: Vec<Kept>,
    next_victim: u8,
    /// The last way out, and what it stores.
    last_exit: Option<Exit<L>>,
    liveness: Liveness,
}

impl<L: Copy> Typed<L> {
    /// The state before the first instruction.
    pub(crate) fn new(proto: &FunctionProto, bodies: Vec<L>) -> Typed<L> {
        let mut ends = BTreeMap::new();
        let mut jumps = BTreeSet::new();
        for (pc, instruction) in instructions(&proto.code) {
            let Some(target) = jump_target(&proto.code, pc) else { continue };
            let target = u32::try_from(target).expect("the verifier has checked it");
            jumps.insert((target, pc));
            if instruction.opcode().is_back_edge() {
                let end = ends.entry(target).or_insert(pc);
                *end = pc.max(*end);
            }
        }
        Typed {
            known: Some(Known::default()),
            is_inline: false,
            bodies,
            inline: vec![false; proto.code.len()],
            entries: vec![None; proto.code.len()],
            joins: BTreeMap::new(),
            jumps,
            ends,
            loops: BTreeMap::new(),
            planned: None,
            locked: Vec::new(),
            next_victim: 0,
            last_exit: None,
            liveness: Liveness::of(proto),
        }
    }

    /// Whether an instruction is the header of a loop.
    pub(crate) fn is_header(&self, pc: u32) -> bool {
        self.ends.contains_key(&pc)
    }
}

impl<'a, M: MacroAssembler> Emitter<'a, M> {
    /// Emits the typed code of the function.
    pub(crate) fn typed_pass(&mut self) {
        for (pc, word) in instructions(&self.proto().code) {
            self.start(pc);
            self.typed.locked.clear();
            self.arrive();
            if self.typed.known.is_some() {
                let needed = self.needed(pc);
                let planned = self.planned_registers();
                self.known_mut().retain(|register| needed.contains(register.into()) || planned.contains(&register));
                if self.known().is_empty() && !self.typed.is_header(pc) {
                    self.typed.entries[pc as usize] = Some(self.masm.offset());
                }
            }
            if self.typed.known.is_some() {
                self.possible_typed_exit();
                if !self.source.techniques.types || !self.typed_instruction(word) {
                    self.barrier(word);
                }
            } else if word.opcode().is_call() && !word.opcode().ends_path() {
                // Nothing is known behind a call anyway, so this is where typed code can go on.
                self.barrier(word);
            }
            if word.opcode().ends_path() {
                self.typed.known = None;
            }
        }
    }

    /// The registers whose values may be looked at from an instruction on.
    fn needed(&self, pc: u32) -> Registers {
        self.typed.liveness.visible(pc)
    }

    /// The index of the instruction behind the current one.
    pub(crate) fn next_pc(&self) -> u32 {
        self.pc + Instruction(self.proto().code[self.pc as usize]).opcode().words()
    }

    /// What is known here.
    ///
    /// # Panics
    /// If typed code does not come here.
    fn known(&self) -> &Known {
        self.typed.known.as_ref().expect("typed code comes here")
    }

    fn known_mut(&mut self) -> &mut Known {
        self.typed.known.as_mut().expect("typed code comes here")
    }

    /// The registers that have fixed machine registers in the current loop.
    fn planned_registers(&self) -> Vec<u8> {
        self.typed.planned.as_ref().map_or_else(Vec::new, |planned| planned.plan.iter().map(|(r, _)| r).collect())
    }

    /// The registers that stay in machine registers on a way to `target`.
    fn staying(&self, target: u32) -> Vec<u8> {
        match &self.typed.planned {
            Some(planned) if planned.header <= target && target <= planned.end => self.planned_registers(),
            Some(_) | None => Vec::new(),
        }
    }

    /// Comes to the current instruction: other ways join, a loop ends or begins.
    fn arrive(&mut self) {
        let pc = self.pc;
        if self.typed.planned.as_ref().is_some_and(|planned| pc > planned.end) {
            self.typed.planned = None;
        }
        if let Some(join) = self.typed.joins.remove(&pc) {
            let known = match self.typed.known.take() {
                Some(known) => {
                    let known = self.write_back(known, pc);
                    known.meet(&join.known)
                }
                None => join.known,
            };
            self.masm.bind(join.label);
            self.typed.known = Some(known);
        }
        if let Some(end) = self.typed.ends.get(&pc) {
            self.enter_loop(*end);
        }
    }

    /// Stores what is not in the frame on the way to `target`, and gives what is known then.
    fn write_back(&mut self, mut known: Known, target: u32) -> Known {
        let (needed, staying) = (self.needed(target), self.staying(target));
        known.retain(|register| needed.contains(register.into()) || staying.contains(&register));
        for (register, fact) in known.dirty(|register| !staying.contains(&register)) {
            self.store_fact(register, fact);
            known.set(register, fact.clean());
        }
        known
    }

    /// The label of the typed code at a forward jump's target, for a jump with what is known.
    fn join(&mut self, target: u32, known: &Known) -> M::Label {
        if let Some(join) = self.typed.joins.get_mut(&target) {
            join.known = join.known.meet(known);
            return join.label;
        }
        let label = self.masm.label();
        self.typed.joins.insert(target, Join { label, known: known.clone() });
        label
    }

    /// Where a conditional jump to `target` must go, a forward one.
    fn edge(&mut self, target: u32) -> M::Label {
        let known = self.known().clone();
        let (needed, staying) = (self.needed(target), self.staying(target));
        let mut after = known;
        after.retain(|register| needed.contains(register.into()) || staying.contains(&register));
        let dirty = after.dirty(|register| !staying.contains(&register));
        for (register, fact) in &dirty {
            after.set(*register, fact.clean());
        }
        let label = self.join(target, &after);
        self.stored_first(dirty, label)
    }

    /// Where to go to store values and then go on at a label.
    fn stored_first(&mut self, dirty: Vec<(u8, Fact)>, label: M::Label) -> M::Label {
        if dirty.is_empty() {
            return label;
        }
        let stub = self.masm.label();
        self.cold(move |this| {
            this.masm.bind(stub);
            for (register, fact) in dirty {
                this.store_fact(register, fact);
            }
            this.masm.jump(label);
        });
        stub
    }

    /// Goes on at a forward jump's target.
    pub(crate) fn jump_to(&mut self, target: u32) {
        let known = self.typed.known.take().expect("typed code comes here");
        let known = self.write_back(known, target);
        let label = self.join(target, &known);
        self.masm.jump(label);
    }

    /// Where a jump of general code goes that is emitted in the stream of typed code; `None` if that is not special.
    pub(crate) fn inline_jump(&mut self, target: u32) -> Option<M::Label> {
        let is_forward = target > self.pc;
        if !self.typed.is_inline || !is_forward || !self.staying(target).is_empty() {
            return None;
        }
        Some(self.join(target, &Known::default()))
    }

    /// Where to go when a check fails: the general code of the current instruction.
    fn exit(&mut self) -> M::Label {
        let needed = self.needed(self.pc);
        let dirty = self.known().dirty(|register| needed.contains(register.into()));
        match &self.typed.last_exit {
            Some(exit) if exit.pc == self.pc && exit.dirty == dirty => exit.label,
            Some(_) | None => {
                let body = self.typed.bodies[self.pc as usize];
                let label = self.stored_first(dirty.clone(), body);
                self.typed.last_exit = Some(Exit { pc: self.pc, dirty, label });
                label
            }
        }
    }

    /// Leaves typed code for good at the current instruction.
    fn give_up(&mut self) {
        let needed = self.needed(self.pc);
        for (register, fact) in self.known().dirty(|register| needed.contains(register.into())) {
            self.store_fact(register, fact);
        }
        self.masm.jump(self.typed.bodies[self.pc as usize]);
        self.typed.known = None;
    }

    /// With the knob `force-exit-every`: leaves for the VM every so often.
    fn possible_typed_exit(&mut self) {
        if !self.source.forces_exits {
            return;
        }
        let forced = self.masm.label();
        let needed = self.needed(self.pc);
        let dirty = self.known().dirty(|register| needed.contains(register.into()));
        self.masm.count_down(Address::at(Anchor::Context, UNTIL_FORCED_EXIT_OFFSET), forced);
        self.cold(move |this| {
            this.masm.bind(forced);
            for (register, fact) in dirty {
                this.store_fact(register, fact);
            }
            this.masm.call_helper(Helper::ForcedExit, this.pc, &[]);
            this.masm.jump(this.leave);
        });
    }

    /// Emits the general code of an instruction in the stream of typed code. Nothing is known afterwards but what the
    /// plan of the loop says.
    fn barrier(&mut self, word: Instruction) {
        let pc = self.pc as usize;
        if let Some(known) = self.typed.known.take() {
            for (register, fact) in known.dirty(|_| true) {
                self.store_fact(register, fact);
            }
        }
        self.masm.bind(self.typed.bodies[pc]);
        if !self.typed.is_header(self.pc) {
            let label = self.label_at(self.pc);
            self.masm.bind(label);
            self.typed.entries[pc] = Some(self.masm.offset());
        }
        self.typed.inline[pc] = true;
        self.typed.is_inline = true;
        self.instruction(word);
        self.typed.is_inline = false;
        self.typed.known = Some(Known::default());
        let next = self.next_pc();
        if let Some(planned) = self.typed.planned.as_ref().filter(|planned| next <= planned.end)
            && !word.opcode().ends_path()
        {
            let plan = planned.plan.clone();
            let general = self.label_at(next);
            self.take_homes(&plan, &Known::default(), general);
            self.typed.known = Some(plan);
        }
    }

    /// Brings values from the frame to where a plan wants them; goes to `other` if one is not as planned. What `known`
    /// says need not be checked.
    fn take_homes(&mut self, plan: &Known, known: &Known, other: M::Label) {
        for (register, fact) in plan.iter() {
            if known.get(register).is_none_or(|fact_before| fact_before.tag != fact.tag) {
                let tag = Address::register(register).tag();
                self.masm.branch_8(tag, Condition::NotEqual, fact.tag as u8, other);
            }
        }
        let mut loaded = BTreeMap::new();
        for (register, fact) in plan.iter() {
            let address = Address::register(register);
            match fact.home {
                Home::Slot => {}
                Home::Constant(number) => {
                    if known.get(register).is_none_or(|fact_before| fact_before.home != fact.home) {
                        self.masm.load_number(Temp::T0, number);
                        self.masm.branch(Temp::T0, Condition::NotEqual, Right::Memory(address), other);
                    }
                }
                Home::Kept(kept) => match loaded.get(&kept) {
                    // Two registers share a machine register only while they have the same value.
                    Some(first) => {
                        self.masm.load(Temp::T0, Address::register(*first));
                        self.masm.branch(Temp::T0, Condition::NotEqual, Right::Memory(address), other);
                    }
                    None => {
                        self.load_kept(kept, address);
                        loaded.insert(kept, register);
                    }
                },
            }
        }
    }

    /// Behind an instruction whose typed code ends here: from `miss` on, where `before` is known, its general code does
    /// it instead and comes back.
    fn on_miss(&mut self, miss: M::Label, before: Known, word: Instruction) {
        let done = self.here();
        let after = self.known().clone();
        let general = self.label_at(self.next_pc());
        let (needed, planned) = (self.needed(self.pc), self.planned_registers());
        let dirty = before.dirty(|register| needed.contains(register.into()) || planned.contains(&register));
        self.cold(move |this| {
            this.masm.bind(miss);
            for (register, fact) in dirty {
                this.store_fact(register, fact);
            }
            this.instruction(word);
            this.take_homes(&after, &Known::default(), general);
            this.masm.jump(done);
        });
    }
}
