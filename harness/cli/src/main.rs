//! The program `harness` with every engine of the registry: `harness::main` does all of it.

use std::process::ExitCode;

fn main() -> ExitCode {
    harness::main(registry::engines())
}
