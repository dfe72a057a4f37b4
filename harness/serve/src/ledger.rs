//! What has been executed: totals since the start or the last reset, and an entry for each (engine, dialect, code).
//!
//! Entries are told apart by the code itself; its hash is what they are shown by. The oldest give way when there are
//! too many, or too much code.

use std::collections::VecDeque;

use harness::plan::workload::fnv1a;

use crate::protocol::{Counted, TaskErrorKind};

/// The most entries, and the most bytes of code in them.
const MOST_ENTRIES: usize = 512;
const MOST_CODE_BYTES: usize = 4 << 20;

/// What entries are told apart by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The engine's id.
    pub engine: &'static str,
    /// The dialect's name.
    pub dialect: &'static str,
    /// The code.
    pub code: String,
}

impl Key {
    /// The 64-bit FNV-1a hash of the code.
    pub fn hash(&self) -> u64 {
        fnv1a(self.code.as_bytes())
    }
}

/// What is known of one piece of code on one engine. Times are in nanoseconds, sizes in bytes.
#[derive(Debug, Clone)]
pub struct CodeEntry {
    /// What it is.
    pub key: Key,
    /// How often it was executed, whatever came of it.
    pub executions: u64,
    /// The time of all executions.
    pub execution_ns: u64,
    /// The time of the last one.
    pub last_execution_ns: u64,
    /// The machine code in its state after the last one.
    pub code_bytes: u64,
    /// Whether the last one was ended by its limit of time or memory.
    pub met_limit: bool,
}

/// Sums over all executions since the start or the last reset. Times are in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Executions, whatever came of them.
    pub executions: u64,
    /// Those among them that failed.
    pub failed: u64,
    /// Units that were compiled.
    pub compiled: u64,
    /// Units that were declined.
    pub declined: u64,
    /// Executions that found their state kept.
    pub hits: u64,
    /// The time of executions, compiling and collecting included.
    pub execution_ns: u64,
    /// The time of compiling.
    pub compile_ns: u64,
    /// The time of collecting.
    pub gc_ns: u64,
    /// What is left of the time of executions that entered compiled code.
    pub compiled_ns: u64,
    /// What is left of the time of the others.
    pub interpreted_ns: u64,
}

/// An execution that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// The how many-th of its code it is, from 1.
    pub number: u64,
    era: u64,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Ledger {
    /// How often it has been reset: what began before ends without being counted.
    era: u64,
    /// The sums.
    pub totals: Totals,
    /// The least recently executed first.
    entries: VecDeque<CodeEntry>,
    code_bytes: usize,
}

