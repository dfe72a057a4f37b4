//! The difference of two runs, and of many, for people and for programs: tables, sentences, JSON.
//!
//! What is computed is [`crate::analyse::diff`]'s and [`crate::analyse::history`]'s.

use comfy_table::CellAlignment;
use serde::Serialize;

use crate::analyse::Mode;
use crate::analyse::diff::{self, Change, Diff, Gate, Key, ScatterSource};
use crate::analyse::history::{History, Point};
use crate::machine::terminal;
use crate::show::table::{TOO_FEW, Texts, modes_text, time_text};
use crate::statistics::Estimate;
use crate::statistics::gate::{AT_THE_LIMIT, FALSE_ALARMS};
use crate::statistics::inference::Verdict;

/// The table: a row for each pair that ended well in both runs.
pub fn texts(diff: &Diff) -> Texts {
    let header = ["workload", "contender", "change", "95 % interval", "verdict", "as measured", "steady state"];
    let rows = diff.changes.iter().map(|change| {
        vec![
            change.key.workload.clone(),
            change.key.contender_label(),
            change.time_ratio.map_or("-".to_string(), |ratio| percent_text(ratio.centre)),
            change.time_ratio.map_or("-".to_string(), |ratio| interval_text(&ratio)),
            verdict_word(change).to_string(),
            change.raw.map_or("modes".to_string(), |raw| percent_text(raw.centre)),
            match change.classes {
                [before, after] if before == after => before.to_string(),
                [before, after] => format!("{before}, now {after}"),
            },
        ]
    });
    Texts { header: header.map(str::to_string).to_vec(), rows: rows.collect(), alignment: CellAlignment::Right }
}

fn verdict_word(change: &Change) -> &'static str {
    if change.is_control { "control" } else { change.verdict.name() }
}

fn percent_text(ratio: f64) -> String {
    format!("{:+.1} %", diff::percent(ratio))
}

fn interval_text(ratio: &Estimate) -> String {
    ratio.interval.map_or(TOO_FEW.to_string(), |interval| {
        format!("{:+.1}..{:+.1} %", diff::percent(interval.low), diff::percent(interval.high))
    })
}

/// What has to be said beside the table.
pub fn findings(diff: &Diff) -> Vec<String> {
    let mut findings = Vec::new();
    for turn in &diff.turns {
        let [before, after] = turn.outcomes.map(|outcome| outcome.words());
        let reason = if turn.reason.is_empty() { String::new() } else { format!(": {}", turn.reason) };
        findings.push(format!("{}: {before}, now {after}{reason}", name(&turn.key)));
    }
    for change in diff.changes.iter().filter(|change| change.raw.is_none()) {
        let in_words = |modes: &[Mode]| match modes {
            [] => "one".to_string(),
            modes => modes_text(modes, time_text).replace('\n', ", "),
        };
        let [before, after] = change.modes.each_ref().map(|modes| in_words(modes));
        findings.push(format!("{}: modes: {before}; now {after}. It is not judged.", name(&change.key)));
    }
    for (contender, pairs, ratio) in diff.by_contender() {
        findings.push(format!(
            "{contender}: {} on the geometric mean of {} ({} over workloads)",
            percent_text(ratio.centre),
            terminal::count(pairs, "workload"),
            interval_text(&ratio)
        ));
    }
    findings.push(match &diff.machine {
        Some(machine) => format!(
            "Controls ({}), the same programs in both runs, changed by {} ({} over pairs): that much is the machine, and \
             is taken out of the changes above.",
            diff.controls.join(", "),
            percent_text(machine.centre),
            interval_text(machine)
        ),
        None => "No program is known to be the same in both runs, so a change of the machine cannot be told from one of \
                 the engines: nothing is judged."
            .to_string(),
    });
    findings.extend(match diff.scatter {
        ScatterSource::Controls(scatter) => Some(format!(
            "From run to run an unchanged contender moves by {:.1} % (standard deviation, from controls against each other); \
             it is part of the intervals.",
            100.0 * scatter.deviation()
        )),
        ScatterSource::Floor(scatter) => Some(format!(
            "From run to run an unchanged contender moves by {:.1} % (standard deviation, from the floor of an A/A arm, \
             because there is one control); it is part of the intervals.",
            100.0 * scatter.deviation()
        )),
        ScatterSource::Unknown if diff.machine.is_some() => Some(
            "One control does not tell how far an unchanged contender moves from run to run, and no run has an A/A arm \
             (--aa, --floor): nothing is judged."
                .to_string(),
        ),
        ScatterSource::Unknown => None,
    });
    for (keys, which) in [(&diff.gone, "first"), (&diff.new, "second")] {
        if !keys.is_empty() {
            let names: Vec<String> = keys.iter().map(name).collect();
            findings.push(format!("Only in the {which}: {}", names.join(", ")));
        }
    }
    findings.push(
        "Runs are not paired: in each block the logarithm of a time less the mean of the controls'; the difference of their \
         means by Welch's t. + is slower."
            .to_string(),
    );
    findings
}

