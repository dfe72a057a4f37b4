//! What a gate makes of two runs: the change of a cell with the machine's own change taken out by controls, how
//! surely that is a regression, and whether the two runs can tell at all.
//!
//! Works on logarithms of times, one for each block. The rules are argued for in `harness/METHODOLOGY.md`;
//! [`crate::statistics::simulation`] shows how often they err.

use std::collections::{BTreeMap, BTreeSet};

use crate::statistics::{
    CONFIDENCE, Distribution, FEWEST_FOR_INTERVAL, Studentised, mean, median, sample_variance, t_quantile,
};

/// How often a whole comparison of two runs may name a cell of which nothing has changed.
pub const FALSE_ALARMS: f64 = 0.05;

/// How often a cell that is slower by just the limit may be named. Whether anything has changed at all is for
/// [`FALSE_ALARMS`] to see to.
pub const AT_THE_LIMIT: f64 = 0.1;

/// The logarithm of one thing in the blocks of two runs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BeforeAfter {
    /// In the first run.
    pub before: Vec<f64>,
    /// In the second.
    pub after: Vec<f64>,
}

/// A mean's change with the part of its variance that is due to having so few blocks.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Shift {
    centre: f64,
    /// The variance of each run's mean, with its degrees of freedom.
    parts: [(f64, f64); 2],
}

impl BeforeAfter {
    /// `None` below [`FEWEST_FOR_INTERVAL`] blocks in either run.
    fn shift(&self) -> Option<Shift> {
        let part = |values: &[f64]| {
            let variance = sample_variance(values).filter(|_| values.len() >= FEWEST_FOR_INTERVAL)?;
            Some((variance / values.len() as f64, values.len() as f64 - 1.0))
        };
        Some(Shift {
            centre: mean(&self.after)? - mean(&self.before)?,
            parts: [part(&self.before)?, part(&self.after)?],
        })
    }
}

impl Shift {
    fn variance(&self) -> f64 {
        self.parts[0].0 + self.parts[1].0
    }
}

/// Cells further than so many robust standard deviations from what their workload and contender have in common are left
/// aside.
const OUTLYING: f64 = 3.0;

/// A standard deviation of normal numbers in medians of their sizes.
const NORMAL_DEVIATIONS: f64 = 1.4826;

/// Unless so many of the cells are alike, nothing is told by them.
const LEAST_ALIKE: f64 = 0.75;

/// What is left of the change of one cell.
#[derive(Clone, Copy)]
struct Left {
    row: usize,
    column: usize,
    value: f64,
    /// The variance of its own that its number of blocks explains.
    explained: f64,
}

/// How many numbers a fit of rows and columns takes out.
fn lines(cells: &[Left]) -> usize {
    let number = |of: fn(&Left) -> usize| cells.iter().map(of).collect::<BTreeSet<usize>>().len();
    (number(|cell| cell.row) + number(|cell| cell.column)).saturating_sub(1)
}

/// What is left of cells once the middle of each row and of each column is taken out, in turn, until they are about 0: with
/// the median Tukey's median polish, with the mean a least-squares fit.
fn polish(cells: &[Left], middle: fn(&[f64]) -> Option<f64>) -> Vec<Left> {
    const ROUNDS: usize = 20;
    let sides: [fn(&Left) -> usize; 2] = [|cell| cell.row, |cell| cell.column];
    let mut cells = cells.to_vec();
    for side in [sides; ROUNDS].into_iter().flatten() {
        let mut lines: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        for cell in &cells {
            lines.entry(side(cell)).or_default().push(cell.value);
        }
        let middles: BTreeMap<usize, f64> =
            lines.into_iter().filter_map(|(line, values)| Some((line, middle(&values)?))).collect();
        for cell in &mut cells {
            cell.value -= middles[&side(cell)];
        }
    }
    cells
}

/// By how much the change of one contender on one workload scatters from one run to another although nothing has
/// changed, beyond what the number of blocks explains: layout, and whatever else two processes of a run have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scatter {
    /// Its variance, of logarithms.
    pub variance: f64,
    /// The variance that it was found in, the share of the blocks included: what its own error comes from.
    observed: f64,
    /// The degrees of freedom of that.
    degrees: f64,
}

