//! What is written of an analysis: the rows of `summary.csv` and `segments.csv`.

use super::pair::{Mode, Pair};
use super::process::Process;
use super::{Analysis, MeanValue};
use crate::plan::PlannedWorkload;
use crate::plan::contender::Contender;
use crate::record::outcome::Outcome;
use crate::record::rows::{GeometricMeanRow, SegmentRow, SummaryRow};
use crate::statistics::steady_state::Classification;

impl Analysis<'_> {
    /// The rows of `summary.csv`. A pair that never began has none.
    pub fn summary(&self) -> Vec<SummaryRow> {
        self.all_pairs()
            .filter_map(|(workload, contender, pair)| Some(self.summary_row(workload, contender, pair, pair.outcome?)))
            .collect()
    }

    fn summary_row(
        &self,
        workload: &PlannedWorkload,
        contender: &Contender,
        pair: &Pair,
        outcome: Outcome,
    ) -> SummaryRow {
        let whole = |time_ns: f64| time_ns.round() as u64;
        let time = pair.time_ns;
        let interval = time.and_then(|time| time.interval);
        let speedup = pair.speedup;
        let speedup_interval = speedup.and_then(|speedup| speedup.interval);
        let stability = pair.stability.as_ref();
        SummaryRow {
            run_id: self.plan.run_id.clone(),
            engine: contender.name.clone(),
            engine_id: contender.engine_id.clone(),
            build: contender.build.clone().unwrap_or_default(),
            engine_config: contender.engine_config.clone(),
            workload: workload.name.clone(),
            size: self.plan.size,
            invocations: pair.invocations,
            iterations: pair.iterations(),
            class: stability.map_or(String::new(), |stability| stability.consistency.name().to_string()),
            class_at_1_percent: stability
                .map_or(String::new(), |stability| stability.by_tolerance[0].name().to_string()),
            class_at_5_percent: stability
                .map_or(String::new(), |stability| stability.by_tolerance[2].name().to_string()),
            steady_processes: stability.map(|stability| stability.steady_processes as u32),
            steady_iteration: stability.and_then(|stability| stability.steady_iteration),
            median_ns: pair.median_ns.map(whole),
            mean_ns: time.map(|time| whole(time.centre)),
            ci_low_ns: interval.map(|interval| whole(interval.low)),
            ci_high_ns: interval.map(|interval| whole(interval.high)),
            baseline: self.plan.baseline.clone(),
            speedup: speedup.map(|speedup| rounded(speedup.centre)),
            speedup_ci_low: speedup_interval.map(|interval| rounded(interval.low)),
            speedup_ci_high: speedup_interval.map(|interval| rounded(interval.high)),
            interval: interval.map_or(String::new(), |interval| interval.method.name().to_string()),
            verdict: pair.verdict.map_or(String::new(), |verdict| verdict.name().to_string()),
            outcome,
            reason: pair.reason.clone(),
            modes: modes_text(&pair.time_modes, |time_ns| whole(time_ns).to_string()),
            speedup_modes: modes_text(&pair.speedup_modes, |speedup| format!("{:?}", rounded(speedup))),
        }
    }

    /// The rows of `geometric_means.csv`: of every contender that has one, over all common workloads and over each kind.
    pub fn geometric_mean_rows(&self) -> Vec<GeometricMeanRow> {
        let overall = ("", &self.common, &self.geometric_means);
        let groups = self.groups.iter().map(|group| (group.name.as_str(), &group.workloads, &group.means));
        let mut rows = Vec::new();
        for (group, workloads, means) in std::iter::once(overall).chain(groups) {
            for (contender, mean) in self.plan.contenders.iter().zip(means) {
                let Some(mean) = mean else { continue };
                let (estimate, ends) = match mean.value {
                    MeanValue::Estimate(estimate) => (Some(estimate), None),
                    MeanValue::Between { slow, fast } => (None, Some((slow, fast))),
                };
                let interval = estimate.and_then(|estimate| estimate.interval);
                rows.push(GeometricMeanRow {
                    run_id: self.plan.run_id.clone(),
                    engine: contender.name.clone(),
                    engine_id: contender.engine_id.clone(),
                    build: contender.build.clone().unwrap_or_default(),
                    engine_config: contender.engine_config.clone(),
                    size: self.plan.size,
                    group: group.to_string(),
                    workloads: workloads.len() as u32,
                    baseline: self.plan.baseline.clone().unwrap_or_default(),
                    speedup: estimate.map(|estimate| rounded(estimate.centre)),
                    speedup_ci_low: interval.map(|interval| rounded(interval.low)),
                    speedup_ci_high: interval.map(|interval| rounded(interval.high)),
                    interval: interval.map_or(String::new(), |interval| interval.method.name().to_string()),
                    speedup_slow: ends.map(|ends| rounded(ends.0)),
                    speedup_fast: ends.map(|ends| rounded(ends.1)),
                    steady: mean.is_steady,
                });
            }
        }
        rows
    }

    /// The rows of `segments.csv`: every segment of every process that was classified.
    pub fn segments(&self) -> Vec<SegmentRow> {
        let mut rows = Vec::new();
        for (workload, contender, pair) in self.all_pairs() {
            for process in &pair.processes {
                if let Some(found) = &process.classification {
                    rows.extend(self.segment_rows(workload, contender, process, found));
                }
            }
        }
        rows
    }

    fn segment_rows(
        &self,
        workload: &PlannedWorkload,
        contender: &Contender,
        process: &Process,
        found: &Classification,
    ) -> Vec<SegmentRow> {
        (1..)
            .zip(&found.segments)
            .map(|(number, segment)| SegmentRow {
                run_id: self.plan.run_id.clone(),
                engine: contender.name.clone(),
                engine_id: contender.engine_id.clone(),
                build: contender.build.clone().unwrap_or_default(),
                engine_config: contender.engine_config.clone(),
                workload: workload.name.clone(),
                size: self.plan.size,
                invocation: process.invocation,
                attempt: process.attempt,
                class: found.class.name().to_string(),
                steady_iteration: found.steady_start.map(|start| start as u32 + 1),
                still_compiling: found.is_still_compiling,
                outliers: found.outliers.len() as u32,
                segment: number,
                first_iteration: segment.first as u32 + 1,
                last_iteration: segment.last as u32 + 1,
                mean_ns: (segment.mean * 1e9).round() as u64,
                sd_ns: (segment.variance.sqrt() * 1e9).round() as u64,
            })
            .collect()
    }
}

/// `4:4.2 1:10.7`: how many processes, and their mean.
fn modes_text(modes: &[Mode], value: impl Fn(f64) -> String) -> String {
    let texts: Vec<String> = modes.iter().map(|mode| format!("{}:{}", mode.blocks.len(), value(mode.value))).collect();
    texts.join(" ")
}

/// Six decimals: past the precision of any interval, and short enough to read.
fn rounded(ratio: f64) -> f64 {
    (ratio * 1e6).round() / 1e6
}
