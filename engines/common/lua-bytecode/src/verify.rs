//! Checks that a function's code is well formed: everything that an engine relies on when it runs code without checks.
//!
//! Precondition: none, any words may be given. Postcondition of `Ok`: every word is part of an instruction with a
//! known opcode; registers are below [`FunctionProto::max_stack`]; constants, upvalues, nested functions and feedback
//! slots exist and are of the kind that the opcode needs; jumps land on instructions and go backward only at
//! back-edges; a multiple result is used by the instruction right behind; control cannot run off the end; the loop
//! table names exactly the back-edges, and counts the registers of all variables that are active at a loop's header.

use std::collections::HashMap;
use std::fmt;

use crate::effects::{Count, effects};
use crate::instruction::{Instruction, Pc, jump_target};
use crate::opcode::{Extra, Format, OperandKind, Operation, SlotKind, Wide};
use crate::proto::{Constant, FeedbackDescriptor, FunctionProto, LocalVariable, Storage, UpvalueSource};

/// What is wrong with a function's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyError {
    /// The function's name and defining line.
    pub function: String,
    /// The instruction.
    pub pc: Pc,
    /// What is wrong.
    pub problem: String,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bad bytecode in {} at {}: {}", self.function, self.pc, self.problem)
    }
}

impl std::error::Error for VerifyError {}

/// Checks `proto` and every function inside it.
///
/// # Errors
/// The first violation found.
pub fn verify(proto: &FunctionProto) -> Result<(), VerifyError> {
    Verifier { proto, starts: Vec::new(), targets: Vec::new() }.run()?;
    for inner in &proto.protos {
        verify_captures(proto, inner)?;
        verify(inner)?;
    }
    Ok(())
}

struct Verifier<'a> {
    proto: &'a FunctionProto,
    /// For each word: whether an instruction starts there.
    starts: Vec<bool>,
    /// For each word: whether something jumps there.
    targets: Vec<bool>,
}

