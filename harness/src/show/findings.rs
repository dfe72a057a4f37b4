//! What has to be said of a comparison in sentences: everything that did not end well or is not steady, what the
//! numbers are, and what to measure next.
//!
//! The tables themselves are [`crate::show::table`]'s.

use crate::analyse::{Advice, Analysis, Depth, FEWEST_BLOCKS, LABEL, Pair, advice, compilation};
use crate::machine::clock::Clock;
use crate::machine::terminal;
use crate::plan::PlannedWorkload;
use crate::plan::contender::Contender;
use crate::plan::expectation::Expect;
use crate::record::load::Recorded;
use crate::record::outcome::Outcome;
use crate::record::rows::Validity;
use crate::show::table::{TOO_FEW, time_text};
use crate::statistics::inference::{EQUIVALENT, FALSE_DISCOVERY_RATE};
use crate::statistics::modes::LEAST_GAP;
use crate::statistics::steady_state::{Mode, TOLERANCE};
use crate::statistics::{FEWEST_FOR_INTERVAL, FEWEST_FOR_RESAMPLING, mean};

/// The sentences, in the order in which they are to be read.
pub fn findings(recorded: &Recorded, analysis: &Analysis) -> Vec<String> {
    let mut findings = failures(analysis);
    findings.extend(modes(analysis));
    match analysis.depth {
        Depth::FirstLook => {}
        Depth::Full => findings.extend(instability(recorded, analysis)),
    }
    findings.extend(reading(analysis));
    findings.push(sampling(analysis));
    findings.extend(drift(analysis));
    findings.extend(earlier_floor(analysis));
    match analysis.depth {
        Depth::FirstLook => {}
        Depth::Full => findings.extend(verdicts(analysis)),
    }
    findings.extend(other_profiles(analysis));
    findings.extend(cpu_time(analysis));
    findings.extend(comparing_results(recorded, analysis));
    let contenders = &analysis.plan.contenders;
    let versions: Vec<String> = contenders
        .iter()
        .map(|contender| match contender.behind_label().as_str() {
            "" => format!("{} {}", contender.label(), contender.version),
            behind => format!("{} ({behind}) {}", contender.label(), contender.version),
        })
        .collect();
    findings.push(format!("Contenders: {}.", versions.join(", ")));
    findings.extend(analysis.advice.as_ref().map(|advice| advice_text(analysis, advice)));
    findings
}

/// Every pair that failed, with its reason.
fn failures(analysis: &Analysis) -> Vec<String> {
    // What is wrong with a file is said once, not of every contender.
    let planned = &analysis.plan.workloads;
    let of_files = planned.iter().filter_map(|workload| {
        Some(format!("{}: {}: {}", workload.name, Outcome::BadHeader.words(), workload.problem.as_ref()?))
    });
    let of_pairs = analysis
        .troubles()
        .filter(|(_, _, pair)| !matches!(pair.outcome, Some(Outcome::NotApplicable | Outcome::BadHeader)))
        .map(|(workload, contender, pair)| {
            let outcome = pair.outcome.map_or("not run", Outcome::words);
            format!("{} on {}: {outcome}: {}", workload.name, contender.label(), reason_text(workload, pair))
        });
    of_files.chain(of_pairs).collect()
}

/// Every pair whose processes have modes.
fn modes(analysis: &Analysis) -> Option<String> {
    let with_modes = analysis.all_pairs().filter(|(_, _, pair)| pair.has_modes());
    let texts: Vec<String> = with_modes
        .map(|(workload, contender, pair)| {
            let modes = pair.time_modes.iter().map(|mode| match mode.blocks.as_slice() {
                [_] => format!("one apart at {}", time_text(mode.value)),
                blocks => format!("{} in {}", time_text(mode.value), blocks.len()),
            });
            format!("{} on {}: {}", workload.name, contender.label(), modes.collect::<Vec<_>>().join(", "))
        })
        .collect();
    (!texts.is_empty()).then(|| {
        format!(
            "Modes: some processes differ from others of the same pair by more than chance and {:.0} %; a mean would be a \
             time that none had. {}.",
            100.0 * LEAST_GAP,
            texts.join("; ")
        )
    })
}

