//! Frames as people and programs see them: names, positions, tracebacks, the debug library and its hook.

pub(crate) mod backtrace;

pub(crate) mod debug_library;

pub(crate) mod debug_hook;
