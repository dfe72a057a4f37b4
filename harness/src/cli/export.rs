//! `harness export`: a run in the formats of other tools.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::analyse::Analysis;
use crate::machine::terminal;
use crate::plan::engines::Engines;
use crate::record;
use crate::record::load::Recorded;
use crate::show::export::{self, Format};

/// Options of `harness export`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A results folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// The format
    #[arg(long, value_enum)]
    format: Format,

    /// The file, in the place of an old one [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes the run. What the format cannot hold is said on standard error.
///
/// # Errors
/// Those of reading the folder and of writing; [`crate::error::UsageError`] if the run lacks what the format is for.
pub fn execute(arguments: Arguments, engines: &Engines) -> anyhow::Result<ExitCode> {
    let recorded = Recorded::read(&arguments.folder, engines)?;
    let exported = export::export(arguments.format, &recorded, &Analysis::new(&recorded))?;
    for remark in recorded.remarks.iter().chain(&exported.remarks) {
        terminal::note(remark);
    }
    match &arguments.out {
        Some(file) => record::replace(file, exported.text.as_bytes())?,
        None => terminal::print(exported.text.trim_end_matches('\n'))?,
    }
    Ok(ExitCode::SUCCESS)
}
