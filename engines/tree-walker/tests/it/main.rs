//! Tests of the tree-walker through the `Engine` trait.
//!
//! Semantics shared by all engines are in `engines/conformance/cases`; here is what this engine could get wrong by
//! itself: its kinds of nodes, its frames, its native stack, its caches.

mod support;

mod programs;

mod stack;

mod coroutines;

mod faults;

mod instance;

mod backtrace;
