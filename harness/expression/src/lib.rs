//! The expression dialect: statements over whole numbers, such as `x = 42; x * 2 + 10`, translated to Lua.
//!
//! ```text
//! program    = statement { ";" statement } [ ";" ]
//! statement  = [ name "=" ] statement | comparison
//! comparison = sum { ( "==" | "!=" | "<" | ">" | "<=" | ">=" ) sum }
//! sum        = product { ( "+" | "-" ) product }
//! product    = unary { ( "*" | "/" | "%" ) unary }
//! unary      = "-" unary | number | name | "(" comparison ")" | function "(" comparison { "," comparison } ")"
//! function   = "if" | "fib" | "fact" | "pow"
//! ```
//!
//! Values are 64-bit integers that wrap. Comparisons give 1 or 0. `/` and `%` truncate, as C's and unlike Lua's. `if`
//! takes any value but 0 for true and evaluates one of its branches only. `fib(n)` is computed by its definition, with
//! two calls of itself; `fact(n)` and `pow(b, e)` by recursion too: a program of this dialect has no loop.
//! The value of an assignment is what is assigned; the value of a program is that of its last statement.
//!
//! This crate knows no engine and depends on nothing: an [`Expression`] is parsed, says which names it needs from
//! outside, and writes itself as Lua ([`Expression::to_lua`]). Everything that can go wrong is a [`Problem`] with its
//! position in the text of the expression; [`Expression::explain`] finds it in the message of a Lua error.
//! Why the translation is Lua text and no syntax tree is in ARCHITECTURE.md.
//!
//! Read in this order: [`problem`], [`lexer`], [`tree`], [`parser`], [`translation`].
#![forbid(unsafe_code)]

pub mod problem;

pub mod lexer;

pub mod tree;

pub mod parser;

pub mod translation;

pub use problem::{Position, Problem, ProblemKind};
pub use tree::Expression;
