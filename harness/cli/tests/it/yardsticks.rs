//! Any Lua as a yardstick, by the command that starts it; and clocks that do not compare.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use harness::record::rows::{InvocationRow, IterationRow, Row, SummaryRow};

use crate::tool::{Scratch, harness, rows};

/// The path of a yardstick of this build.
fn path(name: &str) -> &'static str {
    harness::plan::yardsticks::built().iter().find(|yardstick| yardstick.name == name).unwrap().path
}

/// A yardstick of this build but for one thing: it lacks the clock that we give it.
fn without_clock(scratch: &Scratch, lua: &str) -> String {
    let wrapper = "jitlab_clock_ns = nil local driver = table.remove(arg, 1) dofile(driver)";
    let wrapper = scratch.file("wrapper.lua", wrapper);
    let program = scratch.file("without-clock", &format!("#!/bin/sh\nexec '{}' '{wrapper}' \"$@\"\n", path(lua)));
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    program
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn a_lua_is_given_by_its_command() {
    let scratch = Scratch::new();
    let out = scratch.out();
    let (mine, off) = (format!("mine='{}'", path("lua5.4")), format!("off='{}' -joff", path("luajit")));
    let mut arguments = vec!["compare", "--engines", "none", "--yardsticks", "lua5.4", "--workloads", "sum_loop"];
    arguments.extend(["--yardstick", &mine, "--yardstick", &off, "--invocations", "2", "--iterations", "2"]);
    arguments.extend(["--out", &out]);
    let said = harness(&arguments).with_status(0);
    assert!(said.out.contains("mine Lua 5.4") && said.out.contains("off LuaJIT"), "{}", said.out);
    let names: Vec<String> =
        rows(&scratch.path("out"), SummaryRow::FILE).iter().map(|row| row["engine"].clone()).collect();
    assert_eq!(names, ["lua5.4", "mine", "off"]);
    let plan = fs::read_to_string(scratch.path("out").join("plan.json")).unwrap();
    assert!(!plan.contains(path("lua5.4")), "the plan names a path of this machine");
}

#[test]
fn a_path_without_a_name_says_what_to_write() {
    for (option, value, part) in [
        ("--yardsticks", "/bin/sh", "write --yardstick NAME='/bin/sh'"),
        ("--yardstick", "/bin/sh -e", "write --yardstick NAME='/bin/sh -e'"),
        ("--yardstick", "my lua=/bin/sh", "no usable name"),
        ("--yardstick", "mine=sh 'x", "cannot be split"),
        ("--yardstick", "mine=", "cannot find the interpreter"),
        ("--yardstick", "native=/bin/sh", "two contenders are called 'native'"),
    ] {
        let said = harness(&["compare", option, value]).with_status(2);
        assert!(said.err.contains(part), "'{part}' is not in: {}", said.err);
    }
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn a_lua_without_a_clock_changes_nobody_elses() {
    let Some(engine) = registry::engines().last().map(|engine| engine.info()) else { return };
    let scratch = Scratch::new();
    let out = scratch.out();
    let program = scratch.file("sums.lua", "local sum = 0 for i = 1, 20000 do sum = sum + i end print(sum)\n");
    let mine = format!("mine={}", without_clock(&scratch, "lua5.4"));
    let mut arguments = vec!["compare", "--engines", engine.id, "--yardsticks", "lua5.4", "--yardstick", &mine];
    arguments.extend(["--workloads", &program, "--invocations", "3", "--iterations", "4", "--out", &out]);
    let said = harness(&arguments).with_status(0);
    assert!(said.out.contains("No clock but CPU time: mine."), "{}", said.out);
    let folder = scratch.path("out");
    let iterations = rows(&folder, IterationRow::FILE);
    for row in &iterations {
        assert_eq!(row["clock"], if row["engine"] == "mine" { "cpu" } else { "monotonic" });
    }
    // The first iteration is the one in which the chunk was run for the first time, and so the one that compiled.
    let first = iterations.iter().find(|row| row["engine"] == engine.id && row["iteration"] == "1").unwrap();
    if engine.unit_of_compilation == Some("loop") {
        assert_ne!(first["compiles"], "0");
    }
    // Both sides of the pair have a batch of at least 100 ms by the parent's clock, and nobody else has one.
    for row in rows(&folder, InvocationRow::FILE) {
        if row["engine"] == engine.id {
            assert_eq!((row["batch_calls"].as_str(), row["batch_ns"].as_str()), ("", ""));
        } else {
            assert!(row["batch_ns"].parse::<u64>().unwrap() >= 100_000_000, "{row:?}");
            assert!(row["batch_calls"].parse::<u64>().unwrap() > 1, "{row:?}");
        }
    }
    let summary = rows(&folder, SummaryRow::FILE);
    let speedup = |name: &str| {
        let row = summary.iter().find(|row| row["engine"] == name).unwrap();
        row["speedup"].parse::<f64>().unwrap()
    };
    // It is the same program, by a clock that tells the same.
    assert!((0.5..2.0).contains(&speedup("mine")), "{}", speedup("mine"));
    assert!(speedup(engine.id) > 0.0);
    harness(&["validate", &out]).with_status(0);
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn a_fresh_process_without_a_clock_makes_one_call_too() {
    let scratch = Scratch::new();
    let out = scratch.out();
    let file = scratch.file("counts.lua", "runs = (runs or 0) + 1 print(runs)\n");
    let mine = format!("mine={}", without_clock(&scratch, "lua5.4"));
    let mut arguments = vec!["compare", "--engines", "none", "--yardsticks", "lua5.4", "--yardstick", &mine];
    arguments.extend(["--workloads", &file, "--fresh", "--invocations", "3", "--out", &out]);
    let said = harness(&arguments).with_status(0);
    assert!(said.out.contains("of whole processes of both"), "{}", said.out);
    let iterations = rows(&scratch.path("out"), IterationRow::FILE);
    assert_eq!(iterations.len(), 6);
    assert!(iterations.iter().all(|row| row["checksum"] == "1\\n"));
    let invocations = rows(&scratch.path("out"), InvocationRow::FILE);
    assert!(invocations.iter().all(|row| row["batch_calls"] == "1" && !row["batch_ns"].is_empty()));
    harness(&["validate", &out]).with_status(0);
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn a_luajit_from_outside_asks_the_system() {
    let scratch = Scratch::new();
    let out = scratch.out();
    // What a program declares for itself is its own.
    let text = "local ffi = require('ffi') pcall(ffi.cdef, 'struct timespec { long tv_sec, tv_nsec; };')\n\
                pcall(ffi.cdef, 'int clock_gettime(int, struct timespec *);') local t = ffi.new('struct timespec')\n\
                print(ffi.C.clock_gettime(1, t))\n";
    let file = scratch.file("declares.lua", text);
    let mine = format!("mine={}", without_clock(&scratch, "luajit"));
    let mut arguments = vec!["compare", "--engines", "none", "--yardsticks", "luajit", "--yardstick", &mine];
    arguments.extend(["--baseline", "luajit", "--workloads", &file, "sum_loop", "--invocations", "2"]);
    arguments.extend(["--iterations", "3", "--out", &out]);
    let said = harness(&arguments).with_status(0);
    assert!(!said.out.contains("CPU time"), "{}", said.out);
    let folder = scratch.path("out");
    assert!(rows(&folder, IterationRow::FILE).iter().all(|row| row["clock"] == "monotonic"));
    assert!(rows(&folder, InvocationRow::FILE).iter().all(|row| row["exec_to_first_ns"].parse::<u64>().unwrap() > 0));
    let of = |name: &str| -> f64 {
        let summary = rows(&folder, SummaryRow::FILE);
        let row = summary.iter().find(|row| row["engine"] == name && row["workload"] == "sum_loop").unwrap().clone();
        row["mean_ns"].parse().unwrap()
    };
    assert!((0.2..5.0).contains(&(of("mine") / of("luajit"))), "{} {}", of("mine"), of("luajit"));
}
