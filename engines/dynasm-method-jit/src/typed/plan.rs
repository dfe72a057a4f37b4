//! What is kept in machine registers from one iteration of an innermost loop to the next.
//!
//! A register of the frame is in the plan if its type at the header is known or guessed, and every instruction of the
//! loop that writes it gives that type again, as far as can be told from the bytecode. The plan fixes a machine register
//! for it. In the loop it is always there: an instruction that turns out to give another type leaves for general code.

use std::collections::BTreeMap;

use lua_bytecode::Instruction;
use lua_bytecode::effects::{Count, Span, effects};
use lua_bytecode::instruction::{Operand, instructions_from, jump_target};
use lua_bytecode::opcode::Operation;
use lua_runtime::value::Tag;

use super::table::number_tag;
use super::{Planned, TypedLoop};
use crate::compile::Emitter;
use crate::known::{Fact, Home, Kept, Known};
use crate::masm::MacroAssembler;
use crate::select::ends_typed_code;

/// Machine registers for integers and addresses that plans leave to the instructions of the loop.
const UNPLANNED_INTEGERS: u8 = 1;
/// Those for floats.
const UNPLANNED_FLOATS: u8 = 4;

/// What happens to a register of the frame in a loop.
#[derive(Debug, Clone, Copy, Default)]
struct Use {
    reads: u32,
    /// Instructions that write it.
    writes: u32,
    /// Whether all of them give the type that it has at the header.
    is_stable: bool,
}

impl<'a, M: MacroAssembler> Emitter<'a, M> {
    /// Comes to the header of a loop with its last back-edge at `end`.
    pub(super) fn enter_loop(&mut self, end: u32) {
        let pc = self.pc;
        let known = self.typed.known.take().unwrap_or_default();
        let known = self.write_back(known, pc);
        self.typed.known = Some(known.clone());
        let plan = if self.can_plan(end) { self.plan_loop(end) } else { Known::default() };
        let flow = self.label_at(pc);
        if plan.is_empty() {
            self.typed.known = Some(Known::default());
            self.masm.bind(flow);
            self.typed.entries[pc as usize] = Some(self.masm.offset());
            let label = self.here();
            self.typed.loops.insert(pc, TypedLoop { label, plan });
            return;
        }
        let body = self.typed.bodies[pc as usize];
        self.take_homes(&plan, &known, body);
        let label = self.here();
        self.typed.known = Some(plan.clone());
        self.typed.planned = Some(Planned { header: pc, end, plan: plan.clone() });
        self.typed.loops.insert(pc, TypedLoop { label, plan: plan.clone() });
        self.cold(move |this| {
            this.typed.entries[pc as usize] = Some(this.masm.offset());
            this.masm.bind(flow);
            this.take_homes(&plan, &Known::default(), body);
            this.masm.jump(label);
        });
    }

    /// The instructions of the loop that starts here.
    fn loop_body(&self, end: u32) -> Vec<(u32, Instruction)> {
        instructions_from(&self.proto().code, self.pc).take_while(|(pc, _)| *pc <= end).collect()
    }

    /// Whether the loop that starts here is an innermost one, is entered at its header only, and calls nothing.
    fn can_plan(&self, end: u32) -> bool {
        let techniques = self.source.techniques;
        if !techniques.types || !techniques.loop_plans {
            return false;
        }
        let header = self.pc;
        let mut into_body = self.typed.jumps.range((header + 1, 0)..(end + 1, 0));
        let is_entered_elsewhere = into_body.any(|(_, from)| !(header..=end).contains(from));
        let has_loops = self.typed.ends.range(header..=end).count() > 1;
        let has_calls = || self.loop_body(end).iter().any(|(_, word)| ends_typed_code(*word));
        !is_entered_elsewhere && !has_loops && !has_calls()
    }

    /// The types at the header of the loop, and what its instructions do with each register.
    fn uses(&self, end: u32) -> (BTreeMap<u8, Tag>, BTreeMap<u8, Use>) {
        let body = self.loop_body(end);
        let mut uses: BTreeMap<u8, Use> = BTreeMap::new();
        for (_, word) in &body {
            let effects = effects(*word);
            for register in effects.reads.into_iter().flatten().flat_map(registers) {
                uses.entry(register).or_default().reads += 1;
            }
            for register in written(*word) {
                uses.entry(register).or_default().writes += 1;
            }
        }
        let mut types = BTreeMap::new();
        for register in uses.keys() {
            if let Some(tag) = self.likely_tag(Operand::Register(*register)) {
                types.insert(*register, tag);
            }
        }
        let at_header = types.clone();
        let mut is_stable: BTreeMap<u8, bool> = BTreeMap::new();
        for (pc, word) in body {
            for register in written(word) {
                let tag = self.result_tag(pc, word, register, &types);
                let same = tag.is_some() && tag == at_header.get(&register).copied();
                let entry = is_stable.entry(register).or_insert(true);
                *entry &= same;
                match tag {
                    Some(tag) => types.insert(register, tag),
                    None => types.remove(&register),
                };
            }
        }
        for (register, stable) in is_stable {
            uses.entry(register).or_default().is_stable = stable;
        }
        (at_header, uses)
    }

