//! The program `harness` with one more engine beside those of the registry: all that an engine from outside needs.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut engines = registry::engines().to_vec();
    engines.push(skeleton::ENGINE);
    harness::main(&engines)
}
