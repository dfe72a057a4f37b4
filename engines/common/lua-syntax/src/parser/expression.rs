//! Expressions: operators by precedence, suffixes, constructors, and what names mean.
//!
//! Chains of suffixes and of left-associative operators are read in loops; everything else recurses and is counted by
//! [`Parser::enter_level`]. Constants are folded on the way, by [`crate::fold`].

use super::Parser;
use super::function::Head;
use crate::ast::{
    Attribute, BinaryOperator, Bytes, Constant, Expression, ExpressionKind, Left, Span, TableItem, UnaryOperator,
};
use crate::diagnostic::text_of;
use crate::fold;
use crate::lexer::Result;
use crate::scope::Resolved;
use crate::token::TokenKind;

/// An expression that may stand left of `=`.
pub(super) struct Suffixed {
    pub(super) expression: Expression,
    pub(super) assignability: Assignability,
}

/// Whether an expression can be assigned to.
pub(super) enum Assignability {
    /// It is a value.
    None,
    /// It is a variable or a field.
    Assignable,
    /// It is a variable of that name, with an attribute that forbids assignment.
    ReadOnly(Bytes),
}

/// An operator between two operands.
#[derive(Debug, Clone, Copy)]
enum InfixOperator {
    Binary(BinaryOperator),
    And,
    Or,
}

/// How strongly an operator binds: it takes its left operand in a context of less than `left`, and its right operand
/// is read in a context of `right`.
struct Precedence {
    left: u8,
    right: u8,
}

/// The context in which operands of unary operators are read: weaker than `^`, stronger than everything else.
const UNARY_PRECEDENCE: u8 = 12;

/// The name of the variable or field that an expression of this source stands for, for a function assigned to it.
pub(super) fn assignee_name(assignee: &Expression, source: &[u8]) -> Option<String> {
    let mut keys = Vec::new();
    let mut leaf = assignee;
    while let ExpressionKind::Index { object, key } = &leaf.kind {
        keys.push(leaf_name(key, source));
        leaf = object;
    }
    // What stands behind the last part without a name: in `f().a[i].b` only `b`.
    let unnamed = keys.iter().position(Option::is_none);
    let mut parts: Vec<String> = keys.into_iter().map_while(|key| key).collect();
    if unnamed.is_none() {
        parts.extend(leaf_name(leaf, source));
    }
    parts.reverse();
    (!parts.is_empty()).then(|| parts.join("."))
}

/// The name of a variable, or a string used as a key.
fn leaf_name(leaf: &Expression, source: &[u8]) -> Option<String> {
    match &leaf.kind {
        ExpressionKind::Constant(Constant::String(name)) => Some(text_of(name).into_owned()),
        ExpressionKind::Global { .. } | ExpressionKind::Local(_) | ExpressionKind::Upvalue(_) => {
            Some(text_of(&source[leaf.span.start as usize..leaf.span.end as usize]).into_owned())
        }
        _ => None,
    }
}

