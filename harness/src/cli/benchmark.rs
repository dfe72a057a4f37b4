//! `harness benchmark`: times functions of a program by the examples in its comments. Each example becomes a workload, and they
//! are compared as all workloads are: processes, checked results, intervals.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use engine_api::{Engine, Settings};

use super::effort::EffortArguments;
use super::{ContenderArguments, WorkloadArguments, compare};
use crate::cli::chunk::Chunk;
use crate::error::UsageError;
use crate::inspect::example::{self, Evaluation, Example};
use crate::inspect::program::Program;
use crate::machine::interruption::Interruption;
use crate::machine::terminal;
use crate::plan::engines::Engines;
use crate::plan::expectation::Expect;
use crate::plan::workload::Workload;
use crate::plan::{Plan, Purpose, knobs};

/// What an iteration takes at least on the engine that is tried first.
const ITERATION: Duration = Duration::from_millis(4);
/// Evaluations of an iteration at most.
const MOST_EVALUATIONS: u64 = 1 << 24;

const EXAMPLES: &str = "An example is a comment that stands alone in its line, anywhere in the file:

  -- example: fib(20)
  local function fib(n) .. end

It may name every local and global that there is at the end of the file, and is evaluated again and again.

  harness benchmark program.lua --engines one,other --yardsticks none
  harness benchmark program.lua --only fib --preset standard";

/// Options of `harness benchmark`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The Lua program
    #[arg(value_name = "FILE.lua")]
    file: PathBuf,

    /// Only examples with this text in them
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,

    #[command(flatten)]
    contenders: ContenderArguments,

    /// The contender that speed-ups refer to [default: lua5.4, or else the first]
    #[arg(long, value_name = "NAME")]
    baseline: Option<String>,

    #[command(flatten)]
    effort: EffortArguments,
}

/// Makes workloads of the examples and compares them.
///
/// # Errors
/// [`UsageError`] for a file without examples, and an example that cannot be evaluated; otherwise those of [`compare`].
pub fn execute(arguments: Arguments, engines: &Engines) -> anyhow::Result<ExitCode> {
    let interruption = Interruption::listen()?;
    let contenders = arguments.contenders.resolve(engines, false, None)?;
    let baseline = match &arguments.baseline {
        Some(name) if contenders.iter().any(|contender| contender.name == *name) => name.clone(),
        Some(name) => {
            let known = contenders.iter().map(|contender| contender.name.as_str());
            return Err(UsageError::unknown("baseline", name, known).into());
        }
        None => {
            let usual = contenders.iter().find(|contender| contender.name == compare::DEFAULT_BASELINE);
            usual.or(contenders.first()).map(|contender| contender.name.clone()).unwrap_or_default()
        }
    };
    let chunk = Chunk::read(&arguments.file)?;
    let source = String::from_utf8(chunk.source.clone())
        .map_err(|_| UsageError(format!("{}: the examples are not UTF-8", arguments.file.display())))?;
    let examples = chosen(&source, &arguments)?;
    let folder = tempfile::tempdir().context("cannot make a folder for the workloads")?;
    let engine = engines.named_or_default(None)?;
    let (mut workloads, mut names) = (Vec::new(), BTreeSet::new());
    for example in &examples {
        let settings = || knobs::resolve_one(engines, engine.info(), &[]);
        let (text, evaluations) = prepared(engine, &settings, &arguments, &chunk.name, &source, example)?;
        let mut name = example::name(&example.expression);
        if !names.insert(name.clone()) {
            name = format!("{name}_{}", example.line);
            names.insert(name.clone());
        }
        let path = folder.path().join(format!("{name}.lua"));
        fs::write(&path, example::workload(&text, example, evaluations)).context("cannot write a workload")?;
        workloads.push(Workload::read(&path)?);
        let times = terminal::count(evaluations as usize, "evaluation");
        terminal::note(&format!("{name}: an iteration is {times} of {}", example.expression));
    }
    let asked = WorkloadArguments {
        workloads: Vec::new(),
        n: None,
        expect: Expect::Exact,
        ignore_lines: None,
        arguments: Vec::new(),
    };
    let wish = arguments.effort.wish(&asked, Purpose::Comparison, &baseline)?;
    compare::carry_out(Plan::new(&wish, contenders, &workloads)?, &arguments.effort, engines, &interruption)
}

/// The examples that are asked for.
fn chosen(source: &str, arguments: &Arguments) -> Result<Vec<Example>, UsageError> {
    let all = example::examples(source);
    let file = arguments.file.display();
    if all.is_empty() {
        return Err(UsageError(format!(
            "{file} has no examples\nwrite a comment such as '-- example: fib(20)' into it"
        )));
    }
    let Some(only) = &arguments.only else { return Ok(all) };
    let chosen: Vec<Example> = all.iter().filter(|example| example.expression.contains(only)).cloned().collect();
    if chosen.is_empty() {
        let known: Vec<&str> = all.iter().map(|example| example.expression.as_str()).collect();
        return Err(UsageError(format!("{file} has no example with '{only}'\nthere are: {}", known.join("; "))));
    }
    Ok(chosen)
}

/// The program with the example's function, and how often that evaluates it in an iteration.
fn prepared(
    engine: &dyn Engine,
    settings: &dyn Fn() -> Result<Settings, UsageError>,
    arguments: &Arguments,
    chunk_name: &str,
    source: &str,
    example: &Example,
) -> anyhow::Result<(String, u64)> {
    let refused = |why: &str| {
        let (file, Example { expression, line }) = (arguments.file.display(), example);
        UsageError(format!("{file}:{line}: the example '{expression}' cannot be evaluated: {why}"))
    };
    let mut first_problem = None;
    for text in example::candidates(source, example) {
        let program = Program { chunk_name, source: text.as_bytes(), file: &arguments.file, arguments: &[], n: None };
        match Evaluation::new(engine, settings()?, &program) {
            Ok(mut evaluation) => {
                let mut evaluations = 1;
                loop {
                    let begun = Instant::now();
                    evaluation.run(evaluations).map_err(|why| refused(&why))?;
                    if begun.elapsed() >= ITERATION || evaluations >= MOST_EVALUATIONS {
                        return Ok((text, evaluations));
                    }
                    evaluations *= 2;
                }
            }
            Err(problem) => {
                first_problem.get_or_insert(problem);
            }
        }
    }
    Err(refused(&first_problem.unwrap_or_default()).into())
}
