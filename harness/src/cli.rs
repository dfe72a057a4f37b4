//! The command line: one module for each command, and what they share. Parses, resolves names, prints; everything
//! else is the library's.

pub mod run;

pub mod list;

pub mod dump;

pub mod profile;

pub mod hotspots;

pub mod explore;

pub mod benchmark;

pub mod check;

pub mod compare;

pub mod sweep;

pub mod ablate;

pub mod effort;

pub mod report;

pub mod export;

pub mod diff;

pub mod history;

pub mod classify;

pub mod validate;

pub mod doctor;

pub mod child;

pub mod chunk;

pub mod program_failure;

pub mod values;

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command as Process, ExitCode};

use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::error::{Interrupted, UsageError, words_of};
use crate::machine::interruption;
use crate::machine::terminal;
use crate::plan::contender::Contender;
use crate::plan::engines::Engines;
use crate::plan::expectation::Expect;
use crate::plan::knobs::{self, KnobSetting};
use crate::plan::selection::Selection;

const EXAMPLES: &str = "Examples:
  harness run program.lua                                    run a Lua program
  harness compare --engines all                              a first comparison, in minutes
  harness compare --workloads fib --preset standard          one workload, with more care
  harness ablate --engine ENGINE                             what does each of its techniques bring?
  harness check                                              does every engine compute the right results?

Exit status: 0 fine, 1 a wrong result or a failed program, 2 wrong usage, 3 a regression,
4 the runs compared cannot tell, 130 interrupted";

/// With this variable cranelift-jit writes a file for profilers by itself. Files are the host's business.
const WRITES_PAST_THE_HOST: &str = "PERF_BUILDID_DIR";

/// Compares execution strategies for Lua 5.4 over one runtime.
#[derive(Debug, Parser)]
#[command(name = "harness", version, after_help = EXAMPLES)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The command line of a start that runs a program. To describe all the commands would be a tenth of what it takes to
/// start; see [`command`].
#[derive(Debug, Parser)]
#[command(name = "harness", version)]
struct ProgramArguments {
    #[command(subcommand)]
    command: ProgramCommand,
}

/// The command that runs a program.
#[derive(Debug, Subcommand)]
pub enum ProgramCommand {
    /// Run a Lua program, as `lua` does
    Run(run::Arguments),
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The one for programs.
    #[command(flatten)]
    Program(ProgramCommand),
    /// List engines, workloads, knobs or yardsticks
    List(list::Arguments),
    /// Show what an engine makes of a Lua program: syntax tree, bytecode, intermediate code, machine code
    Dump(dump::Arguments),
    /// Find out where a program's time goes, and with which types its functions are called
    Profile(profile::Arguments),
    /// Find out which functions and loops are worth compiling, and what became of them and why
    Hotspots(hotspots::Arguments),
    /// Write a page with a program's source, bytecode, IR and machine code, engines side by side
    Explore(explore::Arguments),
    /// Time functions of a program by the examples in its comments
    Benchmark(benchmark::Arguments),
    /// Run every workload once on every engine and check the results
    Check(check::Arguments),
    /// Measure engines and yardsticks side by side
    Compare(compare::Arguments),
    /// Measure an engine under several values of a knob
    Sweep(sweep::Arguments),
    /// Measure what each technique of an engine brings, by turning it off
    Ablate(ablate::Arguments),
    /// Make tables, figures and a page from a results folder again
    Report(report::Arguments),
    /// Write a run in the format of another tool
    Export(export::Arguments),
    /// Say what changed from one results folder to another
    Diff(diff::Arguments),
    /// Say how times moved over many results folders
    History(history::Arguments),
    /// Classify the warm-up of any series of iteration times
    Classify(classify::Arguments),
    /// Check that a results folder holds together
    Validate(validate::Arguments),
    /// Find out whether this machine is fit to measure on
    Doctor(doctor::Arguments),
    /// Run iterations on request of a parent process
    #[command(hide = true)]
    Child(child::Arguments),
}

/// A command that another crate brings.
pub struct FurtherCommand {
    /// How it is called, with its arguments.
    pub command: fn(&Engines) -> clap::Command,
    /// Carries it out. The errors are treated as those of this crate's commands.
    pub execute: fn(&ArgMatches, &Engines) -> anyhow::Result<ExitCode>,
}

