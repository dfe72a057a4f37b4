//! What the engine does not run, found before a program begins: a program that is declined half-way has printed
//! something already, and a wrong answer is worse than none.
//!
//! The matches have no wildcard, so they are also the list of what is left to do. Whoever adds a construct deletes it
//! here.

use engine_api::{Position, Unsupported};
use lua_syntax::ast::{Attribute, Block, Expression, ExpressionKind, Function, Span, Statement, StatementKind};

/// Links of a chain (`a.b.c`, `x + y + z`) that may be one: each takes a level of the native stack when it runs.
const MOST_LINKS: usize = 100;

/// What was found.
type Checked = Result<(), Unsupported>;

/// Whether the engine runs a function and all that are inside it. `chunk` is the chunk's name as messages show it.
///
/// # Errors
/// The first construct that it does not run.
pub(crate) fn check(function: &Function, chunk: &str) -> Checked {
    Check { chunk }.function(function)
}

struct Check<'a> {
    chunk: &'a str,
}

impl Check<'_> {
    fn decline(&self, construct: &str, span: Span) -> Checked {
        let position = Position { chunk: self.chunk.to_string(), line: span.line };
        Err(Unsupported { construct: construct.to_string(), position: Some(position) })
    }

    fn function(&self, function: &Function) -> Checked {
        for local in function.locals.iter().filter(|local| local.attribute == Attribute::Close) {
            self.decline("a to-be-closed variable", local.span)?;
        }
        self.block(&function.body)
    }

    fn block(&self, block: &Block) -> Checked {
        block.statements.iter().try_for_each(|statement| self.statement(statement))
    }

    fn statement(&self, statement: &Statement) -> Checked {
        match &statement.kind {
            StatementKind::Call(call) => self.expression(call),
            StatementKind::Local { locals: _, values } | StatementKind::Return(values) => self.expressions(values),
            StatementKind::LocalFunction { local: _, function } => self.function(function),
            StatementKind::Assign { targets, values } => {
                if targets.len() > 1 || values.len() > 1 {
                    return self.decline("an assignment to several variables", statement.span);
                }
                self.expressions(targets)?;
                self.expressions(values)
            }
            StatementKind::Do(block) => self.block(block),
            StatementKind::While { condition, body } => {
                self.expression(condition)?;
                self.block(body)
            }
            StatementKind::If { arms, otherwise } => {
                for (condition, block) in arms {
                    self.expression(condition)?;
                    self.block(block)?;
                }
                otherwise.iter().try_for_each(|block| self.block(block))
            }
            StatementKind::Repeat { .. } => self.decline("a 'repeat' loop", statement.span),
            StatementKind::NumericFor { .. } => self.decline("a numeric 'for' loop", statement.span),
            StatementKind::GenericFor { .. } => self.decline("a generic 'for' loop", statement.span),
            StatementKind::Break => self.decline("'break'", statement.span),
            StatementKind::Goto(_) | StatementKind::Label(_) => self.decline("'goto'", statement.span),
        }
    }

    fn expressions(&self, expressions: &[Expression]) -> Checked {
        expressions.iter().try_for_each(|expression| self.expression(expression))
    }

    /// Goes down the left parts in a loop, since they may be a million links deep.
    fn expression(&self, expression: &Expression) -> Checked {
        let mut links = 0;
        let mut next = Some(expression);
        while let Some(expression) = next {
            links += 1;
            if links > MOST_LINKS {
                return self.decline("an expression of so many links", expression.span);
            }
            self.without_left(expression)?;
            next = expression.left();
        }
        Ok(())
    }

    fn without_left(&self, expression: &Expression) -> Checked {
        match &expression.kind {
            ExpressionKind::Constant(_)
            | ExpressionKind::Local(_)
            | ExpressionKind::Upvalue(_)
            | ExpressionKind::Global { environment: _, name: _ } => Ok(()),
            ExpressionKind::Function(function) => self.function(function),
            ExpressionKind::Index { object: _, key } => self.expression(key),
            ExpressionKind::Call { callee: _, arguments } => self.expressions(arguments),
            ExpressionKind::Binary { operator: _, left: _, right }
            | ExpressionKind::And { left: _, right }
            | ExpressionKind::Or { left: _, right } => self.expression(right),
            ExpressionKind::Unary { operator: _, operand } | ExpressionKind::Paren(operand) => self.expression(operand),
            ExpressionKind::Vararg => self.decline("'...'", expression.span),
            ExpressionKind::MethodCall { .. } => self.decline("a method call", expression.span),
            ExpressionKind::Table(_) => self.decline("a table constructor", expression.span),
        }
    }
}
