//! The engine and its instances, as `engine-api` wants them.

mod tier_instance;

mod profiled;

#[cfg(test)]
mod tests;

use std::any::TypeId;
use std::marker::PhantomData;
use std::rc::Rc;

use engine_api::knob::{CHECK_HEAP, FAIL_ALLOCATION, GC_EVERY, INLINE_CACHES};
use engine_api::profile::{PROFILE, tracks_states};
use engine_api::{
    Counters, Engine, EngineInfo, Failure, Family, FunctionRef, HostValue, Instance, KnobSpec, Stage, Start,
};
use lua_bytecode::FunctionProto;
use lua_bytecode::disassemble::disassemble;
use lua_runtime::{ChunkPart, ChunkRequest, Closure, EngineHooks, EngineState, FunctionOrigin, Gc, LoadFailure, Vm};
use lua_syntax::print::print_part;

use crate::calls::close::pop;
use crate::calls::coroutine::close_variables;
use crate::code::prototype::{Prototype, instantiate};
use crate::debug::backtrace::{call_name, free_slot, position, traceback};
use crate::debug::debug_library::DEBUG_LIBRARY;
use crate::dispatch::call_from_rust;
use crate::state::{State, Tiers};
use crate::tier::{NoTier, TierHooks};

pub use profiled::start_profiled;
pub use tier_instance::{TierInstance, unsupported};

/// The engine.
pub const ENGINE: &dyn Engine = &BytecodeVm;

struct BytecodeVm;

const KNOBS: &[KnobSpec] = &[PROFILE, GC_EVERY, FAIL_ALLOCATION, CHECK_HEAP, INLINE_CACHES];

static INFO: EngineInfo = EngineInfo {
    id: "bytecode-vm",
    version: env!("CARGO_PKG_VERSION"),
    summary: "Register bytecode, interpreted in one loop with inline caches",
    family: Family::BytecodeInterpreter,
    unit_of_compilation: None,
    deoptimises: false,
    knobs: KNOBS,
};

/// The functions through which the runtime reaches the interpreter under the hooks `H`.
struct Reach<H: TierHooks>(PhantomData<H>);

impl<H: TierHooks> Reach<H> {
    const HOOKS: &'static EngineHooks = &EngineHooks {
        code: TypeId::of::<Prototype>(),
        call: call_from_rust::<H>,
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
}

impl Engine for BytecodeVm {
    fn info(&self) -> &'static EngineInfo {
        &INFO
    }

    fn start(&self, start: Start) -> Result<Box<dyn Instance>, Failure> {
        let start = match start_profiled(start) {
            Ok(profiled) => return profiled,
            Err(start) => start,
        };
        // SAFETY: there are no hooks.
        Ok(Box::new(unsafe { VmInstance::start::<NoTier>(start, Tiers::NONE) }?))
    }
}

/// One running Lua state.
pub struct VmInstance {
    vm: Box<Vm>,
}

impl VmInstance {
    /// Starts an interpreter with the hooks of an engine that builds on it. `tiers` becomes [`State::tiers`].
    ///
    /// # Errors
    /// As [`Engine::start`].
    ///
    /// # Safety
    /// `tiers` are what the hooks take them for, and stay as long as Lua code can run.
    pub unsafe fn start<H: TierHooks>(start: Start, tiers: Tiers) -> Result<VmInstance, Failure> {
        let state = EngineState::new(State::new(tiers, tracks_states(&start.settings)));
        // SAFETY: hooks and state are this engine's, and the instance keeps the box to itself.
        let vm = unsafe { Vm::new(start, Reach::<H>::HOOKS, state, lua_library::open) }?;
        Ok(VmInstance { vm })
    }

    /// Calls `visit` for a kept function and the functions inside it, outer ones first; not for one of the library.
    pub fn for_each_prototype(&self, function: FunctionRef, visit: &mut dyn FnMut(&Prototype)) {
        fn walk(prototype: &Prototype, visit: &mut dyn FnMut(&Prototype)) {
            visit(prototype);
            for inner in prototype.inner() {
                walk(inner.get::<Prototype>(), visit);
            }
        }
        if let Some(closure) = self.vm.kept(function).as_closure() {
            walk(closure.code().get::<Prototype>(), visit);
        }
    }

    /// A kept function and the functions inside it; `None` for one of the library.
    pub fn protos(&self, function: FunctionRef) -> Option<Vec<Rc<FunctionProto>>> {
        let closure = self.vm.kept(function).as_closure()?;
        let prototype = closure.code().get::<Prototype>();
        let mut protos = Vec::new();
        prototype.proto.for_each(&mut |proto| protos.push(Rc::clone(proto)));
        Some(protos)
    }
}

/// [`EngineHooks::load`].
fn load(vm: &mut Vm, request: &ChunkRequest<'_>) -> Result<Gc<Closure>, LoadFailure> {
    let text = request.text.bytes();
    let chunk = vm.parse(request)?;
    let main = lua_bytecode::compile(&chunk)
        .map_err(|error| lua_syntax::error_near(request.name, text, error.offset, &error.message))?;
    let main = if request.is_stripped { Rc::new(main.stripped()) } else { main };
    let proto = match request.part {
        ChunkPart::Main => &main,
        ChunkPart::Function(start) => main.find(start).ok_or_else(|| LoadFailure::corrupted_dump(request.name))?,
    };
    // SAFETY: the compiler makes nothing else, and debug builds verify all of it.
    let code = unsafe { instantiate(vm, proto, request.text) }?;
    Ok(Gc::<Closure>::with_own_cells(&mut vm.heap, code, proto.upvalues.len(), request.environment)?)
}

/// [`EngineHooks::origin`].
fn origin(closure: Gc<Closure>) -> FunctionOrigin {
    let prototype = closure.code().get::<Prototype>();
    let proto = &prototype.proto;
    let part = if proto.line_defined == 0 { ChunkPart::Main } else { ChunkPart::Function(proto.span.start) };
    let (chunk_name, is_stripped) = (proto.chunk_name.to_string(), proto.is_stripped());
    FunctionOrigin { chunk_name, text: prototype.text, part, is_stripped }
}

impl Instance for VmInstance {
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
        let prototype = match self.vm.kept(function).as_closure() {
            Some(closure) => closure.code().get::<Prototype>(),
            None => return Err(unsupported("artifacts of a library function")),
        };
        let proto = &prototype.proto;
        match stage {
            Stage::Bytecode => Ok(disassemble(&Rc::clone(proto))),
            Stage::Ast => {
                let start = (proto.line_defined != 0).then_some(proto.span.start);
                print_part(&proto.chunk_name, prototype.text.bytes(), start)
                    .ok_or_else(|| Failure::EngineBug("the text of a chunk does not hold its own function".to_string()))
            }
            Stage::Ir => Err(unsupported("an intermediate representation in an interpreter")),
            Stage::Asm => Err(unsupported("machine code in an interpreter")),
        }
    }
}
