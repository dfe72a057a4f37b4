//! Why compiled code was left or refused: side exits, declines and units thrown away, by reason and contender, as the traced
//! processes have them.

use std::collections::BTreeMap;

use super::frame::{self, Axis, MARGIN, Sizes};
use crate::record::rows::EventKind;
use crate::show::scene::{Anchor, Scene, fitting, text_width};
use crate::show::theme::Ink;
use crate::show::view::View;

/// How many reasons of a kind are shown.
const MOST: usize = 12;

/// A reason with how often each contender had it.
type Reason = (String, BTreeMap<usize, u64>);

/// Draws it; `None` if nothing was traced.
pub fn scene(view: &View) -> Option<Scene> {
    let sizes = Sizes::of(view);
    let kinds = [
        ("side exits", EventKind::SideExit),
        ("declined units", EventKind::Declined),
        ("units thrown away", EventKind::Deopt),
    ];
    let groups: Vec<(&str, Vec<Reason>)> = kinds
        .into_iter()
        .map(|(name, kind)| (name, reasons(view, kind)))
        .filter(|(_, reasons)| !reasons.is_empty())
        .collect();
    if groups.is_empty() {
        return None;
    }
    let mut scene = Scene::new(view.format.width(), "Why compiled code was left or refused".to_string());
    let subtitle = "Counts over all workloads by one untimed process of each pair, the most frequent reasons first.";
    let top = frame::header(&mut scene, view, subtitle);
    let shown: Vec<usize> = view
        .contenders
        .iter()
        .copied()
        .filter(|contender| {
            groups.iter().flat_map(|(_, reasons)| reasons).any(|(_, counts)| counts.contains_key(contender))
        })
        .collect();
    let top = frame::legend(&mut scene, view, &shown, top + sizes.line / 2);
    let most = scene.width / 2;
    let names =
        groups.iter().flat_map(|(_, reasons)| reasons).map(|(reason, _)| text_width(reason, sizes.text).min(most));
    let left = MARGIN + names.max().unwrap_or(0) + 8;
    let counts = groups
        .iter()
        .flat_map(|(_, reasons)| reasons)
        .flat_map(|(_, counts)| counts.values())
        .map(|count| *count as f64);
    let axis = Axis::logarithmic(counts.chain([1.0]), (left, scene.width - MARGIN - sizes.line));
    let lines: usize = groups.iter().map(|(_, reasons)| reasons.len() + 1).sum();
    let bottom = top + lines as i32 * sizes.line;
    let label = |value: f64| {
        if value >= 1e6 {
            format!("{:.0}M", value / 1e6)
        } else if value >= 1e3 {
            format!("{:.0}k", value / 1e3)
        } else {
            format!("{value:.0}")
        }
    };
    scene.height = frame::horizontal_axis(&mut scene, view, &axis, (top, bottom), &label, "count (logarithmic)");
    let mut y = top;
    for (name, reasons) in &groups {
        scene.text(*name, (MARGIN, y + sizes.line / 2), sizes.text, Ink::Muted, Anchor::Start);
        y += sizes.line;
        for (reason, counts) in reasons {
            let middle = y + sizes.line / 2;
            scene.text(fitting(reason, most, sizes.text), (left - 8, middle), sizes.text, Ink::Text, Anchor::End);
            for (contender, count) in counts {
                let at = (axis.at(*count as f64), middle);
                scene.mark(at, sizes.mark, view.marker(*contender), view.ink(*contender), false);
            }
            y += sizes.line;
        }
    }
    Some(scene)
}

/// The reasons of a kind with how often each contender had them, the most frequent first.
fn reasons(view: &View, kind: EventKind) -> Vec<Reason> {
    let mut found: BTreeMap<&str, BTreeMap<usize, u64>> = BTreeMap::new();
    for row in view.recorded.events.iter().filter(|row| row.kind == kind) {
        let Some(cell) = view.analysis.plan.cell(&row.engine, &row.engine_config, &row.workload) else { continue };
        if view.contenders.contains(&cell.contender) && view.workloads.contains(&cell.workload) {
            *found.entry(&row.reason).or_default().entry(cell.contender).or_default() += row.count;
        }
    }
    let mut found: Vec<Reason> = found.into_iter().map(|(reason, counts)| (reason.to_string(), counts)).collect();
    let sum = |counts: &BTreeMap<usize, u64>| counts.values().sum::<u64>();
    found.sort_by(|one, other| sum(&other.1).cmp(&sum(&one.1)).then_with(|| one.0.cmp(&other.0)));
    found.truncate(MOST);
    found
}
