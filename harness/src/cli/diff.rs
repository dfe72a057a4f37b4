//! `harness diff`: what changed from one results folder to another, and a gate on it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use comfy_table::CellAlignment;

use crate::analyse::Analysis;
use crate::analyse::diff::{self, Diff, Key};
use crate::error::UsageError;
use crate::machine::terminal;
use crate::plan::engines::Engines;
use crate::record::load::Recorded;
use crate::show::table::{self, TOO_FEW, Texts};
use crate::statistics::Estimate;
use crate::statistics::inference::Verdict;

/// The exit status of a regression past `--fail-on`.
const REGRESSION: u8 = 3;

/// Options of `harness diff`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The results folder before
    #[arg(value_name = "DIR_A")]
    before: PathBuf,

    /// The results folder after
    #[arg(value_name = "DIR_B")]
    after: PathBuf,

    /// End with status 3 if an engine is slower by more than so many percent, beyond its interval, or stopped working
    #[arg(long, value_name = "PCT", value_parser = percent)]
    fail_on: Option<f64>,
}

/// Reads both folders, compares, prints.
///
/// # Errors
/// [`UsageError`] if they cannot be compared; those of reading and printing.
pub fn execute(arguments: Arguments, engines: &Engines) -> anyhow::Result<ExitCode> {
    let before = Recorded::read(&arguments.before, engines)?;
    let after = Recorded::read(&arguments.after, engines)?;
    let reasons = diff::unlikeness(&before, &after);
    if !reasons.is_empty() {
        let reasons = reasons.join("\n  ");
        return Err(UsageError(format!("these two runs cannot be compared:\n  {reasons}")).into());
    }
    for (folder, run) in [(&arguments.before, &before), (&arguments.after, &after)] {
        for remark in &run.remarks {
            terminal::print_sentences(&format!("{}: {remark}", folder.display()))?;
        }
    }
    let diff = Diff::new(&Analysis::new(&before), &Analysis::new(&after));
    if diff.changes.is_empty() {
        terminal::print_sentences("No pair of contender and workload ended well in both runs: there is no table.")?;
    } else {
        terminal::print(&table::render(&texts(&diff)))?;
    }
    for finding in findings(&diff) {
        terminal::print_sentences(&finding)?;
    }
    let Some(limit) = arguments.fail_on else { return Ok(ExitCode::SUCCESS) };
    let regressions = diff.regressions(limit);
    for key in &regressions {
        terminal::print(&format!("REGRESSION past {limit} %: {}", name(key)))?;
    }
    Ok(if regressions.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(REGRESSION) })
}

fn texts(diff: &Diff) -> Texts {
    let header = ["workload", "contender", "time, after to before", "95 % interval", "verdict", "steady state"];
    let rows = diff.changes.iter().map(|change| {
        let verdict = match (change.verdict, change.is_control) {
            (Verdict::Faster | Verdict::Slower, true) => format!("{} (the machine)", change.verdict.name()),
            (verdict, _) => verdict.name().to_string(),
        };
        vec![
            change.key.workload.clone(),
            change.key.contender_label(),
            format!("{:+.1} %", diff::percent(change.time_ratio.centre)),
            interval_text(&change.time_ratio),
            verdict,
            match change.classes {
                [before, after] if before == after => before.to_string(),
                [before, after] => format!("{before}, now {after}"),
            },
        ]
    });
    Texts { header: header.map(str::to_string).to_vec(), rows: rows.collect(), alignment: CellAlignment::Right }
}

fn interval_text(time_ratio: &Estimate) -> String {
    time_ratio.interval.map_or(TOO_FEW.to_string(), |interval| {
        format!("{:+.1}..{:+.1} %", diff::percent(interval.low), diff::percent(interval.high))
    })
}

fn findings(diff: &Diff) -> Vec<String> {
    let mut findings = Vec::new();
    for turn in &diff.turns {
        let [before, after] = turn.outcomes.map(|outcome| outcome.words());
        let reason = if turn.reason.is_empty() { String::new() } else { format!(": {}", turn.reason) };
        findings.push(format!("{}: {before}, now {after}{reason}", name(&turn.key)));
    }
    for (contender, pairs, ratio) in diff.by_contender() {
        findings.push(format!(
            "{contender}: {:+.1} % on the geometric mean of {} ({} over workloads)",
            diff::percent(ratio.centre),
            terminal::count(pairs, "workload"),
            interval_text(&ratio)
        ));
    }
    findings.push(match &diff.drift {
        Some(drift) => format!(
            "Programs that are the same in both runs changed by {:+.1} % ({}): that much is the machine.",
            diff::percent(drift.centre),
            interval_text(drift)
        ),
        None => "No program is the same in both runs, so a change of the machine cannot be told from one of the \
                 engines."
            .to_string(),
    });
    for (keys, which) in [(&diff.gone, "first"), (&diff.new, "second")] {
        if !keys.is_empty() {
            let names: Vec<String> = keys.iter().map(name).collect();
            findings.push(format!("Only in the {which}: {}", names.join(", ")));
        }
    }
    findings.push(
        "Runs are not paired: intervals are of the difference of two means of processes (Welch's t, bootstrap-t from \
         8 processes). + is slower."
            .to_string(),
    );
    findings
}

fn name(key: &Key) -> String {
    format!("{} on {}", key.workload, key.contender_label())
}

/// Reads a percentage from 0 up.
fn percent(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|percent: &f64| percent.is_finite() && *percent >= 0.0)
        .ok_or("expected a number of percent from 0 up".to_string())
}
