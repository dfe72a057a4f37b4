//! Table constructors.

use lua_runtime::Marker;
use lua_runtime::shape::Shape;
use lua_runtime::{AllocationSite, Gc, LuaString, Table, Value};

use crate::frame::{Frame, Raised, SiteId, Slot};
use crate::node::{Expression, Node, Ref, ValueList};
use crate::operand::{Captured, Operand, Source};

/// `{}`.
pub(crate) struct EmptyTable {
    /// How large the tables become.
    pub(crate) site: AllocationSite,
}

impl Node for EmptyTable {
    fn trace(&self, _: &mut Marker) {
        self.site.forget();
    }
}

impl Expression for EmptyTable {
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        let table = frame.vm.table(0, self.site.next_capacity(0));
        let table = frame.checked(table.map_err(Into::into))?;
        self.site.made(table);
        Ok(Value::from(table))
    }
}

/// A constructor of a few items whose keys are known: different short names, and positions.
///
/// All values are evaluated first; then the table is made in its final shape.
pub(crate) struct KnownTable {
    /// The shape of the named fields; the shape of `{}` if there are none.
    pub(crate) shape: Gc<Shape>,
    /// How large the tables become.
    pub(crate) site: AllocationSite,
    /// The values in source order, each with the slot where it is kept.
    pub(crate) values: Box<[(Slot, Source)]>,
    /// Where the values of the named fields are, in the order of the shape.
    pub(crate) fields: Slot,
    pub(crate) field_count: u32,
    /// Where the values of the positional items are.
    pub(crate) elements: Slot,
    pub(crate) element_count: u32,
}

impl Node for KnownTable {
    fn trace(&self, marker: &mut Marker) {
        self.site.forget();
        marker.mark(self.shape.header());
        self.values.iter().for_each(|(_, value)| value.trace(marker));
    }
}

impl Expression for KnownTable {
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        for (slot, source) in &self.values {
            let value = source.value(frame)?;
            frame.set(*slot, value);
        }
        // SAFETY: the slots are in the frame and were written just above; making a table does not touch the stack.
        let fields = unsafe { frame.slice(self.fields, self.field_count) };
        let capacity = self.site.next_capacity(self.field_count);
        let table = Gc::<Table>::with_fields(&mut frame.vm.heap, &frame.vm.shapes, self.shape, fields, capacity);
        let table = frame.checked(table.map_err(Into::into))?;
        self.site.made(table);
        if self.element_count > 0 {
            append(frame, table, 1, self.elements, self.element_count)?;
        }
        Ok(Value::from(table))
    }
}

/// An item of a constructor, or what happens between items.
pub(crate) enum Item {
    /// Evaluates a positional item into a slot.
    Positional {
        /// The slot.
        to: Slot,
        /// The value.
        value: Source,
    },
    /// Puts the last positional items into the table.
    Flush {
        /// The key of the first of them.
        first_key: u32,
        /// How many there are.
        count: u32,
    },
    /// `name = value`.
    Named {
        /// The name.
        key: Gc<LuaString>,
        /// The value.
        value: Source,
    },
    /// `[key] = value`.
    Keyed {
        /// The key.
        key: Source,
        /// The key, if it is a captured variable that waits for the value.
        waiting: Option<Captured>,
        /// The value.
        value: Source,
        /// For errors: a key may be nil or NaN.
        site: SiteId,
    },
}

/// Any constructor. Positional items wait in slots and go into the table in groups, as in PUC Lua, so that of two items
/// for one key the same one wins.
pub(crate) struct AnyTable {
    /// Where the table is while the items are evaluated. The slots above it are for waiting items; one more behind
    /// them is for a key.
    pub(crate) slot: Slot,
    /// The slot for a key.
    pub(crate) key_slot: Slot,
    pub(crate) items: Box<[Item]>,
    /// A call or `...` as the last item, with the key of its first value.
    pub(crate) last: Option<(u32, Ref<dyn ValueList>)>,
    /// Where it stands, for polls.
    pub(crate) site: SiteId,
}

impl Node for AnyTable {
    fn trace(&self, marker: &mut Marker) {
        for item in &self.items {
            match item {
                Item::Positional { to: _, value } => value.trace(marker),
                Item::Flush { first_key: _, count: _ } => {}
                Item::Named { key, value } => {
                    marker.mark(key.header());
                    value.trace(marker);
                }
                Item::Keyed { key, waiting: _, value, site: _ } => {
                    key.trace(marker);
                    value.trace(marker);
                }
            }
        }
    }
}

impl Expression for AnyTable {
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        let table = frame.vm.table(0, 0);
        let table = frame.checked(table.map_err(Into::into))?;
        frame.set(self.slot, Value::from(table));
        for item in &self.items {
            self.add(frame, table, item)?;
        }
        if let Some((first_key, last)) = self.last {
            let from = self.slot.offset(1);
            let count = last.evaluate_all(frame, from)?;
            append(frame, table, first_key, from, count)?;
        }
        Ok(Value::from(table))
    }
}

impl AnyTable {
    fn add(&self, frame: &mut Frame<'_>, table: Gc<Table>, item: &Item) -> Result<(), Raised> {
        match item {
            Item::Positional { to, value } => {
                let value = value.value(frame)?;
                frame.set(*to, value);
                Ok(())
            }
            Item::Flush { first_key, count } => {
                append(frame, table, *first_key, self.slot.offset(1), *count)?;
                // A long list may make much garbage without any loop or call.
                frame.poll_between(self.site)
            }
            Item::Named { key, value } => {
                let value = value.value(frame)?;
                let vm = &mut *frame.vm;
                let seed = vm.strings.seed();
                let stored = table.set_string(&mut vm.heap, &mut vm.shapes, *key, value, seed);
                frame.checked(stored.map_err(Into::into))
            }
            Item::Keyed { key, waiting, value, site } => {
                let mut key = key.value(frame)?;
                frame.set(self.key_slot, key);
                let value = value.value(frame)?;
                if let Some(waiting) = waiting {
                    key = waiting.value(frame)?;
                }
                frame.slow_store(Value::from(table), key, value, *site)
            }
        }
    }
}

/// Puts `count` values from slot `from` on into a new table, under the keys from `first_key` on.
fn append(frame: &mut Frame<'_>, table: Gc<Table>, first_key: u32, from: Slot, count: u32) -> Result<(), Raised> {
    // SAFETY: the slots are in the frame and hold values; filling a table does not touch the stack.
    let values = unsafe { frame.slice(from, count) };
    let seed = frame.vm.strings.seed();
    let stored = table.set_list(&mut frame.vm.heap, first_key, values, seed);
    frame.checked(stored.map_err(Into::into))
}
