//! Blocks and statements.

use lua_runtime::Value;
use lua_syntax::ast::{self, Expression, ExpressionKind, LabelId, LocalId, StatementKind};

use super::call::Values;
use super::closing::{BlockEnd, split_labels_at_end};
use super::{Actions, FunctionCompiler, Result, Storage};
use crate::code::SiteCall;
use crate::frame::Slot;
use crate::node::Child;
use crate::nodes::block::{Action, Beginning, Block, Do, Label, LabelledBlock};
use crate::nodes::control::{Break, Goto, If, IfThen, Repeat, Return, ReturnList, While};
use crate::nodes::variable::{AssignCell, ClearSlots, Evaluate, Leaf, Spread};
use crate::operand::{Constant, Local, Source};

impl FunctionCompiler<'_, '_> {
    /// A block with a scope of its own.
    pub(super) fn block(&mut self, block: &ast::Block) -> Result<Block> {
        let mut actions = Actions::default();
        self.with_temporaries(|compiler| compiler.statements_into(&block.statements, BlockEnd::Plain, &mut actions))?;
        Ok(actions.into())
    }

    /// Statements, behind those that are in `actions` already. Their variables keep their slots, for what still belongs
    /// to their scope.
    pub(super) fn statements_into(
        &mut self,
        statements: &[ast::Statement],
        end: BlockEnd<'_>,
        actions: &mut Actions,
    ) -> Result<()> {
        let mut inner = Actions::default();
        let mut labels = Vec::new();
        let mut rest = statements;
        let mut end = end;
        while let [statement, behind @ ..] = rest {
            rest = behind;
            if let StatementKind::Label(label) = statement.kind {
                labels.push(self.label(label, inner.len()));
                continue;
            }
            self.nested(|compiler| compiler.begun_statement(statement, &mut inner))?;
            if let Some(variable) = self.declared_to_be_closed(statement) {
                // The condition of a `repeat` is in the scopes of the body's variables, and so are labels before it.
                let (scope, labels_at_end) = match end {
                    BlockEnd::Until(_) => (rest, &[][..]),
                    BlockEnd::Plain | BlockEnd::Function(_) => split_labels_at_end(rest),
                };
                inner.push(self.closing_block(&variable, scope, end)?);
                (rest, end) = (labels_at_end, BlockEnd::Plain);
            }
        }
        if let BlockEnd::Until(condition) = end {
            inner.push(self.until_statement(condition)?);
        }
        if labels.is_empty() {
            actions.append(inner);
        } else {
            let body = inner.into();
            actions.push(self.statement_node(LabelledBlock { body, labels: labels.into() }));
        }
        Ok(())
    }

    /// A statement, with the note that it begins here if anything is done at its beginning.
    fn begun_statement(&mut self, statement: &ast::Statement, actions: &mut Actions) -> Result<()> {
        let is_empty_beginning = match &statement.kind {
            StatementKind::While { condition, .. } => matches!(condition.kind, ExpressionKind::Constant(_)),
            StatementKind::Do(_) | StatementKind::Repeat { .. } | StatementKind::Label(_) => true,
            StatementKind::Call(_)
            | StatementKind::Local { .. }
            | StatementKind::LocalFunction { .. }
            | StatementKind::Assign { .. }
            | StatementKind::If { .. }
            | StatementKind::NumericFor { .. }
            | StatementKind::GenericFor { .. }
            | StatementKind::Return(_)
            | StatementKind::Break
            | StatementKind::Goto(_) => false,
        };
        if is_empty_beginning {
            return self.statement(statement, actions);
        }
        let line = self.first_line(statement);
        let site = self.site(line, SiteCall::Call, [None, None]);
        let action = actions.len();
        self.statement(statement, actions)?;
        if actions.len() > action {
            let is_return = matches!(statement.kind, StatementKind::Return(_));
            actions.begin(Beginning { action, site, is_return });
        }
        Ok(())
    }

    fn label(&mut self, label: LabelId, position: usize) -> Label {
        let line = self.function.labels[label.0 as usize].span.line;
        Label { label: label.0, position, site: self.site(line, SiteCall::Call, [None, None]) }
    }

