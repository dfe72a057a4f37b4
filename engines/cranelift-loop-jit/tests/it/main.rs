//! Tests of the engine through its public door.

mod engine;

mod crossing;

mod phases;

mod policy;

mod support;
