//! What Lua's operators do with any values, the words of their errors, and the arguments of library functions.
//!
//! Nothing here calls into Lua but through `Vm::call`.

pub mod operators;

mod field;

pub mod for_loop;

pub mod fault;

mod arguments;
