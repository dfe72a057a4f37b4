//! What is particular to this engine: caches that must notice changes, limits, stops, tracebacks. What Lua programs
//! mean is tested for every engine alike in `engines/conformance`.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use engine_api::{Failure, Host, HostValue, Instance, Interrupt, Limits, Settings, Stage, Start, StopReason, Stream};

/// Collects what a program prints.
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

/// An instance, what it prints, and the flag that stops it.
struct Started {
    instance: Box<dyn Instance>,
    output: Rc<RefCell<Vec<u8>>>,
    interrupt: Interrupt,
}

fn start(limits: Limits, gc_every: u32) -> Started {
    let mut settings = Settings::defaults(bytecode_vm::ENGINE.info().knobs);
    settings.set("gc-every", &gc_every.to_string()).expect("a knob of every engine");
    let (output, interrupt) = (Rc::new(RefCell::new(Vec::new())), Interrupt::new());
    let host = Box::new(Recorder(output.clone()));
    let start = Start { settings, host, sink: None, interrupt: interrupt.clone(), limits, seed: 1 };
    Started { instance: bytecode_vm::ENGINE.start(start).expect("the library fits"), output, interrupt }
}

fn run(started: &mut Started, source: &str) -> Result<Vec<HostValue>, Failure> {
    let main = started.instance.load("=test", source.as_bytes())?;
    started.instance.call(main, &[])
}

/// Checks what a program prints, with and without a collection at every poll.
fn check(source: &str, expected: &str) {
    for gc_every in [0, 1] {
        let mut started = start(Limits::default(), gc_every);
        run(&mut started, source).expect("the program runs");
        let output = String::from_utf8_lossy(&started.output.borrow()).into_owned();
        assert_eq!(output, expected, "with gc-every={gc_every}");
    }
}

/// The error of a program that must fail, as `lua` shows it.
fn failure(limits: Limits, source: &str) -> String {
    run(&mut start(limits, 0), source).expect_err("the program fails").to_string()
}

