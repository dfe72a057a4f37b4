//! What has become of each unit of a program during one run: how often it was compiled, declined, given back and thrown away,
//! and where its code was left.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use engine_api::event::{ExitPlace, Unit, UnitKind};
use engine_api::{Event, EventSink, UnitProgress, UnitStage};

use crate::inspect::trace::{decline_sentence, exit_sentence, grouped, is_given_back, times};

/// A unit by what names it in events and in profiles.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnitName {
    /// Whether it is a loop.
    pub is_loop: bool,
    /// The display name of its chunk.
    pub chunk: String,
    /// The line.
    pub line: u32,
    /// The function.
    pub function: String,
    /// The bytecode index of a loop's header; 0 for a function.
    pub pc: u32,
}

impl UnitName {
    /// The name of a unit.
    pub fn of(unit: &Unit) -> UnitName {
        let is_loop = unit.kind == UnitKind::Loop;
        let Unit { chunk, line, function, pc, .. } = unit;
        UnitName { is_loop, chunk: chunk.clone(), line: *line, function: function.clone(), pc: *pc }
    }
}

/// Where compiled code was left.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Exit {
    /// The function in the source.
    pub function: String,
    /// The line.
    pub line: u32,
    /// The bytecode index of the instruction.
    pub pc: u32,
    /// What stands there.
    pub construct: String,
    /// Why.
    pub reason: String,
}

/// What has become of a unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitHistory {
    /// Whether its count has ever led to an attempt.
    pub was_hot: bool,
    /// How often it was compiled.
    pub compiled: u64,
    /// Bytes of the latest code.
    pub code_bytes: u64,
    /// How often it was thrown away because assumptions failed.
    pub thrown_away: u64,
    /// How often its code was thrown out for room.
    pub evicted: u64,
    /// How often it was declined, by reason.
    pub declined: BTreeMap<String, u64>,
    /// How often it was given back, by reason.
    pub given_back: BTreeMap<String, u64>,
    /// Whether it will not be compiled again.
    pub is_blacklisted: bool,
    /// Where it was left.
    pub exits: HashMap<Exit, u64>,
}

/// The units of a run.
pub type Units = BTreeMap<UnitName, UnitHistory>;

/// The sink that keeps them.
pub struct UnitSink(Rc<RefCell<Units>>);

impl UnitSink {
    /// A sink, and where it keeps what it hears.
    pub fn new() -> (UnitSink, Rc<RefCell<Units>>) {
        let units = Rc::default();
        (UnitSink(Rc::clone(&units)), units)
    }
}

impl EventSink for UnitSink {
    fn event(&mut self, _time_ns: u64, event: &Event) {
        let mut units = self.0.borrow_mut();
        let mut of = |unit: &Unit, change: &mut dyn FnMut(&mut UnitHistory)| {
            change(units.entry(UnitName::of(unit)).or_default());
        };
        match event {
            Event::LoopHot { unit, .. } | Event::FunctionHot { unit, .. } => of(unit, &mut |it| it.was_hot = true),
            Event::CompileEnd { unit, code_bytes, .. } => of(unit, &mut |it| {
                it.compiled += 1;
                it.code_bytes = *code_bytes;
            }),
            Event::Declined { unit, reason } => of(unit, &mut |it| {
                let reasons = if is_given_back(*reason) { &mut it.given_back } else { &mut it.declined };
                *reasons.entry(decline_sentence(*reason)).or_default() += 1;
            }),
            Event::SideExit { unit, resume_pc, place, reason } => of(unit, &mut |it| {
                let ExitPlace { function, line, construct, detail } = place;
                let reason = exit_sentence(*reason, detail);
                let (function, construct) = (function.clone(), construct.clone());
                *it.exits.entry(Exit { function, line: *line, pc: *resume_pc, construct, reason }).or_default() += 1;
            }),
            Event::Deoptimised { unit, .. } => of(unit, &mut |it| it.thrown_away += 1),
            Event::Blacklisted { unit } => of(unit, &mut |it| it.is_blacklisted = true),
            Event::Evicted { unit, .. } => of(unit, &mut |it| it.evicted += 1),
            Event::CompileStart { .. } | Event::Reused { .. } | Event::OsrEntry { .. } | Event::Collected { .. } => {}
        }
    }
}

