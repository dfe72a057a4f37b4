//! Everything that is derived from a results folder and written back into it: summary.csv, the figure, the tables in
//! Markdown, one HTML page.

use std::collections::BTreeMap;
use std::path::Path;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::analyse::Analysis;
use crate::analyse::self_check;
use crate::machine::terminal;
use crate::record;
use crate::record::environment::Environment;
use crate::record::load::Recorded;
use crate::record::rows::{EventRow, Row, SegmentRow, SummaryRow};
use crate::show::draw;
use crate::show::effects;
use crate::show::figure;
use crate::show::findings;
use crate::show::table::{self, Texts};
use crate::show::theme::Theme;
use crate::show::view::{Format, View};

/// The tables in Markdown.
pub const MARKDOWN_FILE: &str = "summary.md";

/// The page.
pub const PAGE_FILE: &str = "report.html";

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
    let page = page(&view, recorded, analysis, &texts, &findings, &summary)?;
    write_text(folder, PAGE_FILE, &page.into_string())
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

fn page(
    view: &View,
    recorded: &Recorded,
    analysis: &Analysis,
    texts: &Texts,
    findings: &[String],
    summary: &[SummaryRow],
) -> anyhow::Result<Markup> {
    let plan = analysis.plan;
    let theme = Theme::new(&plan.contenders);
    let figure = draw::inline_svg(&figure::speed_up::scene(view), &view.palette)?;
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "jitlab run " (plan.run_id) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "jitlab run " (plan.run_id) }
                p { (plan.cost()) "; preset " (plan.preset.name()) ", seed " (plan.seed) ", " (plan.created_utc) }
                @if let Some(steadiness) = table::steadiness(analysis) {
                    h2 { "Steady state" }
                    (texts_table(&steadiness))
                    p { "Every segment of every process is in " code { (SegmentRow::FILE) } "." }
                }
                h2 { "Comparison" }
                (texts_table(texts))
                ul { @for finding in findings { li { (finding) } } }
                h2 { "Figure" }
                (PreEscaped(figure))
                h2 { "Every pair" }
                (summary_table(&theme, summary))
                @if !recorded.events.is_empty() {
                    h2 { "Compilers" }
                    p {
                        "Traced by one untimed process of each pair; every event is in " code { (EventRow::FILE) } "."
                    }
                    (compilation_table(&theme, recorded, analysis))
                }
                h2 { "Machine and builds" }
                (environment_table(&recorded.environment))
            }
        }
    })
}

fn texts_table(texts: &Texts) -> Markup {
    html! {
        table {
            tr { @for cell in &texts.header { th { (cell) } } }
            @for row in &texts.rows {
                tr {
                    @for cell in row {
                        td { @for (index, line) in cell.lines().enumerate() { @if index > 0 { br; } (line) } }
                    }
                }
            }
        }
    }
}

fn summary_table(theme: &Theme, summary: &[SummaryRow]) -> Markup {
    let number = |value: Option<f64>| value.map(table::significant).unwrap_or_default();
    let time = |value: Option<u64>| value.map(|time_ns| table::time_text(time_ns as f64)).unwrap_or_default();
    html! {
        table {
            tr {
                @for title in ["workload", "contender", "processes", "class at 2 %", "at 1 %", "at 5 %", "steady from",
                    "iterations used", "median", "mean", "95 % interval", "speed-up", "95 % interval", "interval by",
                    "verdict", "modes", "outcome"] { th { (title) } }
            }
            @for row in summary {
                tr {
                    td { (row.workload) }
                    td { (swatch(theme, &row.engine)) (row.engine) " " (row.engine_config) }
                    td { (row.invocations) }
                    td { (row.class) }
                    td { (row.class_at_1_percent) }
                    td { (row.class_at_5_percent) }
                    td { @if let Some(iteration) = row.steady_iteration { (iteration) } }
                    td { (row.iterations) }
                    td { (time(row.median_ns)) }
                    td { (time(row.mean_ns)) }
                    td { @if row.ci_low_ns.is_some() { (time(row.ci_low_ns)) " to " (time(row.ci_high_ns)) } }
                    td { (number(row.speedup)) }
                    td {
                        @if row.speedup_ci_low.is_some() {
                            (number(row.speedup_ci_low)) " to " (number(row.speedup_ci_high))
                        }
                    }
                    td { (row.interval) }
                    td { (row.verdict) }
                    td { (row.speedup_modes) @if row.speedup_modes.is_empty() { (row.modes) } }
                    td { (row.outcome.words()) @if !row.reason.is_empty() { ": " (row.reason) } }
                }
            }
        }
        p { "The same in " code { (SummaryRow::FILE) } ", with whole nanoseconds." }
    }
}

