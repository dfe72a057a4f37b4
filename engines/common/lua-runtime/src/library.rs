//! The standard library: one file a table of functions, and several for `string`.
//!
//! Every function has the signature [`crate::function::NativeFn`] and serves all engines.

mod base;

pub(crate) mod loading;

mod warning;

mod state;

mod garbage;

mod math;

mod string;

mod matching;

mod substitute;

mod pattern;

mod format;

mod pack;

mod dump;

mod coercion;

mod utf8;

mod table;

mod os;

mod calendar;

pub(crate) mod io;

mod outcome;

mod package;

mod coroutine;

mod debug;

mod debug_prompt;

mod bytes;

pub mod random;

use self::state::State;
use crate::function::{NativeFn, NativeRole};
use crate::heap::OutOfMemory;
use crate::object::Gc;
use crate::table::Table;
use crate::value::Value;
use crate::vm::Vm;

/// A library function's name, as tracebacks show it, and its code. The part after the last dot is the key.
type Entry = (&'static str, NativeFn);

/// The name of the iterators that library functions give: messages cannot name them either.
const NAMELESS: &str = "?";

/// Fills `_G`.
///
/// # Errors
/// [`OutOfMemory`].
pub fn open(vm: &mut Vm) -> Result<(), OutOfMemory> {
    let seed = vm.strings.seed();
    vm.set_library_state(Box::new(State::new(seed)));
    base::open(vm)?;
    loading::open(vm)?;
    warning::open(vm)?;
    garbage::open(vm)?;
    math::open(vm)?;
    string::open(vm)?;
    utf8::open(vm)?;
    table::open(vm)?;
    os::open(vm)?;
    io::open(vm)?;
    coroutine::open(vm)?;
    debug::open(vm)?;
    // Last, because it lists the others.
    package::open(vm)
}

/// Puts functions into a table.
fn register(vm: &mut Vm, table: Gc<Table>, entries: &[Entry]) -> Result<(), OutOfMemory> {
    for (name, function) in entries {
        let native = vm.native(name, *function, NativeRole::Plain)?;
        let key = name.rsplit('.').next().unwrap_or(name);
        vm.raw_set_name(table, key, Value::from(native))?;
    }
    Ok(())
}

/// A new library table under a global name.
fn new_library(vm: &mut Vm, name: &str, entries: &[Entry]) -> Result<Gc<Table>, OutOfMemory> {
    let table = vm.table(0, 0)?;
    table.mark_as_prototype();
    register(vm, table, entries)?;
    vm.raw_set_name(vm.globals, name, Value::from(table))?;
    Ok(table)
}
