//! The one list of engines. Adding an engine changes this crate in three lines: a dependency and a feature in
//! `Cargo.toml`, and one entry below.
//!
//! This crate must know nothing about engines but where each one's `Engine` is.
#![forbid(unsafe_code)]

use engine_api::Engine;

/// The list. An entry is a crate's `&dyn Engine`, be it a constant or a static.
static ENGINES: &[&dyn Engine] = &[
    #[cfg(feature = "tree-walker")]
    tree_walker::ENGINE,
    #[cfg(feature = "bytecode-vm")]
    bytecode_vm::ENGINE,
];

/// Every engine of this build, in the order in which lists and figures show them.
pub fn engines() -> &'static [&'static dyn Engine] {
    ENGINES
}

/// The engine named `id`, if this build has it.
pub fn find(id: &str) -> Option<&'static dyn Engine> {
    engines().iter().copied().find(|engine| engine.info().id == id)
}
