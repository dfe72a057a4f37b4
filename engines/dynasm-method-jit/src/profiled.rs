//! The policy `compile-policy=profile`: a function is compiled when it is hot *and* has stable types, by a profile of its calls
//! and of the back-edges of its loops, and not when it has run so often.
//!
//! The compiler is the same; its own counts never lead to a compilation. What is hot and stable is `bytecode_vm::tier`'s, and so is where
//! the profile is kept.

use std::cell::RefCell;

use bytecode_vm::state::{Cursor, Outcome};
use bytecode_vm::tier::{Profiled, TierHooks, UnitProfile};
use lua_runtime::Vm;

use crate::policy::{Jit, jit};

/// The profile of the running state.
#[inline]
fn profile<'a>(vm: &Vm) -> &'a RefCell<UnitProfile> {
    // SAFETY: the state was started with these hooks and what they are for.
    unsafe { Profiled::<Jit>::profile_of(vm) }
}

/// The hooks of this engine on the VM under that policy.
pub(crate) struct ProfiledHooks;

// SAFETY: they are those of the compiler, after something was counted.
unsafe impl TierHooks for ProfiledHooks {
    const ACTIVE: bool = true;

    #[inline]
    fn function_entered(vm: &mut Vm, cursor: Cursor) -> Outcome {
        let jit = jit(vm);
        if !jit.is_compiled(cursor.prototype()) && profile(vm).borrow_mut().called(cursor) {
            jit.make_due(cursor);
        }
        jit.function_entered(vm, cursor)
    }

    #[inline]
    fn entered_from_rust(vm: &mut Vm, cursor: Cursor) -> Outcome {
        jit(vm).entered_from_rust(vm, cursor)
    }

    #[inline]
    fn resumed(vm: &mut Vm, cursor: Cursor) -> Outcome {
        jit(vm).resumed(vm, cursor)
    }

    #[inline]
    fn back_edge(vm: &mut Vm, cursor: Cursor) -> Outcome {
        let jit = jit(vm);
        if !jit.is_compiled(cursor.prototype()) && profile(vm).borrow_mut().looped(cursor, 1) {
            jit.make_due(cursor);
        }
        jit.back_edge(vm, cursor)
    }
}
