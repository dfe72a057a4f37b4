//! The speed-up figure: one band for the geometric mean, one for each kind and each workload; in it one row for each
//! contender with a mark, its 95 % interval and a faint mark for each process, on a logarithmic axis.

use super::frame::{self, Axis, MARGIN, Sizes};
use crate::analyse::{Depth, GeometricMean, LABEL, MeanValue, Mode, Pair};
use crate::record::outcome::Outcome;
use crate::show::scene::{Anchor, Scene, fitting, text_width};
use crate::show::table::{TOO_FEW, significant, time_text};
use crate::show::theme::Ink;
use crate::show::view::{Format, View};
use crate::statistics::Estimate;

/// What a row shows.
enum Value {
    /// A mark with its interval.
    Estimate(Estimate),
    /// A mark for each mode, with how many processes are in it.
    Modes(Vec<(f64, usize)>),
    /// A geometric mean from every pair in its slowest mode to every pair in its fastest.
    Between(f64, f64),
    /// Words in place of a number.
    Words(&'static str),
}

/// A contender in a band.
struct Row {
    contender: usize,
    value: Value,
    /// What each process has.
    processes: Vec<f64>,
    /// Whether some process was not steady.
    is_unstable: bool,
}

/// A workload, or a geometric mean, and its rows.
struct Band {
    title: String,
    rows: Vec<Row>,
}

/// The means alone; `None` if there are none.
pub fn overview(view: &View) -> Option<Scene> {
    let bands = bands(view, &[]);
    (!bands.is_empty()).then(|| drawn(view, bands))
}

/// Draws it.
pub fn scene(view: &View) -> Scene {
    drawn(view, bands(view, &view.workloads))
}

fn drawn(view: &View, mut bands: Vec<Band>) -> Scene {
    let analysis = view.analysis;
    let plan = analysis.plan;
    let sizes = Sizes::of(view);
    let title = match analysis.baseline_label() {
        Some(baseline) => format!("Speed-up over {baseline}, size {}", plan.size.name()),
        None => format!("Time of an iteration, size {}", plan.size.name()),
    };
    let mut scene = Scene::new(view.format.width(), title);
    let label = match analysis.depth {
        Depth::FirstLook => LABEL,
        Depth::Full => "steady iterations, hollow: not steady",
    };
    let subtitle = format!(
        "Mark: geometric mean of {} processes ({label}); line: its 95 % interval; faint: each process. Run {}.",
        plan.invocations, plan.run_id
    );
    let top = frame::header(&mut scene, view, &subtitle);
    let top = frame::legend(&mut scene, view, &view.compared(), top + sizes.line / 2) - sizes.line / 2;
    let most = scene.width / 3;
    bands.iter_mut().for_each(|band| band.title = fitting(&band.title, most, sizes.text));
    let names = bands.iter().map(|band| text_width(&band.title, sizes.text)).max().unwrap_or(0);
    let left = MARGIN + names + sizes.line;
    let right = match view.format {
        Format::Column => scene.width - MARGIN - sizes.line / 2,
        Format::Page | Format::Slide => {
            scene.width - MARGIN - text_width("0.000x  [0.000, 0.000]", sizes.small) - sizes.line
        }
    };
    let axis = axis(&bands, analysis.baseline.is_some(), (left, right));
    let row_height = sizes.line - 1;
    let gap = sizes.line / 2;
    let height: i32 = bands.iter().map(|band| band.rows.len().max(1) as i32 * row_height + gap).sum();
    let name = match analysis.baseline {
        Some(_) => "times as fast as the baseline (ratio, logarithmic; right is faster)",
        None => "time of an iteration (logarithmic; left is faster)",
    };
    let tick = |value: f64| match analysis.baseline {
        Some(_) => format!("{value}x"),
        None => time_text(value),
    };
    scene.height = frame::horizontal_axis(&mut scene, view, &axis, (top, top + height), &tick, name) + MARGIN / 2;
    if analysis.baseline.is_some() {
        scene.line((axis.at(1.0), top), (axis.at(1.0), top + height), Ink::Muted, 2);
    }
    let mut y = top;
    for band in &bands {
        let rows = band.rows.len().max(1) as i32 * row_height;
        scene.text(&*band.title, (left - sizes.line / 2, y + gap / 2 + rows / 2), sizes.text, Ink::Text, Anchor::End);
        for (place, row) in (0..).zip(&band.rows) {
            draw_row(&mut scene, view, &axis, row, (right, y + gap / 2 + row_height * place + row_height / 2));
        }
        y += rows + gap;
        scene.line((MARGIN, y), (scene.width - MARGIN, y), Ink::Grid, 1);
    }
    scene
}

/// The means, and the workloads of `shown`.
fn bands(view: &View, shown: &[usize]) -> Vec<Band> {
    let analysis = view.analysis;
    let compared = view.compared();
    let mut bands = Vec::new();
    let is_everything = view.workloads.len() == analysis.plan.workloads.len();
    // A mean over a choice of workloads is that of the chosen ones.
    let chosen: Vec<usize> =
        analysis.common.iter().copied().filter(|workload| view.workloads.contains(workload)).collect();
    let overall = (format!("geometric mean ({})", chosen.len()), chosen);
    let groups = analysis.groups.iter().filter(|_| is_everything);
    let groups =
        groups.map(|group| (format!("{}, mean ({})", group.name, group.workloads.len()), group.workloads.clone()));
    for (title, workloads) in std::iter::once(overall).chain(groups) {
        let means = analysis.means_over(&workloads);
        let row = |contender: &usize| Some(mean_row(view, *contender, means[*contender]?, &workloads));
        let rows: Vec<Row> = compared.iter().filter_map(row).collect();
        if !rows.is_empty() {
            bands.push(Band { title, rows });
        }
    }
    for workload in shown {
        let pairs = &analysis.pairs[*workload];
        let title = analysis.plan.workloads[*workload].name.clone();
        let rows = compared.iter().filter_map(|contender| row(view, *contender, pairs)).collect();
        bands.push(Band { title, rows });
    }
    bands
}

fn mean_row(view: &View, contender: usize, mean: GeometricMean, workloads: &[usize]) -> Row {
    let value = match mean.value {
        MeanValue::Estimate(estimate) => Value::Estimate(estimate),
        MeanValue::Between { slow, fast } => Value::Between(slow, fast),
    };
    // Faint is each workload here: that is what the mean is of.
    let of_workload =
        |workload: &usize| view.analysis.pairs[*workload][contender].speedup.map(|speedup| speedup.centre);
    let processes = workloads.iter().filter_map(of_workload).collect();
    Row { contender, value, processes, is_unstable: !mean.is_steady }
}

/// What is drawn for a pair; nothing for one that never ran or cannot.
fn row(view: &View, contender: usize, pairs: &[Pair]) -> Option<Row> {
    let pair = &pairs[contender];
    let modes_of = |modes: &[Mode]| modes.iter().map(|mode| (mode.value, mode.blocks.len())).collect();
    let or_words = |estimate: Option<Estimate>, words| estimate.map_or(Value::Words(words), Value::Estimate);
    let baseline = view.analysis.baseline;
    let value = match (pair.outcome?, baseline) {
        (Outcome::NotApplicable, _) => return None,
        (Outcome::Ok, Some(_)) if !pair.speedup_modes.is_empty() => Value::Modes(modes_of(&pair.speedup_modes)),
        (Outcome::Ok, Some(_)) => or_words(pair.speedup, "no baseline"),
        (Outcome::Ok, None) if pair.has_modes() => Value::Modes(modes_of(&pair.time_modes)),
        (Outcome::Ok, None) => or_words(pair.time_ns, "no time"),
        (
            outcome @ (Outcome::WrongResult
            | Outcome::LuaError
            | Outcome::Unsupported
            | Outcome::EngineBug
            | Outcome::Crash
            | Outcome::Timeout
            | Outcome::OutOfMemory
            | Outcome::BadHeader),
            _,
        ) => Value::Words(outcome.words()),
    };
    let processes = match baseline {
        Some(baseline) => pair.differences(&pairs[baseline]).into_iter().map(f64::exp).collect(),
        None => pair.log_means().into_iter().map(f64::exp).collect(),
    };
    Some(Row { contender, value, processes, is_unstable: pair.is_unstable() })
}

/// The axis from the smallest to the largest value drawn; 1 is always inside for ratios.
fn axis(bands: &[Band], ratios: bool, ends: (i32, i32)) -> Axis {
    let values = bands.iter().flat_map(|band| &band.rows).flat_map(|row| match &row.value {
        Value::Estimate(estimate) => {
            // An interval of few processes can be absurdly wide; it may not squeeze everything else.
            let (low, high) =
                estimate.interval.map_or((estimate.centre, estimate.centre), |interval| (interval.low, interval.high));
            vec![low.max(estimate.centre / 4.0), high.min(estimate.centre * 4.0)]
        }
        Value::Modes(modes) => modes.iter().map(|(value, _)| *value).collect(),
        Value::Between(slow, fast) => vec![*slow, *fast],
        Value::Words(_) => Vec::new(),
    });
    Axis::logarithmic(values.chain(ratios.then_some(1.0)), ends)
}

fn draw_row(scene: &mut Scene, view: &View, axis: &Axis, row: &Row, (right, y): (i32, i32)) {
    let sizes = Sizes::of(view);
    let (ink, marker) = (view.ink(row.contender), view.marker(row.contender));
    let has_baseline = view.analysis.baseline.is_some();
    let number = |value: f64| if has_baseline { format!("{}x", significant(value)) } else { time_text(value) };
    for value in &row.processes {
        scene.mark((axis.at(*value), y), (sizes.mark / 2).max(1), marker, Ink::Faint(row.contender), false);
    }
    let text = match &row.value {
        Value::Estimate(estimate) => {
            if let Some(interval) = estimate.interval {
                let (low, high) = (axis.at(interval.low), axis.at(interval.high));
                scene.line((low, y), (high, y), ink, 2);
                for x in [low, high] {
                    scene.line((x, y - sizes.mark), (x, y + sizes.mark), ink, 1);
                }
            }
            scene.mark((axis.at(estimate.centre), y), sizes.mark, marker, ink, row.is_unstable);
            match (has_baseline, estimate.interval) {
                (false, _) => time_text(estimate.centre),
                (true, None) => format!("{}x  {TOO_FEW}", significant(estimate.centre)),
                (true, Some(interval)) => {
                    let (low, high) = (significant(interval.low), significant(interval.high));
                    format!("{}x  [{low}, {high}]", significant(estimate.centre))
                }
            }
        }
        Value::Modes(modes) => {
            modes.iter().for_each(|(value, _)| scene.mark((axis.at(*value), y), sizes.mark, marker, ink, true));
            let texts: Vec<String> =
                modes.iter().map(|(value, count)| format!("{} in {count}", number(*value))).collect();
            texts.join(", ")
        }
        Value::Between(slow, fast) => {
            scene.line((axis.at(*slow), y), (axis.at(*fast), y), ink, 1);
            [slow, fast].into_iter().for_each(|value| scene.mark((axis.at(*value), y), sizes.mark, marker, ink, true));
            format!("{}..{} by mode", significant(*slow), number(*fast))
        }
        Value::Words(words) => {
            if view.format == Format::Column {
                let start = (axis.at(1.0) + sizes.mark).min(right - text_width(words, sizes.small));
                scene.text(*words, (start, y), sizes.small, Ink::Text, Anchor::Start);
            }
            words.to_string()
        }
    };
    if view.format != Format::Column {
        let room = scene.width - MARGIN - right - sizes.line / 2;
        let text = fitting(&text, room, sizes.small);
        scene.text(text, (right + sizes.line / 2, y), sizes.small, Ink::Text, Anchor::Start);
    }
}
