//! Lua cases and what is needed to run them on an engine and to judge the outcome.
//!
//! A case is a Lua file with its expected output beside it, and that output comes from PUC Lua, never from an engine of
//! this project. This crate must never know how an engine works: it goes through `engine_api`, as every user does.
//! The runner, one named test for each engine, setting and case, is `tests/conformance.rs`; `README.md` says how to add
//! a case. Read in this order: [`case`], [`settings`], [`run`], [`expected`], [`oracle`],
//! [`fuzz`].
#![forbid(unsafe_code)]

pub mod case;

pub mod settings;

pub mod run;

pub mod host;

pub mod expected;

pub mod oracle;

pub mod fuzz;

pub use case::Case;
pub use expected::ExpectedUnsupported;
pub use oracle::Oracle;
pub use run::{Outcome, Run};
pub use settings::Setting;
