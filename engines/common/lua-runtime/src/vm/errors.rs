//! Raising errors and protecting against them, and the count of calls that a protected call shares with C.
//!
//! An error is a [`Signal`] with its value in [`Vm::error`]. How frames are left is the engine's affair; what an
//! operation's error says is in `fault`.

use engine_api::{Failure, Position, Unsupported};

use super::Vm;
use super::signal::Signal;
use super::stack::OVERFLOW_RESERVE_SLOTS;
use crate::heap::OutOfMemory;
use crate::heap::object::Gc;
use crate::objects::thread::Thread;
use crate::value::Value;

/// Calls, of library functions and of Lua functions, above their limits that the handling of an overflow may use.
const HANDLER_RESERVE_CALLS: u32 = 20;

/// The message handlers that are at work.
#[derive(Default)]
pub(super) struct Handling {
    /// How many.
    active: u32,
    /// The coroutine whose stack overflow one of them handles.
    overflowing: Option<Gc<Thread>>,
}

impl Vm {
    /// Whether the calls that take native stack in PUC Lua are within their limit: library functions that call back into
    /// Lua, protected calls, resumes, metamethods. Whoever begins one counts it first and asks then, so that in a protected call the
    /// error is caught by the call that was one too many.
    ///
    /// # Errors
    /// "C stack overflow".
    #[inline]
    pub fn check_native_depth(&mut self) -> Result<(), Signal> {
        if self.has_native_room() { Ok(()) } else { Err(self.raise_native_overflow()) }
    }

    /// Raises "C stack overflow" at the innermost function.
    #[cold]
    pub fn raise_native_overflow(&mut self) -> Signal {
        self.raise_at(0, "C stack overflow")
    }

    /// Whether [`Vm::check_native_depth`] would find nothing wrong.
    #[inline]
    pub fn has_native_room(&self) -> bool {
        self.has_native_room_for(0)
    }

    /// Whether so many more calls may take native stack in PUC Lua.
    #[inline]
    pub fn has_native_room_for(&self, more: u32) -> bool {
        self.native_levels() + more <= self.limits.native_depth
    }

    /// The calls that take native stack in PUC Lua.
    pub(super) fn native_levels(&self) -> u32 {
        self.native_depth + self.protected_depth + self.metamethod_depth
    }

    /// Raises `value` as an error: sets [`Vm::error`]. While all frames still stand, the handler of an `xpcall` may
    /// replace it, or, if nothing will catch it, the traceback is taken.
    #[cold]
    pub fn throw(&mut self, value: Value) -> Signal {
        self.error = value;
        if self.handler_slot != 0 {
            return self.handle();
        }
        if self.protected_depth == 0 {
            self.traceback = (self.engine.traceback)(self, 0);
        }
        Signal::Error
    }

    /// Calls the handler of the innermost `xpcall` with the error, above the innermost frame.
    fn handle(&mut self) -> Signal {
        let limits = self.limits;
        if self.handling.active == 0 {
            // The error may be that there is no room left.
            self.limits.native_depth += HANDLER_RESERVE_CALLS;
            self.limits.lua_depth += HANDLER_RESERVE_CALLS;
            self.limits.stack_slots = self.limits.stack_slots.saturating_add(OVERFLOW_RESERVE_SLOTS);
        }
        if !self.has_native_room() {
            return self.error_in_handling();
        }
        self.handling.active += 1;
        let result = if self.native_levels() == self.limits.native_depth - HANDLER_RESERVE_CALLS {
            // This call is the one that is too many. The handler hears of that, too, one level further in.
            self.native_depth += 1;
            let signal = self.raise_native_overflow();
            self.native_depth -= 1;
            Err(signal)
        } else {
            let (handler, top, error) = (self.slot(self.handler_slot), (self.engine.free_slot)(self), self.error);
            self.call_for_one(top, handler, &[error])
        };
        self.handling.active -= 1;
        if self.handling.active == 0 {
            self.limits = limits;
        }
        match result {
            Ok(value) => {
                self.error = value;
                Signal::Error
            }
            // An error in the handler has been through the handler itself.
            Err(signal) => signal,
        }
    }

    /// Raises "stack overflow" at the innermost Lua function. A second one on the same stack, while a handler is at work
    /// on the first, is an "error in error handling" that no handler sees, as in PUC Lua.
    #[cold]
    pub fn raise_overflow(&mut self) -> Signal {
        if self.handling.overflowing == Some(self.thread) {
            return self.error_in_handling();
        }
        let outer = self.handling.overflowing.replace(self.thread);
        let signal = self.raise_at(0, "stack overflow");
        self.handling.overflowing = outer;
        signal
    }

    /// The error of a handler that fails for ever.
    fn error_in_handling(&mut self) -> Signal {
        match self.string(b"error in error handling") {
            Ok(message) => {
                self.error = Value::from(message);
                Signal::Error
            }
            Err(OutOfMemory) => Signal::Memory,
        }
    }

    /// Raises a message with the position of the function at `level` before it, if that is a Lua function.
    #[cold]
    pub fn raise_at(&mut self, level: u32, message: &str) -> Signal {
        self.raise_bytes_at(level, message.as_bytes())
    }

    fn raise_bytes_at(&mut self, level: u32, message: &[u8]) -> Signal {
        let mut text = match (self.engine.position)(self, level) {
            // PUC Lua's words for a function without lines; the library asks for a position with a line.
            Some(Position { chunk, line: 0 }) if level == 0 => format!("{chunk}:-1: ").into_bytes(),
            Some(Position { chunk, line }) if line > 0 => format!("{chunk}:{line}: ").into_bytes(),
            Some(_) | None => Vec::new(),
        };
        text.extend_from_slice(message);
        match self.string(&text) {
            Ok(string) => self.throw(Value::from(string)),
            Err(OutOfMemory) => Signal::Memory,
        }
    }

    /// Raises a message from a library function, with the position of its caller (`luaL_error`).
    #[cold]
    pub fn raise(&mut self, message: &str) -> Signal {
        self.raise_at(1, message)
    }

    /// As [`Vm::raise`], for a message that quotes bytes of the program.
    #[cold]
    pub fn raise_bytes(&mut self, message: &[u8]) -> Signal {
        self.raise_bytes_at(1, message)
    }

    /// Ends the run because of a construct that is not there yet. Cannot be caught.
    #[cold]
    pub fn unsupported(&mut self, construct: &str) -> Signal {
        let position = (0..8).find_map(|level| (self.engine.position)(self, level));
        self.fatal = Some(Failure::Unsupported(Unsupported { construct: construct.to_string(), position }));
        Signal::Fatal
    }

    /// What `pcall` returns as the error of a signal that it caught; `None` if the signal must not be caught.
    pub fn caught(&mut self, signal: Signal) -> Option<Value> {
        self.end_overflow();
        match signal {
            Signal::Error => Some(std::mem::replace(&mut self.error, Value::NIL)),
            Signal::Memory => Some(Value::from(self.memory_message)),
            Signal::Fatal | Signal::Call => None,
        }
    }
}
