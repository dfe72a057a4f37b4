//! The program `harness`: reads the command line and hands over to one command. `harness::cli` has them all.

use std::process::ExitCode;

use clap::Parser;
use harness::cli::{self, Arguments, Command};

fn main() -> ExitCode {
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
