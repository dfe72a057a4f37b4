//! The generator by itself: the same seed gives the same program, and different seeds do not.

use super::program;

#[test]
fn a_seed_is_a_program() {
    for seed in 0..20 {
        assert_eq!(program(seed), program(seed));
        assert_ne!(program(seed), program(seed + 1));
    }
}
