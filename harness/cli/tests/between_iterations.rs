//! What the instrument itself does between two timed iterations: no allocation, and little time. A program of its own,
//! because it counts every allocation of the process. That there is no system call either is tested from outside, in
//! `it/system_calls.rs`.

use std::alloc::System;
use std::io::Cursor;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use engine_api::{Counters, Engine, EngineInfo, Failure, FunctionRef, HostValue, Instance, Settings, Stage, Start};
use harness::machine::clock::Stopwatch;
use harness::measure::child::{self, EngineJob, EngineSubject, NativeSubject, Subject};
use harness::measure::protocol::{self, Record, Sample};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What was seen from inside the calls.
struct Seen {
    /// How often memory was asked for or given back before the last call ended; `None` before the first.
    at_end: Option<usize>,
    /// Between how many pairs of calls it was.
    disturbed: usize,
    calls: u32,
}

const NOTHING: Seen = Seen { at_end: None, disturbed: 0, calls: 0 };
static SEEN: Mutex<Seen> = Mutex::new(NOTHING);

fn requests_to_the_allocator() -> usize {
    let stats = ALLOCATOR.stats();
    stats.allocations + stats.deallocations + stats.reallocations
}

fn entered() {
    let mut seen = SEEN.lock().unwrap();
    if seen.at_end.is_some_and(|at_end| at_end != requests_to_the_allocator()) {
        seen.disturbed += 1;
    }
}

fn left() {
    let mut seen = SEEN.lock().unwrap();
    seen.calls += 1;
    seen.at_end = Some(requests_to_the_allocator());
}

/// A real engine, seen through a glass.
struct Watched;

static WATCHED: Watched = Watched;

fn behind() -> &'static dyn Engine {
    registry::engines()[0]
}

impl Engine for Watched {
    fn info(&self) -> &'static EngineInfo {
        behind().info()
    }

    fn start(&self, start: Start) -> Result<Box<dyn Instance>, Failure> {
        Ok(Box::new(WatchedInstance(behind().start(start)?)))
    }
}

struct WatchedInstance(Box<dyn Instance>);

impl Instance for WatchedInstance {
    fn load(&mut self, chunk_name: &str, source: &[u8]) -> Result<FunctionRef, Failure> {
        self.0.load(chunk_name, source)
    }

    fn call(&mut self, function: FunctionRef, arguments: &[HostValue]) -> Result<Vec<HostValue>, Failure> {
        entered();
        let results = self.0.call(function, arguments);
        left();
        results
    }

    fn set_arguments(&mut self, script: &[u8], arguments: &[Vec<u8>]) -> Result<(), Failure> {
        self.0.set_arguments(script, arguments)
    }

    fn release(&mut self, function: FunctionRef) {
        self.0.release(function);
    }

    fn collect_garbage(&mut self) {
        self.0.collect_garbage();
    }

    fn close(&mut self) -> Result<(), Failure> {
        self.0.close()
    }

    fn counters(&self) -> Counters {
        self.0.counters()
    }

    fn artifact(&mut self, function: FunctionRef, stage: Stage) -> Result<String, Failure> {
        self.0.artifact(function, stage)
    }
}

/// Runs the requests and returns the samples and what was seen.
fn serve(load: impl FnOnce() -> Box<dyn Subject>, requests: impl Into<Vec<u8>>) -> (Vec<Sample>, Seen) {
    *SEEN.lock().unwrap() = NOTHING;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("samples");
    let ended_well =
        child::serve(|| Ok(load()), Stopwatch::default(), &file, Cursor::new(requests.into()), std::io::sink())
            .unwrap();
    assert!(ended_well);
    let text = std::fs::read_to_string(&file).unwrap();
    let samples = text.lines().map(|line| match protocol::parse_record(line) {
        Some(Record::Sample(sample)) => sample,
        other => panic!("{other:?}"),
    });
    (samples.collect(), std::mem::replace(&mut SEEN.lock().unwrap(), NOTHING))
}

