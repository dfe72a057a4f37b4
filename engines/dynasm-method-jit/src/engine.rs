//! The engine and its instances, as `engine-api` wants them.

use std::rc::Rc;

use bytecode_vm::prototype::Prototype;
use bytecode_vm::state::{Cursor, Outcome, Tiers};
use bytecode_vm::tier::{NoTier, Profiled, Rules, Tier, TierHooks};
use bytecode_vm::{TierInstance, VmInstance, start_profiled, unsupported};
use engine_api::knob::{CHECK_HEAP, FAIL_ALLOCATION, GC_EVERY, INLINE_CACHES};
use engine_api::profile::{PROFILE, tracks_states};
use engine_api::{
    Counters, Engine, EngineInfo, Failure, Family, Instance, KnobSpec, KnobType, KnobValue, LuaError, Settings, Stage,
    Start, UnitProgress,
};
use jit_support::knobs::{
    CODE_CACHE_BYTES, CODE_CACHE_UNITS, COMPILE_LIMIT_MS, COMPILE_POLICY, FAIL_CODE_REQUEST, FAIL_GUARD,
    FORCE_EXIT_EVERY, HOT_COUNT, HOT_PERCENT, JIT, JIT_THRESHOLD_CALLS, STABLE_PERCENT,
};
use jit_support::{CodeCache, JitMode, JitOptions};
use lua_bytecode::FunctionProto;
use lua_runtime::Vm;

use crate::compile::Techniques;
use crate::listing;
use crate::policy::{Jit, Policy, StartError, jit};
use crate::profiled::ProfiledHooks;

/// The engine.
pub static ENGINE: &dyn Engine = &DynasmMethod;

struct DynasmMethod;

static INFO: EngineInfo = EngineInfo {
    id: "dynasm-method",
    version: env!("CARGO_PKG_VERSION"),
    summary: "Bytecode VM whose hot functions are compiled as a whole, one template an instruction, with inline caches",
    family: Family::MethodJit,
    unit_of_compilation: Some("function"),
    deoptimises: false,
    knobs: KNOBS,
};

/// Whether helpers enter compiled code by themselves.
pub const NESTED_ENTRY: KnobSpec = KnobSpec {
    name: "nested-entry",
    knob_type: KnobType::Boolean,
    default: KnobValue::Boolean(true),
    doc: "Run what a helper has called at once if it is compiled; off = leave for the VM, which enters it",
};

/// Whether code relies on types that were checked before.
pub const TYPED_CODE: KnobSpec = KnobSpec {
    name: "typed-code",
    knob_type: KnobType::Boolean,
    default: KnobValue::Boolean(true),
    doc: "Compile for the types that registers are known to have; off = every instruction checks its operands",
};

/// Whether values stay in machine registers from one iteration to the next.
pub const LOOP_PLANS: KnobSpec = KnobSpec {
    name: "loop-plans",
    knob_type: KnobType::Boolean,
    default: KnobValue::Boolean(true),
    doc: "Keep values in machine registers from one iteration of an innermost loop to the next; needs typed-code",
};

/// Whether library functions are instructions.
pub const INTRINSICS: KnobSpec = KnobSpec {
    name: "intrinsics",
    knob_type: KnobType::Boolean,
    default: KnobValue::Boolean(true),
    doc: "Put instructions in place of calls of setmetatable, string.byte, math.floor, sqrt and abs; off = call them",
};

/// Whether objects are made by compiled code.
pub const INLINE_ALLOCATION: KnobSpec = KnobSpec {
    name: "inline-allocation",
    knob_type: KnobType::Boolean,
    default: KnobValue::Boolean(true),
    doc: "Make tables and the cells of captured variables in compiled code; off = by helpers",
};

const KNOBS: &[KnobSpec] = &[
    JIT,
    JIT_THRESHOLD_CALLS,
    COMPILE_POLICY,
    HOT_COUNT,
    HOT_PERCENT,
    STABLE_PERCENT,
    PROFILE,
    TYPED_CODE,
    LOOP_PLANS,
    INTRINSICS,
    INLINE_ALLOCATION,
    NESTED_ENTRY,
    CODE_CACHE_BYTES,
    CODE_CACHE_UNITS,
    COMPILE_LIMIT_MS,
    FORCE_EXIT_EVERY,
    FAIL_CODE_REQUEST,
    FAIL_GUARD,
    GC_EVERY,
    FAIL_ALLOCATION,
    CHECK_HEAP,
    INLINE_CACHES,
];

