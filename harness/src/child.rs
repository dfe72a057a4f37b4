//! The child's side of the protocol: load one workload, then run iterations on request and note what each took.
//!
//! Must know nothing of plans, tables or other contenders. What passes between parent and child is in
//! [`crate::protocol`]; the parent's side is [`crate::invocation`].

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, Write};
use std::path::Path;
use std::rc::Rc;

use anyhow::Context;
use engine_api::{
    Counter, Counters, Engine, Failure, FunctionRef, Instance, Interrupt, Limits, Plain, Settings, Start,
};

use crate::clock::Clock;
use crate::host::CollectingHost;
use crate::outcome::Outcome;
use crate::protocol::{self, ChildError, Sample};

/// Whatever can be iterated.
pub trait Subject {
    /// Runs one iteration, timed by `clock`.
    ///
    /// # Errors
    /// [`ChildError`] if the workload failed; nothing more can be run then.
    fn iterate(&mut self, clock: Clock) -> Result<Sample, ChildError>;

    /// Samples that loading already produced: a program without a function ran once to find that out.
    fn take_first(&mut self) -> Option<Sample> {
        None
    }
}

/// A workload written in Rust.
pub struct NativeSubject {
    /// The function.
    pub function: fn(u64) -> String,
    /// Its argument.
    pub n: u64,
}

impl Subject for NativeSubject {
    fn iterate(&mut self, clock: Clock) -> Result<Sample, ChildError> {
        let (result, wall_ns) = clock.time(|| Ok((self.function)(self.n)))?;
        Ok(Sample { wall_ns, gc_ns: 0, compile_ns: 0, compiles: 0, deopts: 0, code_bytes: 0, result })
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
    /// Fixes string hashes and random numbers.
    pub seed: u64,
    /// The heap limit.
    pub max_memory_bytes: Option<u64>,
    /// What the first run of a program is timed by.
    pub clock: Clock,
}

/// A workload loaded into an engine.
pub struct EngineSubject {
    instance: Box<dyn Instance>,
    output: Rc<RefCell<Vec<u8>>>,
    work: Work,
    first: Option<Sample>,
}

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
        let mut instance = job
            .engine
            .start(Start {
                settings: job.settings,
                host: Box::new(host),
                sink: None,
                interrupt: Interrupt::new(),
                limits: Limits { heap_bytes: job.max_memory_bytes, ..Limits::default() },
                seed: job.seed,
            })
            .map_err(from_failure)?;
        let chunk = instance.load(job.chunk_name, job.source).map_err(from_failure)?;
        let mut subject = EngineSubject { instance, output, work: Work::Program(chunk), first: None };
        // Timed once, not batched: calling a workload's chunk only defines its functions.
        let before = subject.instance.counters();
        let (results, wall_ns) = Clock::Monotonic.time(|| subject.instance.call(chunk, &[])).map_err(from_failure)?;
        if let Some(Plain::Function(function)) = results.first() {
            let Some(n) = job.n else {
                return Err(lua_error("the chunk returns a function, but its header gives no size".to_string()));
            };
            let n = i64::try_from(n).map_err(|_| lua_error(format!("n={n} is no Lua integer")))?;
            subject.work = Work::Function(*function, n);
            subject.output.borrow_mut().clear();
        } else if job.clock == Clock::Monotonic {
            let result = subject.take_output();
            subject.first = Some(sample(wall_ns, result, &before, &subject.instance.counters()));
        }
        Ok(subject)
    }

    fn take_output(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut *self.output.borrow_mut())).into_owned()
    }
}

impl Subject for EngineSubject {
    fn iterate(&mut self, clock: Clock) -> Result<Sample, ChildError> {
        let before = self.instance.counters();
        let (result, wall_ns) = match self.work {
            Work::Function(function, n) => {
                let arguments = [Plain::Integer(n)];
                let (results, wall_ns) =
                    clock.time(|| self.instance.call(function, &arguments)).map_err(from_failure)?;
                // What a workload prints is not its result.
                self.output.borrow_mut().clear();
                (returned_string(results)?, wall_ns)
            }
            Work::Program(chunk) => {
                let (_, wall_ns) = clock
                    .time(|| {
                        self.output.borrow_mut().clear();
                        self.instance.call(chunk, &[])
                    })
                    .map_err(from_failure)?;
                (self.take_output(), wall_ns)
            }
        };
        Ok(sample(wall_ns, result, &before, &self.instance.counters()))
    }

    fn take_first(&mut self) -> Option<Sample> {
        self.first.take()
    }
}

/// Serves requests until the input ends. What goes wrong with the workload is written to the samples file, and the
/// returned value says so; `Ok(true)` is a run without such a failure.
///
/// # Errors
/// If the streams or the samples file fail, or a line is no request.
pub fn serve(
    load: impl FnOnce() -> Result<Box<dyn Subject>, ChildError>,
    clock: Clock,
    samples: &Path,
    input: impl BufRead,
    mut output: impl Write,
) -> anyhow::Result<bool> {
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(samples)
        .with_context(|| format!("cannot write the samples file '{}'", samples.display()))?;
    let mut subject = match load() {
        Ok(subject) => subject,
        Err(error) => return give_up(&mut file, &error),
    };
    writeln!(output, "{}", protocol::READY)?;
    output.flush()?;
    for line in input.lines() {
        let line = line?;
        let count = protocol::parse_run_request(&line).with_context(|| format!("unknown request: {line}"))?;
        if let Err(error) = run_batch(subject.as_mut(), clock, count, &mut file)? {
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
    clock: Clock,
    count: u32,
    file: &mut File,
) -> anyhow::Result<Result<(), ChildError>> {
    let mut samples = Vec::with_capacity(count as usize);
    samples.extend(subject.take_first());
    let mut ended = Ok(());
    while samples.len() < count as usize {
        match subject.iterate(clock) {
            Ok(sample) => samples.push(sample),
            Err(error) => {
                ended = Err(error);
                break;
            }
        }
    }
    let mut text = String::new();
    for sample in &samples {
        sample.encode(&mut text);
    }
    file.write_all(text.as_bytes()).context("cannot write samples")?;
    Ok(ended)
}

fn give_up(file: &mut File, error: &ChildError) -> anyhow::Result<bool> {
    file.write_all(error.encode().as_bytes()).context("cannot write the error to the samples file")?;
    Ok(false)
}

/// The sample of an iteration between two readings of the counters.
fn sample(wall_ns: u64, result: String, before: &Counters, after: &Counters) -> Sample {
    let during = |counter: Counter| after[counter].saturating_sub(before[counter]);
    Sample {
        wall_ns,
        gc_ns: during(Counter::GcTimeNs),
        compile_ns: during(Counter::CompileTimeNs),
        compiles: during(Counter::CompilationsSucceeded),
        deopts: during(Counter::Deoptimisations),
        code_bytes: after[Counter::CodeBytes],
        result,
    }
}

fn returned_string(mut results: Vec<Plain>) -> Result<String, ChildError> {
    let first = if results.is_empty() { Plain::Nil } else { results.swap_remove(0) };
    match first {
        Plain::String(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        other @ (Plain::Nil
        | Plain::Boolean(_)
        | Plain::Integer(_)
        | Plain::Float(_)
        | Plain::Function(_)
        | Plain::Opaque(_)) => Err(lua_error(format!("the workload returned a {}, not a string", other.type_name()))),
    }
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
