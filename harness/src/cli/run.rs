//! `harness run`: run a Lua program as the stand-alone `lua` does, on an engine of choice. Standard output belongs to
//! the program; everything the tool says goes to standard error.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{self, ExitCode};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use engine_api::counter::Group;
use engine_api::{
    Counter, Counters, Engine, EngineInfo, EventSink, Failure, FunctionRef, HostValue, Instance, Interrupt, Limits,
    Settings, Start, StopReason,
};

use super::KnobArguments;
use super::values::{seconds, size};
use crate::cli::chunk::{Chunk, argument_bytes};
use crate::cli::program_failure;
use crate::error::UsageError;
use crate::inspect::code_name::{CodeNames, Jitdump};
use crate::inspect::trace::{LogLevel, Trace, TraceFormat};
use crate::machine;
use crate::machine::interruption::Interruption;
use crate::machine::terminal;
use crate::measure::events::Tally;
use crate::measure::host::ProcessHost;
use crate::plan::engines::Engines;
use crate::plan::{knobs, schedule};

/// How long after its time a program may take to stop by itself.
const GRACE: Duration = Duration::from_secs(2);

/// Stands for standard error where a file can be named.
const TO_STANDARD_ERROR: &str = "-";

const PROGRAM_ARGUMENTS: &str =
    "Options of harness stand before the file or directly behind it. The program's arguments begin
with the first word that is none of them, or behind --, and nothing in them is read here:

  harness run --engine ENGINE program.lua one --two
  harness run program.lua --engine ENGINE -- --seed 7      --seed is the program's";

/// Options of `harness run`.
#[derive(Debug, Args)]
#[command(after_help = PROGRAM_ARGUMENTS)]
pub struct Arguments {
    /// The Lua program
    #[arg(value_name = "FILE.lua")]
    file: PathBuf,

    /// The engine to run it on
    #[arg(long, value_name = "ENGINE")]
    engine: Option<String>,

    #[command(flatten)]
    knobs: KnobArguments,

    /// Write counters to standard error at the end
    #[arg(long)]
    stats: bool,

    /// Say what the engine's compilers do and why: each change of a unit, where compiled code is left, what never became
    /// hot. To standard error, or to a file
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = TO_STANDARD_ERROR)]
    trace_jit: Option<PathBuf>,

    /// In which form that is written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = TraceFormat::Text)]
    trace_format: TraceFormat,

    /// Name compiled code for perf and samply in a map, which they look for in /tmp
    #[arg(long)]
    perf_map: bool,

    /// Name compiled code for `perf inject --jit` in a jitdump in this folder, with the code and its lines
    #[arg(long, value_name = "DIR")]
    jitdump: Option<PathBuf>,

    /// How much of that to say; trace is the same as --trace-jit
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = LogLevel::Error)]
    log_level: LogLevel,

    /// Stop the program after so many seconds
    #[arg(long, value_name = "S", value_parser = seconds)]
    max_seconds: Option<f64>,

    /// Let the program's heap hold at most so many bytes; without it, half of what a limit on the address space leaves
    #[arg(long, value_name = "BYTES", value_parser = size)]
    max_memory: Option<u64>,

    /// Fix string hashes and random numbers, so that a run repeats exactly
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Arguments of the program
    #[arg(value_name = "ARGS", trailing_var_arg = true, allow_hyphen_values = true)]
    program_arguments: Vec<OsString>,
}

