//! What the library keeps of a Lua state, beside its tables: the files of `io`, the generator of `math.random`, whether
//! warnings are written.

use engine_api::{Host, Stream};
use lua_runtime::{Gc, LibraryState, Marker, Table, Userdata, Vm};

use crate::random::RandomState;

/// The library's state.
pub(super) struct State {
    /// The files of `io`.
    pub(super) io: IoState,
    /// The generator of `math.random`.
    pub(super) random: RandomState,
    /// Whether warnings are written (`warn("@on")`).
    pub(super) warns: bool,
}

/// The files of `io`, and their metatable. All of it is set when `io` is opened.
#[derive(Default)]
pub(super) struct IoState {
    /// The metatable of handles.
    pub(super) metatable: Option<Gc<Table>>,
    /// Standard input, for `loadfile` without a name.
    pub(super) standard_input: Option<Gc<Userdata>>,
    /// The default file of `io.read`.
    pub(super) input: Option<Gc<Userdata>>,
    /// The default file of `io.write`.
    pub(super) output: Option<Gc<Userdata>>,
}

impl IoState {
    fn trace(&self, marker: &mut Marker) {
        if let Some(metatable) = self.metatable {
            marker.mark(metatable.header());
        }
        for file in [self.standard_input, self.input, self.output].into_iter().flatten() {
            marker.mark(file.header());
        }
    }
}

impl State {
    /// The state of a library whose random numbers begin with `seed`.
    pub(super) fn new(seed: u64) -> State {
        State { io: IoState::default(), random: RandomState::seeded(seed, 0), warns: false }
    }

    /// That of a Lua state.
    pub(super) fn of(vm: &Vm) -> &State {
        vm.library_state()
    }

    /// That of a Lua state, to be changed.
    pub(super) fn of_mut(vm: &mut Vm) -> &mut State {
        vm.library_state_mut()
    }
}

impl LibraryState for State {
    fn trace(&self, marker: &mut Marker) {
        self.io.trace(marker);
    }

    fn warn(&mut self, host: &mut dyn Host, message: &[u8]) {
        if self.warns {
            let line = [b"Lua warning: ", message, b"\n"].concat();
            // An error here is one of standard error: there is no stream left on which to report it.
            let _written = host.write(Stream::Err, &line).and_then(|()| host.flush(Stream::Err));
        }
    }
}
