//! A small run written down by hand, for tests: plans, rows, whole folders.

use crate::plan::SCHEMA_VERSION;
use crate::plan::contender::{Contender, Kind};
use crate::plan::expectation::Expect;
use crate::plan::preset::{IterationRule, Preset};
use crate::plan::schedule::{self, Cell};
use crate::plan::workload::Size;
use crate::plan::{NotApplicable, Plan, PlannedWorkload, Purpose};
use crate::record::environment::Environment;
use crate::record::load::Recorded;
use crate::record::outcome::Outcome;
use crate::record::rows::{InvocationRow, IterationRow, Validity};
use crate::record::work_queue::State;

/// Contenders `base`, `fast` and `native` on workloads `one` and `two`, four iterations that give `1`; native has only
/// `one`.
pub(crate) fn plan(invocations: u32) -> Plan {
    let cells = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)].map(|(contender, workload)| Cell { contender, workload });
    Plan {
        schema_version: SCHEMA_VERSION,
        run_id: "r".to_string(),
        purpose: Purpose::Comparison,
        created_utc: String::new(),
        preset: Preset::Quick,
        size: Size::Test,
        invocations,
        iterations: IterationRule::exactly(4),
        clock: None,
        seed: 1,
        expect: Expect::Exact,
        ignore_lines: None,
        arguments: Vec::new(),
        fresh: false,
        time_limit_ms: 1,
        max_memory_bytes: 1,
        retries: 0,
        doubles_modes: false,
        budget_ns: None,
        pinned_cpu: None,
        calib_ns: None,
        most_calib_ns: None,
        events: false,
        floor: None,
        baseline: Some("base".to_string()),
        contenders: vec![
            contender("base", Kind::Yardstick),
            contender("fast", Kind::Engine),
            contender("native", Kind::Native),
        ],
        workloads: vec![workload("one"), workload("two")],
        not_applicable: vec![NotApplicable {
            cell: Cell { contender: 2, workload: 1 },
            reason: "not written in Rust".to_string(),
        }],
        blocks: schedule::shuffled_blocks(&cells, invocations, 1),
    }
}

fn contender(name: &str, kind: Kind) -> Contender {
    Contender::new(name, kind, "1")
}

fn workload(name: &str) -> PlannedWorkload {
    PlannedWorkload {
        name: name.to_string(),
        title: String::new(),
        group: None,
        source_hash: String::new(),
        n: Some(1),
        expected: Some("1".to_string()),
        expected_from: Some("header".to_string()),
        problem: None,
        path: "w.lua".into(),
    }
}

/// The row of a process that ended well and was not disturbed.
pub(crate) fn invocation(engine: &str, workload: &str, block: u32, seq: u32) -> InvocationRow {
    InvocationRow {
        run_id: "r".to_string(),
        engine: engine.to_string(),
        engine_id: engine.to_string(),
        build: String::new(),
        engine_config: String::new(),
        workload: workload.to_string(),
        size: Size::Test,
        invocation: block,
        attempt: 1,
        block,
        seq,
        pid: 1,
        start_utc: String::new(),
        start_mono_ns: 0,
        exec_to_first_ns: None,
        exit_kind: Outcome::Ok,
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
        seed: 1,
        aslr: None,
        stderr_tail: String::new(),
        reason: String::new(),
        iterations: Some(4),
        batch_calls: None,
        batch_ns: None,
        duration_ns: Some(1000),
        run_delay_ns: None,
        psi_memory_some_us: None,
        psi_io_some_us: None,
        flags: String::new(),
    }
}

/// An iteration of `invocation` that gave the right result.
pub(crate) fn iteration(invocation: &InvocationRow, iteration: u32, wall_ns: u64) -> IterationRow {
    IterationRow {
        run_id: invocation.run_id.clone(),
        attempt: invocation.attempt,
        clock: "monotonic".to_string(),
        block: invocation.block,
        seq: invocation.seq,
        engine: invocation.engine.clone(),
        engine_id: invocation.engine_id.clone(),
        build: invocation.build.clone(),
        engine_config: invocation.engine_config.clone(),
        workload: invocation.workload.clone(),
        size: invocation.size,
        param: Some(1),
        invocation: invocation.invocation,
        iteration,
        wall_ns,
        gc_ns: None,
        compile_ns: None,
        compiles: None,
        deopts: None,
        code_bytes: None,
        checksum: "1".to_string(),
        valid: Validity::Ok,
        flags: String::new(),
    }
}

/// Every row of a run of `plan` that went well, in order.
pub(crate) fn whole_run(plan: &Plan) -> (Vec<InvocationRow>, Vec<IterationRow>) {
    let mut invocations = Vec::new();
    let mut iterations = Vec::new();
    let mut seq = 0;
    for (block, cells) in (1..).zip(&plan.blocks) {
        for cell in cells {
            seq += 1;
            let engine = &plan.contenders[cell.contender].name;
            let row = invocation(engine, &plan.workloads[cell.workload].name, block, seq);
            iterations.extend((1..=4).map(|number| iteration(&row, number, 100 + u64::from(number))));
            invocations.push(row);
        }
    }
    (invocations, iterations)
}

/// A whole run of `plan`, without its order: `outcome_and_times_ns` gives what became of each process, by its pair and
/// block.
pub(crate) fn recorded(plan: &Plan, outcome_and_times_ns: impl Fn(Cell, u32) -> (Outcome, Vec<u64>)) -> Recorded {
    let (mut invocations, mut iterations) = (Vec::new(), Vec::new());
    let mut seq = 0;
    for (block, cells) in (1..).zip(&plan.blocks) {
        for cell in cells {
            seq += 1;
            let (outcome, times_ns) = outcome_and_times_ns(*cell, block);
            let (contender, workload) = (&plan.contenders[cell.contender], &plan.workloads[cell.workload]);
            let row = InvocationRow {
                exit_kind: outcome,
                reason: if outcome == Outcome::Ok { String::new() } else { "because".to_string() },
                ..invocation(&contender.name, &workload.name, block, seq)
            };
            iterations.extend((1..).zip(times_ns).map(|(number, time_ns)| iteration(&row, number, time_ns)));
            invocations.push(row);
        }
    }
    Recorded {
        plan: plan.clone(),
        environment: Environment::capture(),
        invocations,
        iterations,
        repeated: Vec::new(),
        events: Vec::new(),
        state: State::Complete,
        remarks: Vec::new(),
    }
}
