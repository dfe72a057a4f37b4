//! The export of hyperfine (`--export-json`): one result for each pair, its runs the iterations that count of all processes, in
//! seconds. Its scripts then draw whiskers, histograms and progressions of them.

use serde_json::json;

use super::Exported;
use crate::analyse::Analysis;
use crate::statistics::{mean, median, sample_variance};

/// The document.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn export(analysis: &Analysis) -> anyhow::Result<Exported> {
    let mut results = Vec::new();
    let mut failed = 0;
    for (workload, contender, pair) in analysis.all_pairs() {
        let times_s: Vec<f64> =
            pair.processes.iter().flat_map(|process| process.used_ns()).map(|time_ns| time_ns * 1e-9).collect();
        let Some((centre, middle)) = mean(&times_s).zip(median(&times_s)) else {
            failed += usize::from(pair.outcome.is_some_and(|outcome| outcome.is_failure()));
            continue;
        };
        results.push(json!({
            "command": super::command(workload, contender),
            "mean": centre,
            "stddev": sample_variance(&times_s).map(f64::sqrt),
            "median": middle,
            // Of single iterations nobody knows it.
            "user": 0.0,
            "system": 0.0,
            "min": times_s.iter().copied().fold(f64::INFINITY, f64::min),
            "max": times_s.iter().copied().fold(0.0, f64::max),
            "exit_codes": vec![0; times_s.len()],
            "times": times_s,
            "parameters": { "workload": workload.name, "contender": contender.label() },
        }));
    }
    let mut remarks = vec![
        "hyperfine has one list of runs for each command: which process an iteration is of is lost, and so is what its \
         statistics would need"
            .to_string(),
    ];
    if failed > 0 {
        remarks.push(format!("pairs that failed are left out: {failed}"));
    }
    Ok(Exported { text: serde_json::to_string_pretty(&json!({ "results": results }))? + "\n", remarks })
}
