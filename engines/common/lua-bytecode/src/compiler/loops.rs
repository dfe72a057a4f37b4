//! Loop statements. Every back-edge is entered into the loop table.

use lua_syntax::ast::{Block, Bounds, Bytes, Constant, Expression, LocalId};

use crate::instruction::{Instruction, Register};
use crate::opcode::Opcode;
use crate::proto::Storage;

use super::{CompileError, FunctionCompiler};

/// Registers of a call at `TFORCALL`: callee, header slot, two arguments.
const ITERATOR_CALL_REGISTERS: usize = 4;
/// The name of hidden loop variables.
const STATE_NAME: &[u8] = b"(for state)";

impl FunctionCompiler<'_> {
    pub(super) fn while_loop(&mut self, condition: &Expression, body: &Block, line: u32) -> Result<(), CompileError> {
        let (header, registers) = (self.mark_target(), self.free);
        self.open_loop(body.end_line);
        let exit = self.condition(condition, false)?;
        self.block(body)?;
        let back_edge = self.emit_loop_jump(header)?;
        self.record_loop(header, back_edge, registers, line);
        self.patch_here(exit);
        self.close_loop();
        Ok(())
    }

    pub(super) fn repeat_loop(&mut self, body: &Block, condition: &Expression, line: u32) -> Result<(), CompileError> {
        let (header, registers) = (self.mark_target(), self.free);
        self.open_loop(condition.span.last_line);
        // The condition sees the body's variables.
        let mark = self.enter_scope(body);
        self.statements(body)?;
        let exit = self.condition(condition, true)?;
        self.line = condition.span.last_line;
        self.close_inside(&mark)?;
        let back_edge = self.emit_loop_jump(header)?;
        self.record_loop(header, back_edge, registers, line);
        self.patch_here(exit);
        self.leave_scope(mark)?;
        self.close_loop();
        Ok(())
    }

    pub(super) fn numeric_for(
        &mut self,
        variable: LocalId,
        bounds: &Bounds,
        body: &Block,
        line: u32,
    ) -> Result<(), CompileError> {
        let Bounds { start, limit, step } = bounds;
        let outer = self.scope_mark();
        let base = self.value_to_next(start)?;
        self.value_to_next(limit)?;
        match step {
            Some(step) => self.value_to_next(step)?,
            None => {
                let register = self.allocate()?;
                self.emit_constant(register, &Constant::Integer(1))?;
                register
            }
        };
        self.hide(base, 3);
        // PUC Lua reports a bad bound at the line where the loop's head ends.
        self.line = body.start_line;
        let skip = self.emit_branch(Instruction::abc(Opcode::ForPrepare, base, 0, 0))?;
        let header = self.mark_target();
        self.open_loop(body.end_line);
        self.loop_body(&[variable], body)?;
        self.line = line;
        let back_edge = self.emit_branch_back(Instruction::abc(Opcode::ForLoop, base, 0, 0), header)?;
        self.record_loop(header, back_edge, base + 4, line);
        self.patch_here(skip);
        self.leave_scope(outer)?;
        self.close_loop();
        Ok(())
    }

    pub(super) fn generic_for(
        &mut self,
        variables: &[LocalId],
        expressions: &[Expression],
        body: &Block,
        line: u32,
    ) -> Result<(), CompileError> {
        let outer = self.scope_mark();
        self.open_loop(body.end_line);
        let expressions: Vec<&Expression> = expressions.iter().collect();
        let base = self.adjusted_list(&expressions, 4)?;
        self.hide(base, 4);
        self.note_closing(base + 3);
        self.line = body.start_line;
        let enter = self.emit_branch(Instruction::abc(Opcode::GenericForPrepare, base, 0, 0))?;
        let header = self.mark_target();
        self.reserve(variables.len().max(ITERATOR_CALL_REGISTERS) as u32)?;
        self.loop_body(variables, body)?;
        self.patch_here(enter);
        self.line = line;
        let slot = self.slot(crate::proto::FeedbackDescriptor::Call);
        // Lua allows 200 locals in a function.
        let count = variables.len() as u8;
        self.emit_extra(Instruction::abc(Opcode::GenericForCall, base, 0, count), slot)?;
        let back_edge = self.emit_branch_back(Instruction::abc(Opcode::GenericForLoop, base, 0, 0), header)?;
        self.record_loop(header, back_edge, base + 4 + count, line);
        // A break has closed the closing value itself and lands behind the close.
        self.line = body.end_line;
        self.leave_scope(outer)?;
        self.close_loop();
        Ok(())
    }

    /// Compiles the body of a `for` loop, whose variables the loop instruction sets in the next registers.
    fn loop_body(&mut self, variables: &[LocalId], body: &Block) -> Result<(), CompileError> {
        let mark = self.enter_scope(body);
        let first = self.allocate_many(variables.len() as u32)?;
        // PUC Lua has nothing to do for the variables, so what is done here belongs to the first statement.
        self.line = body.statements.first().map_or(body.last_line, |statement| statement.span.line);
        self.declare_locals(variables, first)?;
        self.statements(body)?;
        self.line = body.last_line;
        self.leave_scope(mark)
    }

    /// Gives the hidden variables of a loop their name for the debugger.
    fn hide(&mut self, base: Register, count: u8) {
        for offset in 0..count {
            self.activate_hidden(Bytes::from(STATE_NAME), Storage::Register(base + offset));
        }
    }
}
