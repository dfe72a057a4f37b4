//! The floor of a machine: the differences below which an A/A comparison says that nothing should be believed.
//!
//! Plain data that a plan carries: one run finds it ([`crate::analyse::self_check`]) and hands it to a later one
//! (`compare --floor`), which keeps it in its plan; who judges differences widens the band of "equivalent" to
//! [`Floor::relative`]. Knows no rows.

use serde::{Deserialize, Serialize};

use crate::plan::workload::Size;

/// The part of identical pairs that must differ by less than the floor.
pub const COVERED: f64 = 0.95;

/// What an A/A arm says of a machine. Field names are those of the file, and of `floor` in `plan.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Floor {
    /// The run that it is from.
    pub run_id: String,
    /// The processor of that run.
    pub cpu_model: Option<String>,
    /// The size of its workloads.
    pub size: Size,
    /// The relative difference below which 95 % of the identical pairs stay, the largest one of fewer than 20: 0.012
    /// is 1.2 %.
    pub relative: f64,
    /// Every identical pair that has a ratio.
    pub pairs: Vec<IdenticalPair>,
    /// Those whose processes fall into modes: a mean of them would say of the machine what is the program's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub with_modes: Vec<ModalPair>,
    /// Every pair with its slowed copy, if the run has a slowed arm.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slowed: Vec<SlowedPair>,
}

/// One workload on a contender and its twin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IdenticalPair {
    /// The contender.
    pub engine: String,
    /// Its configuration.
    pub engine_config: String,
    /// The workload.
    pub workload: String,
    /// Blocks that both have.
    pub blocks: u32,
    /// The time of the one by that of its twin: 1 but for error.
    pub ratio: f64,
    /// The ends of the ratio's raw 95 % interval, by Student's t; `None` of fewer than 3 blocks.
    pub interval: Option<(f64, f64)>,
    /// The standard deviation, over blocks, of the logarithm of the ratio in a block.
    pub log_deviation: Option<f64>,
}

/// One workload on a contender that, or whose copy, falls into modes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModalPair {
    /// The contender.
    pub engine: String,
    /// Its configuration.
    pub engine_config: String,
    /// The workload.
    pub workload: String,
}

/// One workload on a contender and its slowed copy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SlowedPair {
    /// The contender.
    pub engine: String,
    /// Its configuration.
    pub engine_config: String,
    /// The workload.
    pub workload: String,
    /// By how many percent the copy is slowed.
    pub percent: u32,
    /// The time of the slowed copy by that of the contender.
    pub ratio: f64,
    /// The ends of the ratio's raw 95 % interval; `None` of fewer than 3 blocks.
    pub interval: Option<(f64, f64)>,
    /// Whether the verdict on the copy, over all slowed pairs together, is "slower".
    pub is_found: bool,
    /// The standard deviation of the same contender's A/A pair; `None` if it did not finish.
    pub log_deviation: Option<f64>,
    /// The least slowdown, in percent, that as many blocks find in 80 of 100 runs, by that deviation.
    pub detectable_percent: Option<f64>,
}

/// The A/A deviation below which a slowed pair counts as one that must be found: 0.02 is 2 %.
const QUIET: f64 = 0.02;

impl SlowedPair {
    /// Whether its machine was quiet enough for it that a slowdown must be found.
    pub fn is_quiet(&self) -> bool {
        self.log_deviation.is_some_and(|deviation| deviation < QUIET)
    }
}

impl IdenticalPair {
    /// Whether its raw interval denies that the two are the same.
    pub fn excludes_one(&self) -> bool {
        self.interval.is_some_and(|(low, high)| low > 1.0 || high < 1.0)
    }

    /// By how much the two differ: 0.012 is 1.2 %, whichever is faster.
    pub fn relative_difference(&self) -> f64 {
        self.ratio.max(1.0 / self.ratio) - 1.0
    }
}

impl Floor {
    /// What the arm found, in sentences.
    pub fn findings(&self) -> Vec<String> {
        let excluded: Vec<&IdenticalPair> = self.pairs.iter().filter(|pair| pair.excludes_one()).collect();
        let mut findings = vec![format!(
            "A/A arm of {} identical pairs: {} raw 95 % intervals exclude 1 (about {:.1} would by chance); 95 % of the \
             pairs differ by at most {:.2} %, the floor.",
            self.pairs.len(),
            excluded.len(),
            (1.0 - COVERED) * self.pairs.len() as f64,
            self.relative * 100.0,
        )];
        for pair in excluded {
            let (low, high) = pair.interval.unwrap_or((pair.ratio, pair.ratio));
            let IdenticalPair { engine, workload, ratio, .. } = pair;
            findings.push(format!("A/A: {workload} on {engine} against itself: {ratio:.4} ({low:.4} to {high:.4})"));
        }
        if !self.with_modes.is_empty() {
            let named =
                self.with_modes.iter().map(|ModalPair { engine, workload, .. }| format!("{workload} on {engine}"));
            let named: Vec<String> = named.collect();
            findings
                .push(format!("A/A: no part of the floor, for their processes fall into modes: {}.", named.join(", ")));
        }
        findings.extend(self.slowed_finding());
        findings
    }

    /// How many of the slowdowns that were put there were found.
    fn slowed_finding(&self) -> Option<String> {
        let percent = self.slowed.first()?.percent;
        let (quiet, noisy): (Vec<_>, Vec<_>) = self.slowed.iter().partition(|pair| pair.is_quiet());
        let found = |pairs: &[&SlowedPair]| pairs.iter().filter(|pair| pair.is_found).count();
        let mut finding = format!(
            "Slowed arm: a slowdown of {percent} % is found in {} of {} pairs whose A/A standard deviation is under \
             {:.0} %",
            found(&quiet),
            quiet.len(),
            100.0 * QUIET,
        );
        if noisy.is_empty() {
            return Some(finding + ".");
        }
        finding.push_str(&format!(", and in {} of the {} others. What those could find:", found(&noisy), noisy.len()));
        let least = noisy.iter().map(|SlowedPair { engine, workload, detectable_percent, .. }| {
            let least = detectable_percent.map_or("nothing".to_string(), |percent| format!("{percent:.1} %"));
            format!("{workload} on {engine} {least}")
        });
        Some(format!("{finding} {}.", least.collect::<Vec<_>>().join("; ")))
    }
}