/// Knob settings, the same for every command that takes them.
#[derive(Debug, Args)]
pub struct KnobArguments {
    /// Same as --set jit=MODE; off, auto or on. Engines without a compiler take off and auto too
    #[arg(long, value_name = "MODE")]
    jit: Option<String>,

    /// Same as --set jit-threshold=N
    #[arg(long, value_name = "N")]
    jit_threshold: Option<u64>,

    /// Set a knob of every selected engine that has it, of one engine, or of one contender; the command 'list knobs'
    /// has all. Whole numbers may end with K, M or G
    #[arg(long = "set", value_name = "[NAME:]KNOB=VALUE")]
    settings: Vec<KnobSetting>,
}

impl KnobArguments {
    /// All settings.
    pub fn settings(&self) -> Vec<KnobSetting> {
        let jit = self.jit.as_ref().map(|mode| KnobSetting::by_option(knobs::JIT, mode));
        let threshold = self.jit_threshold.map(|count| KnobSetting::by_option("jit-threshold", count));
        jit.into_iter().chain(threshold).chain(self.settings.iter().cloned()).collect()
    }
}

/// What is compared, the same for every command that compares.
#[derive(Debug, Args)]
pub struct ContenderArguments {
    /// Engines: all, none, or items [NAME=][BUILD/]ENGINE[:KNOB=VALUE].. joined by commas; can be repeated
    #[arg(long, value_name = "ITEM,..", default_value = "all")]
    pub engines: Vec<String>,

    /// Another build of this program: its engines are called NAME/ENGINE; alone it doubles the selected engines
    #[arg(long = "bin", value_name = "NAME=PATH")]
    pub builds: Vec<String>,

    /// Yardsticks: none, or joined by commas: auto (all of this build, and native) and names
    #[arg(long, value_name = "LIST", default_value = "auto")]
    pub yardsticks: String,

    /// Any other Lua, by the command that starts it; can be repeated
    #[arg(long = "yardstick", value_name = "NAME='COMMAND ARGS'")]
    pub brought: Vec<String>,

    /// Knobs.
    #[command(flatten)]
    pub knobs: KnobArguments,
}

/// What is run, and what is expected of it, the same for every command that measures or checks.
#[derive(Debug, Args)]
pub struct WorkloadArguments {
    /// A Lua file, or a list of names, patterns (f*), group:NAME and all, joined by commas; can be repeated. Without it
    /// all of them, or with --preset quick the core ones
    #[arg(long, value_name = "FILE|LIST", num_args = 1..)]
    pub workloads: Vec<String>,

    /// The argument of workloads that are a function, instead of those in their headers
    #[arg(long, value_name = "N")]
    pub n: Option<u64>,

    /// How results are compared
    #[arg(long, value_enum, default_value_t = Expect::Exact)]
    pub expect: Expect,

    /// Leave lines of output out of the result: those in which this regular expression is found
    #[arg(long, value_name = "PATTERN")]
    pub ignore_lines: Option<String>,

    /// Arguments of the programs, behind --
    #[arg(value_name = "ARGS", last = true)]
    pub arguments: Vec<String>,
}

impl ContenderArguments {
    /// What they select, with an A/A arm and a slowed one if that is asked for.
    pub fn resolve(
        &self,
        engines: &Engines,
        with_twins: bool,
        slowed_percent: Option<u32>,
    ) -> Result<Vec<Contender>, UsageError> {
        Selection {
            engines: &self.engines,
            builds: &self.builds,
            yardsticks: &self.yardsticks,
            brought: &self.brought,
            settings: &self.knobs.settings(),
            with_twins,
            slowed_percent,
        }
        .resolve(engines)
    }

    /// The yardsticks alone: what a run that goes on needs to be told again.
    pub fn resolve_brought(&self, engines: &Engines) -> Result<Vec<Contender>, UsageError> {
        Selection { brought: &self.brought, ..Selection::single(&[], &self.yardsticks) }.resolve(engines)
    }
}

