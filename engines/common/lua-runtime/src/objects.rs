//! The objects of the heap, each with its layout and its invariants.
//!
//! They know the heap and each other, not the Lua state that they live in. Read `string`, `shape`, `table` with its parts
//! (`array`, `hash`), `function`, then the others.

mod reference;

pub mod string;

pub mod shape;

pub mod chain;

pub(crate) mod allocation_site;

pub mod array;

mod hash;

pub mod table;

pub mod inline_cache;

pub mod function;

pub mod thread;

pub mod userdata;

pub(crate) mod marker;
