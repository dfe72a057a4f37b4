//! The list of cases that engines may decline: `cases/expected_unsupported.txt`.
//!
//! A line is `ENGINE CASE REASON...`, where `all` stands for every engine. The list is checked in both directions: an
//! engine that declines a case without a line here fails, and so does a line whose case passes.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

/// The engine column of a line that is true of every engine: something that the shared runtime lacks.
const EVERY_ENGINE: &str = "all";

/// The list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExpectedUnsupported {
    entries: Vec<Entry>,
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    engine: String,
    case: String,
    reason: String,
}

impl ExpectedUnsupported {
    /// Reads the list from `folder`.
    ///
    /// # Errors
    /// Those of reading the file; [`io::ErrorKind::InvalidData`] for a line that does not have three columns.
    pub fn read(folder: &Path) -> io::Result<ExpectedUnsupported> {
        let text = fs::read_to_string(folder.join("expected_unsupported.txt"))?;
        ExpectedUnsupported::parse(&text).map_err(|message| io::Error::new(io::ErrorKind::InvalidData, message))
    }

    /// Parses the list; blank lines and lines that start with `#` say nothing.
    ///
    /// # Errors
    /// The first line that does not have three columns.
    pub fn parse(text: &str) -> Result<ExpectedUnsupported, String> {
        let mut entries = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let mut columns = line.splitn(3, ' ').map(|column| column.trim().to_string());
            match (columns.next(), columns.next(), columns.next()) {
                (Some(engine), Some(case), Some(reason)) => entries.push(Entry { engine, case, reason }),
                _ => return Err(format!("expected_unsupported.txt: '{line}' is not 'ENGINE CASE REASON'")),
            }
        }
        Ok(ExpectedUnsupported { entries })
    }

    /// Why `engine` is expected to decline `case`; `None` if it has to pass.
    pub fn reason(&self, engine: &str, case: &str) -> Option<&str> {
        self.entries
            .iter()
            .find(|entry| entry.case == case && (entry.engine == engine || entry.engine == EVERY_ENGINE))
            .map(|entry| entry.reason.as_str())
    }

    /// Checks that every line can have an effect: its engine and its case exist and no other line says the same.
    ///
    /// # Errors
    /// Every line that has none, joined by newlines.
    pub fn check(&self, engines: &[&str], cases: &[&str]) -> Result<(), String> {
        let mut problems = Vec::new();
        let mut seen = BTreeSet::new();
        for Entry { engine, case, .. } in &self.entries {
            if engine != EVERY_ENGINE && !engines.contains(&engine.as_str()) {
                problems.push(format!("no engine is called '{engine}' (in the line of {case})"));
            }
            if !cases.contains(&case.as_str()) {
                problems.push(format!("no case is called '{case}'"));
            }
            let repeated = !seen.insert((engine, case));
            let covered = engine != EVERY_ENGINE && seen.contains(&(&EVERY_ENGINE.to_string(), case));
            if repeated || covered {
                problems.push(format!("another line already lists {case} for {engine}"));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
    }
}

#[cfg(test)]
mod tests;
