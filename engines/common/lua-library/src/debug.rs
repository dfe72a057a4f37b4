//! `debug`: looking at a running program from inside, and changing what one finds.
//!
//! What frames look like is the engine's affair: everything here goes through [`lua_runtime::debug_library`]. Which
//! events call a hook is in `vm::hooks`.

mod prompt;

use lua_runtime::debug_library::{FrameFacts, FunctionFacts, HookMask};
use lua_runtime::{Args, Cell, Closure, Gc, NativeRole, OutOfMemory, Signal, Table, Tag, Thread, Value, Vm};

use crate::entries::Entry;

const ENTRIES: &[Entry] = &[
    ("debug.getmetatable", getmetatable),
    ("debug.getregistry", getregistry),
    ("debug.getupvalue", getupvalue),
    ("debug.getuservalue", getuservalue),
    ("debug.gethook", gethook),
    ("debug.getinfo", getinfo),
    ("debug.setcstacklimit", setcstacklimit),
    ("debug.setmetatable", setmetatable),
    ("debug.setuservalue", setuservalue),
    ("debug.traceback", traceback),
    ("debug.upvalueid", upvalueid),
];

/// Functions before which compiled code leaves, because they see or change what it keeps in registers.
const INSPECTING: &[Entry] = &[
    ("debug.debug", prompt::debug),
    ("debug.getlocal", getlocal),
    ("debug.sethook", sethook),
    ("debug.setlocal", setlocal),
    ("debug.setupvalue", setupvalue),
    ("debug.upvaluejoin", upvaluejoin),
];

pub(super) fn open(vm: &mut Vm) -> Result<(), OutOfMemory> {
    let library = crate::entries::new_library(vm, "debug", ENTRIES)?;
    for (name, function) in INSPECTING {
        let native = vm.native(name, *function, NativeRole::Inspecting)?;
        let key = name.rsplit('.').next().unwrap_or(name);
        vm.raw_set_name(library, key, Value::from(native))?;
    }
    Ok(())
}

/// `debug.setcstacklimit(limit)`, which changes nothing since Lua 5.4.3: it only returns the limit.
fn setcstacklimit(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    const MAX_C_CALLS: i64 = 200;
    vm.check_integer(args, 0)?;
    vm.return_one(args, Value::integer(MAX_C_CALLS))
}

/// Whether the engine answers what is asked below.
fn check_shows_frames(vm: &mut Vm) -> Result<(), Signal> {
    if vm.shows_frames() { Ok(()) } else { Err(vm.unsupported("looking into frames")) }
}

/// What the source says about a function.
fn facts_of(vm: &mut Vm, closure: Gc<Closure>) -> Result<FunctionFacts, Signal> {
    check_shows_frames(vm)?;
    Ok(vm.function_facts(closure))
}

/// The coroutine that an optional first argument names, and the index of the argument behind it.
fn thread_argument(vm: &Vm, args: Args) -> (Gc<Thread>, u32) {
    match vm.argument(args, 0).as_thread() {
        Some(thread) => (thread, 1),
        None => (vm.thread(), 0),
    }
}

/// `debug.traceback([thread,] [message [, level]])`
fn traceback(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let (thread, first) = thread_argument(vm, args);
    let message = vm.argument(args, first);
    let mut text = match lua_runtime::number::bytes_of(message) {
        Some(mut bytes) => {
            bytes.push(b'\n');
            bytes
        }
        None if message.is_nil() => Vec::new(),
        None => return vm.return_one(args, message),
    };
    let level = vm.optional_integer(args, first + 1, i64::from(thread == vm.thread()))?;
    let level = u32::try_from(level.max(0)).unwrap_or(u32::MAX);
    let stack = vm.traceback_of(thread, args.top(), level);
    text.extend_from_slice(stack.as_bytes());
    let text = vm.string(&text)?;
    vm.return_one(args, text)
}

// Frames and functions.

/// The options of `getinfo`.
const OPTIONS: &str = "SlnrutLf";
/// Those that it has if none are given.
const DEFAULT_OPTIONS: &[u8] = b"flnSrtu";

