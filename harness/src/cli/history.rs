//! `harness history`: how the time of each pair moved over many results folders.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::diff::{ControlArguments, Format, check_alike, read};
use crate::analyse::Analysis;
use crate::analyse::diff::Wish;
use crate::analyse::history::{History, Run};
use crate::error::UsageError;
use crate::machine::terminal;
use crate::plan::engines::Engines;
use crate::show::change::{self, HistoryDocument};
use crate::show::table;

/// Options of `harness history`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Results folders, the oldest first
    #[arg(value_name = "DIR", required = true, num_args = 2..)]
    folders: Vec<PathBuf>,

    #[command(flatten)]
    controls: ControlArguments,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Reads the folders, compares each with the one before, prints.
///
/// # Errors
/// [`UsageError`] if two neighbours cannot be compared; those of reading and printing.
pub fn execute(arguments: Arguments, engines: &Engines) -> anyhow::Result<ExitCode> {
    let folders: Vec<&PathBuf> = arguments.folders.iter().collect();
    let runs = read(&folders, engines)?;
    let wish = Wish { controls: arguments.controls.controls, renamed: Vec::new() };
    for (folders, runs) in arguments.folders.windows(2).zip(runs.windows(2)) {
        check_alike(&runs[0], &runs[1], &wish).map_err(|UsageError(problem)| {
            UsageError(format!("'{}' and '{}': {problem}", folders[0].display(), folders[1].display()))
        })?;
    }
    let analyses: Vec<Analysis> = runs.iter().map(Analysis::new).collect();
    let history = History::new(runs.iter().map(Run::of).collect(), &analyses, &wish)?;
    match arguments.format {
        Format::Json => terminal::print(&serde_json::to_string_pretty(&HistoryDocument::new(&history))?)?,
        Format::Markdown => {
            terminal::print(&table::markdown(&change::history_texts(&history)))?;
            terminal::print(change::HISTORY_READING)?;
        }
        Format::Table => {
            terminal::print(&table::render(&change::history_texts(&history)))?;
            terminal::print_sentences(change::HISTORY_READING)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
