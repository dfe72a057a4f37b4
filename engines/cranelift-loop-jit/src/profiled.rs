//! The policy `compile-policy=profile`: a loop is compiled when it is hot *and* its registers have stable types, by a profile of
//! its back-edges, and not when it has run so often.
//!
//! The compiler is the same; its own counts never lead to a compilation. What is hot and stable is `bytecode_vm::tier`'s, and so is where
//! the profile is kept.

use bytecode_vm::state::{Cursor, Outcome};
use bytecode_vm::tier::{Profiled, TierHooks};
use lua_runtime::Vm;

use crate::enter::{back_edge, is_counting, make_due, resumed};
use crate::policy::Jit;

/// The hooks of this engine on the VM under that policy.
pub(crate) struct ProfiledHooks;

// SAFETY: they are those of the compiler, after something was counted.
unsafe impl TierHooks for ProfiledHooks {
    const ACTIVE: bool = true;

    #[inline]
    fn back_edge(vm: &mut Vm, cursor: Cursor) -> Outcome {
        // SAFETY: the state was started with these hooks and what they are for.
        let profile = unsafe { Profiled::<Jit>::profile_of(vm) };
        if is_counting(vm, cursor) && profile.borrow_mut().looped(cursor, 1) {
            make_due(vm, cursor);
        }
        back_edge(vm, cursor)
    }

    #[inline]
    fn resumed(vm: &mut Vm, cursor: Cursor) -> Outcome {
        resumed(vm, cursor)
    }
}
