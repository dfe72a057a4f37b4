//! Folders with one thing wrong each: every inconsistency must be named, and what a kill leaves must be none.

use super::*;
use crate::plan::preset::Preset;
use crate::plan::workload::Size;
use crate::record::environment::Environment;
use crate::record::load::Table;
use crate::record::rows::example;

/// A run of two blocks that went well.
fn whole() -> Folder {
    let plan = example::plan(2);
    let (invocations, iterations) = example::whole_run(&plan);
    let (invocations, iterations) = (table(invocations), table(iterations));
    Folder { environment: Environment::capture(), invocations, iterations, events: None, plan }
}

fn table<R>(rows: Vec<R>) -> Table<R> {
    Table { starts: vec![0; rows.len()], rows, complete_bytes: 0, is_torn: false }
}

/// What is found after `change`, one problem a line.
#[track_caller]
fn problems_after(change: impl FnOnce(&mut Folder)) -> String {
    let mut folder = whole();
    change(&mut folder);
    examine(&folder).problems.join("\n")
}

#[test]
fn a_whole_run_holds_together() {
    let findings = examine(&whole());
    assert_eq!(findings.problems, [""; 0]);
    assert_eq!(findings.remarks, [""; 0]);
    assert_eq!(findings.state, State::Complete);
}

#[test]
fn lost_and_doubled_processes_are_named() {
    let lost = problems_after(|folder| drop(folder.invocations.rows.remove(3)));
    assert!(lost.contains("invocations.csv line 5: before it the row of"), "{lost}");
    // Its iterations point to nothing now.
    assert_eq!(lost.matches("has no row in invocations.csv").count(), 4, "{lost}");
    let doubled = problems_after(|folder| {
        let row = folder.invocations.rows[2].clone();
        folder.invocations.rows.insert(3, row);
    });
    assert!(
        doubled.contains("invocations.csv line 5:") && doubled.contains("is there already, in line 4"),
        "{doubled}"
    );
    let swapped = problems_after(|folder| folder.invocations.rows.swap(2, 6));
    assert!(swapped.contains("is missing") && swapped.contains("ask for no such process"), "{swapped}");
    let again = problems_after(|folder| {
        let row = InvocationRow { attempt: 2, ..folder.invocations.rows[9].clone() };
        folder.invocations.rows.push(row);
    });
    assert!(again.contains("line 12: the plan and the rows before ask for no such process"), "{again}");
}

#[test]
fn a_process_that_is_not_in_the_plan_is_named() {
    type Change = fn(&mut InvocationRow);
    let changes: [(Change, &str); 6] = [
        (|row| row.engine = "other".to_string(), "is not in the plan"),
        (|row| row.run_id = "s".to_string(), "it is of the run 's', the plan of 'r'"),
        (|row| row.size = Size::Large, "its size is large, the plan's test"),
        (|row| row.seq += 1, "the plan says 3"),
        (|row| row.block = 2, "invocation 1 is in block 2"),
        (|row| (row.block, row.invocation) = (9, 9), "is not in the plan"),
    ];
    for (change, part) in changes {
        let problems = problems_after(|folder| change(&mut folder.invocations.rows[2]));
        assert!(problems.contains("invocations.csv line 4: ") && problems.contains(part), "{problems}");
    }
}

#[test]
fn lost_doubled_and_changed_iterations_are_named() {
    type Change = fn(&mut Vec<IterationRow>);
    let changes: [(Change, &str); 8] = [
        (|rows| drop(rows.remove(5)), "iterations.csv line 7: iteration 3 stands where 2 was to come"),
        (|rows| drop(rows.pop()), "3 iterations are recorded of 4"),
        (|rows| rows.insert(6, rows[5].clone()), "iterations.csv line 8: iteration 2 stands where 3 was to come"),
        (|rows| rows[5].seq = 9, "iterations.csv line 7: run, block, seq or size"),
        (|rows| rows[5].clock = "cpu".to_string(), "timed by the clock 'cpu', the plan says 'monotonic'"),
        (|rows| rows[5].param = None, "its param is not the plan's"),
        (|rows| rows[5].checksum = "2".to_string(), "the mark of the result '2'"),
        (|rows| rows[5].attempt = 2, "iterations.csv line 7: "),
    ];
    for (change, part) in changes {
        let problems = problems_after(|folder| change(&mut folder.iterations.rows));
        assert!(problems.contains(part), "'{part}' is not in {problems}");
    }
}

