//! Lua's arithmetic against wide integers, and the tables of its corner cases.

use super::*;

/// Integers where overflow, signs and rounding to floats change.
const INTEGERS: &[i64] = &[
    0,
    1,
    -1,
    2,
    -2,
    3,
    -3,
    7,
    -7,
    10,
    63,
    64,
    (1 << 53) - 1,
    1 << 53,
    (1 << 53) + 1,
    -(1 << 53) - 1,
    i64::MAX,
    i64::MAX - 1,
    i64::MAX - 511,
    i64::MAX - 512,
    i64::MIN,
    i64::MIN + 1,
    i64::MIN + 1025,
];

const FLOATS: &[f64] = &[
    0.0,
    -0.0,
    0.5,
    -0.5,
    1.0,
    -1.0,
    2.5,
    -2.5,
    9_007_199_254_740_992.0,
    9_007_199_254_740_994.0,
    9_223_372_036_854_774_784.0,
    9_223_372_036_854_775_808.0,
    -9_223_372_036_854_775_808.0,
    -9_223_372_036_854_777_856.0,
    1e300,
    -1e300,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::MIN_POSITIVE,
];

#[test]
fn integer_division_matches_wide_arithmetic() {
    for &left in INTEGERS {
        for &right in INTEGERS {
            if right == 0 {
                assert_eq!(integer_floor_divide(left, right), None);
                assert_eq!(integer_modulo(left, right), None);
                continue;
            }
            let (wide_left, wide_right) = (i128::from(left), i128::from(right));
            let mut quotient = wide_left / wide_right;
            if quotient * wide_right != wide_left && (wide_left < 0) != (wide_right < 0) {
                quotient -= 1;
            }
            let remainder = wide_left - quotient * wide_right;
            assert_eq!(integer_floor_divide(left, right), Some(quotient as i64), "{left} // {right}");
            assert_eq!(integer_modulo(left, right), Some(remainder as i64), "{left} % {right}");
        }
    }
}

#[test]
fn float_modulo_has_the_sign_of_the_divisor() {
    let cases = [
        (5.5, 2.0, 1.5),
        (-5.5, 2.0, 0.5),
        (5.5, -2.0, -0.5),
        (-5.5, -2.0, -1.5),
        (6.0, -2.0, 0.0),
        (1.0, f64::INFINITY, 1.0),
        (-1.0, f64::INFINITY, f64::INFINITY),
        (1.0, f64::NEG_INFINITY, f64::NEG_INFINITY),
        (-1.0, f64::NEG_INFINITY, -1.0),
    ];
    for (left, right, expected) in cases {
        assert_eq!(float_modulo(left, right), expected, "{left} % {right}");
    }
    assert!(float_modulo(1.0, 0.0).is_nan());
    assert!(float_modulo(f64::INFINITY, 1.0).is_nan());
    assert!(float_modulo(-6.0, 2.0).is_sign_negative(), "a zero keeps the dividend's sign");
    assert_eq!(float_modulo_toward_zero(-5.5, 2.0), -1.5);
}

#[test]
fn float_floor_divide_rounds_down() {
    assert_eq!(float_floor_divide(-7.0, 2.0), -4.0);
    assert_eq!(float_floor_divide(7.5, -2.0), -4.0);
    assert_eq!(float_floor_divide(1.0, 0.0), f64::INFINITY);
    assert!(float_floor_divide(0.0, 0.0).is_nan());
}

#[test]
fn powers() {
    assert_eq!(float_power(3.0, 2.0), 9.0);
    assert_eq!(float_power(2.0, 10.0), 1024.0);
    assert_eq!(float_power(2.0, 0.5), 2f64.sqrt());
    assert_eq!(float_power(f64::NAN, 0.0), 1.0);
    assert!(float_power(-8.0, 1.0 / 3.0).is_nan());
}

#[test]
fn shifts_take_any_count() {
    for &value in INTEGERS {
        for count in -70..=70 {
            let wide = u128::from(value.cast_unsigned());
            let expected = if count >= 0 { (wide << count) as u64 } else { (wide >> -count) as u64 }.cast_signed();
            assert_eq!(shift_left(value, count), expected, "{value} << {count}");
            assert_eq!(shift_right(value, -count), expected, "{value} >> {}", -count);
        }
        for count in [i64::MIN, i64::MIN + 1, i64::MAX] {
            assert_eq!(shift_left(value, count), 0);
            assert_eq!(shift_right(value, count), 0);
        }
    }
}

#[test]
fn floats_to_integers() {
    assert_eq!(float_to_integer(3.0), Some(3));
    assert_eq!(float_to_integer(-0.0), Some(0));
    assert_eq!(float_to_integer(3.5), None);
    assert_eq!(float_to_integer(INTEGER_LIMIT), None);
    assert_eq!(float_to_integer(-INTEGER_LIMIT), Some(i64::MIN));
    assert_eq!(float_to_integer(f64::NAN), None);
    assert_eq!(float_to_integer(f64::INFINITY), None);
    assert_eq!(float_floor_to_integer(-0.5), Some(-1));
    assert_eq!(float_ceil_to_integer(-0.5), Some(0));
    assert_eq!(float_floor_to_integer(1e19), None);
    assert_eq!(float_ceil_to_integer(f64::NAN), None);
}

/// The order of an integer and a float by exact arithmetic: both doubled, so that halves are whole, in 128 bits.
fn exact_order(integer: i64, float: f64) -> std::cmp::Ordering {
    if float.abs() >= 1e30 {
        return if float > 0.0 { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater };
    }
    if float == f64::MIN_POSITIVE {
        return if integer <= 0 { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater };
    }
    (i128::from(integer) * 2).cmp(&((float * 2.0) as i128))
}

#[test]
fn mixed_comparisons_are_exact() {
    for &integer in INTEGERS {
        for &float in FLOATS {
            let (a, b) = (Number::Integer(integer), Number::Float(float));
            let order = exact_order(integer, float);
            assert_eq!(less(a, b), order.is_lt(), "{integer} < {float}");
            assert_eq!(less_equal(a, b), order.is_le(), "{integer} <= {float}");
            assert_eq!(less(b, a), order.is_gt(), "{float} < {integer}");
            assert_eq!(less_equal(b, a), order.is_ge(), "{float} <= {integer}");
            assert_eq!(equal(a, b), order.is_eq(), "{integer} == {float}");
            assert_eq!(equal(b, a), order.is_eq(), "{float} == {integer}");
        }
        let (a, nan) = (Number::Integer(integer), Number::Float(f64::NAN));
        assert!(![less(a, nan), less(nan, a), less_equal(a, nan), less_equal(nan, a), equal(a, nan)].contains(&true));
    }
}
