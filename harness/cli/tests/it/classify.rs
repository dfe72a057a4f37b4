//! `harness classify`: a file that any tool can write, classified.

use serde_json::Value;

use crate::tool::{Scratch, harness};

/// Three processes of a benchmark and one that crashed: warm-up, flat, no steady state. Times are in seconds.
fn series() -> (Scratch, String) {
    let header: String = (0..200).map(|iteration| format!(",{iteration}")).collect();
    let mut text = format!("process_exec_num,bench_name{header}\n");
    for (process, change, before_s) in [(0, 40, 0.3), (1, 0, 0.1), (2, 190, 0.3)] {
        text.push_str(&format!("{process},spectral norm"));
        for iteration in 0..200 {
            let level_s = if iteration < change { before_s } else { 0.1 };
            let scatter_s = f64::from((iteration * iteration * 7 + iteration * 3) % 101) * 1e-5;
            text.push_str(&format!(",{}", level_s + scatter_s));
        }
        text.push('\n');
    }
    text.push_str("3,spectral norm,crash\n");
    let scratch = Scratch::new();
    let file = scratch.file("series.csv", &text);
    (scratch, file)
}

#[test]
fn the_table_has_a_class_for_each_process_and_for_all() {
    let (_scratch, file) = series();
    let said = harness(&["classify", &file]).with_status(0);
    let lines: Vec<Vec<&str>> = said.out.lines().map(|line| line.split_whitespace().collect()).collect();
    for expected in [
        ["spectral", "norm", "0", "warm-up", "41"],
        ["spectral", "norm", "1", "flat", "1"],
        ["spectral", "norm", "2", "no", "steady"],
        ["spectral", "norm", "3", "crashed", "-"],
        ["spectral", "norm", "all", "bad", "inconsistent"],
    ] {
        assert!(lines.iter().any(|line| line.starts_with(&expected)), "{expected:?} is not in\n{}", said.out);
    }
}

#[test]
fn json_has_every_segment_and_the_published_numbers() {
    let (_scratch, file) = series();
    let said = harness(&["classify", &file, "--format", "json"]).with_status(0);
    let document: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&document["mode"], &document["penalty"]), (&"compat".into(), &15.0.into()));
    let benchmark = &document["benchmarks"][0];
    assert_eq!((&benchmark["class"], &benchmark["crashed"]), (&"bad inconsistent".into(), &1.into()));
    let process = &benchmark["processes"][0];
    assert_eq!(process["change_points"], serde_json::json!([39]));
    assert_eq!((&process["steady_iteration"], &process["published_steady_iteration"]), (&41.into(), &40.into()));
    let after_s = process["steady_after_s"].as_f64().unwrap();
    assert!((after_s - 12.0).abs() < 0.05, "40 iterations of 0.3 s take {after_s}");
    assert_eq!(process["segments"].as_array().unwrap().len(), 2);
    assert!(process.get("by_tolerance").is_none());
    assert_eq!(benchmark["processes"][3]["class"], Value::Null);
}

#[test]
fn strict_mode_shows_its_class_at_three_tolerances() {
    let (_scratch, file) = series();
    let arguments = ["classify", &file, "--mode", "strict", "--penalty", "7", "--format", "json"];
    let document: Value = serde_json::from_str(&harness(&arguments).with_status(0).out).unwrap();
    assert_eq!((&document["mode"], &document["penalty"]), (&"strict".into(), &7.0.into()));
    let process = &document["benchmarks"][0]["processes"][0];
    assert_eq!(process["class"], "warm-up");
    let at: Vec<f64> = process["by_tolerance"]
        .as_array()
        .unwrap()
        .iter()
        .map(|at| {
            assert_eq!(at["class"], "warm-up");
            at["tolerance"].as_f64().unwrap()
        })
        .collect();
    assert_eq!(at, [0.01, 0.02, 0.05]);
}

#[test]
fn the_tolerances_are_options() {
    let (_scratch, file) = series();
    let class = |more: &[&str]| {
        let said = harness(&[&["classify", &file, "--format", "json"], more].concat()).with_status(0);
        let document: Value = serde_json::from_str(&said.out).unwrap();
        document["benchmarks"][0]["processes"][0]["class"].as_str().unwrap().to_string()
    };
    // From 0.3 s to 0.1 s is 200 % of the fastest.
    assert_eq!(class(&["--delta", "0.1"]), "warm-up");
    assert_eq!(class(&["--delta", "0.5", "--raw-deltas"]), "flat");
    assert_eq!(class(&["--delta", "300%"]), "flat");
    assert_eq!(class(&["--mode", "strict", "--tolerance", "300"]), "flat");
}

