//! `harness compare --resume`: a run that was killed goes on, and the result is that of a run that was not.

use std::collections::HashSet;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::tool::{Scratch, command, harness, rows};

/// Twelve short processes.
fn arguments(out: &str) -> Vec<&str> {
    let mut arguments = vec!["compare", "--engines", "none", "--yardsticks", "native", "--baseline", "native"];
    arguments.extend(["--workloads", "fib,sum_loop,sieve", "--invocations", "4", "--iterations", "3"]);
    arguments.extend(["--seed", "5", "--out", out]);
    arguments
}

/// Starts a command in a process group of its own and kills the group after `delay`.
fn kill_after(arguments: &[&str], delay: Duration) {
    let mut child = command(arguments).process_group(0).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    while start.elapsed() < delay && child.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_millis(2));
    }
    if child.try_wait().unwrap().is_none() {
        killpg(Pid::from_raw(child.id() as i32), Signal::SIGKILL).unwrap();
    }
    child.wait().unwrap();
}

/// Every process of the run once, with all its iterations.
#[track_caller]
fn check_complete(folder: &Path) {
    let invocations = rows(folder, "invocations.csv");
    let keys: HashSet<_> = invocations.iter().map(|row| (row["workload"].clone(), row["invocation"].clone())).collect();
    assert_eq!((invocations.len(), keys.len()), (12, 12));
    assert_eq!(rows(folder, "iterations.csv").len(), 36);
    let said = harness(&["validate", folder.to_str().unwrap()]).with_status(0);
    assert!(said.out.contains("holds together: 12 processes, 36 iterations"), "{}", said.out);
    assert!(!said.out.contains("note:"), "{}", said.out);
}

#[test]
fn killed_at_any_instant_a_run_goes_on() {
    for delay_ms in [15, 60, 120, 200, 330] {
        let scratch = Scratch::new();
        let out = scratch.out();
        kill_after(&arguments(&out), Duration::from_millis(delay_ms));
        let folder = scratch.path("out");
        if !folder.exists() {
            // Killed before the run began: there is nothing to go on with, and it says so.
            harness(&["compare", "--resume", "--out", &out]).with_status(2);
            harness(&arguments(&out)).with_status(0);
        }
        let before = fs::read_to_string(folder.join("invocations.csv")).unwrap();
        let kept = &before[..=before.rfind('\n').unwrap()];
        // Once more, in the middle of going on.
        kill_after(&["compare", "--resume", "--out", &out], Duration::from_millis(delay_ms));
        let said = harness(&["compare", "--resume", "--out", &out]).with_status(0);
        assert!(said.err.contains("there already"), "{}", said.err);
        assert!(!said.out.contains("INCOMPLETE"), "{}", said.out);
        check_complete(&folder);
        assert!(fs::read_to_string(folder.join("invocations.csv")).unwrap().starts_with(kept));
        let summary = fs::read(folder.join("summary.csv")).unwrap();
        harness(&["report", &out]).with_status(0);
        assert!(fs::read(folder.join("summary.csv")).unwrap() == summary);
    }
}

#[test]
fn a_run_that_another_program_began_is_not_gone_on_with() {
    let scratch = Scratch::new();
    let out = scratch.out();
    harness(&arguments(&out)).with_status(0);
    let file = scratch.path("out").join("environment.json");
    let text = fs::read_to_string(&file).unwrap();
    let start = text.find("\"program_hash\": \"").unwrap() + 17;
    fs::write(&file, format!("{}0000{}", &text[..start], &text[start + 4..])).unwrap();
    let said = harness(&["compare", "--resume", "--out", &out]).with_status(2);
    assert!(said.err.contains("another build of this program"), "{}", said.err);
}

/// Takes the last process's row away, as if the run had been killed just before it was written.
fn cut_last_row(folder: &Path) {
    let file = folder.join("invocations.csv");
    let text = fs::read_to_string(&file).unwrap();
    let end = text.trim_end().rfind('\n').unwrap();
    fs::write(&file, &text[..=end]).unwrap();
}

