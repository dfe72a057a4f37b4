//! Tokens to the resolved syntax tree, by recursive descent in one pass.
//!
//! The order in which things are read and checked is PUC Lua's, so that of several mistakes the same one is reported
//! on the same line. This file holds the parser's state, the handling of tokens, and the limit that keeps every native
//! stack safe; the grammar is in [`statement`], [`expression`] and [`function`].

mod function;

mod statement;

mod expression;

use crate::ast::{Bytes, Chunk, Expression, Function, Span, Statement};
use crate::backpatch;
use crate::diagnostic::{NO_LINE, SyntaxError};
use crate::lexer::{Lexer, Result};
use crate::scope::{Problem, Scopes};
use crate::token::{Token, TokenKind};

/// How deep statements and expressions may not nest: PUC Lua's `LUAI_MAXCCALLS`, without the two calls around its parser
/// when a main program calls `load`.
const MAX_LEVELS: u32 = 198;

/// Parses and resolves a chunk. `chunk_name` is Lua's (`@file.lua`, `=stdin`, or the source itself); `source` is what
/// [`crate::skip_file_prefix`] leaves of a file.
///
/// # Errors
/// The first mistake in the source. Native stack use is bounded whatever the source is.
pub fn parse(chunk_name: &str, source: &[u8]) -> std::result::Result<Chunk, SyntaxError> {
    match parse_within(chunk_name, source, u64::MAX) {
        Ok(chunk) => Ok(chunk),
        Err(ParseError::Syntax(error)) => Err(error),
        Err(ParseError::TooLarge) => unreachable!("no tree has that many bytes"),
    }
}

/// As [`parse`], for a tree of at most about so many bytes.
///
/// # Errors
/// As for [`parse`], and [`ParseError::TooLarge`].
pub fn parse_within(chunk_name: &str, source: &[u8], max_tree_bytes: u64) -> std::result::Result<Chunk, ParseError> {
    let mut parser = Parser::new(chunk_name, source, max_tree_bytes).map_err(ParseError::Syntax)?;
    match parser.main_function() {
        Ok(mut main) => {
            backpatch::patch_upvalues(&mut main);
            Ok(Chunk { name: chunk_name.to_string(), main: main.into() })
        }
        Err(_) if parser.tree_bytes > max_tree_bytes => Err(ParseError::TooLarge),
        Err(error) => Err(ParseError::Syntax(error)),
    }
}

/// Why there is no tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParseError {
    /// A mistake in the source.
    Syntax(SyntaxError),
    /// It would take more bytes than it may.
    TooLarge,
}

/// What the memory allocator adds to each piece.
const ALLOCATION_BYTES: u64 = 16;
const EXPRESSION_BYTES: u64 = size_of::<Expression>() as u64 + ALLOCATION_BYTES;
/// An expression that holds the bytes of a name, and one for the `_ENV` of a global.
const NAME_BYTES: u64 = 2 * EXPRESSION_BYTES + 2 * ALLOCATION_BYTES;
/// A block's list of statements has half of its places free at worst while it grows.
const STATEMENT_BYTES: u64 = 3 * size_of::<Statement>() as u64 / 2;
const FUNCTION_BYTES: u64 = 2 * size_of::<Function>() as u64;

/// About how much a tree grows by what a token stands for.
fn bytes_for(kind: &TokenKind) -> u64 {
    use TokenKind as T;
    match kind {
        T::Name(bytes) | T::String(bytes) => NAME_BYTES + bytes.len() as u64,
        T::Function => FUNCTION_BYTES,
        // A call also has a place of its own in the code.
        T::LeftParen => 2 * EXPRESSION_BYTES,
        T::End
        | T::Then
        | T::Do
        | T::In
        | T::Equal
        | T::Semicolon
        | T::RightParen
        | T::RightBrace
        | T::RightBracket
        | T::Stray(_)
        | T::EndOfSource => 0,
        _ => EXPRESSION_BYTES,
    }
}

struct Parser<'s> {
    lexer: Lexer<'s>,
    /// The token to be handled next.
    token: Token,
    /// The token after it, if the grammar had to look.
    ahead: Option<Token>,
    /// Offset after the last handled token.
    previous_end: u32,
    /// Line of the last byte of the last handled token; 1 before the first one.
    previous_line: u32,
    scopes: Scopes,
    /// How deep the parser now is in statements and expressions.
    levels: u32,
    /// About how many bytes the tree has so far, and may have.
    tree_bytes: u64,
    max_tree_bytes: u64,
    /// A name for the function whose `function` keyword is the next token.
    function_name: Option<String>,
}

