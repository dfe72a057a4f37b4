//! Byte strings for library functions: a result that grows within the heap limit, and the search for one byte.
//!
//! It knows the heap only as a limit; nothing here touches a stack slot.

use lua_runtime::{Gc, LuaString, OutOfMemory, Vm};

/// Room of a string in the making once there is something in it.
const FIRST_BYTES: usize = 128;

/// A string in the making. It lives outside the Lua heap but never grows past what the heap limit leaves, and running
/// out of memory is an error of the Lua program, not the end of the process.
pub(super) struct Buffer {
    bytes: Vec<u8>,
    room_bytes: usize,
}

impl Buffer {
    /// An empty one. Its room is what the heap limit leaves now for it and the string made of it.
    pub(super) fn new(vm: &Vm) -> Buffer {
        Buffer { bytes: Vec::new(), room_bytes: usize::try_from(vm.heap.room_bytes()).unwrap_or(usize::MAX) }
    }

    /// Appends `bytes`.
    #[inline]
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), OutOfMemory> {
        self.reserve(bytes.len())?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Appends `count` times the same byte.
    pub(super) fn fill(&mut self, byte: u8, count: usize) -> Result<(), OutOfMemory> {
        self.reserve(count)?;
        self.bytes.resize(self.bytes.len() + count, byte);
        Ok(())
    }

    #[inline]
    fn reserve(&mut self, more: usize) -> Result<(), OutOfMemory> {
        if self.bytes.capacity() - self.bytes.len() >= more { Ok(()) } else { self.grow(more) }
    }

    #[cold]
    fn grow(&mut self, more: usize) -> Result<(), OutOfMemory> {
        let needed = self.bytes.len().checked_add(more).ok_or(OutOfMemory)?;
        if needed > self.room_bytes {
            return Err(OutOfMemory);
        }
        let capacity = self.bytes.capacity().saturating_mul(2).max(FIRST_BYTES).clamp(needed, self.room_bytes);
        self.bytes.try_reserve_exact(capacity - self.bytes.len()).map_err(|_| OutOfMemory)
    }

    /// Its length so far.
    pub(super) fn length(&self) -> usize {
        self.bytes.len()
    }

    /// Its bytes so far.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The finished string.
    pub(super) fn finish(self, vm: &mut Vm) -> Result<Gc<LuaString>, OutOfMemory> {
        vm.string(&self.bytes)
    }
}

/// The index of the first `byte` in `haystack`, found eight bytes at a time.
pub(super) fn find_byte(haystack: &[u8], byte: u8) -> Option<usize> {
    const LOW: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let pattern = u64::from_ne_bytes([byte; 8]);
    let (words, _) = haystack.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        // A byte of `difference` is zero where the haystack has the byte; subtracting one from each byte then borrows
        // into its high bit. Bytes above a zero byte may light up too, so the exact place is looked up afterwards.
        let difference = u64::from_ne_bytes(*word) ^ pattern;
        if difference.wrapping_sub(LOW) & !difference & HIGH != 0 {
            let within = word.iter().position(|candidate| *candidate == byte)?;
            return Some(index * 8 + within);
        }
    }
    let rest = words.len() * 8;
    haystack[rest..].iter().position(|candidate| *candidate == byte).map(|within| rest + within)
}

#[cfg(test)]
mod tests;
