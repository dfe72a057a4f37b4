//! `harness validate`: what is wrong with a folder is named, and nothing is computed from it.

use std::fs;

use crate::tool::{Scratch, harness};

fn small_run() -> Scratch {
    let scratch = Scratch::new();
    let out = scratch.out();
    let mut arguments = vec!["compare", "--engines", "none", "--yardsticks", "native", "--baseline", "native"];
    arguments.extend(["--workloads", "fib", "--invocations", "3", "--iterations", "2", "--out", &out]);
    harness(&arguments).with_status(0);
    scratch
}

/// Changes the lines of one file of a small run.
fn run_with(file: &str, change: impl Fn(&mut Vec<String>)) -> Scratch {
    let scratch = small_run();
    let path = scratch.path("out").join(file);
    let mut lines: Vec<String> = fs::read_to_string(&path).unwrap().lines().map(str::to_string).collect();
    change(&mut lines);
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    scratch
}

#[test]
fn a_whole_run_holds_together() {
    let scratch = small_run();
    let said = harness(&["validate", &scratch.out()]).with_status(0);
    assert_eq!(said.out, format!("{} holds together: 3 processes, 6 iterations\n", scratch.out()));
}

#[test]
fn lost_and_doubled_rows_are_named_and_not_reported() {
    for (file, change, part) in [
        ("invocations.csv", (|lines| drop(lines.remove(2))) as fn(&mut Vec<String>), "is missing"),
        ("invocations.csv", |lines| lines.push(lines[2].clone()), "is there already, in line 3"),
        ("iterations.csv", |lines| drop(lines.remove(3)), "iterations.csv line 4: iteration 2 stands where 1"),
        ("iterations.csv", |lines| lines.swap(1, 2), "iterations.csv line 2: iteration 2 stands where 1"),
        ("iterations.csv", |lines| drop(lines.pop()), "1 iteration is recorded of 2"),
    ] {
        let scratch = run_with(file, change);
        let said = harness(&["validate", &scratch.out()]).with_status(1);
        assert!(said.out.contains("wrong: ") && said.out.contains(part), "{}", said.out);
        let said = harness(&["report", &scratch.out()]).with_status(1);
        assert!(said.err.contains("does not hold together") && said.err.contains(part), "{}", said.err);
        assert_eq!(said.out, "");
    }
}

#[test]
fn a_file_that_is_no_table_is_named() {
    let scratch = run_with("iterations.csv", |lines| lines[0] = lines[0].replace("wall_ns", "time"));
    let said = harness(&["validate", &scratch.out()]).with_status(1);
    assert!(said.err.contains("the column 'time' is unknown or out of place"), "{}", said.err);
    let scratch = run_with("plan.json", |lines| drop(lines.pop()));
    let said = harness(&["validate", &scratch.out()]).with_status(1);
    assert!(said.err.contains("plan.json' is damaged"), "{}", said.err);
}

#[test]
fn a_summary_of_other_rows_is_noticed() {
    let scratch = run_with("summary.csv", |lines| lines[1].push('x'));
    let said = harness(&["validate", &scratch.out()]).with_status(0);
    assert!(said.out.contains("note: summary.csv is not what the rows give now"), "{}", said.out);
    harness(&["report", &scratch.out()]).with_status(0);
    let said = harness(&["validate", &scratch.out()]).with_status(0);
    assert!(!said.out.contains("note:"), "{}", said.out);
}
