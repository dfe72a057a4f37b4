//! Blocks and statements.

use lua_syntax::ast::{self, Expression, ExpressionKind, LabelId, LocalId, StatementKind};

use super::call::Values;
use super::{FunctionCompiler, Place, Result};
use crate::code::SiteCall;
use crate::frame::Slot;
use crate::node::Child;
use crate::nodes::block::{Action, Block, Do, Label, LabelledBlock};
use crate::nodes::control::{Break, Goto, If, IfThen, Repeat, Return, ReturnList, While};
use crate::nodes::variable::{AssignCell, ClearSlots, Evaluate, Leaf, Spread};
use crate::operand::Local;

impl FunctionCompiler<'_, '_> {
    /// A block with a scope of its own.
    pub(super) fn block(&mut self, block: &ast::Block) -> Result<Block> {
        let mut actions = Vec::new();
        self.with_temporaries(|compiler| compiler.block_into(block, &mut actions))?;
        Ok(Block(actions.into()))
    }

    /// The statements of a block, behind those that are in `actions` already. Its variables keep their slots, for what
    /// still belongs to their scope.
    pub(super) fn block_into(&mut self, block: &ast::Block, actions: &mut Vec<Action>) -> Result<()> {
        let mut inner = Vec::new();
        let mut labels = Vec::new();
        for statement in &block.statements {
            if let StatementKind::Label(label) = statement.kind {
                labels.push(self.label(label, inner.len()));
            } else {
                self.nested(|compiler| compiler.statement(statement, &mut inner))?;
            }
        }
        if labels.is_empty() {
            actions.append(&mut inner);
        } else {
            let body = Block(inner.into());
            actions.push(self.statement_node(LabelledBlock { body, labels: labels.into() }));
        }
        Ok(())
    }

    fn label(&mut self, label: LabelId, position: usize) -> Label {
        let line = self.function.labels[label.0 as usize].span.line;
        Label { label: label.0, position, site: self.site(line, SiteCall::Call, [None, None]) }
    }

    fn statement(&mut self, statement: &ast::Statement, actions: &mut Vec<Action>) -> Result<()> {
        let line = statement.span.line;
        let action = match &statement.kind {
            StatementKind::Call(call) => self.call_statement(call)?,
            StatementKind::Local { locals, values } => return self.local(locals, values, actions),
            StatementKind::LocalFunction { local, function } => return self.local_function(*local, function, actions),
            StatementKind::Assign { targets, values } => {
                return self.assign(targets, values, statement.span, actions);
            }
            StatementKind::Do(body) => {
                let body = self.block(body)?;
                self.nest(Do { body })
            }
            StatementKind::While { condition, body } => {
                let condition = self.child(condition)?;
                let body = self.block(body)?;
                let site = self.site(line, SiteCall::Call, [None, None]);
                self.nest(While { condition, body, site })
            }
            StatementKind::Repeat { body, condition } => self.repeat(body, condition, line)?,
            StatementKind::If { arms, otherwise } => self.condition(arms, otherwise.as_ref())?,
            StatementKind::NumericFor { variable, start, limit, step, body } => {
                self.numeric_for(*variable, [start, limit], step.as_ref(), body, line)?
            }
            StatementKind::GenericFor { variables, expressions, body } => {
                self.generic_for(variables, expressions, body, line)?
            }
            StatementKind::Return(values) => self.return_values(values)?,
            StatementKind::Break => self.statement_node(Break),
            StatementKind::Goto(label) => self.statement_node(Goto { label: label.0 }),
            StatementKind::Label(_) => unreachable!("`block_into` takes the labels"),
        };
        actions.push(action);
        Ok(())
    }

