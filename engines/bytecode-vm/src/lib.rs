//! The register virtual machine: an interpreter of the bytecode with inline caches, and the lower tier of the JIT
//! engines.
//!
//! It owns the layout of frames and feedback, which compiled code shares. It must never know a compiler: those depend
//! on this crate, not the other way.
//!
//! The folders are layers, in the order of the `mod` lines, and none imports from a later one: an operation that needs a
//! call answers with a [`state::Step`], which the dispatch loop carries out. What other crates use has a path here,
//! whatever room it is in. Read in this order: [`frame`], [`feedback`] and [`prototype`] (the data), [`state`],
//! [`dispatch`] (the loop), [`call`] and [`continuation`] (calls and how they end), then the rest by subject.

pub mod frame;

mod code;

pub mod state;

pub mod layout;

mod debug;

mod operations;

mod calls;

pub mod tier;

pub mod dispatch;

mod profiler;

mod engine;

pub use calls::{call, close, continuation, plain_call};
pub use code::{feedback, prototype};
pub use engine::{ENGINE, TierInstance, VmInstance, start_profiled, unsupported};
pub use operations::{concat, element, field, for_loop, number, register, slow_path};
