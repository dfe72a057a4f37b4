//! Simulated processes: how often [`crate::statistics`]' intervals cover the truth, how often [`crate::statistics::inference`]
//! calls equal things different, and how often it notices a small slowdown.

use super::real_noise::{Draw, Pool, draw, pool};
use super::{Generator, is_whole};
use crate::statistics::inference::{Comparison, Verdict, verdicts};
use crate::statistics::{CONFIDENCE, Interval, Studentised, mean, modes};

/// The standard deviation of a process's mean, of logarithms.
const DEVIATION: f64 = 0.02;

/// The part of processes that are slow in a mixture, and by how many standard deviations.
const SLOW: (f64, f64) = (0.2, 5.0);

/// The part of processes in the slower of two modes, and how many times as slow that is.
const MODES: (f64, f64) = (0.2, 1.2);

/// Iterations of a process that is made of real noise; how many of them are a burst, up to twice as slow; by what part a
/// process drifts from its first iteration to its last.
const ITERATIONS: usize = 50;
const BURST: f64 = 0.02;
const DRIFT: f64 = 0.05;

/// By how many standard deviations the machine drifts over all processes.
const MACHINE: f64 = 2.0;

/// How the means of processes are distributed, of logarithms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Processes {
    Normal,
    SomeSlow,
    TwoModes,
    MachineDrifts,
    RealNoise,
    Bursts,
    EachDrifts,
}

const ALL: [Processes; 7] = [
    Processes::Normal,
    Processes::SomeSlow,
    Processes::TwoModes,
    Processes::MachineDrifts,
    Processes::RealNoise,
    Processes::Bursts,
    Processes::EachDrifts,
];

impl Processes {
    /// `count` processes, in their order.
    fn draw(self, generator: &mut Generator, pool: &Pool, count: usize) -> Vec<f64> {
        (0..count).map(|place| self.draw_one(generator, pool, place as f64 / count as f64)).collect()
    }

    /// A process that runs when this part of all has run.
    fn draw_one(self, generator: &mut Generator, pool: &Pool, part: f64) -> f64 {
        let base = DEVIATION * generator.normal();
        let is_in = |generator: &mut Generator, part: f64| generator.uniform() < part;
        match self {
            Processes::Normal => base,
            Processes::SomeSlow if is_in(generator, SLOW.0) => base + SLOW.1 * DEVIATION,
            Processes::TwoModes if is_in(generator, MODES.0) => base + MODES.1.ln(),
            Processes::SomeSlow | Processes::TwoModes => base,
            Processes::MachineDrifts => base + MACHINE * DEVIATION * part,
            Processes::RealNoise => base + noisy(generator, pool, |_, _| 1.0),
            Processes::Bursts => {
                let burst = |generator: &mut Generator, _| match generator.uniform() < BURST {
                    true => 1.0 + generator.uniform(),
                    false => 1.0,
                };
                base + noisy(generator, pool, burst)
            }
            Processes::EachDrifts => base + noisy(generator, pool, |_, at| 1.0 + DRIFT * at as f64 / ITERATIONS as f64),
        }
    }

    /// What the mean of `count` processes is in truth; that of real noise is found by many of them.
    fn true_mean(self, pool: &Pool, count: usize) -> f64 {
        match self {
            Processes::Normal => 0.0,
            Processes::SomeSlow => SLOW.0 * SLOW.1 * DEVIATION,
            Processes::TwoModes => MODES.0 * MODES.1.ln(),
            Processes::MachineDrifts => MACHINE * DEVIATION * (count - 1) as f64 / (2.0 * count as f64),
            Processes::RealNoise | Processes::Bursts | Processes::EachDrifts => {
                const MANY: usize = 40_000;
                mean(&self.draw(&mut Generator::new(7), pool, MANY)).unwrap()
            }
        }
    }

    fn words(self) -> &'static str {
        match self {
            Processes::Normal => "normal",
            Processes::SomeSlow => "20 % slow by 5 sd",
            Processes::TwoModes => "two modes, 20 % of them 1.2 times as slow",
            Processes::MachineDrifts => "the machine drifts by 2 sd",
            Processes::RealNoise => "50 iterations with real noise",
            Processes::Bursts => "the same, one iteration in 50 up to twice as slow",
            Processes::EachDrifts => "the same, each process 5 % slower at its end",
        }
    }
}

/// The logarithm of the mean of a process's iterations, by what a real process took in the mean.
fn noisy(generator: &mut Generator, pool: &Pool, factor: impl Fn(&mut Generator, usize) -> f64) -> f64 {
    let process = &pool.steady[generator.whole(0, pool.steady.len() - 1)];
    let times = draw(generator, std::slice::from_ref(process), ITERATIONS, Draw::Blocks);
    let times: Vec<f64> = times.iter().enumerate().map(|(at, time)| time * factor(generator, at)).collect();
    (mean(&times).unwrap() / mean(process).unwrap()).ln()
}

