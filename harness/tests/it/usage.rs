//! Requests that make no sense: exit status 2, and a message that says what would.

use crate::tool::{Scratch, harness};

/// Checks that `arguments` are refused with all of `parts` in the message.
#[track_caller]
fn refused(arguments: &[&str], parts: &[&str]) {
    let said = harness(arguments).with_status(2);
    for part in parts {
        assert!(said.err.contains(part), "'{part}' is not in: {}", said.err);
    }
    assert_eq!(said.out, "");
}

#[test]
fn unknown_names_are_refused_with_the_known_ones() {
    refused(&["compare", "--engines", "bytecode-wm"], &["unknown engine 'bytecode-wm'", "known:"]);
    refused(&["check", "--engines", "bytecode-wm"], &["unknown engine 'bytecode-wm'", "known:"]);
    refused(&["compare", "--workloads", "fob"], &["unknown workload 'fob'", "known:", "fib"]);
    refused(&["compare", "--yardsticks", "lua4"], &["unknown yardstick 'lua4'", "known:", "native"]);
    refused(&["compare", "--set", "inlining=on"], &["unknown knob 'inlining'", "known:"]);
    refused(&["compare", "--baseline", "lua4"], &["unknown baseline 'lua4'", "known:", "native"]);
    refused(&["compare", "--preset", "reckless"], &["reckless", "quick, standard, careful"]);
    refused(&["run", "x.lua", "--engine", "bytecode-wm"], &["unknown engine 'bytecode-wm'", "known:"]);
    refused(&["measure"], &["measure"]);
}

#[test]
fn missing_and_useless_files_are_named() {
    let scratch = Scratch::new();
    refused(&["compare", "--workloads", "no/such.lua"], &["cannot read 'no/such.lua'", "No such file"]);
    let broken = scratch.file("broken.lua", "-- title: x\n-- test: 22\nreturn 1\n");
    refused(&["check", "--workloads", &broken], &["broken.lua: line 2: expected 'n=NUMBER"]);
    let small = scratch.file("small.lua", "-- test: n=1 result=1\nreturn function() return '1' end\n");
    refused(&["compare", "--size", "large", "--workloads", &small], &["small", "-- large: n=..."]);
    refused(&["report", &scratch.out()], &["is no results folder"]);
}

#[test]
fn an_empty_plan_says_what_is_missing() {
    refused(&["compare", "--engines", "none", "--yardsticks", "none"], &["nothing to run: no contender"]);
    refused(&["compare", "--workloads", ","], &["nothing to run: no workload"]);
    refused(&["compare", "--invocations", "0"], &["nothing to run: 0 invocations"]);
    refused(&["compare", "--iterations", "0"], &["--iterations"]);
}

#[test]
fn a_results_folder_is_never_written_twice() {
    let scratch = Scratch::new();
    std::fs::create_dir(scratch.path("out")).unwrap();
    let out = scratch.out();
    let arguments = ["compare", "--engines", "none", "--yardsticks", "native", "--workloads", "fib", "--out", &out];
    refused(&arguments, &["the output folder", "exists", "--out"]);
    assert_eq!(std::fs::read_dir(scratch.path("out")).unwrap().count(), 0);
}

#[test]
fn lists_are_complete_in_both_formats() {
    for what in ["engines", "workloads", "knobs", "yardsticks"] {
        let json = harness(&["list", what, "--format", "json"]).with_status(0).out;
        let rows: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
        let table = harness(&["list", what]).with_status(0).out;
        for row in rows {
            // The first column is the name.
            let name = row.as_object().unwrap().values().next().unwrap().as_str().unwrap();
            assert!(table.contains(name), "{name} is not in the table of {what}");
        }
    }
    let workloads = harness(&["list", "workloads"]).out;
    assert!(workloads.contains("fib") && !workloads.contains("driver"));
}