/// Runs the program.
///
/// # Errors
/// [`UsageError`] for an unknown engine or knob or a file that cannot be read. What the program does wrong is an exit
/// status.
pub fn execute(arguments: Arguments, engines: &Engines) -> anyhow::Result<ExitCode> {
    let engine = engines.named_or_default(arguments.engine.as_deref())?;
    let settings = knobs::resolve_one(engines, engine.info(), &arguments.knobs.settings())?;
    let chunk = Chunk::read(&arguments.file)?;
    let interrupt = Interrupt::new();
    stop_when_asked(&arguments, &interrupt)?;
    let level = if arguments.trace_jit.is_some() { LogLevel::Trace } else { arguments.log_level };
    // Without a listener events cost nothing.
    let listens = level > LogLevel::Error || arguments.stats;
    let file = arguments.trace_jit.as_deref().filter(|file| *file != Path::new(TO_STANDARD_ERROR));
    let (tracer, trace, seen) = Trace::sink(Trace::new(level, arguments.trace_format, file)?);
    let (dump, dump_file) = arguments.jitdump.as_deref().map(Jitdump::create).transpose()?.unzip();
    let sink: Option<Box<dyn EventSink>> = match arguments.perf_map || dump.is_some() {
        true => Some(Box::new(CodeNames::new(Box::new(tracer), arguments.perf_map, dump)?)),
        false => listens.then(|| Box::new(tracer) as Box<dyn EventSink>),
    };
    let host = Box::new(ProcessHost::with_code_names(dump_file));
    let mut instance = match start(engine, settings, &arguments, interrupt, host, sink) {
        Ok(instance) => instance,
        Err(failure) => return Ok(program_failure::report(&failure, &chunk.source)),
    };
    let (main, result) = run_program(instance.as_mut(), &arguments, &chunk);
    // As in `lua`, finalisers run after an error as well, but not in a state that was stopped or is broken.
    let closing = match &result {
        Ok(()) | Err(Failure::Lua(_)) => instance.close(),
        Err(Failure::Unsupported(_) | Failure::EngineBug(_) | Failure::Stopped(_) | Failure::OutOfMemory(_)) => Ok(()),
    };
    let counters = instance.counters();
    let progress = main.map(|main| instance.progress(main)).unwrap_or_default();
    // The program's output is complete before anything is said about it.
    drop(instance);
    let failures = [result, closing].into_iter().filter_map(Result::err);
    let code = failures.fold(ExitCode::SUCCESS, |_, failure| program_failure::report(&failure, &chunk.source));
    trace.borrow_mut().finish(&progress).context("cannot write the trace")?;
    if arguments.stats {
        terminal::note(statistics(engine.info(), &counters, &seen.borrow()).trim_end());
    }
    Ok(code)
}

fn start(
    engine: &dyn Engine,
    settings: Settings,
    arguments: &Arguments,
    interrupt: Interrupt,
    host: Box<ProcessHost>,
    sink: Option<Box<dyn EventSink>>,
) -> Result<Box<dyn Instance>, Failure> {
    engine.start(Start {
        settings,
        host,
        sink,
        interrupt,
        limits: Limits {
            heap_bytes: arguments.max_memory.or_else(machine::affordable_heap_bytes),
            ..Limits::default()
        },
        seed: arguments.seed.unwrap_or_else(schedule::fresh_seed),
    })
}

/// Runs the program; gives its main function too, if there is one.
fn run_program(
    instance: &mut dyn Instance,
    arguments: &Arguments,
    chunk: &Chunk,
) -> (Option<FunctionRef>, Result<(), Failure>) {
    let program_arguments = argument_bytes(&arguments.program_arguments);
    let script: &OsStr = arguments.file.as_os_str();
    let main = match instance.set_arguments(script.as_bytes(), &program_arguments) {
        Ok(()) => instance.load(&chunk.name, &chunk.source),
        Err(failure) => Err(failure),
    };
    let main = match main {
        Ok(main) => main,
        Err(failure) => return (None, Err(failure)),
    };
    let values: Vec<HostValue> = program_arguments.into_iter().map(HostValue::String).collect();
    (Some(main), instance.call(main, &values).map(drop))
}

