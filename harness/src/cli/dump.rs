//! `harness dump`: what an engine makes of a Lua program, from the syntax tree to machine code, beside its source lines.
//!
//! The texts are the engines' artifacts; this file must know nothing of any engine but how its texts begin a function
//! and name a line. What a compiler makes while a program runs exists only after a run, so for those stages the program
//! is run first, and its output is dropped.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use engine_api::{Failure, FunctionRef, Instance, Interrupt, Limits, Stage, Start};

use super::KnobArguments;
use crate::cli::chunk::Chunk;
use crate::cli::program_failure;
use crate::error::UsageError;
use crate::machine::terminal;
use crate::measure::host::CollectingHost;
use crate::plan::engines::Engines;
use crate::plan::knobs;

const EXAMPLES: &str = "Examples:
  harness dump program.lua                                                  bytecode
  harness dump program.lua --stage ast,bytecode --function fib              of one function
  harness dump program.lua --engine ENGINE --stage ir,asm --jit on          what a compiler has made

The stages ir and asm show what was compiled while the program ran, so it runs first, without its output.";

/// Options of `harness dump`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The Lua program
    #[arg(value_name = "FILE.lua")]
    file: PathBuf,

    /// The engine whose work is shown
    #[arg(long, value_name = "ENGINE")]
    engine: Option<String>,

    /// What to show, in this order
    #[arg(long, value_name = "STAGE,..", value_enum, value_delimiter = ',', default_value = "bytecode")]
    stage: Vec<StageName>,

    /// Only functions of this name, as the texts call them
    #[arg(long, value_name = "NAME")]
    function: Option<String>,

    #[command(flatten)]
    knobs: KnobArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StageName {
    /// The resolved syntax tree
    Ast,
    /// The register bytecode
    Bytecode,
    /// The optimiser's intermediate code
    Ir,
    /// Machine code
    Asm,
}

impl StageName {
    fn stage(self) -> Stage {
        match self {
            StageName::Ast => Stage::Ast,
            StageName::Bytecode => Stage::Bytecode,
            StageName::Ir => Stage::Ir,
            StageName::Asm => Stage::Asm,
        }
    }

    /// Whether the stage exists only when the program has run.
    fn needs_run(self) -> bool {
        match self {
            StageName::Ast | StageName::Bytecode => false,
            StageName::Ir | StageName::Asm => true,
        }
    }

    fn name(self) -> &'static str {
        self.stage().name()
    }

    /// Whether a line of the stage's text begins a function or another unit of compilation.
    fn begins_unit(self, line: &str) -> bool {
        match self {
            StageName::Ast | StageName::Bytecode => line.starts_with("function "),
            StageName::Ir => line.starts_with("loop at PC "),
            StageName::Asm => line.starts_with("function ") || line.starts_with("loop at PC "),
        }
    }

    /// The source line that a line of the stage's text says it belongs to.
    fn source_line(self, line: &str) -> Option<usize> {
        let number = match self {
            StageName::Ast => line.get(..5)?,
            StageName::Bytecode => line.trim_start().split_once(" [")?.1.split_once("] ")?.0,
            StageName::Ir | StageName::Asm => {
                let rest = line.strip_prefix("; pc ")?.split_once(", line ")?.1;
                rest.split(':').next()?
            }
        };
        number.trim().parse().ok()
    }
}

/// Prints the stages.
///
/// # Errors
/// [`UsageError`] for an unknown engine, knob or function, a file that cannot be read, and a stage that the engine does
/// not have; otherwise those of standard output. A program that does not compile is an exit status.
pub fn execute(arguments: Arguments, engines: &Engines) -> anyhow::Result<ExitCode> {
    let engine = engines.named_or_default(arguments.engine.as_deref())?;
    let settings = knobs::resolve_one(engines, engine.info(), &arguments.knobs.settings())?;
    let chunk = Chunk::read(&arguments.file)?;
    let (host, _output) = CollectingHost::new();
    let mut instance = engine.start(Start {
        settings,
        host: Box::new(host),
        sink: None,
        interrupt: Interrupt::new(),
        limits: Limits::default(),
        seed: 0,
    })?;
    let main = match instance.load(&chunk.name, &chunk.source) {
        Ok(main) => main,
        Err(failure) => return Ok(program_failure::report(&failure, &chunk.source)),
    };
    for stage in &arguments.stage {
        // A stage that the engine does not have is known before the program runs.
        artifact(instance.as_mut(), main, *stage, engine.info().id)?;
    }
    let mut code = ExitCode::SUCCESS;
    if arguments.stage.iter().any(|stage| stage.needs_run())
        && let Err(failure) = instance.call(main, &[])
    {
        // What was compiled before the error can still be shown.
        code = program_failure::report(&failure, &chunk.source);
    }
    let source = String::from_utf8_lossy(&chunk.source);
    let source: Vec<&str> = source.lines().collect();
    for stage in &arguments.stage {
        let text = artifact(instance.as_mut(), main, *stage, engine.info().id)?;
        let units = chosen_units(*stage, &text, arguments.function.as_deref())?;
        if arguments.stage.len() > 1 {
            terminal::print(&format!("{}:\n", stage.name()))?;
        }
        if units.is_empty() {
            terminal::note(&format!("{}: nothing was compiled; a lower --jit-threshold may help", stage.name()));
        }
        for unit in units {
            terminal::print(&beside_source(*stage, unit, &source))?;
        }
    }
    Ok(code)
}

