//! Short ways to run a program on this engine.

use engine_testing::JIT_SETTINGS;
pub(crate) use engine_testing::{Knobs, Run, Task};
use tiered::ENGINE;

/// The settings of this engine alone under which every program must do the same: each tier off, loops hot before functions, tiers
/// switched all the time.
pub(crate) const SETTINGS: &[Knobs<'static>] = &[
    &[("jit", "on"), ("max-tier", "1")],
    &[("max-tier", "0")],
    &[("jit-threshold", "0"), ("loop-threshold", "3"), ("compiled-back-edges", "1")],
    &[("jit-threshold", "1000000"), ("loop-threshold", "0")],
    &[("jit-threshold", "0"), ("loop-threshold", "50"), ("compiled-back-edges", "1")],
    &[("jit", "on"), ("force-exit-every", "2")],
    &[("jit", "on"), ("force-exit-every", "3")],
    &[("jit", "on"), ("force-exit-every", "13")],
    &[("jit", "on"), ("give-back", "off")],
    &[("jit", "on"), ("nested-entry", "off")],
    &[("jit", "on"), ("inlining", "off")],
    &[("jit", "on"), ("inlining", "off"), ("gc-every", "1"), ("force-exit-every", "5")],
];

/// Runs a program that must not fail, with a clock of the process that goes so.
pub(crate) fn run_with_clock(source: &str, knobs: Knobs, cpu_clock: fn(u64) -> u64) -> Run {
    Task { cpu_clock, ..Task::new(ENGINE, source, knobs) }.succeed()
}

/// Runs a program that must not fail.
pub(crate) fn run(source: &str, knobs: Knobs) -> Run {
    Task::new(ENGINE, source, knobs).succeed()
}

/// Checks that a program prints the same as on the VM, under every setting, and that this contains `expected`.
pub(crate) fn check(source: &str, expected: &str) {
    let plain = Task::new(bytecode_vm::ENGINE, source, &[]).succeed();
    assert!(plain.output.contains(expected), "the VM prints {:?}", plain.output);
    for knobs in JIT_SETTINGS.iter().chain(SETTINGS) {
        assert_eq!(run(source, knobs).output, plain.output, "with {knobs:?}");
    }
}
