//! Emitting words: instructions, jumps and their patching, constants, feedback slots, temporaries.

use std::collections::HashMap;

use lua_syntax::ast;

use crate::instruction::{Instruction, MAX_SJ, Pc, Register, instructions, jump_target};
use crate::opcode::Opcode;
use crate::proto::{Constant, FeedbackDescriptor};

use super::{CompileError, FunctionCompiler};

/// Most words of code in one function: the distance in an extra word must reach from one end to the other.
const MAX_CODE_WORDS: usize = i32::MAX as usize;
/// Most constants in one function: PUC Lua's limit.
const MAX_CONSTANTS: usize = (1 << 25) - 1;
/// Most registers of one function.
const MAX_REGISTERS: Register = 255;

/// Jumps whose target is not known yet, by the index of their first word.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct JumpList(Vec<Pc>);

impl JumpList {
    pub(super) fn append(&mut self, mut other: JumpList) {
        self.0.append(&mut other.0);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The constants of a function, each once.
#[derive(Debug, Default)]
pub(super) struct ConstantPool {
    constants: Vec<Constant>,
    indices: HashMap<Key, u32>,
}

/// A constant by identity: `1` and `1.0` differ, and so do `0.0` and `-0.0`.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    Nil,
    Boolean(bool),
    Integer(i64),
    Float(u64),
    String(ast::Bytes),
}

impl ConstantPool {
    pub(super) fn finish(self) -> Vec<Constant> {
        self.constants
    }
}

impl FunctionCompiler<'_> {
    /// The index of the next word.
    pub(super) fn pc(&self) -> Pc {
        self.code.len() as Pc
    }

    fn push(&mut self, word: u32) -> Result<(), CompileError> {
        if self.code.len() >= MAX_CODE_WORDS {
            return self.error(format!("too many opcodes (limit is {MAX_CODE_WORDS}) in {}", self.described()));
        }
        self.lines.set(self.pc(), self.line);
        self.code.push(word);
        Ok(())
    }

    fn emit(&mut self, instruction: Instruction) -> Result<Pc, CompileError> {
        let pc = self.pc();
        self.push(instruction.0)?;
        self.last_instruction = Some(pc);
        Ok(pc)
    }

    pub(super) fn emit_abc(&mut self, opcode: Opcode, a: u8, b: u8, c: u8) -> Result<(), CompileError> {
        self.emit(Instruction::abc(opcode, a, b, c)).map(drop)
    }

    pub(super) fn emit_abx(&mut self, opcode: Opcode, a: u8, bx: u16) -> Result<(), CompileError> {
        self.emit(Instruction::abx(opcode, a, bx)).map(drop)
    }

    /// An instruction of two words.
    pub(super) fn emit_extra(&mut self, instruction: Instruction, extra: u32) -> Result<Pc, CompileError> {
        let pc = self.emit(instruction)?;
        self.push(extra)?;
        Ok(pc)
    }

    // Jumps.

    /// A forward jump that is always taken.
    pub(super) fn emit_jump(&mut self) -> Result<JumpList, CompileError> {
        Ok(JumpList(vec![self.emit(Instruction::sj(Opcode::Jump, 0))?]))
    }

    /// An instruction that jumps forward by its extra word.
    pub(super) fn emit_branch(&mut self, instruction: Instruction) -> Result<JumpList, CompileError> {
        Ok(JumpList(vec![self.emit_extra(instruction, 0)?]))
    }

    /// A `LOOPJUMP` to `header`.
    pub(super) fn emit_loop_jump(&mut self, header: Pc) -> Result<Pc, CompileError> {
        let pc = self.emit(Instruction::sj(Opcode::LoopJump, 0))?;
        self.set_target(pc, header);
        Ok(pc)
    }

    /// An instruction that jumps back to `header` by its extra word.
    pub(super) fn emit_branch_back(&mut self, instruction: Instruction, header: Pc) -> Result<Pc, CompileError> {
        let pc = self.pc();
        self.emit_extra(instruction, (header as i32 - (pc as i32 + 2)) as u32)
    }

    /// Lets the jumps land on the next instruction.
    pub(super) fn patch_here(&mut self, jumps: JumpList) {
        if jumps.0.is_empty() {
            return;
        }
        let target = self.mark_target();
        for pc in jumps.0 {
            self.set_target(pc, target);
        }
    }

    /// Says that something will jump to the next instruction, and returns its index.
    pub(super) fn mark_target(&mut self) -> Pc {
        self.last_target = self.pc();
        self.last_target
    }

