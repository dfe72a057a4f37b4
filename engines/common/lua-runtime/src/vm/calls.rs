//! Calls from library functions: into Lua, and as their own ends.
//!
//! How a call proceeds is the engine's affair.

use super::native::{Args, NATIVE_FREE_SLOTS};
use super::signal::Signal;
use super::unfinished::Unfinished;
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
        assert!(top >= self.frame_base, "a callee in another frame");
        self.ensure_stack(top + 2 + count + NATIVE_FREE_SLOTS)?;
        // SAFETY: the slots are above the base of the innermost frame. That of the callee's header is written by the engine.
        unsafe {
            self.set_any_slot(top, callee);
            for (i, argument) in arguments.iter().enumerate() {
                self.set_any_slot(top + 2 + i as u32, *argument);
            }
        }
        self.call_in_place(top, count)
    }

    /// As [`Vm::call`], for a callee that already lies in slot `callee` with its arguments from `callee + 2` on.
    ///
    /// # Errors
    /// As for [`Vm::call`].
    ///
    /// # Panics
    /// If the arguments are not inside the stack, or the callee is below the innermost frame.
    pub fn call_prepared(&mut self, callee: u32, count: u32) -> Result<u32, Signal> {
        assert!(callee >= self.frame_base, "a callee in another frame");
        self.call_in_place(callee, count)
    }

    /// Calls what lies above the base of the innermost frame.
    #[inline(always)]
    fn call_in_place(&mut self, callee: u32, count: u32) -> Result<u32, Signal> {
        let end = u64::from(callee) + 2 + u64::from(count);
        assert!(end <= u64::from(self.stack_capacity), "arguments above the stack");
        self.native_depth += 1;
        if let Err(signal) = self.check_native_depth() {
            self.native_depth -= 1;
            return Err(signal);
        }
        let frame_base = self.frame_base;
        // A panic takes the engine's frames with it, and another coroutine may be running. The library function that has made
        // the call must not catch it and go on; the host may, whose next call is refused.
        let unfinished = Unfinished::begin(frame_base != 0);
        let result = (self.engine.call)(self, callee, count);
        unfinished.end();
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
        assert!(args.base == self.frame_base, "arguments of another function");
        self.ensure_stack(args.base + 2 + count + NATIVE_FREE_SLOTS)?;
        self.set_slot(args.base, callee);
        for (i, argument) in arguments.iter().enumerate() {
            self.set_slot(args.base + 2 + i as u32, *argument);
        }
        self.last_call = LastCall { arguments: count, results };
        Err(Signal::Call)
    }

    /// With [`Signal::Call`] from a library function whose arguments began at `base`: the call with which it has ended.
    ///
    /// # Panics
    /// If the arguments are not inside the stack: the function has sent the signal by itself.
    pub fn last_call(&self, base: u32) -> LastCall {
        let end = u64::from(base) + 2 + u64::from(self.last_call.arguments);
        assert!(end <= u64::from(self.stack_capacity), "a last call without its arguments");
        self.last_call
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
