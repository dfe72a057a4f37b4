//! Numerals against exact values: tables for the syntax, big integers and the standard library for the rounding.

use super::*;

#[track_caller]
fn check(text: &str, expected: Option<Number>) {
    let actual = parse_number(text.as_bytes());
    let same_sign = match (actual, expected) {
        (Some(Number::Float(actual)), Some(Number::Float(expected))) => actual.to_bits() == expected.to_bits(),
        (actual, expected) => actual == expected,
    };
    assert!(same_sign, "{text:?}: got {actual:?}, expected {expected:?}");
}

#[track_caller]
fn integer(text: &str, expected: i64) {
    check(text, Some(Number::Integer(expected)));
}

#[track_caller]
fn float(text: &str, expected: f64) {
    check(text, Some(Number::Float(expected)));
}

#[test]
fn integers() {
    integer("0", 0);
    integer("007", 7);
    integer(" \t\n\x0b\x0c\r10 \n", 10);
    integer("-10", -10);
    integer("+10", 10);
    integer("9223372036854775807", i64::MAX);
    integer("-9223372036854775808", i64::MIN);
    integer("0xff", 255);
    integer("-0XfF", -255);
    integer("0xffffffffffffffff", -1);
    integer("0x7fffffffffffffff", i64::MAX);
    integer("0x1ffffffffffffffff", -1);
    integer("-0xffffffffffffffff", 1);
    integer("0x8000000000000000", i64::MIN);
}

#[test]
fn decimal_floats() {
    float("9223372036854775808", 9_223_372_036_854_775_808.0);
    float("-9223372036854775809", -9_223_372_036_854_775_808.0);
    float("1.", 1.0);
    float(".5", 0.5);
    float("-.5e1", -5.0);
    float("1e2", 100.0);
    float("1E+2", 100.0);
    float("1e-2", 0.01);
    float("-0.0", -0.0);
    float("1e999", f64::INFINITY);
    float("-1e999", f64::NEG_INFINITY);
    float("1e-999", 0.0);
    float(&format!("1{}", "0".repeat(400)), f64::INFINITY);
    float("2.2250738585072011e-308", f64::from_bits(0x000f_ffff_ffff_ffff));
}

#[test]
fn hexadecimal_floats() {
    float("0x.8", 0.5);
    float("0xA.", 10.0);
    float("0xA.8p0", 10.5);
    float("0x1p4", 16.0);
    float("-0x1P-1", -0.5);
    float("0x0p100", 0.0);
    float("-0x0.0", -0.0);
    float("0x.0000000000000000000000001p100", 1.0);
    float("0x1000000000000000000000000p-96", 1.0);
    float("0x1p1024", f64::INFINITY);
    float("0x1.fffffffffffff8p1023", f64::INFINITY);
    float("0x1.fffffffffffff7p1023", f64::MAX);
    float("0x1p-1074", f64::from_bits(1));
    float("0x1p-1075", 0.0);
    float("0x1.00000000000000000001p-1075", f64::from_bits(1));
    float("0x1p-1076", 0.0);
    float("0x1p99999999999999999999999", f64::INFINITY);
    float("0x1p-99999999999999999999999", 0.0);
    float("0x1.00000000000008p0", 1.0);
    float("0x1.000000000000080000000000000001p0", 1.0 + f64::EPSILON);
    float("0x1.00000000000018p0", 1.0 + 2.0 * f64::EPSILON);
}

#[test]
fn what_is_no_number() {
    for text in [
        "", " ", "-", "+", "--1", "+-1", "- 1", "1 2", "a", "1a", ".", "-.", "e1", ".e1", "1e", "1e+", "1ee1", "1.1.1",
        "0x", "0X", "0x.", "0x.p1", "0xp1", "0x1p", "0x1p+", "0xg", "0x1.1.1", "1p4", "0x1p1f", "inf", "-inf", "nan",
        "NaN", "infinity", "0xinf", "1e1.0", "1\0", "\u{a0}1", "1_000", "٣",
    ] {
        check(text, None);
    }
}

#[test]
fn trimming() {
    assert_eq!(trim_space(b" \t a b \n"), b"a b");
    assert_eq!(trim_space(b" \r\n"), b"");
    assert_eq!(trim_space(b""), b"");
}

/// A small generator (xorshift), so that the test repeats exactly.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// The exact decimal expansion of `mantissa * 2^exponent`, by repeated doubling or multiplying by five.
fn decimal_expansion(mantissa: u64, exponent: i32) -> String {
    let mut digits: Vec<u8> = mantissa.to_string().bytes().rev().map(|byte| byte - b'0').collect();
    let factor = if exponent >= 0 { 2 } else { 5 };
    for _ in 0..exponent.unsigned_abs() {
        let mut carry = 0;
        for digit in &mut digits {
            let product = *digit * factor + carry;
            *digit = product % 10;
            carry = product / 10;
        }
        if carry > 0 {
            digits.push(carry);
        }
    }
    let text: String = digits.iter().rev().map(|digit| char::from(digit + b'0')).collect();
    // Dividing by two is multiplying by five and moving the decimal point.
    if exponent >= 0 { text + ".0" } else { format!("{text}e{exponent}") }
}

#[test]
fn hexadecimal_rounding_matches_exact_decimals() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..1500 {
        let mantissa = random.next() >> (random.next() % 64);
        let exponent = match round % 3 {
            // Around one, around the subnormals, around overflow.
            0 => (random.next() % 200) as i32 - 100,
            1 => -1080 - (random.next() % 60) as i32,
            _ => 950 + (random.next() % 74) as i32,
        };
        let expected: f64 = decimal_expansion(mantissa, exponent).parse().unwrap();
        float(&format!("0x{mantissa:x}p{exponent}"), expected);
    }
}

#[test]
fn hexadecimal_rounding_of_ties() {
    // Halfway between two doubles, and one bit in the 30th digit after that to either side.
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for _ in 0..500 {
        let kept = (1 << 52) | (random.next() >> 12);
        let even = kept + (kept & 1);
        float(&format!("0x{kept:x}.8p0"), even as f64);
        float(&format!("0x{kept:x}.80000000000000000000000000001p0"), (kept + 1) as f64);
        float(&format!("0x{kept:x}.7fffffffffffffffffffffffffffffp0"), kept as f64);
    }
}

#[test]
fn every_double_survives_a_round_trip() {
    let mut random = Random(0x0123_4567_89ab_cdef);
    for _ in 0..5000 {
        let value = f64::from_bits(random.next());
        if !value.is_finite() {
            continue;
        }
        float(&format!("{value:e}"), value);
        let bits = value.to_bits() & ((1 << 52) - 1);
        let exponent = (value.to_bits() >> 52 & 0x7ff) as i64;
        let (leading, exponent) = if exponent == 0 { (0, -1022) } else { (1, exponent - 1023) };
        let sign = if value.is_sign_negative() { "-" } else { "" };
        float(&format!("{sign}0x{leading}.{bits:013x}p{exponent}"), value);
    }
}