/// `debug.getinfo([thread,] function|level [, options])`
fn getinfo(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let (thread, first) = thread_argument(vm, args);
    let options = match vm.argument(args, first + 1) {
        value if value.is_nil() => DEFAULT_OPTIONS.to_vec(),
        _ => vm.check_string(args, first + 1)?.bytes().to_vec(),
    };
    if options.first() == Some(&b'>') {
        return Err(vm.argument_error(args, first + 1, "invalid option '>'"));
    }
    let subject = vm.argument(args, first);
    let frame = if subject.is_function() {
        FrameFacts { function: subject, line: None, name: None, is_tail_call: false }
    } else {
        check_shows_frames(vm)?;
        let level = vm.check_integer(args, first)?;
        let found = u32::try_from(level).ok().and_then(|level| vm.frame_facts(thread, args.top(), level));
        match found {
            Some(frame) => frame,
            None => return vm.return_one(args, Value::NIL),
        }
    };
    if options.iter().any(|option| !OPTIONS.as_bytes().contains(option)) {
        return Err(vm.argument_error(args, first + 1, "invalid option"));
    }
    let info = vm.table(0, 0)?;
    for option in options {
        fill(vm, info, &frame, option)?;
    }
    vm.return_one(args, info)
}

fn set_text(vm: &mut Vm, info: Gc<Table>, key: &str, text: &[u8]) -> Result<(), Signal> {
    let text = Value::from(vm.string(text)?);
    Ok(vm.raw_set_name(info, key, text)?)
}

fn set_integer(vm: &mut Vm, info: Gc<Table>, key: &str, integer: i64) -> Result<(), Signal> {
    Ok(vm.raw_set_name(info, key, Value::integer(integer))?)
}

/// Writes the fields of one option of `getinfo`.
fn fill(vm: &mut Vm, info: Gc<Table>, frame: &FrameFacts, option: u8) -> Result<(), Signal> {
    match option {
        b'S' => fill_source(vm, info, frame),
        b'l' => set_integer(vm, info, "currentline", frame.line.map_or(-1, i64::from)),
        b'u' => fill_variables(vm, info, frame),
        b'n' => {
            if let Some(name) = &frame.name {
                set_text(vm, info, "name", &name.text)?;
            }
            set_text(vm, info, "namewhat", frame.name.as_ref().map_or("", |name| name.kind).as_bytes())
        }
        b'r' => {
            let (first, count) = vm.hook_transfer();
            set_integer(vm, info, "ftransfer", i64::from(first))?;
            set_integer(vm, info, "ntransfer", i64::from(count))
        }
        b't' => Ok(vm.raw_set_name(info, "istailcall", Value::boolean(frame.is_tail_call))?),
        b'L' => fill_active_lines(vm, info, frame),
        _ => Ok(vm.raw_set_name(info, "func", frame.function)?),
    }
}

fn fill_source(vm: &mut Vm, info: Gc<Table>, frame: &FrameFacts) -> Result<(), Signal> {
    let Some(closure) = frame.function.as_closure() else {
        set_text(vm, info, "source", b"=[C]")?;
        set_text(vm, info, "short_src", b"[C]")?;
        set_integer(vm, info, "linedefined", -1)?;
        set_integer(vm, info, "lastlinedefined", -1)?;
        return set_text(vm, info, "what", b"C");
    };
    let facts = facts_of(vm, closure)?;
    set_text(vm, info, "source", facts.chunk_name.as_bytes())?;
    set_text(vm, info, "short_src", lua_syntax::diagnostic::chunk_display_name(&facts.chunk_name).as_bytes())?;
    set_integer(vm, info, "linedefined", i64::from(facts.line_defined))?;
    set_integer(vm, info, "lastlinedefined", i64::from(facts.last_line))?;
    set_text(vm, info, "what", if facts.line_defined == 0 { b"main" } else { b"Lua" })
}

fn fill_variables(vm: &mut Vm, info: Gc<Table>, frame: &FrameFacts) -> Result<(), Signal> {
    let (upvalues, parameters, is_vararg) = match (frame.function.as_closure(), frame.function.as_native()) {
        (Some(closure), _) => {
            let facts = facts_of(vm, closure)?;
            (facts.upvalues.len(), facts.parameter_count as usize, facts.is_vararg)
        }
        (None, native) => (native.map_or(0, |native| native.upvalue_count() as usize), 0, true),
    };
    set_integer(vm, info, "nups", upvalues as i64)?;
    set_integer(vm, info, "nparams", parameters as i64)?;
    Ok(vm.raw_set_name(info, "isvararg", Value::boolean(is_vararg))?)
}

