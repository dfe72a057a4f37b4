//! Anybody's program as a workload: arguments, results of any kind, output that differs, files that fail.

use std::collections::HashMap;
use std::fs;

use harness::record::rows::{InvocationRow, IterationRow, Row, SummaryRow};

use crate::tool::{Said, Scratch, command, harness, rows};

/// One engine of ours, the one that compiles if any does.
fn engine() -> &'static str {
    registry::engines().last().map_or("none", |engine| engine.info().id)
}

/// The yardsticks that this build has, so that the tests run without them too.
fn yardsticks() -> &'static str {
    if cfg!(yardsticks) { "lua5.4,luajit" } else { "none" }
}

/// Compares our engine and the yardsticks: two processes of two iterations.
fn compare(scratch: &Scratch, more: &[&str]) -> Said {
    let out = scratch.out();
    let mut arguments = vec!["compare", "--engines", engine(), "--yardsticks", yardsticks(), "--out", &out];
    arguments.extend(["--invocations", "2", "--iterations", "2", "--baseline", engine()]);
    arguments.extend(more);
    harness(&arguments)
}

/// How each pair ended, by workload and contender.
fn outcomes(scratch: &Scratch) -> HashMap<(String, String), HashMap<String, String>> {
    let summary = rows(&scratch.path("out"), SummaryRow::FILE);
    summary.into_iter().map(|row| ((row["workload"].clone(), row["engine"].clone()), row)).collect()
}

/// Checks that every contender gave `result` in every iteration.
#[track_caller]
fn all_gave(scratch: &Scratch, result: &str) {
    let iterations = rows(&scratch.path("out"), IterationRow::FILE);
    assert!(!iterations.is_empty());
    for row in iterations {
        assert_eq!((row["checksum"].as_str(), row["valid"].as_str()), (result, "ok"), "{}", row["engine"]);
    }
}

fn has_contenders() -> bool {
    engine() != "none"
}

#[test]
fn arguments_reach_every_contender() {
    if !has_contenders() {
        return;
    }
    let scratch = Scratch::new();
    let text = "print(#arg, arg[1], arg[2], select('#', ...), (...), arg[0]:match('[^/]*$'))\n";
    let file = scratch.file("args.lua", text);
    compare(&scratch, &["--workloads", &file, "--", "one", "--two x"]).with_status(0);
    all_gave(&scratch, "2\tone\t--two x\t2\tone\targs.lua\\n");
    let plan = fs::read_to_string(scratch.path("out").join("plan.json")).unwrap();
    assert!(plan.contains("\"--two x\""), "{plan}");
    // A file that is named by an argument can be read, on every contender.
    let scratch = Scratch::new();
    let input = scratch.file("input.txt", "12 words\nand more");
    let file = scratch
        .file("reads.lua", "print(io.open(arg[1]):read('*a'):upper()) for l in io.lines(arg[1]) do print(l) end");
    compare(&scratch, &["--workloads", &file, "--", &input]).with_status(0);
    all_gave(&scratch, "12 WORDS\\nAND MORE\\n12 words\\nand more\\n");
    harness(&["check", "--engines", engine(), "--yardsticks", "none", "--workloads", &file, "--", &input])
        .with_status(0);
}

#[test]
fn a_function_without_a_header_is_told_its_n() {
    if !has_contenders() {
        return;
    }
    let scratch = Scratch::new();
    let file = scratch.file("f.lua", "return function(n) return n * 2 end\n");
    let said = compare(&scratch, &["--workloads", &file]).with_status(1);
    for contender in [engine()].into_iter().chain(yardsticks().split(',').filter(|name| *name != "none")) {
        let part =
            format!("f on {contender}: error: the chunk returns a function of n, and nothing says which n: give");
        assert!(said.out.contains(&part), "{}", said.out);
    }
    let scratch = Scratch::new();
    let file = scratch.file("f.lua", "return function(n) return n * 2 end\n");
    compare(&scratch, &["--workloads", &file, "--n", "100"]).with_status(0);
    // Numbers are results too, by tostring.
    all_gave(&scratch, "200");
    assert!(rows(&scratch.path("out"), IterationRow::FILE).iter().all(|row| row["param"] == "100"));
    // A header's results are for its own n only.
    let scratch = Scratch::new();
    compare(&scratch, &["--workloads", "fib", "--n", "10"]).with_status(0);
    all_gave(&scratch, "55");
}

