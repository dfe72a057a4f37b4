//! A Lua state whose engine cannot run anything: enough for values, tables and the collector.

use engine_api::{Host, Interrupt, Limits, Settings, Start, Stream};
use lua_runtime::{EngineCode, EngineHooks, LoadFailure, Marker, Signal, Vm};

/// A host that swallows output and whose clocks stand still.
pub(crate) struct SilentHost;

impl Host for SilentHost {
    fn write(&mut self, _: Stream, _: &[u8]) -> std::io::Result<()> {
        Ok(())
    }

    fn flush(&mut self, _: Stream) -> std::io::Result<()> {
        Ok(())
    }

    fn monotonic_ns(&mut self) -> u64 {
        0
    }

    fn cpu_ns(&mut self) -> u64 {
        0
    }

    fn unix_seconds(&mut self) -> i64 {
        0
    }
}

/// Code of the engine of these tests.
pub(crate) struct CodeOfTests;

impl EngineCode for CodeOfTests {
    fn trace(&self, _: &mut Marker) {}

    fn accounted_bytes(&self) -> u64 {
        0
    }
}

static HOOKS: EngineHooks = EngineHooks {
    code: std::any::TypeId::of::<CodeOfTests>(),
    call: |vm, callee, count| match vm.slot(callee).as_native() {
        Some(native) => {
            // SAFETY: the frame of a library function begins there.
            unsafe { vm.set_frame_base(callee + 2) };
            (native.function())(vm, lua_runtime::Args { base: callee + 2, count })
        }
        None => Err(Signal::Fatal),
    },
    load: |_, _| Err(LoadFailure::OutOfMemory),
    origin: |_| unreachable!("this engine makes no functions"),
    position: |_, _| None,
    call_name: |_| None,
    traceback: |_, _| String::new(),
    free_slot: |vm| vm.frame_base(),
    close_variables: |_, error| Ok(error),
    next_to_close: |_| None,
    debug_library: None,
};

/// A fresh state under the given limits.
pub(crate) fn state_with(limits: Limits, knobs: &[(&str, &str)]) -> Box<Vm> {
    let mut settings = Settings::defaults(engine_api::knob::RUNTIME_KNOBS);
    for (name, value) in knobs {
        settings.set(name, value).expect("a runtime knob");
    }
    let start =
        Start { settings, host: Box::new(SilentHost), sink: None, interrupt: Interrupt::new(), limits, seed: 1 };
    // SAFETY: hooks and state are those of this engine, and no test is a function of a library that has two states.
    unsafe { Vm::new(start, &HOOKS, lua_runtime::EngineState::new(()), lua_library::open) }.expect("the library fits")
}

/// A fresh state without limits.
pub(crate) fn state() -> Box<Vm> {
    state_with(Limits::default(), &[])
}
