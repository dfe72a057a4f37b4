//! `utf8`: characters in byte strings.
//!
//! Codes go up to 2^31 - 1 in sequences of up to six bytes, as in the first UTF-8; only "strict" decoding (the default
//! of every function) refuses surrogates and what is above U+10FFFF.

use lua_runtime::{Args, NATIVE_FREE_SLOTS, NativeFn, NativeRole, OutOfMemory, Signal, Value, Vm};

use crate::bytes::Buffer;
use crate::entries::{Entry, NAMELESS, new_library};

const ENTRIES: &[Entry] = &[
    ("utf8.char", char_),
    ("utf8.codepoint", codepoint),
    ("utf8.codes", codes),
    ("utf8.len", len),
    ("utf8.offset", offset),
];

/// Matches one character, if the subject is valid.
const CHARACTER_PATTERN: &[u8] = b"[\0-\x7F\xC2-\xFD][\x80-\xBF]*";

const INVALID_CODE: &str = "invalid UTF-8 code";

/// The largest code that six bytes hold.
const MAX_CODE: u32 = 0x7FFF_FFFF;

pub(super) fn open(vm: &mut Vm) -> Result<(), OutOfMemory> {
    let table = new_library(vm, "utf8", ENTRIES)?;
    let pattern = vm.string(CHARACTER_PATTERN)?;
    vm.raw_set_name(table, "charpattern", Value::from(pattern))
}

/// Whether the byte at `at` continues a character; the end of the string does not.
fn is_continuation(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(|byte| byte & 0xC0 == 0x80)
}

/// The code at the start of `bytes`, which is not empty, and its length; `None` if it is invalid or overlong, or, if
/// `strict`, no Unicode scalar value.
fn decode(bytes: &[u8], strict: bool) -> Option<(u32, usize)> {
    // The least code that needs 2, 3, ... 6 bytes.
    const LEAST: [u32; 5] = [0x80, 0x800, 0x1_0000, 0x20_0000, 0x400_0000];
    let first = bytes[0];
    let following = match first.leading_ones() {
        0 => return Some((u32::from(first), 1)),
        ones @ 2..=6 => ones as usize - 1,
        // A continuation byte, or 0xFE or 0xFF.
        _ => return None,
    };
    let mut code = u32::from(first & (0x3F >> following));
    for byte in bytes.get(1..=following)? {
        if byte & 0xC0 != 0x80 {
            return None;
        }
        code = code << 6 | u32::from(byte & 0x3F);
    }
    let valid = code >= LEAST[following - 1] && (!strict || char::from_u32(code).is_some());
    valid.then_some((code, following + 1))
}

/// Appends a code of at most [`MAX_CODE`].
fn encode(code: u32, output: &mut Buffer) -> Result<(), OutOfMemory> {
    if code < 0x80 {
        return output.append(&[code as u8]);
    }
    // Six bits a byte from the end, until the rest fits into what the first byte has left beside its length.
    let mut bytes = [0; 6];
    let (mut rest, mut at) = (code, bytes.len());
    let mut room = 0x3F;
    while rest > room {
        at -= 1;
        bytes[at] = 0x80 | (rest & 0x3F) as u8;
        rest >>= 6;
        room >>= 1;
    }
    at -= 1;
    bytes[at] = !(room << 1 | 1) as u8 | rest as u8;
    output.append(&bytes[at..])
}

/// A position from Lua's convention (from 1, negative from the end) to one from 1; 0 or less is before the start.
fn relative(position: i64, length: usize) -> i64 {
    if position >= 0 {
        position
    } else if position < -(length as i64) {
        0
    } else {
        length as i64 + position + 1
    }
}

/// `len(s [, i [, j [, lax]]])`.
fn len(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let bytes = vm.check_string(args, 0)?.bytes();
    let length = bytes.len() as i64;
    let from = relative(vm.optional_integer(args, 1, 1)?, bytes.len());
    let to = relative(vm.optional_integer(args, 2, -1)?, bytes.len());
    let strict = vm.argument(args, 3).is_falsy();
    if !(1..=length + 1).contains(&from) {
        return Err(vm.argument_error(args, 1, "initial position out of bounds"));
    }
    if to > length {
        return Err(vm.argument_error(args, 2, "final position out of bounds"));
    }
    let (mut at, end) = (from as usize - 1, to.max(0) as usize);
    let mut count = 0;
    while at < end {
        match decode(&bytes[at..], strict) {
            Some((_, used)) => at += used,
            None => return vm.return_values(args, &[Value::NIL, Value::integer(at as i64 + 1)]),
        }
        count += 1;
    }
    vm.return_one(args, Value::integer(count))
}

