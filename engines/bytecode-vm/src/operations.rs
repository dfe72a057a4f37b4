//! What instructions do with values. An operation that needs a call says so by its step.

pub mod register;

pub mod number;

pub(crate) mod enter;

pub mod slow_path;

pub mod field;

pub mod element;

pub mod concat;

pub mod for_loop;
