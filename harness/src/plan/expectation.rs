//! What the result of an iteration must be, and when another text is the same result.
//!
//! Results are texts on one line, line ends written as `\n` (`measure::protocol` makes them so). They are compared as
//! texts; by the values of their numbers only if the user says so, or where one side is a Lua that writes whole floats
//! as integers. Knows nothing of processes or rows.

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::error::UsageError;

/// How results are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Expect {
    /// As texts; by the values of their numbers only against a Lua that is not 5.4
    #[default]
    Exact,
    /// By the values of their numbers: 3.0 is 3
    Values,
    /// Not at all
    None,
}

/// How results are written where a line ends.
const LINE_END: &str = "\\n";

/// What every iteration of a pair must give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expectation<'a> {
    /// The text.
    pub text: &'a str,
    /// Whether a text with the same values is as good.
    pub by_value: bool,
}

/// What a result is, held against the expectation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// The text that was expected.
    Same,
    /// Another text with the same values, which is as good.
    SameByValue,
    /// Another result.
    Different,
}

impl Expectation<'_> {
    /// Holds `result` against it.
    pub fn of(self, result: &str) -> Match {
        if result == self.text {
            Match::Same
        } else if self.by_value && have_same_values(result, self.text) {
            Match::SameByValue
        } else {
            Match::Different
        }
    }

    /// The first line in which `result` differs, as `line 3 is 'x', not 'y'`; `None` if either has one line only.
    pub fn first_difference(self, result: &str) -> Option<String> {
        let lines = |text: &str| -> Vec<String> {
            text.trim_end_matches(LINE_END).split(LINE_END).map(str::to_string).collect()
        };
        let (here, wanted) = (lines(result), lines(self.text));
        if here.len() < 2 && wanted.len() < 2 {
            return None;
        }
        let longest = here.len().max(wanted.len());
        let index = (0..longest).find(|index| here.get(*index) != wanted.get(*index))?;
        let quoted = |lines: &[String]| lines.get(index).map_or("missing".to_string(), |line| format!("'{line}'"));
        Some(format!("line {} is {}, not {}", index + 1, quoted(&here), quoted(&wanted)))
    }
}

/// Whether two texts are the same but for how their numbers are written.
fn have_same_values(one: &str, other: &str) -> bool {
    let (one, other) = (pieces(one), pieces(other));
    one.len() == other.len()
        && one.iter().zip(&other).all(|pair| match pair {
            (Piece::Number(one), Piece::Number(other)) => one == other || (one.is_nan() && other.is_nan()),
            (Piece::Text(one), Piece::Text(other)) => one == other,
            (Piece::Number(_), Piece::Text(_)) | (Piece::Text(_), Piece::Number(_)) => false,
        })
}

/// A part of a result.
enum Piece<'t> {
    /// A number as Lua writes one.
    Number(f64),
    /// What is between two numbers.
    Text(&'t str),
}

/// A number as Lua writes one. A digit behind a letter is none.
static NUMERAL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"-?\b(?:[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|nan|inf)\b").expect("a valid pattern")
});

/// Cuts a text at its numbers. Integers that a float cannot hold stay texts, so that none of their digits is lost.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    const LARGEST_EXACT: f64 = (1_u64 << 53) as f64;
    let mut pieces = Vec::new();
    let mut end = 0;
    for found in NUMERAL.find_iter(text) {
        let is_whole = found.as_str().bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let Ok(value) = found.as_str().parse::<f64>() else { continue };
        if is_whole && value.abs() >= LARGEST_EXACT {
            continue;
        }
        pieces.push(Piece::Text(&text[end..found.start()]));
        pieces.push(Piece::Number(value));
        end = found.end();
    }
    pieces.push(Piece::Text(&text[end..]));
    pieces
}

/// The lines of output that do not count.
#[derive(Debug, Clone)]
pub struct IgnoredLines(Regex);

impl IgnoredLines {
    /// Those in which `pattern`, a regular expression, is found.
    ///
    /// # Errors
    /// [`UsageError`] if it is none.
    pub fn new(pattern: &str) -> Result<IgnoredLines, UsageError> {
        Regex::new(pattern).map(IgnoredLines).map_err(|error| {
            let words = error.to_string();
            let words = words.lines().last().unwrap_or_default().trim_start_matches("error: ");
            UsageError(format!("--ignore-lines '{pattern}' is no regular expression: {words}"))
        })
    }

    /// The result without them.
    pub fn remove_from(&self, result: &str) -> String {
        let ends_with_line = result.ends_with(LINE_END);
        let text = result.strip_suffix(LINE_END).unwrap_or(result);
        let kept: Vec<&str> = text.split(LINE_END).filter(|line| !self.0.is_match(line)).collect();
        let mut rest = kept.join(LINE_END);
        if ends_with_line && !kept.is_empty() {
            rest.push_str(LINE_END);
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held_against(text: &str, result: &str) -> Match {
        Expectation { text, by_value: true }.of(result)
    }

    #[test]
    fn numbers_are_the_same_however_they_are_written() {
        for (one, other) in [
            ("675022500.0", "675022500"),
            ("x = 1.0, y = -2\\n", "x = 1, y = -2.0\\n"),
            ("1e+15", "1e15"),
            ("100000000000000", "1e+14"),
            ("nan", "-nan"),
            ("{1,2,3}", "{1.0,2.0,3.0}"),
        ] {
            assert_eq!(held_against(one, other), Match::SameByValue, "{one} {other}");
            assert_eq!(Expectation { text: one, by_value: false }.of(other), Match::Different);
        }
        assert_eq!(held_against("a 1", "a 1"), Match::Same);
    }

    #[test]
    fn other_values_and_other_texts_are_different() {
        for (one, other) in [
            ("1", "2"),
            ("1.5", "1.50001"),
            ("x1.0", "x1"),
            ("1 2", "1  2"),
            ("1", "one"),
            ("9007199254740993", "9007199254740992"),
            ("1.0.0", "1.0"),
            ("5.4", "5.1"),
        ] {
            assert_eq!(held_against(one, other), Match::Different, "{one} {other}");
        }
    }

    #[test]
    fn the_first_line_that_differs_is_named() {
        let expectation = Expectation { text: "a\\nb\\nc\\n", by_value: false };
        assert_eq!(expectation.first_difference("a\\nx\\nc\\n").as_deref(), Some("line 2 is 'x', not 'b'"));
        assert_eq!(expectation.first_difference("a\\nb\\n").as_deref(), Some("line 3 is missing, not 'c'"));
        assert_eq!(Expectation { text: "a\\n", by_value: false }.first_difference("b\\n"), None);
    }

    #[test]
    fn ignored_lines_are_taken_out() {
        let ignored = IgnoredLines::new("^time: |seconds$").unwrap();
        assert_eq!(ignored.remove_from("a\\ntime: 3\\nb\\n7 seconds\\n"), "a\\nb\\n");
        assert_eq!(ignored.remove_from("time: 3\\n"), "");
        assert_eq!(ignored.remove_from("a time: 3"), "a time: 3");
        assert!(IgnoredLines::new("(").unwrap_err().0.starts_with("--ignore-lines '(' is no regular expression: "));
    }
}
