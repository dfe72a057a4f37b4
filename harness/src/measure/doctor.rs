//! Is this machine fit to measure on? Looks at what the kernel tells, times the clock and the calibration loop, and
//! lets one contender run against itself.
//!
//! Changes nothing; every finding that is not good comes with advice. Printing is [`crate::cli::doctor`]'s.

use std::time::Instant;

use anyhow::Context;

use crate::machine;
use crate::machine::interruption::Interruption;
use crate::measure;
use crate::plan::Plan;
use crate::plan::contender::Contender;
use crate::plan::yardsticks;
use crate::record::environment::Environment;
use crate::record::outcome::Outcome;
use crate::statistics::{mean, sample_variance};

/// How good something is for measuring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// As it should be.
    Good,
    /// This machine does not tell.
    Unknown,
    /// Measurements will be wider than they need be, or are about something else than one may think.
    Fair,
    /// Measurements will mislead.
    Bad,
}

impl Grade {
    /// The word in the table.
    pub fn word(self) -> &'static str {
        match self {
            Grade::Good => "good",
            Grade::Unknown => "unknown",
            Grade::Fair => "fair",
            Grade::Bad => "BAD",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub what: &'static str,
    /// How it is.
    pub is: String,
    /// How good that is.
    pub grade: Grade,
    /// What to do about it, or to find out; empty for [`Grade::Good`].
    pub advice: &'static str,
}

impl Finding {
    fn new(what: &'static str, is: impl Into<String>, grade: Grade, advice: &'static str) -> Finding {
        Finding { what, is: is.into(), grade, advice: if grade == Grade::Good { "" } else { advice } }
    }
}

/// Everything but the A/A run; takes about a second.
///
/// # Errors
/// Those of binding to the processor that measurements would use.
pub fn examine(environment: &Environment) -> anyhow::Result<Vec<Finding>> {
    let cpu = machine::cpu_for_children();
    let mut findings = settings(environment);
    findings.extend(business(&environment.machine.load1, machine::allowed_cpus().len()));
    findings.push(grade_clock(clock_cost_ns()));
    findings.push(calibration(cpu)?);
    Ok(findings)
}

/// What is set on this machine and in this build.
fn settings(environment: &Environment) -> Vec<Finding> {
    let machine = &environment.machine;
    let yes_no = |setting: Option<bool>| setting.map_or("unknown", |on| if on { "on" } else { "off" });
    let fair_if = |condition: bool| if condition { Grade::Fair } else { Grade::Good };
    let fair_if_known = |condition: Option<bool>| condition.map_or(Grade::Unknown, fair_if);
    let debug = environment.build.debug_assertions;
    let missing = yardsticks::missing();
    let processors = machine::allowed_cpus().len();
    let governor = machine.governor.as_deref();
    vec![
        Finding::new(
            "build",
            if debug { "with debug assertions" } else { "optimised" },
            if debug { Grade::Bad } else { Grade::Good },
            "measure with a release build: cargo harness, or cargo run --release in a repository of your own",
        ),
        Finding::new(
            "yardsticks",
            missing.map_or("all of them".to_string(), |reason| format!("some are missing: {reason}")),
            fair_if(missing.is_some()),
            "comparisons lack their columns; remove the cause and build again",
        ),
        Finding::new(
            "processors",
            processors.to_string(),
            fair_if(processors < 2),
            "with a single one the parent and everything else run on it too; take a machine with two",
        ),
        Finding::new(
            "virtual machine",
            if machine.virtual_machine { "yes" } else { "no" },
            fair_if(machine.virtual_machine),
            "neighbours come and go; trust differences between interleaved contenders, not absolute times",
        ),
        Finding::new(
            "frequency governor",
            governor.unwrap_or("unknown"),
            fair_if_known(governor.map(|governor| governor != "performance")),
            "sudo cpupower frequency-set -g performance",
        ),
        Finding::new(
            "turbo",
            yes_no(machine.turbo),
            fair_if_known(machine.turbo),
            "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo (Intel), or echo 0 into \
             /sys/devices/system/cpu/cpufreq/boost",
        ),
        Finding::new(
            "threads share cores",
            yes_no(machine.smt),
            fair_if_known(machine.smt),
            "echo off | sudo tee /sys/devices/system/cpu/smt/control",
        ),
        Finding::new(
            "address randomisation",
            machine.aslr.map_or("unknown".to_string(), |level| level.to_string()),
            fair_if_known(machine.aslr.map(|level| level != 2)),
            "with one frozen layout a lucky one looks like a speed-up: sudo sysctl kernel.randomize_va_space=2",
        ),
    ]
}

/// How busy the machine is.
fn business(load1: &Option<f64>, processors: usize) -> Vec<Finding> {
    let per_processor = load1.map(|load| load / processors.max(1) as f64);
    let busy = |value: Option<f64>, fair: f64, bad: f64| match value {
        Some(value) if value > bad => Grade::Bad,
        Some(value) if value > fair => Grade::Fair,
        Some(_) => Grade::Good,
        None => Grade::Unknown,
    };
    let words = |value: Option<f64>, unit: &str| value.map_or("unknown".to_string(), |value| format!("{value}{unit}"));
    let pressure = |resource: &str| machine::psi_some_average(resource);
    let mut findings = vec![Finding::new(
        "load",
        words(*load1, &format!(" on {processors} processors")),
        busy(per_processor, 0.25, 0.5),
        "stop what else runs, or wait; 'top' shows it",
    )];
    for (what, resource) in [("processor pressure", "cpu"), ("memory pressure", "memory"), ("disk pressure", "io")] {
        findings.push(Finding::new(
            what,
            words(pressure(resource), " % of the last 10 s"),
            busy(pressure(resource), 2.0, 10.0),
            "processes wait for it now; stop what else runs, or wait",
        ));
    }
    findings
}

/// The time between two readings of the clock that iterations are timed by, with nothing between: the least of many.
fn clock_cost_ns() -> u64 {
    const READINGS: u32 = 10_000;
    let batch = || {
        let start = Instant::now();
        for _ in 0..READINGS {
            std::hint::black_box(Instant::now());
        }
        start.elapsed().as_nanos() as u64 / u64::from(READINGS)
    };
    (0..20).map(|_| batch()).min().unwrap_or(0)
}

fn grade_clock(cost_ns: u64) -> Finding {
    let grade = match cost_ns {
        0..=50 => Grade::Good,
        51..=200 => Grade::Fair,
        201.. => Grade::Bad,
    };
    let source = machine::read("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    Finding::new(
        "clock",
        format!("{cost_ns} ns a reading, source {}", source.as_deref().unwrap_or("unknown")),
        grade,
        "the kernel is called for every reading: see /sys/devices/system/clocksource for a better source",
    )
}

/// How steady a fixed amount of work is.
fn calibration(cpu: Option<u32>) -> anyhow::Result<Finding> {
    const RUNS: usize = 400;
    let mut times_ns = machine::calibrations_ns(cpu, RUNS)?;
    times_ns.sort_unstable();
    let (middle_ns, high_ns) = (times_ns[RUNS / 2], times_ns[RUNS * 95 / 100]);
    let excess = high_ns as f64 / middle_ns as f64 - 1.0;
    let grade = if excess > 0.25 {
        Grade::Bad
    } else if excess > 0.05 {
        Grade::Fair
    } else {
        Grade::Good
    };
    Ok(Finding::new(
        "fixed work",
        format!("{:.1} % more than its median in 1 of 20 runs", excess * 100.0),
        grade,
        "the processor changes its speed or is shared: fix the frequency, stop what else runs",
    ))
}

/// Carries out `plan`, which must have a contender and its twin on one workload, and looks at how they differ.
///
/// # Errors
/// If a process fails; [`crate::error::Interrupted`]; otherwise those of starting processes.
pub fn against_itself(plan: &Plan, interruption: &Interruption) -> anyhow::Result<Finding> {
    let mut differences = Vec::new();
    for (block, cells) in (1..).zip(&plan.blocks) {
        let mut log_means = vec![None; plan.contenders.len()];
        for cell in cells {
            let invocation = measure::invoke(plan, *cell, block, plan.iterations, interruption)?;
            let name = &plan.contenders[cell.contender].name;
            if invocation.outcome != Outcome::Ok {
                anyhow::bail!("{name}: {}: {}", invocation.outcome.words(), invocation.reason);
            }
            let times_ns: Vec<f64> = invocation.samples.iter().map(|measured| measured.sample.wall_ns as f64).collect();
            log_means[cell.contender] = mean(&times_ns[times_ns.len() / 2..]).map(f64::ln);
        }
        let of = |twin: bool| {
            let is_meant = |contender: &Contender| contender.is_twin() == twin;
            log_means[plan.contenders.iter().position(is_meant)?]
        };
        differences.push(of(false).zip(of(true)).map(|(one, other)| one - other).context("no contender has a twin")?);
    }
    let deviation = sample_variance(&differences).context("one block says nothing")?.sqrt();
    let centre = mean(&differences).unwrap_or(0.0);
    Ok(grade_difference(&plan.contenders[0].name, centre, deviation))
}

fn grade_difference(name: &str, centre: f64, deviation: f64) -> Finding {
    let grade = if deviation > 0.10 {
        Grade::Bad
    } else if deviation > 0.03 {
        Grade::Fair
    } else {
        Grade::Good
    };
    Finding::new(
        "A/A run",
        format!(
            "{name} against itself: {:+.2} %, standard deviation {:.2} % from process to process",
            (centre.exp() - 1.0) * 100.0,
            deviation * 100.0
        ),
        grade,
        "differences of that order are noise here; more invocations help, and a quieter machine helps more",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_good_has_advice() {
        for finding in examine(&Environment::capture()).unwrap() {
            assert_eq!(finding.advice.is_empty(), finding.grade == Grade::Good, "{finding:?}");
            assert!(!finding.is.is_empty());
        }
    }

    #[test]
    fn a_build_with_debug_assertions_is_bad_and_a_slow_governor_fair() {
        let mut environment = Environment::capture();
        environment.build.debug_assertions = true;
        environment.machine.governor = Some("powersave".to_string());
        environment.machine.aslr = Some(0);
        let findings = settings(&environment);
        let grade = |what| findings.iter().find(|finding| finding.what == what).unwrap().grade;
        assert_eq!((grade("build"), grade("frequency governor")), (Grade::Bad, Grade::Fair));
        assert_eq!(grade("address randomisation"), Grade::Fair);
        environment.machine.governor = None;
        environment.machine.turbo = None;
        let findings = settings(&environment);
        for what in ["frequency governor", "turbo"] {
            let finding = findings.iter().find(|finding| finding.what == what).unwrap();
            assert_eq!(
                (finding.grade, finding.is.as_str()),
                (Grade::Unknown, "unknown"),
                "what is not told is not good"
            );
        }
        assert_eq!(business(&None, 2)[0].grade, Grade::Unknown);
    }

    #[test]
    fn grades_follow_the_limits() {
        let loads = [0.1, 0.6, 1.4].map(|load| business(&Some(load), 2)[0].grade);
        assert_eq!(loads, [Grade::Good, Grade::Fair, Grade::Bad]);
        assert_eq!([20, 100, 900].map(|cost_ns| grade_clock(cost_ns).grade), [Grade::Good, Grade::Fair, Grade::Bad]);
        let deviations = [0.01, 0.05, 0.2].map(|deviation| grade_difference("a", 0.0, deviation).grade);
        assert_eq!(deviations, [Grade::Good, Grade::Fair, Grade::Bad]);
        assert!(grade_difference("a", 0.01, 0.02).is.contains("+1.01 %, standard deviation 2.00 %"));
    }
}
