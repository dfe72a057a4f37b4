//! A run in the formats of other tools: one file here for each.
//!
//! Nothing is measured or concluded anew: samples are those of the folder, numbers those of [`crate::analyse`]. What a
//! format cannot hold is said on standard error by whoever asked ([`Exported::remarks`]).

pub mod document;

pub mod hyperfine;

pub mod rebench;

pub mod chrome_trace;

pub mod warmup_stats;

pub mod latex;

use crate::analyse::Analysis;
use crate::analyse::process::Process;
use crate::plan::PlannedWorkload;
use crate::plan::contender::Contender;
use crate::record::load::Recorded;
use crate::show::table;

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Everything that was computed, as one JSON document
    Json,
    /// The export of hyperfine, one result for each pair
    Hyperfine,
    /// The data file of ReBench, one line for each iteration
    Rebench,
    /// The trace of compilers for Perfetto and chrome://tracing; needs a run with events
    ChromeTrace,
    /// The CSV of warmup_stats; wants equal lengths, so longer processes are cut
    WarmupStats,
    /// The table of speed-ups in Markdown
    Markdown,
    /// The table of speed-ups in LaTeX, with booktabs
    Latex,
}

/// A run as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The text.
    pub text: String,
    /// What the format could not hold.
    pub remarks: Vec<String>,
}

impl Exported {
    fn whole(text: String) -> Exported {
        Exported { text, remarks: Vec::new() }
    }
}

/// The run in a format.
///
/// # Errors
/// [`crate::error::UsageError`] if the run lacks what the format is for.
pub fn export(format: Format, recorded: &Recorded, analysis: &Analysis) -> anyhow::Result<Exported> {
    match format {
        Format::Json => document::export(recorded, analysis).map(Exported::whole),
        Format::Hyperfine => hyperfine::export(analysis),
        Format::Rebench => rebench::export(analysis).map(Exported::whole),
        Format::ChromeTrace => chrome_trace::export(recorded, analysis).map(Exported::whole),
        Format::WarmupStats => warmup_stats::export(recorded, analysis),
        Format::Markdown => Ok(Exported::whole(table::markdown(&table::comparison(analysis)))),
        Format::Latex => Ok(Exported::whole(latex::export(analysis))),
    }
}

/// Every process that ended well, with its pair, in the order of the tables.
fn processes<'a>(analysis: &'a Analysis) -> impl Iterator<Item = (&'a PlannedWorkload, &'a Contender, &'a Process)> {
    let pairs = analysis.all_pairs();
    pairs.flat_map(|(workload, contender, pair)| {
        pair.processes.iter().map(move |process| (workload, contender, process))
    })
}

/// What was run, as a command line names it.
fn command(workload: &PlannedWorkload, contender: &Contender) -> String {
    format!("{} on {}", workload.name, contender.label())
}

#[cfg(test)]
mod tests;
