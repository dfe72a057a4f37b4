//! `harness explore`: one page with a program's source, bytecode, IR and machine code under one or several engines.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use engine_api::profile::{PROFILE, Profile};
use engine_api::{Engine, Failure, Stage};

use super::KnobArguments;
use crate::cli::chunk::{Chunk, argument_bytes};
use crate::cli::program_failure;
use crate::error::UsageError;
use crate::inspect::explore::{EngineView, Explored, page};
use crate::inspect::program::{Program, Ran};
use crate::inspect::unit_history::UnitSink;
use crate::machine::terminal;
use crate::plan::engines::Engines;
use crate::plan::knobs::{self, KnobSetting, Subject};

const EXAMPLES: &str = "Examples:
  harness explore program.lua                                         on the engines with compilers
  harness explore program.lua --engines one,other --out page.html -- 1000

The program runs once on each engine, without its output, and once under a profile in the interpreter.";

/// Options of `harness explore`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The Lua program
    #[arg(value_name = "FILE.lua")]
    file: PathBuf,

    /// The engines, at most four; without it the first two that have a compiler
    #[arg(long, value_name = "ENGINE,..", value_delimiter = ',')]
    engines: Vec<String>,

    /// Where the page is written; without it beside the working folder's other files, called as the program with .html
    #[arg(long, value_name = "FILE.html")]
    out: Option<PathBuf>,

    #[command(flatten)]
    knobs: KnobArguments,

    /// Arguments of the program, behind --
    #[arg(value_name = "ARGS", last = true)]
    program_arguments: Vec<OsString>,
}

/// As many engines as the page has colours for.
const MOST_ENGINES: usize = 4;
/// Engines that are shown if none is named.
const DEFAULT_ENGINES: usize = 2;

/// Runs the program and writes the page.
///
/// # Errors
/// [`UsageError`] for unknown engines or knobs, a file that cannot be read and a page that cannot be written. A program that
/// fails is an exit status, after the page of what was made until then.
pub fn execute(arguments: Arguments, engines: &Engines) -> anyhow::Result<ExitCode> {
    let compiling =
        || engines.infos().filter(|info| info.unit_of_compilation.is_some()).map(|info| info.id.to_string());
    let names: Vec<String> = match arguments.engines.is_empty() {
        true => compiling().take(DEFAULT_ENGINES).collect(),
        false => arguments.engines.clone(),
    };
    if names.len() > MOST_ENGINES {
        return Err(UsageError(format!("--engines: at most {MOST_ENGINES} fit on the page")).into());
    }
    let chosen: Vec<&dyn Engine> =
        names.iter().map(|name| engines.named_or_default(Some(name))).collect::<Result<_, _>>()?;
    let subjects: Vec<Subject> = chosen.iter().map(|engine| Subject::plain(engine.info())).collect();
    let settings = knobs::resolve(engines, &subjects, &arguments.knobs.settings())?;
    let chunk = Chunk::read(&arguments.file)?;
    let program_arguments = argument_bytes(&arguments.program_arguments);
    let program = chunk.program(&arguments.file, &program_arguments);
    let (mut views, mut bytecode, mut end) = (Vec::new(), None, Ok(()));
    for (engine, settings) in chosen.iter().zip(settings) {
        let (sink, units) = UnitSink::new();
        let Ran { mut instance, main, result } = match program.run(*engine, settings, Some(Box::new(sink))) {
            Ok(ran) => ran,
            Err(failure) => return Ok(program_failure::report(&failure, &chunk.source)),
        };
        let mut text = |stage| match instance.artifact(main, stage) {
            Ok(text) => Ok(Some(text)),
            Err(Failure::Unsupported(_)) => Ok(None),
            Err(failure) => Err(failure),
        };
        bytecode = bytecode.or(text(Stage::Bytecode)?);
        let (ir, asm) = (text(Stage::Ir)?, text(Stage::Asm)?);
        let progress = instance.progress(main);
        views.push(EngineView { name: engine.info().id.to_string(), ir, asm, units: units.take(), progress });
        end = end.and(result);
    }
    let title = arguments.file.display().to_string();
    let source = String::from_utf8_lossy(&chunk.source);
    let profile = profile(&program, engines, &chosen)?;
    let explored = Explored { title: &title, chunk: &title, source: &source, bytecode, profile, engines: views };
    let out = arguments.out.clone().unwrap_or_else(|| default_out(&arguments.file));
    fs::write(&out, page(&explored)).map_err(|error| UsageError::file("cannot write", &out, &error))?;
    terminal::print(&out.display().to_string())?;
    Ok(match end {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => program_failure::report(&failure, &chunk.source),
    })
}

/// How often what was run, by the first engine that can tell.
fn profile(program: &Program, engines: &Engines, chosen: &[&dyn Engine]) -> anyhow::Result<Option<Profile>> {
    let has_profiles = |engine: &&&dyn Engine| engine.info().knobs.iter().any(|knob| knob.name == PROFILE.name);
    let Some(engine) = chosen.iter().find(has_profiles) else { return Ok(None) };
    let settings = knobs::resolve_one(engines, engine.info(), &[KnobSetting::by_option(PROFILE.name, "exact")])?;
    // How the program ends is said once already.
    let (profile, _, _said) = program.profile(*engine, settings)?;
    Ok(Some(profile))
}

/// The program's name with another ending, in the working folder.
fn default_out(file: &Path) -> PathBuf {
    PathBuf::from(file.file_name().unwrap_or(file.as_os_str())).with_extension("html")
}
