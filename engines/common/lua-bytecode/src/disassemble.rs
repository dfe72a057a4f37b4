//! Listings of bytecode: stable text, the same for the same source on every machine.
//!
//! A line is `pc [line] MNEMONIC operands`. Operands show what they stand for: `R3` a register, `U0(x)` an upvalue,
//! `.name` a field, a literal for a constant, `#5` a number in the instruction, `-> 12` a jump target, `@2` a feedback
//! slot without a key.

use std::fmt::Write;
use std::rc::Rc;

use crate::instruction::{Instruction, Pc, instructions, jump_target};
use crate::opcode::{Extra, Format, OperandKind, Wide};
use crate::proto::{Constant, FeedbackDescriptor, FunctionProto, Storage, UpvalueSource};

/// The listing of a function and of the functions inside it.
pub fn disassemble(proto: &Rc<FunctionProto>) -> String {
    let mut text = String::new();
    proto.for_each(&mut |function| {
        if !text.is_empty() {
            text.push('\n');
        }
        append_function(&mut text, function);
    });
    text
}

/// The instruction at `pc` as one line without position: mnemonic and operands.
pub fn disassemble_instruction(proto: &FunctionProto, pc: Pc) -> String {
    let instruction = Instruction(proto.code[pc as usize]);
    let opcode = instruction.opcode();
    let mut parts: Vec<String> = Vec::new();
    match opcode.format() {
        Format::Abc(a, b, c) => {
            for (operand, value) in [(a, instruction.a()), (b, instruction.b()), (c, instruction.c())] {
                parts.extend(operand_text(proto, operand, value));
            }
        }
        Format::Abx(a, wide) => {
            parts.extend(operand_text(proto, a, instruction.a()));
            parts.push(match wide {
                Wide::Constant | Wide::Numeric => constant_text(proto, u32::from(instruction.bx())),
                Wide::Signed => format!("#{}", instruction.sbx()),
                Wide::Count => format!("#{}", instruction.bx()),
            });
        }
        Format::Sj => {}
    }
    match opcode.extra() {
        Extra::None | Extra::Jump => {}
        Extra::Slot(_) => parts.push(slot_text(proto, proto.code[pc as usize + 1])),
        Extra::Constant => parts.push(constant_text(proto, proto.code[pc as usize + 1])),
        Extra::Proto => parts.push(format!("function {}", proto.code[pc as usize + 1])),
        Extra::Count => parts.push(format!("#{}", proto.code[pc as usize + 1])),
    }
    if let Some(target) = jump_target(&proto.code, pc) {
        parts.push(format!("-> {target}"));
    }
    format!("{:<11} {}", opcode.name(), parts.join(" ")).trim_end().to_string()
}

fn append_function(text: &mut String, proto: &FunctionProto) {
    let varargs = if proto.is_vararg { "+" } else { "" };
    push_line(
        text,
        format_args!(
            "function {} at line {}: {}{varargs} parameters, {} slots",
            proto.name, proto.line_defined, proto.parameters, proto.max_stack
        ),
    );
    for (index, upvalue) in proto.upvalues.iter().enumerate() {
        let source = match upvalue.source {
            UpvalueSource::Register(register) => format!("cell in R{register}"),
            UpvalueSource::Upvalue(outer) => format!("outer U{outer}"),
            UpvalueSource::Environment => "environment".to_string(),
        };
        push_line(text, format_args!("  upvalue {index} {}: {source}", String::from_utf8_lossy(&upvalue.name)));
    }
    for (pc, _) in instructions(&proto.code) {
        push_line(text, format_args!("  {pc:>4} [{}] {}", proto.lines.line(pc), disassemble_instruction(proto, pc)));
    }
    for entry in &proto.loops {
        push_line(text, format_args!("  loop {}..{} depth {}", entry.header_pc, entry.back_edge_pc, entry.depth));
    }
    for local in &proto.locals {
        let storage = match local.storage {
            Storage::Register(register) => format!("R{register}"),
            Storage::Cell(register) => format!("cell in R{register}"),
            Storage::RegisterAndCell { register, cell } => format!("R{register}, cell in R{cell}"),
        };
        push_line(
            text,
            format_args!(
                "  local {} {}..{}: {storage}",
                String::from_utf8_lossy(&local.name),
                local.start_pc,
                local.end_pc
            ),
        );
    }
}

fn push_line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}

fn operand_text(proto: &FunctionProto, operand: OperandKind, value: u8) -> Option<String> {
    match operand {
        OperandKind::Unused => None,
        OperandKind::Read | OperandKind::Write | OperandKind::Group => Some(format!("R{value}")),
        OperandKind::Constant | OperandKind::Numeric => Some(constant_text(proto, u32::from(value))),
        OperandKind::Upvalue => {
            let name = proto.upvalues.get(usize::from(value)).map(|upvalue| String::from_utf8_lossy(&upvalue.name));
            Some(format!("U{value}({})", name.unwrap_or_default()))
        }
        OperandKind::Signed => Some(format!("#{}", value as i8)),
        OperandKind::Unsigned | OperandKind::Count => Some(format!("#{value}")),
    }
}

fn constant_text(proto: &FunctionProto, index: u32) -> String {
    match proto.constants.get(index as usize) {
        None => format!("K{index}?"),
        Some(Constant::Nil) => "nil".to_string(),
        Some(Constant::Boolean(value)) => value.to_string(),
        Some(Constant::Integer(value)) => value.to_string(),
        Some(Constant::Float(value)) => format!("{value:?}"),
        Some(Constant::String(bytes)) => format!("{:?}", String::from_utf8_lossy(bytes)),
    }
}

fn slot_text(proto: &FunctionProto, slot: u32) -> String {
    let key_text = |key: &u32| match proto.constants.get(*key as usize) {
        Some(Constant::String(bytes)) => format!(".{}", bytes.escape_ascii()),
        Some(Constant::Nil | Constant::Boolean(_) | Constant::Integer(_) | Constant::Float(_)) | None => {
            format!(".K{key}?")
        }
    };
    match proto.feedback.get(slot as usize) {
        Some(FeedbackDescriptor::Field(key)) => key_text(key),
        Some(FeedbackDescriptor::Template(keys)) => {
            format!("{{{}}}", keys.iter().map(key_text).collect::<Vec<_>>().join(" "))
        }
        Some(FeedbackDescriptor::Index | FeedbackDescriptor::Call) | None => format!("@{slot}"),
    }
}
