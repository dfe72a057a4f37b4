//! Tests of the runtime through its public interface, without any engine.

mod support;

mod collection;

mod doors;

mod new_objects;

mod numbers;

mod stopping;

mod tables;
