//! Floats as Lua 5.4 writes them: C's `%.14g`, with `.0` behind what would look like an integer.
//!
//! For results that a workload returns as numbers; what a program prints, its engine writes itself.

/// Significant digits.
const DIGITS: i32 = 14;

/// The text of `value`.
pub fn of_float(value: f64) -> String {
    if value.is_nan() {
        return if value.is_sign_negative() { "-nan" } else { "nan" }.to_string();
    }
    if value.is_infinite() {
        return if value < 0.0 { "-inf" } else { "inf" }.to_string();
    }
    // The exponent after rounding decides between the two notations.
    let scientific = format!("{value:.*e}", DIGITS as usize - 1);
    let (mantissa, exponent) = scientific.split_once('e').expect("scientific notation has an exponent");
    let exponent: i32 = exponent.parse().expect("an exponent is a number");
    if !(-4..DIGITS).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", without_zeros(mantissa), exponent.abs());
    }
    let decimals = usize::try_from(DIGITS - 1 - exponent).unwrap_or(0);
    let plain = format!("{value:.decimals$}");
    let plain = without_zeros(&plain);
    if plain.contains('.') { plain.to_string() } else { format!("{plain}.0") }
}

/// A decimal fraction without the zeros at its end, and without a point that nothing follows.
fn without_zeros(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_lua_writes_them() {
        for (value, text) in [
            (3.0, "3.0"),
            (-0.0, "-0.0"),
            (0.1, "0.1"),
            (1.0 / 3.0, "0.33333333333333"),
            (675_022_500.0, "675022500.0"),
            (1e14, "1e+14"),
            (99_999_999_999_999.0, "99999999999999.0"),
            (99_999_999_999_999.9, "1e+14"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (1.5e300, "1.5e+300"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ] {
            assert_eq!(of_float(value), text);
        }
    }
}
