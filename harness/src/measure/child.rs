//! The child's side of the protocol: load one workload, then run iterations on request and note what each took.
//!
//! Must know nothing of plans, tables or other contenders. What passes between parent and child is in
//! [`crate::measure::protocol`]; the parent's side is [`crate::measure::invocation`].

use std::cell::{Cell, RefCell};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, Write};
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;

use anyhow::Context;
use engine_api::number_text::float_to_text;
use engine_api::{
    Counter, Counters, Engine, EventSink, Failure, FunctionRef, HostValue, Instance, Interrupt, Limits, Settings, Start,
};

use crate::machine;
use crate::machine::clock::Stopwatch;
use crate::measure::events::log::{EventLog, EventTracer};
use crate::measure::host::CollectingHost;
use crate::measure::protocol::{self, ChildError, Request, Sample};
use crate::record::outcome::Outcome;

/// Whatever can be iterated.
pub trait Subject {
    /// When the first instruction of the workload ran, on the system's monotonic clock.
    fn first_instruction_ns(&self) -> u64;

    /// Makes room for what `iterations` of them leave, so that none has to.
    fn reserve(&mut self, _iterations: u32) {}

    /// Makes `calls` calls of the workload, as one piece of work; returns the result of the last one as text.
    ///
    /// # Errors
    /// [`ChildError`] if the workload failed; nothing more can be run then.
    fn run_calls(&mut self, calls: u32) -> Result<String, ChildError>;

    /// Runs one iteration, timed by `stopwatch`. Outside of the timed part it allocates nothing and calls no kernel.
    ///
    /// # Errors
    /// [`ChildError`] if the workload failed; nothing more can be run then.
    fn iterate(&mut self, stopwatch: Stopwatch) -> Result<RawSample, ChildError>;

    /// The result of an iteration as text, once the batch is over.
    ///
    /// # Errors
    /// [`ChildError`] if the iteration left no result.
    fn result_text(&self, returned: Returned) -> Result<String, ChildError>;

    /// Whether the workload did something in a batch that it cannot do here.
    ///
    /// # Errors
    /// [`ChildError`] if so.
    fn check(&self) -> Result<(), ChildError> {
        Ok(())
    }

    /// Hands over the events of a batch, once that is over.
    ///
    /// # Errors
    /// If it cannot be written.
    fn write_events(&mut self) -> anyhow::Result<()> {
        Ok(())
    }

    /// Samples that loading already produced: a program without a function ran once to find that out.
    fn take_first(&mut self) -> Option<RawSample> {
        None
    }
}

/// What one iteration took and left, before anything is put into words.
pub struct RawSample {
    wall_ns: u64,
    counted: Counted,
    returned: Returned,
}

/// What an engine's counters say of one iteration.
#[derive(Clone, Copy, Default)]
struct Counted {
    gc_ns: u64,
    compile_ns: u64,
    compiles: u64,
    deopts: u64,
    code_bytes: u64,
}

/// What an iteration left behind.
pub enum Returned {
    /// Text.
    Text(String),
    /// The results of a Lua function.
    Values(Vec<HostValue>),
    /// A part of what the batch has printed.
    Printed(Range<usize>),
}

/// A workload written in Rust.
pub struct NativeSubject {
    /// The function.
    pub function: fn(u64) -> String,
    /// Its argument.
    pub n: u64,
}

impl Subject for NativeSubject {
    fn first_instruction_ns(&self) -> u64 {
        machine::monotonic_ns()
    }

    fn run_calls(&mut self, calls: u32) -> Result<String, ChildError> {
        let mut result = String::new();
        for _ in 0..calls {
            result = (self.function)(self.n);
        }
        Ok(result)
    }

    fn iterate(&mut self, stopwatch: Stopwatch) -> Result<RawSample, ChildError> {
        let (result, wall_ns) = stopwatch.time(|| Ok((self.function)(self.n)))?;
        Ok(RawSample { wall_ns, counted: Counted::default(), returned: Returned::Text(result) })
    }

    fn result_text(&self, returned: Returned) -> Result<String, ChildError> {
        match returned {
            Returned::Text(text) => Ok(text),
            Returned::Values(_) | Returned::Printed(_) => Err(engine_bug("a native workload returns text")),
        }
    }
}

