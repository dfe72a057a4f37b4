//! Calls from library functions: into Lua, and as their own ends.
//!
//! How a call proceeds is the engine's affair.

use super::native::{Args, NATIVE_FREE_SLOTS};
use super::signal::Signal;
use super::{LastCall, Vm};
use crate::value::Value;

impl Vm {
    /// Calls a function from a library function. `top` is the first slot that the caller does not use; everything the
    /// caller needs afterwards must lie below it. Results lie from `top` on; returns their number.
    ///
    /// # Errors
    /// Those of the function, and "C stack overflow" when too many library calls are active.
    pub fn call(&mut self, top: u32, callee: Value, arguments: &[Value]) -> Result<u32, Signal> {
        let count = arguments.len() as u32;
        self.ensure_stack(top + 2 + count + NATIVE_FREE_SLOTS)?;
        self.set_slot(top, callee);
        for (i, argument) in arguments.iter().enumerate() {
            self.set_slot(top + 2 + i as u32, *argument);
        }
        self.call_prepared(top, count)
    }

    /// As [`Vm::call`], for a callee that already lies in slot `callee` with its arguments from `callee + 2` on.
    ///
    /// # Errors
    /// As for [`Vm::call`].
    ///
    /// # Panics
    /// If the arguments are not inside the stack.
    pub fn call_prepared(&mut self, callee: u32, count: u32) -> Result<u32, Signal> {
        let end = u64::from(callee) + 2 + u64::from(count);
        assert!(end <= u64::from(self.stack_capacity), "arguments above the stack");
        self.native_depth += 1;
        if let Err(signal) = self.check_native_depth() {
            self.native_depth -= 1;
            return Err(signal);
        }
        let frame_base = self.frame_base;
        let result = (self.engine.call)(self, callee, count);
        self.frame_base = frame_base;
        self.native_depth -= 1;
        result
    }

    /// Ends a library function with a call whose results are its own, all of them or, with `results`, exactly so many. It
    /// can be yielded across.
    ///
    /// # Errors
    /// [`Signal::Call`], with which the library function must end, or [`Signal::Memory`].
    pub fn call_last(
        &mut self,
        args: Args,
        callee: Value,
        arguments: &[Value],
        results: Option<u8>,
    ) -> Result<u32, Signal> {
        let count = arguments.len() as u32;
        self.ensure_stack(args.base + 2 + count + NATIVE_FREE_SLOTS)?;
        self.set_slot(args.base, callee);
        for (i, argument) in arguments.iter().enumerate() {
            self.set_slot(args.base + 2 + i as u32, *argument);
        }
        self.last_call = LastCall { arguments: count, results };
        Err(Signal::Call)
    }

    /// As [`Vm::call`], for the first result only.
    ///
    /// # Errors
    /// As for [`Vm::call`].
    pub fn call_for_one(&mut self, top: u32, callee: Value, arguments: &[Value]) -> Result<Value, Signal> {
        let count = self.call(top, callee, arguments)?;
        Ok(if count == 0 { Value::NIL } else { self.slot(top) })
    }
}