/// Every pair that is not steady, and those that could not be asked.
fn instability(recorded: &Recorded, analysis: &Analysis) -> Vec<String> {
    let mut findings = Vec::new();
    let unstable: Vec<String> = analysis
        .unstable()
        .filter_map(|(workload, contender, pair)| {
            let stability = pair.stability.as_ref()?;
            let compiling = match stability.still_compiling {
                0 => String::new(),
                count => format!(", {count} still compiling{}", traced(recorded, workload, contender, pair)),
            };
            Some(format!("{} on {} ({}{compiling})", workload.name, contender.label(), stability.consistency.name()))
        })
        .collect();
    if !unstable.is_empty() {
        findings.push(format!(
            "Not steady, so their speeds, in brackets, are of no steady state: {}.",
            unstable.join(", ")
        ));
    }
    let unclassified = analysis.all_pairs().filter(|(_, _, pair)| pair.is_ok() && pair.stability.is_none()).count();
    if unclassified > 0 {
        findings.push(format!(
            "{} with a process of fewer than {} iterations {} no class: {LABEL}.",
            terminal::count(unclassified, "pair"),
            Mode::Strict.fewest(),
            if unclassified == 1 { "has" } else { "have" },
        ));
    }
    findings
}

/// What the trace has being compiled in the last quarter of as many iterations as the pair's processes run.
fn traced(recorded: &Recorded, workload: &PlannedWorkload, contender: &Contender, pair: &Pair) -> String {
    let iterations = pair.processes.iter().map(|process| process.wall_ns.len() as u32).min().unwrap_or(0);
    let from = iterations - iterations / 4 + 1;
    let engine = (contender.name.as_str(), contender.engine_config.as_str());
    let units = compilation::late_units(recorded, engine, &workload.name, from);
    if units.is_empty() { String::new() } else { format!(": {}", units.join(", ")) }
}

/// How to read a cell.
fn reading(analysis: &Analysis) -> Vec<String> {
    let mut findings = Vec::new();
    // On the terminal the table of effects takes the place of that of speed-ups.
    let place = if analysis.plan.purpose.is_comparison() { "" } else { "In summary.md and on the page: " };
    // Of effects there are verdicts whatever the effort.
    let depth = if analysis.plan.purpose.is_comparison() { analysis.depth } else { Depth::Full };
    match (analysis.baseline_label(), depth) {
        (Some(baseline), Depth::FirstLook) => findings.push(format!(
            "{place}Speed-up over {baseline}; below it the 95 % interval. ~ marks one whose interval contains 1."
        )),
        (Some(baseline), Depth::Full) => findings.push(format!(
            "{place}Speed-up over {baseline}; below it the 95 % interval. = is equivalent, ~ inconclusive, no mark faster or \
             slower."
        )),
        (None, Depth::FirstLook | Depth::Full) => {
            findings.push(match &analysis.plan.baseline {
                Some(name) => {
                    format!("The baseline, {name}, finished no workload, so there are times and no speed-ups.")
                }
                None => "The baseline is not among the contenders, so there are no speed-ups.".to_string(),
            });
        }
    }
    if (analysis.plan.invocations as usize) < FEWEST_BLOCKS {
        findings.push(format!(
            "{TOO_FEW}: an interval needs {FEWEST_FOR_INTERVAL} processes, that of a geometric mean {FEWEST_BLOCKS} \
             blocks; this run has {}.",
            analysis.plan.invocations
        ));
    }
    findings
}

