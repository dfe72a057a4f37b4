//! Simulated processes: how often [`crate::statistics`]' intervals cover the truth, how often [`crate::statistics::inference`]
//! calls equal things different, and how often it notices a small slowdown.

use super::{Generator, is_whole};
use crate::statistics::inference::{Comparison, Verdict, verdicts};
use crate::statistics::{CONFIDENCE, Interval, Studentised};

/// The part of processes that are slow in a mixture, and by how many standard deviations.
const SLOW: (f64, f64) = (0.2, 5.0);

/// How the means of processes are distributed; standard deviation 1 within a mode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Processes {
    Normal,
    SomeSlow,
}

impl Processes {
    fn draw(self, generator: &mut Generator) -> f64 {
        let base = generator.normal();
        match self {
            Processes::Normal => base,
            Processes::SomeSlow if generator.uniform() < SLOW.0 => base + SLOW.1,
            Processes::SomeSlow => base,
        }
    }

    fn true_mean(self) -> f64 {
        match self {
            Processes::Normal => 0.0,
            Processes::SomeSlow => SLOW.0 * SLOW.1,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Processes::Normal => "normal",
            Processes::SomeSlow => "20 % slow by 5 sd",
        }
    }
}

/// In percent, how often the harness's interval, Student's t and the resampled one cover the truth.
#[derive(Clone, Copy)]
struct Coverage {
    used: f64,
    student: f64,
    bootstrap: f64,
}

fn coverage(processes: Processes, count: usize, campaigns: u32, seed: u64) -> Coverage {
    let mut generator = Generator::new(seed);
    let mut covered = [0; 3];
    for campaign in 0..campaigns {
        let values: Vec<f64> = (0..count).map(|_| processes.draw(&mut generator)).collect();
        let seed = u64::from(campaign);
        let intervals: [Interval; 3] =
            [Studentised::mean(&values, seed), Studentised::student(&values), Studentised::bootstrap(&values, seed)]
                .map(|mean| mean.unwrap().interval());
        for (covered, interval) in covered.iter_mut().zip(intervals) {
            *covered += u32::from(interval.contains(processes.true_mean()));
        }
    }
    let [used, student, bootstrap] = covered.map(|covered| 100.0 * f64::from(covered) / f64::from(campaigns));
    Coverage { used, student, bootstrap }
}

#[expect(clippy::print_stdout, reason = "the simulation's report, shown by scripts/simulate.sh")]
#[test]
fn intervals_cover_the_truth_as_often_as_they_say() {
    let (campaigns, counts) = if is_whole() { (4000, [5, 8, 10, 20, 30].as_slice()) } else { (200, [10].as_slice()) };
    println!("| means of processes | processes | used | Student's t | bootstrap-t |\n|---|---:|---:|---:|---:|");
    for processes in [Processes::Normal, Processes::SomeSlow] {
        for count in counts {
            let Coverage { used, student, bootstrap } = coverage(processes, *count, campaigns, 20_200_101);
            let words = processes.words();
            println!("| {words} | {count} | {used:.1} % | {student:.1} % | {bootstrap:.1} % |");
            // 200 campaigns have a standard error of 1.5 %, 4000 of 0.3 %.
            let slack = if is_whole() { 1.5 } else { 5.0 };
            let must_hold = processes == Processes::Normal && *count >= 10;
            assert!(!must_hold || (used - 100.0 * CONFIDENCE).abs() <= slack, "{used:.1} % at {count} processes");
        }
    }
}

/// The part of cells, in percent, with a verdict of faster or slower: `cells` are read together, of which the first
/// `slower` have a true ratio of 0.95 and the others of 1. Returns it for both kinds.
fn decided(generator: &mut Generator, campaigns: u64, deviation: f64) -> (f64, f64) {
    const CELLS: usize = 40;
    const SLOWER: usize = 10;
    const PROCESSES: usize = 10;
    let (mut found, mut false_alarms) = (0, 0);
    for campaign in 0..campaigns {
        let cells: Vec<Comparison> = (0..CELLS)
            .map(|cell| {
                let truth = if cell < SLOWER { 0.95f64.ln() } else { 0.0 };
                let values: Vec<f64> = (0..PROCESSES).map(|_| truth + deviation * generator.normal()).collect();
                Comparison::paired(&values, campaign * 1000 + cell as u64).unwrap()
            })
            .collect();
        let verdicts = verdicts(&cells.iter().collect::<Vec<_>>(), 0.0);
        let is_decided = |verdict: &&Verdict| matches!(verdict, Verdict::Faster | Verdict::Slower);
        found += verdicts[..SLOWER].iter().filter(|verdict| **verdict == Verdict::Slower).count();
        false_alarms += verdicts[SLOWER..].iter().filter(is_decided).count();
    }
    let percent = |count: usize, of: usize| 100.0 * count as f64 / (of * campaigns as usize) as f64;
    (percent(found, SLOWER), percent(false_alarms, CELLS - SLOWER))
}

#[expect(clippy::print_stdout, reason = "the simulation's report, shown by scripts/simulate.sh")]
#[test]
fn a_slowdown_of_five_percent_is_found_and_nothing_else() {
    let mut generator = Generator::new(20_190_731);
    let campaigns = if is_whole() { 250 } else { 8 };
    println!("| sd of a process's ratio | 5 % slowdown found | equal called different |\n|---:|---:|---:|");
    for deviation in [0.01, 0.02, 0.04] {
        let (found, false_alarms) = decided(&mut generator, campaigns, deviation);
        println!("| {:.0} % | {found:.1} % | {false_alarms:.1} % |", deviation * 100.0);
        assert!(deviation > 0.02 || found >= 80.0, "found {found:.1} % at {deviation}");
        assert!(false_alarms <= 5.0, "{false_alarms:.1} % false alarms at {deviation}");
    }
}
