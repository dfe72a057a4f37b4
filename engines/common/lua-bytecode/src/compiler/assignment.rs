//! Assignments. Lua evaluates all expressions of a statement before it assigns any; PUC Lua assigns from right to left.

use lua_syntax::ast::{Bytes, Constant, Expression, ExpressionKind, LocalId, UpvalueId};

use crate::instruction::{Instruction, Register};
use crate::opcode::Opcode;
use crate::proto::{FeedbackDescriptor, SHORT_KEY_BYTES, Storage};

use super::expression::{Key, is_multiple, key_form};
use super::{CompileError, FunctionCompiler, Target};

/// An assignment target whose own expressions have been evaluated.
#[derive(Debug, Clone)]
pub(super) enum Assignee {
    /// A local variable in a register.
    Register(Register),
    /// A local variable in the cell that the register holds.
    Cell(Register),
    /// An upvalue.
    Upvalue(u8),
    /// A field of the upvalue `_ENV`.
    Global { upvalue: u8, name: Bytes },
    /// A field of another upvalue.
    UpvalueField { upvalue: u8, name: Bytes },
    /// A field with a short name.
    Field { object: Part, name: Bytes },
    /// An element with a small constant index.
    SmallIndex { object: Part, index: u8 },
    /// An element with any key.
    Index { object: Part, key: Part },
}

/// An object or a key that waits for the store.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    /// In a register.
    Register(Register),
    /// A captured variable in the cell that the register holds. As in PUC Lua, the store reads it, and so sees what the
    /// evaluation of the stored value has assigned.
    Cell(Register),
}

/// What is stored.
#[derive(Debug, Clone, Copy)]
enum Source<'e> {
    Register(Register),
    Constant(&'e Constant),
}

/// Whether one of the targets is this upvalue itself.
fn assigns_upvalue(targets: &[Expression], upvalue: UpvalueId) -> bool {
    targets.iter().any(|target| matches!(target.kind, ExpressionKind::Upvalue(id) if id == upvalue))
}