/// Reads the command line and hands over to one command.
pub fn execute(engines: &Engines, further: &[FurtherCommand]) -> ExitCode {
    if std::env::var_os(WRITES_PAST_THE_HOST).is_some() {
        return start_again_without(WRITES_PAST_THE_HOST);
    }
    let matches = command(engines, further).get_matches();
    if let Some((name, arguments)) = matches.subcommand()
        && let Some(chosen) = further.iter().find(|further| (further.command)(engines).get_name() == name)
    {
        return exit_code((chosen.execute)(arguments, engines));
    }
    let command = match Arguments::from_arg_matches(&matches) {
        Ok(arguments) => arguments.command,
        Err(error) => error.format(&mut command(engines, further)).exit(),
    };
    exit_code(match command {
        Command::Program(ProgramCommand::Run(arguments)) => run::execute(arguments, engines),
        Command::List(arguments) => list::execute(arguments, engines),
        Command::Dump(arguments) => dump::execute(arguments, engines),
        Command::Profile(arguments) => profile::execute(arguments, engines),
        Command::Hotspots(arguments) => hotspots::execute(arguments, engines),
        Command::Explore(arguments) => explore::execute(arguments, engines),
        Command::Benchmark(arguments) => benchmark::execute(arguments, engines),
        Command::Check(arguments) => check::execute(arguments, engines),
        Command::Compare(arguments) => compare::execute(arguments, engines),
        Command::Sweep(arguments) => sweep::execute(arguments, engines),
        Command::Ablate(arguments) => ablate::execute(arguments, engines),
        Command::Report(arguments) => report::execute(arguments, engines),
        Command::Export(arguments) => export::execute(arguments, engines),
        Command::Diff(arguments) => diff::execute(arguments, engines),
        Command::History(arguments) => history::execute(arguments, engines),
        Command::Classify(arguments) => classify::execute(arguments, engines),
        Command::Validate(arguments) => validate::execute(arguments, engines),
        Command::Doctor(arguments) => doctor::execute(arguments, engines),
        Command::Child(arguments) => child::execute(arguments, engines),
    })
}

/// The command line: of all commands, or of `run` alone if that is the first word. Which engine is meant when none is named
/// depends on the engines that there are.
fn command(engines: &Engines, further: &[FurtherCommand]) -> clap::Command {
    let runs_program = std::env::args_os().nth(1).is_some_and(|word| word == "run");
    let (command, with_engine): (_, &[&str]) = match runs_program {
        true => (ProgramArguments::command(), &["run"]),
        false => {
            let further = further.iter().map(|further| with_own_name((further.command)(engines)));
            (Arguments::command().subcommands(further), &["run", "dump", "profile"])
        }
    };
    let default = engines.default_id();
    with_engine.iter().fold(with_own_name(command), |command, name| {
        command.mut_subcommand(name, |command| {
            with_own_name(command).mut_arg("engine", |argument| match default {
                Some(id) => argument.default_value(id),
                None => argument,
            })
        })
    })
}

/// The command with the program's name in its examples.
fn with_own_name(command: clap::Command) -> clap::Command {
    match command.get_after_help().map(|text| text.to_string().replace(terminal::OWN_NAME, terminal::program())) {
        Some(text) => command.after_help(text),
        None => command,
    }
}

/// Becomes the same program with the same arguments, but for one variable of the environment.
fn start_again_without(variable: &str) -> ExitCode {
    let error = match std::env::current_exe() {
        Ok(program) => Process::new(program).args(std::env::args_os().skip(1)).env_remove(variable).exec(),
        Err(error) => error,
    };
    exit_code(Err(
        anyhow::Error::new(error).context(format!("cannot start again without {variable}, which must not be set"))
    ))
}

/// Turns the end of a command into its exit status, and says what went wrong.
pub fn exit_code(result: anyhow::Result<ExitCode>) -> ExitCode {
    let error = match result {
        Ok(code) => return code,
        Err(error) => error,
    };
    if is_closed_pipe(&error) {
        // Whoever read our output has had enough.
        return ExitCode::SUCCESS;
    }
    terminal::note(&format!("error: {}", words_of(&error)));
    if error.is::<Interrupted>() {
        ExitCode::from(interruption::EXIT_STATUS)
    } else if error.is::<UsageError>() {
        ExitCode::from(2)
    } else {
        ExitCode::FAILURE
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
