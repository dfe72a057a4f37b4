//! Processes that fall into modes: nothing is averaged, and they are measured as often again, once. The times are written
//! into the rows, so that no test depends on how quiet the machine is.

use std::fs;

use harness::record::rows::{InvocationRow, Row, SummaryRow};

use crate::tool::{Scratch, harness, rows};

/// Five processes of native, which every build has, of which the third took 50 ms an iteration and the others 1 ms.
fn run() -> Scratch {
    let scratch = Scratch::new();
    let out = scratch.out();
    let mut arguments = vec!["compare", "--engines", "none", "--yardsticks", "native", "--baseline", "native"];
    arguments.extend(["--workloads", "sum_loop", "--invocations", "5", "--iterations", "3", "--no-doubling"]);
    arguments.extend(["--retries", "0", "--out", &out]);
    harness(&arguments).with_status(0);
    let file = scratch.path("out").join("iterations.csv");
    let mut reader = csv::Reader::from_path(&file).unwrap();
    let header = reader.headers().unwrap().clone();
    let of = |name: &str| header.iter().position(|column| column == name).unwrap();
    let (wall_ns, block) = (of("wall_ns"), of("block"));
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let mut writer = csv::Writer::from_path(&file).unwrap();
    writer.write_record(&header).unwrap();
    for record in records {
        let mut cells: Vec<String> = record.iter().map(str::to_string).collect();
        let block: u64 = cells[block].parse().unwrap();
        cells[wall_ns] = if block == 3 { 50_000_000 } else { 1_000_000 + 1000 * block }.to_string();
        writer.write_record(&cells).unwrap();
    }
    writer.flush().unwrap();
    scratch
}

/// Says in the plan whether pairs with modes are doubled.
fn set_doubling(scratch: &Scratch, doubles: bool) {
    let file = scratch.path("out").join("plan.json");
    let mut plan: serde_json::Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    plan["doubles_modes"] = doubles.into();
    fs::write(file, serde_json::to_string_pretty(&plan).unwrap()).unwrap();
}

fn blocks(scratch: &Scratch) -> Vec<String> {
    rows(&scratch.path("out"), InvocationRow::FILE).into_iter().map(|row| row["block"].clone()).collect()
}

/// Keeps the rows of so many processes, as a kill would.
fn cut_to(scratch: &Scratch, processes: usize) {
    for (file, rows) in [("invocations.csv", processes), ("iterations.csv", 3 * processes)] {
        let path = scratch.path("out").join(file);
        let text = fs::read_to_string(&path).unwrap();
        let kept: Vec<&str> = text.lines().take(1 + rows).collect();
        fs::write(&path, kept.join("\n") + "\n").unwrap();
    }
}

#[test]
fn a_pair_with_modes_has_no_mean() {
    let scratch = run();
    let said = harness(&["report", &scratch.out()]).with_status(0);
    assert!(said.out.contains("sum_loop on native: 1.00 ms in 4, one apart at 50.0 ms"), "{}", said.out);
    let row = rows(&scratch.path("out"), SummaryRow::FILE).remove(0);
    assert!(row["mean_ns"].is_empty() && row["ci_low_ns"].is_empty() && row["verdict"].is_empty(), "{row:?}");
    assert!(row["modes"].starts_with("4:100") && row["modes"].ends_with(" 1:50000000"), "{row:?}");
    assert_eq!(blocks(&scratch), ["1", "2", "3", "4", "5"], "--no-doubling");
    harness(&["validate", &scratch.out()]).with_status(0);
}

#[test]
fn it_is_measured_as_often_again_and_the_rows_decide_that() {
    let scratch = run();
    let out = scratch.out();
    set_doubling(&scratch, true);
    let said = harness(&["validate", &out]).with_status(0);
    assert!(said.out.contains("INCOMPLETE: 5 of 10"), "{}", said.out);
    harness(&["compare", "--resume", "--out", &out]).with_status(0);
    let whole = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"];
    assert_eq!(blocks(&scratch), whole);
    harness(&["validate", &out]).with_status(0);
    // Cut off within the doubled blocks it goes on to the same processes.
    cut_to(&scratch, 7);
    let said = harness(&["validate", &out]).with_status(0);
    assert!(said.out.contains("INCOMPLETE: 7 of 10"), "{}", said.out);
    harness(&["compare", "--resume", "--out", &out]).with_status(0);
    assert_eq!(blocks(&scratch), whole);
    // It happens once: whatever the new ones took, nothing more is asked for.
    let said = harness(&["validate", &out]).with_status(0);
    assert!(!said.out.contains("INCOMPLETE"), "{}", said.out);
    // Processes that nothing asked for are none of the run.
    set_doubling(&scratch, false);
    let said = harness(&["validate", &out]).with_status(1);
    assert!(said.out.contains("is not in the plan"), "{}", said.out);
}