impl FunctionCompiler<'_> {
    /// Compiles `targets = values`.
    pub(super) fn assignment(
        &mut self,
        targets: &[Expression],
        values: &[Expression],
        line: u32,
    ) -> Result<(), CompileError> {
        let level = self.free;
        if let ([target], [value]) = (targets, values) {
            let assignee = self.assignee(target, &[])?;
            self.store_value(&assignee, value, line)?;
            self.free_to(level);
            return Ok(());
        }
        let mut assignees = Vec::with_capacity(targets.len());
        for target in targets {
            assignees.push(self.assignee(target, targets)?);
        }
        let values: Vec<&Expression> = values.iter().collect();
        let first = match values.split_last() {
            // The last value goes straight to its target, once all others are safe in temporaries.
            Some((last, others)) if values.len() == targets.len() && !is_multiple(last) => {
                let first = self.adjusted_list(others, others.len())?;
                let Some(assignee) = assignees.pop() else { unreachable!("an assignment has targets") };
                self.store_value(&assignee, last, line)?;
                first
            }
            Some(_) | None => self.adjusted_list(&values, targets.len())?,
        };
        self.line = line;
        for (i, assignee) in assignees.iter().enumerate().rev() {
            self.store(assignee, Source::Register(first + i as Register))?;
        }
        self.free_to(level);
        Ok(())
    }

    /// Evaluates the expressions of a target. `targets` are those of the whole statement: a variable that one of them
    /// assigns is copied if this target reads it.
    fn assignee(&mut self, target: &Expression, targets: &[Expression]) -> Result<Assignee, CompileError> {
        match &target.kind {
            ExpressionKind::Local(local) => Ok(match self.storage(*local) {
                Storage::Register(register) => Assignee::Register(register),
                Storage::Cell(cell) => Assignee::Cell(cell),
                Storage::RegisterAndCell { .. } => unreachable!("such a variable is never reassigned"),
            }),
            ExpressionKind::Upvalue(upvalue) => Ok(Assignee::Upvalue(upvalue.0 as u8)),
            ExpressionKind::Global { environment, name } if name.len() <= SHORT_KEY_BYTES => {
                let name = name.clone();
                match environment.kind {
                    ExpressionKind::Upvalue(upvalue) if !assigns_upvalue(targets, upvalue) => {
                        Ok(Assignee::Global { upvalue: upvalue.0 as u8, name })
                    }
                    _ => Ok(Assignee::Field { object: self.stable_operand(environment, targets)?, name }),
                }
            }
            ExpressionKind::Global { environment, name } => {
                let object = self.stable_operand(environment, targets)?;
                let key = self.allocate()?;
                self.emit_constant(key, &Constant::String(name.clone()))?;
                Ok(Assignee::Index { object, key: Part::Register(key) })
            }
            ExpressionKind::Index { object, key } => {
                if let (ExpressionKind::Upvalue(upvalue), Key::Field(name)) = (&object.kind, key_form(key))
                    && !assigns_upvalue(targets, *upvalue)
                {
                    return Ok(Assignee::UpvalueField { upvalue: upvalue.0 as u8, name: name.clone() });
                }
                let object = self.stable_operand(object, targets)?;
                match key_form(key) {
                    Key::Other => Ok(Assignee::Index { object, key: self.stable_operand(key, targets)? }),
                    Key::Field(_) | Key::Small(_) => self.index_assignee(object, key),
                }
            }
            _ => unreachable!("the parser accepts no other assignment targets"),
        }
    }

    /// The assignee `object[key]`.
    pub(super) fn index_assignee(&mut self, object: Part, key: &Expression) -> Result<Assignee, CompileError> {
        Ok(match key_form(key) {
            Key::Field(name) => Assignee::Field { object, name: name.clone() },
            Key::Small(index) => Assignee::SmallIndex { object, index },
            Key::Other => Assignee::Index { object, key: self.part(key)? },
        })
    }

    /// An object or a key of a target.
    fn part(&mut self, expression: &Expression) -> Result<Part, CompileError> {
        match self.captured_cell(expression) {
            Some(cell) => Ok(Part::Cell(cell)),
            None => Ok(Part::Register(self.operand(expression)?)),
        }
    }

    /// A register with the part; a temporary stays in use.
    fn part_register(&mut self, part: Part) -> Result<Register, CompileError> {
        match part {
            Part::Register(register) => Ok(register),
            Part::Cell(cell) => self.load_cell(cell),
        }
    }

    /// An object or a key that the assignments of this statement do not change.
    fn stable_operand(&mut self, expression: &Expression, targets: &[Expression]) -> Result<Part, CompileError> {
        let assigned = |local: LocalId| {
            targets.iter().any(|target| matches!(target.kind, ExpressionKind::Local(id) if id == local))
        };
        let mut variable = expression;
        while let ExpressionKind::Paren(inner) = &variable.kind {
            variable = inner;
        }
        match variable.kind {
            ExpressionKind::Local(local) if assigned(local) => Ok(Part::Register(self.value_to_next(expression)?)),
            _ => self.part(expression),
        }
    }

    /// Evaluates `value` and stores it. Temporaries of the assignee stay in use.
    pub(super) fn store_value(
        &mut self,
        assignee: &Assignee,
        value: &Expression,
        line: u32,
    ) -> Result<(), CompileError> {
        if let Assignee::Register(register) = assignee {
            return self.value_to(value, Target::variable(*register));
        }
        let level = self.free;
        let source = match (&value.kind, assignee) {
            (ExpressionKind::Constant(constant), _) if self.takes_constant(assignee, constant)? => {
                Source::Constant(constant)
            }
            _ => Source::Register(self.operand(value)?),
        };
        self.line = line;
        self.store(assignee, source)?;
        self.free_to(level);
        Ok(())
    }

    /// Whether the store instruction for the assignee takes this constant as its operand.
    fn takes_constant(&mut self, assignee: &Assignee, constant: &Constant) -> Result<bool, CompileError> {
        match assignee {
            Assignee::Register(_) | Assignee::Cell(_) | Assignee::Upvalue(_) => Ok(false),
            Assignee::Global { .. } | Assignee::UpvalueField { .. } | Assignee::Field { .. } => {
                Ok(self.wide_constant(constant)?.is_some())
            }
            Assignee::SmallIndex { .. } | Assignee::Index { .. } => Ok(self.byte_constant(constant)?.is_some()),
        }
    }

    fn store(&mut self, assignee: &Assignee, source: Source<'_>) -> Result<(), CompileError> {
        let level = self.free;
        match source {
            Source::Register(from) => self.store_register(assignee, from)?,
            Source::Constant(constant) => self.store_constant(assignee, constant)?,
        }
        self.free_to(level);
        Ok(())
    }

    fn store_register(&mut self, assignee: &Assignee, from: Register) -> Result<(), CompileError> {
        let (instruction, slot) = match assignee {
            Assignee::Register(to) => return self.emit_move(*to, from),
            Assignee::Cell(cell) => return self.emit_abc(Opcode::SetCell, *cell, from, 0),
            Assignee::Upvalue(upvalue) => return self.emit_abc(Opcode::SetUpvalue, from, *upvalue, 0),
            Assignee::Global { upvalue, name } => {
                (Instruction::abc(Opcode::SetGlobal, *upvalue, from, 0), self.field_slot(name)?)
            }
            Assignee::UpvalueField { upvalue, name } => {
                (Instruction::abc(Opcode::SetUpField, *upvalue, from, 0), self.field_slot(name)?)
            }
            Assignee::Field { object, name } => {
                let object = self.part_register(*object)?;
                (Instruction::abc(Opcode::SetField, object, from, 0), self.field_slot(name)?)
            }
            Assignee::SmallIndex { object, index } => {
                let object = self.part_register(*object)?;
                (Instruction::abc(Opcode::SetIndexI, object, *index, from), self.slot(FeedbackDescriptor::Index))
            }
            Assignee::Index { object, key } => {
                let (object, key) = (self.part_register(*object)?, self.part_register(*key)?);
                (Instruction::abc(Opcode::SetIndex, object, key, from), self.slot(FeedbackDescriptor::Index))
            }
        };
        self.emit_extra(instruction, slot)?;
        Ok(())
    }

    fn store_constant(&mut self, assignee: &Assignee, constant: &Constant) -> Result<(), CompileError> {
        let index = self.constant(constant)?;
        // `takes_constant` has checked that the index fits the operand.
        let (wide, byte) = (index as u16, index as u8);
        let (instruction, slot) = match assignee {
            Assignee::Register(_) | Assignee::Cell(_) | Assignee::Upvalue(_) => unreachable!("these take no constants"),
            Assignee::Global { upvalue, name } => {
                (Instruction::abx(Opcode::SetGlobalK, *upvalue, wide), self.field_slot(name)?)
            }
            Assignee::UpvalueField { upvalue, name } => {
                (Instruction::abx(Opcode::SetUpFieldK, *upvalue, wide), self.field_slot(name)?)
            }
            Assignee::Field { object, name } => {
                let object = self.part_register(*object)?;
                (Instruction::abx(Opcode::SetFieldK, object, wide), self.field_slot(name)?)
            }
            Assignee::SmallIndex { object, index } => {
                let object = self.part_register(*object)?;
                (Instruction::abc(Opcode::SetIndexIK, object, *index, byte), self.slot(FeedbackDescriptor::Index))
            }
            Assignee::Index { object, key } => {
                let (object, key) = (self.part_register(*object)?, self.part_register(*key)?);
                (Instruction::abc(Opcode::SetIndexK, object, key, byte), self.slot(FeedbackDescriptor::Index))
            }
        };
        self.emit_extra(instruction, slot)?;
        Ok(())
    }
}
