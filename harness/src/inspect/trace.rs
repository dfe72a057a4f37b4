//! The trace of a compiler that people read, as `--trace-jit` prints it: one line a unit and change of its state, exits
//! gathered by where they leave, and at the end what never became hot. The same as JSON for programs.
//!
//! This file must not know an engine: everything comes from events and from how far units have come at the end.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::rc::Rc;

use engine_api::event::{DeclineReason, ExitDetail, ExitPlace, ExitReason, Unit, UnitKind};
use engine_api::{Event, EventSink, UnitProgress, UnitStage};
use serde_json::{Value, json};

use crate::error::UsageError;
use crate::machine::terminal;
use crate::measure::events::{Seen, Tally, decline_words, exit_words};

/// Lines about one unit, after which its changes are counted only.
const LINES_PER_UNIT: u32 = 12;
/// Places of exits that are told at the end, those with the most first.
const PLACES_TOLD: usize = 20;
/// Units that never became hot that are told at the end, the hottest first.
const COLD_TOLD: usize = 20;

/// How much is said about a run. Each level says what the one before does, and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum LogLevel {
    /// Only why the program failed
    Error,
    /// Units that were compiled, declined, given back, thrown away or blacklisted
    Info,
    /// What is hot, and evictions too
    Debug,
    /// And at the end where compiled code was left, and what never became hot
    Trace,
}

/// In which form the trace is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum TraceFormat {
    /// Lines for people
    Text,
    /// One JSON object a line
    Json,
}

/// Where the trace goes.
enum Output {
    /// Standard error.
    Terminal,
    /// A file, with the first error that writing to it gave.
    File(BufWriter<File>, Option<io::Error>),
}

impl Output {
    fn line(&mut self, text: &str) {
        match self {
            Output::Terminal => terminal::note(text),
            Output::File(file, error) => {
                if let Err(now) = writeln!(file, "{text}") {
                    error.get_or_insert(now);
                }
            }
        }
    }
}

/// Where compiled code was left, and why.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct ExitKey {
    unit: String,
    chunk: String,
    function: String,
    line: u32,
    pc: u32,
    construct: String,
    reason: String,
}

impl ExitKey {
    /// `poly.lua:6 `v + 1`: integer expected, float came`.
    fn words(&self) -> String {
        let ExitKey { chunk, line, construct, reason, .. } = self;
        format!("{chunk}:{line} `{construct}`: {reason}")
    }
}

/// What is kept of a unit.
#[derive(Debug, Default)]
struct Told {
    lines: u32,
    /// Exits since it was compiled last.
    exits: HashMap<ExitKey, u64>,
}

/// What the trace has seen, and where it writes.
pub struct Trace {
    level: LogLevel,
    format: TraceFormat,
    output: Output,
    units: HashMap<String, Told>,
    exits: HashMap<ExitKey, u64>,
    /// The units whose counts have led to an attempt.
    hot: HashSet<String>,
    /// What was counted of a function whose attempt has not ended.
    counts: HashMap<String, String>,
    untold: u64,
    collections: u64,
    collection_time_ns: u64,
}

/// The sink of a run that is traced.
pub struct Tracer {
    trace: Rc<RefCell<Trace>>,
    seen: Seen,
}

impl Trace {
    /// A trace that writes to a file, or to standard error.
    ///
    /// # Errors
    /// [`UsageError`] if the file cannot be made.
    pub fn new(level: LogLevel, format: TraceFormat, file: Option<&Path>) -> Result<Trace, UsageError> {
        let output = match file {
            None => Output::Terminal,
            Some(path) => {
                let file = File::create(path).map_err(|error| UsageError::file("cannot write", path, &error))?;
                Output::File(BufWriter::new(file), None)
            }
        };
        Ok(Trace {
            level,
            format,
            output,
            units: HashMap::new(),
            exits: HashMap::new(),
            hot: HashSet::new(),
            counts: HashMap::new(),
            untold: 0,
            collections: 0,
            collection_time_ns: 0,
        })
    }

    /// The sink that feeds it, and where that counts what becomes of units.
    pub fn sink(trace: Trace) -> (Tracer, Rc<RefCell<Trace>>, Seen) {
        let (trace, seen) = (Rc::new(RefCell::new(trace)), Rc::new(RefCell::new(Tally::default())));
        (Tracer { trace: Rc::clone(&trace), seen: Rc::clone(&seen) }, trace, seen)
    }

