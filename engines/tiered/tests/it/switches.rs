//! What goes from one tier to another, and what can be seen of it.

use engine_api::event::UnitKind;
use engine_api::{Counter, Event};

use crate::support::{check, run};

/// A hot recursive function, and a hot loop in a function that is called once.
const BOTH: &str = "
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
local function sums(n) local s = 0 for i = 1, n do s = s + i % 7 end return s end
print(fib(20), sums(200000))
";

#[test]
fn a_recursive_function_and_a_loop_are_compiled_in_one_run() {
    check(BOTH, "6765\t599997\n");
    let run = run(BOTH, &[]);
    let compiled = |kind: UnitKind, name: &str| {
        run.events
            .iter()
            .any(|event| matches!(event, Event::CompileEnd { unit, .. } if unit.kind == kind && unit.function == name))
    };
    assert!(compiled(UnitKind::Function, "fib") && compiled(UnitKind::Loop, "sums"), "{:?}", run.events);
    assert!(run.counter(Counter::OsrEntries) > 0);
}

#[test]
fn a_compiled_function_enters_loops_and_goes_on_behind_them() {
    let source = "
local function sums(n) local s = 0 for i = 1, n do s = s + i % 7 end return s + 1 end
local function many(rounds) local t = 0 for r = 1, rounds do t = t + sums(100) - #tostring(r) end return t end
print(many(3000))
";
    check(source, "883107\n");
    let run = run(source, &[("jit-threshold", "2"), ("loop-threshold", "100"), ("inlining", "off")]);
    // Nearly every call of `sums` has its loop run by tier 2, without leaving tier 1 for the VM.
    assert!(run.counter(Counter::OsrEntries) > 2500, "{}", run.counter(Counter::OsrEntries));
    assert!(run.counter(Counter::SideExits) < 20, "{}", run.counter(Counter::SideExits));
}

#[test]
fn a_function_that_a_compiled_loop_calls_runs_its_compiled_code() {
    let source = "
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
local t = 0
for i = 1, 2000 do t = t + fib(i % 9) end
print(t)
";
    check(source, "11990\n");
    let run = run(source, &[("jit-threshold", "10"), ("loop-threshold", "20"), ("give-back", "off")]);
    // One entry for each call by the loop, and none for those of `fib` by itself.
    let entries = run.counter(Counter::JitEntries);
    assert!((1000..5000).contains(&entries), "{entries}");
    assert!(run.counter(Counter::SideExits) < 50, "{}", run.counter(Counter::SideExits));
}

#[test]
fn errors_leave_through_loops_and_functions() {
    check(
        "
local function deep(n, limit) if n == 0 then error({limit}) end return 1 + deep(n - 1, limit) end
local function looped(rounds, limit)
  local done = 0
  for i = 1, rounds do
    if i == limit then done = done + deep(i % 5, limit) end
    done = done + 1
  end
  return done
end
local caught, fine = 0, 0
for round = 1, 200 do
  local ok, e = pcall(looped, 60, round)
  if ok then fine = fine + e else caught = caught + e[1] end
end
print(caught, fine)
local function position(t) for i = 1, 100 do t[i] = t[i].x + 1 end end
for round = 1, 30 do
  local t = {}
  for i = 1, 100 do t[i] = {x = i} end
  t[round * 3] = nil
  print(select(2, pcall(position, t)))
end
print(select(2, xpcall(looped, function(e) return type(e) == 'table' and debug.traceback('t') end, 60, 41)))
",
        "1830\t8400\n",
    );
}

#[test]
fn coroutines_yield_through_loops_and_functions() {
    check(
        "
local function inner(n) for i = 1, n do coroutine.yield(i) end return 'end' end
local function outer(n)
  local total = 0
  for i = 1, n do
    total = total + #inner(i % 4)
    coroutine.yield(-i)
  end
  return total
end
local sum, count = 0, 0
for round = 1, 20 do
  local co = coroutine.wrap(outer)
  local value = co(30)
  while value < 1000 and count < 100000 do
    sum, count = sum + value, count + 1
    local ok, next_value = pcall(co)
    if not ok or next_value == nil then break end
    value = next_value
    if value == 90 then break end
  end
end
print(sum, count)
local function produce() for i = 1, 3000 do coroutine.yield(i * 2) end end
local total = 0
for value in coroutine.wrap(produce) do total = total + value end
print(total)
",
        "9003000\n",
    );
}

#[test]
fn recursion_with_loops_is_as_deep_as_under_the_vm() {
    check(
        "
local function down(n)
  local s = 0
  for i = 1, 5 do s = s + i end
  if n == 0 then return s end
  return s + down(n - 1)
end
for round = 1, 20 do down(50) end
print(down(150000))
local function tree(depth)
  local count = 1
  for i = 1, 2 do if depth > 0 then count = count + tree(depth - 1) end end
  return count
end
print(tree(12))
local function tail(n, s) for i = 1, 3 do s = s + i end if n == 0 then return s end return tail(n - 1, s) end
print(tail(100000, 0))
print(select(2, pcall(function() local function f() for i = 1, 2 do f() end end f() end)))
",
        "8191\n",
    );
}

#[test]
fn variables_that_are_set_from_outside_are_seen() {
    check(
        "
local function set(level, name, value)
  local i = 1
  while true do
    local n = debug.getlocal(level + 1, i)
    if not n then return end
    if n == name then debug.setlocal(level + 1, i, value) return end
    i = i + 1
  end
end
local function inner(i, x) if i % 10 == 0 then set(2, 'total', x + 0.5) end return 1 end
local function outer(n)
  local total = 0
  for i = 1, n do total = total + inner(i, total) end
  return total
end
for round = 1, 30 do io.write(outer(40 + round), ' ') end
",
        "",
    );
}

#[test]
fn callbacks_metamethods_and_closings() {
    check(
        "
local mt = {}
mt.__index = function(t, k) local s = 0 for i = 1, 4 do s = s + i end return s + k end
mt.__lt = function(a, b) return a.n < b.n end
mt.__add = function(a, b) local x = a.n for i = 1, 2 do x = x + 1 end return setmetatable({n = x + b.n}, mt) end
mt.__close = function(t) closed = (closed or 0) + 1 end
local list = {}
for i = 1, 60 do list[i] = setmetatable({n = (i * 37) % 61}, mt) end
local function work(rounds)
  local s = 0
  for r = 1, rounds do
    table.sort(list, function(a, b) local x = 0 for i = 1, 2 do x = x + 1 end return a < b end)
    for i = 1, #list do s = s + list[i][i] end
    local c <close> = list[1]
    s = s + (list[r] + list[r + 1]).n
    s = s + #string.gsub('abcdef', '%a', function(ch) for i = 1, 2 do ch = ch .. i end return ch end)
    for k, v in pairs({a = 1, b = 2, c = 3}) do s = s + v end
    for w in string.gmatch('one two three', '%a+') do s = s + #w end
  end
  return s
end
print(work(20), work(20), closed)
print(select('#', (function(...) local n = 0 for i = 1, select('#', ...) do n = n + (select(i, ...)) end return n, ... end)(1, 2, 3)))
",
        "40\n",
    );
}
