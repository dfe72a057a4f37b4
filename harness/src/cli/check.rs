//! `harness check`: does every engine compute what the workloads' headers say, at the smallest size?

use std::process::ExitCode;

use clap::Args;
use comfy_table::CellAlignment;

use super::values::{MAX_MEMORY_BYTES, seconds};
use super::{ContenderArguments, WorkloadArguments};
use crate::machine::interruption::Interruption;
use crate::machine::progress::Progress;
use crate::machine::terminal;
use crate::measure;
use crate::plan::engines::Engines;
use crate::plan::preset::{IterationRule, Preset};
use crate::plan::schedule;
use crate::plan::schedule::Cell;
use crate::plan::workload::Size;
use crate::plan::workload_selection;
use crate::plan::{Plan, Purpose, Wish};
use crate::record::outcome::Outcome;
use crate::show::findings::wrong_result;
use crate::show::table::{self, Texts};

/// Iterations of each pair: what a compiler does after the first is checked too.
const ITERATIONS: u32 = 3;

/// Options of `harness check`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    contenders: ContenderArguments,

    #[command(flatten)]
    workloads: WorkloadArguments,

    /// Fixes string hashes and random numbers of the engines; random by default
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Longest wait for one answer of a process, in seconds
    #[arg(long, value_name = "S", default_value_t = 60.0, value_parser = seconds)]
    time_limit: f64,
}

/// Runs every pair once and prints how each ended.
///
/// # Errors
/// [`crate::error::UsageError`] for what cannot be done as asked, [`crate::error::Interrupted`] after Ctrl-C;
/// otherwise those of starting processes.
pub fn execute(arguments: Arguments, engines: &Engines) -> anyhow::Result<ExitCode> {
    let interruption = Interruption::listen()?;
    let wish = Wish {
        purpose: Purpose::Comparison,
        preset: Preset::Quick,
        size: Some(Size::Test),
        invocations: Some(1),
        iterations: Some(ITERATIONS),
        until_steady: None,
        n: arguments.workloads.n,
        expect: arguments.workloads.expect,
        ignore_lines: arguments.workloads.ignore_lines.as_deref(),
        arguments: &arguments.workloads.arguments,
        fresh: false,
        baseline: "lua5.4",
        seed: arguments.seed.unwrap_or_else(schedule::fresh_seed),
        time_limit_ms: (arguments.time_limit * 1000.0).ceil() as u64,
        max_memory_bytes: MAX_MEMORY_BYTES,
        retries: Some(0),
        doubles_modes: false,
        budget_ns: None,
        pinned_cpu: None,
        events: false,
    };
    let workloads = workload_selection::select(&arguments.workloads.workloads, false)?;
    let mut plan = Plan::new(&wish, arguments.contenders.resolve(engines, false, None)?, &workloads)?;
    terminal::note(&plan.cost());
    measure::learn_expected_results(&mut plan, &interruption)?;
    let progress = Progress::new(plan.processes());
    let mut outcomes = vec![vec![Outcome::NotApplicable; plan.contenders.len()]; plan.workloads.len()];
    let mut findings = Vec::new();
    for (workload, outcomes) in plan.workloads.iter().zip(&mut outcomes) {
        if let Some(problem) = &workload.problem {
            outcomes.fill(Outcome::BadHeader);
            findings.push(format!("{}: {}: {problem}", workload.name, Outcome::BadHeader.words()));
        }
    }
    let mut cells: Vec<Cell> = plan.blocks.concat();
    cells.sort_by_key(|cell| (cell.workload, cell.contender));
    for (place, cell) in (1..).zip(cells) {
        let name = format!("{} on {}", plan.workloads[cell.workload].name, plan.contenders[cell.contender].label());
        progress.next(&name);
        let rule = IterationRule::exactly(ITERATIONS);
        let invocation = measure::invoke(&plan, cell, 1, rule, &interruption)?;
        outcomes[cell.workload][cell.contender] = invocation.outcome;
        if invocation.outcome != Outcome::Ok {
            let reason = match invocation.outcome {
                Outcome::WrongResult => wrong_result(&invocation.reason, &plan.workloads[cell.workload]),
                _other => invocation.reason,
            };
            findings.push(format!("{name}: {}: {reason}", invocation.outcome.words()));
        }
        progress.done(place);
    }
    progress.finish();
    terminal::print(&table::render(&texts(&plan, &outcomes)))?;
    for finding in findings {
        terminal::print_sentences(&finding)?;
    }
    let failed = outcomes.iter().flatten().any(|outcome| outcome.is_failure());
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn texts(plan: &Plan, outcomes: &[Vec<Outcome>]) -> Texts {
    let contenders = plan.contenders.iter().map(|contender| contender.label());
    let header = std::iter::once("workload".to_string()).chain(contenders).collect();
    let rows = plan.workloads.iter().zip(outcomes).map(|(workload, outcomes)| {
        let words = outcomes.iter().map(|outcome| outcome.words().to_string());
        std::iter::once(workload.name.clone()).chain(words).collect()
    });
    Texts { header, rows: rows.collect(), alignment: CellAlignment::Left }
}