    /// Lets the jump at `pc` go to `target`. A `JUMP` or `LOOPJUMP` that cannot reach so far is noted, and the function is
    /// refused in the end.
    fn set_target(&mut self, pc: Pc, target: Pc) {
        let opcode = Instruction(self.code[pc as usize]).opcode();
        let distance = target as i32 - (pc + opcode.words()) as i32;
        if opcode.words() == 2 {
            self.code[pc as usize + 1] = distance as u32;
        } else if (-MAX_SJ..=MAX_SJ).contains(&distance) {
            self.code[pc as usize] = Instruction::sj(opcode, distance).0;
        } else if self.too_long.is_none() {
            self.too_long = Some(self.make_error("control structure too long"));
        }
    }

    /// Lets every jump that lands on an unconditional jump go where that one goes.
    ///
    /// Preserves: the instructions executed are the same but for the jumps skipped. A conditional jump is never led
    /// over a back-edge, since back-edges must be polled; a `JUMP` that lands on one becomes a `LOOPJUMP` itself, unless
    /// both together still go forward.
    pub(super) fn thread_jumps(&mut self) {
        let jumps: Vec<Pc> = instructions(&self.code).map(|(pc, _)| pc).collect();
        for pc in jumps {
            let opcode = Instruction(self.code[pc as usize]).opcode();
            if opcode == Opcode::LoadFalseSkip || opcode.is_back_edge() {
                continue;
            }
            let Some(first) = jump_target(&self.code, pc) else { continue };
            let mut target = first as Pc;
            while let Some(next) = self.unconditional(target, Opcode::Jump) {
                target = next;
            }
            let is_jump = opcode == Opcode::Jump;
            match self.unconditional(target, Opcode::LoopJump) {
                Some(header) if is_jump && reaches(pc, header) => {
                    let opcode = if header <= pc { Opcode::LoopJump } else { Opcode::Jump };
                    self.code[pc as usize] = Instruction::sj(opcode, 0).0;
                    self.set_target(pc, header);
                }
                Some(_) | None if is_jump && !reaches(pc, target) => {}
                Some(_) | None => self.set_target(pc, target),
            }
        }
    }

    /// Where the instruction at `pc` jumps if it has this unconditional opcode. `JUMP`s go forward only, so following
    /// them comes to an end.
    fn unconditional(&self, pc: Pc, opcode: Opcode) -> Option<Pc> {
        let word = *self.code.get(pc as usize)?;
        if Instruction(word).opcode() == opcode { jump_target(&self.code, pc).map(|target| target as Pc) } else { None }
    }

    // Constants and feedback.

    fn add_constant(&mut self, key: Key, constant: Constant) -> Result<u32, CompileError> {
        if let Some(index) = self.constants.indices.get(&key) {
            return Ok(*index);
        }
        let index = self.constants.constants.len();
        if index >= MAX_CONSTANTS {
            return self.error(format!("too many constants (limit is {MAX_CONSTANTS}) in {}", self.described()));
        }
        self.constants.constants.push(constant);
        self.constants.indices.insert(key, index as u32);
        Ok(index as u32)
    }

    pub(super) fn constant(&mut self, constant: &ast::Constant) -> Result<u32, CompileError> {
        match constant {
            ast::Constant::Nil => self.add_constant(Key::Nil, Constant::Nil),
            ast::Constant::Boolean(value) => self.add_constant(Key::Boolean(*value), Constant::Boolean(*value)),
            ast::Constant::Integer(value) => self.add_constant(Key::Integer(*value), Constant::Integer(*value)),
            ast::Constant::Float(value) => self.add_constant(Key::Float(value.to_bits()), Constant::Float(*value)),
            ast::Constant::String(bytes) => self.string_constant(bytes),
        }
    }

    pub(super) fn string_constant(&mut self, bytes: &ast::Bytes) -> Result<u32, CompileError> {
        self.add_constant(Key::String(bytes.clone()), Constant::String(bytes.clone()))
    }

    /// The index of a constant if it fits an 8-bit operand.
    pub(super) fn byte_constant(&mut self, constant: &ast::Constant) -> Result<Option<u8>, CompileError> {
        Ok(u8::try_from(self.constant(constant)?).ok())
    }

    /// The index of a constant if it fits a 16-bit operand.
    pub(super) fn wide_constant(&mut self, constant: &ast::Constant) -> Result<Option<u16>, CompileError> {
        Ok(u16::try_from(self.constant(constant)?).ok())
    }

