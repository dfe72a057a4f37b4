//! Access to fields by a constant key: what is left to do when the first entry of the instruction's inline cache does
//! not know the field.
//!
//! The cache itself is the runtime's. Everything that needs a metamethod ends in [`crate::operations::slow_path`].

use lua_runtime::inline_cache::InlineCache;
use lua_runtime::{Value, Vm};

use crate::operations::slow_path::{end_load, end_store};
use crate::state::{Cursor, Outcome, Step, save};

/// The inline cache of the instruction at the cursor.
fn cache_of<'a>(cursor: Cursor) -> &'a InlineCache {
    // SAFETY: the verifier has checked the index, and the prototype lives as long as its function runs.
    unsafe { &(*cursor.prototype().pool.feedback(cursor.extra())).cache }
}

/// The field of `object` for the instruction at the cursor: stores it in register A.
#[inline(never)]
pub fn load(vm: &mut Vm, cursor: Cursor, object: Value) -> Outcome {
    let cache = cache_of(cursor);
    match cache.load(vm, object) {
        Ok(value) => {
            cursor.set_result(value);
            Ok(Step::Next)
        }
        Err(miss) => end_load(vm, cursor, miss, Value::from(cache.key())),
    }
}

/// `object.key = value` for the instruction at the cursor.
#[inline(never)]
pub fn store(vm: &mut Vm, cursor: Cursor, object: Value, value: Value) -> Outcome {
    save(vm, cursor);
    let cache = cache_of(cursor);
    match cache.store(vm, object, value) {
        Ok(()) => Ok(Step::Next),
        Err(miss) => end_store(vm, cursor, miss, Value::from(cache.key()), value),
    }
}
