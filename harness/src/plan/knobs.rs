//! Knob settings of the command line and what they mean for each contender that is an engine.
//!
//! There are five levels, the strongest first: in the item of `--engines`, `--set NAME:KNOB=V` for one contender,
//! `--set ENGINE:KNOB=V` for all contenders of an engine, `--set KNOB=V` for all that have the knob, and the special
//! options `--jit` and `--jit-threshold`. Types and ranges are checked by [`engine_api::Settings`]; here it is decided
//! which contender a setting is for.

use std::fmt;
use std::str::FromStr;

use engine_api::{EngineInfo, KnobError, KnobType, Settings};

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
    /// Whom it is for, and with it at which level it stands.
    pub target: Target,
    /// The knob's name.
    pub knob: String,
    /// The value as text.
    pub value: String,
}

/// Whom a setting is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The contender of the item in which it stands.
    Item,
    /// The contender of that name, or every contender of the engine of that id: `--set NAME:KNOB=V`.
    Named(String),
    /// Every selected engine that has the knob: `--set KNOB=V`.
    All,
    /// The same, by an option of its own: `--jit MODE`.
    Option,
}

/// How strong a setting is for one contender; the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Option,
    All,
    Engine,
    Name,
    Item,
}

/// A contender that knobs are set of.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// What the contender is called.
    pub name: &'a str,
    /// Its engine.
    pub info: &'static EngineInfo,
    /// What its item sets.
    pub own: &'a [KnobSetting],
}

impl Subject<'_> {
    /// An engine under its own name, without settings of its own.
    pub fn plain(info: &'static EngineInfo) -> Subject<'static> {
        Subject { name: info.id, info, own: &[] }
    }

    fn has(&self, knob: &str) -> bool {
        self.info.knobs.iter().any(|spec| spec.name == knob)
    }
}

impl KnobSetting {
    /// What an option of its own sets.
    pub fn by_option(knob: &str, value: impl ToString) -> KnobSetting {
        KnobSetting { target: Target::Option, knob: knob.to_string(), value: value.to_string() }
    }

    /// Whether engines without a compiler do what it says anyway.
    fn is_fulfilled_without_compiler(&self) -> bool {
        self.knob == JIT && FULFILLED_WITHOUT_COMPILER.contains(&self.value.as_str())
    }

    /// The level at which it is for `subject`, which may still lack the knob; `None` if it is for others.
    fn level_for(&self, subject: &Subject) -> Option<Level> {
        match &self.target {
            Target::Item => Some(Level::Item),
            Target::Named(name) if name == subject.name => Some(Level::Name),
            Target::Named(name) => (name == subject.info.id).then_some(Level::Engine),
            Target::All => Some(Level::All),
            Target::Option => Some(Level::Option),
        }
    }

    /// The value as a knob of this type reads it: a whole number may end with K, M or G, for 1024 of the one before.
    fn plain_value(&self, knob_type: KnobType) -> String {
        match knob_type {
            KnobType::Integer { .. } => whole_number(&self.value).map_or(self.value.clone(), |value| value.to_string()),
            KnobType::Boolean | KnobType::Choice(_) => self.value.clone(),
        }
    }
}

/// Reads a whole number that may end with `K`, `M` or `G`, each 1024 times the one before; `None` if it is none or too
/// large.
pub fn whole_number(text: &str) -> Option<u64> {
    let (digits, factor) = match text.strip_suffix(['K', 'M', 'G']) {
        Some(digits) if text.ends_with('K') => (digits, 1 << 10),
        Some(digits) if text.ends_with('M') => (digits, 1 << 20),
        Some(digits) => (digits, 1 << 30),
        None => (text, 1),
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

/// The setting as it stands on the command line.
impl fmt::Display for KnobSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let KnobSetting { target, knob, value } = self;
        match target {
            Target::Item => write!(f, "{knob}={value}"),
            Target::Named(name) => write!(f, "--set {name}:{knob}={value}"),
            Target::All => write!(f, "--set {knob}={value}"),
            Target::Option => write!(f, "--{knob} {value}"),
        }
    }
}

impl FromStr for KnobSetting {
    type Err = String;

    /// Reads what stands behind `--set`. The name of a contender may have `:` and `=` in it, a knob and its value not.
    fn from_str(text: &str) -> Result<KnobSetting, String> {
        let wrong = || format!("expected [NAME:]KNOB=VALUE, got '{text}'");
        let (target, setting) = match text.rsplit_once(':') {
            Some((name, setting)) => (Target::Named(name.to_string()), setting),
            None => (Target::All, text),
        };
        let (knob, value) = setting.split_once('=').ok_or_else(wrong)?;
        if knob.is_empty() {
            return Err(wrong());
        }
        Ok(KnobSetting { target, knob: knob.to_string(), value: value.to_string() })
    }
}

