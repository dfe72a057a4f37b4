//! `string.pack`, `string.packsize` and `string.unpack`: values as bytes, by a format string.
//!
//! The format is read option by option ([`Format`]); alignment and sizes are found there, so that the three functions
//! only convert values.

use lua_runtime::{Args, NATIVE_FREE_SLOTS, Signal, Value, Vm};

use super::start_position;
use crate::bytes::{Buffer, find_byte};

/// The largest integer that an option may name, in bytes.
const MAX_INTEGER_BYTES: usize = 16;

/// Bytes of a Lua integer.
const INTEGER_BYTES: usize = 8;

/// The largest alignment that the machine needs, and what `!` without a number means.
const NATIVE_ALIGNMENT: usize = 8;

/// The largest result that `packsize` gives, as in PUC Lua.
const MAX_RESULT_BYTES: usize = i32::MAX as usize;

/// The largest number in a format that one more digit may follow, as in PUC Lua.
const MAX_NUMBER_BEFORE_DIGIT: usize = (i32::MAX as usize - 9) / 10;

/// What an option stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Signed,
    Unsigned,
    Float,
    Double,
    /// `cn`: exactly that many bytes.
    Fixed,
    /// `s`: a length and so many bytes.
    Counted,
    /// `z`: bytes and a zero.
    ZeroEnded,
    /// `x`: one byte that means nothing.
    Padding,
    /// `X`: only alignment.
    Alignment,
    /// An option that only changes the state, or a space.
    Nothing,
}

/// One option of a format, with what has to be known to use it.
struct Item {
    kind: Kind,
    /// Bytes that it always takes (of a counted string: those of its length).
    size_bytes: usize,
    /// Bytes to skip before it, so that it is aligned.
    padding_bytes: usize,
}

/// A format string that is being read, with the state that its options change.
struct Format<'a> {
    rest: &'a [u8],
    little_endian: bool,
    max_alignment: usize,
}

impl<'a> Format<'a> {
    /// A format; a zero byte ends it, as it ends a string in C.
    fn new(text: &'a [u8]) -> Format<'a> {
        let end = find_byte(text, 0).unwrap_or(text.len());
        Format { rest: &text[..end], little_endian: cfg!(target_endian = "little"), max_alignment: 1 }
    }

    /// The next option, for use at offset `at`; `None` at the end.
    fn next(&mut self, vm: &mut Vm, args: Args, at: usize) -> Result<Option<Item>, Signal> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (kind, size_bytes) = self.option(vm)?;
        let mut alignment = size_bytes;
        if kind == Kind::Alignment {
            // The option after it says the alignment and is used up.
            alignment = match self.rest {
                [] => 0,
                _ => match self.option(vm)? {
                    (Kind::Fixed, _) => 0,
                    (_, size_bytes) => size_bytes,
                },
            };
            if alignment == 0 {
                return Err(vm.argument_error(args, 0, "invalid next option for option 'X'"));
            }
        }
        if alignment <= 1 || kind == Kind::Fixed {
            return Ok(Some(Item { kind, size_bytes, padding_bytes: 0 }));
        }
        let alignment = alignment.min(self.max_alignment);
        if !alignment.is_power_of_two() {
            return Err(vm.argument_error(args, 0, "format asks for alignment not power of 2"));
        }
        Ok(Some(Item { kind, size_bytes, padding_bytes: at.wrapping_neg() & (alignment - 1) }))
    }

    /// Reads one option: what it is, and its size.
    fn option(&mut self, vm: &mut Vm) -> Result<(Kind, usize), Signal> {
        let Some((letter, rest)) = self.rest.split_first() else { return Ok((Kind::Nothing, 0)) };
        self.rest = rest;
        Ok(match letter {
            b'b' => (Kind::Signed, 1),
            b'B' => (Kind::Unsigned, 1),
            b'h' => (Kind::Signed, 2),
            b'H' => (Kind::Unsigned, 2),
            b'i' => (Kind::Signed, self.integer_size(vm, 4)?),
            b'I' => (Kind::Unsigned, self.integer_size(vm, 4)?),
            b'l' | b'j' => (Kind::Signed, 8),
            b'L' | b'J' | b'T' => (Kind::Unsigned, 8),
            b'f' => (Kind::Float, 4),
            b'n' | b'd' => (Kind::Double, 8),
            b's' => (Kind::Counted, self.integer_size(vm, 8)?),
            b'c' => match self.number() {
                Some(size_bytes) => (Kind::Fixed, size_bytes),
                None => return Err(vm.raise("missing size for format option 'c'")),
            },
            b'z' => (Kind::ZeroEnded, 0),
            b'x' => (Kind::Padding, 1),
            b'X' => (Kind::Alignment, 0),
            b' ' => (Kind::Nothing, 0),
            b'<' | b'>' | b'=' => {
                self.little_endian = *letter == b'<' || (*letter == b'=' && cfg!(target_endian = "little"));
                (Kind::Nothing, 0)
            }
            b'!' => {
                self.max_alignment = self.integer_size(vm, NATIVE_ALIGNMENT)?;
                (Kind::Nothing, 0)
            }
            other => {
                return Err(vm.raise_bytes(&[b"invalid format option '", [*other].as_slice(), b"'"].concat()));
            }
        })
    }

