//! Saying on standard error why a Lua program failed, as the stand-alone `lua` does. On a terminal a syntax error comes
//! with its source line and a caret below the place.

use std::io::{self, IsTerminal, Write};
use std::ops::Range;
use std::process::ExitCode;

use engine_api::{Failure, LuaError, StopReason};

use crate::machine::interruption;

/// How much of a source line is shown at most, in characters.
const MAX_EXCERPT: usize = 76;
/// How much of that stands before the place of the error, if the line is longer.
const EXCERPT_BEFORE: usize = 50;

/// Says why a program failed and gives the exit status for it. `source` is the program's text.
pub fn report(failure: &Failure, source: &[u8]) -> ExitCode {
    let (mut message, code) = match failure {
        Failure::Lua(error) | Failure::OutOfMemory(error) => (lua_message(error), 1),
        Failure::Unsupported(_) | Failure::EngineBug(_) | Failure::Stopped(StopReason::Time) => {
            (failure.to_string().into_bytes(), 1)
        }
        Failure::Stopped(StopReason::Request) => (b"interrupted!".to_vec(), interruption::EXIT_STATUS),
    };
    let mut output = io::stderr().lock();
    if let Failure::Lua(LuaError { source_bytes: Some(place), .. }) = failure
        && output.is_terminal()
    {
        message.extend_from_slice(excerpt(source, place).as_bytes());
    }
    let text = [b"lua: ", message.as_slice(), b"\n"].concat();
    // If standard error is gone, the exit status still tells.
    let _unheard = output.write_all(&text);
    ExitCode::from(code)
}

/// As [`report`], for a program that is stopped from outside while it waits. Returns the exit status.
pub fn report_stop(reason: StopReason) -> i32 {
    // If standard error is gone, the exit status still tells.
    let _unheard = writeln!(io::stderr().lock(), "lua: {}", Failure::Stopped(reason));
    1
}

fn lua_message(error: &LuaError) -> Vec<u8> {
    let mut message = error.message.clone();
    if !error.traceback.is_empty() {
        message.push(b'\n');
        message.extend_from_slice(error.traceback.as_bytes());
    }
    message
}

/// The line of a place in the source and a caret below each of its characters, each on a line that begins with a line
/// end. For the end of the source it is the last line with something on it.
fn excerpt(source: &[u8], place: &Range<usize>) -> String {
    let mut start = place.start.min(source.len());
    if start == source.len() {
        start = source.trim_ascii_end().len();
    }
    let line_start = source[..start].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let line_end = source[start..].iter().position(|byte| *byte == b'\n').map_or(source.len(), |end| start + end);
    let number = 1 + source[..line_start].iter().filter(|byte| **byte == b'\n').count();
    let end = place.end.clamp(start, line_end);
    let before = shown(&source[line_start..start]);
    let marked = shown(&source[start..end]);
    let skipped = match before.len() + marked.len() + (line_end - end) {
        0..=MAX_EXCERPT => 0,
        _ => before.len().saturating_sub(EXCERPT_BEFORE),
    };
    let line: String =
        before.iter().chain(&marked).chain(&shown(&source[end..line_end])).skip(skipped).take(MAX_EXCERPT).collect();
    let column = before.len() - skipped;
    let carets = "^".repeat(marked.len().clamp(1, MAX_EXCERPT - column));
    let (number, bar) = (format!("{number:>5} | "), format!("{:>5} | ", ""));
    format!("\n{number}{}\n{bar}{}{carets}", line.trim_end(), " ".repeat(column))
}

/// The characters of some bytes, one column each: control characters would move the carets, or the terminal's cursor.
fn shown(bytes: &[u8]) -> Vec<char> {
    let text = String::from_utf8_lossy(bytes);
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(source: &str, place: &str) -> String {
        let start = source.find(place).unwrap();
        excerpt(source.as_bytes(), &(start..start + place.len()))
    }

    #[test]
    fn carets_stand_below_the_token() {
        assert_eq!(at("x = 1\n  y == 2\nz = 3", "=="), "\n    2 |   y == 2\n      |     ^^");
        assert_eq!(at("\tx\ty", "y"), "\n    1 |  x y\n      |    ^");
        assert_eq!(at("s = 'é' ) z", ")"), "\n    1 | s = 'é' ) z\n      |         ^");
        assert_eq!(at("x = ?\r\ny = 1", "?"), "\n    1 | x = ?\n      |     ^");
    }

    #[test]
    fn the_end_of_the_source_is_behind_its_last_word() {
        let source = "for i = 1, 2 do\n\n";
        let end = source.len();
        assert_eq!(excerpt(source.as_bytes(), &(end..end)), "\n    1 | for i = 1, 2 do\n      |                ^");
        assert_eq!(excerpt(b"", &(0..0)), "\n    1 | \n      | ^");
    }

    #[test]
    fn long_lines_and_tokens_are_cut() {
        let source = format!("{}?{}", "x".repeat(1000), "y".repeat(1000));
        let (before, after) = ("x".repeat(EXCERPT_BEFORE), "y".repeat(MAX_EXCERPT - EXCERPT_BEFORE - 1));
        let spaces = " ".repeat(EXCERPT_BEFORE);
        assert_eq!(at(&source, "?"), format!("\n    1 | {before}?{after}\n      | {spaces}^"));
        let token = "a".repeat(200);
        let (shown, carets) = ("a".repeat(MAX_EXCERPT), "^".repeat(MAX_EXCERPT));
        assert_eq!(at(&token, &token), format!("\n    1 | {shown}\n      | {carets}"));
        assert_eq!(at("s = [[a\nb]] ?", "[[a\nb]]"), "\n    1 | s = [[a\n      |     ^^^");
    }

    #[test]
    fn places_outside_the_source_are_its_end() {
        assert_eq!(excerpt(b"x", &(7..9)), "\n    1 | x\n      |  ^");
    }
}