/// What a number is the mean of.
fn sampling(analysis: &Analysis) -> String {
    let plan = analysis.plan;
    let what = match analysis.depth {
        _ if plan.fresh => "cold: one iteration in each process".to_string(),
        Depth::FirstLook => format!("{LABEL}: mean of the last half of the iterations"),
        Depth::Full if plan.iterations.until_steady => {
            "Mean of the iterations measured after a steady state was found, of the last half where none was"
                .to_string()
        }
        Depth::Full => "Mean of the steady iterations, of the last half where none are".to_string(),
    };
    format!(
        "{what}, {} of {} each, size {}.",
        terminal::count(plan.invocations, "process"),
        plan.iterations.in_words(),
        plan.size.name()
    )
}

/// By what part the two halves of what counts may differ before that is said.
const DRIFT: f64 = 0.02;

/// In how many processes the last half, which nothing has tested, still drifts; with the iterations that they had.
fn drift(analysis: &Analysis) -> Option<String> {
    let untested = analysis
        .all_pairs()
        .flat_map(|(_, _, pair)| &pair.processes)
        .filter(|process| process.classification.is_none() && process.used_ns().len() >= 4);
    let (mut drifting, mut all, mut fewest, mut most) = (0, 0, usize::MAX, 0);
    for process in untested {
        let used = process.used_ns();
        let (early, late) = used.split_at(used.len() / 2);
        let is_drifting = mean(early).zip(mean(late)).is_some_and(|(early, late)| (late / early - 1.0).abs() > DRIFT);
        drifting += usize::from(is_drifting);
        all += 1;
        fewest = fewest.min(process.wall_ns.len());
        most = most.max(process.wall_ns.len());
    }
    (drifting > 0).then(|| {
        let iterations = if fewest == most { fewest.to_string() } else { format!("{fewest} to {most}") };
        format!(
            "In {drifting} of {} the halves of what counts differ by more than {:.0} %: they were not steady after so few \
             iterations ({iterations} a process).",
            terminal::count(all, "process"),
            100.0 * DRIFT
        )
    })
}

/// Which builds were compiled otherwise than this one, so that they do not compare.
fn other_profiles(analysis: &Analysis) -> Vec<String> {
    let mut builds: Vec<(&String, &String)> = analysis
        .plan
        .contenders
        .iter()
        .filter_map(|contender| Some((contender.build.as_ref()?, contender.other_profile.as_ref()?)))
        .collect();
    builds.dedup();
    let sentence = |(build, profile)| {
        format!(
            "NOT ALIKE: the build '{build}' is of the profile '{profile}', this program is not; a difference between them \
             may be that of the compiler's options."
        )
    };
    builds.into_iter().map(sentence).collect()
}

/// How results were compared, unless all are the very texts that were expected.
fn comparing_results(recorded: &Recorded, analysis: &Analysis) -> Vec<String> {
    let plan = analysis.plan;
    let mut findings = Vec::new();
    match plan.expect {
        Expect::Exact => {
            let by_value =
                |name: &str| recorded.iterations.iter().any(|row| row.engine == name && row.valid == Validity::Value);
            let names: Vec<String> = plan
                .contenders
                .iter()
                .filter(|contender| by_value(&contender.name))
                .map(|contender| contender.label())
                .collect();
            if !names.is_empty() {
                findings.push(format!(
                    "By value: {}. It is compared with a Lua that writes numbers otherwise, so 3.0 is 3 there.",
                    names.join(", ")
                ));
            }
        }
        Expect::Values => {
            findings
                .push("Results are compared by the values of their numbers (--expect values): 3.0 is 3.".to_string());
        }
        Expect::None => findings.push("Results are not checked (--expect none).".to_string()),
    }
    findings.extend(
        plan.ignore_lines
            .as_ref()
            .map(|pattern| format!("Lines of output with '{pattern}' are left out of the results (--ignore-lines).")),
    );
    findings
}

