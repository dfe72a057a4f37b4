//! The mathematics of the analysis: means, medians, and intervals for the mean of a few numbers.
//!
//! Knows numbers only: no contender, no workload, no file. What is computed from what, and why, is said in
//! `harness/METHODOLOGY.md`; [`crate::statistics::inference`] compares with it, [`crate::analyse`] applies both to a run.

pub mod inference;

pub mod gate;

pub mod modes;

pub mod percentile;

pub mod variance;

pub mod steady_state;

pub mod until_steady;

#[cfg(test)]
pub(crate) mod simulation;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// The confidence level of every interval that the harness prints.
pub const CONFIDENCE: f64 = 0.95;

/// Fewest observations that an interval is given for. Two have one: the standard error has one degree of freedom then,
/// and 95 % are 12.7 of it to either side, which tells a reader nothing.
pub const FEWEST_FOR_INTERVAL: usize = 3;

/// Fewest observations that are resampled. Below it, Student's t is no worse (see `harness/METHODOLOGY.md`), and many
/// resamples have hardly any spread.
pub const FEWEST_FOR_RESAMPLING: usize = 8;

/// How many times observations are resampled.
pub const RESAMPLES: usize = 10_000;

/// How an interval was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntervalMethod {
    /// Student's t.
    StudentT,
    /// Bootstrap-t: the quantiles of resampled t statistics in place of Student's.
    BootstrapT,
}

impl IntervalMethod {
    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            IntervalMethod::StudentT => "student_t",
            IntervalMethod::BootstrapT => "bootstrap_t",
        }
    }

    /// The name in sentences.
    pub fn words(self) -> &'static str {
        match self {
            IntervalMethod::StudentT => "Student's t",
            IntervalMethod::BootstrapT => "bootstrap-t",
        }
    }
}

/// An interval at [`CONFIDENCE`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// How it was found.
    pub method: IntervalMethod,
}

impl Interval {
    /// Whether `value` is in it.
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

/// A centre with an interval around it, in the unit of the observations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The point estimate.
    pub centre: f64,
    /// Its interval; `None` if there are too few observations for one.
    pub interval: Option<Interval>,
}

impl Estimate {
    /// The estimate of `exp(x)` where `self` estimates `x`. An interval of a monotone function is the function of the
    /// interval.
    pub fn exp(self) -> Estimate {
        let of = |interval: Interval| Interval {
            low: interval.low.exp(),
            high: interval.high.exp(),
            method: interval.method,
        };
        Estimate { centre: self.centre.exp(), interval: self.interval.map(of) }
    }
}

/// The arithmetic mean; `None` of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() { None } else { Some(values.iter().sum::<f64>() / values.len() as f64) }
}

/// The median: the middle value, or the mean of the two middle values; `None` of nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    (!sorted.is_empty()).then(|| median_of_sorted(&sorted))
}

/// The median of ascending, non-empty values.
pub fn median_of_sorted(sorted: &[f64]) -> f64 {
    let upper = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[upper] } else { (sorted[upper - 1] + sorted[upper]) / 2.0 }
}

/// The variance with `n - 1` in the denominator; `None` below two values.
pub fn sample_variance(values: &[f64]) -> Option<f64> {
    let centre = mean(values).filter(|_| values.len() > 1)?;
    let sum_of_squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    Some(sum_of_squares / (values.len() - 1) as f64)
}

/// A number with what is needed to judge its distance from others: the distribution of `(estimate - truth) / error`.
#[derive(Debug, Clone, PartialEq)]
pub struct Studentised {
    /// The estimate.
    pub centre: f64,
    /// Its standard error.
    pub error: f64,
    /// The distribution.
    pub distribution: Distribution,
}

/// The distribution of a studentised estimate around the truth.
#[derive(Debug, Clone, PartialEq)]
pub enum Distribution {
    /// Student's with so many degrees of freedom.
    Student(u32),
    /// That of so many resamples, ascending.
    Resampled(Vec<f64>),
}

