//! `harness compare`: measure engines and yardsticks side by side.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use clap::Args;

use super::KnobArguments;
use crate::contender::{Contender, Selection};
use crate::environment::Environment;
use crate::interruption::Interruption;
use crate::machine;
use crate::measure;
use crate::plan::{Plan, Wish};
use crate::preset::Preset;
use crate::problem::{Interrupted, UsageError};
use crate::record::{self, Recorder};
use crate::workload::{self, Size};
use crate::{places, schedule, terminal, yardsticks};

/// The contender that speed-ups refer to when none is named.
const DEFAULT_BASELINE: &str = "lua5.4";

/// The heap of an engine, the address space of a yardstick.
pub const MAX_MEMORY_BYTES: u64 = 2 << 30;

/// Runnable processes for each processor from which a machine counts as busy.
const BUSY_LOAD: f64 = 0.5;

/// Options of `harness compare`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Engines: all, none, or ids joined by commas
    #[arg(long, value_name = "LIST", default_value = "all")]
    engines: String,

    /// Workloads: all, or names and paths of Lua files joined by commas; by default the core ones with --preset quick,
    /// else all
    #[arg(long, value_name = "LIST")]
    workloads: Option<String>,

    /// Yardsticks: none, or joined by commas: auto (all of this build, and native), names, NAME=PATH for any other Lua
    #[arg(long, value_name = "LIST", default_value = "auto")]
    yardsticks: String,

    /// How much effort to make
    #[arg(long, value_enum, default_value_t = Preset::Quick)]
    preset: Preset,

    /// Size of every workload, instead of the preset's
    #[arg(long, value_enum)]
    size: Option<Size>,

    /// Processes for each pair of contender and workload, instead of the preset's number
    #[arg(long, value_name = "N")]
    invocations: Option<u32>,

    /// Exactly so many iterations in each process, instead of the preset's rule
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    iterations: Option<u32>,

    /// The contender that speed-ups refer to [default: lua5.4]
    #[arg(long, value_name = "NAME")]
    baseline: Option<String>,

    #[command(flatten)]
    knobs: KnobArguments,

    /// Decides the order of processes and what varies between them; random by default, always recorded
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Longest wait for one answer of a process, in seconds
    #[arg(long, value_name = "S", default_value_t = 60.0, value_parser = seconds)]
    time_limit: f64,

    /// The results folder, which must not exist [default: results/UTC_TIME-SEED]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Plans, measures, records, and prints the table.
///
/// # Errors
/// [`UsageError`] for what cannot be done as asked, [`Interrupted`] after Ctrl-C; otherwise those of measuring and
/// writing.
pub fn execute(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let interruption = Interruption::listen()?;
    let settings = arguments.knobs.settings();
    let selection = Selection { engines: &arguments.engines, yardsticks: &arguments.yardsticks, settings: &settings };
    let contenders = selection.resolve()?;
    let workloads = workload::select(arguments.workloads.as_deref(), arguments.preset.core_only())?;
    let wish = Wish {
        preset: arguments.preset,
        size: arguments.size,
        invocations: arguments.invocations,
        iterations: arguments.iterations,
        baseline: baseline(&arguments, &contenders)?,
        seed: arguments.seed.unwrap_or_else(schedule::fresh_seed),
        time_limit_ms: (arguments.time_limit * 1000.0).ceil() as u64,
        max_memory_bytes: MAX_MEMORY_BYTES,
    };
    let mut plan = Plan::new(&wish, contenders, &workloads)?;
    let folder = match &arguments.out {
        Some(folder) => folder.clone(),
        None => places::results()?.join(&plan.run_id),
    };
    if folder.exists() {
        return Err(record::exists(&folder).into());
    }
    announce(&plan);
    measure::learn_expected_results(&mut plan, &measure::scratch_samples(), &interruption)?;
    let mut recorder = Recorder::create(&folder, &plan, &Environment::capture())?;
    if let Err(error) = measure::run(&plan, &mut recorder, &interruption) {
        if error.is::<Interrupted>() {
            say_what_stands(&folder);
        }
        return Err(error);
    }
    super::report::publish(&folder, false)
}

/// The baseline's name. One that was asked for must be there; the default may be missing.
fn baseline<'a>(arguments: &'a Arguments, contenders: &[Contender]) -> Result<&'a str, UsageError> {
    let Some(name) = &arguments.baseline else { return Ok(DEFAULT_BASELINE) };
    if contenders.iter().any(|contender| contender.name == *name) {
        return Ok(name);
    }
    Err(UsageError::unknown("baseline", name, contenders.iter().map(|contender| contender.name.as_str())))
}

/// Says what the plan costs, and what is wrong with the build or the selection.
fn announce(plan: &Plan) {
    terminal::note(&plan.cost());
    if plan.baseline.is_none() {
        terminal::note(&format!("{DEFAULT_BASELINE} is not among the contenders: there will be no speed-ups"));
    }
    if let Some(reason) = yardsticks::missing() {
        terminal::note(&format!("some yardsticks are missing from this build: {reason}"));
    }
    if let (Some(load), Ok(processors)) = (machine::load1(), thread::available_parallelism())
        && load > BUSY_LOAD * processors.get() as f64
    {
        terminal::note(&format!(
            "the machine is busy (load {load} on {processors} processors): intervals will be wide; wait, or stop what runs"
        ));
    }
    if cfg!(debug_assertions) {
        terminal::note("this is a build with debug assertions: good for tests, not for times");
    }
}

fn say_what_stands(folder: &Path) {
    let folder = folder.display();
    terminal::note(&format!("what was measured so far is in {folder}; 'harness report {folder}' shows it"));
}

/// Reads a positive number of seconds.
pub fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds.is_finite() => Ok(seconds),
        _ => Err("expected a positive number of seconds".to_string()),
    }
}