fn compilation_table(theme: &Theme, recorded: &Recorded, analysis: &Analysis) -> Markup {
    html! {
        table {
            tr {
                @for title in ["workload", "contender", "units compiled", "machine code", "compile time",
                    "last in iteration", "of timed processes", "declined", "side exits", "thrown away", "blacklisted",
                    "evicted"] { th { (title) } }
            }
            @for found in analysis.compilations(recorded) {
                @let contender = &analysis.plan.contenders[found.place.1];
                tr {
                    td { (analysis.plan.workloads[found.place.0].name) }
                    td { (swatch(theme, &contender.name)) (contender.label()) }
                    td { (found.compiled) }
                    td { (found.code_bytes) " bytes" }
                    td { (table::time_text(found.compile_ns as f64)) }
                    td { @if let Some(iteration) = found.last_iteration { (iteration) } }
                    td { @if let Some(iteration) = found.last_iteration_timed { (iteration) } }
                    td { (found.declined) }
                    td { (found.side_exits) }
                    td { (found.deopts) }
                    td { (found.blacklisted) }
                    td { (found.evicted) }
                }
            }
        }
    }
}

fn swatch(theme: &Theme, name: &str) -> Markup {
    let (red, green, blue) = theme.colour(name);
    html! { span.swatch style={ "background:rgb(" (red) "," (green) "," (blue) ")" } {} }
}

fn environment_table(environment: &Environment) -> Markup {
    let machine = &environment.machine;
    let build = &environment.build;
    let or_unknown = |value: Option<&str>| value.unwrap_or("unknown").to_string();
    let yes_or_no = |value: Option<bool>| value.map_or("unknown", |yes| if yes { "yes" } else { "no" }).to_string();
    let mut rows = vec![
        ("processor", or_unknown(machine.cpu_model.as_deref())),
        ("processors", machine.cores.map_or("unknown".to_string(), |cores| cores.to_string())),
        ("virtual machine", yes_or_no(Some(machine.virtual_machine))),
        ("governor", or_unknown(machine.governor.as_deref())),
        ("turbo", yes_or_no(machine.turbo)),
        ("caches", machine.caches.join(", ")),
        ("microcode", or_unknown(machine.microcode.as_deref())),
        ("kernel", or_unknown(machine.kernel.as_deref())),
        ("C library", or_unknown(machine.c_library.as_deref())),
        ("allocator", or_unknown(machine.allocator.as_deref())),
        ("system", or_unknown(machine.os.as_deref())),
        ("load before", machine.load1.map_or("unknown".to_string(), |load| load.to_string())),
        ("revision", or_unknown(environment.git_revision.as_deref())),
        ("uncommitted changes", yes_or_no(environment.git_dirty)),
        ("compiler", or_unknown(build.rustc.as_deref())),
        ("profile", or_unknown(build.profile.as_deref())),
    ];
    for yardstick in &environment.yardsticks {
        let how = format!("{}, {}, {}", yardstick.version, yardstick.compiler, yardstick.flags);
        rows.push((yardstick.name.as_str(), how));
    }
    html! { table { @for (name, value) in rows { tr { th { (name) } td { (value) } } } } }
}

const STYLE: &str = "
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 1040px; padding: 0 1rem; color: #222; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
th, td { padding: 3px 10px; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }
.swatch { display: inline-block; width: 10px; height: 10px; border-radius: 5px; margin-right: 6px; }
svg { max-width: 100%; height: auto; }
";
