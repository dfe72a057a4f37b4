//! What the bounds of a numeric `for` mean: whether the loop runs, over which numbers, and how often.
//!
//! Every engine asks here, compiled code included where it does not know its bounds to be integers. This file must not
//! know how an engine keeps the state of a loop. The iterations of an integer loop are counted before the first one, as
//! in PUC Lua, so that its variable never overflows.

use lua_syntax::arithmetic::{float_ceil_to_integer, float_floor_to_integer};

use super::fault::Fault;
use super::operators::number_of;
use crate::value::Value;

/// A numeric loop that is about to begin.
#[derive(Debug, Clone, Copy)]
pub enum NumericLoop {
    /// It has no iteration.
    Skipped,
    /// It counts from `start` on, for one iteration and `more` after it.
    Integers {
        /// The first value of the variable.
        start: i64,
        /// What each iteration adds; not zero.
        step: i64,
        /// Iterations after the first.
        more: u64,
    },
    /// It runs with `start`, and then for as long as the limit is not passed.
    Floats {
        /// The first value of the variable.
        start: f64,
        /// The last value that the variable may have.
        limit: f64,
        /// What each iteration adds; not zero.
        step: f64,
    },
}

/// The loop with these bounds. Numerals in strings count as numbers; a start or a step in a string makes the loop one over
/// floats.
///
/// # Errors
/// What is wrong with the bounds, and the bound that is wrong.
pub fn prepare(start: Value, limit: Value, step: Value) -> Result<NumericLoop, (Fault, Value)> {
    if let (Some(start), Some(step)) = (start.as_integer(), step.as_integer()) {
        if step == 0 {
            return Err((Fault::ForStepZero, Value::NIL));
        }
        let more = integer_limit(limit, step)?.and_then(|limit| iterations_left(start, limit, step));
        return Ok(more.map_or(NumericLoop::Skipped, |more| NumericLoop::Integers { start, step, more }));
    }
    let limit = float_bound(limit, "limit")?;
    let step = float_bound(step, "step")?;
    let start = float_bound(start, "initial value")?;
    if step == 0.0 {
        return Err((Fault::ForStepZero, Value::NIL));
    }
    // As in PUC Lua, a limit that is NaN has not been passed before the first iteration.
    let is_passed = if step > 0.0 { limit < start } else { start < limit };
    Ok(if is_passed { NumericLoop::Skipped } else { NumericLoop::Floats { start, limit, step } })
}

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

/// The limit of an integer loop: a float is rounded towards the start, and one beyond the integers is their end.
/// `None` if it is beyond them on the side of the start.
fn integer_limit(limit: Value, step: i64) -> Result<Option<i64>, (Fault, Value)> {
    if let Some(limit) = number_of(limit).and_then(Value::as_integer) {
        return Ok(Some(limit));
    }
    let limit = float_bound(limit, "limit")?;
    let rounded = if step > 0 { float_floor_to_integer(limit) } else { float_ceil_to_integer(limit) };
    // As in PUC Lua, NaN counts as beyond the negative end.
    Ok(rounded.or(match (limit > 0.0, step > 0) {
        (true, true) => Some(i64::MAX),
        (false, false) => Some(i64::MIN),
        (true, false) | (false, true) => None,
    }))
}

fn float_bound(bound: Value, which: &'static str) -> Result<f64, (Fault, Value)> {
    number_of(bound).and_then(Value::number_as_float).ok_or((Fault::ForBound(which), bound))
}
