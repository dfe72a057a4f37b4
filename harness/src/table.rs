//! Tables for people: the comparison on a terminal and in Markdown, made from one list of texts.

use comfy_table::{CellAlignment, ContentArrangement, Table, TableComponent, presets};

use crate::analyse::{Analysis, LABEL, Pair};
use crate::clock::Clock;
use crate::outcome::Outcome;
use crate::statistics::Estimate;

/// A table of texts. A cell may hold a second line, after `\n`.
pub struct Texts {
    /// The header row.
    pub header: Vec<String>,
    /// The rows, each as long as the header.
    pub rows: Vec<Vec<String>>,
    /// How all columns but the first are aligned.
    pub alignment: CellAlignment,
}

/// The comparison: workloads down, contenders across, the baseline first with its time, the others with their
/// speed-up over it; times everywhere if there is no baseline.
pub fn comparison(analysis: &Analysis) -> Texts {
    let order = analysis.order();
    let mut header = vec!["workload".to_string()];
    header.extend(order.iter().map(|contender| analysis.plan.contenders[*contender].label()));
    let mut rows = Vec::new();
    for (workload, pairs) in analysis.plan.workloads.iter().zip(&analysis.pairs) {
        let mut row = vec![workload.name.clone()];
        row.extend(order.iter().map(|contender| {
            let wants_time = analysis.baseline.is_none_or(|baseline| baseline == *contender);
            pair_text(&pairs[*contender], wants_time)
        }));
        rows.push(row);
    }
    if analysis.baseline.is_some() && !analysis.common.is_empty() {
        let mut row = vec![format!("geometric mean\nof {} workloads", analysis.common.len())];
        row.extend(order.iter().map(|contender| match analysis.geometric_means[*contender] {
            Some(estimate) => speedup_text(&estimate),
            None if Some(*contender) == analysis.baseline => "1".to_string(),
            None => "-".to_string(),
        }));
        rows.push(row);
    }
    Texts { header, rows, alignment: CellAlignment::Right }
}

/// What has to be said below the comparison: what the numbers are, and everything that did not end well.
pub fn notes(analysis: &Analysis) -> Vec<String> {
    let plan = analysis.plan;
    let mut notes = Vec::new();
    match analysis.baseline_label() {
        Some(baseline) => notes.push(format!(
            "Speed-up over {baseline}; below it the 95 % interval. ~ marks one whose interval contains 1."
        )),
        None => notes.push("The baseline is not among the contenders, so there are no speed-ups.".to_string()),
    }
    notes.push(format!(
        "{LABEL}: mean of the last half of the iterations, {} {} of {} each, size {}.",
        plan.invocations,
        if plan.invocations == 1 { "process" } else { "processes" },
        iterations_in_words(analysis),
        plan.size.name()
    ));
    if plan.clock == Clock::Cpu {
        notes.push("Timed by CPU time, the only clock of a foreign Lua, in batches of at least 10 ms.".to_string());
    }
    let versions: Vec<String> =
        plan.contenders.iter().map(|contender| format!("{} {}", contender.label(), contender.version)).collect();
    notes.push(format!("Contenders: {}.", versions.join(", ")));
    for (workload, contender, pair) in analysis.troubles() {
        let outcome = pair.outcome.map_or("not run", Outcome::words);
        if pair.outcome != Some(Outcome::NotApplicable) {
            notes.push(format!(
                "{} on {}: {outcome}: {}",
                workload.name,
                contender.label(),
                reason_text(workload, pair)
            ));
        }
    }
    notes
}

/// The table for standard output: as wide as the terminal allows, or as it needs to be without one.
pub fn render(texts: &Texts) -> String {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    if !texts.rows.iter().flatten().any(|cell| cell.contains('\n')) {
        // Rows of one line need no rule between them.
        for component in [
            TableComponent::HorizontalLines,
            TableComponent::LeftBorderIntersections,
            TableComponent::MiddleIntersections,
            TableComponent::RightBorderIntersections,
        ] {
            table.remove_style(component);
        }
    }
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(&texts.header);
    for row in &texts.rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(texts.alignment);
    }
    table.to_string()
}

/// The table in Markdown.
pub fn markdown(texts: &Texts) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut text = line(&texts.header);
    text.push_str(&format!("|---{}|\n", "|---:".repeat(texts.header.len() - 1)));
    texts.rows.iter().for_each(|row| text.push_str(&line(row)));
    text
}

/// A time with three significant digits and the unit that suits it.
pub fn time_text(time_ns: f64) -> String {
    let (value, unit) = match time_ns {
        ..1e3 => (time_ns, "ns"),
        ..1e6 => (time_ns / 1e3, "us"),
        ..1e9 => (time_ns / 1e6, "ms"),
        _ => (time_ns / 1e9, "s"),
    };
    format!("{} {unit}", significant(value))
}