/// Whose clock is CPU time, and what its speed-ups are from.
fn cpu_time(analysis: &Analysis) -> Option<String> {
    let plan = analysis.plan;
    let names: Vec<String> = (0..plan.contenders.len())
        .filter(|contender| plan.clock_of(*contender) == Clock::Cpu)
        .map(|contender| plan.contenders[contender].label())
        .collect();
    if names.is_empty() {
        return None;
    }
    if plan.clock == Some(Clock::Cpu) {
        return Some("Timed by CPU time, the only clock of a foreign Lua, in batches of at least 10 ms.".to_string());
    }
    let (own, between) = if plan.fresh {
        ("", "of whole processes of both")
    } else {
        (", means of at least 10 ms of calls", "of at least 100 ms of calls at the end of each process of both")
    };
    Some(format!(
        "No clock but CPU time: {}. Times of it are CPU time{own}; speed-ups between it and others are from elapsed time, \
         {between}.",
        names.join(", ")
    ))
}

/// What a verdict takes.
fn verdicts(analysis: &Analysis) -> Vec<String> {
    let method =
        if (analysis.plan.invocations as usize) < FEWEST_FOR_RESAMPLING { "Student's t" } else { "bootstrap-t" };
    let band = analysis.floor().map_or(EQUIVALENT, |floor| floor.relative.max(EQUIVALENT));
    let mut findings = vec![format!(
        "Intervals by {method} over processes. Equivalent: the interval lies within {:.1} %. Faster, slower: at most \
         {:.0} % of them by chance, over all pairs, and past the floor. Steady: means within {:.0} %.",
        100.0 * band,
        100.0 * FALSE_DISCOVERY_RATE,
        100.0 * TOLERANCE
    )];
    if analysis.floor().is_none() {
        findings.push(
            "Floor: none; by how much identical programs differ here was not measured (--aa, --floor).".to_string(),
        );
    }
    findings
}

/// What an earlier run says of the machine; its own arm speaks for itself.
fn earlier_floor(analysis: &Analysis) -> Option<String> {
    analysis.plan.floor.as_ref().map(|floor| {
        format!(
            "Floor of the A/A run {}: identical programs differ by up to {:.2} % on this machine.",
            floor.run_id,
            100.0 * floor.relative
        )
    })
}

fn advice_text(analysis: &Analysis, advice: &Advice) -> String {
    let (workload, contender) = advice.widest;
    let iterations = match advice.iterations {
        Some(iterations) => format!(
            " Of the same time, {iterations} steady iterations a process make the most (median over pairs; now {}).",
            advice.iterations_now
        ),
        None => String::new(),
    };
    format!(
        "For intervals of ±{:.0} %, half of the pairs need {} processes or fewer and {} on {} needs {}; this run has \
         {}.{iterations}",
        100.0 * advice::HALF_WIDTH,
        advice.typical_processes,
        analysis.plan.workloads[workload].name,
        analysis.plan.contenders[contender].label(),
        advice.most_processes,
        analysis.plan.invocations
    )
}

/// What is wrong with a result, `reason` being what the process said of it: what was expected, who said so, and, of
/// several lines, what to do if they are to differ.
pub fn wrong_result(reason: &str, workload: &PlannedWorkload) -> String {
    let expected = workload.expected.as_deref().unwrap_or_default();
    let from = workload.expected_from.as_deref().unwrap_or("header");
    let hint = "; lines that differ each time, such as times, are left out by --ignore-lines PATTERN";
    let hint = if expected.contains("\\n") { hint } else { "" };
    match reason.starts_with("line ") {
        true => format!("{reason} ({from}){hint}"),
        false => format!("{reason}, expected '{expected}' ({from}){hint}"),
    }
}

fn reason_text(workload: &PlannedWorkload, pair: &Pair) -> String {
    let reason = pair.reason.split("\\nstack traceback").next().unwrap_or_default();
    match (&workload.expected, pair.outcome) {
        (Some(_), Some(Outcome::WrongResult)) => wrong_result(reason, workload),
        _ => reason.to_string(),
    }
}