/// The settings of one engine, under its own name.
///
/// # Errors
/// Those of [`resolve`].
pub fn resolve_one(all: &Engines, info: &'static EngineInfo, given: &[KnobSetting]) -> Result<Settings, UsageError> {
    let mut settings = resolve(all, &[Subject::plain(info)], given)?;
    settings.pop().ok_or_else(|| UsageError("no engine is selected".to_string()))
}

/// The settings of each of `subjects`, in their order. One command line serves all engines: that none of them compiles
/// is fulfilled by interpreters as they are, and only remarked on.
///
/// # Errors
/// [`UsageError`] for a setting whose contender is not selected, whose knob no selected engine has (with the list of
/// known knobs), whose value is not of the knob's type, or that stands twice at one level.
pub fn resolve(all: &Engines, subjects: &[Subject], given: &[KnobSetting]) -> Result<Vec<Settings>, UsageError> {
    check_once(given)?;
    for setting in given {
        note(check_target(all, subjects, setting)?);
    }
    subjects
        .iter()
        .map(|subject| {
            let of_item = |UsageError(problem)| UsageError(format!("the contender '{}': {problem}", subject.name));
            check_once(subject.own).map_err(of_item)?;
            for setting in subject.own {
                note(check_target(all, &[*subject], setting).map_err(of_item)?);
            }
            settings_of(subject, given)
        })
        .collect()
}

fn note(remark: Option<String>) {
    if let Some(remark) = remark {
        terminal::note(&remark);
    }
}

/// All that is for one subject, the weakest first, so that the strongest has the last word.
fn settings_of(subject: &Subject, given: &[KnobSetting]) -> Result<Settings, UsageError> {
    let mut own: Vec<(Level, &KnobSetting)> =
        given.iter().chain(subject.own).filter_map(|setting| Some((setting.level_for(subject)?, setting))).collect();
    own.sort_by_key(|(level, _)| *level);
    let mut settings = Settings::defaults(subject.info.knobs);
    for (_, setting) in own {
        // Another selected engine has it, or this one needs none: `check_target` has seen to that.
        let Some(knob) = subject.info.knobs.iter().find(|knob| knob.name == setting.knob) else { continue };
        settings.set(knob.name, &setting.plain_value(knob.knob_type)).map_err(|error| match error {
            KnobError::BadValue { knob, .. } => {
                let value = setting.value.clone();
                UsageError(format!("{setting}: {}", KnobError::BadValue { knob, value }))
            }
            KnobError::Unknown { .. } => UsageError(error.to_string()),
        })?;
    }
    Ok(settings)
}

/// Refuses two settings of one knob at one level: which of them was meant is not for us to guess.
fn check_once(given: &[KnobSetting]) -> Result<(), UsageError> {
    let is_same = |one: &KnobSetting, other: &KnobSetting| one.knob == other.knob && one.target == other.target;
    for (index, setting) in given.iter().enumerate() {
        if let Some(first) = given[..index].iter().find(|first| is_same(first, setting)) {
            return Err(UsageError(format!(
                "'{first}' and '{setting}' set the same knob twice\nleave one of them out"
            )));
        }
    }
    Ok(())
}