impl Scatter {
    /// From controls: for each workload of each control, in each block, the logarithm of its time less the mean over
    /// all controls of that workload. `None` if no workload has two controls with enough blocks.
    pub fn of_controls(workloads: &[Vec<BeforeAfter>]) -> Option<Scatter> {
        let (mut squares, mut explained, mut degrees) = (0.0, 0.0, 0.0);
        for controls in workloads {
            let shifts: Vec<Shift> = controls.iter().filter_map(BeforeAfter::shift).collect();
            if shifts.len() < 2 {
                continue;
            }
            let centre = shifts.iter().map(|shift| shift.centre).sum::<f64>() / shifts.len() as f64;
            squares += shifts.iter().map(|shift| (shift.centre - centre).powi(2)).sum::<f64>();
            explained += shifts.iter().map(Shift::variance).sum::<f64>();
            degrees += shifts.len() as f64 - 1.0;
        }
        (degrees > 0.0).then(|| Scatter {
            variance: ((squares - explained) / degrees).max(0.0),
            observed: squares / degrees,
            degrees,
        })
    }

    /// The same with what the judged contenders tell, where that is less. `cells` has the workload and the contender of
    /// each, by any numbers, and its blocks over `controls` controls as [`change`] takes them.
    ///
    /// What is common to a workload or to a contender is taken out by medians, and cells that stand out of the rest are left
    /// aside: these may have changed. What is left is scatter, and whatever else has changed in it only adds. So it is
    /// believed only if with it there is less scatter than without.
    pub fn with_contenders(self, cells: &[(usize, usize, BeforeAfter)], controls: usize) -> Scatter {
        let own = controls as f64 / (controls as f64 + 1.0);
        let shifts = cells.iter().filter_map(|(row, column, cell)| Some((*row, *column, cell.shift()?)));
        let all: Vec<Left> = shifts
            .map(|(row, column, shift)| Left { row, column, value: shift.centre, explained: own * shift.variance() })
            .collect();
        let rough = polish(&all, median);
        let Some(typical) = median(&rough.iter().map(|cell| cell.value.abs()).collect::<Vec<f64>>()) else {
            return self;
        };
        // As many middles as were taken out are missing from what is left.
        let lost = (all.len() as f64 / all.len().saturating_sub(lines(&all)).max(1) as f64).sqrt();
        let reach = OUTLYING * NORMAL_DEVIATIONS * typical * lost;
        let stay = all.iter().zip(&rough).filter(|(_, rough)| rough.value.abs() <= reach).map(|(cell, _)| *cell);
        let stay: Vec<Left> = stay.collect();
        let fitted = lines(&stay);
        if stay.len() <= fitted || (stay.len() as f64) < LEAST_ALIKE * all.len() as f64 {
            return self;
        }
        let left = polish(&stay, mean);
        let degrees = (left.len() - fitted) as f64;
        let observed = left.iter().map(|cell| cell.value.powi(2)).sum::<f64>() / degrees;
        let explained = left.iter().map(|cell| cell.explained).sum::<f64>() / left.len() as f64;
        let all = self.degrees + degrees;
        let pooled = |own: f64, others: f64| (self.degrees * own + degrees * others) / all;
        let variance = pooled(self.variance, (observed - explained).max(0.0));
        if variance >= self.variance {
            return self;
        }
        Scatter { variance, observed: pooled(self.observed, observed), degrees: all }
    }

    /// From the floor of an A/A arm, the part that `pairs` identical pairs of one run stay below with [`CONFIDENCE`]: that
    /// is so many standard deviations of a difference of two equal contenders.
    pub fn of_floor(floor: f64, pairs: usize) -> Option<Scatter> {
        let degrees = u32::try_from(pairs).ok().filter(|pairs| *pairs > 0)?;
        // A change is the difference of two such differences, and a contender's share of that is half.
        let variance = (floor.ln_1p() / t_quantile(CONFIDENCE, degrees)).powi(2);
        Some(Scatter { variance, observed: variance, degrees: f64::from(degrees) })
    }

    /// The standard deviation.
    pub fn deviation(&self) -> f64 {
        self.variance.sqrt()
    }
}

