//! `OPCODES.md` is the opcode table in readable form. This test writes it anew and compares; `BLESS=1` keeps what it
//! wrote.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use lua_bytecode::Opcode;
use lua_bytecode::opcode::{Extra, Format, Operand, Wide};

const HEAD: &str = "\
# Opcodes

Made from `src/opcode.rs` by `BLESS=1 cargo test -p lua-bytecode --test document`; do not edit.

An instruction is one 32-bit word, or two if the last column but one names what the second holds. Bits of the first
word from the lowest: opcode 8, A 8, B 8, C 8; or opcode 8, A 8, Bx 16; or opcode 8, sJ 24. `R[x]` is a register, `K[x]`
a constant, `U[x]` an upvalue, `imm` a number in the instruction. Jump distances count words from the word after the
whole instruction.

| Number | Name | First word | Second word | What it does |
|---:|---|---|---|---|
";

fn operand(name: &str, operand: Operand) -> Option<String> {
    let what = match operand {
        Operand::Unused => return None,
        Operand::Read => "read",
        Operand::Write => "written",
        Operand::Group => "group",
        Operand::Constant => "constant",
        Operand::Upvalue => "upvalue",
        Operand::Signed => "signed",
        Operand::Count => "count",
    };
    Some(format!("{name} {what}"))
}

fn first_word(format: Format) -> String {
    let operands = match format {
        Format::Sj => vec![Some("sJ jump".to_string())],
        Format::Abx(a, wide) => {
            let wide = match wide {
                Wide::Constant => "Bx constant",
                Wide::Signed => "sBx signed",
                Wide::Count => "Bx count",
            };
            vec![operand("A", a), Some(wide.to_string())]
        }
        Format::Abc(a, b, c) => vec![operand("A", a), operand("B", b), operand("C", c)],
    };
    operands.into_iter().flatten().collect::<Vec<String>>().join(", ")
}

fn second_word(extra: Extra) -> &'static str {
    match extra {
        Extra::None => "",
        Extra::Jump => "jump",
        Extra::Slot => "feedback slot",
        Extra::Constant => "constant",
        Extra::Proto => "function",
        Extra::Count => "count",
    }
}

#[test]
fn the_document_is_the_table() -> std::io::Result<()> {
    let mut text = HEAD.to_string();
    for opcode in Opcode::ALL {
        let (number, name) = (*opcode as u8, opcode.name());
        let (first, second) = (first_word(opcode.format()), second_word(opcode.extra()));
        let doc = opcode.doc().replace('|', "\\|");
        writeln!(text, "| {number} | {name} | {first} | {second} | {doc} |").expect("writing to a string");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("OPCODES.md");
    if std::env::var_os("BLESS").is_some() {
        return fs::write(path, text);
    }
    assert_eq!(fs::read_to_string(path)?, text, "OPCODES.md is old: run this test with BLESS=1");
    Ok(())
}
