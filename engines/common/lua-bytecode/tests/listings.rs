//! Every `listings/*.lua` holds a program and, in comments at its end, the bytecode that it must compile to. `BLESS=1`
//! rewrites those comments. Each file is a test of its own.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use lua_bytecode::Opcode;

/// The line behind which the listing stands.
const MARKER: &str = "-- bytecode:";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/listings");
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        paths.push(entry?.path());
    }
    paths.sort();
    let mut trials = Vec::new();
    let all = paths.clone();
    trials.push(Trial::test("every_opcode_is_shown", move || check_coverage(&all)));
    for path in paths {
        let name = path.file_stem().ok_or("a case has a name")?.to_string_lossy().into_owned();
        trials.push(Trial::test(name, move || check(&path)));
    }
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

/// Checks that no opcode is left without an example.
fn check_coverage(paths: &[PathBuf]) -> Result<(), Failed> {
    let mut shown = String::new();
    for path in paths {
        shown.push_str(&fs::read_to_string(path)?);
    }
    let words: std::collections::HashSet<&str> = shown.split_whitespace().collect();
    for opcode in Opcode::ALL {
        // A constant past the 65536th would make a listing that nobody reads; `compiler/tests.rs` has one.
        if *opcode != Opcode::LoadConstantWide && !words.contains(opcode.name()) {
            return Err(format!("no listing shows {}: {}", opcode.name(), opcode.doc()).into());
        }
    }
    Ok(())
}

fn check(path: &PathBuf) -> Result<(), Failed> {
    let text = fs::read_to_string(path)?;
    let program = text.split(MARKER).next().unwrap_or_default();
    let name = path.file_name().ok_or("a case has a name")?.to_string_lossy();
    let chunk = lua_syntax::parse(&format!("@{name}"), program.as_bytes())?;
    let proto = lua_bytecode::compile(&chunk)?;
    lua_bytecode::verify::verify(&proto)?;
    let mut actual = format!("{program}{MARKER}\n");
    for line in lua_bytecode::disassemble::disassemble(&proto).lines() {
        actual.push_str(format!("-- {line}").trim_end());
        actual.push('\n');
    }
    if actual == text {
        Ok(())
    } else if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        fs::write(path, actual)?;
        Ok(())
    } else {
        Err(format!("expected:\n{text}\ngot:\n{actual}\nBLESS=1 accepts it").into())
    }
}
