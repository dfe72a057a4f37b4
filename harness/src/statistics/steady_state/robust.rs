//! A series as [`super::Mode::Strict`] looks at it: free of units, and with single values held back that no level explains.

use super::outliers;
use crate::statistics::median_of_sorted;

/// So many parts of the middle value are the unit: finer than any clock, and coarse enough that a series in seconds and
/// the same in milliseconds become the same numbers.
const PARTS: f64 = 1e9;

/// Neighbours on either side whose middle is the level there.
const NEIGHBOURS: usize = 7;

/// So many standard deviations a value may lie from the level on one side of it.
const REACH: f64 = 3.0;

/// From the median of absolute deviations to the standard deviation of normal numbers.
const NORMAL: f64 = 1.482_602_218_505_602;

/// What [`free_of_units`] has made of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Relative {
    /// Each value less the middle one, in billionths of it; whole numbers.
    pub values: Vec<f64>,
    /// The middle value in its own unit.
    pub middle: f64,
}

impl Relative {
    /// A value in the series' own unit.
    pub fn absolute(&self, value: f64) -> f64 {
        self.middle * (1.0 + value / PARTS)
    }

    /// So much of the middle value, as a difference of values.
    pub fn part(&self, part: f64) -> f64 {
        part * PARTS
    }

    /// A value as a part of the middle one: 1 if it is that.
    pub fn ratio(&self, value: f64) -> f64 {
        1.0 + value / PARTS
    }
}

/// `times`, which are positive and not none, as parts of their middle value.
pub fn free_of_units(times: &[f64]) -> Relative {
    let middle = median(times);
    let relative = |time: &f64| if middle > 0.0 { (PARTS * (time / middle)).round() - PARTS } else { 0.0 };
    Relative { values: times.iter().map(relative).collect(), middle }
}

/// The values, each held back to [`REACH`] times `deviation` from the middle of its neighbours before it, or of those
/// behind it, whichever is nearer. A change of level that lasts is within reach of one side; what heavy tails throw out is
/// not. The unbroken run of far values that a series starts with is a warm-up, and stays.
pub fn held_back(values: &[f64], deviation: f64, window: usize) -> Vec<f64> {
    let first_run = outliers::first_run(values, window);
    let reach = REACH * deviation;
    (0..values.len())
        .map(|index| {
            let value = values[index];
            let before = &values[index.saturating_sub(NEIGHBOURS)..index];
            let behind = &values[index + 1..(index + 1 + NEIGHBOURS).min(values.len())];
            let held = [before, behind].into_iter().filter(|side| !side.is_empty()).map(|side| {
                let level = median(side);
                value.clamp(level - reach, level + reach)
            });
            let nearest = held.min_by(|one, other| (one - value).abs().total_cmp(&(other - value).abs()));
            if index < first_run { value } else { nearest.unwrap_or(value) }
        })
        .collect()
}

/// The standard deviation of `values` around their middle, by the median of absolute deviations.
pub fn deviation(values: &[f64]) -> f64 {
    let middle = median(values);
    NORMAL * median(&values.iter().map(|value| (value - middle).abs()).collect::<Vec<f64>>())
}

/// The middle of values that are not none.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    median_of_sorted(&sorted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_makes_no_difference() {
        let seconds: Vec<f64> = (0..200).map(|index| 0.1 + 1e-4 * f64::from(index * 7919 % 101)).collect();
        for factor in [1e3, 1e9, 1e-3, 60.0, 1.0 / 3.0] {
            let scaled: Vec<f64> = seconds.iter().map(|time| time * factor).collect();
            assert_eq!(free_of_units(&scaled).values, free_of_units(&seconds).values, "{factor}");
        }
        let relative = free_of_units(&seconds);
        assert!((relative.absolute(relative.values[3]) - seconds[3]).abs() < 1e-9);
    }

    #[test]
    fn a_value_that_no_side_explains_is_held_back_and_a_level_is_not() {
        let mut values: Vec<f64> =
            (0..60).map(|index| f64::from(index % 3) + if index < 30 { 0.0 } else { 50.0 }).collect();
        values[10] = 40.0;
        values[45] = 0.0;
        let held = held_back(&values, 1.0, 20);
        for (index, value) in held.iter().enumerate() {
            let expected = match index {
                10 => 4.0,
                45 => 48.0,
                _ => values[index],
            };
            assert_eq!(*value, expected, "{index}");
        }
        // The beginning is a warm-up, however short.
        values[0] = 500.0;
        values[1] = 400.0;
        assert_eq!(held_back(&values, 1.0, 20)[..2], [500.0, 400.0]);
    }

    #[test]
    fn the_deviation_is_that_of_most_values() {
        let mut values: Vec<f64> = (0..101).map(f64::from).collect();
        assert!((deviation(&values) - NORMAL * 25.0).abs() < 1e-9);
        values[100] = 1e9;
        assert!((deviation(&values) - NORMAL * 25.0).abs() < 1e-9);
    }
}
