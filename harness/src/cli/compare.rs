//! `harness compare`: measure engines and yardsticks side by side.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::thread;

use anyhow::Context;
use clap::Args;

use super::values::{MAX_MEMORY_BYTES, seconds};
use super::{ContenderArguments, WorkloadArguments};
use crate::analyse::Analysis;
use crate::error::UsageError;
use crate::machine;
use crate::machine::interruption::Interruption;
use crate::machine::{paths, terminal};
use crate::measure;
use crate::measure::event_trace;
use crate::plan::builds::Build;
use crate::plan::contender::Contender;
use crate::plan::engines::Engines;
use crate::plan::floor::Floor;
use crate::plan::preset::Preset;
use crate::plan::workload::Size;
use crate::plan::workload_selection;
use crate::plan::{Plan, Wish};
use crate::plan::{schedule, yardsticks};
use crate::record::environment::Environment;
use crate::record::load::{Folder, Recorded};
use crate::record::resume;
use crate::record::rows::InvocationRow;
use crate::record::{self, Recorder};

/// The contender that speed-ups refer to when none is named.
const DEFAULT_BASELINE: &str = "lua5.4";

/// Runnable processes for each processor from which a machine counts as busy.
const BUSY_LOAD: f64 = 0.5;

/// Options of `harness compare`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    contenders: ContenderArguments,

    #[command(flatten)]
    workloads: WorkloadArguments,

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

    /// Every iteration is a process of its own, so that nothing is warm
    #[arg(long, conflicts_with = "iterations")]
    fresh: bool,

    /// The contender that speed-ups refer to [default: lua5.4]
    #[arg(long, value_name = "NAME")]
    baseline: Option<String>,

    /// Decides the order of processes and what varies between them; random by default, always recorded
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Longest wait for one answer of a process, in seconds
    #[arg(long, value_name = "S", default_value_t = 60.0, value_parser = seconds)]
    time_limit: f64,

    /// How often a process that the machine disturbed is run again, instead of the preset's number
    #[arg(long, value_name = "N")]
    retries: Option<u32>,

    /// The time that the run may take, as 90s, 10m or 1.5h: no block starts that would end past it
    #[arg(long, value_name = "TIME", value_parser = duration_ns)]
    budget: Option<u64>,

    /// The processor that every process is bound to: auto, off, or its number
    #[arg(long, value_name = "CPU", default_value = "auto")]
    pin: Pin,

    /// After the last block, trace what compilers do, in one more, untimed process of each pair; presets standard and
    /// careful do so without being asked, unless there is a budget
    #[arg(long)]
    events: bool,

    /// Add an A/A arm: every contender once more under the name NAME', to see what error this machine makes
    #[arg(long)]
    aa: bool,

    /// Add an arm that is slower on purpose: every contender once more under the name NAME+PCT%, to see whether this
    /// machine can tell
    #[arg(long, value_name = "PCT", requires = "aa", value_parser = clap::value_parser!(u32).range(1..=1000))]
    slowed: Option<u32>,

    /// A run with an A/A arm on this machine: differences below its floor are not believed
    #[arg(long, value_name = "DIR")]
    floor: Option<PathBuf>,

    /// The results folder, which must not exist [default: results/UTC_TIME-SEED]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Go on with the run in --out that was cut off
    #[arg(long, requires = "out", conflicts_with_all = [
        "engines", "workloads", "n", "expect", "ignore_lines", "fresh", "arguments", "preset", "size", "invocations", "iterations", "baseline", "jit", "jit_threshold",
        "settings", "seed", "time_limit", "retries", "budget", "pin", "events", "aa", "slowed", "floor",
    ])]
    resume: bool,
}

/// Which processor children are bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pin {
    /// One that this tool chooses.
    Auto,
    /// None.
    Off,
    /// This one.
    Cpu(u32),
}

impl FromStr for Pin {
    type Err = String;

    fn from_str(text: &str) -> Result<Pin, String> {
        match text {
            "auto" => Ok(Pin::Auto),
            "off" => Ok(Pin::Off),
            number => {
                number.parse().map(Pin::Cpu).map_err(|_| "expected auto, off or the number of a processor".into())
            }
        }
    }
}

impl Pin {
    fn resolve(self) -> Result<Option<u32>, UsageError> {
        match self {
            Pin::Auto => Ok(machine::cpu_for_children()),
            Pin::Off => Ok(None),
            Pin::Cpu(cpu) if machine::allowed_cpus().contains(&cpu) => Ok(Some(cpu)),
            Pin::Cpu(cpu) => {
                let allowed: Vec<String> = machine::allowed_cpus().iter().map(u32::to_string).collect();
                Err(UsageError(format!("processor {cpu} is not for this process\nallowed: {}", allowed.join(", "))))
            }
        }
    }
}

