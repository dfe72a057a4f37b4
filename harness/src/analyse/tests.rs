//! The analysis of small runs written down by hand.

use super::*;
use crate::clock::Clock;
use crate::preset::{IterationRule, Preset};
use crate::rows::{IterationRow, SCHEMA_VERSION, Validity};
use crate::workload::Size;

/// Contenders `base`, `fast` and `native`; workloads `one` and `two`; native only has `one`.
fn plan(invocations: u32) -> Plan {
    let contender = |name: &str, kind| Contender {
        name: name.to_string(),
        kind,
        engine_config: String::new(),
        version: "1".to_string(),
        twin_of: None,
        interpreter: None,
    };
    let workload = |name: &str| PlannedWorkload {
        name: name.to_string(),
        title: String::new(),
        source_hash: String::new(),
        n: Some(1),
        expected: Some("1".to_string()),
        expected_from: Some("header".to_string()),
        path: "w.lua".into(),
    };
    Plan {
        schema_version: SCHEMA_VERSION,
        run_id: "r".to_string(),
        created_utc: String::new(),
        preset: Preset::Quick,
        size: Size::Test,
        invocations,
        iterations: IterationRule::exactly(4),
        clock: Clock::Monotonic,
        seed: 1,
        time_limit_ms: 1,
        max_memory_bytes: 1,
        retries: 0,
        budget_ns: None,
        pinned_cpu: None,
        calib_ns: None,
        floor: None,
        baseline: Some("base".to_string()),
        contenders: vec![
            contender("base", Kind::Yardstick),
            contender("fast", Kind::Engine),
            contender("native", Kind::Native),
        ],
        workloads: vec![workload("one"), workload("two")],
        not_applicable: vec![crate::plan::NotApplicable {
            cell: Cell { contender: 2, workload: 1 },
            reason: "not written in Rust".to_string(),
        }],
        blocks: Vec::new(),
    }
}

fn record(plan: &Plan, walls: impl Fn(Cell, u32) -> (Outcome, Vec<u64>)) -> Recorded {
    let mut recorded = Recorded {
        plan: plan.clone(),
        environment: crate::environment::Environment::capture(),
        invocations: Vec::new(),
        iterations: Vec::new(),
        repeated: Vec::new(),
        state: crate::ledger::State::Complete,
        remarks: Vec::new(),
    };
    let mut seq = 0;
    for block in 1..=plan.invocations {
        for (contender, workload) in [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)] {
            seq += 1;
            let cell = Cell { contender, workload };
            let (outcome, wall_ns) = walls(cell, block);
            recorded.invocations.push(invocation_row(plan, cell, block, seq, outcome));
            for (iteration, wall_ns) in (1..).zip(wall_ns) {
                recorded.iterations.push(iteration_row(plan, cell, (block, seq, iteration), wall_ns));
            }
        }
    }
    recorded
}

fn invocation_row(plan: &Plan, cell: Cell, block: u32, seq: u32, exit_kind: Outcome) -> InvocationRow {
    InvocationRow {
        run_id: "r".to_string(),
        engine: plan.contenders[cell.contender].name.clone(),
        engine_config: String::new(),
        workload: plan.workloads[cell.workload].name.clone(),
        size: Size::Test,
        invocation: block,
        attempt: 1,
        block,
        seq,
        pid: 1,
        start_utc: String::new(),
        start_mono_ns: 0,
        exec_to_first_ns: None,
        exit_kind,
        exit_code: Some(0),
        signal: None,
        max_rss_bytes: None,
        user_ns: None,
        sys_ns: None,
        minor_faults: None,
        major_faults: None,
        vol_cs: None,
        invol_cs: None,
        steal_ns: None,
        psi_cpu_some_us: None,
        load1_before: None,
        load1_after: None,
        calib_ns_before: 1,
        calib_ns_after: 1,
        cpu_id: None,
        env_bytes: 0,
        heap_pad: None,
        seed: 1,
        aslr: None,
        stderr_tail: String::new(),
        reason: if exit_kind == Outcome::Ok { String::new() } else { "because".to_string() },
        iterations: None,
        duration_ns: None,
        run_delay_ns: None,
        psi_memory_some_us: None,
        psi_io_some_us: None,
        flags: String::new(),
    }
}

fn iteration_row(plan: &Plan, cell: Cell, (block, seq, iteration): (u32, u32, u32), wall_ns: u64) -> IterationRow {
    IterationRow {
        run_id: "r".to_string(),
        attempt: 1,
        clock: "monotonic".to_string(),
        block,
        seq,
        engine: plan.contenders[cell.contender].name.clone(),
        engine_config: String::new(),
        workload: plan.workloads[cell.workload].name.clone(),
        size: Size::Test,
        param: Some(1),
        invocation: block,
        iteration,
        wall_ns,
        gc_ns: None,
        compile_ns: None,
        compiles: None,
        deopts: None,
        code_bytes: None,
        instr_count: None,
        checksum: "1".to_string(),
        valid: Validity::Ok,
        flags: String::new(),
    }
}

