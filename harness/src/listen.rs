//! Listening to compilers: after the last block, one more process of each pair of a compiling engine and a workload,
//! with a listener. It is evidence beside the times and never one of them: nothing that it took is recorded.
//!
//! The child's side is [`crate::events::log`]; what is made of it is in [`crate::analyse`].

use std::collections::HashSet;
use std::path::Path;

use anyhow::Context;

use crate::events::log::{self, Heard};
use crate::interruption::Interruption;
use crate::invocation::SamplesFile;
use crate::measure;
use crate::outcome::Outcome;
use crate::plan::Plan;
use crate::progress::Progress;
use crate::record;
use crate::rows::{EventRow, Row};
use crate::schedule::Cell;

/// Listens to every pair that the plan wants and that is not in `failed`, and writes what was heard; all of it at once,
/// so that a run that is killed meanwhile listens again when it goes on. Nothing if that was done already.
///
/// # Errors
/// [`crate::error::Interrupted`] if the user ended it; otherwise those of starting processes and of writing.
pub fn run(plan: &Plan, failed: &HashSet<Cell>, folder: &Path, interruption: &Interruption) -> anyhow::Result<()> {
    let cells = plan.listened();
    if cells.is_empty() || folder.join(EventRow::FILE).is_file() {
        return Ok(());
    }
    let progress = Progress::new(cells.len());
    let mut rows = Vec::new();
    for (place, cell) in (1..).zip(cells) {
        if !failed.contains(&cell) {
            let (contender, workload) = (&plan.contenders[cell.contender], &plan.workloads[cell.workload]);
            progress.next(&format!("listening to {} on {}", workload.name, contender.label()));
            let heard = listen_to(plan, cell, &progress, interruption)
                .with_context(|| format!("{} on {}", workload.name, contender.label()))?;
            rows.extend(heard.into_iter().map(|heard| row(plan, cell, heard)));
        }
        progress.done(place);
    }
    progress.finish();
    record::write_table(folder, &rows)
}

fn listen_to(plan: &Plan, cell: Cell, progress: &Progress, interruption: &Interruption) -> anyhow::Result<Vec<Heard>> {
    let samples = SamplesFile::new()?;
    let mut events = SamplesFile::new()?;
    let mut command = measure::command(plan, cell, 1, &samples)?;
    command.arg("--events").arg(events.path());
    let invocation = measure::request(plan, cell, plan.iterations, command, samples).run(interruption)?;
    if invocation.outcome != Outcome::Ok {
        let (contender, workload) = (&plan.contenders[cell.contender], &plan.workloads[cell.workload]);
        let words = invocation.outcome.words();
        progress.say(&format!(
            "listening to {} on {}: {words}: {}",
            workload.name,
            contender.label(),
            invocation.reason
        ));
    }
    log::read(&events.read_from(0)?).context("cannot read what the child heard")
}

fn row(plan: &Plan, cell: Cell, heard: Heard) -> EventRow {
    let contender = &plan.contenders[cell.contender];
    EventRow {
        run_id: plan.run_id.clone(),
        engine: contender.name.clone(),
        engine_config: contender.engine_config.clone(),
        workload: plan.workloads[cell.workload].name.clone(),
        size: plan.size,
        iteration: heard.iteration,
        t_ns: heard.t_ns,
        kind: heard.kind,
        unit: heard.unit,
        function: heard.function,
        line: heard.line,
        pc: heard.pc,
        bytes_in: heard.bytes_in,
        bytes_out: heard.bytes_out,
        dur_ns: heard.dur_ns,
        reason: heard.reason,
        count: heard.count,
    }
}
