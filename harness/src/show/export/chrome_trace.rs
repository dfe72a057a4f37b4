//! The trace of compilers in the format that Perfetto and chrome://tracing read: a process for each contender, a thread for each
//! workload; compilations and collections have a length, everything else is an instant.

use serde_json::{Value, json};

use crate::analyse::Analysis;
use crate::error::UsageError;
use crate::machine::terminal;
use crate::record::load::Recorded;
use crate::record::rows::{EventKind, EventRow};

/// The trace.
///
/// # Errors
/// [`UsageError`] if the run has no events.
pub fn export(recorded: &Recorded, analysis: &Analysis) -> anyhow::Result<String> {
    if recorded.events.is_empty() {
        let program = terminal::program();
        return Err(UsageError(format!("the run has no events; '{program} compare --events' records them")).into());
    }
    let plan = analysis.plan;
    let mut events: Vec<Value> = Vec::new();
    for cell in plan.traced() {
        let named = |what: &str, name: &str| json!({ "ph": "M", "name": what, "pid": cell.contender + 1, "tid": cell.workload + 1, "args": { "name": name } });
        events.push(named("process_name", &plan.contenders[cell.contender].label()));
        events.push(named("thread_name", &plan.workloads[cell.workload].name));
    }
    for row in &recorded.events {
        if let Some(cell) = plan.cell(&row.engine, &row.engine_config, &row.workload) {
            events.push(event(row, cell.contender + 1, cell.workload + 1));
        }
    }
    Ok(serde_json::to_string(&json!({ "traceEvents": events, "displayTimeUnit": "ms" }))? + "\n")
}

fn event(row: &EventRow, pid: usize, tid: usize) -> Value {
    let name = match row.kind {
        EventKind::Hot => "hot",
        EventKind::CompileStart => "compile starts",
        EventKind::CompileEnd => "compile",
        EventKind::Reused => "code used again",
        EventKind::Declined => "declined",
        EventKind::Osr => "entered while running",
        EventKind::SideExit => "side exit",
        EventKind::Deopt => "thrown away",
        EventKind::Blacklisted => "blacklisted",
        EventKind::Evicted => "evicted",
        EventKind::Gc => "collect",
    };
    let end_us = row.t_ns as f64 * 1e-3;
    let arguments = json!({
        "iteration": row.iteration, "unit": row.unit, "function": row.function, "line": row.line, "pc": row.pc,
        "bytes_in": row.bytes_in, "bytes_out": row.bytes_out, "reason": row.reason, "count": row.count,
    });
    let what = if row.function.is_empty() { name.to_string() } else { format!("{name} {}", row.function) };
    match (row.kind, row.dur_ns) {
        // It is reported when it has ended.
        (EventKind::CompileEnd, Some(dur_ns)) => {
            let dur_us = dur_ns as f64 * 1e-3;
            json!({ "ph": "X", "name": what, "cat": name, "pid": pid, "tid": tid, "ts": (end_us - dur_us).max(0.0), "dur": dur_us, "args": arguments })
        }
        // The first of several begins then.
        (EventKind::Gc, Some(dur_ns)) => {
            json!({ "ph": "X", "name": what, "cat": name, "pid": pid, "tid": tid, "ts": end_us, "dur": dur_ns as f64 * 1e-3, "args": arguments })
        }
        _ => {
            json!({ "ph": "i", "s": "t", "name": what, "cat": name, "pid": pid, "tid": tid, "ts": end_us, "args": arguments })
        }
    }
}