/// The change of a cell from one run to the other: positive is slower. `over_controls` is the logarithm of its time less
/// the mean of that of `controls` controls in the same block. The scatter of the cell itself and that of the controls
/// are added to the variance of Welch's t; degrees of freedom are those of Satterthwaite. `None` with too few blocks.
pub fn change(over_controls: &BeforeAfter, controls: usize, scatter: Scatter) -> Option<Studentised> {
    let shift = over_controls.shift().filter(|_| controls > 0)?;
    let share = 1.0 + 1.0 / controls as f64;
    let variance = shift.variance() + share * scatter.variance;
    let uncertain = |(variance, degrees): (f64, f64)| variance * variance / degrees;
    let parts = shift.parts.into_iter().chain([(share * scatter.observed, scatter.degrees)]);
    let degrees = variance * variance / parts.map(uncertain).sum::<f64>();
    // Without any scatter there is nothing to divide by, and the interval is the point whatever the degrees.
    let degrees = if degrees.is_finite() { degrees.max(1.0) as u32 } else { 1 };
    Some(Studentised { centre: shift.centre, error: variance.sqrt(), distribution: Distribution::Student(degrees) })
}

/// The probability of a change as large as this or larger if the truth were `limit`, of logarithms.
fn p_beyond(change: &Studentised, limit: f64) -> f64 {
    let past = Studentised { centre: change.centre - limit, ..change.clone() };
    if past.centre > 0.0 { past.p_value(0.0) / 2.0 } else { 1.0 }
}

/// Which cells are slower by more than `limit`, of logarithms: those that are slower at all, by Holm's procedure over
/// all cells together (at most [`FALSE_ALARMS`] of comparisons of unchanged runs name any), and of these those whose
/// change is past the limit at [`AT_THE_LIMIT`]. A cell without a change is none of them.
pub fn regressions(changes: &[Option<Studentised>], limit: f64) -> Vec<bool> {
    let mut order: Vec<(f64, usize)> = changes
        .iter()
        .enumerate()
        .filter_map(|(place, change)| Some((p_beyond(change.as_ref()?, 0.0), place)))
        .collect();
    order.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut is_regression = vec![false; changes.len()];
    for (rank, (p_value, place)) in order.iter().enumerate() {
        if *p_value > FALSE_ALARMS / (order.len() - rank) as f64 {
            break;
        }
        is_regression[*place] = changes[*place].as_ref().is_some_and(|change| p_beyond(change, limit) <= AT_THE_LIMIT);
    }
    is_regression
}

