//! Cases on disk: `cases/<topic>/<name>.lua`, with the expected transcript in `<name>.out` beside it.
//!
//! This file knows folders and names only. What a transcript is, and who may write one, is in [`crate::run`] and
//! [`crate::oracle`].

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The folder of this project's cases.
pub fn cases_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cases")
}

/// One Lua program with an expected transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// `topic/name`: how test names and lists call it.
    pub name: String,
    /// The Lua file.
    pub script: PathBuf,
}

impl Case {
    /// Every case below `folder`, sorted by name.
    ///
    /// # Errors
    /// Those of reading the folders, and [`io::ErrorKind::InvalidData`] for a file that is neither a case nor an
    /// expected transcript of one: it would never be run, and nobody would notice.
    pub fn all(folder: &Path) -> io::Result<Vec<Case>> {
        let mut cases = Vec::new();
        for topic in sorted_entries(folder)? {
            if topic.is_dir() {
                for file in sorted_entries(&topic)? {
                    if let Some(case) = Case::from_file(&file)? {
                        cases.push(case);
                    }
                }
            }
        }
        Ok(cases)
    }

    /// The case whose Lua file is `file`; `None` if `file` is the expected transcript of a case.
    fn from_file(file: &Path) -> io::Result<Option<Case>> {
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("lua") => {
                let (Some(topic), Some(stem)) = (file.parent().and_then(Path::file_name), file.file_stem()) else {
                    return Err(stray(file));
                };
                let name = format!("{}/{}", topic.to_string_lossy(), stem.to_string_lossy());
                Ok(Some(Case { name, script: file.to_path_buf() }))
            }
            Some("out") if file.with_extension("lua").is_file() => Ok(None),
            _ => Err(stray(file)),
        }
    }

    /// The file of the expected transcript.
    pub fn expectation(&self) -> PathBuf {
        self.script.with_extension("out")
    }

    /// The name of the script without its folder, as `lua` is started on it and as messages show it.
    pub fn file_name(&self) -> String {
        self.script.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// The Lua source.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn source(&self) -> io::Result<Vec<u8>> {
        fs::read(&self.script)
    }

    /// The expected transcript.
    ///
    /// # Errors
    /// Those of reading the file; a case without one says how to get it.
    pub fn expected(&self) -> io::Result<Vec<u8>> {
        fs::read(self.expectation()).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => io::Error::new(
                io::ErrorKind::NotFound,
                format!(
                    "{} is missing: write it with BLESS=1 and JITLAB_LUA (see README.md)",
                    self.expectation().display()
                ),
            ),
            _ => error,
        })
    }
}

fn sorted_entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<PathBuf>>>()?;
    entries.sort();
    Ok(entries)
}

fn stray(file: &Path) -> io::Error {
    let message = format!("{} is neither NAME.lua nor the NAME.out of a NAME.lua", file.display());
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests;
