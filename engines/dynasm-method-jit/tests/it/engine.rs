//! The engine through its public face: programs under every setting, and what its events and counters say.

use dynasm_method_jit::ENGINE;
use engine_api::event::{DeclineReason, ExitReason};
use engine_api::{Counter, Event, Failure, Stage, StopReason};

use crate::support::{Task, check, run, run_with};

const FIB: &str = "
function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print(fib(20))
";

#[test]
fn fib_is_compiled_and_calls_itself_from_compiled_code() {
    check(FIB, "6765\n");
    let mut run = run(FIB, &[("jit-threshold", "10")]);
    let compiled = run.events.iter().any(|event| match event {
        Event::CompileEnd { unit, code_bytes, .. } => unit.function == "fib" && *code_bytes > 0,
        _ => false,
    });
    assert!(compiled, "{:?}", run.events);
    // 21891 calls, of which the VM makes the first few and those on the way back to where it was.
    assert!(run.counter(Counter::JitEntries) < 100, "{}", run.counter(Counter::JitEntries));
    let listing = run.artifact(Stage::Asm);
    assert!(listing.contains("function fib"), "{listing}");
}

#[test]
fn each_technique_can_be_turned_off_and_changes_the_code() {
    let source = "local function sums(n) local s = 0.5 for i = 1, n do s = s + i * 2 end return s end
                  for i = 1, 50 do sums(10) end print(sums(10))";
    let listing = |knobs| {
        let mut run = run(source, knobs);
        assert_eq!(run.output, "110.5\n");
        run.artifact(Stage::Asm)
    };
    let usual = listing(&[("jit-threshold", "10")]);
    let without_plans = listing(&[("jit-threshold", "10"), ("loop-plans", "off")]);
    let without_types = listing(&[("jit-threshold", "10"), ("typed-code", "off")]);
    assert!(usual != without_plans && without_plans != without_types && usual != without_types);
    let source = "local C = {} C.__index = C
                  local function new(x) return setmetatable({x = x}, C) end
                  for i = 1, 50 do new(i) end print(new(7).x)";
    let listing = |knobs| {
        let mut run = run(source, knobs);
        assert_eq!(run.output, "7\n");
        run.artifact(Stage::Asm)
    };
    let objects = listing(&[("jit-threshold", "10")]);
    assert!(objects.contains("heap.free") && objects.contains("shape.metatable"), "{objects}");
    assert!(!listing(&[("jit-threshold", "10"), ("inline-allocation", "off")]).contains("heap.free"));
    assert!(!listing(&[("jit-threshold", "10"), ("intrinsics", "off")]).contains("shape.metatable"));
    // General code alone is the shortest: nothing stands there twice.
    assert!(without_types.lines().count() < usual.lines().count());
}

#[test]
fn no_page_is_writable_and_executable() {
    let run = run(FIB, &[("jit", "on")]);
    assert!(run.maps.times >= 2);
    assert_eq!(run.maps.writable_and_executable, 0);
}

