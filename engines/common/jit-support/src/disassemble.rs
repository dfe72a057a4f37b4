//! Machine code as text, and the check that its branches make sense.
//!
//! A listing is stable: positions are relative to the start of the unit and addresses that the engine knows appear
//! under their names, so that a test can keep it and a diff shows what a change did. Both instruction sets can be
//! listed on every machine. This file must not know whose code it is; decoding is in the two modules below.

mod aarch64;
mod x86_64;

use std::collections::BTreeSet;
use std::fmt;
use std::fmt::Write as _;

use crate::map::{CodeMap, Origin};
use crate::position::{BytecodePc, CodeOffset};

/// An instruction set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// AMD64, also known as x64.
    X86_64,
    /// 64-bit Arm.
    Aarch64,
}

impl Architecture {
    /// The instruction set of this build.
    pub const HOST: Architecture =
        if cfg!(target_arch = "aarch64") { Architecture::Aarch64 } else { Architecture::X86_64 };
}

/// Machine code to look at.
#[derive(Debug, Clone, Copy)]
pub struct MachineCode<'a> {
    /// What it is made of.
    pub architecture: Architecture,
    /// Instructions, and behind them constants that they load.
    pub bytes: &'a [u8],
    /// The address of the first byte when it runs.
    pub address: u64,
    /// Where the instructions end and the constants begin.
    pub instruction_bytes: usize,
}

impl<'a> MachineCode<'a> {
    /// Code for this machine that runs where it lies and ends with `constant_bytes` of constants.
    ///
    /// # Panics
    /// If there are more constants than code.
    pub fn in_place(bytes: &'a [u8], constant_bytes: usize) -> MachineCode<'a> {
        MachineCode {
            architecture: Architecture::HOST,
            bytes,
            address: bytes.as_ptr().addr() as u64,
            instruction_bytes: bytes.len() - constant_bytes,
        }
    }

    fn instructions(&self) -> &'a [u8] {
        &self.bytes[..self.instruction_bytes]
    }

    /// Bytes between the instructions and the first constant.
    fn filling_bytes(&self) -> usize {
        let to_next_word = self.instruction_bytes.next_multiple_of(8) - self.instruction_bytes;
        to_next_word.min(self.bytes.len() - self.instruction_bytes)
    }

    /// The place of `address` in the code; `None` if it lies outside. The end of the code is outside.
    fn offset_of(&self, address: u64) -> Option<CodeOffset> {
        let offset = address.checked_sub(self.address).filter(|offset| *offset < self.bytes.len() as u64)?;
        u32::try_from(offset).ok().map(CodeOffset)
    }

    /// How a listing names an address: places in the code as `@` and the offset, others as the engine calls them.
    fn name_of(&self, address: u64, names: &dyn Names) -> Option<String> {
        match self.offset_of(address) {
            Some(offset) => Some(format!("@{offset}")),
            None => names.address(address),
        }
    }
}

/// What an engine calls what its code names by number. A function from addresses to names is one that knows nothing else.
pub trait Names {
    /// An address: a helper, an entry cell, a unit's control bytes. It is asked about numbers that may be no addresses,
    /// and answers only for those that it knows exactly.
    fn address(&self, address: u64) -> Option<String>;

    /// The bytecode instruction at `pc` as text, for the line in front of its code.
    fn bytecode(&self, _pc: BytecodePc) -> Option<String> {
        None
    }

    /// What an operand in memory is, relative to its base register. Only x86-64 asks.
    fn operand(&self, _operand: &MemoryOperand) -> Option<String> {
        None
    }
}

impl<F: Fn(u64) -> Option<String>> Names for F {
    fn address(&self, address: u64) -> Option<String> {
        self(address)
    }
}

/// Bytes in memory at a distance from the address in a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryOperand {
    /// The instruction.
    pub at: CodeOffset,
    /// The register, as listings call it.
    pub base: &'static str,
    /// Bytes from the address in the register.
    pub displacement: i64,
    /// Whether the instruction only computes the address, which may be arithmetic on what is none.
    pub is_computed_only: bool,
}

/// One line of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// Where it starts.
    pub offset: CodeOffset,
    /// Mnemonic and operands.
    pub text: String,
}

/// Where an instruction is and where it may jump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    offset: CodeOffset,
    /// The target of a direct branch or call.
    target_address: Option<u64>,
}

