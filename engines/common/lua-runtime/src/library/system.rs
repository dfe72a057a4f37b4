//! The parts of `io` and `os` that need only the host's streams and clocks.

use engine_api::Stream;

use super::{Entry, new_library};
use crate::function::Args;
use crate::heap::OutOfMemory;
use crate::number::format_general;
use crate::signal::Signal;
use crate::value::Value;
use crate::vm::Vm;

pub(super) fn open(vm: &mut Vm) -> Result<(), OutOfMemory> {
    const IO: &[Entry] = &[("io.write", write)];
    const OS: &[Entry] = &[("os.clock", clock), ("os.time", time)];
    new_library(vm, "io", IO)?;
    new_library(vm, "os", OS)?;
    Ok(())
}

fn write(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    for i in 0..args.count {
        // PUC Lua writes a float here with plain `%.14g`, so that 1.0 is written as 1.
        let bytes = match vm.argument(args, i).as_float() {
            Some(float) => format_general(float, 14, false).into_bytes(),
            None => vm.check_string(args, i)?.bytes().to_vec(),
        };
        if let Err(error) = vm.host.write(Stream::Out, &bytes) {
            let message = vm.string(error.to_string().as_bytes())?;
            let code = Value::integer(i64::from(error.raw_os_error().unwrap_or(0)));
            return vm.return_values(args, &[Value::NIL, Value::from(message), code]);
        }
    }
    // PUC Lua returns the file, so that calls can be chained; files are not there yet, so there is nothing to chain on.
    Ok(0)
}

fn clock(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let seconds = vm.host.cpu_ns() as f64 / 1e9;
    vm.return_one(args, Value::float(seconds))
}

fn time(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    if !vm.argument(args, 0).is_nil() {
        return Err(vm.unsupported("os.time with a table"));
    }
    let seconds = vm.host.unix_seconds();
    vm.return_one(args, Value::integer(seconds))
}
