//! Where the time of a process goes: starting, compiling, collecting, and the rest, by the engine's own counters over all
//! iterations of all processes. What nothing counts is not split: yardsticks and native code have one part beside start-up.

use super::frame::{self, Axis, MARGIN, Sizes};
use crate::show::scene::{Anchor, Scene, fitting, text_width};
use crate::show::theme::{EventInk, Ink, Marker};
use crate::show::view::View;

/// The parts, in the order in which they are drawn.
const PARTS: [(&str, EventInk); 4] = [
    ("starting", EventInk::Start),
    ("compiling", EventInk::Compile),
    ("collecting", EventInk::Collect),
    ("the rest", EventInk::Run),
];

/// Draws it; `None` if nothing was measured.
pub fn scene(view: &View) -> Option<Scene> {
    let sizes = Sizes::of(view);
    let mut scene = Scene::new(view.format.width(), "Where the time goes".to_string());
    let rows: Vec<(usize, [f64; 4])> =
        view.contenders.iter().filter_map(|contender| Some((*contender, shares(view, *contender)?))).collect();
    if rows.is_empty() {
        return None;
    }
    let subtitle = format!(
        "Share of the time of a process from its start to the end of its last iteration, over the workloads that it finished, \
         each with one weight; size {}. Contenders that count nothing have no compiling and no collecting of their own.",
        view.analysis.plan.size.name()
    );
    let top = frame::header(&mut scene, view, &subtitle) + sizes.line / 2;
    let mut x = MARGIN;
    for (name, ink) in PARTS {
        scene.mark((x + sizes.mark, top), sizes.mark, Marker::Square, Ink::Event(ink), false);
        scene.text(name, (x + 3 * sizes.mark, top), sizes.text, Ink::Text, Anchor::Start);
        x += 3 * sizes.mark + text_width(name, sizes.text) + sizes.line;
    }
    let top = top + sizes.line;
    let names: Vec<String> =
        rows.iter().map(|(contender, _)| fitting(&view.label(*contender), scene.width / 3, sizes.text)).collect();
    let left = MARGIN + names.iter().map(|name| text_width(name, sizes.text)).max().unwrap_or(0) + 8;
    let axis = Axis::linear(0.0, 100.0, (left, scene.width - MARGIN - sizes.line));
    let height = sizes.line + 4;
    let bottom = top + height * rows.len() as i32;
    let end = frame::horizontal_axis(
        &mut scene,
        view,
        &axis,
        (top, bottom),
        &|value| format!("{value:.0} %"),
        "share of the time",
    );
    for (place, ((_, shares), name)) in (0..).zip(rows.iter().zip(&names)) {
        let y = top + height * place;
        scene.text(name.as_str(), (left - 8, y + height / 2), sizes.text, Ink::Text, Anchor::End);
        let mut from = 0.0;
        for (share, (_, ink)) in shares.iter().zip(PARTS) {
            let to = from + 100.0 * share;
            scene.area((axis.at(from), y + 2), (axis.at(to), y + height - 2), Ink::Event(ink));
            from = to;
        }
    }
    scene.height = end;
    Some(scene)
}

fn shares(view: &View, contender: usize) -> Option<[f64; 4]> {
    let mut sums = [0.0; 4];
    let mut count = 0.0;
    for workload in &view.workloads {
        let pair = &view.analysis.pairs[*workload][contender];
        let sum = |of: &dyn Fn(&crate::analyse::process::Process) -> f64| pair.processes.iter().map(of).sum::<f64>();
        let start = sum(&|process| process.startup_ns.unwrap_or(0) as f64);
        let iterations = sum(&|process| process.wall_ns.iter().sum());
        let compile = sum(&|process| process.used.compile_ns.unwrap_or(0) as f64);
        let collect = sum(&|process| process.used.gc_ns.unwrap_or(0) as f64);
        let whole = start + iterations;
        if whole > 0.0 {
            let parts = [start, compile, collect, (iterations - compile - collect).max(0.0)];
            sums.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part / whole);
            count += 1.0;
        }
    }
    (count > 0.0).then(|| sums.map(|sum| sum / count))
}
