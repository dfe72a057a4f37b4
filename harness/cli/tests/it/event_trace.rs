//! `jit_events.csv`: what an untimed process hears of a compiler, and what becomes of it when a run is cut off.

use std::fs;

use harness::record::rows::{EventRow, Row};

use crate::tool::{Scratch, harness, rows};

/// The first engine of this build that compiles.
fn compiler() -> Option<&'static str> {
    let infos = registry::engines().iter().map(|engine| engine.info());
    infos.clone().find(|info| info.unit_of_compilation.is_some()).map(|info| info.id)
}

/// Runs a loop that gets hot, on an engine that compiles and on native code.
fn compare<'a>(engine: &'a str, out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["compare", "--engines", engine, "--yardsticks", "native", "--workloads", "sum_loop,fib"];
    arguments.extend(["--invocations", "2", "--iterations", "3", "--out", out]);
    arguments.extend(more);
    arguments
}

#[test]
fn compilers_are_traced_by_a_process_of_their_own() {
    let Some(engine) = compiler() else { return };
    let scratch = Scratch::new();
    let out = scratch.out();
    let said = harness(&compare(engine, &out, &["--events"])).with_status(0);
    assert!(said.err.contains("2 of it untimed, to trace compilers"), "{}", said.err);
    let folder = scratch.path("out");
    // The traces are no rows of the tables of what was timed.
    assert_eq!((rows(&folder, "invocations.csv").len(), rows(&folder, "iterations.csv").len()), (8, 24));
    let events = rows(&folder, EventRow::FILE);
    let of = |workload: &str, kind: &str| {
        events.iter().filter(|row| row["workload"] == workload && row["kind"] == kind).count()
    };
    assert!(of("sum_loop", "compile_end") > 0, "{events:?}");
    assert!(events.iter().all(|row| row["engine"] == engine && row["iteration"].parse::<u32>().unwrap() <= 3));
    let compiled = events.iter().find(|row| row["kind"] == "compile_end").unwrap();
    assert!(compiled["bytes_out"] != "0" && !compiled["dur_ns"].is_empty() && !compiled["function"].is_empty());
    let page = fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(page.contains("units compiled"));
    harness(&["validate", &out]).with_status(0);
}

#[test]
fn a_run_without_its_events_goes_on_to_trace_and_one_with_others_does_not_hold_together() {
    let Some(engine) = compiler() else { return };
    let scratch = Scratch::new();
    let out = scratch.out();
    harness(&compare(engine, &out, &["--events"])).with_status(0);
    let file = scratch.path("out").join(EventRow::FILE);
    fs::remove_file(&file).unwrap();
    let said = harness(&["validate", &out]).with_status(0);
    assert!(said.out.contains("There is no jit_events.csv"), "{}", said.out);
    harness(&["compare", "--resume", "--out", &out]).with_status(0);
    assert!(file.is_file());
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace(&format!(",{engine},"), ",native,")).unwrap();
    let said = harness(&["validate", &out]).with_status(1);
    assert!(said.out.contains("nobody was to trace"), "{}", said.out);
}

#[test]
fn a_first_look_and_a_run_with_a_budget_do_not_trace() {
    let Some(engine) = compiler() else { return };
    for more in [&[][..], &["--preset", "standard", "--size", "test", "--budget", "60s"]] {
        let scratch = Scratch::new();
        let out = scratch.out();
        harness(&compare(engine, &out, more)).with_status(0);
        assert!(!scratch.path("out").join(EventRow::FILE).exists());
    }
}