/// `codepoint(s [, i [, j [, lax]]])`.
fn codepoint(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let bytes = vm.check_string(args, 0)?.bytes();
    let from = relative(vm.optional_integer(args, 1, 1)?, bytes.len());
    let to = relative(vm.optional_integer(args, 2, from)?, bytes.len());
    let strict = vm.argument(args, 3).is_falsy();
    if from < 1 {
        return Err(vm.argument_error(args, 1, "out of bounds"));
    }
    if to > bytes.len() as i64 {
        return Err(vm.argument_error(args, 2, "out of bounds"));
    }
    if from > to {
        return Ok(0);
    }
    if to - from >= i64::from(i32::MAX) {
        return Err(vm.raise("string slice too long"));
    }
    let (mut at, end) = (from as usize - 1, to as usize);
    let top = args.top();
    vm.ensure_stack(top + (to - from) as u32 + NATIVE_FREE_SLOTS)?;
    let mut count = 0;
    while at < end {
        let Some((code, used)) = decode(&bytes[at..], strict) else { return Err(vm.raise(INVALID_CODE)) };
        vm.set_slot(top + count, Value::integer(i64::from(code)));
        count += 1;
        at += used;
    }
    vm.return_slots(args, top, count)
}

/// `char(...)`.
fn char_(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let mut output = Buffer::new(vm);
    for i in 0..args.count {
        match u32::try_from(vm.check_integer(args, i)?) {
            Ok(code @ 0..=MAX_CODE) => encode(code, &mut output)?,
            Ok(_) | Err(_) => return Err(vm.argument_error(args, i, "value out of range")),
        }
    }
    let string = output.finish(vm)?;
    vm.return_one(args, string)
}

/// `offset(s, n [, i])`: where the nth character from position i starts.
fn offset(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let bytes = vm.check_string(args, 0)?.bytes();
    let mut n = vm.check_integer(args, 1)?;
    let default = if n >= 0 { 1 } else { bytes.len() as i64 + 1 };
    let position = relative(vm.optional_integer(args, 2, default)?, bytes.len());
    if !(1..=bytes.len() as i64 + 1).contains(&position) {
        return Err(vm.argument_error(args, 2, "position out of bounds"));
    }
    let mut at = position as usize - 1;
    if n == 0 {
        while at > 0 && is_continuation(bytes, at) {
            at -= 1;
        }
        return vm.return_one(args, Value::integer(at as i64 + 1));
    }
    if is_continuation(bytes, at) {
        return Err(vm.raise("initial position is a continuation byte"));
    }
    if n < 0 {
        while n < 0 && at > 0 {
            at -= 1;
            while at > 0 && is_continuation(bytes, at) {
                at -= 1;
            }
            n += 1;
        }
    } else {
        n -= 1;
        while n > 0 && at < bytes.len() {
            at += 1;
            while is_continuation(bytes, at) {
                at += 1;
            }
            n -= 1;
        }
    }
    let found = if n == 0 { Value::integer(at as i64 + 1) } else { Value::NIL };
    vm.return_one(args, found)
}

/// `codes(s [, lax])`.
fn codes(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let string = vm.check_string(args, 0)?;
    let iterator: NativeFn = if vm.argument(args, 1).is_falsy() { next_strict } else { next_lax };
    if is_continuation(string.bytes(), 0) {
        return Err(vm.argument_error(args, 0, INVALID_CODE));
    }
    let iterator = vm.native(NAMELESS, iterator, NativeRole::Plain)?;
    vm.return_values(args, &[Value::from(iterator), Value::from(string), Value::integer(0)])
}

fn next_strict(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    next(vm, args, true)
}

fn next_lax(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    next(vm, args, false)
}

/// The iterator of `codes`: from the position of a character (0 before the first) to the next one and its code.
fn next(vm: &mut Vm, args: Args, strict: bool) -> Result<u32, Signal> {
    let bytes = vm.check_string(args, 0)?.bytes();
    let previous = lua_runtime::operators::integer_of(vm.argument(args, 1)).unwrap_or(0) as u64;
    if previous >= bytes.len() as u64 {
        return Ok(0);
    }
    let mut at = previous as usize;
    while is_continuation(bytes, at) {
        at += 1;
    }
    if at >= bytes.len() {
        return Ok(0);
    }
    match decode(&bytes[at..], strict) {
        Some((code, used)) if !is_continuation(bytes, at + used) => {
            vm.return_values(args, &[Value::integer(at as i64 + 1), Value::integer(i64::from(code))])
        }
        Some(_) | None => Err(vm.raise(INVALID_CODE)),
    }
}
