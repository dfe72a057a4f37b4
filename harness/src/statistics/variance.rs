//! Where variation comes from, and what more measuring would bring: the levels of Kalibera and Jones, "Rigorous
//! Benchmarking in Reasonable Time" (2013) and "Quantifying Performance Changes with Effect Size Confidence
//! Intervals" (2012).
//!
//! Level 1 is the iteration, level 2 the process; more levels would be builds or machines. Knows numbers only.

use crate::statistics::{CONFIDENCE, mean, sample_variance, t_quantile};

/// The variances of an experiment in which every level was repeated equally often, from level 1 up.
#[derive(Debug, Clone, PartialEq)]
pub struct Decomposition {
    /// For each level, the variance of its means around the mean of the level above: with all that lower levels add.
    pub biased: Vec<f64>,
    /// For each level, its own variance. Estimates below zero say that the level adds nothing.
    pub own: Vec<f64>,
}

impl Decomposition {
    /// Decomposes `values`, in which level 1 runs fastest. `repetitions` says how often each level was repeated, from
    /// level 1 up; their product is the number of values. `None` if it is not, or if a level was not repeated.
    pub fn of(values: &[f64], repetitions: &[usize]) -> Option<Decomposition> {
        if repetitions.iter().product::<usize>() != values.len() || repetitions.iter().any(|count| *count < 2) {
            return None;
        }
        let (mut biased, mut own) = (Vec::new(), Vec::new());
        let mut means = values.to_vec();
        let mut below = 0.0;
        for count in repetitions {
            let variances: Option<Vec<f64>> = means.chunks(*count).map(sample_variance).collect();
            let variance = mean(&variances?)?;
            biased.push(variance);
            own.push(variance - below);
            below = variance / *count as f64;
            means = means.chunks(*count).filter_map(mean).collect();
        }
        Some(Decomposition { biased, own })
    }

    /// How often each level but the top one should be repeated for the narrowest interval in a given time, before
    /// rounding up. `costs` is what one repetition costs, from level 1 up, in any unit: what the level itself takes,
    /// without the levels below. `None` for a level whose share cannot be told, because the level above it adds no
    /// variance: more of it is better than more of the level above.
    pub fn best_repetitions(&self, costs: &[f64]) -> Vec<Option<f64>> {
        let levels = self.own.windows(2).zip(costs.windows(2));
        levels
            .map(|(own, costs)| (own[1] > 0.0).then(|| (costs[1] / costs[0] * own[0].max(0.0) / own[1]).sqrt()))
            .collect()
    }
}

/// The fewest observations from which a standard deviation is worth planning with.
const FEWEST: usize = 3;

/// The most processes that are ever advised.
const MOST_PROCESSES: u32 = 10_000;

/// How many observations it takes until Student's interval reaches no further than `half_width` from the mean, if they
/// go on to scatter as `values` do. At least as many as [`FEWEST`], at most 10,000; `None` of fewer values than that.
pub fn observations_for(values: &[f64], half_width: f64) -> Option<u32> {
    let deviation = sample_variance(values).filter(|_| values.len() >= FEWEST)?.sqrt();
    let reaches = |count: u32| t_quantile(CONFIDENCE, count - 1) * deviation / f64::from(count).sqrt() <= half_width;
    // The reach falls with the count, so the least count that is enough can be searched by halves.
    let (mut low, mut high) = (FEWEST as u32, MOST_PROCESSES);
    while low < high {
        let middle = low.midpoint(high);
        if reaches(middle) { high = middle } else { low = middle + 1 }
    }
    Some(low)
}

#[cfg(test)]
mod tests;