/// A ratio with three significant digits and its interval on a second line.
pub fn speedup_text(estimate: &Estimate) -> String {
    let unclear = estimate.interval.is_some_and(|(low, high)| low <= 1.0 && 1.0 <= high);
    let mark = if unclear { "~" } else { "" };
    let interval =
        estimate.interval.map_or(String::new(), |(low, high)| format!("\n{}..{}", significant(low), significant(high)));
    format!("{mark}{}x{interval}", significant(estimate.centre))
}

/// Three significant digits, never in scientific notation.
pub fn significant(value: f64) -> String {
    let magnitude = if value > 0.0 { value.log10().floor() as i32 } else { 0 };
    let decimals = usize::try_from(2 - magnitude).unwrap_or(0);
    format!("{value:.decimals$}")
}

fn pair_text(pair: &Pair, wants_time: bool) -> String {
    match pair.outcome {
        None => "not run".to_string(),
        Some(Outcome::Ok) => {
            let text = if wants_time {
                pair.time_ns.map(|time| timing_text(&time))
            } else {
                pair.speedup.as_ref().map(speedup_text)
            };
            // A pair that went well has no speed-up if its baseline did not.
            text.or_else(|| pair.time_ns.map(|time| time_text(time.centre))).unwrap_or_else(|| "-".to_string())
        }
        Some(
            outcome @ (Outcome::WrongResult
            | Outcome::LuaError
            | Outcome::Unsupported
            | Outcome::EngineBug
            | Outcome::Crash
            | Outcome::Timeout
            | Outcome::OutOfMemory
            | Outcome::NotApplicable),
        ) => outcome.words().to_string(),
    }
}

/// A time with the half width of its interval in percent on a second line.
fn timing_text(time_ns: &Estimate) -> String {
    let spread = time_ns
        .interval
        .map_or(String::new(), |(low, high)| format!("\n±{:.1} %", (high / low).sqrt().mul_add(100.0, -100.0)));
    format!("{}{spread}", time_text(time_ns.centre))
}

fn iterations_in_words(analysis: &Analysis) -> String {
    let rule = analysis.plan.iterations;
    if rule.minimum == rule.maximum {
        let plural = if rule.minimum == 1 { "" } else { "s" };
        return format!("{} iteration{plural}", rule.minimum);
    }
    let budget = rule.budget_ns.map_or(String::new(), |budget_ns| format!(" in {}", time_text(budget_ns as f64)));
    format!("{} to {} iterations{budget}", rule.minimum, rule.maximum)
}

fn reason_text(workload: &crate::plan::PlannedWorkload, pair: &Pair) -> String {
    let reason = pair.reason.split("\\nstack traceback").next().unwrap_or_default();
    match (&workload.expected, pair.outcome) {
        (Some(expected), Some(Outcome::WrongResult)) => {
            let from = workload.expected_from.as_deref().unwrap_or("header");
            format!("{reason}, expected '{expected}' ({from})")
        }
        _ => reason.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_significant_digits() {
        let texts: Vec<String> = [0.0123456, 0.5, 1.0, 9.999, 12.34, 123.4, 12345.6].map(significant).to_vec();
        assert_eq!(texts, ["0.0123", "0.500", "1.00", "10.00", "12.3", "123", "12346"]);
        assert_eq!(time_text(999.0), "999 ns");
        assert_eq!(time_text(1_234_567.0), "1.23 ms");
        assert_eq!(time_text(2.5e9), "2.50 s");
    }

    #[test]
    fn a_speedup_whose_interval_contains_one_is_marked() {
        let estimate = |centre, low, high| Estimate { centre, interval: Some((low, high)) };
        assert_eq!(speedup_text(&estimate(1.32, 1.281, 1.36)), "1.32x\n1.28..1.36");
        assert_eq!(speedup_text(&estimate(1.01, 0.99, 1.03)), "~1.01x\n0.990..1.03");
        assert_eq!(speedup_text(&Estimate { centre: 2.0, interval: None }), "2.00x");
    }

    #[test]
    fn markdown_keeps_every_cell_on_its_line() {
        let texts = Texts {
            header: vec!["workload".to_string(), "a|b".to_string()],
            rows: vec![vec!["fib".to_string(), "1.3x\n1.2..1.4".to_string()]],
            alignment: CellAlignment::Right,
        };
        assert_eq!(markdown(&texts), "| workload | a\\|b |\n|---|---:|\n| fib | 1.3x 1.2..1.4 |\n");
    }
}
