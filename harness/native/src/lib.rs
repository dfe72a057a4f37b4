//! The numeric workloads in Rust: the same work in the same order of operations, for a compiler that knows every type
//! beforehand.
//!
//! Each function takes a workload's `n` and returns the very string that `workloads/NAME.lua` returns. The optimiser
//! is kept from seeing only two things, the argument and the result ([`std::hint::black_box`]). In between it may do
//! what it likes, inline and unroll included, except to replace a loop by a formula: see `loops.rs`.
//! This crate is apart from the harness because that needs one `asm!`, and the harness has no unsafe code.
//! It must know nothing of measuring. Integers are `i64` and divisions by constants truncate: no operand is negative,
//! so Lua's flooring `%` gives the same.

use std::hint::black_box;

mod linear_algebra;
mod loops;
mod mandelbrot;
mod nbody;
mod pancakes;
mod recursion;
mod sieve;

pub mod format;

/// One iteration: takes n, returns the result.
pub type Iteration = fn(u64) -> String;

/// Every workload that is written in Rust, by the name of its Lua file.
pub const ALL: &[(&str, Iteration)] = &[
    ("fib", recursion::fib),
    ("mandelbrot", mandelbrot::mandelbrot),
    ("matmul", linear_algebra::matmul),
    ("mixed_modulo", loops::mixed_modulo),
    ("nbody", nbody::nbody),
    ("pancakes", pancakes::pancakes),
    ("queens", recursion::queens),
    ("sieve", sieve::sieve),
    ("spectral_norm", linear_algebra::spectral_norm),
    ("sum_loop", loops::sum_loop),
    ("sum_of_products", loops::sum_of_products),
];

/// The function of n for the workload of this name; `None` if it is not written in Rust.
pub fn find(workload_name: &str) -> Option<Iteration> {
    ALL.iter().find(|(name, _)| *name == workload_name).map(|(_, function)| *function)
}

/// A workload's argument as Lua has it, hidden from the optimiser.
fn hidden(n: u64) -> i64 {
    black_box(i64::try_from(n).expect("sizes are below 2^53"))
}

/// The same as a count of elements.
fn hidden_count(n: u64) -> usize {
    black_box(usize::try_from(n).expect("sizes fit into memory"))
}
