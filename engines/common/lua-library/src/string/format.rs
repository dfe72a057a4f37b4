//! `string.format`.
//!
//! A conversion specification is checked as PUC Lua checks it before it reaches C's `printf`: each conversion has its
//! own flags, and width and precision have at most two digits.

use lua_runtime::number::{format_fixed, format_general, format_hexadecimal, format_scientific};
use lua_runtime::{Args, OutOfMemory, Signal, Tag, Vm};

use crate::bytes::Buffer;

/// Bytes of a specification, `%` and conversion included, from which on PUC Lua calls it too long.
const MAX_SPECIFICATION_BYTES: usize = 23;

/// A string of this length or more is never padded by `%s`: the width has two digits.
const LONG_STRING_BYTES: usize = 100;

const FLAGS_OF_FLOATS: &[u8] = b"-+#0 ";
const FLAGS_OF_HEXADECIMAL: &[u8] = b"-#0";
const FLAGS_OF_INTEGERS: &[u8] = b"-+0 ";
const FLAGS_OF_UNSIGNED: &[u8] = b"-0";
const FLAGS_OF_TEXT: &[u8] = b"-";

/// A checked conversion specification: `%[flags][width][.precision]`.
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

/// `format(template, ...)`.
pub(super) fn format(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let template = vm.check_string(args, 0)?.bytes();
    let mut output = Buffer::new(vm);
    let mut argument = 0;
    let mut rest = template;
    while let Some(percent) = crate::bytes::find_byte(rest, b'%') {
        output.append(&rest[..percent])?;
        rest = &rest[percent + 1..];
        if let Some(after) = rest.strip_prefix(b"%") {
            output.append(b"%")?;
            rest = after;
            continue;
        }
        argument += 1;
        if argument >= args.count {
            return Err(vm.argument_error(args, argument, "no value"));
        }
        let modifiers = rest.iter().take_while(|byte| b"-+#0 123456789.".contains(byte)).count();
        if modifiers + 2 >= MAX_SPECIFICATION_BYTES {
            return Err(vm.raise("invalid format (too long)"));
        }
        let conversion = Conversion { letter: rest.get(modifiers).copied(), modifiers: &rest[..modifiers], argument };
        conversion.put(vm, args, &mut output)?;
        rest = &rest[modifiers + 1..];
    }
    output.append(rest)?;
    let string = output.finish(vm)?;
    vm.return_one(args, string)
}

/// One conversion of a template, not yet checked.
struct Conversion<'a> {
    /// What follows the modifiers; `None` at the end of the template.
    letter: Option<u8>,
    /// Flags, width and precision.
    modifiers: &'a [u8],
    /// The argument that it converts.
    argument: u32,
}

