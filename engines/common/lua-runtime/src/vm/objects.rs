//! Making objects, and raw reads and stores of tables, with what they need of the state.
//!
//! Every function hands the state's heap, shapes and seed to an operation of `objects`.

use std::collections::HashMap;

use super::Vm;
use super::native::NativeFn;
use crate::heap::OutOfMemory;
use crate::heap::object::{Gc, Header};
use crate::objects::function::{NativeFunction, NativeRole};
use crate::objects::string::{LuaString, SHORT_STRING_BYTES, new_long, new_long_of};
use crate::objects::table::{StoreError, Table};
use crate::value::Value;

/// The numbers by which objects are shown, given at the first use.
pub(super) struct ObjectNumbers {
    by_address: HashMap<u64, u32>,
    next: u32,
}

impl ObjectNumbers {
    pub(super) fn new() -> ObjectNumbers {
        ObjectNumbers { by_address: HashMap::new(), next: 1 }
    }

    /// Between marking and sweeping: forgets the objects that are about to be freed.
    pub(super) fn remove_unmarked(&mut self) {
        // SAFETY: nothing has been swept yet, so every object that got a number still exists.
        self.by_address.retain(|address, _| unsafe { Gc::<Header>::from_address(*address).is_marked() });
    }

    fn of(&mut self, address: u64) -> u32 {
        *self.by_address.entry(address).or_insert_with(|| {
            self.next += 1;
            self.next - 1
        })
    }
}

impl Vm {
    /// The string with these bytes.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    #[inline]
    pub fn string(&mut self, bytes: &[u8]) -> Result<Gc<LuaString>, OutOfMemory> {
        self.strings.get(&mut self.heap, bytes)
    }

    /// A string of `length` bytes that `fill` writes into zeroed memory.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn string_filled(&mut self, length: usize, fill: impl FnOnce(&mut [u8])) -> Result<Gc<LuaString>, OutOfMemory> {
        if length > SHORT_STRING_BYTES {
            return new_long(&mut self.heap, length, fill);
        }
        let mut bytes = [0; SHORT_STRING_BYTES];
        fill(&mut bytes[..length]);
        self.string(&bytes[..length])
    }

    /// The string of the parts, whose lengths are `length` together.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    ///
    /// # Panics
    /// If the parts have another length.
    pub fn string_of_parts<'a>(
        &mut self,
        length: usize,
        parts: impl Iterator<Item = &'a [u8]>,
    ) -> Result<Gc<LuaString>, OutOfMemory> {
        if length > SHORT_STRING_BYTES {
            return new_long_of(&mut self.heap, length, parts);
        }
        let mut bytes = [0; SHORT_STRING_BYTES];
        let mut end = 0;
        for part in parts {
            bytes[end..end + part.len()].copy_from_slice(part);
            end += part.len();
        }
        assert!(end == length, "parts of another length than the string");
        self.string(&bytes[..length])
    }

    /// An empty table with room for `array_capacity` elements and `slots` fields.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    #[inline]
    pub fn table(&mut self, array_capacity: u32, slots: u32) -> Result<Gc<Table>, OutOfMemory> {
        Gc::<Table>::allocate(&mut self.heap, &self.shapes, array_capacity, slots)
    }

    /// The number by which `tostring` and `%p` show an object: given at the first use, so that output repeats exactly. 0
    /// for what is no object: collections look at whatever has a number.
    pub fn object_number(&mut self, value: Value) -> u32 {
        value.as_object().map_or(0, |object| self.object_numbers.of(object.address()))
    }

    /// A library function without upvalues.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn native(
        &mut self,
        name: &'static str,
        function: NativeFn,
        role: NativeRole,
    ) -> Result<Gc<NativeFunction>, OutOfMemory> {
        Gc::<NativeFunction>::allocate(&mut self.heap, name, function, role, &[])
    }

    /// The raw value of a table under a key.
    #[inline]
    pub fn raw_get(&self, table: Gc<Table>, key: Value) -> Value {
        table.get(key, self.strings.seed())
    }

    /// A raw store.
    ///
    /// # Errors
    /// [`StoreError`].
    #[inline]
    pub fn raw_set(&mut self, table: Gc<Table>, key: Value, value: Value) -> Result<(), StoreError> {
        let seed = self.strings.seed();
        table.set(&mut self.heap, &mut self.shapes, key, value, seed)
    }

    /// A raw store under a string that need not exist yet.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn raw_set_name(&mut self, table: Gc<Table>, name: &str, value: Value) -> Result<(), OutOfMemory> {
        let key = self.string(name.as_bytes())?;
        let seed = self.strings.seed();
        table.set_string(&mut self.heap, &mut self.shapes, key, value, seed)
    }
}
