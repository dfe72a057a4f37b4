//! Modes: whether the processes of a pair fall into groups that are further apart than chance explains, so that their
//! mean is a time that no process had.
//!
//! Knows numbers only: logarithms of times, one for each process. The thresholds are from nulls with one mode (normal
//! and Student's t with 3 degrees of freedom, 5 to 30 values), of which at most one in a hundred is split:
//! [`crate::statistics::simulation`] finds them and holds them to it.

/// Fewest values that are looked at.
pub const FEWEST: usize = 5;

/// Groups are at least so far apart, as a part: 5 %.
pub const LEAST_GAP: f64 = 0.05;

/// How many standard deviations within groups the gap between two must have, by the number of values: from so many on,
/// until the next row.
struct Thresholds {
    values: usize,
    /// Two groups, one of them of a single value.
    one_apart: f64,
    /// Two groups of at least two values each.
    two: f64,
    /// Three groups, one of them of a single value, and none.
    three_one_apart: f64,
    three: f64,
}

const THRESHOLDS: [Thresholds; 10] = [
    Thresholds { values: 5, one_apart: 23.0, two: 16.0, three_one_apart: 62.0, three: f64::INFINITY },
    Thresholds { values: 6, one_apart: 18.5, two: 11.0, three_one_apart: 22.5, three: 13.5 },
    Thresholds { values: 7, one_apart: 16.0, two: 8.3, three_one_apart: 13.5, three: 10.5 },
    Thresholds { values: 8, one_apart: 15.5, two: 6.9, three_one_apart: 10.0, three: 8.6 },
    Thresholds { values: 9, one_apart: 15.5, two: 6.0, three_one_apart: 8.2, three: 7.0 },
    Thresholds { values: 10, one_apart: 15.5, two: 5.6, three_one_apart: 7.3, three: 6.0 },
    Thresholds { values: 12, one_apart: 15.5, two: 5.0, three_one_apart: 6.3, three: 4.9 },
    Thresholds { values: 15, one_apart: 15.5, two: 4.6, three_one_apart: 6.3, three: 4.4 },
    Thresholds { values: 20, one_apart: 17.0, two: 4.2, three_one_apart: 6.5, three: 4.4 },
    Thresholds { values: 25, one_apart: 18.0, two: 4.5, three_one_apart: 6.5, three: 4.4 },
];

/// The best cut of sorted values into groups.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cut {
    /// Where each group but the first starts.
    pub(crate) starts: Vec<usize>,
    /// The narrowest gap between two groups.
    pub(crate) gap: f64,
    /// The standard deviation within groups, pooled.
    pub(crate) deviation: f64,
    /// The size of the smallest group.
    pub(crate) smallest: usize,
}

impl Cut {
    /// The narrowest gap in standard deviations; infinite if nothing scatters within groups.
    pub(crate) fn distance(&self) -> f64 {
        if self.gap > 0.0 { self.gap / self.deviation } else { 0.0 }
    }

    fn are_modes(&self, values: usize) -> bool {
        let thresholds = THRESHOLDS.iter().rev().find(|thresholds| thresholds.values <= values);
        let Some(thresholds) = thresholds else { return false };
        let least = match (self.starts.len(), self.smallest) {
            (1, 1) => thresholds.one_apart,
            (1, _) => thresholds.two,
            (_, 1) => thresholds.three_one_apart,
            (_, _) => thresholds.three,
        };
        self.gap > LEAST_GAP.ln_1p() && self.distance() > least
    }
}

/// The groups of `logarithms`, the lowest first, each as the places of its values; `None` if they are one group, or
/// fewer than [`FEWEST`].
///
/// The values are cut where the squares within groups add up to least, exactly, into two groups and then three. A cut
/// stands if its narrowest gap is wider than [`LEAST_GAP`] and than so many pooled standard deviations within groups.
pub fn modes(logarithms: &[f64]) -> Option<Vec<Vec<usize>>> {
    if logarithms.len() < FEWEST {
        return None;
    }
    let mut order: Vec<usize> = (0..logarithms.len()).collect();
    order.sort_by(|one, other| logarithms[*one].total_cmp(&logarithms[*other]));
    let sorted: Vec<f64> = order.iter().map(|place| logarithms[*place]).collect();
    let stands = |cut: &Cut| cut.are_modes(sorted.len());
    let cut = Some(cut_into_three(&sorted)).filter(stands).or_else(|| Some(cut_into_two(&sorted)).filter(stands))?;
    let mut groups = Vec::new();
    let mut first = 0;
    for end in cut.starts.iter().copied().chain([sorted.len()]) {
        groups.push(order[first..end].to_vec());
        first = end;
    }
    Some(groups)
}

