//! The program `harness`: reads the command line and hands over to one command. `harness::cli` has them all.

use std::os::unix::process::CommandExt;
use std::process::{Command as Process, ExitCode};

use clap::Parser;
use harness::cli::{self, Arguments, Command};

/// With this variable cranelift-jit writes a file for profilers by itself. Files are the host's business.
const WRITES_PAST_THE_HOST: &str = "PERF_BUILDID_DIR";

fn main() -> ExitCode {
    if std::env::var_os(WRITES_PAST_THE_HOST).is_some() {
        return start_again_without(WRITES_PAST_THE_HOST);
    }
    let result = match Arguments::parse().command {
        Command::Run(arguments) => cli::run::execute(arguments),
        Command::List(arguments) => cli::list::execute(arguments),
        Command::Dump(arguments) => cli::dump::execute(arguments),
        Command::Check(arguments) => cli::check::execute(arguments),
        Command::Compare(arguments) => cli::compare::execute(arguments),
        Command::Report(arguments) => cli::report::execute(arguments),
        Command::Diff(arguments) => cli::diff::execute(arguments),
        Command::Classify(arguments) => cli::classify::execute(arguments),
        Command::Validate(arguments) => cli::validate::execute(arguments),
        Command::Doctor(arguments) => cli::doctor::execute(arguments),
        Command::Child(arguments) => cli::child::execute(arguments),
    };
    cli::exit_code(result)
}

/// Becomes the same program with the same arguments, but for one variable of the environment.
fn start_again_without(variable: &str) -> ExitCode {
    let error = match std::env::current_exe() {
        Ok(program) => Process::new(program).args(std::env::args_os().skip(1)).env_remove(variable).exec(),
        Err(error) => error,
    };
    cli::exit_code(Err(
        anyhow::Error::new(error).context(format!("cannot start again without {variable}, which must not be set"))
    ))
}
