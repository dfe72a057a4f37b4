//! What an engine reports while it runs a workload, kept by iteration: the content of `jit_events.csv`.
//!
//! The child that traces events writes it and the parent reads it; neither is ever timed. Events that can come by the
//! thousand (entries, side exits, collections) are counted in one entry for each place and reason of an iteration.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, Write};
use std::rc::Rc;

use engine_api::event::{Unit, UnitKind};
use engine_api::{Event, EventSink};
use serde::{Deserialize, Serialize};

use super::{decline_words, exit_words};
use crate::record::rows::EventKind;

/// One entry: an event, or several of one kind, place and reason in one iteration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventEntry {
    /// The iteration, from 1; 0 while the chunk was loaded.
    pub iteration: u32,
    /// When the (first) event happened, in nanoseconds since the engine started.
    pub t_ns: u64,
    /// What happened.
    pub kind: EventKind,
    /// `function` or `loop`; empty for a collection.
    pub unit: String,
    /// The function's name.
    pub function: String,
    /// The line of the function or loop.
    pub line: Option<u32>,
    /// The bytecode index of the function entry or loop header.
    pub pc: Option<u32>,
    /// Heap bytes before a collection.
    pub bytes_in: Option<u64>,
    /// Bytes of machine code, or heap bytes after a collection.
    pub bytes_out: Option<u64>,
    /// What it took; the sum, of several.
    pub dur_ns: Option<u64>,
    /// Why, where an event has a reason.
    pub reason: String,
    /// How many events.
    pub count: u64,
}

/// Which entries are one.
type Place = (EventKind, String, String, Option<u32>, String);

/// The events of a process so far.
#[derive(Debug, Default)]
pub struct EventLog {
    iteration: u32,
    entries: Vec<EventEntry>,
    /// Where in `entries` those of the current iteration are that later events may join.
    joinable: HashMap<Place, usize>,
}

impl EventLog {
    /// An empty log that an engine and its child share.
    pub fn shared() -> Rc<RefCell<EventLog>> {
        Rc::default()
    }

    /// What comes now belongs to the next iteration.
    pub fn begin_iteration(&mut self) {
        self.iteration += 1;
        self.joinable.clear();
    }

    /// What happened while the chunk was loaded was the first iteration: the chunk is a program.
    pub fn loading_was_an_iteration(&mut self) {
        self.begin_iteration();
        self.entries.iter_mut().for_each(|entry| entry.iteration = 1);
    }

    /// Writes what happened since the last time as lines of CSV, without a header.
    ///
    /// # Errors
    /// Those of `output`.
    pub fn write(&mut self, output: impl Write) -> io::Result<()> {
        let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(output);
        for entry in self.entries.drain(..) {
            writer.serialize(entry).map_err(io::Error::other)?;
        }
        self.joinable.clear();
        writer.flush()
    }

    fn add(&mut self, entry: EventEntry, may_join: bool) {
        if may_join {
            let place = (entry.kind, entry.unit.clone(), entry.function.clone(), entry.pc, entry.reason.clone());
            if let Some(index) = self.joinable.get(&place) {
                let earlier = &mut self.entries[*index];
                earlier.count += 1;
                earlier.dur_ns = earlier.dur_ns.zip(entry.dur_ns).map(|(one, other)| one + other);
                earlier.bytes_out = entry.bytes_out;
                return;
            }
            self.joinable.insert(place, self.entries.len());
        }
        self.entries.push(entry);
    }
}

/// Reads what [`EventLog::write`] wrote.
///
/// # Errors
/// If it is something else.
pub fn read(bytes: &[u8]) -> Result<Vec<EventEntry>, csv::Error> {
    csv::ReaderBuilder::new().has_headers(false).from_reader(bytes).deserialize().collect()
}

/// The tracer of a log in an engine.
pub struct EventTracer(pub Rc<RefCell<EventLog>>);

impl EventSink for EventTracer {
    fn event(&mut self, time_ns: u64, event: &Event) {
        let mut log = self.0.borrow_mut();
        let entry = entry_of(log.iteration, time_ns, event);
        let may_join = match event {
            Event::OsrEntry { .. } | Event::SideExit { .. } | Event::Collected { .. } => true,
            Event::LoopHot { .. }
            | Event::FunctionHot { .. }
            | Event::CompileStart { .. }
            | Event::CompileEnd { .. }
            | Event::Reused { .. }
            | Event::Declined { .. }
            | Event::Deoptimised { .. }
            | Event::Blacklisted { .. }
            | Event::Evicted { .. } => false,
        };
        log.add(entry, may_join);
    }
}

