//! Encoding and decoding of instruction words. Knows bit positions, not meanings; those are in [`crate::opcode`].

use crate::opcode::Opcode;

/// Index of a word in [`crate::FunctionProto::code`]. An instruction is named by its first word.
pub type Pc = u32;

/// Number of a register: its distance in slots from the frame's base.
pub type Register = u8;

/// The first word of an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Instruction(pub u32);

/// Largest and smallest distance of a `JUMP` or `LOOPJUMP`, in words.
pub const MAX_SJ: i32 = (1 << 23) - 1;

impl Instruction {
    /// An instruction with three 8-bit operands.
    #[inline]
    pub const fn abc(opcode: Opcode, a: u8, b: u8, c: u8) -> Instruction {
        Instruction(opcode as u32 | (a as u32) << 8 | (b as u32) << 16 | (c as u32) << 24)
    }

    /// An instruction with an 8-bit and a 16-bit operand.
    #[inline]
    pub const fn abx(opcode: Opcode, a: u8, bx: u16) -> Instruction {
        Instruction(opcode as u32 | (a as u32) << 8 | (bx as u32) << 16)
    }

    /// A jump by `distance` words, in `-MAX_SJ..=MAX_SJ`.
    #[inline]
    pub const fn sj(opcode: Opcode, distance: i32) -> Instruction {
        Instruction(opcode as u32 | (distance as u32) << 8)
    }

    /// The opcode, or `None` if the lowest byte is no opcode's number.
    #[inline]
    pub fn try_opcode(self) -> Option<Opcode> {
        Opcode::ALL.get((self.0 & 0xff) as usize).copied()
    }

    /// The opcode.
    ///
    /// # Panics
    /// If the word is not the first word of an instruction and its lowest byte is no opcode's number.
    #[inline]
    pub fn opcode(self) -> Opcode {
        Opcode::ALL[(self.0 & 0xff) as usize]
    }

    /// Operand A.
    #[inline(always)]
    pub const fn a(self) -> u8 {
        (self.0 >> 8) as u8
    }

    /// Operand B.
    #[inline(always)]
    pub const fn b(self) -> u8 {
        (self.0 >> 16) as u8
    }

    /// Operand C.
    #[inline(always)]
    pub const fn c(self) -> u8 {
        (self.0 >> 24) as u8
    }

    /// Operand C as a signed number.
    #[inline(always)]
    pub const fn sc(self) -> i8 {
        self.c() as i8
    }

    /// The 16-bit operand.
    #[inline(always)]
    pub const fn bx(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// The 16-bit operand as a signed number.
    #[inline(always)]
    pub const fn sbx(self) -> i16 {
        self.bx() as i16
    }

    /// The 24-bit jump distance.
    #[inline(always)]
    pub const fn distance(self) -> i32 {
        (self.0 as i32) >> 8
    }
}

/// Where the jump of the instruction at `pc` goes, if it has one: a word index, which is negative or past the end only
/// in code that the verifier rejects.
pub fn jump_target(code: &[u32], pc: Pc) -> Option<i64> {
    use crate::opcode::{Extra, Format};
    let instruction = Instruction(code[pc as usize]);
    let opcode = instruction.opcode();
    let next = i64::from(pc) + i64::from(opcode.words());
    if opcode == Opcode::LoadFalseSkip {
        return Some(next + 1);
    }
    match (opcode.format(), opcode.extra()) {
        (Format::Sj, _) => Some(next + i64::from(instruction.distance())),
        (Format::Abc(..) | Format::Abx(..), Extra::Jump) => Some(next + i64::from(code[pc as usize + 1] as i32)),
        (
            Format::Abc(..) | Format::Abx(..),
            Extra::None | Extra::Slot | Extra::Constant | Extra::Proto | Extra::Count,
        ) => None,
    }
}

/// The instructions of `code` in order: the index and the first word of each.
pub fn instructions(code: &[u32]) -> impl Iterator<Item = (Pc, Instruction)> + '_ {
    instructions_from(code, 0)
}

/// The same from an instruction on.
pub fn instructions_from(code: &[u32], start: Pc) -> impl Iterator<Item = (Pc, Instruction)> + '_ {
    let mut pc = start;
    std::iter::from_fn(move || {
        let instruction = Instruction(*code.get(pc as usize)?);
        let at = pc;
        pc += instruction.opcode().words();
        Some((at, instruction))
    })
}

#[cfg(test)]
mod tests;
