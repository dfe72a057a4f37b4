//! `harness report`: everything derived comes from the folder alone.

use std::fs;
use std::path::Path;

use harness::plan::SCHEMA_VERSION;
use harness::record::rows::{InvocationRow, IterationRow};

use crate::tool::{Scratch, harness, rows};

const DERIVED: [&str; 10] = [
    "geometric_means.csv",
    "summary.csv",
    "segments.csv",
    "warm_up.csv",
    "break_even.csv",
    "summary.md",
    "speedup.svg",
    "heat_map.svg",
    "costs.svg",
    "report.html",
];

/// A small run of native alone, which every build has.
fn small_run() -> Scratch {
    let scratch = Scratch::new();
    let out = scratch.out();
    harness(&[
        "compare",
        "--engines",
        "none",
        "--yardsticks",
        "native",
        "--baseline",
        "native",
        "--workloads",
        "fib,queens",
        "--invocations",
        "2",
        "--iterations",
        "2",
        "--out",
        &out,
    ])
    .with_status(0);
    scratch
}

#[test]
fn derived_files_are_made_again_to_the_last_byte() {
    let scratch = small_run();
    let read = |file: &str| fs::read(scratch.path("out").join(file)).unwrap();
    // Of one contender there is nothing to compare.
    let derived: Vec<&str> = DERIVED.into_iter().filter(|file| scratch.path("out").join(file).is_file()).collect();
    assert!(derived.len() >= DERIVED.len() - 2, "{derived:?}");
    let before: Vec<Vec<u8>> = derived.iter().map(|file| read(file)).collect();
    for file in &derived {
        fs::remove_file(scratch.path("out").join(file)).unwrap();
    }
    harness(&["report", &scratch.out()]).with_status(0);
    for (file, before) in derived.iter().zip(before) {
        assert!(read(file) == before, "{file} is another");
    }
}

