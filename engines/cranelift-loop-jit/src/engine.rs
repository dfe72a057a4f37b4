//! The engine and its instances, as `engine-api` wants them.

use std::rc::Rc;

use bytecode_vm::prototype::Prototype;
use bytecode_vm::state::{Cursor, Outcome};
use bytecode_vm::tier::{BACK_OFF, Profiled, Rules, Tier, TierHooks};
use bytecode_vm::{TierInstance, start_profiled, unsupported};
use engine_api::knob::{CHECK_HEAP, FAIL_ALLOCATION, GC_EVERY, INLINE_CACHES};
use engine_api::profile::{PROFILE, tracks_states};
use engine_api::{
    Counters, Engine, EngineInfo, Failure, Family, Instance, KnobSpec, KnobType, KnobValue, LuaError, Settings, Stage,
    Start, UnitProgress,
};
use jit_support::knobs::{
    CODE_CACHE_BYTES, CODE_CACHE_UNITS, COMPILE_LIMIT_MS, COMPILE_POLICY, FAIL_CODE_REQUEST, FAIL_GUARD,
    FORCE_EXIT_EVERY, HOT_COUNT, HOT_PERCENT, JIT, JIT_THRESHOLD_LOOPS, STABLE_PERCENT,
};
use jit_support::{AnyData, CodeCache, JitMode, JitOptions, Unit};
use lua_bytecode::FunctionProto;
use lua_runtime::Vm;

use crate::backend::Target;
use crate::compile::{Techniques, UnitData};
use crate::enter::{back_edge, resumed};
use crate::listing;
use crate::loops::Costs;
use crate::policy::{Jit, Policy};
use crate::profiled::ProfiledHooks;

/// The engine.
pub static ENGINE: &dyn Engine = &CraneliftLoop;

struct CraneliftLoop;

static INFO: EngineInfo = EngineInfo {
    id: "cranelift-loop",
    version: env!("CARGO_PKG_VERSION"),
    summary: "Bytecode VM whose hot loops are compiled with Cranelift while they run, with unboxed numbers and guards",
    family: Family::LoopJit,
    unit_of_compilation: Some("loop"),
    deoptimises: true,
    knobs: KNOBS,
};

/// Which instructions compiled code may consist of.
pub const TARGET: KnobSpec = KnobSpec {
    name: "target",
    knob_type: KnobType::Choice(&["host", "baseline"]),
    default: KnobValue::Choice("host"),
    doc: "Compile for this processor, or for what every processor of its kind has, so that listings are the same",
};

/// Whether loops that are not worth compiled code stay in it.
pub const GIVE_BACK: KnobSpec = KnobSpec {
    name: "give-back",
    knob_type: KnobType::Boolean,
    default: KnobValue::Boolean(true),
    doc: "Give a loop back to the VM when its entries and VM calls cost more than its compiled code gains",
};

/// Whether calls of small functions become their code.
pub const INLINING: KnobSpec = KnobSpec {
    name: "inlining",
    knob_type: KnobType::Boolean,
    default: KnobValue::Boolean(true),
    doc: "Put the code of small functions in place of their calls, behind a guard; off = the VM calls them",
};

/// How much Cranelift optimises.
pub const OPT_LEVEL: KnobSpec = KnobSpec {
    name: "opt-level",
    knob_type: KnobType::Choice(&["none", "speed", "speed-and-size"]),
    default: KnobValue::Choice("speed"),
    doc: "How much Cranelift optimises the code of a loop",
};

