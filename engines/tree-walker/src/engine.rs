//! The engine and its instances, as `engine-api` wants them.

#[cfg(test)]
mod tests;

use std::any::TypeId;

use engine_api::knob::RUNTIME_KNOBS;
use engine_api::{
    Counters, Engine, EngineInfo, Failure, Family, FunctionRef, HostValue, Instance, Stage, Start, Unsupported,
};
use lua_runtime::{EngineHooks, EngineState, Vm};
use lua_syntax::print::print_part;

use crate::backtrace::{call_name, free_slot, position, traceback};
use crate::call::call_from_native;
use crate::close::pop;
use crate::code::{FunctionCode, code_of};
use crate::compile::{load, origin};
use crate::coroutine::close_variables;
use crate::debug_library::DEBUG_LIBRARY;
use crate::state::State;

/// The engine.
pub const ENGINE: &dyn Engine = &TreeWalker;

struct TreeWalker;

static INFO: EngineInfo = EngineInfo {
    id: "tree-walker",
    version: env!("CARGO_PKG_VERSION"),
    summary: "Walks the resolved syntax tree as specialised nodes with inline caches",
    family: Family::TreeInterpreter,
    unit_of_compilation: None,
    deoptimises: false,
    knobs: RUNTIME_KNOBS,
};

static HOOKS: EngineHooks = EngineHooks {
    code: TypeId::of::<FunctionCode>(),
    call: call_from_native,
    load,
    origin,
    position,
    call_name,
    traceback,
    free_slot,
    close_variables,
    next_to_close: |vm| pop(vm, 0),
    debug_library: Some(DEBUG_LIBRARY),
};

impl Engine for TreeWalker {
    fn info(&self) -> &'static EngineInfo {
        &INFO
    }

    fn start(&self, start: Start) -> Result<Box<dyn Instance>, Failure> {
        Ok(Box::new(self.start_instance(start)?))
    }
}

impl TreeWalker {
    fn start_instance(&self, start: Start) -> Result<WalkerInstance, Failure> {
        let state = EngineState::new(State::new());
        // SAFETY: hooks and state are this engine's, and the instance keeps the box to itself.
        let vm = unsafe { Vm::new(start, &HOOKS, state, lua_library::open) }?;
        Ok(WalkerInstance { vm })
    }
}

/// One running Lua state.
struct WalkerInstance {
    vm: Box<Vm>,
}

impl Instance for WalkerInstance {
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

    fn artifact(&mut self, function: FunctionRef, stage: Stage) -> Result<String, Failure> {
        let unsupported =
            |construct: &str| Failure::Unsupported(Unsupported { construct: construct.to_string(), position: None });
        match stage {
            Stage::Ast => match self.vm.kept(function).as_closure() {
                Some(closure) => {
                    let code = code_of(closure);
                    let source = &code.source;
                    let start = (!code.is_main()).then_some(code.span.start);
                    print_part(&source.chunk_name, source.text.bytes(), start).ok_or_else(|| {
                        Failure::EngineBug("the text of a chunk does not hold its own function".to_string())
                    })
                }
                None => Err(unsupported("the syntax tree of a library function")),
            },
            Stage::Bytecode => Err(unsupported("bytecode in a tree interpreter")),
            Stage::Ir => Err(unsupported("an intermediate representation in an interpreter")),
            Stage::Asm => Err(unsupported("machine code in an interpreter")),
        }
    }
}
