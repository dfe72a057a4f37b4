//! Running a program under chosen knobs, and everything that can be seen of it.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;

use engine_api::{
    Counter, Counters, Event, EventSink, Failure, Host, Instance, Interrupt, Limits, Plain, Settings, Stage, Start,
    Stream,
};

/// Knobs by name.
pub(crate) type Knobs<'a> = &'a [(&'a str, &'a str)];

/// The settings under which every program must give the same.
pub(crate) const SETTINGS: &[Knobs<'static>] = &[
    &[("jit", "off")],
    &[],
    &[("jit", "on")],
    &[("jit-threshold", "3")],
    &[("jit", "on"), ("force-exit-every", "1")],
    &[("jit", "on"), ("force-exit-every", "7")],
    &[("jit", "on"), ("fail-guard", "1")],
    &[("jit", "on"), ("fail-guard", "23")],
    &[("jit", "on"), ("gc-every", "1")],
    &[("jit", "on"), ("code-cache-bytes", "65536")],
    &[("jit", "on"), ("code-cache-units", "1")],
    &[("jit", "on"), ("fail-code-request", "1")],
];

/// The result of the test of divisions, computed by the same program on PUC Lua.
pub(crate) const DIVISIONS: &str =
    "-5055286831452848171 6953548980986939091 -43 -301 -3204851690133950846 -2256548253309113417";

/// What was seen of a run.
pub(crate) struct Run {
    /// What the program printed.
    pub(crate) output: String,
    /// What its main chunk returned.
    pub(crate) result: Result<Vec<Plain>, Failure>,
    /// The events.
    pub(crate) events: Vec<Event>,
    /// How often the memory map was read, after publications.
    pub(crate) maps_seen: u32,
    /// Mappings in them that were writable and executable.
    pub(crate) writable_and_executable: u32,
    counters: Counters,
}

impl Run {
    /// A counter at the end.
    pub(crate) fn counter(&self, counter: Counter) -> u64 {
        self.counters[counter]
    }
}

struct Recorder(Rc<RefCell<Vec<u8>>>);

impl Host for Recorder {
    fn write(&mut self, _stream: Stream, bytes: &[u8]) -> io::Result<()> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self, _stream: Stream) -> io::Result<()> {
        Ok(())
    }

    fn monotonic_ns(&mut self) -> u64 {
        0
    }

    fn cpu_ns(&mut self) -> u64 {
        0
    }

    fn unix_seconds(&mut self) -> i64 {
        0
    }
}

/// Keeps events, and looks at the process's memory after each publication.
struct Listener {
    events: Rc<RefCell<Vec<Event>>>,
    maps: Rc<Cell<(u32, u32)>>,
}

impl EventSink for Listener {
    fn event(&mut self, _time_ns: u64, event: &Event) {
        if matches!(event, Event::CompileEnd { .. })
            && let Ok(map) = std::fs::read_to_string("/proc/self/maps")
        {
            let bad = map.lines().filter_map(|line| line.split(' ').nth(1)).filter(|flags| flags.starts_with("rwx"));
            let (seen, found) = self.maps.get();
            self.maps.set((seen + 1, found + bad.count() as u32));
        }
        self.events.borrow_mut().push(event.clone());
    }
}

/// Runs a program under changed knobs.
pub(crate) fn run_with(source: &str, knobs: Knobs) -> Run {
    run_until(source, knobs, Interrupt::new())
}

/// Runs a program that must not fail.
pub(crate) fn run(source: &str, knobs: Knobs) -> Run {
    let run = run_with(source, knobs);
    if let Err(failure) = &run.result {
        panic!("with {knobs:?}: {failure}");
    }
    run
}

/// Runs a program that `interrupt` may stop.
pub(crate) fn run_until(source: &str, knobs: Knobs, interrupt: Interrupt) -> Run {
    let engine = cranelift_loop_jit::ENGINE;
    let mut settings = Settings::defaults(engine.info().knobs);
    for (name, value) in knobs {
        settings.set(name, value).expect("a knob of this engine");
    }
    let (output, events) = (Rc::new(RefCell::new(Vec::new())), Rc::new(RefCell::new(Vec::new())));
    let maps = Rc::new(Cell::new((0, 0)));
    let sink = Some(Box::new(Listener { events: events.clone(), maps: maps.clone() }) as Box<dyn EventSink>);
    let host = Box::new(Recorder(output.clone()));
    let start = Start { settings, host, sink, interrupt, limits: Limits::default(), seed: 1 };
    let mut instance: Box<dyn Instance> = engine.start(start).expect("the library fits");
    let result = instance.load("=test", source.as_bytes()).and_then(|main| instance.call(main, &[]));
    let counters = instance.counters();
    drop(instance);
    let (maps_seen, writable_and_executable) = maps.get();
    Run {
        output: String::from_utf8_lossy(&output.borrow()).into_owned(),
        result,
        events: events.take(),
        maps_seen,
        writable_and_executable,
        counters,
    }
}

/// Checks what a program prints, under every setting.
pub(crate) fn check(source: &str, expected: &str) {
    for knobs in SETTINGS {
        assert_eq!(run(source, knobs).output, expected, "with {knobs:?}");
    }
}

/// A stage of the code of a program's main chunk after it has run, compiled at the first chance.
pub(crate) fn artifact(source: &str, stage: Stage) -> String {
    let engine = cranelift_loop_jit::ENGINE;
    let mut settings = Settings::defaults(engine.info().knobs);
    settings.set("jit", "on").expect("a knob of this engine");
    let host = Box::new(Recorder(Rc::new(RefCell::new(Vec::new()))));
    let (interrupt, limits) = (Interrupt::new(), Limits::default());
    let start = Start { settings, host, sink: None, interrupt, limits, seed: 1 };
    let mut instance = engine.start(start).expect("the library fits");
    let main = instance.load("=test", source.as_bytes()).expect("it compiles");
    instance.call(main, &[]).expect("it runs");
    instance.artifact(main, stage).expect("this engine has the stage")
}
