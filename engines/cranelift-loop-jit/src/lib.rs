//! The loop compiler.
