//! `harness compare` and `harness check` from end to end: what is recorded, and what becomes of programs that fail.

use std::fs;
use std::path::Path;

use harness::record::rows::{InvocationRow, IterationRow, Row, SummaryRow};

use crate::tool::{Said, Scratch, command, harness, rows};

/// Compares PUC Lua and LuaJIT on one file: two processes of two iterations.
fn compare_file(scratch: &Scratch, file: &str, more: &[&str]) -> Said {
    let out = scratch.out();
    let mut arguments = vec!["compare", "--engines", "none", "--yardsticks", "lua5.4,luajit", "--workloads", file];
    arguments.extend(["--invocations", "2", "--iterations", "2", "--out", &out]);
    arguments.extend(more);
    harness(&arguments)
}

/// The summary of one contender.
fn summary_of(scratch: &Scratch, engine: &str) -> std::collections::HashMap<String, String> {
    let summary = rows(&scratch.path("out"), SummaryRow::FILE);
    summary.into_iter().find(|row| row["engine"] == engine).unwrap()
}

fn header(folder: &Path, file: &str) -> String {
    fs::read_to_string(folder.join(file)).unwrap().lines().next().unwrap().to_string()
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn a_comparison_leaves_everything_it_measured() {
    let scratch = Scratch::new();
    let out = scratch.out();
    let said = harness(&[
        "compare",
        "--engines",
        "none",
        "--yardsticks",
        "lua5.4,native",
        "--workloads",
        "fib,sum_loop",
        "--invocations",
        "3",
        "--iterations",
        "3",
        "--seed",
        "7",
        "--out",
        &out,
    ])
    .with_status(0);
    assert!(said.err.contains("2 contenders x 2 workloads (size test) x 3 invocations: 12 processes"), "{}", said.err);
    assert!(said.out.contains("geometric mean") && said.out.contains("Lua 5.4.9"), "{}", said.out);
    assert!(said.out.contains("warm, not proven steady"), "{}", said.out);
    let folder = scratch.path("out");
    assert_eq!(header(&folder, IterationRow::FILE), IterationRow::COLUMNS.join(","));
    assert_eq!(header(&folder, InvocationRow::FILE), InvocationRow::COLUMNS.join(","));
    assert_eq!(header(&folder, SummaryRow::FILE), SummaryRow::COLUMNS.join(","));
    let iterations = rows(&folder, IterationRow::FILE);
    let invocations = rows(&folder, InvocationRow::FILE);
    assert_eq!((iterations.len(), invocations.len()), (12 * 3, 12));
    assert!(iterations.iter().all(|row| row["valid"] == "ok" && row["wall_ns"].parse::<u64>().unwrap() > 0));
    assert!(invocations.iter().all(|row| row["exit_kind"] == "ok" && !row["max_rss_bytes"].is_empty()));
    let summary = rows(&folder, SummaryRow::FILE);
    assert_eq!(summary.len(), 4);
    assert!(summary.iter().all(|row| row["speedup"].parse::<f64>().unwrap() > 0.0 && !row["ci_low_ns"].is_empty()));
    assert!(summary.iter().all(|row| row["interval"] == "student_t" && row["class"].is_empty()));
    assert!(rows(&folder, "segments.csv").is_empty(), "a first look has no classes");
    for file in ["plan.json", "environment.json", "speedup.svg", "speedup.png", "summary.md", "report.html"] {
        assert!(fs::metadata(folder.join(file)).unwrap().len() > 200, "{file}");
    }
    assert_eq!(fs::read_dir(folder.join("sources")).unwrap().count(), 2);
}

#[test]
fn the_seed_decides_the_order() {
    let order = |seed: &str| {
        let scratch = Scratch::new();
        let out = scratch.out();
        harness(&[
            "compare",
            "--engines",
            "none",
            "--yardsticks",
            "native",
            "--workloads",
            "fib,sum_loop,sieve,nbody,queens",
            "--invocations",
            "3",
            "--iterations",
            "1",
            "--seed",
            seed,
            "--out",
            &out,
        ])
        .with_status(0);
        let rows = rows(&scratch.path("out"), InvocationRow::FILE);
        rows.iter().map(|row| row["workload"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(order("1"), order("1"));
    assert_ne!(order("1"), order("2"));
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn a_wrong_result_is_no_time() {
    let scratch = Scratch::new();
    // Right on PUC Lua, wrong on LuaJIT.
    let text = "-- test: n=1 result=Lua 5.4\nreturn function(n) return _VERSION end\n";
    let file = scratch.file("version.lua", text);
    let said = compare_file(&scratch, &file, &[]).with_status(1);
    assert!(said.out.contains("WRONG"), "{}", said.out);
    assert!(said.out.contains("version on luajit: WRONG: returned 'Lua 5.1', expected 'Lua 5.4' (header)"));
    let wrong = summary_of(&scratch, "luajit");
    assert_eq!(
        (wrong["outcome"].as_str(), wrong["speedup"].as_str(), wrong["mean_ns"].as_str()),
        ("wrong_result", "", "")
    );
    assert_eq!(summary_of(&scratch, "lua5.4")["outcome"], "ok");
    let iterations = rows(&scratch.path("out"), IterationRow::FILE);
    let recorded: Vec<&str> =
        iterations.iter().filter(|row| row["engine"] == "luajit").map(|row| row["valid"].as_str()).collect();
    // What was measured stays on record, and a pair that failed is not run again.
    assert_eq!(recorded, ["wrong", "wrong"]);
    harness(&["check", "--engines", "none", "--yardsticks", "luajit", "--workloads", &file]).with_status(1);
    harness(&["check", "--engines", "none", "--yardsticks", "lua5.4", "--workloads", &file]).with_status(0);
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn a_program_without_a_function_is_measured_by_its_output() {
    let scratch = Scratch::new();
    let file = scratch.file("hello.lua", "local t = {}\nfor i = 1, 100 do t[i] = i end\nprint('sum', #t)\nprint(2)\n");
    compare_file(&scratch, &file, &[]).with_status(0);
    let iterations = rows(&scratch.path("out"), IterationRow::FILE);
    assert_eq!(iterations.len(), 8);
    assert!(iterations.iter().all(|row| row["checksum"] == "sum\t100\\n2\\n" && row["valid"] == "ok"));
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn the_baseline_decides_what_a_program_must_print() {
    let scratch = Scratch::new();
    let file = scratch.file("which.lua", "print(_VERSION)\n");
    let said = compare_file(&scratch, &file, &["--baseline", "luajit"]).with_status(1);
    assert!(said.out.contains("which on lua5.4: WRONG: returned 'Lua 5.4\\n', expected 'Lua 5.1\\n' (luajit)"));
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn a_program_that_raises_an_error_has_failed() {
    let scratch = Scratch::new();
    let text = "-- test: n=1 result=1\nreturn function(n) if jit then error('no JIT') end return '1' end\n";
    let file = scratch.file("fails.lua", text);
    let said = compare_file(&scratch, &file, &[]).with_status(1);
    assert!(said.out.contains("fails on luajit: error:") && said.out.contains("no JIT"), "{}", said.out);
    assert_eq!(summary_of(&scratch, "luajit")["outcome"], "lua_error");
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn what_fails_everywhere_takes_no_other_workload_with_it() {
    let scratch = Scratch::new();
    let broken = scratch.file("broken.lua", "this is no Lua\n");
    let said = compare_file(&scratch, &format!("{broken},fib"), &[]).with_status(1);
    for contender in ["lua5.4", "luajit"] {
        assert!(said.out.contains(&format!("broken on {contender}: error: ")), "{}", said.out);
    }
    let outcomes: Vec<String> =
        rows(&scratch.path("out"), SummaryRow::FILE).into_iter().map(|row| row["outcome"].clone()).collect();
    assert_eq!(outcomes.iter().filter(|outcome| *outcome == "lua_error").count(), 2, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| *outcome == "ok").count(), 2, "{outcomes:?}");
    let checked = ["check", "--engines", "none", "--yardsticks", "lua5.4,luajit", "--workloads"];
    let said = harness(&[&checked[..], &[&format!("{broken},fib")]].concat()).with_status(1);
    let fib = said.out.lines().find(|line| line.contains("fib")).unwrap();
    assert_eq!(fib.matches("ok").count(), 2, "{}", said.out);
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn a_contender_that_fails_leaves_it_to_the_next_what_is_expected() {
    let scratch = Scratch::new();
    let file = scratch.file("needs_jit.lua", "print(jit.os)\n");
    let said = compare_file(&scratch, &file, &[]).with_status(1);
    assert!(said.out.contains("needs_jit on lua5.4: error: "), "{}", said.out);
    assert_eq!(summary_of(&scratch, "luajit")["outcome"], "ok");
    let plan = fs::read_to_string(scratch.path("out").join("plan.json")).unwrap();
    assert!(plan.contains("\"expected_from\": \"luajit\""), "{plan}");
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn a_program_that_does_not_end_is_stopped() {
    let scratch = Scratch::new();
    let text = "-- test: n=1 result=1\nreturn function(n) while jit do end return '1' end\n";
    let file = scratch.file("forever.lua", text);
    let said = compare_file(&scratch, &file, &["--time-limit", "0.5"]).with_status(1);
    assert!(said.out.contains("forever on luajit: timeout: no answer within 0.5 s (--time-limit)"), "{}", said.out);
    assert_eq!(summary_of(&scratch, "lua5.4")["outcome"], "ok");
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn a_contender_that_cannot_run_a_workload_is_not_applicable() {
    let scratch = Scratch::new();
    let text = "-- lua: 5.4\n-- test: n=7 result=3\nreturn function(n) return string.format('%d', n // 2) end\n";
    let file = scratch.file("floor.lua", text);
    let said = compare_file(&scratch, &file, &[]).with_status(0);
    assert!(said.out.contains("n/a"), "{}", said.out);
    let row = summary_of(&scratch, "luajit");
    assert_eq!(row["outcome"], "not_applicable");
    assert_eq!(row["reason"], "needs Lua 5.4, luajit runs Lua 5.1");
}

#[test]
fn without_the_baseline_there_are_no_speedups() {
    let scratch = Scratch::new();
    let out = scratch.out();
    let said = harness(&[
        "compare",
        "--engines",
        "none",
        "--yardsticks",
        "native",
        "--workloads",
        "fib",
        "--invocations",
        "2",
        "--iterations",
        "2",
        "--out",
        &out,
    ])
    .with_status(0);
    assert!(said.err.contains("lua5.4 is not among the contenders"), "{}", said.err);
    assert_eq!(summary_of(&scratch, "native")["speedup"], "");
    assert_ne!(summary_of(&scratch, "native")["mean_ns"], "");
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn a_folder_of_workloads_that_is_no_clone_does_not_stand_in_for_ours() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("workloads")).unwrap();
    let arguments = ["check", "--engines", "none", "--yardsticks", "lua5.4,luajit", "--workloads", "fib"];
    let output = command(&arguments).current_dir(scratch.path("")).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn a_file_of_a_workloads_name_is_not_what_is_written_in_rust() {
    let scratch = Scratch::new();
    let file = scratch.file("fib.lua", "-- test: n=1 result=1\nreturn function(n) return '1' end\n");
    let said = harness(&["check", "--engines", "none", "--yardsticks", "lua5.4,native", "--workloads", &file]);
    let said = said.with_status(0);
    assert!(said.out.lines().any(|line| line.contains("fib") && line.contains("n/a")), "{}", said.out);
}

#[test]
fn an_engine_tells_what_else_it_did() {
    let Some(engine) = registry::engines().iter().map(|engine| engine.info()).next_back() else { return };
    let scratch = Scratch::new();
    let out = scratch.out();
    let text = "-- test: n=1 result=done\nreturn function(n)\n  local t, sum = {}, 0\n  for i = 1, 2000 do t[i] = {i} end\n  \
                collectgarbage()\n  for i = 1, 20000 do sum = sum + i end\n  return 'done'\nend\n";
    let file = scratch.file("busy.lua", text);
    let mut arguments = vec!["compare", "--engines", engine.id, "--yardsticks", "native", "--workloads", &file];
    arguments.extend(["--invocations", "1", "--iterations", "8", "--out", &out]);
    harness(&arguments).with_status(0);
    let iterations = rows(&scratch.path("out"), IterationRow::FILE);
    let sum = |column: &str| iterations.iter().map(|row| row[column].parse::<u64>().unwrap()).sum::<u64>();
    assert_eq!(iterations.len(), 8);
    assert!(iterations.iter().all(|row| row["gc_ns"] != "0"), "every iteration collects");
    assert!(sum("gc_ns") < sum("wall_ns"));
    if engine.unit_of_compilation.is_some() {
        assert!(sum("compiles") > 0 && sum("compile_ns") > 0 && sum("code_bytes") > 0);
        assert!(sum("compile_ns") < sum("wall_ns"));
    } else {
        assert_eq!((sum("compiles"), sum("compile_ns"), sum("code_bytes"), sum("deopts")), (0, 0, 0, 0));
    }
    let invocations = rows(&scratch.path("out"), InvocationRow::FILE);
    for column in ["exec_to_first_ns", "user_ns", "minor_faults", "duration_ns", "run_delay_ns", "max_rss_bytes"] {
        assert_ne!(invocations[0][column], "", "{column}");
    }
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn a_wrong_result_of_an_engine_has_no_speedup() {
    if registry::engines().is_empty() {
        return;
    }
    let scratch = Scratch::new();
    let engine = registry::engines()[0].info().id;
    // Our engines are a Lua 5.4, so the header's result is wrong there and right on LuaJIT.
    let text = "-- test: n=1 result=Lua 5.1\nreturn function(n) return _VERSION end\n";
    let file = scratch.file("version.lua", text);
    let more = ["--engines", engine, "--yardsticks", "luajit", "--baseline", "luajit"];
    let out = scratch.out();
    let mut arguments = vec!["compare", "--workloads", &file, "--invocations", "2", "--iterations", "2"];
    arguments.extend(more.into_iter().chain(["--out", &out]));
    let said = harness(&arguments).with_status(1);
    assert!(said.out.contains(&format!("version on {engine}: WRONG: returned 'Lua 5.4'")), "{}", said.out);
    let row = summary_of(&scratch, engine);
    assert_eq!((row["outcome"].as_str(), row["speedup"].as_str()), ("wrong_result", ""));
    assert_eq!(summary_of(&scratch, "luajit")["speedup"], "1.0");
}

#[test]
fn processes_run_until_they_are_steady() {
    let scratch = Scratch::new();
    let (out, file) = (scratch.out(), scratch.file("w.lua", "local s = 0 for i = 1, 2000 do s = s + i end return s"));
    let mut arguments =
        vec!["compare", "--engines", "bytecode-vm", "--yardsticks", "none", "--baseline", "bytecode-vm"];
    arguments.extend(["--preset", "standard", "--until-steady", "800", "--workloads", &file, "--invocations", "3"]);
    arguments.extend(["--retries", "0", "--no-doubling", "--out", &out]);
    let said = harness(&arguments).with_status(0);
    assert!(said.out.contains("3 processes of 100 to 800 iterations until steady each"), "{}", said.out);
    assert!(said.out.contains("Mean of the iterations measured after a steady state was found"), "{}", said.out);
    for row in rows(&scratch.path("out"), InvocationRow::FILE) {
        let iterations: u32 = row["iterations"].parse().unwrap();
        assert!((100..=800).contains(&iterations), "{iterations}");
    }
    // Replayed, each process must end where it did.
    harness(&["validate", &out]).with_status(0);
}

#[test]
fn until_steady_needs_classes_and_room() {
    let scratch = Scratch::new();
    let out = scratch.out();
    for (more, words) in [
        (vec!["--until-steady", "800"], "--until-steady needs a preset that classifies processes"),
        (vec!["--preset", "careful", "--until-steady", "150"], "--until-steady takes at least 200"),
        (vec!["--preset", "careful", "--until-steady", "800", "--iterations", "5"], "cannot be used with"),
        (vec!["--preset", "careful", "--until-steady", "800", "--fresh"], "cannot be used with"),
    ] {
        let arguments = [&["compare", "--workloads", "fib", "--out", &out], &more[..]].concat();
        let said = harness(&arguments).with_status(2);
        assert!(said.err.contains(words), "{}", said.err);
    }
}
