//! The skeleton: a whole engine in small, over the shared runtime. It runs calls, conditions, `while` loops, arithmetic
//! and closures, enough for `fib`, and declines everything else before a program begins.
//!
//! It walks the syntax tree as the parser gives it and is slow; it is there to be copied. `README.md` says how, and in
//! which order it grows into a whole engine. It knows no other engine, and no strategy.
//!
//! Read in this order: `engine`, the contract with the harness; `code`, what is kept of a function; `decline`,
//! what it does not run; `frame`, who is active; `call`; `statement`; `expression`.

mod engine;

mod code;

mod decline;

mod frame;

mod call;

mod statement;

mod expression;

pub use engine::ENGINE;
