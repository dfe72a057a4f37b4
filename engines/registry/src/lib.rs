//! The one list of engines. Adding an engine changes this crate in three lines: a dependency and the default feature of
//! the same name in `Cargo.toml`, and one entry below. Nobody else names engines, so that nobody else needs to change.
//!
//! This crate must know nothing about engines but where each one's `Engine` is.
#![forbid(unsafe_code)]

use engine_api::Engine;

/// Makes the list from lines of engine id and crate. Each crate has its engine as the constant or static `ENGINE`.
macro_rules! engines {
    ($($id:literal $name:ident,)*) => {
        static ENGINES: &[&dyn Engine] = &[$(#[cfg(feature = $id)] $name::ENGINE,)*];
    };
}

engines! {
    "tree-walker" tree_walker,
    "bytecode-vm" bytecode_vm,
    "dynasm-method" dynasm_method,
    "cranelift-loop" cranelift_loop,
    "tiered" tiered,
}

/// Every engine of this build, in the order in which lists and figures show them.
pub fn engines() -> &'static [&'static dyn Engine] {
    ENGINES
}

/// The engine named `id`, if this build has it.
pub fn find(id: &str) -> Option<&'static dyn Engine> {
    engines().iter().copied().find(|engine| engine.info().id == id)
}