    fn event(&mut self, time_ns: u64, event: &Event) {
        match event {
            Event::SideExit { unit, resume_pc, place, reason } => return self.exit(unit, *resume_pc, place, *reason),
            Event::Collected { time_ns, .. } => {
                self.collections += 1;
                self.collection_time_ns += time_ns;
                return;
            }
            Event::LoopHot { .. }
            | Event::FunctionHot { .. }
            | Event::CompileStart { .. }
            | Event::CompileEnd { .. }
            | Event::Reused { .. }
            | Event::Declined { .. }
            | Event::OsrEntry { .. }
            | Event::Deoptimised { .. }
            | Event::Blacklisted { .. }
            | Event::Evicted { .. } => {}
        }
        if let Event::LoopHot { unit, .. } | Event::FunctionHot { unit, .. } = event {
            self.hot.insert(name(unit));
        }
        if let Event::FunctionHot { unit, calls, back_edges } = event {
            self.counts.insert(name(unit), counts(*calls, *back_edges));
        }
        let remark = self.worst_exit(event).or_else(|| self.counts_of(event));
        if let Event::CompileEnd { unit, .. } = event {
            self.units.entry(name(unit)).or_default().exits.clear();
        }
        let told = line(event, remark.as_deref());
        let level = told.as_ref().map_or(LogLevel::Debug, |(level, _)| *level);
        if level > self.level {
            return;
        }
        match (self.format, told) {
            (TraceFormat::Json, _) => self.output.line(&object(time_ns, event).to_string()),
            (TraceFormat::Text, None) => {}
            (TraceFormat::Text, Some((_, text))) => {
                let told = self.units.entry(unit_of(event).map(name).unwrap_or_default()).or_default();
                told.lines += 1;
                // That a unit is given up for good is always told.
                let is_last = matches!(event, Event::Blacklisted { .. });
                if told.lines <= LINES_PER_UNIT || is_last { self.output.line(&text) } else { self.untold += 1 }
            }
        }
    }

    fn exit(&mut self, unit: &Unit, pc: u32, place: &ExitPlace, reason: ExitReason) {
        let key = ExitKey {
            unit: name(unit),
            chunk: unit.chunk.clone(),
            function: place.function.clone(),
            line: place.line,
            pc,
            construct: place.construct.clone(),
            reason: exit_sentence(reason, &place.detail),
        };
        *self.units.entry(key.unit.clone()).or_default().exits.entry(key.clone()).or_default() += 1;
        *self.exits.entry(key).or_default() += 1;
    }

    /// What has led to an attempt at a function, when that ends.
    fn counts_of(&mut self, event: &Event) -> Option<String> {
        match event {
            Event::CompileEnd { unit, .. } | Event::Declined { unit, .. } | Event::Reused { unit } => {
                self.counts.remove(&name(unit))
            }
            Event::LoopHot { .. }
            | Event::FunctionHot { .. }
            | Event::CompileStart { .. }
            | Event::OsrEntry { .. }
            | Event::SideExit { .. }
            | Event::Deoptimised { .. }
            | Event::Blacklisted { .. }
            | Event::Evicted { .. }
            | Event::Collected { .. } => None,
        }
    }

    /// Where a unit that is thrown away was left most often since it was compiled.
    fn worst_exit(&self, event: &Event) -> Option<String> {
        let Event::Deoptimised { unit, .. } = event else { return None };
        let exits = &self.units.get(&name(unit))?.exits;
        let (key, count) = exits.iter().max_by_key(|(key, count)| (**count, std::cmp::Reverse(*key)))?;
        let all: u64 = exits.values().sum();
        Some(format!("{} ({count} of {all} exits)", key.words()))
    }

    /// Says at the end of the program what is told of all of it. `progress` is how far the program's units have come.
    ///
    /// # Errors
    /// The first error of the file that the trace is written to.
    pub fn finish(&mut self, progress: &[UnitProgress]) -> io::Result<()> {
        if self.level == LogLevel::Trace {
            match self.format {
                TraceFormat::Text => self.summary_lines(progress),
                TraceFormat::Json => self.summary_objects(progress),
            }
        }
        match &mut self.output {
            Output::Terminal => Ok(()),
            Output::File(file, error) => match error.take() {
                Some(error) => Err(error),
                None => file.flush(),
            },
        }
    }

