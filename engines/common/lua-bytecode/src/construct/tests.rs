//! Each construct as the trace shows it, at the last instruction of a kind in a small program.

use crate::construct::construct;
use crate::instruction::{Pc, instructions};
use crate::opcode::Opcode;
use crate::proto::FunctionProto;

fn last(proto: &FunctionProto, opcode: Opcode) -> Pc {
    let found = instructions(&proto.code).filter(|(_, word)| word.opcode() == opcode).last();
    found.expect("the program has such an instruction").0
}

/// The construct of the last `opcode` in the innermost first function of `source`.
fn of(source: &str, opcode: Opcode) -> String {
    let chunk = lua_syntax::parse("=test", source.as_bytes()).expect("the test's source is Lua");
    let mut proto = crate::compile(&chunk).expect("the test's source compiles");
    while let Some(inner) = proto.protos.first() {
        proto = inner.clone();
    }
    construct(&proto, last(&proto, opcode))
}

#[test]
fn operators_show_their_operands() {
    assert_eq!(of("local v = ... return v + 1.5", Opcode::AddK), "v + 1.5");
    assert_eq!(of("local v, w = ... return v + w", Opcode::Add), "v + w");
    assert_eq!(of("local t, i = ... return t[i] * t.x", Opcode::Multiply), "t[i] * t.x");
    assert_eq!(of("local a, b = ... return (a + b) - a", Opcode::Subtract), "(a + b) - a");
    assert_eq!(of("local a = ... return -a", Opcode::Negate), "-a");
    assert_eq!(of("local a, b = ... return a .. b .. 'x'", Opcode::Concat), "a .. b .. \"x\"");
    assert_eq!(of("return f() + f()", Opcode::Add), "f(..) + f(..)");
}

#[test]
fn accesses_and_calls_show_their_path() {
    assert_eq!(of("local t = ... return t.a.b", Opcode::GetField), "t.a.b");
    assert_eq!(of("local t, i = ... t[i] = 5", Opcode::SetIndexK), "t[i] = 5");
    assert_eq!(of("local t = ... t.n = t", Opcode::SetField), "t.n = t");
    assert_eq!(of("local t = ... t:m()", Opcode::Call), "t:m(..)");
    assert_eq!(of("local f = ... f(1, 2)", Opcode::Call), "f(..)");
    assert_eq!(of("x = 1", Opcode::SetGlobalK), "x = 1");
    assert_eq!(of("local t = {} function f() return t.x end", Opcode::GetUpField), "t.x");
}

#[test]
fn loops_show_their_variables() {
    assert_eq!(of("for i = 1, 9 do f(i) end", Opcode::ForLoop), "for i");
    assert_eq!(of("for k, v in pairs(t) do f(k, v) end", Opcode::GenericForCall), "for k, v in");
}
