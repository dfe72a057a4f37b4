//! Short ways to run a program on this engine.

use cranelift_loop_jit::ENGINE;
pub(crate) use engine_testing::{JIT_SETTINGS as SETTINGS, Knobs, Run, Task};

/// The result of the test of divisions, computed by the same program on PUC Lua.
pub(crate) const DIVISIONS: &str =
    "-5055286831452848171 6953548980986939091 -43 -301 -3204851690133950846 -2256548253309113417";

/// Runs a program that must not fail.
pub(crate) fn run(source: &str, knobs: Knobs) -> Run {
    Task::new(ENGINE, source, knobs).succeed()
}

/// Runs a program that may fail.
pub(crate) fn run_with(source: &str, knobs: Knobs) -> Run {
    Task::new(ENGINE, source, knobs).run()
}

/// Checks what a program prints, under every setting.
pub(crate) fn check(source: &str, expected: &str) {
    for knobs in SETTINGS {
        assert_eq!(run(source, knobs).output, expected, "with {knobs:?}");
    }
}
