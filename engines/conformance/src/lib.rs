//! Lua cases and the runner that checks every engine against them.