#[test]
fn numbers_change_type_on_the_way() {
    check(
        "
        local function step(x, y) return x * 2 + y - 1, x / 2, x // 3, x % 5, -x end
        local total = 0
        for i = 1, 60 do
            local x = i
            if i > 20 then x = i + 0.5 end
            if i > 40 then x = i .. '' end
            local a, b, c, d, e = step(x, i)
            total = total + a + b + c + d + e
        end
        print(total)
        print(math.maxinteger + 1 == math.mininteger, 7 // -2, -7 % 3, 7.5 // -2, -7.5 % 3, 1 // 0.0)
        local function bits(x) return x & 255, x | 3, x ~ 5, x << 3, x >> 2, ~x, x << 70, x >> -1 end
        for i = 1, 20 do print(bits(i * 12345)) end
        print(pcall(bits, 1.5), pcall(bits, {}))
        for _, d in ipairs { 1, -1, 2, -2, 7, -7, math.mininteger } do
            for _, n in ipairs { 0, 1, -1, 13, -13, math.maxinteger, math.mininteger } do print(n // d, n % d) end
        end
        print(pcall(function(a, b) return a // b end, 1, 0))
        print(pcall(function(a, b) return a % b end, 1, 0))
        ",
        "true\t-4\t2",
    );
}

#[test]
fn zero_keeps_the_sign_that_lua_gives_it() {
    // What Lua compiles `x - 0` to is `x + 0`.
    check(
        "
        local x, zero, a, b, c, d = -0.0, 0, 0, 0, 0, 0
        for i = 1, 50 do a, b, c, d = x - 0, x + 0, x - zero, x - 0.0 end
        print(1 / a, 1 / b, 1 / c, 1 / d)
        ",
        "inf\tinf\t-inf\t-inf\n",
    );
}

#[test]
fn loops_of_every_kind() {
    check(
        "
        local function loops(a, b, c)
            local n, last = 0, nil
            for i = a, b, c do n = n + 1; last = i end
            return n, last
        end
        for _ = 1, 3 do
            print(loops(1, 10, 1), loops(10, 1, -3), loops(1, 0, 1), loops(1, 2, 0.25), loops(2, 1, -0.25))
            print(loops(math.maxinteger - 2, math.maxinteger, 1), loops(math.mininteger + 2, math.mininteger, -1))
            print(loops(1, 3.7, 1), loops(1.0, 3, 1), loops(1, math.huge, 1 << 61))
            print(pcall(loops, 1, 10, 0), pcall(loops, 'x', 1, 1), pcall(loops, 1, {}, 1))
        end
        local t = { 10, 20, 30, x = 1, y = 2 }
        local sum = 0
        for r = 1, 20 do for k, v in pairs(t) do sum = sum + v end for i, v in ipairs(t) do sum = sum + i end end
        local function iterator(s, c) if c < s then return c + 1, c * 2 end end
        for r = 1, 20 do for i, j in iterator, 10, 0 do sum = sum + i * j end end
        local i = 0
        while true do i = i + 1 if i > 100 then break end end
        repeat i = i - 1 until i < 5
        print(sum, i)
        ",
        "",
    );
}

#[test]
fn what_a_loop_keeps_in_machine_registers_may_turn_out_otherwise() {
    check(
        "
        local function mixed(n)
            local sum, product, last = 0, 1, nil
            for i = 1, n do
                sum = sum + i
                if i == 30 then sum = sum + 0.5 elseif i == 60 then sum = sum // 1 | 0 end
                if i % 2 == 0 then product = product * 3 % 1000 else last = sum end
                local copy = sum
                sum = copy - 1
                if copy ~= sum + 1 then return 'wrong', i end
            end
            return sum, product, last
        end
        for _ = 1, 4 do print(mixed(10), mixed(100)) end
        local function swap(n)
            local a, b, x, y = 1, 2, 0.5, 1.5
            for i = 1, n do a, b = b, a - b; x, y = y, x - y * 0.5 end
            return a, b, x, y
        end
        print(swap(7), swap(50))
        local function early(t, n)
            local found = 0
            for i = 1, n do
                if t[i] then found = found + 1 end
                if found > 3 then return i, found end
            end
            return found
        end
        local t = {}
        for i = 1, 50 do t[i] = i % 3 == 0 end
        print(early(t, 50), early(t, 8), early({ 1, 2, 'x', {}, 5 }, 5), early({}, 100))
        local function spill(n)
            local a, b, c, d, e, f, g, h = 1, 2, 3, 4, 5, 6, 7, 8
            for i = 1, n do
                a, b, c, d, e, f, g, h = b + i, c - i, d ~ i, e | i, f + a, g - b, h & 255, a + h
            end
            return a, b, c, d, e, f, g, h
        end
        print(spill(100))
        local function until_it_is_done(n)
            local i, steps = 0, 0.0
            repeat i = i + 3; steps = steps + 1; local done = i >= n; if steps > 1000 then goto out end until done
            ::out:: return i, steps
        end
        print(until_it_is_done(100), until_it_is_done(1e9))
        local function jumps(n)
            local i = 0
            ::top:: i = i + 1
            if i % 5 == 0 then goto top end
            if i < n then goto top end
            return i
        end
        print(jumps(7), jumps(100))
        local function copies(list, n)
            local a = 0.5
            for i = 1, n do local b = a; a = a + (list[i] or 1.5); list[i] = b end
            local x = list[1] + 1.0
            local y = x
            list[n + 1] = y
            return a, x, y, #list
        end
        print(copies({}, 10), copies({ 1.5, 2.5 }, 5))
        local function wide()
            local a, b, c, d = 0xF0000000, 0xCC000000, 0xAA000000, 0xFD000000
            local n = 0
            for i = 0x100000000, 0x100000004 do n = n + i end
            return a | b ~ c & d, a - b, b - a, a < b, a == b, a // b, b % a, n
        end
        print(wide())
        local self = {}
        self[self] = self
        local floats = { 0.5, 1.5, 2.5 }
        for r = 1, 3 do for i = 1, 3 do floats[i] = i end end
        print(self[self][self] == self, floats[1], math.type(floats[3]))
        ",
        "28143753123\t-127245.53016606\t162973.07286616",
    );
}

#[test]
fn a_redefined_global_function_is_noticed() {
    check(
        "
        function scale(x) return x * 2 end
        local total = 0
        for i = 1, 200 do
            total = total + scale(i)
            if i == 100 then function scale(x) return x + 0.5 end end
            if i == 150 then scale = math.floor end
        end
        print(total)
        ",
        "25175.0",
    );
}

#[test]
fn comparisons_of_every_kind() {
    check(
        "
        local nan = 0/0
        local values = { 1, 2, 1.0, 2.5, nan, 'a', 'b', ('x'):rep(50), ('x'):rep(50), true, false, {}, print }
        local meta = { __eq = function() return true end, __lt = function() return true end,
            __le = function() return false end }
        values[#values + 1] = setmetatable({}, meta)
        values[#values + 1] = setmetatable({}, meta)
        local function all(a, b)
            local r = ''
            if a == b then r = r .. 'e' end
            if a ~= b then r = r .. 'n' end
            if not (a == b) then r = r .. 'N' end
            return r
        end
        local function order(a, b) return (a < b) and 1 or 0, (a <= b) and 1 or 0, (a > b) and 1 or 0, not (a < b) end
        local function constants(a)
            return a == 1, a == 1.5, a == 'a', a == nil, a == true, a == false, a ~= 2, a ~= 'b',
                a == 'a string that is longer than those that are interned, by far'
        end
        local function limits(a) return a < 2, a <= 2, a > 2, a >= 2, 2 < a, a < 1.5, a >= 1.5, a < 1000000 end
        for r = 1, 2 do
            for i, a in ipairs(values) do
                for j, b in ipairs(values) do
                    print(i, j, all(a, b), select(2, pcall(order, a, b)))
                end
                print(i, constants(a))
                print(i, pcall(limits, a))
            end
        end
        ",
        "attempt to compare",
    );
}

#[test]
fn integers_and_floats_are_compared_exactly() {
    check(
        "
        local function constant(x)
            return x < 9007199254740993, x <= 9007199254740993, x > 9007199254740993, x >= 9007199254740993,
                x == 9007199254740993, x ~= 9007199254740993
        end
        local function limit(x) return x < 9223372036854775807, x >= 9223372036854775807, x == 9223372036854775807 end
        local function both(x, y) return x < y, x <= y, x == y, y < x, y <= x end
        for i = 1, 20 do constant(1.0) limit(2.0) both(1.0, 2) both(2, 1.0) both(1.5, 2.5) end
        print(constant(9007199254740992.0))
        print(constant(9007199254740994.0))
        print(limit(2^63), limit(-2^63))
        print(both(2^53, 9007199254740993))
        print(both(9007199254740993, 2^53))
        ",
        "true\ttrue\tfalse\tfalse\tfalse\ttrue\nfalse\tfalse\ttrue\ttrue\tfalse\ttrue\n",
    );
}

#[test]
fn tables_by_every_kind_of_access() {
    check(
        "
        local function fill(t, n, f) for i = 1, n do t[i] = f(i) end return t end
        local function sum(t) local s = 0 for i = 1, #t do s = s + (tonumber(t[i]) or 1) end return s end
        for r = 1, 3 do
            print(sum(fill({}, 50, function(i) return i end)), sum(fill({}, 50, function(i) return i / 2 end)))
            print(sum(fill({}, 50, function(i) return i % 2 == 0 end)), sum(fill({}, 50, tostring)))
            local mixed = fill({}, 50, function(i) return i end)
            mixed[7] = 1.5; mixed[8] = 'x'; mixed[9] = nil; mixed[51] = true; mixed[100] = 3
            print(mixed[7], mixed[8], mixed[9], mixed[51], mixed[52], mixed[100], #mixed)
            local flags = fill({}, 20, function(i) return true end)
            flags[3] = false; flags[4] = 'no'; print(flags[3], flags[4], flags[5], flags[0], flags[1.0])
        end
        local Point = {}
        Point.__index = Point
        function Point.new(x, y) return setmetatable({ x = x, y = y }, Point) end
        function Point:add(o) return Point.new(self.x + o.x, self.y + o.y) end
        local p = Point.new(0, 0)
        for i = 1, 100 do
            if i == 50 then function Point:add(o) return Point.new(self.x - o.x, self.y) end end
            p = p:add(Point.new(i, 1))
            p.seen = i; p.x = p.x + 1
        end
        print(p.x, p.y, p.seen, p.absent)
        local log = {}
        local proxy = setmetatable({}, { __index = function(t, k) return k .. '!' end,
            __newindex = function(t, k, v) log[#log + 1] = k; rawset(t, k, v) end, __len = function() return 42 end,
            __call = function(self, ...) return select('#', ...) end, __concat = function() return 'cat' end,
            __unm = function() return 'minus' end, __add = function(a, b) return 'sum' end })
        for i = 1, 30 do
            local v = proxy['k' .. i]; proxy.z = i; proxy[i] = v
            assert(#proxy == 42 and proxy(1, 2) == 2 and proxy .. 'x' == 'cat' and -proxy == 'minus' and proxy + 1 == 'sum')
            assert(1 + proxy == 'sum')
        end
        print(#log, proxy.z, proxy[3], proxy.q)
        global_value = 1
        for i = 1, 40 do global_value = global_value + i; if i == 20 then global_value = 0.5 end end
        print(global_value)
        ",
        "k3!",
    );
}

#[test]
fn one_place_sees_objects_of_several_shapes() {
    check(
        "
        local A, B = {}, {}
        A.__index, B.__index = A, B
        function A:size() return self.n end
        function B:size() return -self.n end
        local objects = { setmetatable({ n = 1 }, A), setmetatable({ n = 2 }, B), { n = 3, size = function() return 30 end },
            setmetatable({ m = 0, n = 4 }, A), setmetatable({ m = 0, o = 0, n = 5 }, B), setmetatable({ q = 1, n = 6 }, A) }
        local function use(o) o.n = o.n + 1 return o:size() + (o.absent and 1 or 0) end
        local total = 0
        for round = 1, 60 do
            for i = 1, #objects do total = total + use(objects[i]) end
            if round == 30 then function A:size() return 1000 * self.n end end
            if round == 40 then objects[2].size = function(self) return 7 end end
            if round == 45 then B.absent = true end
            if round == 50 then setmetatable(objects[4], nil); objects[4].size = function() return 0.5 end end
        end
        print(total, objects[1].n)
        ",
        "61",
    );
}

#[test]
fn closures_varargs_and_tail_calls() {
    check(
        "
        local function counter() local n = 0 return function(by) n = n + (by or 1) return n end end
        local c = counter()
        for i = 1, 50 do c() c(2) end
        print(c())
        local function count(...) return select('#', ...), ... end
        local function pass(...) return count(...) end
        local function first(...) local a, b = ... return a, b end
        for i = 1, 20 do local n = pass(i, nil, i) assert(n == 3) end
        print(pass(), pass(1), first(1, 2, 3), first(), (pass(4, 5)))
        local function loop(n, acc) if n == 0 then return acc end return loop(n - 1, acc + n) end
        print(loop(200000, 0))
        local function even(n) if n == 0 then return true end return odd(n - 1) end
        function odd(n) if n == 0 then return false end return even(n - 1) end
        print(even(10001), loop(3, 0), (function(...) return ... end)(1, 2))
        local function many() return 1, 2, 3 end
        local t = { many(), many() }
        print(#t, many(), (many()))
        local function missing(a, b, c) return a, b, c end
        for i = 1, 10 do print(missing(i), missing()) end
        local s = 0
        for i = 1, 30 do s = s + math.max(i, 3) + select('#', table.unpack(t)) + #tostring(i) end
        print(s, math.type(s), string.format('%d', s))
        local function tail_native(x) return tostring(x) end
        for i = 1, 10 do assert(tail_native(i) == '' .. i) end
        local fs = {}
        for i = 1, 5 do fs[i] = function() i = i + 1 return i end end
        print(fs[1](), fs[1](), fs[2]())
        ",
        "20000100000",
    );
}

#[test]
fn deep_recursion_and_its_limit() {
    let source = "
        local function down(n) if n == 0 then return 0 end return 1 + down(n - 1) end
        print(down(190000))
        local function forever(n) return 1 + forever(n + 1) end
        local ok, message = pcall(forever, 1)
        print(ok, message)
        for i = 1, 3 do print(down(1000)) end
    ";
    let run = run(source, &[("jit", "on")]);
    assert_eq!(run.output, "190000\nfalse\ttest:4: stack overflow\n1000\n1000\n1000\n");
}

#[test]
fn recursion_in_a_coroutine_is_as_deep() {
    let source = "
        local function down(n) if n == 0 then return 0 end return 1 + down(n - 1) end
        print(coroutine.wrap(function() return down(190000) end)())
        local function forever(n) return 1 + forever(n + 1) end
        print(coroutine.resume(coroutine.create(forever), 1))
        local function nest(n) if n == 0 then return down(1000) end return coroutine.wrap(nest)(n - 1) end
        print(nest(100))
    ";
    let run = run(source, &[("jit", "on")]);
    assert_eq!(run.output, "190000\nfalse\ttest:4: stack overflow\n1000\n");
}

#[test]
fn yields_cross_compiled_frames() {
    check(
        "
        local function walk(tree, depth)
            if tree then
                walk(tree.left, depth + 1)
                coroutine.yield(tree.key, depth)
                walk(tree.right, depth + 1)
            end
        end
        local function insert(tree, key)
            if not tree then return { key = key } end
            if key < tree.key then tree.left = insert(tree.left, key) else tree.right = insert(tree.right, key) end
            return tree
        end
        local tree
        for i = 1, 60 do tree = insert(tree, i * 37 % 61) end
        local sum = 0
        for key, depth in coroutine.wrap(function() walk(tree, 0) end) do sum = sum * 3 % 1000003 + key + depth end
        print(sum)
        -- The same place of the same function at the same slot, in two coroutines in turn.
        local function count(from, by)
            local n = from
            while true do n = n + by; local more = coroutine.yield(n); if not more then return 'end', n end end
        end
        local first, second = coroutine.create(count), coroutine.create(count)
        coroutine.resume(first, 0, 1)
        coroutine.resume(second, 0.5, 2)
        for i = 1, 50 do
            local _, a = coroutine.resume(first, true)
            local _, b = coroutine.resume(second, i < 40)
            sum = sum + a + (tonumber(b) or 0)
        end
        print(sum, coroutine.status(first), coroutine.status(second), coroutine.resume(second))
        local function produce(n) for i = 1, n do local ok = pcall(coroutine.yield, i) end error({ code = n }) end
        local producer = coroutine.wrap(produce)
        for i = 1, 9 do assert(producer(9) == i) end
        local ok, e = pcall(producer)
        print(ok, type(e) == 'table' and e.code)
        ",
        "dead\tfalse\tcannot resume dead coroutine",
    );
}

#[test]
fn a_hook_that_is_set_in_compiled_code_sees_the_next_line() {
    check(
        "
        local lines = {}
        local function work(n)
            local s = 0
            for i = 1, n do
                s = s + i
                if i == n - 2 then debug.sethook(function(_, line) lines[#lines + 1] = line end, 'l') end
            end
            debug.sethook()
            return s
        end
        for i = 1, 20 do work(10) end
        print(#lines, table.concat(lines, ' ', 1, 12), work(30))
        ",
        "465",
    );
}

#[test]
fn errors_and_tracebacks_cross_compiled_frames() {
    let source = "
        local function inner(x) return x.field.deeper end
        local function outer(x) local y = inner(x) return y end
        for i = 1, 50 do outer({ field = {} }) end
        outer({})
    ";
    let failure = |knobs| match run_with(source, knobs).result {
        Err(Failure::Lua(error)) => (String::from_utf8_lossy(&error.message).into_owned(), error.traceback),
        other => panic!("{other:?}"),
    };
    let (message, traceback) = failure(&[("jit", "off")]);
    assert!(message.contains("attempt to index a nil value (field 'field')"), "{message}");
    for knobs in [&[("jit", "on")][..], &[("jit-threshold", "5")], &[("jit", "on"), ("force-exit-every", "7")]] {
        assert_eq!(failure(knobs), (message.clone(), traceback.clone()));
    }
}

#[test]
fn errors_are_caught_in_compiled_code() {
    check(
        "
        local function fail(i) if i % 3 == 0 then error('bad ' .. i) elseif i % 3 == 1 then return i end return i + nil end
        local function try(i) local ok, value = pcall(fail, i) return ok, value end
        for i = 1, 12 do print(try(i)) end
        local function closing(i)
            local x <close> = setmetatable({}, { __close = function(_, e) print('closed', i, e) end })
            if i == 3 then error('inside') end
            return i, i * 2
        end
        for i = 1, 5 do print(pcall(closing, i)) end
        table.sort({ 3, 1, 2 }, function(a, b) return a < b end)
        local t = {}
        for i = 1, 50 do t[i] = (i * 7) % 31 end
        table.sort(t, function(a, b) return a > b end)
        print(table.concat(t, ' '))
        print((('hello world'):gsub('o', function(c) return c:upper() end)))
        ",
        "closed\t3",
    );
}

#[test]
fn collections_cross_compiled_frames() {
    let source = "
        local function make(n) if n == 0 then return { value = 0 } end
            local rest = make(n - 1) return { value = n, rest = rest, text = 'n' .. n } end
        local total = 0
        for i = 1, 30 do
            local list = make(20)
            while list do total = total + list.value + #(list.text or '') list = list.rest end
        end
        print(total)
    ";
    check(source, "7830");
    let collections = |jit| run(source, &[("jit", jit), ("gc-every", "1")]).counter(Counter::Collections);
    assert!(collections("on") > 20);
    assert_eq!(collections("on"), collections("off"));
}

#[test]
fn a_running_program_can_be_stopped() {
    for source in
        ["while true do end", "local function f() return f() end f()", "local function f() end while true do f() end"]
    {
        let run = Task::new(ENGINE, source, &[("jit", "on")]).run_and_stop();
        assert!(matches!(run.result, Err(Failure::Stopped(StopReason::Time))), "{:?}", run.result);
    }
}

#[test]
fn a_loop_in_a_function_called_once_is_entered_while_it_runs() {
    let run = run("local s = 0 for i = 1, 100000 do s = s + i end print(s)", &[]);
    assert_eq!(run.output, "5000050000\n");
    assert!(
        run.events.iter().any(|event| matches!(event, Event::OsrEntry { unit } if unit.pc > 0)),
        "{:?}",
        run.events
    );
    assert_eq!(run.counter(Counter::OsrEntries), 1);
}

#[test]
fn the_same_chunk_loaded_twice_shares_its_units() {
    let source = "
        local text = 'local function f(x) return x + 1 end local s = 0 for i = 1, 10 do s = s + f(i) end return s'
        print(load(text)(), load(text)(), load(text)())
    ";
    let run = run(source, &[("jit", "on")]);
    assert_eq!(run.output, "65\t65\t65\n");
    assert!(run.counter(Counter::CacheHits) >= 4, "{}", run.counter(Counter::CacheHits));
    assert_eq!(run.counter(Counter::CompilationsSucceeded), 3);
}

#[test]
fn knobs_leave_their_marks() {
    let forced = run(FIB, &[("jit", "on"), ("force-exit-every", "7")]);
    let is_forced = |event: &Event| matches!(event, Event::SideExit { reason: ExitReason::Forced, .. });
    assert!(forced.events.iter().filter(|event| is_forced(event)).count() > 1000);
    let failed = run(FIB, &[("jit", "on"), ("fail-code-request", "1")]);
    let is_declined = |event: &Event| matches!(event, Event::Declined { reason: DeclineReason::CodeMemory, .. });
    assert!(failed.events.iter().any(is_declined), "{:?}", failed.events);
    assert_eq!(run(FIB, &[("jit", "off")]).counter(Counter::CompilationsAttempted), 0);
    let small = run(FIB, &[("jit", "on"), ("code-cache-units", "1")]);
    assert!(small.counter(Counter::Evicted) > 0);
}

#[test]
fn what_a_helper_has_called_runs_compiled_below_it() {
    let source = "local V = {} V.__index = function(_, k) return k * 2 end
         V.__lt = function(a, b) return a.x < b.x end
         local a, b, s = setmetatable({x = 1}, V), setmetatable({x = 2}, V), 0
         local function several(...) return ... end
         local function round(i)
           if a < b then s = s + a[i] end
           local ok, v = pcall(several, i, i)
           s = s + v
         end
         for i = 1, 1000 do round(i) end
         io.write(s)";
    check(source, "1501500");
    let nested = run(source, &[("jit-threshold", "2")]);
    let left = run(source, &[("jit-threshold", "2"), ("nested-entry", "false")]);
    assert!(left.counter(Counter::SideExits) > 2000, "{} side exits", left.counter(Counter::SideExits));
    assert!(nested.counter(Counter::SideExits) < 200, "{} side exits", nested.counter(Counter::SideExits));
}
