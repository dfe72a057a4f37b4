//! Lua strings: immutable bytes. Short ones are interned, so that equality of short strings is pointer equality.
//!
//! This file knows bytes only; number formats are in `number`, the functions on strings in the library.

use std::mem::MaybeUninit;
use std::ptr::NonNull;

use crate::heap::object::{Gc, Header, Kind};
use crate::heap::{Heap, OutOfMemory};

/// Strings up to this many bytes are interned.
pub const SHORT_STRING_BYTES: usize = 40;

/// [`Header::flags`]: interned.
pub const STRING_SHORT: u8 = 1;
/// [`Header::flags`]: [`Header::word`] holds the hash.
const STRING_HASHED: u8 = 2;
/// [`Header::flags`]: starts with two underscores, so that a write to such a key may change a metatable.
pub const STRING_META_KEY: u8 = 4;

/// A string. The bytes follow the fixed part.
#[repr(C)]
pub struct LuaString {
    header: Header,
    length: usize,
}

/// Offset of the length in bytes.
pub const STRING_LENGTH_OFFSET: usize = 8;
/// Offset of the first byte.
pub const STRING_BYTES_OFFSET: usize = 16;

const _: () = {
    assert!(std::mem::offset_of!(LuaString, length) == STRING_LENGTH_OFFSET);
    assert!(size_of::<LuaString>() == STRING_BYTES_OFFSET);
};

impl Gc<LuaString> {
    /// The bytes. Valid as long as the string is reachable (see [`Gc`]): strings never change and never move.
    #[inline(always)]
    pub fn bytes<'a>(self) -> &'a [u8] {
        // SAFETY: the object is live (see `Gc`), `length` bytes follow it and are never written again.
        unsafe {
            std::slice::from_raw_parts(self.as_ptr().cast::<u8>().add(STRING_BYTES_OFFSET), (*self.as_ptr()).length)
        }
    }

    /// Length in bytes.
    #[inline(always)]
    pub fn length(self) -> usize {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).length }
    }

    /// Whether it is interned.
    #[inline(always)]
    pub fn is_short(self) -> bool {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).header.flags & STRING_SHORT != 0 }
    }

    /// Whether it starts with two underscores (and is short).
    #[inline(always)]
    pub fn is_meta_key(self) -> bool {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).header.flags & STRING_META_KEY != 0 }
    }

    /// The hash. For a long string it is computed at the first call.
    #[inline]
    pub fn hash(self, seed: u64) -> u32 {
        // SAFETY: the object is live (see `Gc`); nobody else holds a reference to its header.
        unsafe {
            let header = &mut (*self.as_ptr()).header;
            if header.flags & (STRING_SHORT | STRING_HASHED) == 0 {
                header.word = hash_bytes(self.bytes(), seed);
                header.flags |= STRING_HASHED;
            }
            header.word
        }
    }

    /// The text, with bytes that are not UTF-8 replaced. For messages.
    pub fn to_text(self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }
}

/// Slots of an empty set of interned strings.
const FIRST_SLOTS: usize = 1024;

/// The set of interned strings. Holds them weakly: a collection removes the dead ones.
pub struct StringTable {
    /// Open addressing with linear probing; the length is a power of two.
    slots: Vec<Option<Gc<LuaString>>>,
    count: usize,
    seed: u64,
    /// The strings of one byte, which are in `slots` too, as far as they were asked for since the last collection.
    bytes: Box<[Option<Gc<LuaString>>; 256]>,
}

impl StringTable {
    pub(crate) fn new(seed: u64) -> StringTable {
        StringTable { slots: vec![None; FIRST_SLOTS], count: 0, seed, bytes: Box::new([None; 256]) }
    }

