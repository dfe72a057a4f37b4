//! How a library function is called: its signature, and what it finds on the stack.
//!
//! It knows no function; arguments are read, and results written, by `operations::arguments`.

use super::Vm;
use super::signal::Signal;
use crate::heap::object::Gc;
use crate::heap::{Heap, OutOfMemory};
use crate::objects::function::{NativeEntry, NativeFunction, NativeRole};
use crate::value::Value;

/// Where a library function finds its arguments: stack indices, not pointers, since the stack may move.
#[derive(Debug, Clone, Copy)]
pub struct Args {
    /// Stack index of the first argument. The callee is in slot `base - 2`.
    pub base: u32,
    /// How many arguments there are.
    pub count: u32,
}

/// A library function. Reads its arguments from `args`, writes its results from slot `args.base - 2` on and returns
/// their number. At least [`NATIVE_FREE_SLOTS`] slots above the arguments may be used.
pub type NativeFn = fn(&mut Vm, Args) -> Result<u32, Signal>;

/// Slots above its arguments that a library function may use without [`Vm::ensure_stack`].
pub const NATIVE_FREE_SLOTS: u32 = 20;

impl Gc<NativeFunction> {
    /// A library function with its upvalues.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn allocate(
        heap: &mut Heap,
        name: &'static str,
        function: NativeFn,
        role: NativeRole,
        upvalues: &[Value],
    ) -> Result<Gc<NativeFunction>, OutOfMemory> {
        Gc::<NativeFunction>::allocate_entry(heap, name, NativeEntry(function as *const ()), role, upvalues)
    }

    /// The Rust function.
    #[inline(always)]
    pub fn function(self) -> NativeFn {
        // SAFETY: every `NativeFunction` is made by `allocate` just above, of a function of this type.
        unsafe { std::mem::transmute::<*const (), NativeFn>(self.entry().0) }
    }
}
