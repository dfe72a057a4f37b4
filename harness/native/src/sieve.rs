//! `sieve`: an array of booleans.

use std::hint::black_box;

use crate::hidden_count;

/// How many primes there are up to n.
pub(crate) fn sieve(n: u64) -> String {
    let n = hidden_count(n);
    let mut is_prime = vec![true; n + 1];
    is_prime[0] = false;
    is_prime[1] = false;

    let mut candidate = 2;
    while candidate * candidate <= n {
        if is_prime[candidate] {
            for multiple in (candidate * candidate..n + 1).step_by(candidate) {
                is_prime[multiple] = false;
            }
        }
        candidate += 1;
    }
    black_box(is_prime.iter().filter(|prime| **prime).count()).to_string()
}