impl Verifier<'_> {
    fn run(&mut self) -> Result<(), VerifyError> {
        self.find_starts()?;
        self.check_jumps()?;
        let mut pc = 0;
        let mut previous = None;
        while (pc as usize) < self.proto.code.len() {
            let instruction = self.instruction(pc);
            self.check_operands(pc, instruction)?;
            self.check_extra(pc, instruction)?;
            self.check_registers(pc, instruction)?;
            self.check_top(pc, instruction, previous)?;
            previous = Some(instruction);
            pc += instruction.opcode().words();
        }
        match previous {
            Some(last) if last.opcode().ends_path() && !sets_top(last) => {}
            Some(_) | None => return self.fail(pc, "control can run off the end"),
        }
        self.check_tables()
    }

    fn fail<T>(&self, pc: Pc, problem: impl Into<String>) -> Result<T, VerifyError> {
        let function = format!("{}:{}", self.proto.name, self.proto.line_defined);
        Err(VerifyError { function, pc, problem: problem.into() })
    }

    fn instruction(&self, pc: Pc) -> Instruction {
        Instruction(self.proto.code[pc as usize])
    }

    fn find_starts(&mut self) -> Result<(), VerifyError> {
        let length = self.proto.code.len();
        self.starts = vec![false; length];
        self.targets = vec![false; length];
        let mut pc = 0;
        while pc < length {
            let Some(opcode) = Instruction(self.proto.code[pc]).try_opcode() else {
                return self.fail(pc as Pc, "unknown opcode");
            };
            self.starts[pc] = true;
            pc += opcode.words() as usize;
        }
        if pc > length { self.fail(length as Pc, "the last instruction is cut off") } else { Ok(()) }
    }

    fn check_jumps(&mut self) -> Result<(), VerifyError> {
        for pc in 0..self.proto.code.len() as Pc {
            if !self.starts[pc as usize] {
                continue;
            }
            let Some(target) = jump_target(&self.proto.code, pc) else { continue };
            let is_start = usize::try_from(target).ok().and_then(|index| self.starts.get(index)) == Some(&true);
            if !is_start {
                return self.fail(pc, format!("jump to {target}, where no instruction starts"));
            }
            let backward = target <= i64::from(pc);
            if backward != self.instruction(pc).opcode().is_back_edge() {
                return self.fail(pc, format!("jump to {target} in the wrong direction"));
            }
            self.targets[target as usize] = true;
        }
        Ok(())
    }

    fn check_operands(&self, pc: Pc, instruction: Instruction) -> Result<(), VerifyError> {
        let (a, rest) = match instruction.opcode().format() {
            Format::Abc(a, b, c) => (a, [(b, instruction.b()), (c, instruction.c())]),
            Format::Abx(a, wide) => {
                self.check_wide(pc, instruction, wide)?;
                (a, [(OperandKind::Unused, 0), (OperandKind::Unused, 0)])
            }
            Format::Sj => return Ok(()),
        };
        for (operand, value) in [(a, instruction.a())].into_iter().chain(rest) {
            match operand {
                OperandKind::Unused if value != 0 => return self.fail(pc, "unused operand is not 0"),
                OperandKind::Constant => self.check_constant(pc, u32::from(value))?,
                OperandKind::Numeric => self.check_number(pc, u32::from(value))?,
                OperandKind::Upvalue if usize::from(value) >= self.proto.upvalues.len() => {
                    return self.fail(pc, format!("no upvalue {value}"));
                }
                OperandKind::Unused
                | OperandKind::Upvalue
                | OperandKind::Read
                | OperandKind::Write
                | OperandKind::Group
                | OperandKind::Signed
                | OperandKind::Unsigned
                | OperandKind::Count => {}
            }
        }
        Ok(())
    }

    fn check_wide(&self, pc: Pc, instruction: Instruction, wide: Wide) -> Result<(), VerifyError> {
        match wide {
            Wide::Constant => self.check_constant(pc, instruction.bx().into()),
            Wide::Numeric => self.check_number(pc, instruction.bx().into()),
            Wide::Signed | Wide::Count => Ok(()),
        }
    }

    fn check_constant(&self, pc: Pc, index: u32) -> Result<(), VerifyError> {
        match self.proto.constants.get(index as usize) {
            Some(_) => Ok(()),
            None => self.fail(pc, format!("no constant {index}")),
        }
    }

    fn check_number(&self, pc: Pc, index: u32) -> Result<(), VerifyError> {
        match self.proto.constants.get(index as usize) {
            None => self.fail(pc, format!("no constant {index}")),
            Some(Constant::Integer(_) | Constant::Float(_)) => Ok(()),
            Some(Constant::Nil | Constant::Boolean(_) | Constant::String(_)) => {
                self.fail(pc, format!("constant {index} is no number"))
            }
        }
    }

    fn check_extra(&self, pc: Pc, instruction: Instruction) -> Result<(), VerifyError> {
        let opcode = instruction.opcode();
        let extra = || self.proto.code[pc as usize + 1];
        match opcode.extra() {
            Extra::None | Extra::Jump | Extra::Count => Ok(()),
            Extra::Constant => self.check_constant(pc, extra()),
            Extra::Proto if (extra() as usize) < self.proto.protos.len() => Ok(()),
            Extra::Proto => self.fail(pc, format!("no nested function {}", extra())),
            Extra::Slot(kind) => {
                let descriptor = self.proto.feedback.get(extra() as usize);
                if descriptor.is_some_and(|descriptor| kind_of(descriptor) == kind) {
                    Ok(())
                } else {
                    self.fail(pc, format!("no fitting feedback slot {}", extra()))
                }
            }
        }
    }

    fn check_registers(&self, pc: Pc, instruction: Instruction) -> Result<(), VerifyError> {
        let limit = u32::from(self.proto.max_stack);
        let effects = effects(instruction);
        for span in effects.reads.into_iter().chain(effects.writes).flatten() {
            let end = match span.count {
                Count::Fixed(count) => span.first + count,
                Count::ToTop => span.first,
            };
            if end > limit {
                return self.fail(pc, format!("registers {}..{end} of {limit}", span.first));
            }
        }
        if instruction.opcode().operation() == Operation::Concat && instruction.b() < 2 {
            return self.fail(pc, "concatenation of fewer than two values");
        }
        Ok(())
    }

    /// A multiple result must be used right behind where it is made, with no other way in between.
    fn check_top(&self, pc: Pc, instruction: Instruction, previous: Option<Instruction>) -> Result<(), VerifyError> {
        let top_is_set = previous.is_some_and(sets_top) && !self.targets[pc as usize];
        match (top_is_set, effects(instruction).uses_top()) {
            (false, true) => self.fail(pc, "use of a top that was not set"),
            (true, false) => self.fail(pc, "a multiple result is not used"),
            (true, true) | (false, false) => Ok(()),
        }
    }

    /// A collection at a back-edge forgets the registers that the loop table does not count.
    fn check_loop_registers(&self) -> Result<(), VerifyError> {
        let proto = self.proto;
        let is_sorted = proto.locals.is_sorted_by_key(|local| local.start_pc)
            && proto.loops.is_sorted_by_key(|entry| entry.header_pc);
        if !is_sorted {
            return self.fail(0, "the loops or the variables are not in the order of the code");
        }
        // One that begins at the header, as that of a `local function`, has no value there yet.
        let mut locals = proto.locals.iter().peekable();
        let mut with_values: Vec<&LocalVariable> = Vec::new();
        for entry in &proto.loops {
            with_values.extend(std::iter::from_fn(|| locals.next_if(|local| local.start_pc < entry.header_pc)));
            with_values.retain(|local| entry.header_pc < local.end_pc);
            let counted = proto.registers_at_header(entry.header_pc);
            let is_counted = |local: &&LocalVariable| match local.storage {
                Storage::Register(register) | Storage::Cell(register) => u32::from(register) < counted,
                Storage::RegisterAndCell { register, cell } => u32::from(register.max(cell)) < counted,
            };
            if !with_values.iter().all(is_counted) {
                return self.fail(entry.header_pc, "a variable in a register that the loop table does not count");
            }
        }
        Ok(())
    }

    fn check_tables(&self) -> Result<(), VerifyError> {
        let proto = self.proto;
        let mut last_edges: HashMap<Pc, Pc> = HashMap::new();
        for entry in &proto.loops {
            let last = last_edges.entry(entry.header_pc).or_default();
            *last = entry.back_edge_pc.max(*last);
        }
        for pc in 0..proto.code.len() as Pc {
            if self.starts[pc as usize] && self.instruction(pc).opcode().is_back_edge() {
                let header = jump_target(&proto.code, pc).and_then(|target| Pc::try_from(target).ok());
                if header.and_then(|header| last_edges.get(&header)).is_none_or(|last| pc > *last) {
                    return self.fail(pc, "back-edge of no loop in the table");
                }
            }
        }
        for entry in &proto.loops {
            let edge = entry.back_edge_pc;
            let is_edge = self.starts.get(edge as usize) == Some(&true)
                && self.instruction(edge).opcode().is_back_edge()
                && jump_target(&proto.code, edge) == Some(i64::from(entry.header_pc));
            if !is_edge || entry.depth == 0 {
                return self.fail(edge, "loop table entry without its back-edge");
            }
        }
        self.check_loop_registers()?;
        for local in &proto.locals {
            let (first, second) = match local.storage {
                Storage::Register(register) | Storage::Cell(register) => (register, register),
                Storage::RegisterAndCell { register, cell } => (register, cell),
            };
            if first.max(second) >= proto.max_stack || local.end_pc as usize > proto.code.len() {
                return self.fail(local.start_pc, "local variable outside the frame or the code");
            }
        }
        for descriptor in &proto.feedback {
            self.check_feedback(descriptor)?;
        }
        Ok(())
    }

    fn check_feedback(&self, descriptor: &FeedbackDescriptor) -> Result<(), VerifyError> {
        let keys: &[u32] = match descriptor {
            FeedbackDescriptor::Field(key) => &[*key],
            FeedbackDescriptor::Template(keys) => keys,
            FeedbackDescriptor::Index | FeedbackDescriptor::Call => &[],
        };
        for key in keys {
            match self.proto.constants.get(*key as usize) {
                Some(Constant::String(bytes)) if bytes.len() <= crate::proto::SHORT_KEY_BYTES => {}
                Some(_) | None => return self.fail(0, format!("feedback key {key} is no short string")),
            }
        }
        Ok(())
    }
}