#[test]
fn the_outlier_rule_is_an_option() {
    let text = flat_series_with_two_slow();
    let scratch = Scratch::new();
    let file = scratch.file("series.csv", &text);
    let outliers = |more: &[&str]| {
        let said = harness(&[&["classify", &file, "--format", "json"], more].concat()).with_status(0);
        let document: Value = serde_json::from_str(&said.out).unwrap();
        document["benchmarks"][0]["processes"][0]["outliers"].as_array().unwrap().len()
    };
    // Two slow iterations side by side are half of a window of four.
    assert_eq!((outliers(&[]), outliers(&["--no-outliers"]), outliers(&["--window", "4"])), (2, 0, 0));
    assert_eq!(outliers(&["--mode", "strict", "--no-outliers"]), 0);
}

#[test]
fn outliers_can_be_given() {
    let scratch = Scratch::new();
    let file = scratch.file("series.csv", &flat_series_with_two_slow());
    let given = scratch.file("outliers.csv", "process,name,outliers\n0,one,100,101,7\n");
    for mode in ["compat", "strict"] {
        let arguments = ["classify", &file, "--outliers", &given, "--mode", mode, "--format", "json"];
        let document: Value = serde_json::from_str(&harness(&arguments).with_status(0).out).unwrap();
        let process = &document["benchmarks"][0]["processes"][0];
        assert_eq!((&process["outliers"], &process["class"]), (&serde_json::json!([7, 100, 101]), &"flat".into()));
    }
    let said = harness(&["classify", &file, "--outliers", &given, "--window", "9"]).with_status(2);
    assert!(said.err.contains("cannot be used with"), "{}", said.err);
    let wrong = scratch.file("wrong.csv", "process,name,outliers\n0,one,200\n");
    let said = harness(&["classify", &file, "--outliers", &wrong]).with_status(2);
    assert!(said.err.contains("wrong.csv': line 2: '200' is no iteration of process 0"), "{}", said.err);
}

#[test]
fn the_penalty_can_be_that_of_the_elbow() {
    let (_scratch, file) = series();
    for mode in ["compat", "strict"] {
        let arguments = ["classify", &file, "--penalty", "elbow", "--mode", mode, "--format", "json"];
        let document: Value = serde_json::from_str(&harness(&arguments).with_status(0).out).unwrap();
        assert_eq!(document["penalty"], "elbow");
        let process = &document["benchmarks"][0]["processes"][0];
        assert_eq!(process["class"], "warm-up", "{mode}");
        assert!(process["change_points"].as_array().unwrap().contains(&39.into()), "{process}");
    }
    let said = harness(&["classify", &file, "--penalty", "knee"]).with_status(2);
    assert!(said.err.contains("expected a positive number or 'elbow'"), "{}", said.err);
}

/// One flat process of 200 iterations with two slow ones side by side.
fn flat_series_with_two_slow() -> String {
    let header: String = (0..200).map(|iteration| format!(",{iteration}")).collect();
    let time_s = |iteration: u32| {
        let scatter_s = f64::from((iteration * iteration * 7 + iteration * 3) % 101) * 1e-5;
        if [100, 101].contains(&iteration) { 0.5 } else { 0.1 + scatter_s }
    };
    let times: String = (0..200).map(|iteration| format!(",{}", time_s(iteration))).collect();
    format!("process_exec_num,bench_name{header}\n0,one{times}\n")
}

#[test]
fn a_results_folder_is_a_series_too() {
    let scratch = Scratch::new();
    let out = scratch.out();
    let mut arguments = vec!["compare", "--engines", "none", "--yardsticks", "native", "--baseline", "native"];
    arguments.extend(["--invocations", "2", "--iterations", "25", "--workloads", "fib", "--out", &out]);
    harness(&arguments).with_status(0);
    let said = harness(&["classify", &out, "--mode", "strict", "--format", "json"]).with_status(0);
    let document: Value = serde_json::from_str(&said.out).unwrap();
    let benchmark = &document["benchmarks"][0];
    assert_eq!((&benchmark["name"], benchmark["processes"].as_array().unwrap().len()), (&"fib on native".into(), 2));
    assert_eq!(benchmark["processes"][1]["iterations"], 25);
    assert!(benchmark["processes"][1]["class"].is_string());
}

#[test]
fn what_is_no_series_is_refused() {
    let scratch = Scratch::new();
    let file = scratch.file("series.csv", "process,bench,0,1\n0,a,0.1,fast\n");
    let said = harness(&["classify", &file]).with_status(2);
    assert!(said.err.contains("series.csv': line 2: 'fast' is no time in seconds"), "{}", said.err);
    let said = harness(&["classify", &file, "--window", "9", "--no-outliers"]).with_status(2);
    assert!(said.err.contains("--no-outliers"), "{}", said.err);
    let said = harness(&["classify", &scratch.out()]).with_status(2);
    assert!(said.err.contains("cannot read"), "{}", said.err);
    harness(&["classify", &file, "--penalty", "-1"]).with_status(2);
    let said = harness(&["classify", &file, "--mode", "strict", "--delta", "2%"]).with_status(2);
    assert!(said.err.contains("strict has --tolerance"), "{}", said.err);
}
