//! Intervals for what has no standard error and may never come: the ends of what resamples give.
//!
//! Means of resamples of few observations scatter too little, by the root of the variance's denominator and by the ratio of
//! normal to Student's quantiles (Hesterberg, "What Teachers Should Know About the Bootstrap", 2015). There the tails are
//! cut shorter for it, of which few observations have none to cut; here each resampled mean is moved away from the mean by
//! that factor before anything is computed from it.

use super::{CONFIDENCE, t_quantile};

/// Degrees of freedom at which Student's distribution is the normal one to four digits.
const AS_GOOD_AS_NORMAL: u32 = 10_000;

/// How much further from the mean of so many observations a resampled mean is to be: above 1, which it tends to.
pub fn stretch(observations: usize) -> f64 {
    let count = observations as f64;
    let degrees = u32::try_from(observations).unwrap_or(u32::MAX).saturating_sub(1).clamp(1, AS_GOOD_AS_NORMAL);
    t_quantile(CONFIDENCE, degrees) / t_quantile(CONFIDENCE, AS_GOOD_AS_NORMAL) * (count / (count - 1.0)).sqrt()
}

/// The interval at [`CONFIDENCE`] from ascending values. One that is infinite stands for what never comes: so does an end
/// among such.
pub fn interval(sorted: &[f64]) -> (f64, f64) {
    let outside = ((1.0 - CONFIDENCE) / 2.0 * sorted.len() as f64).floor() as usize;
    (sorted[outside], sorted[sorted.len() - 1 - outside])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_observations_are_stretched_most() {
        assert!((stretch(1_000_000) - 1.0).abs() < 1e-3, "{}", stretch(1_000_000));
        // By tables: t of 9 degrees is 2.2622, the normal quantile 1.9600, and the root of 10/9 is 1.0541.
        assert!((stretch(10) - 1.2166).abs() < 1e-3, "{}", stretch(10));
        assert!(stretch(5) > stretch(10));
    }

    #[test]
    fn an_end_among_what_never_comes_is_open() {
        let with_never = |count: usize| {
            let values = (0..1000 - count).map(|value| value as f64);
            interval(&values.chain(std::iter::repeat_n(f64::INFINITY, count)).collect::<Vec<f64>>())
        };
        assert_eq!(with_never(25), (25.0, 974.0));
        assert_eq!(with_never(26), (25.0, f64::INFINITY), "more than 2.5 % never come");
    }
}