const KNOBS: &[KnobSpec] = &[
    JIT,
    JIT_THRESHOLD_LOOPS,
    COMPILE_POLICY,
    HOT_COUNT,
    HOT_PERCENT,
    STABLE_PERCENT,
    PROFILE,
    INLINING,
    OPT_LEVEL,
    TARGET,
    GIVE_BACK,
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

impl Engine for CraneliftLoop {
    fn info(&self) -> &'static EngineInfo {
        &INFO
    }

    fn start(&self, start: Start) -> Result<Box<dyn Instance>, Failure> {
        let start = match start_profiled(start) {
            Ok(profiled) => return profiled,
            Err(start) => start,
        };
        let options = JitOptions::read(&start.settings);
        let cache = CodeCache::shared(&options).map_err(|error| {
            let message = error.to_string().into_bytes();
            Failure::OutOfMemory(LuaError::raised(message, String::new()))
        })?;
        // With `jit=on` everything is compiled at the first chance, and there is nothing to be found out.
        let rules = Rules::read(&start.settings).filter(|_| options.mode == JitMode::Auto);
        let threshold = if rules.is_some() { Some(u64::MAX) } else { options.threshold() };
        let policy = Policy { threshold, ..Policy::read(&start.settings) };
        let jit = Jit::new(&options, policy, cache);
        if let Some(rules) = rules {
            // SAFETY: that is what the hooks take it for.
            let instance = unsafe { TierInstance::start::<ProfiledHooks>(start, Profiled::new(jit, rules)) }?;
            return Ok(Box::new(instance));
        }
        // SAFETY: that is what the hooks take it for.
        Ok(Box::new(unsafe { TierInstance::start::<LoopHooks>(start, jit) }?))
    }
}

impl Policy {
    /// What the knobs of this compiler say; it compiles nothing by itself.
    ///
    /// # Panics
    /// If the engine did not declare [`INLINING`], [`OPT_LEVEL`], [`TARGET`] and [`GIVE_BACK`].
    pub fn read(settings: &Settings) -> Policy {
        Policy {
            threshold: None,
            back_off: BACK_OFF,
            gives_back: settings.boolean(GIVE_BACK.name),
            costs: Costs::AGAINST_VM,
            tries: false,
            target: match settings.choice(TARGET.name) {
                "host" => Target::Host,
                "baseline" => Target::Baseline,
                other => panic!("knob 'target' was declared with the word '{other}'"),
            },
            techniques: Techniques {
                level: match settings.choice(OPT_LEVEL.name) {
                    "speed-and-size" => "speed_and_size",
                    level => level,
                },
                inlines: settings.boolean(INLINING.name),
            },
            allowance: None,
            compiled_back_edges: 1,
            tracks_states: tracks_states(settings),
            run_callee: None,
        }
    }
}

/// The hooks of this engine on the VM: back-edges, and the places behind calls.
struct LoopHooks;

// SAFETY: units keep frames as the interpreter does, and leave at instructions of their function or of inlined ones.
unsafe impl TierHooks for LoopHooks {
    const ACTIVE: bool = true;

    #[inline]
    fn back_edge(vm: &mut Vm, cursor: Cursor) -> Outcome {
        back_edge(vm, cursor)
    }

    #[inline]
    fn resumed(vm: &mut Vm, cursor: Cursor) -> Outcome {
        resumed(vm, cursor)
    }
}

impl Tier for Jit {
    fn report(&self, counters: &mut Counters) {
        self.cache.borrow().report(counters);
    }

    fn progress(&self, prototype: &Prototype) -> Vec<UnitProgress> {
        self.progress_of(prototype.proto())
    }

    fn artifact(&self, protos: &[Rc<FunctionProto>], stage: Stage) -> Result<String, Failure> {
        let list = match stage {
            Stage::Ir => {
                |unit: &Unit<AnyData>, data: &UnitData| listing::ir(unit, data).map_err(|error| error.to_string())
            }
            Stage::Asm => listing::machine_code,
            Stage::Ast | Stage::Bytecode => return Err(unsupported("a stage of the front end in a compiler")),
        };
        let mut text = String::new();
        for (_, unit) in self.cache.borrow().units() {
            let Some(data) = unit.data::<UnitData>() else { continue };
            if protos.iter().any(|proto| Rc::ptr_eq(proto, &data.proto)) {
                text.push_str(&list(unit, data).map_err(Failure::EngineBug)?);
            }
        }
        Ok(text)
    }
}
