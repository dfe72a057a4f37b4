//! Register bytecode for Lua 5.4: one opcode table, a compiler from the resolved syntax tree, a verifier, a
//! disassembler and the name finder of error messages.
//!
//! A [`FunctionProto`] is plain data. This crate must never know a heap value, a frame or an engine; engines turn
//! prototypes into whatever they run. The calling convention that the code follows stands in `ARCHITECTURE.md`.
//!
//! Read in this order: [`opcode`], [`instruction`], [`proto`], [`compiler`], [`effects`], [`liveness`], [`verify`], then
//! the rest.
#![forbid(unsafe_code)]

pub mod opcode;

pub mod instruction;

pub mod proto;

pub mod compiler;

pub mod effects;

pub mod liveness;

pub mod identity;

pub mod verify;

pub mod names;

pub mod construct;

pub mod disassemble;

pub use compiler::{CompileError, compile};
pub use instruction::{Instruction, Pc, Register};
pub use opcode::Opcode;
pub use proto::FunctionProto;
