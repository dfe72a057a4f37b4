//! Which events explain which change points: what the engine's counters say of the iterations around each change in the times
//! of a process, and which units the traced process has there.
//!
//! That something was compiled at a change is evidence only as far as it was not compiled everywhere: beside how many
//! changes have it stands how many would by chance.

use super::Analysis;
use super::process::Process;
use crate::record::load::Recorded;
use crate::record::rows::EventKind;

/// The change points of one pair and what was seen at them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Attribution {
    /// The workload and the contender, by their places.
    pub place: (usize, usize),
    /// Change points of all its processes.
    pub changes: usize,
    /// Those at which a unit was compiled: in the last iteration before or the first after.
    pub compiled: Seen,
    /// Those at which a unit was thrown away.
    pub deopted: Seen,
    /// Those at which the collector ran, and nothing of the above.
    pub collected: Seen,
    /// Those at which nothing was seen.
    pub unexplained: usize,
    /// The units that the traced process compiled or threw away there, with at how many changes; the most frequent first.
    pub units: Vec<(String, usize)>,
}

/// How often something was seen at a change, and how often it would be seen at random places.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Seen {
    /// Changes.
    pub changes: usize,
    /// As many of them as random places in the same processes would have.
    pub by_chance: f64,
}

/// Whether one of the ascending `places` is at a change: in its iteration, by its index, or in the one before.
fn is_at(places: &[u32], change: usize) -> bool {
    [change.wrapping_sub(1), change].iter().any(|index| places.binary_search(&(*index as u32)).is_ok())
}

/// The share of the possible changes of a process that have one of `places` at them.
fn share(places: &[u32], iterations: usize) -> f64 {
    let possible = iterations.saturating_sub(1).max(1);
    (1..iterations).filter(|change| is_at(places, *change)).count() as f64 / possible as f64
}

/// The first iterations of all segments but the first, by their indices.
pub fn changes(process: &Process) -> Vec<usize> {
    let segments = process.classification.iter().flat_map(|found| found.segments.iter().skip(1));
    segments.map(|segment| segment.first).collect()
}

impl Attribution {
    fn add(&mut self, process: &Process) {
        let changes = changes(process);
        let happened = &process.happenings;
        let length = process.wall_ns.len();
        for change in &changes {
            let (compiled, deopted) = (is_at(&happened.compiled, *change), is_at(&happened.deopted, *change));
            let collected = !compiled && !deopted && is_at(&happened.collected, *change);
            self.compiled.changes += usize::from(compiled);
            self.deopted.changes += usize::from(deopted);
            self.collected.changes += usize::from(collected);
            self.unexplained += usize::from(!compiled && !deopted && !collected);
        }
        self.changes += changes.len();
        let by_chance = |places: &[u32]| changes.len() as f64 * share(places, length);
        self.compiled.by_chance += by_chance(&happened.compiled);
        self.deopted.by_chance += by_chance(&happened.deopted);
        self.collected.by_chance += by_chance(&happened.collected);
    }
}

impl Analysis<'_> {
    /// The change points of every pair that has some, in the order of workloads and contenders; nothing after a first look,
    /// and of contenders that count nothing.
    pub fn attributions(&self, recorded: &Recorded) -> Vec<Attribution> {
        let mut found = Vec::new();
        for (workload, row) in self.pairs.iter().enumerate() {
            for (contender, pair) in row.iter().enumerate() {
                let counts = pair.processes.iter().any(|process| process.used.compile_ns.is_some());
                let mut attribution = Attribution { place: (workload, contender), ..Attribution::default() };
                pair.processes.iter().for_each(|process| attribution.add(process));
                if counts && attribution.changes > 0 {
                    attribution.units = self.units_at_changes(recorded, workload, contender);
                    found.push(attribution);
                }
            }
        }
        found
    }

    fn units_at_changes(&self, recorded: &Recorded, workload: usize, contender: usize) -> Vec<(String, usize)> {
        let (planned, engine) = (&self.plan.workloads[workload], &self.plan.contenders[contender]);
        let all_changes: Vec<usize> = self.pairs[workload][contender].processes.iter().flat_map(changes).collect();
        let mut units: Vec<(String, usize)> = Vec::new();
        let rows = recorded.events.iter().filter(|row| {
            row.workload == planned.name && row.engine == engine.name && row.engine_config == engine.engine_config
        });
        for row in rows.filter(|row| matches!(row.kind, EventKind::CompileEnd | EventKind::Deopt)) {
            // Iterations count from 1 there; 0 is the load of the chunk.
            let Some(index) = row.iteration.checked_sub(1) else { continue };
            let count = all_changes.iter().filter(|change| is_at(&[index], **change)).count();
            let place = row.line.filter(|line| *line > 0).map_or(String::new(), |line| format!(" (line {line})"));
            let verb = if row.kind == EventKind::Deopt { ", thrown away" } else { "" };
            let name = format!("{} of {}{place}{verb}", row.unit, row.function);
            match units.iter_mut().find(|(known, _)| *known == name) {
                Some((_, most)) => *most = count.max(*most),
                None if count > 0 => units.push((name, count)),
                None => {}
            }
        }
        units.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        units
    }
}

#[cfg(test)]
mod tests;
