//! Tracebacks and positions, in PUC Lua's layout.

use engine_api::Failure;

use crate::support::Session;

/// Runs a program that ends with an uncaught error; gives message and traceback.
fn failure(source: &str) -> String {
    match Session::with(&[]).run(source) {
        Err(Failure::Lua(error)) => format!("{}\n{}", String::from_utf8_lossy(&error.message), error.traceback),
        outcome => panic!("{outcome:?}"),
    }
}

#[test]
fn a_traceback_names_functions_as_puc_lua_does() {
    let source = "local t = {}
function t.field() error('oops') end
local function locally() t.field() end
function globally() locally() end
local object = {method = function(self) globally() end}
local up = function() object:method() end
local function through_upvalue() up() end
local added = setmetatable({}, {__add = function() through_upvalue() end})
local function iterate() for _ in function() return added + 1 end do end end
(function() iterate() end)()";
    let expected = "test.lua:2: oops
stack traceback:
\t[C]: in function 'error'
\ttest.lua:2: in field 'field'
\ttest.lua:3: in upvalue 'locally'
\ttest.lua:4: in function 'globally'
\ttest.lua:5: in method 'method'
\ttest.lua:6: in upvalue 'up'
\ttest.lua:7: in upvalue 'through_upvalue'
\ttest.lua:8: in metamethod 'add'
\ttest.lua:9: in for iterator 'for iterator'
\ttest.lua:9: in upvalue 'iterate'
\ttest.lua:10: in function <test.lua:10>
\ttest.lua:10: in main chunk
\t[C]: in ?";
    assert_eq!(failure(source), expected);
}

#[test]
fn a_tail_call_leaves_a_mark() {
    let source = "local function last() error('x', 0) end
local function first() return last() end
first()";
    let expected = "x
stack traceback:
\t[C]: in function 'error'
\ttest.lua:1: in function <test.lua:1>
\t(...tail calls...)
\ttest.lua:3: in main chunk
\t[C]: in ?";
    assert_eq!(failure(source), expected);
}

#[test]
fn a_native_function_in_a_tail_call_is_called_from_the_function() {
    let source = "local function f() return string.rep() end
f()";
    let expected = "test.lua:1: bad argument #1 to 'rep' (string expected, got no value)
stack traceback:
\t[C]: in function 'string.rep'
\ttest.lua:1: in local 'f'
\ttest.lua:2: in main chunk
\t[C]: in ?";
    assert_eq!(failure(source), expected);
}

#[test]
fn callbacks_of_native_functions_have_no_name() {
    let source = "table.sort({3, 2, 1}, function(a, b) return a < b.c end)";
    let expected = "test.lua:1: attempt to index a number value (local 'b')
stack traceback:
\ttest.lua:1: in function <test.lua:1>
\t[C]: in function 'table.sort'
\ttest.lua:1: in main chunk
\t[C]: in ?";
    assert_eq!(failure(source), expected);
}

#[test]
fn a_vararg_function_is_found_on_the_stack() {
    let source = "local function f(a, ...)
  local b = ...
  return g(b, ...) + 1
end
function g(...) return (...).x end
f(1, 2, 3)";
    let expected = "test.lua:5: attempt to index a number value
stack traceback:
\ttest.lua:5: in function 'g'
\ttest.lua:3: in local 'f'
\ttest.lua:6: in main chunk
\t[C]: in ?";
    assert_eq!(failure(source), expected);
}
