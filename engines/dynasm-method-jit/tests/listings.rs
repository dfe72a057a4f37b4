//! The machine code of small functions, kept below their sources in `listings/*.lua`, a named test each:
//!
//! ```text
//! cargo test -p dynasm-method-jit --test listings
//! BLESS=1 cargo test -p dynasm-method-jit --test listings      accepts what is now
//! ```
//!
//! The first line of a file names the function that is shown. Templates use nothing that a processor of the kind may
//! lack, so the listings are the same on all of them.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use dynasm_method_jit::ENGINE;
use engine_api::Stage;
use engine_testing::{Task, listings};
use lua_bytecode::Opcode;

/// What the first line begins with.
const FUNCTION: &str = "-- function: ";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/listings");
    // A constant past the 65536th would make a listing that nobody reads.
    let shown = Opcode::ALL.iter().filter(|opcode| **opcode != Opcode::LoadConstantWide);
    Ok(listings::run(&folder, show, shown.map(|opcode| opcode.name()).collect(), false)?)
}

fn show(program: &str) -> Result<String, String> {
    let first = program.lines().next().and_then(|line| line.strip_prefix(FUNCTION));
    let name = first.ok_or_else(|| format!("the first line is not '{FUNCTION}NAME'"))?;
    let mut run = Task::new(ENGINE, program, &[("jit-threshold", "2")]).run();
    run.result.as_ref().map_err(ToString::to_string)?;
    let heading = format!("function {name} (");
    let listing = run.artifact(Stage::Asm);
    let lines = listing.lines().skip_while(|line| !line.starts_with(&heading));
    let lines: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    if lines.is_empty() { Err(format!("'{name}' was not compiled")) } else { Ok(lines.join("\n")) }
}
