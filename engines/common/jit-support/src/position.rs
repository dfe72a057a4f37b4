//! The two kinds of position that a JIT relates: bytes of machine code and indices of bytecode.
//!
//! Both are numbers of 32 bits, and mixing them up gives maps that look right. How one leads to the other is in
//! [`crate::map`].

use std::fmt;

/// A distance in bytes from the start of a unit's machine code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CodeOffset(pub u32);

/// The index of an instruction word in a function's bytecode, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BytecodePc(pub u32);

impl CodeOffset {
    /// The start of the code.
    pub const START: CodeOffset = CodeOffset(0);

    /// The offset as an index into the bytes of the code.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Four or more hexadecimal digits, as in listings.
impl fmt::Display for CodeOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}", self.0)
    }
}

impl fmt::Display for BytecodePc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
