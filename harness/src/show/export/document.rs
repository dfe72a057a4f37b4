//! Everything that was computed, as one JSON document: plan and environment as they are, and the derived tables as lists of
//! objects with the columns of the CSV files.

use serde_json::{Value, json};

use crate::analyse::Analysis;
use crate::record::load::Recorded;

/// The document.
///
/// # Errors
/// If a row cannot be written as JSON.
pub fn export(recorded: &Recorded, analysis: &Analysis) -> anyhow::Result<String> {
    let times: Vec<Value> = super::processes(analysis)
        .map(|(workload, contender, process)| {
            json!({
                "engine": contender.name,
                "engine_config": contender.engine_config,
                "workload": workload.name,
                "invocation": process.invocation,
                "startup_ns": process.startup_ns,
                "first_used": process.first_used + 1,
                "wall_ns": process.wall_ns.iter().map(|time_ns| *time_ns as u64).collect::<Vec<u64>>(),
            })
        })
        .collect();
    let break_evens = analysis.break_evens();
    let document = json!({
        "plan": recorded.plan,
        "environment": recorded.environment,
        "remarks": recorded.remarks,
        "summary": analysis.summary(),
        "geometric_means": analysis.geometric_mean_rows(),
        "warm_up": analysis.warm_up_rows(),
        "break_even": analysis.break_even_rows(&break_evens),
        "processes": times,
    });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}