#[test]
fn an_end_that_the_iterations_do_not_show_is_named() {
    let wrong = problems_after(|folder| folder.invocations.rows[9].exit_kind = Outcome::WrongResult);
    assert!(wrong.contains("no iteration has the wrong result"), "{wrong}");
    let well = problems_after(|folder| {
        folder.iterations.rows[1].checksum = "2".to_string();
        folder.iterations.rows[1].valid = Validity::Wrong;
    });
    assert!(well.contains("it ended well with a wrong result"), "{well}");
    let few = problems_after(|folder| {
        folder.invocations.rows[9].iterations = Some(2);
        folder.iterations.rows.truncate(38);
    });
    assert!(few.contains("2 iterations, the plan asks for 4 to 4"), "{few}");
}

#[test]
fn a_changed_plan_is_named() {
    type Change = fn(&mut Folder);
    let changes: [(Change, &str); 5] = [
        (|folder| folder.plan.blocks.swap(0, 1), "the order is not the one of seed 1"),
        (|folder| folder.plan.blocks[0].truncate(4), "the order is not the one of seed 1"),
        (|folder| folder.plan.baseline = Some("x".to_string()), "the baseline 'x' is no contender"),
        (|folder| folder.plan.contenders[1].name = "base".to_string(), "'base' is there twice"),
        (|folder| folder.environment.schema_version = 9, "environment.json has schema version 9"),
    ];
    for (change, part) in changes {
        let problems = problems_after(change);
        assert!(problems.contains(part), "'{part}' is not in {problems}");
    }
}

#[test]
fn what_a_kill_leaves_is_remarked_and_no_problem() {
    let mut folder = whole();
    folder.invocations.rows.truncate(6);
    folder.iterations.rows.truncate(6 * 4 + 2);
    folder.iterations.is_torn = true;
    let findings = examine(&folder);
    assert_eq!(findings.problems, [""; 0]);
    assert_eq!(findings.state, State::Incomplete { recorded: 6, planned: 10 });
    let remarks = findings.remarks.join("\n");
    for part in
        ["2 iterations belong to a process that was cut off", "last line of iterations.csv", "INCOMPLETE: 6 of 10"]
    {
        assert!(remarks.contains(part), "{remarks}");
    }
}

#[test]
fn very_many_problems_are_counted() {
    let mut folder = whole();
    folder.iterations.rows.iter_mut().for_each(|row| row.run_id = "s".to_string());
    let findings = examine(&folder);
    assert_eq!(findings.problems.len(), 40);
    assert!(findings.problems_text().ends_with("and 20 more"));
    assert_eq!(findings.problems_text().lines().count(), 21);
}

/// A run of two blocks until steady in which every process has this series.
fn until_steady(times_ns: &[u64]) -> Folder {
    let mut plan = example::plan(2);
    plan.preset = Preset::Standard;
    plan.iterations = IterationRule::until_steady(400).unwrap();
    let recorded = example::recorded(&plan, |_, _| (Outcome::Ok, times_ns.to_vec()));
    let (mut invocations, iterations) = (table(recorded.invocations), table(recorded.iterations));
    invocations.rows.iter_mut().for_each(|row| row.iterations = Some(times_ns.len() as u32));
    Folder { environment: Environment::capture(), invocations, iterations, events: None, plan }
}

#[test]
fn a_process_that_runs_until_it_is_steady_ends_where_its_rule_says() {
    let flat: Vec<u64> = (0..400).map(|at| 1_000_000 + at * 7919 % 500).collect();
    let sawtooth: Vec<u64> =
        (0..400).map(|at| if (at / 10_u64).is_multiple_of(2) { 1_000_000 } else { 1_300_000 }).collect();
    for (times_ns, is_right) in [
        (&flat[..200], true),
        (&flat[..199], false),
        (&flat[..201], false),
        (&sawtooth[..200], true),
        (&sawtooth[..], false),
    ] {
        let problems = examine(&until_steady(times_ns)).problems.join("\n");
        let words = format!("{} iterations are not where its rule ends it", times_ns.len());
        assert_eq!((problems.is_empty(), problems.contains(&words)), (is_right, !is_right), "{problems}");
    }
}
