//! Runs a program on an engine for a test, and keeps everything that can be seen of it.
//!
//! It knows engines by their trait only, and nothing but tests may depend on it. The clocks of its host stand still or go as a
//! test says, so what it gives is the same each time.

pub mod listings;

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::time::Duration;

use engine_api::{
    Counter, Engine, Event, EventSink, Failure, FunctionRef, Host, HostValue, Instance, Interrupt, Limits, Settings,
    Stage, Start, Stream,
};

/// Knobs by name.
pub type Knobs<'a> = &'a [(&'a str, &'a str)];

/// The settings under which every program must do the same on a JIT engine.
pub const JIT_SETTINGS: &[Knobs<'static>] = &[
    &[("jit", "on")],
    &[],
    &[("jit", "off")],
    &[("jit-threshold", "3")],
    &[("jit", "on"), ("force-exit-every", "1")],
    &[("jit", "on"), ("force-exit-every", "7")],
    &[("jit", "on"), ("fail-guard", "1")],
    &[("jit", "on"), ("fail-guard", "23")],
    &[("jit", "on"), ("gc-every", "1")],
    &[("jit", "on"), ("code-cache-bytes", "65536")],
    &[("jit", "on"), ("code-cache-units", "1")],
    &[("jit", "on"), ("fail-code-request", "1")],
    &[("jit", "on"), ("fail-code-request", "2")],
];

/// How long a program runs before [`Task::run_and_stop`] stops it: long enough for a loop to be compiled.
const TIME_TO_STOP: Duration = Duration::from_millis(50);

/// What is to be run, and how.
pub struct Task<'a> {
    /// The engine.
    pub engine: &'static dyn Engine,
    /// The program.
    pub source: &'a str,
    /// Knobs that are not at their defaults.
    pub knobs: Knobs<'a>,
    /// What may stop it.
    pub interrupt: Interrupt,
    /// What it may use.
    pub limits: Limits,
    /// What each reading of the process's time gives, in nanoseconds, by how many there were before.
    pub cpu_clock: fn(u64) -> u64,
    /// The same for the wall clock.
    pub wall_clock: fn(u64) -> u64,
}

impl<'a> Task<'a> {
    /// A program that nothing stops.
    pub fn new(engine: &'static dyn Engine, source: &'a str, knobs: Knobs<'a>) -> Task<'a> {
        Task {
            engine,
            source,
            knobs,
            interrupt: Interrupt::new(),
            limits: Limits::default(),
            cpu_clock: |_| 0,
            wall_clock: |_| 0,
        }
    }

    /// Runs it.
    ///
    /// # Panics
    /// If the engine has no such knob or does not start.
    pub fn run(self) -> Run {
        let mut settings = Settings::defaults(self.engine.info().knobs);
        for (name, value) in self.knobs {
            settings.set(name, value).expect("a knob of this engine");
        }
        let (output, events) = (Rc::new(RefCell::new(Vec::new())), Rc::new(RefCell::new(Vec::new())));
        let maps = Rc::new(Cell::new(MapsSeen::default()));
        let sink = Some(Box::new(Listener { events: events.clone(), maps: maps.clone() }) as Box<dyn EventSink>);
        let host = Box::new(Recorder {
            output: output.clone(),
            cpu_clock: self.cpu_clock,
            wall_clock: self.wall_clock,
            readings: 0,
            wall_readings: 0,
        });
        let start = Start { settings, host, sink, interrupt: self.interrupt, limits: self.limits, seed: 1 };
        let mut instance = self.engine.start(start).expect("the library fits");
        let main = instance.load("=test", self.source.as_bytes());
        let result = main.clone().and_then(|main| instance.call(main, &[]));
        let output = String::from_utf8_lossy(&output.borrow()).into_owned();
        Run { output, result, events: events.take(), maps: maps.get(), instance, main: main.ok() }
    }

    /// Runs a program that would not end, and stops it for time.
    ///
    /// # Panics
    /// As [`Task::run`].
    pub fn run_and_stop(self) -> Run {
        let interrupt = self.interrupt.clone();
        let stopper = std::thread::spawn(move || {
            std::thread::sleep(TIME_TO_STOP);
            interrupt.request(Interrupt::STOP_TIME);
        });
        let run = self.run();
        stopper.join().expect("it only sleeps");
        run
    }

    /// Runs a program that must not fail.
    ///
    /// # Panics
    /// If it fails.
    pub fn succeed(self) -> Run {
        let knobs = self.knobs;
        let run = self.run();
        if let Err(failure) = &run.result {
            panic!("with {knobs:?}: {failure}");
        }
        run
    }
}

/// What was seen of a run.
pub struct Run {
    /// What the program printed.
    pub output: String,
    /// What its main chunk returned.
    pub result: Result<Vec<HostValue>, Failure>,
    /// The events.
    pub events: Vec<Event>,
    /// The process's memory after each publication of code.
    pub maps: MapsSeen,
    instance: Box<dyn Instance>,
    main: Option<FunctionRef>,
}

impl Run {
    /// A counter as it is now.
    pub fn counter(&self, counter: Counter) -> u64 {
        self.instance.counters()[counter]
    }

    /// A stage of the main chunk and the functions in it, as far as they are compiled.
    ///
    /// # Panics
    /// If the program was not loaded or the engine has no such stage.
    pub fn artifact(&mut self, stage: Stage) -> String {
        let main = self.main.expect("the program was loaded");
        self.instance.artifact(main, stage).expect("the engine has this stage")
    }
}

/// What the process's memory map said, each time that it was read.
#[derive(Debug, Clone, Copy, Default)]
pub struct MapsSeen {
    /// How often it was read.
    pub times: u32,
    /// Mappings that were writable and executable.
    pub writable_and_executable: u32,
}

/// Keeps what a program prints.
struct Recorder {
    output: Rc<RefCell<Vec<u8>>>,
    cpu_clock: fn(u64) -> u64,
    wall_clock: fn(u64) -> u64,
    readings: u64,
    wall_readings: u64,
}

impl Host for Recorder {
    fn write(&mut self, _stream: Stream, bytes: &[u8]) -> io::Result<()> {
        self.output.borrow_mut().extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self, _stream: Stream) -> io::Result<()> {
        Ok(())
    }

    fn monotonic_ns(&mut self) -> u64 {
        let reading = (self.wall_clock)(self.wall_readings);
        self.wall_readings += 1;
        reading
    }

    fn cpu_ns(&mut self) -> u64 {
        let reading = (self.cpu_clock)(self.readings);
        self.readings += 1;
        reading
    }

    fn unix_seconds(&mut self) -> i64 {
        0
    }
}

/// Keeps events, and looks at the process's memory after each publication.
struct Listener {
    events: Rc<RefCell<Vec<Event>>>,
    maps: Rc<Cell<MapsSeen>>,
}

impl EventSink for Listener {
    fn event(&mut self, _time_ns: u64, event: &Event) {
        if matches!(event, Event::CompileEnd { .. })
            && let Ok(map) = std::fs::read_to_string("/proc/self/maps")
        {
            let bad = map.lines().filter_map(|line| line.split(' ').nth(1)).filter(|flags| flags.starts_with("rwx"));
            let seen = self.maps.get();
            let writable_and_executable = seen.writable_and_executable + bad.count() as u32;
            self.maps.set(MapsSeen { times: seen.times + 1, writable_and_executable });
        }
        self.events.borrow_mut().push(event.clone());
    }
}
