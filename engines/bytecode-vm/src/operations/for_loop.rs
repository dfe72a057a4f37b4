//! The loops `for`: what the dispatch loop does of them by itself, and the general preparation of a numeric one.

use lua_runtime::for_loop::{self, NumericLoop};
use lua_runtime::value::{Tag, Value};
use lua_runtime::{LoopIterator, Signal, Vm};

use crate::operations::register;
use crate::operations::slow_path::raise;
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

/// `FORPREP` for three integers with a step that is not zero: says whether the loop runs.
///
/// # Safety
/// `a` must be the first of the loop's four registers.
#[inline(always)]
pub unsafe fn prepare_integer_loop(a: *mut Value) -> Option<bool> {
    // SAFETY: as the caller says.
    unsafe {
        let (start, limit, step) = ((*a).as_integer()?, (*a.add(1)).as_integer()?, (*a.add(2)).as_integer()?);
        if step == 0 {
            return None;
        }
        let Some(left) = for_loop::iterations_left(start, limit, step) else { return Some(false) };
        (*Value::parts(a.add(1))).payload = left;
        register::set_integer(a.add(3), start);
        Some(true)
    }
}

/// `FORLOOP`: takes a step and says whether the loop goes on.
///
/// # Safety
/// `a` must be the first of the loop's four registers, after `FORPREP`.
#[inline(always)]
pub unsafe fn step_loop(a: *mut Value) -> bool {
    // SAFETY: as the caller says; after `FORPREP` the first three registers are all integers or all floats, and nothing
    // else writes to them.
    unsafe {
        let (limit, step) = (a.add(1), a.add(2));
        if (*step).tag() == Tag::Integer {
            let left = (*limit).payload();
            if left == 0 {
                return false;
            }
            (*Value::parts(limit)).payload = left - 1;
            let index = ((*a).payload() as i64).wrapping_add((*step).payload() as i64);
            (*Value::parts(a)).payload = index as u64;
            register::set_integer(a.add(3), index);
        } else {
            let (limit, step) = ((*limit).raw_float(), (*step).raw_float());
            let index = (*a).raw_float() + step;
            if !(if step > 0.0 { index <= limit } else { limit <= index }) {
                return false;
            }
            (*Value::parts(a)).payload = index.to_bits();
            register::set_float(a.add(3), index);
        }
        true
    }
}

/// Does the step of a generic loop whose iterator is that of `ipairs` or `next`, as the library function would. `false` if it
/// has to be called: it is another one, or its step is an error, is a metamethod's business, or ends the loop.
///
/// # Safety
/// `a` must be the first of the loop's registers, and `variables` the number of its variables, at its `TFORCALL`.
#[inline(never)]
pub unsafe fn step_generic(vm: &Vm, a: *mut Value, variables: u8) -> bool {
    // SAFETY: as the caller says: iterator, state and control lie from `a` on, the variables behind the closing value.
    unsafe {
        let (Some(native), Some(table)) = ((*a).as_native(), (*a.add(1)).as_table()) else { return false };
        let (key, value) = match native.iterator() {
            Some(LoopIterator::Array) if (*a.add(2)).tag() == Tag::Integer => {
                let index = (*a.add(2)).raw_integer();
                match table.element(index as u64) {
                    Some(value) if !value.is_nil() => (Value::integer(index + 1), value),
                    _ => return false,
                }
            }
            Some(LoopIterator::Next) => match table.next(*a.add(2), vm.strings.seed()) {
                Ok(Some(entry)) => entry,
                _ => return false,
            },
            _ => return false,
        };
        let first = a.add(4);
        *first = key;
        if variables > 1 {
            *first.add(1) = value;
        }
        for missing in 2..usize::from(variables) {
            *first.add(missing) = Value::NIL;
        }
        true
    }
}
