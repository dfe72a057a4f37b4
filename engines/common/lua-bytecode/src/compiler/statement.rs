//! Statements without loops.

use lua_syntax::ast::{Block, Expression, ExpressionKind, Function, LocalId, Statement, StatementKind};

use crate::opcode::Opcode;
use crate::proto::Storage;

use super::call::Values;
use super::emit::JumpList;
use super::expression::{CallMode, Goal, is_multiple};
use super::scope::ScopeMark;
use super::{CompileError, FunctionCompiler, Results};

/// Whether control never goes on behind the block.
fn ends_path(block: &Block) -> bool {
    block.statements.last().is_some_and(|statement| {
        matches!(statement.kind, StatementKind::Return(_) | StatementKind::Break | StatementKind::Goto(_))
    })
}

impl FunctionCompiler<'_> {
    /// Compiles a block with its own scope.
    pub(super) fn block(&mut self, block: &Block) -> Result<(), CompileError> {
        let mark = self.enter_scope(block);
        self.statements(block)?;
        self.line = block.last_line;
        self.end_block(block, mark)
    }

    /// Ends the scope of a block.
    pub(super) fn end_block(&mut self, block: &Block, mark: ScopeMark) -> Result<(), CompileError> {
        if ends_path(block) {
            self.abandon_scope(mark);
            Ok(())
        } else {
            self.leave_scope(mark)
        }
    }

    /// Compiles the statements of a block whose scope has been entered.
    pub(super) fn statements(&mut self, block: &Block) -> Result<(), CompileError> {
        for statement in &block.statements {
            self.statement(statement)?;
        }
        Ok(())
    }

    fn statement(&mut self, statement: &Statement) -> Result<(), CompileError> {
        let line = statement.span.line;
        self.line = line;
        self.offset = statement.span.end;
        match &statement.kind {
            StatementKind::Call(call) => self.chain(call, Goal::Call(CallMode::Call(Results::Fixed(0)))).map(drop),
            StatementKind::Local { locals, values } => self.local_statement(locals, values),
            StatementKind::LocalFunction { local, function } => self.local_function(*local, function),
            StatementKind::Assign { targets, values } => self.assignment(targets, values, statement.store_line()),
            StatementKind::Do(block) => self.block(block),
            StatementKind::While { condition, body } => self.while_loop(condition, body, line),
            StatementKind::Repeat { body, condition } => self.repeat_loop(body, condition, line),
            StatementKind::If { arms, otherwise } => self.if_statement(arms, otherwise.as_ref()),
            StatementKind::NumericFor { variable, bounds, body } => self.numeric_for(*variable, bounds, body, line),
            StatementKind::GenericFor { variables, expressions, iterator_line, body } => {
                self.generic_for(variables, expressions, body, *iterator_line)
            }
            StatementKind::Return(values) => self.return_statement(values, statement.span.last_line),
            StatementKind::Break => self.break_statement(),
            StatementKind::Goto(label) => self.goto_statement(*label),
            StatementKind::Label(label) => {
                self.label_statement(*label);
                Ok(())
            }
        }
    }

    fn local_statement(&mut self, locals: &[LocalId], values: &[Expression]) -> Result<(), CompileError> {
        // A compile-time constant has no register, and its initialiser is a literal: both are left out.
        let function = self.function;
        let is_constant =
            |i: usize| locals.get(i).is_some_and(|local| function.locals[local.0 as usize].constant.is_some());
        let kept: Vec<&Expression> =
            values.iter().enumerate().filter(|(i, _)| !is_constant(*i)).map(|(_, value)| value).collect();
        let wanted = (0..locals.len()).filter(|i| !is_constant(*i)).count();
        let first = self.adjusted_list(&kept, wanted)?;
        self.declare_locals(locals, first)
    }

    /// The variable is in scope in the function: its cell, if it needs one, exists before the closure.
    fn local_function(&mut self, id: LocalId, function: &Function) -> Result<(), CompileError> {
        let local = &self.function.locals[id.0 as usize];
        let register = self.allocate()?;
        if !local.captured {
            self.activate(id, Storage::Register(register));
            return self.closure(function, register);
        }
        let (storage, cell) = self.captured_storage(register, local.reassigned)?;
        // The whole statement is done in the line where PUC Lua makes the function.
        self.line = function.last_line;
        self.emit_abc(Opcode::NewNilCell, cell, 0, u8::from(!local.reassigned))?;
        self.activate(id, storage);
        let level = self.free;
        let value = if cell == register { self.allocate()? } else { register };
        self.closure(function, value)?;
        self.free_to(level);
        self.emit_abc(Opcode::SetCell, cell, value, 0)
    }

    fn return_statement(&mut self, values: &[Expression], line: u32) -> Result<(), CompileError> {
        let level = self.free;
        let must_close = self.must_close();
        match values {
            [] if !must_close => self.emit_abc(Opcode::Return0, 0, 0, 0)?,
            [call] if !must_close && is_tail_call(call) => {
                self.chain(call, Goal::Call(CallMode::Tail))?;
            }
            [value] if !must_close && !is_multiple(value) => {
                let register = self.operand(value)?;
                self.line = line;
                self.emit_abc(Opcode::Return1, register, 0, 0)?;
            }
            _ => {
                let first = self.free;
                let values: Values = self.value_list(values, None)?;
                self.line = line;
                let opcode = if must_close { Opcode::CloseReturn } else { Opcode::Return };
                self.emit_abc(opcode, first, values.coded(), 0)?;
            }
        }
        self.free_to(level);
        Ok(())
    }

    fn if_statement(&mut self, arms: &[(Expression, Block)], otherwise: Option<&Block>) -> Result<(), CompileError> {
        let mut ends = JumpList::default();
        for (i, (condition, block)) in arms.iter().enumerate() {
            let is_last = i + 1 == arms.len() && otherwise.is_none();
            if self.jump_only(condition, block)? {
                continue;
            }
            // PUC Lua tests the value when it has read `then`.
            self.use_line = Some(block.start_line);
            let skip = self.condition(condition, false)?;
            self.block(block)?;
            if !is_last && !ends_path(block) {
                ends.append(self.emit_jump()?);
            }
            self.patch_here(skip);
        }
        if let Some(block) = otherwise {
            self.block(block)?;
        }
        self.patch_here(ends);
        Ok(())
    }

    /// `if c then break end` and `if c then goto l end`, where the condition itself can make the jump. Returns whether
    /// that was so.
    fn jump_only(&mut self, condition: &Expression, block: &Block) -> Result<bool, CompileError> {
        let [statement] = &block.statements[..] else { return Ok(false) };
        self.use_line = Some(block.start_line);
        match statement.kind {
            StatementKind::Break if self.break_is_plain() => {
                let jumps = self.condition(condition, true)?;
                self.add_breaks(jumps);
                Ok(true)
            }
            StatementKind::Goto(label) if self.is_plain_forward(label) => {
                let jumps = self.condition(condition, true)?;
                self.add_pending(label, jumps);
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}

fn is_tail_call(expression: &Expression) -> bool {
    matches!(expression.kind, ExpressionKind::Call { .. } | ExpressionKind::MethodCall { .. })
}
