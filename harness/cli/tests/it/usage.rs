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
    refused(&["compare", "--set", "no-such=on"], &["unknown knob 'no-such'", "known:"]);
    refused(&["compare", "--baseline", "lua4"], &["unknown baseline 'lua4'", "known:", "native"]);
    refused(&["compare", "--preset", "reckless"], &["reckless", "quick, standard, careful"]);
    refused(&["run", "x.lua", "--engine", "bytecode-wm"], &["unknown engine 'bytecode-wm'", "known:"]);
    refused(&["measure"], &["measure"]);
}

#[test]
fn advice_names_the_program_as_it_was_started() {
    let scratch = Scratch::new();
    let program = scratch.path("my-engine");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_harness"), &program).unwrap();
    let said = |arguments: &[&str]| {
        let output = std::process::Command::new(&program).args(arguments).output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    for (arguments, part) in [
        (&["compare", "--engines", "none", "--yardsticks", "none"][..], "see 'my-engine list engines'"),
        (&["--help"], "my-engine compare --engines all"),
        (&["run", "--help"], "my-engine run --engine ENGINE"),
        (&["dump", "--help"], "my-engine dump program.lua"),
        (&["serve", "--help"], "my-engine serve --port 0"),
    ] {
        let text = said(arguments);
        assert!(text.contains(part) && !text.contains("harness "), "{text}");
    }
}

#[test]
fn missing_and_useless_files_are_named() {
    let scratch = Scratch::new();
    for arguments in [
        &["compare", "--workloads", "no/such.lua"][..],
        &["check", "--workloads", "no/such.lua"],
        &["compare", "--yardsticks", "mine=no/such.lua"],
        &["classify", "no/such.lua"],
        &["report", "no/such.lua"],
        &["validate", "no/such.lua"],
        &["diff", "no/such.lua", "no/such.lua"],
    ] {
        let said = harness(arguments).with_status(2);
        assert!(said.err.contains("'no/such.lua'"), "{}", said.err);
        // The system's words, without the number that Rust puts behind them.
        assert!(!said.err.contains("os error"), "{}", said.err);
    }
    let broken = scratch.file("broken.lua", "-- title: x\n-- test: 22\nreturn 1\n");
    refused(&["check", "--workloads", &broken], &["broken.lua: line 2: expected 'n=NUMBER"]);
    let small = scratch.file("small.lua", "-- test: n=1 result=1\nreturn function() return '1' end\n");
    refused(&["compare", "--size", "large", "--workloads", &small], &["small", "-- large: n=..."]);
    refused(&["report", &scratch.out()], &["is no results folder"]);
}

#[test]
fn a_line_that_only_looks_like_one_of_a_header_is_remarked_on() {
    let scratch = Scratch::new();
    let text = "-- groop: loops\n-- test: n=1 result=1\n\n-- bench: n=2\nreturn function() return '1' end\n";
    let file = scratch.file("slip.lua", text);
    let said = harness(&["check", "--engines", "none", "--yardsticks", "native", "--workloads", &file]);
    for part in ["slip.lua: line 1: 'groop' is no key", "slip.lua: line 4: 'bench' stands behind a blank line"] {
        assert!(said.err.contains(part), "{}", said.err);
    }
}

#[test]
fn an_empty_plan_says_what_is_missing() {
    refused(&["compare", "--engines", "none", "--yardsticks", "none"], &["nothing to run: no contender"]);
    refused(&["compare", "--workloads", ","], &["--workloads ',' has an empty name"]);
    refused(&["compare", "--invocations", "0"], &["nothing to run: 0 invocations"]);
    refused(&["compare", "--iterations", "0"], &["--iterations"]);
}

#[test]
fn sloppy_lists_are_refused() {
    for (option, list, part) in [
        ("--engines", "", "has an empty name"),
        ("--yardsticks", "", "has an empty name"),
        ("--workloads", "", "has an empty name"),
        ("--workloads", "fib,,sieve", "has an empty name"),
        ("--workloads", "fib,fib", "has 'fib' twice"),
        ("--yardsticks", "native,native", "has 'native' twice"),
        ("--yardsticks", "=/bin/sh", "no usable name"),
        ("--yardsticks", "my lua=/bin/sh", "no usable name"),
        ("--yardsticks", "mine=", "cannot find the interpreter"),
    ] {
        refused(&["compare", option, list], &[part]);
        refused(&["check", option, list], &[part]);
    }
    if let Some(engine) = registry::engines().first() {
        let id = engine.info().id;
        refused(&["compare", "--engines", &format!("{id},{id}")], &["twice"]);
        let setting = format!("{id}:gc-every=1");
        refused(&["compare", "--engines", "none", "--set", &setting], &["is for an engine that is not selected"]);
    }
}

#[test]
fn measures_that_make_no_sense_are_refused() {
    for (option, value, part) in [
        ("--budget", "soon", "expected a time as 90s, 10m or 1.5h"),
        ("--budget", "-1s", "expected a time"),
        ("--budget", "0.001s", "the budget of 1 s is too small"),
        ("--pin", "left", "expected auto, off or the number of a processor"),
        ("--pin", "100000", "processor 100000 is not for this process"),
        ("--retries", "-1", "--retries"),
        ("--time-limit", "0", "expected a positive number of seconds"),
    ] {
        let option = format!("{option}={value}");
        refused(&["compare", "--engines", "none", "--yardsticks", "native", "--workloads", "fib", &option], &[part]);
    }
    refused(&["compare", "--resume"], &["--out"]);
    refused(&["compare", "--resume", "--out", "x", "--seed", "1"], &["--resume", "--seed"]);
    refused(&["compare", "--resume", "--out", "no/such/folder"], &["is no results folder"]);
    refused(&["run", "x.lua", "--max-memory", "0"], &["--max-memory"]);
    refused(&["run", "x.lua", "--log-level", "loud"], &["--log-level", "trace"]);
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
fn a_place_for_results_that_cannot_be_written_to_is_named_at_once() {
    let scratch = Scratch::new();
    let file = scratch.file("file", "");
    let too_long = scratch.path(&"x".repeat(300));
    for out in [&format!("{file}/out"), "/proc/out", too_long.to_str().unwrap()] {
        let arguments = ["compare", "--engines", "none", "--yardsticks", "native", "--workloads", "fib", "--out", out];
        refused(&arguments, &[&format!("cannot make the output folder '{out}': "), "--out"]);
        let said = harness(&arguments);
        assert!(!said.err.contains("processes"), "{}", said.err);
    }
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
