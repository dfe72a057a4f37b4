//! The mathematics of the analysis: intervals on logarithms of invocation means, and resampling.
//!
//! Knows numbers only: no contender, no workload, no file. What is computed from what, and why, is said in
//! `harness/METHODOLOGY.md`; [`crate::analyse`] applies it.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// The confidence level of every interval that the harness prints.
pub const CONFIDENCE: f64 = 0.95;

/// How many times [`bootstrap_t_interval`] resamples.
pub const RESAMPLES: usize = 10_000;

/// Fewest observations for which a resampled interval is given. Below it the resampled standard errors are zero or
/// nearly so in too many draws.
pub const FEWEST_FOR_RESAMPLING: usize = 4;

/// A centre with an interval around it, in the unit of the observations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The point estimate.
    pub centre: f64,
    /// The interval at [`CONFIDENCE`]; `None` if there are too few observations for one.
    pub interval: Option<(f64, f64)>,
}

impl Estimate {
    /// The estimate of `exp(x)` where `self` estimates `x`. An interval of a monotone function is the function of the
    /// interval.
    pub fn exp(self) -> Estimate {
        Estimate { centre: self.centre.exp(), interval: self.interval.map(|(low, high)| (low.exp(), high.exp())) }
    }
}

/// The arithmetic mean; `None` of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() { None } else { Some(values.iter().sum::<f64>() / values.len() as f64) }
}

/// The median: the middle value, or the mean of the two middle values; `None` of nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        length if length % 2 == 1 => Some(sorted[upper]),
        _ => Some((sorted[upper - 1] + sorted[upper]) / 2.0),
    }
}

/// The standard error of the mean, with `n - 1` in the denominator of the variance; `None` below two values.
pub fn standard_error(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let count = values.len() as f64;
    let centre = mean(values)?;
    let sum_of_squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    Some((sum_of_squares / (count - 1.0) / count).sqrt())
}

/// The mean of `values` with Student's t interval; `None` of nothing.
pub fn t_interval(values: &[f64]) -> Option<Estimate> {
    let centre = mean(values)?;
    let interval = standard_error(values).map(|error| {
        let half_width = t_quantile(CONFIDENCE, values.len() as u32 - 1) * error;
        (centre - half_width, centre + half_width)
    });
    Some(Estimate { centre, interval })
}

/// The mean of `values` with a bootstrap-t interval: whole observations are resampled with replacement, each resample
/// is studentised with its own standard error, and the quantiles of that statistic replace Student's.
///
/// The same `values` and `seed` give the same interval on every machine. No interval below
/// [`FEWEST_FOR_RESAMPLING`] values. `None` of nothing.
pub fn bootstrap_t_interval(values: &[f64], seed: u64) -> Option<Estimate> {
    let centre = mean(values)?;
    let error = standard_error(values).filter(|_| values.len() >= FEWEST_FOR_RESAMPLING);
    let Some(error) = error else { return Some(Estimate { centre, interval: None }) };
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let mut studentised = Vec::with_capacity(RESAMPLES);
    let mut resample = vec![0.0; values.len()];
    for _ in 0..RESAMPLES {
        resample.fill_with(|| values[generator.random_range(0..values.len())]);
        // A draw of one observation n times has no spread to studentise with; it is left out.
        if let (Some(resample_mean), Some(resample_error)) = (mean(&resample), standard_error(&resample))
            && resample_error > 0.0
        {
            studentised.push((resample_mean - centre) / resample_error);
        }
    }
    if studentised.is_empty() {
        // All observations are equal: the interval is the point.
        return Some(Estimate { centre, interval: Some((centre, centre)) });
    }
    studentised.sort_by(f64::total_cmp);
    let tail = (1.0 - CONFIDENCE) / 2.0;
    let low = quantile_of_sorted(&studentised, tail);
    let high = quantile_of_sorted(&studentised, 1.0 - tail);
    Some(Estimate { centre, interval: Some((centre - high * error, centre - low * error)) })
}

/// The `fraction` quantile of ascending, non-empty values, linear between neighbours.
fn quantile_of_sorted(sorted: &[f64], fraction: f64) -> f64 {
    let position = fraction * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = position.ceil() as usize;
    sorted[below] + (sorted[above] - sorted[below]) * (position - below as f64)
}

/// The `t` for which a Student variable with `degrees` of freedom lies in `-t..t` with probability `confidence`.
fn t_quantile(confidence: f64, degrees: u32) -> f64 {
    let mut low = 0.0;
    let mut high = 1.0;
    while probability_within(high, degrees) < confidence {
        high *= 2.0;
    }
    // Sixty halvings leave less than the last bit of a double.
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if probability_within(middle, degrees) < confidence { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// The probability that a Student variable with a whole number of `degrees` (from 1) lies in `-t..t`: the finite
/// trigonometric sums for odd and even degrees of freedom, with `theta = atan(t / sqrt(degrees))`.
fn probability_within(t: f64, degrees: u32) -> f64 {
    let theta = (t / f64::from(degrees).sqrt()).atan();
    let (sine, cosine) = theta.sin_cos();
    let odd = degrees % 2 == 1;
    // Terms cos^k with the product of (k-1)/k (or k/(k+1)) of all earlier k, up to k = degrees - 2.
    let mut sum = 0.0;
    let mut term = if odd { cosine } else { 1.0 };
    let mut power = if odd { 1 } else { 0 };
    while power + 2 <= degrees {
        sum += term;
        let (over, under) = (f64::from(power + 1), f64::from(power + 2));
        term *= cosine * cosine * over / under;
        power += 2;
    }
    if odd { (theta + sine * sum) * std::f64::consts::FRAC_2_PI } else { sine * sum }
}

#[cfg(test)]
mod tests;
