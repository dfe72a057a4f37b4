//! `string.format`.

use crate::function::Args;
use crate::number::{format_fixed, format_general, format_scientific};
use crate::signal::Signal;
use crate::value::{Tag, Value};
use crate::vm::Vm;

/// A conversion specification: `%[flags][width][.precision]`.
#[derive(Debug, Default)]
struct Specification {
    left: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
}

pub(super) fn format(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let template = vm.check_string(args, 0)?.bytes();
    let mut output = Vec::with_capacity(template.len() + 16);
    let mut argument = 0;
    let mut at = 0;
    while at < template.len() {
        let byte = template[at];
        at += 1;
        if byte != b'%' {
            output.push(byte);
        } else if template.get(at) == Some(&b'%') {
            output.push(b'%');
            at += 1;
        } else {
            let start = at;
            let specification = match parse(template, &mut at) {
                Some(specification) => specification,
                None => return Err(invalid(vm, &template[start..template.len().min(at + 1)])),
            };
            let Some(&conversion) = template.get(at) else { return Err(invalid(vm, &template[start..])) };
            at += 1;
            argument += 1;
            convert(vm, args, argument, conversion, &specification, &template[start..at], &mut output)?;
        }
    }
    let string = vm.string(&output)?;
    vm.return_one(args, string)
}

#[cold]
fn invalid(vm: &mut Vm, specification: &[u8]) -> Signal {
    let text = String::from_utf8_lossy(specification).into_owned();
    vm.raise(&format!("invalid conversion '%{text}' to 'format'"))
}

/// Reads flags, width and precision. Width and precision have at most two digits, as in PUC Lua.
fn parse(template: &[u8], at: &mut usize) -> Option<Specification> {
    let mut specification = Specification::default();
    while let Some(flag) = template.get(*at) {
        match flag {
            b'-' => specification.left = true,
            b'+' => specification.plus = true,
            b' ' => specification.space = true,
            b'#' => specification.alternate = true,
            b'0' => specification.zero = true,
            _ => break,
        }
        *at += 1;
    }
    specification.width = two_digits(template, at)?;
    if template.get(*at) == Some(&b'.') {
        *at += 1;
        specification.precision = Some(two_digits(template, at)?);
    }
    Some(specification)
}

fn two_digits(template: &[u8], at: &mut usize) -> Option<usize> {
    let mut number = 0;
    for _ in 0..2 {
        match template.get(*at) {
            Some(digit) if digit.is_ascii_digit() => number = number * 10 + usize::from(digit - b'0'),
            _ => return Some(number),
        }
        *at += 1;
    }
    if template.get(*at).is_some_and(u8::is_ascii_digit) { None } else { Some(number) }
}

fn convert(
    vm: &mut Vm,
    args: Args,
    argument: u32,
    conversion: u8,
    specification: &Specification,
    text: &[u8],
    output: &mut Vec<u8>,
) -> Result<(), Signal> {
    match conversion {
        b'd' | b'i' => {
            let value = vm.check_integer(args, argument)?;
            put_integer(specification, value < 0, &value.unsigned_abs().to_string(), output);
        }
        b'u' => {
            let value = vm.check_integer(args, argument)?;
            put_integer(specification, false, &(value as u64).to_string(), output);
        }
        b'x' | b'X' | b'o' => {
            let value = vm.check_integer(args, argument)?;
            put_unsigned(specification, conversion, value, output);
        }
        b'c' => {
            let value = vm.check_integer(args, argument)?;
            pad(specification, &[], &[value as u8], false, output);
        }
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => {
            let value = vm.check_float(args, argument)?;
            put_float(specification, conversion, value, output);
        }
        b's' => {
            let value = vm.check_any(args, argument)?;
            let string = vm.to_string_value(args.top(), value)?;
            let bytes = string.bytes();
            let shown = specification.precision.map_or(bytes, |most| &bytes[..most.min(bytes.len())]);
            pad(specification, &[], shown, false, output);
        }
        b'a' | b'A' | b'p' => {
            let construct = format!("'%{}' in string.format", char::from(conversion));
            return Err(vm.unsupported(&construct));
        }
        b'q' => {
            let value = vm.check_any(args, argument)?;
            put_quoted(vm, args, argument, value, output)?;
        }
        _ => return Err(invalid(vm, text)),
    }
    Ok(())
}

fn sign(specification: &Specification, negative: bool) -> &'static [u8] {
    if negative {
        b"-"
    } else if specification.plus {
        b"+"
    } else if specification.space {
        b" "
    } else {
        b""
    }
}

