//! The engine and its instances, as `engine-api` wants them.

use bytecode_vm::state::{Cursor, Outcome, Tiers};
use bytecode_vm::tier::{NoTier, TierHooks};
use bytecode_vm::{TierInstance, VmInstance, start_profiled};
use engine_api::{Engine, EngineInfo, Failure, Family, Instance, Start};
use lua_runtime::Vm;

use crate::knobs::{KNOBS, Knobs, MaxTier};
use crate::tiers::{
    Compilers, back_edge, entered_from_rust, function_back_edge, function_entered, function_resumed, resumed,
};

/// The engine.
pub static ENGINE: &dyn Engine = &Tiered;

struct Tiered;

static INFO: EngineInfo = EngineInfo {
    id: "tiered",
    version: env!("CARGO_PKG_VERSION"),
    summary: "Mixed mode: bytecode VM, then template code for hot functions, then Cranelift code for hot loops",
    family: Family::Tiered,
    unit_of_compilation: Some("function or loop"),
    deoptimises: true,
    knobs: KNOBS,
};

impl Engine for Tiered {
    fn info(&self) -> &'static EngineInfo {
        &INFO
    }

    fn start(&self, start: Start) -> Result<Box<dyn Instance>, Failure> {
        let start = match start_profiled(start) {
            Ok(profiled) => return profiled,
            Err(start) => start,
        };
        let knobs = Knobs::read(&start.settings);
        if knobs.max_tier == MaxTier::Interpreter {
            // SAFETY: there are no hooks.
            return Ok(Box::new(unsafe { VmInstance::start::<NoTier>(start, Tiers::NONE) }?));
        }
        let compilers = Compilers::new(knobs, &start.interrupt)?;
        let instance: Box<dyn Instance> = match knobs.max_tier {
            MaxTier::Interpreter | MaxTier::Functions => {
                // SAFETY: that is what the hooks take it for.
                Box::new(unsafe { TierInstance::start::<Hooks<false>>(start, compilers) }?)
            }
            // SAFETY: as above.
            MaxTier::Loops => Box::new(unsafe { TierInstance::start::<Hooks<true>>(start, compilers) }?),
        };
        Ok(instance)
    }
}

/// The hooks on the VM: those of the compiler of functions, and where `LOOPS` are compiled too, those of the compiler of loops
/// before them.
struct Hooks<const LOOPS: bool>;

// SAFETY: they are those of the two compilers, of which the second is asked only if the first has done nothing.
unsafe impl<const LOOPS: bool> TierHooks for Hooks<LOOPS> {
    const ACTIVE: bool = true;

    #[inline]
    fn entered_from_rust(vm: &mut Vm, cursor: Cursor) -> Outcome {
        entered_from_rust(vm, cursor)
    }

    #[inline]
    fn function_entered(vm: &mut Vm, cursor: Cursor) -> Outcome {
        function_entered(vm, cursor)
    }

    #[inline]
    fn resumed(vm: &mut Vm, cursor: Cursor) -> Outcome {
        if LOOPS { resumed(vm, cursor) } else { function_resumed(vm, cursor) }
    }

    #[inline]
    fn back_edge(vm: &mut Vm, cursor: Cursor) -> Outcome {
        if LOOPS { back_edge(vm, cursor) } else { function_back_edge(vm, cursor) }
    }
}
