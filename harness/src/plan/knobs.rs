//! Knob settings of the command line, `KNOB=V` or `ENGINE:KNOB=V`, and what they mean for each selected engine.
//!
//! Types and ranges are checked by [`engine_api::Settings`]; here it is decided which engine a setting is for.

use std::str::FromStr;

use engine_api::{EngineInfo, KnobError, Settings};

use crate::error::UsageError;
use crate::machine::terminal;
use crate::plan::engines::Engines;

/// The knob of every engine with a compiler that says whether it compiles.
pub const JIT: &str = "jit";

/// Values of [`JIT`] that an engine without a compiler fulfils as it is. Only `on` asks for what it cannot do.
const FULFILLED_WITHOUT_COMPILER: &[&str] = &["off", "auto"];

/// One setting as the user gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnobSetting {
    /// The engine it is for; `None` for every selected engine that has the knob.
    pub engine: Option<String>,
    /// The knob's name.
    pub knob: String,
    /// The value as text.
    pub value: String,
}

impl KnobSetting {
    /// A setting for every selected engine that has the knob.
    pub fn everywhere(knob: &str, value: impl ToString) -> KnobSetting {
        KnobSetting { engine: None, knob: knob.to_string(), value: value.to_string() }
    }

    /// Whether engines without a compiler do what it says anyway.
    fn is_fulfilled_without_compiler(&self) -> bool {
        self.knob == JIT && FULFILLED_WITHOUT_COMPILER.contains(&self.value.as_str())
    }

    /// Whether it is addressed to `engine`, which may still lack the knob.
    fn is_for(&self, engine: &EngineInfo) -> bool {
        self.engine.as_deref().is_none_or(|id| id == engine.id)
    }
}

impl FromStr for KnobSetting {
    type Err = String;

    fn from_str(text: &str) -> Result<KnobSetting, String> {
        let (target, value) = text.split_once('=').ok_or_else(|| format!("expected KNOB=VALUE, got '{text}'"))?;
        let (engine, knob) = match target.split_once(':') {
            Some((engine, knob)) => (Some(engine.to_string()), knob),
            None => (None, target),
        };
        if knob.is_empty() {
            return Err(format!("expected KNOB=VALUE, got '{text}'"));
        }
        Ok(KnobSetting { engine, knob: knob.to_string(), value: value.to_string() })
    }
}