    fn summary_lines(&mut self, progress: &[UnitProgress]) {
        if self.untold > 0 {
            let text = format!("[JIT] {} more changes of units that had {LINES_PER_UNIT} already", self.untold);
            self.output.line(&text);
        }
        let exits = self.sorted_exits();
        if !exits.is_empty() {
            let all: u64 = exits.iter().map(|(_, count)| count).sum();
            self.output.line(&format!("[JIT] Compiled code was left {}, by place:", times(all)));
        }
        for (key, count) in exits.iter().take(PLACES_TOLD) {
            let text = format!("[JIT]   {:>17}  {}  (from {})", times(*count), key.words(), key.unit);
            self.output.line(&text);
        }
        let rest = exits.get(PLACES_TOLD..).unwrap_or_default();
        if !rest.is_empty() {
            let count: u64 = rest.iter().map(|(_, count)| count).sum();
            let text = format!("[JIT]   {:>17}  at {} other places", times(count), rest.len());
            self.output.line(&text);
        }
        let cold = self.never_hot(progress);
        if !cold.is_empty() {
            self.output.line("[JIT] Never hot:");
        }
        for UnitProgress { unit, count, needed, stage: _ } in cold.iter().take(COLD_TOLD) {
            let text =
                format!("[JIT]   {} ({} of {} {})", name(unit), grouped(*count), grouped(*needed), counted(unit));
            self.output.line(&text);
        }
        if cold.len() > COLD_TOLD {
            self.output.line(&format!("[JIT]   and {} others that ran less", cold.len() - COLD_TOLD));
        }
        if self.collections > 0 {
            let time_ms = self.collection_time_ns as f64 / 1e6;
            self.output.line(&format!("[GC] {} collections, {time_ms:.1} ms", grouped(self.collections)));
        }
    }

    fn summary_objects(&mut self, progress: &[UnitProgress]) {
        for (key, count) in self.sorted_exits() {
            let ExitKey { unit, chunk, function, line, pc, construct, reason } = key;
            let object = json!({
                "event": "exits", "unit": unit, "chunk": chunk, "function": function, "line": line, "pc": pc,
                "construct": construct, "reason": reason, "count": count,
            });
            self.output.line(&object.to_string());
        }
        for UnitProgress { unit, count, needed, stage: _ } in self.never_hot(progress) {
            let mut object = json!({ "event": "never_hot", "count": count, "needed": needed });
            add_unit(&mut object, unit);
            self.output.line(&object.to_string());
        }
        let (count, time_ns) = (self.collections, self.collection_time_ns);
        self.output.line(&json!({ "event": "collections", "count": count, "time_ns": time_ns }).to_string());
    }

    /// The units that were never hot, as far as they have run, the nearest to a compilation first.
    fn never_hot<'a>(&self, progress: &'a [UnitProgress]) -> Vec<&'a UnitProgress> {
        cold(progress.iter().filter(|progress| !self.hot.contains(&name(&progress.unit))))
    }

    /// The exits by place, those with the most first.
    fn sorted_exits(&self) -> Vec<(ExitKey, u64)> {
        let mut exits: Vec<_> = self.exits.iter().map(|(key, count)| (key.clone(), *count)).collect();
        exits.sort_by(|(one, one_count), (other, other_count)| other_count.cmp(one_count).then(one.cmp(other)));
        exits
    }
}

impl EventSink for Tracer {
    fn event(&mut self, time_ns: u64, event: &Event) {
        self.seen.borrow_mut().count(event);
        self.trace.borrow_mut().event(time_ns, event);
    }
}

/// Those that have run and are still on their way to a compilation, the nearest first.
fn cold<'a>(progress: impl Iterator<Item = &'a UnitProgress>) -> Vec<&'a UnitProgress> {
    let is_cold = |progress: &&UnitProgress| progress.stage == UnitStage::Counting && progress.count > 0;
    let mut cold: Vec<&UnitProgress> = progress.filter(is_cold).collect();
    let share = |progress: &UnitProgress| progress.count as f64 / progress.needed as f64;
    cold.sort_by(|one, other| {
        share(other).total_cmp(&share(one)).then_with(|| name(&one.unit).cmp(&name(&other.unit)))
    });
    cold
}

fn counted(unit: &Unit) -> &'static str {
    match unit.kind {
        UnitKind::Function => "calls",
        UnitKind::Loop => "back-edges",
    }
}

