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
    arguments.extend(["--iterations", "30", "--workloads", "fib,queens", "--no-doubling", "--out", &out]);
    let said = harness(&arguments).with_status(0);
    let steady = said.out.find("steady state").unwrap_or_else(|| panic!("{}", said.out));
    assert!(steady < said.out.find("workload").unwrap(), "steadiness comes before speed:\n{}", said.out);
    quieten(&scratch);
    scratch
}

/// Puts times into the run as a quiet machine would have measured them, so that no test depends on this one's noise.
fn quieten(scratch: &Scratch) {
    let file = scratch.path("out").join("iterations.csv");
    let mut reader = csv::Reader::from_path(&file).unwrap();
    let header = reader.headers().unwrap().clone();
    let of = |name: &str| header.iter().position(|column| column == name).unwrap();
    let (wall_ns, seq, iteration) = (of("wall_ns"), of("seq"), of("iteration"));
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let mut writer = csv::Writer::from_path(&file).unwrap();
    writer.write_record(&header).unwrap();
    for record in records {
        let mut cells: Vec<String> = record.iter().map(str::to_string).collect();
        let number = |place: usize| cells[place].parse::<u64>().unwrap();
        cells[wall_ns] = (1_000_000 + 997 * (7919 * number(seq) % 11) + 101 * (number(iteration) % 5)).to_string();
        writer.write_record(&cells).unwrap();
    }
    writer.flush().unwrap();
    harness(&["report", &scratch.out()]).with_status(0);
}

