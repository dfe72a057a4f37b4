//! Tables for people: the comparison on a terminal and in Markdown, made from one list of texts.
//!
//! What stands below them in sentences is [`crate::show::findings`]'s.

use comfy_table::{CellAlignment, ContentArrangement, Table, TableComponent, presets};

use crate::analyse::{Analysis, Depth, GeometricMean, MeanValue, Mode, Pair};
use crate::machine::terminal;
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
    // The mean of one workload is the workload.
    if analysis.baseline.is_some() && analysis.common.len() > 1 {
        let mean_row = |title: String, means: &[Option<GeometricMean>]| {
            let cells = order.iter().map(|contender| match means[*contender] {
                Some(mean) => mean_text(&mean),
                None if Some(*contender) == analysis.baseline => "1".to_string(),
                None => "-".to_string(),
            });
            std::iter::once(title).chain(cells).collect()
        };
        let groups = analysis.groups.iter();
        let groups = groups.map(|group| (format!("{}\nmean of {}", group.name, group.workloads.len()), &group.means));
        let overall = (
            format!("geometric mean\nof {}", terminal::count(analysis.common.len(), "workload")),
            &analysis.geometric_means,
        );
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
    terminal::width().map_or_else(|| render_whole(texts), |width| render_within(texts, width))
}

/// The table within `width` columns. Long texts are broken between words; nothing else is broken: if the columns do not
/// fit, the table becomes several, one below the other, each with the first column.
pub fn render_within(texts: &Texts, width: usize) -> String {
    let columns: Vec<Column> = (0..texts.header.len()).map(|index| Column::of(texts, index)).collect();
    let mut parts: Vec<Vec<usize>> = Vec::new();
    for index in 1..columns.len() {
        let fits = |part: &Vec<usize>| {
            let chosen = part.iter().chain([&index]);
            columns[0].outer() + chosen.map(|index| columns[*index].outer()).sum::<usize>() <= width
        };
        match parts.last_mut().filter(|part| fits(part)) {
            Some(part) => part.push(index),
            None => parts.push(vec![index]),
        }
    }
    if parts.is_empty() {
        parts.push(Vec::new());
    }
    let tables = parts.iter().map(|part| {
        let chosen: Vec<usize> = std::iter::once(0).chain(part.iter().copied()).collect();
        render_whole(&fitted(texts, &columns, &chosen, width))
    });
    tables.collect::<Vec<String>>().join("\n\n")
}

/// The columns that are chosen, their long texts broken so that all fit into `width` if they can.
fn fitted(texts: &Texts, columns: &[Column], chosen: &[usize], width: usize) -> Texts {
    let least: usize = chosen.iter().map(|index| columns[*index].outer()).sum();
    let wanted: usize = chosen.iter().map(|index| columns[*index].natural - columns[*index].least).sum();
    let spare = width.saturating_sub(least);
    let widths: Vec<usize> = chosen
        .iter()
        .map(|index| {
            let Column { natural, least } = columns[*index];
            // What is left over goes to those that want it, each by how much.
            least + (natural - least).min(spare * (natural - least) / wanted.max(1))
        })
        .collect();
    let broken = |row: &Vec<String>| -> Vec<String> {
        let cells = chosen.iter().zip(&widths);
        cells.map(|(index, width)| broken_between_words(&row[*index], *width)).collect()
    };
    Texts { header: broken(&texts.header), rows: texts.rows.iter().map(broken).collect(), alignment: texts.alignment }
}

fn broken_between_words(cell: &str, width: usize) -> String {
    let options = textwrap::Options::new(width)
        .break_words(false)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let lines: Vec<String> = cell.split('\n').map(|line| textwrap::fill(line, &options)).collect();
    lines.join("\n")
}

/// How wide a column is, in characters.
#[derive(Debug, Clone, Copy)]
struct Column {
    /// With every line whole.
    natural: usize,
    /// With lines broken as much as may be.
    least: usize,
}

impl Column {
    /// Lines up to this are never broken: times, intervals, names.
    const LONGEST_WHOLE: usize = 24;

    fn of(texts: &Texts, index: usize) -> Column {
        let length = |text: &str| text.chars().count();
        let lines = || texts.rows.iter().flat_map(|row| row[index].split('\n'));
        let longest_word = |line: &str| line.split(' ').map(length).max().unwrap_or(0);
        let least_of = |line: &str| match length(line) {
            whole @ ..=Column::LONGEST_WHOLE => whole,
            // Not a word a line.
            _ => longest_word(line).max(Column::LONGEST_WHOLE),
        };
        let header = &texts.header[index];
        let natural = lines().chain([header.as_str()]).map(length).max().unwrap_or(0);
        let least = lines().map(least_of).chain([longest_word(header)]).max().unwrap_or(0);
        Column { natural, least: least.min(natural) }
    }

