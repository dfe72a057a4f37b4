//! The names of the standard library that are not there yet. Calling one ends the run with "not supported yet".
//!
//! A name leaves this list when its function arrives; the list is empty when the library is complete.

use crate::function::{Args, NativeRole};
use crate::heap::OutOfMemory;
use crate::object::Gc;
use crate::signal::Signal;
use crate::table::Table;
use crate::value::Value;
use crate::vm::Vm;

const FUNCTIONS: &[&str] = &["debug.debug"];

pub(super) fn open(vm: &mut Vm) -> Result<(), OutOfMemory> {
    for name in FUNCTIONS {
        let native = vm.native(name, missing, NativeRole::Plain)?;
        match name.split_once('.') {
            None => vm.raw_set_name(vm.globals, name, Value::from(native))?,
            Some((library, key)) => {
                let table = library_table(vm, library)?;
                vm.raw_set_name(table, key, Value::from(native))?;
            }
        }
    }
    Ok(())
}

fn library_table(vm: &mut Vm, name: &str) -> Result<Gc<Table>, OutOfMemory> {
    let key = Value::from(vm.string(name.as_bytes())?);
    match vm.raw_get(vm.globals, key).as_table() {
        Some(table) => Ok(table),
        None => super::new_library(vm, name, &[]),
    }
}

fn missing(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let callee = vm.slot(args.base - 2).as_native();
    let name = callee.map_or("a library function", |native| native.name());
    Err(vm.unsupported(&format!("function '{name}'")))
}
