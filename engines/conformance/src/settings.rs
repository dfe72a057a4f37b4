//! The settings under which every case runs, derived from the knobs that an engine declares.
//!
//! A new engine, or a new knob on an old one, needs no change here: a combination applies to each engine that has all
//! of its knobs. This file must never name an engine.

use engine_api::knob::RUNTIME_KNOBS;
use engine_api::{KnobError, KnobSpec, Settings};

/// What is tried on every engine that has the knobs. The first one is the defaults; the others are chosen so that
/// machinery which is rare by default (collection, compilation, exits) is in every case.
const COMBINATIONS: &[&[(&str, &str)]] = &[
    &[],
    &[("gc-every", "1")],
    &[("inline-caches", "off")],
    // Every object is looked at after each collection, which is too slow at each of all collections.
    &[("gc-every", "7"), ("check-heap", "on")],
    &[("jit", "on"), ("jit-threshold", "0")],
    &[("jit", "on"), ("jit-threshold", "0"), ("gc-every", "1")],
    &[("jit", "on"), ("jit-threshold", "0"), ("inline-caches", "off")],
    &[("jit", "on"), ("jit-threshold", "0"), ("gc-every", "7"), ("check-heap", "on")],
    &[("jit", "on"), ("jit-threshold", "0"), ("force-exit-every", "7")],
];

/// Everything compiled at once.
const COMPILED_AT_ONCE: [(&str, &str); 2] = [("jit", "on"), ("jit-threshold", "0")];

/// What turns each technique of a compiler off, one at a time: what is right with all of them must be right without.
/// Those of the runtime are among [`COMBINATIONS`].
fn techniques(knobs: &[KnobSpec]) -> impl Iterator<Item = (&'static str, &'static str)> {
    let compiles = has_all(knobs, &COMPILED_AT_ONCE);
    let is_own = |knob: &&KnobSpec| knob.name != "jit" && !RUNTIME_KNOBS.iter().any(|shared| shared.name == knob.name);
    knobs.iter().filter(move |_| compiles).filter(is_own).filter_map(|knob| Some((knob.name, knob.off_value()?)))
}

/// Knob values of one engine, with the name that tests show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// `default`, or the knobs that were set, as `jit=on,jit-threshold=0`.
    pub name: String,
    /// A value for every knob of the engine.
    pub settings: Settings,
}

impl Setting {
    /// Every setting that applies to an engine with these knobs; the first one is its defaults.
    ///
    /// # Errors
    /// [`KnobError::BadValue`] if a knob exists but refuses the value: its type changed, and this list has to follow.
    pub fn of(knobs: &'static [KnobSpec]) -> Result<Vec<Setting>, KnobError> {
        let mut applicable = Vec::new();
        for combination in COMBINATIONS {
            let mut settings = Settings::defaults(knobs);
            if has_all(knobs, combination) {
                for (knob, value) in *combination {
                    settings.set(knob, value)?;
                }
                applicable.push(Setting { name: name_of(combination), settings });
            }
        }
        for technique in techniques(knobs) {
            let combination = [&COMPILED_AT_ONCE[..], &[technique]].concat();
            let mut settings = Settings::defaults(knobs);
            for (knob, value) in &combination {
                settings.set(knob, value)?;
            }
            applicable.push(Setting { name: name_of(&combination), settings });
        }
        Ok(applicable)
    }
}

fn has_all(knobs: &[KnobSpec], combination: &[(&str, &str)]) -> bool {
    combination.iter().all(|(name, _)| knobs.iter().any(|knob| knob.name == *name))
}

fn name_of(combination: &[(&str, &str)]) -> String {
    if combination.is_empty() {
        return "default".to_string();
    }
    let parts: Vec<String> = combination.iter().map(|(knob, value)| format!("{knob}={value}")).collect();
    parts.join(",")
}

#[cfg(test)]
mod tests;
