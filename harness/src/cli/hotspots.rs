//! `harness hotspots`: which functions and loops are worth compiling, and what an engine has made of them, and why.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use engine_api::profile::PROFILE;

use super::KnobArguments;
use crate::cli::chunk::{Chunk, argument_bytes};
use crate::cli::program_failure;
use crate::error::UsageError;
use crate::inspect::hotspots;
use crate::inspect::program::Ran;
use crate::inspect::unit_history::UnitSink;
use crate::machine::terminal;
use crate::plan::engines::Engines;
use crate::plan::knobs::{self, KnobSetting};

const EXAMPLES: &str = "Examples:
  harness hotspots program.lua -- one two
  harness hotspots program.lua --engine ENGINE --jit-threshold 10

The program runs twice, without its output: under an exact profile, in the interpreter, and on the engine. By the rule a
unit is compiled if it is hot (over 30 % of the time, or over 1,000 calls or iterations), stable (over 80 % of the calls or
iterations with the same types) and not blacklisted.";

/// Options of `harness hotspots`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The Lua program
    #[arg(value_name = "FILE.lua")]
    file: PathBuf,

    /// The engine whose compilers are asked; without it the last of the list that has one
    #[arg(long, value_name = "ENGINE")]
    engine: Option<String>,

    /// A table for people or JSON for programs
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    #[command(flatten)]
    knobs: KnobArguments,

    /// Arguments of the program, behind --
    #[arg(value_name = "ARGS", last = true)]
    program_arguments: Vec<OsString>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
}

/// Runs the program twice and prints its hotspots.
///
/// # Errors
/// [`UsageError`] for an unknown engine or knob, an engine without profiles, or a file that cannot be read; otherwise those
/// of standard output. A program that fails is an exit status, after what was seen until then.
pub fn execute(arguments: Arguments, engines: &Engines) -> anyhow::Result<ExitCode> {
    let compiling = engines.infos().filter(|info| info.unit_of_compilation.is_some()).last().map(|info| info.id);
    let engine = engines.named_or_default(arguments.engine.as_deref().or(compiling))?;
    let info = engine.info();
    if !info.knobs.iter().any(|knob| knob.name == PROFILE.name) {
        return Err(UsageError(format!("the engine '{}' makes no profiles", info.id)).into());
    }
    let mut profiling = arguments.knobs.settings();
    let settings = knobs::resolve_one(engines, info, &profiling)?;
    profiling.push(KnobSetting::by_option(PROFILE.name, "exact"));
    let profiling = knobs::resolve_one(engines, info, &profiling)?;
    let chunk = Chunk::read(&arguments.file)?;
    let program_arguments = argument_bytes(&arguments.program_arguments);
    let program = chunk.program(&arguments.file, &program_arguments);
    let (profile, _, result) = match program.profile(engine, profiling) {
        Ok(profiled) => profiled,
        Err(failure) => return Ok(program_failure::report(&failure, &chunk.source)),
    };
    let (sink, units) = UnitSink::new();
    let compiles = info.unit_of_compilation.is_some();
    let progress = match compiles.then(|| program.run(engine, settings, Some(Box::new(sink)))) {
        Some(Ok(Ran { instance, main, result: _ })) => instance.progress(main),
        Some(Err(failure)) => return Ok(program_failure::report(&failure, &chunk.source)),
        None => Vec::new(),
    };
    let spots = hotspots::hotspots(&profile, &units.borrow(), &progress);
    match arguments.format {
        Format::Table => terminal::print(&hotspots::table(&spots, compiles.then_some(info.id)))?,
        Format::Json => terminal::print(&serde_json::to_string_pretty(&hotspots::json(&spots))?)?,
    }
    Ok(match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => program_failure::report(&failure, &chunk.source),
    })
}
