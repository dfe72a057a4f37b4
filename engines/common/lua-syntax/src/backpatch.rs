//! Backpatching: what is known only at the end, the labels of forward jumps and whether a captured variable is ever
//! reassigned.
//!
//! The parser writes both into the tree in advance and these two walks put them right. They look at nothing else.

use std::rc::Rc;

use crate::ast::{
    Block, Bounds, Expression, ExpressionKind, Function, LabelId, Statement, StatementKind, TableItem, UpvalueSource,
};

/// Replaces the index in every `goto` of one function by the label that `targets` holds for it.
pub(crate) fn patch_gotos(body: &mut Block, targets: &[Option<LabelId>]) {
    if targets.is_empty() {
        return;
    }
    for statement in &mut body.statements {
        if let StatementKind::Goto(target) = &mut statement.kind {
            *target = targets[target.0 as usize].expect("a function with a jump to nowhere has been refused");
        }
        visit_blocks(&mut statement.kind, &mut |block| patch_gotos(block, targets));
    }
}

/// Tells the upvalues of all functions inside `function` whether their variables are reassigned.
pub(crate) fn patch_upvalues(function: &mut Function) {
    let Function { locals, upvalues, body, .. } = function;
    visit_functions(body, &mut |inner| {
        let inner = Rc::get_mut(inner).expect("the parser keeps no second reference to a function");
        for upvalue in &mut inner.upvalues {
            upvalue.reassigned = match upvalue.source {
                UpvalueSource::Local(local) => locals[local.0 as usize].reassigned,
                UpvalueSource::Upvalue(outer) => upvalues[outer.0 as usize].reassigned,
                UpvalueSource::Environment => unreachable!("only a main function's upvalue is the environment"),
            };
        }
        patch_upvalues(inner);
    });
}

/// Calls `visit` with every block that is directly in `statement`.
fn visit_blocks(statement: &mut StatementKind, visit: &mut dyn FnMut(&mut Block)) {
    match statement {
        StatementKind::Do(body)
        | StatementKind::While { condition: _, body }
        | StatementKind::Repeat { body, condition: _ }
        | StatementKind::NumericFor { variable: _, bounds: _, body }
        | StatementKind::GenericFor { variables: _, expressions: _, iterator_line: _, body } => visit(body),
        StatementKind::If { arms, otherwise } => {
            arms.iter_mut().map(|(_, block)| block).chain(otherwise).for_each(visit);
        }
        StatementKind::Call(_)
        | StatementKind::Local { .. }
        | StatementKind::LocalFunction { .. }
        | StatementKind::Assign { .. }
        | StatementKind::Return(_)
        | StatementKind::Break
        | StatementKind::Goto(_)
        | StatementKind::Label(_) => {}
    }
}

/// Calls `visit` with every function in `block` that is in no other function of it.
fn visit_functions(block: &mut Block, visit: &mut dyn FnMut(&mut Rc<Function>)) {
    for statement in &mut block.statements {
        visit_functions_of_statement(statement, visit);
    }
}

fn visit_functions_of_statement(statement: &mut Statement, visit: &mut dyn FnMut(&mut Rc<Function>)) {
    match &mut statement.kind {
        StatementKind::LocalFunction { local: _, function } => visit(function),
        StatementKind::Call(expression)
        | StatementKind::While { condition: expression, body: _ }
        | StatementKind::Repeat { condition: expression, body: _ } => visit_expression(expression, visit),
        StatementKind::Local { locals: _, values: expressions }
        | StatementKind::GenericFor { variables: _, expressions, iterator_line: _, body: _ }
        | StatementKind::Return(expressions) => visit_expressions(expressions, visit),
        StatementKind::Assign { targets, values } => {
            visit_expressions(targets, visit);
            visit_expressions(values, visit);
        }
        StatementKind::If { arms, otherwise: _ } => {
            arms.iter_mut().for_each(|(condition, _)| visit_expression(condition, visit));
        }
        StatementKind::NumericFor { variable: _, bounds, body: _ } => {
            let Bounds { start, limit, step } = &mut **bounds;
            visit_expression(start, visit);
            visit_expression(limit, visit);
            step.iter_mut().for_each(|step| visit_expression(step, visit));
        }
        StatementKind::Do(_) | StatementKind::Break | StatementKind::Goto(_) | StatementKind::Label(_) => {}
    }
    visit_blocks(&mut statement.kind, &mut |block| visit_functions(block, visit));
}

fn visit_expressions(expressions: &mut [Expression], visit: &mut dyn FnMut(&mut Rc<Function>)) {
    for expression in expressions {
        visit_expression(expression, visit);
    }
}

fn visit_expression(expression: &mut Expression, visit: &mut dyn FnMut(&mut Rc<Function>)) {
    let mut next = Some(expression);
    while let Some(expression) = next {
        next = visit_link(expression, visit);
    }
}

/// Visits all but the left part of a chain link, which it returns.
fn visit_link<'e>(
    expression: &'e mut Expression,
    visit: &mut dyn FnMut(&mut Rc<Function>),
) -> Option<&'e mut Expression> {
    match &mut expression.kind {
        ExpressionKind::Function(function) => visit(function),
        ExpressionKind::Constant(_)
        | ExpressionKind::Vararg
        | ExpressionKind::Local(_)
        | ExpressionKind::Upvalue(_)
        | ExpressionKind::Global { .. } => {}
        ExpressionKind::Index { object: left, key: right }
        | ExpressionKind::Binary { operator: _, left, right }
        | ExpressionKind::And { left, right }
        | ExpressionKind::Or { left, right } => {
            visit_expression(right, visit);
            return Some(left);
        }
        ExpressionKind::Call { callee: left, arguments }
        | ExpressionKind::MethodCall { object: left, name: _, arguments } => {
            visit_expressions(arguments, visit);
            return Some(left);
        }
        ExpressionKind::Unary { operator: _, operand: inner } | ExpressionKind::Paren(inner) => {
            visit_expression(inner, visit);
        }
        ExpressionKind::Table(items) => {
            for item in items {
                match item {
                    TableItem::Positional(value) | TableItem::Named { name: _, value } => {
                        visit_expression(value, visit);
                    }
                    TableItem::Keyed { key, value } => {
                        visit_expression(key, visit);
                        visit_expression(value, visit);
                    }
                }
            }
        }
    }
    None
}