    /// The tag of the elements of the array that a table had when the function was compiled, if that is one of numbers.
    pub(crate) fn seen_number_tag(&self, object: u8) -> Option<Tag> {
        self.seen_array_kind(object).and_then(number_tag)
    }

    /// Makes the plan of the loop that starts here.
    fn plan_loop(&self, end: u32) -> Known {
        let (types, uses) = self.uses(end);
        let needed = self.needed(self.pc);
        let mut candidates: Vec<(u8, Tag, Use)> = uses
            .into_iter()
            .filter(|(register, usage)| needed.contains((*register).into()) && (usage.writes == 0 || usage.is_stable))
            .filter_map(|(register, usage)| Some((register, *types.get(&register)?, usage)))
            .filter(|(_, tag, usage)| match tag {
                Tag::Integer | Tag::Float => usage.reads > 0 || usage.writes > 0,
                // An object is worth it only if it is used as one, and it stays the same.
                Tag::Table => usage.reads > 0 && usage.writes == 0,
                _ => false,
            })
            .collect();
        candidates.sort_by_key(|(register, _, usage)| (std::cmp::Reverse(usage.reads + usage.writes), *register));
        let mut plan = Known::default();
        let (mut integers, mut floats) = (0, 0);
        for (register, tag, usage) in candidates {
            if plan.get(register).is_some() {
                continue;
            }
            let fact = Fact::in_slot(tag);
            if let Some(Fact { home: home @ Home::Constant(_), .. }) = self.known().get(register)
                && usage.writes == 0
            {
                plan.set(register, Fact { home, ..fact });
                continue;
            }
            let (next, count, kept) = if tag == Tag::Float {
                let kept = Kept::Float(floats);
                (&mut floats, M::KEPT_FLOATS - UNPLANNED_FLOATS, kept)
            } else {
                let kept = Kept::Integer(integers);
                (&mut integers, M::KEPT_INTEGERS - UNPLANNED_INTEGERS, kept)
            };
            if *next >= count {
                // What is written needs a machine register; what is not can stay in its slot.
                if usage.writes == 0 {
                    plan.set(register, fact);
                }
                continue;
            }
            *next += 1;
            let fact = Fact { home: Home::Kept(kept), is_stored: usage.writes == 0, ..fact };
            plan.set(register, fact);
            if let Some(other) = self.twin(register, end)
                && needed.contains(other.into())
            {
                plan.set(other, fact);
            }
        }
        plan
    }

    /// The index of the numeric loop for its variable, and the other way round, if both always have the same value.
    fn twin(&self, register: u8, end: u32) -> Option<u8> {
        let word = Instruction(self.proto().code[end as usize]);
        let (index, variable) = (word.a(), word.a().checked_add(3)?);
        let is_loop = word.opcode().operation() == Operation::ForLoop
            && jump_target(&self.proto().code, end) == Some(self.pc.into());
        let writes =
            |(pc, word): &(u32, Instruction)| *pc != end && written(*word).any(|register| register == variable);
        if !is_loop || self.loop_body(end).iter().any(writes) {
            return None;
        }
        match register {
            register if register == index => Some(variable),
            register if register == variable => Some(index),
            _ => None,
        }
    }
}

/// The registers of a span; none if it ends at the top, which is part of a call.
fn registers(span: Span) -> impl Iterator<Item = u8> {
    let count = match span.count {
        Count::Fixed(count) => count,
        Count::ToTop => 0,
    };
    (span.first..span.first + count).filter_map(|register| u8::try_from(register).ok())
}

/// The registers that an instruction in a loop writes. The step of a numeric loop is written before the loop only.
fn written(word: Instruction) -> impl Iterator<Item = u8> {
    let step = (word.opcode().operation() == Operation::ForLoop).then(|| word.a() + 2);
    let all = effects(word).writes.into_iter().flatten().flat_map(registers);
    all.filter(move |register| Some(*register) != step)
}
