//! Coroutines on native stacks: many of them, deep ones, and what is left of those that are dropped while they wait.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use engine_api::{Failure, Interrupt, StopReason};

use crate::support::{Session, results};

/// Counts the bytes that each thread has allocated and not freed.
struct Counting;

thread_local! {
    static LIVE_BYTES: Cell<i64> = const { Cell::new(0) };
}

fn count(bytes: i64) {
    // A thread that ends frees memory when its counter is gone.
    let _gone = LIVE_BYTES.try_with(|live| live.set(live.get() + bytes));
}

// SAFETY: the system's allocator does it all.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: as the caller says.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        // SAFETY: as the caller says.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Places where a coroutine can wait. Each is the body of a function; what it takes does not matter.
const PLACES: &[&str] = &[
    "coroutine.yield()",
    "local a = 1 + coroutine.yield() * 2",
    "return coroutine.yield()",
    "return (coroutine.yield())",
    "pcall(coroutine.yield)",
    "pcall(pcall, pcall, coroutine.yield)",
    "xpcall(coroutine.yield, print)",
    "local t = {1, coroutine.yield(), x = coroutine.yield(), 2}",
    "local t = setmetatable({}, {__index = function() coroutine.yield() end}) local x = t.a",
    "local t = setmetatable({}, {__newindex = function() coroutine.yield() end}) t.a = 1",
    "local t = setmetatable({}, {__call = function() coroutine.yield() end}) t(1, 2)",
    "local t = setmetatable({}, {__add = function() coroutine.yield() end}) local x = 1 + (t + 1)",
    "local t = setmetatable({}, {__lt = function() coroutine.yield() end}) if t < t then end",
    "local t = setmetatable({}, {__concat = function() coroutine.yield() end})
     local x = 'a' .. 1 .. t .. 'c' .. 4 .. 5 .. 6 .. 7 .. 8 .. 9 .. 10 .. 11",
    "local t = setmetatable({}, {__close = function() coroutine.yield() end})
     local x <close> = t",
    "local t = setmetatable({}, {__close = function() coroutine.yield() end})
     pcall(function() local x <close> = t error('e') end)",
    "for i in coroutine.yield do end",
    "for i in pairs({1}) do local x <close> = nil coroutine.yield() end",
    "while coroutine.yield() do end",
    "repeat until coroutine.yield()",
    "for i = 1, 2 do coroutine.yield() end",
    "local function f(...) return ..., coroutine.yield(...) end f(1, 2, 3)",
    "local function deep(n) if n == 0 then coroutine.yield() end return 1 + deep(n - 1) end deep(3000)",
    "local inner = coroutine.wrap(function() coroutine.yield(1) end) inner() coroutine.yield()",
    "return coroutine.yield(), coroutine.yield()",
    "local a, b = {}, {} a.x, b.y, a[1] = 1, coroutine.yield(), 2",
    "goto continue ::again:: do return end ::continue:: coroutine.yield() goto again",
];

/// A program that leaves coroutines waiting in a place and collects them.
fn leaving(place: &str, count: u32) -> String {
    format!(
        "local function body() {place} end
        for i = 1, {count} do
            local co = coroutine.create(body)
            assert(coroutine.resume(co))
            assert(coroutine.status(co) == 'suspended')
        end
        collectgarbage()"
    )
}

#[test]
fn dropped_coroutines_leave_nothing_behind() {
    for place in PLACES {
        let mut session = Session::with(&[]);
        let main = session.instance.load("@test.lua", leaving(place, 50).as_bytes()).expect("it compiles");
        let mut live = || {
            session.instance.call(main, &[]).unwrap_or_else(|failure| panic!("{place}: {failure}"));
            LIVE_BYTES.with(Cell::get)
        };
        live();
        let before = live();
        let after = live();
        // A list may have grown; fifty leaks of anything would be more.
        assert!(after - before < 400, "{place}: {before} bytes, then {after}");
    }
}

#[test]
fn an_instance_ends_while_coroutines_wait() {
    let live = || LIVE_BYTES.with(Cell::get);
    let before = live();
    for place in PLACES {
        let kept = leaving(place, 3).replace("local co =", "co =").replace("collectgarbage()", "");
        Session::with(&[]).run(&kept).unwrap_or_else(|failure| panic!("{place}: {failure}"));
    }
    assert_eq!(live() - before, 0);
}

#[test]
fn ten_thousand_coroutines_wait_at_once() {
    let source = "local all = {}
        for i = 1, 10000 do
            all[i] = coroutine.wrap(function(a) while true do a = a + coroutine.yield(a) end end)
            all[i](i)
        end
        local sum = 0
        for i = 1, 10000 do sum = sum + all[i](1) end
        return sum";
    assert_eq!(results(source), "50015000");
}

#[test]
fn recursion_in_a_coroutine_is_deep() {
    let source = "local function depth(n) if n == 0 then return coroutine.yield('bottom') end return 1 + depth(n - 1) end
        local first, second = coroutine.wrap(depth), coroutine.wrap(depth)
        local a, b = first(190000), second(100000)
        return a, b, first(0), second(5), pcall(coroutine.wrap(function() local function f() return 1 + f() end f() end))";
    assert_eq!(results(source), "bottom bottom 190000 100005 false test.lua:4: stack overflow");
}

#[test]
fn coroutines_nest_as_deep_as_native_calls_may() {
    let source = "local depth = 0
        local function nest() depth = depth + 1 return select(2, coroutine.resume(coroutine.create(nest))) end
        return nest(), depth > 100, depth < 250";
    assert_eq!(results(source), "C stack overflow true true");
}

#[test]
fn a_request_to_stop_is_served_inside_of_coroutines() {
    for source in [
        "local co = coroutine.wrap(function() coroutine.yield() stop() while true do end end) co() co()",
        "local co = coroutine.wrap(function() pcall(function() local x <close> = guard stop() repeat until false end) end)
         guard = setmetatable({}, {__close = print}) pcall(co)",
        "coroutine.wrap(function() coroutine.wrap(function() stop() for i = 1, math.huge do end end)() end)()",
    ] {
        let mut session = Session::with(&[]);
        session.stop_when_asked();
        let outcome = session.run(&format!("function stop() print('stop') end {source}"));
        assert_eq!(outcome, Err(Failure::Stopped(StopReason::Time)), "{source}");
        session.interrupt.clear(Interrupt::STOP_TIME);
        assert_eq!(session.run("return 1").map(|results| results.len()), Ok(1), "the instance can be used again");
        assert_eq!(session.output(), "stop\n", "nothing is closed by a stop");
    }
}

#[test]
fn a_failed_coroutine_closes_the_variables_of_its_innermost_frame() {
    let source = "local log = ''
        local guard = setmetatable({}, {__close = function(_, e) log = log .. tostring(e) end})
        local co = coroutine.create(function() local x <close> = guard local y = nil + 1 end)
        coroutine.resume(co)
        collectgarbage()
        return coroutine.close(co), log";
    assert_eq!(results(source), "false test.lua:3: attempt to perform arithmetic on a nil value");
}
