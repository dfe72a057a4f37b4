//! A server under load: 64 clients, a third of them hostile. Slow, so it runs only when it is asked to, by
//! `scripts/load.sh`, which puts its figures into the README of `serve`.
//!
//! Every answer must come within queue limit, time limit and half a second, or be a refusal with status 503; those of
//! well-meaning clients must be right; the server must not grow, and must be well afterwards.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;
use std::net::Shutdown;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::{Server, read_answer};

const CLIENTS: usize = 64;
const HOSTILE_CLIENTS: usize = 21;
const TIME_LIMIT: Duration = Duration::from_millis(1000);
const QUEUE_LIMIT: Duration = Duration::from_millis(2000);
const LATER: Duration = Duration::from_millis(500);

/// When the memory of the server is first looked at.
const SETTLED: Duration = Duration::from_secs(5);

const ENGINES: [&str; 5] = ["tree-walker", "bytecode-vm", "dynasm-method", "cranelift-loop", "tiered"];

/// What hostile clients send, by what it is called.
const HOSTILE: [(&str, &str); 14] = [
    ("endless loop", "while true do end"),
    ("swallows the limit", "while true do pcall(function() while true do end end) end"),
    ("swallows errors", "while true do pcall(error, {}) end"),
    ("string of 1 GB", "return #('x'):rep(1 << 30)"),
    ("growing string", "local s = 'x' while true do s = s .. s end"),
    ("growing table", "local t = {} while true do t[#t + 1] = {} end"),
    ("deep recursion", "local function f() return 1 + f() end return f()"),
    ("os.exit", "os.exit(1) while true do end"),
    ("coroutine bomb", "local t = {} while true do t[#t + 1] = coroutine.create(function() end) end"),
    ("nested coroutines", "local function f() return coroutine.wrap(f)() end return f()"),
    ("__gc bomb", "local function b() setmetatable({}, {__gc = b}) end b() while true do b() end"),
    ("backtracking", "return ('a'):rep(60):find(('a*'):rep(60) .. 'b')"),
    ("endless output", "while true do print(('x'):rep(10000)) end"),
    ("endless expression", ""),
];

/// What well-meaning clients send, with what it gives.
const GOOD: [(&str, &str, &str); 10] = [
    ("expression", "x = 42; x * 2 + 10", "94"),
    ("expression", "-7 / 2 * 10 + -7 % 2", "-31"),
    ("expression", "fib(15)", "610"),
    ("expression", "fact(20)", "2432902008176640000"),
    ("expression", "pow(2, 63)", "-9223372036854775808"),
    ("expression", "if(3 > 2, 1, 1 / 0)", "1"),
    ("lua", "local s = 0 for i = 1, 10000 do s = s + i end return s", "50005000"),
    ("lua", "local t = {} for i = 1, 1000 do t[i] = i * i end return #t", "1000"),
    ("lua", "return ('abc'):rep(3, '-')", "abc-abc-abc"),
    ("lua", "local c = coroutine.wrap(function() coroutine.yield(7) end) return c()", "7"),
];

/// What was seen of one kind of client.
#[derive(Default)]
struct Seen {
    statuses: BTreeMap<u16, u64>,
    /// Of those that were not refused.
    latencies_ns: Vec<u64>,
    slowest: Duration,
}

#[derive(Default)]
struct Log {
    good: Seen,
    hostile: Seen,
    broken: Seen,
    faults: Vec<String>,
}

impl Seen {
    fn add(&mut self, status: u16, took: Duration) {
        *self.statuses.entry(status).or_default() += 1;
        self.slowest = self.slowest.max(took);
        if status != 503 {
            self.latencies_ns.push(took.as_nanos() as u64);
        }
    }

    fn count(&self) -> u64 {
        self.statuses.values().sum()
    }

    fn of(&self, status: u16) -> u64 {
        self.statuses.get(&status).copied().unwrap_or(0)
    }

