//! What every JIT engine needs around its compiler: memory for machine code, a cache of compiled units, maps from
//! machine code to bytecode and lines, and listings.
//!
//! This crate must never know a Lua value, an opcode or an engine: a compiler hands in bytes and gets addresses back.
//! It opens no file and reads no clock. It has the only `mprotect` of the project, in `memory::reservation`.
//!
//! Read in this order: [`knobs`], [`memory`], [`mod@unit`], [`cache`], [`map`], [`disassemble`]. The life of a unit in
//! one picture is in the README.

pub mod knobs;

pub mod position;

pub mod memory;

pub mod key;

pub mod unit;

pub mod cache;

pub mod blacklist;

pub mod map;

pub mod disassemble;

pub use blacklist::Blacklist;
pub use cache::{CacheCounters, CodeCache, Evicted, Invalidated, Reclaimed, SharedCache};
pub use key::{UnitKey, UnitKeyBuilder};
pub use knobs::{JitMode, JitOptions};
pub use map::{CodeMap, CodeMapBuilder, Origin};
pub use memory::{CodeMemory, CodeMemoryError, CodeMemoryUse, CodeNamesMark, ExecutableBlock, WritableBlock};
pub use position::{BytecodePc, CodeOffset};
pub use unit::{Activation, AnyData, Compiled, EntryCell, Unit, UnitControl, UnitId, UnitState};
