//! The run sequences of one workload: for each contender the times of the iterations of its middle process, between the
//! fastest and the slowest of all its processes, with change points, and with what compilers and the collector did on the
//! same axis.

use super::frame::{self, Axis, MARGIN, Sizes};
use crate::analyse::attribution::changes;
use crate::analyse::process::Process;
use crate::record::rows::EventKind;
use crate::show::scene::{Anchor, Point, Scene, text_width};
use crate::show::table::time_text;
use crate::show::theme::{EventInk, Ink, Marker};
use crate::show::view::View;

/// Draws them; `None` if no contender finished the workload.
pub fn scene(view: &View, workload: usize) -> Option<Scene> {
    let analysis = view.analysis;
    let sizes = Sizes::of(view);
    let finished: Vec<usize> = view
        .contenders
        .iter()
        .copied()
        .filter(|contender| !analysis.pairs[workload][*contender].processes.is_empty())
        .collect();
    if finished.is_empty() {
        return None;
    }
    let title = format!("{}: iteration by iteration", analysis.plan.workloads[workload].name);
    let mut scene = Scene::new(view.format.width(), title);
    let subtitle = "Time of each iteration (logarithmic): the middle process, faint the fastest and the slowest of all. Vertical \
                    lines: its change points.";
    let top = frame::header(&mut scene, view, subtitle);
    let mut top = key(&mut scene, view, top + sizes.line / 2);
    let longest = |contender: &usize| {
        analysis.pairs[workload][*contender].processes.iter().map(|process| process.wall_ns.len()).max()
    };
    let length = finished.iter().filter_map(longest).max().unwrap_or(1);
    let room = ["0.00 ms", "000 ms"].iter().map(|text| text_width(text, sizes.small)).max().unwrap_or(0) + 6;
    let along = Axis::linear(0.0, length as f64 + 1.0, (MARGIN + room, scene.width - MARGIN - 4));
    for contender in &finished {
        scene.mark(
            (MARGIN + sizes.mark, top + sizes.line / 2),
            sizes.mark,
            view.marker(*contender),
            view.ink(*contender),
            false,
        );
        let name = view.label(*contender);
        scene.text(name, (MARGIN + 3 * sizes.mark, top + sizes.line / 2), sizes.text, Ink::Text, Anchor::Start);
        let panel = (top + sizes.line + 2, top + sizes.line + 2 + 3 * sizes.line);
        panel_of(&mut scene, view, (workload, *contender), &along, panel);
        top = panel.1 + sizes.line;
    }
    let bottom = top - sizes.line + 4;
    scene.height = frame::horizontal_axis(
        &mut scene,
        view,
        &along,
        (bottom - 4, bottom),
        &|value| format!("{value:.0}"),
        "iteration",
    );
    Some(scene)
}

/// What the ticks below a panel are.
fn key(scene: &mut Scene, view: &View, y: i32) -> i32 {
    let sizes = Sizes::of(view);
    let entries =
        [("compiled", EventInk::Compile), ("left or thrown away", EventInk::Deopt), ("collected", EventInk::Collect)];
    let mut x = MARGIN;
    for (name, ink) in entries {
        scene.mark((x + sizes.mark, y), sizes.mark, Marker::Bar, Ink::Event(ink), false);
        scene.text(name, (x + 2 * sizes.mark + 4, y), sizes.small, Ink::Muted, Anchor::Start);
        x += 2 * sizes.mark + 4 + text_width(name, sizes.small) + sizes.line / 2;
    }
    y + sizes.line
}

