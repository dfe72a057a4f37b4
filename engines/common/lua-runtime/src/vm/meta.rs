//! Metamethods: their names, and the lookup of one in a value's metatable.
//!
//! What an operation does with the metamethod it finds is in `operators`; who calls it is the engine's affair.

use super::Vm;
use crate::heap::object::Gc;
use crate::heap::{Heap, OutOfMemory};
use crate::objects::shape::FAR_SLOT;
use crate::objects::string::{LuaString, StringTable};
use crate::objects::table::Table;
use crate::value::Value;

macro_rules! events {
    ($($variant:ident $name:literal,)*) => {
        /// The event of a metamethod.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum MetaEvent {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl MetaEvent {
            /// Every event.
            pub const ALL: &'static [MetaEvent] = &[$(MetaEvent::$variant,)*];

            /// The key in a metatable, two underscores included.
            pub fn name(self) -> &'static str {
                match self { $(MetaEvent::$variant => $name,)* }
            }
        }
    };
}

events! {
    Index "__index",
    NewIndex "__newindex",
    Call "__call",
    Equal "__eq",
    Length "__len",
    Add "__add",
    Subtract "__sub",
    Multiply "__mul",
    Modulo "__mod",
    Power "__pow",
    Divide "__div",
    FloorDivide "__idiv",
    BitAnd "__band",
    BitOr "__bor",
    BitXor "__bxor",
    ShiftLeft "__shl",
    ShiftRight "__shr",
    Negate "__unm",
    BitNot "__bnot",
    Less "__lt",
    LessEqual "__le",
    Concat "__concat",
    Close "__close",
    Collect "__gc",
    Mode "__mode",
    ToString "__tostring",
    Name "__name",
    Pairs "__pairs",
    Metatable "__metatable",
}

// One bit each in a table's set of absent events.
const _: () = assert!(MetaEvent::ALL.len() <= 32);

/// The interned names of all events.
pub struct MetaNames([Gc<LuaString>; MetaEvent::ALL.len()]);

impl MetaNames {
    pub(crate) fn new(heap: &mut Heap, strings: &mut StringTable) -> Result<MetaNames, OutOfMemory> {
        let mut names = [strings.get(heap, MetaEvent::Index.name().as_bytes())?; MetaEvent::ALL.len()];
        for (name, event) in names.iter_mut().zip(MetaEvent::ALL) {
            *name = strings.get(heap, event.name().as_bytes())?;
        }
        Ok(MetaNames(names))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Gc<LuaString>> {
        self.0.iter().copied()
    }

    /// The name of one event.
    #[inline]
    pub fn get(&self, event: MetaEvent) -> Gc<LuaString> {
        self.0[event as usize]
    }
}

impl Vm {
    /// The metamethod of a value; nil if it has none.
    #[inline(always)]
    pub fn metamethod(&self, value: Value, event: MetaEvent) -> Value {
        match self.metatable_of(value) {
            Some(metatable) => self.metamethod_in(metatable, event),
            None => Value::NIL,
        }
    }

    /// The metamethod in a metatable; nil if it has none. Absence is remembered until a `__` key is written.
    #[inline]
    pub fn metamethod_in(&self, metatable: Gc<Table>, event: MetaEvent) -> Value {
        let bit = 1u32 << event as u8;
        if metatable.absent_events() & bit != 0 {
            return Value::NIL;
        }
        let shape = metatable.shape();
        let slot =
            if shape.is_dictionary() { FAR_SLOT } else { shape.slot_of_name(event as usize, &self.meta_names.0) };
        let handler = match slot {
            0 => Value::NIL,
            FAR_SLOT => metatable.get_string(self.meta_names.get(event), self.strings.seed()),
            // SAFETY: the slot is one of the metatable's shape.
            slot => unsafe { metatable.field_slot_unchecked(u32::from(slot) - 1) },
        };
        if handler.is_nil() {
            metatable.set_absent_events(metatable.absent_events() | bit);
        }
        handler
    }
}
