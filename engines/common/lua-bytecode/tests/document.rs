//! `OPCODES.md` is the opcode table in readable form. This test writes it anew and compares; `BLESS=1` keeps what it
//! wrote.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use lua_bytecode::Opcode;
use lua_bytecode::opcode::{Extra, Flags, Format, Group, GroupLength, OperandKind, SlotKind, Wide};

const HEAD: &str = "\
# Opcodes

Made from `src/opcode.rs` by `BLESS=1 cargo test -p lua-bytecode --test document`; do not edit.

An instruction is one 32-bit word, or two if the fourth column names what the second holds. Bits of the first
word from the lowest: opcode 8, A 8, B 8, C 8; or opcode 8, A 8, Bx 16; or opcode 8, sJ 24. `R[x]` is a register, `K[x]`
a constant, `U[x]` an upvalue, `imm` a number in the instruction. Jump distances count words from the word after the
whole instruction.

*Operation* is what compilers and tools match on; opcodes of one operation differ in where their operands are.
*Registers beside* are those that no operand names alone: so many from a register on; `B-1 or top` is up to the top if B
is 0. *May* says what can happen besides: `call` a function of the program (which may
yield, raise an error, allocate), `raise` an error or `allocate` without a call, jump back after a poll (`back-edge`),
never go on behind (`end`), write its registers on one of its ways only (`one way`).

| Number | Name | First word | Second word | Operation | Registers beside | May | What it does |
|---:|---|---|---|---|---|---|---|
";

fn operand(name: &str, operand: OperandKind) -> Option<String> {
    let what = match operand {
        OperandKind::Unused => return None,
        OperandKind::Read => "read",
        OperandKind::Write => "written",
        OperandKind::Group => "group",
        OperandKind::Constant => "constant",
        OperandKind::Numeric => "numeric constant",
        OperandKind::Upvalue => "upvalue",
        OperandKind::Signed => "signed",
        OperandKind::Unsigned => "unsigned",
        OperandKind::Count => "count",
    };
    Some(format!("{name} {what}"))
}

fn first_word(format: Format) -> String {
    let operands = match format {
        Format::Sj => vec![Some("sJ jump".to_string())],
        Format::Abx(a, wide) => {
            let wide = match wide {
                Wide::Constant => "Bx constant",
                Wide::Numeric => "Bx numeric constant",
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
        Extra::Slot(SlotKind::Field) => "field slot",
        Extra::Slot(SlotKind::Index) => "index slot",
        Extra::Slot(SlotKind::Call) => "call slot",
        Extra::Slot(SlotKind::Template) => "template slot",
        Extra::Constant => "constant",
        Extra::Proto => "function",
        Extra::Count => "count",
    }
}

fn group(group: &Group) -> String {
    let length = match group.length {
        GroupLength::Exactly(count) => count.to_string(),
        GroupLength::B => "B".to_string(),
        GroupLength::BOrTop => "B or top".to_string(),
        GroupLength::BLessOne => "B-1 or top".to_string(),
        GroupLength::CLessOne => "C-1 or top".to_string(),
        GroupLength::CAtLeast(least) => format!("C, or at least {least},"),
    };
    match group.offset {
        0 => format!("{length} from R[A]"),
        offset => format!("{length} from R[A+{offset}]"),
    }
}

fn groups(opcode: Opcode) -> String {
    let column = |word: &str, groups: &[Group]| {
        let all: Vec<String> = groups.iter().map(group).collect();
        (!all.is_empty()).then(|| format!("{word} {}", all.join(", ")))
    };
    let (reads, writes) = (column("reads", opcode.group_reads()), column("writes", opcode.group_writes()));
    reads.into_iter().chain(writes).collect::<Vec<String>>().join("; ")
}

fn flags(flags: Flags) -> String {
    let names = [
        (Flags::CALLS, "call"),
        (Flags::RAISES, "raise"),
        (Flags::ALLOCATES, "allocate"),
        (Flags::BACK_EDGE, "back-edge"),
        (Flags::ENDS, "end"),
        (Flags::ONE_WAY, "one way"),
    ];
    let set = names.iter().filter(|(flag, _)| flags.contains(*flag)).map(|(_, name)| *name);
    set.collect::<Vec<&str>>().join(", ")
}

#[test]
fn the_document_is_the_table() -> std::io::Result<()> {
    let mut text = HEAD.to_string();
    for opcode in Opcode::ALL {
        let (number, name) = (*opcode as u8, opcode.name());
        let (first, second) = (first_word(opcode.format()), second_word(opcode.extra()));
        let (groups, flags) = (groups(*opcode), flags(opcode.flags()));
        let doc = opcode.doc().replace('|', "\\|");
        let operation = format!("{:?}", opcode.operation());
        writeln!(text, "| {number} | {name} | {first} | {second} | {operation} | {groups} | {flags} | {doc} |")
            .expect("writing to a string");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("OPCODES.md");
    if std::env::var_os("BLESS").is_some() {
        return fs::write(path, text);
    }
    assert_eq!(fs::read_to_string(path)?, text, "OPCODES.md is old: run this test with BLESS=1");
    Ok(())
}