fn panel_of(
    scene: &mut Scene,
    view: &View,
    (workload, contender): (usize, usize),
    along: &Axis,
    (top, bottom): (i32, i32),
) {
    let sizes = Sizes::of(view);
    let pair = &view.analysis.pairs[workload][contender];
    let Some(middle) = middle(&pair.processes) else { return };
    // Three rows of ticks stand below.
    let floor = bottom - 10;
    let all = pair.processes.iter().flat_map(|process| process.wall_ns.iter().copied());
    let up = Axis::logarithmic(all, (floor, top));
    for tick in up.ticks(2) {
        let y = up.at(tick).clamp(top + sizes.line / 3, floor - sizes.line / 3);
        scene.line((along.at(0.0), up.at(tick)), (scene.width - MARGIN - 4, up.at(tick)), Ink::Grid, 1);
        scene.text(frame::plain(&time_text(tick)), (along.at(0.0) - 4, y), sizes.small, Ink::Text, Anchor::End);
    }
    let length = pair.processes.iter().map(|process| process.wall_ns.len()).max().unwrap_or(0);
    let extreme = |pick: fn(f64, f64) -> f64, from: f64| {
        let at = |place: usize| {
            pair.processes.iter().filter_map(|process| process.wall_ns.get(place)).copied().fold(from, pick)
        };
        (0..length).map(|place| (along.at(place as f64 + 1.0), up.at(at(place)))).collect::<Vec<Point>>()
    };
    if pair.processes.len() > 1 {
        for bound in [extreme(f64::min, f64::INFINITY), extreme(f64::max, 0.0)] {
            scene.path(frame::thinned(&bound, 6), Ink::Faint(contender), 1);
        }
    }
    for change in changes(middle) {
        let x = along.at(change as f64 + 0.5);
        scene.line((x, top), (x, floor), Ink::Event(EventInk::Change), 1);
    }
    let points: Vec<Point> = (1..)
        .zip(&middle.wall_ns)
        .map(|(iteration, time_ns)| (along.at(f64::from(iteration)), up.at(*time_ns)))
        .collect();
    match points.as_slice() {
        [only] => scene.mark(*only, sizes.mark - 1, view.marker(contender), view.ink(contender), false),
        _ => scene.path(frame::thinned(&points, 2), view.ink(contender), 1),
    }
    ticks(scene, view, (workload, contender), middle, along, floor + 2);
}

/// What happened in the iterations: of the process by its counters, and what only the traced process tells.
fn ticks(
    scene: &mut Scene,
    view: &View,
    (workload, contender): (usize, usize),
    process: &Process,
    along: &Axis,
    top: i32,
) {
    let plan = view.analysis.plan;
    let is_left = |kind: EventKind| {
        matches!(kind, EventKind::SideExit | EventKind::Deopt | EventKind::Blacklisted | EventKind::Evicted)
    };
    let traced = view.recorded.events.iter().filter(|row| is_left(row.kind)).filter(|row| {
        plan.cell(&row.engine, &row.engine_config, &row.workload)
            .is_some_and(|cell| (cell.workload, cell.contender) == (workload, contender))
    });
    let left = traced.filter_map(|row| row.iteration.checked_sub(1)).chain(process.happenings.deopted.iter().copied());
    let rows = [
        (EventInk::Compile, process.happenings.compiled.clone()),
        (EventInk::Deopt, left.collect()),
        (EventInk::Collect, process.happenings.collected.clone()),
    ];
    for (place, (ink, mut indices)) in (0..).zip(rows) {
        indices.sort_unstable();
        let mut columns: Vec<i32> = indices.iter().map(|index| along.at(f64::from(*index) + 1.0)).collect();
        columns.dedup();
        let y = top + 3 * place;
        // Neighbouring columns are one line.
        let mut start = 0;
        for place in 0..columns.len() {
            if columns.get(place + 1).is_none_or(|next| next - columns[place] > 1) {
                scene.area((columns[start], y), (columns[place] + 1, y + 2), Ink::Event(ink));
                start = place + 1;
            }
        }
    }
}

/// The process whose iterations that count have the middle mean.
pub fn middle(processes: &[Process]) -> Option<&Process> {
    let mut sorted: Vec<&Process> = processes.iter().collect();
    sorted.sort_by(|one, other| one.log_mean.total_cmp(&other.log_mean).then(one.block.cmp(&other.block)));
    sorted.get(sorted.len() / 2).copied()
}
