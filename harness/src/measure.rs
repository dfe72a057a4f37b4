//! Carrying out a plan: block by block, one process at a time, every row written before the next process starts.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Context;

use crate::contender::{Job, Kind};
use crate::environment;
use crate::interruption::Interruption;
use crate::invocation::{Invocation, Measured, Request};
use crate::outcome::Outcome;
use crate::plan::Plan;
use crate::preset::IterationRule;
use crate::progress::Progress;
use crate::record::Recorder;
use crate::rows::{InvocationRow, IterationRow, Validity, checksum};
use crate::schedule::{Cell, block_seed};

/// The variable that gives every block of a run an environment of another size, and with it another layout of the
/// stack.
const PADDING_VARIABLE: &str = "JITLAB_PADDING";

/// The most bytes of padding.
const MOST_PADDING_BYTES: u64 = 4096;

/// The file in the results folder through which a child hands its samples over. Gone when the child is.
const SAMPLES_FILE: &str = "samples.part";

/// Where one process stands in a run. All count from 1.
#[derive(Debug, Clone, Copy)]
struct Place {
    cell: Cell,
    block: u32,
    seq: u32,
}

/// A samples file for processes that are not recorded.
pub fn scratch_samples() -> PathBuf {
    std::env::temp_dir().join(format!("harness-{}-{SAMPLES_FILE}", std::process::id()))
}

/// Runs one process of `cell`, outside of any recording.
///
/// # Errors
/// Those of [`Request::run`].
pub fn invoke(
    plan: &Plan,
    cell: Cell,
    block: u32,
    rule: IterationRule,
    samples: &Path,
    interruption: &Interruption,
) -> anyhow::Result<Invocation> {
    let contender = &plan.contenders[cell.contender];
    let workload = &plan.workloads[cell.workload];
    let seed = block_seed(plan.seed, block);
    let job = Job {
        workload: plan.workload_path(cell),
        n: workload.n,
        samples,
        seed,
        max_memory_bytes: plan.max_memory_bytes,
        clock: plan.clock,
    };
    let mut command = contender.command(&job)?;
    set_environment(&mut command, seed);
    let request = Request {
        command,
        samples,
        rule,
        clock: plan.clock,
        time_limit: Duration::from_millis(plan.time_limit_ms),
        expected: workload.expected.as_deref(),
        address_space_bytes: match contender.kind {
            // An engine keeps to a heap limit of its own; the workloads in Rust allocate what they are written to.
            Kind::Engine | Kind::Native => None,
            Kind::Yardstick | Kind::Foreign => Some(plan.max_memory_bytes),
        },
    };
    request.run(interruption)
}

/// Lets one contender say what each workload without a known result must give: the baseline, or the first that can
/// run it.
///
/// # Errors
/// If that contender fails, which leaves nothing to compare with; otherwise those of [`invoke`].
pub fn learn_expected_results(plan: &mut Plan, samples: &Path, interruption: &Interruption) -> anyhow::Result<()> {
    for workload in 0..plan.workloads.len() {
        if plan.workloads[workload].expected.is_some() {
            continue;
        }
        let is_baseline = |cell: &&Cell| plan.baseline.as_ref() == Some(&plan.contenders[cell.contender].name);
        let mut candidates: Vec<&Cell> = plan.blocks[0].iter().filter(|cell| cell.workload == workload).collect();
        candidates.sort_by_key(|cell| (!is_baseline(cell), cell.contender));
        let Some(cell) = candidates.first().copied().copied() else { continue };
        let invocation = invoke(plan, cell, 1, IterationRule::exactly(1), samples, interruption)?;
        let name = plan.contenders[cell.contender].name.clone();
        let planned = &mut plan.workloads[workload];
        if invocation.outcome != Outcome::Ok {
            let words = invocation.outcome.words();
            anyhow::bail!("{} on {name}: {words}: {}", planned.name, invocation.reason.replace("\\n", "\n"));
        }
        planned.expected = invocation.samples.into_iter().next().map(|measured| measured.sample.result);
        planned.expected_from = Some(name);
    }
    Ok(())
}

/// Runs the whole plan. A pair that failed once is not run again: its failure is the result.
///
/// # Errors
/// [`crate::problem::Interrupted`] if the user ended it; otherwise those of starting processes and writing rows. What
/// was recorded before stands.
pub fn run(plan: &Plan, recorder: &mut Recorder, interruption: &Interruption) -> anyhow::Result<()> {
    let progress = Progress::new(plan.processes());
    let mut failed = HashSet::new();
    let mut seq = 0;
    for (block, cells) in (1..).zip(&plan.blocks) {
        for cell in cells {
            seq += 1;
            if !failed.contains(cell) {
                let place = Place { cell: *cell, block, seq };
                let outcome = run_and_record(plan, place, recorder, &progress, interruption)?;
                if outcome != Outcome::Ok {
                    failed.insert(*cell);
                }
            }
            progress.done();
        }
    }
    progress.finish();
    Ok(())
}

