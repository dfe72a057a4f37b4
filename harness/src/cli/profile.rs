//! `harness profile`: where a program's time goes, and with which types its functions are called.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use engine_api::Failure;
use engine_api::profile::PROFILE;

use super::KnobArguments;
use crate::cli::chunk::{Chunk, argument_bytes};
use crate::cli::program_failure;
use crate::error::UsageError;
use crate::inspect::profile::{Rows, folded, speedscope, state_json, state_table};
use crate::machine::terminal;
use crate::plan::engines::Engines;
use crate::plan::knobs::{self, KnobSetting};

const EXAMPLES: &str = "Examples:
  harness profile program.lua -- one two                      tables of functions, loops and call sites
  harness profile program.lua --mode sampling                 at a cost of a few per cent, times alone
  harness profile program.lua --engine ENGINE --mode states   what the engine does: compiled code, helpers, compiling
  harness profile program.lua --format speedscope > out.json  for https://www.speedscope.app

The program's output is dropped. But for the states, profiles are made by the interpreter: on an engine with a compiler
nothing is compiled meanwhile. Time in functions of the library is theirs where the interpreter calls them directly, and else its caller's.";

/// Options of `harness profile`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The Lua program
    #[arg(value_name = "FILE.lua")]
    file: PathBuf,

    /// The engine to run it on
    #[arg(long, value_name = "ENGINE")]
    engine: Option<String>,

    /// How it is profiled
    #[arg(long, value_enum, default_value_t = Mode::Exact)]
    mode: Mode,

    /// In which form
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    #[command(flatten)]
    knobs: KnobArguments,

    /// Arguments of the program, behind --
    #[arg(value_name = "ARGS", last = true)]
    program_arguments: Vec<OsString>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// Count and time every call and iteration
    Exact,
    /// A thousand times a second, see what has run
    Sampling,
    /// Run as always, compilers and all, and see a thousand times a second whether it interprets, runs compiled code or its
    /// helpers, compiles or collects
    States,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// Rows with all fields
    Json,
    /// A line for each stack of calls, for flame graphs
    Folded,
    /// For the viewer of that name
    Speedscope,
}

/// Runs the program and prints its profile.
///
/// # Errors
/// [`UsageError`] for an unknown engine or knob, an engine without profiles, or a file that cannot be read; otherwise those
/// of standard output. A program that fails is an exit status, after the profile until then.
pub fn execute(arguments: Arguments, engines: &Engines) -> anyhow::Result<ExitCode> {
    let engine = engines.named_or_default(arguments.engine.as_deref())?;
    let info = engine.info();
    if !info.knobs.iter().any(|knob| knob.name == PROFILE.name) {
        return Err(UsageError(format!("the engine '{}' makes no profiles", info.id)).into());
    }
    let mode = match arguments.mode {
        Mode::Exact => "exact",
        Mode::Sampling => "sampling",
        Mode::States => "states",
    };
    let mut settings = arguments.knobs.settings();
    settings.push(KnobSetting::by_option(PROFILE.name, mode));
    let settings = knobs::resolve_one(engines, info, &settings)?;
    let chunk = Chunk::read(&arguments.file)?;
    if info.unit_of_compilation.is_some() && arguments.mode != Mode::States {
        terminal::note(&format!("{}: profiled in its interpreter; nothing is compiled under a profile", info.id));
    }
    let program_arguments = argument_bytes(&arguments.program_arguments);
    let program = chunk.program(&arguments.file, &program_arguments);
    if arguments.mode == Mode::States {
        let (states, result) = match program.states(engine, settings) {
            Ok(states) => states,
            Err(failure) => return Ok(program_failure::report(&failure, &chunk.source)),
        };
        match arguments.format {
            Format::Table => terminal::print(&state_table(&states))?,
            Format::Json => terminal::print(&serde_json::to_string_pretty(&state_json(&states))?)?,
            Format::Folded | Format::Speedscope => {
                return Err(UsageError("--mode states has no stacks: --format table or json".to_string()).into());
            }
        }
        return Ok(code_of(result, &chunk));
    }
    let (profile, tick_us, result) = match program.profile(engine, settings) {
        Ok(profiled) => profiled,
        Err(failure) => return Ok(program_failure::report(&failure, &chunk.source)),
    };
    let title = arguments.file.display().to_string();
    match arguments.format {
        Format::Table => terminal::print(&Rows::new(&profile, tick_us).tables())?,
        Format::Json => terminal::print(&serde_json::to_string_pretty(&Rows::new(&profile, tick_us))?)?,
        Format::Folded => terminal::print(folded(&profile).trim_end())?,
        Format::Speedscope => {
            terminal::print(&serde_json::to_string(&speedscope(&profile, &title, tick_us))?)?;
        }
    }
    Ok(code_of(result, &chunk))
}

fn code_of(result: Result<(), Failure>, chunk: &Chunk) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => program_failure::report(&failure, &chunk.source),
    }
}
