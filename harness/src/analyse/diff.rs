//! Two runs against each other: what became faster, slower, or broke, from the first to the second.
//!
//! A pure function of two analyses. Only like is compared with like: [`unlikeness`] names everything that forbids it.
//! How much of a change is the machine's own shows on the yardsticks, whose programs are the same in both.

use std::collections::BTreeMap;

use crate::analyse::{Analysis, Pair};
use crate::plan::contender::{Contender, Kind};
use crate::record::load::Recorded;
use crate::record::outcome::Outcome;
use crate::statistics::inference::{Comparison, Verdict, verdicts};
use crate::statistics::{Estimate, Interval, t_estimate};

/// What tells a cell from others in both runs: the workload, the contender and its knobs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The workload's name.
    pub workload: String,
    /// The contender's name.
    pub contender: String,
    /// Its knobs.
    pub engine_config: String,
}

/// A pair that ended well in both runs.
#[derive(Debug, Clone)]
pub struct Change {
    /// Which pair.
    pub key: Key,
    /// Whether its program was the same in both runs, so that it shows the machine's own change.
    pub is_control: bool,
    /// How many times as long it takes in the second run.
    pub time_ratio: Estimate,
    /// What may be said of that.
    pub verdict: Verdict,
    /// The classes of its processes in the first and the second run; empty where there is none.
    pub classes: [&'static str; 2],
}

/// A pair that ended otherwise in the second run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Which pair.
    pub key: Key,
    /// How it ended in both.
    pub outcomes: [Outcome; 2],
    /// Why it ended badly in the second; empty if it did not.
    pub reason: String,
}

/// The difference of two runs.
#[derive(Debug)]
pub struct Diff {
    /// Pairs that ended well in both, in the order of the first run.
    pub changes: Vec<Change>,
    /// Pairs that ended well in one.
    pub turns: Vec<Turn>,
    /// Pairs that only the first run has.
    pub gone: Vec<Key>,
    /// Pairs that only the second run has.
    pub new: Vec<Key>,
    /// The geometric mean of the controls' ratios: by how much the machine itself changed. `None` without controls.
    pub drift: Option<Estimate>,
}

/// Everything because of which the runs cannot be compared, one sentence each; nothing if they can.
pub fn unlikeness(before: &Recorded, after: &Recorded) -> Vec<String> {
    let mut reasons = Vec::new();
    let mut must_equal = |what: &str, one: String, other: String| {
        if one != other {
            reasons.push(format!("{what}: {one} in the first, {other} in the second"));
        }
    };
    let unknown = || "unknown".to_string();
    let (one, other) = (&before.environment.machine, &after.environment.machine);
    let processor = |model: &Option<String>| model.clone().unwrap_or_else(unknown);
    must_equal("processor", processor(&one.cpu_model), processor(&other.cpu_model));
    let count = |cores: Option<u64>| cores.map_or_else(unknown, |cores| cores.to_string());
    must_equal("number of processors", count(one.cores), count(other.cores));
    must_equal("virtual machine", one.virtual_machine.to_string(), other.virtual_machine.to_string());
    let (one, other) = (&before.plan, &after.plan);
    must_equal("size", one.size.name().to_string(), other.size.name().to_string());
    must_equal("iterations in a process", one.iterations.in_words(), other.iterations.in_words());
    must_equal("preset", one.preset.name().to_string(), other.preset.name().to_string());
    for (place, contender) in one.contenders.iter().enumerate() {
        let is_same =
            |same: &Contender| (&same.name, &same.engine_config) == (&contender.name, &contender.engine_config);
        if let Some(same) = other.contenders.iter().position(is_same) {
            let clocks = [one.clock_of(place), other.clock_of(same)].map(|clock| clock.name().to_string());
            let [before, after] = clocks;
            must_equal(&format!("clock of the contender {}", contender.label()), before, after);
        }
    }
    for workload in &one.workloads {
        if let Some(same_name) = other.workloads.iter().find(|other| other.name == workload.name) {
            must_equal(
                &format!("source of the workload {}", workload.name),
                workload.source_hash.clone(),
                same_name.source_hash.clone(),
            );
            let argument = |n: Option<u64>| n.map_or("none".to_string(), |n| n.to_string());
            must_equal(
                &format!("argument of the workload {}", workload.name),
                argument(workload.n),
                argument(same_name.n),
            );
        }
    }
    reasons
}

