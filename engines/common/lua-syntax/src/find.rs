//! Finding a function again by its place in the source, for artifacts and for dumped functions.
//!
//! Trees are not kept while a program runs, but the text of its chunks is. Nothing here changes a tree.

use std::rc::Rc;

use crate::ast::{Block, Expression, ExpressionKind, Function, Statement, StatementKind, TableItem};

/// The function in a block, at any depth, that starts at this byte of the source.
pub fn find_in_block(block: &Block, start: u32) -> Option<Rc<Function>> {
    block.statements.iter().find_map(|statement| find_in_statement(statement, start))
}

/// The function that starts at this byte.
fn find(function: &Rc<Function>, start: u32) -> Option<Rc<Function>> {
    if function.span.start == start { Some(function.clone()) } else { find_in_block(&function.body, start) }
}

fn find_in_statement(statement: &Statement, start: u32) -> Option<Rc<Function>> {
    let in_block = |block| find_in_block(block, start);
    let in_expression = |expression| find_in_expression(expression, start);
    match &statement.kind {
        StatementKind::Call(call) => in_expression(call),
        StatementKind::Local { locals: _, values } | StatementKind::Return(values) => find_in_list(values, start),
        StatementKind::LocalFunction { local: _, function } => find(function, start),
        StatementKind::Assign { targets, values } => {
            find_in_list(targets, start).or_else(|| find_in_list(values, start))
        }
        StatementKind::Do(body) => in_block(body),
        StatementKind::While { condition, body } | StatementKind::Repeat { body, condition } => {
            in_expression(condition).or_else(|| in_block(body))
        }
        StatementKind::If { arms, otherwise } => arms
            .iter()
            .find_map(|(condition, body)| in_expression(condition).or_else(|| in_block(body)))
            .or_else(|| otherwise.as_ref().and_then(in_block)),
        StatementKind::NumericFor { variable: _, bounds, body } => in_expression(&bounds.start)
            .or_else(|| in_expression(&bounds.limit))
            .or_else(|| bounds.step.as_ref().and_then(in_expression))
            .or_else(|| in_block(body)),
        StatementKind::GenericFor { variables: _, expressions, iterator_line: _, body } => {
            find_in_list(expressions, start).or_else(|| in_block(body))
        }
        StatementKind::Break | StatementKind::Goto(_) | StatementKind::Label(_) => None,
    }
}

fn find_in_list(expressions: &[Expression], start: u32) -> Option<Rc<Function>> {
    expressions.iter().find_map(|expression| find_in_expression(expression, start))
}

fn find_in_expression(expression: &Expression, start: u32) -> Option<Rc<Function>> {
    let mut next = Some(expression);
    while let Some(link) = next {
        if let Some(found) = find_beside_left(link, start) {
            return Some(found);
        }
        next = link.left();
    }
    None
}

/// The function in an expression but for its left part.
fn find_beside_left(expression: &Expression, start: u32) -> Option<Rc<Function>> {
    let inside = |expression: &Expression| find_in_expression(expression, start);
    match &expression.kind {
        ExpressionKind::Function(function) => find(function, start),
        ExpressionKind::Constant(_)
        | ExpressionKind::Vararg
        | ExpressionKind::Local(_)
        | ExpressionKind::Upvalue(_)
        | ExpressionKind::Global { .. } => None,
        ExpressionKind::Index { object: _, key: right }
        | ExpressionKind::Binary { operator: _, left: _, right }
        | ExpressionKind::And { left: _, right }
        | ExpressionKind::Or { left: _, right } => inside(right),
        ExpressionKind::Call { callee: _, arguments }
        | ExpressionKind::MethodCall { object: _, name: _, arguments } => find_in_list(arguments, start),
        ExpressionKind::Unary { operator: _, operand: inner } | ExpressionKind::Paren(inner) => inside(inner),
        ExpressionKind::Table(items) => items.iter().find_map(|item| match item {
            TableItem::Positional(value) | TableItem::Named { name: _, value } => inside(value),
            TableItem::Keyed { key, value } => inside(key).or_else(|| inside(value)),
        }),
    }
}
