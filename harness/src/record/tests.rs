//! Writing, being cut off at every byte, and going on.

use super::*;
use crate::plan::SCHEMA_VERSION;
use crate::plan::engines::Engines;
use crate::plan::workload;
use crate::record::load::Recorded;
use crate::record::rows::example;
use crate::record::work_queue::State;

/// A plan whose workloads' files exist in `folder`.
fn plan_in(folder: &Path, invocations: u32) -> Plan {
    let mut plan = example::plan(invocations);
    for planned in &mut plan.workloads {
        let source = format!("-- {}\n", planned.name);
        planned.path = folder.join(format!("{}.lua", planned.name));
        fs::write(&planned.path, &source).unwrap();
        planned.source_hash = workload::hash(source.as_bytes());
    }
    plan
}

/// Adds the rows of the whole run from the given number of processes on.
fn add_from(recorder: &mut Recorder, plan: &Plan, first: usize) {
    let (invocations, iterations) = example::whole_run(plan);
    for row in &invocations[first..] {
        let of_row: Vec<_> = iterations.iter().filter(|iteration| iteration.seq == row.seq).cloned().collect();
        recorder.add(&of_row, row).unwrap();
    }
    recorder.finish().unwrap();
}

fn record_whole(scratch: &Path, name: &str, plan: &Plan) -> PathBuf {
    let folder = scratch.join(name);
    let mut recorder = Recorder::create(&folder, plan, &Environment::capture()).unwrap();
    add_from(&mut recorder, plan, 0);
    folder
}

#[test]
fn what_is_written_is_read() {
    let scratch = tempfile::tempdir().unwrap();
    let plan = plan_in(scratch.path(), 2);
    let folder = record_whole(scratch.path(), "run", &plan);
    let recorded = Recorded::read(&folder, &Engines::none()).unwrap();
    let (invocations, iterations) = example::whole_run(&plan);
    assert_eq!((recorded.invocations, recorded.iterations), (invocations, iterations));
    assert_eq!(recorded.state, State::Complete);
    assert_eq!(fs::read_to_string(folder.join("sources/one.lua")).unwrap(), "-- one\n");
    // Nothing unfinished is left beside it.
    assert!(fs::read_dir(scratch.path()).unwrap().all(|entry| !hidden(&entry.unwrap().path())));
}

fn hidden(path: &Path) -> bool {
    path.file_name().unwrap().to_string_lossy().starts_with('.')
}

#[test]
fn cut_off_at_any_byte_a_run_goes_on_to_the_same_files() {
    let scratch = tempfile::tempdir().unwrap();
    let plan = plan_in(scratch.path(), 1);
    let whole = record_whole(scratch.path(), "whole", &plan);
    let read = |folder: &Path, file: &str| fs::read(folder.join(file)).unwrap();
    let (iterations, invocations) = (read(&whole, "iterations.csv"), read(&whole, "invocations.csv"));
    let folder = record_whole(scratch.path(), "cut", &plan);
    let header_bytes = header::<InvocationRow>().unwrap().len();
    for cut in (header_bytes..invocations.len()).step_by(7) {
        // An invocation's row is written after its iterations: they are whole, and there may be some of the next.
        let rows = invocations[header_bytes..cut].iter().filter(|byte| **byte == b'\n').count();
        let ends: Vec<usize> = (0..iterations.len()).filter(|place| iterations[*place] == b'\n').collect();
        let next_process = ends[rows * 4] + 1..=ends[(rows + 1) * 4];
        for iterations_cut in [*next_process.start(), next_process.start() + 30, *next_process.end()] {
            fs::write(folder.join("iterations.csv"), &iterations[..iterations_cut]).unwrap();
            fs::write(folder.join("invocations.csv"), &invocations[..cut]).unwrap();
            let partial = Recorded::read(&folder, &Engines::none()).unwrap();
            assert_eq!(partial.invocations.len(), rows);
            assert!(matches!(partial.state, State::Incomplete { .. }));
            let (mut recorder, there) = Recorder::resume(&folder, &Engines::none()).unwrap();
            assert_eq!((there.invocations.rows.len(), there.iterations.rows.len()), (rows, rows * 4));
            add_from(&mut recorder, &plan, rows);
            assert!(read(&folder, "iterations.csv") == iterations, "cut at {iterations_cut}");
            assert!(read(&folder, "invocations.csv") == invocations, "cut at {cut}");
        }
    }
}

