//! The engine and its instances, as `engine-api` wants them.

use bytecode_vm::VmInstance;
use bytecode_vm::hooks::Hooks;
use bytecode_vm::prototype::Prototype;
use bytecode_vm::state::{Cursor, Outcome, Step};
use engine_api::knob::{CHECK_HEAP, FAIL_ALLOCATION, GC_EVERY};
use engine_api::{
    Counters, Engine, EngineInfo, Failure, FunctionRef, Instance, KnobSpec, LuaError, Plain, Stage, Start, Unsupported,
};
use jit_support::knobs::{
    CODE_CACHE_BYTES, CODE_CACHE_UNITS, COMPILE_LIMIT_MS, FAIL_CODE_REQUEST, FAIL_GUARD, FORCE_EXIT_EVERY, JIT,
    JIT_THRESHOLD_LOOPS,
};
use jit_support::{JitOptions, Unit};
use lua_runtime::Vm;

use crate::compile::UnitData;
use crate::enter::enter;
use crate::listing;
use crate::policy::{Jit, jit_of};

/// The engine.
pub static ENGINE: &dyn Engine = &CraneliftLoop;

struct CraneliftLoop;

static INFO: EngineInfo = EngineInfo {
    id: "cranelift-loop",
    summary: "Bytecode VM whose hot loops are compiled with Cranelift while they run, with unboxed numbers and guards",
    unit_of_compilation: Some("loop"),
    deoptimises: true,
    knobs: KNOBS,
};

const KNOBS: &[KnobSpec] = &[
    JIT,
    JIT_THRESHOLD_LOOPS,
    CODE_CACHE_BYTES,
    CODE_CACHE_UNITS,
    COMPILE_LIMIT_MS,
    FORCE_EXIT_EVERY,
    FAIL_CODE_REQUEST,
    FAIL_GUARD,
    GC_EVERY,
    FAIL_ALLOCATION,
    CHECK_HEAP,
];

impl Engine for CraneliftLoop {
    fn info(&self) -> &'static EngineInfo {
        &INFO
    }

    fn start(&self, start: Start) -> Result<Box<dyn Instance>, Failure> {
        let options = JitOptions::read(&start.settings);
        let jit = Jit::new(&options).map_err(|error| {
            let message = error.to_string().into_bytes();
            Failure::OutOfMemory(LuaError { message, traceback: String::new() })
        })?;
        let jit = Box::into_raw(Box::new(jit));
        match VmInstance::start::<LoopHooks>(start, jit.cast()) {
            Ok(inner) => Ok(Box::new(LoopInstance { inner, jit })),
            Err(failure) => {
                // SAFETY: made by `Box::into_raw` just above, and nobody else has it.
                drop(unsafe { Box::from_raw(jit) });
                Err(failure)
            }
        }
    }
}

/// The hooks of this engine on the VM: back-edges, and the places behind calls.
struct LoopHooks;

impl Hooks for LoopHooks {
    const ACTIVE: bool = true;

    #[inline]
    fn back_edge(vm: &mut Vm, cursor: Cursor) -> Outcome {
        match jit_of(vm).back_edge(vm, cursor) {
            Some((entrance, number)) => enter(vm, cursor, &entrance, number),
            None => Ok(Step::Next),
        }
    }

    #[inline]
    fn resumed(vm: &mut Vm, cursor: Cursor) -> Outcome {
        if cursor.prototype().extension.get().is_null() {
            return Ok(Step::Next);
        }
        match jit_of(vm).resumed(cursor) {
            Some((entrance, number)) => enter(vm, cursor, &entrance, number),
            None => Ok(Step::Next),
        }
    }
}

/// One running Lua state.
struct LoopInstance {
    inner: VmInstance,
    /// From `Box::into_raw`; the VM has the same pointer.
    jit: *mut Jit,
}

impl LoopInstance {
    /// The compiler's part. Only for use while no Lua code runs.
    fn jit(&self) -> &Jit {
        // SAFETY: the pointer is valid until `drop`, and the VM uses it only while Lua code runs.
        unsafe { &*self.jit }
    }

    /// A listing of the units that were compiled from a kept function and the functions inside it.
    fn units(
        &self,
        function: FunctionRef,
        list: impl Fn(&Unit<UnitData>) -> Result<String, String>,
    ) -> Result<String, Failure> {
        let Some(closure) = self.inner.vm.kept(function).as_closure() else {
            return Err(unsupported("machine code of a library function"));
        };
        // SAFETY: closures of this state are made by the VM, and the kept function is alive.
        let prototype = unsafe { &*closure.data().cast::<Prototype>() };
        let mut protos = Vec::new();
        prototype.proto.for_each(&mut |proto| protos.push(std::rc::Rc::clone(proto)));
        let mut text = String::new();
        for (_, unit) in self.jit().cache.units() {
            let Some(compiled) = unit.compiled() else { continue };
            if protos.iter().any(|proto| std::rc::Rc::ptr_eq(proto, &compiled.data.proto)) {
                text.push_str(&list(unit).map_err(Failure::EngineBug)?);
            }
        }
        Ok(text)
    }
}

fn unsupported(construct: &str) -> Failure {
    Failure::Unsupported(Unsupported { construct: construct.to_string(), position: None })
}

impl Drop for LoopInstance {
    fn drop(&mut self) {
        // SAFETY: made by `Box::into_raw` in `start`. The VM, which is dropped after this, runs no Lua code any more.
        drop(unsafe { Box::from_raw(self.jit) });
    }
}

impl Instance for LoopInstance {
    fn load(&mut self, chunk_name: &str, source: &[u8]) -> Result<FunctionRef, Failure> {
        self.inner.load(chunk_name, source)
    }

    fn call(&mut self, function: FunctionRef, arguments: &[Plain]) -> Result<Vec<Plain>, Failure> {
        self.inner.call(function, arguments)
    }

    fn set_arguments(&mut self, script: &[u8], arguments: &[Vec<u8>]) -> Result<(), Failure> {
        self.inner.set_arguments(script, arguments)
    }

    fn release(&mut self, function: FunctionRef) {
        self.inner.release(function);
    }

    fn collect_garbage(&mut self) {
        self.inner.collect_garbage();
    }

    fn close(&mut self) -> Result<(), Failure> {
        self.inner.close()
    }

    fn counters(&self) -> Counters {
        let mut counters = self.inner.counters();
        self.jit().cache.report(&mut counters);
        counters
    }

    fn artifact(&mut self, function: FunctionRef, stage: Stage) -> Result<String, Failure> {
        match stage {
            Stage::Ast | Stage::Bytecode => self.inner.artifact(function, stage),
            Stage::Ir => self.units(function, |unit| Ok(listing::ir(unit))),
            Stage::Asm => self.units(function, listing::machine_code),
        }
    }
}
