//! Tests of the engine from outside: programs through the `Engine` trait, and listings of machine code.
//!
//! Conformance with Lua is tested elsewhere (`engines/conformance`); here is what this engine adds to the VM.

mod engine;
mod listings;
mod random;
mod support;
