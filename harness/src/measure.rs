//! Carrying out a plan: one process at a time, as the queue says, every row written before the next process starts.
//!
//! [`invocation`] is the parent's side of one process, [`child`] the child's, [`protocol`] what passes between them,
//! [`host`] the world that an engine sees; [`event_trace`] records what compilers do, untimed. Nothing here knows what
//! is made of the rows.

pub mod invocation;

pub mod protocol;

pub mod child;

pub mod host;

pub mod events;

pub mod event_trace;

pub mod disturbance;

pub mod doctor;

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Context;

use crate::machine::interruption::Interruption;
use crate::machine::progress::Progress;
use crate::machine::terminal;
use crate::measure::invocation::{BatchRule, Invocation, Measured, Request, SamplesFile};
use crate::plan::Plan;
use crate::plan::contender::{Job, Kind};
use crate::plan::expectation::{Expect, IgnoredLines};
use crate::plan::preset::IterationRule;
use crate::plan::schedule::{Cell, block_seed};
use crate::record::Recorder;
use crate::record::doubling;
use crate::record::environment;
use crate::record::load;
use crate::record::outcome::Outcome;
use crate::record::rows::{InvocationRow, IterationRow, checksum};
use crate::record::work_queue::{Step, WorkQueue};

/// The variable that gives every block of a run an environment of another size, and with it another layout of the
/// stack.
const PADDING_VARIABLE: &str = "JITLAB_PADDING";

/// The most bytes of padding.
const MOST_PADDING_BYTES: u64 = 4096;

/// Runs one process of `cell`, outside of any recording.
///
/// # Errors
/// If the workload's file is not the planned one any more; otherwise those of [`Request::run`].
pub fn invoke(
    plan: &Plan,
    cell: Cell,
    block: u32,
    rule: IterationRule,
    interruption: &Interruption,
) -> anyhow::Result<Invocation> {
    let samples = SamplesFile::new()?;
    let command = command(plan, cell, block, &samples, None)?;
    request(plan, cell, rule, command, samples)?.run(interruption)
}

/// The command of the process of `cell` in `block`, with its environment, if the workload's file is still the planned
/// one. A process with a file for `events` traces them.
pub(crate) fn command(
    plan: &Plan,
    cell: Cell,
    block: u32,
    samples: &SamplesFile,
    events: Option<&Path>,
) -> anyhow::Result<Command> {
    let contender = &plan.contenders[cell.contender];
    let workload = &plan.workloads[cell.workload];
    workload.read_source()?;
    let seed = block_seed(plan.seed, block);
    let job = Job {
        workload: plan.workload_path(cell),
        n: workload.n,
        samples: &samples.path(),
        seed,
        max_memory_bytes: plan.max_memory_bytes,
        clock: plan.clock_of(cell.contender),
        is_single: plan.fresh,
        arguments: &plan.arguments,
        events,
    };
    let mut command = contender.command(&job)?;
    set_environment(&mut command, seed);
    Ok(command)
}

/// What the process that `command` starts is asked for.
pub(crate) fn request(
    plan: &Plan,
    cell: Cell,
    rule: IterationRule,
    command: Command,
    samples: SamplesFile,
) -> anyhow::Result<Request<'_>> {
    let contender = &plan.contenders[cell.contender];
    let ignored = plan.ignore_lines.as_deref().map(IgnoredLines::new).transpose()?;
    Ok(Request {
        command,
        samples,
        rule,
        clock: plan.clock_of(cell.contender),
        time_limit: Duration::from_millis(plan.time_limit_ms),
        expected: plan.expectation(cell),
        ignored,
        batch: match plan.times_batches(cell.contender) {
            false => BatchRule::None,
            true if plan.fresh => BatchRule::WholeProcess,
            true => BatchRule::Calls,
        },
        address_space_bytes: match contender.kind {
            // An engine keeps to a heap limit of its own; the workloads in Rust allocate what they are written to.
            Kind::Engine | Kind::Native => None,
            Kind::Yardstick | Kind::Foreign => Some(plan.max_memory_bytes),
        },
        cpu: plan.pinned_cpu,
    })
}

