//! `harness compare`: measure engines and yardsticks side by side.

use std::path::Path;
use std::process::ExitCode;
use std::thread;

use anyhow::Context;
use clap::Args;

use super::effort::EffortArguments;
use super::{ContenderArguments, WorkloadArguments};
use crate::error::UsageError;
use crate::machine;
use crate::machine::interruption::Interruption;
use crate::machine::{paths, terminal};
use crate::measure;
use crate::measure::event_trace;
use crate::plan::builds::Build;
use crate::plan::contender::Contender;
use crate::plan::engines::Engines;
use crate::plan::workload_selection;
use crate::plan::yardsticks;
use crate::plan::{Plan, Purpose};
use crate::record::environment::Environment;
use crate::record::load::Folder;
use crate::record::resume;
use crate::record::rows::InvocationRow;
use crate::record::{self, Recorder};

/// The contender that speed-ups refer to when none is named.
pub(super) const DEFAULT_BASELINE: &str = "lua5.4";

/// Runnable processes for each processor from which a machine counts as busy.
const BUSY_LOAD: f64 = 0.5;

/// Options of `harness compare`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    contenders: ContenderArguments,

    #[command(flatten)]
    workloads: WorkloadArguments,

    /// The contender that speed-ups refer to [default: lua5.4]
    #[arg(long, value_name = "NAME")]
    baseline: Option<String>,

    /// Add an A/A arm: every contender once more under the name NAME', to see what error this machine makes
    #[arg(long)]
    aa: bool,

    /// Add an arm that is slower on purpose: every contender once more under the name NAME+PCT%, to see whether this
    /// machine can tell
    #[arg(long, value_name = "PCT", requires = "aa", value_parser = clap::value_parser!(u32).range(1..=1000))]
    slowed: Option<u32>,

    #[command(flatten)]
    effort: EffortArguments,

    /// Go on with the run in --out that was cut off
    #[arg(long, requires = "out", conflicts_with_all = [
        "engines", "workloads", "n", "expect", "ignore_lines", "fresh", "arguments", "preset", "size", "invocations",
        "iterations", "baseline", "jit", "jit_threshold", "settings", "seed", "time_limit", "retries", "budget", "pin",
        "events", "aa", "slowed", "floor", "no_doubling",
    ])]
    resume: bool,
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
    let contenders = arguments.contenders.resolve(engines, arguments.aa, arguments.slowed)?;
    let workloads = workload_selection::select(&arguments.workloads.workloads, arguments.effort.preset.core_only())?;
    let baseline = baseline(&arguments, &contenders)?;
    let wish = arguments.effort.wish(&arguments.workloads, Purpose::Comparison, baseline)?;
    carry_out(Plan::new(&wish, contenders, &workloads)?, &arguments.effort, engines, &interruption)
}

/// Carries a plan out in a new results folder, and prints the table.
///
/// # Errors
/// As for [`execute`].
pub(super) fn carry_out(
    mut plan: Plan,
    effort: &EffortArguments,
    engines: &Engines,
    interruption: &Interruption,
) -> anyhow::Result<ExitCode> {
    let folder = match &effort.out {
        Some(folder) => folder.clone(),
        None => paths::results()?.join(&plan.run_id),
    };
    record::check_place(&folder)?;
    let environment = Environment::capture();
    plan.floor = effort.floor(engines, &environment)?;
    announce(&plan, &environment);
    measure::learn_expected_results(&mut plan, interruption)?;
    let calibration = machine::reference_calibration(plan.pinned_cpu)?;
    plan.calib_ns = Some(calibration.middle_ns);
    plan.most_calib_ns = Some(calibration.most_ns());
    let mut recorder = Recorder::create(&folder, &plan, &environment)?;
    measure_and_publish(&plan, &[], &mut recorder, engines, interruption)
}

/// Goes on with the run in `--out`.
fn resume(arguments: &Arguments, engines: &Engines, interruption: &Interruption) -> anyhow::Result<ExitCode> {
    let folder = arguments.effort.out.as_deref().context("--resume needs --out")?;
    let (mut recorder, Folder { mut plan, environment, invocations, .. }) = Recorder::resume(folder, engines)?;
    let brought = resume::Brought {
        yardsticks: arguments.contenders.resolve_brought(engines)?,
        builds: arguments.contenders.builds.iter().map(|text| Build::read(text)).collect::<Result<_, _>>()?,
    };
    resume::prepare(folder, &mut plan, &environment, &Environment::capture(), &brought)?;
    let there = terminal::count(invocations.rows.len(), "process");
    let verb = if invocations.rows.len() == 1 { "is" } else { "are" };
    terminal::note(&format!("{}: {there} {verb} there already", plan.cost()));
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
    let mut profiles: Vec<(&str, &str)> = plan
        .contenders
        .iter()
        .filter_map(|contender| Some((contender.build.as_deref()?, contender.other_profile.as_deref()?)))
        .collect();
    profiles.dedup();
    for (build, profile) in profiles {
        terminal::note(&format!(
            "the build '{build}' is of the profile '{profile}', this program is not: build both alike to compare them"
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
