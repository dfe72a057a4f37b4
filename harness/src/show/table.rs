//! Tables for people: the comparison on a terminal and in Markdown, made from one list of texts.
//!
//! What stands below them in sentences is [`crate::show::findings`]'s.

use comfy_table::{CellAlignment, ContentArrangement, Table, TableComponent, presets};

use crate::analyse::{Analysis, Depth, Pair};
use crate::record::outcome::Outcome;
use crate::statistics::inference::Verdict;
use crate::statistics::{Estimate, Interval};

/// What stands in the place of an interval that there are too few processes for.
pub const TOO_FEW: &str = "too few";

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
        let mean_row = |title: String, means: &[Option<Estimate>]| {
            let cells = order.iter().map(|contender| match means[*contender] {
                Some(estimate) => speedup_text(&estimate, None),
                None if Some(*contender) == analysis.baseline => "1".to_string(),
                None => "-".to_string(),
            });
            std::iter::once(title).chain(cells).collect()
        };
        let groups = analysis.groups.iter();
        let groups = groups.map(|group| (format!("{}\nmean of {}", group.name, group.workloads.len()), &group.means));
        let overall = (format!("geometric mean\nof {} workloads", analysis.common.len()), &analysis.geometric_means);
        // Where nobody has a mean, the baseline's 1 says nothing.
        let said = groups.chain([overall]).filter(|(_, means)| means.iter().any(Option::is_some));
        rows.extend(said.map(|(title, means)| mean_row(title, means)));
    }
    Texts { header, rows, alignment: CellAlignment::Right }
}

/// Whether the processes of each pair became steady, and when: workloads down, contenders across. `None` after a first
/// look, which does not ask.
pub fn steadiness(analysis: &Analysis) -> Option<Texts> {
    match analysis.depth {
        Depth::FirstLook => return None,
        Depth::Full => {}
    }
    let order = analysis.order();
    let mut header = vec!["steady state".to_string()];
    header.extend(order.iter().map(|contender| analysis.plan.contenders[*contender].label()));
    let rows = analysis.plan.workloads.iter().zip(&analysis.pairs).map(|(workload, pairs)| {
        let mut row = vec![workload.name.clone()];
        row.extend(order.iter().map(|contender| steadiness_text(&pairs[*contender])));
        row
    });
    Some(Texts { header, rows: rows.collect(), alignment: CellAlignment::Right })
}

fn steadiness_text(pair: &Pair) -> String {
    let Some(stability) = &pair.stability else {
        return if pair.is_ok() { "too few iterations".to_string() } else { "-".to_string() };
    };
    let class = stability.consistency.name();
    let not_steady = pair.processes.len() - stability.steady_processes;
    if not_steady > 0 {
        return format!("{class}\n{not_steady} of {} not steady", pair.processes.len());
    }
    match stability.steady_iteration {
        Some(iteration) if iteration > 1.0 => format!("{class}\nfrom iteration {iteration}"),
        Some(_) | None => class.to_string(),
    }
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

/// A ratio with three significant digits and its interval on a second line. Without a verdict, ~ marks an interval
/// that contains 1; with one, ~ is inconclusive and = equivalent.
pub fn speedup_text(speedup: &Estimate, verdict: Option<Verdict>) -> String {
    let is_unclear = speedup.interval.is_some_and(|interval| interval.contains(1.0));
    let mark = match verdict {
        None if is_unclear => "~",
        None | Some(Verdict::Faster | Verdict::Slower) => "",
        Some(Verdict::Equivalent) => "=",
        Some(Verdict::Inconclusive) => "~",
    };
    format!("{mark}{}x\n{}", significant(speedup.centre), interval_text(speedup.interval))
}

fn interval_text(interval: Option<Interval>) -> String {
    interval.map_or(TOO_FEW.to_string(), |interval| {
        format!("{}..{}", significant(interval.low), significant(interval.high))
    })
}

/// Three significant digits, never in scientific notation.
pub fn significant(value: f64) -> String {
    // Of the rounded value: 9.999 is 10.0.
    let rounded = format!("{value:.2e}");
    let magnitude = rounded.split_once('e').and_then(|(_, exponent)| exponent.parse::<i32>().ok()).unwrap_or(0);
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
                pair.speedup.map(|speedup| speedup_text(&speedup, pair.verdict))
            };
            // A pair that went well has no speed-up if its baseline did not.
            let text = text.or_else(|| pair.time_ns.map(|time| time_text(time.centre)));
            match (&pair.stability, text) {
                (_, None) => "-".to_string(),
                (Some(stability), Some(text)) if pair.is_unstable() => {
                    format!("{}\n({text})", stability.consistency.name())
                }
                (_, Some(text)) => text,
            }
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
    let spread = time_ns.interval.map_or(TOO_FEW.to_string(), |interval| {
        format!("±{:.1} %", (interval.high / interval.low).sqrt().mul_add(100.0, -100.0))
    });
    format!("{}\n{spread}", time_text(time_ns.centre))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::IntervalMethod;

    #[test]
    fn numbers_have_three_significant_digits() {
        let texts =
            [0.0, 0.0123456, 0.5, 0.9996, 1.0, 9.99, 9.999, 12.34, 99.96, 123.4, 999.6, 12345.6].map(significant);
        let expected =
            ["0.00", "0.0123", "0.500", "1.00", "1.00", "9.99", "10.0", "12.3", "100", "123", "1000", "12346"];
        assert_eq!(texts.to_vec(), expected);
        assert_eq!(time_text(999.0), "999 ns");
        assert_eq!(time_text(1_234_567.0), "1.23 ms");
        assert_eq!(time_text(2.5e9), "2.50 s");
    }

    #[test]
    fn a_speedup_whose_interval_contains_one_is_marked() {
        let estimate = |centre, low, high| {
            let interval = Interval { low, high, method: IntervalMethod::StudentT };
            Estimate { centre, interval: Some(interval) }
        };
        assert_eq!(speedup_text(&estimate(1.32, 1.281, 1.36), None), "1.32x\n1.28..1.36");
        assert_eq!(speedup_text(&estimate(1.01, 0.99, 1.03), None), "~1.01x\n0.990..1.03");
        assert_eq!(speedup_text(&Estimate { centre: 2.0, interval: None }, None), "2.00x\ntoo few");
        assert_eq!(speedup_text(&estimate(1.01, 1.005, 1.015), Some(Verdict::Equivalent)), "=1.01x\n1.00..1.01");
        assert_eq!(speedup_text(&estimate(1.05, 1.01, 1.09), Some(Verdict::Inconclusive)), "~1.05x\n1.01..1.09");
        assert_eq!(speedup_text(&estimate(1.05, 1.04, 1.06), Some(Verdict::Faster)), "1.05x\n1.04..1.06");
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
