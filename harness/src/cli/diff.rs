//! `harness diff`: what changed from one results folder to another, and a gate on it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::analyse::Analysis;
use crate::analyse::diff::{self, Diff, Gate, Renamed, Wish};
use crate::error::UsageError;
use crate::machine::terminal;
use crate::plan::engines::Engines;
use crate::record::load::Recorded;
use crate::show::change::{self, DiffDocument};
use crate::show::table;

/// The exit status of a regression past `--fail-on`.
const REGRESSION: u8 = 3;

/// The exit status if the two runs cannot tell.
const INCONCLUSIVE: u8 = 4;

/// Options of `harness diff`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The results folder before
    #[arg(value_name = "DIR_A")]
    before: PathBuf,

    /// The results folder after
    #[arg(value_name = "DIR_B")]
    after: PathBuf,

    /// End with status 3 if a contender is slower by more than so many percent, stopped working or is missing, and with
    /// status 4 if the runs cannot tell
    #[arg(long, value_name = "PCT", value_parser = percent)]
    fail_on: Option<f64>,

    #[command(flatten)]
    controls: ControlArguments,

    /// A contender of the first run that is called otherwise in the second; can be repeated
    #[arg(long = "map", value_name = "OLD=NEW", value_parser = renamed)]
    renamed: Vec<Renamed>,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// What tells the machine's change from the engines', the same for every command that compares runs.
#[derive(Debug, Args)]
pub(super) struct ControlArguments {
    /// Contenders that show the machine's own change, joined by commas [default: every yardstick of which the very same
    /// program ran in both]
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    pub(super) controls: Option<Vec<String>>,
}

/// How changes are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Table,
    /// For programs
    Json,
    /// For a comment on a pull request
    Markdown,
}

/// Reads both folders, compares, prints.
///
/// # Errors
/// [`UsageError`] if they cannot be compared; those of reading and printing.
pub fn execute(arguments: Arguments, engines: &Engines) -> anyhow::Result<ExitCode> {
    let runs = read(&[&arguments.before, &arguments.after], engines)?;
    let wish = Wish { controls: arguments.controls.controls.clone(), renamed: arguments.renamed.clone() };
    check_alike(&runs[0], &runs[1], &wish)?;
    let diff = Diff::new(&Analysis::new(&runs[0]), &Analysis::new(&runs[1]), &wish)?;
    let gate = arguments.fail_on.map(|limit| (diff.gate(limit), limit));
    let status = gate.as_ref().map_or(0, |(gate, _)| status(gate));
    match arguments.format {
        Format::Json => {
            let ids = [&runs[0], &runs[1]].map(|run| run.plan.run_id.as_str());
            let gate = gate.as_ref().map(|(gate, limit)| (gate, *limit, status));
            terminal::print(&serde_json::to_string_pretty(&DiffDocument::new(ids, &diff, gate))?)?;
        }
        Format::Markdown => print_markdown(&diff, gate.as_ref())?,
        Format::Table => {
            for (folder, run) in [(&arguments.before, &runs[0]), (&arguments.after, &runs[1])] {
                for remark in &run.remarks {
                    terminal::print_sentences(&format!("{}: {remark}", folder.display()))?;
                }
            }
            print_table(&diff, gate.as_ref())?;
        }
    }
    Ok(ExitCode::from(status))
}

/// Reads folders that are to be compared.
pub(super) fn read(folders: &[&PathBuf], engines: &Engines) -> anyhow::Result<Vec<Recorded>> {
    folders.iter().map(|folder| Recorded::read(Path::new(folder), engines)).collect()
}

/// # Errors
/// [`UsageError`] with everything that forbids to compare them.
pub(super) fn check_alike(before: &Recorded, after: &Recorded, wish: &Wish) -> Result<(), UsageError> {
    let reasons = diff::unlikeness(before, after, &wish.renamed);
    if reasons.is_empty() {
        return Ok(());
    }
    let reasons = reasons.join("\n  ");
    Err(UsageError(format!("these two runs cannot be compared:\n  {reasons}")))
}

fn status(gate: &Gate) -> u8 {
    match (gate.is_regression(), gate.is_inconclusive) {
        (true, _) => REGRESSION,
        (false, true) => INCONCLUSIVE,
        (false, false) => 0,
    }
}

/// What stands in the place of an empty table.
const NO_PAIR: &str = "No pair of contender and workload ended well in both runs: there is no table.";

fn print_table(diff: &Diff, gate: Option<&(Gate, f64)>) -> anyhow::Result<()> {
    if diff.changes.is_empty() {
        terminal::print_sentences(NO_PAIR)?;
    } else {
        terminal::print(&table::render(&change::texts(diff)))?;
    }
    for finding in change::findings(diff) {
        terminal::print_sentences(&finding)?;
    }
    if let Some((gate, limit)) = gate {
        terminal::print_sentences(&change::gate_rule())?;
        for finding in change::gate_findings(gate, *limit) {
            terminal::print_sentences(&finding)?;
        }
    }
    Ok(())
}

/// The result first, the table behind it, what explains it last.
fn print_markdown(diff: &Diff, gate: Option<&(Gate, f64)>) -> anyhow::Result<()> {
    let mut text = String::new();
    let list = |text: &mut String, sentences: &[String]| {
        sentences.iter().for_each(|sentence| text.push_str(&format!("- {sentence}\n")));
        text.push('\n');
    };
    if let Some((gate, limit)) = gate {
        let mut findings = change::gate_findings(gate, *limit);
        text.push_str(&format!("**{}**\n\n", findings.pop().unwrap_or_default()));
        if !findings.is_empty() {
            list(&mut text, &findings);
        }
    }
    if diff.changes.is_empty() {
        text.push_str(&format!("{NO_PAIR}\n\n"));
    } else {
        text.push_str(&format!("{}\n", table::markdown(&change::texts(diff))));
    }
    let mut findings = change::findings(diff);
    findings.extend(gate.map(|_| change::gate_rule()));
    list(&mut text, &findings);
    terminal::print(text.trim_end())?;
    Ok(())
}

/// Reads a percentage above 0: no interval is as narrow as nothing.
fn percent(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|percent: &f64| percent.is_finite() && *percent > 0.0)
        .ok_or("expected a number of percent above 0: no interval is narrower".to_string())
}

/// Reads `OLD=NEW`.
fn renamed(text: &str) -> Result<Renamed, String> {
    match text.split_once('=') {
        Some((old, new)) if !old.is_empty() && !new.is_empty() => {
            Ok(Renamed { old: old.to_string(), new: new.to_string() })
        }
        Some(_) | None => Err("expected OLD=NEW: a contender's name in the first run and in the second".to_string()),
    }
}
