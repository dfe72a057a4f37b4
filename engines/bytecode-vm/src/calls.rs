//! Calls and how they end: frames are made, results delivered, variables closed, coroutines switched, errors caught.

pub mod plain_call;

pub mod close;

mod results;

pub(crate) mod protect;

pub(crate) mod coroutine;

pub mod continuation;

pub mod call;

pub(crate) mod unwind;
