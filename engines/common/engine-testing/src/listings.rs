//! What a compiler makes of small programs, kept beside them: `NAME.lua` holds a program and, in comments at its end, the
//! listing that it must give. Each file is a test of its own, and `BLESS=1` rewrites the comments.
//!
//! It knows texts only. A listing must be the same in every process and on every machine that runs the test.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

/// The line behind which the listing stands.
const MARKER: &str = "-- listing:";

/// What shows the work of a compiler: the text for a program, or why there is none.
pub type Show = fn(program: &str) -> Result<String, String>;

/// Runs the tests of a folder: one for each file, and one that the listings together show every one of `words`. If
/// `is_ignored`, this machine has no such listings, and the tests are counted as ignored.
///
/// # Errors
/// If the folder cannot be read.
pub fn run(folder: &Path, show: Show, words: Vec<&'static str>, is_ignored: bool) -> io::Result<ExitCode> {
    let arguments = Arguments::from_args();
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        paths.push(entry?.path());
    }
    paths.sort();
    let all = paths.clone();
    // While they are written they may be incomplete.
    let show_all = Trial::test("the_listings_show_everything", move || show_all(&all, &words));
    let mut trials = vec![show_all.with_ignored_flag(blesses())];
    for path in paths {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        trials.push(Trial::test(name, move || check(&path, show)).with_ignored_flag(is_ignored));
    }
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

/// Whether listings are to be written instead of compared.
fn blesses() -> bool {
    std::env::var_os("BLESS").is_some_and(|value| value == "1")
}

fn show_all(paths: &[PathBuf], words: &[&str]) -> Result<(), Failed> {
    let mut shown = String::new();
    for path in paths {
        shown.push_str(&fs::read_to_string(path)?);
    }
    let is_part = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    let found: std::collections::BTreeSet<&str> = shown.split(is_part).collect();
    let missing: Vec<&str> = words.iter().copied().filter(|word| !found.contains(word)).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("no listing shows {}", missing.join(", ")).into()) }
}

fn check(path: &Path, show: Show) -> Result<(), Failed> {
    let text = fs::read_to_string(path)?;
    let program = text.split(MARKER).next().unwrap_or_default();
    let mut now = format!("{program}{MARKER}\n");
    for line in with_labels(&show(program)?).lines() {
        now.push_str(format!("-- {line}").trim_end());
        now.push('\n');
    }
    if now == text {
        return Ok(());
    }
    if blesses() {
        fs::write(path, now)?;
        return Ok(());
    }
    let differs = text.lines().zip(now.lines()).position(|(was, is)| was != is);
    let line = differs.unwrap_or_else(|| text.lines().count().min(now.lines().count()));
    let at = |text: &str| text.lines().skip(line).take(5).collect::<Vec<&str>>().join("\n");
    let path = path.display();
    Err(format!("{path}, line {}\nexpected:\n{}\ngot:\n{}\nBLESS=1 accepts it", line + 1, at(&text), at(&now)).into())
}

/// A listing of machine code with labels in place of offsets, so that an instruction more changes one line only. Lines
/// without an offset stay.
pub fn with_labels(listing: &str) -> String {
    let mut labels: BTreeMap<&str, usize> = targets(listing).into_iter().map(|target| (target, 0)).collect();
    // Offsets have as many digits as they need, at least four.
    let mut in_order: Vec<&str> = labels.keys().copied().collect();
    in_order.sort_by_key(|offset| (offset.len(), *offset));
    for (number, target) in (1..).zip(in_order) {
        labels.insert(target, number);
    }
    let mut result = String::new();
    for line in listing.lines() {
        match offset_of(line) {
            Some((offset, instruction)) => {
                if let Some(number) = labels.get(offset) {
                    result.push_str(&format!("L{number}:\n"));
                }
                result.push_str(&format!("  {}\n", with_targets(instruction, &labels)));
            }
            None => result.push_str(&format!("{line}\n")),
        }
    }
    result
}

/// The offset in front of an instruction, and the instruction.
fn offset_of(line: &str) -> Option<(&str, &str)> {
    let (offset, instruction) = line.strip_prefix("  ")?.split_once("  ")?;
    let is_offset = offset.len() >= 4 && offset.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_offset.then_some((offset, instruction))
}

/// The offsets that instructions name as `@01b3`.
fn targets(listing: &str) -> Vec<&str> {
    let instructions = listing.lines().filter_map(offset_of).map(|(_, instruction)| instruction);
    instructions.filter_map(|instruction| Some(target(instruction)?.1)).collect()
}

/// What stands before the first target of an instruction, the target, and what stands behind.
fn target(instruction: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = instruction.split_once('@')?;
    let length = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
    (length >= 4).then(|| (before, &rest[..length], &rest[length..]))
}

fn with_targets(instruction: &str, labels: &BTreeMap<&str, usize>) -> String {
    match target(instruction) {
        Some((before, offset, behind)) => match labels.get(offset) {
            Some(number) => format!("{before}L{number}{behind}"),
            None => instruction.to_string(),
        },
        None => instruction.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::with_labels;

    #[test]
    fn offsets_become_labels() {
        let listing = "function f\n; pc 0\n  0000  jne @10000\n  0004  jmp @0000\n  10000  ret\n";
        let expected = "function f\n; pc 0\nL1:\n  jne L2\n  jmp L1\nL2:\n  ret\n";
        assert_eq!(with_labels(listing), expected);
    }
}
