//! What instructions do with values. An operation that needs a call says so by its step.

pub mod fast;

pub mod miss;

pub mod field;

pub mod element;

pub mod concat;

pub mod loops;