/// The entry of one event.
pub fn entry_of(iteration: u32, t_ns: u64, event: &Event) -> EventEntry {
    let at = |kind: EventKind, unit: &Unit| EventEntry {
        iteration,
        t_ns,
        kind,
        unit: match unit.kind {
            UnitKind::Function => "function".to_string(),
            UnitKind::Loop => "loop".to_string(),
        },
        function: unit.function.clone(),
        line: Some(unit.line),
        pc: Some(unit.pc),
        bytes_in: None,
        bytes_out: None,
        dur_ns: None,
        reason: String::new(),
        count: 1,
    };
    match event {
        Event::LoopHot { unit, iterations: _ } | Event::FunctionHot { unit, .. } => at(EventKind::Hot, unit),
        Event::CompileStart { unit } => at(EventKind::CompileStart, unit),
        Event::CompileEnd { unit, code_bytes, time_ns } => {
            EventEntry { bytes_out: Some(*code_bytes), dur_ns: Some(*time_ns), ..at(EventKind::CompileEnd, unit) }
        }
        Event::Reused { unit } => at(EventKind::Reused, unit),
        Event::Declined { unit, reason } => {
            EventEntry { reason: decline_words(*reason), ..at(EventKind::Declined, unit) }
        }
        Event::OsrEntry { unit } => at(EventKind::Osr, unit),
        Event::SideExit { unit, reason, .. } => {
            EventEntry { reason: exit_words(*reason).to_string(), ..at(EventKind::SideExit, unit) }
        }
        Event::Deoptimised { unit, reason } => {
            EventEntry { reason: exit_words(*reason).to_string(), ..at(EventKind::Deopt, unit) }
        }
        Event::Blacklisted { unit } => at(EventKind::Blacklisted, unit),
        Event::Evicted { unit, code_bytes } => {
            EventEntry { bytes_out: Some(*code_bytes), ..at(EventKind::Evicted, unit) }
        }
        Event::Collected { before_bytes, after_bytes, time_ns } => EventEntry {
            iteration,
            t_ns,
            kind: EventKind::Gc,
            unit: String::new(),
            function: String::new(),
            line: None,
            pc: None,
            bytes_in: Some(*before_bytes),
            bytes_out: Some(*after_bytes),
            dur_ns: Some(*time_ns),
            reason: String::new(),
            count: 1,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine_api::event::{ExitDetail, ExitPlace, ExitReason};

    fn unit() -> Unit {
        Unit { kind: UnitKind::Loop, function: "main, chunk".to_string(), chunk: "w.lua".to_string(), line: 3, pc: 7 }
    }

    #[test]
    fn events_are_kept_by_iteration_and_frequent_ones_are_counted() {
        let log = EventLog::shared();
        let mut tracer = EventTracer(Rc::clone(&log));
        tracer.event(5, &Event::CompileEnd { unit: unit(), code_bytes: 64, time_ns: 9 });
        for iteration in 1..=2 {
            log.borrow_mut().begin_iteration();
            for time_ns in [10, 20, 30] {
                let reason = if time_ns == 30 { ExitReason::Shape } else { ExitReason::Type };
                let place =
                    ExitPlace { function: String::new(), line: 3, construct: String::new(), detail: ExitDetail::None };
                tracer.event(100 * iteration + time_ns, &Event::SideExit { unit: unit(), resume_pc: 1, place, reason });
                tracer.event(1, &Event::Collected { before_bytes: time_ns + 1, after_bytes: time_ns, time_ns: 2 });
            }
        }
        let mut bytes = Vec::new();
        log.borrow_mut().write(&mut bytes).unwrap();
        let entries = read(&bytes).unwrap();
        let seen: Vec<_> =
            entries.iter().map(|entry| (entry.iteration, entry.kind, entry.reason.as_str(), entry.count)).collect();
        let exit = EventKind::SideExit;
        let one = [(1, exit, "type", 2), (1, EventKind::Gc, "", 3), (1, exit, "shape", 1)];
        let two = one.map(|(_, kind, reason, count)| (2, kind, reason, count));
        assert_eq!(seen, [&[(0, EventKind::CompileEnd, "", 1)], &one[..], &two[..]].concat());
        assert_eq!((entries[0].bytes_out, entries[0].dur_ns, entries[0].line), (Some(64), Some(9), Some(3)));
        assert_eq!((entries[2].bytes_in, entries[2].bytes_out, entries[2].dur_ns), (Some(11), Some(30), Some(6)));
        assert_eq!((entries[1].t_ns, entries[0].function.as_str()), (110, "main, chunk"));
        let mut more = Vec::new();
        log.borrow_mut().write(&mut more).unwrap();
        assert!(more.is_empty(), "what was written is not written again");
    }

    #[test]
    fn the_first_run_of_a_program_is_an_iteration() {
        let log = EventLog::shared();
        let mut tracer = EventTracer(Rc::clone(&log));
        tracer.event(5, &Event::Blacklisted { unit: unit() });
        log.borrow_mut().loading_was_an_iteration();
        log.borrow_mut().begin_iteration();
        tracer.event(6, &Event::OsrEntry { unit: unit() });
        let mut bytes = Vec::new();
        log.borrow_mut().write(&mut bytes).unwrap();
        let iterations: Vec<u32> = read(&bytes).unwrap().iter().map(|entry| entry.iteration).collect();
        assert_eq!(iterations, [1, 2]);
    }
}