/// A copy of the run in the folder `name` in which every iteration took `factor` times as long.
fn copy(scratch: &Scratch, name: &str, factor: impl Fn(&str, &str) -> f64) -> String {
    let copy = scratch.path(name);
    fs::create_dir(&copy).unwrap();
    for file in ["plan.json", "environment.json", "invocations.csv"] {
        fs::copy(scratch.path("out").join(file), copy.join(file)).unwrap();
    }
    let mut reader = csv::Reader::from_path(scratch.path("out").join("iterations.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    let of = |name: &str| header.iter().position(|column| column == name).unwrap();
    let (wall_ns, engine, workload) = (of("wall_ns"), of("engine"), of("workload"));
    let mut writer = csv::Writer::from_path(copy.join("iterations.csv")).unwrap();
    writer.write_record(&header).unwrap();
    for record in reader.records() {
        let mut cells: Vec<String> = record.unwrap().iter().map(str::to_string).collect();
        let factor = factor(&cells[engine], &cells[workload]);
        cells[wall_ns] = format!("{:.0}", cells[wall_ns].parse::<f64>().unwrap() * factor);
        writer.write_record(&cells).unwrap();
    }
    writer.flush().unwrap();
    copy.to_str().unwrap().to_string()
}

/// A run of the yardsticks, which are controls, and of native, which is judged.
fn run_with_controls() -> Scratch {
    let scratch = Scratch::new();
    let out = scratch.out();
    let mut arguments = vec!["compare", "--engines", "none", "--yardsticks", "lua5.4,luajit,luajit-joff,native"];
    arguments.extend(["--invocations", "8", "--iterations", "4", "--workloads", "fib,queens", "--no-doubling"]);
    arguments.extend(["--out", &out]);
    harness(&arguments).with_status(0);
    quieten(&scratch);
    scratch
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn a_gate_holds_whatever_the_machine_does() {
    let scratch = run_with_controls();
    let out = scratch.out();
    let gate = |after: &str, more: &[&str]| harness(&[&["diff", &out, after, "--fail-on", "5"], more].concat());
    let said = gate(&out, &[]).with_status(0);
    assert!(said.out.contains("The gate lets this through at 5 %"), "{}", said.out);
    assert!(said.out.contains("Controls (lua5.4, luajit, luajit-joff)") && said.out.contains("+0.0 %"), "{}", said.out);
    // A machine that is ten times slower slows no contender down.
    let slow = copy(&scratch, "slow", |_, _| 10.0);
    let said = gate(&slow, &[]).with_status(0);
    assert!(said.out.contains("changed by +900.0 %") && !said.out.contains("REGRESSION"), "{}", said.out);
    // One that is ten times faster hides nothing.
    let hidden = copy(&scratch, "hidden", |engine, _| if engine == "native" { 5.0 } else { 0.1 });
    let said = gate(&hidden, &[]).with_status(3);
    assert!(said.out.contains("REGRESSION past 5 %: fib on native"), "{}", said.out);
    assert!(said.out.contains("REGRESSION past 5 %: queens on native"), "{}", said.out);
    // The other way round it is an improvement.
    let said = harness(&["diff", &hidden, &out, "--fail-on", "5"]).with_status(0);
    assert!(said.out.contains("faster"), "{}", said.out);
    // One workload is enough.
    let one =
        copy(&scratch, "one", |engine, workload| if (engine, workload) == ("native", "fib") { 50.0 } else { 1.0 });
    let said = gate(&one, &["--format", "json"]).with_status(3);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(json["status"], 3);
    let named: Vec<&str> = json["changes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|change| change["is_regression"] == true)
        .map(|change| change["workload"].as_str().unwrap())
        .collect();
    assert_eq!(named, ["fib"]);
    let said = gate(&one, &["--format", "markdown"]).with_status(3);
    assert!(said.out.starts_with("**The gate stops at 5 %"), "{}", said.out);
    assert!(said.out.contains("| fib | native | ") && said.out.contains("- REGRESSION past 5 %: fib on native"));
    // A history of the same folders marks the step.
    let said = harness(&["history", &out, &slow, &one]).with_status(0);
    let row = said.out.lines().find(|line| line.contains("fib on native")).unwrap();
    assert!(row.contains("first") && !said.out.contains("on lua5.4"), "{}", said.out);
    assert!(said.out.contains("slower"), "{}", said.out);
    let said = harness(&["history", &out, &one, "--format", "json"]).with_status(0);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        (json["runs"].as_array().unwrap().len(), &json["pairs"][0]["points"][1]["verdict"]),
        (2, &"slower".into())
    );
    let said = harness(&["history", &out, &one, "--format", "markdown"]).with_status(0);
    assert!(said.out.contains("| fib on native | first | "), "{}", said.out);
    harness(&["history", &out]).with_status(2);
}

#[test]
fn a_gate_that_cannot_tell_says_so() {
    // Native alone has no control.
    let scratch = run();
    let (out, slower) = (scratch.out(), copy(&scratch, "slower", |_, _| 10.0));
    let said = harness(&["diff", &out, &slower, "--fail-on", "5"]).with_status(4);
    assert!(said.out.contains("INCONCLUSIVE at 5 %: half of the pairs or more have no interval"), "{}", said.out);
    assert!(said.out.contains("No program is known to be the same in both runs"), "{}", said.out);
    assert!(said.out.contains("+900.0 %"), "what was measured is shown:\n{}", said.out);
    harness(&["diff", &out, &slower]).with_status(0);
    let said = harness(&["diff", &out, &out, "--fail-on", "0"]).with_status(2);
    assert!(said.err.contains("above 0"), "{}", said.err);
    let said = harness(&["diff", &out, &out, "--controls", "native"]).with_status(2);
    assert!(said.err.contains("'native' can be none: "), "{}", said.err);
    let said = harness(&["diff", &out, &out, "--map", "native"]).with_status(2);
    assert!(said.err.contains("expected OLD=NEW"), "{}", said.err);
}

#[test]
fn what_is_missing_does_not_pass() {
    let scratch = run();
    let out = scratch.out();
    let less = scratch.path("less").to_str().unwrap().to_string();
    let mut arguments = vec!["compare", "--engines", "none", "--yardsticks", "native", "--baseline", "native"];
    arguments.extend(["--preset", "standard", "--size", "test", "--retries", "0", "--invocations", "8"]);
    arguments.extend(["--iterations", "30", "--workloads", "fib", "--no-doubling", "--out", &less]);
    harness(&arguments).with_status(0);
    let said = harness(&["diff", &out, &less, "--fail-on", "5"]).with_status(3);
    assert!(said.out.contains("REGRESSION (missing): queens on native"), "{}", said.out);
    // Under another name nothing is missing, if one says so.
    let plan = fs::read_to_string(scratch.path("less").join("plan.json")).unwrap();
    fs::write(
        scratch.path("less").join("plan.json"),
        plan.replace("\"name\": \"native\"", "\"name\": \"mine\"")
            .replace("\"baseline\": \"native\"", "\"baseline\": \"mine\""),
    )
    .unwrap();
    for file in ["invocations.csv", "iterations.csv"] {
        let text = fs::read_to_string(scratch.path("less").join(file)).unwrap();
        let text = text.replace(",native,native,", ",mine,native,");
        fs::write(scratch.path("less").join(file), text).unwrap();
    }
    let said = harness(&["diff", &out, &less, "--fail-on", "5"]).with_status(3);
    assert!(said.out.contains("REGRESSION (missing): fib on native"), "{}", said.out);
    let said = harness(&["diff", &out, &less, "--fail-on", "5", "--map", "native=mine"]).with_status(3);
    assert!(!said.out.contains("(missing): fib"), "{}", said.out);
}

#[test]
fn unlike_runs_are_not_compared() {
    let scratch = run();
    let (out, other) = (scratch.out(), copy(&scratch, "other", |_, _| 1.0));
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
    assert!(page.contains("time to steady state") && page.contains("bootstrap_t"));
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
        let mut arguments =
            vec!["compare", "--engines", "none", "--yardsticks", "lua5.4,luajit-joff", "--yardstick", yardstick];
        arguments.extend(["--workloads", "sum_loop", "--invocations", "4", "--iterations", "2", "--out", &out]);
        harness(&arguments).with_status(0);
        out
    };
    let (fast, slow) = (program("fast", ""), program("slow", "debug.sethook(function() end, '', 1)"));
    let (before, after) = (run("before", &fast), run("after", &slow));
    let said = harness(&["diff", &before, &after, "--controls", "x"]).with_status(2);
    assert!(said.err.contains("'x' can be none: its program or its arguments are not the same"), "{}", said.err);
    let said = harness(&["diff", &before, &after, "--format", "json"]).with_status(0);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(json["controls"], serde_json::json!(["lua5.4", "luajit-joff"]));
    let change = json["changes"].as_array().unwrap().iter().find(|change| change["contender"] == "x").unwrap();
    assert!(change["is_control"] == false && change["ratio"]["centre"].as_f64().unwrap() > 1.5, "{change}");
}