    /// A quantile of the latencies that were not refusals, in milliseconds.
    fn quantile_ms(&mut self, share: f64) -> f64 {
        self.latencies_ns.sort_unstable();
        let last = self.latencies_ns.len().saturating_sub(1);
        self.latencies_ns.get((last as f64 * share) as usize).map_or(0.0, |ns| *ns as f64 / 1e6)
    }
}

fn resident_bytes(pid: u32) -> u64 {
    let statm = std::fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}

struct Load<'a> {
    server: &'a Server,
    is_over: AtomicBool,
    log: Mutex<Log>,
}

impl Load<'_> {
    fn fault(&self, text: String) {
        self.log.lock().unwrap().faults.push(text);
    }

    /// Asks, and looks at how long it took.
    fn post(&self, body: &Value) -> (u16, Value, Duration) {
        let start = Instant::now();
        let answer = self.server.post("/api/execute", body);
        let took = start.elapsed();
        if took > QUEUE_LIMIT + TIME_LIMIT + LATER {
            self.fault(format!("{body} took {took:?}: {}", answer.status));
        }
        let json = serde_json::from_str(&answer.body).unwrap_or(Value::Null);
        if json.is_null() {
            self.fault(format!("{body}: no JSON but {answer:?}"));
        }
        (answer.status, json, took)
    }

    fn mean_well(&self, number: usize) {
        let mut step = number;
        while !self.is_over.load(Ordering::Relaxed) {
            let (dialect, code, result) = GOOD[step % GOOD.len()];
            let engine = ENGINES[step / GOOD.len() % ENGINES.len()];
            let (status, answer, took) = self.post(&json!({"code": code, "dialect": dialect, "engine": engine}));
            if status != 503 && (status != 200 || answer["result_text"] != result) {
                self.fault(format!("{code} on {engine}: {status} {answer}"));
            }
            self.log.lock().unwrap().good.add(status, took);
            if step.is_multiple_of(7) {
                for path in ["/api/stats", "/api/cache", "/api/health"] {
                    let answer = self.server.get(path);
                    if answer.status != 200 {
                        self.fault(format!("{path}: {answer:?}"));
                    }
                }
            }
            step += 1;
            // As somebody would who is refused, or who looks at an answer.
            std::thread::sleep(Duration::from_millis(if status == 503 { 100 } else { 20 }));
        }
    }

    fn do_harm(&self, number: usize) {
        let mut step = number;
        while !self.is_over.load(Ordering::Relaxed) {
            let (name, code) = HOSTILE[step % HOSTILE.len()];
            let engine = ENGINES[step / HOSTILE.len() % ENGINES.len()];
            let body = match code {
                "" => json!({"code": "fib(90)", "engine": engine}),
                _ => json!({"code": code, "dialect": "lua", "engine": engine}),
            };
            let (status, answer, took) = self.post(&body);
            if ![200, 422, 503].contains(&status) {
                self.fault(format!("{name} on {engine}: {status} {answer}"));
            }
            self.log.lock().unwrap().hostile.add(status, took);
            step += 1;
            std::thread::sleep(Duration::from_millis(if status == 503 { 100 } else { 0 }));
        }
    }

    /// Broken JSON, large requests, connections that are slow or closed at once.
    fn break_off(&self, number: usize) {
        let mut step = number;
        let host = self.server.host();
        while !self.is_over.load(Ordering::Relaxed) {
            let start = Instant::now();
            let status = match step % 5 {
                0 => self.server.post_text("/api/execute", "{\"code\": [[[[").status,
                1 => self.server.post_text("/api/execute", &"[".repeat(900_000)).status,
                2 => {
                    self.server
                        .post_text("/api/execute", &format!("{{\"code\": \"{}\"}}", "x".repeat(3_000_000)))
                        .status
                }
                3 => {
                    let mut stream = self.server.connect();
                    let head =
                        format!("POST /api/execute HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n");
                    // It may be closed while it is written to.
                    let _reset = write!(stream, "{head}Content-Length: 1000\r\n\r\n{{\"code\"");
                    for _ in 0..20 {
                        std::thread::sleep(Duration::from_millis(100));
                        let _reset = stream.write_all(b" ");
                    }
                    let _closed = stream.shutdown(Shutdown::Write);
                    read_answer(&mut stream).status
                }
                _ => {
                    let mut stream = self.server.connect();
                    let body = r#"{"code": "fib(90)"}"#;
                    let head =
                        format!("POST /api/execute HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n");
                    // Asked, and gone.
                    let _reset = write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len());
                    0
                }
            };
            if ![0, 400, 408, 413, 503].contains(&status) {
                self.fault(format!("broken request {}: {status}", step % 5));
            }
            self.log.lock().unwrap().broken.add(status, start.elapsed());
            step += 1;
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
#[ignore = "slow: scripts/load.sh"]
#[expect(clippy::print_stdout, reason = "the figures are what it is run for")]
fn a_third_of_the_clients_is_hostile() {
    let seconds = std::env::var("LOAD_SECONDS").ok().map_or(60, |text| text.parse::<u64>().expect("a number"));
    let limits = ["--time-limit", "1", "--queue-limit", "2", "--workers", "4", "--queue", "28"];
    let server = Server::start(&limits);
    let load = Load { server: &server, is_over: AtomicBool::new(false), log: Mutex::default() };
    let (mut settled_bytes, mut most_bytes, mut most_workers) = (0, 0, 0);
    std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            let load = &load;
            scope.spawn(move || match number {
                0..3 => load.break_off(number),
                3..HOSTILE_CLIENTS => load.do_harm(number),
                HOSTILE_CLIENTS.. => load.mean_well(number),
            });
        }
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(seconds) {
            std::thread::sleep(Duration::from_millis(100));
            let bytes = resident_bytes(server.pid());
            if start.elapsed() > SETTLED && settled_bytes == 0 {
                settled_bytes = bytes;
            }
            most_bytes = bytes.max(most_bytes);
            most_workers = server.workers().len().max(most_workers);
        }
        load.is_over.store(true, Ordering::Relaxed);
    });
    let last_bytes = resident_bytes(server.pid());
    let start = Instant::now();
    assert_eq!(server.value("6 * 7"), 42, "the server is well");
    let after = start.elapsed();
    let mut log = load.log.into_inner().unwrap();
    let mut text = String::new();
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    for (name, seen) in [("good", &mut log.good), ("hostile", &mut log.hostile), ("broken", &mut log.broken)] {
        let (half, most) = (seen.quantile_ms(0.5), seen.quantile_ms(0.99));
        writeln!(
            text,
            "| {name} | {} | {} | {} | {} | {half:.1} | {most:.0} | {} |",
            seen.count(),
            seen.of(200),
            seen.of(503),
            seen.count() - seen.of(200) - seen.of(503),
            seen.slowest.as_millis(),
        )
        .unwrap();
    }
    println!("| clients | requests | results | refused (503) | other errors | median ms | 99 % ms | slowest ms |");
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    print!("{text}");
    println!();
    println!(
        "{CLIENTS} clients for {seconds} s; memory of the server {:.1} MiB after 5 s, {:.1} MiB at most, {:.1} MiB at \
         the end; {most_workers} workers at most; {} wrong or late answers; {} ms for an expression afterwards.",
        mib(settled_bytes),
        mib(most_bytes),
        mib(last_bytes),
        log.faults.len(),
        after.as_millis(),
    );
    assert!(
        log.faults.is_empty(),
        "{} faults, the first: {:#?}",
        log.faults.len(),
        &log.faults[..log.faults.len().min(10)]
    );
    assert!(log.good.of(200) > 0 && log.hostile.count() > 0);
    let growth = most_bytes as f64 / settled_bytes as f64;
    assert!((0.8..=1.2).contains(&growth), "the server grew from {settled_bytes} to {most_bytes} bytes");
    assert!((0.8..=1.2).contains(&(last_bytes as f64 / settled_bytes as f64)));
}
