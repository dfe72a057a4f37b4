//! Preparing a numeric `for`.

use lua_runtime::for_loop::{self, NumericLoop};
use lua_runtime::value::Value;
use lua_runtime::{Signal, Vm};

use crate::operations::miss::raise;
use crate::state::Cursor;

/// `FORPREP` for anything but three integers with a step that is not zero. Says whether the loop runs.
#[inline(never)]
pub fn prepare(vm: &mut Vm, cursor: Cursor) -> Result<bool, Signal> {
    let a = cursor.instruction().a();
    match for_loop::prepare(cursor.register(a), cursor.register(a + 1), cursor.register(a + 2)) {
        Ok(NumericLoop::Skipped) => return Ok(false),
        Ok(NumericLoop::Integers { start, step, more }) => {
            set_state(cursor, [Value::integer(start), Value::integer(more as i64), Value::integer(step)]);
        }
        Ok(NumericLoop::Floats { start, limit, step }) => {
            set_state(cursor, [Value::float(start), Value::float(limit), Value::float(step)]);
        }
        Err((fault, bound)) => return Err(raise(vm, cursor, fault, bound)),
    }
    Ok(true)
}

/// Writes the hidden registers and the variable.
fn set_state(cursor: Cursor, [index, limit, step]: [Value; 3]) {
    let a = cursor.instruction().a();
    cursor.set_register(a, index);
    cursor.set_register(a + 1, limit);
    cursor.set_register(a + 2, step);
    cursor.set_register(a + 3, index);
}
