//! How an invocation, or a cell of a comparison, ended. The kinds are never mixed: a wrong result is no crash, and an
//! engine that declines is not wrong.

use serde::{Deserialize, Serialize};

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every iteration gave the expected result.
    Ok,
    /// An iteration gave another result than the expected one.
    WrongResult,
    /// The Lua program raised an error, or does not compile.
    LuaError,
    /// The engine declines something that the program uses.
    Unsupported,
    /// The engine reported that one of its own invariants is broken.
    EngineBug,
    /// The process died or broke the child protocol.
    Crash,
    /// The process did not answer within the time limit and was stopped.
    Timeout,
    /// The memory limit was reached.
    OutOfMemory,
    /// The workload's file says of itself what cannot be read, so that no contender is tried.
    BadHeader,
    /// The contender cannot be tried: a Lua 5.1 on a 5.4 program, or a workload that is not written in Rust.
    NotApplicable,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Outcome; 10] = [
        Outcome::Ok,
        Outcome::WrongResult,
        Outcome::LuaError,
        Outcome::Unsupported,
        Outcome::EngineBug,
        Outcome::Crash,
        Outcome::Timeout,
        Outcome::OutOfMemory,
        Outcome::BadHeader,
        Outcome::NotApplicable,
    ];

    /// The name in CSV files and in the child protocol.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::WrongResult => "wrong_result",
            Outcome::LuaError => "lua_error",
            Outcome::Unsupported => "unsupported",
            Outcome::EngineBug => "engine_bug",
            Outcome::Crash => "crash",
            Outcome::Timeout => "timeout",
            Outcome::OutOfMemory => "out_of_memory",
            Outcome::BadHeader => "bad_header",
            Outcome::NotApplicable => "not_applicable",
        }
    }

    /// The outcome of that name.
    pub fn from_name(name: &str) -> Option<Outcome> {
        Outcome::ALL.into_iter().find(|outcome| outcome.name() == name)
    }

    /// The words in tables.
    pub fn words(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::WrongResult => "WRONG",
            Outcome::LuaError => "error",
            Outcome::Unsupported => "unsupported",
            Outcome::EngineBug => "engine bug",
            Outcome::Crash => "crash",
            Outcome::Timeout => "timeout",
            Outcome::OutOfMemory => "out of memory",
            Outcome::BadHeader => "bad header",
            Outcome::NotApplicable => "n/a",
        }
    }

    /// Whether a command that met it must say so in its exit status. Declining is a result, not a failure.
    pub fn is_failure(self) -> bool {
        match self {
            Outcome::Ok | Outcome::Unsupported | Outcome::NotApplicable => false,
            Outcome::WrongResult
            | Outcome::LuaError
            | Outcome::EngineBug
            | Outcome::Crash
            | Outcome::Timeout
            | Outcome::OutOfMemory
            | Outcome::BadHeader => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_finds_its_outcome_and_is_what_serde_writes() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::from_name(outcome.name()), Some(outcome));
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.name());
        }
    }
}
