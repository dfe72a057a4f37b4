//! A unit of compiled code: its identity, its machine code, and the few bytes through which running code and the cache
//! talk to each other.
//!
//! Published code is never patched. Calls go through an [`EntryCell`] per function, and code that relies on an
//! assumption reads the `valid` byte of its [`UnitControl`]. When units come and go is the business of
//! [`crate::cache`]; this file must know nothing about limits.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::mem::offset_of;
use std::rc::Rc;

use engine_api::event;

use crate::key::UnitKey;
use crate::map::{CodeMap, Origin};
use crate::memory::ExecutableBlock;
use crate::position::CodeOffset;

/// The number of a unit in its cache. Never used twice, so that a stale number finds nothing instead of a stranger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId(pub u32);

impl fmt::Display for UnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a unit is in its life. It only ever moves downwards in this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnitState {
    /// It has a number and a control block; its code is being made.
    Allocated,
    /// Its code is published and can be found and entered.
    Active,
    /// Evicted or replaced: it is no longer entered, but its assumptions hold and activations run on in it.
    Retired,
    /// An assumption failed: it is no longer entered, and its activations leave when they next look.
    Invalidated,
    /// Its memory is gone, or it never came to have code.
    Freed,
}

/// The bytes of a unit that compiled code reads and writes, at an address that does not change as long as the unit
/// lives.
#[derive(Debug)]
#[repr(C)]
pub struct UnitControl {
    valid: Cell<u8>,
    used: Cell<u8>,
    in_service: Cell<bool>,
    activations: Cell<u32>,
}

/// Offset of the byte that is 1 while every assumption of the unit holds, and 0 for ever after.
pub const CONTROL_VALID_OFFSET: usize = offset_of!(UnitControl, valid);
/// Offset of the byte that compiled code sets to 1 when it is entered, so that the cache knows what is in use.
pub const CONTROL_USED_OFFSET: usize = offset_of!(UnitControl, used);
/// Offset of the count (u32) of activations: calls into the unit that have not returned.
pub const CONTROL_ACTIVATIONS_OFFSET: usize = offset_of!(UnitControl, activations);

const _: () = {
    assert!(size_of::<UnitControl>() == 8);
    assert!(CONTROL_VALID_OFFSET == 0 && CONTROL_USED_OFFSET == 1 && CONTROL_ACTIVATIONS_OFFSET == 4);
};

impl UnitControl {
    pub(crate) fn new() -> Rc<UnitControl> {
        Rc::new(UnitControl {
            valid: Cell::new(1),
            used: Cell::new(0),
            in_service: Cell::new(true),
            activations: Cell::new(0),
        })
    }

    /// Whether every assumption of the unit holds.
    #[inline]
    pub fn is_valid(&self) -> bool {
        self.valid.get() != 0
    }

    /// Whether the unit may be entered: it was not evicted, replaced or invalidated. Whoever enters it by another way than an entry
    /// cell asks this.
    #[inline]
    pub fn is_in_service(&self) -> bool {
        self.in_service.get()
    }

    pub(crate) fn leave_service(&self) {
        self.in_service.set(false);
    }

    pub(crate) fn invalidate(&self) {
        self.valid.set(0);
    }

    /// Calls into the unit that have not returned.
    #[inline]
    pub fn activations(&self) -> u32 {
        self.activations.get()
    }

    /// Whether the unit was entered since the last time this was asked.
    pub(crate) fn take_used(&self) -> bool {
        self.used.replace(0) != 0
    }

    /// Enters the unit until the guard is dropped, as compiled code does by itself when it counts its activations.
    #[inline]
    pub fn activate(self: &Rc<UnitControl>) -> Activation {
        self.used.set(1);
        self.activations.set(self.activations.get() + 1);
        Activation { control: self.clone() }
    }
}

/// One activation of a unit: while it lives, the unit's code is not freed.
#[derive(Debug)]
pub struct Activation {
    control: Rc<UnitControl>,
}

impl Drop for Activation {
    #[inline]
    fn drop(&mut self) {
        self.control.activations.set(self.control.activations.get() - 1);
    }
}

/// The word of a function through which everybody enters it: it holds the entry of compiled code, or of the stub that
/// does without. The word is at offset 0 and does not move as long as the cell lives.
#[derive(Debug)]
#[repr(C)]
pub struct EntryCell {
    target: Cell<*const u8>,
    fallback: *const u8,
}

const _: () = assert!(offset_of!(EntryCell, target) == 0);

impl EntryCell {
    /// A cell that leads to the stub at `fallback` until it is linked to a unit.
    pub fn new(fallback: *const u8) -> Rc<EntryCell> {
        Rc::new(EntryCell { target: Cell::new(fallback), fallback })
    }

