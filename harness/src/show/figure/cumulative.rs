//! The time that a program has taken after so many iterations, start-up included, for every contender on one workload; a ring
//! where one that is faster in the end has caught up for good.

use super::frame::{self, Axis, MARGIN, Sizes};
use crate::show::scene::{Point, Scene};
use crate::show::table::time_text;
use crate::show::theme::{Ink, Marker};
use crate::show::view::View;

/// How many places of a curve are drawn.
const PLACES: usize = 60;

/// Draws it; `None` if fewer than two contenders finished the workload.
pub fn scene(view: &View, workload: usize) -> Option<Scene> {
    let analysis = view.analysis;
    let sizes = Sizes::of(view);
    let pairs = &analysis.pairs[workload];
    let curves: Vec<(usize, Vec<f64>)> = view
        .contenders
        .iter()
        .filter_map(|contender| Some((*contender, totals(&pairs[*contender].processes)?)))
        .collect();
    if curves.len() < 2 {
        return None;
    }
    let title = format!("{}: time since the start", analysis.plan.workloads[workload].name);
    let mut scene = Scene::new(view.format.width(), title);
    let subtitle = "After so many iterations, start-up included (both logarithmic; lower is better). Ring: a contender that is \
                    faster in the end has caught up with another for good.";
    let top = frame::header(&mut scene, view, subtitle);
    let shown: Vec<usize> = curves.iter().map(|(contender, _)| *contender).collect();
    let top = frame::legend(&mut scene, view, &shown, top + sizes.line / 2);
    let longest = curves.iter().map(|(_, curve)| curve.len() - 1).max().unwrap_or(1);
    let bottom = top + 16 * sizes.line;
    let up = Axis::logarithmic(curves.iter().flat_map(|(_, curve)| [curve[1], curve[curve.len() - 1]]), (bottom, top));
    let left = MARGIN + frame::label_room(up.ticks(12).into_iter().map(time_text), sizes.small);
    let right = scene.width - MARGIN - 4;
    frame::vertical_axis(&mut scene, view, &up, (left, right), &time_text);
    let along = Axis::logarithmic([1.0, longest as f64], (left, right));
    scene.height =
        frame::horizontal_axis(&mut scene, view, &along, (top, bottom), &|value| format!("{value}"), "iterations");
    for (contender, curve) in &curves {
        let points: Vec<Point> =
            places(curve.len() - 1).into_iter().map(|place| (along.at(place as f64), up.at(curve[place]))).collect();
        for at in [points[0], points[points.len() - 1]] {
            scene.mark(at, sizes.mark - 1, view.marker(*contender), view.ink(*contender), false);
        }
        scene.path(points, view.ink(*contender), 2);
    }
    let is_shown = |contender: usize| shown.contains(&contender);
    for one in
        view.break_evens.iter().filter(|one| one.workload == workload && is_shown(one.faster) && is_shown(one.slower))
    {
        let crossing = one.crossing;
        if crossing.iterations >= 1.0 && crossing.iterations <= longest as f64 {
            let at = (along.at(crossing.iterations), up.at(crossing.time_ns));
            scene.mark(at, sizes.mark, Marker::Circle, Ink::Text, true);
        }
    }
    Some(scene)
}

/// The mean time after each iteration that all processes have; `None` without any.
fn totals(processes: &[crate::analyse::process::Process]) -> Option<Vec<f64>> {
    let length = processes.iter().map(|process| process.wall_ns.len()).min()?;
    let mut totals = vec![0.0; length + 1];
    for process in processes {
        let mut now_ns = process.startup_ns.unwrap_or(0) as f64;
        totals[0] += now_ns;
        for (total, time_ns) in totals[1..].iter_mut().zip(&process.wall_ns) {
            now_ns += time_ns;
            *total += now_ns;
        }
    }
    totals.iter_mut().for_each(|total| *total /= processes.len() as f64);
    (length > 0).then_some(totals)
}

/// Places from 1 to `last`, evenly on a logarithmic axis.
fn places(last: usize) -> Vec<usize> {
    let place = |index: usize| (last as f64).powf(index as f64 / (PLACES - 1) as f64).round() as usize;
    let mut places: Vec<usize> = (0..PLACES).map(|index| place(index).clamp(1, last)).collect();
    places.dedup();
    places
}
