//! The program `harness` with every engine of the registry and the dashboard: `harness::main_with` does all of it.

use std::process::ExitCode;

fn main() -> ExitCode {
    harness::main_with(registry::engines(), serve::COMMANDS)
}
