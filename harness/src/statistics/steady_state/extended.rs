//! Running sums as other programs make them, to the last bit: in the 64-bit significands of the x87's extended precision,
//! each rounded to a double. That is how R makes the sums that the published change points come from; a plain sum of
//! doubles differs in the last bits, and one change-point set in fourteen with it.
//!
//! And running sums of which nothing is lost, in two doubles each. Both are for [`super::change_points`].

/// A number of 64 significant bits: `significand * 2^exponent`, the highest bit set unless it is zero. Not negative.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Extended {
    significand: u64,
    exponent: i32,
}

impl Extended {
    const ZERO: Extended = Extended { significand: 0, exponent: 0 };

    /// Exactly `value`, which is finite and not negative.
    fn of(value: f64) -> Extended {
        let bits = value.to_bits();
        let fraction = bits & ((1 << 52) - 1);
        let (significand, exponent) = match (bits >> 52) as i32 & 0x7ff {
            0 => (fraction, -1074),
            biased => (fraction | 1 << 52, biased - 1075),
        };
        if significand == 0 {
            return Extended::ZERO;
        }
        let shift = significand.leading_zeros();
        Extended { significand: significand << shift, exponent: exponent - shift as i32 }
    }

    /// The sum, rounded to nearest, ties to even.
    fn plus(self, other: Extended) -> Extended {
        let (large, small) = if (self.exponent, self.significand) >= (other.exponent, other.significand) {
            (self, other)
        } else {
            (other, self)
        };
        if small.significand == 0 {
            return large;
        }
        if large.significand == 0 {
            return small;
        }
        // The larger number stands 62 bits above the lowest, so that one more fits above it; what the smaller loses below is
        // kept in the lowest bit, which is enough to tell a tie from more.
        let wide = u128::from(large.significand) << 62;
        let distance = (large.exponent - small.exponent) as u32;
        let moved = if distance > 126 { 0 } else { (u128::from(small.significand) << 62) >> distance };
        let is_exact = distance <= 126 && (moved << distance) == u128::from(small.significand) << 62;
        let sum = (wide + moved) | u128::from(!is_exact);
        let (significand, moved) = round(sum, 64);
        Extended { significand: significand as u64, exponent: large.exponent - 62 + moved }
    }

    /// The nearest double, ties to even.
    fn rounded(self) -> f64 {
        if self.significand == 0 {
            return 0.0;
        }
        let (significand, moved) = round(u128::from(self.significand), 53);
        let exponent = self.exponent + moved;
        // In two steps, because one alone can be past the ends of a double's range.
        significand as u64 as f64 * 2f64.powi(exponent / 2) * 2f64.powi(exponent - exponent / 2)
    }
}

/// `number` with so many significant bits, rounded to nearest, ties to even: what is left of it, and by how many bits that
/// was moved down.
fn round(number: u128, bits: i32) -> (u128, i32) {
    let excess = 128 - number.leading_zeros() as i32 - bits;
    if excess <= 0 {
        // Only exact numbers are as short.
        return (number << -excess, excess);
    }
    let (kept, rest) = (number >> excess, number & ((1 << excess) - 1));
    let half = 1 << (excess - 1);
    let rounded = kept + u128::from(rest > half || (rest == half && kept & 1 == 1));
    if rounded >> bits == 1 { (rounded >> 1, excess + 1) } else { (rounded, excess) }
}

/// The sums of the beginnings of `values`, the empty one first, each added up in extended precision and rounded to a
/// double. Values must not be negative.
pub(super) fn beginnings(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sum = Extended::ZERO;
    let rest = values.map(|value| {
        sum = sum.plus(Extended::of(value));
        sum.rounded()
    });
    std::iter::once(0.0).chain(rest).collect()
}

