//! Limits, and what the listings do not show.

use std::rc::Rc;

use super::{CompileError, compile};
use crate::instruction::instructions;
use crate::proto::FunctionProto;

fn compiled(source: &str) -> Result<Rc<FunctionProto>, String> {
    let chunk = lua_syntax::parse("=test", source.as_bytes()).map_err(|error| error.to_string())?;
    let described = |error: CompileError| {
        lua_syntax::error_near("=test", source.as_bytes(), error.offset, &error.message).to_string()
    };
    compile(&chunk).map_err(described)
}

#[test]
fn running_out_of_registers_is_an_error_with_a_place() {
    let message = |line: u32, near: &str| {
        Some(format!("test:{line}: function or expression needs too many registers near '{near}'"))
    };
    let call = format!("return\n{}x{}", "f(".repeat(180), ")".repeat(180));
    assert_eq!(compiled(&call).err(), message(2, ")"));
    let values = format!("return {}0", "x,\n".repeat(300));
    assert_eq!(compiled(&values).err(), message(257, "x"), "behind the comma, where PUC Lua stands");
    let arguments = format!("f({}'last' )", "x, ".repeat(252));
    assert_eq!(compiled(&arguments).err(), None);
    let arguments = format!("f({}'last' )", "x, ".repeat(253));
    assert_eq!(compiled(&arguments).err(), message(1, ")"));
}

#[test]
fn a_hundred_nested_calls_fit() {
    assert!(compiled(&format!("return {}x{}", "f(".repeat(100), ")".repeat(100))).is_ok());
}

#[test]
fn all_locals_that_lua_allows_can_be_captured() {
    let names: Vec<String> = (1..=200).map(|i| format!("v{i}")).collect();
    let first = names[..100].join(", ");
    let second = names[100..].join(", ");
    let source = format!(
        "local {first}\nlocal {second}\nreturn function() return {} end, function() return {} end",
        names[..100].join(" + "),
        names[100..].join(" + ")
    );
    let proto = compiled(&source).expect("200 captured locals compile");
    assert_eq!(proto.protos[0].upvalues.len(), 100);
}

#[test]
fn a_chain_uses_one_temporary_however_long_it_is() {
    let repeated = |before: &str, link: &str, behind: &str| {
        let source = format!("{before}{}{behind}", link.repeat(100_000));
        compiled(&source).expect("a long chain compiles").max_stack
    };
    assert_eq!(repeated("local a; return ", "a + ", "a"), 2);
    assert_eq!(repeated("local a; return a", ".x", ""), 2);
    assert_eq!(repeated("local a; return ", "a or ", "a"), 2);
    assert_eq!(repeated("local a; return ", "a and ", "a"), 2);
    assert!(repeated("local a; return ", "a == ", "a") <= 3);
    assert!(repeated("local f; return f", "()", "") <= 4);
    assert!(repeated("local f; f", ":m()", "") <= 6);
    assert!(repeated("local a; if ", "a < ", "a then return end") <= 3);
    assert!(repeated("local a; a = a", ".b[a]:c(a) + a // a .. a <= a and a or a", "") <= 6);
}

#[test]
fn every_word_has_the_line_of_its_statement() {
    let proto = compiled("local a = 1\n\nlocal b = a\n  + x\nreturn b").expect("it compiles");
    let lines: Vec<u32> = instructions(&proto.code).map(|(pc, _)| proto.lines.line(pc)).collect();
    assert_eq!(lines, [1, 4, 4, 5, 5]);
}

#[test]
fn a_long_body_is_jumped_over() {
    let body = "x = x + 1\n".repeat(20_000);
    let proto = compiled(&format!("local a\nwhile a do\n{body}end")).expect("a long loop compiles");
    assert!(proto.code.len() > 1 << 16);
    assert_eq!(proto.loops.len(), 1);
}

#[test]
fn a_constant_past_the_operands_range_has_a_word_of_its_own() {
    let values: Vec<String> = (0..70_000).map(|i| format!("{}", i + 100_000)).collect();
    let proto = compiled(&format!("local t = {{ {} }}", values.join(", "))).expect("many constants compile");
    let wide = |word: crate::Instruction| word.opcode() == crate::Opcode::LoadConstantWide;
    assert_eq!(instructions(&proto.code).filter(|(_, word)| wide(*word)).count(), 70_000 - (1 << 16));
}
