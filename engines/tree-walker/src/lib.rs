//! The tree interpreter: the resolved syntax tree, turned into specialised executable nodes with inline caches.
//!
//! It must not know bytecode or any other engine. What it does and how far it went is in its README.md.
//!
//! Read in this order: `node` and `frame` (what a tree and an activation are), `operand` and `nodes` (the kinds of
//! nodes), `call` and `slow_path` (what nodes go through), `compile` (the tree from the syntax tree), then `protect`,
//! `close`, `coroutine`, `native_stack`, `code`, `backtrace`, `debug_library`, `debug_hook`, `state` and `engine` by
//! need.
#![deny(clippy::undocumented_unsafe_blocks)]

mod node;

mod frame;

mod operand;

mod nodes;

mod call;

mod slow_path;

mod compile;

mod protect;

mod close;

mod coroutine;

mod native_stack;

mod code;

mod backtrace;

mod debug_library;

mod debug_hook;

mod state;

mod engine;

pub use engine::ENGINE;