/// What [`EngineSubject::load`] needs.
pub struct EngineJob<'a> {
    /// The strategy.
    pub engine: &'static dyn Engine,
    /// Its knobs.
    pub settings: Settings,
    /// The workload's chunk name, `@file.lua`.
    pub chunk_name: &'a str,
    /// The workload's source text.
    pub source: &'a [u8],
    /// The argument; `None` if the chunk is a program.
    pub n: Option<u64>,
    /// The arguments of the program: its `arg`, and the values of its chunk.
    pub arguments: &'a [Vec<u8>],
    /// Fixes string hashes and random numbers.
    pub seed: u64,
    /// The heap limit.
    pub max_memory_bytes: Option<u64>,
    /// Where events go, of a process that traces them; such a one is never timed.
    pub events: Option<File>,
    /// What the first run of a program is timed by.
    pub stopwatch: Stopwatch,
}

/// A workload loaded into an engine.
pub struct EngineSubject {
    instance: Box<dyn Instance>,
    /// What the program printed: with a function nothing of interest, else the results of a batch so far.
    output: Rc<RefCell<Vec<u8>>>,
    /// The longest output of one iteration so far.
    longest_output: usize,
    work: Work,
    /// What a program is called with.
    arguments: Vec<HostValue>,
    /// Whether the program has asked for standard input.
    wants_input: Rc<Cell<bool>>,
    first_instruction_ns: u64,
    first: Option<RawSample>,
    events: Option<Events>,
}

/// The events of a process that traces them, and where they go.
struct Events {
    log: Rc<RefCell<EventLog>>,
    file: File,
}

/// The most memory that is set aside for the output of a batch; what is printed past it is collected all the same.
const MOST_RESERVED_OUTPUT_BYTES: usize = 64 << 20;

/// What one iteration calls.
#[derive(Clone, Copy)]
enum Work {
    /// The function that the chunk returned, with the workload's argument; its result is the result.
    Function(FunctionRef, i64),
    /// The chunk itself; its output is the result.
    Program(FunctionRef),
}

impl EngineSubject {
    /// Starts the engine, loads the chunk and calls it once. If it returns a function, that is the workload;
    /// otherwise the chunk is a program, and this run was its first iteration.
    ///
    /// # Errors
    /// [`ChildError`] if any of that fails.
    pub fn load(job: EngineJob) -> Result<EngineSubject, ChildError> {
        let (host, output) = CollectingHost::new();
        let wants_input = host.wants_input();
        let events = job.events.map(|file| Events { log: EventLog::shared(), file });
        let ear = |events: &Events| Box::new(EventTracer(Rc::clone(&events.log))) as Box<dyn EventSink>;
        let mut instance = job
            .engine
            .start(Start {
                settings: job.settings,
                host: Box::new(host),
                sink: events.as_ref().map(ear),
                interrupt: Interrupt::new(),
                limits: Limits { heap_bytes: job.max_memory_bytes, ..Limits::default() },
                seed: job.seed,
            })
            .map_err(from_failure)?;
        let script = job.chunk_name.strip_prefix('@').unwrap_or(job.chunk_name);
        instance.set_arguments(script.as_bytes(), job.arguments).map_err(from_failure)?;
        let chunk = instance.load(job.chunk_name, job.source).map_err(from_failure)?;
        let arguments: Vec<HostValue> = job.arguments.iter().cloned().map(HostValue::String).collect();
        let before = instance.counters();
        let first_instruction_ns = machine::monotonic_ns();
        let (results, wall_ns) = job.stopwatch.time(|| instance.call(chunk, &arguments)).map_err(from_failure)?;
        let printed = std::mem::take(&mut *output.borrow_mut());
        let mut subject = EngineSubject {
            instance,
            output,
            longest_output: printed.len(),
            work: Work::Program(chunk),
            arguments,
            wants_input,
            first_instruction_ns,
            first: None,
            events,
        };
        if let Some(HostValue::Function(function)) = results.first() {
            let Some(n) = job.n else {
                return Err(lua_error(NO_N.to_string()));
            };
            let n = i64::try_from(n).map_err(|_| lua_error(format!("n={n} is no Lua integer")))?;
            subject.work = Work::Function(*function, n);
        } else {
            let counted = Counted::between(&before, &subject.instance.counters());
            subject.first = Some(RawSample { wall_ns, counted, returned: Returned::Text(text_of(&printed)) });
            if let Some(events) = &subject.events {
                events.log.borrow_mut().loading_was_an_iteration();
            }
        }
        subject.check_input()?;
        Ok(subject)
    }

    /// Refuses a program that has asked for standard input: that is the parent's, and a program that found it empty
    /// would be another than the one that was meant.
    fn check_input(&self) -> Result<(), ChildError> {
        if self.wants_input.get() { Err(lua_error(NO_INPUT.to_string())) } else { Ok(()) }
    }
}

