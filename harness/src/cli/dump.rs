//! `harness dump`: what an engine makes of a Lua program, from the syntax tree to machine code, beside its source lines.
//!
//! The texts are the engines' artifacts; this file must know nothing of any engine. What a compiler makes while a program runs exists only after a run, so for those stages the program
//! is run first, and its output is dropped.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use engine_api::{Engine, Failure, FunctionRef, Instance, Interrupt, Stage};

use super::KnobArguments;
use crate::cli::chunk::Chunk;
use crate::cli::program_failure;
use crate::error::UsageError;
use crate::inspect::program::{Program, workload_argument};
use crate::inspect::stage_text;
use crate::machine::terminal;
use crate::plan::engines::Engines;
use crate::plan::knobs::{self, Subject};

const EXAMPLES: &str = "Examples:
  harness dump program.lua                                                  bytecode
  harness dump program.lua --stage ast,bytecode --function fib              of one function
  harness dump program.lua --engine ENGINE --stage ir,asm --jit on          what a compiler has made

The stages ir and asm show what was compiled while the program ran, so it runs first, without its output. A
stage that an engine does not have is left out, with a word.";

/// Options of `harness dump`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The Lua program
    #[arg(value_name = "FILE.lua")]
    file: PathBuf,

    /// The engines whose work is shown
    #[arg(long, value_name = "ENGINE,..", value_delimiter = ',')]
    engine: Vec<String>,

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
}

/// Prints the stages.
///
/// # Errors
/// [`UsageError`] for an unknown engine, knob or function, a file that cannot be read, and stages of which no engine has
/// any; otherwise those of standard output. A program that does not compile is an exit status.
pub fn execute(arguments: Arguments, engines: &Engines) -> anyhow::Result<ExitCode> {
    let chosen: Vec<&dyn Engine> = match arguments.engine.as_slice() {
        [] => vec![engines.named_or_default(None)?],
        names => names.iter().map(|name| engines.named_or_default(Some(name))).collect::<Result<_, _>>()?,
    };
    let subjects: Vec<Subject> = chosen.iter().map(|engine| Subject::plain(engine.info())).collect();
    let settings = knobs::resolve(engines, &subjects, &arguments.knobs.settings())?;
    let chunk = Chunk::read(&arguments.file)?;
    let program = Program {
        chunk_name: &chunk.name,
        source: &chunk.source,
        file: &arguments.file,
        arguments: &[],
        n: workload_argument(&arguments.file),
    };
    let (mut missing, mut dumps) = (Vec::new(), Vec::new());
    for (engine, settings) in chosen.iter().zip(settings) {
        let (mut instance, main) = match program.load(*engine, settings, None, Interrupt::new()) {
            Ok(loaded) => loaded,
            Err(failure) => return Ok(program_failure::report(&failure, &chunk.source)),
        };
        let engine = engine.info().id;
        // A stage that the engine does not have is known before the program runs.
        let mut stages = Vec::new();
        for stage in &arguments.stage {
            match instance.artifact(main, stage.stage()) {
                Ok(_) => stages.push(*stage),
                Err(Failure::Unsupported(what)) => {
                    let (stage, why) = (stage.name(), what.construct);
                    missing.push(format!("--stage {stage} is not for the engine '{engine}': {why}"));
                }
                Err(failure) => return Err(failure.into()),
            }
        }
        dumps.push(Dump { engine, instance, main, stages });
    }
    if dumps.iter().all(|dump| dump.stages.is_empty()) {
        return Err(UsageError(missing.join("\n")).into());
    }
    missing.iter().for_each(|remark| terminal::note(remark));
    let mut code = ExitCode::SUCCESS;
    for dump in dumps.iter_mut().filter(|dump| dump.stages.iter().any(|stage| stage.needs_run())) {
        if let Err(failure) = program.call(dump.instance.as_mut(), dump.main) {
            // What was compiled before the error can still be shown.
            code = program_failure::report(&failure, &chunk.source);
        }
    }
    let source = String::from_utf8_lossy(&chunk.source);
    let source: Vec<&str> = source.lines().collect();
    let (mut problems, mut has_printed) = (Vec::new(), false);
    for dump in &mut dumps {
        for stage in dump.stages.clone() {
            let name = stage.name();
            let title = match (chosen.len() > 1, arguments.stage.len() > 1) {
                (true, _) => format!("{}, {name}:\n\n", dump.engine),
                (false, true) => format!("{name}:\n\n"),
                (false, false) => String::new(),
            };
            match dump.text(stage, arguments.function.as_deref(), &source)? {
                Ok(text) => {
                    has_printed = true;
                    let whole = format!("{title}{text}");
                    if !whole.is_empty() {
                        terminal::print(whole.trim_end_matches('\n'))?;
                    }
                }
                Err(problem) => problems.push(problem),
            }
        }
    }
    if !has_printed {
        return Err(
            UsageError(problems.into_iter().map(|UsageError(words)| words).collect::<Vec<_>>().join("\n")).into()
        );
    }
    problems.iter().for_each(|UsageError(words)| terminal::note(words));
    Ok(code)
}

/// A loaded program of which stages are to be shown.
struct Dump {
    engine: &'static str,
    instance: Box<dyn Instance>,
    main: FunctionRef,
    stages: Vec<StageName>,
}

impl Dump {
    /// The text of a stage beside the source, or why there is none of that function.
    fn text(
        &mut self,
        stage: StageName,
        function: Option<&str>,
        source: &[&str],
    ) -> anyhow::Result<Result<String, UsageError>> {
        let text = self.instance.artifact(self.main, stage.stage())?;
        let units = match chosen_units(stage, &text, function) {
            Ok(units) => units,
            Err(problem) => return Ok(Err(problem)),
        };
        if units.is_empty() {
            terminal::note(&format!("{}: nothing was compiled; a lower --jit-threshold may help", stage.name()));
        }
        let texts: Vec<String> = units.into_iter().map(|unit| beside_source(stage, unit, source)).collect();
        Ok(Ok(texts.join("\n")))
    }
}

/// The units of a text whose first line names the function.
///
/// # Errors
/// [`UsageError`] if there are units but none of them is of that function.
fn chosen_units<'t>(stage: StageName, text: &'t str, function: Option<&str>) -> Result<Vec<&'t str>, UsageError> {
    let units = stage_text::split(stage.stage(), text);
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
        let number = stage_text::source_line(stage.stage(), line).map(|line| line as usize);
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
    fn units_are_chosen_by_name() {
        let text =
            "function main chunk at line 0: 0 parameters\n  0 [1] RETURN0\n\nfunction f at line 1: 1 parameters\n";
        assert_eq!(chosen_units(StageName::Bytecode, text, None).unwrap().len(), 2);
        assert_eq!(chosen_units(StageName::Bytecode, text, Some("f")).unwrap().len(), 1);
        assert_eq!(chosen_units(StageName::Bytecode, text, Some("main chunk")).unwrap().len(), 1);
        assert!(chosen_units(StageName::Bytecode, text, Some("g")).unwrap_err().0.contains("function f at line 1"));
    }
}
