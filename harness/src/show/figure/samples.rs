//! How the times on one workload scatter: for each contender the middle half and 90 % of the iterations that count, and a mark
//! for each process, so that modes are seen.

use super::frame::{self, Axis, MARGIN, Sizes};
use crate::show::scene::{Anchor, Scene, fitting, text_width};
use crate::show::table::time_text;
use crate::show::theme::Ink;
use crate::show::view::View;
use crate::statistics::quantile_of_sorted;

/// Draws it; `None` if no contender finished the workload.
pub fn scene(view: &View, workload: usize) -> Option<Scene> {
    let analysis = view.analysis;
    let sizes = Sizes::of(view);
    let rows: Vec<(usize, Vec<f64>)> = view
        .contenders
        .iter()
        .map(|contender| {
            let processes = &analysis.pairs[workload][*contender].processes;
            let mut used: Vec<f64> = processes.iter().flat_map(|process| process.used_ns().iter().copied()).collect();
            used.sort_unstable_by(f64::total_cmp);
            (*contender, used)
        })
        .filter(|(_, used)| !used.is_empty())
        .collect();
    if rows.is_empty() {
        return None;
    }
    let title = format!("{}: how the times scatter", analysis.plan.workloads[workload].name);
    let mut scene = Scene::new(view.format.width(), title);
    let subtitle = "Bar: the middle half of the iterations that count; line: 5 % to 95 % of them. Mark: the mean of a process, \
                    hollow where processes fall into modes.";
    let top = frame::header(&mut scene, view, subtitle) + sizes.line / 4;
    let names: Vec<String> =
        rows.iter().map(|(contender, _)| fitting(&view.label(*contender), scene.width / 3, sizes.text)).collect();
    let left = MARGIN + names.iter().map(|name| text_width(name, sizes.text)).max().unwrap_or(0) + 8;
    let height = sizes.line + 4;
    let bottom = top + height * rows.len() as i32;
    let ends = rows.iter().flat_map(|(_, used)| [quantile_of_sorted(used, 0.05), quantile_of_sorted(used, 0.95)]);
    let means = rows.iter().flat_map(|(contender, _)| analysis.pairs[workload][*contender].log_means()).map(f64::exp);
    let axis = Axis::logarithmic(ends.chain(means), (left, scene.width - MARGIN - 6));
    scene.height = frame::horizontal_axis(
        &mut scene,
        view,
        &axis,
        (top, bottom),
        &time_text,
        "time of an iteration (logarithmic)",
    );
    for (place, ((contender, used), name)) in (0..).zip(rows.iter().zip(&names)) {
        let y = top + height * place + height / 2;
        let pair = &analysis.pairs[workload][*contender];
        scene.text(name.as_str(), (left - 8, y), sizes.text, Ink::Text, Anchor::End);
        let at = |share: f64| axis.at(quantile_of_sorted(used, share));
        scene.line((at(0.05), y), (at(0.95), y), Ink::Faint(*contender), 1);
        scene.area((at(0.25), y - height / 4), (at(0.75).max(at(0.25) + 1), y + height / 4), Ink::Faint(*contender));
        for process in &pair.processes {
            let at = (axis.at(process.log_mean.exp()), y);
            scene.mark(at, sizes.mark - 1, view.marker(*contender), view.ink(*contender), pair.has_modes());
        }
    }
    Some(scene)
}
