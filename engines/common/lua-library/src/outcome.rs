//! How library functions say what the host answered: Lua's triple of nil, message and error number.
//!
//! It knows `io` errors and stack slots, not which function asked.

use std::io;

use engine_api::Termination;
use lua_runtime::{Args, Signal, Value, Vm};

use crate::bytes::find_byte;

/// What C sees of a string: the bytes before the first zero.
pub(super) fn c_string(bytes: &[u8]) -> &[u8] {
    &bytes[..find_byte(bytes, 0).unwrap_or(bytes.len())]
}

/// C's `strerror` for an error of the operating system. Rust adds the number in parentheses, C does not.
pub(super) fn error_text(error: &io::Error) -> String {
    let text = error.to_string();
    match error.raw_os_error() {
        Some(code) => text.strip_suffix(&format!(" (os error {code})")).unwrap_or(&text).to_string(),
        None => text,
    }
}

/// The results of a function on files: true, or nil, a message and the number of the error.
pub(super) fn return_outcome(
    vm: &mut Vm,
    args: Args,
    result: io::Result<()>,
    path: Option<&[u8]>,
) -> Result<u32, Signal> {
    match result {
        Ok(()) => vm.return_one(args, Value::TRUE),
        Err(error) => return_error(vm, args, &error, path),
    }
}

/// The results for an error: nil, a message, which starts with the path if there is one, and the number of the error.
#[cold]
pub(super) fn return_error(vm: &mut Vm, args: Args, error: &io::Error, path: Option<&[u8]>) -> Result<u32, Signal> {
    let mut message = path.map_or(Vec::new(), |path| [path, b": "].concat());
    message.extend_from_slice(error_text(error).as_bytes());
    let message = vm.string(&message)?;
    let code = Value::integer(i64::from(error.raw_os_error().unwrap_or(0)));
    vm.return_values(args, &[Value::NIL, Value::from(message), code])
}

/// The results for a process that has ended: true or nil, "exit" or "signal", and its number.
pub(super) fn return_termination(vm: &mut Vm, args: Args, termination: Termination) -> Result<u32, Signal> {
    let (success, what, number) = match termination {
        Termination::Exited(0) => (Value::TRUE, "exit", 0),
        Termination::Exited(status) => (Value::NIL, "exit", status),
        Termination::Signalled(signal) => (Value::NIL, "signal", signal),
    };
    let what = vm.string(what.as_bytes())?;
    vm.return_values(args, &[success, Value::from(what), Value::integer(i64::from(number))])
}