fn artifact(instance: &mut dyn Instance, main: FunctionRef, stage: StageName, engine: &str) -> anyhow::Result<String> {
    match instance.artifact(main, stage.stage()) {
        Ok(text) => Ok(text),
        Err(Failure::Unsupported(what)) => {
            let message = format!("--stage {} is not for the engine '{engine}': {}", stage.name(), what.construct);
            Err(UsageError(message).into())
        }
        Err(failure) => Err(failure.into()),
    }
}

/// The units of a text whose first line names the function.
///
/// # Errors
/// [`UsageError`] if there are units but none of them is of that function.
fn chosen_units<'t>(stage: StageName, text: &'t str, function: Option<&str>) -> Result<Vec<&'t str>, UsageError> {
    let mut starts: Vec<usize> = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        if stage.begins_unit(line) {
            starts.push(offset);
        }
        offset += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let units: Vec<&str> = starts.iter().zip(ends).map(|(start, end)| &text[*start..end]).collect();
    let Some(function) = function else { return Ok(units) };
    let heading = |unit: &&'t str| unit.lines().next().unwrap_or_default();
    let chosen: Vec<&str> =
        units.iter().copied().filter(|unit| heading(unit).contains(&format!(" {function} "))).collect();
    if chosen.is_empty() && !units.is_empty() {
        let headings: Vec<&str> = units.iter().map(heading).collect();
        let list = headings.join("\n  ");
        return Err(UsageError(format!("--stage {} has no function '{function}'\n  {list}", stage.name())));
    }
    Ok(chosen)
}

/// The text with each source line before the first of the lines that belong to it.
fn beside_source(stage: StageName, unit: &str, source: &[&str]) -> String {
    let mut result = String::new();
    let mut shown = None;
    for line in unit.trim_end().lines() {
        let number = stage.source_line(line);
        if let Some(number) = number
            && shown != Some(number)
            && let Some(text) = number.checked_sub(1).and_then(|index| source.get(index))
        {
            result.push_str(&format!("{number:>9} | {}\n", text.trim_end()));
            shown = Some(number);
        }
        result.push_str(line);
        result.push('\n');
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_says_its_lines() {
        let line = |stage: StageName, text| stage.source_line(text);
        assert_eq!(line(StageName::Bytecode, "     0 [13] CLOSURE     R0 function 0"), Some(13));
        assert_eq!(line(StageName::Bytecode, "  local f 23..23: R11"), None);
        assert_eq!(line(StageName::Ast, "   12 local x@0"), Some(12));
        assert_eq!(line(StageName::Ast, "      upvalue ^0 _ENV from the environment"), None);
        assert_eq!(line(StageName::Asm, "; pc 2, line 4"), Some(4));
        assert_eq!(line(StageName::Asm, "; pc 2, line 4: LOADK       R0 \"a:b\""), Some(4));
        assert_eq!(line(StageName::Asm, "  0068  cmp byte ptr [rbx+8], 3"), None);
    }

    #[test]
    fn units_are_chosen_by_name() {
        let text =
            "function main chunk at line 0: 0 parameters\n  0 [1] RETURN0\n\nfunction f at line 1: 1 parameters\n";
        assert_eq!(chosen_units(StageName::Bytecode, text, None).unwrap().len(), 2);
        assert_eq!(chosen_units(StageName::Bytecode, text, Some("f")).unwrap().len(), 1);
        assert_eq!(chosen_units(StageName::Bytecode, text, Some("main chunk")).unwrap().len(), 1);
        assert!(chosen_units(StageName::Bytecode, text, Some("g")).unwrap_err().0.contains("function f at line 1"));
    }
}
