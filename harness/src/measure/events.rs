//! Engine events for people: one line each, and counts of what became of units. [`log`] keeps them for files.

pub mod log;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use engine_api::event::{DeclineReason, ExitReason, Unit, UnitKind};
use engine_api::{Event, EventSink};

use crate::machine::terminal;

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

    fn count(&mut self, event: &Event) {
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

/// How much is said about a run. Each level says what the one before does, and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum LogLevel {
    /// Only why the program failed
    Error,
    /// Units that were compiled, declined, thrown away or blacklisted
    Info,
    /// Hot code, entries into running loops, evictions and collections too
    Debug,
    /// Every event, each side exit among them
    Trace,
}

impl LogLevel {
    /// The lowest level that tells of `event`.
    fn of(event: &Event) -> LogLevel {
        match event {
            Event::CompileEnd { .. }
            | Event::Declined { .. }
            | Event::Deoptimised { .. }
            | Event::Blacklisted { .. } => LogLevel::Info,
            Event::LoopHot { .. }
            | Event::FunctionHot { .. }
            | Event::CompileStart { .. }
            | Event::OsrEntry { .. }
            | Event::Evicted { .. }
            | Event::Collected { .. } => LogLevel::Debug,
            Event::SideExit { .. } => LogLevel::Trace,
        }
    }
}

/// Prints events to standard error as far as its level asks for them, and counts what becomes of units.
pub struct Listener {
    level: LogLevel,
    seen: Seen,
}

impl Listener {
    /// A listener, and where it counts.
    pub fn new(level: LogLevel) -> (Listener, Seen) {
        let seen = Seen::default();
        (Listener { level, seen: Rc::clone(&seen) }, seen)
    }
}

impl EventSink for Listener {
    fn event(&mut self, _time_ns: u64, event: &Event) {
        self.seen.borrow_mut().count(event);
        if LogLevel::of(event) <= self.level {
            terminal::note(&line(event));
        }
    }
}

/// One line for an event. PC is the bytecode index of a loop's header.
pub fn line(event: &Event) -> String {
    match event {
        Event::LoopHot { unit, iterations } => {
            format!("[JIT] Hot loop detected at PC {} (iterations: {iterations})", unit.pc)
        }
        Event::FunctionHot { unit, calls } => {
            format!("[JIT] Hot function detected: {} (calls: {calls})", unit.function)
        }
        Event::CompileStart { unit } => format!("[JIT] Compiling {}", place(unit)),
        Event::CompileEnd { unit, code_bytes, time_ns: _ } => match unit.kind {
            UnitKind::Function => format!("[JIT] Compiled function {} ({code_bytes} bytes)", unit.function),
            UnitKind::Loop => format!("[JIT] Compiled loop at PC {} ({code_bytes} bytes)", unit.pc),
        },
        Event::Declined { unit, reason } => format!("[JIT] Declined {}: {}", place(unit), decline_words(*reason)),
        Event::OsrEntry { unit } => format!("[JIT] Entered running loop at PC {} of {}", unit.pc, unit.function),
        Event::SideExit { unit, resume_pc, reason } => {
            format!("[JIT] Side exit from {} to PC {resume_pc}: {}", place(unit), exit_words(*reason))
        }
        Event::Deoptimised { unit, reason } => format!("[JIT] Deoptimised {}: {}", place(unit), exit_words(*reason)),
        Event::Blacklisted { unit } => format!("[JIT] Blacklisted {}", place(unit)),
        Event::Evicted { unit, code_bytes } => format!("[JIT] Evicted {} ({code_bytes} bytes)", place(unit)),
        Event::Collected { before_bytes, after_bytes, time_ns } => {
            format!("[GC] Collected: {before_bytes} -> {after_bytes} bytes in {time_ns} ns")
        }
    }
}

/// A unit by name and place: `loop at PC 7 of main chunk (fib.lua:3)`.
fn place(unit: &Unit) -> String {
    let Unit { kind, function, chunk, line, pc } = unit;
    match kind {
        UnitKind::Function => format!("function {function} ({chunk}:{line})"),
        UnitKind::Loop => format!("loop at PC {pc} of {function} ({chunk}:{line})"),
    }
}

