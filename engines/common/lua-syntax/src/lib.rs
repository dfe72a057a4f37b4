//! Lua 5.4 source text to a resolved syntax tree.
//!
//! [`parse`] reads a chunk in one pass: the lexer gives tokens, the parser builds the tree and asks the scopes what each
//! name means, and constants are folded as PUC Lua folds them. What it refuses, and in which words, is what PUC Lua
//! refuses. It knows no values, no registers, no engine and no files.
//!
//! Read in this order: [`ast`], the result; [`diagnostic`]; `token` and `lexer`; [`numeral`] and [`arithmetic`], which
//! the run-time library uses too; `scope`; `fold`; `parser` with its parts; `backpatch`; [`print`](mod@print); [`find`].
#![forbid(unsafe_code)]

pub mod ast;

pub mod diagnostic;

mod token;

mod lexer;

pub mod numeral;

pub mod arithmetic;

mod scope;

mod fold;

mod parser;

mod backpatch;

pub mod print;

pub mod find;

pub use diagnostic::{SyntaxError, chunk_display_name};
pub use lexer::{error_near, skip_file_prefix};
pub use parser::{ParseError, parse, parse_within};
