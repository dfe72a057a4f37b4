//! What the host sees of an instance: loading, calling, stopping, knobs and artifacts.

use engine_api::{Failure, HostValue, Interrupt, Stage, StopReason};
use tree_walker::ENGINE;

use crate::support::Session;

#[test]
fn a_returned_function_can_be_called_again_and_again() {
    let mut session = Session::with(&[]);
    let kept = session.run("local n = 0 return function(step) n = n + step return 'n=' .. n, n end").expect("it runs");
    let [HostValue::Function(function)] = kept[..] else { panic!("{kept:?}") };
    for wanted in [2, 4, 6] {
        let outcome = session.instance.call(function, &[HostValue::Integer(2)]);
        assert_eq!(
            outcome,
            Ok(vec![HostValue::String(format!("n={wanted}").into_bytes()), HostValue::Integer(wanted)])
        );
        session.instance.collect_garbage();
    }
    session.instance.release(function);
}

#[test]
fn a_chunk_is_a_vararg_function() {
    let mut session = Session::with(&[]);
    let main = session.instance.load("=args", b"return select('#', ...), ...").expect("it compiles");
    let outcome = session.instance.call(main, &[HostValue::Boolean(true), HostValue::Float(0.5)]);
    assert_eq!(outcome, Ok(vec![HostValue::Integer(2), HostValue::Boolean(true), HostValue::Float(0.5)]));
}

#[test]
fn a_syntax_error_is_an_error_of_the_program() {
    let outcome = Session::with(&[]).run("local x =\n= 1");
    let Err(Failure::Lua(error)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(error.to_string(), "test.lua:2: unexpected symbol near '='");
}

#[test]
fn a_request_to_stop_is_served_in_every_kind_of_loop() {
    let endless = [
        "while true do end",
        "repeat until false",
        "for i = 1, math.huge do end",
        "for i = 1.0, math.huge do end",
        "for i in function() return 1 end do end",
        "::again:: goto again",
        "local function f() return f() end f()",
        "local function f() for i = 1, 10 do pcall(f) end end f()",
    ];
    for source in endless {
        let mut session = Session::with(&[]);
        session.interrupt.request(Interrupt::STOP_TIME);
        assert_eq!(session.run(source), Err(Failure::Stopped(StopReason::Time)), "{source}");
    }
}

#[test]
fn the_tree_is_an_artifact() {
    let mut session = Session::with(&[]);
    let kept = session.run("local up = 1\nreturn function(a) return a + up end").expect("it runs");
    let [HostValue::Function(function)] = kept[..] else { panic!("{kept:?}") };
    let tree = session.instance.artifact(function, Stage::Ast).expect("there is a tree");
    assert!(tree.starts_with("function 0 "), "{tree}");
    assert!(tree.contains("(+ a@0 up^0)"), "{tree}");
    assert!(!tree.contains("function 1 "), "only the function that was asked for: {tree}");
    for stage in [Stage::Bytecode, Stage::Ir, Stage::Asm] {
        let outcome = session.instance.artifact(function, stage);
        assert!(matches!(outcome, Err(Failure::Unsupported(_))), "{stage:?}: {outcome:?}");
    }
}

#[test]
fn the_engine_names_itself_and_its_knobs() {
    let info = ENGINE.info();
    let knobs: Vec<&str> = info.knobs.iter().map(|knob| knob.name).collect();
    assert_eq!((info.id, knobs), ("tree-walker", vec!["gc-every", "fail-allocation", "check-heap", "inline-caches"]));
}
