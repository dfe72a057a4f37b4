//! Where a JIT engine looks in on the interpreter: at function entries, back-edges and returns.
//!
//! The dispatch loop is generic over [`TierHooks`]. The plain VM uses [`NoTier`], for which every hook is dead code, so
//! that being the lower tier of other engines costs it nothing. This file knows no compiler.

use lua_runtime::Vm;

use crate::calls::plain_call::Callee;
use crate::state::{Cursor, Outcome, Step};

/// What an engine that builds on the interpreter does at its hooks.
///
/// A hook may enter compiled code. Compiled code keeps the value stack and the frame headers as the interpreter does
/// wherever something else can look at them, so that a hook can end in any way that an operation of the interpreter
/// can: [`Step::Next`] to go on interpreting at the cursor, [`Step::Reload`] after [`crate::state::resume_at`] to go
/// on elsewhere, [`Step::Exit`] to leave, or a signal.
///
/// # Safety
/// A hook does not keep its cursor. One that answers `Next` has not let the stack move; one that answers `Reload` has said
/// an instruction of verified code and the base of a frame of its function.
pub unsafe trait TierHooks: 'static {
    /// Whether the interpreter calls the hooks at all.
    const ACTIVE: bool;

    /// Whether the interpreter calls the program's debug hook ([`crate::debug::debug_hook`]) and takes slow paths only.
    const TRACES: bool = false;

    /// Whether the interpreter calls the hooks of a profiler: [`TierHooks::loop_begun`], [`TierHooks::library_called`],
    /// [`TierHooks::left_to_rust`], [`TierHooks::resumed`] behind a library function, and [`TierHooks::back_edge`] before
    /// the poll.
    const PROFILES: bool = false;

    /// The frame of a Lua function was made and its entry polled. The cursor is at the function's first instruction.
    /// It is also called when the interpreter resumes at that instruction for another reason, which means the same:
    /// whatever compiled code does from there on is right.
    #[inline(always)]
    fn function_entered(_vm: &mut Vm, _cursor: Cursor) -> Outcome {
        Ok(Step::Next)
    }

    /// A Lua function was called from Rust, and nothing has been interpreted yet. As [`TierHooks::function_entered`] if there is
    /// compiled code that can run now; otherwise it does nothing and answers [`Step::Next`].
    #[inline(always)]
    fn entered_from_rust(_vm: &mut Vm, _cursor: Cursor) -> Outcome {
        Ok(Step::Next)
    }

    /// The interpreter goes on in a frame that it had left: a callee has returned, or an operation that needed calls of
    /// its own has ended. The cursor is at the instruction to go on with, which is not the function's first.
    #[inline(always)]
    fn resumed(_vm: &mut Vm, _cursor: Cursor) -> Outcome {
        Ok(Step::Next)
    }

    /// The interpreter goes on in a frame, at the function's first instruction or at another one.
    #[inline(always)]
    fn arrived(vm: &mut Vm, cursor: Cursor, is_first: bool) -> Outcome {
        if is_first { Self::function_entered(vm, cursor) } else { Self::resumed(vm, cursor) }
    }

    /// A back-edge was taken and polled. The cursor is at the loop's header.
    #[inline(always)]
    fn back_edge(_vm: &mut Vm, _cursor: Cursor) -> Outcome {
        Ok(Step::Next)
    }

    /// A numeric loop begins. The cursor is at its `FORPREP`.
    #[inline(always)]
    fn loop_begun(_vm: &mut Vm, _cursor: Cursor) {}

    /// The instruction at the cursor calls a function of the library, which the interpreter runs at once.
    #[inline(always)]
    fn library_called(_vm: &mut Vm, _cursor: Cursor, _callee: Callee) {}

    /// The frame that was entered from Rust has returned; the innermost frame is that of whoever has called, if there is one.
    #[inline(always)]
    fn left_to_rust(_vm: &mut Vm) {}
}

/// The hooks of the plain VM: none.
pub struct NoTier;

// SAFETY: it has no hooks.
unsafe impl TierHooks for NoTier {
    const ACTIVE: bool = false;
}