#[test]
fn a_load_cache_notices_every_change_along_the_chain() {
    check(
        "local A = { x = 'A' } A.__index = A
         local B = setmetatable({}, A) B.__index = B
         local c = setmetatable({}, B)
         local function get() return c.x end
         local seen = {}
         local function see() seen[#seen + 1] = tostring(get()) seen[#seen + 1] = tostring(get()) end
         see()
         A.x = 'A2' see()
         B.x = 'B' see()
         c.x = 'c' see()
         c.x = nil see()
         B.x = nil see()
         A.__index = nil; setmetatable(B, { __index = { x = 'D' } }) see()
         setmetatable(B, nil) see()
         for i = 1, #seen, 2 do assert(seen[i] == seen[i + 1]) io.write(seen[i], ' ') end",
        "A A2 B c B A2 D nil ",
    );
}

#[test]
fn a_store_cache_notices_a_new_metamethod() {
    check(
        "local M = {}
         local function make(v) local o = setmetatable({}, M) o.x = v return o.x end
         io.write(make(1), ' ', make(1), ' ')
         M.__newindex = function(t, k, v) rawset(t, k, v * 100) end
         io.write(make(1), ' ', make(1), ' ')
         M.__newindex = nil
         io.write(make(1), ' ', make(1))",
        "1 1 100 100 1 1",
    );
    check(
        "local log = {}
         local M = { __newindex = function(t, k, v) log[#log + 1] = k rawset(t, k, v) end }
         local function set(o) o.x = 1 end
         for i = 1, 3 do set({}) set(setmetatable({}, M)) end
         local o = setmetatable({ x = 0 }, M)
         set(o) set(o) o.x = nil set(o)
         io.write(#log)",
        "4",
    );
}

#[test]
fn a_site_with_many_shapes_stays_right() {
    check(
        "local objects = {}
         for i = 1, 8 do objects[i] = { ['k' .. i] = true, v = i } end
         local sum = 0
         for round = 1, 5 do
           for i = 1, #objects do local o = objects[i] sum = sum + o.v o.v = o.v + 1 end
         end
         io.write(sum)",
        "260",
    );
}

#[test]
fn a_missing_field_is_noticed_when_it_comes() {
    check(
        "local t = {}
         local function get() return t.late end
         io.write(tostring(get()), ' ', tostring(get()), ' ')
         t.late = 1 io.write(get(), ' ')
         t = { late = false } io.write(tostring(get()))",
        "nil nil 1 false",
    );
}

#[test]
fn a_dictionary_is_read_without_caches() {
    check(
        "local t = {}
         for i = 1, 1000 do t['key' .. i] = i end
         local function get() return t.key500 end
         io.write(get(), ' ') t.key500 = nil io.write(tostring(get()), ' ') t.key500 = 7 io.write(get())",
        "500 nil 7",
    );
}

#[test]
fn constructors_share_a_shape_and_nothing_else() {
    check(
        "local function make(v) return { a = v, b = nil, c = { v } } end
         local x, y = make(1), make(2)
         x.b = 'b' x.d = 'd'
         io.write(x.a, x.b, x.c[1], x.d, ' ', y.a, tostring(y.b), y.c[1], tostring(y.d), ' ')
         for k in pairs(y) do io.write(k) end",
        "1b1d 2nil2nil ac",
    );
}

#[test]
fn the_stack_may_move_under_any_operation() {
    check(
        "local function deep(n) if n == 0 then return 0 end return 1 + deep(n - 1) end
         local t = setmetatable({}, {
           __index = function(_, k) return deep(k) end, __add = function(_, n) return deep(n) end,
           __lt = function() return deep(3000) > 0 end, __concat = function() return deep(5000) end,
           __call = function(_, n) return deep(n) end, __close = function() deep(20000) end,
         })
         local a, b = t[500], t + 1000
         local c = t < t and 'less' or 'not less'
         local d = t .. 'x'
         local function closes() local v <close> = t return deep(10), a, b end
         io.write(a, ' ', b, ' ', c, ' ', d, ' ', t(7000), ' ', table.concat({ closes() }, ' '))",
        "500 1000 less 5000 7000 10 500 1000",
    );
}

#[test]
fn tail_calls_take_no_stack() {
    let limits = Limits { lua_depth: 10, ..Limits::default() };
    let source = "local function loop(n, ...) if n == 0 then return ... end return loop(n - 1, ...) end
                  local o = { f = function(self, n) if n == 0 then return 'method' end return self:f(n - 1) end }
                  return loop(100000, 'kept', nil), o:f(100000), select('#', pcall(loop, 1000, 1, 2))";
    let results = run(&mut start(limits, 0), source).expect("the program runs");
    assert_eq!(
        results,
        [HostValue::String(b"kept".to_vec()), HostValue::String(b"method".to_vec()), HostValue::Integer(3)]
    );
}

#[test]
fn depth_is_limited_exactly_and_given_back() {
    let limits = Limits { lua_depth: 100, ..Limits::default() };
    let source = "local function plain(n) reached = n return 1 + plain(n + 1) end
                  local first = pcall(plain, 1) local a = reached
                  local second = pcall(plain, 1) local b = reached
                  return a, b, first, second";
    let results = run(&mut start(limits, 0), source).expect("the overflow is caught");
    // The main function is one of the hundred.
    assert_eq!(
        results,
        [HostValue::Integer(99), HostValue::Integer(99), HostValue::Boolean(false), HostValue::Boolean(false)]
    );
}

#[test]
fn slots_are_limited() {
    let limits = Limits { stack_slots: 2000, ..Limits::default() };
    let source = "local function wide(a, b, c, d, e, f, g, h) return 1 + wide(a, b, c, d, e, f, g, h) end wide()";
    let message = failure(limits, source);
    assert!(message.starts_with("test:1: stack overflow\n"), "{message}");
}

#[test]
fn a_stop_is_not_caught() {
    let mut started = start(Limits::default(), 0);
    started.interrupt.request(Interrupt::STOP_TIME);
    let result = run(&mut started, "while true do pcall(function() while true do end end) end");
    assert_eq!(result, Err(Failure::Stopped(StopReason::Time)));
}

#[test]
fn an_instance_goes_on_after_an_error() {
    let mut started = start(Limits::default(), 0);
    for _ in 0..3 {
        let result = run(&mut started, "local x <close> = setmetatable({}, { __close = print }) local y = nil + 1");
        assert!(matches!(result, Err(Failure::Lua(_))));
    }
    assert_eq!(run(&mut started, "return 1 + 1"), Ok(vec![HostValue::Integer(2)]));
}

#[test]
fn tracebacks_have_luas_layout() {
    let source = "local function inner(x) error('deep ' .. x) end
local t = { method = function(self) inner(1) end }
function named() t:method() end
local function tail() return named() end
local u = setmetatable({}, { __index = function() tail() end })
table.sort({ 1, 2 }, function() return u.x end)";
    let expected = "test:1: deep 1
stack traceback:
\t[C]: in function 'error'
\ttest:1: in upvalue 'inner'
\ttest:2: in method 'method'
\ttest:3: in function 'named'
\t(...tail calls...)
\ttest:5: in metamethod 'index'
\ttest:6: in function <test:6>
\t[C]: in function 'table.sort'
\ttest:6: in main chunk
\t[C]: in ?";
    assert_eq!(failure(Limits::default(), source), expected);
}

#[test]
fn long_tracebacks_are_cut() {
    let source = "local function r(n) if n == 0 then local x = nil; x() end r(n - 1) return 1 end r(30)";
    let message = failure(Limits::default(), source);
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(lines.len(), 2 + 10 + 1 + 11);
    assert_eq!(lines[12], "\t...\t(skipping 11 levels)");
}

#[test]
fn the_bytecode_can_be_shown() {
    let mut started = start(Limits::default(), 0);
    let main = started.instance.load("=test", b"return 1").expect("it compiles");
    let listing = started.instance.artifact(main, Stage::Bytecode).expect("this engine has bytecode");
    assert!(listing.contains("RETURN1"), "{listing}");
    assert!(matches!(started.instance.artifact(main, Stage::Asm), Err(Failure::Unsupported(_))));
}
