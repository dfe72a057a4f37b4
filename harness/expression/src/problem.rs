//! What can be wrong with an expression, before it runs or while it does, and where.

use std::fmt;

/// A place in the text of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Bytes before it.
    pub offset: usize,
    /// Its line, from 1.
    pub line: u32,
    /// Its character in the line, from 1.
    pub column: u32,
}

impl Position {
    /// The place `offset` bytes into `text`, which lies between two characters.
    pub fn of(text: &str, offset: usize) -> Position {
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = 1 + before.matches('\n').count() as u32;
        Position { offset, line, column: 1 + before[line_start..].chars().count() as u32 }
    }
}

/// Something that is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What.
    pub kind: ProblemKind,
    /// Where it was noticed.
    pub position: Position,
}

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemKind {
    /// The text is no expression; the words say what was expected instead of what.
    Syntax(String),
    /// A name that nothing has given a value.
    UnknownName(String),
    /// A function that the dialect does not have.
    UnknownFunction(String),
    /// A function with too few or too many arguments.
    ArgumentCount {
        /// The function.
        function: &'static str,
        /// How many it takes.
        takes: usize,
        /// How many stand there.
        given: usize,
    },
    /// The expression is nested deeper, longer, or has more variables than is allowed; the words say which.
    TooLarge(String),
    /// `/` or `%` by 0.
    DivisionByZero,
    /// `fib` or `fact` of a negative number, or `pow` with a negative exponent.
    NegativeArgument(&'static str),
}

impl ProblemKind {
    /// A short name for programs: lower case, words joined by `_`.
    pub fn code(&self) -> &'static str {
        match self {
            ProblemKind::Syntax(_) => "syntax_error",
            ProblemKind::UnknownName(_) => "unknown_name",
            ProblemKind::UnknownFunction(_) => "unknown_function",
            ProblemKind::ArgumentCount { .. } => "argument_count",
            ProblemKind::TooLarge(_) => "too_large",
            ProblemKind::DivisionByZero => "division_by_zero",
            ProblemKind::NegativeArgument(_) => "negative_argument",
        }
    }
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProblemKind::Syntax(words) | ProblemKind::TooLarge(words) => f.write_str(words),
            ProblemKind::UnknownName(name) => write!(f, "unknown name '{name}'"),
            ProblemKind::UnknownFunction(name) => {
                write!(f, "unknown function '{name}', there are if, fib, fact and pow")
            }
            ProblemKind::ArgumentCount { function, takes, given } => {
                let plural = if *takes == 1 { "" } else { "s" };
                write!(f, "{function} takes {takes} argument{plural}, not {given}")
            }
            ProblemKind::DivisionByZero => f.write_str("division by zero"),
            ProblemKind::NegativeArgument("pow") => f.write_str("pow with a negative exponent"),
            ProblemKind::NegativeArgument(function) => write!(f, "{function} of a negative number"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.position.line, self.position.column, self.kind)
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters() {
        let text = "é + 1;\nab\n";
        assert_eq!(Position::of(text, 0), Position { offset: 0, line: 1, column: 1 });
        assert_eq!(Position::of(text, 2), Position { offset: 2, line: 1, column: 2 });
        assert_eq!(Position::of(text, 9), Position { offset: 9, line: 2, column: 2 });
        assert_eq!(Position::of(text, text.len()), Position { offset: 11, line: 3, column: 1 });
    }
}
