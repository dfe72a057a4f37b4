//! What the tool itself says: results on standard output, remarks on standard error; and what it is called there.

use std::ffi::OsString;
use std::io::{self, Write};
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

/// Writes a remark to standard error.
pub fn note(text: &str) {
    // If standard error is gone there is nowhere left to say so.
    let _unheard = writeln!(io::stderr().lock(), "{text}");
}
