//! What may be said of a difference: faster, slower, equivalent, or nothing yet; over many cells at once.
//!
//! Works on logarithms of ratios, one number for each process or each pair of processes. The rules are argued for in
//! `harness/METHODOLOGY.md`; [`crate::statistics`] has the intervals, [`crate::statistics::variance`] says what more processes
//! would bring.

use crate::statistics::{Estimate, Studentised, mean};

/// Differences up to this part are of no interest: two contenders whose interval stays inside it are equivalent.
pub const EQUIVALENT: f64 = 0.02;

/// Of the differences that are called faster or slower, the part that may be due to chance.
pub const FALSE_DISCOVERY_RATE: f64 = 0.05;

/// What may be said of a contender against the one that it is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is faster.
    Faster,
    /// It is slower.
    Slower,
    /// If they differ, then by no more than the band.
    Equivalent,
    /// Neither was shown.
    Inconclusive,
}

impl Verdict {
    /// The name in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Faster => "faster",
            Verdict::Slower => "slower",
            Verdict::Equivalent => "equivalent",
            Verdict::Inconclusive => "inconclusive",
        }
    }
}

/// The logarithm of a speed-up: positive is faster.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The mean of the logarithms.
    pub centre: f64,
    /// With the distribution around it; `None` if there are too few processes for one.
    pub studentised: Option<Studentised>,
}

impl Comparison {
    /// From one logarithm for each block; `None` of nothing.
    pub fn paired(logarithms: &[f64], seed: u64) -> Option<Comparison> {
        Some(Comparison { centre: mean(logarithms)?, studentised: Studentised::mean(logarithms, seed) })
    }

    /// From logarithms of times before and after that have no blocks in common; `None` without either.
    pub fn unpaired(before: &[f64], after: &[f64], seed: u64) -> Option<Comparison> {
        let centre = mean(before)? - mean(after)?;
        Some(Comparison { centre, studentised: Studentised::difference(before, after, seed) })
    }

    /// The logarithm with its interval.
    pub fn estimate(&self) -> Estimate {
        self.studentised.as_ref().map_or(Estimate { centre: self.centre, interval: None }, Studentised::estimate)
    }

    /// The speed-up with its interval.
    pub fn speedup(&self) -> Estimate {
        self.estimate().exp()
    }
}

/// The verdicts on `cells` that are read together. `floor` is by what part two runs of the same thing can differ on
/// this machine, 0 if that was not measured: no smaller difference is called faster or slower, and a larger one than
/// [`EQUIVALENT`] takes its place as the band of equivalence.
///
/// A cell is *equivalent* if its interval lies in the band; that is the two one-sided tests, at half of their usual
/// level. Otherwise it is *faster* or *slower* if "the difference is within the floor" is refuted, by the procedure
/// of Benjamini and Hochberg over all cells at [`FALSE_DISCOVERY_RATE`]. A cell without an interval is inconclusive.
pub fn verdicts(cells: &[&Comparison], floor: f64) -> Vec<Verdict> {
    let band = EQUIVALENT.max(floor).ln_1p();
    let reach = floor.ln_1p();
    let p_values: Vec<f64> =
        cells.iter().map(|cell| cell.studentised.as_ref().map_or(1.0, |cell| cell.p_value(reach))).collect();
    let discoveries = discoveries(&p_values, FALSE_DISCOVERY_RATE);
    let verdict = |cell: &Comparison, is_discovery: bool| {
        let Some(interval) = cell.estimate().interval else { return Verdict::Inconclusive };
        if -band <= interval.low && interval.high <= band {
            Verdict::Equivalent
        } else if !is_discovery {
            Verdict::Inconclusive
        } else if cell.centre > 0.0 {
            Verdict::Faster
        } else {
            Verdict::Slower
        }
    };
    cells.iter().zip(discoveries).map(|(cell, is_discovery)| verdict(cell, is_discovery)).collect()
}

/// Which hypotheses are refuted so that at most `rate` of those are refuted by chance, on average: all up to the
/// largest rank `k` of `m` with a p-value of at most `k / m * rate` (Benjamini and Hochberg, "Controlling the False
/// Discovery Rate", 1995).
pub fn discoveries(p_values: &[f64], rate: f64) -> Vec<bool> {
    let mut sorted = p_values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let bound = |rank: usize| rate * rank as f64 / sorted.len() as f64;
    let largest = (1..=sorted.len()).rev().map(|rank| (rank, sorted[rank - 1])).find(|(rank, p)| *p <= bound(*rank));
    p_values.iter().map(|p| largest.is_some_and(|(_, threshold)| *p <= threshold)).collect()
}

#[cfg(test)]
mod tests;