    /// The least width with what stands around the text.
    fn outer(&self) -> usize {
        self.least + 3
    }
}

/// The table as wide as it is.
fn render_whole(texts: &Texts) -> String {
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
    table.set_content_arrangement(ContentArrangement::Disabled);
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

/// A size with three significant digits and the unit that suits it, of 1000 of the one before.
pub fn bytes_text(bytes: f64) -> String {
    let (value, unit) = match bytes {
        ..1e3 => return format!("{bytes:.0} B"),
        ..1e6 => (bytes / 1e3, "kB"),
        ..1e9 => (bytes / 1e6, "MB"),
        _ => (bytes / 1e9, "GB"),
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

/// A geometric mean: a bracket if pairs have modes, in brackets if some are not steady.
fn mean_text(mean: &GeometricMean) -> String {
    let text = match mean.value {
        MeanValue::Estimate(estimate) => speedup_text(&estimate, None),
        MeanValue::Between { slow, fast } => format!("{}..{}x\nby mode", significant(slow), significant(fast)),
    };
    if mean.is_steady { text } else { format!("({text})") }
}

/// Modes, one a line: `4.20x in 4`.
pub(super) fn modes_text(modes: &[Mode], value: impl Fn(f64) -> String) -> String {
    let lines: Vec<String> =
        modes.iter().map(|mode| format!("{} in {}", value(mode.value), mode.blocks.len())).collect();
    lines.join("\n")
}

fn pair_text(pair: &Pair, wants_time: bool) -> String {
    match pair.outcome {
        None => "not run".to_string(),
        Some(Outcome::Ok) => {
            let text = if wants_time && pair.has_modes() {
                Some(modes_text(&pair.time_modes, time_text))
            } else if wants_time {
                pair.time_ns.map(|time| timing_text(&time))
            } else if !pair.speedup_modes.is_empty() {
                Some(modes_text(&pair.speedup_modes, |speedup| format!("{}x", significant(speedup))))
            } else {
                pair.speedup.map(|speedup| speedup_text(&speedup, pair.verdict))
            };
            // A pair that went well has no speed-up if its baseline did not.
            let text = text.or_else(|| match pair.has_modes() {
                true => Some(modes_text(&pair.time_modes, time_text)),
                false => pair.time_ns.map(|time| time_text(time.centre)),
            });
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
            | Outcome::BadHeader
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
    fn a_table_that_is_too_wide_becomes_several_and_breaks_no_word() {
        let row = |name: &str, cell: &str| std::iter::once(name).chain([cell; 6]).map(str::to_string).collect();
        let texts = Texts {
            header: row("workload", "some-contender"),
            rows: vec![row("constraint_solver", "~1.07x\n0.734..1.56"), row("fib", "21.1 ms\n±84.2 %")],
            alignment: CellAlignment::Right,
        };
        for width in [40, 60, 80, 100] {
            let text = render_within(&texts, width);
            assert!(text.lines().all(|line| line.chars().count() <= width), "{width}:\n{text}");
            for whole in ["constraint_solver", "0.734..1.56", "21.1 ms", "±84.2 %", "some-contender"] {
                assert!(text.contains(whole), "{width}: {whole} is not in\n{text}");
            }
            assert_eq!(text.matches("0.734..1.56").count(), 6);
        }
        assert_eq!(render_within(&texts, 80).matches("constraint_solver").count(), 2);
        // What cannot be broken is wider than it should be, and whole.
        assert!(render_within(&texts, 10).contains("constraint_solver"));
    }

    #[test]
    fn long_texts_are_broken_between_words() {
        let prose = "a sentence that says something of the engine in the first column of this row";
        let texts = Texts {
            header: vec!["engine".to_string(), "strategy".to_string()],
            rows: vec![vec!["some-engine".to_string(), prose.to_string()]],
            alignment: CellAlignment::Left,
        };
        let text = render_within(&texts, 50);
        assert!(text.lines().all(|line| line.chars().count() <= 50), "{text}");
        assert!(prose.split(' ').all(|word| text.contains(word)), "{text}");
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