/// Digits with at least `precision` of them; the value 0 with precision 0 has none (C11 7.21.6.1).
fn with_precision(specification: &Specification, digits: &str) -> String {
    match specification.precision {
        Some(0) if digits == "0" => String::new(),
        Some(least) => format!("{digits:0>least$}"),
        None => digits.to_string(),
    }
}

fn put_integer(specification: &Specification, negative: bool, digits: &str, output: &mut Vec<u8>) {
    let digits = with_precision(specification, digits);
    let zero = specification.zero && specification.precision.is_none();
    pad(specification, sign(specification, negative), digits.as_bytes(), zero, output);
}

fn put_unsigned(specification: &Specification, conversion: u8, value: i64, output: &mut Vec<u8>) {
    let (digits, prefix) = match conversion {
        b'x' => (format!("{value:x}"), "0x"),
        b'X' => (format!("{value:X}"), "0X"),
        _ => (format!("{value:o}"), "0"),
    };
    let prefix = if specification.alternate && value != 0 { prefix } else { "" };
    let digits = with_precision(specification, &digits);
    let zero = specification.zero && specification.precision.is_none();
    pad(specification, prefix.as_bytes(), digits.as_bytes(), zero, output);
}

fn put_float(specification: &Specification, conversion: u8, value: f64, output: &mut Vec<u8>) {
    let precision = specification.precision.unwrap_or(6);
    let magnitude = value.abs();
    let alternate = specification.alternate;
    let mut text = match conversion.to_ascii_lowercase() {
        b'e' => format_scientific(magnitude, precision, alternate),
        b'f' => format_fixed(magnitude, precision, alternate),
        _ => format_general(magnitude, precision, alternate),
    };
    if conversion.is_ascii_uppercase() {
        text = text.to_ascii_uppercase();
    }
    let zero = specification.zero && value.is_finite();
    pad(specification, sign(specification, value.is_sign_negative()), text.as_bytes(), zero, output);
}

/// Prefix and body, padded to the width: zeros go between them, spaces around them.
fn pad(specification: &Specification, prefix: &[u8], body: &[u8], zero: bool, output: &mut Vec<u8>) {
    let fill = specification.width.saturating_sub(prefix.len() + body.len());
    if !specification.left && !zero {
        output.resize(output.len() + fill, b' ');
    }
    output.extend_from_slice(prefix);
    if !specification.left && zero {
        output.resize(output.len() + fill, b'0');
    }
    output.extend_from_slice(body);
    if specification.left {
        output.resize(output.len() + fill, b' ');
    }
}

/// `%q`: a literal that reads back as the same value.
fn put_quoted(vm: &mut Vm, args: Args, argument: u32, value: Value, output: &mut Vec<u8>) -> Result<(), Signal> {
    match value.tag {
        Tag::String => quote(value.as_string().expect("its tag says so").bytes(), output),
        Tag::Integer if value.raw_integer() == i64::MIN => output.extend_from_slice(b"0x8000000000000000"),
        Tag::Nil | Tag::False | Tag::True | Tag::Integer => {
            let text = vm.to_string_value(args.top(), value)?;
            output.extend_from_slice(text.bytes());
        }
        Tag::Float => {
            let float = value.raw_float();
            if float.is_nan() {
                output.extend_from_slice(b"(0/0)");
            } else if float.is_infinite() {
                output.extend_from_slice(if float > 0.0 { b"1e9999" } else { b"-1e9999" });
            } else if float == float.floor() && float.abs() < 1e15 {
                output.extend_from_slice(hexadecimal_integral(float).as_bytes());
            } else {
                return Err(vm.unsupported("'%q' of a fractional float in string.format"));
            }
        }
        _ => return Err(vm.argument_error(args, argument, "value has no literal form")),
    }
    Ok(())
}

/// An integral float as a hexadecimal float literal.
fn hexadecimal_integral(value: f64) -> String {
    let sign = if value.is_sign_negative() { "-" } else { "" };
    format!("{sign}0x{:x}p+0", value.abs() as u64)
}

fn quote(bytes: &[u8], output: &mut Vec<u8>) {
    output.push(b'"');
    for (i, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' | b'\\' | b'\n' => output.extend_from_slice(&[b'\\', *byte]),
            byte if byte.is_ascii_control() => {
                let next_is_digit = bytes.get(i + 1).is_some_and(u8::is_ascii_digit);
                let escape = if next_is_digit { format!("\\{byte:03}") } else { format!("\\{byte}") };
                output.extend_from_slice(escape.as_bytes());
            }
            byte => output.push(*byte),
        }
    }
    output.push(b'"');
}
