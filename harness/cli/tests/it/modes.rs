//! Processes that fall into modes: nothing is averaged, and they are measured as often again, once.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use harness::record::rows::{InvocationRow, Row, SummaryRow};

use crate::tool::{Said, Scratch, harness, rows};

/// A Lua of which the third process that runs a workload is very much slower than all others, as an argument.
fn moody_lua(scratch: &Scratch) -> String {
    let lua = harness::plan::yardsticks::built().iter().find(|yardstick| yardstick.name == "lua5.4").unwrap().path;
    let count = scratch.path("count").display().to_string();
    let text = format!(
        "local driver = table.remove(arg, 1)
         if driver == '-v' then return end
         if arg[1] ~= '--describe' then
           local file = io.open('{count}')
           local runs = (file and tonumber(file:read('a')) or 0) + 1
           file = io.open('{count}', 'w')
           file:write(runs)
           file:close()
           if runs == 3 then debug.sethook(function() for _ = 1, 9 do end end, '', 1) end
         end
         dofile(driver)"
    );
    let wrapper = scratch.file("wrapper.lua", &text);
    let program = scratch.file("moody", &format!("#!/bin/sh\nexec '{lua}' '{wrapper}' \"$@\"\n"));
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    format!("moody={program}")
}

fn compare(scratch: &Scratch, yardstick: &str, more: &[&str]) -> Said {
    let out = scratch.out();
    let mut arguments = vec!["compare", "--engines", "none", "--yardsticks", "none", "--yardstick", yardstick];
    arguments.extend(["--baseline", "moody", "--workloads", "sum_loop", "--invocations", "5", "--iterations", "3"]);
    arguments.extend(["--out", &out]);
    harness(&[&arguments, more].concat()).with_status(0)
}

fn processes(scratch: &Scratch) -> Vec<String> {
    let rows = rows(&scratch.path("out"), InvocationRow::FILE);
    rows.into_iter().map(|row| format!("{} {}", row["block"], row["engine"])).collect()
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn a_pair_with_modes_is_doubled_and_has_no_mean() {
    let scratch = Scratch::new();
    let yardstick = moody_lua(&scratch);
    let said = compare(&scratch, &yardstick, &[]);
    assert!(said.err.contains("some pairs have modes: 5 processes more"), "{}", said.err);
    assert!(said.out.contains("sum_loop on moody: ") && said.out.contains("one apart at"), "{}", said.out);
    let whole = processes(&scratch);
    assert_eq!((whole.len(), whole[5].as_str(), whole[9].as_str()), (10, "6 moody", "10 moody"), "{whole:?}");
    let row = rows(&scratch.path("out"), SummaryRow::FILE).into_iter().find(|row| row["engine"] == "moody").unwrap();
    assert!(row["mean_ns"].is_empty() && row["ci_low_ns"].is_empty() && row["verdict"].is_empty(), "{row:?}");
    // A busy machine may add a mode of its own; the slowest is the one process.
    assert!(row["modes"].rsplit(' ').next().unwrap().starts_with("1:") && row["modes"].contains(' '), "{row:?}");
    let (out, invocations) = (scratch.out(), scratch.path("out").join("invocations.csv"));
    harness(&["validate", &out]).with_status(0);
    // Cut off within the doubled blocks it goes on to the same processes.
    let text = fs::read_to_string(&invocations).unwrap();
    let kept: Vec<&str> = text.lines().take(1 + 7).collect();
    fs::write(&invocations, kept.join("\n") + "\n").unwrap();
    let iterations = scratch.path("out").join("iterations.csv");
    let text = fs::read_to_string(&iterations).unwrap();
    let kept: Vec<&str> = text.lines().take(1 + 7 * 3).collect();
    fs::write(&iterations, kept.join("\n") + "\n").unwrap();
    let said = harness(&["validate", &out]).with_status(0);
    assert!(said.out.contains("INCOMPLETE: 7 of 10"), "{}", said.out);
    harness(&["compare", "--resume", "--out", &out, "--yardstick", &yardstick]).with_status(0);
    assert_eq!(processes(&scratch), whole);
    harness(&["validate", &out]).with_status(0);
    // A process that nothing asked for is none of the run.
    let plan = fs::read_to_string(scratch.path("out").join("plan.json")).unwrap();
    fs::write(scratch.path("out").join("plan.json"), plan.replace("\"doubles_modes\": true,", "")).unwrap();
    let said = harness(&["validate", &out]).with_status(1);
    assert!(said.out.contains("is not in the plan"), "{}", said.out);
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn doubling_can_be_left_out() {
    let scratch = Scratch::new();
    let yardstick = moody_lua(&scratch);
    let said = compare(&scratch, &yardstick, &["--no-doubling"]);
    assert_eq!(processes(&scratch).len(), 5);
    assert!(said.out.contains("sum_loop on moody: ") && said.out.contains("one apart at"), "{}", said.out);
}