impl Studentised {
    /// The mean of `values`; resampled from [`FEWEST_FOR_RESAMPLING`] values on. The same `values` and `seed` give the
    /// same on every machine. `None` below [`FEWEST_FOR_INTERVAL`].
    pub fn mean(values: &[f64], seed: u64) -> Option<Studentised> {
        if values.len() < FEWEST_FOR_RESAMPLING {
            Studentised::student(values)
        } else {
            Studentised::bootstrap(values, seed)
        }
    }

    /// The mean of `values`, by Student's t. `None` below [`FEWEST_FOR_INTERVAL`] values.
    pub fn student(values: &[f64]) -> Option<Studentised> {
        let (centre, error) = mean_and_error(values).filter(|_| values.len() >= FEWEST_FOR_INTERVAL)?;
        Some(Studentised { centre, error, distribution: Distribution::Student(values.len() as u32 - 1) })
    }

    /// The mean of `values`, by bootstrap-t (Efron and Tibshirani, "An Introduction to the Bootstrap", chapter 12):
    /// values are drawn with replacement, and each such resample is studentised with its own standard error. `None`
    /// below [`FEWEST_FOR_INTERVAL`] values.
    pub fn bootstrap(values: &[f64], seed: u64) -> Option<Studentised> {
        let (centre, error) = mean_and_error(values).filter(|_| values.len() >= FEWEST_FOR_INTERVAL)?;
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        let mut resample = vec![0.0; values.len()];
        let distribution = resampled(|| {
            draw(&mut generator, values, &mut resample);
            let (resample_mean, resample_error) = mean_and_error(&resample)?;
            Some((resample_mean - centre, resample_error))
        });
        Some(Studentised { centre, error, distribution })
    }

    /// The mean of `values` less the mean of `others`, which are not paired with them: by Welch's t, or by bootstrap-t
    /// if there are [`FEWEST_FOR_RESAMPLING`] of each. `None` if there are fewer than [`FEWEST_FOR_INTERVAL`] of
    /// either.
    pub fn difference(values: &[f64], others: &[f64], seed: u64) -> Option<Studentised> {
        let fewest = values.len().min(others.len());
        let (one, other) = (mean_and_error(values)?, mean_and_error(others)?);
        let (centre, error) = (one.0 - other.0, one.1.hypot(other.1));
        if fewest < FEWEST_FOR_INTERVAL {
            return None;
        }
        if fewest < FEWEST_FOR_RESAMPLING {
            let degrees = welch_degrees((one.1, values.len()), (other.1, others.len()));
            return Some(Studentised { centre, error, distribution: Distribution::Student(degrees) });
        }
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        let (mut resample, mut resample_of_others) = (vec![0.0; values.len()], vec![0.0; others.len()]);
        let distribution = resampled(|| {
            draw(&mut generator, values, &mut resample);
            draw(&mut generator, others, &mut resample_of_others);
            let (one, other) = (mean_and_error(&resample)?, mean_and_error(&resample_of_others)?);
            Some((one.0 - other.0 - centre, one.1.hypot(other.1)))
        });
        Some(Studentised { centre, error, distribution })
    }

    /// The interval at [`CONFIDENCE`].
    pub fn interval(&self) -> Interval {
        match &self.distribution {
            Distribution::Student(degrees) => {
                let reach = t_quantile(CONFIDENCE, *degrees) * self.error;
                Interval { low: self.centre - reach, high: self.centre + reach, method: IntervalMethod::StudentT }
            }
            Distribution::Resampled(sorted) => {
                let tail = (1.0 - CONFIDENCE) / 2.0;
                Interval {
                    low: self.centre - quantile_of_sorted(sorted, 1.0 - tail) * self.error,
                    high: self.centre - quantile_of_sorted(sorted, tail) * self.error,
                    method: IntervalMethod::BootstrapT,
                }
            }
        }
    }

    /// The centre with the interval.
    pub fn estimate(&self) -> Estimate {
        Estimate { centre: self.centre, interval: Some(self.interval()) }
    }

