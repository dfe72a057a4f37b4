//! The knobs that JIT engines share: their declarations, and their values read from checked settings.
//!
//! An engine lists the declarations that it heeds in its `EngineInfo` and reads all of them at its start, through
//! [`JitOptions::read`]. What a value does stands where it is used; this file must not know.

use engine_api::{KnobSpec, KnobType, KnobValue, Settings};

/// The three words of the knob `jit`, in the order of [`JitMode`].
const MODE_WORDS: &[&str] = &["off", "auto", "on"];

const fn number(name: &'static str, default: u64, doc: &'static str) -> KnobSpec {
    KnobSpec { name, knob_type: KnobType::Integer { min: 0, max: u64::MAX }, default: KnobValue::Integer(default), doc }
}

/// Whether to compile: never, when hot, or at the first chance.
pub const JIT: KnobSpec = KnobSpec {
    name: "jit",
    knob_type: KnobType::Choice(MODE_WORDS),
    default: KnobValue::Choice("auto"),
    doc: "Compile never, when a unit has become hot, or at the first chance (threshold 0)",
};

/// How hot is hot, for an engine that compiles loops.
pub const JIT_THRESHOLD_LOOPS: KnobSpec =
    number("jit-threshold", 4000, "Back-edges of a loop after which it is compiled; 0 = at the first");

/// How hot is hot, for an engine that compiles functions.
pub const JIT_THRESHOLD_CALLS: KnobSpec =
    number("jit-threshold", 100, "Calls of a function after which it is compiled; 0 = at the first");

/// The most code memory at once.
pub const CODE_CACHE_BYTES: KnobSpec = KnobSpec {
    name: "code-cache-bytes",
    knob_type: KnobType::Integer { min: 0, max: crate::memory::MAX_RESERVATION_BYTES as u64 },
    default: KnobValue::Integer(64 << 20),
    doc: "Bytes that compiled code may take, in whole pages; 0 = as many as can be reserved (1 GiB)",
};

/// The most compiled units at once.
pub const CODE_CACHE_UNITS: KnobSpec =
    number("code-cache-units", 1000, "Units that may be compiled at once; the least recently used goes; 0 = no limit");

/// The longest time that one compilation may take.
pub const COMPILE_LIMIT_MS: KnobSpec =
    number("compile-limit-ms", 5000, "Milliseconds after which the compilation of one unit is given up; 0 = no limit");

/// Fault injection: a request for code memory fails.
pub const FAIL_CODE_REQUEST: KnobSpec =
    number("fail-code-request", 0, "The Nth request for code memory after the start fails; 0 = off");

/// Fault injection: a guard fails.
pub const FAIL_GUARD: KnobSpec =
    number("fail-guard", 0, "The Nth guard that compiled code runs after the start fails; 0 = off");

/// Stress: compiled code leaves for the interpreter all the time.
pub const FORCE_EXIT_EVERY: KnobSpec =
    number("force-exit-every", 0, "Compiled code leaves for the interpreter at every Nth possible exit; 0 = off");

/// What decides that a unit is compiled.
pub const COMPILE_POLICY: KnobSpec = KnobSpec {
    name: "compile-policy",
    knob_type: KnobType::Choice(&["counts", "profile"]),
    default: KnobValue::Choice("counts"),
    doc: "Compile what has run often enough, or what is hot and has stable types by a profile of samples",
};

/// See [`COMPILE_POLICY`].
pub const HOT_COUNT: KnobSpec =
    number("hot-count", 1000, "With compile-policy=profile: calls or back-edges above which a unit is hot");

/// A knob that is a percentage.
pub const fn percent(name: &'static str, default: u64, doc: &'static str) -> KnobSpec {
    KnobSpec { knob_type: KnobType::Integer { min: 0, max: 100 }, ..number(name, default, doc) }
}

/// See [`COMPILE_POLICY`].
pub const HOT_PERCENT: KnobSpec =
    percent("hot-percent", 30, "With compile-policy=profile: percentage of all samples above which a unit is hot");

/// See [`COMPILE_POLICY`].
pub const STABLE_PERCENT: KnobSpec = percent(
    "stable-percent",
    80,
    "With compile-policy=profile: percentage of its samples with the same types above which a unit is stable",
);

/// When to compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JitMode {
    /// Never.
    Off,
    /// When a counter has passed the threshold.
    Auto,
    /// At the first chance.
    On,
}

/// The values of the shared knobs. Zeros that mean "off" or "no limit" have become `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JitOptions {
    /// When to compile.
    pub mode: JitMode,
    /// The threshold of [`JitMode::Auto`], in calls or back-edges. [`JitOptions::threshold`] heeds the mode too.
    pub auto_threshold: u64,
    /// Bytes of code memory, in whole pages.
    pub code_cache_bytes: Option<u64>,
    /// Compiled units.
    pub code_cache_units: Option<u64>,
    /// Milliseconds for one compilation.
    pub compile_limit_ms: Option<u64>,
    /// The request for code memory that fails, counted from 1.
    pub fail_code_request: Option<u64>,
    /// The guard that fails, counted from 1.
    pub fail_guard: Option<u64>,
    /// Every how many possible exits one is taken.
    pub force_exit_every: Option<u64>,
}

impl JitOptions {
    /// The values of one engine.
    ///
    /// # Panics
    /// If the engine did not declare every knob of this file (one of the two thresholds): a bug in the engine.
    pub fn read(settings: &Settings) -> JitOptions {
        let nonzero = |knob: KnobSpec| Some(settings.integer(knob.name)).filter(|value| *value != 0);
        JitOptions {
            mode: match settings.choice(JIT.name) {
                "off" => JitMode::Off,
                "auto" => JitMode::Auto,
                "on" => JitMode::On,
                other => panic!("knob 'jit' was declared with the word '{other}'"),
            },
            auto_threshold: settings.integer(JIT_THRESHOLD_CALLS.name),
            code_cache_bytes: nonzero(CODE_CACHE_BYTES),
            code_cache_units: nonzero(CODE_CACHE_UNITS),
            compile_limit_ms: nonzero(COMPILE_LIMIT_MS),
            fail_code_request: nonzero(FAIL_CODE_REQUEST),
            fail_guard: nonzero(FAIL_GUARD),
            force_exit_every: nonzero(FORCE_EXIT_EVERY),
        }
    }

    /// The count of calls or back-edges after which a unit is compiled; `None` for never.
    pub fn threshold(&self) -> Option<u64> {
        match self.mode {
            JitMode::Off => None,
            JitMode::Auto => Some(self.auto_threshold),
            JitMode::On => Some(0),
        }
    }
}

#[cfg(test)]
mod tests;