fn fill_active_lines(vm: &mut Vm, info: Gc<Table>, frame: &FrameFacts) -> Result<(), Signal> {
    let Some(closure) = frame.function.as_closure() else { return Ok(()) };
    let lines = vm.table(0, 0)?;
    for line in facts_of(vm, closure)?.active_lines {
        let stored = vm.raw_set(lines, Value::integer(i64::from(line)), Value::TRUE);
        stored.map_err(|_| Signal::Memory)?;
    }
    Ok(vm.raw_set_name(info, "activelines", Value::from(lines))?)
}

/// The level in an argument.
fn level_argument(vm: &mut Vm, args: Args, index: u32, thread: Gc<Thread>) -> Result<u32, Signal> {
    check_shows_frames(vm)?;
    let level = vm.check_integer(args, index)?;
    let level = u32::try_from(level).ok();
    let exists = |level: &u32| vm.frame_facts(thread, args.top(), *level).is_some();
    match level.filter(exists) {
        Some(level) => Ok(level),
        None => Err(vm.argument_error(args, index, "level out of range")),
    }
}

/// `debug.getlocal([thread,] function|level, number)`
fn getlocal(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    check_shows_frames(vm)?;
    let (thread, first) = thread_argument(vm, args);
    let number = vm.check_integer(args, first + 1)?;
    let subject = vm.argument(args, first);
    if subject.is_function() {
        let parameters = subject.as_closure().map_or_else(Vec::new, |closure| vm.function_facts(closure).parameters);
        let name = usize::try_from(number).ok().and_then(|number| parameters.get(number.wrapping_sub(1)));
        let name = match name {
            Some(name) => Value::from(vm.string(name)?),
            None => Value::NIL,
        };
        return vm.return_one(args, name);
    }
    let level = level_argument(vm, args, first, thread)?;
    if level == 0 && thread == vm.thread() {
        // This function itself: its arguments.
        let index = u32::try_from(number).ok().and_then(|number| number.checked_sub(1)).filter(|i| *i < args.count);
        let Some(index) = index else { return vm.return_one(args, Value::NIL) };
        let (name, value) = (vm.string(b"(C temporary)")?, vm.argument(args, index));
        return vm.return_values(args, &[Value::from(name), value]);
    }
    match vm.local(thread, args.top(), level, number) {
        Some((name, value)) => {
            let name = Value::from(vm.string(&name)?);
            vm.return_values(args, &[name, value])
        }
        None => vm.return_one(args, Value::NIL),
    }
}

/// `debug.setlocal([thread,] level, number, value)`
fn setlocal(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    check_shows_frames(vm)?;
    let (thread, first) = thread_argument(vm, args);
    vm.check_integer(args, first)?;
    let number = vm.check_integer(args, first + 1)?;
    let level = level_argument(vm, args, first, thread)?;
    let value = vm.check_any(args, first + 2)?;
    let name = match vm.set_local(thread, args.top(), level, number, value) {
        Some(name) => Value::from(vm.string(&name)?),
        None => Value::NIL,
    };
    vm.return_one(args, name)
}

// Upvalues.

/// The name and value of an upvalue, counted from 1: the function is argument `first`, the number the one behind it.
fn upvalue(vm: &mut Vm, args: Args, first: u32) -> Result<Option<(Vec<u8>, Value)>, Signal> {
    let number = vm.check_integer(args, first + 1)?;
    let function = vm.check_function(args, first)?;
    let Some(index) = u32::try_from(number).ok().and_then(|number| number.checked_sub(1)) else { return Ok(None) };
    if let Some(closure) = function.as_closure() {
        let name = facts_of(vm, closure)?.upvalues.get(index as usize).cloned();
        return Ok(name.map(|name| (name, closure.cell(index).get())));
    }
    let native = function.as_native().filter(|native| index < native.upvalue_count());
    // Upvalues of library functions have no names.
    Ok(native.map(|native| (Vec::new(), native.upvalue(index))))
}

/// `debug.getupvalue(function, number)`
fn getupvalue(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    match upvalue(vm, args, 0)? {
        Some((name, value)) => {
            let name = Value::from(vm.string(&name)?);
            vm.return_values(args, &[name, value])
        }
        None => Ok(0),
    }
}

/// `debug.setupvalue(function, number, value)`
fn setupvalue(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let value = vm.check_any(args, 2)?;
    let Some((name, _)) = upvalue(vm, args, 0)? else { return Ok(0) };
    let index = vm.check_integer(args, 1)? as u32 - 1;
    let function = vm.argument(args, 0);
    match (function.as_closure(), function.as_native()) {
        (Some(closure), _) => vm.set_variable(closure.cell(index), value),
        (None, Some(native)) => native.set_upvalue(&mut vm.heap, index, value),
        (None, None) => {}
    }
    let name = vm.string(&name)?;
    vm.return_one(args, name)
}