fn watched(source: &'static str) -> Box<dyn Subject> {
    let job = EngineJob {
        engine: &WATCHED,
        settings: Settings::defaults(behind().info().knobs),
        chunk_name: "@empty.lua",
        source: source.as_bytes(),
        n: Some(1),
        arguments: &[],
        seed: 1,
        max_memory_bytes: None,
        events: None,
        stopwatch: Stopwatch::default(),
    };
    Box::new(EngineSubject::load(job).unwrap_or_else(|error| panic!("{error:?}")))
}

/// The pauses in which memory may be asked for: before each batch, when its request is read.
const BATCHES: usize = 3;
const REQUESTS: &str = "run 3\nrun 500\nrun 1000\n";

fn nothing_is_allocated_between_iterations() {
    fn native(n: u64) -> String {
        entered();
        let text = n.to_string();
        left();
        text
    }
    let (samples, seen) = serve(|| Box::new(NativeSubject { function: native, n: 7 }), REQUESTS);
    assert_eq!((samples.len(), seen.calls), (1503, 1503));
    assert!(seen.disturbed <= BATCHES, "native: between {} iterations", seen.disturbed);
    for (source, result) in [("return function(n) return 'a' .. n end", "a1"), ("print('a')", "a\\n")] {
        let (samples, seen) = serve(|| watched(source), REQUESTS);
        assert!(samples.len() == 1503 && samples.iter().all(|sample| sample.result == result), "{source}");
        assert!(seen.calls >= 1503);
        assert!(seen.disturbed <= BATCHES, "{source}: between {} iterations", seen.disturbed);
    }
}

/// Iterations in a batch whose speed is looked at: few enough that most batches are not interrupted.
const MANY: u32 = 2000;

/// The most that clock and loop may cost for an iteration, in readings of the clock. Two of them are what is measured;
/// how long one takes is the machine's affair.
const MOST_CLOCK_READINGS: f64 = 6.0;

static EMPTY_CALLS: AtomicU32 = AtomicU32::new(0);
static EMPTY_BATCH: Mutex<(Option<Instant>, f64)> = Mutex::new((None, f64::MAX));

/// An empty workload; times each batch from its first call to its last.
fn empty(_: u64) -> String {
    let call = EMPTY_CALLS.fetch_add(1, Ordering::Relaxed) % MANY;
    if call == 0 {
        EMPTY_BATCH.lock().unwrap().0 = Some(Instant::now());
    } else if call == MANY - 1 {
        let mut batch = EMPTY_BATCH.lock().unwrap();
        let took_ns = batch.0.unwrap().elapsed().as_nanos() as f64;
        batch.1 = batch.1.min(took_ns / f64::from(MANY - 1));
    }
    String::new()
}

/// What a reading of the clock takes in the quickest of some batches.
fn clock_reading_ns() -> f64 {
    let batch = |_| {
        let start = Instant::now();
        for _ in 1..MANY {
            std::hint::black_box(Instant::now());
        }
        start.elapsed().as_nanos() as f64 / f64::from(MANY)
    };
    (0..100).map(batch).fold(f64::MAX, f64::min)
}

fn an_empty_workload_costs_little_more_than_its_clock() {
    const BATCHES: usize = 300;
    let requests = format!("run {MANY}\n").repeat(BATCHES);
    let (samples, _) = serve(|| Box::new(NativeSubject { function: empty, n: 0 }), requests);
    assert_eq!(samples.len(), MANY as usize * BATCHES);
    // The least of all batches: other work on the machine only ever adds.
    let least_ns = EMPTY_BATCH.lock().unwrap().1;
    let readings = least_ns / clock_reading_ns();
    assert!(readings < MOST_CLOCK_READINGS, "clock and loop take {least_ns} ns, {readings} readings of the clock");
}

#[test]
fn the_instrument_stays_out_of_the_way() {
    if registry::engines().is_empty() {
        return;
    }
    // One after the other: both look at the whole process.
    nothing_is_allocated_between_iterations();
    an_empty_workload_costs_little_more_than_its_clock();
}
