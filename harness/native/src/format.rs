//! C's `%.9g`, which is how workloads write floats.
//!
//! Rust's `{:e}` rounds exactly and ties to even, as the C library does in its default rounding mode; what is left is
//! the choice between the two notations and the trailing zeros.

const PRECISION: i32 = 9;

/// `value` as C's `printf("%.9g")` writes it.
pub fn general_9(value: f64) -> String {
    if !value.is_finite() {
        let sign = if value.is_sign_negative() { "-" } else { "" };
        let name = if value.is_nan() { "nan" } else { "inf" };
        return format!("{sign}{name}");
    }
    // The exponent that decides is the one after rounding: 999999999.9 has exponent 9, not 8.
    let scientific = format!("{:.*e}", PRECISION as usize - 1, value);
    let (mantissa, exponent) = scientific.split_once('e').expect("{:e} writes an exponent");
    let exponent: i32 = exponent.parse().expect("{:e} writes the exponent as an integer");
    if (-4..PRECISION).contains(&exponent) {
        let decimals = (PRECISION - 1 - exponent) as usize;
        without_trailing_zeros(&format!("{value:.decimals$}")).to_string()
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{}e{sign}{:02}", without_trailing_zeros(mantissa), exponent.abs())
    }
}

fn without_trailing_zeros(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

#[cfg(test)]
mod tests {
    use super::general_9;

    /// The right column is what the C library prints (glibc 2.36).
    #[test]
    fn writes_what_c_writes() {
        let cases = [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (0.1, "0.1"),
            (-2.5, "-2.5"),
            (100.0, "100"),
            (123456789.0, "123456789"),
            (1234567890.0, "1.23456789e+09"),
            (999999999.4, "999999999"),
            (999999999.5, "1e+09"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (0.00009999999999, "0.0001"),
            (0.000123456789123, "0.000123456789"),
            (1.0 / 3.0, "0.333333333"),
            // Exact ties go to the even digit.
            (123456788.5, "123456788"),
            (123456789.5, "123456790"),
            (1234567885.0, "1.23456788e+09"),
            (1234567895.0, "1.2345679e+09"),
            (0.5, "0.5"),
            (4503599627370497.5, "4.50359963e+15"),
            (1e100, "1e+100"),
            (1.5e-300, "1.5e-300"),
            (f64::MAX, "1.79769313e+308"),
            (f64::MIN_POSITIVE, "2.22507386e-308"),
            (5e-324, "4.94065646e-324"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
            (-f64::NAN, "-nan"),
        ];
        for (value, expected) in cases {
            assert_eq!(general_9(value), expected, "{value:e}");
        }
    }
}
