//! `pancakes`: integer arrays and short loops that no predictor foresees.

use std::hint::black_box;

use crate::hidden_count;

/// The most flips that a stack of n needs, and the flips of all stacks together. Positions count from 0 here; the
/// pancakes themselves from 1, as in the Lua program.
pub(crate) fn pancakes(n: u64) -> String {
    let n = hidden_count(n);
    let mut stack: Vec<i64> = (1..).take(n).collect();
    let mut copy = vec![0; n];
    let mut counters = vec![1; n + 1];
    let (mut most, mut total) = (0, 0);
    let mut level = 2;
    while level <= n {
        if counters[level] < level {
            let other = if level % 2 == 1 { 1 } else { counters[level] };
            stack.swap(other - 1, level - 1);
            let flips = count_flips(&stack, &mut copy);
            most = most.max(flips);
            total += flips;
            counters[level] += 1;
            level = 2;
        } else {
            counters[level] = 1;
            level += 1;
        }
    }
    let (most, total) = black_box((most, total));
    format!("{most} {total}")
}

/// Flips the first `stack[0]` pancakes of a copy until the smallest is on top; returns the number of flips.
fn count_flips(stack: &[i64], copy: &mut [i64]) -> i64 {
    copy.copy_from_slice(stack);
    let mut flips = 0;
    while copy[0] != 1 {
        let top = copy[0] as usize;
        copy[..top].reverse();
        flips += 1;
    }
    flips
}
