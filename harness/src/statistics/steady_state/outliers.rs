//! Isolated slow iterations (a collection, an interrupt), found by a window that slides along the series.
//!
//! The rule of Barrett and others, "Virtual Machine Warmup Blows Hot and Cold" (2017), as their tool carries it out.

use crate::statistics::median_of_sorted;

/// How many times the spread of its window a value may be away from the window's median.
const SPREADS: f64 = 3.0;

/// What the rule does with values that have no full window around them, at the beginning of the series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beginning {
    /// As published: they are never outliers, because the first iterations of a process are meant to be slow.
    Spared,
    /// They are judged by the first full window, but for the unbroken run of them that the series starts with: a slow
    /// iteration among fast ones is no more a warm-up early in a series than it is late.
    Judged,
}

/// The indices, ascending, of the values that lie outside the median of their window by more than three times the
/// distance between its 10th and 90th percentiles. A window has `window` values, half of them before the value; at
/// the end of the series it is cut short.
pub fn outliers(values: &[f64], window: usize, beginning: Beginning) -> Vec<usize> {
    let half = window / 2;
    if half == 0 || values.len() < window {
        return Vec::new();
    }
    let is_outlier = |index: usize, start: usize, end: usize| is_far(values, index, start, end);
    // The first value whose window starts with the series, or after its start, and is full.
    let first_judged = window - half;
    let mut found = Vec::new();
    if beginning == Beginning::Judged {
        let mut is_first_run = true;
        for index in 0..first_judged {
            let is_far = is_outlier(index, 0, window);
            is_first_run &= is_far;
            if is_far && !is_first_run {
                found.push(index);
            }
        }
    }
    found.extend(
        (first_judged..values.len()).filter(|index| is_outlier(*index, index - half, (index + half).min(values.len()))),
    );
    found
}

/// How many values the unbroken run of far ones has that the series starts with, by the first full window; 0 for a series
/// without one.
pub fn first_run(values: &[f64], window: usize) -> usize {
    if values.len() < window { 0 } else { (0..window).take_while(|index| is_far(values, *index, 0, window)).count() }
}

/// Whether a value is far from the median of the window from `start` up to, not including, `end`.
fn is_far(values: &[f64], index: usize, start: usize, end: usize) -> bool {
    let mut sorted = values[start..end].to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let reach = SPREADS * (percentile(&sorted, 90.0) - percentile(&sorted, 10.0));
    let middle = median_of_sorted(&sorted);
    values[index] > middle + reach || values[index] < middle - reach
}

/// A percentile of ascending, non-empty values, linear between neighbours. Weights both neighbours, as the published
/// tool does, so that the last bits agree.
fn percentile(sorted: &[f64], percent: f64) -> f64 {
    let position = (sorted.len() - 1) as f64 * (percent / 100.0);
    let (below, above) = (position.floor(), position.ceil());
    if below == above {
        return sorted[below as usize];
    }
    sorted[below as usize] * (above - position) + sorted[above as usize] * (position - below)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0, 1, 2, 3, 0, 1, ...
    fn ripple(length: usize) -> Vec<f64> {
        (0..length).map(|index| (index % 4) as f64).collect()
    }

    #[test]
    fn only_values_with_a_full_window_before_them_can_be_outliers() {
        let found = |index: usize, value: f64| {
            let mut values = ripple(100);
            values[index] = value;
            outliers(&values, 20, Beginning::Spared)
        };
        for index in [10, 50, 89, 99] {
            assert_eq!(found(index, 1000.0), [index]);
            assert_eq!(found(index, -1000.0), [index]);
        }
        for index in [0, 9] {
            assert!(found(index, 1000.0).is_empty());
        }
        // The spread of a window is 3 and its median 1.5, so 10 is still inside.
        assert!(found(50, 10.0).is_empty() && !found(50, 11.0).is_empty());
    }

    #[test]
    fn a_window_of_one_value_finds_nothing() {
        let mut values = ripple(12);
        values[6] = 1000.0;
        assert!(outliers(&values, 1, Beginning::Judged).is_empty());
        assert!(outliers(&values, 0, Beginning::Spared).is_empty());
        assert!(outliers(&[], 200, Beginning::Judged).is_empty());
    }

    #[test]
    fn a_beginning_that_is_judged_keeps_its_first_run_of_slow_values() {
        let mut values = ripple(100);
        for index in [0, 1, 7, 60] {
            values[index] = 1000.0;
        }
        assert_eq!(outliers(&values, 40, Beginning::Judged), [7, 60]);
        assert_eq!(outliers(&values, 40, Beginning::Spared), [60]);
        values[0] = 0.0;
        assert_eq!(outliers(&values, 40, Beginning::Judged), [1, 7, 60]);
    }

    #[test]
    fn percentiles_are_linear_between_neighbours() {
        assert_eq!(percentile(&[1.0, 2.0, 3.0, 4.0, 5.0], 50.0), 3.0);
        assert!((percentile(&[10.0, 20.0], 90.0) - 19.0).abs() < 1e-12);
    }
}
