//! The loops of small programs, as Cranelift's IR after its optimiser and as machine code, kept below their sources in
//! `listings/*.lua`, a named test each:
//!
//! ```text
//! cargo test -p cranelift-loop-jit --test listings
//! BLESS=1 cargo test -p cranelift-loop-jit --test listings     accepts what is now
//! ```
//!
//! The code is made for what every x86-64 processor has (`target=baseline`), so it is the same on all of them; on other
//! machines the tests are ignored.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use cranelift_loop_jit::ENGINE;
use engine_api::Stage;
use engine_testing::{Task, listings};

/// The knobs under which programs run: a loop is compiled when its types have shown themselves.
const KNOBS: &[(&str, &str)] = &[("target", "baseline"), ("jit-threshold", "3")];

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/listings");
    let helpers = vec![
        "float_power",
        "float_modulo",
        "shift_left",
        "integer_less_float",
        "equal",
        "load",
        "store",
        "run",
        "floor",
    ];
    Ok(listings::run(&folder, show, helpers, !cfg!(target_arch = "x86_64"))?)
}

fn show(program: &str) -> Result<String, String> {
    let mut run = Task::new(ENGINE, program, KNOBS).run();
    run.result.as_ref().map_err(ToString::to_string)?;
    let (ir, code) = (run.artifact(Stage::Ir), run.artifact(Stage::Asm));
    if code.is_empty() {
        return Err(format!("no loop was compiled: {:?}", run.events));
    }
    Ok(format!("IR\n\n{}\n\nmachine code\n\n{}", ir.trim_end(), code.trim_end()))
}
