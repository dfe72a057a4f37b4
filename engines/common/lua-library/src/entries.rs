//! How functions and tables of functions get their places.
//!
//! It knows no function of the library.

use lua_runtime::{Gc, NativeFn, NativeRole, OutOfMemory, Table, Value, Vm};

/// A library function's name, as tracebacks show it, and its code. The part after the last dot is the key.
pub(crate) type Entry = (&'static str, NativeFn);

/// The name of the iterators that library functions give: messages cannot name them either.
pub(crate) const NAMELESS: &str = "?";

/// Puts functions into a table.
pub(crate) fn register(vm: &mut Vm, table: Gc<Table>, entries: &[Entry]) -> Result<(), OutOfMemory> {
    for (name, function) in entries {
        let native = vm.native(name, *function, NativeRole::Plain)?;
        let key = name.rsplit('.').next().unwrap_or(name);
        vm.raw_set_name(table, key, Value::from(native))?;
    }
    Ok(())
}

/// A new library table under a global name.
pub(crate) fn new_library(vm: &mut Vm, name: &str, entries: &[Entry]) -> Result<Gc<Table>, OutOfMemory> {
    let table = vm.table(0, 0)?;
    table.become_prototype();
    register(vm, table, entries)?;
    vm.raw_set_name(vm.globals, name, Value::from(table))?;
    Ok(table)
}
