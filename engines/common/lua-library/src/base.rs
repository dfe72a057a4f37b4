//! The basic functions: `print`, `type`, `pairs`, `pcall` and the like.
//!
//! `pcall` and `xpcall` have a role: engines that keep frames off the native stack handle them themselves; the functions
//! here are for those that recurse.

use lua_runtime::value::TYPE_NAMES;
use lua_runtime::{
    Args, Gc, Intrinsic, LoopIterator, MetaEvent, NativeFunction, NativeRole, OutOfMemory, Signal, StoreError, Table,
    Value, Vm,
};
use lua_syntax::numeral;

use crate::entries::{Entry, NAMELESS, register};

const ENTRIES: &[Entry] = &[
    ("assert", assert),
    ("error", error),
    ("getmetatable", getmetatable),
    ("print", print),
    ("rawequal", rawequal),
    ("rawget", rawget),
    ("rawlen", rawlen),
    ("rawset", rawset),
    ("select", select),
    ("tonumber", tonumber),
    ("tostring", tostring),
];

pub(super) fn open(vm: &mut Vm) -> Result<(), OutOfMemory> {
    let globals = vm.globals;
    register(vm, globals, ENTRIES)?;
    let mut names = [Value::NIL; TYPE_NAMES.len()];
    for (name, value) in TYPE_NAMES.iter().zip(&mut names) {
        *value = Value::from(vm.string(name.as_bytes())?);
    }
    let type_ = Gc::<NativeFunction>::allocate(&mut vm.heap, "type", type_, NativeRole::Plain, &names)?;
    vm.raw_set_name(globals, "type", Value::from(type_))?;
    let setmetatable = vm.native("setmetatable", setmetatable, NativeRole::Plain)?;
    setmetatable.set_intrinsic(Intrinsic::SetMetatable);
    vm.raw_set_name(globals, "setmetatable", Value::from(setmetatable))?;
    let pcall = vm.native("pcall", pcall, NativeRole::ProtectedCall)?;
    vm.raw_set_name(globals, "pcall", Value::from(pcall))?;
    let xpcall = vm.native("xpcall", xpcall, NativeRole::ProtectedCallWithHandler)?;
    vm.raw_set_name(globals, "xpcall", Value::from(xpcall))?;
    // `pairs` and `ipairs` give the same iterator at every call, so they keep it as an upvalue.
    let next = vm.native("next", next, NativeRole::Plain)?;
    next.set_iterator(LoopIterator::Next);
    let next = Value::from(next);
    vm.raw_set_name(globals, "next", next)?;
    let pairs = Gc::<NativeFunction>::allocate(&mut vm.heap, "pairs", pairs, NativeRole::Plain, &[next])?;
    vm.raw_set_name(globals, "pairs", Value::from(pairs))?;
    let iterator = vm.native(NAMELESS, ipairs_next, NativeRole::Plain)?;
    iterator.set_iterator(LoopIterator::Array);
    let iterator = Value::from(iterator);
    let ipairs = Gc::<NativeFunction>::allocate(&mut vm.heap, "ipairs", ipairs, NativeRole::Plain, &[iterator])?;
    vm.raw_set_name(globals, "ipairs", Value::from(ipairs))?;
    vm.raw_set_name(globals, "_G", Value::from(globals))?;
    let version = vm.string(b"Lua 5.4")?;
    vm.raw_set_name(globals, "_VERSION", Value::from(version))
}

fn assert(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    if !vm.check_any(args, 0)?.is_falsy() {
        return vm.return_slots(args, args.base, args.count);
    }
    let message = if args.count > 1 { vm.argument(args, 1) } else { Value::from(vm.string(b"assertion failed!")?) };
    Err(raise_value(vm, message, 1))
}

/// Raises a value as `error` does: a string gets the position of the function at `level` before it.
fn raise_value(vm: &mut Vm, value: Value, level: u32) -> Signal {
    let Some(message) = value.as_string().filter(|_| level > 0) else { return vm.throw(value) };
    let position = vm.position(level).filter(|position| position.line > 0);
    let Some(position) = position else { return vm.throw(value) };
    let mut text = format!("{}:{}: ", position.chunk, position.line).into_bytes();
    text.extend_from_slice(message.bytes());
    match vm.string(&text) {
        Ok(text) => vm.throw(Value::from(text)),
        Err(OutOfMemory) => Signal::Memory,
    }
}

