//! How a series scatters around its level, however often the level changes: from differences of near neighbours, of
//! which a change of level touches only one or two.

use crate::statistics::median_of_sorted;

/// The median of the absolute value of a standard normal variable.
const NORMAL_MEDIAN: f64 = 0.674_489_750_196_081_7;

/// Differences further out than so many standard deviations are taken for changes of level, not for scatter.
const FURTHEST: f64 = 4.0;

/// The scatter of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scatter {
    /// The standard deviation around the level, in the unit of the values.
    pub deviation: f64,
    /// The correlation of neighbours around the level, as much of it as is beyond chance: from 0 up to
    /// [`MOST_CORRELATION`].
    pub correlation: f64,
    /// The least distance of two different values: how finely the clock resolves. 0 if all are equal.
    pub granularity: f64,
}

/// A series that is more correlated than this is a drift, and no scatter around levels.
pub const MOST_CORRELATION: f64 = 0.9;

impl Scatter {
    /// That of `values`.
    ///
    /// With `d(k)` the mean square of differences at distance `k`, a first-order autoregressive series has
    /// `d(1) = 2 s^2 (1 - r)` and `d(2) = 2 s^2 (1 - r^2)`, so `r = d(2) / d(1) - 1`: the estimator of Chakar and
    /// others, "A robust approach for estimating change-points in the mean of an AR(1) process" (2017), with trimmed
    /// mean squares for their medians, which scatter more.
    pub fn of(values: &[f64]) -> Scatter {
        let granularity = granularity(values);
        let (near, far) = (trimmed_mean_square(values, 1), trimmed_mean_square(values, 2));
        // A clock that ticks hides scatter below a tick: a uniform error has a standard deviation of tick / sqrt(12).
        let least = granularity / 12f64.sqrt();
        let (Some(near), Some(far)) = (near, far) else {
            return Scatter { deviation: least, correlation: 0.0, granularity };
        };
        let estimate = far / near - 1.0;
        // Without correlation the estimate has about this standard error.
        let chance = (2.0 / values.len() as f64).sqrt();
        let correlation = (estimate - chance).clamp(0.0, MOST_CORRELATION);
        let deviation = (near / 2.0 / (1.0 - correlation)).sqrt().max(least);
        Scatter { deviation, correlation, granularity }
    }

    /// By how much correlation widens the variance of a mean, and the swings that chance makes: 1 without it.
    pub fn inflation(&self) -> f64 {
        (1.0 + self.correlation) / (1.0 - self.correlation)
    }
}

/// The mean square of the differences at `distance`, without those that a change of level made; `None` if there are
/// none or half of them are zero.
fn trimmed_mean_square(values: &[f64], distance: usize) -> Option<f64> {
    let mut differences: Vec<f64> =
        values.iter().zip(values.get(distance..)?).map(|(early, late)| (late - early).abs()).collect();
    if differences.is_empty() {
        return None;
    }
    differences.sort_unstable_by(f64::total_cmp);
    let deviation = median_of_sorted(&differences) / NORMAL_MEDIAN;
    let kept = &differences[..differences.partition_point(|difference| *difference <= FURTHEST * deviation)];
    let mean_square = kept.iter().map(|difference| difference * difference).sum::<f64>() / kept.len() as f64;
    (deviation > 0.0).then_some(mean_square)
}

fn granularity(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let steps = sorted.windows(2).map(|pair| pair[1] - pair[0]).filter(|step| *step > 0.0);
    steps.min_by(f64::total_cmp).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::simulation::{Generator, autoregressive};

    #[test]
    fn deviation_and_correlation_survive_changes_of_level() {
        let mut generator = Generator::new(5);
        for (correlation, expected) in [(0.0, 0.0), (0.3, 0.3), (0.7, 0.7)] {
            let mut values = autoregressive(&mut generator, 2000, correlation);
            for (index, value) in values.iter_mut().enumerate() {
                *value = 2.0 * *value + 50.0 * (index / 500) as f64;
            }
            let scatter = Scatter::of(&values);
            assert!((scatter.deviation - 2.0).abs() < 0.25, "{correlation}: {scatter:?}");
            assert!((scatter.correlation - expected).abs() < 0.12, "{correlation}: {scatter:?}");
        }
    }

    #[test]
    fn the_granularity_is_the_least_step_and_bounds_the_deviation() {
        let values: Vec<f64> = (0..100).map(|index| if index % 10 == 0 { 101.5 } else { 100.0 }).collect();
        let scatter = Scatter::of(&values);
        assert_eq!((scatter.granularity, scatter.correlation), (1.5, 0.0));
        assert!((scatter.deviation - 1.5 / 12f64.sqrt()).abs() < 1e-12);
        assert_eq!(Scatter::of(&[7.0; 30]), Scatter { deviation: 0.0, correlation: 0.0, granularity: 0.0 });
        assert_eq!(Scatter::of(&[]).deviation, 0.0);
    }
}