/// How many contenders may run into the time limit before nobody is asked any more what a workload must give.
const MOST_TIMEOUTS: u32 = 2;

/// Lets a contender say what each workload without a known result must give: the baseline, or else the first that
/// comes to an end with it. If none does, or two of them do not end at all, nothing is expected: how each failed stands
/// in its own row then.
///
/// # Errors
/// Those of [`invoke`].
pub fn learn_expected_results(plan: &mut Plan, interruption: &Interruption) -> anyhow::Result<()> {
    if plan.expect == Expect::None {
        return Ok(());
    }
    for workload in 0..plan.workloads.len() {
        if plan.workloads[workload].expected.is_some() {
            continue;
        }
        let is_baseline = |cell: &Cell| plan.baseline.as_ref() == Some(&plan.contenders[cell.contender].name);
        let mut candidates = plan.blocks[0].clone();
        candidates.retain(|cell| cell.workload == workload);
        candidates.sort_by_key(|cell| (!is_baseline(cell), cell.contender));
        let mut timeouts = 0;
        for cell in candidates {
            let invocation = invoke(plan, cell, 1, IterationRule::exactly(1), interruption)?;
            match invocation.outcome {
                Outcome::Ok => {}
                // What does not end here may end elsewhere; but each try takes the whole time limit.
                Outcome::Timeout if timeouts == MOST_TIMEOUTS - 1 => break,
                Outcome::Timeout => {
                    timeouts += 1;
                    continue;
                }
                _failed => continue,
            }
            let name = plan.contenders[cell.contender].name.clone();
            let planned = &mut plan.workloads[workload];
            planned.expected = invocation.samples.into_iter().next().map(|measured| measured.sample.result);
            planned.expected_from = Some(name);
            break;
        }
    }
    Ok(())
}

/// Runs what is left of the plan after `recorded`, the rows that there are already.
///
/// # Errors
/// [`crate::error::Interrupted`] if the user ended it; otherwise those of starting processes and writing rows. What
/// was recorded before stands.
///
/// Returns the pairs that failed.
pub fn run(
    plan: &Plan,
    recorded: &[InvocationRow],
    recorder: &mut Recorder,
    interruption: &Interruption,
) -> anyhow::Result<HashSet<Cell>> {
    let mut queue = WorkQueue::new(plan);
    let mut is_doubled = extend(plan, recorder, &mut queue)? > 0;
    let progress = Progress::new(plan.processes());
    for row in recorded {
        let step = queue.next_step().context("there are more rows than the plan asks for")?;
        queue.add(step, row);
        progress.already_done(u64::from(step.seq));
    }
    loop {
        while let Some(step) = queue.next_step() {
            let row = run_and_record(plan, step, recorder, &progress, interruption)?;
            queue.add(step, &row);
            progress.done(u64::from(step.seq));
        }
        let more = if is_doubled { 0 } else { extend(plan, recorder, &mut queue)? };
        if more == 0 {
            break;
        }
        is_doubled = true;
        progress.extend(more);
        let processes = terminal::count(more, "process");
        progress
            .say(&format!("some pairs have modes: {processes} more, as many blocks again of these and their baseline"));
    }
    recorder.finish()?;
    progress.finish();
    Ok(queue.into_failed())
}

/// Adds the blocks that the rows so far ask for behind the planned ones; returns how many processes that is.
fn extend(plan: &Plan, recorder: &Recorder, queue: &mut WorkQueue) -> anyhow::Result<usize> {
    let (invocations, iterations) = load::rows_so_far(recorder.folder())?;
    let blocks = doubling::blocks(plan, &invocations, &iterations);
    let processes = blocks.iter().map(Vec::len).sum();
    if processes > 0 {
        queue.extend(blocks);
    }
    Ok(processes)
}

