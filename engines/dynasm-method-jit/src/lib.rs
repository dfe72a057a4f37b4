//! A template compiler: a hot function is compiled as a whole, in one pass over its bytecode, one piece of machine code
//! for each instruction.
//!
//! Values stay in the slots of the frame, where the VM has them, at every instruction. So compiled code can be entered
//! and left at any instruction, and everything that looks at the stack (errors, collections, tracebacks) sees what it
//! would see under the VM. This crate must never know how the VM ends a call or an error; whatever a template does not
//! do itself is done by the VM's own functions.
//!
//! Read in this order: [`masm`] (what templates can say), `context` and `function_record` (what running code and Rust
//! share), `compile` (the pass), `select` (what each instruction becomes) and `templates`, `known` and `typed` (what is
//! done when types are known), `helpers` (the way to the runtime), `policy` (when to compile, and the way in and out),
//! then `x64` (the machine) and `listing` (its code for people).

#[cfg(not(target_arch = "x86_64"))]
compile_error!("dynasm-method has a back end for x86-64 only: build without the feature `dynasm-method`");

mod masm;

mod context;

mod function_record;

mod compile;

mod select;

mod templates;

mod known;

mod typed;

mod helpers;

#[allow(clippy::useless_conversion, reason = "the assembler's macro converts every register number")]
mod x64;

mod policy;

mod listing;

mod profiled;

mod engine;

pub use compile::Techniques;
pub use engine::{ENGINE, INLINE_ALLOCATION, INTRINSICS, LOOP_PLANS, NESTED_ENTRY, TYPED_CODE};
pub use policy::{Jit, LoopTier, Policy, StartError};
