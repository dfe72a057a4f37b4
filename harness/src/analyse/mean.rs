//! The geometric mean of a contender's speed-ups over several workloads, and what it is where some of them have no single
//! speed-up.

use crate::analyse::{Analysis, FEWEST_BLOCKS, Mode};
use crate::statistics::{Estimate, mean};

/// The geometric mean of speed-ups over several workloads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GeometricMean {
    /// The mean.
    pub value: MeanValue,
    /// Whether every pair that it is from is steady, the baseline's too.
    pub is_steady: bool,
}

/// What a mean of speed-ups is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MeanValue {
    /// One number.
    Estimate(Estimate),
    /// Some pairs have modes: the mean with each in its slowest mode, and with each in its fastest.
    Between {
        /// The lower end.
        slow: f64,
        /// The upper end.
        fast: f64,
    },
}

impl Analysis<'_> {
    /// The geometric mean of `contender`'s speed-ups over some workloads; `None` of one, and of the baseline. Its interval
    /// resamples blocks jointly: a block stands for one invocation of every pair in it.
    pub(super) fn geometric_mean(&self, contender: usize, workloads: &[usize]) -> Option<GeometricMean> {
        let baseline = self.baseline.filter(|baseline| contender != *baseline)?;
        let is_complete = workloads.iter().all(|workload| self.pairs[*workload][contender].is_ok());
        if workloads.len() < 2 || !is_complete {
            return None;
        }
        let is_stable = |workload: &usize| {
            let row = &self.pairs[*workload];
            !row[contender].is_unstable() && !row[baseline].is_unstable()
        };
        let is_steady = workloads.iter().all(is_stable);
        let has_modes = |workload: &usize| !self.pairs[*workload][contender].speedup_modes.is_empty();
        let value = if workloads.iter().any(has_modes) {
            self.between(contender, workloads)?
        } else {
            MeanValue::Estimate(self.by_block(contender, baseline, workloads)?)
        };
        Some(GeometricMean { value, is_steady })
    }

    fn by_block(&self, contender: usize, baseline: usize, workloads: &[usize]) -> Option<Estimate> {
        let by_block: Vec<f64> = (1..=self.plan.invocations)
            .filter_map(|block| {
                let difference = |workload: &usize| {
                    let row = &self.pairs[*workload];
                    row[contender].difference(&row[baseline], block)
                };
                let differences: Option<Vec<f64>> = workloads.iter().map(difference).collect();
                mean(&differences?)
            })
            .collect();
        let estimate = self.depth.estimate(&by_block, self.plan.seed)?;
        let interval = estimate.interval.filter(|_| by_block.len() >= FEWEST_BLOCKS);
        Some(Estimate { interval, ..estimate }.exp())
    }

    /// From every pair in its slowest mode to every pair in its fastest.
    fn between(&self, contender: usize, workloads: &[usize]) -> Option<MeanValue> {
        let ends = workloads.iter().map(|workload| {
            let pair = &self.pairs[*workload][contender];
            let end = |mode: Option<&Mode>| match mode {
                Some(mode) => Some(mode.value.ln()),
                None => Some(pair.speedup?.centre.ln()),
            };
            Some((end(pair.speedup_modes.first())?, end(pair.speedup_modes.last())?))
        });
        let ends: Vec<(f64, f64)> = ends.collect::<Option<_>>()?;
        let of = |side: fn(&(f64, f64)) -> f64| Some(mean(&ends.iter().map(side).collect::<Vec<f64>>())?.exp());
        Some(MeanValue::Between { slow: of(|ends| ends.0)?, fast: of(|ends| ends.1)? })
    }
}