/// The reference run has no families recorded, so that engines which this build lacks would have other colours.
#[test]
fn the_reference_run_is_told_as_it_was() {
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../results/reference");
    let plan = fs::read_to_string(reference.join("plan.json")).unwrap();
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    let contenders = plan["contenders"].as_array().unwrap();
    let engines = contenders.iter().filter(|contender| contender["kind"] == "engine");
    let names: Vec<&str> = engines.map(|engine| engine["name"].as_str().unwrap()).collect();
    assert!(!names.is_empty());
    if names.iter().any(|name| registry::find(name).is_none()) {
        return;
    }
    let scratch = Scratch::new();
    let out = scratch.path("out");
    fs::create_dir_all(out.join("sources")).unwrap();
    for folder in ["", "sources"] {
        for entry in fs::read_dir(reference.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let is_derived = DERIVED.iter().any(|file| path.ends_with(file));
            if path.is_file() && !is_derived {
                fs::copy(&path, out.join(folder).join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    harness(&["report", out.to_str().unwrap()]).with_status(0);
    // The page is left out there: it is large, and anybody can make it.
    for file in DERIVED.into_iter().filter(|file| *file != "report.html") {
        assert!(fs::read(out.join(file)).unwrap() == fs::read(reference.join(file)).unwrap(), "{file} is another");
    }
}

#[test]
fn figures_are_drawn_for_a_use_and_of_a_choice() {
    let scratch = small_run();
    let said = harness(&["report", &scratch.out(), "--figure", "column", "--only", "fib"]).with_status(0);
    let folder = scratch.path("out").join("figures-column");
    assert!(said.out.contains("figures-column"), "{}", said.out);
    let drawing = fs::read_to_string(folder.join("fib-samples.svg")).unwrap();
    assert!(drawing.contains("width=\"400\"") && !folder.join("queens-samples.svg").exists());
    let said = harness(&["report", &scratch.out(), "--figure", "page", "--only", "nothing"]).with_status(2);
    assert!(said.err.contains("unknown contender or workload 'nothing'"), "{}", said.err);
}

#[test]
fn a_compressed_folder_is_read_and_not_added_to() {
    let scratch = small_run();
    let table = scratch.path("out").join("iterations.csv");
    let compressed = std::process::Command::new("gzip").arg("-9n").arg(&table).status().unwrap();
    assert!(compressed.success() && !table.exists());
    harness(&["validate", &scratch.out()]).with_status(0);
    harness(&["report", &scratch.out()]).with_status(0);
    let page = fs::read_to_string(scratch.path("out").join("report.html")).unwrap();
    assert!(page.contains("href=\"iterations.csv.gz\""));
    let said = harness(&["compare", "--resume", "--out", &scratch.out()]).with_status(2);
    assert!(said.err.contains("is compressed"), "{}", said.err);
}

#[test]
fn a_run_is_exported() {
    let scratch = small_run();
    let out = scratch.out();
    for format in ["json", "hyperfine"] {
        let said = harness(&["export", &out, "--format", format]).with_status(0);
        serde_json::from_str::<serde_json::Value>(&said.out).unwrap();
    }
    let file = scratch.path("run.csv");
    harness(&["export", &out, "--format", "warmup-stats", "--out", file.to_str().unwrap()]).with_status(0);
    let said = harness(&["classify", file.to_str().unwrap(), "--mode", "compat"]);
    assert!(said.out.contains("fib on native") || said.err.contains("iterations"), "{}{}", said.out, said.err);
    let said = harness(&["export", &out, "--format", "chrome-trace"]).with_status(2);
    assert!(said.err.contains("has no events"), "{}", said.err);
}

#[test]
fn markdown_is_a_table() {
    let scratch = small_run();
    let said = harness(&["report", &scratch.out(), "--markdown"]).with_status(0);
    assert!(said.out.starts_with("| workload | native |\n|---|---:|\n| fib | "), "{}", said.out);
    assert!(
        said.out.contains(" too few |") && said.out.contains("\ntoo few: an interval needs 3 processes"),
        "{}",
        said.out
    );
}

#[test]
fn a_torn_last_row_and_its_invocation_are_left_out() {
    let scratch = small_run();
    let out = scratch.path("out");
    let tear = |file: &str| {
        let text = fs::read_to_string(out.join(file)).unwrap();
        fs::write(out.join(file), &text[..text.len() - 9]).unwrap();
    };
    // As if the run had been killed while the last process's rows were written.
    tear("invocations.csv");
    harness(&["report", &scratch.out()]).with_status(0);
    let summary = rows(&out, "summary.csv");
    let invocations: u32 = summary.iter().map(|row| row["invocations"].parse::<u32>().unwrap()).sum();
    assert_eq!(invocations, 3);
}

#[test]
fn a_damaged_folder_is_refused_by_name() {
    let scratch = small_run();
    let out = scratch.path("out");
    let text = fs::read_to_string(out.join("iterations.csv")).unwrap();
    fs::write(out.join("iterations.csv"), text.replacen("wall_ns", "wall_ms", 1)).unwrap();
    let said = harness(&["report", &scratch.out()]).with_status(1);
    assert!(said.err.contains("iterations.csv' is damaged: the column 'wall_ms'"), "{}", said.err);
    fs::write(out.join("iterations.csv"), text).unwrap();
    let plan = fs::read_to_string(out.join("plan.json")).unwrap();
    let version = format!("\"schema_version\": {SCHEMA_VERSION}");
    fs::write(out.join("plan.json"), plan.replacen(&version, "\"schema_version\": 99", 1)).unwrap();
    let said = harness(&["report", &scratch.out()]).with_status(2);
    assert!(said.err.contains("schema version 99"), "{}", said.err);
}

#[test]
fn the_rows_of_a_run_belong_together() {
    let scratch = small_run();
    let out = scratch.path("out");
    for invocation in rows(&out, <InvocationRow as harness::record::rows::Row>::FILE) {
        let iterations = rows(&out, <IterationRow as harness::record::rows::Row>::FILE);
        let own: Vec<_> = iterations.into_iter().filter(|row| row["seq"] == invocation["seq"]).collect();
        assert_eq!(own.len(), 2);
        assert!(
            own.iter().all(|row| row["workload"] == invocation["workload"] && row["run_id"] == invocation["run_id"])
        );
    }
}
