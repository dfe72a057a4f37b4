//! Ctrl-C in the middle of a run: exit status 130, no process left behind, and a folder that holds together.

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::tool::{Scratch, command, harness, rows};

#[test]
fn an_interrupted_run_leaves_a_valid_folder() {
    let scratch = Scratch::new();
    let out = scratch.out();
    let mut child = command(&[
        "compare",
        "--engines",
        "none",
        "--yardsticks",
        "native",
        "--workloads",
        "fib,sum_loop,sieve",
        "--invocations",
        "1000",
        "--out",
        &out,
    ])
    .stdout(Stdio::null())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    let invocations = scratch.path("out").join("invocations.csv");
    let start = Instant::now();
    while fs::read_to_string(&invocations).map_or(0, |text| text.lines().count()) < 3 {
        assert!(start.elapsed() < Duration::from_secs(60), "the run does not get going");
        thread::sleep(Duration::from_millis(20));
    }
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
    let asked = Instant::now();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(130));
    assert!(asked.elapsed() < Duration::from_secs(10));
    let recorded = rows(&scratch.path("out"), "invocations.csv");
    assert!(recorded.len() >= 2 && recorded.iter().all(|row| row["exit_kind"] == "ok"));
    let said = harness(&["report", &out]).with_status(0);
    assert!(said.out.contains(&format!("INCOMPLETE: {} of 3000 planned processes", recorded.len())), "{}", said.out);
    for file in ["summary.md", "report.html"] {
        assert!(fs::read_to_string(scratch.path("out").join(file)).unwrap().contains("INCOMPLETE"), "{file}");
    }
}
