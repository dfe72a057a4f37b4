//! Garbage collection: marking, finalisers, sweeping, and the check of the heap's invariants.
//!
//! It knows every kind of object and nothing of the Lua state: `vm` lists the roots and says when it is time.

pub(crate) mod collect;

pub(crate) mod finalizers;

pub(crate) mod check;