/// What is wrong with machine code. Always a bug in the compiler that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeError {
    /// There is no instruction with these bytes, or the last one is cut off.
    Undecodable {
        /// Where.
        at: CodeOffset,
    },
    /// A direct branch leaves the unit.
    LeavesUnit {
        /// The branch.
        at: CodeOffset,
        /// Its target, in bytes from the start of the unit.
        target: i64,
    },
    /// A direct branch leads into the middle of an instruction or into constants.
    BetweenInstructions {
        /// The branch.
        at: CodeOffset,
        /// Its target.
        target: CodeOffset,
    },
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CodeError::Undecodable { at } => write!(f, "the bytes at {at} are no instruction"),
            CodeError::LeavesUnit { at, target } => {
                write!(f, "the branch at {at} leaves the unit, to byte {target} from its start")
            }
            CodeError::BetweenInstructions { at, target } => {
                write!(f, "the branch at {at} leads to {target}, where no instruction starts")
            }
        }
    }
}

impl std::error::Error for CodeError {}

/// The instructions with their texts, in the order of the code. Constants are not among them.
///
/// # Errors
/// [`CodeError::Undecodable`].
pub fn instructions(code: &MachineCode, names: &dyn Names) -> Result<Vec<Instruction>, CodeError> {
    match code.architecture {
        Architecture::X86_64 => x86_64::instructions(code, names),
        Architecture::Aarch64 => aarch64::instructions(code, names),
    }
}

/// A text of one line an instruction, with its offset in front. Where the map says that code for another bytecode
/// instruction starts, a line in front says so: `; pc 3, line 12`, and what instruction that is, if `names` knows.
/// Constants follow as `.quad` and `.byte`. An address outside the unit that `names` does not know appears as a number.
///
/// # Errors
/// [`CodeError::Undecodable`].
pub fn listing(code: &MachineCode, map: Option<&CodeMap>, names: &dyn Names) -> Result<String, CodeError> {
    let mut text = String::new();
    // Code without an origin needs a heading only where code with one ends.
    let mut current: Option<Origin> = None;
    for Instruction { offset, text: instruction } in instructions(code, names)? {
        let origin = map.and_then(|map| map.origin(offset));
        if origin != current {
            current = origin;
            push_line(&mut text, &heading(origin, names));
        }
        push_line(&mut text, &format!("  {offset}  {instruction}"));
    }
    let mut offset = CodeOffset(code.instruction_bytes as u32);
    // Constants are aligned to their size, and what fills up to the first is none.
    let (filling, constants) = code.bytes[code.instruction_bytes..].split_at(code.filling_bytes());
    for constant in Some(filling).filter(|filling| !filling.is_empty()).into_iter().chain(constants.chunks(8)) {
        push_line(&mut text, &format!("  {offset}  {}", constant_text(code, constant, names)));
        offset = CodeOffset(offset.0 + constant.len() as u32);
    }
    Ok(text)
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn heading(origin: Option<Origin>, names: &dyn Names) -> String {
    match origin {
        Some(Origin { pc, line }) => {
            let bytecode = names.bytecode(pc).map(|text| format!(": {text}")).unwrap_or_default();
            format!("; pc {pc}, line {line}{bytecode}")
        }
        None => "; no bytecode".to_string(),
    }
}

/// One line of constants: a whole word, or the bytes of what is left.
fn constant_text(code: &MachineCode, constant: &[u8], names: &dyn Names) -> String {
    if let Ok(word) = <[u8; 8]>::try_from(constant) {
        let word = u64::from_le_bytes(word);
        return format!(".quad {}", code.name_of(word, names).unwrap_or_else(|| format!("{word:#018x}")));
    }
    let mut text = ".byte".to_string();
    for byte in constant {
        write!(text, " {byte:#04x}").expect("writing to a string cannot fail");
    }
    text
}

/// Checks that every instruction can be decoded and that every direct branch or call leads to the start of an
/// instruction of this unit. Calls out of a unit go through memory, so they have no direct target.
///
/// # Errors
/// [`CodeError`], the first one in the order of the code.
pub fn check_branches(code: &MachineCode) -> Result<(), CodeError> {
    let steps = match code.architecture {
        Architecture::X86_64 => x86_64::steps(code),
        Architecture::Aarch64 => aarch64::steps(code),
    }?;
    let starts: BTreeSet<CodeOffset> = steps.iter().map(|step| step.offset).collect();
    for Step { offset: at, target_address } in steps {
        let Some(address) = target_address else { continue };
        let Some(target) = code.offset_of(address) else {
            return Err(CodeError::LeavesUnit { at, target: address.wrapping_sub(code.address) as i64 });
        };
        if !starts.contains(&target) {
            return Err(CodeError::BetweenInstructions { at, target });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
