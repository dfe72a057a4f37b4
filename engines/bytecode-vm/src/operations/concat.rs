//! `CONCAT`: a chain of `..` over consecutive registers, from the right, with metamethods in between.

use lua_runtime::Vm;
use lua_runtime::operators::{Miss, is_concatenable};
use lua_runtime::value::Value;

use crate::frame::{Continuation, set_slot};
use crate::operations::slow_path::{call_metamethod, raise, raise_for_register};
use crate::state::{Cursor, Outcome};

/// Runs the instruction at the cursor.
#[inline(never)]
pub fn concat(vm: &mut Vm, cursor: Cursor) -> Outcome {
    go_on(vm, cursor, cursor.instruction().b())
}

/// Goes on after a metamethod has given the concatenation of the last two of `count` values.
pub fn step_done(vm: &mut Vm, cursor: Cursor, value: Value, count: u8) -> Outcome {
    cursor.set_register(cursor.instruction().a() + count - 2, value);
    go_on(vm, cursor, count - 1)
}

/// Concatenates the first `count` values of the group into its first register.
fn go_on(vm: &mut Vm, cursor: Cursor, count: u8) -> Outcome {
    let first = cursor.stack_slot(vm, cursor.instruction().a());
    let mut count = u32::from(count);
    while count > 1 {
        assert!(first + count <= vm.stack_capacity());
        // SAFETY: the slots are inside the stack, and neither looking at their values nor joining them touches it.
        let values = unsafe { std::slice::from_raw_parts(vm.stack().add(first as usize), count as usize) };
        let joinable = values.iter().rev().take_while(|value| is_concatenable(**value)).count();
        if joinable < 2 {
            let (left, right) = (values[values.len() - 2], values[values.len() - 1]);
            return match vm.concat(left, right) {
                Ok(_) => unreachable!("one of the operands is neither string nor number"),
                Err(Miss::Call { handler, receiver: _ }) => {
                    call_metamethod(vm, cursor, handler, [left, right], Continuation::Concat, count as u8)
                }
                Err(Miss::Fault(fault, culprit)) => {
                    let right_one = u32::from(is_concatenable(left));
                    let register = u32::from(cursor.instruction().a()) + count - 2 + right_one;
                    Err(raise_for_register(vm, cursor, fault, culprit, register as u8))
                }
            };
        }
        let start = values.len() - joinable;
        match vm.concat_all(&values[start..]) {
            Ok(value) => set_slot(vm, first + start as u32, value),
            Err(Miss::Fault(fault, culprit)) => return Err(raise(vm, cursor, fault, culprit)),
            Err(Miss::Call { .. }) => unreachable!("strings and numbers need no metamethod"),
        }
        count = start as u32 + 1;
    }
    Ok(cursor.go_on(vm, 0))
}