/// The middle half width of the cells' intervals, of logarithms; infinite if half of them have none. `None` of nothing.
pub fn middle_half_width(changes: &[Option<Studentised>]) -> Option<f64> {
    let half_width = |change: &Option<Studentised>| {
        let interval = change.as_ref().map(Studentised::interval);
        interval.map_or(f64::INFINITY, |interval| (interval.high - interval.low) / 2.0)
    };
    let mut widths: Vec<f64> = changes.iter().map(half_width).collect();
    widths.sort_unstable_by(f64::total_cmp);
    widths.get(widths.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(before: &[f64], after: &[f64]) -> BeforeAfter {
        BeforeAfter { before: before.to_vec(), after: after.to_vec() }
    }

    fn quiet(centre: f64, error: f64) -> Option<Studentised> {
        Some(Studentised { centre, error, distribution: Distribution::Student(30) })
    }

    #[test]
    fn the_scatter_of_controls_is_what_blocks_do_not_explain() {
        let still = both(&[0.0; 4], &[0.0; 4]);
        let moved = |by: f64| both(&[0.0; 4], &[by; 4]);
        // Around their mean of 0.01 the two lie 0.01 either way: one degree of freedom.
        let scatter = Scatter::of_controls(&[vec![still.clone(), moved(0.02)]]).unwrap();
        assert!((scatter.variance - 2e-4).abs() < 1e-12 && scatter.degrees == 1.0, "{scatter:?}");
        // What the blocks scatter by themselves is no scatter between runs.
        let noisy = both(&[-0.02, 0.02, -0.02, 0.02], &[-0.01, 0.03, -0.01, 0.03]);
        let scatter = Scatter::of_controls(&[vec![noisy.clone(), noisy]]).unwrap();
        assert_eq!(scatter.variance, 0.0);
        assert!(Scatter::of_controls(&[vec![still.clone()]]).is_none());
        assert!(Scatter::of_controls(&[vec![still, both(&[0.0; 2], &[0.0; 2])]]).is_none());
    }

    #[test]
    fn contenders_tell_of_scatter_where_they_scatter_less() {
        // Four contenders on six workloads: what a workload has in common, what a contender has, and about 0.001.
        let cell = |workload: usize, contender: usize| {
            let scatter = [1.0, -0.7, 0.4, -1.1, 0.8][(workload * 7 + contender * 3 + workload * contender) % 5];
            let change = 0.1 * workload as f64 + 0.5 * contender as f64 + 0.001 * scatter;
            (workload, contender, both(&[0.0; 4], &[change; 4]))
        };
        let cells = || -> Vec<(usize, usize, BeforeAfter)> {
            (0..6).flat_map(|workload| (0..4).map(move |contender| cell(workload, contender))).collect()
        };
        let wide = Scatter { variance: 1e-4, observed: 1e-4, degrees: 5.0 };
        let found = wide.with_contenders(&cells(), 2);
        // 24 cells less 6 workloads and 4 contenders: 15 degrees of freedom.
        assert_eq!(found.degrees, 20.0);
        assert!(found.variance > 2.5e-5 && found.variance < 2.6e-5, "{found:?}");
        // One that has changed is left aside.
        let mut changed = cells();
        changed[7].2 = both(&[0.0; 4], &[2.0; 4]);
        let without = wide.with_contenders(&changed, 2);
        assert!((15.0..20.0).contains(&without.degrees) && without.variance < 3.5e-5, "{without:?}");
        // Less scatter than the controls have is believed, more is not.
        let narrow = Scatter { variance: 1e-8, observed: 1e-8, degrees: 5.0 };
        assert_eq!(narrow.with_contenders(&cells(), 2), narrow);
        // Of one contender nothing is left.
        assert_eq!(wide.with_contenders(&cells()[..1], 2), wide);
        assert_eq!(wide.with_contenders(&[], 2), wide);
    }

    #[test]
    fn the_floor_of_an_arm_stands_in_for_controls() {
        let scatter = Scatter::of_floor(0.02, 40).unwrap();
        assert!((scatter.deviation() - 0.0098).abs() < 2e-4, "{scatter:?}");
        assert!(Scatter::of_floor(0.02, 0).is_none());
    }

    #[test]
    fn a_change_has_the_scatter_of_both_sides() {
        let series = both(&[0.0; 10], &[0.1; 10]);
        let scatter = Scatter { variance: 1e-4, observed: 1e-4, degrees: 20.0 };
        let of_three = change(&series, 3, scatter).unwrap();
        assert!((of_three.centre - 0.1).abs() < 1e-12 && (of_three.error.powi(2) - 1e-4 * 4.0 / 3.0).abs() < 1e-12);
        assert_eq!(of_three.distribution, Distribution::Student(20));
        assert!((change(&series, 1, scatter).unwrap().error.powi(2) - 2e-4).abs() < 1e-12);
        assert!(change(&series, 0, scatter).is_none());
        assert!(change(&both(&[0.0; 2], &[0.0; 9]), 2, scatter).is_none());
    }

    #[test]
    fn a_regression_is_slower_in_all_and_past_the_limit() {
        let limit = 1.05f64.ln();
        let mut changes = vec![quiet(0.0, 0.01); 38];
        changes.extend([quiet(0.1, 0.01), None, quiet(-0.2, 0.01)]);
        assert_eq!(regressions(&changes, limit).iter().position(|yes| *yes), Some(38));
        assert_eq!(regressions(&changes, limit).iter().filter(|yes| **yes).count(), 1);
        // Slower, but not surely past the limit.
        changes[38] = quiet(0.06, 0.01);
        assert!(!regressions(&changes, limit).contains(&true) && regressions(&changes, 0.01).contains(&true));
        // One cell alone would be believed, one of 40 is not.
        assert_eq!(regressions(&[quiet(0.02, 0.01)], 0.0), [true]);
        changes[38] = quiet(0.02, 0.01);
        assert!(!regressions(&changes, 0.0).contains(&true));
    }

    #[test]
    fn the_middle_interval_decides_whether_runs_can_tell() {
        let width = middle_half_width(&[quiet(0.0, 0.01), quiet(0.5, 0.02), None]).unwrap();
        assert!((width - 0.02 * t_quantile(CONFIDENCE, 30)).abs() < 1e-9);
        assert_eq!(middle_half_width(&[quiet(0.0, 0.01), None]), Some(f64::INFINITY));
        assert_eq!(middle_half_width(&[]), None);
    }
}
