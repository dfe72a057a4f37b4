//! What a panic must not leave half done.
//!
//! A library function may catch a panic and go on. Of most operations nothing is left then but what they were asked to
//! change; those that are named here leave marks, free lists or frames that the next operation would believe.

/// An operation that is under way. It is forgotten when it is done; if a panic drops it, the process ends.
pub(super) struct Unfinished {
    /// Whether somebody could go on after a panic who must not.
    is_believed: bool,
}

impl Unfinished {
    /// One that leaves something half done, if `is_believed` by anybody who could go on.
    #[inline(always)]
    pub(super) fn begin(is_believed: bool) -> Unfinished {
        Unfinished { is_believed }
    }

    /// It is done.
    #[inline(always)]
    pub(super) fn end(self) {
        std::mem::forget(self);
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // A second panic while the first one unwinds ends the process.
        assert!(!self.is_believed, "a panic has left a Lua state half changed");
    }
}
