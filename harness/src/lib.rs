//! Runs, records, analyses and draws comparisons of execution strategies.
//!
//! The way of a number through the rooms: a [`plan`] says what is to be measured; [`measure`] carries it out, one child
//! process at a time, on a [`machine`] that it watches; [`record`] writes rows and reads them again; [`analyse`] makes
//! estimates of nothing but those rows, with the mathematics in [`statistics`]; [`show`] makes tables and figures of
//! the estimates; [`inspect`] looks into one program on
//! one engine, untimed; [`cli`] is the command line to all of it.
//! Each room imports from those before it in this order and from no other, which a test holds them to: [`error`],
//! [`machine`], [`statistics`], [`plan`], [`record`], [`measure`], [`analyse`], [`show`], [`inspect`], [`cli`].
//! Engines are known here by the `engine-api` contract alone; which ones there are is said by whoever calls [`main`].
//! How things are measured and why is in `harness/METHODOLOGY.md`.
#![forbid(unsafe_code)]

pub mod plan;

pub mod measure;

pub mod machine;

pub mod record;

pub mod statistics;

pub mod analyse;

pub mod show;

pub mod inspect;

pub mod cli;

pub mod error;

use std::process::ExitCode;

use engine_api::Engine;

use crate::cli::FurtherCommand;
use crate::plan::engines::Engines;

/// The whole program, for a `main` that does nothing else: reads the command line and carries it out with these engines,
/// in this order. Returns the exit status.
///
/// An engine from another repository becomes a column beside those of this project by being one more of the list:
/// `engines/README.md` has the ten lines.
pub fn main(engines: &[&'static dyn Engine]) -> ExitCode {
    main_with(engines, &[])
}

/// As [`main`], with further commands, which stand behind its own. This library starts no asynchronous runtime and no
/// server: what does comes from a crate of its own, by this door.
pub fn main_with(engines: &[&'static dyn Engine], further: &[FurtherCommand]) -> ExitCode {
    match Engines::new(engines) {
        Ok(engines) => cli::execute(&engines, further),
        Err(error) => cli::exit_code(Err(error.into())),
    }
}
