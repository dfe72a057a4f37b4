//! Time to steady state and warm-up debt on processes whose answers are known.

use super::*;
use crate::analyse::Analysis;
use crate::plan::Plan;
use crate::plan::preset::{IterationRule, Preset};
use crate::record::outcome::Outcome;
use crate::record::rows::example;
use crate::statistics::CONFIDENCE;
use crate::statistics::simulation::{Generator, is_whole};

const LENGTH: u32 = 60;
/// Iterations of 3 ms before those of 1 ms.
const SLOW: u32 = 12;

fn plan(invocations: u32) -> Plan {
    Plan { preset: Preset::Standard, iterations: IterationRule::exactly(LENGTH), ..example::plan(invocations) }
}

#[test]
fn time_and_debt_are_those_of_the_iterations_before() {
    let recorded = example::recorded(&plan(5), |_, block| {
        let level = |place| if place < SLOW { 3_000_000 } else { 1_000_000 };
        (Outcome::Ok, (0..LENGTH).map(|place| level(place) + u64::from(place * 7 % 5) + u64::from(block)).collect())
    });
    let analysis = Analysis::new(&recorded);
    let costs = analysis.costs[0][1];
    assert_eq!((costs.time_to_steady_ns.unwrap().centre / 1e6).round(), 36.0);
    assert_eq!((costs.debt_ns.unwrap().centre / 1e6).round(), 24.0);
    assert_eq!(costs.first_ratio.map(|ratio| (ratio * 100.0).round()), Some(300.0));
    assert_eq!((costs.compile_ns, costs.max_rss_bytes), (None, None));
    assert_eq!(analysis.warm_up_rows().len(), 5);
}

#[test]
fn a_process_that_is_never_steady_leaves_no_mean() {
    let recorded = example::recorded(&plan(5), |_, block| {
        let is_late = |place: u32| block == 3 && place > 50;
        let level = |place| if place < SLOW || is_late(place) { 3_000_000 } else { 1_000_000 };
        (Outcome::Ok, (0..LENGTH).map(|place| level(place) + u64::from(place * 7 % 5)).collect())
    });
    let costs = Analysis::new(&recorded).costs[0][1];
    assert_eq!((costs.time_to_steady_ns, costs.debt_ns), (None, None));
    assert!(costs.first_ns.is_some());
}

#[expect(clippy::print_stdout, reason = "the simulation's report")]
#[test]
fn intervals_of_the_simulation_cover_the_time_to_the_steady_state() {
    let campaigns: u64 = if is_whole() { 2000 } else { 100 };
    let mut generator = Generator::new(20_170_931);
    let (mut of_time, mut of_debt) = (0, 0);
    for _ in 0..campaigns {
        let mut processes: Vec<Vec<u64>> = Vec::new();
        for _ in 0..10 {
            let speed = 1.0 + 0.03 * generator.normal();
            let time = |place: u32, noise: f64| if place < SLOW { 3e6 } else { 1e6 } * speed * (1.0 + 0.02 * noise);
            processes.push((0..LENGTH).map(|place| time(place, generator.normal()) as u64).collect());
        }
        let recorded = example::recorded(&plan(10), |_, block| (Outcome::Ok, processes[block as usize - 1].clone()));
        let costs = Analysis::new(&recorded).costs[0][1];
        // A process that is not called steady leaves no interval, and that is no cover.
        let covers = |estimate: Option<Estimate>, truth: f64| {
            estimate.and_then(|estimate| estimate.interval).is_some_and(|interval| interval.contains(truth))
        };
        of_time += u32::from(covers(costs.time_to_steady_ns, 36e6));
        of_debt += u32::from(covers(costs.debt_ns, 24e6));
    }
    let percent = |covered: u32| 100.0 * f64::from(covered) / campaigns as f64;
    println!("| {:.1} % | {:.1} % |", percent(of_time), percent(of_debt));
    // 100 campaigns have a standard error of 2.2 %, 2000 of 0.5 %.
    let slack = if is_whole() { 2.0 } else { 5.0 };
    for covered in [percent(of_time), percent(of_debt)] {
        assert!((covered - 100.0 * CONFIDENCE).abs() <= slack, "{covered:.1} %");
    }
}
