//! Statements and blocks. Expressions are in [`super::expression`], function bodies in [`super::function`].

use super::expression::{Assignability, Suffixed, assignee_name};
use super::function::Head;
use super::{Parser, STATEMENT_BYTES};
use crate::ast::{
    Attribute, Block, Bounds, Bytes, Expression, ExpressionKind, LabelId, LocalId, Span, Statement, StatementKind,
};
use crate::diagnostic::text_of;
use crate::lexer::Result;
use crate::scope::Problem;
use crate::token::TokenKind;

impl Parser<'_> {
    /// Reads statements up to the token that ends a block, in the scope that is open.
    pub(super) fn statements(&mut self) -> Result<Block> {
        let mut statements = Vec::new();
        let start_line = self.previous_line;
        while !self.at_block_end() && !self.at(&TokenKind::Until) {
            let is_last = self.at(&TokenKind::Return);
            self.statement(&mut statements)?;
            if is_last {
                break;
            }
        }
        statements.shrink_to_fit();
        let last_line = self.previous_line;
        let end_line = if self.at(&TokenKind::EndOfSource) { last_line } else { self.token.span.line };
        Ok(Block { statements, start_line, last_line, end_line })
    }

    /// Reads a block with a scope of its own.
    fn block(&mut self) -> Result<Block> {
        self.scopes.function().open_block(false);
        let block = self.statements()?;
        self.scopes.function().close_block();
        Ok(block)
    }

    /// Whether the current token ends a block and the scope of its locals. `until` ends a block too, but its condition
    /// still sees the locals.
    fn at_block_end(&self) -> bool {
        matches!(self.token.kind, TokenKind::Else | TokenKind::ElseIf | TokenKind::End | TokenKind::EndOfSource)
    }

    fn statement(&mut self, statements: &mut Vec<Statement>) -> Result<()> {
        self.enter_level()?;
        self.charge(STATEMENT_BYTES)?;
        let start = self.token.span;
        let line = self.token.span.last_line;
        let kind = match self.token.kind {
            TokenKind::Semicolon => {
                self.advance()?;
                None
            }
            TokenKind::ColonColon => {
                self.label_statement(statements)?;
                None
            }
            TokenKind::If => Some(self.if_statement(line)?),
            TokenKind::While => Some(self.while_statement(line)?),
            TokenKind::Do => Some(self.do_statement(line)?),
            TokenKind::For => Some(self.for_statement(line)?),
            TokenKind::Repeat => Some(self.repeat_statement(line)?),
            TokenKind::Function => Some(self.function_statement(start, line)?),
            TokenKind::Local => Some(self.local_statement()?),
            TokenKind::Return => Some(self.return_statement()?),
            TokenKind::Break => Some(self.break_statement(line)?),
            TokenKind::Goto => Some(self.goto_statement()?),
            _ => Some(self.expression_statement()?),
        };
        if let Some(kind) = kind {
            let span = self.span_from(start);
            statements.push(Statement { kind, span });
        }
        self.leave_level();
        Ok(())
    }

    fn if_statement(&mut self, line: u32) -> Result<StatementKind> {
        let mut arms = Vec::new();
        while arms.is_empty() || self.at(&TokenKind::ElseIf) {
            self.advance()?;
            let condition = self.expression()?;
            self.expect(&TokenKind::Then)?;
            arms.push((condition, self.block()?));
        }
        arms.shrink_to_fit();
        let otherwise = if self.accept(&TokenKind::Else)? { Some(self.block()?) } else { None };
        self.expect_closing(&TokenKind::End, &TokenKind::If, line)?;
        Ok(StatementKind::If { arms, otherwise })
    }

    fn while_statement(&mut self, line: u32) -> Result<StatementKind> {
        self.advance()?;
        let condition = self.expression()?;
        self.scopes.function().open_block(true);
        self.expect(&TokenKind::Do)?;
        let body = self.block()?;
        self.expect_closing(&TokenKind::End, &TokenKind::While, line)?;
        self.scopes.function().close_block();
        Ok(StatementKind::While { condition, body })
    }

    fn do_statement(&mut self, line: u32) -> Result<StatementKind> {
        self.advance()?;
        let body = self.block()?;
        self.expect_closing(&TokenKind::End, &TokenKind::Do, line)?;
        Ok(StatementKind::Do(body))
    }

    fn repeat_statement(&mut self, line: u32) -> Result<StatementKind> {
        self.advance()?;
        self.scopes.function().open_block(true);
        self.scopes.function().open_block(false);
        let body = self.statements()?;
        self.expect_closing(&TokenKind::Until, &TokenKind::Repeat, line)?;
        let condition = self.expression()?;
        self.scopes.function().close_block();
        self.scopes.function().close_block();
        Ok(StatementKind::Repeat { body, condition })
    }

    fn for_statement(&mut self, line: u32) -> Result<StatementKind> {
        self.scopes.function().open_block(true);
        self.advance()?;
        let (name, span) = self.expect_name()?;
        let kind = match self.token.kind {
            TokenKind::Equal => self.numeric_for(name, span)?,
            TokenKind::Comma | TokenKind::In => self.generic_for(name, span)?,
            _ => return Err(self.error_near("'=' or 'in' expected".to_string())),
        };
        self.expect_closing(&TokenKind::End, &TokenKind::For, line)?;
        self.scopes.function().close_block();
        Ok(kind)
    }

    fn numeric_for(&mut self, name: Bytes, span: Span) -> Result<StatementKind> {
        // Counter, limit and step.
        const HIDDEN_COUNT: usize = 3;
        let hidden = self.scopes.function().declare_hidden(HIDDEN_COUNT);
        self.placed(hidden)?;
        let variable = self.declare(name, span)?;
        self.expect(&TokenKind::Equal)?;
        let start = self.expression()?;
        self.expect(&TokenKind::Comma)?;
        let limit = self.expression()?;
        let step = if self.accept(&TokenKind::Comma)? { Some(self.expression()?) } else { None };
        let body = self.for_body(HIDDEN_COUNT, 1)?;
        Ok(StatementKind::NumericFor { variable, bounds: Box::new(Bounds { start, limit, step }), body })
    }

    fn generic_for(&mut self, name: Bytes, span: Span) -> Result<StatementKind> {
        // Iterator, state, control and closing value.
        const HIDDEN_COUNT: usize = 4;
        let hidden = self.scopes.function().declare_hidden(HIDDEN_COUNT);
        self.placed(hidden)?;
        let mut variables = vec![self.declare(name, span)?];
        while self.accept(&TokenKind::Comma)? {
            let (name, span) = self.expect_name()?;
            variables.push(self.declare(name, span)?);
        }
        self.expect(&TokenKind::In)?;
        let iterator_line = self.token.span.line;
        let expressions = self.expression_list(&|_| None)?;
        let body = self.for_body(HIDDEN_COUNT, variables.len())?;
        Ok(StatementKind::GenericFor { variables, expressions, iterator_line, body })
    }

    fn for_body(&mut self, hidden_count: usize, variable_count: usize) -> Result<Block> {
        self.scopes.function().make_visible(hidden_count);
        self.expect(&TokenKind::Do)?;
        self.scopes.function().open_block(false);
        self.scopes.function().make_visible(variable_count);
        let body = self.block()?;
        self.scopes.function().close_block();
        Ok(body)
    }

    /// Reads `function a.b:c() end`, an assignment.
    fn function_statement(&mut self, start: Span, line: u32) -> Result<StatementKind> {
        self.advance()?;
        let mut target = self.variable()?;
        while self.at(&TokenKind::Dot) {
            target = self.field(target)?;
        }
        let is_method = self.at(&TokenKind::Colon);
        if is_method {
            target = self.field(target)?;
        }
        let mut name = assignee_name(&target.expression, self.lexer.source()).unwrap_or_default();
        if is_method && let Some(dot) = name.rfind('.') {
            name.replace_range(dot..=dot, ":");
        }
        let function = self.function_body(Head { name, is_method, line, start })?;
        self.record_assignment(&target)?;
        let span = function.span;
        let value = Expression { kind: ExpressionKind::Function(function), span };
        Ok(StatementKind::Assign { targets: vec![target.expression], values: vec![value] })
    }

    fn local_statement(&mut self) -> Result<StatementKind> {
        self.advance()?;
        let start = self.token.span;
        if self.accept(&TokenKind::Function)? { self.local_function(start) } else { self.local_variables() }
    }

    fn local_function(&mut self, start: Span) -> Result<StatementKind> {
        let (name, span) = self.expect_name()?;
        let function_name = text_of(&name).into_owned();
        let local = self.declare(name, span)?;
        self.scopes.function().make_visible(1);
        let line = self.token.span.last_line;
        let function = self.function_body(Head { name: function_name, is_method: false, line, start })?;
        Ok(StatementKind::LocalFunction { local, function })
    }

    fn local_variables(&mut self) -> Result<StatementKind> {
        let mut locals = Vec::new();
        let mut names = Vec::new();
        let mut has_close = false;
        loop {
            let (name, span) = self.expect_name()?;
            names.push(name.clone());
            let local = self.declare(name, span)?;
            let attribute = self.attribute()?;
            self.scopes.function().locals[local.0 as usize].attribute = attribute;
            if attribute == Attribute::Close {
                if has_close {
                    return Err(self.error("multiple to-be-closed variables in local list".to_string()));
                }
                has_close = true;
            }
            locals.push(local);
            if !self.accept(&TokenKind::Comma)? {
                break;
            }
        }
        let values = if self.accept(&TokenKind::Equal)? {
            self.expression_list(&|index| names.get(index).map(|name| text_of(name).into_owned()))?
        } else {
            Vec::new()
        };
        self.make_constant(&locals, &values);
        self.scopes.function().make_visible(locals.len());
        Ok(StatementKind::Local { locals, values })
    }

    /// Turns the last local of a list into a compile-time constant if it can be one. A local `_ENV` stays a variable,
    /// so that the environment of a global name is always one.
    fn make_constant(&mut self, locals: &[LocalId], values: &[Expression]) {
        let (Some(local), Some(value)) = (locals.last(), values.last()) else { return };
        let local = &mut self.scopes.function().locals[local.0 as usize];
        if let ExpressionKind::Constant(constant) = &value.kind
            && locals.len() == values.len()
            && local.attribute == Attribute::Const
            && *local.name != *b"_ENV"
        {
            local.constant = Some(constant.clone());
        }
    }

    fn attribute(&mut self) -> Result<Attribute> {
        if !self.accept(&TokenKind::Less)? {
            return Ok(Attribute::None);
        }
        let (name, _) = self.expect_name()?;
        self.expect(&TokenKind::Greater)?;
        match &*name {
            b"const" => Ok(Attribute::Const),
            b"close" => Ok(Attribute::Close),
            unknown => Err(self.error(format!("unknown attribute '{}'", text_of(unknown)))),
        }
    }

    fn declare(&mut self, name: Bytes, span: Span) -> Result<LocalId> {
        let declared = self.scopes.function().declare(name, span);
        self.placed(declared)
    }

    /// Reads `::name::` and the labels and semicolons after it, so that it is known whether the label ends its block.
    fn label_statement(&mut self, statements: &mut Vec<Statement>) -> Result<()> {
        let start = self.token.span;
        self.advance()?;
        let (name, _) = self.expect_name()?;
        self.expect(&TokenKind::ColonColon)?;
        let span = self.span_from(start);
        let label = self.scopes.function().new_label(name, span);
        statements.push(Statement { kind: StatementKind::Label(label), span });
        while matches!(self.token.kind, TokenKind::Semicolon | TokenKind::ColonColon) {
            self.statement(statements)?;
        }
        let ends_block = self.at_block_end();
        let placed = self.scopes.function().place_label(label, ends_block);
        self.placed(placed)
    }

    fn goto_statement(&mut self) -> Result<StatementKind> {
        self.advance()?;
        let line = self.token.span.last_line;
        let (name, _) = self.expect_name()?;
        let index = self.scopes.function().goto(name, line);
        let index = self.placed(index)?;
        // The index stands for the label until the function's end, when it is known.
        Ok(StatementKind::Goto(LabelId(index as u32)))
    }

    fn break_statement(&mut self, line: u32) -> Result<StatementKind> {
        self.advance()?;
        self.scopes.function().break_loop(line);
        Ok(StatementKind::Break)
    }

    fn return_statement(&mut self) -> Result<StatementKind> {
        self.advance()?;
        let is_bare = self.at_block_end() || matches!(self.token.kind, TokenKind::Until | TokenKind::Semicolon);
        let values = if is_bare { Vec::new() } else { self.expression_list(&|_| None)? };
        self.accept(&TokenKind::Semicolon)?;
        Ok(StatementKind::Return(values))
    }

    /// Reads a call or an assignment.
    fn expression_statement(&mut self) -> Result<StatementKind> {
        let first = self.suffixed_expression()?;
        if matches!(self.token.kind, TokenKind::Equal | TokenKind::Comma) {
            return self.assignment(first);
        }
        match first.expression.kind {
            ExpressionKind::Call { .. } | ExpressionKind::MethodCall { .. } => {
                Ok(StatementKind::Call(first.expression))
            }
            _ => Err(self.error_near("syntax error".to_string())),
        }
    }

    fn assignment(&mut self, first: Suffixed) -> Result<StatementKind> {
        self.record_assignment(&first)?;
        let mut targets = vec![first.expression];
        while self.accept(&TokenKind::Comma)? {
            let target = self.suffixed_expression()?;
            // PUC Lua reads the list of targets by recursion, so its length counts as depth.
            self.enter_level()?;
            self.record_assignment(&target)?;
            targets.push(target.expression);
        }
        self.expect(&TokenKind::Equal)?;
        let source = self.lexer.source();
        let values = self.expression_list(&|index| assignee_name(targets.get(index)?, source))?;
        self.levels -= targets.len() as u32 - 1;
        Ok(StatementKind::Assign { targets, values })
    }

    /// Checks that `target` may be assigned to, and records that it is.
    fn record_assignment(&mut self, target: &Suffixed) -> Result<()> {
        match &target.assignability {
            Assignability::None => return Err(self.error_near("syntax error".to_string())),
            Assignability::ReadOnly(name) => {
                let message = format!("attempt to assign to const variable '{}'", text_of(name));
                return self.placed(Err(Problem::Rule(message)));
            }
            Assignability::Assignable => {}
        }
        match target.expression.kind {
            ExpressionKind::Local(local) => self.scopes.assign_local(local),
            ExpressionKind::Upvalue(upvalue) => self.scopes.assign_upvalue(upvalue),
            _ => {}
        }
        Ok(())
    }
}
