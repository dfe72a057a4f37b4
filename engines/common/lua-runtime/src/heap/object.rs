//! What every heap object starts with, and [`Gc`], the pointer to one.
//!
//! This file knows no particular object. `heap` allocates objects, `collect` marks and sweeps them.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ptr::NonNull;

/// What kind of object follows the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A free cell of a block: the word after the header is the next free cell.
    Free = 0,
    /// [`crate::objects::string::LuaString`]
    String = 1,
    /// [`crate::objects::table::Table`]
    Table = 2,
    /// [`crate::objects::function::Closure`]
    Closure = 3,
    /// [`crate::objects::function::NativeFunction`]
    Native = 4,
    /// [`crate::objects::thread::Thread`]
    Thread = 5,
    /// [`crate::objects::function::Cell`]
    Cell = 6,
    /// [`crate::objects::shape::Shape`]
    Shape = 7,
    /// [`crate::objects::function::Code`]
    Code = 8,
    /// [`crate::objects::userdata::Userdata`]
    Userdata = 9,
    /// [`crate::chain::Chain`]
    Chain = 10,
}

/// The first 8 bytes of every heap object.
#[derive(Debug)]
#[repr(C)]
pub struct Header {
    /// What follows.
    pub kind: Kind,
    /// 0 = not reached in this collection. Always 0 outside a collection.
    pub mark: u8,
    /// Bits whose meaning depends on the kind.
    pub flags: u8,
    /// A byte whose meaning depends on the kind (a table's array kind, a native function's role).
    pub detail: u8,
    /// A word whose meaning depends on the kind (a string's hash, a table's known-absent metamethods).
    pub word: u32,
}

/// Offset of [`Header::mark`] in every object.
pub const MARK_OFFSET: usize = 1;
/// Offset of [`Header::flags`] in every object.
pub const FLAGS_OFFSET: usize = 2;
/// Offset of [`Header::detail`] in every object.
pub const DETAIL_OFFSET: usize = 3;
/// Offset of [`Header::word`] in every object.
pub const WORD_OFFSET: usize = 4;

/// [`Header::flags`] of a table or userdata: it is registered for finalisation.
pub(crate) const HAS_FINALIZER: u8 = 0x80;

const _: () = {
    assert!(size_of::<Header>() == 8);
    assert!(std::mem::offset_of!(Header, mark) == MARK_OFFSET);
    assert!(std::mem::offset_of!(Header, flags) == FLAGS_OFFSET);
    assert!(std::mem::offset_of!(Header, detail) == DETAIL_OFFSET);
    assert!(std::mem::offset_of!(Header, word) == WORD_OFFSET);
};

impl Header {
    /// A header for a new object.
    #[inline(always)]
    pub fn new(kind: Kind, flags: u8, detail: u8, word: u32) -> Header {
        Header { kind, mark: 0, flags, detail, word }
    }
}

/// A pointer to a live heap object.
///
/// The contract that the compiler does not check: objects are freed only by a collection, a collection runs only at a
/// poll, and whoever holds a `Gc` across a poll (so across every call into Lua) keeps the object reachable from a root.
/// Under that contract the pointer is valid, which is what every SAFETY note about a `Gc` refers to. Builds with debug
/// assertions overwrite freed objects, and the knob `gc-every` collects at every poll, so that a breach shows.
///
/// Objects are shared and mutable; accessors therefore go through the raw pointer for the length of one load or store
/// and never keep a Rust reference across anything that could reach the same object.
#[repr(transparent)]
pub struct Gc<T> {
    pointer: NonNull<T>,
    marker: PhantomData<*mut T>,
}

impl<T> Gc<T> {
    /// A `Gc` from a pointer to a live object.
    ///
    /// # Safety
    /// `pointer` must come from the heap and its object must be a `T` (or `T` must be [`Header`]).
    #[inline(always)]
    pub unsafe fn new(pointer: NonNull<T>) -> Gc<T> {
        Gc { pointer, marker: PhantomData }
    }

    /// A `Gc` from the payload of a value.
    ///
    /// # Safety
    /// As for [`Gc::new`]; `address` must not be 0.
    #[inline(always)]
    pub unsafe fn from_address(address: u64) -> Gc<T> {
        // SAFETY: the caller says that it is not 0.
        Gc { pointer: unsafe { NonNull::new_unchecked(address as usize as *mut T) }, marker: PhantomData }
    }

    /// The pointer.
    #[inline(always)]
    pub fn as_ptr(self) -> *mut T {
        self.pointer.as_ptr()
    }

    /// The address as a payload.
    #[inline(always)]
    pub fn address(self) -> u64 {
        self.pointer.as_ptr() as usize as u64
    }

    /// The same object seen as its header.
    #[inline(always)]
    pub fn header(self) -> Gc<Header> {
        Gc { pointer: self.pointer.cast(), marker: PhantomData }
    }
}

impl Gc<Header> {
    /// The kind of the object.
    #[inline(always)]
    pub fn kind(self) -> Kind {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).kind }
    }

    /// Whether the running collection has reached it.
    #[inline(always)]
    pub(crate) fn is_marked(self) -> bool {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).mark != 0 }
    }

    /// Takes the mark away.
    pub(crate) fn clear_mark(self) {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).mark = 0 }
    }

    /// Whether a bit of [`Header::flags`] is set.
    #[inline(always)]
    pub(crate) fn has_flag(self, flag: u8) -> bool {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).flags & flag != 0 }
    }

    /// Sets a bit of [`Header::flags`].
    pub(crate) fn set_flag(self, flag: u8) {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).flags |= flag }
    }

    /// Clears a bit of [`Header::flags`].
    pub(crate) fn clear_flag(self, flag: u8) {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).flags &= !flag }
    }

    /// The same object as its own type.
    ///
    /// # Safety
    /// The object must be a `T`.
    #[inline(always)]
    pub unsafe fn cast<T>(self) -> Gc<T> {
        Gc { pointer: self.pointer.cast(), marker: PhantomData }
    }
}

impl<T> Clone for Gc<T> {
    #[inline(always)]
    fn clone(&self) -> Gc<T> {
        *self
    }
}

impl<T> Copy for Gc<T> {}

impl<T> PartialEq for Gc<T> {
    #[inline(always)]
    fn eq(&self, other: &Gc<T>) -> bool {
        self.pointer == other.pointer
    }
}

impl<T> Eq for Gc<T> {}

impl<T> Hash for Gc<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.pointer.hash(state);
    }
}

impl<T> fmt::Debug for Gc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gc({:p})", self.pointer)
    }
}
