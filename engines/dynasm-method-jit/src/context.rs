//! The context: what running code reaches through a pinned register.
//!
//! Its layout is `#[repr(C)]`, with the offsets beside it. This file must not know how they are used. What is kept of
//! each function is in `function_record`.

use std::cell::Cell;
use std::mem::offset_of;
use std::sync::atomic::AtomicU32;

use engine_api::layout::{Array, Layout, field};
use lua_runtime::Value;

use crate::helpers::{HELPER_COUNT, HELPER_NAMES, HelperTable};

/// What compiled code reaches through its pinned register. Lives in a box and does not move.
#[repr(C)]
pub(crate) struct Context {
    /// The end of what compiled code may take of the native stack.
    pub(crate) stack_limit: Cell<usize>,
    /// The interrupt word.
    pub(crate) interrupt: *const AtomicU32,
    /// Possible exits until one is taken.
    pub(crate) until_forced_exit: Cell<u64>,
    /// Guards until one fails.
    pub(crate) until_failed_guard: Cell<u64>,
    /// Where compiled code goes on after a tail call, and what a helper wants to be run: the base, the pool and the code of
    /// the callee.
    pub(crate) jump_base: Cell<*mut Value>,
    /// See `jump_base`.
    pub(crate) jump_pool: Cell<*const u8>,
    /// See `jump_base`.
    pub(crate) jump_code: Cell<*const u8>,
    /// Where calls of functions lead that are not compiled.
    pub(crate) fallback: Cell<*const u8>,
    /// With a callee to be run: the slot of the caller's base, and in the upper half its instruction (see
    /// `helpers::WaitingSite`).
    pub(crate) waiting_site: Cell<u64>,
    /// With a callee to be run: what is kept of the caller's operation (see `bytecode_vm::tier::Kept`).
    pub(crate) waiting_thread: Cell<u64>,
    /// See `waiting_thread`.
    pub(crate) waiting_local_changes: Cell<u64>,
    /// With a callee to be run: what the site waits for (see `helpers::Waiting`) if it is one of the site's own, otherwise the
    /// slot of the base to which it returns, and the index of the instruction there in the upper half.
    pub(crate) waiting_return: Cell<u64>,
    /// What compiled code calls to append to the array part of a table.
    pub(crate) append: Cell<*const u8>,
    /// What compiled code calls to find out whether two values differ.
    pub(crate) differ: Cell<*const u8>,
    /// The addresses of what compiled code calls to call a helper.
    pub(crate) stubs: [Cell<*const u8>; HELPER_COUNT],
    /// The helpers' addresses.
    helpers: HelperTable,
    /// Possible exits between two forced ones.
    pub(crate) force_exit_every: u64,
    /// The VM does at least one instruction before compiled code is entered again.
    pub(crate) suppresses_reentry: Cell<bool>,
}

/// Offset of [`Context::interrupt`].
pub(crate) const INTERRUPT_OFFSET: usize = offset_of!(Context, interrupt);
/// Offset of [`Context::until_forced_exit`].
pub(crate) const UNTIL_FORCED_EXIT_OFFSET: usize = offset_of!(Context, until_forced_exit);
/// Offset of [`Context::until_failed_guard`].
pub(crate) const UNTIL_FAILED_GUARD_OFFSET: usize = offset_of!(Context, until_failed_guard);
/// Offset of [`Context::jump_base`].
pub(crate) const JUMP_BASE_OFFSET: usize = offset_of!(Context, jump_base);
/// Offset of [`Context::jump_pool`].
pub(crate) const JUMP_POOL_OFFSET: usize = offset_of!(Context, jump_pool);
/// Offset of [`Context::jump_code`].
pub(crate) const JUMP_CODE_OFFSET: usize = offset_of!(Context, jump_code);
/// Offset of [`Context::fallback`].
pub(crate) const FALLBACK_OFFSET: usize = offset_of!(Context, fallback);
/// Offset of [`Context::waiting_site`].
pub(crate) const WAITING_SITE_OFFSET: usize = offset_of!(Context, waiting_site);
/// Offset of [`Context::waiting_thread`].
pub(crate) const WAITING_THREAD_OFFSET: usize = offset_of!(Context, waiting_thread);
/// Offset of [`Context::waiting_local_changes`].
pub(crate) const WAITING_LOCAL_CHANGES_OFFSET: usize = offset_of!(Context, waiting_local_changes);
/// Offset of [`Context::waiting_return`].
pub(crate) const WAITING_RETURN_OFFSET: usize = offset_of!(Context, waiting_return);
/// Offset of [`Context::append`].
pub(crate) const APPEND_OFFSET: usize = offset_of!(Context, append);
/// Offset of [`Context::differ`].
pub(crate) const DIFFER_OFFSET: usize = offset_of!(Context, differ);
/// Offset of the first of [`Context::stubs`].
pub(crate) const STUBS_OFFSET: usize = offset_of!(Context, stubs);
/// Offset of the first helper's address; the others follow.
pub(crate) const HELPERS_OFFSET: usize = offset_of!(Context, helpers);

/// The context, for listings.
pub(crate) static CONTEXT: Layout = Layout {
    name: "",
    fields: &[
        field(INTERRUPT_OFFSET, "context.interrupt"),
        field(UNTIL_FORCED_EXIT_OFFSET, "context.until_forced_exit"),
        field(UNTIL_FAILED_GUARD_OFFSET, "context.until_failed_guard"),
        field(JUMP_BASE_OFFSET, "context.jump_base"),
        field(JUMP_POOL_OFFSET, "context.jump_pool"),
        field(JUMP_CODE_OFFSET, "context.jump_code"),
        field(FALLBACK_OFFSET, "context.fallback"),
        field(APPEND_OFFSET, "context.append"),
        field(DIFFER_OFFSET, "context.differ"),
    ],
    arrays: &[Array {
        name: "helper:",
        first: STUBS_OFFSET as i64,
        stride: 8,
        names: &HELPER_NAMES,
        fields: &[field(0, "")],
    }],
};

impl Context {
    /// A context at the start.
    pub(crate) fn new(
        interrupt: *const AtomicU32,
        helpers: HelperTable,
        force_exit_every: u64,
        fail_guard: u64,
    ) -> Context {
        Context {
            stack_limit: Cell::new(0),
            interrupt,
            until_forced_exit: Cell::new(force_exit_every),
            until_failed_guard: Cell::new(fail_guard),
            jump_base: Cell::new(std::ptr::null_mut()),
            jump_pool: Cell::new(std::ptr::null()),
            jump_code: Cell::new(std::ptr::null()),
            fallback: Cell::new(std::ptr::null()),
            waiting_site: Cell::new(0),
            waiting_thread: Cell::new(0),
            waiting_local_changes: Cell::new(0),
            waiting_return: Cell::new(0),
            append: Cell::new(std::ptr::null()),
            differ: Cell::new(std::ptr::null()),
            stubs: [const { Cell::new(std::ptr::null()) }; HELPER_COUNT],
            helpers,
            force_exit_every,
            suppresses_reentry: Cell::new(false),
        }
    }
}
