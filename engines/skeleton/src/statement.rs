//! Statements.

use lua_runtime::{Cell, Gc, Signal, Value, Vm};
use lua_syntax::ast::{Block, Expression, ExpressionKind, LocalId, Statement, StatementKind};

use crate::call::{missed, poll};
use crate::expression::{call, closure, name_value, push, value, values};
use crate::frame::{Frame, at_line, set_slot};

/// How a statement ended.
pub(crate) enum Flow {
    /// The next one follows.
    Next,
    /// The function returns the values in so many slots.
    Return {
        /// The first of them.
        from: u32,
        /// Their number.
        count: u32,
    },
}

/// Runs a block up to a `return`.
pub(crate) fn block(vm: &mut Vm, frame: &Frame, block: &Block) -> Result<Flow, Signal> {
    for next in &block.statements {
        if let returned @ Flow::Return { .. } = statement(vm, frame, next)? {
            return Ok(returned);
        }
    }
    Ok(Flow::Next)
}

fn statement(vm: &mut Vm, frame: &Frame, statement: &Statement) -> Result<Flow, Signal> {
    at_line(vm, statement.span.line);
    let top = frame.top();
    match &statement.kind {
        StatementKind::Call(expression) => {
            call(vm, frame, expression, top, false)?;
        }
        StatementKind::Local { locals, values: list } => {
            let count = values(vm, frame, list, top)?;
            for (index, local) in (0..).zip(locals) {
                let value = if index < count { vm.slot(top + index) } else { Value::NIL };
                declare(vm, frame, *local, value)?;
            }
        }
        StatementKind::LocalFunction { local, function } => {
            // The function sees its own variable, which therefore is there first.
            declare(vm, frame, *local, Value::NIL)?;
            let function = closure(vm, frame, function)?;
            assign(vm, frame, *local, function);
        }
        StatementKind::Assign { targets, values: list } => {
            for (target, expression) in targets.iter().zip(list) {
                store(vm, frame, target, expression)?;
            }
        }
        StatementKind::Do(body) => return block(vm, frame, body),
        StatementKind::While { condition, body } => {
            while !value(vm, frame, condition, top)?.is_falsy() {
                if let returned @ Flow::Return { .. } = block(vm, frame, body)? {
                    return Ok(returned);
                }
                poll(vm, top)?;
            }
        }
        StatementKind::If { arms, otherwise } => {
            for (condition, body) in arms {
                if !value(vm, frame, condition, top)?.is_falsy() {
                    return block(vm, frame, body);
                }
            }
            if let Some(body) = otherwise {
                return block(vm, frame, body);
            }
        }
        StatementKind::Return(list) => {
            let count = match list.as_slice() {
                [last] if matches!(last.kind, ExpressionKind::Call { .. }) => call(vm, frame, last, top, true)?,
                list => values(vm, frame, list, top)?,
            };
            return Ok(Flow::Return { from: top, count });
        }
        StatementKind::Repeat { .. }
        | StatementKind::NumericFor { .. }
        | StatementKind::GenericFor { .. }
        | StatementKind::Break
        | StatementKind::Goto(_)
        | StatementKind::Label(_) => return Err(vm.unsupported("a statement that was not declined")),
    }
    Ok(Flow::Next)
}

/// Makes a variable: a captured one gets a new cell each time.
fn declare(vm: &mut Vm, frame: &Frame, local: LocalId, value: Value) -> Result<(), Signal> {
    let value = if frame.function.locals[local.0 as usize].captured {
        Value::from(Gc::<Cell>::allocate(&mut vm.heap, value, false)?)
    } else {
        value
    };
    set_slot(vm, frame.slot(local), value);
    Ok(())
}

/// Gives a variable another value.
fn assign(vm: &mut Vm, frame: &Frame, local: LocalId, value: Value) {
    match vm.slot(frame.slot(local)).as_cell() {
        Some(cell) => cell.set(&mut vm.heap, value),
        None => set_slot(vm, frame.slot(local), value),
    }
}

fn store(vm: &mut Vm, frame: &Frame, target: &Expression, expression: &Expression) -> Result<(), Signal> {
    let top = frame.top();
    match &target.kind {
        ExpressionKind::Local(local) => {
            let value = value(vm, frame, expression, top)?;
            assign(vm, frame, *local, value);
        }
        ExpressionKind::Upvalue(upvalue) => {
            let value = value(vm, frame, expression, top)?;
            frame.closure.cell(upvalue.0).set(&mut vm.heap, value);
        }
        ExpressionKind::Global { environment, name } => {
            let object = value(vm, frame, environment, top)?;
            push(vm, top, object)?;
            let value = value(vm, frame, expression, top + 1)?;
            let key = name_value(vm, name)?;
            vm.store(vm.slot(top), key, value).map_err(|miss| missed(vm, miss))?;
        }
        ExpressionKind::Index { object, key } => {
            let object = value(vm, frame, object, top)?;
            push(vm, top, object)?;
            let key = value(vm, frame, key, top + 1)?;
            push(vm, top + 1, key)?;
            let value = value(vm, frame, expression, top + 2)?;
            vm.store(vm.slot(top), vm.slot(top + 1), value).map_err(|miss| missed(vm, miss))?;
        }
        _ => return Err(vm.unsupported("an assignment to what is no variable")),
    }
    Ok(())
}