/// Checks that what `inner` captures exists in `outer`, the function that makes it.
fn verify_captures(outer: &FunctionProto, inner: &FunctionProto) -> Result<(), VerifyError> {
    for upvalue in &inner.upvalues {
        let exists = match upvalue.source {
            UpvalueSource::Register(register) => register < outer.max_stack,
            UpvalueSource::Upvalue(index) => usize::from(index) < outer.upvalues.len(),
            UpvalueSource::Environment => false,
        };
        if !exists {
            let function = format!("{}:{}", inner.name, inner.line_defined);
            return Err(VerifyError { function, pc: 0, problem: "captures what does not exist".to_string() });
        }
    }
    Ok(())
}

/// Whether the instruction makes a multiple result.
fn sets_top(instruction: Instruction) -> bool {
    effects(instruction).sets_top()
}

/// The kind of a feedback slot.
fn kind_of(descriptor: &FeedbackDescriptor) -> SlotKind {
    match descriptor {
        FeedbackDescriptor::Field(_) => SlotKind::Field,
        FeedbackDescriptor::Index => SlotKind::Index,
        FeedbackDescriptor::Call => SlotKind::Call,
        FeedbackDescriptor::Template(_) => SlotKind::Template,
    }
}

#[cfg(test)]
mod tests;
