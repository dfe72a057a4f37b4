//! Two runs against each other: what became faster, slower, broke or is missing, from the first to the second.
//!
//! A pure function of two analyses. Only like is compared with like: [`unlikeness`] names everything that forbids it.
//! What the machine itself has changed by shows on the controls, contenders of which the very same program ran in both,
//! and is taken out. What a gate makes of it is [`crate::statistics::gate`]'s.

use std::collections::BTreeMap;

use crate::analyse::{Analysis, Mode, Pair};
use crate::error::UsageError;
use crate::plan::contender::{Contender, Kind};
use crate::record::load::Recorded;
use crate::record::outcome::Outcome;
use crate::statistics::gate::{self, BeforeAfter, Scatter};
use crate::statistics::inference::{Comparison, Verdict, verdicts};
use crate::statistics::{Estimate, Interval, Studentised, mean, t_estimate};

/// What tells a cell from others: the workload, the contender and its knobs, by their names in the first run if both have
/// it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The workload's name.
    pub workload: String,
    /// The contender's name.
    pub contender: String,
    /// Its knobs.
    pub engine_config: String,
}

/// A contender of the first run that is called otherwise in the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// Its name in the first run.
    pub old: String,
    /// Its name in the second.
    pub new: String,
}

/// What the user wants of a comparison.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// The controls by name; `None` for every yardstick that can be one.
    pub controls: Option<Vec<String>>,
    /// Contenders that were renamed.
    pub renamed: Vec<Renamed>,
}

