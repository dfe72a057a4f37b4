//! aarch64 for [`super`]: decoding and text by `yaxpeax-arm`, with addresses put in.

use yaxpeax_arch::{Decoder, U8Reader};
use yaxpeax_arm::armv8::a64::{InstDecoder, Instruction as Decoded, Opcode, Operand, SizeCode};

use super::{CodeError, Instruction, MachineCode, Names, Step};
use crate::position::CodeOffset;

/// Bytes of every instruction.
const INSTRUCTION_BYTES: usize = 4;

/// Every instruction of the code; the index is the offset in words.
fn decode(code: &MachineCode) -> Result<Vec<Decoded>, CodeError> {
    let decoder = InstDecoder::default();
    let words = code.instructions().chunks(INSTRUCTION_BYTES).enumerate();
    words
        .map(|(index, word)| {
            let undecodable = CodeError::Undecodable { at: offset(index) };
            decoder.decode(&mut U8Reader::new(word)).map_err(|_| undecodable)
        })
        .collect()
}

fn offset(index: usize) -> CodeOffset {
    CodeOffset((index * INSTRUCTION_BYTES) as u32)
}

/// The operand relative to the instruction itself, if there is one, in bytes.
fn relative_operand(instruction: &Decoded) -> Option<i64> {
    instruction.operands.iter().find_map(|operand| match operand {
        Operand::PCOffset(distance_bytes) => Some(*distance_bytes),
        _ => None,
    })
}

fn is_direct_branch(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::B
            | Opcode::BL
            | Opcode::Bcc(_)
            | Opcode::BCcc(_)
            | Opcode::CBZ
            | Opcode::CBNZ
            | Opcode::TBZ
            | Opcode::TBNZ
    )
}

/// The address that instruction number `index` refers to, if it does so relative to itself.
fn target_address(code: &MachineCode, index: usize, instruction: &Decoded) -> Option<u64> {
    // `adrp` counts in pages from its own page: a page's address, not a place.
    let distance_bytes = relative_operand(instruction).filter(|_| instruction.opcode != Opcode::ADRP)?;
    Some(code.address.wrapping_add(u64::from(offset(index).0)).wrapping_add_signed(distance_bytes))
}

pub(super) fn steps(code: &MachineCode) -> Result<Vec<Step>, CodeError> {
    let step = |(index, instruction): (usize, &Decoded)| Step {
        offset: offset(index),
        target_address: target_address(code, index, instruction).filter(|_| is_direct_branch(instruction.opcode)),
    };
    Ok(decode(code)?.iter().enumerate().map(step).collect())
}

pub(super) fn instructions(code: &MachineCode, names: &dyn Names) -> Result<Vec<Instruction>, CodeError> {
    let decoded = decode(code)?;
    let mut texts: Vec<String> = decoded
        .iter()
        .enumerate()
        .map(|(index, instruction)| {
            let text = instruction.to_string();
            let target = target_address(code, index, instruction);
            match target.and_then(|address| code.name_of(address, names)) {
                // The decoder prints a relative operand last, as `$+0x8`.
                Some(name) => text.rfind('$').map_or(text.clone(), |start| format!("{}{name}", &text[..start])),
                None => text,
            }
        })
        .collect();
    name_constants(code, &decoded, names, &mut texts);
    Ok(texts.into_iter().enumerate().map(|(index, text)| Instruction { offset: offset(index), text }).collect())
}

/// A move of 16 bits into a 64-bit register.
struct MovePart {
    register: u16,
    bits: u16,
    shift: u8,
}

fn move_part(instruction: &Decoded) -> Option<MovePart> {
    match (instruction.operands[0], instruction.operands[1]) {
        (Operand::Register(SizeCode::X, register), Operand::ImmShift(bits, shift)) => {
            Some(MovePart { register, bits, shift })
        }
        _ => None,
    }
}

/// Addresses come in parts here: a `movz` and `movk`s into the same register. Where the whole has a name, each part is
/// shown as that part of the name, in the notation of the GNU assembler: `movk x0, #:abs_g1_nc:helper`.
fn name_constants(code: &MachineCode, decoded: &[Decoded], names: &dyn Names, texts: &mut [String]) {
    let mut index = 0;
    while index < decoded.len() {
        let start = index;
        index += 1;
        let Some(first) = move_part(&decoded[start]).filter(|_| decoded[start].opcode == Opcode::MOVZ) else {
            continue;
        };
        let mut value = u64::from(first.bits) << first.shift;
        while let Some(part) = decoded
            .get(index)
            .filter(|next| next.opcode == Opcode::MOVK)
            .and_then(move_part)
            .filter(|part| part.register == first.register)
        {
            value = value & !(0xffff << part.shift) | u64::from(part.bits) << part.shift;
            index += 1;
        }
        let Some(name) = code.name_of(value, names) else { continue };
        for at in start..index {
            let Some(part) = move_part(&decoded[at]) else { continue };
            let mnemonic = if at == start { "movz" } else { "movk" };
            texts[at] = format!("{mnemonic} x{}, #:abs_g{}_nc:{name}", part.register, part.shift / 16);
        }
    }
}