/// What the gate says, one sentence each; the last one is the result.
pub fn gate_findings(gate: &Gate, limit: f64) -> Vec<String> {
    let mut findings = Vec::new();
    for (keys, words) in [
        (&gate.slower, format!(" past {limit} %")),
        (&gate.broken, " (stopped working)".into()),
        (&gate.missing, " (missing)".into()),
    ] {
        findings.extend(keys.iter().map(|key| format!("REGRESSION{words}: {}", name(key))));
    }
    let width = match gate.half_width {
        None => "nothing is there to judge".to_string(),
        Some(width) if width.is_finite() => format!("the middle interval is ±{:.1} % wide", 100.0 * width),
        Some(_) => "half of the pairs or more have no interval".to_string(),
    };
    findings.push(match (gate.is_regression(), gate.is_inconclusive) {
        (true, _) => format!("The gate stops at {limit} %: see above ({width})."),
        (false, true) => format!("INCONCLUSIVE at {limit} %: {width}. Measure more blocks, or more controls."),
        (false, false) => format!("The gate lets this through at {limit} % ({width})."),
    });
    findings
}

/// How the gate decides, in one sentence.
pub fn gate_rule() -> String {
    format!(
        "A regression is slower at all (Holm over all pairs: at most {:.0} % of unchanged runs name any) and past the limit (a \
         change of just the limit is named at most in {:.0} %).",
        100.0 * FALSE_ALARMS,
        100.0 * AT_THE_LIMIT
    )
}

/// A pair by name.
pub fn name(key: &Key) -> String {
    format!("{} on {}", key.workload, key.contender_label())
}

/// A [`Diff`] as it is printed as JSON. Ratios are of times: 1.05 is 5 % slower.
#[derive(Serialize)]
pub struct DiffDocument {
    before: String,
    after: String,
    /// 0, 3 or 4; `None` without a gate.
    status: Option<u8>,
    limit_percent: Option<f64>,
    half_width_percent: Option<f64>,
    controls: Vec<String>,
    machine: Option<RatioDocument>,
    run_to_run_deviation: Option<f64>,
    changes: Vec<ChangeDocument>,
    broken: Vec<String>,
    missing: Vec<String>,
    new: Vec<String>,
}

#[derive(Serialize)]
struct ChangeDocument {
    workload: String,
    contender: String,
    engine_config: String,
    is_control: bool,
    ratio: Option<RatioDocument>,
    as_measured: Option<RatioDocument>,
    /// In each run, the time of each mode and how many processes were in it.
    modes_ns: [Vec<(f64, usize)>; 2],
    verdict: &'static str,
    is_regression: bool,
}

#[derive(Serialize)]
struct RatioDocument {
    centre: f64,
    low: Option<f64>,
    high: Option<f64>,
}

impl RatioDocument {
    fn of(ratio: &Estimate) -> RatioDocument {
        let interval = ratio.interval;
        RatioDocument {
            centre: ratio.centre,
            low: interval.map(|interval| interval.low),
            high: interval.map(|interval| interval.high),
        }
    }
}