/// A pair that ended well in both runs.
#[derive(Debug, Clone)]
pub struct Change {
    /// Which pair.
    pub key: Key,
    /// Whether its program was the same in both runs, so that it shows the machine's own change.
    pub is_control: bool,
    /// How many times as long it takes in the second run, as measured; `None` if it has modes in either run.
    pub raw: Option<Estimate>,
    /// Its modes in both runs: empty where it has none.
    pub modes: [Vec<Mode>; 2],
    /// The same without what the controls changed by; `None` of a control, and where there is none to hold it against.
    pub time_ratio: Option<Estimate>,
    /// What may be said of that.
    pub verdict: Verdict,
    /// The classes of its processes in the first and the second run; empty where there is none.
    pub classes: [&'static str; 2],
    /// The logarithm of `time_ratio` with its distribution.
    judged: Option<Studentised>,
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

/// Where the scatter of unchanged contenders from run to run is known from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ScatterSource {
    /// Several controls, against each other.
    Controls(Scatter),
    /// The floor of an A/A arm.
    Floor(Scatter),
    /// Nothing: no change can be judged.
    Unknown,
}

/// The difference of two runs.
#[derive(Debug)]
pub struct Diff {
    /// Pairs that ended well in both, in the order of their keys.
    pub changes: Vec<Change>,
    /// Pairs that ended well in one.
    pub turns: Vec<Turn>,
    /// Pairs that only the first run has, or has finished.
    pub gone: Vec<Key>,
    /// Pairs that only the second run has.
    pub new: Vec<Key>,
    /// The controls, by name.
    pub controls: Vec<String>,
    /// The geometric mean of the controls' ratios: by how much the machine itself changed. `None` without controls.
    pub machine: Option<Estimate>,
    /// How much unchanged contenders scatter from run to run.
    pub scatter: ScatterSource,
}

/// What a gate makes of a [`Diff`].
#[derive(Debug)]
pub struct Gate {
    /// Pairs that are slower by more than the limit.
    pub slower: Vec<Key>,
    /// Pairs that ended well and do not any more.
    pub broken: Vec<Key>,
    /// Pairs that are missing from the second run.
    pub missing: Vec<Key>,
    /// The middle half width of the judged pairs' intervals, as a part: 0.05 is 5 %; infinite if half of them have none.
    /// `None` if there is nothing to judge.
    pub half_width: Option<f64>,
    /// Whether that is more than the limit, so that the runs cannot tell.
    pub is_inconclusive: bool,
}

/// Everything because of which the runs cannot be compared, one sentence each; nothing if they can.
pub fn unlikeness(before: &Recorded, after: &Recorded, renamed: &[Renamed]) -> Vec<String> {
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
        if let Some(same) = other.contenders.iter().position(|other| is_partner(contender, other, renamed)) {
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
    /// What changed from `before` to `after`.
    ///
    /// # Errors
    /// [`UsageError`] if the wish names a contender that is not there, or a control that cannot be one.
    pub fn new(before: &Analysis, after: &Analysis, wish: &Wish) -> Result<Diff, UsageError> {
        check_names(before, after, wish)?;
        let controls = controls(before, after, wish)?;
        let cells = matched(before, after, wish);
        let scatter = scatter(before, after, &controls, &cells.both);
        let mut diff = Diff {
            changes: Vec::new(),
            turns: Vec::new(),
            gone: Vec::new(),
            new: cells.new,
            controls: controls.iter().map(|(place, _)| before.plan.contenders[*place].name.clone()).collect(),
            machine: None,
            scatter,
        };
        for cell in &cells.both {
            let pairs = [cell.pair(before, 0), cell.pair(after, 1)];
            match pairs.map(|pair| pair.outcome) {
                [Some(Outcome::Ok), Some(Outcome::Ok)] => {
                    diff.changes.extend(change(before, after, cell, &controls, scatter))
                }
                [Some(Outcome::Ok), None] => diff.gone.push(cell.key.clone()),
                [Some(outcome), Some(now)] if outcome != now => diff.turns.push(Turn {
                    key: cell.key.clone(),
                    outcomes: [outcome, now],
                    reason: pairs[1].reason.clone(),
                }),
                // It failed in the same way as before, or had not begun.
                [Some(_), Some(_) | None] | [None, _] => {}
            }
        }
        diff.gone.extend(cells.gone);
        diff.gone.sort();
        let of_controls: Vec<f64> = diff
            .changes
            .iter()
            .filter(|change| change.is_control)
            .filter_map(|change| Some(change.raw?.centre.ln()))
            .collect();
        diff.machine = t_estimate(&of_controls).map(Estimate::exp);
        let floor = [before, after].iter().filter_map(|run| Some(run.floor()?.relative)).fold(0.0, f64::max);
        diff.judge(floor);
        Ok(diff)
    }

    /// The verdicts, on all pairs together that can be judged.
    fn judge(&mut self, floor: f64) {
        let judged: Vec<(usize, Comparison)> = self
            .changes
            .iter()
            .enumerate()
            .filter_map(|(place, change)| {
                let judged = change.judged.as_ref()?;
                // A positive logarithm is faster there.
                let studentised = Studentised { centre: -judged.centre, ..judged.clone() };
                Some((place, Comparison { centre: -judged.centre, studentised: Some(studentised) }))
            })
            .collect();
        let comparisons: Vec<&Comparison> = judged.iter().map(|(_, comparison)| comparison).collect();
        for ((place, _), verdict) in judged.iter().zip(verdicts(&comparisons, floor)) {
            self.changes[*place].verdict = verdict;
        }
    }

    /// What a gate makes of it that lets slowdowns of up to `percent` through.
    pub fn gate(&self, percent: f64) -> Gate {
        let limit = (percent / 100.0).ln_1p();
        let cells: Vec<&Change> = self.changes.iter().filter(|change| !change.is_control).collect();
        let judged: Vec<Option<Studentised>> = cells.iter().map(|change| change.judged.clone()).collect();
        let is_slower = gate::regressions(&judged, limit);
        let slower = cells.iter().zip(is_slower).filter(|(_, is_slower)| *is_slower);
        let half_width = gate::middle_half_width(&judged);
        let broken = self.turns.iter().filter(|turn| turn.outcomes[0] == Outcome::Ok);
        Gate {
            slower: slower.map(|(change, _)| change.key.clone()).collect(),
            broken: broken.map(|turn| turn.key.clone()).collect(),
            missing: self.gone.clone(),
            half_width: half_width.map(f64::exp_m1),
            is_inconclusive: half_width.is_some_and(|width| width > limit),
        }
    }

    /// The geometric mean, with its interval over pairs, of how many times as long each contender takes without the
    /// machine's change; by contender and knobs, in order.
    pub fn by_contender(&self) -> Vec<(String, usize, Estimate)> {
        let mut groups: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for change in &self.changes {
            if let Some(ratio) = &change.time_ratio {
                groups.entry(change.key.contender_label()).or_default().push(ratio.centre.ln());
            }
        }
        let estimates = groups
            .into_iter()
            .filter_map(|(contender, logarithms)| Some((contender, logarithms.len(), t_estimate(&logarithms)?.exp())));
        estimates.collect()
    }
}

impl Gate {
    /// Whether something has become worse.
    pub fn is_regression(&self) -> bool {
        !(self.slower.is_empty() && self.broken.is_empty() && self.missing.is_empty())
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

/// Whether `other`, of the second run, is what `contender` of the first is compared with.
fn is_partner(contender: &Contender, other: &Contender, renamed: &[Renamed]) -> bool {
    match renamed.iter().find(|renamed| renamed.old == contender.name) {
        // Whoever says which is meant means it with its knobs.
        Some(renamed) => other.name == renamed.new,
        None => (&other.name, &other.engine_config) == (&contender.name, &contender.engine_config),
    }
}

/// The place of what `contender` of the first run is compared with among the contenders of the second.
fn partner(before: &Analysis, after: &Analysis, contender: usize, renamed: &[Renamed]) -> Option<usize> {
    let one = &before.plan.contenders[contender];
    after.plan.contenders.iter().position(|other| is_partner(one, other, renamed))
}

fn check_names(before: &Analysis, after: &Analysis, wish: &Wish) -> Result<(), UsageError> {
    let names = |run: &Analysis| -> Vec<String> {
        run.plan.contenders.iter().map(|contender| contender.name.clone()).collect()
    };
    let has = |run: &Analysis, name: &str, which: &str| match names(run).iter().any(|known| known == name) {
        true => Ok(()),
        false => {
            let UsageError(problem) =
                UsageError::unknown("contender", name, names(run).iter().map(String::as_str).collect::<Vec<_>>());
            Err(UsageError(format!("--map: in the {which} run: {problem}")))
        }
    };
    for (index, Renamed { old, new }) in wish.renamed.iter().enumerate() {
        has(before, old, "first")?;
        has(after, new, "second")?;
        if wish.renamed[..index].iter().any(|other| other.old == *old) {
            return Err(UsageError(format!("--map gives '{old}' two names")));
        }
    }
    Ok(())
}

/// Why a contender of the first run cannot be a control; `None` if it can.
fn why_no_control(before: &Contender, after: Option<&Contender>) -> Option<String> {
    let Some(after) = after else { return Some("the second run does not have it".to_string()) };
    let why = match (&before.program_hash, &after.program_hash) {
        _ if before.twin_of.is_some() => "it is a copy of another contender",
        (None, _) | (_, None) if before.kind == Kind::Engine && before.build.is_none() => {
            "it is an engine of the program that may have changed"
        }
        (None, _) | (_, None) => "a run of before yardsticks had a hash does not say which program it was",
        (Some(one), Some(other)) if one != other => "its program or its arguments are not the same in both",
        (Some(_), Some(_)) if before.engine_config != after.engine_config => "its knobs are not the same in both",
        (Some(_), Some(_)) => return None,
    };
    Some(why.to_string())
}

/// The controls: their places in both runs.
fn controls(before: &Analysis, after: &Analysis, wish: &Wish) -> Result<Vec<(usize, usize)>, UsageError> {
    let mut controls = Vec::new();
    for (place, contender) in before.plan.contenders.iter().enumerate() {
        let other = partner(before, after, place, &wish.renamed);
        let why_not = why_no_control(contender, other.map(|other| &after.plan.contenders[other]));
        let is_wanted = match &wish.controls {
            Some(names) => names.contains(&contender.name),
            None => matches!(contender.kind, Kind::Yardstick | Kind::Foreign),
        };
        match (is_wanted, why_not, other) {
            (true, None, Some(other)) => controls.push((place, other)),
            (true, Some(why), _) if wish.controls.is_some() => {
                return Err(UsageError(format!("--controls: '{}' can be none: {why}", contender.name)));
            }
            (true | false, _, _) => {}
        }
    }
    let names: Vec<&str> = before.plan.contenders.iter().map(|contender| contender.name.as_str()).collect();
    match wish.controls.iter().flatten().find(|name| !names.contains(&name.as_str())) {
        Some(name) => Err(UsageError::unknown("control", name, names)),
        None => Ok(controls),
    }
}

/// A cell that both runs have, by its places in each.
struct Both {
    key: Key,
    contender: [usize; 2],
    workload: [usize; 2],
}

impl Both {
    fn pair<'a>(&self, run: &'a Analysis, which: usize) -> &'a Pair {
        &run.pairs[self.workload[which]][self.contender[which]]
    }
}

/// The cells of two runs.
struct Cells {
    both: Vec<Both>,
    gone: Vec<Key>,
    new: Vec<Key>,
}

fn key(run: &Analysis, contender: usize, workload: usize) -> Key {
    let contender = &run.plan.contenders[contender];
    Key {
        workload: run.plan.workloads[workload].name.clone(),
        contender: contender.name.clone(),
        engine_config: contender.engine_config.clone(),
    }
}

fn matched(before: &Analysis, after: &Analysis, wish: &Wish) -> Cells {
    let mut cells = Cells { both: Vec::new(), gone: Vec::new(), new: Vec::new() };
    let workload_of = |name: &str| after.plan.workloads.iter().position(|workload| workload.name == name);
    for (workload, planned) in before.plan.workloads.iter().enumerate() {
        for contender in 0..before.plan.contenders.len() {
            let key = key(before, contender, workload);
            match (partner(before, after, contender, &wish.renamed), workload_of(&planned.name)) {
                (Some(other), Some(same)) => {
                    cells.both.push(Both { key, contender: [contender, other], workload: [workload, same] });
                }
                (_, _) if before.pairs[workload][contender].is_ok() => cells.gone.push(key),
                // What has given nothing is not missed.
                (_, _) => {}
            }
        }
    }
    for workload in 0..after.plan.workloads.len() {
        for contender in 0..after.plan.contenders.len() {
            let is_it = |both: &Both| (both.workload[1], both.contender[1]) == (workload, contender);
            let has_ended =
                after.pairs[workload][contender].outcome.is_some_and(|outcome| outcome != Outcome::NotApplicable);
            if has_ended && !cells.both.iter().any(is_it) {
                cells.new.push(key(after, contender, workload));
            }
        }
    }
    cells.both.sort_by(|one, other| one.key.cmp(&other.key));
    cells.new.sort();
    cells
}

/// The controls of a workload, by its places: those that ended well in both runs and have no modes. Each with its pairs.
fn controls_of<'a>(
    before: &'a Analysis,
    after: &'a Analysis,
    workload: [usize; 2],
    controls: &[(usize, usize)],
) -> Vec<[&'a Pair; 2]> {
    let pairs =
        controls.iter().map(|(one, other)| [&before.pairs[workload[0]][*one], &after.pairs[workload[1]][*other]]);
    // One that is now in this mode and now in that shows no change of the machine.
    pairs.filter(|pairs| pairs.iter().all(|pair| pair.is_ok() && !pair.has_modes())).collect()
}

/// In each block of a run, the logarithm of the time of `pair` less the mean of that of `controls`.
fn over_controls(pair: &Pair, controls: &[&Pair]) -> Vec<f64> {
    let of_block = |block: u32| -> Option<f64> {
        let differences: Option<Vec<f64>> =
            controls.iter().map(|control| pair.difference(control, block).map(|faster| -faster)).collect();
        mean(&differences?)
    };
    pair.processes.iter().filter_map(|process| of_block(process.block)).collect()
}

fn both_over_controls(pairs: [&Pair; 2], controls: &[[&Pair; 2]]) -> BeforeAfter {
    let side = |which: usize| {
        let controls: Vec<&Pair> = controls.iter().map(|control| control[which]).collect();
        over_controls(pairs[which], &controls)
    };
    BeforeAfter { before: side(0), after: side(1) }
}

/// How much unchanged contenders scatter: what several controls tell, with those that are judged where they scatter less;
/// else what an A/A arm tells.
fn scatter(before: &Analysis, after: &Analysis, controls: &[(usize, usize)], cells: &[Both]) -> ScatterSource {
    let residuals: Vec<Vec<BeforeAfter>> = before
        .plan
        .workloads
        .iter()
        .enumerate()
        .filter_map(|(workload, planned)| {
            let same = after.plan.workloads.iter().position(|other| other.name == planned.name)?;
            let there = controls_of(before, after, [workload, same], controls);
            Some(there.iter().map(|pairs| both_over_controls(*pairs, &there)).collect())
        })
        .collect();
    if let Some(scatter) = Scatter::of_controls(&residuals) {
        return ScatterSource::Controls(
            scatter.with_contenders(&judged(before, after, controls, cells), controls.len()),
        );
    }
    let floor = [before, after].into_iter().filter_map(Analysis::floor);
    let highest = floor.max_by(|one, other| one.relative.total_cmp(&other.relative));
    match highest.and_then(|floor| Scatter::of_floor(floor.relative, floor.pairs.len())) {
        Some(scatter) if !controls.is_empty() => ScatterSource::Floor(scatter),
        Some(_) | None => ScatterSource::Unknown,
    }
}

/// The pairs that are judged, over their controls, each with the places of its workload and contender.
fn judged(
    before: &Analysis,
    after: &Analysis,
    controls: &[(usize, usize)],
    cells: &[Both],
) -> Vec<(usize, usize, BeforeAfter)> {
    let is_judged = |cell: &&Both| {
        let pairs = [cell.pair(before, 0), cell.pair(after, 1)];
        pairs.iter().all(|pair| pair.is_ok() && !pair.has_modes())
            && controls.iter().all(|(one, _)| *one != cell.contender[0])
    };
    let over = |cell: &Both| {
        let there = controls_of(before, after, cell.workload, controls);
        both_over_controls([cell.pair(before, 0), cell.pair(after, 1)], &there)
    };
    let judged = cells.iter().filter(is_judged);
    judged.map(|cell| (cell.workload[0], cell.contender[0], over(cell))).collect()
}

/// The change of a pair that went well in both runs, its verdict still open.
fn change(
    before: &Analysis,
    after: &Analysis,
    cell: &Both,
    controls: &[(usize, usize)],
    scatter: ScatterSource,
) -> Option<Change> {
    let pairs = [cell.pair(before, 0), cell.pair(after, 1)];
    let raw = Comparison::unpaired(&pairs[0].log_means(), &pairs[1].log_means(), before.plan.seed)?;
    let is_control = controls.iter().any(|(one, _)| *one == cell.contender[0]);
    let there = controls_of(before, after, cell.workload, controls);
    let has_modes = pairs.iter().any(|pair| pair.has_modes());
    let judged = match scatter {
        ScatterSource::Controls(scatter) | ScatterSource::Floor(scatter) if !is_control && !has_modes => {
            gate::change(&both_over_controls(pairs, &there), there.len(), scatter)
        }
        ScatterSource::Controls(_) | ScatterSource::Floor(_) | ScatterSource::Unknown => None,
    };
    let class = |pair: &Pair| pair.stability.as_ref().map_or("", |stability| stability.consistency.name());
    Some(Change {
        key: cell.key.clone(),
        is_control,
        raw: (!has_modes).then(|| inverse(raw.speedup())),
        modes: pairs.map(|pair| pair.time_modes.clone()),
        time_ratio: judged.as_ref().map(|judged| judged.estimate().exp()),
        verdict: Verdict::Inconclusive,
        classes: pairs.map(class),
        judged,
    })
}

/// A ratio of times from one of speeds.
fn inverse(speedup: Estimate) -> Estimate {
    Estimate {
        centre: 1.0 / speedup.centre,
        interval: speedup.interval.map(|interval| Interval {
            low: 1.0 / interval.high,
            high: 1.0 / interval.low,
            method: interval.method,
        }),
    }
}

/// A ratio of times as a change in percent.
pub fn percent(ratio: f64) -> f64 {
    100.0 * (ratio - 1.0)
}

#[cfg(test)]
mod tests;