impl Engine for DynasmMethod {
    fn info(&self) -> &'static EngineInfo {
        &INFO
    }

    fn start(&self, start: Start) -> Result<Box<dyn Instance>, Failure> {
        let start = match start_profiled(start) {
            Ok(profiled) => return profiled,
            Err(start) => start,
        };
        let options = JitOptions::read(&start.settings);
        let Some(threshold) = options.threshold() else {
            // Never compiling costs nothing: it is the plain VM.
            // SAFETY: there are no hooks.
            return Ok(Box::new(unsafe { VmInstance::start::<NoTier>(start, Tiers::NONE) }?));
        };
        // With `jit=on` everything is compiled at the first chance, and there is nothing to be found out.
        let rules = Rules::read(&start.settings).filter(|_| options.mode == JitMode::Auto);
        let threshold = if rules.is_some() { u64::MAX } else { threshold };
        let policy = Policy { threshold: Some(threshold), ..Policy::read(&start.settings) };
        let cache = CodeCache::shared(&options).map_err(StartError::Memory)?;
        let jit = Jit::new(options, policy, cache, &start.interrupt)?;
        if let Some(rules) = rules {
            // SAFETY: that is what the hooks take it for.
            let instance = unsafe { TierInstance::start::<ProfiledHooks>(start, Profiled::new(jit, rules)) }?;
            return Ok(Box::new(instance));
        }
        // SAFETY: that is what the hooks take it for.
        Ok(Box::new(unsafe { TierInstance::start::<MethodHooks>(start, jit) }?))
    }
}

impl Policy {
    /// What the knobs of this compiler say; it compiles nothing by itself.
    ///
    /// # Panics
    /// If the engine did not declare [`TYPED_CODE`], [`LOOP_PLANS`], [`INTRINSICS`], [`INLINE_ALLOCATION`] and [`NESTED_ENTRY`].
    pub fn read(settings: &Settings) -> Policy {
        Policy {
            threshold: None,
            techniques: Techniques {
                types: settings.boolean(TYPED_CODE.name),
                loop_plans: settings.boolean(LOOP_PLANS.name),
                intrinsics: settings.boolean(INTRINSICS.name),
                inline_allocation: settings.boolean(INLINE_ALLOCATION.name),
            },
            nests: settings.boolean(NESTED_ENTRY.name),
            loops: None,
            tracks_states: tracks_states(settings),
        }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Failure {
        match error {
            StartError::Memory(error) => {
                let message = error.to_string().into_bytes();
                Failure::OutOfMemory(LuaError::raised(message, String::new()))
            }
            StartError::Assembler(error) => Failure::EngineBug(error),
        }
    }
}

/// The hooks of this engine on the VM.
struct MethodHooks;

// SAFETY: compiled code keeps frames as the interpreter does, and leaves at instructions of their functions.
unsafe impl TierHooks for MethodHooks {
    const ACTIVE: bool = true;

    #[inline]
    fn function_entered(vm: &mut Vm, cursor: Cursor) -> Outcome {
        jit(vm).function_entered(vm, cursor)
    }

    #[inline]
    fn entered_from_rust(vm: &mut Vm, cursor: Cursor) -> Outcome {
        jit(vm).entered_from_rust(vm, cursor)
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

impl Tier for Jit {
    fn report(&self, counters: &mut Counters) {
        self.cache.borrow().report(counters);
    }

    fn progress(&self, prototype: &Prototype) -> Vec<UnitProgress> {
        vec![self.progress_of(prototype)]
    }

    fn artifact(&self, protos: &[Rc<FunctionProto>], stage: Stage) -> Result<String, Failure> {
        if stage != Stage::Asm {
            return Err(unsupported("an intermediate representation in a template compiler"));
        }
        let mut text = String::new();
        for (_, unit) in self.cache.borrow().units() {
            let code = listing::machine_code(unit, protos).map_err(|error| Failure::EngineBug(error.to_string()))?;
            text.push_str(&code.unwrap_or_default());
        }
        Ok(text)
    }
}
