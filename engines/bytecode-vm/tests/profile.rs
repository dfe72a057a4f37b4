//! The profiler: counts are exact whatever collections, errors and coroutines lie between, and so are times by a clock that the
//! program drives.

use std::io;

use engine_api::profile::{FunctionProfile, PROFILE, Profile};
use engine_api::{Host, Instance, Interrupt, Limits, Settings, Start, Stream};

/// Its clock stands still but for a microsecond at each `os.clock()`.
#[derive(Default)]
struct Driven {
    now_ns: u64,
}

impl Host for Driven {
    fn write(&mut self, _stream: Stream, _bytes: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn flush(&mut self, _stream: Stream) -> io::Result<()> {
        Ok(())
    }

    fn monotonic_ns(&mut self) -> u64 {
        self.now_ns
    }

    fn cpu_ns(&mut self) -> u64 {
        self.now_ns += 1000;
        self.now_ns
    }

    fn unix_seconds(&mut self) -> i64 {
        0
    }
}

fn started(mode: &str, knobs: &[(&str, &str)], interrupt: Interrupt) -> Box<dyn Instance> {
    let engine = bytecode_vm::ENGINE;
    let mut settings = Settings::defaults(engine.info().knobs);
    for (name, value) in knobs.iter().chain([&(PROFILE.name, mode)]) {
        settings.set(name, value).expect("a knob of this engine");
    }
    let host = Box::new(Driven::default());
    let start = Start { settings, host, sink: None, interrupt, limits: Limits::default(), seed: 1 };
    engine.start(start).expect("the library fits")
}

fn profile(source: &str, knobs: &[(&str, &str)]) -> Profile {
    let mut instance = started("exact", knobs, Interrupt::new());
    let main = instance.load("=test", source.as_bytes()).expect("it is Lua");
    instance.call(main, &[]).expect("it runs");
    instance.profile().expect("the knob asks for one")
}

fn function<'a>(profile: &'a Profile, name: &str) -> &'a FunctionProfile {
    let mut functions = profile.functions.iter();
    functions.find(|function| function.name == name).unwrap_or_else(|| panic!("{name} is not in {profile:?}"))
}

/// Iterations of the loops, by line.
fn iterations(profile: &Profile) -> Vec<(u32, u64)> {
    let mut loops: Vec<(u32, u64)> = profile.loops.iter().map(|entry| (entry.line, entry.iterations)).collect();
    loops.sort_unstable();
    loops
}

const COUNTED: &str = "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
fib(10)
local function add(a) return a + 1 end
for i = 1, 100 do
  add(i % 20 == 0 and 1.5 or i)
end
local i = 0
while i < 10 do i = i + 1 end
for k in pairs({1, 2, 3}) do
  for j = 1, k do i = i + j end
end
local function outer() return fib(1) end
outer()";

#[test]
fn calls_and_iterations_are_counted_whatever_is_collected_between() {
    for knobs in [&[][..], &[("gc-every", "1")]] {
        let profile = profile(COUNTED, knobs);
        assert_eq!(function(&profile, "fib").calls, 178);
        assert_eq!(function(&profile, "fib").signatures, [("(integer)".to_string(), 178)]);
        let signatures = [("(integer)".to_string(), 95), ("(float)".to_string(), 5)];
        assert_eq!(
            (function(&profile, "add").calls, &function(&profile, "add").signatures[..]),
            (100, &signatures[..])
        );
        assert_eq!(iterations(&profile), [(4, 100), (8, 10), (9, 3), (10, 6)]);
    }
}

#[test]
fn call_sites_know_the_types_that_came() {
    let profile = profile(COUNTED, &[]);
    let site = profile.call_sites.iter().find(|site| site.line == 5).expect("add is called in line 5");
    assert_eq!(site.construct, "add(..)");
    assert_eq!(site.signatures, [("(integer)".to_string(), 95), ("(float)".to_string(), 5)]);
}

#[test]
fn times_are_exact_under_a_driven_clock() {
    let source = "local clock = os.clock
local function leaf() clock() clock() end
local function outer() leaf() clock() leaf() end
outer() outer()
for i = 1, 10 do clock() end
local function deep(n) clock() if n > 1 then deep(n - 1) end end
deep(5)";
    let profile = profile(source, &[]);
    let clock = function(&profile, "os.clock");
    assert_eq!((clock.calls, clock.itself, clock.total), (25, 25_000, 25_000));
    assert_eq!((function(&profile, "leaf").total, function(&profile, "leaf").itself), (8_000, 0));
    assert_eq!(function(&profile, "outer").total, 10_000);
    // Of a recursion only the outermost call counts.
    assert_eq!(function(&profile, "deep").total, 5_000);
    assert_eq!(function(&profile, "main chunk").total, 25_000);
    let [entry] = &profile.loops[..] else { panic!("one loop: {:?}", profile.loops) };
    assert_eq!((entry.iterations, entry.timed_iterations, entry.time), (10, 9, 9_000));
    let all: u64 = profile.stacks.iter().map(|stack| stack.itself).sum();
    assert_eq!(all, 25_000);
}

#[test]
fn errors_and_coroutines_end_what_they_leave() {
    let source = "local clock = os.clock
local function fails() clock() error('no') end
for i = 1, 3 do pcall(fails) clock() end
local function body() clock() coroutine.yield() clock() end
local co = coroutine.create(body)
coroutine.resume(co) clock() coroutine.resume(co) clock()";
    let profile = profile(source, &[]);
    assert_eq!((function(&profile, "fails").calls, function(&profile, "fails").total), (3, 3_000));
    assert_eq!((function(&profile, "body").calls, function(&profile, "body").total), (1, 2_000));
    assert_eq!(function(&profile, "main chunk").total, 10_000);
    assert_eq!(function(&profile, "os.clock").itself, 10_000);
}

#[test]
fn a_deep_recursion_has_a_profile_too() {
    let source = "local function deep(n) if n > 0 then return 1 + deep(n - 1) end return 0 end deep(150000)";
    let profile = profile(source, &[]);
    assert_eq!(function(&profile, "deep").calls, 150_001);
    assert!(profile.stacks.iter().all(|stack| stack.functions.len() <= 258));
}

#[test]
fn a_tick_counts_for_what_ran_and_not_for_who_polls_next() {
    let interrupt = Interrupt::new();
    let mut instance = started("sampling", &[], interrupt.clone());
    // The clock is asked where a tick is wanted; the host cannot tick by itself here, so the test does between calls.
    let main = instance.load("=test", b"local function leaf(x) return x + 1 end return leaf").expect("it is Lua");
    let leaf = match &instance.call(main, &[]).expect("it runs")[..] {
        [engine_api::HostValue::Function(leaf)] => *leaf,
        other => panic!("it gives a function: {other:?}"),
    };
    interrupt.tick();
    instance.call(leaf, &[engine_api::HostValue::Integer(1)]).expect("it runs");
    let profile = instance.profile().expect("the knob asks for one");
    // Nothing of the program ran when it ticked.
    assert!(profile.stacks.iter().all(|stack| stack.itself == 0) || profile.stacks.is_empty(), "{profile:?}");
    assert_eq!(interrupt.bits(), 0);
}
