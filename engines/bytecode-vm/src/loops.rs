//! Loop instructions: preparing a numeric `for`, and calling iterators.

use lua_runtime::fault::Fault;
use lua_runtime::operate::number_of;
use lua_runtime::value::Value;
use lua_runtime::{Signal, Vm};
use lua_syntax::arithmetic::{float_ceil_to_integer, float_floor_to_integer};

use crate::call::call_at;
use crate::miss::raise;
use crate::state::{Cursor, Outcome, save};

/// Iterations of an integer loop after the first; `None` if it does not run. `step` is not zero.
#[inline(always)]
pub fn iterations_left(start: i64, limit: i64, step: i64) -> Option<u64> {
    if if step > 0 { start > limit } else { start < limit } {
        return None;
    }
    let distance = if step > 0 { limit.wrapping_sub(start) } else { start.wrapping_sub(limit) } as u64;
    // The distance and the step's size fit 64 bits unsigned, whatever the signs.
    Some(if step == 1 { distance } else { distance / step.unsigned_abs() })
}

/// `FORPREP` for anything but three integers with a step that is not zero. Says whether the loop runs.
#[inline(never)]
pub fn prepare(vm: &mut Vm, cursor: Cursor) -> Result<bool, Signal> {
    let a = cursor.instruction().a();
    let (start, limit, step) = (cursor.register(a), cursor.register(a + 1), cursor.register(a + 2));
    if let (Some(start), Some(step)) = (start.as_integer(), step.as_integer()) {
        if step == 0 {
            return Err(raise(vm, cursor, Fault::ForStepZero, Value::NIL));
        }
        let Some(limit) = integer_limit(vm, cursor, limit, step)? else { return Ok(false) };
        let Some(left) = iterations_left(start, limit, step) else { return Ok(false) };
        set_state(cursor, [Value::integer(start), Value::integer(left as i64), Value::integer(step)]);
        return Ok(true);
    }
    let limit = bound(vm, cursor, limit, "limit")?;
    let step = bound(vm, cursor, step, "step")?;
    let start = bound(vm, cursor, start, "initial value")?;
    if step == 0.0 {
        return Err(raise(vm, cursor, Fault::ForStepZero, Value::NIL));
    }
    set_state(cursor, [Value::float(start), Value::float(limit), Value::float(step)]);
    // Skipped only if the limit is passed already, so that a NaN limit lets the loop run once, as in PUC Lua.
    let passed = if step > 0.0 { limit < start } else { start < limit };
    Ok(!passed)
}

/// The limit of an integer loop: a float is rounded towards the start; beyond the integers' range the loop runs to
/// their end, or not at all (`None`).
fn integer_limit(vm: &mut Vm, cursor: Cursor, limit: Value, step: i64) -> Result<Option<i64>, Signal> {
    if let Some(limit) = limit.as_integer() {
        return Ok(Some(limit));
    }
    let limit = bound(vm, cursor, limit, "limit")?;
    let rounded = if step > 0 { float_floor_to_integer(limit) } else { float_ceil_to_integer(limit) };
    Ok(match rounded {
        Some(limit) => Some(limit),
        None if limit > 0.0 && step > 0 => Some(i64::MAX),
        None if limit < 0.0 && step < 0 => Some(i64::MIN),
        None => None,
    })
}

fn bound(vm: &mut Vm, cursor: Cursor, value: Value, which: &'static str) -> Result<f64, Signal> {
    // Numerals in strings count here, as floats.
    match number_of(value).and_then(Value::number_as_float) {
        Some(number) => Ok(number),
        None => Err(raise(vm, cursor, Fault::ForBound(which), value)),
    }
}

/// Writes the hidden registers and the variable.
fn set_state(cursor: Cursor, [index, limit, step]: [Value; 3]) {
    let a = cursor.instruction().a();
    cursor.set_register(a, index);
    cursor.set_register(a + 1, limit);
    cursor.set_register(a + 2, step);
    cursor.set_register(a + 3, index);
}

/// `TFORCALL` when the dispatch loop has put iterator and arguments in place and cannot call by itself.
#[inline(never)]
pub fn call_iterator(vm: &mut Vm, cursor: Cursor) -> Outcome {
    save(vm, cursor);
    let instruction = cursor.instruction();
    let callee = cursor.slot(vm, instruction.a()) + 4;
    call_at(vm, cursor, callee, 2, instruction.c() + 1)
}
