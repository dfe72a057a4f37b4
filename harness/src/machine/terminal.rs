//! What the tool itself says: results on standard output, remarks on standard error.

use std::io::{self, Write};

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
