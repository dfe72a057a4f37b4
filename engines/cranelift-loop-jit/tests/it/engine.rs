//! What is particular to this engine: loops entered while they run, guards that fail in the middle, exits with exact
//! state, and the knobs that force all of it. What Lua programs mean is tested for every engine in
//! `engines/conformance`.

use cranelift_loop_jit::ENGINE;
use engine_api::event::{DeclineReason, ExitReason, UnitKind};
use engine_api::{Counter, Event, Failure, Stage, StopReason};

use crate::support::{Run, SETTINGS, Task, check, run, run_with};

/// Runs a program that prints, at the first chance to compile, and checks that a loop of it was entered.
fn compiled(source: &str, expected: &str) -> Run {
    check(source, expected);
    let run = run(source, &[("jit", "on")]);
    assert!(run.counter(Counter::OsrEntries) > 0, "no loop was entered: {:?}", run.events);
    run
}

#[test]
fn a_running_loop_is_entered_though_its_function_is_called_once() {
    let source = "local sum = 0 for i = 1, 20000 do sum = sum + i end io.write(sum)";
    check(source, "200010000");
    let run = run(source, &[]);
    assert_eq!(run.counter(Counter::OsrEntries), 1);
    assert_eq!(run.counter(Counter::CompilationsSucceeded), 1);
    assert!(run.events.iter().any(|event| matches!(event, Event::LoopHot { iterations: 4000, .. })));
    assert!(run.events.iter().any(|event| matches!(event, Event::OsrEntry { .. })));
    assert!(!run.events.iter().any(|event| matches!(event, Event::SideExit { .. })));
}

#[test]
fn each_technique_can_be_turned_off_and_changes_the_code() {
    let source = "local function double(x) return x * 2 end local s = 0
                  for i = 1, 200 do s = s + double(i) + i * 0 end io.write(s)";
    let compiled = |knobs: &[(&str, &str)]| {
        let knobs = [&[("jit-threshold", "10")], knobs].concat();
        let mut run = run(source, &knobs);
        assert_eq!(run.output, "40200");
        (run.artifact(Stage::Ir), run.artifact(Stage::Asm))
    };
    let (ir, asm) = compiled(&[]);
    let (ir_of_calls, _) = compiled(&[("inlining", "off")]);
    assert_ne!(ir, ir_of_calls);
    let (_, plain) = compiled(&[("opt-level", "none")]);
    assert_ne!(asm, plain);
}

#[test]
fn a_loop_whose_header_is_the_first_instruction_is_a_loop() {
    let run = run("repeat n = (n or 0) + 1 until n > 100 io.write(n)", &[("jit", "on")]);
    let compiled = |event: &Event| match event {
        Event::CompileEnd { unit, .. } => Some((unit.kind, unit.pc)),
        _ => None,
    };
    assert_eq!(run.events.iter().find_map(compiled), Some((UnitKind::Loop, 0)));
}

#[test]
fn numbers_keep_their_types() {
    compiled(
        "local i, f, m = 0, 0.0, 0
         for k = 1, 100 do i = i + k f = f + k m = m + k / 2 end
         io.write(i, ' ', tostring(f), ' ', tostring(m), ' ', math.type(i), math.type(f), math.type(m))",
        "5050 5050.0 2525.0 integerfloatfloat",
    );
}

#[test]
fn division_rounds_toward_minus_infinity() {
    compiled(
        "local q, r, fq, fr, vq, vr = 0, 0, 0, 0, 0, 0
         for i = -50, 50 do
           q = q * 3 + i // 7 r = r * 3 + i % 7
           fq = fq + i // -7 fr = fr + i % -7
           local d = i % 2 == 0 and 3 or -4
           vq = vq * 5 + i // d vr = vr * 5 + i % d
           q = q + i // 8 + i % 8 + i // 1 + i % 1 + i // -1 + i % -1
         end
         io.write(q, ' ', r, ' ', fq, ' ', fr, ' ', vq, ' ', vr)",
        crate::support::DIVISIONS,
    );
    compiled(
        "local m, n = math.mininteger, -1
         local q, r = 0, 0
         for i = 1, 20 do q = m // n r = m % n end
         io.write(q, ' ', r)",
        "-9223372036854775808 0",
    );
}

