//! `harness child`: the other side of a measurement. Hidden, because only a parent speaks its protocol.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use nix::sys::prctl;
use nix::sys::signal::Signal;

use crate::cli::chunk::{Chunk, argument_bytes};
use crate::error::UsageError;
use crate::machine::clock::Stopwatch;
use crate::machine::terminal;
use crate::measure::child::{self, EngineJob, EngineSubject, NativeSubject, Subject};
use crate::measure::protocol::ChildError;
use crate::plan::builds::{Description, PROTOCOL_VERSION};
use crate::plan::engines::Engines;
use crate::plan::knobs::{self, KnobSetting};
use crate::plan::native;

/// Options of `harness child`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Say which protocol this program speaks, and which engines it has, as JSON
    #[arg(long)]
    describe: bool,

    /// The version of the protocol that the parent speaks
    #[arg(long, value_name = "VERSION", required_unless_present = "describe")]
    protocol: Option<u32>,

    /// The engine to run on
    #[arg(long, value_name = "ENGINE", requires = "workload", required_unless_present_any = ["native", "describe"])]
    engine: Option<String>,

    /// The workload's file
    #[arg(long, value_name = "FILE")]
    workload: Option<PathBuf>,

    /// The workload written in Rust to run
    #[arg(long, value_name = "NAME", conflicts_with = "engine", requires = "n")]
    native: Option<String>,

    /// The workload's argument; without it the chunk itself is run
    #[arg(long, value_name = "N")]
    n: Option<u64>,

    /// The file to append samples to
    #[arg(long, value_name = "PATH", required_unless_present = "describe")]
    samples: Option<PathBuf>,

    /// Fixes string hashes and random numbers
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,

    /// The heap limit
    #[arg(long, value_name = "BYTES")]
    max_memory: Option<u64>,

    /// Trace the engine's events and append them to this file
    #[arg(long, value_name = "PATH", requires = "engine")]
    events: Option<PathBuf>,

    /// By how many percent every iteration is made to take longer
    #[arg(long, value_name = "PERCENT", default_value_t = 0)]
    slowed: u32,

    /// Set a knob
    #[arg(long = "set", value_name = "KNOB=VALUE")]
    settings: Vec<KnobSetting>,

    /// The workload's arguments
    #[arg(value_name = "ARGS", last = true)]
    arguments: Vec<OsString>,
}

impl Arguments {
    fn stopwatch(&self) -> Stopwatch {
        Stopwatch { slowdown_percent: self.slowed }
    }
}

/// Serves the parent until its standard input ends.
///
/// # Errors
/// [`UsageError`] for an unknown name; otherwise those of [`child::serve`].
pub fn execute(arguments: Arguments, engines: &Engines) -> anyhow::Result<ExitCode> {
    if arguments.describe {
        terminal::print(&serde_json::to_string(&Description::of(engines))?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let protocol = arguments.protocol.context("--protocol is missing")?;
    if protocol != PROTOCOL_VERSION {
        return Err(UsageError(format!(
            "this program speaks version {PROTOCOL_VERSION} of the child protocol, it was asked for version {protocol}"
        ))
        .into());
    }
    let samples = arguments.samples.as_deref().context("--samples is missing")?;
    // A parent that is killed takes its child along. Without this the child would still end at the end of its input.
    prctl::set_pdeathsig(Signal::SIGKILL).context("cannot ask to end with the parent")?;
    let stdin = io::stdin().lock();
    let ended_well = match arguments.native.clone() {
        Some(name) => {
            let function = native::find(&name).ok_or_else(|| UsageError(format!("'{name}' is not written in Rust")))?;
            let n = arguments.n.context("--native needs --n")?;
            let load = || Ok(Box::new(NativeSubject { function, n }) as Box<dyn Subject>);
            child::serve(load, arguments.stopwatch(), samples, stdin, io::stdout())?
        }
        None => {
            let load = load_engine(&arguments, engines)?;
            child::serve(load, arguments.stopwatch(), samples, stdin, io::stdout())?
        }
    };
    Ok(if ended_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Resolves every name, so that what is left to [`child::serve`] is the engine's and the program's doing.
fn load_engine<'a>(
    arguments: &'a Arguments,
    engines: &Engines,
) -> anyhow::Result<impl FnOnce() -> Result<Box<dyn Subject>, ChildError> + use<'a>> {
    let id = arguments.engine.as_deref().context("--engine is missing")?;
    let engine = engines.named(id)?;
    let settings = knobs::resolve_one(engines, engine.info(), &arguments.settings)?;
    let events = arguments.events.as_deref().map(child::open_to_append).transpose()?;
    let chunk = Chunk::read(arguments.workload.as_deref().context("--workload is missing")?)?;
    let program_arguments = argument_bytes(&arguments.arguments);
    Ok(move || {
        let subject = EngineSubject::load(EngineJob {
            engine,
            settings,
            chunk_name: &chunk.name,
            source: &chunk.source,
            n: arguments.n,
            arguments: &program_arguments,
            seed: arguments.seed,
            max_memory_bytes: arguments.max_memory,
            events,
            stopwatch: arguments.stopwatch(),
        })?;
        Ok(Box::new(subject) as Box<dyn Subject>)
    })
}
