//! Many runs in a row: how the time of each pair moved from one to the next, and which steps are more than chance.
//!
//! A pure function of analyses: every step is a [`Diff`] of two neighbours.

use std::collections::BTreeMap;

use crate::analyse::Analysis;
use crate::analyse::diff::{Diff, Key, Wish};
use crate::error::UsageError;
use crate::record::load::Recorded;
use crate::record::outcome::Outcome;
use crate::statistics::inference::Verdict;

/// A run of a history.
#[derive(Debug, Clone)]
pub struct Run {
    /// Its name.
    pub run_id: String,
    /// When it was planned.
    pub created_utc: String,
    /// The revision of its sources.
    pub git_revision: Option<String>,
    /// Whether tracked files differed from it.
    pub git_dirty: Option<bool>,
}

impl Run {
    /// Of a folder that was read.
    pub fn of(recorded: &Recorded) -> Run {
        Run {
            run_id: recorded.plan.run_id.clone(),
            created_utc: recorded.plan.created_utc.clone(),
            git_revision: recorded.environment.git_revision.clone(),
            git_dirty: recorded.environment.git_dirty,
        }
    }

    /// Day and revision, for the heads of tables.
    pub fn label(&self) -> String {
        let day = self.created_utc.split('T').next().unwrap_or_default();
        let revision = self.git_revision.as_deref().map_or("?", |revision| &revision[..revision.len().min(7)]);
        let dirty = if self.git_dirty == Some(true) { "+" } else { "" };
        format!("{day} {revision}{dirty}")
    }
}

/// What is known of a pair in one run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Point {
    /// The run does not have it.
    Missing,
    /// It did not end well.
    Failed(Outcome),
    /// The first run that has it.
    First,
    /// It cannot be held against the run before.
    Unjudged,
    /// It can.
    Step {
        /// How many times as long it takes as in the first run, by all steps since.
        since_first: f64,
        /// What may be said of the last step.
        verdict: Verdict,
    },
}

/// A pair over all runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The pair.
    pub key: Key,
    /// One for each run.
    pub points: Vec<Point>,
}

/// Many runs.
#[derive(Debug)]
pub struct History {
    /// The runs, as they were given.
    pub runs: Vec<Run>,
    /// The pairs, in the order of their keys; controls are not among them.
    pub rows: Vec<Row>,
}

impl History {
    /// Of runs in their order, each with its analysis.
    ///
    /// # Errors
    /// Those of [`Diff::new`].
    pub fn new(runs: Vec<Run>, analyses: &[Analysis], wish: &Wish) -> Result<History, UsageError> {
        let diffs: Vec<Diff> =
            analyses.windows(2).map(|pair| Diff::new(&pair[0], &pair[1], wish)).collect::<Result<_, _>>()?;
        let mut rows: BTreeMap<Key, Vec<Point>> = BTreeMap::new();
        for (place, analysis) in analyses.iter().enumerate() {
            for (workload, contender, pair) in analysis.all_pairs() {
                let key = Key {
                    workload: workload.name.clone(),
                    contender: contender.name.clone(),
                    engine_config: contender.engine_config.clone(),
                };
                let points = rows.entry(key.clone()).or_insert_with(|| vec![Point::Missing; analyses.len()]);
                points[place] = match pair.outcome {
                    None | Some(Outcome::NotApplicable) => Point::Missing,
                    Some(Outcome::Ok) => step(place.checked_sub(1).map(|step| &diffs[step]), &key, &points[..place]),
                    Some(outcome) => Point::Failed(outcome),
                };
            }
        }
        let is_control = |key: &Key| diffs.iter().all(|diff| diff.controls.contains(&key.contender));
        let rows = rows.into_iter().filter(|(key, points)| {
            (diffs.is_empty() || !is_control(key)) && points.iter().any(|point| *point != Point::Missing)
        });
        Ok(History { runs, rows: rows.map(|(key, points)| Row { key, points }).collect() })
    }
}

/// The point of a pair that ended well, by the step to it and the points before.
fn step(diff: Option<&Diff>, key: &Key, before: &[Point]) -> Point {
    let since_first = match before.last() {
        Some(Point::First) => 1.0,
        Some(Point::Step { since_first, .. }) => *since_first,
        // What follows is held against this one.
        Some(Point::Unjudged) => 1.0,
        Some(Point::Missing | Point::Failed(_)) | None => return Point::First,
    };
    let change = diff.and_then(|diff| diff.changes.iter().find(|change| change.key == *key));
    match change.and_then(|change| Some((change.time_ratio?.centre, change.verdict))) {
        Some((ratio, verdict)) => Point::Step { since_first: since_first * ratio, verdict },
        None => Point::Unjudged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::preset::Preset;
    use crate::plan::schedule::Cell;
    use crate::record::rows::example::{plan, recorded};

    /// Contenders `base` and `native`, which are controls, and `fast`, which takes `percent` of 1 ms.
    fn run(percent: u64, broken: bool) -> Recorded {
        let mut plan = crate::plan::Plan { preset: Preset::Standard, ..plan(10) };
        for contender in [0, 2] {
            plan.contenders[contender].kind = crate::plan::contender::Kind::Yardstick;
            plan.contenders[contender].program_hash = Some("same".to_string());
        }
        recorded(&plan, |cell: Cell, block| {
            if broken && cell.contender == 1 {
                return (Outcome::Crash, vec![]);
            }
            let process = u64::from(block * 7919 + cell.contender as u32 * 31) % 11;
            let percent = if cell.contender == 1 { percent } else { 100 };
            (Outcome::Ok, vec![1000 * percent * (995 + process) / 100; 30])
        })
    }

    #[test]
    fn steps_add_up_and_those_that_are_more_than_chance_are_marked() {
        let runs = [run(100, false), run(110, false), run(110, false), run(100, true), run(100, false)];
        let analyses: Vec<Analysis> = runs.iter().map(Analysis::new).collect();
        let history = History::new(runs.iter().map(Run::of).collect(), &analyses, &Wish::default()).unwrap();
        assert_eq!(history.runs.len(), 5);
        let row = history.rows.iter().find(|row| row.key.workload == "one").unwrap();
        assert_eq!(history.rows.iter().filter(|row| row.key.contender != "fast").count(), 0, "controls are no rows");
        assert_eq!(
            (row.points[0], row.points[3], row.points[4]),
            (Point::First, Point::Failed(Outcome::Crash), Point::First)
        );
        let Point::Step { since_first, verdict } = row.points[1] else { panic!("{row:?}") };
        assert!((since_first - 1.1).abs() < 1e-3 && verdict == Verdict::Slower, "{row:?}");
        let Point::Step { since_first, verdict } = row.points[2] else { panic!("{row:?}") };
        assert!((since_first - 1.1).abs() < 1e-3 && verdict == Verdict::Equivalent, "{row:?}");
    }
}
