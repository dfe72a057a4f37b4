//! The standard library: one file a table of functions, and a folder for what needs several.
//!
//! Every function has the signature [`lua_runtime::NativeFn`] and serves all engines; none knows how an engine
//! lays out frames. Read `entries` and `state` first, then any table of functions.
#![forbid(unsafe_code)]

mod entries;

mod state;

mod bytes;

mod outcome;

mod base;

mod loading;

mod warning;

mod garbage;

mod math;

pub mod random;

mod string;

mod utf8;

mod table;

mod os;

mod io;

mod package;

mod coroutine;

mod debug;

use lua_runtime::{OutOfMemory, Vm};

use self::state::State;

/// Fills `_G`.
///
/// # Errors
/// [`OutOfMemory`].
pub fn open(vm: &mut Vm) -> Result<(), OutOfMemory> {
    let seed = vm.strings.seed();
    vm.set_library_state(Box::new(State::new(seed)));
    base::open(vm)?;
    loading::open(vm)?;
    warning::open(vm)?;
    garbage::open(vm)?;
    math::open(vm)?;
    string::open(vm)?;
    utf8::open(vm)?;
    table::open(vm)?;
    os::open(vm)?;
    io::open(vm)?;
    coroutine::open(vm)?;
    debug::open(vm)?;
    // Last, because it lists the others.
    package::open(vm)
}
