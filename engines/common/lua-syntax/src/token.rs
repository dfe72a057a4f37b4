//! What the lexer gives and the parser reads: kinds of tokens and how messages name them.
//!
//! It knows no grammar. Next: [`crate::lexer`].

use crate::ast::{Bytes, Span};

/// A token and its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    /// The bytes of the token. Lua reports errors and calls with the line of the last one.
    pub(crate) span: Span,
}

macro_rules! tokens {
    (
        keywords { $($keyword:ident $keyword_text:literal,)* }
        symbols { $($symbol:ident $symbol_text:literal,)* }
    ) => {
        /// The kinds of tokens.
        #[derive(Debug, Clone, PartialEq)]
        pub(crate) enum TokenKind {
            Name(Bytes),
            String(Bytes),
            Integer(i64),
            Float(f64),
            /// A byte that begins no token.
            Stray(u8),
            EndOfSource,
            $($keyword,)*
            $($symbol,)*
        }

        impl TokenKind {
            /// The keyword that `word` is.
            pub(crate) fn keyword(word: &[u8]) -> Option<TokenKind> {
                // The comparison of lengths comes first in a comparison of slices, so this is quick enough.
                $(if word == $keyword_text.as_bytes() { return Some(TokenKind::$keyword); })*
                None
            }

            /// How a message names this kind where it is expected, with quotes where Lua has them.
            pub(crate) fn description(&self) -> String {
                match self {
                    TokenKind::Name(_) => "<name>".to_string(),
                    TokenKind::String(_) => "<string>".to_string(),
                    TokenKind::Integer(_) => "<integer>".to_string(),
                    TokenKind::Float(_) => "<number>".to_string(),
                    TokenKind::Stray(byte @ b' '..=b'~') => format!("'{}'", char::from(*byte)),
                    TokenKind::Stray(byte) => format!("'<\\{byte}>'"),
                    TokenKind::EndOfSource => "<eof>".to_string(),
                    $(TokenKind::$keyword => concat!("'", $keyword_text, "'").to_string(),)*
                    $(TokenKind::$symbol => concat!("'", $symbol_text, "'").to_string(),)*
                }
            }
        }
    };
}

tokens! {
    keywords {
        And "and",
        Break "break",
        Do "do",
        Else "else",
        ElseIf "elseif",
        End "end",
        False "false",
        For "for",
        Function "function",
        Goto "goto",
        If "if",
        In "in",
        Local "local",
        Nil "nil",
        Not "not",
        Or "or",
        Repeat "repeat",
        Return "return",
        Then "then",
        True "true",
        Until "until",
        While "while",
    }
    symbols {
        Plus "+",
        Minus "-",
        Star "*",
        Slash "/",
        SlashSlash "//",
        Percent "%",
        Caret "^",
        Hash "#",
        Ampersand "&",
        Tilde "~",
        Pipe "|",
        LessLess "<<",
        GreaterGreater ">>",
        EqualEqual "==",
        TildeEqual "~=",
        LessEqual "<=",
        GreaterEqual ">=",
        Less "<",
        Greater ">",
        Equal "=",
        LeftParen "(",
        RightParen ")",
        LeftBrace "{",
        RightBrace "}",
        LeftBracket "[",
        RightBracket "]",
        ColonColon "::",
        Semicolon ";",
        Colon ":",
        Comma ",",
        Dot ".",
        DotDot "..",
        DotDotDot "...",
    }
}

impl Token {
    /// The message with the token behind "near". Lua shows names and numerals as written, but strings with their escapes
    /// already replaced, between the delimiters that they had, and nothing at all for a zero byte.
    pub(crate) fn after_message(&self, message: &str, source: &[u8]) -> Vec<u8> {
        if self.kind == TokenKind::Stray(0) {
            return message.into();
        }
        let raw = &source[self.span.start as usize..self.span.end as usize];
        let near = match &self.kind {
            TokenKind::Name(_) | TokenKind::Integer(_) | TokenKind::Float(_) => quote(raw),
            TokenKind::String(value) => {
                let delimiter_bytes = match raw[0] {
                    b'[' => 2 + raw[1..].iter().take_while(|&&byte| byte == b'=').count(),
                    _ => 1,
                };
                let (open, close) = (&raw[..delimiter_bytes], &raw[raw.len() - delimiter_bytes..]);
                quote(&[open, value, close].concat())
            }
            fixed => fixed.description().into(),
        };
        near_text(message, &near)
    }
}

/// The message with what is near.
pub(crate) fn near_text(message: &str, near: &[u8]) -> Vec<u8> {
    [message.as_bytes(), b" near ", near].concat()
}

/// `text` in single quotes. Like Lua, which passes it as a C string, it stops before a zero byte.
pub(crate) fn quote(text: &[u8]) -> Vec<u8> {
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    [b"'", text, b"'"].concat()
}