/// Sets the interrupt when the time is up, or at Ctrl-C.
fn stop_when_asked(arguments: &Arguments, interrupt: &Interrupt) -> anyhow::Result<()> {
    let on_request = interrupt.clone();
    Interruption::listen()?.on_request(move || on_request.request(Interrupt::STOP_REQUEST));
    if let Some(seconds) = arguments.max_seconds {
        let on_time = interrupt.clone();
        let limit = Duration::try_from_secs_f64(seconds)
            .map_err(|_| UsageError(format!("--max-seconds {seconds} is more than a clock can count")))?;
        // Nobody waits for this thread: it ends with the process.
        thread::spawn(move || {
            thread::sleep(limit);
            on_time.request(Interrupt::STOP_TIME);
            // A program that waits for a file or another process does not hear that.
            thread::sleep(GRACE);
            process::exit(program_failure::report_stop(StopReason::Time));
        });
    }
    Ok(())
}

/// The counters that the engine has, a group below each heading, with the rates that follow from them, and what became of
/// units of each kind.
fn statistics(engine: &EngineInfo, counters: &Counters, seen: &Tally) -> String {
    let mut text = String::new();
    for group in Group::ALL {
        if engine.unit_of_compilation.is_none() && !group.is_of_interpreters() {
            continue;
        }
        text.push_str(&format!("{}:\n", group.name()));
        for counter in Counter::ALL.iter().filter(|counter| counter.group() == *group) {
            text.push_str(&format!("  {}: {}\n", counter.name(), counters[*counter]));
            if *counter == Counter::CompilationsDeclined {
                for (reason, count) in &seen.declined {
                    text.push_str(&format!("    {reason}: {count}\n"));
                }
            }
            if let Some((name, rate)) = rate_behind(*counter, counters) {
                text.push_str(&format!("  {name}: {rate}\n"));
            }
        }
    }
    let by_kind = seen.by_kind();
    if !by_kind.is_empty() {
        text.push_str(&format!("units:\n{}", by_kind.lines().map(|line| format!("  {line}\n")).collect::<String>()));
    }
    text
}

/// The rate that is told behind a counter.
fn rate_behind(counter: Counter, counters: &Counters) -> Option<(&'static str, String)> {
    if counter == Counter::CacheMisses {
        let (hits, misses) = (counters[Counter::CacheHits], counters[Counter::CacheMisses]);
        Some(("cache_hit_rate", ratio(hits, hits + misses)))
    } else if counter == Counter::CompileTimeNs {
        let (total_ns, count) = (counters[Counter::CompileTimeNs], counters[Counter::CompilationsSucceeded]);
        Some(("compile_time_mean_ns", ratio(total_ns, count)))
    } else {
        None
    }
}

/// `part / whole` with three decimals; a dash of nothing.
fn ratio(part: u64, whole: u64) -> String {
    if whole == 0 { "-".to_string() } else { format!("{:.3}", part as f64 / whole as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERPRETER: EngineInfo = EngineInfo {
        id: "test",
        version: "0",
        summary: "",
        family: engine_api::Family::BytecodeInterpreter,
        unit_of_compilation: None,
        deoptimises: false,
        knobs: &[],
    };

    #[test]
    fn statistics_have_the_counters_of_the_engine_and_the_rates() {
        let mut counters = Counters::default();
        counters[Counter::CacheHits] = 3;
        counters[Counter::CacheMisses] = 1;
        let mut seen = Tally::default();
        seen.declined.insert("too large".to_string(), 2);
        let compiling = EngineInfo { unit_of_compilation: Some("loop"), ..INTERPRETER };
        let text = statistics(&compiling, &counters, &seen);
        assert!(Counter::ALL.iter().all(|counter| text.contains(&format!("{}: ", counter.name()))));
        assert!(text.contains("cache_hit_rate: 0.750\n"));
        assert!(text.contains("  too large: 2\n"));
        assert!(text.contains("compile_time_mean_ns: -\n"));
        let text = statistics(&INTERPRETER, &counters, &Tally::default());
        assert!(text.contains("executions: 0\n") && !text.contains("compil"), "{text}");
    }
}
