//! The table of a sweep or an ablation: the effect of each setting on the time of each workload.
//!
//! Made for an engine's README: the settings alone stand above the columns, the engine and how it was measured in a
//! line above the table. Knows analyses; what is computed is [`crate::analyse`]'s.

use comfy_table::CellAlignment;

use crate::analyse::{Analysis, GeometricMean, MeanValue, Pair};
use crate::machine::terminal;
use crate::record::environment::Environment;
use crate::record::outcome::Outcome;
use crate::show::table::{self, TOO_FEW, Texts};
use crate::statistics::Estimate;
use crate::statistics::inference::{EQUIVALENT, FALSE_DISCOVERY_RATE, Verdict};

/// The table as a file of the results folder.
pub const FILE: &str = "effects.md";

/// Workloads down, settings across; nothing without the baseline, which is the engine as it is.
pub fn texts(analysis: &Analysis) -> Option<Texts> {
    let baseline = analysis.baseline?;
    let plan = analysis.plan;
    let settings: Vec<usize> = (0..plan.contenders.len()).filter(|contender| *contender != baseline).collect();
    let engine = &plan.contenders[baseline].name;
    let of_engine = format!("{engine}:");
    let title = |contender: usize| {
        let name = &plan.contenders[contender].name;
        name.strip_prefix(&of_engine).unwrap_or(name).to_string()
    };
    let mut header = vec!["workload".to_string(), engine.clone()];
    header.extend(settings.iter().map(|contender| title(*contender)));
    let mut rows = Vec::new();
    for (workload, pairs) in plan.workloads.iter().zip(&analysis.pairs) {
        let time = pairs[baseline].time_ns.map(|time| table::time_text(time.centre));
        let time = time.unwrap_or_else(|| if pairs[baseline].has_modes() { "modes" } else { "-" }.to_string());
        let mut row = vec![workload.name.clone(), time];
        row.extend(settings.iter().map(|contender| effect_text(&pairs[*contender])));
        rows.push(row);
    }
    if analysis.common.len() > 1 {
        let mut row = vec![format!("geometric mean\nof {} workloads", analysis.common.len()), "-".to_string()];
        row.extend(
            settings
                .iter()
                .map(|contender| analysis.geometric_means[*contender].map_or("-".to_string(), |mean| mean_text(&mean))),
        );
        rows.push(row);
    }
    Some(Texts { header, rows, alignment: CellAlignment::Right })
}

/// How to read the table, in one sentence.
pub fn reading(analysis: &Analysis) -> String {
    let band = analysis.floor().map_or(EQUIVALENT, |floor| floor.relative.max(EQUIVALENT));
    format!(
        "Change of the time of an iteration by each setting, with its 95 % interval: + is slower. = is within {:.0} %, ~ \
         not told from chance, no mark faster or slower, at most {:.0} % of those by chance over the whole table.",
        100.0 * band,
        100.0 * FALSE_DISCOVERY_RATE
    )
}

/// The file: how it was made, the table, how to read it.
pub fn markdown(analysis: &Analysis, environment: &Environment) -> Option<String> {
    let plan = analysis.plan;
    let engine = &plan.contenders[analysis.baseline?];
    let command = if plan.purpose == crate::plan::Purpose::Sweep { "sweep" } else { "ablate" };
    let processor = environment.machine.cpu_model.as_deref().unwrap_or("an unknown processor");
    let cores = environment.machine.cores.map_or(String::new(), |cores| format!(", {cores} cores"));
    let revision = environment.git_revision.as_deref().and_then(|revision| revision.get(..8));
    let revision = revision.map_or(String::new(), |revision| format!(", revision {revision}"));
    Some(format!(
        "Made by `harness {command} --engine {}`, size {}, {} of {} each, on {processor}{cores}{revision}.\n\n\
         {}\n{}\n",
        engine.engine_id,
        plan.size.name(),
        terminal::count(plan.invocations, "process"),
        plan.iterations.in_words(),
        table::markdown(&texts(analysis)?),
        reading(analysis)
    ))
}

fn effect_text(pair: &Pair) -> String {
    match (pair.outcome, pair.speedup) {
        (Some(Outcome::Ok), Some(speedup)) => change_text(&speedup, pair.verdict),
        (Some(Outcome::Ok), None) if pair.speedup_modes.is_empty() => "-".to_string(),
        (Some(Outcome::Ok), None) => {
            let modes = pair.speedup_modes.iter().rev();
            let lines = modes.map(|mode| format!("{:+.1} % in {}", percent(mode.value), mode.blocks.len()));
            lines.collect::<Vec<_>>().join("\n")
        }
        (Some(outcome), _) => outcome.words().to_string(),
        (None, _) => "not run".to_string(),
    }
}

/// A speed-up as a change of time in percent.
fn percent(speedup: f64) -> f64 {
    100.0 * (1.0 / speedup - 1.0)
}

/// A geometric mean as a change of time: a bracket if pairs have modes, in brackets if some are not steady.
fn mean_text(mean: &GeometricMean) -> String {
    let text = match mean.value {
        MeanValue::Estimate(estimate) => change_text(&estimate, None),
        MeanValue::Between { slow, fast } => format!("{:+.1}..{:+.1} %\nby mode", percent(fast), percent(slow)),
    };
    if mean.is_steady { text } else { format!("({text})") }
}

/// A speed-up as a change of time in percent, its interval on a second line.
fn change_text(speedup: &Estimate, verdict: Option<Verdict>) -> String {
    let is_unclear = speedup.interval.is_some_and(|interval| interval.contains(1.0));
    let mark = match verdict {
        Some(Verdict::Equivalent) => "=",
        Some(Verdict::Inconclusive) => "~",
        None if is_unclear => "~",
        None | Some(Verdict::Faster | Verdict::Slower) => "",
    };
    let percent = |speedup: f64| format!("{:+.1}", percent(speedup));
    let interval = speedup
        .interval
        .map_or(TOO_FEW.to_string(), |interval| format!("{}..{}", percent(interval.high), percent(interval.low)));
    format!("{mark}{} %\n{interval}", percent(speedup.centre))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::{Interval, IntervalMethod};

    #[test]
    fn a_change_is_of_time_and_plus_is_slower() {
        let estimate = |centre, low, high| {
            let interval = Interval { low, high, method: IntervalMethod::StudentT };
            Estimate { centre, interval: Some(interval) }
        };
        assert_eq!(change_text(&estimate(0.8, 0.5, 1.0), Some(Verdict::Slower)), "+25.0 %\n+0.0..+100.0");
        assert_eq!(change_text(&estimate(1.25, 1.0, 2.0), None), "~-20.0 %\n-50.0..+0.0");
        assert_eq!(
            change_text(&Estimate { centre: 1.0, interval: None }, Some(Verdict::Inconclusive)),
            "~+0.0 %\ntoo few"
        );
    }
}
