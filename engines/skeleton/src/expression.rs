//! Expressions. `top` is the first slot that is free: what is still wanted while something else is evaluated lies below
//! it, since any call may collect garbage.

use std::rc::Rc;

use lua_runtime::operators::{BinaryOperator, UnaryOperator};
use lua_runtime::{Cell, Closure, Gc, Signal, Value, Vm};
use lua_syntax::ast::{Bytes, Constant, Expression, ExpressionKind, Function, LocalId, UpvalueSource};

use crate::call::{self, HEADER_SLOTS, deeper, missed};
use crate::code::{FunctionCode, code_of};
use crate::frame::{Frame, at_line, calls, is_replaced, set_slot};

/// Writes a slot, which may be above the end of the stack so far.
pub(crate) fn push(vm: &mut Vm, slot: u32, value: Value) -> Result<(), Signal> {
    vm.ensure_stack(slot + 1)?;
    set_slot(vm, slot, value);
    Ok(())
}

/// The value of an expression; of a call, its first result.
pub(crate) fn value(vm: &mut Vm, frame: &Frame, expression: &Expression, top: u32) -> Result<Value, Signal> {
    deeper(vm, |vm| value_here(vm, frame, expression, top))
}

/// The values of a list in the slots from `at` on; a call at its end gives all of its results. Returns their number.
pub(crate) fn values(vm: &mut Vm, frame: &Frame, list: &[Expression], at: u32) -> Result<u32, Signal> {
    let mut count = 0;
    for (index, expression) in list.iter().enumerate() {
        let is_open = index + 1 == list.len() && matches!(expression.kind, ExpressionKind::Call { .. });
        if is_open {
            count += call(vm, frame, expression, at + count, false)?;
        } else {
            let value = value(vm, frame, expression, at + count)?;
            push(vm, at + count, value)?;
            count += 1;
        }
    }
    Ok(count)
}

fn value_here(vm: &mut Vm, frame: &Frame, expression: &Expression, top: u32) -> Result<Value, Signal> {
    match &expression.kind {
        ExpressionKind::Constant(constant) => constant_value(vm, constant),
        ExpressionKind::Function(function) => closure(vm, frame, function),
        ExpressionKind::Local(local) => Ok(local_value(vm, frame, *local)),
        ExpressionKind::Upvalue(upvalue) => Ok(frame.closure.cell(upvalue.0).get()),
        ExpressionKind::Global { environment, name } => {
            let object = value(vm, frame, environment, top)?;
            let key = name_value(vm, name)?;
            at_line(vm, expression.span.line);
            vm.index(object, key).map_err(|miss| missed(vm, miss))
        }
        ExpressionKind::Index { object, key } => {
            let object = value(vm, frame, object, top)?;
            push(vm, top, object)?;
            let key = value(vm, frame, key, top + 1)?;
            at_line(vm, expression.span.line);
            vm.index(vm.slot(top), key).map_err(|miss| missed(vm, miss))
        }
        ExpressionKind::Call { .. } => {
            let count = call(vm, frame, expression, top, false)?;
            Ok(if count == 0 { Value::NIL } else { vm.slot(top) })
        }
        ExpressionKind::Binary { operator, left, right } => {
            let left = value(vm, frame, left, top)?;
            push(vm, top, left)?;
            let right = value(vm, frame, right, top + 1)?;
            at_line(vm, expression.span.line);
            binary(vm, *operator, vm.slot(top), right)
        }
        ExpressionKind::Unary { operator, operand } => {
            let operand = value(vm, frame, operand, top)?;
            at_line(vm, expression.span.line);
            unary(vm, *operator, operand)
        }
        ExpressionKind::And { left, right } => {
            let left = value(vm, frame, left, top)?;
            if left.is_falsy() { Ok(left) } else { value(vm, frame, right, top) }
        }
        ExpressionKind::Or { left, right } => {
            let left = value(vm, frame, left, top)?;
            if left.is_falsy() { value(vm, frame, right, top) } else { Ok(left) }
        }
        ExpressionKind::Paren(inner) => value(vm, frame, inner, top),
        ExpressionKind::Vararg | ExpressionKind::MethodCall { .. } | ExpressionKind::Table(_) => {
            Err(vm.unsupported("an expression that was not declined"))
        }
    }
}

fn constant_value(vm: &mut Vm, constant: &Constant) -> Result<Value, Signal> {
    Ok(match constant {
        Constant::Nil => Value::NIL,
        Constant::Boolean(value) => Value::boolean(*value),
        Constant::Integer(value) => Value::integer(*value),
        Constant::Float(value) => Value::float(*value),
        Constant::String(bytes) => name_value(vm, bytes)?,
    })
}

