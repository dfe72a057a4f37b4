//! The two ways in which a command ends early that are not failures of the harness: a request that makes no sense,
//! and Ctrl-C. `main` turns them into exit statuses.

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
}

/// Ctrl-C stopped the command. What was recorded before stands. Exit status 130.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;