    /// A statement that has blocks inside.
    pub(super) fn nest<T: crate::node::Statement + 'static>(&mut self, node: T) -> Action {
        let statement = self.nodes.add(node).statement();
        self.guarded_statement(statement)
    }

    /// The condition sees the body's variables.
    fn repeat(&mut self, body: &ast::Block, condition: &Expression, line: u32) -> Result<Action> {
        let mut actions = Vec::new();
        let condition = self.with_temporaries(|compiler| {
            compiler.block_into(body, &mut actions)?;
            compiler.child(condition)
        })?;
        let site = self.site(line, SiteCall::Call, [None, None]);
        Ok(self.nest(Repeat { body: Block(actions.into()), condition, site }))
    }

    fn condition(&mut self, arms: &[(Expression, ast::Block)], otherwise: Option<&ast::Block>) -> Result<Action> {
        let mut compiled = Vec::new();
        for (condition, body) in arms {
            compiled.push((self.child(condition)?, self.block(body)?));
        }
        let otherwise = match otherwise {
            Some(block) => self.block(block)?,
            None if compiled.len() == 1 => {
                let (condition, body) = compiled.remove(0);
                return Ok(self.nest(IfThen { condition, body }));
            }
            None => Block(Box::default()),
        };
        Ok(self.nest(If { arms: compiled.into(), otherwise }))
    }

    fn return_values(&mut self, values: &[Expression]) -> Result<Action> {
        match values {
            [call] if is_call(call) => self.tail_call(call),
            [value] if !is_open(value) => {
                let value = self.source(value)?;
                Ok(self.statement_node(Return { value }))
            }
            _ => self.with_temporaries(|compiler| {
                let slot = Slot(compiler.top);
                let Values { fixed, last } = compiler.list(values)?;
                Ok(compiler.statement_node(ReturnList { fixed, last, slot }))
            }),
        }
    }

    fn local(&mut self, locals: &[LocalId], values: &[Expression], actions: &mut Vec<Action>) -> Result<()> {
        // A compile-time constant needs neither slot nor code; it always has a value of its own.
        let is_constant = |local: &LocalId| self.function.locals[local.0 as usize].constant.is_some();
        if let Some((last, locals)) = locals.split_last()
            && is_constant(last)
        {
            return self.local(locals, &values[..values.len() - 1], actions);
        }
        let top = self.top;
        self.values_into(values, locals.len() as u32, actions)?;
        self.top = top;
        self.declare(locals)?;
        self.make_cells(locals, actions);
        Ok(())
    }

    /// Evaluates a list into the next `count` slots, which it takes. Values too many are evaluated and dropped.
    pub(super) fn values_into(&mut self, values: &[Expression], count: u32, actions: &mut Vec<Action>) -> Result<()> {
        for (i, value) in values.iter().enumerate() {
            let i = i as u32;
            if i >= count {
                let value = self.child(value)?;
                actions.push(self.statement_node(Evaluate { value }));
            } else if i + 1 == values.len() as u32 && i + 1 < count && is_open(value) {
                let to = Slot(self.top);
                let list = self.value_list(value)?;
                let spread = Spread { list, to, count: count - i };
                self.take(count - i);
                actions.push(self.statement_node(spread));
                return Ok(());
            } else {
                let value = self.child(value)?;
                let to = self.take(1);
                actions.push(Action::Assign { to, value });
            }
        }
        let given = values.len() as u32;
        if given < count {
            let from = self.take(count - given);
            actions.push(self.statement_node(ClearSlots { from, count: count - given }));
        }
        Ok(())
    }

    /// The variable is in scope inside the function, so its cell is there before the closure.
    fn local_function(&mut self, local: LocalId, function: &ast::Function, actions: &mut Vec<Action>) -> Result<()> {
        self.declare(&[local])?;
        let (slot, cell) = match self.place(local) {
            Place::Slot(slot) => (Some(slot), None),
            Place::Shared { slot, cell } => (Some(slot), Some(cell)),
            Place::Cell(cell) => (None, Some(cell)),
            Place::Constant => unreachable!("a function is no compile-time constant"),
        };
        if cell.is_some() {
            let from = slot.or(cell).unwrap_or(Slot(0));
            actions.push(self.statement_node(ClearSlots { from, count: 1 }));
            self.make_cells(&[local], actions);
        }
        let mut value: Child = self.closure(function)?;
        if let Some(slot) = slot {
            actions.push(Action::Assign { to: slot, value });
            value = self.expression_node(Leaf(Local(slot)));
        }
        if let Some(slot) = cell {
            actions.push(self.statement_node(AssignCell { slot, value }));
        }
        Ok(())
    }
}

/// Whether an expression is a call, and not one cut to one value by parentheses.
pub(super) fn is_call(expression: &Expression) -> bool {
    matches!(expression.kind, ExpressionKind::Call { .. } | ExpressionKind::MethodCall { .. })
}

/// Whether an expression can give any number of values.
pub(super) fn is_open(expression: &Expression) -> bool {
    is_call(expression) || matches!(expression.kind, ExpressionKind::Vararg)
}
