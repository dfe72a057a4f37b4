//! The processes: what they may do, that they are replaced, and that no process that measures has a second thread.

use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::server::Server;

fn status_line(pid: u32, name: &str) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = text.lines().find_map(|line| line.strip_prefix(name)).expect("a line of that name");
    line.trim_start_matches(':').trim().to_string()
}

#[test]
fn a_worker_has_given_up_what_it_does_not_need() {
    let server = Server::start(&["--workers", "1", "--max-memory", "64M"]);
    assert_eq!(server.workers(), [0; 0], "no worker before it is needed");
    server.value("1");
    let workers = server.workers();
    let [pid] = workers.as_slice() else { panic!("{workers:?}") };
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let limit = |name: &str| {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        line[name.len()..].split_whitespace().take(2).map(str::to_string).collect::<Vec<String>>()
    };
    let address_space = ((64_u64 << 20) * 4 + (2 << 30)).to_string();
    assert_eq!(limit("Max address space"), [address_space.as_str(); 2]);
    assert_eq!(limit("Max file size"), ["0"; 2]);
    assert_eq!(limit("Max open files"), ["16"; 2]);
    assert_eq!(limit("Max processes"), ["0"; 2]);
    assert_eq!(limit("Max core file size"), ["0"; 2]);
    assert_eq!(status_line(*pid, "NoNewPrivs"), "1");
    assert_eq!(status_line(*pid, "Threads"), "2", "the program's and the timer's");
    assert_eq!(fs::read(format!("/proc/{pid}/environ")).unwrap(), b"");
    assert_eq!(fs::read_link(format!("/proc/{pid}/cwd")).unwrap().to_str(), Some("/"));
}

#[test]
fn the_child_that_measures_has_one_thread() {
    let folder = tempfile::tempdir().unwrap();
    let (workload, samples) = (folder.path().join("w.lua"), folder.path().join("samples"));
    fs::write(&workload, "return function(n) return tostring(n) end").unwrap();
    for engine in ["bytecode-vm", "dynasm-method", "cranelift-loop", "tiered"] {
        let description = Command::new(env!("CARGO_BIN_EXE_harness")).args(["child", "--describe"]).output().unwrap();
        let description: serde_json::Value = serde_json::from_slice(&description.stdout).unwrap();
        let protocol = description["protocol"].to_string();
        let mut child = Command::new(env!("CARGO_BIN_EXE_harness"))
            .args(["child", "--protocol", &protocol, "--engine", engine, "--n", "1", "--workload"])
            .arg(&workload)
            .arg("--samples")
            .arg(&samples)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut word = [0; 5];
        child.stdout.as_mut().unwrap().read_exact(&mut word).unwrap();
        assert_eq!(&word, b"ready");
        assert_eq!(status_line(child.id(), "Threads"), "1");
        writeln!(child.stdin.as_mut().unwrap(), "run 3").unwrap();
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn a_worker_that_dies_is_replaced() {
    let server = Server::start(&["--workers", "1"]);
    server.value("1 + 2");
    let before = server.workers();
    for pid in &before {
        assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
    }
    let error = server.fails(500, json!({"code": "1 + 2"}));
    assert_eq!(
        (&error["code"], &error["message"]),
        (&json!("worker_ended"), &json!("the worker was ended by signal 9"))
    );
    assert_eq!(server.value("1 + 2"), 3);
    let after = server.workers();
    assert!(after.len() == 1 && after != before, "{before:?} {after:?}");
}

#[test]
fn a_worker_that_was_large_is_replaced() {
    let server = Server::start(&["--workers", "1"]);
    let code = "local t = {} for i = 1, 1000000 do t[i] = i .. '' end return #t";
    assert_eq!(server.execute(json!({"code": code, "dialect": "lua"}))["result"], 1_000_000);
    let start = Instant::now();
    loop {
        let workers = server.workers();
        // It may be gone between the two looks.
        let is_small = |pid: &u32| fs::exists(format!("/proc/{pid}/statm")).unwrap() && resident_bytes(*pid) < 32 << 20;
        if workers.first().is_some_and(is_small) {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(5), "{workers:?} are large");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(server.value("1 + 2"), 3);
}

fn resident_bytes(pid: u32) -> u64 {
    let statm = fs::read_to_string(format!("/proc/{pid}/statm")).expect("the process runs");
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).expect("a number of pages") * 4096
}

#[test]
fn programs_leave_nothing_behind() {
    let server = Server::start(&["--workers", "1"]);
    for number in 0..300 {
        for code in ["return +", "error('no')", "return 1"] {
            server.post("/api/execute", &json!({"code": format!("{code} -- {number}"), "dialect": "lua"}));
        }
        server.post("/api/execute", &json!({"code": format!("x = {number}; x * 2")}));
    }
    let workers = server.workers();
    let [pid] = workers.as_slice() else { panic!("{workers:?}") };
    let bytes = resident_bytes(*pid);
    assert!(bytes < 64 << 20, "the worker has {bytes} bytes");
    assert!(resident_bytes(server.pid()) < 32 << 20, "the server has {} bytes", resident_bytes(server.pid()));
}

#[test]
fn what_is_compiled_again_in_a_new_worker_goes_on_counting() {
    let server = Server::start(&["--workers", "1"]);
    for number in 1..=11 {
        if number == 6 || number == 11 {
            for pid in server.workers() {
                assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
            }
            // That execution fails and counts.
            server.fails(500, json!({"code": "6 * 7"}));
            continue;
        }
        let answer = server.execute(json!({"code": "6 * 7"}));
        assert_eq!(answer["was_jit_compiled"], number >= 10, "{answer}");
    }
    assert_eq!(server.execute(json!({"code": "6 * 7"}))["was_jit_compiled"], true);
}

#[test]
fn workers_end_with_the_server() {
    let server = Server::start(&["--workers", "1"]);
    server.value("1");
    let workers = server.workers();
    drop(server);
    let start = Instant::now();
    while workers.iter().any(|pid| fs::exists(format!("/proc/{pid}")).unwrap()) {
        assert!(start.elapsed() < Duration::from_secs(5), "{workers:?} are still there");
        std::thread::sleep(Duration::from_millis(10));
    }
}
