//! The contract with the harness: who the engine is, how an instance starts, and the hooks by which the runtime reaches
//! the engine. Every method of an instance is one of the runtime's; nothing here runs a program.

use std::any::TypeId;

use engine_api::knob::RUNTIME_KNOBS;
use engine_api::{
    Counters, Engine, EngineInfo, Failure, Family, FunctionRef, HostValue, Instance, Stage, Start, Unsupported,
};
use lua_runtime::{EngineHooks, EngineState, Vm};

use crate::call::call;
use crate::code::{FunctionCode, load, origin};
use crate::frame::{State, call_name, free_slot, position, traceback};

/// The engine.
pub const ENGINE: &dyn Engine = &Skeleton;

struct Skeleton;

static INFO: EngineInfo = EngineInfo {
    id: "skeleton",
    version: env!("CARGO_PKG_VERSION"),
    summary: "Walks the syntax tree as it is; a whole engine in small, to be copied",
    family: Family::TreeInterpreter,
    unit_of_compilation: None,
    deoptimises: false,
    knobs: RUNTIME_KNOBS,
};

static HOOKS: EngineHooks = EngineHooks {
    code: TypeId::of::<FunctionCode>(),
    call,
    load,
    origin,
    position,
    call_name,
    traceback,
    free_slot,
    // There are no to-be-closed variables, and nothing to tell the debug library.
    close_variables: |_, error| Ok(error),
    next_to_close: |_| None,
    debug_library: None,
};

impl Engine for Skeleton {
    fn info(&self) -> &'static EngineInfo {
        &INFO
    }

    fn start(&self, start: Start) -> Result<Box<dyn Instance>, Failure> {
        let state = EngineState::new(State::default());
        // SAFETY: hooks and state are this engine's, and the instance keeps the box to itself.
        let vm = unsafe { Vm::new(start, &HOOKS, state, lua_library::open) }?;
        Ok(Box::new(SkeletonInstance { vm }))
    }
}

/// One running Lua state.
struct SkeletonInstance {
    vm: Box<Vm>,
}

impl Instance for SkeletonInstance {
    fn load(&mut self, chunk_name: &str, source: &[u8]) -> Result<FunctionRef, Failure> {
        self.vm.load_for_host(chunk_name, source)
    }

    fn call(&mut self, function: FunctionRef, arguments: &[HostValue]) -> Result<Vec<HostValue>, Failure> {
        self.vm.call_for_host(function, arguments)
    }

    fn set_arguments(&mut self, script: &[u8], arguments: &[Vec<u8>]) -> Result<(), Failure> {
        self.vm.set_arguments_for_host(script, arguments)
    }

    fn release(&mut self, function: FunctionRef) {
        self.vm.release_for_host(function);
    }

    fn collect_garbage(&mut self) {
        self.vm.collect(0);
    }

    fn close(&mut self) -> Result<(), Failure> {
        self.vm.close_for_host()
    }

    fn counters(&self) -> Counters {
        self.vm.counters()
    }

    fn artifact(&mut self, _: FunctionRef, stage: Stage) -> Result<String, Failure> {
        Err(Failure::Unsupported(Unsupported { construct: format!("the stage {}", stage.name()), position: None }))
    }
}