/// A string. Short ones are interned, so the same bytes give the same object.
pub(crate) fn name_value(vm: &mut Vm, bytes: &Bytes) -> Result<Value, Signal> {
    Ok(Value::from(vm.string(bytes)?))
}

fn local_value(vm: &Vm, frame: &Frame, local: LocalId) -> Value {
    let value = vm.slot(frame.slot(local));
    value.as_cell().map_or(value, |cell| cell.get())
}

/// Calls what a call expression names, in the slots from `top` on, where its results lie afterwards. Returns their
/// number. `is_last` says that the function ends with it.
pub(crate) fn call(
    vm: &mut Vm,
    frame: &Frame,
    expression: &Expression,
    top: u32,
    is_last: bool,
) -> Result<u32, Signal> {
    let ExpressionKind::Call { callee, arguments } = &expression.kind else {
        return Err(vm.unsupported("a call of an unknown kind"));
    };
    let function = value(vm, frame, callee, top)?;
    push(vm, top, function)?;
    push(vm, top + 1, Value::NIL)?;
    let count = values(vm, frame, arguments, top + HEADER_SLOTS)?;
    calls(vm, expression.span.line, callee_name(frame, callee));
    if is_last && function.as_closure().is_some() {
        is_replaced(vm);
    }
    call::call(vm, top, count)
}

/// How an error message names what an expression calls.
fn callee_name(frame: &Frame, callee: &Expression) -> Option<Bytes> {
    match &callee.kind {
        ExpressionKind::Local(local) => Some(Rc::clone(&frame.function.locals[local.0 as usize].name)),
        ExpressionKind::Upvalue(upvalue) => Some(Rc::clone(&frame.function.upvalues[upvalue.0 as usize].name)),
        ExpressionKind::Global { environment: _, name } => Some(Rc::clone(name)),
        ExpressionKind::Index { object: _, key } => match &key.kind {
            ExpressionKind::Constant(Constant::String(name)) => Some(Rc::clone(name)),
            _ => None,
        },
        _ => None,
    }
}

/// A closure over the variables that a function uses of this frame and those around it.
pub(crate) fn closure(vm: &mut Vm, frame: &Frame, function: &Rc<Function>) -> Result<Value, Signal> {
    let code = FunctionCode::allocate(&mut vm.heap, function, &code_of(frame.closure).source)?;
    let mut cells: Vec<Gc<Cell>> = Vec::with_capacity(function.upvalues.len());
    for upvalue in &function.upvalues {
        cells.push(match upvalue.source {
            UpvalueSource::Local(local) => match vm.slot(frame.slot(local)).as_cell() {
                Some(cell) => cell,
                None => return Err(vm.unsupported("a captured variable without a cell")),
            },
            UpvalueSource::Upvalue(outer) => frame.closure.cell(outer.0),
            UpvalueSource::Environment => return Err(vm.unsupported("an environment inside a chunk")),
        });
    }
    Ok(Value::from(Gc::<Closure>::allocate(&mut vm.heap, code, &cells)?))
}

fn binary(vm: &mut Vm, operator: BinaryOperator, left: Value, right: Value) -> Result<Value, Signal> {
    use BinaryOperator as Op;
    let result = match operator {
        Op::Add
        | Op::Subtract
        | Op::Multiply
        | Op::Modulo
        | Op::Power
        | Op::Divide
        | Op::FloorDivide
        | Op::BitAnd
        | Op::BitOr
        | Op::BitXor
        | Op::ShiftLeft
        | Op::ShiftRight => vm.arithmetic(operator, left, right),
        Op::Concat => vm.concat(left, right),
        Op::Equal => vm.equals(left, right).map(Value::boolean),
        Op::NotEqual => vm.equals(left, right).map(|equal| Value::boolean(!equal)),
        Op::Less => vm.less(left, right).map(Value::boolean),
        Op::LessEqual => vm.less_equal(left, right).map(Value::boolean),
        Op::Greater => vm.less(right, left).map(Value::boolean),
        Op::GreaterEqual => vm.less_equal(right, left).map(Value::boolean),
    };
    result.map_err(|miss| missed(vm, miss))
}

fn unary(vm: &mut Vm, operator: UnaryOperator, operand: Value) -> Result<Value, Signal> {
    let result = match operator {
        UnaryOperator::Not => Ok(Value::boolean(operand.is_falsy())),
        UnaryOperator::Length => vm.length(operand),
        UnaryOperator::Negate | UnaryOperator::BitNot => vm.unary(operator, operand),
    };
    result.map_err(|miss| missed(vm, miss))
}
