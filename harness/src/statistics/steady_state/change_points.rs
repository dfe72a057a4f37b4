//! Where the level or the scatter of a series changes: optimal partitioning by dynamic programming, with the pruning
//! of PELT (Killick, Fearnhead and Eckley, "Optimal detection of changepoints with a linear computational cost", 2012).
//!
//! Each segment is taken as independent normal numbers with a mean and a variance of its own; a partition costs twice
//! its negative log-likelihood and a penalty for every change. Knows numbers only; what the segments say about a
//! process is [`super`]'s.

use std::f64::consts::TAU;

/// The published method's stand-in for a variance that rounding made zero or negative.
const PUBLISHED_LEAST_VARIANCE: f64 = 1e-11;

/// How a segment's variance is kept from being zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LeastVariance {
    /// As the R package `changepoint` does: 1e-11 in place of zero and less. A pair of equal values is nearly free
    /// then, so this needs a high penalty.
    Published,
    /// The likelihood is maximised over variances from this one up, so that no short segment can gain much by the
    /// chance of its values being close.
    Floor(f64),
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
    /// See [`LeastVariance`].
    pub least_variance: LeastVariance,
}

/// The costs of all segments of one series, each in constant time from sums over its beginnings.
pub struct Costs {
    sums: Vec<f64>,
    sums_of_squares: Vec<f64>,
    least_variance: LeastVariance,
}

impl Costs {
    /// Prepares `values`.
    pub fn new(values: &[f64], least_variance: LeastVariance) -> Costs {
        let beginnings = |of: fn(f64) -> f64| {
            let mut sum = 0.0;
            let rest = values.iter().map(move |value| {
                sum += of(*value);
                sum
            });
            std::iter::once(0.0).chain(rest).collect()
        };
        Costs { sums: beginnings(|value| value), sums_of_squares: beginnings(|value| value * value), least_variance }
    }

    /// Twice the negative log-likelihood of the values from `start` up to, not including, `end`, at its maximum.
    pub fn of(&self, start: usize, end: usize) -> f64 {
        let length = (end - start) as f64;
        let sum = self.sums[end] - self.sums[start];
        let sum_of_squares = self.sums_of_squares[end] - self.sums_of_squares[start];
        let variance = (sum_of_squares - sum * sum / length) / length;
        match self.least_variance {
            LeastVariance::Published => {
                let variance = if variance <= 0.0 { PUBLISHED_LEAST_VARIANCE } else { variance };
                length * (TAU.ln() + variance.ln() + 1.0)
            }
            LeastVariance::Floor(floor) => {
                let used = variance.max(floor);
                length * (TAU.ln() + used.ln() + variance / used)
            }
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
    let Criterion { penalty, shortest, least_variance } = criterion;
    if values.len() < 2 * shortest {
        return Vec::new();
    }
    let costs = Costs::new(values, least_variance);
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