impl DiffDocument {
    /// Of two runs by their ids; `gate` with its limit in percent and its exit status.
    pub fn new(runs: [&str; 2], diff: &Diff, gate: Option<(&Gate, f64, u8)>) -> DiffDocument {
        let names = |keys: &[Key]| keys.iter().map(name).collect();
        let is_slower = |key: &Key| gate.is_some_and(|(gate, _, _)| gate.slower.contains(key));
        let changes = diff.changes.iter().map(|change| ChangeDocument {
            workload: change.key.workload.clone(),
            contender: change.key.contender.clone(),
            engine_config: change.key.engine_config.clone(),
            is_control: change.is_control,
            ratio: change.time_ratio.as_ref().map(RatioDocument::of),
            as_measured: change.raw.as_ref().map(RatioDocument::of),
            modes_ns: change
                .modes
                .each_ref()
                .map(|modes| modes.iter().map(|mode| (mode.value, mode.blocks.len())).collect()),
            verdict: verdict_word(change),
            is_regression: is_slower(&change.key),
        });
        let width = gate.and_then(|(gate, _, _)| gate.half_width).filter(|width| width.is_finite());
        DiffDocument {
            before: runs[0].to_string(),
            after: runs[1].to_string(),
            status: gate.map(|(_, _, status)| status),
            limit_percent: gate.map(|(_, limit, _)| limit),
            half_width_percent: width.map(|width| 100.0 * width),
            controls: diff.controls.clone(),
            machine: diff.machine.as_ref().map(RatioDocument::of),
            run_to_run_deviation: match diff.scatter {
                ScatterSource::Controls(scatter) | ScatterSource::Floor(scatter) => Some(scatter.deviation()),
                ScatterSource::Unknown => None,
            },
            changes: changes.collect(),
            broken: diff.turns.iter().map(|turn| name(&turn.key)).collect(),
            missing: names(&diff.gone),
            new: names(&diff.new),
        }
    }
}

/// The table of a history: pairs down, runs across.
pub fn history_texts(history: &History) -> Texts {
    let mut header = vec!["pair".to_string()];
    header.extend(history.runs.iter().map(|run| run.label()));
    let rows = history.rows.iter().map(|row| {
        let points = row.points.iter().map(point_text);
        std::iter::once(name(&row.key)).chain(points).collect()
    });
    Texts { header, rows: rows.collect(), alignment: CellAlignment::Right }
}

fn point_text(point: &Point) -> String {
    match point {
        Point::Missing => "-".to_string(),
        Point::Failed(outcome) => outcome.words().to_string(),
        Point::First => "first".to_string(),
        Point::Unjudged => "?".to_string(),
        Point::Step { since_first, verdict } => {
            let change = percent_text(*since_first);
            match verdict {
                Verdict::Faster | Verdict::Slower => format!("{change}\n{}", verdict.name()),
                Verdict::Equivalent | Verdict::Inconclusive => change,
            }
        }
    }
}

/// How to read the table of a history.
pub const HISTORY_READING: &str = "Change of time since the first run that has the pair, without what the controls changed \
     by; + is slower. A word marks a step from the run before that is more than chance. ? cannot be judged: no control, or too \
     few blocks; what follows is since then.";

/// A [`History`] as JSON.
#[derive(Serialize)]
pub struct HistoryDocument {
    runs: Vec<HistoryRun>,
    pairs: Vec<HistoryPair>,
}

#[derive(Serialize)]
struct HistoryRun {
    run_id: String,
    created_utc: String,
    git_revision: Option<String>,
    git_dirty: Option<bool>,
}

#[derive(Serialize)]
struct HistoryPair {
    workload: String,
    contender: String,
    engine_config: String,
    /// One for each run.
    points: Vec<HistoryPoint>,
}

#[derive(Serialize)]
struct HistoryPoint {
    state: &'static str,
    ratio_since_first: Option<f64>,
    verdict: Option<&'static str>,
}

impl HistoryDocument {
    /// Of a history.
    pub fn new(history: &History) -> HistoryDocument {
        let runs = history.runs.iter().map(|run| HistoryRun {
            run_id: run.run_id.clone(),
            created_utc: run.created_utc.clone(),
            git_revision: run.git_revision.clone(),
            git_dirty: run.git_dirty,
        });
        let pairs = history.rows.iter().map(|row| HistoryPair {
            workload: row.key.workload.clone(),
            contender: row.key.contender.clone(),
            engine_config: row.key.engine_config.clone(),
            points: row.points.iter().map(point_document).collect(),
        });
        HistoryDocument { runs: runs.collect(), pairs: pairs.collect() }
    }
}

fn point_document(point: &Point) -> HistoryPoint {
    let bare = |state| HistoryPoint { state, ratio_since_first: None, verdict: None };
    match point {
        Point::Missing => bare("missing"),
        Point::Failed(outcome) => bare(outcome.name()),
        Point::First => bare("first"),
        Point::Unjudged => bare("unjudged"),
        Point::Step { since_first, verdict } => {
            HistoryPoint { state: "step", ratio_since_first: Some(*since_first), verdict: Some(verdict.name()) }
        }
    }
}
