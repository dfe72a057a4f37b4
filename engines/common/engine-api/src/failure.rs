//! Everything that can end a load or a call before its result, as separate kinds that are never mixed.
//!
//! The Lua program raised an error; the engine does not support something; the engine is wrong; or the run was
//! stopped from outside.

use std::fmt;
use std::ops::Range;

/// Why a load or a call gave no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The Lua program raised an error that nothing in it caught, or does not compile.
    Lua(LuaError),
    /// The engine declines a construct. Never a wrong answer, never silent.
    Unsupported(Unsupported),
    /// The engine broke one of its own invariants.
    EngineBug(String),
    /// Stopped from outside through [`crate::Interrupt`].
    Stopped(StopReason),
    /// The heap limit was reached and the program did not handle the error.
    OutOfMemory(LuaError),
}

/// An error raised by the Lua program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LuaError {
    /// The error value as `lua` would print it, position prefix included. Any bytes.
    pub message: Vec<u8>,
    /// The call stack at the raise, in the layout of `debug.traceback`; empty for a syntax error.
    pub traceback: String,
    /// For a syntax error the bytes of the source at which it was noticed.
    pub source_bytes: Option<Range<usize>>,
}

impl LuaError {
    /// An error that was raised while the program ran.
    pub fn raised(message: Vec<u8>, traceback: String) -> LuaError {
        LuaError { message, traceback, source_bytes: None }
    }
}

/// A construct that an engine cannot run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    /// What it is, in the words of the Lua manual.
    pub construct: String,
    /// Where it stands, if it has a place in the source.
    pub position: Option<Position>,
}

/// A line of a chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The chunk's name as messages show it (`fib.lua`).
    pub chunk: String,
    /// The line, from 1; 0 in a function that was loaded without lines.
    pub line: u32,
}

/// Why a run was stopped from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// The time limit passed.
    Time,
    /// Somebody asked for it (Ctrl-C).
    Request,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Lua(error) | Failure::OutOfMemory(error) => error.fmt(f),
            Failure::Unsupported(unsupported) => unsupported.fmt(f),
            Failure::EngineBug(what) => write!(f, "engine bug: {what}"),
            Failure::Stopped(StopReason::Time) => f.write_str("stopped: time limit reached"),
            Failure::Stopped(StopReason::Request) => f.write_str("stopped on request"),
        }
    }
}

impl fmt::Display for LuaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.message))?;
        if !self.traceback.is_empty() {
            write!(f, "\n{}", self.traceback)?;
        }
        Ok(())
    }
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not supported yet: {}", self.construct)?;
        match &self.position {
            Some(position) => write!(f, " at {}:{}", position.chunk, position.line),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}