    /// The seed of all string hashes of this instance.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The string with these bytes: the interned one if it is short, a new object if it is long.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn get(&mut self, heap: &mut Heap, bytes: &[u8]) -> Result<Gc<LuaString>, OutOfMemory> {
        if let [byte] = bytes {
            return match self.bytes[usize::from(*byte)] {
                Some(string) => Ok(string),
                None => {
                    let string = self.intern(heap, bytes)?;
                    self.bytes[usize::from(*byte)] = Some(string);
                    Ok(string)
                }
            };
        }
        if bytes.len() > SHORT_STRING_BYTES {
            return new_long(heap, bytes.len(), |target| target.copy_from_slice(bytes));
        }
        self.intern(heap, bytes)
    }

    /// The short string with these bytes.
    fn intern(&mut self, heap: &mut Heap, bytes: &[u8]) -> Result<Gc<LuaString>, OutOfMemory> {
        let hash = hash_bytes(bytes, self.seed);
        let at = match self.lookup(bytes, hash) {
            Ok(string) => return Ok(string),
            Err(vacant) => vacant,
        };
        let meta = if bytes.starts_with(b"__") { STRING_META_KEY } else { 0 };
        let header = Header::new(Kind::String, STRING_SHORT | meta, 0, hash);
        let string = new_string(heap, header, bytes.len(), |target| target.copy_from_slice(bytes))?;
        self.slots[at] = Some(string);
        self.count += 1;
        if self.count * 2 > self.slots.len() {
            self.grow();
        }
        Ok(string)
    }

    /// The interned string with these bytes, which have this hash, or the slot where it belongs.
    #[inline(always)]
    fn lookup(&self, bytes: &[u8], hash: u32) -> Result<Gc<LuaString>, usize> {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while let Some(string) = self.slots[at] {
            // SAFETY: interned strings are live (the collection removes dead ones).
            if unsafe { (*string.as_ptr()).header.word } == hash && is_same(string.bytes(), bytes) {
                return Ok(string);
            }
            at = (at + 1) & mask;
        }
        Err(at)
    }

    /// The interned string with these bytes, if there is one.
    pub(crate) fn find(&self, bytes: &[u8]) -> Option<Gc<LuaString>> {
        self.lookup(bytes, hash_bytes(bytes, self.seed)).ok()
    }

    /// The interned strings.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Gc<LuaString>> + '_ {
        self.slots.iter().copied().flatten()
    }

    fn grow(&mut self) {
        let larger = vec![None; self.slots.len() * 2];
        for string in std::mem::replace(&mut self.slots, larger).into_iter().flatten() {
            self.reinsert(string);
        }
    }

    fn reinsert(&mut self, string: Gc<LuaString>) {
        let mask = self.slots.len() - 1;
        let mut at = string.hash(self.seed) as usize & mask;
        while self.slots[at].is_some() {
            at = (at + 1) & mask;
        }
        self.slots[at] = Some(string);
    }

    /// Drops every string that the collection did not mark. Called between marking and sweeping.
    pub(crate) fn remove_unmarked(&mut self) {
        // SAFETY: nothing has been swept yet, so every interned string still exists.
        let is_live = |string: &Gc<LuaString>| unsafe { (*string.as_ptr()).header.mark } != 0;
        let live: Vec<_> = self.slots.iter().copied().flatten().filter(is_live).collect();
        self.count = live.len();
        // As many as are dead now may come until the next collection. A table that stays large after a peak would cost each
        // collection as much as the peak.
        let length =
            (self.slots.len() / 2).max(live.len() * 4).next_power_of_two().clamp(FIRST_SLOTS, self.slots.len());
        if length == self.slots.len() {
            self.slots.fill(None);
        } else {
            self.slots = vec![None; length];
        }
        for string in live {
            self.reinsert(string);
        }
        self.bytes.fill(None);
    }
}

/// Whether two short texts are the same, most of which are a word or two: too short for a call of the C library.
#[inline(always)]
fn is_same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len()
        && left.chunks_exact(8).zip(right.chunks_exact(8)).all(|(left, right)| word_of(left) == word_of(right))
        && last_word(left) == last_word(right)
}

