//! The three flat loops.
//!
//! LLVM turns a plain sum over 1..=n into Gauss's formula, after which there is no loop to compare with. So
//! [`sum_loop`] passes its accumulator through an empty `asm!` once a step: the value stays in its register and no
//! instruction is added, but the optimiser must make every step. The other two need no such help: float addition does
//! not reassociate, and the sum of remainders has no formula that LLVM knows. It unrolls both, which is part of what
//! "native" means here.
//!
//! Loops are written `1..n + 1` because `1..=n` must also serve n = `i64::MAX` and costs a second comparison a step.

use std::hint::black_box;

use crate::format::general_9;
use crate::hidden;

/// Twenty times the integers from 1 to n.
pub(crate) fn sum_loop(n: u64) -> String {
    let n = hidden(n);
    let mut sum: i64 = 0;
    for _ in 0..20 {
        for i in 1..n + 1 {
            sum += i;
            sum = opaque_in_register(sum);
        }
    }
    black_box(sum).to_string()
}

/// The sum of (i / 2) * (1 - i / 4), in floats.
pub(crate) fn sum_of_products(n: u64) -> String {
    let n = hidden(n);
    let mut sum = 0.0;
    for i in 1..n + 1 {
        let x = i as f64 * 0.5;
        let y = 1.0 - i as f64 * 0.25;
        sum += x * y;
    }
    general_9(black_box(sum))
}

/// The sum of (7 i + 3) mod 11 - i mod 5.
pub(crate) fn mixed_modulo(n: u64) -> String {
    let n = hidden(n);
    let mut sum: i64 = 0;
    for i in 1..n + 1 {
        sum = sum + (i * 7 + 3) % 11 - i % 5;
    }
    black_box(sum).to_string()
}

/// `value`, about which the optimiser now knows nothing.
#[inline(always)]
fn opaque_in_register(mut value: i64) -> i64 {
    // SAFETY: the template is a comment, so no instruction runs; the options say that it touches neither memory, nor
    // stack, nor flags, which is true of no instruction.
    unsafe {
        std::arch::asm!("/* {0} */", inout(reg) value, options(nomem, nostack, preserves_flags));
    }
    value
}