/// Sums over the beginnings of sorted values, for the squares within any stretch of them.
struct Squares {
    sums: Vec<f64>,
    squares: Vec<f64>,
}

impl Squares {
    fn of(sorted: &[f64]) -> Squares {
        // Small numbers keep more digits.
        let origin = sorted[sorted.len() / 2];
        let (mut sums, mut squares) = (vec![0.0], vec![0.0]);
        for value in sorted {
            let value = value - origin;
            sums.push(sums[sums.len() - 1] + value);
            squares.push(squares[squares.len() - 1] + value * value);
        }
        Squares { sums, squares }
    }

    /// The squares of the distances from their mean of the values from `first` up to, not including, `end`.
    fn within(&self, first: usize, end: usize) -> f64 {
        let sum = self.sums[end] - self.sums[first];
        (self.squares[end] - self.squares[first] - sum * sum / (end - first) as f64).max(0.0)
    }
}

fn cut_at(sorted: &[f64], squares: &Squares, starts: Vec<usize>) -> Cut {
    let bounds: Vec<usize> = [0].into_iter().chain(starts.iter().copied()).chain([sorted.len()]).collect();
    let within: f64 = bounds.windows(2).map(|pair| squares.within(pair[0], pair[1])).sum();
    let gaps = starts.iter().map(|start| sorted[*start] - sorted[start - 1]);
    Cut {
        gap: gaps.fold(f64::INFINITY, f64::min),
        deviation: (within / (sorted.len() - starts.len() - 1) as f64).sqrt(),
        smallest: bounds.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap_or(0),
        starts,
    }
}

/// The best cut of at least three ascending values into two.
pub(crate) fn cut_into_two(sorted: &[f64]) -> Cut {
    let squares = Squares::of(sorted);
    let cost = |start: &usize| squares.within(0, *start) + squares.within(*start, sorted.len());
    let best = (1..sorted.len()).min_by(|one, other| cost(one).total_cmp(&cost(other))).unwrap_or(1);
    cut_at(sorted, &squares, vec![best])
}

/// The best cut of at least four ascending values into three.
pub(crate) fn cut_into_three(sorted: &[f64]) -> Cut {
    let squares = Squares::of(sorted);
    let cost = |(one, two): &(usize, usize)| {
        squares.within(0, *one) + squares.within(*one, *two) + squares.within(*two, sorted.len())
    };
    let cuts = (1..sorted.len() - 1).flat_map(|one| (one + 1..sorted.len()).map(move |two| (one, two)));
    let (one, two) = cuts.min_by(|one, other| cost(one).total_cmp(&cost(other))).unwrap_or((1, 2));
    cut_at(sorted, &squares, vec![one, two])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logarithms(times: &[f64]) -> Vec<f64> {
        times.iter().map(|time| time.ln()).collect()
    }

    #[test]
    fn one_process_apart_is_a_mode() {
        let found = modes(&logarithms(&[2.92, 2.92, 1.15, 2.92, 2.95])).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], [2]);
        let mut others = found[1].clone();
        others.sort_unstable();
        assert_eq!(others, [0, 1, 3, 4]);
        // Equal times but for one: nothing scatters within the groups.
        assert_eq!(modes(&logarithms(&[0.78, 0.78, 0.78, 0.78, 1.34])).unwrap()[1], [4]);
    }

    #[test]
    fn three_levels_are_three_modes() {
        let times = [1.0, 1.01, 1.3, 1.31, 1.7, 1.69, 1.0, 1.3, 1.7, 1.01];
        let found = modes(&logarithms(&times)).unwrap();
        assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [4, 3, 3]);
    }

    #[test]
    fn what_is_near_or_wide_is_one_group() {
        // Two levels 4 % apart, however narrow.
        assert_eq!(modes(&logarithms(&[1.0, 1.0, 1.0, 1.04, 1.04, 1.04])), None);
        assert_eq!(modes(&logarithms(&[1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6])), None);
        assert_eq!(modes(&logarithms(&[1.0, 1.0, 1.0, 9.0])), None, "too few");
        assert_eq!(modes(&[1.0; 8]), None);
    }
}
