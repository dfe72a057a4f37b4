//! What speed costs: small panels with the steady speed-up against start-up, first iteration, compiling, memory and machine
//! code. Each contender has one mark for its geometric means over the common workloads, and a faint one for each of them.

use super::frame::{self, Axis, MARGIN, Sizes};
use crate::analyse::warm_up::Costs;
use crate::show::scene::{Anchor, Scene, fitting};
use crate::show::table::{bytes_text, significant, time_text};
use crate::show::theme::Ink;
use crate::show::view::{Format, View};
use crate::statistics::mean;

/// What one panel has on its horizontal axis.
struct Quantity {
    name: &'static str,
    of: fn(&Costs) -> Option<f64>,
    label: fn(f64) -> String,
}

const QUANTITIES: [Quantity; 6] = [
    Quantity { name: "start-up (time)", of: |costs| costs.startup_ns, label: time_text },
    Quantity {
        name: "first iteration (times a warm one)",
        of: |costs| costs.first_ratio,
        label: |ratio| format!("{}x", short(ratio)),
    },
    Quantity { name: "compiling, whole process (time)", of: |costs| costs.compile_ns, label: time_text },
    Quantity {
        name: "time to steady state",
        of: |costs| costs.time_to_steady_ns.map(|time| time.centre),
        label: time_text,
    },
    Quantity { name: "most memory resident", of: |costs| costs.max_rss_bytes, label: bytes_text },
    Quantity { name: "machine code", of: |costs| costs.code_bytes, label: bytes_text },
];

/// A ratio for an axis.
fn short(ratio: f64) -> String {
    frame::plain(&significant(ratio))
}

/// A contender in a panel: where its mark is, and those of the workloads.
struct Dots {
    contender: usize,
    mean: Option<(f64, f64)>,
    each: Vec<(f64, f64)>,
}

/// Draws it; `None` without speed-ups.
pub fn scene(view: &View) -> Option<Scene> {
    let analysis = view.analysis;
    let baseline = analysis.baseline_label()?;
    let sizes = Sizes::of(view);
    let mut scene = Scene::new(view.format.width(), "What speed costs".to_string());
    let subtitle = format!(
        "Up: times as fast as {baseline} when warm (ratio, logarithmic). To the right: what it costs (logarithmic). Mark: \
         geometric mean over the {} common workloads; faint: each of them. Left and above is better.",
        analysis.common.len()
    );
    let top = frame::header(&mut scene, view, &subtitle);
    let top = frame::legend(&mut scene, view, &view.contenders, top + sizes.line / 2);
    let panels: Vec<(&Quantity, Vec<Dots>)> = QUANTITIES
        .iter()
        .map(|quantity| (quantity, dots(view, quantity)))
        .filter(|(_, dots)| dots.iter().filter(|dots| !dots.each.is_empty()).count() > 1)
        .collect();
    if panels.is_empty() {
        return None;
    }
    let across = match view.format {
        Format::Column => 1,
        Format::Page | Format::Slide => 3,
    };
    let width = (scene.width - 2 * MARGIN) / across;
    let height = sizes.line * 11;
    let speeds: Vec<f64> =
        panels.iter().flat_map(|(_, dots)| dots).flat_map(|dots| &dots.each).map(|(_, speed)| *speed).collect();
    for (place, (quantity, dots)) in (0..).zip(&panels) {
        let (column, line) = (place % across, place / across);
        let corner = (MARGIN + column * width, top + line * (height + sizes.line));
        panel(&mut scene, view, (corner, (width, height)), quantity, dots, &speeds);
    }
    let lines = (panels.len() as i32 + across - 1) / across;
    scene.height = top + lines * (height + sizes.line) + MARGIN / 2;
    Some(scene)
}

fn dots(view: &View, quantity: &Quantity) -> Vec<Dots> {
    let analysis = view.analysis;
    let of = |contender: &usize| {
        let each: Vec<(f64, f64)> = analysis
            .common
            .iter()
            .filter(|workload| view.workloads.contains(workload))
            .filter_map(|workload| {
                let speed = if Some(*contender) == analysis.baseline {
                    1.0
                } else {
                    analysis.pairs[*workload][*contender].speedup?.centre
                };
                let cost = (quantity.of)(&analysis.costs[*workload][*contender]).filter(|cost| *cost > 0.0)?;
                Some((cost, speed))
            })
            .collect();
        let mean_of = |part: fn(&(f64, f64)) -> f64| {
            mean(&each.iter().map(|pair| part(pair).ln()).collect::<Vec<f64>>()).map(f64::exp)
        };
        let mean = mean_of(|pair| pair.0).zip(mean_of(|pair| pair.1));
        Dots { contender: *contender, mean, each }
    };
    view.contenders.iter().map(of).collect()
}

fn panel(
    scene: &mut Scene,
    view: &View,
    ((x, y), (width, height)): ((i32, i32), (i32, i32)),
    quantity: &Quantity,
    dots: &[Dots],
    speeds: &[f64],
) {
    let sizes = Sizes::of(view);
    let ratio = |value: f64| format!("{}x", short(value));
    let (top, bottom) = (y, y + height - 3 * sizes.line);
    let up = Axis::logarithmic(speeds.iter().copied().chain([1.0]), (bottom, top));
    let left = x + frame::label_room(up.ticks(5).into_iter().map(ratio), sizes.small) + 4;
    let right = x + width - sizes.line;
    frame::vertical_axis(scene, view, &up, (left, right), &ratio);
    let costs = dots.iter().flat_map(|dots| &dots.each).map(|(cost, _)| *cost);
    let along = Axis::logarithmic(costs, (left, right));
    // The name is written here: it must not run into the next panel's.
    frame::horizontal_axis(scene, view, &along, (top, bottom), &|value| (quantity.label)(value), "");
    let name = fitting(quantity.name, right - left + sizes.line, sizes.small);
    scene.text(
        name,
        ((left + right) / 2, bottom + sizes.line + sizes.line / 2 + 2),
        sizes.small,
        Ink::Muted,
        Anchor::Middle,
    );
    for dots in dots {
        for (cost, speed) in &dots.each {
            let at = (along.at(*cost), up.at(*speed));
            scene.mark(at, (sizes.mark / 2).max(1), view.marker(dots.contender), Ink::Faint(dots.contender), false);
        }
    }
    for dots in dots {
        if let Some((cost, speed)) = dots.mean {
            let at = (along.at(cost), up.at(speed));
            scene.mark(at, sizes.mark + 1, view.marker(dots.contender), view.ink(dots.contender), false);
        }
    }
}