fn decline_words(reason: DeclineReason) -> String {
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
        DeclineReason::Unpromising => "unpromising".to_string(),
    }
}

fn exit_words(reason: ExitReason) -> &'static str {
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
        ExitReason::Forced => "forced",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(kind: UnitKind, pc: u32) -> Unit {
        Unit { kind, function: "fib".to_string(), chunk: "fib.lua".to_string(), line: 3, pc }
    }

    #[test]
    fn the_documented_lines_are_as_documented() {
        let (looping, function) = (|pc| unit(UnitKind::Loop, pc), unit(UnitKind::Function, 0));
        let compiled = |unit| Event::CompileEnd { unit, code_bytes: 64, time_ns: 1 };
        for (event, expected) in [
            (
                Event::LoopHot { unit: looping(7), iterations: 1000 },
                "[JIT] Hot loop detected at PC 7 (iterations: 1000)",
            ),
            (compiled(looping(7)), "[JIT] Compiled loop at PC 7 (64 bytes)"),
            (compiled(looping(0)), "[JIT] Compiled loop at PC 0 (64 bytes)"),
            (compiled(function), "[JIT] Compiled function fib (64 bytes)"),
            (Event::Collected { before_bytes: 9, after_bytes: 4, time_ns: 5 }, "[GC] Collected: 9 -> 4 bytes in 5 ns"),
            (
                Event::SideExit { unit: looping(7), resume_pc: 9, reason: ExitReason::ArrayKind },
                "[JIT] Side exit from loop at PC 7 of fib (fib.lua:3) to PC 9: array kind",
            ),
        ] {
            assert_eq!(line(&event), expected);
        }
    }

    #[test]
    fn each_level_says_more() {
        let events = [
            Event::SideExit { unit: unit(UnitKind::Loop, 7), resume_pc: 9, reason: ExitReason::Type },
            Event::OsrEntry { unit: unit(UnitKind::Loop, 7) },
            Event::Declined { unit: unit(UnitKind::Function, 0), reason: DeclineReason::TooLarge },
        ];
        let said = |level| events.iter().filter(|event| LogLevel::of(event) <= level).count();
        let levels = [LogLevel::Error, LogLevel::Info, LogLevel::Debug, LogLevel::Trace];
        assert_eq!(levels.map(said), [0, 1, 2, 3]);
    }

    #[test]
    fn declines_are_counted_by_reason_without_printing() {
        let (mut listener, seen) = Listener::new(LogLevel::Error);
        for reason in [DeclineReason::Opcode("CONCAT"), DeclineReason::TooLarge, DeclineReason::Opcode("CONCAT")] {
            listener.event(0, &Event::Declined { unit: unit(UnitKind::Loop, 0), reason });
        }
        let counted = &seen.borrow().declined;
        assert_eq!((counted["opcode CONCAT"], counted["too large"]), (2, 1));
    }

    #[test]
    fn units_are_counted_by_kind() {
        let (mut listener, seen) = Listener::new(LogLevel::Error);
        let looping = || unit(UnitKind::Loop, 7);
        listener.event(0, &Event::CompileEnd { unit: looping(), code_bytes: 64, time_ns: 5 });
        listener.event(0, &Event::SideExit { unit: looping(), resume_pc: 9, reason: ExitReason::Type });
        listener.event(0, &Event::CompileEnd { unit: unit(UnitKind::Function, 0), code_bytes: 32, time_ns: 1 });
        let expected =
            KindTally { compiled: 1, code_bytes: 64, compile_time_ns: 5, side_exits: 1, ..Default::default() };
        assert_eq!(seen.borrow().loops, expected);
        let text = seen.borrow().by_kind();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("functions: compiled 1 (code_bytes 32, compile_time_ns 1), declined 0"), "{text}");
        assert!(lines[1].starts_with("loops: compiled 1") && lines.len() == 2, "{text}");
        assert_eq!(Tally::default().by_kind(), "");
    }
}