/// Said of a chunk that returns a function when nobody has given its argument. `workloads/driver.lua` says the same.
const NO_N: &str = "the chunk returns a function of n, and nothing says which n: give one with --n 200, or write \
                    '-- test: n=200' as the first line of the file";

/// Said of a program that reads standard input. `workloads/driver.lua` says the same.
const NO_INPUT: &str = "the program reads standard input, which it does not have here: let it read a file, named by its \
                        arguments (-- FILE)";

impl Subject for EngineSubject {
    fn first_instruction_ns(&self) -> u64 {
        self.first_instruction_ns
    }

    fn reserve(&mut self, iterations: u32) {
        let mut output = self.output.borrow_mut();
        output.clear();
        if let Work::Program(_) = self.work {
            output.reserve(self.longest_output.saturating_mul(iterations as usize).min(MOST_RESERVED_OUTPUT_BYTES));
        }
    }

    fn run_calls(&mut self, calls: u32) -> Result<String, ChildError> {
        let mut returned = Returned::Text(String::new());
        for _ in 0..calls {
            self.output.borrow_mut().clear();
            returned = match self.work {
                Work::Function(function, n) => {
                    let results = self.instance.call(function, &[HostValue::Integer(n)]);
                    Returned::Values(results.map_err(from_failure)?)
                }
                Work::Program(chunk) => {
                    self.instance.call(chunk, &self.arguments).map_err(from_failure)?;
                    Returned::Printed(0..self.output.borrow().len())
                }
            };
        }
        self.result_text(returned)
    }

    fn iterate(&mut self, stopwatch: Stopwatch) -> Result<RawSample, ChildError> {
        if let Some(events) = &self.events {
            events.log.borrow_mut().begin_iteration();
        }
        let before = self.instance.counters();
        match self.work {
            Work::Function(function, n) => {
                let arguments = [HostValue::Integer(n)];
                let (results, wall_ns) =
                    stopwatch.time(|| self.instance.call(function, &arguments)).map_err(from_failure)?;
                let counted = Counted::between(&before, &self.instance.counters());
                // What a workload prints is not its result.
                self.output.borrow_mut().clear();
                Ok(RawSample { wall_ns, counted, returned: Returned::Values(results) })
            }
            Work::Program(chunk) => {
                let start = self.output.borrow().len();
                let (_, wall_ns) =
                    stopwatch.time(|| self.instance.call(chunk, &self.arguments)).map_err(from_failure)?;
                let counted = Counted::between(&before, &self.instance.counters());
                let end = self.output.borrow().len();
                self.longest_output = self.longest_output.max(end - start);
                Ok(RawSample { wall_ns, counted, returned: Returned::Printed(start..end) })
            }
        }
    }

    fn result_text(&self, returned: Returned) -> Result<String, ChildError> {
        match returned {
            Returned::Text(text) => Ok(text),
            Returned::Values(values) => returned_text(&values),
            Returned::Printed(range) => self
                .output
                .borrow()
                .get(range)
                .map(text_of)
                .ok_or_else(|| engine_bug("the output of an iteration is gone")),
        }
    }

    fn check(&self) -> Result<(), ChildError> {
        self.check_input()
    }

    fn write_events(&mut self) -> anyhow::Result<()> {
        let Some(events) = &mut self.events else { return Ok(()) };
        events.log.borrow_mut().write(&mut events.file).context("cannot write events")
    }

    fn take_first(&mut self) -> Option<RawSample> {
        self.first.take()
    }
}

impl Counted {
    /// What happened between two readings of the counters.
    fn between(before: &Counters, after: &Counters) -> Counted {
        let during = |counter: Counter| after[counter].saturating_sub(before[counter]);
        Counted {
            gc_ns: during(Counter::GcTimeNs),
            compile_ns: during(Counter::CompileTimeNs),
            compiles: during(Counter::CompilationsSucceeded),
            deopts: during(Counter::Deoptimisations),
            code_bytes: after[Counter::CodeBytes],
        }
    }
}

/// Opens a file of the parent's.
///
/// # Errors
/// Those of the file system.
pub fn open_to_append(path: &Path) -> anyhow::Result<File> {
    let open = OpenOptions::new().create(true).append(true).open(path);
    open.with_context(|| format!("cannot write the file '{}'", path.display()))
}