impl Ledger {
    /// The entries, the most recently executed first.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &CodeEntry> {
        self.entries.iter().rev()
    }

    /// How often the code of `key` was executed.
    pub fn executions(&self, key: &Key) -> u64 {
        self.entries.iter().find(|entry| entry.key == *key).map_or(0, |entry| entry.executions)
    }

    /// Whether the code of `key` met a limit the last time.
    pub fn met_limit(&self, key: &Key) -> bool {
        self.entries.iter().any(|entry| entry.met_limit && entry.key == *key)
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        *self = Ledger { era: self.era + 1, ..Ledger::default() };
    }

    /// Counts the beginning of an execution.
    pub fn begin(&mut self, key: &Key) -> Turn {
        self.totals.executions += 1;
        let place = self.entries.iter().position(|entry| entry.key == *key);
        let mut entry = match place.and_then(|place| self.entries.remove(place)) {
            Some(entry) => entry,
            None => {
                self.code_bytes += key.code.len();
                CodeEntry {
                    key: key.clone(),
                    executions: 0,
                    execution_ns: 0,
                    last_execution_ns: 0,
                    code_bytes: 0,
                    met_limit: false,
                }
            }
        };
        entry.executions += 1;
        let number = entry.executions;
        self.entries.push_back(entry);
        while self.entries.len() > MOST_ENTRIES || (self.code_bytes > MOST_CODE_BYTES && self.entries.len() > 1) {
            let oldest = self.entries.pop_front();
            self.code_bytes -= oldest.map_or(0, |entry| entry.key.code.len());
        }
        Turn { number, era: self.era }
    }

    /// Forgets the beginning of an execution that nobody had time for.
    pub fn take_back(&mut self, key: &Key, turn: Turn) {
        if turn.era != self.era {
            return;
        }
        self.totals.executions -= 1;
        let Some(place) = self.entries.iter().position(|entry| entry.key == *key) else { return };
        let entry = &mut self.entries[place];
        entry.executions -= 1;
        if entry.executions == 0 {
            self.code_bytes -= key.code.len();
            self.entries.remove(place);
        }
    }

    /// Counts the end of an execution, with a failure of this kind or without. Of one whose worker was killed at its time
    /// limit no more is known than that.
    pub fn end(&mut self, key: &Key, turn: Turn, counted: &Counted, failure: Option<TaskErrorKind>) {
        if turn.era != self.era {
            return;
        }
        let totals = &mut self.totals;
        totals.failed += u64::from(failure.is_some());
        totals.compiled += counted.compiled;
        totals.declined += counted.declined;
        totals.hits += u64::from(counted.was_kept);
        totals.execution_ns += counted.execution_ns;
        totals.compile_ns += counted.compile_ns;
        totals.gc_ns += counted.gc_ns;
        let rest = counted.execution_ns.saturating_sub(counted.compile_ns + counted.gc_ns);
        match counted.entries {
            0 => totals.interpreted_ns += rest,
            1.. => totals.compiled_ns += rest,
        }
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.key == *key) {
            entry.execution_ns += counted.execution_ns;
            entry.last_execution_ns = counted.execution_ns;
            entry.code_bytes = counted.code_bytes;
            entry.met_limit = matches!(failure, Some(TaskErrorKind::Time | TaskErrorKind::Memory));
        }
    }

    /// Counts the end of an execution whose worker has ended without an answer.
    pub fn end_without_answer(&mut self, key: &Key, turn: Turn) {
        if turn.era != self.era {
            return;
        }
        self.totals.failed += 1;
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.key == *key) {
            entry.code_bytes = 0;
            entry.met_limit = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: &str) -> Key {
        Key { engine: "engine", dialect: "lua", code: code.to_string() }
    }

    #[test]
    fn executions_are_counted_by_code() {
        let mut ledger = Ledger::default();
        let turns = ["a", "b", "a", "a"].map(|code| ledger.begin(&key(code)));
        assert_eq!(turns.map(|turn| turn.number), [1, 1, 2, 3]);
        let counted = Counted {
            execution_ns: 100,
            compile_ns: 30,
            gc_ns: 10,
            compiled: 2,
            entries: 1,
            code_bytes: 64,
            ..Counted::default()
        };
        ledger.end(&key("a"), turns[3], &counted, None);
        ledger.end(&key("b"), turns[1], &Counted { execution_ns: 7, ..Counted::default() }, Some(TaskErrorKind::Time));
        assert_eq!(["a", "b"].map(|code| ledger.met_limit(&key(code))), [false, true]);
        let expected = Totals {
            executions: 4,
            failed: 1,
            compiled: 2,
            execution_ns: 107,
            compile_ns: 30,
            gc_ns: 10,
            compiled_ns: 60,
            interpreted_ns: 7,
            ..Totals::default()
        };
        assert_eq!(ledger.totals, expected);
        let codes: Vec<&str> = ledger.entries().map(|entry| entry.key.code.as_str()).collect();
        assert_eq!(codes, ["a", "b"]);
        assert_eq!(ledger.entries().next().map(|entry| entry.code_bytes), Some(64));
    }

    #[test]
    fn what_began_before_a_reset_is_not_counted() {
        let mut ledger = Ledger::default();
        let turns = ["a", "b", "c"].map(|code| ledger.begin(&key(code)));
        ledger.reset();
        let again = ledger.begin(&key("a"));
        ledger.end(&key("a"), turns[0], &Counted { execution_ns: 7, ..Counted::default() }, None);
        ledger.end_without_answer(&key("b"), turns[1]);
        ledger.take_back(&key("c"), turns[2]);
        assert_eq!(ledger.totals, Totals { executions: 1, ..Totals::default() });
        assert_eq!((again.number, ledger.entries().len()), (1, 1));
        ledger.take_back(&key("a"), again);
        assert_eq!((ledger.totals, ledger.entries().len()), (Totals::default(), 0));
    }

    #[test]
    fn the_oldest_give_way() {
        let mut ledger = Ledger::default();
        for number in 0..MOST_ENTRIES + 10 {
            ledger.begin(&key(&number.to_string()));
        }
        assert_eq!(ledger.entries().len(), MOST_ENTRIES);
        assert_eq!((ledger.executions(&key("9")), ledger.executions(&key("10"))), (0, 1));
        for number in 0..100 {
            ledger.begin(&key(&format!("{number:0>60000}")));
        }
        assert_eq!(ledger.entries().len(), MOST_CODE_BYTES / 60000);
    }
}
