//! What crosses a compiled frame: calls, errors, collections, moves of the stack, metamethods.

use engine_api::Counter;

use crate::support::{Run, SETTINGS, check, run, run_with};

/// Runs a program that prints, at all settings, and at the first chance to compile: no loop of it may be declined,
/// nor given back.
fn crossed(source: &str, expected: &str) -> Run {
    check(source, expected);
    let run = run(source, &[("jit", "on"), ("give-back", "false")]);
    assert!(run.counter(Counter::OsrEntries) > 0, "no loop was entered: {:?}", run.events);
    assert_eq!(run.counter(Counter::CompilationsDeclined), 0, "{:?}", run.events);
    run
}

/// Runs a program that fails, at all settings.
fn fails(source: &str, expected: &str) {
    for setting in SETTINGS {
        let failure = run_with(source, setting).result.expect_err("the program fails").to_string();
        assert_eq!(failure, expected, "with {setting:?}");
    }
}

#[test]
fn library_functions_are_called_without_leaving() {
    let run = crossed(
        "local parts, n = {}, 0
         for i = 1, 200 do
           parts[#parts + 1] = string.format('%d:%s', i, tostring(i * 2))
           n = n + select('#', i, nil) + math.max(i, 3, 7) + #string.rep('x', i)
           table.insert(parts, (string.gsub('aXb', 'X', '-')))
         end
         io.write(#parts, ' ', parts[399], ' ', parts[400], ' ', n)",
        "400 200:400 a-b 40621",
    );
    assert_eq!((run.counter(Counter::JitEntries), run.counter(Counter::SideExits)), (1, 0));
}

#[test]
fn an_error_of_a_library_function_has_position_and_traceback() {
    fails(
        "local function f(t)
  local n = 0
  for i = 1, 100 do
    n = n + #string.rep('x', t[i])
  end
  return n
end
local t = {}
for i = 1, 100 do t[i] = i end
t[70] = {}
f(t)",
        "test:4: bad argument #2 to 'rep' (number expected, got table)
stack traceback:
\t[C]: in function 'string.rep'
\ttest:4: in local 'f'
\ttest:11: in main chunk
\t[C]: in ?",
    );
}

#[test]
fn an_error_of_a_library_function_in_an_inlined_one_has_its_frames() {
    fails(
        "local function inner(x)
  local text = string.rep('x', x)
  return #text
end
local function outer(x)
  local size = inner(x)
  return size + 1
end
local n = 0
for i = 1, 100 do
  n = n + outer(i == 80 and 'many' or i)
end",
        "test:2: bad argument #2 to 'rep' (number expected, got string)
stack traceback:
\t[C]: in function 'string.rep'
\ttest:2: in upvalue 'inner'
\ttest:6: in local 'outer'
\ttest:11: in main chunk
\t[C]: in ?",
    );
}

#[test]
fn errors_are_caught_and_the_loop_goes_on() {
    crossed(
        "local caught, sum = 0, 0
         local function risky(i)
           if i % 10 == 0 then error({ code = i }) end
           if i % 7 == 0 then local x = nil + i end
           return i
         end
         for i = 1, 200 do
           local ok, result = pcall(risky, i)
           if ok then sum = sum + result
           elseif type(result) == 'table' then caught = caught + result.code
           else caught = caught + 1 end
         end
         io.write(caught, ' ', sum)",
        "2126 15368",
    );
}

#[test]
fn functions_that_are_not_inlined_are_called_by_the_vm() {
    let run = crossed(
        "local function fib(n, ...) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
         local s, text = 0, 'n'
         for i = 1, 100 do
           local before = text
           s = s + fib(i % 10)
           assert(before == text and i + 0 == i)
         end
         io.write(s, ' ', text)",
        "880 n",
    );
    // Once at the header, then behind each call.
    assert_eq!(run.counter(Counter::OsrEntries), 1);
    assert_eq!(run.counter(Counter::JitEntries), 100);
    assert_eq!(run.counter(Counter::SideExits), 0);
}

#[test]
fn the_stack_may_move_during_a_call() {
    crossed(
        "local function deep(n) if n == 0 then return 0 end return 1 + deep(n - 1) end
         local s, keep = 0, { 1 }
         for i = 1, 40 do
           s = s + deep(i * 100) + select('#', table.unpack(keep, 1, i * 50))
           keep[1] = keep[1] + 1
         end
         io.write(s, ' ', keep[1])",
        "123000 41",
    );
}

#[test]
fn collections_inside_calls_leave_live_values_alone() {
    let source = "local list, names = {}, {}
         for i = 1, 20 do
           local object = { value = i }
           local name = 'name' .. i
           local items = { 3, 1, 2, i }
           table.sort(items, function(a, b) local garbage = { a, b } return garbage[1] < garbage[2] end)
           local text = string.gsub('a b c', '%a', function(c) return c .. #{ {}, {} } end)
           list[#list + 1] = object
           names[name] = items[1] .. text
         end
         local sum = 0
         for i, object in ipairs(list) do
           sum = sum + object.value
           assert(names['name' .. i] == '1a2 b2 c2')
         end
         io.write(sum)";
    crossed(source, "210");
    let run = run(source, &[("jit", "on"), ("gc-every", "1")]);
    assert_eq!(run.output, "210");
    assert!(run.counter(Counter::Collections) > 100);
}

#[test]
fn constructors_closures_and_concatenation_stay_in_the_loop() {
    let run = crossed(
        "local made, s = {}, 0
         local function sum(...) local t = { ... } local n = 0 for i = 1, #t do n = n + t[i] end return n end
         for i = 1, 100 do
           local x = i
           local t = { i, i + 1, size = 2, [10] = 'ten' }
           made[i] = function(d) x = x + d return x .. '/' .. t.size .. t[10] end
           s = s + t[2]
         end
         for i = 1, 100 do made[i](i) s = s + sum(i, s, 1) - s end
         io.write(s, ' ', made[7](1), ' ', made[100](0))",
        "10300 15/2ten 200/2ten",
    );
    assert_eq!(run.counter(Counter::Deoptimisations), 0);
}

#[test]
fn generic_loops_over_everything() {
    crossed(
        "local t, keys, sum = {}, 0, 0
         for i = 1, 50 do t[i] = i t['k' .. i] = 1.5 end
         for round = 1, 3 do
           for k, v in pairs(t) do keys = keys + #tostring(k) sum = sum + v end
           for i, v in ipairs(t) do sum = sum + i * v end
           for k in next, t do keys = keys + 1 end
         end
         local function range(n) local i = 0 return function() i = i + 1 if i <= n then return i, i * i end end end
         for round = 1, 5 do for i, square in range(30) do sum = sum + square - i end end
         for word in string.gmatch(('word '):rep(40), '%a+') do keys = keys + #word end
         for k in pairs(t) do t[k] = nil end
         for k, v in pairs(setmetatable({}, { __pairs = function() return next, { a = 1 } end })) do sum = sum + v end
         io.write(keys, ' ', sum, ' ', tostring(next(t)))",
        "1156 177776 nil",
    );
}

#[test]
fn metamethods_are_called_from_the_loop() {
    crossed(
        "local V = {}
         V.__index = function(v, k) return k == 'twice' and v.x * 2 or nil end
         V.__newindex = function(v, k, x) rawset(v, k, x + 1) end
         V.__add = function(a, b) return setmetatable({ x = a.x + b.x }, V) end
         V.__lt = function(a, b) return a.x < b.x end
         V.__le = function(a, b) return a.x <= b.x end
         V.__eq = function(a, b) return a.x == b.x end
         V.__len = function(a) return a.x end
         V.__unm = function(a) return setmetatable({ x = -a.x }, V) end
         V.__concat = function(a, b) return type(a) == 'table' and a.x .. b or a .. b.x end
         V.__call = function(a, d) return a.x + d end
         local a, one, n, text = setmetatable({ x = 0 }, V), setmetatable({ x = 1 }, V), 0, ''
         for i = 1, 60 do
           a = a + one
           n = n + a.twice + #a + a(i) + (-a).x
           if one < a then n = n + 1 end
           if a <= one then n = n + 100 end
           if a == setmetatable({ x = 60 }, V) then n = n + 1000 end
           text = i .. a .. ''
           a.extra = i
         end
         io.write(n, ' ', text, ' ', a.x, ' ', tostring(a.extra))",
        "8479 6060 60 61",
    );
}

#[test]
fn methods_of_objects_and_strings() {
    let run = crossed(
        "local Account = {} Account.__index = Account
         function Account.new(b) return setmetatable({ balance = b }, Account) end
         function Account:deposit(v) self.balance = self.balance + v return self end
         local a, n = Account.new(0), 0
         for i = 1, 100 do
           a:deposit(i):deposit(1)
           local s = ('x'):rep(i)
           n = n + s:len() + s:byte(1) + #s:sub(2, 3):upper()
         end
         io.write(a.balance, ' ', n)",
        "5150 17247",
    );
    assert_eq!(run.counter(Counter::SideExits), 0);
}

#[test]
fn variables_to_be_closed_are_closed_in_the_loop() {
    crossed(
        "local log = 0
         local function closer(i) return setmetatable({}, { __close = function() log = log + i end }) end
         for i = 1, 50 do
           local guard <close> = closer(i)
           if i % 5 == 0 then goto continue end
           log = log + 1000
           ::continue::
         end
         local function find() for i = 1, 30 do local g <close> = closer(1) if i == 20 then return i end end end
         io.write(log, ' ', find(), ' ', log)",
        "41275 20 41295",
    );
}

#[test]
fn multiple_results_up_to_the_top() {
    crossed(
        "local function three(i) return i, i + 1, i + 2 end
         local function count(...) return select('#', ...) end
         local n, s = 0, 0
         for i = 1, 80 do
           n = n + count(three(i)) + count(i, three(i)) + #{ three(i) } + #{ i, table.unpack({ 1, 2 }) }
           s = s + math.max(three(i)) + (three(i))
         end
         local function all(...) for i = 1, 30 do s = s + select('#', ...) + count(...) end end
         all(1, nil, 3)
         io.write(n, ' ', s)",
        "1040 6820",
    );
}

#[test]
fn a_loop_is_entered_again_with_what_debug_functions_have_changed() {
    crossed(
        "local function outer()
           local x, kept = 1, 'kept'
           local function poke(i) if i % 20 == 0 then x = x + 0.5 end return i end
           local s = 0
           for i = 1, 100 do
             s = s + poke(i) + x
             if i % 30 == 0 then debug.setlocal(1, 2, kept .. i) end
           end
           return s .. kept
         end
         io.write(outer())",
        "5252.5kept306090",
    );
}

#[test]
fn closures_of_the_same_code_are_inlined_alike() {
    let run = crossed(
        "local function adder(n) return function(x) return x + n end end
         local function counter() local c = 0 return function() c = c + 1 return c end end
         local s = 0
         local function apply(f, x) return f(x) end
         for i = 1, 200 do
           local add, count = adder(i), counter()
           count()
           s = apply(add, s) + count()
         end
         io.write(s)",
        "20500",
    );
    assert_eq!((run.counter(Counter::SideExits), run.counter(Counter::JitEntries)), (0, 1));
}

#[test]
fn methods_of_several_classes_are_inlined_together() {
    let run = crossed(
        "local function class(area)
           local C = { area = area } C.__index = C
           return function(x) return setmetatable({ x = x }, C) end
         end
         local make = {
           class(function(self) return self.x end),
           class(function(self) return self.x * 2.0 end),
           class(function(self) self.x = self.x + 1 return self.x end),
         }
         local shapes, s = {}, 0
         for i = 1, 90 do shapes[i] = make[i % 3 + 1](i) end
         for round = 1, 20 do
           for i = 1, #shapes do s = s + shapes[i]:area() end
         end
         io.write(s)",
        "114900",
    );
    assert_eq!(run.counter(Counter::CompilationsDeclined), 0);
}

#[test]
fn tail_calls_of_inlined_functions_keep_their_tracebacks() {
    fails(
        "local function last(t, i)
  return t[i] + 1
end
local function first(t, i) return last(t, i) end
local t, s = {}, 0
for i = 1, 100 do t[i] = i end
t[70] = false
for i = 1, 100 do
  s = s + first(t, i)
end",
        "test:2: attempt to perform arithmetic on a boolean value (field '?')
stack traceback:
\ttest:2: in function <test:1>
\t(...tail calls...)
\ttest:9: in main chunk
\t[C]: in ?",
    );
}

#[test]
fn a_coroutine_yields_out_of_a_loop_and_is_resumed_in_it() {
    let run = crossed(
        "local function numbers(n) for i = 1, n do local got = coroutine.yield(i * 2) assert(got == i) end return 'end' end
         local total, steps = 0, 0
         local thread = coroutine.create(numbers)
         local ok, value = coroutine.resume(thread, 60)
         while coroutine.status(thread) == 'suspended' do
           total, steps = total + value, steps + 1
           ok, value = coroutine.resume(thread, steps)
         end
         local produce = coroutine.wrap(function() for i = 1, 50 do for j = 1, 2 do coroutine.yield(i + j) end end end)
         for i = 1, 100 do total = total + produce() end
         io.write(total, ' ', steps, ' ', tostring(value))",
        "6360 60 end",
    );
    // Once in each loop, and again behind each yield and resume.
    assert!(run.counter(Counter::JitEntries) > 200, "{}", run.counter(Counter::JitEntries));
}

#[test]
fn a_hundred_coroutines_run_the_same_loop() {
    crossed(
        "local threads, s = {}, 0
         for i = 1, 100 do
           threads[i] = coroutine.wrap(function() local n = 0 for k = 1, 20 do n = n + k * i coroutine.yield(n) end return -1 end)
         end
         for round = 1, 20 do for i = 1, 100 do s = s + threads[i]() end collectgarbage('step') end
         io.write(s)",
        "7777000",
    );
}

#[test]
fn a_call_right_before_the_end_of_a_loop() {
    crossed(
        "local log = 0
         local function note(...) log = log + select('#', ...) return ... end
         local function plain() for i = 1, 100 do if i % 40 == 0 then note(i) return end end end
         local function tail() for i = 1, 100 do if i % 40 == 0 then note(i) return note(1, 2) end end end
         local function all() for i = 1, 100 do if i % 40 == 0 then return note(i, i) end end end
         local function leave() for i = 1, 100 do if i % 40 == 0 then note(i) break end end return 7 end
         local function jump() for i = 1, 100 do if i % 40 == 0 then note(i) goto out end end ::out:: return 8 end
         local function close() for i = 1, 100 do local c <close> = nil if i % 40 == 0 then note(i) return end end end
         local sum = 0
         for round = 1, 60 do
           plain() close()
           sum = sum + select('#', tail()) + select('#', all()) + leave() + jump()
         end
         io.write(log, ' ', sum)",
        "540 1140",
    );
}
