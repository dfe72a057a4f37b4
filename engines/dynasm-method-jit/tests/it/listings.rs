//! The machine code of small functions, kept below their sources in `listings/*.lua`. `BLESS=1` writes what is now.
//!
//! The first line of a file names the function that is shown. Offsets in the Lua state, in the VM's part of it and in
//! prototypes are left out, since a field that is added there is no change of the code. Only x86-64 is listed.

use std::fs;
use std::path::{Path, PathBuf};

use engine_api::Stage;

use crate::support;

/// What the lines of a listing begin with.
const PREFIX: &str = "--| ";
/// What the first line begins with.
const FUNCTION: &str = "-- function: ";

/// The files, in the order of their names.
fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/listings");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).expect("a readable folder").map(|entry| entry.expect("a readable entry").path()).collect();
    files.sort();
    files
}

/// The part of a listing that is about one function.
fn of_function(listing: &str, name: &str) -> String {
    let heading = format!("function {name} (");
    let lines = listing.lines().skip_while(|line| !line.starts_with(&heading));
    lines.take_while(|line| !line.is_empty()).map(|line| format!("{PREFIX}{}\n", without_offsets(line))).collect()
}

/// A line without the offsets from the registers that point to the Lua state, to the VM's part of it, and, at a call, to
/// the callee's prototype.
fn without_offsets(line: &str) -> String {
    for (register, name) in [("[r12+", "Vm"), ("[r15+", "State"), ("[rsi+", "Prototype")] {
        if let Some((before, after)) = line.split_once(register)
            && let Some((_, after)) = after.split_once(']')
        {
            return format!("{before}{register}{name}]{after}");
        }
    }
    line.to_string()
}

#[test]
fn machine_code_is_as_listed() {
    let is_bless = std::env::var_os("BLESS").is_some_and(|value| value == "1");
    let files = files();
    assert!(!files.is_empty());
    for file in files {
        let text = fs::read_to_string(&file).expect("a readable file");
        let name = text.lines().next().and_then(|line| line.strip_prefix(FUNCTION)).expect("a first line");
        let source: String =
            text.lines().filter(|line| !line.starts_with(PREFIX)).map(|line| format!("{line}\n")).collect();
        let listing = of_function(&support::run(&source, &[("jit-threshold", "2")]).artifact(Stage::Asm), name);
        assert!(!listing.is_empty(), "{} was not compiled", file.display());
        if is_bless {
            fs::write(&file, format!("{source}{listing}")).expect("a writable file");
        } else {
            let now = format!("{source}{listing}");
            let differs = text.lines().zip(now.lines()).find(|(was, is)| was != is);
            assert!(text == now, "{}: {differs:?} and so on; BLESS=1 accepts it", file.display());
        }
    }
}