#[test]
fn only_one_process_writes_to_a_folder() {
    let scratch = tempfile::tempdir().unwrap();
    let plan = plan_in(scratch.path(), 1);
    let folder = scratch.path().join("run");
    let recorder = Recorder::create(&folder, &plan, &Environment::capture()).unwrap();
    let refused = Recorder::resume(&folder, &Engines::none()).err().unwrap();
    assert!(refused.to_string().contains("another process is writing"), "{refused}");
    drop(recorder);
    assert!(Recorder::resume(&folder, &Engines::none()).is_ok());
    let refused = Recorder::create(&folder, &plan, &Environment::capture()).err().unwrap();
    assert!(refused.is::<UsageError>());
}

#[test]
fn a_folder_with_a_lost_row_is_neither_read_nor_gone_on_with() {
    let scratch = tempfile::tempdir().unwrap();
    let plan = plan_in(scratch.path(), 1);
    let folder = record_whole(scratch.path(), "run", &plan);
    let text = fs::read_to_string(folder.join("invocations.csv")).unwrap();
    let lines: Vec<&str> = text.lines().enumerate().filter(|(index, _)| *index != 2).map(|(_, line)| line).collect();
    fs::write(folder.join("invocations.csv"), format!("{}\n", lines.join("\n"))).unwrap();
    for problem in [
        Recorded::read(&folder, &Engines::none()).err().unwrap(),
        Recorder::resume(&folder, &Engines::none()).err().unwrap(),
    ] {
        assert!(problem.to_string().contains("does not hold together") && problem.to_string().contains("is missing"));
    }
}

#[test]
fn a_workload_that_was_changed_meanwhile_is_not_recorded() {
    let scratch = tempfile::tempdir().unwrap();
    let plan = plan_in(scratch.path(), 1);
    fs::write(&plan.workloads[1].path, "-- another\n").unwrap();
    let folder = scratch.path().join("run");
    let problem = Recorder::create(&folder, &plan, &Environment::capture()).err().unwrap();
    assert!(format!("{problem:#}").contains("was changed during the run"), "{problem:#}");
    assert!(!folder.exists());
    assert!(fs::read_dir(scratch.path()).unwrap().all(|entry| !hidden(&entry.unwrap().path())));
}

/// Makes the folder one of an older version: without columns that came later. `flags` of iterations is as old as they
/// are.
fn make_older(folder: &Path, version: u32, columns: &[&str]) {
    for file in [PLAN_FILE, ENVIRONMENT_FILE] {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        let current = format!("\"schema_version\": {SCHEMA_VERSION}");
        assert!(text.contains(&current));
        fs::write(folder.join(file), text.replace(&current, &format!("\"schema_version\": {version}"))).unwrap();
    }
    for file in ["invocations.csv", "iterations.csv"] {
        let mut reader = csv::Reader::from_path(folder.join(file)).unwrap();
        let kept: Vec<bool> = reader
            .headers()
            .unwrap()
            .iter()
            .map(|column| !columns.contains(&column) || (file, column) == ("iterations.csv", "flags"))
            .collect();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(folder.join(file)).unwrap();
        let mut writer = csv::Writer::from_writer(Vec::new());
        for record in reader.records() {
            let record = record.unwrap();
            let fields = record.iter().zip(&kept).filter_map(|(field, keeps)| keeps.then_some(field));
            writer.write_record(fields).unwrap();
        }
        fs::write(folder.join(file), writer.into_inner().unwrap()).unwrap();
    }
}

