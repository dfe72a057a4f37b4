//! The declarations agree with each other and with what is read from them.

use super::*;

const KNOBS: &[KnobSpec] = &[
    JIT,
    JIT_THRESHOLD_LOOPS,
    CODE_CACHE_BYTES,
    CODE_CACHE_UNITS,
    COMPILE_LIMIT_MS,
    FAIL_CODE_REQUEST,
    FAIL_GUARD,
    FORCE_EXIT_EVERY,
];

fn read(given: &[(&str, &str)]) -> JitOptions {
    let mut settings = Settings::defaults(KNOBS);
    for (name, value) in given {
        settings.set(name, value).unwrap();
    }
    JitOptions::read(&settings)
}

#[test]
fn defaults_are_those_of_the_design() {
    assert_eq!(
        read(&[]),
        JitOptions {
            mode: JitMode::Auto,
            auto_threshold: 4000,
            code_cache_bytes: Some(64 * 1024 * 1024),
            code_cache_units: Some(1000),
            compile_limit_ms: Some(5000),
            fail_code_request: None,
            fail_guard: None,
            force_exit_every: None,
        }
    );
    assert_eq!(JIT_THRESHOLD_CALLS.default, KnobValue::Integer(100));
}

#[test]
fn zero_turns_a_limit_off() {
    let zeros = ["code-cache-bytes", "code-cache-units", "compile-limit-ms"].map(|name| (name, "0"));
    let options = read(&zeros);
    assert_eq!((options.code_cache_bytes, options.code_cache_units, options.compile_limit_ms), (None, None, None));
    let options = read(&[("fail-code-request", "3"), ("fail-guard", "4"), ("force-exit-every", "5")]);
    assert_eq!((options.fail_code_request, options.fail_guard, options.force_exit_every), (Some(3), Some(4), Some(5)));
}

#[test]
fn the_mode_decides_over_the_threshold() {
    let threshold = |mode| read(&[("jit", mode), ("jit-threshold", "7")]).threshold();
    assert_eq!(MODE_WORDS.iter().map(|mode| threshold(mode)).collect::<Vec<_>>(), [None, Some(7), Some(0)]);
}

#[test]
fn both_thresholds_are_one_knob() {
    assert_eq!(JIT_THRESHOLD_CALLS.name, JIT_THRESHOLD_LOOPS.name);
    let mut names: Vec<_> = KNOBS.iter().map(|knob| knob.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), KNOBS.len());
}
