//! The trace of what compilers do: after the last block, one more process of each pair of a compiling engine and a workload
//! records its events. It is evidence beside the times and never one of them: nothing that it took is recorded.
//!
//! The child's side is [`crate::measure::events::log`]; what is made of it is in [`crate::analyse`].

use std::collections::HashSet;
use std::path::Path;

use anyhow::Context;

use crate::machine::interruption::Interruption;
use crate::machine::progress::Progress;
use crate::measure;
use crate::measure::events::log::{self, EventEntry};
use crate::measure::invocation::SamplesFile;
use crate::plan::Plan;
use crate::plan::schedule::Cell;
use crate::record;
use crate::record::outcome::Outcome;
use crate::record::rows::{EventRow, Row};

/// Traces every pair that the plan wants and that is not in `failed`, and writes the events; all of them at once, so that
/// a run that is killed meanwhile traces again when it goes on. Nothing if that was done already.
///
/// # Errors
/// [`crate::error::Interrupted`] if the user ended it; otherwise those of starting processes and of writing.
pub fn run(plan: &Plan, failed: &HashSet<Cell>, folder: &Path, interruption: &Interruption) -> anyhow::Result<()> {
    let cells = plan.traced();
    if cells.is_empty() || folder.join(EventRow::FILE).is_file() {
        return Ok(());
    }
    let progress = Progress::new(cells.len());
    let mut rows = Vec::new();
    for (place, cell) in (1..).zip(cells) {
        if !failed.contains(&cell) {
            let (contender, workload) = (&plan.contenders[cell.contender], &plan.workloads[cell.workload]);
            progress.next(&format!("tracing {} on {}", workload.name, contender.label()));
            let entries = trace(plan, cell, &progress, interruption)
                .with_context(|| format!("{} on {}", workload.name, contender.label()))?;
            rows.extend(entries.into_iter().map(|entry| row(plan, cell, entry)));
        }
        progress.done(place);
    }
    progress.finish();
    record::write_table(folder, &rows)
}

fn trace(plan: &Plan, cell: Cell, progress: &Progress, interruption: &Interruption) -> anyhow::Result<Vec<EventEntry>> {
    let samples = SamplesFile::new()?;
    let mut events = SamplesFile::new()?;
    let command = measure::command(plan, cell, 1, &samples, Some(&events.path()))?;
    let invocation = measure::request(plan, cell, plan.iterations, command, samples)?.run(interruption)?;
    if invocation.outcome != Outcome::Ok {
        let (contender, workload) = (&plan.contenders[cell.contender], &plan.workloads[cell.workload]);
        let words = invocation.outcome.words();
        progress.say(&format!("tracing {} on {}: {words}: {}", workload.name, contender.label(), invocation.reason));
    }
    log::read(&events.read_from(0)?).context("cannot read the events of the child")
}

fn row(plan: &Plan, cell: Cell, entry: EventEntry) -> EventRow {
    let contender = &plan.contenders[cell.contender];
    EventRow {
        run_id: plan.run_id.clone(),
        engine: contender.name.clone(),
        engine_id: contender.engine_id.clone(),
        build: contender.build.clone().unwrap_or_default(),
        engine_config: contender.engine_config.clone(),
        workload: plan.workloads[cell.workload].name.clone(),
        size: plan.size,
        iteration: entry.iteration,
        t_ns: entry.t_ns,
        kind: entry.kind,
        unit: entry.unit,
        function: entry.function,
        line: entry.line,
        pc: entry.pc,
        bytes_in: entry.bytes_in,
        bytes_out: entry.bytes_out,
        dur_ns: entry.dur_ns,
        reason: entry.reason,
        count: entry.count,
    }
}