#[test]
fn a_folder_of_the_third_schema_is_read() {
    let scratch = tempfile::tempdir().unwrap();
    let plan = Plan { clock: Some(crate::machine::clock::Clock::Monotonic), ..plan_in(scratch.path(), 1) };
    let folder = record_whole(scratch.path(), "run", &plan);
    make_older(&folder, 3, &["engine_id", "build", "batch_calls", "batch_ns"]);
    let plan_file = folder.join(PLAN_FILE);
    let mut document: serde_json::Value = serde_json::from_str(&fs::read_to_string(&plan_file).unwrap()).unwrap();
    for contender in document["contenders"].as_array_mut().unwrap() {
        contender.as_object_mut().unwrap().retain(|key, _| key != "engine_id" && key != "clock");
    }
    fs::write(&plan_file, document.to_string()).unwrap();
    let recorded = Recorded::read(&folder, &Engines::none()).unwrap();
    assert_eq!(recorded.plan.contenders[1].engine_id, "fast");
    assert_eq!(recorded.plan.clock_of(1), crate::machine::clock::Clock::Monotonic);
    assert_eq!(recorded.invocations[0].engine_id, "");
}

#[test]
fn a_folder_of_the_first_schema_is_read() {
    let scratch = tempfile::tempdir().unwrap();
    let plan = plan_in(scratch.path(), 1);
    let folder = record_whole(scratch.path(), "run", &plan);
    let text = fs::read_to_string(folder.join("invocations.csv")).unwrap();
    let later = ["iterations", "duration_ns", "run_delay_ns", "psi_memory_some_us", "psi_io_some_us", "flags"];
    make_older(&folder, 1, &[&later[..], &["engine_id", "build", "batch_calls", "batch_ns"]].concat());
    let recorded = Recorded::read(&folder, &Engines::none()).unwrap();
    assert_eq!((recorded.invocations.len(), recorded.invocations[0].iterations), (5, None));
    let swapped = text.replacen("run_id,engine,", "engine,run_id,", 1);
    fs::write(folder.join("invocations.csv"), swapped).unwrap();
    let problem = Recorded::read(&folder, &Engines::none()).err().unwrap();
    assert!(format!("{problem:#}").contains("the column 'run_id' is unknown or out of place"), "{problem:#}");
}

#[test]
fn of_several_attempts_the_last_one_counts() {
    let scratch = tempfile::tempdir().unwrap();
    let plan = Plan { retries: 1, ..plan_in(scratch.path(), 1) };
    let folder = scratch.path().join("run");
    let mut recorder = Recorder::create(&folder, &plan, &Environment::capture()).unwrap();
    let (mut invocations, _) = example::whole_run(&plan);
    invocations[1].flags = "steal".to_string();
    invocations.push(InvocationRow { attempt: 2, flags: String::new(), ..invocations[1].clone() });
    for row in &invocations {
        let wall_ns = 100 * u64::from(row.attempt);
        let iterations: Vec<_> = (1..=4).map(|number| example::iteration(row, number, wall_ns)).collect();
        recorder.add(&iterations, row).unwrap();
    }
    let recorded = Recorded::read(&folder, &Engines::none()).unwrap();
    assert_eq!((recorded.state, recorded.invocations.len()), (State::Complete, 5));
    assert_eq!(recorded.repeated, [invocations[1].clone()]);
    // In the order of the run, although the repetition was made at the end.
    let counting: Vec<(u32, u32)> = recorded.invocations.iter().map(|row| (row.seq, row.attempt)).collect();
    assert_eq!(counting, [(1, 1), (2, 2), (3, 1), (4, 1), (5, 1)]);
    assert_eq!(recorded.iterations.len(), 20);
    assert!(recorded.iterations.iter().filter(|row| row.seq == 2).all(|row| row.wall_ns == 200));
    assert!(recorded.iterations.is_sorted_by_key(|row| (row.seq, row.iteration)));
}
