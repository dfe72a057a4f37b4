//! What every engine that builds on the interpreter shares.

pub mod hooks;
