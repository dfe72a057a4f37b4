//! Reading a Lua file as the stand-alone interpreter does: a byte-order mark and a first line that starts with `#` are
//! no part of the program.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use crate::error::UsageError;
use crate::inspect::program::{Program, workload_argument};

/// A Lua source file.
pub struct Chunk {
    /// Lua's name for it, `@` and the path.
    pub name: String,
    /// Its text, with as many lines as the file.
    pub source: Vec<u8>,
}

impl Chunk {
    /// Reads `path`.
    ///
    /// # Errors
    /// [`UsageError`] if it cannot be read.
    pub fn read(path: &Path) -> Result<Chunk, UsageError> {
        let bytes = fs::read(path).map_err(|error| UsageError::file("cannot open", path, &error))?;
        Ok(Chunk { name: format!("@{}", path.display()), source: program_text(bytes) })
    }

    /// The program that it is for somebody who looks into it, as `path` with these arguments.
    pub fn program<'a>(&'a self, path: &'a Path, arguments: &'a [Vec<u8>]) -> Program<'a> {
        Program { chunk_name: &self.name, source: &self.source, file: path, arguments, n: workload_argument(path) }
    }
}

/// The arguments of a program, as it sees them.
pub fn argument_bytes(arguments: &[OsString]) -> Vec<Vec<u8>> {
    arguments.iter().map(|argument| argument.clone().into_vec()).collect()
}

fn program_text(mut bytes: Vec<u8>) -> Vec<u8> {
    const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
    if bytes.starts_with(BYTE_ORDER_MARK) {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }
    if bytes.starts_with(b"#") {
        // The line end stays, so that line numbers are the file's.
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
        bytes.drain(..end);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_shell_lines_are_skipped_but_lines_are_kept() {
        for (file, text) in [
            ("print(1)\n", "print(1)\n"),
            ("#!/usr/bin/lua\nprint(1)\n", "\nprint(1)\n"),
            ("\u{feff}#!lua\nprint(1)\n", "\nprint(1)\n"),
            ("\u{feff}print(1)", "print(1)"),
            ("# only this", ""),
        ] {
            assert_eq!(program_text(file.as_bytes().to_vec()), text.as_bytes());
        }
    }
}