impl<'s> Parser<'s> {
    fn new(chunk_name: &'s str, source: &'s [u8], max_tree_bytes: u64) -> Result<Parser<'s>> {
        let mut lexer = Lexer::new(chunk_name, source);
        let start = Span { start: 0, end: 0, line: 1, last_line: 1 };
        if u32::try_from(source.len()).is_err() {
            return Err(lexer.error(format!("chunk is too long (limit is {} bytes)", u32::MAX), 1, start));
        }
        let token = lexer.next_token()?;
        Ok(Parser {
            lexer,
            token,
            ahead: None,
            previous_end: 0,
            previous_line: 1,
            scopes: Scopes::default(),
            levels: 0,
            tree_bytes: 0,
            max_tree_bytes,
            function_name: None,
        })
    }

    /// Goes to the next token; returns the one that was current.
    fn advance(&mut self) -> Result<Token> {
        let next = match self.ahead.take() {
            Some(token) => token,
            None => self.lexer.next_token()?,
        };
        self.charge(bytes_for(&next.kind))?;
        let current = std::mem::replace(&mut self.token, next);
        (self.previous_end, self.previous_line) = (current.span.end, current.span.last_line);
        Ok(current)
    }

    /// Counts what the tree will grow by.
    ///
    /// # Errors
    /// If it is too much; what the error says is not looked at.
    fn charge(&mut self, bytes: u64) -> Result<()> {
        self.tree_bytes = self.tree_bytes.saturating_add(bytes);
        if self.tree_bytes > self.max_tree_bytes {
            return Err(self.lexer.error("not enough memory", NO_LINE, self.token.span));
        }
        Ok(())
    }

    /// The kind of the token after the current one.
    fn look_ahead(&mut self) -> Result<&TokenKind> {
        if self.ahead.is_none() {
            self.ahead = Some(self.lexer.next_token()?);
        }
        Ok(&self.ahead.as_ref().expect("just filled").kind)
    }

    fn at(&self, kind: &TokenKind) -> bool {
        self.token.kind == *kind
    }

    /// Skips the current token if it is of that kind.
    fn accept(&mut self, kind: &TokenKind) -> Result<bool> {
        let matches = self.at(kind);
        if matches {
            self.advance()?;
        }
        Ok(matches)
    }

    fn expect(&mut self, kind: &TokenKind) -> Result<()> {
        if self.accept(kind)? { Ok(()) } else { Err(self.expected(kind)) }
    }

    /// Expects the token that closes what `opener` began in line `opener_line`.
    fn expect_closing(&mut self, closer: &TokenKind, opener: &TokenKind, opener_line: u32) -> Result<()> {
        if self.accept(closer)? {
            Ok(())
        } else if opener_line == self.token.span.last_line {
            Err(self.expected(closer))
        } else {
            let (closer, opener) = (closer.description(), opener.description());
            Err(self.error_near(format!("{closer} expected (to close {opener} at line {opener_line})")))
        }
    }

    /// Reads a name.
    fn expect_name(&mut self) -> Result<(Bytes, Span)> {
        let TokenKind::Name(name) = &self.token.kind else {
            return Err(self.error_near("<name> expected".to_string()));
        };
        let name = name.clone();
        let token = self.advance()?;
        Ok((name, token.span))
    }

    /// The place from the token at `start` to the last handled token.
    fn span_from(&self, start: Span) -> Span {
        Span { end: self.previous_end, last_line: self.previous_line, ..start }
    }

    fn expected(&self, kind: &TokenKind) -> SyntaxError {
        self.error_near(format!("{} expected", kind.description()))
    }

    /// An error that Lua reports with the current token.
    fn error_near(&self, message: String) -> SyntaxError {
        self.error(self.token.after_message(&message, self.lexer.source()))
    }

    /// An error that Lua reports with the current line only.
    fn error(&self, message: impl Into<Vec<u8>>) -> SyntaxError {
        self.lexer.error(message, self.token.span.last_line, self.token.span)
    }

    /// Adds the place to a broken rule.
    fn placed<T>(&self, result: std::result::Result<T, Problem>) -> Result<T> {
        result.map_err(|problem| match problem {
            Problem::Limit(message) => self.error_near(message),
            Problem::Rule(message) => self.error(message),
            Problem::FullList(message) => self.lexer.error(message, NO_LINE, self.token.span),
        })
    }

    /// Enters a statement or an expression, which [`Parser::leave_level`] leaves again.
    ///
    /// # Errors
    /// If the source nests too deeply for the native stack. Like PUC Lua, for which this is no error of the source, the
    /// message says no line.
    fn enter_level(&mut self) -> Result<()> {
        self.levels += 1;
        if self.levels >= MAX_LEVELS {
            return Err(self.lexer.error("C stack overflow".to_string(), NO_LINE, self.token.span));
        }
        Ok(())
    }

    fn leave_level(&mut self) {
        self.levels -= 1;
    }
}

#[cfg(test)]
mod tests;
