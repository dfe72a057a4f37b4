//! Text to numbers, by the rules of Lua's lexer, of `tonumber` and of strings used as numbers.
//!
//! One function serves all three, so that a literal and a converted string never differ in a bit.
//! It knows no tokens and no values. What is done with numbers is in [`crate::arithmetic`].

/// A Lua number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A 64-bit integer.
    Integer(i64),
    /// A double.
    Float(f64),
}

/// The number that `text` spells, white space around it and a sign allowed; `None` if it spells none.
///
/// A decimal integer that does not fit into 64 bits becomes a float, a hexadecimal one wraps around. Floats are rounded
/// to the nearest, ties to even, and may overflow to infinity; the words `inf` and `nan` are no numbers.
pub fn parse_number(text: &[u8]) -> Option<Number> {
    let (negative, digits) = split_sign(trim_space(text));
    match digits {
        [b'0', b'x' | b'X', rest @ ..] => parse_hexadecimal(rest, negative),
        _ => parse_decimal(digits, negative),
    }
}

/// `text` without the white space at both ends. White space is what C's `isspace` says in the C locale.
pub fn trim_space(text: &[u8]) -> &[u8] {
    let Some(first) = text.iter().position(|&byte| !is_space(byte)) else { return &[] };
    let last = text.iter().rposition(|&byte| !is_space(byte)).unwrap_or(first);
    &text[first..=last]
}

/// Whether `byte` is white space: space, tab, line feed, vertical tab, form feed or carriage return.
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// The value of a hexadecimal digit, 0 to 15.
pub fn hexadecimal_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len()))
}

fn parse_decimal(digits: &[u8], negative: bool) -> Option<Number> {
    if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) {
        if let Some(integer) = decimal_integer(digits, negative) {
            return Some(Number::Integer(integer));
        }
    } else if !is_decimal_float(digits) {
        return None;
    }
    // The syntax is checked, so what is left to the standard library is the correctly rounded value.
    let magnitude: f64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some(Number::Float(if negative { -magnitude } else { magnitude }))
}

/// `None` on overflow.
fn decimal_integer(digits: &[u8], negative: bool) -> Option<i64> {
    digits.iter().try_fold(0i64, |value, byte| {
        let digit = i64::from(byte - b'0');
        let shifted = value.checked_mul(10)?;
        if negative { shifted.checked_sub(digit) } else { shifted.checked_add(digit) }
    })
}

/// Whether `text` is digits with at most one point among them, then perhaps an exponent.
fn is_decimal_float(text: &[u8]) -> bool {
    let (whole, rest) = split_digits(text);
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => split_digits(rest),
        _ => (&[][..], rest),
    };
    let exponent_is_fine = match rest {
        [] => true,
        [b'e' | b'E', rest @ ..] => is_exponent(rest),
        _ => false,
    };
    exponent_is_fine && !(whole.is_empty() && fraction.is_empty())
}

fn is_exponent(text: &[u8]) -> bool {
    let (_, digits) = split_sign(text);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// Reads what follows `0x`.
fn parse_hexadecimal(text: &[u8], negative: bool) -> Option<Number> {
    let is_integer = !text.is_empty() && text.iter().all(u8::is_ascii_hexdigit);
    if is_integer {
        let value = text
            .iter()
            .filter_map(|&byte| hexadecimal_digit(byte))
            .fold(0u64, |value, digit| (value << 4) | u64::from(digit));
        return Some(Number::Integer(if negative { value.wrapping_neg() } else { value }.cast_signed()));
    }
    let magnitude = hexadecimal_float(text)?;
    Some(Number::Float(if negative { -magnitude } else { magnitude }))
}

fn hexadecimal_float(text: &[u8]) -> Option<f64> {
    let mut mantissa = Mantissa::default();
    let mut seen_point = false;
    let mut seen_digit = false;
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        match (hexadecimal_digit(*byte), byte) {
            (Some(digit), _) => {
                seen_digit = true;
                mantissa.push(digit, seen_point);
            }
            (None, b'.') if !seen_point => seen_point = true,
            _ => break,
        }
        rest = after;
    }
    let exponent = match rest {
        [] => 0,
        [b'p' | b'P', rest @ ..] if is_exponent(rest) => saturating_exponent(rest),
        _ => return None,
    };
    seen_digit.then(|| round_to_float(mantissa.bits, mantissa.exponent.saturating_add(exponent), mantissa.inexact))
}

/// The digits of a hexadecimal float: `bits * 2^exponent`, and a bit more if `inexact`.
#[derive(Default)]
struct Mantissa {
    bits: u64,
    exponent: i64,
    inexact: bool,
}

impl Mantissa {
    /// Appends one digit, which stands after the point if `is_fraction`.
    fn push(&mut self, digit: u8, is_fraction: bool) {
        if self.bits >> 60 == 0 {
            self.bits = (self.bits << 4) | u64::from(digit);
            self.exponent -= if is_fraction { 4 } else { 0 };
        } else {
            // 61 significant bits are there already: what follows can only decide a tie.
            self.inexact |= digit != 0;
            self.exponent += if is_fraction { 0 } else { 4 };
        }
    }
}

/// The value of checked exponent digits, cut where every float has long become zero or infinity.
fn saturating_exponent(text: &[u8]) -> i64 {
    const FAR_OUT: i64 = i64::MAX / 4;
    let (negative, digits) = split_sign(text);
    let magnitude =
        digits.iter().fold(0i64, |value, byte| value.saturating_mul(10).saturating_add(i64::from(byte - b'0')));
    let magnitude = magnitude.min(FAR_OUT);
    if negative { -magnitude } else { magnitude }
}

/// The double nearest to `bits * 2^exponent`, ties to even; `inexact` says that the value is a little above that.
/// If `inexact`, at least 61 bits must be significant.
fn round_to_float(bits: u64, exponent: i64, inexact: bool) -> f64 {
    const MAX_EXPONENT: i64 = 1023;
    const MIN_NORMAL_EXPONENT: i64 = -1022;
    const FRACTION_BITS: u32 = 52;
    if bits == 0 {
        return 0.0;
    }
    let normalized = bits << bits.leading_zeros();
    // The value is 1.xxx * 2^leading.
    let leading = exponent.saturating_add(63 - i64::from(bits.leading_zeros()));
    if leading > MAX_EXPONENT {
        return f64::INFINITY;
    }
    let missing = (MIN_NORMAL_EXPONENT - leading).max(0);
    if missing > i64::from(FRACTION_BITS) + 1 {
        // Below half of the smallest subnormal.
        return 0.0;
    }
    // Between 11 (normal) and 64 (the value lies between zero and the smallest subnormal) low bits go.
    let dropped_bits = 11 + missing as u32;
    let (kept, remainder) = if dropped_bits == 64 {
        (0, normalized)
    } else {
        (normalized >> dropped_bits, normalized << (64 - dropped_bits))
    };
    const HALF: u64 = 1 << 63;
    let round_up = remainder > HALF || (remainder == HALF && (inexact || kept & 1 == 1));
    let rounded = kept + u64::from(round_up);
    if missing > 0 {
        // A carry out of the subnormal range gives the bits of the smallest normal float.
        return f64::from_bits(rounded);
    }
    // The implicit leading bit adds one to the exponent field, hence the minus one; a carry adds another.
    let exponent_field = (leading - MIN_NORMAL_EXPONENT) as u64;
    f64::from_bits((exponent_field << FRACTION_BITS) + rounded)
}

#[cfg(test)]
mod tests;
