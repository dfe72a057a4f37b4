//! The heat map: workloads down, contenders across, in each cell the speed-up as a number, and a colour for those who look
//! from afar. Too many contenders for the width stand in several maps, one below the other.

use super::frame::{self, MARGIN, Sizes};
use crate::analyse::{MeanValue, Pair};
use crate::record::outcome::Outcome;
use crate::show::scene::{Anchor, Scene, fitting, text_width};
use crate::show::table::significant;
use crate::show::theme::Ink;
use crate::show::view::View;

/// Draws it; `None` without a baseline.
pub fn scene(view: &View) -> Option<Scene> {
    let analysis = view.analysis;
    let baseline = analysis.baseline_label()?;
    let sizes = Sizes::of(view);
    let title = format!("Speed-up over {baseline}, size {}", analysis.plan.size.name());
    let mut scene = Scene::new(view.format.width(), title);
    let subtitle = "Times as fast as the baseline: blue is faster, orange slower. ~: the 95 % interval contains 1. a/b: two \
                    modes, slowest and fastest. -: cannot be tried.";
    let mut top = frame::header(&mut scene, view, subtitle);
    let compared = view.compared();
    let names: Vec<String> =
        view.workloads.iter().map(|workload| analysis.plan.workloads[*workload].name.clone()).collect();
    let mean_name = format!("geometric mean ({})", analysis.common.len());
    let most = scene.width / 3;
    let name_room =
        names.iter().chain([&mean_name]).map(|name| text_width(name, sizes.text).min(most)).max().unwrap_or(0);
    let labels: Vec<Vec<String>> = compared.iter().map(|contender| pieces(&view.label(*contender))).collect();
    let widest = labels.iter().flatten().map(|piece| text_width(piece, sizes.small)).max().unwrap_or(0);
    let cell = widest.max(text_width("0.00/0.00", sizes.small)) + 8;
    let left = MARGIN + name_room + 8;
    let in_one = ((scene.width - MARGIN - left) / cell).max(1) as usize;
    for (chunk, labels) in compared.chunks(in_one).zip(labels.chunks(in_one)) {
        let lines = labels.iter().map(Vec::len).max().unwrap_or(1) as i32;
        let middle = |place: usize| left + cell * place as i32 + cell / 2;
        for (place, (contender, pieces)) in chunk.iter().zip(labels).enumerate() {
            scene.mark(
                (middle(place), top + sizes.line / 2),
                sizes.mark,
                view.marker(*contender),
                view.ink(*contender),
                false,
            );
            for (line, piece) in (0..).zip(pieces) {
                let y = top + sizes.line + sizes.line / 2 + line * sizes.line;
                scene.text(piece.as_str(), (middle(place), y), sizes.small, Ink::Text, Anchor::Middle);
            }
        }
        let mut y = top + sizes.line * (lines + 1) + sizes.line / 2;
        let means = chunk.iter().map(|contender| mean_cell(view, *contender)).collect::<Vec<_>>();
        let rows = view.workloads.iter().zip(&names).map(|(workload, name)| {
            let cells = chunk.iter().map(|contender| pair_cell(&analysis.pairs[*workload][*contender])).collect();
            (name.clone(), cells)
        });
        let with_mean = analysis.common.len() > 1;
        for (name, cells) in with_mean.then_some((mean_name.clone(), means)).into_iter().chain(rows) {
            let height = sizes.line + 4;
            let name = fitting(&name, name_room, sizes.text);
            scene.text(name, (left - 8, y + height / 2), sizes.text, Ink::Text, Anchor::End);
            for (place, (text, step)) in cells.iter().enumerate() {
                let x = left + cell * place as i32;
                if let Some(step) = step {
                    scene.area((x + 1, y + 1), (x + cell - 1, y + height - 1), Ink::Heat(*step));
                }
                let text = fitting(text, cell - 2, sizes.small);
                scene.text(text, (x + cell / 2, y + height / 2), sizes.small, Ink::Text, Anchor::Middle);
            }
            y += height;
        }
        top = y + sizes.line;
    }
    scene.height = top;
    Some(scene)
}

/// A label in pieces that stand one below the other.
fn pieces(label: &str) -> Vec<String> {
    const WHOLE: usize = 8;
    let mut pieces: Vec<String> = Vec::new();
    for piece in label.split_inclusive(['-', ' ', ':', '=']) {
        match pieces.last_mut() {
            Some(last) if last.len() + piece.len() <= WHOLE => last.push_str(piece),
            Some(_) | None => pieces.push(piece.to_string()),
        }
    }
    pieces.into_iter().map(|piece| piece.trim_end().to_string()).collect()
}

/// The number of a speed-up and its step of colour.
fn of_speedup(speedup: f64) -> (String, Option<i8>) {
    let distance = speedup.log2();
    let step = match distance.abs() {
        ..0.07 => 0,
        ..0.6 => 1,
        ..1.3 => 2,
        ..2.3 => 3,
        _ => 4,
    };
    (significant(speedup), Some(if distance < 0.0 { -step } else { step }))
}

fn between(slow: f64, fast: f64) -> (String, Option<i8>) {
    let (_, step) = of_speedup((slow * fast).sqrt());
    // Two numbers in one cell: two digits each.
    let short = |value: f64| if value >= 9.95 { format!("{value:.0}") } else { format!("{value:.1}") };
    (format!("{}/{}", short(slow), short(fast)), step)
}

fn mean_cell(view: &View, contender: usize) -> (String, Option<i8>) {
    match view.analysis.geometric_means[contender].map(|mean| mean.value) {
        Some(MeanValue::Estimate(estimate)) => of_speedup(estimate.centre),
        Some(MeanValue::Between { slow, fast }) => between(slow, fast),
        None => ("-".to_string(), None),
    }
}

fn pair_cell(pair: &Pair) -> (String, Option<i8>) {
    let words = |text: &str| (text.to_string(), None);
    match pair.outcome {
        None => words("not run"),
        Some(Outcome::Ok) => match (pair.speedup, pair.speedup_modes.as_slice()) {
            (_, [slowest, .., fastest]) => between(slowest.value, fastest.value),
            (_, [one]) => of_speedup(one.value),
            (Some(speedup), []) => {
                let (text, step) = of_speedup(speedup.centre);
                let is_unclear = speedup.interval.is_none_or(|interval| interval.contains(1.0));
                (if is_unclear { format!("~{text}") } else { text }, step)
            }
            (None, []) => words("-"),
        },
        Some(Outcome::NotApplicable) => words("-"),
        Some(Outcome::WrongResult) => words("wrong"),
        Some(Outcome::LuaError) => words("error"),
        Some(Outcome::Unsupported) => words("declined"),
        Some(Outcome::EngineBug) => words("bug"),
        Some(Outcome::Crash) => words("crash"),
        Some(Outcome::Timeout) => words("timeout"),
        Some(Outcome::OutOfMemory) => words("memory"),
        Some(Outcome::BadHeader) => words("header"),
    }
}
