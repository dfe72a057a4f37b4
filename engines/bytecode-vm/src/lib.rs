//! The register virtual machine: an interpreter of the bytecode with inline caches, and the lower tier of the JIT
//! engines.
//!
//! It owns the layout of frames and feedback, which compiled code shares. It must never know a compiler: those depend
//! on this crate, not the other way.
//!
//! Read in this order: [`frame`], [`feedback`] and [`prototype`] (the data), [`state`], [`run`] (the dispatch loop),
//! [`call`] and [`finish`] (calls and how they end), then the rest by subject.

mod engine;

pub mod extended;

pub mod frame;

pub mod feedback;

pub mod prototype;

pub mod layout;

pub mod state;

pub mod walk;

pub mod run;

pub mod hooks;

pub mod quick;

pub mod fast;

pub mod call;

pub mod finish;

pub mod miss;

pub mod field;

pub mod element;

pub mod loops;

pub mod concat;

pub mod close;

pub mod protect;

pub mod coroutine;

pub mod unwind;

pub mod inspect;

pub mod inspection;

pub mod trace;

pub use engine::{ENGINE, VmInstance};