/// The line of a change of a unit's state, and the lowest level that tells of it; `None` for what is no such change.
/// `remark` is where a unit that is thrown away was left most often, or what has led to the attempt at a function.
fn line(event: &Event, remark: Option<&str>) -> Option<(LogLevel, String)> {
    let after = remark.map(|counts| format!(", after {counts}")).unwrap_or_default();
    let debug = |text| Some((LogLevel::Debug, text));
    let info = |text| Some((LogLevel::Info, text));
    match event {
        Event::LoopHot { unit, iterations } => {
            debug(format!("[JIT] Hot loop detected at PC {} (iterations: {iterations}){}", unit.pc, behind_loop(unit)))
        }
        Event::CompileEnd { unit, code_bytes, time_ns } => {
            let time_ms = *time_ns as f64 / 1e6;
            info(match unit.kind {
                UnitKind::Function => {
                    let Unit { function, .. } = unit;
                    let place = place(unit);
                    format!("[JIT] Compiled function {function} ({code_bytes} bytes), {place}{after}, {time_ms:.2} ms")
                }
                UnitKind::Loop => {
                    let (pc, behind) = (unit.pc, behind_loop(unit));
                    format!("[JIT] Compiled loop at PC {pc} ({code_bytes} bytes){behind}, {time_ms:.2} ms")
                }
            })
        }
        Event::Reused { unit } => info(format!("[JIT] Used the code again of {}{after}", name(unit))),
        Event::Declined { unit, reason } => {
            let sentence = decline_sentence(*reason);
            let verb = if is_given_back(*reason) { "Gave back" } else { "Declined" };
            info(format!("[JIT] {verb} {}{after}: {sentence}", name(unit)))
        }
        Event::Deoptimised { unit, reason } => {
            let most = remark.map(|worst| format!("; most at {worst}")).unwrap_or_default();
            info(format!("[JIT] Threw away {}: {}{most}", name(unit), exit_sentence(*reason, &ExitDetail::None)))
        }
        Event::Blacklisted { unit } => {
            info(format!("[JIT] Blacklisted {}: thrown away too often, it will not be compiled again", name(unit)))
        }
        Event::Evicted { unit, code_bytes } => {
            debug(format!("[JIT] Evicted {} ({code_bytes} bytes): the code cache was full", name(unit)))
        }
        Event::FunctionHot { .. }
        | Event::CompileStart { .. }
        | Event::OsrEntry { .. }
        | Event::SideExit { .. }
        | Event::Collected { .. } => None,
    }
}

/// Calls and back-edges in words.
fn counts(calls: u64, back_edges: u64) -> String {
    let calls_text = if calls == 1 { "1 call".to_string() } else { format!("{} calls", grouped(calls)) };
    match (calls, back_edges) {
        (0, 0) => "what it had run before".to_string(),
        (_, 0) => calls_text,
        (_, back_edges) => format!("{calls_text} and {} back-edges", grouped(back_edges)),
    }
}

/// An event as JSON.
fn object(time_ns: u64, event: &Event) -> Value {
    let mut object = match event {
        Event::LoopHot { iterations, .. } => json!({ "event": "hot", "back_edges": iterations }),
        Event::FunctionHot { calls, back_edges, .. } => {
            json!({ "event": "hot", "calls": calls, "back_edges": back_edges })
        }
        Event::CompileStart { .. } => json!({ "event": "compile_start" }),
        Event::CompileEnd { code_bytes, time_ns, .. } => {
            json!({ "event": "compiled", "code_bytes": code_bytes, "compile_time_ns": time_ns })
        }
        Event::Declined { reason, .. } => {
            let event = if is_given_back(*reason) { "given_back" } else { "declined" };
            json!({ "event": event, "reason": decline_words(*reason) })
        }
        Event::Reused { .. } => json!({ "event": "reused" }),
        Event::OsrEntry { .. } => json!({ "event": "osr_entry" }),
        Event::SideExit { reason, .. } => json!({ "event": "side_exit", "reason": exit_words(*reason) }),
        Event::Deoptimised { reason, .. } => json!({ "event": "deoptimised", "reason": exit_words(*reason) }),
        Event::Blacklisted { .. } => json!({ "event": "blacklisted" }),
        Event::Evicted { code_bytes, .. } => json!({ "event": "evicted", "code_bytes": code_bytes }),
        Event::Collected { time_ns, .. } => json!({ "event": "collected", "time_ns": time_ns }),
    };
    object["time_ns"] = json!(time_ns);
    if let Some(unit) = unit_of(event) {
        add_unit(&mut object, unit);
    }
    object
}

fn add_unit(object: &mut Value, unit: &Unit) {
    let Unit { kind, function, chunk, line, pc } = unit;
    object["kind"] = json!(match kind {
        UnitKind::Function => "function",
        UnitKind::Loop => "loop",
    });
    for (key, value) in [("function", json!(function)), ("chunk", json!(chunk))] {
        object[key] = value;
    }
    for (key, value) in [("line", line), ("pc", pc)] {
        object[key] = json!(value);
    }
}

