//! The data file of ReBench: one line for each iteration, in milliseconds, behind comments that say what was run. The engine
//! is the executor, the size the suite.

use std::fmt::Write;

use serde_json::json;

use crate::analyse::Analysis;

const HEADER: &str = "invocation\titeration\tvalue\tunit\tcriterion\tbenchmark\texecutor\tsuite\textraArgs\tcores\tinputSize\tvarValue\ttag\tmachine\trunId";

/// The file.
///
/// # Errors
/// Those of writing text; there are none.
pub fn export(analysis: &Analysis) -> anyhow::Result<String> {
    let plan = analysis.plan;
    let suite = plan.size.name();
    let mut text = format!("#!harness compare\n# Execution Start: {}\n", plan.created_utc);
    let with_times: Vec<_> = analysis.all_pairs().filter(|(_, _, pair)| !pair.processes.is_empty()).collect();
    for (id, (workload, contender, _)) in with_times.iter().enumerate() {
        let details = json!({ "invocations": plan.invocations, "iterations": plan.iterations.maximum });
        let executor = json!({
            "name": contender.label(), "executable": contender.name, "action": "benchmark", "runDetails": details, "variables": {},
        });
        let benchmark = json!({
            "name": workload.name,
            "command": workload.name,
            "runDetails": details,
            "suite": { "name": suite, "command": "%(benchmark)s", "executor": executor },
            "variables": {},
        });
        let run = json!({ "benchmark_id": id, "cmdline": super::command(workload, contender) });
        writeln!(text, "# benchmark: {id}={benchmark}\n# run_id: {id}={run}")?;
    }
    writeln!(text, "{HEADER}")?;
    for (id, (workload, contender, pair)) in with_times.iter().enumerate() {
        for process in &pair.processes {
            for (iteration, time_ns) in (1..).zip(&process.wall_ns) {
                let (name, executor, time_ms) = (&workload.name, contender.label(), time_ns * 1e-6);
                writeln!(
                    text,
                    "{}\t{iteration}\t{time_ms:.6}\tms\ttotal\t{name}\t{executor}\t{suite}\t\t\t\t\t\t\t{id}",
                    process.invocation
                )?;
            }
        }
    }
    Ok(text)
}
