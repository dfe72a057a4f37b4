//! Everything that is derived from a results folder and written back into it: summary.csv, the figure, the tables in
//! Markdown, one HTML page.

use std::collections::BTreeMap;
use std::path::Path;

use crate::analyse::Analysis;
use crate::analyse::self_check;
use crate::machine::terminal;
use crate::record;
use crate::record::environment::Environment;
use crate::record::load::Recorded;
use crate::show::effects;
use crate::show::figure;
use crate::show::findings;
use crate::show::page;
use crate::show::table::{self, Texts};
use crate::show::view::{Format, View};

/// The tables in Markdown.
pub const MARKDOWN_FILE: &str = "summary.md";

/// Writes every derived file. The same folder gives the same files.
///
/// # Errors
/// Those of the file system and of the drawing library.
pub fn write(folder: &Path, recorded: &Recorded, analysis: &Analysis) -> anyhow::Result<()> {
    let summary = analysis.summary();
    record::write_table(folder, &summary)?;
    record::write_table(folder, &analysis.segments())?;
    record::write_table(folder, &analysis.geometric_mean_rows())?;
    record::write_table(folder, &analysis.warm_up_rows())?;
    let break_evens = analysis.break_evens();
    record::write_table(folder, &analysis.break_even_rows(&break_evens))?;
    let view = View::new(recorded, analysis, &break_evens, Format::Page);
    figure::write(folder, &view)?;
    if let Some(floor) = &analysis.own_floor {
        write_text(folder, self_check::FLOOR_FILE, &(serde_json::to_string_pretty(floor)? + "\n"))?;
    }
    let texts = table::comparison(analysis);
    let steadiness = table::steadiness(analysis);
    let findings = findings(recorded, analysis);
    write_text(folder, MARKDOWN_FILE, &markdown(steadiness.as_ref(), &texts, &findings))?;
    if !analysis.plan.purpose.is_comparison()
        && let Some(text) = effects::markdown(analysis, &recorded.environment)
    {
        write_text(folder, effects::FILE, &text)?;
    }
    let contents = page::Contents {
        view: &view,
        findings: &findings,
        summary: &summary,
        sources: page::sources(folder, &view),
        files: page::files(folder, &view),
        warnings: warnings(recorded),
    };
    write_text(folder, page::FILE, &page::page(&contents)?.into_string())
}

/// What stands under the table: first what is wrong with the run as a whole.
pub fn findings(recorded: &Recorded, analysis: &Analysis) -> Vec<String> {
    let self_check = analysis.own_floor.as_ref().map(|floor| floor.findings()).unwrap_or_default();
    let remarks = recorded.remarks.iter().cloned();
    remarks.chain(disturbed(recorded)).chain(self_check).chain(findings::findings(recorded, analysis)).collect()
}

/// How many processes the machine disturbed, and by what; `None` if none.
fn disturbed(recorded: &Recorded) -> Option<String> {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for word in recorded.invocations.iter().flat_map(|row| row.flags.split_whitespace()) {
        *reasons.entry(word).or_default() += 1;
    }
    let count = recorded.invocations.iter().filter(|row| row.is_disturbed()).count();
    if count + recorded.repeated.len() == 0 {
        return None;
    }
    let reasons: Vec<String> = reasons.iter().map(|(word, count)| format!("{word} {count}")).collect();
    let reasons = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
    Some(format!(
        "The machine disturbed {count} of {} that {}{reasons}; {} run again.",
        terminal::count(recorded.invocations.len(), "process"),
        if recorded.invocations.len() == 1 { "counts" } else { "count" },
        match recorded.repeated.len() {
            1 => "1 other was".to_string(),
            others => format!("{others} others were"),
        }
    ))
}

fn write_text(folder: &Path, file: &str, text: &str) -> anyhow::Result<()> {
    record::replace(&folder.join(file), text.as_bytes())
}

/// Steadiness comes before speed.
fn markdown(steadiness: Option<&Texts>, comparison: &Texts, findings: &[String]) -> String {
    let mut text = steadiness.map_or(String::new(), |texts| format!("{}\n", table::markdown(texts)));
    text.push_str(&table::markdown(comparison));
    text.push('\n');
    for finding in findings {
        text.push_str(&format!("- {finding}\n"));
    }
    text
}

/// What a reader must know before anything else: that the run is incomplete, and where machine, build or revision were
/// unfit.
fn warnings(recorded: &Recorded) -> Vec<String> {
    let environment = &recorded.environment;
    let machine = &environment.machine;
    let said = |condition: Option<bool>, words: &str| condition.filter(|is| *is).map(|_| words.to_string());
    let busy = machine.load1.zip(machine.cores).filter(|(load, cores)| *load > BUSY_LOAD * *cores as f64);
    let unfit: Vec<String> = [
        environment.build.why_not_for_times().map(|why| format!("the program was a build {why}")),
        said(environment.git_dirty, "the sources had uncommitted changes"),
        said(Some(machine.virtual_machine), "it is a virtual machine"),
        said(machine.governor.as_ref().map(|governor| governor != "performance"), "its frequency governor saves power"),
        said(machine.turbo, "its processor may exceed its nominal frequency"),
        said(machine.smt, "two threads share a core"),
        busy.map(|(load, cores)| format!("it was busy before the run (load {load} on {cores} processors)")),
        said(Some(recorded.plan.pinned_cpu.is_none()), "children were not bound to a processor"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let unfit = (!unfit.is_empty()).then(|| format!("Not a quiet laboratory: {}.", unfit.join("; ")));
    recorded.remarks.iter().cloned().chain(commits_behind(environment)).chain(unfit).collect()
}

/// Runnable processes for each processor from which a machine counts as busy.
const BUSY_LOAD: f64 = 0.5;

/// How many commits that touch engines came after the run, if this is run in the clone that it was made from.
fn commits_behind(environment: &Environment) -> Option<String> {
    let count = environment.engine_commits_since()?;
    (count > 0).then(|| {
        format!(
            "Since this run there are {} that touch engines; scripts/reference.sh measures anew.",
            terminal::count(count, "commit")
        )
    })
}
