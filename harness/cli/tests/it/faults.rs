//! Contenders that are wrong on purpose: each must be flagged, whatever sort of fault it has, and none may get a
//! speed-up, however fast its wrong answer was.
//!
//! A faulty contender is PUC Lua under a wrapper that rewrites one place of the workload before it loads it, so that
//! the program does what a broken compiler would have made of it: the whole way from the child protocol to the table
//! is the one that every contender takes.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use harness::record::rows::{Row, SummaryRow};

use crate::tool::{Said, Scratch, harness, rows};

/// One way to be wrong: in `workload`, `right` is executed as if it were `wrong`.
struct Fault {
    name: &'static str,
    workload: &'static str,
    right: &'static str,
    wrong: &'static str,
    /// What the summary must say.
    outcome: &'static str,
}

const fn fault(name: &'static str, workload: &'static str, right: &'static str, wrong: &'static str) -> Fault {
    Fault { name, workload, right, wrong, outcome: "wrong_result" }
}

/// Grouped by workload, because one comparison holds all faults of one.
const FAULTS: &[Fault] = &[
    // Arithmetic and comparison.
    fault("less-is-less-or-equal", "fib", "n < 2", "n <= 2"),
    fault("one-sum-of-many", "fib", "fib(n - 1) + fib(n - 2)", "fib(n - 1) + fib(n - 2) + (n == 23 and 1 or 0)"),
    fault("32-bit-integers", "sum_loop", "sum = sum + i", "sum = sum + i & 0xffffffff"),
    fault(
        "one-addition-in-millions",
        "sum_loop",
        "sum = sum + i",
        "sum = sum + i + (i == 77777 and round == 3 and 1 or 0)",
    ),
    fault("single-precision", "sum_of_products", "sum + x * y", "sum + x * y * 1.00000012"),
    fault("signed-for-unsigned", "bit_mixing", "math.ult(hash, state)", "hash < state"),
    fault("shift-keeps-the-sign", "bit_mixing", "reversed(hash) >> 60", "reversed(hash) // (1 << 60)"),
    fault("division-truncates", "bit_mixing", "state // (i * 7919)", "-(-state // (i * 7919))"),
    // Skipped and repeated work.
    fault("last-iteration-skipped", "matmul", "for k = 1, n do", "for k = 1, n - 1 do"),
    fault("loop-left-too-late", "mandelbrot", "for step = 1, limit do", "for step = 1, limit + 1 do"),
    fault(
        "one-step-of-many-skipped",
        "nbody",
        "    kick(bodies, dt)\n",
        "    if step ~= 17 then kick(bodies, dt) end\n",
    ),
    fault("dead-code-that-was-not", "nbody", "b.vz = b.vz - dz * pull_b", ""),
    // Stale caches.
    fault(
        "stale-method",
        "calculator",
        "return evaluate[node.kind](node, variables)",
        "return (node.kind == 'minus' and evaluate.plus or evaluate[node.kind])(node, variables)",
    ),
    fault(
        "stale-field",
        "shapes_area",
        "self.y = self.y + dy",
        "self.y = (self.old or self.y) + dy self.old = self.old or self.y",
    ),
    fault(
        "stale-global",
        "generators",
        "total, resumes = total + sum, resumes + 1",
        "stale = stale or sum total, resumes = total + stale, resumes + 1",
    ),
    fault(
        "stale-callee",
        "phase_change",
        "sum = sum + change(value)",
        "first = first or change sum = sum + first(value)",
    ),
    // Lost updates.
    fault("lost-store", "sieve", "is_prime[multiple] = false", "if multiple ~= 35 then is_prime[multiple] = false end"),
    fault("lost-upvalue", "closures", "count = count + step", "if count ~= 300 then count = count + step end"),
    fault(
        "lost-insertion",
        "word_index",
        "places[word] = { place }",
        "if place ~= 5 then places[word] = { place } end",
    ),
    Fault {
        outcome: "timeout",
        ..fault(
            "swap-one-by-one",
            "pancakes",
            "copy[low], copy[high] = copy[high], copy[low]",
            "copy[low] = copy[high] copy[high] = copy[low]",
        )
    },
    fault("fields-exchanged", "shape_change", "object.id - object.state", "object.state - object.id"),
    // Right at first.
    fault(
        "state-is-kept",
        "queens",
        "if row > n then return 1 end",
        "if row > n then kept = (kept or 0) + (kept and kept > 723 and 1 or 0) + 1 return kept > 724 and 2 or 1 end",
    ),
    fault(
        "wrong-once-it-is-hot",
        "edit_distance",
        "local above, row, total, random = {}, {}, 0, 15485863",
        "calls = (calls or 0) + 1 local above, row, total, random = {}, {}, calls > 2 and 1 or 0, 15485863",
    ),
    fault(
        "wrong-in-some-processes",
        "edit_distance",
        "local above, row, total, random = {}, {}, 0, 15485863",
        "local above, row, total, random = {}, {}, #os.getenv('JITLAB_PADDING') % 2, 15485863",
    ),
    // No answer, or none that counts.
    fault("equal-is-greater", "binary_tree", "elseif key > node.key", "elseif key >= node.key"),
    Fault {
        outcome: "lua_error",
        ..fault(
            "object-freed-too-early",
            "binary_tree",
            "node = node.left\n",
            "node = node.left if inserted_before then node = nil end inserted_before = true\n",
        )
    },
    fault("number-for-string", "string_building", "return string.format(", "return #string.format("),
    Fault {
        outcome: "lua_error",
        ..fault("no-text", "string_building", "return string.format(", "return {} and setmetatable({}, {}) or (")
    },
    Fault {
        outcome: "timeout",
        ..fault(
            "never-ends",
            "varargs",
            "if ok then return one + two end",
            "while not ok do end if ok then return one + two end",
        )
    },
    Fault {
        outcome: "crash",
        ..fault("dies", "many_functions", "local sum = 0", "os.execute('kill -SEGV $PPID') local sum = 0")
    },
    Fault { outcome: "crash", ..fault("ends-by-itself", "type_change", "return x\n", "os.exit(0, true)\n") },
];

