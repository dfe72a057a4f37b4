//! Encoding and decoding of instruction words. Knows where operands are, not what is done with them; that is in
//! [`crate::opcode`].

use crate::opcode::{Extra, Format, Opcode, OperandKind, Operation, Wide};

/// Index of a word in [`crate::FunctionProto::code`]. An instruction is named by its first word.
pub type Pc = u32;

/// Number of a register: its distance in slots from the frame's base.
pub type Register = u8;

/// The first word of an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Instruction(pub u32);

/// A value that an instruction names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    /// That of a register.
    Register(Register),
    /// A constant, by its index.
    Constant(u32),
    /// A number in the instruction.
    Number(i32),
}

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

    /// The value that operand A names.
    ///
    /// # Panics
    /// If the opcode's format has no value there; so do the two functions below.
    #[inline]
    pub fn operand_a(self) -> Operand {
        let operand = match self.opcode().format() {
            Format::Abc(a, _, _) | Format::Abx(a, _) => byte_operand(a, self.a()),
            Format::Sj => None,
        };
        operand.unwrap_or_else(|| self.no_operand("A"))
    }

    /// The value that operand B or Bx names.
    #[inline]
    pub fn operand_b(self) -> Operand {
        let operand = match self.opcode().format() {
            Format::Abc(_, b, _) => byte_operand(b, self.b()),
            Format::Abx(_, Wide::Constant | Wide::Numeric) => Some(Operand::Constant(self.bx().into())),
            Format::Abx(_, Wide::Signed) => Some(Operand::Number(self.sbx().into())),
            Format::Abx(_, Wide::Count) | Format::Sj => None,
        };
        operand.unwrap_or_else(|| self.no_operand("B"))
    }

    /// The value that operand C names.
    #[inline]
    pub fn operand_c(self) -> Operand {
        let operand = match self.opcode().format() {
            Format::Abc(_, _, c) => byte_operand(c, self.c()),
            Format::Abx(..) | Format::Sj => None,
        };
        operand.unwrap_or_else(|| self.no_operand("C"))
    }

    #[cold]
    fn no_operand(self, name: &str) -> ! {
        panic!("operand {name} of {} is no value", self.opcode().name())
    }

    /// The upvalue that the instruction names, if it names one.
    pub fn upvalue(self) -> Option<u8> {
        match self.opcode().format() {
            Format::Abc(OperandKind::Upvalue, _, _) | Format::Abx(OperandKind::Upvalue, _) => Some(self.a()),
            Format::Abc(_, OperandKind::Upvalue, _) => Some(self.b()),
            Format::Abc(..) | Format::Abx(..) | Format::Sj => None,
        }
    }

    /// What a return gives: the first register, and the number of values plus one, or 0 for up to the top.
    pub fn returned(self) -> (Register, u8) {
        match self.opcode().format() {
            Format::Abc(OperandKind::Group, _, _) => (self.a(), self.b()),
            Format::Abc(OperandKind::Read, _, _) => (self.a(), 2),
            Format::Abc(..) | Format::Abx(..) | Format::Sj => (0, 1),
        }
    }
}

#[inline]
fn byte_operand(kind: OperandKind, bits: u8) -> Option<Operand> {
    match kind {
        OperandKind::Read => Some(Operand::Register(bits)),
        OperandKind::Constant | OperandKind::Numeric => Some(Operand::Constant(bits.into())),
        OperandKind::Signed => Some(Operand::Number(bits.cast_signed().into())),
        OperandKind::Unsigned => Some(Operand::Number(bits.into())),
        OperandKind::Unused | OperandKind::Write | OperandKind::Group | OperandKind::Upvalue | OperandKind::Count => {
            None
        }
    }
}

/// The index of the constant that the load at `pc` gives its register.
pub fn loaded_constant(code: &[u32], pc: Pc) -> u32 {
    let instruction = Instruction(code[pc as usize]);
    match instruction.opcode().extra() {
        Extra::Constant => code[pc as usize + 1],
        Extra::None | Extra::Jump | Extra::Slot(_) | Extra::Proto | Extra::Count => instruction.bx().into(),
    }
}

/// Where the jump of the instruction at `pc` goes, if it has one: a word index, which is negative or past the end only
/// in code that the verifier rejects.
pub fn jump_target(code: &[u32], pc: Pc) -> Option<i64> {
    let instruction = Instruction(code[pc as usize]);
    let opcode = instruction.opcode();
    let next = i64::from(pc) + i64::from(opcode.words());
    if opcode.operation() == Operation::LoadFalseSkip {
        return Some(next + 1);
    }
    match (opcode.format(), opcode.extra()) {
        (Format::Sj, _) => Some(next + i64::from(instruction.distance())),
        (Format::Abc(..) | Format::Abx(..), Extra::Jump) => Some(next + i64::from(code[pc as usize + 1] as i32)),
        (
            Format::Abc(..) | Format::Abx(..),
            Extra::None | Extra::Slot(_) | Extra::Constant | Extra::Proto | Extra::Count,
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
