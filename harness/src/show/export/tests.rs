//! What other tools read, read back.

use serde_json::Value;

use super::*;
use crate::record::outcome::Outcome;
use crate::record::rows::example;
use crate::record::warmup_csv;

fn recorded() -> Recorded {
    let plan = example::plan(3);
    example::recorded(&plan, |cell, block| match (cell.contender, cell.workload) {
        (1, 1) => (Outcome::Crash, Vec::new()),
        _ => (Outcome::Ok, (0..3 + u64::from(block)).map(|place| 1_000_000 + place).collect()),
    })
}

#[test]
fn warmup_stats_has_equal_lengths_and_crashes() {
    let recorded = recorded();
    let exported = export(Format::WarmupStats, &recorded, &Analysis::new(&recorded)).unwrap();
    assert_eq!(
        exported.remarks,
        ["warmup_stats wants equal lengths: 8 processes cut to the 4 iterations of the shortest"]
    );
    let benchmarks = warmup_csv::read(&exported.text).unwrap();
    let names: Vec<&str> = benchmarks.iter().map(|benchmark| benchmark.name.as_str()).collect();
    assert_eq!(names, ["one on base", "one on fast", "one on native", "two on base", "two on fast"]);
    assert_eq!(
        benchmarks[0].processes[2],
        warmup_csv::Process::Ran(vec![0.001, 0.001000001, 0.001000002, 0.001000003])
    );
    assert_eq!(benchmarks[4].processes, vec![warmup_csv::Process::Crashed; 3]);
}

#[test]
fn hyperfine_has_every_iteration_that_counts() {
    let recorded = recorded();
    let exported = export(Format::Hyperfine, &recorded, &Analysis::new(&recorded)).unwrap();
    let document: Value = serde_json::from_str(&exported.text).unwrap();
    let results = document["results"].as_array().unwrap();
    assert_eq!(results.len(), 4);
    // The last halves of 4, 5 and 6.
    assert_eq!(results[0]["times"].as_array().unwrap().len(), 2 + 3 + 3);
    assert_eq!(results[0]["command"], "one on base");
    assert!(exported.remarks.iter().any(|remark| remark.ends_with("left out: 1")), "{:?}", exported.remarks);
}

#[test]
fn rebench_has_a_line_for_each_iteration() {
    let recorded = recorded();
    let text = export(Format::Rebench, &recorded, &Analysis::new(&recorded)).unwrap().text;
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines.len(), 1 + 4 * (4 + 5 + 6));
    assert!(lines.iter().all(|line| line.split('\t').count() == 15));
}

#[test]
fn json_has_the_rows_of_the_files() {
    let recorded = recorded();
    let text = export(Format::Json, &recorded, &Analysis::new(&recorded)).unwrap().text;
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["summary"].as_array().unwrap().len(), 6);
    assert_eq!(document["processes"][0]["wall_ns"][0], 1_000_000);
}

#[test]
fn a_trace_needs_events_and_latex_is_escaped() {
    let mut recorded = recorded();
    recorded.plan.workloads[0].name = "with_line".to_string();
    let analysis = Analysis::new(&recorded);
    let problem = export(Format::ChromeTrace, &recorded, &analysis).unwrap_err().to_string();
    assert!(problem.contains("--events"), "{problem}");
    let text = export(Format::Latex, &recorded, &analysis).unwrap().text;
    assert!(text.contains("with\\_line & ") && text.contains("Rust \\\\\n") && text.contains("\\bottomrule"), "{text}");
}
