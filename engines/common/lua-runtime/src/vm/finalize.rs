//! Finalisers: which objects have one, which of those are garbage, and the calls.
//!
//! An object is registered when it gets a metatable that has `__gc`. A collection that does not reach it keeps it alive
//! once more and puts it in the queue; polls call the queue's finalisers, in the reverse order of registration. Nothing
//! here runs inside an allocation. How a finaliser is called is the engine's affair, as with any call.

use engine_api::Interrupt;

use super::Vm;
use super::meta::MetaEvent;
use super::signal::Signal;
use crate::heap::OutOfMemory;
use crate::heap::object::{Gc, HAS_FINALIZER};
use crate::objects::table::Table;
use crate::value::{Tag, Value};

impl Vm {
    /// To be called when a program gives a value a metatable: registers a table or userdata that gets a finaliser. A
    /// `__gc` that is set later does not count.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn note_finalizer(&mut self, object: Value, metatable: Gc<Table>) -> Result<(), OutOfMemory> {
        let Some(header) = object.as_object().filter(|_| matches!(object.tag, Tag::Table | Tag::Userdata)) else {
            return Ok(());
        };
        if header.has_flag(HAS_FINALIZER)
            || self.garbage.finalizers.is_closing
            || self.metamethod_in(metatable, MetaEvent::Collect).is_nil()
        {
            return Ok(());
        }
        self.garbage.finalizers.register(&mut self.heap, object)?;
        header.set_flag(HAS_FINALIZER);
        Ok(())
    }

    /// Whether a finaliser runs: the program cannot ask for a collection meanwhile.
    pub fn is_finalizing(&self) -> bool {
        self.garbage.finalizers.is_running
    }

    /// Calls the finalisers that wait. `top` is as in [`Vm::call`].
    ///
    /// # Errors
    /// [`Signal::Fatal`] only: what else goes wrong in a finaliser becomes a warning.
    pub fn run_finalizers(&mut self, top: u32) -> Result<(), Signal> {
        self.interrupt.clear(Interrupt::FINALIZE);
        if self.garbage.finalizers.is_running {
            // The loop below that runs one now goes on with what has come in.
            return Ok(());
        }
        self.garbage.finalizers.is_running = true;
        let mut result = Ok(());
        while result.is_ok()
            && let Some(object) = self.garbage.finalizers.next(&mut self.heap)
        {
            result = self.finalize(top, object);
        }
        self.garbage.finalizers.is_running = false;
        result
    }

    fn finalize(&mut self, top: u32, object: Value) -> Result<(), Signal> {
        // An error may be on its way: it must survive what happens in the finaliser.
        if let Err(signal) = self.ensure_stack(top + 2) {
            return self.warn_of_finalizer(signal);
        }
        let outer_error = std::mem::replace(&mut self.error, Value::NIL);
        self.set_slot(top, object);
        self.set_slot(top + 1, outer_error);
        let result = self.call_finalizer(top + 2, object);
        self.error = self.slot(top + 1);
        result
    }

    fn call_finalizer(&mut self, top: u32, object: Value) -> Result<(), Signal> {
        let handler = self.metamethod(object, MetaEvent::Collect);
        if handler.is_nil() {
            return Ok(());
        }
        let outer_handler = std::mem::replace(&mut self.handler_slot, 0);
        let (native_depth, frame_base) = (self.native_depth, self.frame_base);
        self.protected_depth += 1;
        let is_callable = handler.is_function() || !self.metamethod(handler, MetaEvent::Call).is_nil();
        let result = if is_callable {
            self.garbage.finalizers.running = handler;
            let result = self.call(top, handler, &[object]);
            self.garbage.finalizers.running = Value::NIL;
            result
        } else {
            let message = format!("attempt to call a {} value (metamethod '__gc')", handler.type_name());
            Err(self.raise_at(0, &message))
        };
        self.protected_depth -= 1;
        self.handler_slot = outer_handler;
        match result {
            Ok(_) => Ok(()),
            Err(signal) => {
                (self.native_depth, self.frame_base) = (native_depth, frame_base);
                self.warn_of_finalizer(signal)
            }
        }
    }

    /// The end of a finaliser by a signal: a warning, or the signal if nothing may catch it.
    fn warn_of_finalizer(&mut self, signal: Signal) -> Result<(), Signal> {
        let Some(error) = self.caught(signal) else { return Err(signal) };
        let reason = error.as_string().map_or(&b"error object is not a string"[..], |message| message.bytes());
        self.warning(&[b"error in __gc (", reason, b")"].concat());
        Ok(())
    }

    /// Ends the state for the program: calls the finalisers of all objects that have one, in the reverse order of their
    /// registration. A second call does nothing. `top` is as in [`Vm::call`].
    ///
    /// # Errors
    /// [`Signal::Fatal`] only.
    pub fn close(&mut self, top: u32) -> Result<(), Signal> {
        self.garbage.finalizers.is_closing = true;
        let registered = std::mem::take(&mut self.garbage.finalizers.registered);
        self.garbage.finalizers.queue.extend(registered.into_iter().rev());
        self.run_finalizers(top)
    }
}
