//! `harness doctor`: is this machine fit to measure on?

use std::process::ExitCode;

use clap::Args;
use comfy_table::CellAlignment;

use super::values::MAX_MEMORY_BYTES;
use crate::machine;
use crate::machine::interruption::Interruption;
use crate::machine::terminal;
use crate::measure::doctor::{self, Finding, Grade};
use crate::plan::contender::NATIVE;
use crate::plan::engines::Engines;
use crate::plan::expectation::Expect;
use crate::plan::preset::Preset;
use crate::plan::selection::{self, Selection};
use crate::plan::workload::Size;
use crate::plan::{Plan, Purpose, Wish};
use crate::plan::{schedule, workload_selection};
use crate::record::environment::Environment;
use crate::show::table::{self, Texts};

/// The workload of the A/A run.
const WORKLOAD: &str = "fib";

/// Blocks of the A/A run: eight processes of each of the two, about 7 s in all.
const BLOCKS: u32 = 8;

/// Options of `harness doctor`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Leave out the A/A run, which takes some seconds
    #[arg(long)]
    no_run: bool,
}

/// Prints what was found, with advice. The exit status is 1 if measurements would mislead.
///
/// # Errors
/// Those of looking and of the A/A run.
pub fn execute(arguments: Arguments, engines: &Engines) -> anyhow::Result<ExitCode> {
    let interruption = Interruption::listen()?;
    let mut findings = doctor::examine(&Environment::capture())?;
    if !arguments.no_run {
        let plan = plan(engines)?;
        terminal::note(&plan.cost());
        findings.push(doctor::against_itself(&plan, &interruption)?);
    }
    terminal::print(&table::render(&texts(&findings)))?;
    for finding in findings.iter().filter(|finding| finding.grade != Grade::Good) {
        let unknown = if finding.grade == Grade::Unknown { "this machine does not tell; if it applies: " } else { "" };
        terminal::print_sentences(&format!("{}: {unknown}{}", finding.what, finding.advice))?;
    }
    let worst = findings.iter().map(|finding| finding.grade).max().unwrap_or(Grade::Good);
    terminal::print(match worst {
        Grade::Good => "This machine is fit to measure on.",
        Grade::Unknown => "Nothing speaks against this machine, but it does not tell everything.",
        Grade::Fair => "This machine will do; expect wider intervals than on a quiet machine of your own.",
        Grade::Bad => "This machine is not fit to measure on now.",
    })?;
    Ok(if worst == Grade::Bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The first engine, or native code without engines, against itself.
fn plan(all: &Engines) -> anyhow::Result<Plan> {
    let engine = all.infos().next().map(|info| info.id);
    let (engine, yardsticks) = engine.map_or((selection::NONE, NATIVE), |id| (id, selection::NONE));
    let items = [engine.to_string()];
    let selection = Selection { with_twins: true, ..Selection::single(&items, yardsticks) };
    let wish = Wish {
        purpose: Purpose::Comparison,
        preset: Preset::Quick,
        size: Some(Size::Test),
        invocations: Some(BLOCKS),
        iterations: None,
        until_steady: None,
        n: None,
        expect: Expect::Exact,
        ignore_lines: None,
        arguments: &[],
        fresh: false,
        baseline: engine,
        seed: schedule::fresh_seed(),
        time_limit_ms: 60_000,
        max_memory_bytes: MAX_MEMORY_BYTES,
        retries: Some(0),
        doubles_modes: false,
        budget_ns: None,
        pinned_cpu: machine::cpu_for_children(),
        events: false,
    };
    Ok(Plan::new(&wish, selection.resolve(all)?, &workload_selection::select(&[WORKLOAD.to_string()], false)?)?)
}

fn texts(findings: &[Finding]) -> Texts {
    let rows = findings
        .iter()
        .map(|finding| vec![finding.what.to_string(), finding.grade.word().to_string(), finding.is.clone()]);
    Texts {
        header: ["what", "grade", "how it is"].map(str::to_string).to_vec(),
        rows: rows.collect(),
        alignment: CellAlignment::Left,
    }
}