    fn statement(&mut self, statement: &ast::Statement, actions: &mut Actions) -> Result<()> {
        let line = statement.span.line;
        let action = match &statement.kind {
            StatementKind::Call(call) => self.call_statement(call)?,
            StatementKind::Local { locals, values } => {
                self.local(locals, values, actions)?;
                self.mark_to_be_closed(locals, line, actions);
                return Ok(());
            }
            StatementKind::LocalFunction { local, function } => return self.local_function(*local, function, actions),
            StatementKind::Assign { targets, values } => {
                return self.assign(targets, values, statement.store_line(), actions);
            }
            StatementKind::Do(body) => {
                let body = self.block(body)?;
                self.nest(Do { body })
            }
            StatementKind::While { condition, body } => {
                let is_constant = matches!(condition.kind, ExpressionKind::Constant(_));
                let condition = self.child(condition)?;
                let body = self.in_loop(body.end_line, |compiler| compiler.block(body))?;
                let site = self.site(line, SiteCall::Call, [None, None]);
                self.nest(While { condition, body, site, is_constant })
            }
            StatementKind::Repeat { body, condition } => self.repeat(body, condition)?,
            StatementKind::If { arms, otherwise } => self.condition(arms, otherwise.as_ref())?,
            StatementKind::NumericFor { variable, bounds, body } => self.numeric_for(*variable, bounds, body, line)?,
            StatementKind::GenericFor { variables, expressions, iterator_line, body } => {
                self.generic_for(variables, expressions, body, *iterator_line)?
            }
            StatementKind::Return(values) => self.return_values(values, line)?,
            // As in PUC Lua, jumps forward close where they arrive.
            StatementKind::Break => self.leaving(Break, self.loop_end_line),
            StatementKind::Goto(label) => {
                let label_line = self.function.labels[label.0 as usize].span.line;
                self.leaving(Goto { label: label.0 }, line.max(label_line))
            }
            StatementKind::Label(_) => unreachable!("`statements_into` takes the labels"),
        };
        actions.push(action);
        Ok(())
    }

    /// A statement that has blocks inside.
    pub(super) fn nest<T: crate::node::Statement + 'static>(&mut self, node: T) -> Action {
        let statement = self.nodes.add(node).statement();
        self.guarded_statement(statement)
    }

    /// Does `work` inside of a loop that ends in the given line.
    pub(super) fn in_loop<T>(&mut self, end_line: u32, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let outer = std::mem::replace(&mut self.loop_end_line, end_line);
        let result = work(self);
        self.loop_end_line = outer;
        result
    }

    /// The condition sees the body's variables.
    fn repeat(&mut self, body: &ast::Block, condition: &Expression) -> Result<Action> {
        let mut actions = Actions::default();
        let must_close = self.declare_to_be_closed(&body.statements);
        let end = if must_close { BlockEnd::Until(condition) } else { BlockEnd::Plain };
        let end_line = self.last_line(condition.span);
        let (condition, site) = self.with_temporaries(|compiler| {
            compiler.in_loop(end_line, |compiler| compiler.statements_into(&body.statements, end, &mut actions))?;
            let site = compiler.site(end_line, SiteCall::Call, [None, None]);
            if must_close {
                // The condition is in the body.
                return Ok((compiler.expression_node(Leaf(Constant(Value::FALSE))), site));
            }
            let node = compiler.child(condition)?;
            Ok((compiler.marked_child(node, end_line), site))
        })?;
        Ok(self.nest(Repeat { body: actions.into(), condition, site }))
    }

    fn condition(&mut self, arms: &[(Expression, ast::Block)], otherwise: Option<&ast::Block>) -> Result<Action> {
        let mut compiled = Vec::new();
        for (condition, body) in arms {
            let node = self.child(condition)?;
            compiled.push((self.marked_condition(node, condition), self.block(body)?));
        }
        let otherwise = match otherwise {
            Some(block) => self.block(block)?,
            None if compiled.len() == 1 => {
                let (condition, body) = compiled.remove(0);
                return Ok(self.nest(IfThen { condition, body }));
            }
            None => Actions::default().into(),
        };
        Ok(self.nest(If { arms: compiled.into(), otherwise }))
    }

    fn return_values(&mut self, values: &[Expression], line: u32) -> Result<Action> {
        match values {
            [call] if is_call(call) && !self.must_close() => self.tail_call(call),
            [value] if !is_open(value) => Ok(match self.source(value)? {
                Source::Child(value) if !self.must_close() => Action::Return(value),
                value => self.leaving(Return { value }, line),
            }),
            _ => self.with_temporaries(|compiler| {
                let slot = Slot(compiler.top);
                let Values { fixed, last } = compiler.list(values)?;
                Ok(compiler.leaving(ReturnList { fixed, last, slot }, line))
            }),
        }
    }

    fn local(&mut self, locals: &[LocalId], values: &[Expression], actions: &mut Actions) -> Result<()> {
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
        self.declare(locals);
        self.make_cells(locals, actions);
        Ok(())
    }

    /// Evaluates a list into the next `count` slots, which it takes. Values too many are evaluated and dropped.
    pub(super) fn values_into(&mut self, values: &[Expression], count: u32, actions: &mut Actions) -> Result<()> {
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
                let node = self.child(value)?;
                let value = if values.len() > 1 { self.marked_child(node, self.last_line(value.span)) } else { node };
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
    fn local_function(&mut self, local: LocalId, function: &ast::Function, actions: &mut Actions) -> Result<()> {
        self.declare(&[local]);
        let (slot, cell) = match self.storage_of(local) {
            Storage::Slot(slot) => (Some(slot), None),
            Storage::Shared { slot, cell } => (Some(slot), Some(cell)),
            Storage::Cell(cell) => (None, Some(cell)),
            Storage::Constant => unreachable!("a function is no compile-time constant"),
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
