//! Which settings follow from which knobs.

use engine_api::knob::{GC_EVERY, RUNTIME_KNOBS};
use engine_api::{KnobError, KnobSpec, KnobType, KnobValue};

use super::Setting;

const JIT: KnobSpec = KnobSpec {
    name: "jit",
    knob_type: KnobType::Choice(&["off", "auto", "on"]),
    default: KnobValue::Choice("auto"),
    doc: "",
};

const THRESHOLD: KnobSpec = KnobSpec {
    name: "jit-threshold",
    knob_type: KnobType::Integer { min: 0, max: 1_000_000 },
    default: KnobValue::Integer(1000),
    doc: "",
};

fn names(knobs: &'static [KnobSpec]) -> Vec<String> {
    let settings = Setting::of(knobs).expect("the values fit the knobs");
    settings.into_iter().map(|setting| setting.name).collect()
}

#[test]
fn an_engine_without_knobs_runs_at_its_defaults() {
    assert_eq!(names(&[]), ["default"]);
}

#[test]
fn an_interpreter_also_runs_with_a_collection_at_every_poll() {
    assert_eq!(names(RUNTIME_KNOBS), ["default", "gc-every=1", "inline-caches=off", "gc-every=7,check-heap=on"]);
    let settings = Setting::of(RUNTIME_KNOBS).expect("the values fit the knobs");
    assert_eq!(settings[1].settings.integer(GC_EVERY.name), 1);
}

#[test]
fn a_compiler_without_forced_exits_is_not_asked_for_them() {
    const KNOBS: &[KnobSpec] = &[GC_EVERY, JIT, THRESHOLD];
    assert_eq!(names(KNOBS), ["default", "gc-every=1", "jit=on,jit-threshold=0", "jit=on,jit-threshold=0,gc-every=1"]);
}

#[test]
fn each_technique_of_a_compiler_is_turned_off_once() {
    const TECHNIQUE: KnobSpec =
        KnobSpec { name: "technique", knob_type: KnobType::Boolean, default: KnobValue::Boolean(true), doc: "" };
    const RARE: KnobSpec = KnobSpec { name: "rare", default: KnobValue::Boolean(false), ..TECHNIQUE };
    const KNOBS: &[KnobSpec] = &[JIT, THRESHOLD, TECHNIQUE, RARE];
    assert_eq!(names(KNOBS), ["default", "jit=on,jit-threshold=0", "jit=on,jit-threshold=0,technique=off"]);
    assert_eq!(names(&[TECHNIQUE]), ["default"]);
}

#[test]
fn a_knob_that_refuses_the_value_is_an_error() {
    const KNOBS: &[KnobSpec] = &[KnobSpec { knob_type: KnobType::Boolean, ..JIT }, THRESHOLD];
    const STRICT: &[KnobSpec] = &[JIT, KnobSpec { knob_type: KnobType::Integer { min: 1, max: 10 }, ..THRESHOLD }];
    assert!(Setting::of(KNOBS).is_ok(), "a boolean takes `on` as well");
    assert!(matches!(Setting::of(STRICT), Err(KnobError::BadValue { value, .. }) if value == "0"));
}
