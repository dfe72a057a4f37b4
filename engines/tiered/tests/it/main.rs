//! Tests of the engine from outside: programs through the `Engine` trait, under settings that switch tiers as often as possible.
//!
//! Conformance with Lua is tested elsewhere (`engines/conformance`); here is what the tiers add to each other.

mod support;
mod switches;
mod trials;

#[path = "../../../dynasm-method-jit/tests/it/random.rs"]
mod random;