/// `debug.upvalueid(function, number)`: the variable's cell, which a program sees as light userdata.
fn upvalueid(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    if upvalue(vm, args, 0)?.is_none() {
        return vm.return_one(args, Value::NIL);
    }
    let index = vm.check_integer(args, 1)? as u32 - 1;
    let cell = match vm.argument(args, 0).as_closure() {
        Some(closure) => closure.cell(index),
        // The upvalues of library functions are never shared.
        None => Gc::<Cell>::allocate(&mut vm.heap, Value::NIL, true)?,
    };
    vm.return_one(args, cell)
}

/// `debug.upvaluejoin(f1, n1, f2, n2)`
fn upvaluejoin(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    for first in [0, 2] {
        if upvalue(vm, args, first)?.is_none() {
            return Err(vm.argument_error(args, first + 1, "invalid upvalue index"));
        }
    }
    let mut ends = [None; 2];
    for (end, first) in ends.iter_mut().zip([0, 2]) {
        let Some(closure) = vm.argument(args, first).as_closure() else {
            return Err(vm.argument_error(args, first, "Lua function expected"));
        };
        *end = Some((closure, vm.check_integer(args, first + 1)? as u32 - 1));
    }
    if let [Some((closure, index)), Some((other, other_index))] = ends {
        closure.set_cell(&mut vm.heap, index, other.cell(other_index));
    }
    Ok(0)
}

// Hooks.

/// `debug.sethook([thread,] [hook, mask [, count]])`
fn sethook(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let (thread, first) = thread_argument(vm, args);
    if vm.argument(args, first).is_nil() {
        vm.set_hook(thread, Value::NIL, HookMask::default())?;
        return Ok(0);
    }
    check_shows_frames(vm)?;
    let letters = vm.check_string(args, first + 1)?.bytes().to_vec();
    let hook = vm.check_function(args, first)?;
    let count = vm.optional_integer(args, first + 2, 0)?;
    let mask = HookMask {
        calls: letters.contains(&b'c'),
        returns: letters.contains(&b'r'),
        lines: letters.contains(&b'l'),
        count: u32::try_from(count.max(0)).unwrap_or(u32::MAX),
    };
    vm.set_hook(thread, hook, mask)?;
    Ok(0)
}

/// `debug.gethook([thread])`
fn gethook(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let (thread, _) = thread_argument(vm, args);
    let mask = thread.hook();
    if mask.is_empty() {
        return vm.return_one(args, Value::NIL);
    }
    let hook = vm.hook_of(thread);
    let letters = [(mask.calls, b'c'), (mask.returns, b'r'), (mask.lines, b'l')];
    let letters: Vec<u8> = letters.into_iter().filter(|(is_set, _)| *is_set).map(|(_, letter)| letter).collect();
    let letters = Value::from(vm.string(&letters)?);
    vm.return_values(args, &[hook, letters, Value::integer(i64::from(mask.count))])
}

// Values.

/// `debug.getmetatable(value)`
fn getmetatable(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let value = vm.check_any(args, 0)?;
    let metatable = vm.metatable_of(value);
    vm.return_one(args, metatable.map_or(Value::NIL, Value::from))
}

/// `debug.setmetatable(value, table)`
fn setmetatable(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let metatable = vm.argument(args, 1);
    if metatable.tag != Tag::Table && !(metatable.is_nil() && args.count > 1) {
        return Err(vm.type_error(args, 1, "nil or table"));
    }
    let value = vm.argument(args, 0);
    vm.set_any_metatable(value, metatable.as_table())?;
    if let Some(metatable) = metatable.as_table() {
        vm.note_finalizer(value, metatable)?;
    }
    vm.return_one(args, value)
}

fn getregistry(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let registry = vm.registry;
    vm.return_one(args, registry)
}

/// `debug.getuservalue(userdata, number)`: no userdata of this library has user values.
fn getuservalue(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    vm.optional_integer(args, 1, 1)?;
    vm.return_one(args, Value::NIL)
}

/// `debug.setuservalue(userdata, value, number)`: as for `getuservalue`.
fn setuservalue(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    vm.optional_integer(args, 2, 1)?;
    let value = vm.argument(args, 0);
    if value.tag != Tag::Userdata {
        return Err(vm.type_error(args, 0, "userdata"));
    }
    vm.check_any(args, 1)?;
    vm.return_one(args, Value::NIL)
}
