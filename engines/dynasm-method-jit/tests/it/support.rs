//! Short ways to run a program on this engine.

use dynasm_method_jit::ENGINE;
pub(crate) use engine_testing::{JIT_SETTINGS as SETTINGS, Knobs, Run, Task};

/// Runs a program that must not fail.
pub(crate) fn run(source: &str, knobs: Knobs) -> Run {
    Task::new(ENGINE, source, knobs).succeed()
}

/// Runs a program that may fail.
pub(crate) fn run_with(source: &str, knobs: Knobs) -> Run {
    Task::new(ENGINE, source, knobs).run()
}

/// Checks that a program prints the same as on the VM, under every setting, and that this contains `expected`.
pub(crate) fn check(source: &str, expected: &str) {
    let plain = Task::new(bytecode_vm::ENGINE, source, &[]).succeed();
    assert!(plain.output.contains(expected), "the VM prints {:?}", plain.output);
    for knobs in SETTINGS {
        assert_eq!(run(source, knobs).output, plain.output, "with {knobs:?}");
    }
}
