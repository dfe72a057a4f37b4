//! What the tool says when it looks into small programs: the listings beside them, one named test a program and command.
//!
//! A program says its engine, and maybe a setting, in its first comment lines. `NAME.trace` is what `run --trace-jit` writes,
//! `NAME.hotspots` what `hotspots` finds; sizes of code and times are left out of both. `BLESS=1` writes them anew.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

/// Calls or iterations above which the rule does not depend on times.
const HOT_COUNT: u64 = 1000;

fn main() -> ExitCode {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inspect");
    let mut programs: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the folder of this test is there")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "lua"))
        .collect();
    programs.sort();
    let trials = programs.into_iter().flat_map(|program| {
        let name = program.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        let (traced, looked_into) = (program.clone(), program);
        [
            Trial::test(format!("{name}::trace"), move || check(&traced, "trace", trace(&traced)?)),
            Trial::test(format!("{name}::hotspots"), move || check(&looked_into, "hotspots", hotspots(&looked_into)?)),
        ]
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// Compares a listing with the file beside the program, or writes that.
fn check(program: &Path, kind: &str, found: String) -> Result<(), Failed> {
    let path = program.with_extension(kind);
    if env::var_os("BLESS").is_some() {
        return fs::write(&path, found).map_err(|error| Failed::from(error.to_string()));
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if expected == found {
        return Ok(());
    }
    Err(format!("{} is not what the tool says now (BLESS=1 writes it):\n{found}", path.display()).into())
}

/// Runs the tool on a program, with its engine and settings. Gives standard output and standard error.
fn tool(command: &str, program: &Path, options: &[&str]) -> Result<(String, String), Failed> {
    let source = fs::read_to_string(program).map_err(|error| error.to_string())?;
    let said =
        |key: &str| source.lines().find_map(|line| line.strip_prefix(&format!("-- {key}: ")).map(str::to_string));
    let mut call = Command::new(env!("CARGO_BIN_EXE_harness"));
    call.current_dir(program.parent().expect("a file is in a folder")).arg(command);
    call.args(options).args(["--engine", &said("engine").ok_or("the program names no engine")?]);
    if let Some(setting) = said("settings") {
        call.args(["--set", &setting]);
    }
    call.arg(program.file_name().expect("a file has a name"));
    let output = call.output().map_err(|error| error.to_string())?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let (out, err) = (text(output.stdout), text(output.stderr));
    if output.status.success() { Ok((out, err)) } else { Err(format!("{command} failed:\n{err}").into()) }
}

fn trace(program: &Path) -> Result<String, Failed> {
    let (_, err) = tool("run", program, &["--seed", "1", "--trace-jit"])?;
    let lines: Vec<String> = err.lines().filter(|line| !line.starts_with("[GC]")).map(without_sizes).collect();
    Ok(lines.join("\n") + "\n")
}

/// The hotspots in the order of their places; what the rule says where it depends on no time.
fn hotspots(program: &Path) -> Result<String, Failed> {
    let (out, _) = tool("hotspots", program, &["--format", "json"])?;
    let spots: Vec<Value> = serde_json::from_str(&out).map_err(|error| error.to_string())?;
    let mut spots: Vec<(u64, u64, String)> = spots.iter().map(line_of).collect();
    spots.sort();
    Ok(spots.into_iter().map(|(_, _, text)| text).collect())
}

/// A hotspot's line and index, by which they are sorted, and its text.
fn line_of(spot: &Value) -> (u64, u64, String) {
    let number = |key: &str| spot[key].as_u64().unwrap_or_default();
    let word = |key: &str| spot[key].as_str().unwrap_or_default();
    let (unit, function, chunk) = (word("unit"), word("function"), word("chunk"));
    let stability = spot["type_stability"].as_f64().unwrap_or_default();
    let rule = if number("count") > HOT_COUNT { word("rule") } else { "hot by its time or cold" };
    let (line, count) = (number("line"), number("count"));
    let mut text = format!("{unit} {function} {chunk}:{line}: {count} times, stability {stability:.2}, {rule}\n");
    for became in spot["became"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        writeln!(text, "    {}", without_sizes(became)).expect("a string takes everything");
    }
    (line, number("pc"), text)
}

/// A line without what differs between builds and runs: sizes of code, and times.
fn without_sizes(line: &str) -> String {
    let mut words: Vec<String> = line.split(' ').map(str::to_string).collect();
    for index in 1..words.len() {
        let is_unit = words[index].starts_with("bytes") || words[index].starts_with("ms");
        let before = words[index - 1].trim_start_matches('(').parse::<f64>();
        if is_unit && before.is_ok() {
            let bracket = if words[index - 1].starts_with('(') { "(" } else { "" };
            words[index - 1] = format!("{bracket}N");
        }
    }
    words.join(" ")
}
