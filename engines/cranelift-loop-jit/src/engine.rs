//! The engine and its instances, as `engine-api` wants them.

use std::rc::Rc;

use bytecode_vm::state::{Cursor, Outcome, Step};
use bytecode_vm::tier::{Tier, TierHooks};
use bytecode_vm::{TierInstance, unsupported};
use engine_api::knob::{CHECK_HEAP, FAIL_ALLOCATION, GC_EVERY, INLINE_CACHES};
use engine_api::{
    Counters, Engine, EngineInfo, Failure, Family, Instance, KnobSpec, KnobType, KnobValue, LuaError, Stage, Start,
};
use jit_support::knobs::{
    CODE_CACHE_BYTES, CODE_CACHE_UNITS, COMPILE_LIMIT_MS, FAIL_CODE_REQUEST, FAIL_GUARD, FORCE_EXIT_EVERY, JIT,
    JIT_THRESHOLD_LOOPS,
};
use jit_support::{JitOptions, Unit};
use lua_bytecode::FunctionProto;
use lua_runtime::Vm;

use crate::backend::Target;
use crate::compile::{Techniques, UnitData};
use crate::enter::enter;
use crate::listing;
use crate::policy::{Jit, jit_of};

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
const TARGET: KnobSpec = KnobSpec {
    name: "target",
    knob_type: KnobType::Choice(&["host", "baseline"]),
    default: KnobValue::Choice("host"),
    doc: "Compile for this processor, or for what every processor of its kind has, so that listings are the same",
};

/// Whether loops that are not worth compiled code stay in it.
const GIVE_BACK: KnobSpec = KnobSpec {
    name: "give-back",
    knob_type: KnobType::Boolean,
    default: KnobValue::Boolean(true),
    doc: "Give a loop back to the VM when its entries and VM calls cost more than its compiled code gains",
};

/// Whether calls of small functions become their code.
const INLINING: KnobSpec = KnobSpec {
    name: "inlining",
    knob_type: KnobType::Boolean,
    default: KnobValue::Boolean(true),
    doc: "Put the code of small functions in place of their calls, behind a guard; off = the VM calls them",
};

/// How much Cranelift optimises.
const OPT_LEVEL: KnobSpec = KnobSpec {
    name: "opt-level",
    knob_type: KnobType::Choice(&["none", "speed", "speed-and-size"]),
    default: KnobValue::Choice("speed"),
    doc: "How much Cranelift optimises the code of a loop",
};

const KNOBS: &[KnobSpec] = &[
    JIT,
    JIT_THRESHOLD_LOOPS,
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
        let options = JitOptions::read(&start.settings);
        let target = match start.settings.choice(TARGET.name) {
            "host" => Target::Host,
            "baseline" => Target::Baseline,
            other => panic!("knob 'target' was declared with the word '{other}'"),
        };
        let gives_back = start.settings.boolean(GIVE_BACK.name);
        let techniques = Techniques {
            level: match start.settings.choice(OPT_LEVEL.name) {
                "speed-and-size" => "speed_and_size",
                level => level,
            },
            inlines: start.settings.boolean(INLINING.name),
        };
        let jit = Jit::new(&options, target, techniques, gives_back).map_err(|error| {
            let message = error.to_string().into_bytes();
            Failure::OutOfMemory(LuaError::raised(message, String::new()))
        })?;
        // SAFETY: that is what the hooks take it for.
        Ok(Box::new(unsafe { TierInstance::start::<LoopHooks>(start, jit) }?))
    }
}

/// The hooks of this engine on the VM: back-edges, and the places behind calls.
struct LoopHooks;

// SAFETY: units keep frames as the interpreter does, and leave at instructions of their function or of inlined ones.
unsafe impl TierHooks for LoopHooks {
    const ACTIVE: bool = true;

    #[inline]
    fn back_edge(vm: &mut Vm, cursor: Cursor) -> Outcome {
        match jit_of(vm).back_edge(vm, cursor) {
            Some((unit_entry, number)) => enter(vm, cursor, &unit_entry, number),
            None => Ok(Step::Next),
        }
    }

    #[inline]
    fn resumed(vm: &mut Vm, cursor: Cursor) -> Outcome {
        if cursor.prototype().tier().is_null() {
            return Ok(Step::Next);
        }
        match jit_of(vm).resumed(cursor) {
            Some((unit_entry, number)) => enter(vm, cursor, &unit_entry, number),
            None => Ok(Step::Next),
        }
    }
}

impl Tier for Jit {
    fn report(&self, counters: &mut Counters) {
        self.cache.report(counters);
    }

    fn artifact(&self, protos: &[Rc<FunctionProto>], stage: Stage) -> Result<String, Failure> {
        let list = match stage {
            Stage::Ir => |unit: &Unit<UnitData>| listing::ir(unit).map_err(|error| error.to_string()),
            Stage::Asm => listing::machine_code,
            Stage::Ast | Stage::Bytecode => return Err(unsupported("a stage of the front end in a compiler")),
        };
        let mut text = String::new();
        for (_, unit) in self.cache.units() {
            let Some(compiled) = unit.compiled() else { continue };
            if protos.iter().any(|proto| Rc::ptr_eq(proto, &compiled.data.proto)) {
                text.push_str(&list(unit).map_err(Failure::EngineBug)?);
            }
        }
        Ok(text)
    }
}