    /// Where a call goes now.
    #[inline]
    pub fn target(&self) -> *const u8 {
        self.target.get()
    }

    /// Whether a call goes to compiled code now.
    #[inline]
    pub fn is_linked(&self) -> bool {
        self.target.get() != self.fallback
    }

    /// Sends calls to `entry`.
    pub(crate) fn link(&self, entry: *const u8) {
        self.target.set(entry);
    }

    /// Sends calls to the stub.
    pub(crate) fn reset(&self) {
        self.target.set(self.fallback);
    }
}

/// What a compiler gives for a unit.
#[derive(Debug)]
pub struct Compiled<D> {
    /// The machine code, published.
    pub block: ExecutableBlock,
    /// Where it is entered.
    pub entry: CodeOffset,
    /// What each piece of it was made for.
    pub map: CodeMap,
    /// What the engine keeps with the code and drops with it: exit tables, data that the code refers to by address.
    pub data: D,
}

/// What is kept with the units of a cache that several compilers may share: each finds its own again by its type.
pub type AnyData = Box<dyn Any>;

/// A unit of compiled code.
#[derive(Debug)]
pub struct Unit<D> {
    pub(crate) key: UnitKey,
    pub(crate) label: event::Unit,
    pub(crate) control: Rc<UnitControl>,
    pub(crate) state: UnitState,
    /// `None` while it is being made.
    pub(crate) compiled: Option<Compiled<D>>,
    /// When it was last used, by the cache's clock.
    pub(crate) last_use: u64,
    /// The cells that may lead here.
    pub(crate) cells: Vec<std::rc::Weak<EntryCell>>,
}

impl<D> Unit<D> {
    /// What it was compiled from.
    pub fn key(&self) -> &UnitKey {
        &self.key
    }

    /// Where it stands in the source, for events and messages.
    pub fn label(&self) -> &event::Unit {
        &self.label
    }

    /// Where it is in its life.
    pub fn state(&self) -> UnitState {
        self.state
    }

    /// The bytes that compiled code uses. Its address may go into the code.
    pub fn control(&self) -> &Rc<UnitControl> {
        &self.control
    }

    /// What the compiler gave; `None` while it is being made.
    pub fn compiled(&self) -> Option<&Compiled<D>> {
        self.compiled.as_ref()
    }

    /// Where a call enters it; `None` while it is being made.
    pub fn entry(&self) -> Option<*const u8> {
        self.compiled.as_ref().map(|compiled| compiled.block.address(compiled.entry))
    }

    /// The size of its machine code; 0 while it is being made.
    pub fn code_bytes(&self) -> usize {
        self.compiled.as_ref().map_or(0, |compiled| compiled.block.bytes().len())
    }

    /// The offset of `address` in its code; `None` if the address lies outside.
    pub fn offset_of(&self, address: *const u8) -> Option<CodeOffset> {
        let code = self.compiled.as_ref()?.block.bytes();
        let offset = code.as_ptr_range().contains(&address).then(|| address.addr() - code.as_ptr().addr())?;
        u32::try_from(offset).ok().map(CodeOffset)
    }

    /// What the code at `address` was made for; `None` if the address lies outside or belongs to no instruction. For a
    /// return address, ask for the byte before it: the call is what belongs to the instruction.
    pub fn origin(&self, address: *const u8) -> Option<Origin> {
        self.compiled.as_ref()?.map.origin(self.offset_of(address)?)
    }
}

impl Unit<AnyData> {
    /// What the compiler that made it keeps with it; `None` if it has no code, or another compiler has made it.
    pub fn data<D: 'static>(&self) -> Option<&D> {
        self.compiled.as_ref()?.data.downcast_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_activation_counts_while_it_lives() {
        let control = UnitControl::new();
        assert!(control.is_valid() && !control.take_used());
        let outer = control.activate();
        let inner = control.activate();
        assert_eq!(control.activations(), 2);
        drop(outer);
        drop(inner);
        assert_eq!(control.activations(), 0);
        assert!(control.take_used() && !control.take_used());
    }

    #[test]
    fn a_cell_leads_to_its_stub_or_to_code() {
        let (stub, code) = ([0_u8; 1], [0_u8; 1]);
        let cell = EntryCell::new(stub.as_ptr());
        assert!(!cell.is_linked());
        cell.link(code.as_ptr());
        assert_eq!((cell.target(), cell.is_linked()), (code.as_ptr(), true));
        // What compiled code reads is the first word.
        // SAFETY: the cell lives, and its first word is the target.
        assert_eq!(unsafe { *Rc::as_ptr(&cell).cast::<*const u8>() }, code.as_ptr());
        cell.reset();
        assert_eq!(cell.target(), stub.as_ptr());
    }
}