fn error(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let level = vm.optional_integer(args, 1, 1)?.clamp(0, i64::from(u32::MAX)) as u32;
    let value = vm.argument(args, 0);
    Err(raise_value(vm, value, level))
}

fn getmetatable(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let value = vm.check_any(args, 0)?;
    let Some(metatable) = vm.metatable_of(value) else { return vm.return_one(args, Value::NIL) };
    let guard = vm.metamethod_in(metatable, MetaEvent::Metatable);
    vm.return_one(args, if guard.is_nil() { Value::from(metatable) } else { guard })
}

fn setmetatable(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let table = vm.check_table(args, 0)?;
    let metatable = match vm.argument(args, 1) {
        value if value.is_nil() && args.count > 1 => None,
        value => match value.as_table() {
            Some(metatable) => Some(metatable),
            None => return Err(vm.type_error(args, 1, "nil or table")),
        },
    };
    if !vm.metamethod(Value::from(table), MetaEvent::Metatable).is_nil() {
        return Err(vm.raise("cannot change a protected metatable"));
    }
    vm.set_metatable(table, metatable)?;
    if let Some(metatable) = metatable {
        vm.note_finalizer(Value::from(table), metatable)?;
    }
    vm.return_one(args, table)
}

/// The one upvalue of the running library function.
fn own_upvalue(vm: &Vm, args: Args) -> Value {
    vm.slot(args.base - 2).as_native().expect("a library function runs").upvalue(0)
}

/// The iterator of `ipairs`.
fn ipairs_next(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let index = vm.check_integer(args, 1)?.wrapping_add(1);
    let object = vm.argument(args, 0);
    let key = Value::integer(index);
    let value = vm.index_from_native(args.top(), object, key)?;
    if value.is_nil() {
        return vm.return_one(args, Value::NIL);
    }
    vm.return_values(args, &[key, value])
}

fn ipairs(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let object = vm.check_any(args, 0)?;
    let iterator = own_upvalue(vm, args);
    vm.return_values(args, &[iterator, object, Value::integer(0)])
}

fn next(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let table = vm.check_table(args, 0)?;
    let key = vm.argument(args, 1);
    match table.next(key, vm.strings.seed()) {
        Ok(Some((key, value))) => vm.return_values(args, &[key, value]),
        Ok(None) => vm.return_one(args, Value::NIL),
        Err(lua_runtime::UnknownKey) => Err(vm.raise_at(0, "invalid key to 'next'")),
    }
}

fn pairs(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let object = vm.check_any(args, 0)?;
    let handler = vm.metamethod(object, MetaEvent::Pairs);
    if handler.is_nil() {
        let iterator = own_upvalue(vm, args);
        return vm.return_values(args, &[iterator, object, Value::NIL]);
    }
    vm.call_last(args, handler, &[object], Some(3))
}

/// `pcall` for engines that recurse.
fn pcall(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let callee = vm.check_any(args, 0)?;
    protected(vm, args, callee, 1, 0)
}

/// `xpcall` for engines that recurse.
fn xpcall(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    vm.check_handler(args)?;
    let callee = vm.argument(args, 0);
    protected(vm, args, callee, 2, args.base + 1)
}

/// Calls a function with the arguments from `first` on and catches its error. `handler_slot` as in [`Vm`].
fn protected(vm: &mut Vm, args: Args, callee: Value, first: u32, handler_slot: u32) -> Result<u32, Signal> {
    let arguments: Vec<Value> = (first..args.count).map(|i| vm.argument(args, i)).collect();
    let outer_handler = std::mem::replace(&mut vm.handler_slot, handler_slot);
    vm.protected_depth += 1;
    let top = args.top();
    let result = vm.call(top, callee, &arguments);
    vm.protected_depth -= 1;
    vm.handler_slot = outer_handler;
    match result {
        Ok(count) => {
            vm.set_result(args, 0, Value::TRUE);
            for i in 0..count {
                let value = vm.slot(top + i);
                vm.set_result(args, 1 + i, value);
            }
            Ok(count + 1)
        }
        Err(signal) => match vm.caught(signal) {
            Some(error) => vm.return_values(args, &[Value::FALSE, error]),
            None => Err(signal),
        },
    }
}

