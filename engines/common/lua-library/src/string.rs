//! `string`: the functions on bytes, and the metatable of strings. Patterns are in `matching` and `substitute`, the
//! rest in `format`, `pack` and `coercion`.

mod matching;

mod substitute;

mod pattern;

mod format;

mod pack;

mod dump;

mod coercion;

use lua_runtime::{Args, Intrinsic, NativeRole, OutOfMemory, Signal, Value, Vm};

use crate::entries::{Entry, new_library, register};

const ENTRIES: &[Entry] = &[
    ("string.char", char_),
    ("string.dump", dump::dump),
    ("string.find", matching::find),
    ("string.format", format::format),
    ("string.gmatch", matching::gmatch),
    ("string.gsub", substitute::gsub),
    ("string.len", len),
    ("string.lower", lower),
    ("string.match", matching::match_),
    ("string.pack", pack::pack),
    ("string.packsize", pack::packsize),
    ("string.rep", rep),
    ("string.reverse", reverse),
    ("string.sub", sub),
    ("string.unpack", pack::unpack),
    ("string.upper", upper),
];

/// The longest string that `rep` makes, as in PUC Lua.
const MAX_STRING_BYTES: u64 = i32::MAX as u64;

pub(super) fn open(vm: &mut Vm) -> Result<(), OutOfMemory> {
    let table = new_library(vm, "string", ENTRIES)?;
    let byte = vm.native("string.byte", byte, NativeRole::Plain)?;
    byte.set_intrinsic(Intrinsic::Byte);
    vm.raw_set_name(table, "byte", Value::from(byte))?;
    let metatable = vm.table(0, 0)?;
    metatable.become_prototype();
    vm.raw_set_name(metatable, "__index", Value::from(table))?;
    register(vm, metatable, coercion::ENTRIES)?;
    let of_strings = Value::from(vm.string(b"")?);
    vm.set_any_metatable(of_strings, Some(metatable))?;
    Ok(())
}

/// A start position from Lua's convention (from 1, negative from the end) to `1..`, not above `length + 1` clipped.
pub(super) fn start_position(position: i64, length: usize) -> u64 {
    match position {
        1.. => position as u64,
        0 => 1,
        _ if position < -(length as i64) => 1,
        _ => (length as i64 + position + 1) as u64,
    }
}

/// An end position from Lua's convention to `0..=length`.
pub(super) fn end_position(position: i64, length: usize) -> u64 {
    if position > length as i64 {
        length as u64
    } else if position >= 0 {
        position as u64
    } else if position < -(length as i64) {
        0
    } else {
        (length as i64 + position + 1) as u64
    }
}

/// The part of `bytes` between two positions in Lua's convention.
fn slice(bytes: &[u8], from: i64, to: i64) -> &[u8] {
    let (start, end) = (start_position(from, bytes.len()), end_position(to, bytes.len()));
    if start > end { &[] } else { &bytes[start as usize - 1..end as usize] }
}

fn byte(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let string = vm.check_string(args, 0)?;
    let from = vm.optional_integer(args, 1, 1)?;
    let to = vm.optional_integer(args, 2, from)?;
    let bytes = slice(string.bytes(), from, to);
    if let [byte] = bytes {
        return vm.return_one(args, Value::integer(i64::from(*byte)));
    }
    if bytes.len() > i32::MAX as usize {
        return Err(vm.raise("string slice too long"));
    }
    if !vm.has_stack_room(args.base, bytes.len() as u64) {
        return Err(vm.raise("stack overflow (string slice too long)"));
    }
    vm.ensure_stack(args.base + bytes.len() as u32)?;
    for (i, byte) in bytes.iter().enumerate() {
        vm.set_result(args, i as u32, Value::integer(i64::from(*byte)));
    }
    Ok(bytes.len() as u32)
}

fn char_(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let mut bytes = Vec::with_capacity(args.count as usize);
    for i in 0..args.count {
        match u8::try_from(vm.check_integer(args, i)?) {
            Ok(byte) => bytes.push(byte),
            Err(_) => return Err(vm.argument_error(args, i, "value out of range")),
        }
    }
    let string = vm.string(&bytes)?;
    vm.return_one(args, string)
}

fn len(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let length = vm.check_string(args, 0)?.length();
    vm.return_one(args, Value::integer(length as i64))
}

fn lower(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    map_bytes(vm, args, u8::to_ascii_lowercase)
}

fn upper(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    map_bytes(vm, args, u8::to_ascii_uppercase)
}

fn map_bytes(vm: &mut Vm, args: Args, map: fn(&u8) -> u8) -> Result<u32, Signal> {
    let string = vm.check_string(args, 0)?;
    let mapped = vm.string_filled(string.length(), |target| {
        for (target, source) in target.iter_mut().zip(string.bytes()) {
            *target = map(source);
        }
    })?;
    vm.return_one(args, mapped)
}

fn reverse(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let string = vm.check_string(args, 0)?;
    let reversed = vm.string_filled(string.length(), |target| {
        for (target, source) in target.iter_mut().zip(string.bytes().iter().rev()) {
            *target = *source;
        }
    })?;
    vm.return_one(args, reversed)
}

fn rep(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let string = vm.check_string(args, 0)?;
    let count = vm.check_integer(args, 1)?;
    let separator: &[u8] = if vm.argument(args, 2).is_nil() { b"" } else { vm.check_string(args, 2)?.bytes() };
    if count <= 0 {
        let empty = vm.string(b"")?;
        return vm.return_one(args, empty);
    }
    let unit = string.length() as u64 + separator.len() as u64;
    let total = unit.checked_mul(count as u64).filter(|total| *total <= MAX_STRING_BYTES);
    let Some(total) = total else { return Err(vm.raise("resulting string too large")) };
    let length = total as usize - separator.len();
    vm.make_room(args.top(), total);
    let repeated = vm.string_filled(length, |target| {
        // Once, and then what is there already, twice as much each time.
        let mut filled = string.length();
        target[..filled].copy_from_slice(string.bytes());
        if count > 1 {
            target[filled..filled + separator.len()].copy_from_slice(separator);
            filled += separator.len();
        }
        while filled < length && filled > 0 {
            let more = filled.min(length - filled);
            target.copy_within(..more, filled);
            filled += more;
        }
    })?;
    vm.return_one(args, repeated)
}

fn sub(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let string = vm.check_string(args, 0)?;
    let from = vm.check_integer(args, 1)?;
    let to = vm.optional_integer(args, 2, -1)?;
    let part = vm.string(slice(string.bytes(), from, to))?;
    vm.return_one(args, part)
}
