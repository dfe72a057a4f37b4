//! The engine and its instances, as `engine-api` wants them.

use bytecode_vm::VmInstance;
use bytecode_vm::hooks::{Hooks, NoHooks};
use bytecode_vm::prototype::Prototype;
use bytecode_vm::state::{Cursor, Outcome};
use engine_api::knob::{CHECK_HEAP, FAIL_ALLOCATION, GC_EVERY};
use engine_api::{
    Counters, Engine, EngineInfo, Failure, FunctionRef, Instance, KnobSpec, LuaError, Plain, Stage, Start, Unsupported,
};
use jit_support::JitOptions;
use jit_support::disassemble::{MachineCode, listing};
use jit_support::knobs::{
    CODE_CACHE_BYTES, CODE_CACHE_UNITS, COMPILE_LIMIT_MS, FAIL_CODE_REQUEST, FAIL_GUARD, FORCE_EXIT_EVERY, JIT,
    JIT_THRESHOLD_CALLS,
};
use lua_runtime::Vm;

use crate::policy::{Jit, StartError, jit};

/// The engine.
pub static ENGINE: &dyn Engine = &DynasmMethod;

struct DynasmMethod;

static INFO: EngineInfo = EngineInfo {
    id: "dynasm-method",
    summary: "Bytecode VM whose hot functions are compiled as a whole, one template an instruction, with inline caches",
    unit_of_compilation: Some("function"),
    deoptimises: false,
    knobs: KNOBS,
};

const KNOBS: &[KnobSpec] = &[
    JIT,
    JIT_THRESHOLD_CALLS,
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

impl Engine for DynasmMethod {
    fn info(&self) -> &'static EngineInfo {
        &INFO
    }

    fn start(&self, start: Start) -> Result<Box<dyn Instance>, Failure> {
        let options = JitOptions::read(&start.settings);
        let Some(threshold) = options.threshold() else {
            // Never compiling costs nothing: it is the plain VM.
            let inner = VmInstance::start::<NoHooks>(start, std::ptr::null_mut())?;
            return Ok(Box::new(MethodInstance { inner, jit: std::ptr::null_mut() }));
        };
        let jit = Jit::new(options, threshold, &start.interrupt).map_err(|error| match error {
            StartError::Memory(error) => {
                let message = error.to_string().into_bytes();
                Failure::OutOfMemory(LuaError { message, traceback: String::new() })
            }
            StartError::Assembler(error) => Failure::EngineBug(error),
        })?;
        let jit = Box::into_raw(Box::new(jit));
        match VmInstance::start::<MethodHooks>(start, jit.cast()) {
            Ok(inner) => Ok(Box::new(MethodInstance { inner, jit })),
            Err(failure) => {
                // SAFETY: made by `Box::into_raw` just above, and nobody else has it.
                drop(unsafe { Box::from_raw(jit) });
                Err(failure)
            }
        }
    }
}

/// The hooks of this engine on the VM.
struct MethodHooks;

impl Hooks for MethodHooks {
    const ACTIVE: bool = true;

    #[inline]
    fn function_entered(vm: &mut Vm, cursor: Cursor) -> Outcome {
        jit(vm).function_entered(vm, cursor)
    }

    #[inline]
    fn resumed(vm: &mut Vm, cursor: Cursor) -> Outcome {
        jit(vm).resumed(vm, cursor)
    }

    #[inline]
    fn back_edge(vm: &mut Vm, cursor: Cursor) -> Outcome {
        jit(vm).back_edge(vm, cursor)
    }
}

/// One running Lua state.
struct MethodInstance {
    inner: VmInstance,
    /// From `Box::into_raw`, and the VM has the same pointer; null if nothing is ever compiled.
    jit: *mut Jit,
}

impl MethodInstance {
    /// The compiler's part.
    fn jit(&self) -> Option<&Jit> {
        // SAFETY: the pointer is null or valid until `drop`.
        unsafe { self.jit.as_ref() }
    }

    /// The listings of the units that were compiled from a kept function and the functions inside it.
    fn machine_code(&self, function: FunctionRef) -> Result<String, Failure> {
        let Some(closure) = self.inner.vm.kept(function).as_closure() else {
            return Err(unsupported("machine code of a library function"));
        };
        // SAFETY: closures of this state are made by the VM, and the kept function is alive.
        let prototype = unsafe { &*closure.data().cast::<Prototype>() };
        let mut protos = Vec::new();
        prototype.proto.for_each(&mut |proto| protos.push(std::rc::Rc::clone(proto)));
        let mut text = String::new();
        let Some(jit) = self.jit() else { return Ok(text) };
        for (_, unit) in jit.cache.borrow().units() {
            let Some(compiled) = unit.compiled() else { continue };
            if !protos.iter().any(|proto| std::rc::Rc::ptr_eq(proto, &compiled.data.proto)) {
                continue;
            }
            let code = MachineCode::in_place(compiled.block.bytes(), 0);
            let lines = listing(&code, Some(&compiled.map), &|_| None)
                .map_err(|error| Failure::EngineBug(error.to_string()))?;
            let label = unit.label();
            text.push_str(&format!("function {} ({}:{})\n{lines}\n", label.function, label.chunk, label.line));
        }
        Ok(text)
    }
}

fn unsupported(construct: &str) -> Failure {
    Failure::Unsupported(Unsupported { construct: construct.to_string(), position: None })
}

impl Drop for MethodInstance {
    fn drop(&mut self) {
        if !self.jit.is_null() {
            // SAFETY: made by `Box::into_raw` in `start`. The VM, which is dropped after this, runs no Lua code any more.
            drop(unsafe { Box::from_raw(self.jit) });
        }
    }
}

impl Instance for MethodInstance {
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
        if let Some(jit) = self.jit() {
            jit.cache.borrow().report(&mut counters);
        }
        counters
    }

    fn artifact(&mut self, function: FunctionRef, stage: Stage) -> Result<String, Failure> {
        match stage {
            Stage::Ast | Stage::Bytecode => self.inner.artifact(function, stage),
            Stage::Ir => Err(unsupported("an intermediate representation in a template compiler")),
            Stage::Asm => self.machine_code(function),
        }
    }
}
