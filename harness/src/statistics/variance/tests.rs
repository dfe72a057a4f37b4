//! The examples of `libkalibera`'s test suite, as numbers.

use super::*;

fn assert_near(actual: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(actual.len(), expected.len());
    for (actual, expected) in actual.iter().zip(expected) {
        assert!((actual - expected).abs() <= tolerance, "{actual} is not {expected} within {tolerance}");
    }
}

#[test]
fn two_levels() {
    let values = [9.0, 5.0, 8.0, 3.0, 10.0, 6.0, 7.0, 11.0, 1.0, 12.0, 2.0, 4.0];
    let found = Decomposition::of(&values, &[4, 3]).unwrap();
    assert_near(&found.biased, &[12.7, 3.6], 0.05);
    assert_near(&found.own, &[12.7, 0.4], 0.05);
}

#[test]
fn three_levels_of_the_same_numbers() {
    let values = [9.0, 5.0, 8.0, 3.0, 10.0, 6.0, 7.0, 11.0, 1.0, 12.0, 2.0, 4.0];
    let found = Decomposition::of(&values, &[2, 2, 3]).unwrap();
    assert_near(&found.biased, &[16.5, 2.6, 3.6], 0.05);
    assert_near(&found.own, &[16.5, -5.7, 2.3], 0.05);
    // A level that adds nothing leaves the share of the one below it open, and needs no repetition itself.
    assert_eq!(found.best_repetitions(&[1.0, 1.0, 1.0]), [None, Some(0.0)]);
}

#[test]
fn the_best_repetitions_weigh_variance_against_cost() {
    let values = [3.0, 4.0, 3.0, 1.2, 3.1, 3.0, 0.2, 1.0, 1.5, 1.0, 2.0, 3.0];
    let found = Decomposition::of(&values, &[3, 2, 2]).unwrap();
    assert_near(&found.own, &[0.726_67, 0.262_78, 0.774_7], 5e-5);
    let best: Option<Vec<f64>> = found.best_repetitions(&[3.0, 20.0, 100.0]).into_iter().collect();
    assert_near(&best.unwrap(), &[4.2937, 1.3023], 5e-5);
}

#[test]
fn unequal_or_single_repetitions_cannot_be_decomposed() {
    assert_eq!(Decomposition::of(&[1.0, 2.0, 3.0], &[2, 2]), None);
    assert_eq!(Decomposition::of(&[1.0, 2.0], &[1, 2]), None);
}

#[test]
fn the_number_of_observations_grows_with_the_square_of_the_precision() {
    // Standard deviation 0.02; t(9) = 2.262, t(10) = 2.228: 0.02 * 2.228 / sqrt(11) = 0.0134, with 10 it is 0.0143.
    let values = [-0.02, 0.0, 0.02];
    assert_eq!(observations_for(&values, 0.0135), Some(11));
    assert_eq!(observations_for(&values, 0.1), Some(3));
    assert_eq!(observations_for(&values, 0.001), Some(1540));
    assert_eq!(observations_for(&values, 1e-9), Some(MOST_PROCESSES));
    assert_eq!(observations_for(&[1.0, 2.0], 0.1), None);
    assert_eq!(observations_for(&[1.0; 5], 0.1), Some(3));
}