fn print(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    for i in 0..args.count {
        let value = vm.argument(args, i);
        let text = vm.to_string_value(args.top(), value)?;
        if i > 0 {
            write(vm, b"\t")?;
        }
        write(vm, text.bytes())?;
    }
    write(vm, b"\n")?;
    Ok(0)
}

/// Writes to standard output.
fn write(vm: &mut Vm, bytes: &[u8]) -> Result<(), Signal> {
    vm.host.write(engine_api::Stream::Out, bytes).map_err(|error| vm.raise(&format!("print: {error}")))
}

fn rawequal(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let (left, right) = (vm.check_any(args, 0)?, vm.check_any(args, 1)?);
    vm.return_one(args, Value::boolean(left.raw_equals(right)))
}

fn rawget(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let table = vm.check_table(args, 0)?;
    let key = vm.check_any(args, 1)?;
    let value = vm.raw_get(table, key);
    vm.return_one(args, value)
}

fn rawlen(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let value = vm.argument(args, 0);
    let length = match (value.as_table(), value.as_string()) {
        (Some(table), _) => i64::from(table.length()),
        (None, Some(string)) => string.length() as i64,
        (None, None) => return Err(vm.type_error(args, 0, "table or string")),
    };
    vm.return_one(args, Value::integer(length))
}

fn rawset(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let table = vm.check_table(args, 0)?;
    let (key, value) = (vm.check_any(args, 1)?, vm.check_any(args, 2)?);
    raw_store(vm, table, key, value)?;
    vm.return_one(args, table)
}

/// A raw store with Lua's messages.
pub(super) fn raw_store(vm: &mut Vm, table: Gc<Table>, key: Value, value: Value) -> Result<(), Signal> {
    vm.raw_set(table, key, value).map_err(|error| match error {
        StoreError::NilKey => vm.raise_at(0, "table index is nil"),
        StoreError::NanKey => vm.raise_at(0, "table index is NaN"),
        StoreError::OutOfMemory => Signal::Memory,
    })
}

fn select(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let selector = vm.argument(args, 0);
    if selector.as_string().is_some_and(|string| string.bytes().starts_with(b"#")) {
        return vm.return_one(args, Value::integer(i64::from(args.count) - 1));
    }
    let count = i64::from(args.count);
    let index = vm.check_integer(args, 0)?;
    let index = if index < 0 { count + index } else { index.min(count) };
    if index < 1 {
        return Err(vm.argument_error(args, 0, "index out of range"));
    }
    let skip = index as u32;
    vm.return_slots(args, args.base + skip, args.count - skip)
}

fn tonumber(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    if vm.argument(args, 1).is_nil() {
        let value = vm.check_any(args, 0)?;
        let number = lua_runtime::operators::number_of(value).unwrap_or(Value::NIL);
        return vm.return_one(args, number);
    }
    let base = vm.check_integer(args, 1)?;
    let Some(string) = vm.argument(args, 0).as_string() else { return Err(vm.type_error(args, 0, "string")) };
    if !(2..=36).contains(&base) {
        return Err(vm.argument_error(args, 1, "base out of range"));
    }
    let number = integer_in_base(string.bytes(), base as u32).map_or(Value::NIL, Value::integer);
    vm.return_one(args, number)
}

fn integer_in_base(bytes: &[u8], base: u32) -> Option<i64> {
    let digits = numeral::trim_space(bytes);
    let (negative, digits) = match digits.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value = 0i64;
    for byte in digits {
        let digit = char::from(*byte).to_digit(36).filter(|digit| *digit < base)?;
        value = value.wrapping_mul(i64::from(base)).wrapping_add(i64::from(digit));
    }
    Some(if negative { value.wrapping_neg() } else { value })
}

fn tostring(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let value = vm.check_any(args, 0)?;
    let text = vm.to_string_value(args.top(), value)?;
    vm.return_one(args, text)
}

/// Keeps the names, in their order, as upvalues.
fn type_(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let value = vm.check_any(args, 0)?;
    let names = vm.slot(args.base - 2).as_native().expect("a library function runs");
    vm.return_one(args, names.upvalue(value.type_index() as u32))
}
