//! Source bytes to tokens, one at a time, when the parser asks.
//!
//! Errors come out in source order because nothing is read ahead of the parser. The lexer knows no grammar and no names
//! in scope. Strings are in [`string`]; what tokens are is in [`crate::token`], numerals in [`crate::numeral`].

mod string;

use std::collections::HashSet;

use crate::ast::{Bytes, Span};
use crate::diagnostic::{SyntaxError, chunk_display_name};
use crate::numeral::{Number, is_space, parse_number};
use crate::token::{Token, TokenKind, near_text, quote};

/// What is wrong with a token or a sentence.
pub(crate) type Result<T> = std::result::Result<T, SyntaxError>;

/// The part of a file that is Lua: without a byte order mark, and without a first line that begins with `#` (for
/// `#!/usr/bin/lua`). The end of that line stays, so that lines are counted as in the file.
pub fn skip_file_prefix(file: &[u8]) -> &[u8] {
    let text = file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file);
    if text.first() != Some(&b'#') {
        return text;
    }
    let end_of_line = text.iter().position(|&byte| byte == b'\n').unwrap_or(text.len());
    &text[end_of_line..]
}

/// The error `message near ...` about a chunk without mistakes, which exceeds a limit of a compiler: "near" shows the
/// first token from the byte at `offset` on, which must be outside of tokens.
pub fn error_near(chunk_name: &str, source: &[u8], offset: u32, message: &str) -> SyntaxError {
    let mut lexer = Lexer::new(chunk_name, source);
    while lexer.offset() < offset {
        if lexer.at_line_break() {
            lexer.skip_line_break();
        } else {
            lexer.position += 1;
        }
    }
    match lexer.next_token() {
        Ok(token) => lexer.error(token.after_message(message, source), token.span.last_line, token.span),
        Err(error) => error,
    }
}

/// The state of reading one chunk.
pub(crate) struct Lexer<'s> {
    chunk_name: &'s str,
    source: &'s [u8],
    /// Offset of the next byte.
    position: usize,
    /// The line of the next byte, from 1.
    line: u32,
    /// Where the current token begins.
    token_start: Span,
    /// One copy of every name and short string, to which tokens refer.
    interned: HashSet<Bytes>,
}

/// Strings up to this length are shared between tokens; longer ones hardly ever repeat.
const MAX_INTERNED_BYTES: usize = 40;

