//! `os`: clocks, dates, and what it asks of the host.
//!
//! The local time zone is UTC and the only locale is "C", so that a program prints the same everywhere.

mod calendar;

use engine_api::Stream;
use lua_runtime::operators::integer_of;
use lua_runtime::{Args, Gc, MetaEvent, OutOfMemory, Signal, Table, Tag, Value, Vm};

use self::calendar::{Date, seconds_of};
use crate::bytes::{Buffer, find_byte};
use crate::entries::{Entry, new_library};
use crate::outcome::{c_string, error_text, return_error, return_outcome, return_termination};

const ENTRIES: &[Entry] = &[
    ("os.clock", clock),
    ("os.date", date),
    ("os.difftime", difftime),
    ("os.execute", execute),
    ("os.exit", exit),
    ("os.getenv", getenv),
    ("os.remove", remove),
    ("os.rename", rename),
    ("os.setlocale", setlocale),
    ("os.time", time),
    ("os.tmpname", tmpname),
];

/// Conversions of `os.date`: those of C99's `strftime`.
const CONVERSIONS: &[u8] = b"aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZ%";
/// Conversions that may stand behind `%E`, which asks for another calendar; the C locale has none.
const ALTERNATIVE_CALENDAR: &[u8] = b"cCxXyY";
/// Conversions that may stand behind `%O`, which asks for other digits; the C locale has none.
const ALTERNATIVE_DIGITS: &[u8] = b"deHImMSuUVwWy";

const CATEGORIES: &[&str] = &["all", "collate", "ctype", "monetary", "numeric", "time"];

pub(super) fn open(vm: &mut Vm) -> Result<(), OutOfMemory> {
    new_library(vm, "os", ENTRIES).map(|_| ())
}

fn clock(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let seconds = vm.host.cpu_ns() as f64 / 1e9;
    vm.return_one(args, Value::float(seconds))
}

/// `date([format [, time]])`.
fn date(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let format = if vm.argument(args, 0).is_nil() { b"%c" } else { vm.check_string(args, 0)?.bytes() };
    let seconds = if vm.argument(args, 1).is_nil() { vm.host.unix_seconds() } else { vm.check_integer(args, 1)? };
    let (format, zone) = match format.strip_prefix(b"!") {
        Some(rest) => (rest, "GMT"),
        None => (format, "UTC"),
    };
    let Some(date) = Date::of_seconds(seconds) else {
        return Err(vm.raise("date result cannot be represented in this installation"));
    };
    if format == b"*t" {
        let table = vm.table(0, 9)?;
        set_fields(vm, args.top(), Value::from(table), &date)?;
        return vm.return_one(args, table);
    }
    let mut output = Buffer::new(vm);
    let mut rest = format;
    while let Some(percent) = find_byte(rest, b'%') {
        output.append(&rest[..percent])?;
        rest = &rest[percent + 1..];
        let (letter, length) = match rest {
            [b'E', letter, ..] if ALTERNATIVE_CALENDAR.contains(letter) => (*letter, 2),
            [b'O', letter, ..] if ALTERNATIVE_DIGITS.contains(letter) => (*letter, 2),
            [letter, ..] if CONVERSIONS.contains(letter) => (*letter, 1),
            _ => return Err(invalid_conversion(vm, args, rest)),
        };
        let Some(text) = date.conversion(letter, zone) else { return Err(invalid_conversion(vm, args, rest)) };
        output.append(text.as_bytes())?;
        rest = &rest[length..];
    }
    output.append(rest)?;
    let string = output.finish(vm)?;
    vm.return_one(args, string)
}

#[cold]
fn invalid_conversion(vm: &mut Vm, args: Args, rest: &[u8]) -> Signal {
    let shown = String::from_utf8_lossy(c_string(rest)).into_owned();
    vm.argument_error(args, 0, &format!("invalid conversion specifier '%{shown}'"))
}

/// `time([table])`.
fn time(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    if vm.argument(args, 0).is_nil() {
        let seconds = vm.host.unix_seconds();
        return vm.return_one(args, Value::integer(seconds));
    }
    let table = vm.check_table(args, 0)?;
    let top = args.top();
    // The order in which PUC Lua reads the fields; C counts years from 1900 and months from 0, which moves the limits.
    let year = field(vm, top, table, "year", None, 1900)?;
    let month = field(vm, top, table, "month", None, 1)?;
    let day = field(vm, top, table, "day", None, 0)?;
    let hour = field(vm, top, table, "hour", Some(12), 0)?;
    let minute = field(vm, top, table, "min", Some(0), 0)?;
    let second = field(vm, top, table, "sec", Some(0), 0)?;
    let key = Value::from(vm.string(b"isdst")?);
    let is_summer_time = !vm.index_from_native(top, Value::from(table), key)?.is_falsy();
    let mut seconds = seconds_of(year, month, day, hour, minute, second);
    if is_summer_time {
        // UTC has no summer time; C takes the fields as those of a clock that is an hour ahead.
        seconds -= 3600;
    }
    let date = Date::of_seconds(seconds);
    if let Some(date) = &date {
        set_fields(vm, top, Value::from(table), date)?;
    }
    // C's `mktime` gives -1 for an error, so the second before 1970 counts as one.
    if date.is_none() || seconds == -1 {
        return Err(vm.raise("time result cannot be represented in this installation"));
    }
    vm.return_one(args, Value::integer(seconds))
}