/// The sums of the beginnings of `values`, the empty one first, each in two doubles: the sum and what it lacks.
pub(super) fn both_parts(values: impl Iterator<Item = f64>) -> Vec<(f64, f64)> {
    let (mut high, mut low) = (0.0, 0.0);
    let rest = values.map(|value| {
        // Knuth's two-sum: what rounding takes away is exact.
        let sum = high + value;
        let part = sum - high;
        low += (high - (sum - part)) + (value - part);
        high = sum;
        (high, low)
    });
    std::iter::once((0.0, 0.0)).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by a C program with `long double` on x86-64: 0.1 / 1, 0.1 / 2, .. added up, each sum written as a double.
    const OF_C: &[u64] = &[
        0x3fb9_9999_9999_999a,
        0x3fc3_3333_3333_3334,
        0x3fc7_7777_7777_7778,
        0x3fca_aaaa_aaaa_aaab,
        0x3fcd_3a06_d3a0_6d3a,
        0x3fcf_5c28_f5c2_8f5c,
        0x3fd0_9823_1bcb_564f,
        0x3fd1_64ef_e898_231c,
        0x3fd2_1afb_494e_2e7d,
        0x3fd2_bed2_538b_9f21,
        0x3fd3_53c4_5cda_bfb6,
        0x3fd3_dc4c_e563_483e,
        0x3fd4_5a54_c5e1_501f,
        0x3fd4_cf5c_1656_576f,
        0x3fd5_3c96_1d29_f7dc,
        0x3fd5_a2fc_8390_5e43,
        0x3fd6_035c_e3f0_bea3,
        0x3fd6_5e62_944b_c453,
        0x3fd6_b49d_dd0d_c9b7,
        0x3fd7_0689_622c_8209,
        0x3fd7_548e_427a_86e9,
        0x3fd7_9f07_4722_1734,
        0x3fd7_e643_61d8_a138,
        0x3fd8_2a87_a61c_e57d,
        0x3fd8_6c10_dd68_ac24,
        0x3fd8_ab14_cda7_b015,
        0x3fd8_e7c3_4339_b3e0,
        0x3fd9_2246_eb74_3788,
        0x3fd9_5ac6_0977_bf7a,
        0x3fd9_9163_0ce1_8fb0,
        0x3fd9_c63d_102f_2fe5,
        0x3fd9_f970_4362_6318,
        0x3fda_2b16_467c_c34a,
        0x3fda_5b46_76ac_f37a,
        0x3fda_8a16_3075_5cce,
        0x3fda_b799_08a2_dfa6,
        0x3fda_e3e0_fd90_e26a,
        0x3fdb_0efe_a1f1_e51c,
        0x3fdb_3901_421b_e7bc,
        0x3fdb_61f7_04ab_43e5,
    ];

    #[test]
    fn sums_are_those_of_the_processor() {
        let values = (1..=OF_C.len()).map(|divisor| 0.1 / divisor as f64);
        let found: Vec<u64> = beginnings(values).into_iter().skip(1).map(f64::to_bits).collect();
        assert_eq!(found, OF_C);
        // Plain sums of doubles are others.
        let mut sum = 0.0;
        let plain: Vec<u64> = (1..=OF_C.len())
            .map(|divisor| {
                sum += 0.1 / divisor as f64;
                f64::to_bits(sum)
            })
            .collect();
        assert_ne!(plain, OF_C);
    }

    #[test]
    fn numbers_of_any_size_are_taken_exactly() {
        for value in [0.0, 1.0, 0.1, 1e-300, 5e-324, 123_456_789.25, f64::MAX / 4.0] {
            assert_eq!(beginnings([value].into_iter())[1], value);
        }
        assert_eq!(beginnings([1.0, 1e-30].into_iter())[2], 1.0);
        // 64 bits keep what 53 would lose.
        assert_eq!(beginnings([1.0, 2f64.powi(-60), 2f64.powi(-60), 1.0].into_iter())[4], 2.0);
        let small = 2f64.powi(-54);
        assert_eq!(beginnings([1.0, small, small].into_iter())[3], 1.0 + 2.0 * small);
    }

    #[test]
    fn two_parts_lose_nothing() {
        let sums = both_parts([1e16, 1.0, 1.0, -1e16].into_iter());
        let (high, low) = sums[4];
        assert_eq!(high + low, 2.0);
    }
}