/// Plans, measures, records, and prints the table.
///
/// # Errors
/// [`UsageError`] for what cannot be done as asked, [`crate::error::Interrupted`] after Ctrl-C; otherwise those of measuring and
/// writing.
pub fn execute(arguments: Arguments, engines: &Engines) -> anyhow::Result<ExitCode> {
    let interruption = Interruption::listen()?;
    if arguments.resume {
        return resume(&arguments, engines, &interruption);
    }
    let mut plan = make_plan(&arguments, engines)?;
    let folder = match &arguments.out {
        Some(folder) => folder.clone(),
        None => paths::results()?.join(&plan.run_id),
    };
    record::check_place(&folder)?;
    let environment = Environment::capture();
    if let Some(earlier) = &arguments.floor {
        plan.floor = Some(floor_of(earlier, engines, &environment)?);
    }
    announce(&plan, &environment);
    measure::learn_expected_results(&mut plan, &interruption)?;
    plan.calib_ns = Some(machine::reference_calibration_ns(plan.pinned_cpu)?);
    let mut recorder = Recorder::create(&folder, &plan, &environment)?;
    measure_and_publish(&plan, &[], &mut recorder, engines, &interruption)
}

fn make_plan(arguments: &Arguments, engines: &Engines) -> Result<Plan, UsageError> {
    let contenders = arguments.contenders.resolve(engines, arguments.aa, arguments.slowed)?;
    let workloads = workload_selection::select(&arguments.workloads.workloads, arguments.preset.core_only())?;
    let wish = Wish {
        preset: arguments.preset,
        size: arguments.size,
        invocations: arguments.invocations,
        iterations: arguments.iterations,
        n: arguments.workloads.n,
        expect: arguments.workloads.expect,
        ignore_lines: arguments.workloads.ignore_lines.as_deref(),
        arguments: &arguments.workloads.arguments,
        fresh: arguments.fresh,
        baseline: baseline(arguments, &contenders)?,
        seed: arguments.seed.unwrap_or_else(schedule::fresh_seed),
        time_limit_ms: (arguments.time_limit * 1000.0).ceil() as u64,
        max_memory_bytes: MAX_MEMORY_BYTES,
        retries: arguments.retries,
        budget_ns: arguments.budget,
        pinned_cpu: arguments.pin.resolve()?,
        events: arguments.events,
    };
    Plan::new(&wish, contenders, &workloads)
}

/// The floor that the run in `folder` found, if that was on this processor.
fn floor_of(folder: &Path, engines: &Engines, here: &Environment) -> anyhow::Result<Floor> {
    let recorded = Recorded::read(folder, engines)?;
    let floor = Analysis::new(&recorded).own_floor.ok_or_else(|| {
        let (folder, program) = (folder.display(), terminal::program());
        UsageError(format!("'{folder}' has no A/A arm that finished; '{program} compare --aa' makes one"))
    })?;
    if floor.cpu_model != here.machine.cpu_model {
        let folder = folder.display();
        return Err(UsageError(format!("the floor in '{folder}' is of another processor than this one")).into());
    }
    Ok(floor)
}

/// Goes on with the run in `--out`.
fn resume(arguments: &Arguments, engines: &Engines, interruption: &Interruption) -> anyhow::Result<ExitCode> {
    let folder = arguments.out.as_deref().context("--resume needs --out")?;
    let (mut recorder, Folder { mut plan, environment, invocations, .. }) = Recorder::resume(folder, engines)?;
    let brought = resume::Brought {
        yardsticks: arguments.contenders.resolve_brought(engines)?,
        builds: arguments.contenders.builds.iter().map(|text| Build::read(text)).collect::<Result<_, _>>()?,
    };
    resume::prepare(folder, &mut plan, &environment, &Environment::capture(), &brought)?;
    terminal::note(&format!("{}: {} processes are there already", plan.cost(), invocations.rows.len()));
    measure_and_publish(&plan, &invocations.rows, &mut recorder, engines, interruption)
}

fn measure_and_publish(
    plan: &Plan,
    recorded: &[InvocationRow],
    recorder: &mut Recorder,
    engines: &Engines,
    interruption: &Interruption,
) -> anyhow::Result<ExitCode> {
    let measured = measure::run(plan, recorded, recorder, interruption)
        .and_then(|failed| event_trace::run(plan, &failed, recorder.folder(), interruption));
    if let Err(error) = measured {
        say_what_stands(recorder.folder());
        return Err(error);
    }
    super::report::publish(recorder.folder(), false, engines)
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
fn announce(plan: &Plan, environment: &Environment) {
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
    if let Some(reason) = environment.build.why_not_for_times() {
        terminal::note(&format!("this is a build {reason}: good for tests, not for times"));
    }
}

fn say_what_stands(folder: &Path) {
    let (folder, program) = (folder.display(), terminal::program());
    terminal::note(&format!(
        "what was measured so far is in {folder}: '{program} compare --resume --out {folder}' goes on, '{program} \
         report {folder}' shows it"
    ));
}

/// Reads a duration with its unit, `90s`, `10m` or `1.5h`, as nanoseconds; without a unit it is seconds.
fn duration_ns(text: &str) -> Result<u64, String> {
    let (number, unit_s) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) if text.ends_with('h') => (number, 3600.0),
        Some(number) if text.ends_with('m') => (number, 60.0),
        Some(number) => (number, 1.0),
        None => (text, 1.0),
    };
    seconds(number).map(|count| (count * unit_s * 1e9) as u64).map_err(|_| "expected a time as 90s, 10m or 1.5h".into())
}