/// A field of a date table. `offset` is where C starts to count it: the difference must fit into 32 bits.
fn field(
    vm: &mut Vm,
    top: u32,
    table: Gc<Table>,
    name: &str,
    default: Option<i64>,
    offset: i64,
) -> Result<i64, Signal> {
    let key = Value::from(vm.string(name.as_bytes())?);
    let value = vm.index_from_native(top, Value::from(table), key)?;
    match (integer_of(value), default) {
        (Some(number), _) if number.checked_sub(offset).is_some_and(|counted| i32::try_from(counted).is_ok()) => {
            Ok(number)
        }
        (Some(_), _) => Err(vm.raise(&format!("field '{name}' is out-of-bound"))),
        (None, _) if !value.is_nil() => Err(vm.raise(&format!("field '{name}' is not an integer"))),
        (None, Some(default)) => Ok(default),
        (None, None) => Err(vm.raise(&format!("field '{name}' missing in date table"))),
    }
}

/// Sets the fields of a date table.
fn set_fields(vm: &mut Vm, top: u32, table: Value, date: &Date) -> Result<(), Signal> {
    let fields = [
        ("year", Value::integer(date.year)),
        ("month", Value::integer(date.month)),
        ("day", Value::integer(date.day)),
        ("hour", Value::integer(date.hour)),
        ("min", Value::integer(date.minute)),
        ("sec", Value::integer(date.second)),
        ("yday", Value::integer(date.day_of_year + 1)),
        ("wday", Value::integer(date.weekday + 1)),
        ("isdst", Value::FALSE),
    ];
    // The table must survive `__newindex` functions, which are called above it.
    vm.set_slot(top, table);
    for (name, value) in fields {
        let key = Value::from(vm.string(name.as_bytes())?);
        vm.store_from_native(top + 1, table, key, value)?;
    }
    Ok(())
}

fn difftime(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let (later, earlier) = (vm.check_integer(args, 0)?, vm.check_integer(args, 1)?);
    vm.return_one(args, Value::float((i128::from(later) - i128::from(earlier)) as f64))
}

/// `execute([command])`.
fn execute(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    if vm.argument(args, 0).is_nil() {
        let has_shell = vm.host.has_shell();
        return vm.return_one(args, Value::boolean(has_shell));
    }
    let command = c_string(vm.check_string(args, 0)?.bytes());
    // What the program wrote comes before what the command writes.
    crate::io::flush_all(vm);
    match vm.host.execute(command) {
        Ok(termination) => return_termination(vm, args, termination),
        Err(error) => return_error(vm, args, &error, None),
    }
}

/// Closes the variables of the main coroutine, innermost first, as when the program ends. Their functions still stand.
fn close_pending(vm: &mut Vm, top: u32) -> Result<(), Signal> {
    let mut error = Value::NIL;
    loop {
        let main = vm.main_thread();
        let Some(value) = vm.take_to_close(main) else { return Ok(()) };
        let handler = vm.metamethod(value, MetaEvent::Close);
        vm.set_slot(top, error);
        if let Err(signal) = vm.call(top + 1, handler, &[value, error]) {
            error = vm.caught(signal).ok_or(signal)?;
        }
    }
}

/// `exit([code [, close]])`.
fn exit(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let status = match vm.argument(args, 0).tag {
        Tag::True => 0,
        Tag::False => 1,
        _ => vm.optional_integer(args, 0, 0)? as i32,
    };
    if !vm.argument(args, 1).is_falsy() {
        // Nobody's handler sees the errors.
        let handler_slot = std::mem::replace(&mut vm.handler_slot, 0);
        vm.protected_depth += 1;
        let closed = close_pending(vm, args.top()).and_then(|()| vm.close(args.top()));
        vm.protected_depth -= 1;
        vm.handler_slot = handler_slot;
        closed?;
    }
    crate::io::flush_all(vm);
    for stream in [Stream::Out, Stream::Err] {
        if let Err(error) = vm.host.flush(stream) {
            return Err(vm.raise(&format!("os.exit: {}", error_text(&error))));
        }
    }
    let error = vm.host.exit(status);
    Err(vm.raise(&format!("os.exit: {}", error_text(&error))))
}

fn getenv(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let name = c_string(vm.check_string(args, 0)?.bytes());
    let value = match vm.host.environment_variable(name) {
        Some(bytes) => Value::from(vm.string(&bytes)?),
        None => Value::NIL,
    };
    vm.return_one(args, value)
}

fn remove(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let path = c_string(vm.check_string(args, 0)?.bytes());
    let result = vm.host.remove_file(path);
    return_outcome(vm, args, result, Some(path))
}

fn rename(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let from = c_string(vm.check_string(args, 0)?.bytes());
    let to = c_string(vm.check_string(args, 1)?.bytes());
    let result = vm.host.rename_file(from, to);
    return_outcome(vm, args, result, None)
}

fn tmpname(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    match vm.host.create_temporary_file() {
        Ok(path) => {
            let path = vm.string(&path)?;
            vm.return_one(args, path)
        }
        Err(_) => Err(vm.raise("unable to generate a unique filename")),
    }
}

/// `setlocale([locale [, category]])`.
fn setlocale(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let locale: &[u8] = if vm.argument(args, 0).is_nil() { b"C" } else { vm.check_string(args, 0)?.bytes() };
    if !vm.argument(args, 1).is_nil() {
        let category = vm.check_string(args, 1)?;
        if !CATEGORIES.iter().any(|known| known.as_bytes() == category.bytes()) {
            let message = format!("invalid option '{}'", category.to_text());
            return Err(vm.argument_error(args, 1, &message));
        }
    }
    if matches!(c_string(locale), b"" | b"C" | b"POSIX") {
        let name = vm.string(b"C")?;
        return vm.return_one(args, name);
    }
    vm.return_one(args, Value::NIL)
}