#[inline(always)]
fn word_of(chunk: &[u8]) -> u64 {
    u64::from_le_bytes(chunk.try_into().expect("a chunk of eight"))
}

/// A new long string of `length` bytes that `fill` writes. For results that are known to be long, without a copy.
///
/// # Errors
/// [`OutOfMemory`].
pub(crate) fn new_long(
    heap: &mut Heap,
    length: usize,
    fill: impl FnOnce(&mut [u8]),
) -> Result<Gc<LuaString>, OutOfMemory> {
    debug_assert!(length > SHORT_STRING_BYTES);
    new_string(heap, Header::new(Kind::String, 0, 0, 0), length, fill)
}

/// A new long string of `length` bytes, which the parts have together.
///
/// # Errors
/// [`OutOfMemory`].
///
/// # Panics
/// If the parts have another length.
pub(crate) fn new_long_of<'a>(
    heap: &mut Heap,
    length: usize,
    parts: impl Iterator<Item = &'a [u8]>,
) -> Result<Gc<LuaString>, OutOfMemory> {
    debug_assert!(length > SHORT_STRING_BYTES);
    let string = heap.allocate(length, LuaString { header: Header::new(Kind::String, 0, 0, 0), length })?;
    // SAFETY: as in `new_string`; nobody sees the bytes before all of them are written.
    let mut target = unsafe {
        let start = string.as_ptr().cast::<MaybeUninit<u8>>().add(STRING_BYTES_OFFSET);
        std::slice::from_raw_parts_mut(start, length)
    };
    for part in parts {
        let (here, rest) = target.split_at_mut(part.len());
        here.write_copy_of_slice(part);
        target = rest;
    }
    assert!(target.is_empty(), "parts that are shorter than the string");
    Ok(string)
}

fn new_string(
    heap: &mut Heap,
    header: Header,
    length: usize,
    fill: impl FnOnce(&mut [u8]),
) -> Result<Gc<LuaString>, OutOfMemory> {
    let string = heap.allocate(length, LuaString { header, length })?;
    // SAFETY: `allocate` gave `length` bytes behind the fixed part, and nobody else has the pointer yet. They are
    // zeroed first, so that `fill` never sees uninitialised memory.
    unsafe {
        let start = NonNull::new_unchecked(string.as_ptr().cast::<u8>().add(STRING_BYTES_OFFSET));
        start.as_ptr().write_bytes(0, length);
        fill(std::slice::from_raw_parts_mut(start.as_ptr(), length));
    }
    Ok(string)
}

/// A seeded multiply-and-fold hash over 8-byte words. Not cryptographic: it spreads identifiers and numbers well.
pub fn hash_bytes(bytes: &[u8], seed: u64) -> u32 {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut state = seed ^ (bytes.len() as u64).wrapping_mul(FACTOR);
    for word in bytes.chunks_exact(8) {
        state = fold(state ^ word_of(word));
    }
    state = fold(state ^ last_word(bytes));
    (state ^ (state >> 32)) as u32
}

/// The bytes behind the last whole word, with zeros above them. They are put together in registers: through a buffer, the
/// load of the word would wait for the stores of its bytes.
#[inline(always)]
fn last_word(bytes: &[u8]) -> u64 {
    let count = bytes.len() % 8;
    if count == 0 {
        return 0;
    }
    if let Some(word) = bytes.last_chunk::<8>() {
        return u64::from_le_bytes(*word) >> (8 * (8 - count));
    }
    if let (Some(low), Some(high)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return u64::from(u32::from_le_bytes(*low)) | u64::from(u32::from_le_bytes(*high)) << (8 * (count - 4));
    }
    let at = |index: usize| u64::from(bytes[index]) << (8 * index);
    at(0) | at(count / 2) | at(count - 1)
}

#[inline(always)]
fn fold(word: u64) -> u64 {
    let product = u128::from(word) * 0xD6E8_FEB8_6659_FD93_u128;
    (product as u64) ^ ((product >> 64) as u64)
}

#[cfg(test)]
mod tests;
