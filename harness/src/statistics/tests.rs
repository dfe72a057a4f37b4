//! Known values: printed tables of Student's t, hand-computed means, and intervals of small sets. How often intervals
//! cover the truth is in `crate::statistics::simulation`.

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
fn means_medians_and_variances_of_small_sets() {
    assert_eq!(mean(&[]), None);
    assert_eq!(median(&[]), None);
    assert_eq!(sample_variance(&[1.0]), None);
    assert_eq!(mean(&[1.0, 2.0, 6.0]), Some(3.0));
    assert_eq!(median(&[6.0, 1.0, 2.0]), Some(2.0));
    assert_eq!(median(&[6.0, 1.0, 2.0, 3.0]), Some(2.5));
    assert_close(sample_variance(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap(), 32.0 / 7.0, 1e-12);
    assert_eq!(quantile_of_sorted(&[1.0, 2.0, 4.0], 0.75), 3.0);
}

#[test]
fn a_t_interval_of_five_values() {
    let Estimate { centre, interval } = estimate(&[1.0, 2.0, 3.0, 4.0, 5.0], 1).unwrap();
    let interval = interval.unwrap();
    assert_close(centre, 3.0, 1e-12);
    assert_close(interval.low, 3.0 - 2.776_445 * 0.5f64.sqrt(), 1e-5);
    assert_close(interval.high, 3.0 + 2.776_445 * 0.5f64.sqrt(), 1e-5);
    assert_eq!(interval.method, IntervalMethod::StudentT);
}

#[test]
fn fewer_than_three_values_have_no_interval() {
    assert_eq!(estimate(&[], 1), None);
    assert_eq!(estimate(&[7.0], 1), Some(Estimate { centre: 7.0, interval: None }));
    assert_eq!(t_estimate(&[6.0, 8.0]), Some(Estimate { centre: 7.0, interval: None }));
    assert!(t_estimate(&[6.0, 7.0, 8.0]).unwrap().interval.is_some());
    assert_eq!(Studentised::bootstrap(&[6.0, 8.0], 1), None);
    assert_eq!(Studentised::difference(&[6.0, 8.0], &[1.0, 2.0, 3.0], 1), None);
}

#[test]
fn from_eight_values_on_they_are_resampled() {
    let values = [0.1, 0.125, 0.09, 0.111, 0.103, 0.117, 0.1, 0.108];
    let interval = |count: usize, seed| estimate(&values[..count], seed).unwrap().interval.unwrap();
    assert_eq!(interval(7, 1).method, IntervalMethod::StudentT);
    assert_eq!(interval(8, 1).method, IntervalMethod::BootstrapT);
    assert_eq!(interval(8, 7), interval(8, 7));
    assert_ne!(interval(8, 7), interval(8, 8));
    // For values as regular as these the two agree roughly.
    let student = t_estimate(&values).unwrap().interval.unwrap();
    assert_close(interval(8, 1).low, student.low, 0.003);
    assert_close(interval(8, 1).high, student.high, 0.003);
}

#[test]
fn equal_values_have_a_point_for_an_interval() {
    for count in [3, 8] {
        let mean = Studentised::mean(&vec![2.0; count], 7).unwrap();
        let interval = mean.interval();
        assert_eq!((interval.low, interval.high), (2.0, 2.0));
        assert_eq!((mean.p_value(1.0), mean.p_value(2.0)), (0.0, 1.0));
    }
}

#[test]
fn resampling_follows_skewed_values_where_t_does_not() {
    let values = [1.0, 1.1, 1.2, 1.0, 1.1, 1.2, 1.05, 1.15, 1.1, 9.0];
    let resampled = Studentised::bootstrap(&values, 1).unwrap().interval();
    let student = Studentised::student(&values).unwrap().interval();
    assert!(student.low < 0.5, "Student's t reaches far below any value: {student:?}");
    assert!(resampled.low > student.low && resampled.high > student.high, "{resampled:?}");
}

#[test]
fn p_values_agree_with_intervals_and_tables() {
    // t(4) = 2.7764 leaves 5 % outside.
    let five = [1.0, 2.0, 3.0, 4.0, 5.0];
    let edge = 2.776_445 * 0.5f64.sqrt();
    let shifted: Vec<f64> = five.iter().map(|value| value - 3.0 + edge).collect();
    assert_close(Studentised::student(&shifted).unwrap().p_value(0.0), 0.05, 1e-6);
    let mirrored: Vec<f64> = shifted.iter().map(|value| -value).collect();
    assert_close(Studentised::student(&mirrored).unwrap().p_value(0.0), 0.05, 1e-6);
    // The end of the resampled interval is where the p-value passes 5 %.
    let values = [0.1, 0.125, 0.09, 0.111, 0.103, 0.117, 0.1, 0.168];
    for sign in [1.0, -1.0] {
        let at = |end: f64| {
            let moved: Vec<f64> = values.iter().map(|value| sign * (value - end)).collect();
            Studentised::bootstrap(&moved, 1).unwrap().p_value(0.0)
        };
        let low = Studentised::bootstrap(&values, 1).unwrap().interval().low;
        assert!(at(low - 1e-4) < 0.05 && at(low + 1e-4) > 0.05, "{} {}", at(low - 1e-4), at(low + 1e-4));
    }
}

#[test]
fn unpaired_means_are_compared_by_welch() {
    // Textbook case: variances 1 and 100 over 6 and 6 leave hardly more than 5 degrees of freedom.
    let one = [9.0, 10.0, 11.0, 9.0, 10.0, 11.0];
    let other = [-10.0, 0.0, 10.0, -10.0, 0.0, 10.0];
    let found = Studentised::difference(&one, &other, 1).unwrap();
    assert_close(found.centre, 10.0, 1e-12);
    assert_close(found.error, (0.8f64 / 6.0 + 80.0 / 6.0).sqrt(), 1e-12);
    assert_eq!(found.distribution, Distribution::Student(5));
    // Equal variances leave the sum of the degrees.
    let equal = Studentised::difference(&one, &one.map(|value| value - 1.0), 1).unwrap();
    assert_eq!(equal.distribution, Distribution::Student(10));
    let same = Studentised::difference(&[1.0; 3], &[1.0; 3], 1).unwrap();
    assert_eq!((same.interval().low, same.interval().high), (0.0, 0.0));
    let many: Vec<f64> = (0..9).map(f64::from).collect();
    let resampled = Studentised::difference(&many, &many[..8], 3).unwrap().interval();
    assert_eq!(resampled.method, IntervalMethod::BootstrapT);
    assert!(resampled.contains(0.5) && resampled.low < -2.0 && resampled.high > 2.5, "{resampled:?}");
}

#[test]
fn the_exponential_of_an_estimate_keeps_order() {
    let interval = Interval { low: -1.0, high: 2.0, method: IntervalMethod::StudentT };
    let Estimate { centre, interval } = Estimate { centre: 0.0, interval: Some(interval) }.exp();
    assert_close(centre, 1.0, 1e-12);
    assert_close(interval.unwrap().low, (-1.0f64).exp(), 1e-12);
    assert_close(interval.unwrap().high, 2.0f64.exp(), 1e-12);
}
