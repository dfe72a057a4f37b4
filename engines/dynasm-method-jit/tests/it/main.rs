//! Tests of the engine from outside: programs through the `Engine` trait. Listings of machine code are in
//! `tests/listings.rs`.
//!
//! Conformance with Lua is tested elsewhere (`engines/conformance`); here is what this engine adds to the VM.

mod engine;
mod phases;
mod policy;
mod random;
mod support;
