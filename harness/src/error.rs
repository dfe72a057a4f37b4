//! The two ways in which a command ends early that are not failures of the harness: a request that makes no sense,
//! and Ctrl-C. `main` turns them into exit statuses. Here too is how errors of the operating system are worded, so that
//! all messages word them alike.

use std::fmt::Display;
use std::io;
use std::path::Path;

/// A request that cannot be carried out as given: an unknown name, a missing file, an empty plan. Exit status 2.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

impl UsageError {
    /// An unknown `kind` of name, with the list of those that exist.
    pub fn unknown<'a>(kind: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> UsageError {
        let known: Vec<&str> = known.into_iter().collect();
        let list = if known.is_empty() { "none".to_string() } else { known.join(", ") };
        UsageError(format!("unknown {kind} '{name}'\nknown: {list}"))
    }

    /// A file or folder with which the operating system did not let us do what `action` says, as in "cannot read".
    pub fn file(action: &str, path: &Path, error: &io::Error) -> UsageError {
        UsageError(format!("{action} '{}': {}", path.display(), system_words(error)))
    }
}

/// Ctrl-C stopped the command. What was recorded before stands. Exit status 130.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// What the operating system says of an error, without the number that the standard library puts behind it: the words
/// say more, and the number is of no use to whoever reads them.
pub fn system_words(error: &dyn Display) -> String {
    let text = error.to_string();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let words = text.strip_suffix(')').and_then(|text| text.rsplit_once(" (os error "));
    match words {
        Some((words, number)) if is_number(number) => words.to_string(),
        Some(_) | None => text,
    }
}

/// A failure and its causes on one line, the outermost first.
pub fn words_of(error: &anyhow::Error) -> String {
    error.chain().map(|cause| system_words(&cause)).collect::<Vec<String>>().join(": ")
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn errors_of_the_system_have_no_numbers() {
        let missing = || io::Error::from_raw_os_error(2);
        assert_eq!(system_words(&missing()), "No such file or directory");
        assert_eq!(system_words(&"(os error two)"), "(os error two)");
        let error = UsageError::file("cannot read", Path::new("a.lua"), &missing());
        assert_eq!(error.0, "cannot read 'a.lua': No such file or directory");
        let chain = Err::<(), _>(missing()).context("cannot write 'b'").unwrap_err();
        assert_eq!(words_of(&chain), "cannot write 'b': No such file or directory");
        // Libraries put the system's words behind their own.
        let inside = anyhow::Error::from(csv::Error::from(missing()));
        assert_eq!(words_of(&inside), "No such file or directory");
    }
}
