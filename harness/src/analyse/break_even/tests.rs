//! Break-even on runs whose answer is known: exact ones, and simulated ones whose intervals must cover it.

use super::*;
use crate::statistics::CONFIDENCE;
use crate::statistics::simulation::{Generator, is_whole};

/// A process with a start-up and iterations, of which the last half count.
fn process(block: u32, startup_ns: f64, wall_ns: Vec<f64>) -> Process {
    let first_used = wall_ns.len() / 2;
    Process { block, startup_ns: Some(startup_ns as u64), wall_ns, first_used, ..Process::default() }
}

fn race(runners: Vec<Vec<Process>>) -> Race {
    let longest = runners.iter().flatten().map(|process| process.wall_ns.len()).max().unwrap();
    let measured = runners.iter().map(|own| own.iter().map(|process| process.wall_ns.len()).min().unwrap()).collect();
    let blocks = runners[0].len();
    let curves = |own: Vec<Process>| own.iter().map(|process| Curve::new(process, longest)).collect();
    let runners = runners.into_iter().enumerate().map(|(place, own)| (place, curves(own))).collect();
    Race { workload: 0, runners, measured, blocks }
}

/// `count` equal processes of a slow start and a fast end: `slow_ns` for 10 iterations, then `fast_ns`.
fn equal(count: u32, startup_ns: f64, slow_ns: f64, fast_ns: f64, length: usize) -> Vec<Process> {
    let wall_ns: Vec<f64> = (0..length).map(|place| if place < 10 { slow_ns } else { fast_ns }).collect();
    (1..=count).map(|block| process(block, startup_ns, wall_ns.clone())).collect()
}

#[test]
fn a_crossing_is_where_the_curves_cross() {
    // 2000 + 3000 n, then 32000 + 500 (n - 10), against 1000 + 1000 n: after 52 iterations.
    let found = race(vec![equal(5, 2000.0, 3000.0, 500.0, 80), equal(5, 1000.0, 1000.0, 1000.0, 80)]).run(1);
    let [one] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((one.faster, one.slower, one.is_extrapolated), (0, 1, false));
    assert_eq!(one.crossing, Crossing { iterations: 52.0, time_ns: 53_000.0 });
    let interval = one.interval.unwrap();
    let high = interval.high.unwrap();
    assert_eq!((interval.low.iterations, high.iterations), (51.5, 52.5), "never narrower than one iteration");
    assert_eq!((interval.low.time_ns, high.time_ns), (52_750.0, 53_250.0));
}

#[test]
fn past_the_measured_iterations_it_is_extrapolated() {
    let found = race(vec![equal(5, 2000.0, 3000.0, 500.0, 40), equal(5, 1000.0, 1000.0, 1000.0, 40)]).run(1);
    assert_eq!(found[0].crossing, Crossing { iterations: 52.0, time_ns: 53_000.0 });
    assert!(found[0].is_extrapolated);
}

#[test]
fn only_a_crossing_that_lasts_counts() {
    // Ahead after the first iteration, behind by a pause in the sixth, ahead again at the end.
    let wall_ns = vec![10.0, 10.0, 10.0, 10.0, 10.0, 900.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0];
    let one: Vec<Process> = (1..=3).map(|block| process(block, 50.0, wall_ns.clone())).collect();
    let other: Vec<Process> = (1..=3).map(|block| process(block, 0.0, vec![100.0; 16])).collect();
    let found = race(vec![one, other]).run(1);
    assert_eq!(found[0].faster, 0);
    // 50 + 890 + 10 n against 100 n; the crossing in the first iteration does not last.
    assert!((found[0].crossing.iterations - 940.0 / 90.0).abs() < 1e-9, "{:?}", found[0].crossing);
}

#[test]
fn who_is_never_behind_is_ahead_from_the_start() {
    let found = race(vec![equal(4, 2.0, 30.0, 30.0, 20), equal(4, 1.0, 10.0, 10.0, 20)]).run(1);
    assert_eq!((found[0].faster, found[0].crossing), (1, Crossing { iterations: 0.0, time_ns: 0.0 }));
    assert!(found[0].is_from_start() && !found[0].is_extrapolated);
}

#[test]
fn two_processes_have_no_interval() {
    let found = race(vec![equal(2, 2.0, 30.0, 30.0, 20), equal(2, 1.0, 10.0, 10.0, 20)]).run(1);
    assert_eq!(found[0].interval, None);
}

/// Processes that scatter around [`equal`]'s: their own speed by 3 %, each iteration by 5 %, the start-up by 10 %.
fn scattered(generator: &mut Generator, count: u32, startup_ns: f64, slow_ns: f64, fast_ns: f64) -> Vec<Process> {
    (1..=count)
        .map(|block| {
            let speed = 1.0 + 0.03 * generator.normal();
            let wall_ns = (0..80)
                .map(|place| if place < 10 { slow_ns } else { fast_ns } * speed * (1.0 + 0.05 * generator.normal()))
                .collect();
            process(block, startup_ns * (1.0 + 0.1 * generator.normal()), wall_ns)
        })
        .collect()
}

#[expect(clippy::print_stdout, reason = "the simulation's report")]
#[test]
fn intervals_of_the_simulation_cover_the_crossing() {
    let campaigns = if is_whole() { 4000 } else { 400 };
    for count in [5, 10, 20] {
        let mut generator = Generator::new(20_170_929);
        let (mut of_iterations, mut of_time) = (0, 0);
        for campaign in 0..campaigns {
            let one = scattered(&mut generator, count, 2e6, 3e6, 5e5);
            let other = scattered(&mut generator, count, 1e6, 1e6, 1e6);
            let found = race(vec![one, other]).run(campaign);
            let interval = found[0].interval.unwrap();
            let high = interval.high.map_or((f64::INFINITY, f64::INFINITY), |high| (high.iterations, high.time_ns));
            of_iterations += u32::from((interval.low.iterations..=high.0).contains(&52.0));
            of_time += u32::from((interval.low.time_ns..=high.1).contains(&53e6));
        }
        let percent = |covered: u32| 100.0 * f64::from(covered) / campaigns as f64;
        println!("| {count} | {:.1} % | {:.1} % |", percent(of_iterations), percent(of_time));
        // 400 campaigns have a standard error of 1.1 %, 4000 of 0.35 %.
        let slack = if is_whole() { 2.0 } else { 4.0 };
        for covered in [percent(of_iterations), percent(of_time)] {
            assert!((covered - 100.0 * CONFIDENCE).abs() <= slack, "{covered:.1} % at {count} processes");
        }
    }
}

#[test]
fn an_equal_speed_in_the_end_leaves_the_interval_open() {
    let mut generator = Generator::new(20_170_930);
    let mut open = 0;
    for campaign in 0..100 {
        let one = scattered(&mut generator, 10, 2e6, 3e6, 1e6);
        let other = scattered(&mut generator, 10, 1e6, 1e6, 1e6);
        let found = race(vec![one, other]).run(campaign);
        let interval = found[0].interval.unwrap();
        open += u32::from(interval.high.is_none() || found[0].faster == 1);
    }
    assert!(open >= 90, "{open} of 100 open");
}
