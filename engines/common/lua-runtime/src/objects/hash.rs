//! The hash part of a table: an insertion-ordered map from any key but nil and NaN to values.
//!
//! Entries lie in the order of their insertion; an index with open addressing finds them. Assigning nil keeps the entry,
//! so that a traversal can go on from a key whose value it cleared; dead entries are dropped when the map is rebuilt,
//! which happens only when a new key finds it full. It knows no metatables and no arrays.

use crate::heap::{Heap, OutOfMemory};
use crate::value::{Tag, Value};

const FIRST_CAPACITY: usize = 4;
const VACANT: u32 = u32::MAX;

/// A key with its value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) key: Value,
    pub(crate) value: Value,
}

/// The map. `entries` never exceeds its capacity, so that growing has one place and is accounted there.
#[derive(Default)]
pub(crate) struct HashPart {
    entries: Vec<Entry>,
    /// Entry number, or [`VACANT`]; the length is a power of two and at least twice the capacity of `entries`.
    index: Vec<u32>,
    capacity: usize,
    /// Entries whose key is an integer: the array part looks here only if there are some.
    integer_keys: usize,
}

impl HashPart {
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn entries_mut(&mut self) -> &mut [Entry] {
        &mut self.entries
    }

    pub(crate) fn has_integer_keys(&self) -> bool {
        self.integer_keys > 0
    }

    /// The number of the entry with this key, whether its value is nil or not.
    #[inline]
    pub(crate) fn find(&self, key: Value, seed: u64) -> Option<u32> {
        // Keys are in one form each: a float with an integral value is an integer, and equal short strings are one object.
        // Only long strings must be compared.
        match key.as_string() {
            Some(string) if !string.is_short() => self.find_by(key, seed, |known| known.raw_equals(key)),
            _ => self.find_by(key, seed, |known| known.payload == key.payload && known.tag == key.tag),
        }
    }

    #[inline(always)]
    fn find_by(&self, key: Value, seed: u64, is_key: impl Fn(Value) -> bool) -> Option<u32> {
        if self.index.is_empty() {
            return None;
        }
        let mask = self.index.len() - 1;
        let mut at = hash_value(key, seed) as usize & mask;
        loop {
            // SAFETY: the length is a power of two and not zero, so that the mask keeps the position below it.
            match unsafe { *self.index.get_unchecked(at) } {
                VACANT => return None,
                // SAFETY: the index holds numbers of entries only.
                number if is_key(unsafe { self.entries.get_unchecked(number as usize) }.key) => return Some(number),
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// The value under a key; nil if there is none.
    #[inline]
    pub(crate) fn get(&self, key: Value, seed: u64) -> Value {
        match self.find(key, seed) {
            Some(number) => self.entries[number as usize].value,
            None => Value::NIL,
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.entries.len() == self.capacity
    }

    /// Adds an entry whose key is not present. There must be room.
    pub(crate) fn add(&mut self, key: Value, value: Value, seed: u64) {
        debug_assert!(!self.is_full());
        let number = self.entries.len() as u32;
        self.entries.push(Entry { key, value });
        self.integer_keys += usize::from(key.tag == Tag::Integer);
        self.link(number, seed);
    }

    fn link(&mut self, number: u32, seed: u64) {
        let mask = self.index.len() - 1;
        let mut at = hash_value(self.entries[number as usize].key, seed) as usize & mask;
        while self.index[at] != VACANT {
            at = (at + 1) & mask;
        }
        self.index[at] = number;
    }

    /// Drops dead entries and makes room for at least `extra` more.
    pub(crate) fn rebuild(&mut self, heap: &mut Heap, extra: usize, seed: u64) -> Result<(), OutOfMemory> {
        let live = self.entries.iter().filter(|entry| !entry.value.is_nil()).count();
        let mut capacity = FIRST_CAPACITY;
        // Room for a quarter more than what lives, so that a map under churn is not rebuilt at every insertion.
        while capacity < live + extra || capacity - live < capacity / 4 {
            capacity *= 2;
        }
        let slots = capacity * 2;
        heap.account(bytes_of(capacity, slots))?;
        let mut entries: Vec<Entry> = Vec::new();
        let mut index: Vec<u32> = Vec::new();
        if entries.try_reserve_exact(capacity).is_err() || index.try_reserve_exact(slots).is_err() {
            heap.unaccount(bytes_of(capacity, slots));
            return Err(OutOfMemory);
        }
        index.resize(slots, VACANT);
        entries.extend(self.entries.iter().filter(|entry| !entry.value.is_nil()));
        heap.unaccount(bytes_of(self.capacity, self.index.len()));
        self.integer_keys = entries.iter().filter(|entry| entry.key.tag == Tag::Integer).count();
        self.entries = entries;
        self.index = index;
        self.capacity = capacity;
        for number in 0..self.entries.len() {
            self.link(number as u32, seed);
        }
        Ok(())
    }

    /// Drops all entries and their room.
    pub(crate) fn clear(&mut self, heap: &mut Heap) {
        heap.unaccount(self.accounted_bytes());
        *self = HashPart::default();
    }

    /// Bytes that the map's tables were accounted for.
    pub(crate) fn accounted_bytes(&self) -> u64 {
        bytes_of(self.capacity, self.index.len())
    }
}

fn bytes_of(capacity: usize, slots: usize) -> u64 {
    (capacity * size_of::<Entry>() + slots * size_of::<u32>()) as u64
}

/// The hash of a key. Equal keys have equal hashes; floats with integral values never get here.
#[inline]
fn hash_value(key: Value, seed: u64) -> u32 {
    if let Some(string) = key.as_string() {
        return string.hash(seed);
    }
    let mixed = (key.payload ^ (key.tag as u64)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 32) as u32 ^ mixed as u32
}
