//! From text to tokens, one at a time.

use crate::problem::{Position, Problem, ProblemKind};
use crate::tree::BinaryOperator;

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token<'t> {
    /// A number without sign, up to 2^63, which only a minus makes fit.
    Number(u64),
    /// A name.
    Name(&'t str),
    /// An operator with two operands; `-` may also stand before one.
    Operator(BinaryOperator),
    /// `=`
    Assign,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// The end of the text.
    End,
}

impl Token<'_> {
    /// As messages name it.
    pub fn words(self) -> String {
        match self {
            Token::Number(number) => format!("'{number}'"),
            Token::Name(name) => format!("'{name}'"),
            Token::Operator(operator) => format!("'{}'", operator.text()),
            Token::Assign => "'='".to_string(),
            Token::Open => "'('".to_string(),
            Token::Close => "')'".to_string(),
            Token::Comma => "','".to_string(),
            Token::Semicolon => "';'".to_string(),
            Token::End => "the end".to_string(),
        }
    }
}

/// Reads tokens off a text.
pub struct Lexer<'t> {
    text: &'t str,
    offset: usize,
}

impl<'t> Lexer<'t> {
    /// At the start of `text`.
    pub fn new(text: &'t str) -> Lexer<'t> {
        Lexer { text, offset: 0 }
    }

    /// The next token and the offset of its first byte; [`Token::End`] again and again at the end.
    ///
    /// # Errors
    /// [`ProblemKind::Syntax`] for a character that begins no token, and for a number that is too large or no whole one.
    pub fn token(&mut self) -> Result<(Token<'t>, usize), Problem> {
        let text = self.text;
        self.offset = text.len() - text[self.offset..].trim_start_matches([' ', '\t', '\r', '\n']).len();
        let start = self.offset;
        let rest = &text[start..];
        let Some(first) = rest.chars().next() else { return Ok((Token::End, start)) };
        if first.is_ascii_digit() {
            return self.number(rest).map(|token| (token, start));
        }
        if first.is_ascii_alphabetic() || first == '_' {
            let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            self.offset += length;
            return Ok((Token::Name(&rest[..length]), start));
        }
        const PUNCTUATION: [(&str, Token<'static>); 5] = [
            ("=", Token::Assign),
            ("(", Token::Open),
            (")", Token::Close),
            (",", Token::Comma),
            (";", Token::Semicolon),
        ];
        // The longer ones first: `<=` before `<`, `==` before `=`.
        let operator = BinaryOperator::ALL.iter().find(|operator| rest.starts_with(operator.text()));
        let found = operator.map(|operator| (operator.text(), Token::Operator(*operator)));
        match found.or_else(|| PUNCTUATION.into_iter().find(|(word, _)| rest.starts_with(word))) {
            Some((word, token)) => {
                self.offset += word.len();
                Ok((token, start))
            }
            None => Err(self.problem(start, format!("unexpected character {first:?}"))),
        }
    }

    fn number(&mut self, rest: &'t str) -> Result<Token<'t>, Problem> {
        let start = self.offset;
        let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let follower = rest[length..].chars().next().unwrap_or(' ');
        if follower.is_alphabetic() || follower == '.' || follower == '_' {
            return Err(self.problem(start + length, "numbers are whole and decimal".to_string()));
        }
        self.offset += length;
        match rest[..length].parse::<u64>() {
            Ok(number) if number <= 1 << 63 => Ok(Token::Number(number)),
            Ok(_) | Err(_) => Err(self.problem(start, "the number is larger than 9223372036854775807".to_string())),
        }
    }

    fn problem(&self, offset: usize, words: String) -> Problem {
        Problem { kind: ProblemKind::Syntax(words), position: Position::of(self.text, offset) }
    }
}
