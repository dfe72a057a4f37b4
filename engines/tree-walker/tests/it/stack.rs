//! Deep recursion of every kind: it works, or ends in an error that can be caught.

use engine_api::Failure;

use crate::support::{Session, results};

#[test]
fn recursion_is_deep() {
    let source = "local function depth(n) if n == 0 then return 0 end return 1 + depth(n - 1) end
        return depth(150000), depth(190000)";
    assert_eq!(results(source), "150000 190000");
}

#[test]
fn endless_recursion_is_an_error_that_pcall_catches() {
    let source = "local function forever(n) return 1 + forever(n + 1) end
        local first, message = pcall(forever, 1)
        local second = pcall(forever, 1)
        local function depth(n) if n == 0 then return 0 end return 1 + depth(n - 1) end
        return first, message, second, depth(100000)";
    assert_eq!(results(source), "false test.lua:1: stack overflow false 100000");
}

#[test]
fn endless_recursion_with_large_frames_fills_the_value_stack() {
    let source = "local function forever(a, b, c, d, e, f, g, h) return 1 + forever(a, b, c, d, e, f, g, h) end
        return pcall(forever)";
    assert_eq!(results(source), "false test.lua:1: stack overflow");
}

#[test]
fn endless_recursion_without_pcall_reaches_the_host() {
    let mut session = Session::with(&[]);
    let outcome = session.run("local function forever() return 1 + forever() end forever()");
    let Err(Failure::Lua(error)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(error.message, b"test.lua:1: stack overflow");
    assert!(error.traceback.contains("\n\t...\t(skipping "), "{}", error.traceback);
    assert_eq!(session.run("return 1").map(|results| results.len()), Ok(1), "the instance can be used again");
}

#[test]
fn tail_calls_take_no_room() {
    let source = "local function even(n) if n == 0 then return true end return odd(n - 1) end
        function odd(n) if n == 0 then return false end return even(n - 1) end
        local function varargs(n, ...) if n == 0 then return select('#', ...) end return varargs(n - 1, ...) end
        return even(1000001), varargs(300000, 1, 2, 3)";
    assert_eq!(results(source), "false 3");
}

#[test]
fn metamethods_recurse_as_deep_as_in_puc_lua() {
    let source =
        "local t = setmetatable({}, {__index = function(t, k) if k == 0 then return 'end' end return t[k - 1] end})
        local endless = setmetatable({}, {__add = function(a, b) return a + b + 1 end})
        return t[150], pcall(function() return endless + 1 end)";
    assert_eq!(results(source), "end false test.lua:2: C stack overflow");
}

#[test]
fn protected_calls_recurse_as_deep_as_in_puc_lua() {
    let source = "local depth = 0
        local function nest() depth = depth + 1 local ok, message = pcall(nest) return message end
        local message = nest()
        return depth, message";
    assert_eq!(results(source), "198 C stack overflow");
    let source = "local function nested(depth)
            local calls = {}
            for i = 1, depth do calls[i] = pcall end
            calls[depth + 1] = function() return 'bottom' end
            return (select(-1, pcall(table.unpack(calls))))
        end
        return nested(195), nested(198), nested(50000)";
    assert_eq!(results(source), "bottom C stack overflow C stack overflow");
}

#[test]
fn high_trees_in_deep_recursion_switch_segments() {
    // Every call evaluates a chain of several hundred nodes before it recurses at the chain's lower end.
    let chain = " + 1".repeat(400);
    let source = format!(
        "local function f(n) if n == 0 then return 0 end return f(n - 1){chain} end
        return f(3000)"
    );
    assert_eq!(results(&source), "1200000");
}

#[test]
fn nested_source_compiles() {
    let parentheses = format!("return {}1{}", "(".repeat(180), ")".repeat(180));
    assert_eq!(results(&parentheses), "1");
    let blocks = format!("{}x = 1 {} return x", "do ".repeat(180), "end ".repeat(180));
    assert_eq!(results(&blocks), "1");
    let functions = format!("return {}7{}", "(function() return ".repeat(60), " end)()".repeat(60));
    assert_eq!(results(&functions), "7");
}

#[test]
fn many_arguments_and_results_move_the_stack() {
    let source = "local function count(...) return select('#', ...), (select(-1, ...)) end
        local t = {}
        for i = 1, 100000 do t[i] = i end
        local n, last = count(table.unpack(t))
        local copy = {table.unpack(t)}
        local function all() return table.unpack(t) end
        return n, last, #copy, select('#', all()), pcall(table.unpack, t, 1, 1e8)";
    assert_eq!(results(source), "100000 100000 100000 100000 false too many results to unpack");
}