impl Parser<'_> {
    /// Reads an expression.
    pub(super) fn expression(&mut self) -> Result<Expression> {
        self.operand(0)
    }

    /// Reads one or more expressions. `name` gives the name of a function that is the i-th of them.
    pub(super) fn expression_list(&mut self, name: &dyn Fn(usize) -> Option<String>) -> Result<Vec<Expression>> {
        let mut expressions = Vec::new();
        while expressions.is_empty() || self.accept(&TokenKind::Comma)? {
            let index = expressions.len();
            expressions.push(self.named_expression(&|| name(index))?);
        }
        expressions.shrink_to_fit();
        Ok(expressions)
    }

    fn named_expression(&mut self, name: &dyn Fn() -> Option<String>) -> Result<Expression> {
        if self.at(&TokenKind::Function) {
            self.function_name = name();
        }
        self.expression()
    }

    /// Reads an operand and all operators after it that bind more strongly than `context`.
    fn operand(&mut self, context: u8) -> Result<Expression> {
        self.enter_level()?;
        let start = self.token.span;
        let mut left = match unary_operator(&self.token.kind) {
            Some(operator) => self.unary(operator)?,
            None => self.simple_expression()?,
        };
        while let Some(operator) = infix_operator(&self.token.kind) {
            let precedence = precedence(operator);
            if precedence.left <= context {
                break;
            }
            let line = self.token.span.last_line;
            self.advance()?;
            let right = self.operand(precedence.right)?;
            let span = Span { line, ..self.span_from(start) };
            left = Expression { kind: infix(operator, left, right), span };
        }
        self.leave_level();
        Ok(left)
    }

    fn unary(&mut self, operator: UnaryOperator) -> Result<Expression> {
        let start = self.token.span;
        self.advance()?;
        let operand = self.operand(UNARY_PRECEDENCE)?;
        let folded = match &operand.kind {
            ExpressionKind::Constant(constant) => fold::unary(operator, constant),
            _ => None,
        };
        let kind = match folded {
            Some(constant) => ExpressionKind::Constant(constant),
            None => ExpressionKind::Unary { operator, operand: Box::new(operand) },
        };
        Ok(Expression { kind, span: self.span_from(start) })
    }

    fn simple_expression(&mut self) -> Result<Expression> {
        let start = self.token.span;
        let kind = match &self.token.kind {
            TokenKind::Integer(value) => ExpressionKind::Constant(Constant::Integer(*value)),
            TokenKind::Float(value) => ExpressionKind::Constant(Constant::Float(*value)),
            TokenKind::String(value) => ExpressionKind::Constant(Constant::String(value.clone())),
            TokenKind::Nil => ExpressionKind::Constant(Constant::Nil),
            TokenKind::True => ExpressionKind::Constant(Constant::Boolean(true)),
            TokenKind::False => ExpressionKind::Constant(Constant::Boolean(false)),
            TokenKind::DotDotDot => {
                if !self.scopes.function().is_vararg {
                    let message = "cannot use '...' outside a vararg function";
                    return Err(self.error_near(message.to_string()));
                }
                ExpressionKind::Vararg
            }
            TokenKind::LeftBrace => return self.constructor(),
            TokenKind::Function => return self.function_expression(),
            _ => return Ok(self.suffixed_expression()?.expression),
        };
        self.advance()?;
        Ok(Expression { kind, span: start })
    }

    fn function_expression(&mut self) -> Result<Expression> {
        let start = self.token.span;
        let name = self.function_name.take().unwrap_or_else(|| "anonymous".to_string());
        self.advance()?;
        let line = self.token.span.last_line;
        let function = self.function_body(Head { name, is_method: false, line, start })?;
        let span = function.span;
        Ok(Expression { kind: ExpressionKind::Function(function), span })
    }

    /// Reads a name or a parenthesis and the fields, indices and calls after it.
    pub(super) fn suffixed_expression(&mut self) -> Result<Suffixed> {
        let start = self.token.span;
        let mut result = self.primary_expression()?;
        loop {
            result = match self.token.kind {
                TokenKind::Dot => self.field(result)?,
                TokenKind::LeftBracket => self.index(result, start)?,
                TokenKind::Colon => self.method_call(result, start)?,
                TokenKind::LeftParen | TokenKind::String(_) | TokenKind::LeftBrace => self.call(result, start)?,
                _ => break,
            };
        }
        Ok(result)
    }

    fn primary_expression(&mut self) -> Result<Suffixed> {
        match self.token.kind {
            TokenKind::Name(_) => self.variable(),
            TokenKind::LeftParen => {
                let start = self.token.span;
                let line = self.token.span.last_line;
                self.advance()?;
                let inner = self.expression()?;
                self.expect_closing(&TokenKind::RightParen, &TokenKind::LeftParen, line)?;
                let expression = to_single_value(inner, self.span_from(start));
                Ok(Suffixed { expression, assignability: Assignability::None })
            }
            _ => Err(self.error_near("unexpected symbol".to_string())),
        }
    }

    /// Reads a name and finds out what it means.
    pub(super) fn variable(&mut self) -> Result<Suffixed> {
        let (name, span) = self.expect_name()?;
        let resolved = self.scopes.resolve(&name);
        let (kind, assignability) = match self.placed(resolved)? {
            Resolved::Local(local) => {
                let attribute = self.scopes.function().locals[local.0 as usize].attribute;
                (ExpressionKind::Local(local), assignability_of(name, attribute))
            }
            Resolved::Upvalue(upvalue) => {
                let attribute = self.scopes.function().upvalues[upvalue.0 as usize].attribute;
                (ExpressionKind::Upvalue(upvalue), assignability_of(name, attribute))
            }
            Resolved::Constant(constant) => (ExpressionKind::Constant(constant), Assignability::ReadOnly(name)),
            Resolved::Global => {
                let environment = Box::new(self.environment(span)?);
                (ExpressionKind::Global { environment, name }, Assignability::Assignable)
            }
        };
        Ok(Suffixed { expression: Expression { kind, span }, assignability })
    }

    /// The variable `_ENV`, used implicitly by the name at `span`.
    fn environment(&mut self, span: Span) -> Result<Expression> {
        let resolved = self.scopes.resolve(&b"_ENV"[..].into());
        let kind = match self.placed(resolved)? {
            Resolved::Local(local) => ExpressionKind::Local(local),
            Resolved::Upvalue(upvalue) => ExpressionKind::Upvalue(upvalue),
            Resolved::Constant(_) => unreachable!("a local `_ENV` is never a compile-time constant"),
            Resolved::Global => unreachable!("the main function has an upvalue `_ENV`"),
        };
        Ok(Expression { kind, span })
    }

    /// Reads `.name`, or `:name` in the name of a method.
    pub(super) fn field(&mut self, object: Suffixed) -> Result<Suffixed> {
        self.advance()?;
        let (name, key_span) = self.expect_name()?;
        let start = object.expression.span;
        let key = Expression { kind: ExpressionKind::Constant(Constant::String(name)), span: key_span };
        let span = Span { line: key_span.line, ..self.span_from(start) };
        self.indexed(object.expression, key, span)
    }

    /// Reads `[key]`.
    fn index(&mut self, object: Suffixed, start: Span) -> Result<Suffixed> {
        let key = self.bracketed_key()?;
        let line = key.span.line;
        let span = Span { line, ..self.span_from(start) };
        self.indexed(object.expression, key, span)
    }

    fn indexed(&mut self, object: Expression, key: Expression, span: Span) -> Result<Suffixed> {
        let kind = ExpressionKind::Index { object: Left::new(object), key: Box::new(key) };
        Ok(Suffixed { expression: Expression { kind, span }, assignability: Assignability::Assignable })
    }

    fn bracketed_key(&mut self) -> Result<Expression> {
        self.advance()?;
        let key = self.expression()?;
        self.expect(&TokenKind::RightBracket)?;
        Ok(key)
    }

    fn call(&mut self, callee: Suffixed, start: Span) -> Result<Suffixed> {
        let line = self.token.span.last_line;
        let arguments = self.arguments()?;
        let callee = Left::new(callee.expression);
        self.called(ExpressionKind::Call { callee, arguments }, start, line)
    }

    fn method_call(&mut self, object: Suffixed, start: Span) -> Result<Suffixed> {
        self.advance()?;
        let (name, _) = self.expect_name()?;
        let line = self.token.span.last_line;
        let arguments = self.arguments()?;
        let object = Left::new(object.expression);
        self.called(ExpressionKind::MethodCall { object, name, arguments }, start, line)
    }

    fn called(&mut self, kind: ExpressionKind, start: Span, line: u32) -> Result<Suffixed> {
        let span = Span { line, ..self.span_from(start) };
        Ok(Suffixed { expression: Expression { kind, span }, assignability: Assignability::None })
    }

    /// Reads the arguments of a call: a list in parentheses, a constructor or a string.
    fn arguments(&mut self) -> Result<Vec<Expression>> {
        let line = self.token.span.last_line;
        match &self.token.kind {
            TokenKind::LeftParen => {
                self.advance()?;
                let is_empty = self.at(&TokenKind::RightParen);
                let arguments = if is_empty { Vec::new() } else { self.expression_list(&|_| None)? };
                self.expect_closing(&TokenKind::RightParen, &TokenKind::LeftParen, line)?;
                Ok(arguments)
            }
            TokenKind::LeftBrace => Ok(vec![self.constructor()?]),
            TokenKind::String(value) => {
                let kind = ExpressionKind::Constant(Constant::String(value.clone()));
                let token = self.advance()?;
                Ok(vec![Expression { kind, span: token.span }])
            }
            _ => Err(self.error_near("function arguments expected".to_string())),
        }
    }

    fn constructor(&mut self) -> Result<Expression> {
        let start = self.token.span;
        let line = self.token.span.last_line;
        self.expect(&TokenKind::LeftBrace)?;
        let mut items = Vec::new();
        while !self.at(&TokenKind::RightBrace) {
            items.push(self.table_item()?);
            if !self.accept(&TokenKind::Comma)? && !self.accept(&TokenKind::Semicolon)? {
                break;
            }
        }
        items.shrink_to_fit();
        self.expect_closing(&TokenKind::RightBrace, &TokenKind::LeftBrace, line)?;
        Ok(Expression { kind: ExpressionKind::Table(items), span: self.span_from(start) })
    }

    fn table_item(&mut self) -> Result<TableItem> {
        let is_named = matches!(self.token.kind, TokenKind::Name(_)) && *self.look_ahead()? == TokenKind::Equal;
        let source = self.lexer.source();
        match self.token.kind {
            TokenKind::Name(_) if is_named => {
                let (name, _) = self.expect_name()?;
                self.expect(&TokenKind::Equal)?;
                let value = self.named_expression(&|| Some(text_of(&name).into_owned()))?;
                Ok(TableItem::Named { name, value })
            }
            TokenKind::LeftBracket => {
                let key = self.bracketed_key()?;
                self.expect(&TokenKind::Equal)?;
                let value = self.named_expression(&|| assignee_name(&key, source))?;
                Ok(TableItem::Keyed { key, value })
            }
            _ => Ok(TableItem::Positional(self.expression()?)),
        }
    }
}

