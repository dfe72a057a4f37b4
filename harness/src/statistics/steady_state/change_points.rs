//! Where the level of a series changes, or its scatter: optimal partitioning by dynamic programming, with the pruning
//! of PELT (Killick, Fearnhead and Eckley, "Optimal detection of changepoints with a linear computational cost", 2012).
//!
//! A partition costs what its segments cost by a [`Model`], and a penalty for every change. Knows numbers only; what the segments say about a
//! process is [`super`]'s.

use std::f64::consts::TAU;

use super::extended;

/// The published method's stand-in for a variance that rounding made zero or negative.
const PUBLISHED_LEAST_VARIANCE: f64 = 1e-11;

/// What a segment is taken for, and what it costs then: twice its negative log-likelihood at its maximum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Model {
    /// Independent normal numbers with a mean and a variance of its own, as in the R package `changepoint`: sums as there,
    /// and 1e-11 in place of a variance of zero and less. A pair of equal values is nearly free then, so this needs a high
    /// penalty.
    MeanAndVariance,
    /// Independent normal numbers with a mean of its own and this variance.
    Mean {
        /// The variance; above 0.
        variance: f64,
    },
}

/// Which starts of the last segment are given up on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pruning {
    /// As the R package `changepoint` 2.2.2 does: at once. Together with a shortest segment of more than one value
    /// this can miss the optimum.
    Published,
    /// Only once the change that beats a start leaves room for a shortest segment after it: never misses the optimum.
    Exact,
}

/// What a partition is optimal for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Criterion {
    /// The price of a change.
    pub penalty: f64,
    /// The fewest values in a segment; at least 1.
    pub shortest: usize,
    /// What a segment is.
    pub model: Model,
}

/// The costs of all segments of one series, each in constant time from sums over its beginnings.
pub struct Costs {
    /// In two parts, of which the second is 0 where the published method has one.
    sums: Vec<(f64, f64)>,
    sums_of_squares: Vec<(f64, f64)>,
    model: Model,
}

impl Costs {
    /// Prepares `values`; those of [`Model::MeanAndVariance`] are times, and not negative.
    pub fn new(values: &[f64], model: Model) -> Costs {
        let beginnings = |of: fn(f64) -> f64| -> Vec<(f64, f64)> {
            let values = values.iter().map(move |value| of(*value));
            match model {
                Model::MeanAndVariance => extended::beginnings(values).into_iter().map(|sum| (sum, 0.0)).collect(),
                Model::Mean { .. } => extended::both_parts(values),
            }
        };
        Costs { sums: beginnings(|value| value), sums_of_squares: beginnings(|value| value * value), model }
    }

    /// Twice the negative log-likelihood of the values from `start` up to, not including, `end`, at its maximum.
    pub fn of(&self, start: usize, end: usize) -> f64 {
        let length = (end - start) as f64;
        let between = |sums: &[(f64, f64)]| (sums[end].0 - sums[start].0) + (sums[end].1 - sums[start].1);
        let (sum, sum_of_squares) = (between(&self.sums), between(&self.sums_of_squares));
        let squares = sum_of_squares - sum * sum / length;
        match self.model {
            Model::MeanAndVariance => {
                let variance = squares / length;
                let variance = if variance <= 0.0 { PUBLISHED_LEAST_VARIANCE } else { variance };
                length * (TAU.ln() + variance.ln() + 1.0)
            }
            // What all partitions cost alike is left out.
            Model::Mean { variance } => squares.max(0.0) / variance,
        }
    }
}

/// A start of the last segment that may still lead to the optimum.
struct Candidate {
    start: usize,
    /// From which end of the series on it cannot any more.
    expires: usize,
}

/// The optimal partition of `values`: where each segment but the first starts, ascending. Of partitions that cost the
/// same it is the one whose last change is earliest. Empty if there are fewer than two shortest segments of values.
///
/// Takes time in the square of the length at most, less the more changes there are.
pub fn change_points(values: &[f64], criterion: Criterion, pruning: Pruning) -> Vec<usize> {
    let Criterion { penalty, shortest, model } = criterion;
    if values.len() < 2 * shortest {
        return Vec::new();
    }
    let costs = Costs::new(values, model);
    // For each length of a beginning: what its best partition costs, and where the last segment of that starts.
    let mut best_cost = vec![f64::NAN; values.len() + 1];
    let mut last_start = vec![0; values.len() + 1];
    best_cost[0] = -penalty;
    for (end, best_cost) in best_cost.iter_mut().enumerate().take(2 * shortest).skip(shortest) {
        *best_cost = costs.of(0, end);
    }
    let mut candidates: Vec<Candidate> =
        [0, shortest].map(|start| Candidate { start, expires: usize::MAX }).into_iter().collect();
    let mut costs_now = Vec::new();
    for end in 2 * shortest..=values.len() {
        candidates.retain(|candidate| end < candidate.expires);
        costs_now.clear();
        costs_now.extend(
            candidates.iter().map(|candidate| best_cost[candidate.start] + costs.of(candidate.start, end) + penalty),
        );
        let mut best = 0;
        for (index, cost) in costs_now.iter().enumerate() {
            if *cost < costs_now[best] {
                best = index;
            }
        }
        best_cost[end] = costs_now[best];
        last_start[end] = candidates[best].start;
        for (candidate, cost) in candidates.iter_mut().zip(&costs_now) {
            // A change at `end` would cost no more from here on, whatever follows.
            if *cost > costs_now[best] + penalty {
                candidate.expires = candidate.expires.min(match pruning {
                    Pruning::Published => end,
                    Pruning::Exact => end + shortest,
                });
            }
        }
        candidates.push(Candidate { start: end + 1 - shortest, expires: usize::MAX });
    }
    backtrack(&last_start)
}

/// Follows the starts of last segments from the end of the series to its beginning.
fn backtrack(last_start: &[usize]) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut start = last_start[last_start.len() - 1];
    while start > 0 {
        starts.push(start);
        start = last_start[start];
    }
    starts.reverse();
    starts
}

#[cfg(test)]
mod tests;
