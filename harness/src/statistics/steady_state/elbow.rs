//! A price of changes that the series itself says: the one at the elbow of what partitions cost.
//!
//! All partitions that are optimal at some penalty of a range are found by CROPS (Haynes, Eckley and Fearnhead,
//! "Computationally efficient changepoint detection for a range of penalties", 2017). With more changes the rest of the
//! cost goes down, steeply at first; where it bends is the elbow: the partition furthest below the line from the first
//! to the last, both axes scaled to 1 (Satopaa and others, "Finding a kneedle in a haystack", 2011).
//!
//! An elbow there is in noise too. So it is offered to `harness classify` only.

use std::collections::BTreeMap;
use std::ops::Range;

use super::change_points::{Costs, Criterion, Pruning, change_points};

/// The range of penalties, in logarithms of the number of values.
pub const RANGE: Range<f64> = 4.0..1e5;

/// Partitions by their number of changes: where segments start, and what they cost without the penalty.
type Partitions = BTreeMap<usize, (Vec<usize>, f64)>;

/// The partition of `values` at the elbow, as [`change_points`] gives it. `unit` is what a penalty of 1 stands for; the
/// penalty of `criterion` does not count.
pub fn at_elbow(values: &[f64], criterion: Criterion, unit: f64, pruning: Pruning) -> Vec<usize> {
    let costs = Costs::new(values, criterion.model);
    let optimum = |penalty: f64| {
        let starts = change_points(values, Criterion { penalty, ..criterion }, pruning);
        let bounds: Vec<usize> = [0].into_iter().chain(starts.iter().copied()).chain([values.len()]).collect();
        let cost: f64 = bounds.windows(2).map(|bounds| costs.of(bounds[0], bounds[1])).sum();
        (starts, cost)
    };
    let mut partitions = Partitions::new();
    let add = |partitions: &mut Partitions, penalty: f64| {
        let (starts, cost) = optimum(penalty);
        let changes = starts.len();
        partitions.entry(changes).or_insert((starts, cost));
        changes
    };
    let most = add(&mut partitions, RANGE.start * unit);
    let fewest = add(&mut partitions, RANGE.end * unit);
    let mut open = vec![(fewest, most)];
    while let Some((fewer, more)) = open.pop() {
        if more <= fewer + 1 {
            continue;
        }
        // At this penalty both cost the same; if anything between them is ever optimal, it is here.
        let penalty = (partitions[&fewer].1 - partitions[&more].1) / (more - fewer) as f64;
        let between = add(&mut partitions, penalty);
        if fewer < between && between < more {
            open.extend([(fewer, between), (between, more)]);
        }
    }
    elbow(&partitions)
}

/// The starts of the partition that is furthest below the line from the first to the last; the one with the fewest changes
/// if none is below.
fn elbow(partitions: &Partitions) -> Vec<usize> {
    let (Some((fewest, (first, dearest))), Some((most, (_, cheapest)))) =
        (partitions.first_key_value(), partitions.last_key_value())
    else {
        return Vec::new();
    };
    let mut best = (0.0, first);
    for (changes, (starts, cost)) in partitions {
        let right = (changes - fewest) as f64 / (most - fewest).max(1) as f64;
        let up = (cost - cheapest) / (dearest - cheapest).max(f64::MIN_POSITIVE);
        let below = 1.0 - right - up;
        if below > best.0 {
            best = (below, starts);
        }
    }
    best.1.clone()
}

#[cfg(test)]
mod tests {
    use rand::RngExt;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::super::change_points::Model;
    use super::*;

    fn levels(seed: u64) -> Vec<f64> {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        let level = |at: usize| [3.0, 1.0, 2.0][at / 40];
        (0..120).map(|at| level(at) + generator.random_range(-0.1..0.1)).collect()
    }

    /// With a variance so low that the low end of the range cuts noise to pieces: an elbow needs both of its arms.
    fn criterion(penalty: f64) -> Criterion {
        Criterion { penalty, shortest: 2, model: Model::Mean { variance: 0.0001 } }
    }

    #[test]
    fn the_elbow_is_where_the_levels_change() {
        for seed in 0..20 {
            let found = at_elbow(&levels(seed), criterion(0.0), 120f64.ln(), Pruning::Exact);
            assert_eq!(found, [40, 80], "seed {seed}");
        }
    }

    #[test]
    fn what_is_found_is_optimal_at_some_penalty_of_the_range() {
        let unit = 120f64.ln();
        for seed in 0..20 {
            let mut generator = ChaCha8Rng::seed_from_u64(seed);
            let values: Vec<f64> =
                (0..120).map(|at| (at / 13) as f64 * 0.1 + generator.random_range(-0.2..0.2)).collect();
            let found = at_elbow(&values, criterion(0.0), unit, Pruning::Exact);
            let mut penalty = RANGE.start * unit;
            let mut is_optimal = false;
            while penalty < RANGE.end * unit {
                is_optimal |= change_points(&values, criterion(penalty), Pruning::Exact) == found;
                penalty *= 1.002;
            }
            assert!(is_optimal, "seed {seed}: {found:?}");
        }
    }

    #[test]
    fn one_level_has_no_elbow() {
        assert_eq!(at_elbow(&[1.0; 50], criterion(0.0), 50f64.ln(), Pruning::Exact), [0; 0]);
    }
}
