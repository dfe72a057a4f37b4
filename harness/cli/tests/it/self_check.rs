//! The A/A arm, the floor that it gives to later runs, and `harness doctor`.

use std::fs;

use crate::tool::{Scratch, harness, rows};

/// Compares native code with itself; `out` is the results folder.
fn aa_run(out: &str, more: &[&str]) -> crate::tool::Said {
    let mut arguments = vec!["compare", "--engines", "none", "--yardsticks", "native", "--workloads", "fib,sieve"];
    arguments.extend(["--invocations", "3", "--iterations", "5", "--out", out]);
    arguments.extend(more);
    harness(&arguments)
}

#[test]
fn an_arm_gives_a_floor_and_a_later_run_keeps_it() {
    let scratch = Scratch::new();
    let out = scratch.out();
    let said = aa_run(&out, &["--aa", "--baseline", "native"]).with_status(0);
    assert!(said.out.contains("A/A arm of 2 identical pairs:") && said.out.contains("native'"), "{}", said.out);
    let names: Vec<String> = rows(&scratch.path("out"), "invocations.csv")
        .into_iter()
        .map(|mut row| row.remove("engine").unwrap())
        .collect();
    assert_eq!(names.iter().filter(|name| *name == "native'").count(), 6);
    assert_eq!(names.len(), 12);
    let read = |path| serde_json::from_str::<serde_json::Value>(&fs::read_to_string(path).unwrap()).unwrap();
    let floor = read(scratch.path("out").join("aa.json"));
    assert_eq!(floor["pairs"].as_array().unwrap().len(), 2);
    harness(&["validate", &out]).with_status(0);

    let later = scratch.path("later");
    let said = aa_run(later.to_str().unwrap(), &["--floor", &out, "--baseline", "native"]).with_status(0);
    assert!(said.out.contains("Floor of the A/A run"), "{}", said.out);
    assert_eq!(read(later.join("plan.json"))["floor"], floor);
    // A run without an arm gives none.
    let said = aa_run(scratch.path("third").to_str().unwrap(), &["--floor", later.to_str().unwrap()]).with_status(2);
    assert!(said.err.contains("has no A/A arm that finished"), "{}", said.err);
    assert!(!scratch.path("third").exists());
}

#[test]
fn twins_of_engines_and_yardsticks_run_too() {
    let scratch = Scratch::new();
    let out = scratch.out();
    let mut arguments = vec!["compare", "--aa", "--workloads", "fib", "--invocations", "2", "--iterations", "1"];
    arguments.extend(["--engines", "all", "--yardsticks", "auto", "--out", &out]);
    harness(&arguments).with_status(0);
    let invocations = rows(&scratch.path("out"), "invocations.csv");
    assert!(invocations.iter().all(|row| row["exit_kind"] == "ok"));
    let twins = invocations.iter().filter(|row| row["engine"].ends_with('\'')).count();
    assert_eq!(2 * twins, invocations.len());
}

#[test]
fn the_doctor_looks_at_the_machine_and_this_build() {
    let said = harness(&["doctor"]);
    let looked_at = ["build", "yardsticks", "processors", "load", "clock", "fixed work", "A/A run", "against itself"];
    for what in looked_at.into_iter().chain(["This machine"]) {
        assert!(said.out.contains(what), "'{what}' is not in: {}\n{}", said.out, said.err);
    }
    // Tests run in a build with debug assertions, which is not fit to measure with, and it says what is.
    if cfg!(debug_assertions) {
        assert_eq!(said.status, 1, "{}", said.out);
        assert!(said.out.contains("build: measure with a release build: cargo harness"), "{}", said.out);
    }
    assert!(!harness(&["doctor", "--no-run"]).out.contains("A/A run"));
}
