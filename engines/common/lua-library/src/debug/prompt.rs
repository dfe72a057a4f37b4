//! `debug.debug`: runs lines of standard input as chunks, until one says `cont` or there are no more.
//!
//! It must not know how lines are read or chunks are compiled: `io` and [`lua_runtime::chunk`] do that.

use lua_runtime::chunk::{ANY_MODE, Chunk};
use lua_runtime::{Args, Signal, Value, Vm};

use crate::io::read_line;

const PROMPT: &[u8] = b"lua_debug> ";
const LAST_COMMAND: &[u8] = b"cont";
const CHUNK_NAME: &str = "=(debug command)";

/// `debug.debug()`
pub(super) fn debug(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    loop {
        write_error(vm, PROMPT);
        let Some(line) = read_line(vm, args)? else { return Ok(0) };
        if line.bytes() == LAST_COMMAND {
            return Ok(0);
        }
        // The line lies where the chunk will: it is needed until then only.
        vm.set_slot(args.top(), Value::from(line));
        let chunk = Chunk { name: CHUNK_NAME, mode: ANY_MODE, environment: Value::from(vm.globals) };
        let problem = match chunk.compile(vm, line)? {
            Err(message) => Some(message),
            Ok(closure) => run(vm, args, Value::from(closure))?,
        };
        if let Some(mut message) = problem {
            message.push(b'\n');
            write_error(vm, &message);
        }
    }
}

/// Calls a chunk and drops its results. Returns the text of an error.
fn run(vm: &mut Vm, args: Args, chunk: Value) -> Result<Option<Vec<u8>>, Signal> {
    vm.protected_depth += 1;
    let result = vm.call(args.top(), chunk, &[]);
    vm.protected_depth -= 1;
    let Err(signal) = result else { return Ok(None) };
    let error = vm.caught(signal).ok_or(signal)?;
    Ok(Some(vm.to_string_value(args.top(), error)?.bytes().to_vec()))
}

/// What cannot be written to standard error has no better place to go.
fn write_error(vm: &mut Vm, bytes: &[u8]) {
    let _written = vm.host.write(engine_api::Stream::Err, bytes);
}
