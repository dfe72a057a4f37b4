//! The runtime under every engine: values, objects, heap, collector, metatables.
//!
//! It knows no engine: where it must run Lua code it goes through [`vm::EngineHooks`]. Everything that compiled code
//! reads is `#[repr(C)]`, with its offsets as constants beside it. Read `value`, `object` and `heap` first, then
//! `table` with its parts (`shape`, `array`, `hash`), then `vm`; the invariants that tie them together are in
//! ARCHITECTURE.md.
#![forbid(unsafe_op_in_unsafe_fn)]

pub mod value;

pub mod object;

pub mod heap;

pub mod collect;

mod check;

mod finalize;

pub mod string;

pub mod shape;

pub mod chain;

pub mod array;

mod hash;

pub mod table;

pub mod function;

pub mod chunk;

pub mod thread;

pub mod userdata;

pub mod signal;

pub mod vm;

pub mod layout;

pub mod inspection;

pub mod traceback;

pub mod meta;

pub mod operate;

pub mod inline_cache;

pub mod fault;

pub mod for_loop;

pub mod number;

pub mod arguments;

pub use chunk::{ChunkPart, ChunkRequest, FunctionOrigin};
pub use collect::Marker;
pub use function::{
    Args, Cell, Closure, Code, CodeOperations, Intrinsic, NATIVE_FREE_SLOTS, NativeFn, NativeFunction, NativeRole,
};
pub use heap::OutOfMemory;
pub use meta::MetaEvent;
pub use object::Gc;
pub use signal::Signal;
pub use string::LuaString;
pub use table::{StoreError, Table, UnknownKey};
pub use thread::{Thread, ThreadStatus};
pub use userdata::Userdata;
pub use value::{Tag, Value};
pub use vm::{EngineHooks, LibraryState, LoadFailure, OpenLibrary, Vm};
