//! Library functions that can run for long: they stop when they are asked to, and never take more memory than there is.

use engine_api::{Failure, Interrupt, Limits, StopReason};
use lua_runtime::{Signal, Value, Vm};

use crate::support::{state, state_with};

/// A function of a library table.
fn function(vm: &mut Vm, library: &str, name: &str) -> Value {
    let library = text(vm, library.as_bytes());
    let table = vm.raw_get(vm.globals, library).as_table().expect("a library");
    let name = text(vm, name.as_bytes());
    vm.raw_get(table, name)
}

fn text(vm: &mut Vm, bytes: &[u8]) -> Value {
    Value::from(vm.string(bytes).expect("memory"))
}

/// Calls a library function in a state that has been asked to stop. It would return after seconds or never.
fn assert_stops(vm: &mut Vm, library: &str, name: &str, arguments: &[Value]) {
    let callee = function(vm, library, name);
    vm.interrupt.request(Interrupt::STOP_TIME);
    assert_eq!(vm.call(0, callee, arguments), Err(Signal::Fatal), "{library}.{name}");
    assert_eq!(vm.fatal, Some(Failure::Stopped(StopReason::Time)));
}

#[test]
fn backtracking_stops() {
    let mut vm = state();
    let subject = text(&mut vm, &[b'a'; 400]);
    for pattern in ["a-a-a-a-b", "a*a*a*a*b", "(a*)(a*)(a*)%1b", "[a]-%a-.-a-b"] {
        let pattern = text(&mut vm, pattern.as_bytes());
        for name in ["find", "match"] {
            assert_stops(&mut vm, "string", name, &[subject, pattern]);
        }
        let replacement = text(&mut vm, b"");
        assert_stops(&mut vm, "string", "gsub", &[subject, pattern, replacement]);
    }
}

#[test]
fn cheap_steps_stop_when_they_are_many() {
    let mut vm = state();
    let long = text(&mut vm, &[b'a'; 1 << 20]);
    let empty = text(&mut vm, b"");
    assert_stops(&mut vm, "string", "gsub", &[long, empty, empty]);
    let almost = text(&mut vm, &[&[b'a'; 1 << 19][..], b"b"].concat());
    assert_stops(&mut vm, "string", "find", &[long, almost]);
    let balance = text(&mut vm, b"%bac");
    assert_stops(&mut vm, "string", "find", &[long, balance]);
}

#[test]
fn loops_over_elements_stop() {
    let mut vm = state();
    let table = Value::from(vm.table(0, 0).expect("memory"));
    let [first, last, to] = [1, 1 << 60, 2].map(Value::integer);
    assert_stops(&mut vm, "table", "move", &[table, first, last, to]);
}

#[test]
fn results_stay_within_the_heap_limit() {
    let limits = Limits { heap_bytes: Some(4 << 20), ..Limits::default() };
    let mut vm = state_with(limits, &[]);
    let subject = text(&mut vm, &[b'a'; 10_000]);
    let letter = text(&mut vm, b"a");
    let gsub = function(&mut vm, "string", "gsub");
    assert_eq!(vm.call(0, gsub, &[subject, letter, subject]), Err(Signal::Memory));
    let format = function(&mut vm, "string", "format");
    let template = text(&mut vm, "%s".repeat(1000).as_bytes());
    let mut arguments = vec![template];
    arguments.resize(1001, subject);
    assert_eq!(vm.call(0, format, &arguments), Err(Signal::Memory));
    let rep = function(&mut vm, "string", "rep");
    assert_eq!(vm.call(0, rep, &[subject, Value::integer(1000)]), Err(Signal::Memory));
    // The state is as good as before.
    assert_eq!(vm.call(0, rep, &[letter, Value::integer(3)]), Ok(1));
    assert_eq!(vm.slot(0).as_string().map(|string| string.to_text()).as_deref(), Some("aaa"));
}
