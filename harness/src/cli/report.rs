//! `harness report`: tables, figures and a page, made again from nothing but a results folder.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::analyse::Analysis;
use crate::machine::terminal;
use crate::plan::engines::Engines;
use crate::record::load::Recorded;
use crate::show::view::{Format, View};
use crate::show::{effects, figure, report, table};

/// Options of `harness report`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A results folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// Print the table in Markdown
    #[arg(long)]
    markdown: bool,

    /// Draw every figure, also of each workload, as SVG, PNG and PDF for a use, into DIR/figures-FORMAT
    #[arg(long, value_enum, value_name = "FORMAT")]
    figure: Option<Format>,

    /// Show these contenders and workloads only in those figures
    #[arg(long, value_name = "NAME,..", value_delimiter = ',', requires = "figure")]
    only: Vec<String>,

    /// Show these contenders and workloads first in those figures, in this order
    #[arg(long, value_name = "NAME,..", value_delimiter = ',', requires = "figure")]
    order: Vec<String>,
}

/// Writes the derived files again and prints the table.
///
/// # Errors
/// Those of [`publish`].
pub fn execute(arguments: Arguments, engines: &Engines) -> anyhow::Result<ExitCode> {
    let Some(format) = arguments.figure else { return publish(&arguments.folder, arguments.markdown, engines) };
    let recorded = Recorded::read(&arguments.folder, engines)?;
    let analysis = Analysis::new(&recorded);
    let break_evens = analysis.break_evens();
    let mut view = View::new(&recorded, &analysis, &break_evens, format);
    view.choose(&arguments.only, &arguments.order)?;
    let place = figure::write_all(&arguments.folder, &view)?;
    terminal::print(&format!("Figures: {}", place.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// Reads `folder`, writes what is derived from it, and prints the table with its findings. The exit status says whether
/// anything in it failed.
///
/// # Errors
/// Those of reading and writing the folder.
pub fn publish(folder: &Path, markdown: bool, engines: &Engines) -> anyhow::Result<ExitCode> {
    let recorded = Recorded::read(folder, engines)?;
    let analysis = Analysis::new(&recorded);
    report::write(folder, &recorded, &analysis)?;
    // Steadiness comes before speed.
    let effects = (!analysis.plan.purpose.is_comparison()).then(|| effects::texts(&analysis)).flatten();
    let is_of_effects = effects.is_some();
    let comparison = effects.unwrap_or_else(|| table::comparison(&analysis));
    for texts in table::steadiness(&analysis).into_iter().chain([comparison]) {
        terminal::print(&if markdown { table::markdown(&texts) } else { table::render(&texts) })?;
    }
    if is_of_effects {
        terminal::print_sentences(&effects::reading(&analysis))?;
    }
    for finding in report::findings(&recorded, &analysis) {
        terminal::print_sentences(&finding)?;
    }
    terminal::print(&format!("Samples, figure ({}) and page: {}", figure::SVG_FILE, folder.display()))?;
    Ok(if analysis.has_failure() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
