//! What the interpreter shares with compiled code, described for its listings with the constants that compilers use.
//!
//! It knows offsets and names only; the objects of the runtime are in [`lua_runtime::layout`].

use std::mem::offset_of;

use engine_api::layout::{Array, Field, Layout, field};
use lua_runtime::layout::{CACHE_FIELDS, VALUE_FIELDS};
use lua_runtime::value::{TAG_OFFSET, VALUE_BYTES};

use crate::code::feedback::FEEDBACK_BYTES;
use crate::code::prototype::{
    PROTOTYPE_CODE_OFFSET, PROTOTYPE_FRAME_SLOTS_OFFSET, PROTOTYPE_IS_VARARG_OFFSET, PROTOTYPE_PARAMETERS_OFFSET,
    PROTOTYPE_POOL_OFFSET, PROTOTYPE_TIER_OFFSET,
};
use crate::frame::{
    HEADER_BASE_DELTA_OFFSET, HEADER_CONTINUATION_OFFSET, HEADER_FLAGS_OFFSET, HEADER_RESUME_PC_OFFSET,
    HEADER_VARARGS_OFFSET, HEADER_WANTED_OFFSET,
};
use crate::state::{STATE_DEPTH_OFFSET, State};

const VALUE: i64 = VALUE_BYTES as i64;

/// A field in the slots below a frame's base.
const fn below(slots: i64, offset: usize, name: &'static str) -> Field {
    Field { offset: offset as i64 - slots * VALUE, name }
}

/// A frame, by its base: registers above, its header below.
pub static FRAME: Layout = Layout {
    name: "",
    fields: &[
        below(2, 0, "callee"),
        below(2, TAG_OFFSET, "callee.tag"),
        below(1, HEADER_RESUME_PC_OFFSET, "header.resume_pc"),
        below(1, HEADER_BASE_DELTA_OFFSET, "header.base_delta"),
        below(1, TAG_OFFSET, "header.tag"),
        below(1, HEADER_CONTINUATION_OFFSET, "header.continuation"),
        below(1, HEADER_WANTED_OFFSET, "header.wanted"),
        below(1, HEADER_FLAGS_OFFSET, "header.flags"),
        below(1, HEADER_VARARGS_OFFSET, "header.varargs"),
    ],
    arrays: &[Array { name: "R", first: 0, stride: VALUE, names: &[], fields: VALUE_FIELDS }],
};

/// The pool of a prototype: constants below, feedback above. The countdowns of loops, which lie behind the feedback of each
/// function, have no name here: where they are differs.
pub static POOL: Layout = Layout {
    name: "",
    fields: &[],
    arrays: &[
        Array { name: "feedback", first: 0, stride: FEEDBACK_BYTES as i64, names: &[], fields: CACHE_FIELDS },
        Array { name: "K", first: -VALUE, stride: -VALUE, names: &[], fields: VALUE_FIELDS },
    ],
};

/// The interpreter's part of a Lua state.
pub static STATE: Layout = Layout {
    name: "state",
    fields: &[
        field(offset_of!(State, pc), "pc"),
        field(offset_of!(State, resume_pc), "resume_pc"),
        field(offset_of!(State, resume_base), "resume_base"),
        field(offset_of!(State, exit_count), "exit_count"),
        field(offset_of!(State, top), "top"),
        field(STATE_DEPTH_OFFSET, "depth"),
        field(offset_of!(State, local_changes), "local_changes"),
    ],
    arrays: &[],
};

/// A function's prototype.
pub static PROTOTYPE: Layout = Layout {
    name: "prototype",
    fields: &[
        field(PROTOTYPE_CODE_OFFSET, "code"),
        field(PROTOTYPE_POOL_OFFSET, "pool"),
        field(PROTOTYPE_FRAME_SLOTS_OFFSET, "frame_slots"),
        field(PROTOTYPE_PARAMETERS_OFFSET, "parameters"),
        field(PROTOTYPE_IS_VARARG_OFFSET, "is_vararg"),
        field(PROTOTYPE_TIER_OFFSET, "tier"),
    ],
    arrays: &[],
};