fn assignability_of(name: Bytes, attribute: Attribute) -> Assignability {
    match attribute {
        Attribute::None => Assignability::Assignable,
        Attribute::Const | Attribute::Close => Assignability::ReadOnly(name),
    }
}

/// `inner` as one value: in parentheses if it could be several.
fn to_single_value(inner: Expression, span: Span) -> Expression {
    match inner.kind {
        ExpressionKind::Call { .. } | ExpressionKind::MethodCall { .. } | ExpressionKind::Vararg => {
            Expression { kind: ExpressionKind::Paren(Box::new(inner)), span }
        }
        _ => inner,
    }
}

/// `left operator right`, folded if it can be. An `and` or `or` that a constant on the left decides in favour of the
/// right is the right operand, cut to one value; one decided in favour of the constant stays, as in PUC Lua.
fn infix(operator: InfixOperator, left: Expression, right: Expression) -> ExpressionKind {
    let constant = match &left.kind {
        ExpressionKind::Constant(constant) => Some(constant),
        _ => None,
    };
    match operator {
        InfixOperator::Binary(operator) => {
            if let (Some(left), ExpressionKind::Constant(right)) = (constant, &right.kind)
                && let Some(folded) = fold::binary(operator, left, right)
            {
                return ExpressionKind::Constant(folded);
            }
            ExpressionKind::Binary { operator, left: Left::new(left), right: Box::new(right) }
        }
        InfixOperator::And if constant.is_some_and(fold::is_true) => single_value_kind(right),
        InfixOperator::Or if constant.is_some_and(|constant| !fold::is_true(constant)) => single_value_kind(right),
        InfixOperator::And => ExpressionKind::And { left: Left::new(left), right: Box::new(right) },
        InfixOperator::Or => ExpressionKind::Or { left: Left::new(left), right: Box::new(right) },
    }
}

