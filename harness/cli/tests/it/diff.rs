//! `harness diff`: a run against itself, against a slower one, and against one that it cannot be compared with. And
//! what a run says of itself when it is analysed in full.

use std::fs;

use crate::tool::{Scratch, harness, rows};

/// A run of native alone, which every build has: eight processes of thirty short iterations, analysed in full.
fn run() -> Scratch {
    let scratch = Scratch::new();
    let out = scratch.out();
    let mut arguments = vec!["compare", "--engines", "none", "--yardsticks", "native", "--baseline", "native"];
    arguments.extend(["--preset", "standard", "--size", "test", "--retries", "0", "--invocations", "8"]);
    arguments.extend(["--iterations", "30", "--workloads", "fib,queens", "--out", &out]);
    let said = harness(&arguments).with_status(0);
    let steady = said.out.find("steady state").unwrap_or_else(|| panic!("{}", said.out));
    assert!(steady < said.out.find("workload").unwrap(), "steadiness comes before speed:\n{}", said.out);
    scratch
}

/// A copy of the run in which every iteration took `factor` times as long.
fn slower(scratch: &Scratch, factor: f64) -> String {
    let copy = scratch.path("slower");
    fs::create_dir(&copy).unwrap();
    for file in ["plan.json", "environment.json", "invocations.csv"] {
        fs::copy(scratch.path("out").join(file), copy.join(file)).unwrap();
    }
    let mut reader = csv::Reader::from_path(scratch.path("out").join("iterations.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    let wall_ns = header.iter().position(|column| column == "wall_ns").unwrap();
    let mut writer = csv::Writer::from_path(copy.join("iterations.csv")).unwrap();
    writer.write_record(&header).unwrap();
    for record in reader.records() {
        let mut cells: Vec<String> = record.unwrap().iter().map(str::to_string).collect();
        cells[wall_ns] = format!("{:.0}", cells[wall_ns].parse::<f64>().unwrap() * factor);
        writer.write_record(&cells).unwrap();
    }
    writer.flush().unwrap();
    copy.to_str().unwrap().to_string()
}

#[test]
fn a_gate_lets_equal_runs_through_and_stops_slower_ones() {
    let scratch = run();
    let (out, slower) = (scratch.out(), slower(&scratch, 10.0));
    let said = harness(&["diff", &out, &out, "--fail-on", "0"]).with_status(0);
    assert!(said.out.contains("+0.0 %") && !said.out.contains("REGRESSION"), "{}", said.out);
    let said = harness(&["diff", &out, &slower]).with_status(0);
    assert!(said.out.contains("+900.0 %"), "{}", said.out);
    let said = harness(&["diff", &out, &slower, "--fail-on", "5"]).with_status(3);
    assert!(said.out.contains("REGRESSION past 5 %: fib on native"), "{}", said.out);
    // The other way round it is an improvement.
    harness(&["diff", &slower, &out, "--fail-on", "5"]).with_status(0);
}

#[test]
fn unlike_runs_are_not_compared() {
    let scratch = run();
    let (out, other) = (scratch.out(), slower(&scratch, 1.0));
    let plan = fs::read_to_string(scratch.path("out").join("plan.json")).unwrap();
    let changed = plan.replacen("\"source_hash\": \"", "\"source_hash\": \"0", 1);
    assert_ne!(plan, changed);
    fs::write(format!("{other}/plan.json"), changed).unwrap();
    let said = harness(&["diff", &out, &other]).with_status(2);
    assert!(said.err.contains("cannot be compared:\n  source of the workload fib: "), "{}", said.err);
    assert_eq!(said.out, "");
    let said = harness(&["diff", &out, &scratch.path("nothing").to_string_lossy()]).with_status(2);
    assert!(said.err.contains("is no results folder"), "{}", said.err);
}

#[test]
fn a_full_analysis_leaves_classes_segments_and_methods() {
    let scratch = run();
    for row in rows(&scratch.path("out"), "summary.csv") {
        assert!(!row["class"].is_empty() && !row["class_at_1_percent"].is_empty(), "{row:?}");
        assert_eq!((row["interval"].as_str(), row["invocations"].as_str()), ("bootstrap_t", "8"));
    }
    let segments = rows(&scratch.path("out"), "segments.csv");
    let last: Vec<_> = segments.iter().filter(|row| row["last_iteration"] == "30").collect();
    assert_eq!(last.len(), 16, "every process of both pairs ends with a segment");
    let page = fs::read_to_string(scratch.path("out").join("report.html")).unwrap();
    assert!(page.contains("Steady state") && page.contains("bootstrap_t"));
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn another_program_under_the_same_name_and_version_is_no_control() {
    use std::os::unix::fs::PermissionsExt;

    let scratch = Scratch::new();
    let lua = harness::plan::yardsticks::built().iter().find(|yardstick| yardstick.name == "lua5.4").unwrap().path;
    let program = |name: &str, hook: &str| {
        let text = format!("{hook} local driver = table.remove(arg, 1) if driver ~= '-v' then dofile(driver) end");
        let wrapper = scratch.file(&format!("{name}.lua"), &text);
        let program = scratch.file(name, &format!("#!/bin/sh\nexec '{lua}' '{wrapper}' \"$@\"\n"));
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        format!("x={program}")
    };
    let run = |out: &str, yardstick: &str| {
        let out = scratch.path(out).to_str().unwrap().to_string();
        let mut arguments = vec!["compare", "--engines", "none", "--yardsticks", "lua5.4", "--yardstick", yardstick];
        arguments.extend(["--workloads", "sum_loop", "--invocations", "4", "--iterations", "2", "--out", &out]);
        harness(&arguments).with_status(0);
        out
    };
    let (fast, slow) = (program("fast", ""), program("slow", "debug.sethook(function() end, '', 1)"));
    let (before, after) = (run("before", &fast), run("after", &slow));
    let said = harness(&["diff", &before, &after, "--fail-on", "50"]).with_status(3);
    let row = said.out.lines().find(|line| line.contains("sum_loop") && line.contains(" x ")).unwrap();
    assert!(row.contains("slower") && !row.contains("the machine"), "{row}");
    assert!(said.out.contains("REGRESSION past 50 %: sum_loop on x"), "{}", said.out);
}
