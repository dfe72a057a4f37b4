//! Lua 5.4 source text to a resolved syntax tree.
#![forbid(unsafe_code)]

pub mod ast;