impl UnitHistory {
    /// The exits, those with the most first.
    pub fn sorted_exits(&self) -> Vec<(&Exit, u64)> {
        let mut exits: Vec<_> = self.exits.iter().map(|(exit, count)| (exit, *count)).collect();
        exits.sort_by(|(one, one_count), (other, other_count)| other_count.cmp(one_count).then(one.cmp(other)));
        exits
    }

    /// What has become of the unit, as sentences, with how far it has come at the end of the run.
    pub fn sentences(&self, progress: Option<&UnitProgress>) -> Vec<String> {
        let more = |count: u64| if count == 1 { String::new() } else { format!(" {}", times(count)) };
        let mut said = Vec::new();
        if self.compiled > 0 {
            said.push(format!("compiled{}, {} bytes", more(self.compiled), self.code_bytes));
        }
        if self.thrown_away > 0 {
            said.push(format!("thrown away{}", more(self.thrown_away)));
        }
        said.extend(self.declined.iter().map(|(why, count)| format!("declined{}: {why}", more(*count))));
        said.extend(self.given_back.iter().map(|(why, count)| format!("given back{}: {why}", more(*count))));
        if self.evicted > 0 {
            said.push(format!("thrown out for room{}", more(self.evicted)));
        }
        if self.is_blacklisted {
            said.push("blacklisted".to_string());
        }
        if let Some(UnitProgress { unit, stage: UnitStage::Counting, count, needed }) = progress
            && self.compiled == self.thrown_away + self.given_back.values().sum::<u64>() + self.evicted
        {
            let counted = match unit.kind {
                UnitKind::Function => "calls",
                UnitKind::Loop => "back-edges",
            };
            let again = if self.was_hot { " until the next try" } else { "" };
            said.push(format!("{} of {} {counted}{again}", grouped(*count), grouped(*needed)));
        }
        if let Some((exit, count)) = self.sorted_exits().first() {
            let all: u64 = self.exits.values().sum();
            let Exit { line, construct, reason, .. } = exit;
            let most = if *count == all { String::new() } else { format!("{} of them ", grouped(*count)) };
            said.push(format!("left {}, {most}in line {line} at `{construct}`: {reason}", times(all)));
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine_api::event::{DeclineReason, ExitDetail, ExitReason};

    #[test]
    fn a_unit_is_told_in_the_order_of_its_life() {
        let unit = || Unit {
            kind: UnitKind::Loop,
            function: "main chunk".to_string(),
            chunk: "a.lua".to_string(),
            line: 6,
            pc: 20,
        };
        let (mut sink, units) = UnitSink::new();
        let place = ExitPlace {
            function: "f".to_string(),
            line: 2,
            construct: "v + w".to_string(),
            detail: ExitDetail::Types { expected: "integer", came: "float" },
        };
        for event in [
            Event::LoopHot { unit: unit(), iterations: 9 },
            Event::CompileEnd { unit: unit(), code_bytes: 64, time_ns: 1 },
            Event::SideExit { unit: unit(), resume_pc: 3, place, reason: ExitReason::Type },
            Event::Deoptimised { unit: unit(), reason: ExitReason::Type },
            Event::CompileEnd { unit: unit(), code_bytes: 80, time_ns: 1 },
            Event::Declined { unit: unit(), reason: DeclineReason::NotFaster },
        ] {
            sink.event(0, &event);
        }
        let progress = UnitProgress { unit: unit(), stage: UnitStage::Counting, count: 7, needed: 1000 };
        assert_eq!(
            units.borrow()[&UnitName::of(&unit())].sentences(Some(&progress)),
            [
                "compiled 2 times, 80 bytes",
                "thrown away",
                "given back: it is no faster than what runs its code otherwise",
                "7 of 1,000 back-edges until the next try",
                "left once, in line 2 at `v + w`: integer expected, float came",
            ]
        );
    }
}
