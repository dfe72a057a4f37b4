//! One program on one engine for somebody who looks into it: its output is dropped, and what it says on standard error too.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use engine_api::profile::{PROFILE, Profile};
use engine_api::{
    Engine, EventSink, Failure, FunctionRef, HostValue, Instance, Interrupt, Limits, Settings, Start, VmState,
};

use crate::machine;
use crate::measure::host::CollectingHost;
use crate::plan::workload::Workload;

/// The time between two ticks of a sampling profile.
const TICK: Duration = Duration::from_millis(1);
/// String hashes and random numbers are the same in every run that is looked into.
const SEED: u64 = 0;

/// A program to look into.
pub struct Program<'a> {
    /// Lua's name of its chunk.
    pub chunk_name: &'a str,
    /// Its text.
    pub source: &'a [u8],
    /// The file, as `arg[0]`.
    pub file: &'a Path,
    /// Its arguments.
    pub arguments: &'a [Vec<u8>],
    /// If the file is a workload, the argument of the function that it returns.
    pub n: Option<u64>,
}

/// The argument of the function that a file returns, if its header makes it a workload: that of the smallest size.
pub fn workload_argument(file: &Path) -> Option<u64> {
    let workload = Workload::read(file).ok()?;
    workload.sizes().next().map(|size| size.n)
}

/// How often an instance was seen doing what.
pub type StateCounts = Vec<(VmState, u64)>;

/// A program that has run.
pub struct Ran {
    /// The instance, which can still be asked.
    pub instance: Box<dyn Instance>,
    /// Its main function.
    pub main: FunctionRef,
    /// Whether it ended well.
    pub result: Result<(), Failure>,
}

impl Program<'_> {
    /// Starts an instance and loads the program.
    ///
    /// # Errors
    /// The engine's, and a syntax error.
    pub fn load(
        &self,
        engine: &dyn Engine,
        settings: Settings,
        sink: Option<Box<dyn EventSink>>,
        interrupt: Interrupt,
    ) -> Result<(Box<dyn Instance>, FunctionRef), Failure> {
        let (host, _output) = CollectingHost::silent();
        let mut instance = engine.start(Start {
            settings,
            host: Box::new(host),
            sink,
            interrupt,
            limits: Limits { heap_bytes: machine::affordable_heap_bytes(), ..Limits::default() },
            seed: SEED,
        })?;
        instance.set_arguments(self.file.as_os_str().as_bytes(), self.arguments)?;
        let main = instance.load(self.chunk_name, self.source)?;
        Ok((instance, main))
    }

    /// Runs a loaded program, and the function that it returns if it is a workload.
    ///
    /// # Errors
    /// What the program raises.
    pub fn call(&self, instance: &mut dyn Instance, main: FunctionRef) -> Result<(), Failure> {
        let values: Vec<HostValue> = self.arguments.iter().cloned().map(HostValue::String).collect();
        let results = instance.call(main, &values)?;
        match (results.first(), self.n.and_then(|n| i64::try_from(n).ok())) {
            (Some(HostValue::Function(function)), Some(n)) => {
                instance.call(*function, &[HostValue::Integer(n)]).map(drop)
            }
            (Some(_) | None, _) => Ok(()),
        }
    }

    /// Loads and runs it.
    ///
    /// # Errors
    /// Those of [`Program::load`]; how the program itself ends is in the answer.
    pub fn run(
        &self,
        engine: &dyn Engine,
        settings: Settings,
        sink: Option<Box<dyn EventSink>>,
    ) -> Result<Ran, Failure> {
        let (mut instance, main) = self.load(engine, settings, sink, Interrupt::new())?;
        let result = self.call(instance.as_mut(), main);
        Ok(Ran { instance, main, result })
    }

    /// Runs it under a profile of the engine's, whose settings ask for one. Gives what was seen and the microseconds that a
    /// tick stands for.
    ///
    /// # Errors
    /// Those of [`Program::load`].
    ///
    /// # Panics
    /// If the settings do not ask for a profile.
    pub fn profile(
        &self,
        engine: &dyn Engine,
        settings: Settings,
    ) -> Result<(Profile, f64, Result<(), Failure>), Failure> {
        let interrupt = Interrupt::new();
        let samples = settings.choice(PROFILE.name) == "sampling";
        let (mut instance, main) = self.load(engine, settings, None, interrupt.clone())?;
        let ticker = samples.then(|| Ticker::start(interrupt));
        let result = self.call(instance.as_mut(), main);
        let tick_us = ticker.map_or(0.0, Ticker::stop);
        let profile = instance.profile().expect("the settings ask for a profile");
        Ok((profile, tick_us, result))
    }
}

impl Program<'_> {
    /// Runs it on the engine as always, and looks from outside a thousand times a second what the instance does. Gives how
    /// often it did what.
    ///
    /// # Errors
    /// Those of [`Program::load`].
    pub fn states(
        &self,
        engine: &dyn Engine,
        settings: Settings,
    ) -> Result<(StateCounts, Result<(), Failure>), Failure> {
        let interrupt = Interrupt::new();
        let (mut instance, main) = self.load(engine, settings, None, interrupt.clone())?;
        let is_stopped = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&is_stopped);
        let watcher = thread::spawn(move || {
            let mut counts = [0_u64; VmState::ALL.len()];
            while !asked.load(Ordering::Relaxed) {
                thread::sleep(TICK);
                counts[interrupt.state() as usize] += 1;
            }
            counts
        });
        let result = self.call(instance.as_mut(), main);
        is_stopped.store(true, Ordering::Relaxed);
        let counts = watcher.join().expect("it only sleeps and counts");
        Ok((VmState::ALL.into_iter().zip(counts).collect(), result))
    }
}

/// A thread that ticks.
struct Ticker {
    is_stopped: Arc<AtomicBool>,
    ticks: Arc<AtomicU64>,
    begun: Instant,
    thread: thread::JoinHandle<()>,
}

impl Ticker {
    fn start(interrupt: Interrupt) -> Ticker {
        let (is_stopped, ticks) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (asked, counted) = (Arc::clone(&is_stopped), Arc::clone(&ticks));
        let thread = thread::spawn(move || {
            while !asked.load(Ordering::Relaxed) {
                thread::sleep(TICK);
                counted.fetch_add(1, Ordering::Relaxed);
                interrupt.tick();
            }
        });
        Ticker { is_stopped, ticks, begun: Instant::now(), thread }
    }

    /// Stops it; gives the mean time between ticks in microseconds.
    fn stop(self) -> f64 {
        let elapsed_us = self.begun.elapsed().as_nanos() as f64 / 1e3;
        self.is_stopped.store(true, Ordering::Relaxed);
        let ticks = self.ticks.load(Ordering::Relaxed);
        self.thread.join().expect("it only sleeps and counts");
        elapsed_us / ticks.max(1) as f64
    }
}
