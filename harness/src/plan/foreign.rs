//! A Lua that the user brings: a name and a command, `--yardstick NAME='COMMAND ARGS'`.
//!
//! The command is split as a shell does, without a shell. What it is, it is asked itself: its version by `-v`, its
//! language and its best clock by the driver.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::UsageError;
use crate::machine::ask;
use crate::machine::clock::Clock;
use crate::machine::paths;
use crate::plan::item::is_plain;
use crate::plan::workload;

/// A Lua from outside.
#[derive(Debug, Clone)]
pub struct Foreign {
    /// What the user calls it.
    pub name: String,
    /// The executable and the arguments before all others.
    pub command: Vec<PathBuf>,
    /// The first line of what it says to `-v`; `unknown` if it knows no such option.
    pub version: String,
    /// What it says of its language, as `Lua 5.4`; `None` if it cannot run the driver.
    pub lua: Option<String>,
    /// The best clock that it has.
    pub clock: Clock,
    /// Hash of the command: of the executable, the arguments, and the files among those.
    pub hash: String,
}

impl Foreign {
    /// The Lua of `NAME=COMMAND`, given to `option`.
    ///
    /// # Errors
    /// [`UsageError`] if it has no usable name, the command cannot be split, or its program cannot be found or started.
    pub fn read(option: &str, text: &str) -> Result<Foreign, UsageError> {
        let (name, command) = text.split_once('=').ok_or_else(|| nameless(option, text))?;
        if !is_plain(name) {
            return Err(UsageError(format!(
                "{option} '{text}' gives '{command}' no usable name\nexpected NAME='COMMAND ARGS' with a name of \
                 letters, digits, '-', '_' and '.'"
            )));
        }
        let words = shell_words::split(command).map_err(|error| {
            UsageError(format!("{option} {name}: the command '{command}' cannot be split: {error}"))
        })?;
        let Some((program, arguments)) = words.split_first() else {
            return Err(UsageError(format!("{option} {name}: cannot find the interpreter '': it names no command")));
        };
        let program = ask::find_program(program).map_err(|error| {
            let action = format!("{option} {name}: cannot find the interpreter");
            UsageError::file(&action, Path::new(program), &error)
        })?;
        let command: Vec<PathBuf> = std::iter::once(program).chain(arguments.iter().map(PathBuf::from)).collect();
        let version = version(option, name, &command)?;
        let (lua, clock) = language_and_clock(&command);
        Ok(Foreign { name: name.to_string(), hash: hash(&command), version, lua, clock, command })
    }
}

/// What to write in place of a command without a name.
fn nameless(option: &str, text: &str) -> UsageError {
    UsageError(format!(
        "{option} '{text}' has no name\nwrite --yardstick NAME='{text}', as in --yardstick mine='{text}'"
    ))
}

/// Whether something in a list of names is meant as a file: then it lacks a name.
///
/// # Errors
/// [`UsageError`] that says what to write.
pub fn refuse_bare_path(option: &str, text: &str) -> Result<(), UsageError> {
    if text.contains('/') || Path::new(text).is_file() { Err(nameless(option, text)) } else { Ok(()) }
}

fn asked(command: &[PathBuf], more: &[&Path]) -> std::io::Result<ask::Answer> {
    let (program, arguments) = command.split_first().ok_or(std::io::ErrorKind::NotFound)?;
    ask::ask(Command::new(program).args(arguments).args(more))
}

fn version(option: &str, name: &str, command: &[PathBuf]) -> Result<String, UsageError> {
    let answer = asked(command, &[Path::new("-v")])
        .map_err(|error| UsageError::file(&format!("{option} {name}: cannot start"), &command[0], &error))?;
    // Lua 5.1 says its version on standard error.
    let said = [answer.out.as_str(), answer.err.as_str()].concat();
    let line = said.lines().next().unwrap_or_default().trim().to_string();
    let knows_it = answer.status.is_some_and(|status| status.success()) && !line.is_empty();
    Ok(if knows_it { line } else { "unknown".to_string() })
}

/// What the driver says when it is asked: `Lua 5.4` and `cpu`. Whatever does not answer so has no clock but that for
/// CPU time, which every Lua has; that it cannot run a workload shows itself when it is tried.
fn language_and_clock(command: &[PathBuf]) -> (Option<String>, Clock) {
    let unknown = (None, Clock::Cpu);
    let Ok(driver) = paths::driver() else { return unknown };
    let Ok(answer) = asked(command, &[&driver, Path::new("--describe")]) else { return unknown };
    let mut lines = answer.out.lines();
    match (lines.next(), lines.next()) {
        (Some(lua), Some("monotonic")) => (Some(lua.to_string()), Clock::Monotonic),
        (Some(lua), Some("cpu")) => (Some(lua.to_string()), Clock::Cpu),
        (_, _) => unknown,
    }
}

/// What runs when a yardstick runs: its executable, the words behind it and the driver. A word that names a file counts as
/// what is in the file, not as where it is: the same program in another folder is the same.
pub(super) fn hash(command: &[PathBuf]) -> String {
    let mut bytes = Vec::new();
    for word in command.iter().cloned().chain(paths::driver()) {
        match std::fs::read(&word) {
            Ok(content) => bytes.extend(content),
            Err(_) => bytes.extend_from_slice(word.as_os_str().as_encoded_bytes()),
        }
        bytes.push(0);
    }
    workload::hash(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_split_as_a_shell_does() {
        let foreign = Foreign::read("--yardstick", "mine=sh -c 'echo Lua 7; :' \"two words\"").unwrap();
        let words: Vec<&str> = foreign.command.iter().skip(1).filter_map(|word| word.to_str()).collect();
        assert_eq!(words, ["-c", "echo Lua 7; :", "two words"]);
        assert_eq!((foreign.version.as_str(), foreign.lua, foreign.clock), ("Lua 7", None, Clock::Cpu));
        let other = Foreign::read("--yardstick", "mine=sh -c 'echo Lua 7; :' \"two more words\"").unwrap();
        assert_ne!(foreign.hash, other.hash);
    }

    #[test]
    fn the_same_files_in_another_folder_are_the_same_program() {
        let scratch = tempfile::tempdir().unwrap();
        let file = |folder: &str, text: &str| {
            std::fs::create_dir_all(scratch.path().join(folder)).unwrap();
            let path = scratch.path().join(folder).join("lua");
            std::fs::write(&path, text).unwrap();
            path
        };
        let (one, same, other) = (file("a", "x"), file("b", "x"), file("c", "y"));
        let joff = PathBuf::from("-joff");
        assert_eq!(hash(&[one.clone(), joff.clone()]), hash(&[same.clone(), joff.clone()]));
        assert_ne!(hash(&[one.clone(), joff]), hash(&[one]));
        assert_ne!(hash(&[same]), hash(&[other]));
    }

    #[test]
    fn what_cannot_be_run_is_refused_in_words() {
        for (text, part) in [
            ("/bin/sh", "write --yardstick NAME='/bin/sh'"),
            ("my lua=/bin/sh", "no usable name"),
            ("mine=", "cannot find the interpreter ''"),
            ("mine=sh 'x", "cannot be split"),
            ("mine=/no/such/lua", "--yardstick mine: cannot find the interpreter '/no/such/lua'"),
        ] {
            let problem = Foreign::read("--yardstick", text).unwrap_err().0;
            assert!(problem.contains(part), "{problem}");
        }
    }
}
