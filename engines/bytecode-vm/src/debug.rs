//! Frames as people and programs see them: names, positions, tracebacks, the debug library and its hook.

pub(crate) mod inspect;

pub(crate) mod inspection;

pub(crate) mod trace;
