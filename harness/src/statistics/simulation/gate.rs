//! Simulated pairs of runs on machines that differ: how often the gate stops runs of which nothing has changed, how often
//! it finds that it cannot tell, and how often it names a cell that has become slower.

use super::{Generator, is_whole};
use crate::statistics::gate::{BeforeAfter, Scatter, change, middle_half_width, regressions};

/// Contenders that are judged, workloads, blocks in each run.
const CONTENDERS: usize = 4;
const WORKLOADS: usize = 10;
const BLOCKS: usize = 10;
/// The standard deviation of a process, and from run to run that of a workload and of a contender on a workload.
const PROCESS: f64 = 0.015;
const OF_WORKLOAD: f64 = 0.03;
const OF_CELL: f64 = 0.01;
/// The limit of the gate, and how much slower the one cell has become.
const LIMIT: f64 = 1.05;
const SLOWER: f64 = 1.1;
/// What an A/A arm says of them: 95 % of pairs of twins, each of which is a contender of its own on a workload, differ by
/// less.
const FLOOR: f64 = 0.031;

/// The logarithms of a pair of runs, `[workload][contender]`, the controls behind the contenders.
fn pair_of_runs(generator: &mut Generator, controls: usize, slower: bool) -> Vec<Vec<BeforeAfter>> {
    let mut cells = vec![vec![BeforeAfter::default(); CONTENDERS + controls]; WORKLOADS];
    for is_after in [false, true] {
        // The machine is between half and twice as fast.
        let machine = 2f64.ln() * (2.0 * generator.uniform() - 1.0);
        for (workload, row) in cells.iter_mut().enumerate() {
            let of_workload = machine + OF_WORKLOAD * generator.normal();
            for (contender, cell) in row.iter_mut().enumerate() {
                let is_slower = slower && is_after && (workload, contender) == (3, 2);
                let level = of_workload + OF_CELL * generator.normal() + if is_slower { SLOWER.ln() } else { 0.0 };
                let values = if is_after { &mut cell.after } else { &mut cell.before };
                *values = (0..BLOCKS).map(|_| level + PROCESS * generator.normal()).collect();
            }
        }
    }
    cells
}

/// Takes the mean of `of` from `one` in each block.
fn over(one: &BeforeAfter, of: &[BeforeAfter]) -> BeforeAfter {
    let less = |values: &[f64], side: fn(&BeforeAfter) -> &Vec<f64>| {
        let mean = |block: usize| of.iter().map(|control| side(control)[block]).sum::<f64>() / of.len() as f64;
        values.iter().enumerate().map(|(block, value)| value - mean(block)).collect()
    };
    BeforeAfter { before: less(&one.before, |cell| &cell.before), after: less(&one.after, |cell| &cell.after) }
}

/// What the gate makes of a pair of runs: whether it names any cell, whether it names the one that is slower, whether it
/// cannot tell.
fn judge(cells: &[Vec<BeforeAfter>], controls: usize) -> (bool, bool, bool) {
    let residuals: Vec<Vec<BeforeAfter>> = cells
        .iter()
        .map(|row| row[CONTENDERS..].iter().map(|control| over(control, &row[CONTENDERS..])).collect())
        .collect();
    let judged: Vec<(usize, usize, BeforeAfter)> = cells
        .iter()
        .enumerate()
        .flat_map(|(workload, row)| {
            let cells = row[..CONTENDERS].iter().enumerate();
            cells.map(move |(contender, cell)| (workload, contender, over(cell, &row[CONTENDERS..])))
        })
        .collect();
    let scatter = if controls > 1 {
        Scatter::of_controls(&residuals).map(|scatter| scatter.with_contenders(&judged, controls))
    } else {
        Scatter::of_floor(FLOOR, 40)
    };
    let changes: Vec<_> = judged.iter().map(|(_, _, cell)| change(cell, controls, scatter?)).collect();
    let named = regressions(&changes, LIMIT.ln());
    let is_wide = middle_half_width(&changes).is_some_and(|width| width > LIMIT.ln());
    (named.contains(&true), named[3 * CONTENDERS + 2], is_wide)
}

/// In percent: unchanged runs that end as a regression, that end as inconclusive, and slowed cells that are named.
fn rates(controls: usize, pairs: u32, seed: u64) -> [f64; 3] {
    let mut generator = Generator::new(seed);
    let mut counts = [0; 3];
    for _ in 0..pairs {
        let (stops, _, is_wide) = judge(&pair_of_runs(&mut generator, controls, false), controls);
        counts[0] += u32::from(stops);
        counts[1] += u32::from(is_wide && !stops);
        counts[2] += u32::from(judge(&pair_of_runs(&mut generator, controls, true), controls).1);
    }
    counts.map(|count| 100.0 * f64::from(count) / f64::from(pairs))
}

#[expect(clippy::print_stdout, reason = "the simulation's report, shown by scripts/simulate.sh")]
#[test]
fn unchanged_runs_pass_the_gate_and_a_slower_cell_is_named() {
    let pairs = if is_whole() { 1000 } else { 60 };
    println!(
        "| controls | unchanged: regression | unchanged: inconclusive | 10 % slower: named |\n|---|---:|---:|---:|"
    );
    for (controls, words) in [(3, "3"), (2, "2"), (1, "1, and the floor of an A/A arm")] {
        let [regression, inconclusive, named] = rates(controls, pairs, 20_261_116);
        println!("| {words} | {regression:.1} % | {inconclusive:.1} % | {named:.1} % |");
        // A small version has a standard error of 3 to 5 %.
        let slack = if is_whole() { 0.0 } else { 10.0 };
        assert!(regression <= 5.0 + slack, "{controls} controls: {regression:.1} % regressions");
        assert!(controls < 2 || inconclusive <= 10.0 + slack, "{controls} controls: {inconclusive:.1} % inconclusive");
        assert!(controls < 2 || named >= 80.0 - slack, "{controls} controls: {named:.1} % named");
    }
}