fn single_value_kind(expression: Expression) -> ExpressionKind {
    let span = expression.span;
    to_single_value(expression, span).kind
}

fn unary_operator(token: &TokenKind) -> Option<UnaryOperator> {
    match token {
        TokenKind::Minus => Some(UnaryOperator::Negate),
        TokenKind::Not => Some(UnaryOperator::Not),
        TokenKind::Hash => Some(UnaryOperator::Length),
        TokenKind::Tilde => Some(UnaryOperator::BitNot),
        _ => None,
    }
}

fn infix_operator(token: &TokenKind) -> Option<InfixOperator> {
    let operator = match token {
        TokenKind::And => return Some(InfixOperator::And),
        TokenKind::Or => return Some(InfixOperator::Or),
        TokenKind::Plus => BinaryOperator::Add,
        TokenKind::Minus => BinaryOperator::Subtract,
        TokenKind::Star => BinaryOperator::Multiply,
        TokenKind::Percent => BinaryOperator::Modulo,
        TokenKind::Caret => BinaryOperator::Power,
        TokenKind::Slash => BinaryOperator::Divide,
        TokenKind::SlashSlash => BinaryOperator::FloorDivide,
        TokenKind::Ampersand => BinaryOperator::BitAnd,
        TokenKind::Pipe => BinaryOperator::BitOr,
        TokenKind::Tilde => BinaryOperator::BitXor,
        TokenKind::LessLess => BinaryOperator::ShiftLeft,
        TokenKind::GreaterGreater => BinaryOperator::ShiftRight,
        TokenKind::DotDot => BinaryOperator::Concat,
        TokenKind::EqualEqual => BinaryOperator::Equal,
        TokenKind::TildeEqual => BinaryOperator::NotEqual,
        TokenKind::Less => BinaryOperator::Less,
        TokenKind::LessEqual => BinaryOperator::LessEqual,
        TokenKind::Greater => BinaryOperator::Greater,
        TokenKind::GreaterEqual => BinaryOperator::GreaterEqual,
        _ => return None,
    };
    Some(InfixOperator::Binary(operator))
}

fn precedence(operator: InfixOperator) -> Precedence {
    let left_associative = |strength| Precedence { left: strength, right: strength };
    match operator {
        InfixOperator::Or => left_associative(1),
        InfixOperator::And => left_associative(2),
        InfixOperator::Binary(operator) => match operator {
            BinaryOperator::Equal
            | BinaryOperator::NotEqual
            | BinaryOperator::Less
            | BinaryOperator::LessEqual
            | BinaryOperator::Greater
            | BinaryOperator::GreaterEqual => left_associative(3),
            BinaryOperator::BitOr => left_associative(4),
            BinaryOperator::BitXor => left_associative(5),
            BinaryOperator::BitAnd => left_associative(6),
            BinaryOperator::ShiftLeft | BinaryOperator::ShiftRight => left_associative(7),
            BinaryOperator::Concat => Precedence { left: 9, right: 8 },
            BinaryOperator::Add | BinaryOperator::Subtract => left_associative(10),
            BinaryOperator::Multiply
            | BinaryOperator::Divide
            | BinaryOperator::FloorDivide
            | BinaryOperator::Modulo => left_associative(11),
            BinaryOperator::Power => Precedence { left: 14, right: 13 },
        },
    }
}