/// Serves requests until the input ends. What goes wrong with the workload is written to the samples file, and the
/// returned value says so; `Ok(true)` is a run without such a failure.
///
/// # Errors
/// If the streams or the samples file fail, or a line is no request.
pub fn serve(
    load: impl FnOnce() -> Result<Box<dyn Subject>, ChildError>,
    stopwatch: Stopwatch,
    samples: &Path,
    input: impl BufRead,
    mut output: impl Write,
) -> anyhow::Result<bool> {
    let mut file = open_to_append(samples)?;
    let mut subject = match load() {
        Ok(subject) => subject,
        Err(error) => return give_up(&mut file, &error),
    };
    writeln!(output, "{}", protocol::ready(subject.first_instruction_ns()))?;
    output.flush()?;
    for line in input.lines() {
        let line = line?;
        let request = Request::parse(&line).with_context(|| format!("unknown request: {line}"))?;
        let ended = match request {
            Request::Run(count) => run_batch(subject.as_mut(), stopwatch, count, &mut file)?,
            Request::Call(calls) => match stopwatch.time(|| subject.run_calls(calls)) {
                Ok((result, _)) => {
                    file.write_all(protocol::called(&result).as_bytes()).context("cannot write the result")?;
                    Ok(())
                }
                Err(error) => Err(error),
            },
        };
        if let Err(error) = ended {
            return give_up(&mut file, &error);
        }
        writeln!(output, "{}", protocol::DONE)?;
        output.flush()?;
    }
    Ok(true)
}

/// Runs `count` iterations and writes what they gave. Samples before a failure are written too.
fn run_batch(
    subject: &mut dyn Subject,
    stopwatch: Stopwatch,
    count: u32,
    file: &mut File,
) -> anyhow::Result<Result<(), ChildError>> {
    let mut samples = Vec::new();
    // Written once, so that the loop below finds the memory present.
    samples.resize_with(count as usize, || None);
    samples.clear();
    samples.extend(subject.take_first().map(Some));
    subject.reserve(count);
    let mut ended = Ok(());
    while samples.len() < count as usize {
        match subject.iterate(stopwatch) {
            Ok(sample) => samples.push(Some(sample)),
            Err(error) => {
                ended = Err(error);
                break;
            }
        }
    }
    ended = ended.and_then(|()| subject.check());
    let mut text = String::new();
    for RawSample { wall_ns, counted, returned } in samples.into_iter().flatten() {
        let result = match subject.result_text(returned) {
            Ok(result) => result,
            Err(error) => {
                ended = Err(error);
                break;
            }
        };
        let Counted { gc_ns, compile_ns, compiles, deopts, code_bytes } = counted;
        Sample { wall_ns, gc_ns, compile_ns, compiles, deopts, code_bytes, result }.encode(&mut text);
    }
    file.write_all(text.as_bytes()).context("cannot write samples")?;
    subject.write_events()?;
    Ok(ended)
}

fn give_up(file: &mut File, error: &ChildError) -> anyhow::Result<bool> {
    file.write_all(error.encode().as_bytes()).context("cannot write the error to the samples file")?;
    Ok(false)
}

/// The first result as Lua's `tostring` writes it.
fn returned_text(results: &[HostValue]) -> Result<String, ChildError> {
    match results.first().unwrap_or(&HostValue::Nil) {
        HostValue::String(bytes) => Ok(text_of(bytes)),
        HostValue::Nil => Ok("nil".to_string()),
        HostValue::Boolean(value) => Ok(value.to_string()),
        HostValue::Integer(value) => Ok(value.to_string()),
        HostValue::Float(value) => Ok(float_to_text(*value)),
        // Its text would be an address.
        other @ (HostValue::Function(_) | HostValue::Opaque(_)) => Err(lua_error(format!(
            "the workload returned a {}: return a string, a number or a boolean, which can be compared",
            other.type_name()
        ))),
    }
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn engine_bug(message: &str) -> ChildError {
    ChildError { outcome: Outcome::EngineBug, message: message.to_string() }
}

fn lua_error(message: String) -> ChildError {
    ChildError { outcome: Outcome::LuaError, message }
}

fn from_failure(failure: Failure) -> ChildError {
    let outcome = match &failure {
        Failure::Lua(_) => Outcome::LuaError,
        Failure::Unsupported(_) => Outcome::Unsupported,
        // Nobody asks a child to stop through its interrupt; the parent ends the process.
        Failure::EngineBug(_) | Failure::Stopped(_) => Outcome::EngineBug,
        Failure::OutOfMemory(_) => Outcome::OutOfMemory,
    };
    ChildError { outcome, message: failure.to_string() }
}

#[cfg(test)]
mod tests;
