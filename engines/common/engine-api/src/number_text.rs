//! Floats as text: Lua's own form, and C's `%g`, `%e`, `%f` and `%a`.
//!
//! Both sides of the contract write them: an engine for its programs, and whoever gets a [`crate::HostValue`] back and must
//! show it as the program would have. It knows nothing but digits.

/// A float as Lua prints it: `%.14g`, with `.0` if it would look like an integer.
pub fn float_to_text(value: f64) -> String {
    if value == value.trunc() && value.abs() < 1e14 && (value != 0.0 || value.is_sign_positive()) {
        // Fourteen digits are enough for it, so it is printed as the integer that it is.
        return format!("{}.0", value as i64);
    }
    let mut text = format_general(value, 14, false);
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        text.push_str(".0");
    }
    text
}

/// C's `%.{precision}g`; `alternate` is the flag `#`, which keeps trailing zeros.
pub fn format_general(value: f64, precision: usize, alternate: bool) -> String {
    if let Some(text) = not_finite(value) {
        return text;
    }
    let precision = precision.max(1);
    // The exponent after rounding to the precision decides between the two styles (C11 7.21.6.1).
    let scientific = format!("{value:.*e}", precision - 1);
    let (digits, exponent) = split_exponent(&scientific);
    if exponent < -4 || exponent >= precision as i32 {
        let digits = if alternate { with_point(digits) } else { without_trailing_zeros(digits) };
        return format!("{digits}{}", exponent_text(exponent));
    }
    let fixed = with_point_at(digits, exponent);
    if alternate { with_point(&fixed) } else { without_trailing_zeros(&fixed) }
}

/// The digits of a scientific notation as a plain number: the point moves to where the exponent, at least -4, says.
fn with_point_at(digits: &str, exponent: i32) -> String {
    let (sign, magnitude) = match digits.strip_prefix('-') {
        Some(magnitude) => ("-", magnitude),
        None => ("", digits),
    };
    let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
    if exponent < 0 {
        let zeros = &"000"[..(-exponent - 1) as usize];
        return [sign, "0.", zeros, whole, fraction].concat();
    }
    let (before, after) = fraction.split_at(exponent as usize);
    let point = if after.is_empty() { "" } else { "." };
    [sign, whole, before, point, after].concat()
}

/// C's `%.{precision}e`.
pub fn format_scientific(value: f64, precision: usize, alternate: bool) -> String {
    if let Some(text) = not_finite(value) {
        return text;
    }
    let scientific = format!("{value:.precision$e}");
    let (digits, exponent) = split_exponent(&scientific);
    let digits = if alternate { with_point(digits) } else { digits.to_string() };
    format!("{digits}{}", exponent_text(exponent))
}

/// C's `%.{precision}f`.
pub fn format_fixed(value: f64, precision: usize, alternate: bool) -> String {
    if let Some(text) = not_finite(value) {
        return text;
    }
    let fixed = format!("{value:.precision$}");
    if alternate { with_point(&fixed) } else { fixed }
}

/// C's `%a` of the magnitude of a value, without the `0x` in front; `precision` counts hexadecimal digits after the
/// point, `None` asks for as many as the value needs.
///
/// Like glibc, it shows a subnormal number as `0.xxxp-1022` and lets rounding carry into the digit before the point.
pub fn format_hexadecimal(value: f64, precision: Option<usize>, alternate: bool) -> String {
    const FRACTION_BITS: usize = 52;
    const FRACTION_DIGITS: usize = FRACTION_BITS / 4;
    let magnitude = value.abs();
    if let Some(text) = not_finite(magnitude) {
        return text;
    }
    let bits = magnitude.to_bits();
    let fraction = bits & ((1 << FRACTION_BITS) - 1);
    let (leading, exponent) = match bits >> FRACTION_BITS {
        0 if fraction == 0 => (0, 0),
        0 => (0, -1022),
        biased => (1, biased as i32 - 1023),
    };
    let significand = leading << FRACTION_BITS | fraction;
    let kept_digits = precision.map_or(FRACTION_DIGITS, |precision| precision.min(FRACTION_DIGITS));
    let rounded = round_half_even(significand, FRACTION_BITS - 4 * kept_digits);
    let whole = rounded >> (4 * kept_digits);
    let after_point = rounded & ((1 << (4 * kept_digits)) - 1);
    let mut digits = if kept_digits == 0 { String::new() } else { format!("{after_point:0kept_digits$x}") };
    match precision {
        None => digits.truncate(digits.trim_end_matches('0').len()),
        Some(precision) => digits.extend(std::iter::repeat_n('0', precision - kept_digits)),
    }
    let point = if digits.is_empty() && !alternate { "" } else { "." };
    format!("{whole}{point}{digits}p{exponent:+}")
}

/// `bits / 2^dropped_bits`, rounded to the nearest, ties to even.
fn round_half_even(bits: u64, dropped_bits: usize) -> u64 {
    if dropped_bits == 0 {
        return bits;
    }
    let (kept, rest) = (bits >> dropped_bits, bits & ((1 << dropped_bits) - 1));
    let half = 1 << (dropped_bits - 1);
    kept + u64::from(rest > half || (rest == half && kept & 1 == 1))
}

fn not_finite(value: f64) -> Option<String> {
    let text = if value.is_nan() {
        // x86-64's C library prints the sign of a NaN, and the NaN that operations produce there is negative.
        if value.is_sign_negative() { "-nan" } else { "nan" }
    } else if value == f64::INFINITY {
        "inf"
    } else if value == f64::NEG_INFINITY {
        "-inf"
    } else {
        return None;
    };
    Some(text.to_string())
}

fn split_exponent(scientific: &str) -> (&str, i32) {
    let (digits, exponent) = scientific.split_once('e').expect("Rust's {:e} has an exponent");
    (digits, exponent.parse().expect("Rust's {:e} exponent is a number"))
}

fn exponent_text(exponent: i32) -> String {
    format!("e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

fn without_trailing_zeros(digits: &str) -> String {
    if digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.').to_string()
    } else {
        digits.to_string()
    }
}

fn with_point(digits: &str) -> String {
    if digits.contains('.') { digits.to_string() } else { format!("{digits}.") }
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
            assert_eq!(float_to_text(value), text);
        }
    }
}