/// Checks that at least one selected engine can take `setting`. Returns what there is to say about one that changes
/// nothing.
fn check_target(all: &Engines, subjects: &[Subject], setting: &KnobSetting) -> Result<Option<String>, UsageError> {
    let targets: Vec<&Subject> = subjects.iter().filter(|subject| setting.level_for(subject).is_some()).collect();
    if let (Target::Named(name), true) = (&setting.target, targets.is_empty()) {
        let selected = || {
            let mut names: Vec<&str> = subjects.iter().flat_map(|subject| [subject.name, subject.info.id]).collect();
            let mut seen = std::collections::HashSet::new();
            names.retain(|name| seen.insert(*name));
            names
        };
        if all.find(name).is_some() {
            let names = selected();
            let selected = if names.is_empty() { "none".to_string() } else { names.join(", ") };
            let KnobSetting { knob, value, .. } = setting;
            return Err(UsageError(format!(
                "'{name}:{knob}={value}' is for an engine that is not selected\nselected: {selected}"
            )));
        }
        return Err(UsageError::unknown("contender or engine", name, selected()));
    }
    if targets.iter().any(|subject| subject.has(&setting.knob)) {
        return Ok(None);
    }
    if setting.is_fulfilled_without_compiler() && !targets.is_empty() {
        let names: Vec<&str> = targets.iter().map(|subject| subject.name).collect();
        let (verb, names) = (if names.len() == 1 { "has" } else { "have" }, names.join(", "));
        return Ok(Some(format!("{names} {verb} no compiler: {JIT}={} changes nothing", setting.value)));
    }
    let mut known: Vec<&str> =
        targets.iter().flat_map(|subject| subject.info.knobs.iter().map(|knob| knob.name)).collect();
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
        resolved_with(&[], given)
    }

    /// What the compiler, as the contender `hot` with settings of its own, and the interpreter get.
    fn resolved_with(own: &[&str], given: &[&str]) -> Result<Vec<String>, UsageError> {
        let parse = |text: &&str| text.parse::<KnobSetting>().unwrap();
        let given: Vec<KnobSetting> = given
            .iter()
            .map(|text| match text.strip_prefix("--jit ") {
                Some(mode) => KnobSetting::by_option(JIT, mode),
                None => parse(text),
            })
            .collect();
        let own: Vec<KnobSetting> =
            own.iter().map(|text| KnobSetting { target: Target::Item, ..parse(text) }).collect();
        let hot = Subject { name: "hot", info: COMPILER.info(), own: &own };
        let settings = resolve(&example::engines(), &[hot, Subject::plain(INTERPRETER.info())], &given)?;
        Ok(settings.iter().map(Settings::changed).collect())
    }

    #[test]
    fn a_setting_reaches_the_engines_that_have_the_knob() {
        assert_eq!(resolved(&[]).unwrap(), ["", ""]);
        assert_eq!(resolved(&["jit=on", "gc-every=3"]).unwrap(), ["jit=on gc-every=3", "gc-every=3"]);
        assert_eq!(resolved(&["interpreter:gc-every=3"]).unwrap(), ["", "gc-every=3"]);
        assert_eq!(resolved(&["gc-every=64K"]).unwrap(), ["gc-every=65536", "gc-every=65536"]);
    }

    #[test]
    fn the_more_special_setting_wins_wherever_it_stands() {
        let levels = ["--jit off", "jit=on", "compiler:jit=off", "hot:jit=on"];
        for count in 1..=levels.len() {
            let expected = if count % 2 == 0 { "jit=on" } else { "jit=off" };
            assert_eq!(resolved(&levels[..count]).unwrap()[0], expected);
            let reversed: Vec<&str> = levels[..count].iter().rev().copied().collect();
            assert_eq!(resolved(&reversed).unwrap()[0], expected);
        }
        assert_eq!(resolved_with(&["jit=off"], &levels).unwrap(), ["jit=off", ""]);
    }

    #[test]
    fn one_knob_twice_at_one_level_is_refused() {
        for given in
            [["jit=on", "jit=off"], ["hot:jit=on", "hot:jit=on"], ["compiler:gc-every=1", "compiler:gc-every=2"]]
        {
            let problem = resolved(&given).unwrap_err().0;
            assert!(problem.contains("set the same knob twice") && problem.contains(given[1]), "{problem}");
        }
        let problem = resolved_with(&["jit=on", "jit=off"], &[]).unwrap_err().0;
        assert!(problem.contains("'jit=on' and 'jit=off' set the same knob twice"), "{problem}");
    }

    #[test]
    fn an_engine_without_a_compiler_takes_what_asks_for_none() {
        assert_eq!(resolved(&["interpreter:jit=off"]).unwrap(), ["", ""]);
        let check = |subjects: &[Subject], value| {
            check_target(&example::engines(), subjects, &KnobSetting::by_option(JIT, value))
        };
        let remark = |value| check(&[Subject::plain(INTERPRETER.info())], value).unwrap();
        let expected = |value| Some(format!("interpreter has no compiler: jit={value} changes nothing"));
        assert_eq!((remark("off"), remark("auto")), (expected("off"), expected("auto")));
        // Where another engine has one there is nothing to say.
        let both = check(&[Subject::plain(COMPILER.info()), Subject::plain(INTERPRETER.info())], "off");
        assert_eq!(both, Ok(None));
        let problem = check(&[], "off").unwrap_err().to_string();
        assert!(problem.starts_with("unknown knob 'jit'"), "{problem}");
    }

    #[test]
    fn an_impossible_setting_is_refused_with_the_known_names() {
        for (given, part) in [
            ("inlining=on", "known: gc-every, jit"),
            ("interpreter:jit=on", "unknown knob 'jit'\nknown: gc-every"),
            ("other:jit=on", "unknown contender or engine 'other'\nknown: hot, compiler, interpreter"),
            ("jit=maybe", "--set jit=maybe: knob 'jit' takes off|auto|on, not 'maybe'"),
            ("gc-every=1T", "a whole number from 0, not '1T'"),
        ] {
            let problem = resolved(&[given]).unwrap_err().to_string();
            assert!(problem.contains(part), "{problem}");
        }
        let given = ["compiler:gc-every=1".parse().unwrap()];
        let problem = resolve_one(&example::engines(), INTERPRETER.info(), &given).unwrap_err().to_string();
        let expected = "'compiler:gc-every=1' is for an engine that is not selected\nselected: interpreter";
        assert_eq!(problem, expected);
        assert!("jit".parse::<KnobSetting>().is_err());
        assert!("=on".parse::<KnobSetting>().is_err());
    }

    #[test]
    fn sizes_have_units() {
        let sizes = ["7", "64K", "1M", "2G", "K", "1T", "-1", "99999999999G"].map(whole_number);
        assert_eq!(sizes, [Some(7), Some(65536), Some(1 << 20), Some(2 << 30), None, None, None, None]);
    }
}
