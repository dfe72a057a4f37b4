//! `harness validate`: does a results folder hold together?

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::analyse::Analysis;
use crate::machine::terminal;
use crate::plan::engines::Engines;
use crate::record;
use crate::record::load::{Folder, Recorded};
use crate::record::rows::{Row, SummaryRow};
use crate::record::validate;

/// Options of `harness validate`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A results folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Prints every inconsistency and everything else that a reader should know. The exit status says whether the folder
/// holds together; an incomplete run may.
///
/// # Errors
/// If it is no results folder or a file cannot be read as what it is.
pub fn execute(arguments: Arguments, engines: &Engines) -> anyhow::Result<ExitCode> {
    let folder = &arguments.folder;
    let files = Folder::read(folder, engines)?;
    let findings = validate::examine(&files);
    for problem in &findings.problems {
        terminal::print_sentences(&format!("wrong: {problem}"))?;
    }
    for remark in &findings.remarks {
        terminal::print_sentences(&format!("note: {remark}"))?;
    }
    if !findings.problems.is_empty() {
        let problems = terminal::count(findings.problems.len(), "problem");
        terminal::print(&format!("{} does not hold together: {problems}", folder.display()))?;
        return Ok(ExitCode::FAILURE);
    }
    let (invocations, iterations) = (files.invocations.rows.len(), files.iterations.rows.len());
    if let Some(what) = stale_summary(folder, engines)? {
        terminal::print_sentences(&format!("note: {what}"))?;
    }
    let (processes, iterations) = (terminal::count(invocations, "process"), terminal::count(iterations, "iteration"));
    terminal::print(&format!("{} holds together: {processes}, {iterations}", folder.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// Whether the summary in the folder is another than its rows give.
fn stale_summary(folder: &Path, engines: &Engines) -> anyhow::Result<Option<String>> {
    let Ok(there) = fs::read(folder.join(SummaryRow::FILE)) else {
        return Ok(Some(format!("There is no {}; '{} report' makes it.", SummaryRow::FILE, terminal::program())));
    };
    let recorded = Recorded::read(folder, engines)?;
    let wanted = record::table_text(&Analysis::new(&recorded).summary())?;
    let (file, program) = (SummaryRow::FILE, terminal::program());
    let stale = format!("{file} is not what the rows give now; '{program} report' makes it again.");
    Ok((there != wanted).then_some(stale))
}