#[test]
fn integers_wrap_and_compare_exactly_with_floats() {
    compiled(
        "local x, less, equal = math.maxinteger - 5, 0, 0
         local limit = 2.0^63
         for i = 1, 10 do
           x = x + 1
           if x < limit then less = less + 1 end
           if x == limit then equal = equal + 1 end
         end
         io.write(x, ' ', less, ' ', equal)",
        "-9223372036854775804 10 0",
    );
}

#[test]
fn an_integer_that_becomes_a_float_leaves_and_goes_on() {
    compiled(
        "local x, t = 1, {}
         for i = 1, 100 do t[i] = i end
         t[60] = 0.5
         for i = 1, 100 do x = x + t[i] end
         io.write(x)",
        "4991.5",
    );
    compiled(
        "local step, x = { 1, 1, 1 }, 0
         for i = 1, 300 do
           if i == 200 then step = { 0.25, 0.25, 0.25 } end
           x = x + step[i % 3 + 1]
         end
         io.write(x)",
        "224.25",
    );
}

#[test]
fn a_numeric_for_never_overflows() {
    compiled(
        "local n = 0
         for i = math.maxinteger - 20, math.maxinteger do n = n + 1 end
         for i = math.mininteger + 20, math.mininteger, -1 do n = n + 1 end
         for i = math.maxinteger - 20, math.huge, 7 do n = n + 1 end
         for outer = 1, 5 do
           for i = math.maxinteger - 3, math.maxinteger, 2 do n = n + 1 end
           for i = 1, 0 do n = n + 1000 end
           for i = 3, 1.5, -1 do n = n + 1 end
           for i = 0.5, 2 do n = n + 1 end
         end
         io.write(n)",
        "75",
    );
}

#[test]
fn a_redefined_global_function_is_noticed() {
    compiled(
        "function f(x) return x + 1 end
         local s = 0
         for i = 1, 100 do
           s = s + f(i)
           if i == 50 then function f(x) return x * 2 end end
         end
         io.write(s)",
        "8875",
    );
}

