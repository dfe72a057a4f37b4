//! The names of operands and callees, checked at the last instruction of a kind in a small program.

use crate::instruction::{Instruction, Pc, instructions};
use crate::names::{Name, callee_name, register_name};
use crate::opcode::Opcode;
use crate::proto::FunctionProto;

fn last(proto: &FunctionProto, opcode: Opcode) -> Pc {
    let found = instructions(&proto.code).filter(|(_, word)| word.opcode() == opcode).last();
    found.expect("the program has such an instruction").0
}

fn text(name: Option<Name>) -> String {
    match name {
        Some(name) => format!("{} '{}'", name.kind.word(), String::from_utf8_lossy(&name.text)),
        None => "none".to_string(),
    }
}

/// The name of operand B of the last `opcode` in the innermost first function of `source`.
fn operand(source: &str, opcode: Opcode) -> String {
    with_function(source, |proto| {
        let pc = last(proto, opcode);
        text(register_name(proto, pc, Instruction(proto.code[pc as usize]).b()))
    })
}

fn callee(source: &str, opcode: Opcode) -> String {
    with_function(source, |proto| text(callee_name(proto, last(proto, opcode))))
}

fn with_function(source: &str, check: impl Fn(&FunctionProto) -> String) -> String {
    let chunk = lua_syntax::parse("=test", source.as_bytes()).expect("the test's source is Lua");
    let mut proto = crate::compile(&chunk).expect("the test's source compiles");
    while let Some(inner) = proto.protos.first() {
        proto = inner.clone();
    }
    check(&proto)
}

#[test]
fn operands_are_named_after_where_they_come_from() {
    assert_eq!(operand("local a; return -a", Opcode::Negate), "local 'a'");
    assert_eq!(operand("return -a", Opcode::Negate), "global 'a'");
    assert_eq!(operand("local t; return -t.x", Opcode::Negate), "field 'x'");
    assert_eq!(operand("local t; return -t[1]", Opcode::Negate), "field 'integer index'");
    assert_eq!(operand("local t, k; return -t[k]", Opcode::Negate), "field '?'");
    assert_eq!(operand("return -'x'", Opcode::Negate), "constant 'x'");
    assert_eq!(operand("local a; function f() return -a end", Opcode::Negate), "upvalue 'a'");
    assert_eq!(operand("local t; function f() return -t.x end", Opcode::Negate), "field 'x'");
    assert_eq!(operand("local a; a = 1; local f = function() a = 2 end return -a", Opcode::SetUpvalue), "none");
    assert_eq!(operand("return -f()", Opcode::Negate), "none");
}

#[test]
fn a_captured_and_reassigned_local_is_still_a_local() {
    let chunk = lua_syntax::parse("=test", b"local a; local f = function() a = 2 end return -a").expect("it is Lua");
    let proto = crate::compile(&chunk).expect("it compiles");
    let pc = last(&proto, Opcode::Negate);
    assert_eq!(text(register_name(&proto, pc, Instruction(proto.code[pc as usize]).b())), "local 'a'");
}

#[test]
fn nothing_is_known_of_a_register_that_either_branch_has_set() {
    assert_eq!(operand("local a; return -(a and x or y)", Opcode::Negate), "none");
}

#[test]
fn fields_of_env_are_globals() {
    assert_eq!(operand("local _ENV; return -x", Opcode::Negate), "global 'x'");
    assert_eq!(operand("local t; return -t._ENV", Opcode::Negate), "field '_ENV'");
}

#[test]
fn callees_are_named_by_their_calls() {
    assert_eq!(callee("f()", Opcode::Call), "global 'f'");
    assert_eq!(callee("local f; f()", Opcode::Call), "local 'f'");
    assert_eq!(callee("local t; t.f()", Opcode::Call), "field 'f'");
    assert_eq!(callee("local t; t:f()", Opcode::Call), "method 'f'");
    assert_eq!(callee("local t; return t.a.f()", Opcode::TailCall), "field 'f'");
    assert_eq!(callee("f()()", Opcode::Call), "none");
    assert_eq!(callee("for x in f do end", Opcode::GenericForCall), "for iterator 'for iterator'");
}

#[test]
fn metamethods_are_named_by_their_operations() {
    assert_eq!(callee("local a; return a + 1", Opcode::AddI), "metamethod 'add'");
    assert_eq!(callee("local a; return 2 // a", Opcode::KFloorDivide), "metamethod 'idiv'");
    assert_eq!(callee("local a; return a .. a", Opcode::Concat), "metamethod 'concat'");
    assert_eq!(callee("local a; return a.x", Opcode::GetField), "metamethod 'index'");
    assert_eq!(callee("x = 1", Opcode::SetGlobalK), "metamethod 'newindex'");
    assert_eq!(callee("local a; if a > 1 then f() end", Opcode::JumpNotGreaterI), "metamethod 'lt'");
    assert_eq!(callee("local a", Opcode::LoadNil), "none");
}