    /// The decimal number that stands next, if one does.
    fn number(&mut self) -> Option<usize> {
        let mut number = None;
        while let Some((digit @ b'0'..=b'9', rest)) = self.rest.split_first() {
            let value = number.unwrap_or(0);
            if value > MAX_NUMBER_BEFORE_DIGIT {
                break;
            }
            number = Some(value * 10 + usize::from(digit - b'0'));
            self.rest = rest;
        }
        number
    }

    /// The size of an integer that stands next, or `default`.
    fn integer_size(&mut self, vm: &mut Vm, default: usize) -> Result<usize, Signal> {
        match self.number().unwrap_or(default) {
            size @ 1..=MAX_INTEGER_BYTES => Ok(size),
            size => Err(vm.raise(&format!("integral size ({size}) out of limits [1,{MAX_INTEGER_BYTES}]"))),
        }
    }

    /// Appends an integer of `size` bytes.
    fn put_integer(&self, output: &mut Buffer, value: i64, size: usize, negative: bool) -> Result<(), Signal> {
        let mut bytes = [if negative { 0xff } else { 0 }; MAX_INTEGER_BYTES];
        bytes[..INTEGER_BYTES].copy_from_slice(&value.to_le_bytes());
        if !self.little_endian {
            bytes[..size].reverse();
        }
        Ok(output.append(&bytes[..size])?)
    }

    /// Appends the bytes of a float, given in little-endian order.
    fn put_float<const SIZE: usize>(&self, output: &mut Buffer, mut bytes: [u8; SIZE]) -> Result<(), Signal> {
        if !self.little_endian {
            bytes.reverse();
        }
        Ok(output.append(&bytes)?)
    }

    /// Reads an integer; the slice has its size.
    fn integer(&self, vm: &mut Vm, bytes: &[u8], signed: bool) -> Result<i64, Signal> {
        let size = bytes.len();
        let mut ordered = [0; MAX_INTEGER_BYTES];
        ordered[..size].copy_from_slice(bytes);
        if !self.little_endian {
            ordered[..size].reverse();
        }
        let low: [u8; INTEGER_BYTES] = std::array::from_fn(|i| ordered[i]);
        let value = i64::from_le_bytes(low);
        if size < INTEGER_BYTES {
            let unused_bits = 8 * (INTEGER_BYTES - size);
            return Ok(if signed { value << unused_bits >> unused_bits } else { value });
        }
        let extension = if signed && value < 0 { 0xff } else { 0 };
        if ordered[INTEGER_BYTES..size.max(INTEGER_BYTES)].iter().any(|byte| *byte != extension) {
            return Err(vm.raise(&format!("{size}-byte integer does not fit into Lua Integer")));
        }
        Ok(value)
    }

    /// The bytes of a float in little-endian order.
    fn float_bytes<const SIZE: usize>(&self, bytes: &[u8]) -> [u8; SIZE] {
        let last = SIZE - 1;
        std::array::from_fn(|i| if self.little_endian { bytes[i] } else { bytes[last - i] })
    }
}

/// `pack(format, ...)`.
pub(super) fn pack(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let mut format = Format::new(vm.check_string(args, 0)?.bytes());
    // PUC Lua has a nil on its stack there, and shows it: a missing argument is "got nil", not "got no value".
    vm.set_slot(args.top(), Value::NIL);
    let args = Args { count: args.count + 1, ..args };
    let mut output = Buffer::new(vm);
    let mut argument = 1;
    while let Some(item) = format.next(vm, args, output.length())? {
        output.fill(0, item.padding_bytes)?;
        match item.kind {
            Kind::Signed | Kind::Unsigned | Kind::Float | Kind::Double => {
                pack_number(vm, args, argument, &format, &item, &mut output)?;
                argument += 1;
            }
            Kind::Fixed | Kind::Counted | Kind::ZeroEnded => {
                pack_string(vm, args, argument, &format, &item, &mut output)?;
                argument += 1;
            }
            Kind::Padding => output.fill(0, 1)?,
            Kind::Alignment | Kind::Nothing => {}
        }
    }
    let string = output.finish(vm)?;
    vm.return_one(args, string)
}

fn pack_number(
    vm: &mut Vm,
    args: Args,
    argument: u32,
    format: &Format,
    item: &Item,
    output: &mut Buffer,
) -> Result<(), Signal> {
    let size = item.size_bytes;
    match item.kind {
        Kind::Float => {
            let value = vm.check_float(args, argument)?;
            format.put_float(output, (value as f32).to_le_bytes())
        }
        Kind::Double => {
            let value = vm.check_float(args, argument)?;
            format.put_float(output, value.to_le_bytes())
        }
        Kind::Signed => {
            let value = vm.check_integer(args, argument)?;
            let limit = if size < INTEGER_BYTES { 1i64 << (8 * size - 1) } else { i64::MAX };
            if size < INTEGER_BYTES && !(-limit..limit).contains(&value) {
                return Err(vm.argument_error(args, argument, "integer overflow"));
            }
            format.put_integer(output, value, size, value < 0)
        }
        _ => {
            let value = vm.check_integer(args, argument)?;
            if size < INTEGER_BYTES && value as u64 >= 1 << (8 * size) {
                return Err(vm.argument_error(args, argument, "unsigned overflow"));
            }
            format.put_integer(output, value, size, false)
        }
    }
}

