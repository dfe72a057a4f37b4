//! The dynamic programme against every partition there is, and against the same programme without pruning.

use super::*;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// The least cost of all partitions of the first `end` values, tried one by one.
fn brute_force(costs: &Costs, criterion: Criterion, end: usize) -> f64 {
    let whole = costs.of(0, end);
    (criterion.shortest..=end.saturating_sub(criterion.shortest))
        .map(|start| brute_force(costs, criterion, start) + criterion.penalty + costs.of(start, end))
        .fold(whole, f64::min)
}

fn cost_of(costs: &Costs, criterion: Criterion, starts: &[usize], length: usize) -> f64 {
    let bounds: Vec<usize> = [0].into_iter().chain(starts.iter().copied()).chain([length]).collect();
    let segments: f64 = bounds.windows(2).map(|bounds| costs.of(bounds[0], bounds[1])).sum();
    segments + criterion.penalty * starts.len() as f64
}

/// Optimal partitioning without pruning, the earliest of equal last changes.
fn unpruned(values: &[f64], criterion: Criterion) -> Vec<usize> {
    let costs = Costs::new(values, criterion.model);
    let mut best_cost = vec![f64::INFINITY; values.len() + 1];
    let mut last_start = vec![0; values.len() + 1];
    best_cost[0] = -criterion.penalty;
    for end in criterion.shortest..=values.len() {
        for start in 0..=end - criterion.shortest {
            let cost = best_cost[start] + criterion.penalty + costs.of(start, end);
            if cost < best_cost[end] {
                best_cost[end] = cost;
                last_start[end] = start;
            }
        }
    }
    backtrack(&last_start)
}

/// Times in seconds about 0.1 with a few changes of level, at random.
fn series(generator: &mut ChaCha8Rng, length: usize) -> Vec<f64> {
    let mut level = 0.1;
    (0..length)
        .map(|_| {
            if generator.random_range(0.0..1.0) < 0.05 {
                level = 0.1 + generator.random_range(-0.004..0.004);
            }
            level + generator.random_range(-0.001..0.001)
        })
        .collect()
}

fn criterion(penalty: f64, shortest: usize) -> Criterion {
    Criterion { penalty, shortest, model: Model::MeanAndVariance }
}

#[test]
fn no_partition_is_cheaper_than_the_optimal_one() {
    let mut generator = ChaCha8Rng::seed_from_u64(11);
    for round in 0..120 {
        let length = generator.random_range(4..15);
        let values = series(&mut generator, length);
        for model in [Model::MeanAndVariance, Model::Mean { variance: 1e-6 }] {
            let criterion = Criterion { penalty: [2.0, 8.0][round % 2], shortest: 1 + round % 3, model };
            let costs = Costs::new(&values, model);
            let found = change_points(&values, criterion, Pruning::Exact);
            let (cost, least) = (cost_of(&costs, criterion, &found, length), brute_force(&costs, criterion, length));
            assert!((cost - least).abs() < 1e-6, "{values:?}: {found:?} costs {cost}, the best {least}");
            assert!(found.windows(2).all(|pair| pair[1] - pair[0] >= criterion.shortest));
        }
    }
}

#[test]
fn exact_pruning_changes_nothing() {
    let mut generator = ChaCha8Rng::seed_from_u64(12);
    for round in 0..60 {
        let length = generator.random_range(20..200);
        let values = series(&mut generator, length);
        for shortest in [2, 5] {
            let criterion = criterion([5.0, 15.0][round % 2] * (length as f64).ln(), shortest);
            assert_eq!(change_points(&values, criterion, Pruning::Exact), unpruned(&values, criterion));
        }
    }
}

/// The published pruning drops a start as soon as a change beats it, although that change may leave no room for a
/// shortest segment. At the published penalty it is right on these series; at a low one it is not always.
#[test]
fn the_published_pruning_is_optimal_at_the_published_penalty_only() {
    let mut generator = ChaCha8Rng::seed_from_u64(13);
    let mut disagreements = [0, 0];
    for _ in 0..300 {
        let values = series(&mut generator, 60);
        for (factor, disagreements) in [0.5, 15.0].into_iter().zip(&mut disagreements) {
            let criterion = criterion(factor * 60f64.ln(), 2);
            *disagreements +=
                u32::from(change_points(&values, criterion, Pruning::Published) != unpruned(&values, criterion));
        }
    }
    assert!(disagreements[0] > 0, "a low penalty shows that the two prunings differ");
    assert_eq!(disagreements[1], 0);
}

#[test]
fn short_series_have_no_changes() {
    for length in 0..4 {
        assert!(change_points(&vec![1.0; length], criterion(1.0, 2), Pruning::Published).is_empty());
    }
    // Four values in two pairs are the shortest that can change.
    assert_eq!(change_points(&[1.0, 1.0, 9.0, 9.0], criterion(1.0, 2), Pruning::Published), [2]);
}

#[test]
fn a_change_of_scatter_alone_is_a_change_to_the_published_model() {
    let sign = |index: u32| if index.is_multiple_of(2) { 1.0 } else { -1.0 };
    let values: Vec<f64> = (0..200).map(|index| 10.0 + sign(index) * if index < 100 { 0.1 } else { 3.0 }).collect();
    assert_eq!(change_points(&values, criterion(15.0 * 200f64.ln(), 2), Pruning::Published), [100]);
    let of_means = Criterion { model: Model::Mean { variance: 9.0 }, ..criterion(15.0 * 200f64.ln(), 2) };
    assert!(change_points(&values, of_means, Pruning::Exact).is_empty(), "the level is the same");
}
