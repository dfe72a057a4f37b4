//! Full userdata: a value of the host's language as a Lua object with a metatable.
//!
//! The payload lives in a box beside the object, so that dropping the object drops the payload. This file must not know
//! any payload; a library makes files of them.

use std::any::Any;

use super::marker::Marker;
use super::table::Table;
use crate::heap::object::{Gc, Header, Kind};
use crate::heap::{Heap, OutOfMemory};
use crate::value::Value;

/// A userdata.
#[repr(C)]
pub struct Userdata {
    header: Header,
    metatable: Option<Gc<Table>>,
    payload: Box<dyn Any>,
    /// Bytes of the payload and of what it owns, counted on the heap.
    payload_bytes: u64,
}

impl Gc<Userdata> {
    /// A userdata that owns `payload`, which takes `payload_bytes` with all that it owns.
    ///
    /// # Errors
    /// [`OutOfMemory`]; the payload was dropped then.
    pub fn allocate(
        heap: &mut Heap,
        payload: Box<dyn Any>,
        payload_bytes: u64,
        metatable: Option<Gc<Table>>,
    ) -> Result<Gc<Userdata>, OutOfMemory> {
        heap.account(payload_bytes)?;
        let header = Header::new(Kind::Userdata, 0, 0, 0);
        let userdata = heap.allocate(0, Userdata { header, metatable, payload, payload_bytes });
        if userdata.is_err() {
            heap.unaccount(payload_bytes);
        }
        userdata
    }

    /// Its metatable.
    pub fn metatable(self) -> Option<Gc<Table>> {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).metatable }
    }

    /// Sets or removes its metatable.
    pub(crate) fn set_metatable(self, heap: &mut Heap, metatable: Option<Gc<Table>>) {
        if let Some(metatable) = metatable {
            heap.barrier(self.header(), Value::from(metatable));
        }
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).metatable = metatable }
    }

    /// The payload, if it is a `T`. The reference is as good as the `Gc`: it must not be kept across a poll. A payload
    /// that changes has a cell for that.
    pub fn payload<'a, T: 'static>(self) -> Option<&'a T> {
        // SAFETY: the object is live (see `Gc`), and nobody has the payload mutably until the object is freed.
        unsafe { (*self.as_ptr()).payload.downcast_ref() }
    }

    /// Drops the payload before the object, when all objects are about to be freed: it may look at them.
    pub(crate) fn release_payload(self) {
        // SAFETY: the object is live (see `Gc`), and the borrow ends before the payload, which may come back here, is dropped.
        let payload = unsafe { std::mem::replace(&mut (*self.as_ptr()).payload, Box::new(())) };
        drop(payload);
    }

    pub(crate) fn trace(self, marker: &mut Marker) {
        if let Some(metatable) = self.metatable() {
            marker.mark(metatable.header());
        }
    }

    /// # Safety
    /// The userdata is dead and its memory is about to be reused.
    pub(crate) unsafe fn drop_payload(self, heap: &mut Heap) {
        // SAFETY: as the caller says; the whole object is dropped once, here.
        unsafe {
            heap.unaccount((*self.as_ptr()).payload_bytes);
            std::ptr::drop_in_place(self.as_ptr());
        }
    }
}
