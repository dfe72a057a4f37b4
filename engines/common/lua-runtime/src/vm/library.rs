//! What the runtime knows of a standard library: that it fills a new state, that it keeps something of its own, which
//! may refer to objects, and that it says what becomes of warnings.
//!
//! Which functions there are is the library's affair.

use std::any::Any;

use engine_api::Host;

use super::Vm;
use crate::heap::OutOfMemory;
use crate::objects::marker::Marker;

/// Fills a new state: globals, and the library's own state by [`Vm::set_library_state`].
pub type OpenLibrary = fn(&mut Vm) -> Result<(), OutOfMemory>;

/// What a library keeps of a Lua state.
pub trait LibraryState: Any {
    /// Marks the objects that it refers to.
    fn trace(&self, marker: &mut Marker);

    /// Takes a warning, of the program or of the runtime.
    fn warn(&mut self, host: &mut dyn Host, message: &[u8]);
}

/// The state of no library: warnings go nowhere.
pub(super) struct NoLibrary;

impl LibraryState for NoLibrary {
    fn trace(&self, _: &mut Marker) {}

    fn warn(&mut self, _: &mut dyn Host, _: &[u8]) {}
}

impl Vm {
    /// Gives the library its state. Called once, when the library is opened.
    pub fn set_library_state(&mut self, state: Box<dyn LibraryState>) {
        self.library = state;
    }

    /// The library's state.
    ///
    /// # Panics
    /// If it is no `T`: another library was opened.
    pub fn library_state<T: LibraryState>(&self) -> &T {
        let state: &dyn Any = self.library.as_ref();
        state.downcast_ref().expect("the library that asks is the one that was opened")
    }

    /// The library's state, to be changed.
    ///
    /// # Panics
    /// As for [`Vm::library_state`].
    pub fn library_state_mut<T: LibraryState>(&mut self) -> &mut T {
        let state: &mut dyn Any = self.library.as_mut();
        state.downcast_mut().expect("the library that asks is the one that was opened")
    }

    /// Hands a warning to the library.
    pub fn warning(&mut self, message: &[u8]) {
        self.library.warn(self.host.as_mut(), message);
    }
}
