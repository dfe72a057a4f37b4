//! What to measure next: how many processes would make every speed-up as sure as the verdicts need it, and how many
//! steady iterations each of them should run.

use super::pair::Pair;
use super::process::Process;
use crate::statistics::inference::EQUIVALENT;
use crate::statistics::variance::{Decomposition, observations_for};
use crate::statistics::{mean, median};

/// The half width of the intervals that the advice is for, as a logarithm: with it, a difference of twice as much is
/// seen, and equality can be shown.
pub const HALF_WIDTH: f64 = EQUIVALENT / 2.0;

/// What to measure next. A forecast from how the processes of this run scatter, which is itself uncertain.
#[derive(Debug, Clone, PartialEq)]
pub struct Advice {
    /// Processes that half of the pairs need.
    pub typical_processes: u32,
    /// Processes that the widest pair needs.
    pub most_processes: u32,
    /// The widest pair: its workload and contender, by their places.
    pub widest: (usize, usize),
    /// Steady iterations that the middle pair should run in each process for the most precision in a given time;
    /// `None` if no pair tells.
    pub iterations: Option<u32>,
    /// Steady iterations that the middle pair did run in each.
    pub iterations_now: u32,
}

impl Advice {
    /// From the pairs of a run, `pairs[workload][contender]`. `None` if no pair has enough processes to tell.
    pub fn new(baseline: usize, pairs: &[Vec<Pair>]) -> Option<Advice> {
        let mut processes: Vec<(u32, (usize, usize))> = Vec::new();
        let (mut iterations, mut iterations_now) = (Vec::new(), Vec::new());
        for (workload, row) in pairs.iter().enumerate() {
            for (contender, pair) in row.iter().enumerate() {
                let differences = pair.differences(&row[baseline]);
                if contender != baseline
                    && pair.speedup_modes.is_empty()
                    && let Some(count) = observations_for(&differences, HALF_WIDTH)
                {
                    processes.push((count, (workload, contender)));
                }
                iterations.extend(best_iterations(&pair.processes));
                iterations_now.extend(pair.processes.iter().map(|process| process.used_ns().len() as f64));
            }
        }
        let (most_processes, widest) = processes.iter().copied().max()?;
        let counts: Vec<f64> = processes.iter().map(|(count, _)| f64::from(*count)).collect();
        Some(Advice {
            typical_processes: median(&counts)?.ceil() as u32,
            most_processes,
            widest,
            iterations: median(&iterations).map(|count| count.ceil() as u32),
            iterations_now: median(&iterations_now)? as u32,
        })
    }
}

/// The best number of steady iterations in a process. Processes are cut to the length of the shortest, because the
/// decomposition needs equal lengths; it is `None` below two, and if the processes do not differ beyond what their
/// iterations explain.
fn best_iterations(processes: &[Process]) -> Option<f64> {
    let shortest = processes.iter().map(|process| process.used_ns().len()).min()?;
    let values: Vec<f64> = processes
        .iter()
        .flat_map(|process| &process.used_ns()[process.used_ns().len() - shortest..])
        .copied()
        .collect();
    let decomposition = Decomposition::of(&values, &[shortest, processes.len()])?;
    let before: Vec<f64> = processes.iter().map(Process::before_ns).collect();
    let costs = [mean(&values)?, mean(&before)?];
    let best = decomposition.best_repetitions(&costs)[0]?;
    Some(best.max(1.0))
}
