//! What the tool itself says: results on standard output, remarks on standard error; and what it is called there.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::OnceLock;

/// The program's name in this project, and in help texts until [`program`] takes its place.
pub const OWN_NAME: &str = "harness";

/// The name under which the running program was started: what messages call it, so that their advice can be followed.
/// A program with engines from outside has a name of its own.
pub fn program() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let started_as = std::env::args_os().next().map(PathBuf::from);
        let name = started_as.as_deref().and_then(|path| path.file_name()).map(OsString::from);
        name.map_or(OWN_NAME.to_string(), |name| name.to_string_lossy().into_owned())
    })
}

/// How many columns standard output has: what `COLUMNS` says, else the terminal; `None` without either.
pub fn width() -> Option<usize> {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    said.filter(|columns| *columns > 0).or_else(|| comfy_table::Table::new().width().map(usize::from))
}

/// Writes `text` and a line end to standard output.
///
/// # Errors
/// Those of the stream, a closed pipe among them.
pub fn print(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{text}")?;
    output.flush()
}

/// Writes sentences to standard output, as [`wrapped`] breaks them at its width.
///
/// # Errors
/// Those of the stream, a closed pipe among them.
pub fn print_sentences(text: &str) -> io::Result<()> {
    print(&width().map_or(text.to_string(), |width| wrapped(text, width)))
}

/// Writes a remark to standard error, broken between words if that is a terminal.
pub fn note(text: &str) {
    let width = if io::stderr().is_terminal() { width() } else { None };
    let text = width.map_or(text.to_string(), |width| wrapped(text, width));
    // If standard error is gone there is nowhere left to say so.
    let _unheard = writeln!(io::stderr().lock(), "{text}");
}

/// `text` with line ends in it, so that no line is longer than `width` columns: between words, and never between a
/// number and its unit. A word that is longer stays whole. Lines after the first of each of its own lines are indented.
pub fn wrapped(text: &str, width: usize) -> String {
    const UNITS: [&str; 8] = ["%", "ns", "us", "ms", "s", "min", "h", "x"];
    let mut glued = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let mut before_is_number = false;
        for (index, word) in line.split(' ').enumerate() {
            let is_unit = UNITS.contains(&word.trim_end_matches(['.', ',', ';', ':', ')', '\n']));
            if index > 0 {
                glued.push(if before_is_number && is_unit { GLUE } else { ' ' });
            }
            glued.push_str(word);
            before_is_number = word.ends_with(|last: char| last.is_ascii_digit());
        }
    }
    let options = textwrap::Options::new(width)
        .subsequent_indent("  ")
        .break_words(false)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let filled: Vec<String> = glued.split('\n').map(|line| textwrap::fill(line, &options)).collect();
    filled.join("\n").replace(GLUE, " ")
}

/// Stands for a space at which no line is broken.
const GLUE: char = '\u{a0}';

/// A number of things in words: `1 process`, `2 processes`.
pub fn count(number: impl TryInto<u64> + std::fmt::Display + Copy, thing: &str) -> String {
    if number.try_into().is_ok_and(|number| number == 1) {
        return format!("{number} {thing}");
    }
    let ending = if thing.ends_with('s') { "es" } else { "s" };
    format!("{number} {thing}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_only() {
        assert_eq!(wrapped("a word and another", 8), "a word\n  and\n  another");
        assert_eq!(wrapped("it takes 12 ms, 3 % less", 11), "it takes\n  12 ms,\n  3 % less");
        assert_eq!(wrapped("unbreakable", 4), "unbreakable");
        assert_eq!(wrapped("one\ntwo three", 5), "one\ntwo\n  three");
    }

    #[test]
    fn one_thing_is_no_plural() {
        assert_eq!(
            (count(1, "process"), count(2, "process"), count(0, "pair")),
            ("1 process".into(), "2 processes".into(), "0 pairs".into())
        );
    }
}
