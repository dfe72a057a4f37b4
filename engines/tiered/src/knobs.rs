//! The policy as data: what is compiled when, by whom, and when it is given back. Why each number is what it is stands in the
//! README.
//!
//! This file must not know how a knob is heeded, but for reading its value.

use bytecode_vm::tier::Rules;
use cranelift_loop_jit::{Allowance, Costs, GIVE_BACK, INLINING, OPT_LEVEL, TARGET};
use dynasm_method_jit::{INLINE_ALLOCATION, INTRINSICS, LOOP_PLANS, NESTED_ENTRY, TYPED_CODE};
use engine_api::knob::{CHECK_HEAP, FAIL_ALLOCATION, GC_EVERY, INLINE_CACHES};
use engine_api::profile::PROFILE;
use engine_api::{KnobSpec, KnobType, KnobValue, Settings};
use jit_support::knobs::{
    CODE_CACHE_BYTES, CODE_CACHE_UNITS, COMPILE_LIMIT_MS, COMPILE_POLICY, FAIL_CODE_REQUEST, FAIL_GUARD,
    FORCE_EXIT_EVERY, HOT_COUNT, HOT_PERCENT, JIT, JIT_THRESHOLD_CALLS, STABLE_PERCENT, percent,
};
use jit_support::{JitMode, JitOptions};

const fn number(name: &'static str, default: u64, doc: &'static str) -> KnobSpec {
    KnobSpec { name, knob_type: KnobType::Integer { min: 0, max: u64::MAX }, default: KnobValue::Integer(default), doc }
}

const MAX_TIER: KnobSpec = KnobSpec {
    name: "max-tier",
    knob_type: KnobType::Integer { min: 0, max: 2 },
    default: KnobValue::Integer(2),
    doc: "The highest tier: 0 = the VM alone, 1 = functions are compiled too, 2 = loops are compiled too",
};

const LOOP_THRESHOLD: KnobSpec =
    number("loop-threshold", 10000, "Back-edges of a loop in the VM after which it is compiled; 0 = at the first");

const COMPILED_BACK_EDGES: KnobSpec =
    number("compiled-back-edges", 8, "Back-edges of a loop in compiled functions that count as one in the VM");

const BACK_OFF: KnobSpec = number(
    "back-off",
    4,
    "How many times as many back-edges a loop needs after each of its units that was thrown away or given up",
);

const TRIALS: KnobSpec = KnobSpec {
    name: "trials",
    knob_type: KnobType::Boolean,
    default: KnobValue::Boolean(true),
    doc: "Let compiled loops and the tiers below take turns, by the clock, and keep what is faster; off = judge by costs",
};

const COMPILE_ALLOWANCE_US: KnobSpec = number(
    "compile-allowance-us",
    2000,
    "With trials: time that may be spent at the start on compiling loops whose units do not win, in us",
);

const COMPILE_PERCENT: KnobSpec = percent(
    "compile-percent",
    5,
    "With trials: percentage of the time that the program has run that may be spent so in addition",
);

const ENTRY_COST: KnobSpec = number(
    "entry-cost",
    100,
    "With trials=off: what entering a compiled loop costs, in words of bytecode done by it that are worth that",
);

const VM_CALL_COST: KnobSpec = number(
    "vm-call-cost",
    16,
    "With trials=off: what an instruction costs that the VM does for a compiled loop, in such words",
);

/// All of them.
pub(crate) const KNOBS: &[KnobSpec] = &[
    JIT,
    MAX_TIER,
    PROFILE,
    COMPILE_POLICY,
    HOT_COUNT,
    HOT_PERCENT,
    STABLE_PERCENT,
    JIT_THRESHOLD_CALLS,
    LOOP_THRESHOLD,
    COMPILED_BACK_EDGES,
    BACK_OFF,
    TRIALS,
    COMPILE_ALLOWANCE_US,
    COMPILE_PERCENT,
    ENTRY_COST,
    VM_CALL_COST,
    TYPED_CODE,
    LOOP_PLANS,
    INTRINSICS,
    INLINE_ALLOCATION,
    NESTED_ENTRY,
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

/// Which tiers there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MaxTier {
    /// The VM.
    Interpreter,
    /// Functions are compiled too.
    Functions,
    /// Loops are compiled too.
    Loops,
}

/// The values of the knobs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Knobs {
    /// Which tiers there are.
    pub(crate) max_tier: MaxTier,
    /// By what units are found to be worth compiling, where that is a profile and not counts.
    pub(crate) profile: Option<Rules>,
    /// Those that every compiler has.
    pub(crate) options: JitOptions,
    /// How functions are compiled, but for the seams.
    pub(crate) functions: dynasm_method_jit::Policy,
    /// How loops are compiled, but for the seams.
    pub(crate) loops: cranelift_loop_jit::Policy,
}

impl Knobs {
    /// Those of checked settings.
    pub(crate) fn read(settings: &Settings) -> Knobs {
        let options = JitOptions::read(settings);
        let max_tier = match (options.mode, settings.integer(MAX_TIER.name)) {
            (JitMode::Off, _) | (_, 0) => MaxTier::Interpreter,
            (JitMode::Auto | JitMode::On, 1) => MaxTier::Functions,
            (JitMode::Auto | JitMode::On, _) => MaxTier::Loops,
        };
        let rules = Rules::read(settings);
        // With `jit=on` everything is compiled at the first chance, and there is nothing to be found out.
        let is_profiled = options.mode == JitMode::Auto && rules.is_some();
        let (call_threshold, loop_threshold) = match options.mode {
            JitMode::Off => (None, None),
            // No count is enough; what the profile wants is made due.
            JitMode::Auto if is_profiled => (Some(u64::MAX), Some(u64::MAX)),
            JitMode::Auto => (options.threshold(), Some(settings.integer(LOOP_THRESHOLD.name))),
            JitMode::On => (Some(0), Some(0)),
        };
        let functions =
            dynasm_method_jit::Policy { threshold: call_threshold, ..dynasm_method_jit::Policy::read(settings) };
        let allowance = Allowance {
            initial_ns: settings.integer(COMPILE_ALLOWANCE_US.name).saturating_mul(1000),
            percent: settings.integer(COMPILE_PERCENT.name),
        };
        let tries = settings.boolean(TRIALS.name);
        let loops = cranelift_loop_jit::Policy {
            threshold: loop_threshold,
            back_off: settings.integer(BACK_OFF.name),
            costs: Costs {
                words_per_entry: settings.integer(ENTRY_COST.name),
                words_per_vm_call: settings.integer(VM_CALL_COST.name),
            },
            tries,
            // Forced compilation asks nobody.
            allowance: Some(allowance).filter(|_| tries && options.mode == JitMode::Auto),
            compiled_back_edges: settings.integer(COMPILED_BACK_EDGES.name),
            ..cranelift_loop_jit::Policy::read(settings)
        };
        Knobs { max_tier, profile: rules.filter(|_| is_profiled), options, functions, loops }
    }
}