fn unit_of(event: &Event) -> Option<&Unit> {
    match event {
        Event::LoopHot { unit, .. }
        | Event::FunctionHot { unit, .. }
        | Event::CompileStart { unit }
        | Event::CompileEnd { unit, .. }
        | Event::Reused { unit }
        | Event::Declined { unit, .. }
        | Event::OsrEntry { unit }
        | Event::SideExit { unit, .. }
        | Event::Deoptimised { unit, .. }
        | Event::Blacklisted { unit }
        | Event::Evicted { unit, .. } => Some(unit),
        Event::Collected { .. } => None,
    }
}

/// What follows the documented beginning of a line about a loop.
fn behind_loop(unit: &Unit) -> String {
    format!(" of {}, {}", unit.function, place(unit))
}

fn place(unit: &Unit) -> String {
    format!("{}:{}", unit.chunk, unit.line)
}

/// A unit by name and place: `loop at PC 7 of main chunk, fib.lua:3`.
pub fn name(unit: &Unit) -> String {
    match unit.kind {
        UnitKind::Function => format!("function {}, {}", unit.function, place(unit)),
        UnitKind::Loop => format!("loop at PC {}{}", unit.pc, behind_loop(unit)),
    }
}

/// Whether the unit had been compiled and is run by what ran it before.
pub fn is_given_back(reason: DeclineReason) -> bool {
    match reason {
        DeclineReason::LeavesTooOften | DeclineReason::NotFaster => true,
        DeclineReason::Opcode(_)
        | DeclineReason::TooLarge
        | DeclineReason::TypesUnsettled
        | DeclineReason::Assembler
        | DeclineReason::CodeMemory
        | DeclineReason::TimeLimit
        | DeclineReason::OverBudget
        | DeclineReason::Blacklisted => false,
    }
}

/// Why a unit was declined or given back, as a sentence.
pub fn decline_sentence(reason: DeclineReason) -> String {
    match reason {
        DeclineReason::Opcode(name) => format!("the compiler does not handle {name}"),
        DeclineReason::TooLarge => "it is longer than the compiler takes".to_string(),
        DeclineReason::TypesUnsettled => "the types in it still changed after as many passes as are made".to_string(),
        DeclineReason::Assembler => "the assembler refused its code, which is a bug of the compiler".to_string(),
        DeclineReason::CodeMemory => "there was no code memory".to_string(),
        DeclineReason::TimeLimit => "its compilation took longer than the limit".to_string(),
        DeclineReason::Blacklisted => "it was thrown away too often before".to_string(),
        DeclineReason::LeavesTooOften => "it does too little between an entry and the next exit".to_string(),
        DeclineReason::OverBudget => {
            "the compilations of units that were not worth it have spent what may be".to_string()
        }
        DeclineReason::NotFaster => "it is no faster than what runs its code otherwise".to_string(),
    }
}

/// Why compiled code was left, as a sentence.
pub fn exit_sentence(reason: ExitReason, detail: &ExitDetail) -> String {
    match (reason, detail) {
        (_, ExitDetail::Types { expected, came }) => format!("{expected} expected, {came} came"),
        (ExitReason::NotCompiled, ExitDetail::Callee(name)) => format!("{name} is not compiled"),
        (ExitReason::NoNesting, ExitDetail::Callee(name)) => {
            format!("{name} is compiled, but there was no room on the native stack to run it from here")
        }
        (reason, ExitDetail::None | ExitDetail::Callee(_)) => match reason {
            ExitReason::Type => "a value of another type came",
            ExitReason::Shape => "a table of another shape came",
            ExitReason::NilField => "a field was nil that had a value before",
            ExitReason::ArrayKind => "an array with elements of other types came",
            ExitReason::Bounds => "an index was outside of the array",
            ExitReason::Callee => "another function was called",
            ExitReason::Watchpoint => "what was constant so far has changed",
            ExitReason::Interrupt => "a collection, a debug hook or a stop was wanted",
            ExitReason::NotCompiled => "control came to a case that was not compiled",
            ExitReason::Elsewhere => "control went on in another coroutine or where an error was caught",
            ExitReason::NoNesting => "what goes on is compiled, but could not run from here",
            ExitReason::Replaced => "the code itself was thrown away, to be made anew",
            ExitReason::Forced => "the knob force-exit-every asked for it",
        }
        .to_string(),
    }
}

/// How often.
pub fn times(count: u64) -> String {
    if count == 1 { "once".to_string() } else { format!("{} times", grouped(count)) }
}

/// A count with its thousands apart.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let first = digits.len() % 3;
    let mut groups: Vec<&str> = if first == 0 { Vec::new() } else { vec![&digits[..first]] };
    let rest = &digits[first..];
    groups.extend((0..rest.len() / 3).map(|group| &rest[3 * group..3 * group + 3]));
    groups.join(",")
}

#[cfg(test)]
mod tests;
