//! Strings and long comments: quotes, escapes, long brackets.
//!
//! A malformed string is reported with what was read of it, escapes replaced, because PUC Lua's messages show its
//! buffer; so the buffer here holds the same bytes at the same time. Nothing here knows other kinds of tokens.

use super::{Lexer, Result};
use crate::numeral::{hexadecimal_digit, is_space};
use crate::token::TokenKind;

/// The largest value of `\u{...}`: the original UTF-8 had up to 31 bits in six bytes.
const MAX_CODE_POINT: u32 = 0x7FFF_FFFF;

impl Lexer<'_> {
    /// Reads a string in quotes.
    pub(super) fn read_string(&mut self, delimiter: u8) -> Result<TokenKind> {
        self.position += 1;
        let mut text = vec![delimiter];
        loop {
            match self.peek() {
                None => return Err(self.end_error("unfinished string")),
                Some(b'\n' | b'\r') => return Err(self.token_error("unfinished string", &text)),
                Some(b'\\') => self.read_escape(&mut text)?,
                Some(byte) => {
                    self.position += 1;
                    if byte == delimiter {
                        break;
                    }
                    text.push(byte);
                }
            }
        }
        Ok(TokenKind::String(self.intern(&text[1..])))
    }

    /// Reads one escape sequence and appends what it stands for.
    fn read_escape(&mut self, text: &mut Vec<u8>) -> Result<()> {
        self.position += 1;
        let Some(byte) = self.peek() else {
            // The caller reports the end of the source.
            return Ok(());
        };
        let value = match byte {
            b'a' => 0x07,
            b'b' => 0x08,
            b'f' => 0x0C,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0B,
            b'\\' | b'"' | b'\'' => byte,
            b'\n' | b'\r' => {
                self.skip_line_break();
                text.push(b'\n');
                return Ok(());
            }
            b'x' => return self.read_byte_escape(text),
            b'u' => return self.read_code_point_escape(text),
            b'z' => {
                self.position += 1;
                self.skip_space();
                return Ok(());
            }
            b'0'..=b'9' => return self.read_decimal_escape(text),
            _ => return Err(self.escape_error("invalid escape sequence", text, self.position - 1)),
        };
        self.position += 1;
        text.push(value);
        Ok(())
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if self.at_line_break() {
                self.skip_line_break();
            } else if is_space(byte) {
                self.position += 1;
            } else {
                break;
            }
        }
    }

    /// An error at the next byte, which the message shows too, in the escape that begins at offset `escape_start`.
    fn escape_error(&self, message: &str, text: &[u8], escape_start: usize) -> crate::SyntaxError {
        let end = (self.position + 1).min(self.source.len());
        self.token_error(message, &[text, &self.source[escape_start..end]].concat())
    }

    /// Reads `\xXX`, from the `x` on.
    fn read_byte_escape(&mut self, text: &mut Vec<u8>) -> Result<()> {
        let escape_start = self.position - 1;
        self.position += 1;
        let mut value = 0;
        for _ in 0..2 {
            value = (value << 4) | self.expect_hexadecimal_digit(text, escape_start)?;
        }
        text.push(value);
        Ok(())
    }

    fn expect_hexadecimal_digit(&mut self, text: &[u8], escape_start: usize) -> Result<u8> {
        match self.peek().and_then(hexadecimal_digit) {
            Some(digit) => {
                self.position += 1;
                Ok(digit)
            }
            None => Err(self.escape_error("hexadecimal digit expected", text, escape_start)),
        }
    }

    /// Reads `\ddd`, one to three decimal digits, from the first digit on.
    fn read_decimal_escape(&mut self, text: &mut Vec<u8>) -> Result<()> {
        let escape_start = self.position - 1;
        let digits = self.source[self.position..].iter().take(3).take_while(|byte| byte.is_ascii_digit());
        let (digit_count, value) =
            digits.fold((0, 0u32), |(count, value), digit| (count + 1, value * 10 + u32::from(digit - b'0')));
        self.position += digit_count;
        match u8::try_from(value) {
            Ok(byte) => text.push(byte),
            Err(_) => return Err(self.escape_error("decimal escape too large", text, escape_start)),
        }
        Ok(())
    }

    /// Reads `\u{XXX}`, from the `u` on.
    fn read_code_point_escape(&mut self, text: &mut Vec<u8>) -> Result<()> {
        let escape_start = self.position - 1;
        self.position += 1;
        if !self.accept(b'{') {
            return Err(self.escape_error("missing '{'", text, escape_start));
        }
        let mut value = u32::from(self.expect_hexadecimal_digit(text, escape_start)?);
        while let Some(digit) = self.peek().and_then(hexadecimal_digit) {
            if value > MAX_CODE_POINT >> 4 {
                return Err(self.escape_error("UTF-8 value too large", text, escape_start));
            }
            value = (value << 4) | u32::from(digit);
            self.position += 1;
        }
        if !self.accept(b'}') {
            return Err(self.escape_error("missing '}'", text, escape_start));
        }
        push_utf8(text, value);
        Ok(())
    }

    /// Reads a long string, from its opening bracket on.
    pub(super) fn read_long_string(&mut self, level: usize) -> Result<TokenKind> {
        self.position += level + 2;
        if self.at_line_break() {
            self.skip_line_break();
        }
        let start_line = self.token_start.line;
        let mut text = Vec::new();
        loop {
            match self.peek() {
                None => return Err(self.unfinished_long_bracket("string", start_line)),
                Some(b'\n' | b'\r') => {
                    self.skip_line_break();
                    text.push(b'\n');
                }
                Some(b']') if self.accept_closing_bracket(level) => break,
                Some(byte) => {
                    self.position += 1;
                    text.push(byte);
                }
            }
        }
        Ok(TokenKind::String(self.intern(&text)))
    }

    /// Skips a long comment, from its opening bracket on.
    pub(super) fn skip_long_comment(&mut self, level: usize) -> Result<()> {
        self.position += level + 2;
        let start_line = self.token_start.line;
        loop {
            match self.peek() {
                None => return Err(self.unfinished_long_bracket("comment", start_line)),
                Some(b'\n' | b'\r') => self.skip_line_break(),
                Some(b']') if self.accept_closing_bracket(level) => return Ok(()),
                Some(_) => self.position += 1,
            }
        }
    }

    /// Skips the closing long bracket of `level` if one begins here.
    fn accept_closing_bracket(&mut self, level: usize) -> bool {
        let rest = &self.source[self.position..];
        let closes = rest.len() >= level + 2
            && rest[0] == b']'
            && rest[1..=level].iter().all(|&byte| byte == b'=')
            && rest[level + 1] == b']';
        if closes {
            self.position += level + 2;
        }
        closes
    }

    fn unfinished_long_bracket(&self, what: &str, start_line: u32) -> crate::SyntaxError {
        self.end_error(&format!("unfinished long {what} (starting at line {start_line})"))
    }
}

/// Appends a code point of up to 31 bits as one to six bytes. Rust's own UTF-8 ends at U+10FFFF and has no surrogates.
fn push_utf8(text: &mut Vec<u8>, code_point: u32) {
    if code_point < 0x80 {
        text.push(code_point as u8);
        return;
    }
    // n bytes hold 5n + 1 bits: six in each continuation byte, the rest in the first.
    let byte_count = (2..=6).find(|bytes| code_point >> (5 * bytes + 1) == 0).unwrap_or(6);
    let continuation_count = byte_count - 1;
    let length_mark = 0xFFu8 << (8 - byte_count);
    text.push(length_mark | (code_point >> (6 * continuation_count)) as u8);
    for index in (0..continuation_count).rev() {
        text.push(0x80 | ((code_point >> (6 * index)) & 0x3F) as u8);
    }
}
