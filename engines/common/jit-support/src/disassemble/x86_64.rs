//! x86-64 for [`super`]: decoding and Intel-syntax text by `iced-x86`.

use std::collections::HashMap;

use iced_x86::{
    Decoder, DecoderOptions, Formatter, Instruction as Decoded, IntelFormatter, Mnemonic, OpKind, Register,
    SymbolResolver, SymbolResult,
};

use super::{CodeError, Instruction, MachineCode, MemoryOperand, Names, Step};
use crate::position::CodeOffset;

/// Every instruction of the code.
fn decode(code: &MachineCode) -> Result<Vec<Decoded>, CodeError> {
    let mut decoder = Decoder::with_ip(64, code.instructions(), code.address, DecoderOptions::NONE);
    let mut all = Vec::new();
    while decoder.can_decode() {
        let instruction = decoder.decode();
        if instruction.is_invalid() {
            return Err(CodeError::Undecodable { at: offset(code, &instruction) });
        }
        all.push(instruction);
    }
    Ok(all)
}

fn offset(code: &MachineCode, instruction: &Decoded) -> CodeOffset {
    CodeOffset((instruction.ip() - code.address) as u32)
}

pub(super) fn steps(code: &MachineCode) -> Result<Vec<Step>, CodeError> {
    let step = |instruction: &Decoded| Step {
        offset: offset(code, instruction),
        // Direct branches and calls have one operand.
        target_address: is_near_branch(instruction.op0_kind()).then(|| instruction.near_branch_target()),
    };
    Ok(decode(code)?.iter().map(step).collect())
}

fn is_near_branch(kind: OpKind) -> bool {
    matches!(kind, OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64)
}

/// The address that an operand is for sure: a branch target, memory without a base register that changes, a constant of
/// 64 bits. A shorter constant or a displacement from a register that happens to equal an address is none.
fn address_operand(instruction: &Decoded, operand: u32) -> Option<u64> {
    let kind = instruction.op_kind(operand);
    if is_near_branch(kind) {
        return Some(instruction.near_branch_target());
    }
    match kind {
        OpKind::Immediate64 => Some(instruction.immediate64()),
        OpKind::Memory if instruction.is_ip_rel_memory_operand() => Some(instruction.ip_rel_memory_address()),
        OpKind::Memory
            if instruction.memory_base() == Register::None && instruction.memory_index() == Register::None =>
        {
            Some(instruction.memory_displacement64())
        }
        _ => None,
    }
}

/// The operand in memory of an instruction, if it is relative to a register alone.
fn memory_operand(code: &MachineCode, instruction: &Decoded) -> Option<MemoryOperand> {
    let has_memory = (0..instruction.op_count()).any(|operand| instruction.op_kind(operand) == OpKind::Memory);
    let base = instruction.memory_base();
    if !has_memory || instruction.memory_index() != Register::None {
        return None;
    }
    let displacement = instruction.memory_displacement64().cast_signed();
    let is_computed_only = instruction.mnemonic() == Mnemonic::Lea;
    Some(MemoryOperand { at: offset(code, instruction), base: name_of_register(base)?, displacement, is_computed_only })
}

/// A general register as listings call it.
fn name_of_register(register: Register) -> Option<&'static str> {
    const NAMES: [&str; 16] =
        ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];
    NAMES.get((register as usize).checked_sub(Register::RAX as usize)?).copied()
}

/// The names in one piece of code. The formatter wants a resolver that borrows nothing, so they are looked up before.
struct KnownNames {
    /// By address.
    addresses: HashMap<u64, String>,
    /// What the operand in memory is, by the address of the instruction.
    operands: HashMap<u64, String>,
}

impl KnownNames {
    fn new(code: &MachineCode, decoded: &[Decoded], names: &dyn Names) -> KnownNames {
        let operands =
            decoded.iter().flat_map(|instruction| (0..instruction.op_count()).map(move |i| (instruction, i)));
        let addresses = operands.filter_map(|(instruction, operand)| address_operand(instruction, operand));
        let addresses = addresses.filter_map(|address| Some((address, code.name_of(address, names)?))).collect();
        let operand = |instruction: &Decoded| names.operand(&memory_operand(code, instruction)?);
        let operands =
            decoded.iter().filter_map(|instruction| Some((instruction.ip(), operand(instruction)?))).collect();
        KnownNames { addresses, operands }
    }
}

impl SymbolResolver for KnownNames {
    fn symbol(
        &mut self,
        instruction: &Decoded,
        _operand: u32,
        instruction_operand: Option<u32>,
        address: u64,
        _address_size: u32,
    ) -> Option<SymbolResult<'_>> {
        // An operand that the formatter made up is no address.
        let operand = instruction_operand?;
        let name = match address_operand(instruction, operand) {
            Some(known) => self.addresses.get(&known)?,
            None if instruction.op_kind(operand) == OpKind::Memory => self.operands.get(&instruction.ip())?,
            None => return None,
        };
        Some(SymbolResult::with_str(address, name))
    }
}

pub(super) fn instructions(code: &MachineCode, names: &dyn Names) -> Result<Vec<Instruction>, CodeError> {
    let decoded = decode(code)?;
    let known = KnownNames::new(code, &decoded, names);
    let mut formatter = IntelFormatter::with_options(Some(Box::new(known)), None);
    let options = formatter.options_mut();
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_uppercase_hex(false);
    options.set_branch_leading_zeros(false);
    options.set_show_branch_size(false);
    options.set_space_after_operand_separator(true);
    let text_of = |instruction: &Decoded| {
        let mut text = String::new();
        formatter.format(instruction, &mut text);
        Instruction { offset: offset(code, instruction), text }
    };
    Ok(decoded.iter().map(text_of).collect())
}
