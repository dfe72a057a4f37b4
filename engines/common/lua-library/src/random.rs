//! The generator of `math.random`: xoshiro256**, seeded as in Lua 5.4 (Blackman and Vigna, "Scrambled linear
//! pseudorandom number generators", 2018), so that a seeded program draws the same numbers as in PUC Lua.

/// The state of the generator.
#[derive(Debug, Clone)]
pub struct RandomState([u64; 4]);

/// Numbers thrown away after seeding.
const DISCARDED: usize = 16;

impl RandomState {
    /// The state after `math.randomseed(first, second)`.
    pub fn seeded(first: u64, second: u64) -> RandomState {
        let mut state = RandomState([first, 0xff, second, 0]);
        for _ in 0..DISCARDED {
            state.next_bits();
        }
        state
    }

    /// The next 64 bits.
    pub fn next_bits(&mut self) -> u64 {
        let state = &mut self.0;
        let result = state[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = state[1] << 17;
        state[2] ^= state[0];
        state[3] ^= state[1];
        state[1] ^= state[2];
        state[0] ^= state[3];
        state[2] ^= shifted;
        state[3] = state[3].rotate_left(45);
        result
    }

    /// A float in `[0, 1)` with 53 random bits.
    pub fn next_float(&mut self) -> f64 {
        (self.next_bits() >> 11) as f64 * (0.5 / (1u64 << 52) as f64)
    }

    /// An integer in `low..=high`; `low` must not be greater than `high`.
    pub fn next_in(&mut self, low: i64, high: i64) -> i64 {
        let range = (high as u64).wrapping_sub(low as u64);
        let mut bits = self.next_bits();
        let offset = if range & range.wrapping_add(1) == 0 {
            bits & range
        } else {
            // Draw below the smallest mask that covers the range until a number falls into it.
            let mask = u64::MAX >> range.leading_zeros();
            loop {
                bits &= mask;
                if bits <= range {
                    break bits;
                }
                bits = self.next_bits();
            }
        };
        (low as u64).wrapping_add(offset) as i64
    }
}
