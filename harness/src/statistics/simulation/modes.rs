//! Simulated processes with one mode and with two: how often [`crate::statistics::modes`] splits what is one group, and how
//! often it finds two.

use super::{Generator, is_whole, of_student_3};
use crate::statistics::modes::{cut_into_three, cut_into_two, modes};
use crate::statistics::quantile_of_sorted;

/// Numbers of processes.
const COUNTS: [usize; 10] = [5, 6, 7, 8, 9, 10, 12, 15, 20, 30];
/// Standard deviations of processes with one mode.
const DEVIATIONS: [f64; 4] = [0.01, 0.02, 0.04, 0.08];

/// How processes with one mode scatter.
#[derive(Clone, Copy)]
enum Null {
    Normal,
    Student3,
}

impl Null {
    /// Standard deviation 1.
    fn draw(self, generator: &mut Generator) -> f64 {
        match self {
            Null::Normal => generator.normal(),
            Null::Student3 => of_student_3(generator),
        }
    }
}

fn percent(count: usize, of: usize) -> f64 {
    100.0 * count as f64 / of as f64
}

fn split(null: Null, count: usize, deviation: f64, runs: usize, generator: &mut Generator) -> f64 {
    let split = (0..runs).filter(|_| {
        let values: Vec<f64> = (0..count).map(|_| deviation * null.draw(generator)).collect();
        modes(&values).is_some()
    });
    percent(split.count(), runs)
}

/// The distances that so many of the nulls are past, in each of the four kinds of cut: the part of all of them is 0.5, 0.3,
/// 0.1 and 0.1 %, together 1 %.
fn distances(null: Null, count: usize, runs: usize, generator: &mut Generator) -> [f64; 4] {
    let mut kinds: [Vec<f64>; 4] = Default::default();
    for _ in 0..runs {
        let mut values: Vec<f64> = (0..count).map(|_| null.draw(generator)).collect();
        values.sort_unstable_by(f64::total_cmp);
        for (cut, base) in [(cut_into_two(&values), 0), (cut_into_three(&values), 2)] {
            kinds[base + usize::from(cut.smallest > 1)].push(cut.distance());
        }
    }
    let mut parts = [0.005, 0.003, 0.001, 0.001].into_iter();
    kinds.map(|mut distances| {
        // Those that are cut otherwise are past nothing.
        distances.resize(runs, 0.0);
        distances.sort_unstable_by(f64::total_cmp);
        quantile_of_sorted(&distances, 1.0 - parts.next().unwrap_or(0.0))
    })
}

#[expect(clippy::print_stdout, reason = "the simulation's report, shown by scripts/simulate.sh")]
#[test]
fn one_mode_in_a_hundred_is_split() {
    let runs = if is_whole() { 20_000 } else { 300 };
    let counts = if is_whole() { COUNTS.as_slice() } else { &[5, 10, 20] };
    println!("| one mode of | sd 1 % | sd 2 % | sd 4 % | sd 8 % | t3, sd 1 % | sd 2 % | sd 4 % | sd 8 % |");
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    let mut generator = Generator::new(20_180_604);
    for count in counts {
        let mut cells = Vec::new();
        for null in [Null::Normal, Null::Student3] {
            for deviation in DEVIATIONS {
                let split = split(null, *count, deviation, runs, &mut generator);
                // The small version has a standard error of 0.6 %, the whole one of 0.07 %.
                assert!(split <= if is_whole() { 1.0 } else { 3.0 }, "{split:.2} % of {count} at {deviation}");
                cells.push(format!("{split:.2} %"));
            }
        }
        println!("| {count} | {} |", cells.join(" | "));
    }
}

#[expect(clippy::print_stdout, reason = "the simulation's report, shown by scripts/simulate.sh")]
#[test]
fn the_thresholds_are_those_of_the_nulls() {
    if !is_whole() {
        return;
    }
    println!(
        "| processes | one apart: normal, t3 | two: normal, t3 | three, one apart: normal, t3 | three: normal, t3 |"
    );
    println!("|---:|---:|---:|---:|---:|");
    let mut generator = Generator::new(20_120_102);
    for count in COUNTS {
        let [normal, student] =
            [Null::Normal, Null::Student3].map(|null| distances(null, count, 100_000, &mut generator));
        let cells: Vec<String> =
            normal.iter().zip(student).map(|(normal, student)| format!("{normal:.1}, {student:.1}")).collect();
        println!("| {count} | {} |", cells.join(" | "));
    }
}

#[expect(clippy::print_stdout, reason = "the simulation's report, shown by scripts/simulate.sh")]
#[test]
fn two_modes_are_found() {
    let runs = if is_whole() { 10_000 } else { 300 };
    println!("| 80 / 20 at a ratio of | 10 processes | 20 processes | 30 processes |\n|---:|---:|---:|---:|");
    let mut generator = Generator::new(20_110_715);
    for ratio in [1.1f64, 1.2, 1.5, 2.0] {
        let found = [10, 20, 30].map(|count| {
            let found = (0..runs).filter(|_| {
                let value = |generator: &mut Generator| {
                    let level = if generator.uniform() < 0.2 { ratio.ln() } else { 0.0 };
                    level + 0.02 * generator.normal()
                };
                let values: Vec<f64> = (0..count).map(|_| value(&mut generator)).collect();
                modes(&values).is_some()
            });
            percent(found.count(), runs)
        });
        println!("| {ratio} | {:.1} % | {:.1} % | {:.1} % |", found[0], found[1], found[2]);
        assert!(ratio != 1.2 || found[1] >= if is_whole() { 85.0 } else { 79.0 }, "{found:?}");
    }
}