impl<'s> Lexer<'s> {
    /// A lexer at the start of `source`, which must be shorter than 4 GiB.
    pub(crate) fn new(chunk_name: &'s str, source: &'s [u8]) -> Lexer<'s> {
        Lexer {
            chunk_name,
            source,
            position: 0,
            line: 1,
            token_start: Span { start: 0, end: 0, line: 1, last_line: 1 },
            interned: HashSet::new(),
        }
    }

    /// The whole source.
    pub(crate) fn source(&self) -> &'s [u8] {
        self.source
    }

    /// An error in this chunk.
    pub(crate) fn error(&self, message: impl Into<Vec<u8>>, line: u32, span: Span) -> SyntaxError {
        SyntaxError { chunk: chunk_display_name(self.chunk_name), line, message: message.into(), span }
    }

    /// The bytes of `text`, shared with every other token that has them.
    pub(crate) fn intern(&mut self, text: &[u8]) -> Bytes {
        if text.len() > MAX_INTERNED_BYTES {
            return Bytes::from(text);
        }
        if let Some(shared) = self.interned.get(text) {
            return shared.clone();
        }
        let shared = Bytes::from(text);
        self.interned.insert(shared.clone());
        shared
    }

    /// Reads the next token; [`TokenKind::EndOfSource`] again and again at the end.
    pub(crate) fn next_token(&mut self) -> Result<Token> {
        self.skip_blank()?;
        self.start_token();
        let kind = match self.peek() {
            None => TokenKind::EndOfSource,
            Some(b'0'..=b'9') => self.read_number()?,
            Some(b'.') if self.peek_at(1).is_some_and(|byte| byte.is_ascii_digit()) => self.read_number()?,
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') => self.read_word(),
            Some(delimiter @ (b'"' | b'\'')) => self.read_string(delimiter)?,
            Some(b'[') => self.read_bracket()?,
            Some(byte) => self.read_symbol(byte),
        };
        Ok(Token { kind, span: self.token_span() })
    }

    fn start_token(&mut self) {
        let (offset, line) = (self.offset(), self.line);
        self.token_start = Span { start: offset, end: offset, line, last_line: line };
    }

    fn offset(&self) -> u32 {
        // `parse` has refused longer sources.
        self.position as u32
    }

    fn token_span(&self) -> Span {
        Span { end: self.offset(), last_line: self.line, ..self.token_start }
    }

    fn peek(&self) -> Option<u8> {
        self.peek_at(0)
    }

    fn peek_at(&self, distance: usize) -> Option<u8> {
        self.source.get(self.position + distance).copied()
    }

    /// Skips the next byte if it is `byte`.
    fn accept(&mut self, byte: u8) -> bool {
        let matches = self.peek() == Some(byte);
        self.position += usize::from(matches);
        matches
    }

    fn at_line_break(&self) -> bool {
        matches!(self.peek(), Some(b'\n' | b'\r'))
    }

    /// Skips one line break: `\n`, `\r`, `\r\n` or `\n\r`.
    fn skip_line_break(&mut self) {
        let first = self.peek();
        self.position += 1;
        if self.at_line_break() && self.peek() != first {
            self.position += 1;
        }
        self.line += 1;
    }

    /// An error inside the current token. `near` is what has been read of it, escapes replaced.
    fn token_error(&self, message: &str, near: &[u8]) -> SyntaxError {
        self.error(near_text(message, &quote(near)), self.line, self.token_span())
    }

    /// An error because the source ends inside the current token.
    fn end_error(&self, message: &str) -> SyntaxError {
        let near = TokenKind::EndOfSource.description();
        self.error(format!("{message} near {near}"), self.line, self.token_span())
    }

    fn skip_blank(&mut self) -> Result<()> {
        while let Some(byte) = self.peek() {
            if matches!(byte, b'\n' | b'\r') {
                self.skip_line_break();
            } else if is_space(byte) {
                self.position += 1;
            } else if byte == b'-' && self.peek_at(1) == Some(b'-') {
                self.skip_comment()?;
            } else {
                break;
            }
        }
        Ok(())
    }

    fn skip_comment(&mut self) -> Result<()> {
        self.start_token();
        self.position += 2;
        if let Some(level) = self.long_bracket_level() {
            return self.skip_long_comment(level);
        }
        while self.peek().is_some() && !self.at_line_break() {
            self.position += 1;
        }
        Ok(())
    }

    fn read_number(&mut self) -> Result<TokenKind> {
        let start = self.position;
        self.accept(b'.');
        let is_hexadecimal = self.peek() == Some(b'0') && matches!(self.peek_at(1), Some(b'x' | b'X'));
        self.position += if is_hexadecimal { 2 } else { 1 };
        // Anything that looks like part of a numeral is taken, signs only after an exponent mark; whether it is one is
        // decided at the end.
        while let Some(byte) = self.peek() {
            let is_exponent_mark = byte.to_ascii_lowercase() == if is_hexadecimal { b'p' } else { b'e' };
            if !is_exponent_mark && !byte.is_ascii_hexdigit() && byte != b'.' {
                break;
            }
            self.position += 1;
            if is_exponent_mark && matches!(self.peek(), Some(b'+' | b'-')) {
                self.position += 1;
            }
        }
        if matches!(self.peek(), Some(b'a'..=b'z' | b'A'..=b'Z' | b'_')) {
            // A numeral that touches a letter is malformed; the message shows that letter.
            self.position += 1;
        }
        let text = &self.source[start..self.position];
        match parse_number(text) {
            Some(Number::Integer(value)) => Ok(TokenKind::Integer(value)),
            Some(Number::Float(value)) => Ok(TokenKind::Float(value)),
            None => Err(self.token_error("malformed number", text)),
        }
    }

    fn read_word(&mut self) -> TokenKind {
        let start = self.position;
        while matches!(self.peek(), Some(b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9')) {
            self.position += 1;
        }
        let word = &self.source[start..self.position];
        TokenKind::keyword(word).unwrap_or_else(|| TokenKind::Name(self.intern(word)))
    }

    /// Reads a long string or the symbol `[`.
    fn read_bracket(&mut self) -> Result<TokenKind> {
        if let Some(level) = self.long_bracket_level() {
            return self.read_long_string(level);
        }
        self.position += 1;
        if self.peek() != Some(b'=') {
            return Ok(TokenKind::LeftBracket);
        }
        while self.accept(b'=') {}
        let text = &self.source[self.token_start.start as usize..self.position];
        Err(self.token_error("invalid long string delimiter", text))
    }

    /// The number of `=` in the opening long bracket that begins here, if one does.
    fn long_bracket_level(&self) -> Option<usize> {
        let rest = self.source[self.position..].strip_prefix(b"[")?;
        let level = rest.iter().take_while(|&&byte| byte == b'=').count();
        (rest.get(level) == Some(&b'[')).then_some(level)
    }

    fn read_symbol(&mut self, first: u8) -> TokenKind {
        self.position += 1;
        match first {
            b'+' => TokenKind::Plus,
            b'-' => TokenKind::Minus,
            b'*' => TokenKind::Star,
            b'/' if self.accept(b'/') => TokenKind::SlashSlash,
            b'/' => TokenKind::Slash,
            b'%' => TokenKind::Percent,
            b'^' => TokenKind::Caret,
            b'#' => TokenKind::Hash,
            b'&' => TokenKind::Ampersand,
            b'|' => TokenKind::Pipe,
            b'~' if self.accept(b'=') => TokenKind::TildeEqual,
            b'~' => TokenKind::Tilde,
            b'=' if self.accept(b'=') => TokenKind::EqualEqual,
            b'=' => TokenKind::Equal,
            b'<' if self.accept(b'=') => TokenKind::LessEqual,
            b'<' if self.accept(b'<') => TokenKind::LessLess,
            b'<' => TokenKind::Less,
            b'>' if self.accept(b'=') => TokenKind::GreaterEqual,
            b'>' if self.accept(b'>') => TokenKind::GreaterGreater,
            b'>' => TokenKind::Greater,
            b'(' => TokenKind::LeftParen,
            b')' => TokenKind::RightParen,
            b'{' => TokenKind::LeftBrace,
            b'}' => TokenKind::RightBrace,
            b']' => TokenKind::RightBracket,
            b';' => TokenKind::Semicolon,
            b':' if self.accept(b':') => TokenKind::ColonColon,
            b':' => TokenKind::Colon,
            b',' => TokenKind::Comma,
            b'.' if self.accept(b'.') => {
                if self.accept(b'.') {
                    TokenKind::DotDotDot
                } else {
                    TokenKind::DotDot
                }
            }
            b'.' => TokenKind::Dot,
            stray => TokenKind::Stray(stray),
        }
    }
}

#[cfg(test)]
mod tests;