    /// The probability of an estimate as far from 0 as this or further, on both sides together, if the truth were
    /// `reach` from 0 in its direction: the p-value of "the truth lies in `-reach..reach`".
    pub fn p_value(&self, reach: f64) -> f64 {
        let distance = self.centre.abs() - reach;
        if distance <= 0.0 {
            return 1.0;
        }
        if self.error == 0.0 {
            return 0.0;
        }
        let statistic = distance / self.error;
        match &self.distribution {
            Distribution::Student(degrees) => 1.0 - probability_within(statistic, *degrees),
            Distribution::Resampled(sorted) => {
                // As for the interval, the tail on the estimate's own side counts; both sides are twice that. One more
                // than was counted: the estimate itself could have been drawn.
                let beyond = if self.centre > 0.0 {
                    sorted.len() - sorted.partition_point(|drawn| *drawn < statistic)
                } else {
                    sorted.partition_point(|drawn| *drawn <= -statistic)
                };
                (2.0 * (beyond + 1) as f64 / (sorted.len() + 1) as f64).min(1.0)
            }
        }
    }
}

/// The mean of `values` with its interval: by bootstrap-t from [`FEWEST_FOR_RESAMPLING`] values on, by Student's t
/// below, none below [`FEWEST_FOR_INTERVAL`]. `None` of nothing.
pub fn estimate(values: &[f64], seed: u64) -> Option<Estimate> {
    let centre = mean(values)?;
    Some(Studentised::mean(values, seed).map_or(Estimate { centre, interval: None }, |mean| mean.estimate()))
}

/// The mean of `values` with Student's t interval; none below [`FEWEST_FOR_INTERVAL`] values. `None` of nothing.
pub fn t_estimate(values: &[f64]) -> Option<Estimate> {
    let centre = mean(values)?;
    Some(Studentised::student(values).map_or(Estimate { centre, interval: None }, |mean| mean.estimate()))
}

/// The mean and its standard error; `None` below two values.
fn mean_and_error(values: &[f64]) -> Option<(f64, f64)> {
    Some((mean(values)?, (sample_variance(values)? / values.len() as f64).sqrt()))
}

fn draw(generator: &mut ChaCha8Rng, values: &[f64], resample: &mut [f64]) {
    resample.fill_with(|| values[generator.random_range(0..values.len())]);
}

/// [`RESAMPLES`] resampled distances from the estimate, each divided by its own error.
fn resampled(mut distance_and_error: impl FnMut() -> Option<(f64, f64)>) -> Distribution {
    let mut studentised: Vec<f64> = (0..RESAMPLES)
        .filter_map(|_| distance_and_error())
        // A draw of one observation n times has no spread to studentise with; it is left out.
        .filter(|(_, error)| *error > 0.0)
        .map(|(distance, error)| distance / error)
        .collect();
    if studentised.is_empty() {
        // All observations are equal: the interval is the point.
        studentised.push(0.0);
    }
    studentised.sort_unstable_by(f64::total_cmp);
    Distribution::Resampled(studentised)
}

/// The degrees of freedom of Welch and Satterthwaite for two means, by standard error and number of values: rounded
/// down, which widens the interval.
fn welch_degrees(one: (f64, usize), other: (f64, usize)) -> u32 {
    let part = |(error, count): (f64, usize)| error.powi(4) / (count - 1) as f64;
    let sum = part(one) + part(other);
    let degrees = one.0.hypot(other.0).powi(4) / sum;
    // No scatter at all leaves nothing to divide by, and the interval is the point whatever the degrees.
    if degrees.is_finite() { degrees.max(1.0) as u32 } else { 1 }
}

/// The `fraction` quantile of ascending, non-empty values, linear between neighbours.
pub fn quantile_of_sorted(sorted: &[f64], fraction: f64) -> f64 {
    let position = fraction * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = position.ceil() as usize;
    sorted[below] + (sorted[above] - sorted[below]) * (position - below as f64)
}

/// The `t` for which a Student variable with `degrees` of freedom lies in `-t..t` with probability `confidence`.
pub fn t_quantile(confidence: f64, degrees: u32) -> f64 {
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