#[test]
fn arrays_of_every_kind_are_read_and_written() {
    compiled(
        "local ints, floats, flags, any = {}, {}, {}, {}
         for i = 1, 50 do ints[i] = i floats[i] = i / 2 flags[i] = i % 3 == 0 any[i] = i end
         any[10] = 'ten' any[20] = false
         local a, b, c, d = 0, 0.0, 0, 0
         for i = 1, 50 do
           a = a + ints[i] b = b + floats[i]
           if flags[i] then c = c + 1 end
           if any[i] then d = d + 1 end
           ints[i] = ints[i] * 2 floats[i] = floats[i] + 1 flags[i] = not flags[i]
         end
         io.write(a, ' ', b, ' ', c, ' ', d, ' ', ints[50], ' ', tostring(floats[50]), ' ', tostring(flags[50]), ' ', #ints)",
        "1275 637.5 16 49 100 26.0 true 50",
    );
}

#[test]
fn fields_follow_shapes_and_prototypes() {
    compiled(
        "local P = { scale = 2 } P.__index = P
         local o = setmetatable({ x = 1, y = 2.5 }, P)
         local q = { y = 1.0, x = 7 }
         for i = 1, 60 do
           o.x = o.x + o.scale
           o.y = o.y * 1.0
           if i == 40 then P.scale = 3 end
         end
         for i = 1, 60 do
           local t = i % 2 == 0 and o or q
           t.x = t.x + 1
         end
         io.write(o.x, ' ', o.y, ' ', q.x)",
        "171 2.5 37",
    );
}

#[test]
fn upvalues_and_globals_are_shared_with_everybody() {
    compiled(
        "local n = 0
         local function get() return n end
         local function count() for i = 1, 100 do n = n + i end end
         count()
         total = 0
         for i = 1, 100 do total = total + i end
         io.write(n, ' ', get(), ' ', total)",
        "5050 5050 5050",
    );
}

#[test]
fn nested_loops_and_breaks() {
    compiled(
        "local count = 0
         for i = 1, 20 do
           local j = 0
           while true do
             j = j + 1
             if j > i then break end
             if j % 2 == 0 then goto continue end
             repeat count = count + 1 local k = count until k % 3 == 0
             ::continue::
           end
         end
         io.write(count)",
        "330",
    );
}

#[test]
fn small_functions_are_inlined_with_their_loops() {
    let source = "local limit = 50
local function steps(re, im)
  local x, y = 0.0, 0.0
  for step = 1, limit do
    local xx, yy = x * x, y * y
    if xx + yy > 4.0 then return step end
    y = 2.0 * x * y + im
    x = xx - yy + re
  end
  return limit
end
local function pair(a, b) return b, a end
local total, swapped = 0, 0
for i = 1, 100 do
  total = total + steps(i / 50 - 1.5, 0.1)
  local x, y, z = pair(i, 2 * i)
  if z == nil then swapped = swapped + x - y end
end
io.write(total, ' ', swapped)";
    let run = compiled(source, "4262 5050");
    assert!(!run.events.iter().any(|event| matches!(event, Event::Declined { .. })), "{:?}", run.events);
}

#[test]
fn a_type_that_changes_at_the_entry_is_taken_as_it_comes() {
    let source = "local function sum(x, n) for i = 1, n do x = x + i end return x end
         local s = 0
         for i = 1, 2000 do s = s + sum(i % 3 == 0 and i or i + 0.5, 50) end
         io.write(s)";
    check(source, "4551667");
    let run = run(source, &[("jit-threshold", "20")]);
    assert!(run.counter(Counter::SideExits) < 400, "{} side exits", run.counter(Counter::SideExits));
}

#[test]
fn an_error_in_an_inlined_function_has_its_frames() {
    let source = "local function inner(t, i)
  return t[i] + 1
end
local function outer(t, i)
  return inner(t, i) * 2
end
local t, s = {}, 0
for i = 1, 100 do t[i] = i end
t[70] = false
for i = 1, 100 do
  s = s + outer(t, i)
end";
    for setting in SETTINGS {
        let failure = run_with(source, setting).result.expect_err("the program fails").to_string();
        let expected = "test:2: attempt to perform arithmetic on a boolean value (field '?')
stack traceback:
\ttest:2: in upvalue 'inner'
\ttest:5: in local 'outer'
\ttest:11: in main chunk
\t[C]: in ?";
        assert_eq!(failure, expected, "with {setting:?}");
    }
}

#[test]
fn a_few_library_functions_are_instructions() {
    compiled(
        "local floor, sqrt, abs = math.floor, math.sqrt, math.abs
         local f, r, a = 0, 0.0, 0
         for i = -40, 40 do
           f = f + floor(i / 3) r = r + sqrt(abs(i) * 1.0) a = a + abs(i)
         end
         for i = 1, 20 do f = f + math.floor(i + 0.5) end
         io.write(f, ' ', string.format('%.6f', r), ' ', a)",
        "183 343.231576 1640",
    );
}

#[test]
fn an_error_shows_where_it_was_raised() {
    let source = "local function f(t)
  local s = 0
  for i = 1, 200 do
    s = s + t[i]
  end
  return s
end
local t = {}
for i = 1, 200 do t[i] = i end
t[150] = {}
f(t)";
    for setting in SETTINGS {
        let failure = run_with(source, setting).result.expect_err("the program fails").to_string();
        let expected = "test:4: attempt to perform arithmetic on a table value (field '?')
stack traceback:
\ttest:4: in local 'f'
\ttest:11: in main chunk
\t[C]: in ?";
        assert_eq!(failure, expected, "with {setting:?}");
    }
}

#[test]
fn a_collection_is_served_in_the_middle_of_a_loop() {
    let source = "local keep = { {}, {}, {} }
         local t = { value = 1 }
         local function garbage() for i = 1, 100 do local x = { i } end end
         local s = 0
         for round = 1, 50 do
           garbage()
           for i = 1, 100 do s = s + t.value end
         end
         io.write(s, ' ', #keep)";
    check(source, "5000 3");
    let run = run(source, &[("jit", "on"), ("gc-every", "1")]);
    assert!(run.counter(Counter::Collections) > 10);
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
fn a_stop_ends_a_compiled_loop() {
    let run = Task::new(ENGINE, "local n = 0 while true do n = n + 1 end", &[("jit", "on")]).run_and_stop();
    assert_eq!(run.result, Err(Failure::Stopped(StopReason::Time)));
    assert!(run.counter(Counter::OsrEntries) > 0);
}

#[test]
fn a_loop_that_is_too_large_is_declined() {
    let source = format!("local s = 0 for i = 1, 20 do {} end io.write(s)", "s = s + i * 3 ".repeat(1200));
    let run = run(&source, &[("jit", "on")]);
    assert_eq!(run.output, "756000");
    assert_eq!(decline_reasons(&run), [DeclineReason::TooLarge]);
    assert_eq!(run.counter(Counter::CompilationsDeclined), 1);
}

#[test]
fn a_loop_whose_types_do_not_settle_is_declined() {
    // Each pass finds out about one more variable that it is not always an integer.
    const VARIABLES: usize = 80;
    let names: Vec<String> = (0..VARIABLES).map(|i| format!("v{i}")).collect();
    let copies: String = (1..VARIABLES).rev().map(|i| format!("v{i} = v{} ", i - 1)).collect();
    let source = format!(
        "local {} = {}\nfor i = 1, 200 do {copies} if i % 2 == 0 then v0 = 1 else v0 = 1.5 end end io.write(v79)",
        names.join(", "),
        vec!["1"; VARIABLES].join(", ")
    );
    let run = run(&source, &[("jit", "on")]);
    assert_eq!(run.output, "1.5");
    assert_eq!(decline_reasons(&run), [DeclineReason::TypesUnsettled]);
    assert_eq!(run.counter(Counter::AssemblerErrors), 0);
}

fn decline_reasons(run: &Run) -> Vec<DeclineReason> {
    let reason = |event: &Event| match event {
        Event::Declined { reason, .. } => Some(*reason),
        _ => None,
    };
    run.events.iter().filter_map(reason).collect()
}

#[test]
fn a_guard_that_keeps_failing_throws_the_unit_away() {
    let source = "local t = {}
         for i = 1, 3000 do t[i] = i % 2 == 0 and i or i + 0.5 end
         local s = 0
         for round = 1, 3 do for i = 1, 3000 do s = s + t[i] end end
         io.write(tostring(s))";
    check(source, "13506750.0");
    let run = run(source, &[("jit", "on")]);
    assert!(run.counter(Counter::Deoptimisations) >= 1);
    assert!(run.events.iter().any(|event| matches!(event, Event::Deoptimised { reason: ExitReason::Type, .. })));
    // What has failed is made without guards.
    assert!(run.counter(Counter::SideExits) < 300, "{} side exits", run.counter(Counter::SideExits));
}

#[test]
fn nothing_is_writable_and_executable() {
    let source = "local s = 0 for i = 1, 100 do s = s + i end for i = 1, 100 do s = s - i end io.write(s)";
    let run = run(source, &[("jit", "on")]);
    assert!(run.counter(Counter::CompilationsSucceeded) >= 2);
    assert!(run.maps.times >= 2, "the memory map is read after each publication");
    assert_eq!(run.maps.writable_and_executable, 0);
}

#[test]
fn the_nth_code_request_fails_and_the_program_goes_on() {
    let source = "local s = 0 for i = 1, 100 do s = s + i end for i = 1, 100 do s = s - i end io.write(s)";
    for request in ["1", "2"] {
        let run = run(source, &[("jit", "on"), ("fail-code-request", request)]);
        assert_eq!(run.output, "0");
        let is_declined = |event: &Event| matches!(event, Event::Declined { reason: DeclineReason::CodeMemory, .. });
        assert!(run.events.iter().any(is_declined), "{:?}", run.events);
    }
}

#[test]
fn loops_evict_each_other_in_a_small_cache() {
    let mut source = String::from("local s = 0\nfor round = 1, 2 do\n");
    for i in 1..=30 {
        source += &format!("for i = 1, 50 do s = s + {i} local x = s * {i} end\n");
    }
    source += "end io.write(s)";
    let run = run(&source, &[("jit", "on"), ("code-cache-bytes", "65536")]);
    assert_eq!(run.output, "46500");
    assert!(run.counter(Counter::Evicted) > 0);
    assert!(run.counter(Counter::CodeBytes) <= 65536);
}

#[test]
fn the_same_chunk_loaded_twice_shares_its_unit() {
    let source = "local f = 'local s = 0 for i = 1, 100 do s = s + i end return s'
         io.write(load(f)(), ' ', load(f)())";
    let run = run(source, &[("jit", "on")]);
    assert_eq!(run.output, "5050 5050");
    assert_eq!((run.counter(Counter::CompilationsSucceeded), run.counter(Counter::CacheHits)), (1, 1));
}

#[test]
fn units_can_be_shown_and_their_texts_repeat() {
    let source = "local s = 0.5 for i = 1, 100 do s = s + i * 0.25 end";
    for (stage, expected) in [(Stage::Bytecode, "FORLOOP"), (Stage::Ir, "fadd"), (Stage::Asm, "addsd")] {
        let artifact = || run(source, &[("jit", "on")]).artifact(stage);
        let text = artifact();
        assert!(text.contains(expected), "no {expected} in {stage:?}:\n{text}");
        assert_eq!(text, artifact());
    }
}

#[test]
fn what_a_processor_lacks_is_called() {
    let source = "local up, down, near = 0.0, 0.0, 0.0
         for i = 1, 200 do
           down = down + i / 3 // 1.0
           up = up + -(-i / 3 // 1.0)
           near = near + math.floor(i / 3 + 0.5)
         end
         for x = 0.5, 100 do down = down + x end
         io.write(down, ' ', up, ' ', near)";
    let host = run(source, &[("jit", "on")]);
    let mut baseline = run(source, &[("jit", "on"), ("target", "baseline")]);
    assert_eq!(host.output, "11633 6767 6700");
    assert_eq!(baseline.output, host.output);
    assert!(baseline.counter(Counter::CompilationsSucceeded) > 0);
    if cfg!(target_arch = "x86_64") {
        let listing = baseline.artifact(Stage::Asm);
        assert!(listing.contains("helper:floor"), "{listing}");
    }
}

#[test]
fn a_loop_that_leaves_at_each_iteration_is_given_back() {
    let source = "local function range(k) local i = 0 return function() i = i + 1 if i <= k then return i end end end
         local s = 0
         for i = 1, 100 do for v in range(100) do s = s + v end end
         io.write(s)";
    check(source, "505000");
    let given_back = run(source, &[("jit-threshold", "20")]);
    assert!(decline_reasons(&given_back).contains(&DeclineReason::LeavesTooOften), "{:?}", given_back.events);
    let kept = run(source, &[("jit-threshold", "20"), ("give-back", "false")]);
    assert_eq!(decline_reasons(&kept), []);
    assert!(kept.counter(Counter::JitEntries) > 2 * given_back.counter(Counter::JitEntries));
}

#[test]
fn numbers_of_unknown_type_need_no_vm_call_that_would_give_the_loop_back() {
    let source = "local function each(t, f) for i = 1, #t do f(t[i]) end end
         local t, s = {}, 0
         for i = 1, 40 do t[i] = i % 3 == 0 and i + 0.5 or i end
         for i = 1, 500 do each(t, function(v) if v < 100 then s = s + v end end) end
         io.write(s)";
    check(source, "413250");
    let run = run(source, &[("jit-threshold", "20")]);
    assert!(run.counter(Counter::OsrEntries) > 0);
    assert!(!decline_reasons(&run).contains(&DeclineReason::LeavesTooOften), "{:?}", run.events);
}