    /// A new feedback slot.
    pub(super) fn slot(&mut self, descriptor: FeedbackDescriptor) -> u32 {
        self.feedback.push(descriptor);
        self.feedback.len() as u32 - 1
    }

    /// A new feedback slot for the field `name`.
    pub(super) fn field_slot(&mut self, name: &ast::Bytes) -> Result<u32, CompileError> {
        let key = self.string_constant(name)?;
        Ok(self.slot(FeedbackDescriptor::Field(key)))
    }

    // Registers.

    /// The next free register, now in use.
    pub(super) fn allocate(&mut self) -> Result<Register, CompileError> {
        self.allocate_many(1)
    }

    /// The first of `count` consecutive registers, now in use.
    pub(super) fn allocate_many(&mut self, count: u32) -> Result<Register, CompileError> {
        let first = self.free;
        let end = u32::from(first) + count;
        if end > u32::from(MAX_REGISTERS) {
            return self.error("function or expression needs too many registers");
        }
        self.free = end as Register;
        self.max_stack = self.max_stack.max(self.free);
        Ok(first)
    }

    /// Makes sure that `count` registers above the ones in use exist, without taking them.
    pub(super) fn reserve(&mut self, count: u32) -> Result<(), CompileError> {
        let free = self.free;
        self.allocate_many(count)?;
        self.free = free;
        Ok(())
    }

    /// Frees every register from `level` on.
    pub(super) fn free_to(&mut self, level: Register) {
        debug_assert!(level <= self.free, "registers are freed in the reverse order of allocation");
        self.free = level;
    }

    // Loads.

    pub(super) fn emit_move(&mut self, to: Register, from: Register) -> Result<(), CompileError> {
        if to == from { Ok(()) } else { self.emit_abc(Opcode::Move, to, from, 0) }
    }

    /// Sets `count` registers to nil, together with the ones that the instruction before has set if they adjoin.
    pub(super) fn emit_nil(&mut self, first: Register, count: u8) -> Result<(), CompileError> {
        if let Some(pc) = self.last_instruction
            && self.pc() > self.last_target
        {
            let previous = Instruction(self.code[pc as usize]);
            if previous.opcode() == Opcode::LoadNil
                && u32::from(previous.a()) + u32::from(previous.b()) == u32::from(first)
            {
                let both = previous.b() + count;
                self.code[pc as usize] = Instruction::abc(Opcode::LoadNil, previous.a(), both, 0).0;
                return Ok(());
            }
        }
        self.emit_abc(Opcode::LoadNil, first, count, 0)
    }

    /// Loads a constant into a register.
    pub(super) fn emit_constant(&mut self, to: Register, constant: &ast::Constant) -> Result<(), CompileError> {
        match constant {
            ast::Constant::Nil => self.emit_nil(to, 1),
            ast::Constant::Boolean(true) => self.emit_abc(Opcode::LoadTrue, to, 0, 0),
            ast::Constant::Boolean(false) => self.emit_abc(Opcode::LoadFalse, to, 0, 0),
            ast::Constant::Integer(value) => match i16::try_from(*value) {
                Ok(small) => self.emit_abx(Opcode::LoadInteger, to, small as u16),
                Err(_) => self.emit_pooled(to, constant),
            },
            ast::Constant::Float(value) => match small_integral(*value) {
                Some(small) => self.emit_abx(Opcode::LoadFloat, to, small as u16),
                None => self.emit_pooled(to, constant),
            },
            ast::Constant::String(_) => self.emit_pooled(to, constant),
        }
    }

    fn emit_pooled(&mut self, to: Register, constant: &ast::Constant) -> Result<(), CompileError> {
        let index = self.constant(constant)?;
        match u16::try_from(index) {
            Ok(index) => self.emit_abx(Opcode::LoadConstant, to, index),
            Err(_) => self.emit_extra(Instruction::abc(Opcode::LoadConstantWide, to, 0, 0), index).map(drop),
        }
    }
}

/// Whether a `JUMP` or `LOOPJUMP` at `pc` can go to `target`.
fn reaches(pc: Pc, target: Pc) -> bool {
    (i64::from(target) - i64::from(pc) - 1).abs() <= i64::from(MAX_SJ)
}

/// The 16-bit integer that a float equals, if there is one. Not for -0.0, which no integer is.
fn small_integral(value: f64) -> Option<i16> {
    let small = value as i16;
    (f64::from(small) == value && (small != 0 || value.is_sign_positive())).then_some(small)
}