fn run_and_record(
    plan: &Plan,
    step: Step,
    recorder: &mut Recorder,
    progress: &Progress,
    interruption: &Interruption,
) -> anyhow::Result<InvocationRow> {
    let contender = &plan.contenders[step.cell.contender];
    let workload = &plan.workloads[step.cell.workload];
    progress.next(&format!("{} on {}", workload.name, contender.label()));
    let invocation = invoke(plan, step.cell, step.block, plan.iterations, interruption)
        .with_context(|| format!("{} on {}", workload.name, contender.label()))?;
    let iterations: Vec<IterationRow> = (1..)
        .zip(&invocation.samples)
        .map(|(iteration, measured)| iteration_row(plan, step, iteration, measured))
        .collect();
    let mut row = invocation_row(plan, step, &invocation);
    row.flags = disturbance::flags(&row, plan.most_calib_ns);
    recorder.add(&iterations, &row)?;
    if invocation.outcome.is_failure() {
        let words = invocation.outcome.words();
        progress.say(&format!("{} on {}: {words}: {}", workload.name, contender.label(), invocation.reason));
    }
    Ok(row)
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

fn iteration_row(plan: &Plan, step: Step, iteration: u32, measured: &Measured) -> IterationRow {
    let contender = &plan.contenders[step.cell.contender];
    let workload = &plan.workloads[step.cell.workload];
    let sample = &measured.sample;
    // Only an engine of ours tells what else it did.
    let if_told = |value: u64| (contender.kind == Kind::Engine).then_some(value);
    IterationRow {
        run_id: plan.run_id.clone(),
        attempt: step.attempt,
        clock: plan.clock_of(step.cell.contender).name().to_string(),
        block: step.block,
        seq: step.seq,
        engine: contender.name.clone(),
        engine_id: contender.engine_id.clone(),
        build: contender.build.clone().unwrap_or_default(),
        engine_config: contender.engine_config.clone(),
        workload: workload.name.clone(),
        size: plan.size,
        param: workload.n,
        invocation: step.block,
        iteration,
        wall_ns: sample.wall_ns,
        gc_ns: if_told(sample.gc_ns),
        compile_ns: if_told(sample.compile_ns),
        compiles: if_told(sample.compiles),
        deopts: if_told(sample.deopts),
        code_bytes: if_told(sample.code_bytes),
        checksum: checksum(&sample.result),
        valid: measured.valid,
        flags: if measured.first_of_batch { "batch-start".to_string() } else { String::new() },
    }
}

fn invocation_row(plan: &Plan, step: Step, invocation: &Invocation) -> InvocationRow {
    use std::os::unix::process::ExitStatusExt;

    let contender = &plan.contenders[step.cell.contender];
    let usage = invocation.usage;
    let (before, after) = (invocation.before, invocation.after);
    let seed = block_seed(plan.seed, step.block);
    let between = |before: Option<u64>, after: Option<u64>| Some(after?.saturating_sub(before?));
    InvocationRow {
        run_id: plan.run_id.clone(),
        engine: contender.name.clone(),
        engine_id: contender.engine_id.clone(),
        build: contender.build.clone().unwrap_or_default(),
        engine_config: contender.engine_config.clone(),
        workload: plan.workloads[step.cell.workload].name.clone(),
        size: plan.size,
        invocation: step.block,
        attempt: step.attempt,
        block: step.block,
        seq: step.seq,
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
        seed,
        aslr: environment::aslr(),
        stderr_tail: invocation.stderr_tail.clone(),
        reason: invocation.reason.clone(),
        iterations: u32::try_from(invocation.samples.len()).ok(),
        batch_calls: invocation.batch.map(|batch| batch.calls),
        batch_ns: invocation.batch.map(|batch| batch.elapsed_ns),
        duration_ns: Some(invocation.duration_ns),
        run_delay_ns: invocation.run_delay_ns,
        psi_memory_some_us: between(before.psi_memory_some_us, after.psi_memory_some_us),
        psi_io_some_us: between(before.psi_io_some_us, after.psi_io_some_us),
        flags: String::new(),
    }
}

#[cfg(test)]
mod tests;
