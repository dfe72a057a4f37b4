//! PUC Lua as the oracle: the only program that may write an expected transcript.
//!
//! It is an executable that the user names, run as a process on the same file that engines run. Nothing here knows an
//! engine, so an expectation cannot come from one by accident.

use std::env;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::case::Case;
use crate::run::append_error;

/// The variable that names the executable.
pub const ORACLE_VARIABLE: &str = "JITLAB_LUA";

/// What the executable has to answer to `-v`, up to a space or the end of the line.
const RELEASE: &str = "Lua 5.4.9";

/// What the executable is called in its own messages.
const PROGRAM_NAME: &str = "lua";

/// A checked PUC Lua.
#[derive(Debug, Clone)]
pub struct Oracle {
    executable: PathBuf,
}

impl Oracle {
    /// The oracle that `JITLAB_LUA` names; `None` if it is not set.
    ///
    /// # Errors
    /// If the executable cannot be run or is another release: its messages and formats could differ.
    pub fn from_environment() -> Result<Option<Oracle>, String> {
        env::var_os(ORACLE_VARIABLE).map(|path| Oracle::new(Path::new(&path))).transpose()
    }

    fn new(path: &Path) -> Result<Oracle, String> {
        let executable =
            path.canonicalize().map_err(|error| format!("{ORACLE_VARIABLE}={}: {error}", path.display()))?;
        let answer = Command::new(&executable)
            .arg("-v")
            .output()
            .map_err(|error| format!("cannot run {}: {error}", executable.display()))?;
        let version = String::from_utf8_lossy(&answer.stdout).into_owned();
        let release = version.strip_prefix(RELEASE).filter(|rest| rest.starts_with(char::is_whitespace));
        match release {
            Some(_) => Ok(Oracle { executable }),
            None => Err(format!("{} says '{}', not {RELEASE}", executable.display(), version.trim())),
        }
    }

    /// The transcript of `case`, as [`crate::run`] defines it.
    ///
    /// # Errors
    /// If the process cannot be run or ends in a way that is no result of a Lua program (killed by a signal).
    pub fn transcript(&self, case: &Case) -> Result<Vec<u8>, String> {
        let folder = case.script.parent().unwrap_or(Path::new("."));
        let output = Command::new(&self.executable)
            .arg0(PROGRAM_NAME)
            .arg(case.file_name())
            .current_dir(folder)
            .env_clear()
            .output()
            .map_err(|error| format!("cannot run {}: {error}", self.executable.display()))?;
        transcript_of(output)
    }

    /// Rewrites the expected transcript of `case`, if it differs.
    ///
    /// # Errors
    /// Those of [`Oracle::transcript`] and of writing the file.
    pub fn bless(&self, case: &Case) -> Result<(), String> {
        let transcript = self.transcript(case)?;
        let file = case.expectation();
        let same = match fs::read(&file) {
            Ok(present) => present == transcript,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(format!("cannot read {}: {error}", file.display())),
        };
        if same {
            return Ok(());
        }
        fs::write(&file, transcript).map_err(|error| format!("cannot write {}: {error}", file.display()))
    }
}

/// The transcript of a finished process: its message without the program's name and the traceback.
fn transcript_of(output: Output) -> Result<Vec<u8>, String> {
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.code() {
        Some(0) => Ok(output.stdout),
        Some(1) => {
            let start = format!("{PROGRAM_NAME}: ");
            let message = message.strip_prefix(&start).ok_or_else(|| format!("no Lua error: {message}"))?;
            let end = message.find("\nstack traceback:\n").unwrap_or(message.len());
            Ok(append_error(output.stdout, message[..end].trim_end_matches('\n').as_bytes()))
        }
        Some(_) | None => Err(format!("PUC Lua ended with {}: {message}", output.status)),
    }
}

#[cfg(test)]
mod tests;