/// In percent, how often there is no interval because the processes are told as modes, and how often the harness's
/// interval, if there is one, Student's t and the resampled one cover the truth.
#[derive(Clone, Copy)]
struct Coverage {
    without: f64,
    used: f64,
    student: f64,
    bootstrap: f64,
}

fn coverage(processes: Processes, pool: &Pool, count: usize, campaigns: u32, seed: u64) -> Coverage {
    let mut generator = Generator::new(seed);
    let truth = processes.true_mean(pool, count);
    let (mut covered, mut given) = ([0; 3], 0);
    for campaign in 0..campaigns {
        let values = processes.draw(&mut generator, pool, count);
        let seed = u64::from(campaign);
        let is_given = modes::modes(&values).is_none();
        given += u32::from(is_given);
        let intervals: [Interval; 3] =
            [Studentised::mean(&values, seed), Studentised::student(&values), Studentised::bootstrap(&values, seed)]
                .map(|mean| mean.unwrap().interval());
        for (place, (covered, interval)) in covered.iter_mut().zip(intervals).enumerate() {
            *covered += u32::from(interval.contains(truth) && (place > 0 || is_given));
        }
    }
    let percent = |count: u32, of: u32| 100.0 * f64::from(count) / f64::from(of.max(1));
    let [used, student, bootstrap] = covered;
    Coverage {
        without: percent(campaigns - given, campaigns),
        used: percent(used, given),
        student: percent(student, campaigns),
        bootstrap: percent(bootstrap, campaigns),
    }
}

#[expect(clippy::print_stdout, reason = "the simulation's report, shown by scripts/simulate.sh")]
#[test]
fn intervals_cover_the_truth_as_often_as_they_say() {
    let (campaigns, counts) = if is_whole() { (4000, [5, 8, 10, 20, 30].as_slice()) } else { (200, [10].as_slice()) };
    let pool = pool();
    println!("| means of processes | processes | told as modes | used | Student's t | bootstrap-t |");
    println!("|---|---:|---:|---:|---:|---:|");
    for processes in ALL {
        for count in counts {
            let found = coverage(processes, &pool, *count, campaigns, 20_200_101);
            let Coverage { without, used, student, bootstrap } = found;
            let words = processes.words();
            println!("| {words} | {count} | {without:.1} % | {used:.1} % | {student:.1} % | {bootstrap:.1} % |");
            // 200 campaigns have a standard error of 1.5 %, 4000 of 0.3 %.
            let slack = if is_whole() { 1.5 } else { 5.0 };
            let must_hold = [Processes::Normal, Processes::RealNoise, Processes::Bursts].contains(&processes);
            let is_off = (used - 100.0 * CONFIDENCE).abs() > slack;
            assert!(!must_hold || *count < 10 || !is_off, "{used:.1} % of {words} at {count} processes");
        }
    }
}

/// The part of cells, in percent, with a verdict of faster or slower: `cells` are read together, of which the first
/// `slower` have a true ratio of 0.95 and the others of 1. Returns it for both kinds. `scatter` is what a logarithm of a
/// ratio has of chance.
fn decided(generator: &mut Generator, campaigns: u64, scatter: impl Fn(&mut Generator) -> f64) -> (f64, f64) {
    const CELLS: usize = 40;
    const SLOWER: usize = 10;
    const PROCESSES: usize = 10;
    let (mut found, mut false_alarms) = (0, 0);
    for campaign in 0..campaigns {
        let cells: Vec<Comparison> = (0..CELLS)
            .map(|cell| {
                let truth = if cell < SLOWER { 0.95f64.ln() } else { 0.0 };
                let values: Vec<f64> = (0..PROCESSES).map(|_| truth + scatter(generator)).collect();
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
    println!("| a process's ratio | 5 % slowdown found | equal called different |\n|---|---:|---:|");
    let mut row = |words: &str, must_be_found: bool, scatter: &dyn Fn(&mut Generator) -> f64| {
        let (found, false_alarms) = decided(&mut generator, campaigns, scatter);
        println!("| {words} | {found:.1} % | {false_alarms:.1} % |");
        assert!(!must_be_found || found >= 80.0, "found {found:.1} %: {words}");
        assert!(false_alarms <= 5.0, "{false_alarms:.1} % false alarms: {words}");
    };
    for deviation in [0.01, 0.02, 0.04] {
        let words = format!("normal, sd {:.0} %", deviation * 100.0);
        row(&words, deviation <= 0.02, &|generator| deviation * generator.normal());
    }
    let pool = pool();
    for processes in [Processes::RealNoise, Processes::Bursts, Processes::SomeSlow] {
        let words = format!("of two processes: {}", processes.words());
        // The two sides of a ratio are alike in truth, so that what they have in common drops out.
        let of_two = |generator: &mut Generator| {
            processes.draw_one(generator, &pool, 0.0) - processes.draw_one(generator, &pool, 0.0)
        };
        row(&words, false, &of_two);
    }
}
