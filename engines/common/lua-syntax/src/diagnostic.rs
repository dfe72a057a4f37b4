//! Errors in the source text, in the words of PUC Lua, and the names of chunks as messages show them.
//!
//! It knows neither tokens nor grammar: a message arrives here complete.

use std::borrow::Cow;
use std::fmt;

use crate::ast::Span;

/// The line of an error for which Lua reports neither chunk nor line.
pub const NO_LINE: u32 = 0;

/// Why a chunk does not compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The chunk as messages show it, from [`chunk_display_name`].
    pub chunk: String,
    /// The line that Lua reports, from 1: where the lexer stood. Or [`NO_LINE`].
    pub line: u32,
    /// What is wrong, in Lua's words, with "near ..." where Lua says it. It may hold any bytes of the source.
    pub message: Vec<u8>,
    /// The bytes of the token at which the error was noticed.
    pub span: Span,
}

impl SyntaxError {
    /// Whether more source might mend it: the error was noticed at the end of the source. An interactive prompt then
    /// asks for another line.
    pub fn is_incomplete(&self) -> bool {
        self.message.ends_with(b"<eof>")
    }

    /// Lua's text of the error: `chunk:line: message`.
    pub fn text(&self) -> Vec<u8> {
        match self.line {
            NO_LINE => self.message.clone(),
            line => [format!("{}:{line}: ", self.chunk).as_bytes(), &self.message].concat(),
        }
    }
}

/// [`SyntaxError::text`], with bytes that are not UTF-8 replaced.
impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text_of(&self.text()))
    }
}

impl std::error::Error for SyntaxError {}

/// The most bytes that a chunk's display name has; PUC Lua's `LUA_IDSIZE` counts a final zero byte too.
const DISPLAY_NAME_BYTES: usize = 59;

/// A chunk's name as messages show it, at most 59 bytes.
///
/// `=name` is shown as it is and cut at its end, `@file` cut at its beginning with `...` in front, and anything else is
/// source text, of which `[string "..."]` shows the first line.
pub fn chunk_display_name(chunk_name: &str) -> String {
    match chunk_name.as_bytes() {
        [b'=', name @ ..] => text_of(&name[..name.len().min(DISPLAY_NAME_BYTES)]).into_owned(),
        [b'@', file @ ..] if file.len() <= DISPLAY_NAME_BYTES => text_of(file).into_owned(),
        [b'@', file @ ..] => {
            let kept_bytes = DISPLAY_NAME_BYTES - "...".len();
            format!("...{}", text_of(&file[file.len() - kept_bytes..]))
        }
        source => display_source(source),
    }
}

fn display_source(source: &[u8]) -> String {
    // PUC Lua reserves room for the dots, and one byte more, even where it does not need them.
    const ROOM: usize = DISPLAY_NAME_BYTES - r#"[string "..."]"#.len();
    let line = source.split(|&byte| byte == b'\n').next().unwrap_or_default();
    if line.len() == source.len() && source.len() < ROOM {
        format!("[string \"{}\"]", text_of(source))
    } else {
        format!("[string \"{}...\"]", text_of(&line[..line.len().min(ROOM)]))
    }
}

/// Bytes as text for a message.
pub(crate) fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

#[cfg(test)]
mod tests;