fn run_and_record(
    plan: &Plan,
    place: Place,
    recorder: &mut Recorder,
    progress: &Progress,
    interruption: &Interruption,
) -> anyhow::Result<Outcome> {
    let contender = &plan.contenders[place.cell.contender];
    let workload = &plan.workloads[place.cell.workload];
    progress.next(&format!("{} on {}", workload.name, contender.label()));
    let samples = recorder.folder().join(SAMPLES_FILE);
    let invocation = invoke(plan, place.cell, place.block, plan.iterations, &samples, interruption)
        .with_context(|| format!("{} on {}", workload.name, contender.label()))?;
    let iterations: Vec<IterationRow> = (1..)
        .zip(&invocation.samples)
        .map(|(iteration, measured)| iteration_row(plan, place, iteration, measured))
        .collect();
    let row = invocation_row(plan, place, &invocation);
    recorder.add(&iterations, &row)?;
    if invocation.outcome.is_failure() {
        let words = invocation.outcome.words();
        progress.say(&format!("{} on {}: {words}: {}", workload.name, contender.label(), invocation.reason));
    }
    Ok(invocation.outcome)
}

/// Gives the child the few variables that it may see, and padding.
fn set_environment(command: &mut Command, seed: u64) {
    command.env_clear().envs(environment::allowed_variables());
    command.env(PADDING_VARIABLE, "x".repeat((seed % MOST_PADDING_BYTES) as usize));
}

/// The size of the environment that [`set_environment`] gives: names, values, and two bytes for each.
fn environment_bytes(seed: u64) -> u64 {
    let allowed: usize =
        environment::allowed_variables().iter().map(|(name, value)| name.len() + value.len() + 2).sum();
    allowed as u64 + PADDING_VARIABLE.len() as u64 + seed % MOST_PADDING_BYTES + 2
}

fn iteration_row(plan: &Plan, place: Place, iteration: u32, measured: &Measured) -> IterationRow {
    let contender = &plan.contenders[place.cell.contender];
    let workload = &plan.workloads[place.cell.workload];
    let sample = &measured.sample;
    // Only an engine of ours tells what else it did.
    let if_told = |value: u64| (contender.kind == Kind::Engine).then_some(value);
    IterationRow {
        run_id: plan.run_id.clone(),
        attempt: 1,
        clock: plan.clock.name().to_string(),
        block: place.block,
        seq: place.seq,
        engine: contender.name.clone(),
        engine_config: contender.engine_config.clone(),
        workload: workload.name.clone(),
        size: plan.size,
        param: workload.n,
        invocation: place.block,
        iteration,
        wall_ns: sample.wall_ns,
        gc_ns: if_told(sample.gc_ns),
        compile_ns: if_told(sample.compile_ns),
        compiles: if_told(sample.compiles),
        deopts: if_told(sample.deopts),
        code_bytes: if_told(sample.code_bytes),
        instr_count: None,
        checksum: checksum(&sample.result),
        valid: match measured.correct {
            Some(true) => Validity::Ok,
            Some(false) => Validity::Wrong,
            None => Validity::Na,
        },
        flags: if measured.first_of_batch { "batch-start".to_string() } else { String::new() },
    }
}

fn invocation_row(plan: &Plan, place: Place, invocation: &Invocation) -> InvocationRow {
    use std::os::unix::process::ExitStatusExt;

    let contender = &plan.contenders[place.cell.contender];
    let usage = invocation.usage;
    let (before, after) = (invocation.before, invocation.after);
    let seed = block_seed(plan.seed, place.block);
    let between = |before: Option<u64>, after: Option<u64>| Some(after?.saturating_sub(before?));
    InvocationRow {
        run_id: plan.run_id.clone(),
        engine: contender.name.clone(),
        engine_config: contender.engine_config.clone(),
        workload: plan.workloads[place.cell.workload].name.clone(),
        size: plan.size,
        invocation: place.block,
        attempt: 1,
        block: place.block,
        seq: place.seq,
        pid: invocation.pid,
        start_utc: invocation.start_utc.clone(),
        start_mono_ns: invocation.start_mono_ns,
        exec_to_first_ns: invocation.exec_to_first_ns,
        exit_kind: invocation.outcome,
        exit_code: invocation.exit.code(),
        signal: invocation.exit.signal(),
        max_rss_bytes: invocation.max_rss_bytes,
        user_ns: usage.map(|usage| usage.user_ns),
        sys_ns: usage.map(|usage| usage.sys_ns),
        minor_faults: usage.map(|usage| usage.minor_faults),
        major_faults: usage.map(|usage| usage.major_faults),
        vol_cs: usage.map(|usage| usage.vol_cs),
        invol_cs: usage.map(|usage| usage.invol_cs),
        steal_ns: between(before.steal_ns, after.steal_ns),
        psi_cpu_some_us: between(before.psi_cpu_some_us, after.psi_cpu_some_us),
        load1_before: before.load1,
        load1_after: after.load1,
        calib_ns_before: before.calib_ns,
        calib_ns_after: after.calib_ns,
        cpu_id: invocation.cpu_id,
        env_bytes: environment_bytes(seed),
        heap_pad: None,
        seed,
        aslr: environment::aslr(),
        stderr_tail: invocation.stderr_tail.clone(),
        reason: invocation.reason.clone(),
    }
}