impl Conversion<'_> {
    /// Checks the argument and the specification, in PUC Lua's order, and appends the result.
    fn put(&self, vm: &mut Vm, args: Args, output: &mut Buffer) -> Result<(), Signal> {
        let argument = self.argument;
        match self.letter {
            Some(b'c') => {
                let specification = self.check(vm, FLAGS_OF_TEXT, false)?;
                let value = vm.check_integer(args, argument)?;
                pad(&specification, b"", &[value as u8], false, output)?;
            }
            Some(b'd' | b'i') => {
                let value = vm.check_integer(args, argument)?;
                if self.modifiers.is_empty() {
                    output.append(itoa::Buffer::new().format(value).as_bytes())?;
                } else {
                    let specification = self.check(vm, FLAGS_OF_INTEGERS, true)?;
                    put_integer(&specification, value < 0, value.unsigned_abs().to_string(), output)?;
                }
            }
            Some(b'u') => {
                let value = vm.check_integer(args, argument)?;
                let specification = self.check(vm, FLAGS_OF_UNSIGNED, true)?;
                put_integer(&specification, false, (value as u64).to_string(), output)?;
            }
            Some(letter @ (b'x' | b'X' | b'o')) => {
                let value = vm.check_integer(args, argument)?;
                let specification = self.check(vm, FLAGS_OF_HEXADECIMAL, true)?;
                put_unsigned(&specification, letter, value, output)?;
            }
            Some(letter @ (b'a' | b'A')) => {
                let specification = self.check(vm, FLAGS_OF_FLOATS, true)?;
                let value = vm.check_float(args, argument)?;
                put_float(&specification, letter, value, output)?;
            }
            Some(letter @ (b'e' | b'E' | b'f' | b'g' | b'G')) => {
                let value = vm.check_float(args, argument)?;
                let specification = self.check(vm, FLAGS_OF_FLOATS, true)?;
                put_float(&specification, letter, value, output)?;
            }
            Some(b'p') => {
                let specification = self.check(vm, FLAGS_OF_TEXT, false)?;
                let value = vm.argument(args, argument);
                let text = match value.as_object() {
                    Some(_) => vm.identity(value),
                    None => "(null)".to_string(),
                };
                pad(&specification, b"", text.as_bytes(), false, output)?;
            }
            Some(b'q') => {
                if !self.modifiers.is_empty() {
                    return Err(vm.raise("specifier '%q' cannot have modifiers"));
                }
                put_quoted(vm, args, argument, output)?;
            }
            Some(b's') => self.put_string(vm, args, output)?,
            Some(_) | None => return Err(self.invalid(vm)),
        }
        Ok(())
    }

    fn put_string(&self, vm: &mut Vm, args: Args, output: &mut Buffer) -> Result<(), Signal> {
        let value = vm.argument(args, self.argument);
        let bytes = vm.to_string_value(args.top(), value)?.bytes();
        if self.modifiers.is_empty() {
            return Ok(output.append(bytes)?);
        }
        if bytes.contains(&0) {
            return Err(vm.argument_error(args, self.argument, "string contains zeros"));
        }
        let specification = self.check(vm, FLAGS_OF_TEXT, true)?;
        let shown = match specification.precision {
            None if bytes.len() >= LONG_STRING_BYTES => return Ok(output.append(bytes)?),
            None => bytes,
            Some(most) => &bytes[..most.min(bytes.len())],
        };
        Ok(pad(&specification, b"", shown, false, output)?)
    }

    /// The specification as its conversion may have it.
    fn check(&self, vm: &mut Vm, flags: &[u8], takes_precision: bool) -> Result<Specification, Signal> {
        match Specification::parse(self.modifiers, flags, takes_precision) {
            Some(specification) => Ok(specification),
            None => {
                Err(vm.raise_bytes(&[b"invalid conversion specification: '", self.text().as_slice(), b"'"].concat()))
            }
        }
    }

    #[cold]
    fn invalid(&self, vm: &mut Vm) -> Signal {
        vm.raise_bytes(&[b"invalid conversion '", self.text().as_slice(), b"' to 'format'"].concat())
    }

    /// The specification for messages. A zero byte in the place of the letter ends it, as it ends a string in C.
    fn text(&self) -> Vec<u8> {
        let mut bytes = vec![b'%'];
        bytes.extend_from_slice(self.modifiers);
        bytes.extend(self.letter.filter(|letter| *letter != 0));
        bytes
    }
}

impl Specification {
    /// `None` if the modifiers are not flags of the given ones, then a width, then perhaps a precision.
    fn parse(modifiers: &[u8], flags: &[u8], takes_precision: bool) -> Option<Specification> {
        let mut specification = Specification::default();
        let flag_count = modifiers.iter().take_while(|byte| flags.contains(byte)).count();
        let (given, mut rest) = modifiers.split_at(flag_count);
        for flag in given {
            match flag {
                b'-' => specification.left = true,
                b'+' => specification.plus = true,
                b' ' => specification.space = true,
                b'#' => specification.alternate = true,
                _ => specification.zero = true,
            }
        }
        if rest.first() != Some(&b'0') {
            specification.width = two_digits(&mut rest);
            if let Some(after_point) = rest.strip_prefix(b".").filter(|_| takes_precision) {
                rest = after_point;
                specification.precision = Some(two_digits(&mut rest));
            }
        }
        rest.is_empty().then_some(specification)
    }
}

/// The number that at most two digits at the start of `rest` spell; takes them away.
fn two_digits(rest: &mut &[u8]) -> usize {
    let count = rest.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, after) = rest.split_at(count);
    *rest = after;
    digits.iter().fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
}

fn sign(specification: &Specification, negative: bool) -> &'static str {
    if negative {
        "-"
    } else if specification.plus {
        "+"
    } else if specification.space {
        " "
    } else {
        ""
    }
}

/// Digits with at least `precision` of them; the value 0 with precision 0 has none (C11 7.21.6.1).
fn with_precision(specification: &Specification, digits: String) -> String {
    match specification.precision {
        Some(0) if digits == "0" => String::new(),
        Some(least) => format!("{digits:0>least$}"),
        None => digits,
    }
}

fn put_integer(
    specification: &Specification,
    negative: bool,
    digits: String,
    output: &mut Buffer,
) -> Result<(), OutOfMemory> {
    let digits = with_precision(specification, digits);
    let zero = specification.zero && specification.precision.is_none();
    pad(specification, sign(specification, negative).as_bytes(), digits.as_bytes(), zero, output)
}

