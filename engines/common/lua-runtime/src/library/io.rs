//! The part of `io` that needs only the host's streams.

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
    new_library(vm, "io", IO)?;
    Ok(())
}

fn write(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    for i in 0..args.count {
        // PUC Lua writes a float here with plain `%.14g`, so that 1.0 is written as 1.
        let result = match vm.argument(args, i).as_float() {
            Some(float) => vm.host.write(Stream::Out, format_general(float, 14, false).as_bytes()),
            None => {
                let bytes = vm.check_string(args, i)?.bytes();
                vm.host.write(Stream::Out, bytes)
            }
        };
        if let Err(error) = result {
            let message = vm.string(error.to_string().as_bytes())?;
            let code = Value::integer(i64::from(error.raw_os_error().unwrap_or(0)));
            return vm.return_values(args, &[Value::NIL, Value::from(message), code]);
        }
    }
    // PUC Lua returns the file, so that calls can be chained; files are not there yet, so there is nothing to chain on.
    Ok(0)
}