/// `base` takes 1000 or 2000 ns once warm, `fast` a quarter of it, `native` a tenth; every block has its own drift,
/// which pairing must take out.
fn steady(cell: Cell, block: u32) -> (Outcome, Vec<u64>) {
    let time_ns = (1000 << cell.workload) / [1, 4, 10][cell.contender] * u64::from(10 + block);
    (Outcome::Ok, vec![time_ns * 50, time_ns * 9, time_ns, time_ns])
}

#[test]
fn pairing_by_block_takes_out_drift() {
    let recorded = record(&plan(5), steady);
    let analysis = Analysis::new(&recorded);
    let speedup = analysis.pairs[0][1].speedup.unwrap();
    assert!((speedup.centre - 4.0).abs() < 1e-9);
    let (low, high) = speedup.interval.unwrap();
    assert!((low - 4.0).abs() < 1e-9 && (high - 4.0).abs() < 1e-9, "{low}..{high}");
    let (low, high) = analysis.pairs[0][1].time_ns.unwrap().interval.unwrap();
    assert!(low < 3200.0 && 3300.0 < high, "the times themselves do drift: {low}..{high}");
    assert_eq!(analysis.pairs[0][1].median_ns, Some(3250.0));
    assert_eq!((analysis.pairs[0][1].invocations, analysis.pairs[0][1].iterations), (5, 10));
}

#[test]
fn the_geometric_mean_is_over_what_all_have_in_common() {
    let recorded = record(&plan(5), steady);
    let analysis = Analysis::new(&recorded);
    assert_eq!(analysis.common, [0, 1]);
    assert!((analysis.geometric_means[1].unwrap().centre - 4.0).abs() < 1e-9);
    // The baseline has none over itself, native lacks a workload.
    assert_eq!((analysis.geometric_means[0], analysis.geometric_means[2]), (None, None));
    assert_eq!(analysis.order(), [0, 1, 2]);
    assert!(!analysis.has_failure());
}

#[test]
fn a_pair_that_failed_once_has_no_time_and_is_a_failure() {
    let recorded = record(&plan(5), |cell, block| match (cell, block) {
        (Cell { contender: 1, workload: 1 }, 3) => (Outcome::WrongResult, vec![1, 1]),
        (cell, block) => steady(cell, block),
    });
    let analysis = Analysis::new(&recorded);
    let pair = &analysis.pairs[1][1];
    assert_eq!((pair.outcome, pair.reason.as_str()), (Some(Outcome::WrongResult), "because"));
    assert_eq!((pair.time_ns, pair.speedup, pair.median_ns), (None, None, None));
    assert_eq!(analysis.common, [0]);
    assert!(analysis.has_failure());
    let summary = analysis.summary();
    let row = summary.iter().find(|row| row.engine == "fast" && row.workload == "two").unwrap();
    assert_eq!((row.outcome, row.speedup, row.mean_ns), (Outcome::WrongResult, None, None));
}

#[test]
fn declining_is_no_failure_and_what_never_ran_has_no_row() {
    let mut plan = plan(1);
    plan.workloads.push(PlannedWorkload { name: "three".to_string(), ..plan.workloads[0].clone() });
    let recorded = record(&plan, |cell, block| match cell.contender {
        1 => (Outcome::Unsupported, vec![]),
        _ => steady(cell, block),
    });
    let analysis = Analysis::new(&recorded);
    assert!(!analysis.has_failure());
    assert_eq!(analysis.pairs[2][0].outcome, None);
    assert_eq!(analysis.summary().len(), 6);
    // One process gives a time but no interval.
    let estimate = analysis.pairs[0][0].time_ns.unwrap();
    assert!((estimate.centre - 11_000.0).abs() < 1e-6);
    assert_eq!(estimate.interval, None);
    // `fast` finished nothing, so it does not empty the common set.
    assert_eq!(analysis.common, [0, 1]);
}

#[test]
fn without_a_baseline_there_are_times_and_no_speedups() {
    let mut plan = plan(2);
    plan.baseline = None;
    let recorded = record(&plan, steady);
    let analysis = Analysis::new(&recorded);
    assert_eq!(analysis.baseline_label(), None);
    assert!(analysis.pairs.iter().flatten().all(|pair| pair.speedup.is_none()));
    assert!(analysis.pairs[0][1].time_ns.is_some());
    assert!(analysis.geometric_means.iter().all(Option::is_none));
}
