//! What came out of a run, in words: one sentence for each contender, from the analysis alone.

use crate::analyse::{Analysis, MeanValue, Pair};
use crate::machine::terminal;
use crate::show::table::{bytes_text, significant, time_text};
use crate::show::view::View;
use crate::statistics::median;

/// The question that the run answers.
pub fn question(view: &View) -> String {
    let plan = view.analysis.plan;
    let programs = terminal::count(plan.workloads.len(), "Lua program");
    match (view.analysis.baseline_label(), plan.purpose.is_comparison()) {
        (Some(baseline), true) => format!(
            "How fast are {} against {baseline} on {programs}, and what does it cost?",
            terminal::count(plan.contenders.len() - 1, "contender")
        ),
        (Some(baseline), false) => format!("What does each setting change against {baseline} on {programs}?"),
        (None, _) => {
            format!("How long do {} take for {programs}?", terminal::count(plan.contenders.len(), "contender"))
        }
    }
}

/// One sentence for each contender beside the baseline, the fastest first; of times if there is no baseline.
pub fn sentences(view: &View) -> Vec<String> {
    let analysis = view.analysis;
    let mut compared = view.compared();
    let speed = |contender: usize| overall(analysis, contender).map_or(0.0, |(centre, _)| centre);
    compared.sort_by(|one, other| speed(*other).total_cmp(&speed(*one)));
    compared.into_iter().map(|contender| sentence(view, contender)).collect()
}

/// The speed-up over all common workloads, or over the only one, as a number and in words.
fn overall(analysis: &Analysis, contender: usize) -> Option<(f64, String)> {
    if let Some(mean) = analysis.geometric_means[contender] {
        return Some(match mean.value {
            MeanValue::Estimate(estimate) => {
                let interval = estimate.interval.map_or(String::new(), |interval| {
                    format!(" ({} to {})", significant(interval.low), significant(interval.high))
                });
                (estimate.centre, format!("{} times as fast{interval}", significant(estimate.centre)))
            }
            MeanValue::Between { slow, fast } => (
                (slow * fast).sqrt(),
                format!("{} to {} times as fast, by the modes of its processes", significant(slow), significant(fast)),
            ),
        });
    }
    let mut own: Vec<f64> = Vec::new();
    own.extend(analysis.pairs.iter().filter_map(|row| Some(row[contender].speedup?.centre)));
    match own.as_slice() {
        [] => None,
        [one] => Some((*one, format!("{} times as fast on the one workload that it has in common", significant(*one)))),
        several => {
            let middle = median(several)?;
            Some((
                middle,
                format!(
                    "{} times as fast on the middle one of the {} workloads that it has in common",
                    significant(middle),
                    several.len()
                ),
            ))
        }
    }
}

fn sentence(view: &View, contender: usize) -> String {
    let analysis = view.analysis;
    let label = view.label(contender);
    let with_speed: Vec<(&str, f64, &Pair)> = analysis
        .plan
        .workloads
        .iter()
        .zip(&analysis.pairs)
        .filter_map(|(workload, row)| Some((workload.name.as_str(), row[contender].speedup?.centre, &row[contender])))
        .collect();
    let failed =
        analysis.pairs.iter().filter(|row| row[contender].outcome.is_some_and(|outcome| outcome.is_failure())).count();
    let failures =
        if failed > 0 { format!(" It FAILED on {}.", terminal::count(failed, "workload")) } else { String::new() };
    let Some((_, overall)) = overall(analysis, contender) else {
        let times: Vec<f64> = analysis.pairs.iter().filter_map(|row| Some(row[contender].time_ns?.centre)).collect();
        let time = median(&times).map_or("has no time".to_string(), |time| {
            format!("takes {} for the middle one of its workloads", time_text(time))
        });
        return format!("{label} {time}.{failures}");
    };
    let outside = |pair: &Pair, is_faster: bool| {
        pair.speedup
            .and_then(|speedup| speedup.interval)
            .is_some_and(|interval| if is_faster { interval.low > 1.0 } else { interval.high < 1.0 })
    };
    let count = |is_faster| with_speed.iter().filter(|(_, _, pair)| outside(pair, is_faster)).count();
    let (faster, slower) = (count(true), count(false));
    let unclear = with_speed.len() - faster - slower;
    let extreme = |sign: f64| with_speed.iter().max_by(|one, other| (sign * one.1).total_cmp(&(sign * other.1)));
    let ends = match (extreme(1.0), extreme(-1.0)) {
        (Some((best, most, _)), Some((worst, least, _))) if with_speed.len() > 1 => {
            format!("; most on {best} ({}x), least on {worst} ({}x)", significant(*most), significant(*least))
        }
        (Some(_) | None, Some(_) | None) => String::new(),
    };
    let middle = |of: &dyn Fn(&crate::analyse::warm_up::Costs) -> Option<f64>| {
        median(&analysis.costs.iter().filter_map(|row| of(&row[contender])).collect::<Vec<f64>>())
    };
    let first = middle(&|costs| costs.first_ratio)
        .map_or(String::new(), |ratio| format!(" Its first iteration takes {} times a warm one", significant(ratio)));
    let memory = middle(&|costs| costs.max_rss_bytes)
        .map_or(String::new(), |bytes| format!(", its process {}", bytes_text(bytes)));
    let costs = if first.is_empty() { String::new() } else { format!("{first}{memory} (medians over workloads).") };
    format!(
        "{label} is {overall}: faster on {faster}, slower on {slower}, not told apart on {unclear}{ends}.{costs}{failures}"
    )
}