/// The settings of each of the selected `engines` out of `all`, in their order. One command line serves all engines: that none of them compiles
/// is fulfilled by interpreters as they are, and only remarked on.
///
/// # Errors
/// [`UsageError`] for a setting whose engine is not selected, whose knob no selected engine has (with the list of
/// known knobs), or whose value is not of the knob's type.
pub fn resolve(
    all: &Engines,
    engines: &[&'static EngineInfo],
    given: &[KnobSetting],
) -> Result<Vec<Settings>, UsageError> {
    for setting in given {
        if let Some(remark) = check_target(all, engines, setting)? {
            terminal::note(&remark);
        }
    }
    engines
        .iter()
        .map(|engine| {
            let mut settings = Settings::defaults(engine.knobs);
            for setting in given.iter().filter(|setting| setting.is_for(engine)) {
                match settings.set(&setting.knob, &setting.value) {
                    Ok(()) => {}
                    // Another selected engine has it: `check_target` has seen to that.
                    Err(KnobError::Unknown { .. }) => {}
                    Err(error @ KnobError::BadValue { .. }) => return Err(UsageError(error.to_string())),
                }
            }
            Ok(settings)
        })
        .collect()
}

/// Checks that at least one selected engine can take `setting`. Returns what there is to say about one that changes
/// nothing.
fn check_target(
    all: &Engines,
    engines: &[&'static EngineInfo],
    setting: &KnobSetting,
) -> Result<Option<String>, UsageError> {
    let targets: Vec<&EngineInfo> = engines.iter().copied().filter(|engine| setting.is_for(engine)).collect();
    if let (Some(id), true) = (&setting.engine, targets.is_empty()) {
        if all.find(id).is_some() {
            let selected: Vec<&str> = engines.iter().map(|engine| engine.id).collect();
            let selected = if selected.is_empty() { "none".to_string() } else { selected.join(", ") };
            let KnobSetting { knob, value, .. } = setting;
            return Err(UsageError(format!(
                "'{id}:{knob}={value}' is for an engine that is not selected\nselected: {selected}"
            )));
        }
        return Err(UsageError::unknown("engine", id, engines.iter().map(|engine| engine.id)));
    }
    if targets.iter().any(|engine| engine.knobs.iter().any(|knob| knob.name == setting.knob)) {
        return Ok(None);
    }
    if setting.is_fulfilled_without_compiler() && !targets.is_empty() {
        let ids: Vec<&str> = targets.iter().map(|engine| engine.id).collect();
        let (verb, names) = (if ids.len() == 1 { "has" } else { "have" }, ids.join(", "));
        return Ok(Some(format!("{names} {verb} no compiler: {JIT}={} changes nothing", setting.value)));
    }
    let mut known: Vec<&str> = targets.iter().flat_map(|engine| engine.knobs.iter().map(|knob| knob.name)).collect();
    known.sort_unstable();
    known.dedup();
    let UsageError(mut message) = UsageError::unknown("knob", &setting.knob, known);
    let has_it = |engine: &EngineInfo| engine.knobs.iter().any(|knob| knob.name == setting.knob);
    let others: Vec<&str> = all.infos().filter(|info| has_it(info)).map(|info| info.id).collect();
    if setting.knob == JIT {
        message.push_str("\nan engine without a compiler can be told 'off' and 'auto' only");
    }
    if !others.is_empty() {
        message.push_str(&format!("\nengines that have it: {}", others.join(", ")));
    }
    Err(UsageError(message))
}

#[cfg(test)]
mod tests {
    use engine_api::Engine;

    use super::*;
    use crate::plan::engines::example::{self, COMPILER, INTERPRETER};

    fn resolved(given: &[&str]) -> Result<Vec<String>, UsageError> {
        let given: Vec<KnobSetting> = given.iter().map(|text| text.parse().unwrap()).collect();
        let settings = resolve(&example::engines(), &[COMPILER.info(), INTERPRETER.info()], &given)?;
        Ok(settings.iter().map(Settings::changed).collect())
    }

    #[test]
    fn a_setting_reaches_the_engines_that_have_the_knob() {
        assert_eq!(resolved(&[]).unwrap(), ["", ""]);
        assert_eq!(resolved(&["jit=on", "gc-every=3"]).unwrap(), ["jit=on gc-every=3", "gc-every=3"]);
        assert_eq!(resolved(&["interpreter:gc-every=3"]).unwrap(), ["", "gc-every=3"]);
    }

    #[test]
    fn an_engine_without_a_compiler_takes_what_asks_for_none() {
        assert_eq!(resolved(&["interpreter:jit=off"]).unwrap(), ["", ""]);
        let check = |engines: &[&'static EngineInfo], value| {
            check_target(&example::engines(), engines, &KnobSetting::everywhere(JIT, value))
        };
        let remark = |value| check(&[INTERPRETER.info()], value).unwrap();
        let expected = |value| Some(format!("interpreter has no compiler: jit={value} changes nothing"));
        assert_eq!((remark("off"), remark("auto")), (expected("off"), expected("auto")));
        // Where another engine has one there is nothing to say.
        let both = check(&[COMPILER.info(), INTERPRETER.info()], "off");
        assert_eq!(both, Ok(None));
        let problem = check(&[], "off").unwrap_err().to_string();
        assert!(problem.starts_with("unknown knob 'jit'"), "{problem}");
    }

    #[test]
    fn an_impossible_setting_is_refused_with_the_known_names() {
        for (given, part) in [
            ("inlining=on", "known: gc-every, jit"),
            ("interpreter:jit=on", "unknown knob 'jit'\nknown: gc-every"),
            ("other:jit=on", "unknown engine 'other'\nknown: compiler, interpreter"),
            ("jit=maybe", "off|auto|on, not 'maybe'"),
        ] {
            let problem = resolved(&[given]).unwrap_err().to_string();
            assert!(problem.contains(part), "{problem}");
        }
        let given = ["compiler:gc-every=1".parse().unwrap()];
        let problem = resolve(&example::engines(), &[INTERPRETER.info()], &given).unwrap_err().to_string();
        let expected = "'compiler:gc-every=1' is for an engine that is not selected\nselected: interpreter";
        assert_eq!(problem, expected);
        assert!("jit".parse::<KnobSetting>().is_err());
        assert!("=on".parse::<KnobSetting>().is_err());
    }
}