#[test]
fn a_users_program_is_found_again_by_its_copy() {
    let scratch = Scratch::new();
    let out = scratch.out();
    let engine = registry::engines().first().map_or("none", |engine| engine.info().id);
    let file = scratch.file("mine.lua", "print('mine')\n");
    let mut arguments = vec!["compare", "--engines", engine, "--yardsticks", "none", "--workloads", &file];
    arguments.extend(["--invocations", "2", "--iterations", "2", "--out", &out]);
    if engine == "none" {
        return;
    }
    harness(&arguments).with_status(0);
    cut_last_row(&scratch.path("out"));
    // The file may have changed or gone since; what was measured stands in the results.
    fs::write(&file, "print('another')\n").unwrap();
    harness(&["compare", "--resume", "--out", &out]).with_status(0);
    assert_eq!(rows(&scratch.path("out"), "invocations.csv").len(), 2);
    assert!(rows(&scratch.path("out"), "iterations.csv").iter().all(|row| row["checksum"] == "mine\\n"));
    cut_last_row(&scratch.path("out"));
    fs::write(scratch.path("out").join("sources/mine.lua"), "print('forged')\n").unwrap();
    let said = harness(&["compare", "--resume", "--out", &out]).with_status(2);
    assert!(said.err.contains("is missing or is not the text that was measured"), "{}", said.err);
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn a_foreign_lua_must_be_named_again() {
    let scratch = Scratch::new();
    let out = scratch.out();
    let [lua, luajit] = [0, 1].map(|index| format!("mine={}", harness::plan::yardsticks::built()[index].path));
    let mut arguments = vec!["compare", "--engines", "none", "--yardsticks", &lua, "--workloads", "fib"];
    arguments.extend(["--invocations", "2", "--iterations", "1", "--out", &out]);
    harness(&arguments).with_status(0);
    cut_last_row(&scratch.path("out"));
    let resume = ["compare", "--resume", "--out", &out];
    let said = harness(&resume).with_status(2);
    assert!(said.err.contains("where is 'mine'? give --yardstick mine='COMMAND ARGS' again"), "{}", said.err);
    let said = harness(&[&resume[..], &["--yardsticks", &luajit]].concat()).with_status(2);
    assert!(said.err.contains("has 'mine', which was Lua 5.4.9 and is LuaJIT"), "{}", said.err);
    harness(&[&resume[..], &["--yardsticks", &lua]].concat()).with_status(0);
    assert_eq!(rows(&scratch.path("out"), "invocations.csv").len(), 2);
}

#[test]
fn a_full_disk_ends_the_run_with_a_folder_that_holds_together() {
    let scratch = Scratch::new();
    let out = scratch.out();
    // No file may grow past 8 KiB: the disk is full after a few processes. The shell ignores the signal for that, and
    // so does what it starts.
    let limited = "trap '' XFSZ; ulimit -f 16; exec \"$@\"";
    let mut arguments = arguments(&out);
    let iterations = arguments.iter().position(|argument| *argument == "3").unwrap();
    arguments[iterations] = "25";
    let mut shell = std::process::Command::new("sh");
    shell.arg("-c").arg(limited).arg("sh").arg(env!("CARGO_BIN_EXE_harness")).args(arguments);
    let output = shell.current_dir(std::env::temp_dir()).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    for part in ["cannot write iterations.csv", "File too large", "what was measured so far is in", "--resume --out"] {
        assert!(message.contains(part), "'{part}' is not in: {message}");
    }
    let said = harness(&["validate", &out]).with_status(0);
    assert!(said.out.contains("INCOMPLETE") && !said.out.contains("cut off"), "{}", said.out);
    let recorded = rows(&scratch.path("out"), "invocations.csv").len();
    assert!(0 < recorded && recorded < 12, "{recorded}");
    harness(&["compare", "--resume", "--out", &out]).with_status(0);
    let said = harness(&["validate", &out]).with_status(0);
    assert!(said.out.ends_with("holds together: 12 processes, 300 iterations\n"), "{}", said.out);
}

#[test]
fn a_budget_ends_a_run_after_whole_blocks() {
    let scratch = Scratch::new();
    let out = scratch.out();
    let mut arguments = arguments(&out);
    let invocations = arguments.iter().position(|argument| *argument == "4").unwrap();
    arguments[invocations] = "1000";
    arguments.extend(["--budget", "1s"]);
    let said = harness(&arguments).with_status(0);
    assert!(said.err.contains("the budget of 1 s is for about"), "{}", said.err);
    assert!(said.out.contains("The time budget ended the run after"), "{}", said.out);
    let recorded = rows(&scratch.path("out"), "invocations.csv").len();
    assert!(recorded < 3000 && recorded.is_multiple_of(3), "{recorded}");
    harness(&["validate", &out]).with_status(0);
    // It is at its end: there is nothing to go on with.
    harness(&["compare", "--resume", "--out", &out]).with_status(0);
    assert_eq!(rows(&scratch.path("out"), "invocations.csv").len(), recorded);
}