fn put_unsigned(specification: &Specification, letter: u8, value: i64, output: &mut Buffer) -> Result<(), OutOfMemory> {
    let digits = match letter {
        b'x' => format!("{value:x}"),
        b'X' => format!("{value:X}"),
        _ => format!("{value:o}"),
    };
    let mut digits = with_precision(specification, digits);
    let prefix: &[u8] = match letter {
        b'x' if specification.alternate && value != 0 => b"0x",
        b'X' if specification.alternate && value != 0 => b"0X",
        b'o' if specification.alternate && !digits.starts_with('0') => {
            // For octal numbers `#` raises the precision (C11 7.21.6.1), so the zero is a digit.
            digits.insert(0, '0');
            b""
        }
        _ => b"",
    };
    let zero = specification.zero && specification.precision.is_none();
    pad(specification, prefix, digits.as_bytes(), zero, output)
}

fn put_float(specification: &Specification, letter: u8, value: f64, output: &mut Buffer) -> Result<(), OutOfMemory> {
    let precision = specification.precision.unwrap_or(6);
    let magnitude = value.abs();
    let alternate = specification.alternate;
    let sign = sign(specification, value.is_sign_negative());
    let (base, mut text) = match letter.to_ascii_lowercase() {
        b'e' => ("", format_scientific(magnitude, precision, alternate)),
        b'f' => ("", format_fixed(magnitude, precision, alternate)),
        b'g' => ("", format_general(magnitude, precision, alternate)),
        _ => {
            let base = match (value.is_finite(), letter) {
                (true, b'a') => "0x",
                (true, _) => "0X",
                (false, _) => "",
            };
            (base, format_hexadecimal(magnitude, specification.precision, alternate))
        }
    };
    if letter.is_ascii_uppercase() {
        text.make_ascii_uppercase();
    }
    let zero = specification.zero && value.is_finite();
    pad(specification, [sign, base].concat().as_bytes(), text.as_bytes(), zero, output)
}

/// Prefix and body, padded to the width: zeros go between them, spaces around them.
fn pad(
    specification: &Specification,
    prefix: &[u8],
    body: &[u8],
    zero: bool,
    output: &mut Buffer,
) -> Result<(), OutOfMemory> {
    let fill = specification.width.saturating_sub(prefix.len() + body.len());
    if !specification.left && !zero {
        output.fill(b' ', fill)?;
    }
    output.append(prefix)?;
    if !specification.left && zero {
        output.fill(b'0', fill)?;
    }
    output.append(body)?;
    if specification.left {
        output.fill(b' ', fill)?;
    }
    Ok(())
}

/// `%q`: a literal that reads back as the same value.
fn put_quoted(vm: &mut Vm, args: Args, argument: u32, output: &mut Buffer) -> Result<(), Signal> {
    let value = vm.argument(args, argument);
    match value.tag {
        Tag::String => quote(value.as_string().expect("its tag says so").bytes(), output)?,
        Tag::Nil => output.append(b"nil")?,
        Tag::False => output.append(b"false")?,
        Tag::True => output.append(b"true")?,
        // As a decimal numeral it would be the negation of a float.
        Tag::Integer if value.raw_integer() == i64::MIN => output.append(b"0x8000000000000000")?,
        Tag::Integer => output.append(value.raw_integer().to_string().as_bytes())?,
        Tag::Float => output.append(float_literal(value.raw_float()).as_bytes())?,
        Tag::Table | Tag::Closure | Tag::Native | Tag::Thread | Tag::Userdata | Tag::Frame | Tag::Cell => {
            return Err(vm.argument_error(args, argument, "value has no literal form"));
        }
    }
    Ok(())
}

/// An expression with exactly the value of a float.
fn float_literal(value: f64) -> String {
    if value.is_nan() {
        return "(0/0)".to_string();
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value.is_infinite() {
        format!("{sign}1e9999")
    } else {
        format!("{sign}0x{}", format_hexadecimal(value, None, false))
    }
}

fn quote(bytes: &[u8], output: &mut Buffer) -> Result<(), OutOfMemory> {
    output.append(b"\"")?;
    for (i, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' | b'\\' | b'\n' => output.append(&[b'\\', *byte])?,
            byte if byte.is_ascii_control() => {
                let next_is_digit = bytes.get(i + 1).is_some_and(u8::is_ascii_digit);
                let escape = if next_is_digit { format!("\\{byte:03}") } else { format!("\\{byte}") };
                output.append(escape.as_bytes())?;
            }
            byte => output.append(&[*byte])?,
        }
    }
    output.append(b"\"")
}