#[test]
fn what_has_no_text_is_no_result() {
    if !has_contenders() {
        return;
    }
    for (value, result) in [("true", Some("true")), ("nil", Some("nil")), ("0.1", Some("0.1")), ("{}", None)] {
        let scratch = Scratch::new();
        let file = scratch.file("f.lua", &format!("return function(n) return {value} end\n"));
        let said = compare(&scratch, &["--workloads", &file, "--n", "1"]);
        match result {
            Some(result) => all_gave(&scratch, result),
            None => assert!(said.with_status(1).out.contains("the workload returned a table: return a string")),
        }
    }
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn whole_floats_are_the_same_by_value_against_another_lua_only() {
    if !has_contenders() {
        return;
    }
    let scratch = Scratch::new();
    let file = scratch.file("floats.lua", "print(675022500 / 1, 2^53)\n");
    let said = compare(&scratch, &["--workloads", &file]).with_status(0);
    assert!(said.out.contains("By value: luajit."), "{}", said.out);
    let iterations = rows(&scratch.path("out"), IterationRow::FILE);
    assert!(iterations.iter().all(|row| row["valid"] == if row["engine"] == "luajit" { "value" } else { "ok" }));
    harness(&["validate", &scratch.out()]).with_status(0);
    // An engine of ours is held to the letter.
    let scratch = Scratch::new();
    let text = "-- test: n=1 result=3\nreturn function(n) return 3.0 end\n";
    let file = scratch.file("exact.lua", text);
    let said = compare(&scratch, &["--workloads", &file]).with_status(1);
    assert!(said.out.contains(&format!("exact on {}: WRONG: returned '3.0', expected '3' (header)", engine())));
    assert_eq!(outcomes(&scratch)[&("exact".to_string(), "luajit".to_string())]["outcome"], "ok");
    // Unless the user says otherwise, and then everybody is told.
    for (expect, part) in
        [("values", "by the values of their numbers (--expect values)"), ("none", "not checked (--expect none)")]
    {
        let scratch = Scratch::new();
        let file = scratch.file("exact.lua", text);
        let said = compare(&scratch, &["--workloads", &file, "--expect", expect]).with_status(0);
        assert!(said.out.contains(part), "{}", said.out);
        let page = fs::read_to_string(scratch.path("out").join("report.html")).unwrap();
        assert!(page.contains(part));
        harness(&["validate", &scratch.out()]).with_status(0);
    }
}

#[test]
fn lines_that_differ_each_time_can_be_left_out() {
    if !has_contenders() {
        return;
    }
    let scratch = Scratch::new();
    let file = scratch.file(
        "timed.lua",
        "print('sum', 7)\nprint('time: ' .. {})\nprint('end')\n".replace("{}", "tostring({})").as_str(),
    );
    let said = compare(&scratch, &["--workloads", &file]).with_status(1);
    assert!(said.out.contains("WRONG: line 2 is 'time: table: "), "{}", said.out);
    assert!(said.out.contains("--ignore-lines"), "{}", said.out);
    let said = harness(&["check", "--engines", engine(), "--yardsticks", "none", "--workloads", &file]).with_status(1);
    assert!(said.out.contains("--ignore-lines"), "{}", said.out);
    let scratch = Scratch::new();
    let file = scratch.file("timed.lua", "print('sum', 7)\nprint('time: ' .. tostring({}))\nprint('end')\n");
    let said = compare(&scratch, &["--workloads", &file, "--ignore-lines", "^time: "]).with_status(0);
    assert!(said.out.contains("'^time: '"), "{}", said.out);
    all_gave(&scratch, "sum\t7\\nend\\n");
    harness(&["validate", &scratch.out()]).with_status(0);
    let said = compare(&scratch, &["--workloads", &file, "--ignore-lines", "("]).with_status(2);
    assert!(said.err.contains("--ignore-lines '(' is no regular expression"), "{}", said.err);
}

#[test]
fn fresh_processes_have_one_iteration_each() {
    if !has_contenders() {
        return;
    }
    let scratch = Scratch::new();
    let out = scratch.out();
    let file = scratch.file("counts.lua", "runs = (runs or 0) + 1 print(runs)\n");
    let arguments = ["compare", "--engines", engine(), "--yardsticks", "none", "--workloads", &file, "--fresh"];
    let said = harness(&[&arguments[..], &["--out", &out]].concat()).with_status(0);
    assert!(said.out.contains("cold: one iteration in each process"), "{}", said.out);
    let iterations = rows(&scratch.path("out"), IterationRow::FILE);
    assert_eq!(iterations.len(), 10);
    all_gave(&scratch, "1\\n");
    assert_eq!(rows(&scratch.path("out"), InvocationRow::FILE).len(), 10);
    harness(&["validate", &out]).with_status(0);
    let said = harness(&["compare", "--fresh", "--iterations", "3"]).with_status(2);
    assert!(said.err.contains("--iterations"), "{}", said.err);
}

#[test]
fn a_bad_file_is_a_row_and_ends_nothing_else() {
    if !has_contenders() {
        return;
    }
    let scratch = Scratch::new();
    let good = scratch.file("good.lua", "print('fine')\n");
    let bad = [
        ("error", "error('boom')\n", "boom"),
        ("syntax", "this is no Lua\n", "near"),
        ("endless", "while true do end\n", "no answer within 0.5 s (--time-limit)"),
        ("reads", "local line = io.read() print(line)\n", "the program reads standard input, which it does not have"),
        ("stdin", "pcall(function() return io.stdin:read('n') end) print(1)\n", "the program reads standard input"),
        ("lines", "for line in io.lines() do print(line) end print(2)\n", "the program reads standard input"),
        ("exits", "os.exit(0)\n", "exit status 0 before the end"),
        ("header", "-- test: n=x result=3\nreturn function(n) return n end\n", "line 1: 'x' is no whole number"),
        ("lacking", "-- bench: n=3\nreturn function(n) return n end\n", "the header has no line '-- test: n=...'"),
    ];
    let files: Vec<String> = bad.iter().map(|(name, text, _)| scratch.file(&format!("{name}.lua"), text)).collect();
    let mut arguments = vec!["--workloads", &good];
    arguments.extend(files.iter().map(String::as_str));
    arguments.extend(["--time-limit", "0.5"]);
    let said = compare(&scratch, &arguments).with_status(1);
    let outcomes = outcomes(&scratch);
    let contenders: Vec<&str> =
        [engine()].into_iter().chain(yardsticks().split(',').filter(|name| *name != "none")).collect();
    for contender in contenders {
        assert_eq!(outcomes[&("good".to_string(), contender.to_string())]["outcome"], "ok");
        for (name, _, reason) in bad {
            let row = &outcomes[&(name.to_string(), contender.to_string())];
            assert_ne!(row["outcome"], "ok", "{name} on {contender}");
            assert!(row["reason"].contains(reason), "{name} on {contender}: {}", row["reason"]);
            assert!(!row["reason"].contains("driver.lua"), "{}", row["reason"]);
            // What is wrong with the file itself is said once.
            let subject = if row["outcome"] == "bad_header" { String::new() } else { format!(" on {contender}") };
            assert!(said.out.contains(&format!("{name}{subject}: ")), "{}", said.out);
        }
    }
    harness(&["validate", &scratch.out()]).with_status(0);
    let header = scratch.path("header.lua").to_str().unwrap().to_string();
    let arguments = ["check", "--engines", engine(), "--yardsticks", "none", "--workloads", &good, &header];
    let said = harness(&arguments).with_status(1);
    assert!(said.out.contains("header: bad header: header.lua: line 1: 'x' is no whole number"), "{}", said.out);
    assert!(said.out.lines().any(|line| line.contains("good") && line.contains("ok")), "{}", said.out);
}

#[test]
fn workloads_are_files_names_patterns_and_groups() {
    let scratch = Scratch::new();
    let out = scratch.out();
    fs::create_dir_all(scratch.path("other")).unwrap();
    let odd = scratch.file("a, b c.lua", "print(1)\n");
    let (one, two) = (scratch.file("same.lua", "print(1)\n"), scratch.file("other/same.lua", "print(2)\n"));
    let mut arguments = vec!["compare", "--engines", engine(), "--yardsticks", "native", "--invocations", "1"];
    arguments.extend(["--iterations", "1", "--workloads", "group:calls,fi*", "--workloads", &odd, &one, &two]);
    arguments.extend(["--out", &out]);
    let said = harness(&arguments);
    if has_contenders() {
        said.with_status(0);
        let plan: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(scratch.path("out").join("plan.json")).unwrap()).unwrap();
        let names: Vec<&str> =
            plan["workloads"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert!(names.contains(&"fib") && names.contains(&"a, b c"), "{names:?}");
        assert!(names.contains(&"other/same") && names.iter().any(|name| name.ends_with("/same")), "{names:?}");
        assert_eq!(names.iter().filter(|name| name.ends_with("same")).count(), 2, "{names:?}");
        assert_eq!(fs::read_dir(scratch.path("out").join("sources")).unwrap().count(), names.len());
        harness(&["validate", &out]).with_status(0);
        harness(&["report", &out]).with_status(0);
    }
    for (value, part) in [
        ("no*such", "no workload is called like 'no*such'"),
        ("group:none", "unknown group of workloads 'none'"),
        ("fib,fib", "has 'fib' twice"),
    ] {
        let said = harness(&["compare", "--workloads", value]).with_status(2);
        assert!(said.err.contains(part), "{}", said.err);
    }
}

#[test]
fn the_folder_where_one_stands_hides_nothing() {
    if !has_contenders() {
        return;
    }
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("workloads")).unwrap();
    scratch.file("workloads/fib.lua", "print('mine')\n");
    let run = |workload: &str| {
        let arguments = ["check", "--engines", engine(), "--yardsticks", yardsticks(), "--workloads", workload];
        let output = command(&arguments).current_dir(scratch.path("")).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    };
    run("fib");
    run("workloads/fib.lua");
}