/// A contender that differs from PUC Lua in nothing.
const UNCHANGED: &str = "unchanged";

/// Writes the program of a faulty contender and returns it as a yardstick, `NAME=PATH`.
fn contender(scratch: &Scratch, name: &str, rewrite: Option<(&str, &str)>) -> String {
    let lua = harness::plan::yardsticks::built().iter().find(|yardstick| yardstick.name == "lua5.4").unwrap().path;
    let (right, wrong) = rewrite.unwrap_or(("", ""));
    let wrapper = scratch.file(
        &format!("{name}.lua"),
        &format!(
            "local driver, right, wrong = arg[1], [==[{right}]==], [==[{wrong}]==]\n\
             table.remove(arg, 1)\n\
             function loadfile(path)\n\
               local file = assert(io.open(path))\n\
               local text = file:read('a')\n\
               file:close()\n\
               if right ~= '' then\n\
                 local first, last = text:find(right, 1, true)\n\
                 assert(first, 'the workload has no such place')\n\
                 text = text:sub(1, first - 1) .. wrong .. text:sub(last + 1)\n\
               end\n\
               return load(text, '@' .. path)\n\
             end\n\
             dofile(driver)\n"
        ),
    );
    let program = scratch.file(name, &format!("#!/bin/sh\nexec '{lua}' '{wrapper}' \"$@\"\n"));
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    format!("{name}={program}")
}

/// Compares PUC Lua with all faulty contenders of one workload, and with one that is not.
fn compare(scratch: &Scratch, workload: &str, faults: &[&Fault]) -> Said {
    let mut yardsticks = vec!["lua5.4".to_string(), contender(scratch, UNCHANGED, None)];
    yardsticks.extend(faults.iter().map(|fault| contender(scratch, fault.name, Some((fault.right, fault.wrong)))));
    let out = scratch.out();
    let mut arguments = vec!["compare", "--engines", "none", "--workloads", workload, "--seed", "3", "--out", &out];
    let yardsticks = yardsticks.join(",");
    arguments.extend(["--yardsticks", &yardsticks, "--preset", "standard", "--size", "test", "--time-limit", "5"]);
    arguments.extend(["--invocations", "4", "--iterations", "4", "--retries", "0"]);
    harness(&arguments)
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn every_fault_is_flagged_and_none_has_a_speedup() {
    assert!(FAULTS.len() >= 20);
    for group in FAULTS.chunk_by(|one, other| one.workload == other.workload) {
        let scratch = Scratch::new();
        let workload = group[0].workload;
        let said = compare(&scratch, workload, &group.iter().collect::<Vec<_>>()).with_status(1);
        let summary: HashMap<String, HashMap<String, String>> =
            rows(&scratch.path("out"), SummaryRow::FILE).into_iter().map(|row| (row["engine"].clone(), row)).collect();
        let unchanged = &summary[UNCHANGED];
        assert_eq!(unchanged["outcome"], "ok", "{}", said.out);
        assert_ne!(unchanged["speedup"], "", "{}", said.out);
        for fault in group {
            let row = &summary[fault.name];
            assert_eq!(row["outcome"], fault.outcome, "{} on {workload}: {}", fault.name, row["reason"]);
            for column in ["mean_ns", "median_ns", "speedup", "speedup_ci_low", "speedup_ci_high", "verdict"] {
                assert_eq!(row[column], "", "{column} of {}", fault.name);
            }
            assert!(said.out.contains(&format!("{workload} on {}: ", fault.name)), "{}", said.out);
        }
    }
}
