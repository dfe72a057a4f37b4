//! Closing what is left open when the frames of to-be-closed variables are gone: a coroutine has ended, or the outermost
//! call from the host. What a scope or a protected call closes is the engine's affair, and so is the list of what is open.

use super::Vm;
use super::meta::MetaEvent;
use super::signal::Signal;
use crate::value::Value;

/// Takes the innermost to-be-closed variable off an engine's list, in preparation of the call of its metamethod, and gives
/// its stack slot.
type NextToClose = fn(vm: &Vm) -> Option<u32>;

impl Vm {
    /// Closes everything on the running stack, whose frames are gone, because of an error or without one. Returns the error
    /// that is left. The metamethods cannot yield.
    ///
    /// # Errors
    /// What cannot be caught.
    pub fn close_all(&mut self, next: NextToClose, error: Option<Value>) -> Result<Option<Value>, Signal> {
        let mut error = error;
        while let Some(slot) = next(self) {
            let value = self.slot(slot);
            // Nil, and then an error, if the metamethod has gone.
            let handler = self.metamethod(value, MetaEvent::Close);
            // The variable's own slot keeps the error alive while the metamethod runs.
            let passed = error.unwrap_or(Value::NIL);
            self.set_slot(slot, passed);
            if let Err(signal) = self.call(slot + 1, handler, &[value, passed]) {
                match self.caught(signal) {
                    Some(replacement) => error = Some(replacement),
                    None => return Err(signal),
                }
            }
        }
        Ok(error)
    }

    /// The signal with which the outermost call from the host ends, whose frames are gone. It closes what is still open,
    /// since nobody above it would.
    #[cold]
    pub fn leave_to_host(&mut self, next: NextToClose, signal: Signal) -> Signal {
        let error = match signal {
            Signal::Error => Some(std::mem::replace(&mut self.error, Value::NIL)),
            Signal::Memory => None,
            Signal::Fatal | Signal::Call => {
                while next(self).is_some() {}
                return signal;
            }
        };
        match self.close_all(next, error) {
            Ok(Some(error)) => {
                self.error = error;
                Signal::Error
            }
            Ok(None) => signal,
            Err(replacement) => replacement,
        }
    }
}
