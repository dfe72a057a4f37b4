//! The contract between an execution strategy and everybody who runs one.
//!
//! An [`Engine`] is a strategy: a name, a list of knobs and a way to start. Starting it gives an [`Instance`], one
//! isolated Lua state in which chunks are loaded and functions are called with host values.
//! This crate is plain data, and how a number is written. It must never know a Lua heap value, a file, a clock or any particular engine, and it
//! depends on nothing.
//!
//! Read in this order: [`engine`], then [`failure`], [`knob`], [`host`], [`event`], [`counter`], [`profile`], and for compilers
//! [`layout`]; [`number_text`] when you need it. A complete engine in a hundred lines is in `examples/toy_engine.rs`.
#![forbid(unsafe_code)]

pub mod engine;

pub mod host_value;

pub mod number_text;

pub mod failure;

pub mod knob;

pub mod host;

pub mod interrupt;

pub mod event;

pub mod counter;

pub mod profile;

pub mod layout;

pub use counter::{Counter, Counters};
pub use engine::{Engine, EngineInfo, Family, FunctionRef, Instance, Limits, Stage, Start};
pub use event::{Event, EventSink, PublishedCode, UnitProgress, UnitStage};
pub use failure::{Failure, LuaError, Position, StopReason, Unsupported};
pub use host::{Access, Buffering, Host, HostFile, OpenMode, Pipe, Stream, Termination};
pub use host_value::HostValue;
pub use interrupt::{FRAME_GATE_OFFSET, Interrupt, VmState};
pub use knob::{KnobError, KnobSpec, KnobType, KnobValue, Settings};
pub use layout::Layout;
