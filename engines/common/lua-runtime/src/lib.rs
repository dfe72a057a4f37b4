//! The runtime under every engine: values, objects, heap, collector, metatables.
//!
//! It knows no engine: where it must run Lua code it goes through [`EngineHooks`]. Everything that compiled code
//! reads is `#[repr(C)]`, with its offsets as constants beside it. The folders are layers, in the order of
//! the `mod` lines, and none imports from a later one; what other crates use has a path here, whatever room it is in. The
//! invariants that tie them together are in ARCHITECTURE.md.
#![forbid(unsafe_op_in_unsafe_fn)]

pub mod value;

pub mod heap;

mod objects;

pub mod number;

mod collector;

pub mod vm;

mod operations;

pub mod layout;

pub use heap::{OutOfMemory, object, object::Gc};
pub use objects::allocation_site::AllocationSite;
pub use objects::function::{Cell, Closure, Code, EngineCode, Intrinsic, LoopIterator, NativeFunction, NativeRole};
pub use objects::marker::Marker;
pub use objects::string::LuaString;
pub use objects::table::{StoreError, Table, UnknownKey};
pub use objects::thread::{Thread, ThreadStatus};
pub use objects::userdata::Userdata;
pub use objects::{array, chain, function, inline_cache, shape, string, table, thread, userdata};
pub use operations::{fault, for_loop, operators};
pub use value::{Tag, Value};
pub use vm::chunk::{ChunkPart, ChunkRequest, FunctionOrigin};
pub use vm::meta::MetaEvent;
pub use vm::native::{Args, NATIVE_FREE_SLOTS, NativeFn};
pub use vm::signal::Signal;
pub use vm::{
    EngineHooks, EngineState, LibraryState, LoadFailure, OpenLibrary, Vm, chunk, debug_library, meta, signal, traceback,
};
