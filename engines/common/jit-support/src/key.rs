//! The identity of a unit of compilation: what it was compiled from.
//!
//! Two functions with the same bytecode and constants have the same key, even if they were loaded at different times,
//! and share one unit. A key keeps what it was made from, because two functions with equal hashes must not share code.
//! This file must not know what the words mean; an engine feeds in whatever its compiler reads and cannot change.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

/// The identity of a unit. Cheap to clone.
#[derive(Clone)]
pub struct UnitKey {
    hash: u64,
    content: Rc<[u8]>,
}

impl UnitKey {
    /// An empty description, to be filled.
    pub fn builder() -> UnitKeyBuilder {
        UnitKeyBuilder { content: Vec::new() }
    }

    /// The hash of the content: the same in every run of one build.
    pub fn content_hash(&self) -> u64 {
        self.hash
    }
}

impl PartialEq for UnitKey {
    fn eq(&self, other: &UnitKey) -> bool {
        self.hash == other.hash && self.content == other.content
    }
}

impl Eq for UnitKey {}

impl Hash for UnitKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// Sixteen hexadecimal digits of the hash.
impl fmt::Debug for UnitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnitKey({:016x})", self.hash)
    }
}

/// Collects what a unit is compiled from. Every part is stored with its length, so that parts cannot run together.
#[derive(Debug)]
pub struct UnitKeyBuilder {
    content: Vec<u8>,
}

impl UnitKeyBuilder {
    /// Adds a number: a kind of unit, the bytecode index of a loop header, an integer or the bits of a float.
    pub fn number(mut self, number: u64) -> UnitKeyBuilder {
        self.content.extend(number.to_le_bytes());
        self
    }

    /// Adds bytes: a string constant.
    pub fn bytes(self, bytes: &[u8]) -> UnitKeyBuilder {
        let mut builder = self.number(bytes.len() as u64);
        builder.content.extend(bytes);
        builder
    }

    /// Adds instruction words.
    pub fn words(self, words: &[u32]) -> UnitKeyBuilder {
        let mut builder = self.number(words.len() as u64);
        builder.content.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        builder
    }

    /// The key.
    pub fn finish(self) -> UnitKey {
        let mut hasher = DefaultHasher::new();
        hasher.write(&self.content);
        UnitKey { hash: hasher.finish(), content: self.content.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_content_is_an_equal_key() {
        let key = || UnitKey::builder().number(7).words(&[1, 2]).bytes(b"abc").finish();
        assert_eq!(key(), key());
        assert_eq!(key().content_hash(), key().content_hash());
    }

    #[test]
    fn parts_do_not_run_together() {
        let key = |parts: &[&[u8]]| parts.iter().fold(UnitKey::builder(), |key, part| key.bytes(part)).finish();
        assert_ne!(key(&[b"ab", b"c"]), key(&[b"a", b"bc"]));
        assert_ne!(key(&[b"ab"]), key(&[b"ab", b""]));
        assert_ne!(UnitKey::builder().words(&[1]).finish(), UnitKey::builder().words(&[1, 0]).finish());
    }

    #[test]
    fn equal_hashes_are_not_enough() {
        let key = |content: &[u8]| UnitKey { hash: 1, content: content.into() };
        assert_ne!(key(b"a"), key(b"b"));
    }
}
