//! Engine events in words, and counts of what became of units. [`log`] keeps them for files; [`crate::inspect::trace`] makes
//! a text of them that people read.

pub mod log;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use engine_api::Event;
use engine_api::event::{DeclineReason, ExitReason, Unit, UnitKind};

/// What became of units, counted while a program runs.
pub type Seen = Rc<RefCell<Tally>>;

/// What became of units.
#[derive(Debug, Default)]
pub struct Tally {
    /// How often units were declined, by reason.
    pub declined: BTreeMap<String, u64>,
    /// What became of functions.
    pub functions: KindTally,
    /// What became of loops.
    pub loops: KindTally,
}

/// What became of the units of one kind, which in an engine with several compilers are those of one of them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct KindTally {
    /// Published.
    pub compiled: u64,
    /// Bytes of their machine code.
    pub code_bytes: u64,
    /// Time that it took.
    pub compile_time_ns: u64,
    /// Declined.
    pub declined: u64,
    /// Exits to the VM.
    pub side_exits: u64,
    /// Thrown away because an assumption failed.
    pub deoptimisations: u64,
    /// Not compiled again.
    pub blacklisted: u64,
    /// Thrown out for room.
    pub evicted: u64,
}

impl Tally {
    fn of(&mut self, unit: &Unit) -> &mut KindTally {
        match unit.kind {
            UnitKind::Function => &mut self.functions,
            UnitKind::Loop => &mut self.loops,
        }
    }

    /// Counts an event.
    pub fn count(&mut self, event: &Event) {
        match event {
            Event::CompileEnd { unit, code_bytes, time_ns } => {
                let kind = self.of(unit);
                kind.compiled += 1;
                kind.code_bytes += code_bytes;
                kind.compile_time_ns += time_ns;
            }
            Event::Declined { unit, reason } => {
                self.of(unit).declined += 1;
                *self.declined.entry(decline_words(*reason)).or_default() += 1;
            }
            Event::SideExit { unit, .. } => self.of(unit).side_exits += 1,
            Event::Deoptimised { unit, .. } => self.of(unit).deoptimisations += 1,
            Event::Blacklisted { unit } => self.of(unit).blacklisted += 1,
            Event::Evicted { unit, .. } => self.of(unit).evicted += 1,
            Event::LoopHot { .. }
            | Event::FunctionHot { .. }
            | Event::CompileStart { .. }
            | Event::Reused { .. }
            | Event::OsrEntry { .. }
            | Event::Collected { .. } => {}
        }
    }

    /// The counts by kind, one kind a line; nothing of a kind without units.
    pub fn by_kind(&self) -> String {
        let mut text = String::new();
        for (name, kind) in [("functions", self.functions), ("loops", self.loops)] {
            let KindTally { compiled, code_bytes, compile_time_ns, declined, .. } = kind;
            let KindTally { side_exits, deoptimisations, blacklisted, evicted, .. } = kind;
            if kind != KindTally::default() {
                text.push_str(&format!(
                    "{name}: compiled {compiled} (code_bytes {code_bytes}, compile_time_ns {compile_time_ns}), declined \
                     {declined}, side_exits {side_exits}, deoptimisations {deoptimisations}, blacklisted {blacklisted}, \
                     evicted {evicted}\n"
                ));
            }
        }
        text
    }
}

/// A reason for declining, as results have it.
pub fn decline_words(reason: DeclineReason) -> String {
    match reason {
        DeclineReason::Opcode(name) => format!("opcode {name}"),
        DeclineReason::TooLarge => "too large".to_string(),
        DeclineReason::TypesUnsettled => "types do not settle".to_string(),
        DeclineReason::Assembler => "assembler's error".to_string(),
        DeclineReason::CodeMemory => "no code memory".to_string(),
        DeclineReason::TimeLimit => "compile time limit".to_string(),
        DeclineReason::Blacklisted => "blacklisted".to_string(),
        DeclineReason::LeavesTooOften => "leaves too often".to_string(),
        DeclineReason::NotFaster => "not faster".to_string(),
        DeclineReason::OverBudget => "over budget".to_string(),
    }
}

/// A reason for leaving compiled code, as results have it.
pub fn exit_words(reason: ExitReason) -> &'static str {
    match reason {
        ExitReason::Type => "type",
        ExitReason::Shape => "shape",
        ExitReason::NilField => "nil field",
        ExitReason::ArrayKind => "array kind",
        ExitReason::Bounds => "bounds",
        ExitReason::Callee => "callee",
        ExitReason::Watchpoint => "watchpoint",
        ExitReason::Interrupt => "interrupt",
        ExitReason::NotCompiled => "not compiled",
        ExitReason::Elsewhere => "elsewhere",
        ExitReason::NoNesting => "no nesting",
        ExitReason::Replaced => "replaced",
        ExitReason::Forced => "forced",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine_api::event::{ExitDetail, ExitPlace};

    fn unit(kind: UnitKind, pc: u32) -> Unit {
        Unit { kind, function: "fib".to_string(), chunk: "fib.lua".to_string(), line: 3, pc }
    }

    #[test]
    fn declines_are_counted_by_reason() {
        let mut seen = Tally::default();
        for reason in [DeclineReason::Opcode("CONCAT"), DeclineReason::TooLarge, DeclineReason::Opcode("CONCAT")] {
            seen.count(&Event::Declined { unit: unit(UnitKind::Loop, 0), reason });
        }
        let counted = &seen.declined;
        assert_eq!((counted["opcode CONCAT"], counted["too large"]), (2, 1));
    }

    #[test]
    fn units_are_counted_by_kind() {
        let mut seen = Tally::default();
        let looping = || unit(UnitKind::Loop, 7);
        seen.count(&Event::CompileEnd { unit: looping(), code_bytes: 64, time_ns: 5 });
        let place = ExitPlace { function: String::new(), line: 3, construct: String::new(), detail: ExitDetail::None };
        seen.count(&Event::SideExit { unit: looping(), resume_pc: 9, place, reason: ExitReason::Type });
        seen.count(&Event::CompileEnd { unit: unit(UnitKind::Function, 0), code_bytes: 32, time_ns: 1 });
        let expected =
            KindTally { compiled: 1, code_bytes: 64, compile_time_ns: 5, side_exits: 1, ..Default::default() };
        assert_eq!(seen.loops, expected);
        let text = seen.by_kind();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("functions: compiled 1 (code_bytes 32, compile_time_ns 1), declined 0"), "{text}");
        assert!(lines[1].starts_with("loops: compiled 1") && lines.len() == 2, "{text}");
        assert_eq!(Tally::default().by_kind(), "");
    }
}
