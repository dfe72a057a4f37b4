//! Knobs: values are checked against their declarations, and what differs from the defaults is reported.

use engine_api::knob::{INLINE_CACHES, RUNTIME_KNOBS};
use engine_api::{KnobError, KnobSpec, KnobType, KnobValue, Settings};

const KNOBS: &[KnobSpec] = &[
    KnobSpec {
        name: "mode",
        knob_type: KnobType::Choice(&["off", "auto"]),
        default: KnobValue::Choice("auto"),
        doc: "A choice",
    },
    KnobSpec {
        name: "limit-ms",
        knob_type: KnobType::Integer { min: 1, max: 100 },
        default: KnobValue::Integer(5),
        doc: "A number",
    },
    KnobSpec { name: "caches", knob_type: KnobType::Boolean, default: KnobValue::Boolean(true), doc: "A flag" },
];

#[test]
fn values_are_checked_and_changes_reported() {
    let mut settings = Settings::defaults(KNOBS);
    assert_eq!(settings.changed(), "");
    settings.set("limit-ms", "7").expect("in range");
    settings.set("caches", "off").expect("a flag");
    settings.set("mode", "off").expect("one of the words");
    assert_eq!((settings.integer("limit-ms"), settings.boolean("caches"), settings.choice("mode")), (7, false, "off"));
    assert_eq!(settings.changed(), "mode=off limit-ms=7 caches=false");
}

#[test]
fn bad_names_and_values_say_what_is_expected() {
    let mut settings = Settings::defaults(KNOBS);
    let unknown = settings.set("limit", "7").expect_err("no such knob");
    assert_eq!(unknown, KnobError::Unknown { name: "limit".to_string() });
    let message = |settings: &mut Settings, name, value| settings.set(name, value).expect_err("refused").to_string();
    assert_eq!(message(&mut settings, "limit-ms", "0"), "knob 'limit-ms' takes a whole number from 1 to 100, not '0'");
    assert_eq!(message(&mut settings, "mode", "on"), "knob 'mode' takes off|auto, not 'on'");
    assert_eq!(message(&mut settings, "caches", "maybe"), "knob 'caches' takes true|false, not 'maybe'");
    assert_eq!(settings, Settings::defaults(KNOBS));
}

#[test]
fn of_the_shared_knobs_only_the_inline_caches_are_on_by_default() {
    for knob in RUNTIME_KNOBS {
        let is_off = matches!(knob.default, KnobValue::Integer(0) | KnobValue::Boolean(false));
        assert_eq!(is_off, knob.name != INLINE_CACHES.name, "{}", knob.name);
    }
}
