//! Known values: printed tables of Student's t, hand-computed means, and the coverage that the methodology states.

use super::*;

fn assert_close(actual: f64, expected: f64, tolerance: f64) {
    assert!((actual - expected).abs() <= tolerance, "{actual} is not {expected} within {tolerance}");
}

#[test]
fn t_quantiles_equal_the_printed_tables() {
    for (degrees, expected) in [
        (1, 12.7062),
        (2, 4.3027),
        (3, 3.1824),
        (4, 2.7764),
        (5, 2.5706),
        (9, 2.2622),
        (10, 2.2281),
        (19, 2.0930),
        (29, 2.0452),
        (120, 1.9799),
    ] {
        assert_close(t_quantile(0.95, degrees), expected, 5e-5);
    }
    assert_close(t_quantile(0.99, 4), 4.6041, 5e-5);
}

#[test]
fn means_medians_and_standard_errors_of_small_sets() {
    assert_eq!(mean(&[]), None);
    assert_eq!(median(&[]), None);
    assert_eq!(standard_error(&[1.0]), None);
    assert_eq!(mean(&[1.0, 2.0, 6.0]), Some(3.0));
    assert_eq!(median(&[6.0, 1.0, 2.0]), Some(2.0));
    assert_eq!(median(&[6.0, 1.0, 2.0, 3.0]), Some(2.5));
    // Variance of {2,4,4,4,5,5,7,9} with n-1 is 32/7; the standard error divides by 8 more.
    let error = standard_error(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
    assert_close(error, (32.0f64 / 7.0 / 8.0).sqrt(), 1e-12);
}

#[test]
fn a_t_interval_of_five_values() {
    let estimate = t_interval(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
    let (low, high) = estimate.interval.unwrap();
    assert_close(estimate.centre, 3.0, 1e-12);
    assert_close(low, 3.0 - 2.776_445 * 0.5f64.sqrt(), 1e-5);
    assert_close(high, 3.0 + 2.776_445 * 0.5f64.sqrt(), 1e-5);
    assert_eq!(t_interval(&[7.0]), Some(Estimate { centre: 7.0, interval: None }));
}

#[test]
fn the_exponential_of_an_estimate_keeps_order() {
    let estimate = Estimate { centre: 0.0, interval: Some((-1.0, 2.0)) }.exp();
    assert_close(estimate.centre, 1.0, 1e-12);
    let (low, high) = estimate.interval.unwrap();
    assert_close(low, (-1.0f64).exp(), 1e-12);
    assert_close(high, 2.0f64.exp(), 1e-12);
}

#[test]
fn bootstrap_repeats_exactly_and_needs_four_values() {
    let values = [0.1, 0.125, 0.09, 0.111, 0.103, 0.117];
    assert_eq!(bootstrap_t_interval(&values, 7), bootstrap_t_interval(&values, 7));
    assert_ne!(bootstrap_t_interval(&values, 7), bootstrap_t_interval(&values, 8));
    assert_eq!(bootstrap_t_interval(&values[..3], 7).unwrap().interval, None);
    assert_eq!(bootstrap_t_interval(&[2.0; 5], 7).unwrap().interval, Some((2.0, 2.0)));
}

/// An approximately normal number: twelve uniform ones, less their mean.
fn normal(generator: &mut ChaCha8Rng) -> f64 {
    (0..12).map(|_| generator.random_range(0.0..1.0)).sum::<f64>() - 6.0
}

#[test]
fn intervals_cover_the_true_mean_about_as_often_as_they_say() {
    let mut generator = ChaCha8Rng::seed_from_u64(1);
    let trials = 200;
    let (mut covered_by_t, mut covered_by_bootstrap) = (0, 0);
    for trial in 0..trials {
        let values: Vec<f64> = (0..8).map(|_| normal(&mut generator)).collect();
        let covers = |estimate: Estimate| estimate.interval.is_some_and(|(low, high)| low <= 0.0 && 0.0 <= high);
        covered_by_t += u32::from(covers(t_interval(&values).unwrap()));
        covered_by_bootstrap += u32::from(covers(bootstrap_t_interval(&values, trial).unwrap()));
    }
    // 0.95 of 200 is 190 with a standard deviation of 3; four of them to either side.
    assert!((178..=200).contains(&covered_by_t), "t covered {covered_by_t} of {trials}");
    assert!((178..=200).contains(&covered_by_bootstrap), "bootstrap covered {covered_by_bootstrap} of {trials}");
}