fn pack_string(
    vm: &mut Vm,
    args: Args,
    argument: u32,
    format: &Format,
    item: &Item,
    output: &mut Buffer,
) -> Result<(), Signal> {
    let bytes = vm.check_string(args, argument)?.bytes();
    let size = item.size_bytes;
    match item.kind {
        Kind::Fixed => {
            if bytes.len() > size {
                return Err(vm.argument_error(args, argument, "string longer than given size"));
            }
            output.append(bytes)?;
            output.fill(0, size - bytes.len())?;
        }
        Kind::Counted => {
            if size < INTEGER_BYTES && bytes.len() as u64 >= 1 << (8 * size) {
                return Err(vm.argument_error(args, argument, "string length does not fit in given size"));
            }
            format.put_integer(output, bytes.len() as i64, size, false)?;
            output.append(bytes)?;
        }
        _ => {
            if bytes.contains(&0) {
                return Err(vm.argument_error(args, argument, "string contains zeros"));
            }
            output.append(bytes)?;
            output.fill(0, 1)?;
        }
    }
    Ok(())
}

/// `packsize(format)`.
pub(super) fn packsize(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let mut format = Format::new(vm.check_string(args, 0)?.bytes());
    let mut total = 0;
    while let Some(item) = format.next(vm, args, total)? {
        if matches!(item.kind, Kind::Counted | Kind::ZeroEnded) {
            return Err(vm.argument_error(args, 0, "variable-length format"));
        }
        total += item.padding_bytes + item.size_bytes;
        if total > MAX_RESULT_BYTES {
            return Err(vm.argument_error(args, 0, "format result too large"));
        }
    }
    vm.return_one(args, Value::integer(total as i64))
}

/// `unpack(format, data [, position])`.
pub(super) fn unpack(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let mut format = Format::new(vm.check_string(args, 0)?.bytes());
    let data = vm.check_string(args, 1)?.bytes();
    let position = vm.optional_integer(args, 2, 1)?;
    let start = start_position(position, data.len()) - 1;
    if start > data.len() as u64 {
        return Err(vm.argument_error(args, 2, "initial position out of string"));
    }
    let mut at = start as usize;
    let top = args.top();
    let mut count = 0;
    while let Some(item) = format.next(vm, args, at)? {
        if item.padding_bytes + item.size_bytes > data.len() - at {
            return Err(vm.argument_error(args, 1, "data string too short"));
        }
        at += item.padding_bytes;
        vm.ensure_stack(top + count + 2 + NATIVE_FREE_SLOTS)?;
        let (value, used_bytes) = unpack_item(vm, args, &format, &item, &data[at..])?;
        if let Some(value) = value {
            vm.set_slot(top + count, value);
            count += 1;
        }
        at += used_bytes;
    }
    vm.set_slot(top + count, Value::integer(at as i64 + 1));
    vm.return_slots(args, top, count + 1)
}

/// The value of one item at the start of `data`, if it has one, and the bytes that it took. That `data` has the item's
/// size has been checked.
fn unpack_item(
    vm: &mut Vm,
    args: Args,
    format: &Format,
    item: &Item,
    data: &[u8],
) -> Result<(Option<Value>, usize), Signal> {
    let size = item.size_bytes;
    let (own, rest) = data.split_at(size);
    let value = match item.kind {
        Kind::Signed | Kind::Unsigned => Value::integer(format.integer(vm, own, item.kind == Kind::Signed)?),
        Kind::Float => Value::float(f64::from(f32::from_le_bytes(format.float_bytes(own)))),
        Kind::Double => Value::float(f64::from_le_bytes(format.float_bytes(own))),
        Kind::Fixed => Value::from(vm.string(own)?),
        Kind::Counted => {
            let length = format.integer(vm, own, false)? as u64;
            let Some(bytes) = usize::try_from(length).ok().and_then(|length| rest.get(..length)) else {
                return Err(vm.argument_error(args, 1, "data string too short"));
            };
            return Ok((Some(Value::from(vm.string(bytes)?)), size + bytes.len()));
        }
        Kind::ZeroEnded => {
            let Some(length) = find_byte(data, 0) else {
                return Err(vm.argument_error(args, 1, "unfinished string for format 'z'"));
            };
            return Ok((Some(Value::from(vm.string(&data[..length])?)), length + 1));
        }
        Kind::Padding | Kind::Alignment | Kind::Nothing => return Ok((None, size)),
    };
    Ok((Some(value), size))
}