impl Diff {
    /// What changed from `before` to `after`. The larger floor of the two counts.
    pub fn new(before: &Analysis, after: &Analysis) -> Diff {
        let (old, new) = (by_key(before), by_key(after));
        let mut diff = Diff {
            changes: Vec::new(),
            turns: Vec::new(),
            gone: old.iter().filter(|(key, _)| !new.contains_key(key)).map(|(key, _)| key.clone()).collect(),
            new: new.keys().filter(|key| !old.contains_key(key)).cloned().collect(),
            drift: None,
        };
        let mut compared: Vec<(Change, Comparison)> = Vec::new();
        for (key, one) in &old {
            let Some(other) = new.get(key) else { continue };
            match (one.pair.outcome, other.pair.outcome) {
                (Some(Outcome::Ok), Some(Outcome::Ok)) => compared.extend(change(key, one, other, before.plan.seed)),
                (Some(outcome), Some(now)) if outcome != now => diff.turns.push(Turn {
                    key: key.clone(),
                    outcomes: [outcome, now],
                    reason: other.pair.reason.clone(),
                }),
                // It failed in the same way as before, or one of the runs ended before it began.
                (Some(_), Some(_)) | (None, _) | (_, None) => {}
            }
        }
        let floor = [before, after].iter().filter_map(|run| Some(run.floor()?.relative)).fold(0.0, f64::max);
        let comparisons: Vec<&Comparison> = compared.iter().map(|(_, comparison)| comparison).collect();
        let verdicts = verdicts(&comparisons, floor);
        let controls: Vec<f64> =
            compared.iter().filter(|(change, _)| change.is_control).map(|(_, comparison)| -comparison.centre).collect();
        diff.drift = t_estimate(&controls).map(Estimate::exp);
        let changes = compared.into_iter().zip(verdicts);
        diff.changes = changes.map(|((change, _), verdict)| Change { verdict, ..change }).collect();
        diff
    }

    /// The pairs of engines that are a regression past `percent`: those that are slower, with an interval that lies
    /// beyond `percent` altogether, and those that ended well and do not any more.
    pub fn regressions(&self, percent: f64) -> Vec<&Key> {
        let limit = 1.0 + percent / 100.0;
        let slower = self
            .changes
            .iter()
            .filter(|change| {
                !change.is_control
                    && change.verdict == Verdict::Slower
                    && change.time_ratio.interval.is_some_and(|interval| interval.low > limit)
            })
            .map(|change| &change.key);
        let broken = self.turns.iter().filter(|turn| turn.outcomes[0] == Outcome::Ok).map(|turn| &turn.key);
        slower.chain(broken).collect()
    }

    /// The geometric mean, with its interval over pairs, of how many times as long each contender takes; by contender
    /// and knobs, in order.
    pub fn by_contender(&self) -> Vec<(String, usize, Estimate)> {
        let mut groups: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for change in &self.changes {
            groups.entry(change.key.contender_label()).or_default().push(change.time_ratio.centre.ln());
        }
        let estimates = groups
            .into_iter()
            .filter_map(|(contender, logarithms)| Some((contender, logarithms.len(), t_estimate(&logarithms)?.exp())));
        estimates.collect()
    }
}

impl Key {
    /// The contender with its knobs, as tables print it.
    pub fn contender_label(&self) -> String {
        if self.engine_config.is_empty() {
            self.contender.clone()
        } else {
            format!("{} {}", self.contender, self.engine_config)
        }
    }
}

/// A pair of one run.
struct Side<'a> {
    kind: Kind,
    version: &'a str,
    program_hash: Option<&'a str>,
    pair: &'a Pair,
}

fn by_key<'a>(analysis: &'a Analysis) -> BTreeMap<Key, Side<'a>> {
    analysis
        .all_pairs()
        .map(|(workload, contender, pair)| {
            let key = Key {
                workload: workload.name.clone(),
                contender: contender.name.clone(),
                engine_config: contender.engine_config.clone(),
            };
            (
                key,
                Side {
                    kind: contender.kind,
                    version: &contender.version,
                    program_hash: contender.program_hash.as_deref(),
                    pair,
                },
            )
        })
        .collect()
}

/// The change of a pair that went well in both runs, its verdict still open.
fn change(key: &Key, before: &Side, after: &Side, seed: u64) -> Option<(Change, Comparison)> {
    let comparison = Comparison::unpaired(&before.pair.log_means(), &after.pair.log_means(), seed)?;
    let is_from_outside = match before.kind {
        Kind::Yardstick | Kind::Foreign => true,
        // The Rust programs are of this project and may have changed.
        Kind::Engine | Kind::Native => false,
    };
    let speedup = comparison.speedup();
    let time_ratio = Estimate {
        centre: 1.0 / speedup.centre,
        interval: speedup.interval.map(|interval| Interval {
            low: 1.0 / interval.high,
            high: 1.0 / interval.low,
            method: interval.method,
        }),
    };
    let class = |side: &Side| side.pair.stability.as_ref().map_or("", |stability| stability.consistency.name());
    let change = Change {
        key: key.clone(),
        is_control: is_from_outside && (before.version, before.program_hash) == (after.version, after.program_hash),
        time_ratio,
        verdict: Verdict::Inconclusive,
        classes: [class(before), class(after)],
    };
    Some((change, comparison))
}

/// A ratio of times as a change in percent.
pub fn percent(ratio: f64) -> f64 {
    100.0 * (ratio - 1.0)
}

#[cfg(test)]
mod tests;
