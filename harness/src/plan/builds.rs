//! Other builds of this program: what `--bin NAME=PATH` brings. Their engines are contenders beside those of this one.
//!
//! A build is asked once, by `child --describe`, which engines it has and which knobs they take; only one that speaks
//! the same version of the child protocol is taken. What it says lives as long as this process, so that its engines
//! look like any others.

use std::path::{Path, PathBuf};
use std::process::Command;

use engine_api::{EngineInfo, Family, KnobSpec, KnobType, KnobValue};
use serde::{Deserialize, Serialize};

use crate::error::UsageError;
use crate::machine::ask;
use crate::plan::engines::Engines;
use crate::plan::item::is_plain;
use crate::plan::workload;

/// The version of the child protocol and of the command line of `child`. Raised with every change that a parent or a
/// child of before would misunderstand; `measure::protocol` is what it is the version of.
pub const PROTOCOL_VERSION: u32 = 2;

/// Another build.
#[derive(Debug, Clone)]
pub struct Build {
    /// What the user calls it.
    pub name: String,
    /// The program.
    pub program: PathBuf,
    /// Hash of the program's file.
    pub hash: String,
    /// How it was compiled, as [`own_profile`] says it.
    pub profile: String,
    /// Its engines, in its order.
    pub infos: Vec<&'static EngineInfo>,
}

impl Build {
    /// Asks the program of `--bin NAME=PATH`.
    ///
    /// # Errors
    /// [`UsageError`] if it is not of that form, cannot be started, or speaks another protocol.
    pub fn read(text: &str) -> Result<Build, UsageError> {
        let (name, path) = text.split_once('=').filter(|(name, _)| is_plain(name)).ok_or_else(|| {
            UsageError(format!(
                "--bin '{text}' gives no build a name\nexpected NAME=PATH with a name of letters, digits, '-', '_' and \
                 '.', as in old=../old/target/release/harness"
            ))
        })?;
        let cannot =
            |action: &str, error| UsageError::file(&format!("--bin {name}: {action}"), Path::new(path), &error);
        let program = ask::find_program(path).map_err(|error| cannot("cannot find", error))?;
        let answer = ask::ask(Command::new(&program).args(["child", "--describe"]))
            .map_err(|error| cannot("cannot start", error))?;
        let said = answer.out.trim();
        if let Ok(OnlyVersion { protocol }) = serde_json::from_str(said)
            && protocol != PROTOCOL_VERSION
        {
            return Err(UsageError(format!(
                "--bin {name}: '{path}' speaks version {protocol} of the child protocol, this program version \
                 {PROTOCOL_VERSION}\nbuild both from revisions with the same version"
            )));
        }
        let description: Description = serde_json::from_str(said).map_err(|_| {
            let said = [answer.err.as_str(), said].concat();
            let said = said.lines().next().unwrap_or("nothing").to_string();
            UsageError(format!(
                "--bin {name}: '{path}' is no build that can be a contender here; asked which child protocol it speaks, \
                 it said: {said}\nthis program speaks version {PROTOCOL_VERSION}: build the other one from a revision \
                 that has 'child --describe'"
            ))
        })?;
        let bytes = std::fs::read(&program).map_err(|error| cannot("cannot read", error))?;
        let infos = description.engines.into_iter().map(Described::leak).collect::<Result<Vec<_>, String>>();
        let infos = infos.map_err(|what| UsageError(format!("--bin {name}: '{path}': {what}")))?;
        Ok(Build { name: name.to_string(), program, hash: workload::hash(&bytes), profile: description.profile, infos })
    }
}

/// How this program was compiled: the cargo profile, and whether its assertions are in, which makes it slower. Two
/// builds that differ in that do not compare.
pub fn own_profile() -> String {
    let profile = option_env!("JITLAB_CARGO_PROFILE").filter(|profile| !profile.is_empty()).unwrap_or("unknown");
    let name = profile.split(' ').next().unwrap_or(profile);
    if cfg!(debug_assertions) { format!("{name} with debug assertions") } else { name.to_string() }
}

/// What a program says of itself.
#[derive(Debug, Serialize, Deserialize)]
pub struct Description {
    protocol: u32,
    profile: String,
    engines: Vec<Described>,
}

/// What every version of a description has.
#[derive(Debug, Deserialize)]
struct OnlyVersion {
    protocol: u32,
}

/// An engine as a build describes it. Field names are those of [`EngineInfo`].
#[derive(Debug, Serialize, Deserialize)]
struct Described {
    id: String,
    version: String,
    summary: String,
    family: String,
    unit_of_compilation: Option<String>,
    deoptimises: bool,
    knobs: Vec<DescribedKnob>,
}

#[derive(Debug, Serialize, Deserialize)]
struct DescribedKnob {
    name: String,
    #[serde(flatten)]
    values: Values,
    default: String,
    doc: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Values {
    Boolean,
    Integer { min: u64, max: u64 },
    Choice { words: Vec<String> },
}

impl Description {
    /// Of this program.
    pub fn of(engines: &Engines) -> Description {
        Description {
            protocol: PROTOCOL_VERSION,
            profile: own_profile(),
            engines: engines.infos().map(Described::of).collect(),
        }
    }
}

impl Described {
    fn of(info: &EngineInfo) -> Described {
        Described {
            id: info.id.to_string(),
            version: info.version.to_string(),
            summary: info.summary.to_string(),
            family: info.family.name().to_string(),
            unit_of_compilation: info.unit_of_compilation.map(str::to_string),
            deoptimises: info.deoptimises,
            knobs: info.knobs.iter().map(DescribedKnob::of).collect(),
        }
    }

    fn leak(self) -> Result<&'static EngineInfo, String> {
        let family = Family::named(&self.family).ok_or_else(|| {
            format!("its engine '{}' is of the family '{}', which is unknown here", self.id, self.family)
        })?;
        let knobs: Vec<KnobSpec> = self.knobs.into_iter().map(DescribedKnob::leak).collect::<Result<_, String>>()?;
        Ok(Box::leak(Box::new(EngineInfo {
            id: self.id.leak(),
            version: self.version.leak(),
            summary: self.summary.leak(),
            family,
            unit_of_compilation: self.unit_of_compilation.map(|unit| &*unit.leak()),
            deoptimises: self.deoptimises,
            knobs: knobs.leak(),
        })))
    }
}

impl DescribedKnob {
    fn of(knob: &KnobSpec) -> DescribedKnob {
        let values = match knob.knob_type {
            KnobType::Boolean => Values::Boolean,
            KnobType::Integer { min, max } => Values::Integer { min, max },
            KnobType::Choice(words) => Values::Choice { words: words.iter().map(ToString::to_string).collect() },
        };
        let (name, default, doc) = (knob.name.to_string(), knob.default.to_string(), knob.doc.to_string());
        DescribedKnob { name, values, default, doc }
    }

    fn leak(self) -> Result<KnobSpec, String> {
        let DescribedKnob { name, values, default, doc } = self;
        let (knob_type, value) = match values {
            Values::Boolean => (KnobType::Boolean, default.parse().ok().map(KnobValue::Boolean)),
            Values::Integer { min, max } => {
                (KnobType::Integer { min, max }, default.parse().ok().map(KnobValue::Integer))
            }
            Values::Choice { words } => {
                let words: Vec<&'static str> = words.into_iter().map(|word| &*word.leak()).collect();
                let words: &'static [&'static str] = words.leak();
                let word = words.iter().find(|word| **word == default);
                (KnobType::Choice(words), word.map(|word| KnobValue::Choice(word)))
            }
        };
        let default =
            value.ok_or_else(|| format!("its knob '{name}' has the default '{default}', which is no value"))?;
        Ok(KnobSpec { name: name.leak(), knob_type, default, doc: doc.leak() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::engines::example;

    #[test]
    fn a_description_gives_the_engines_back() {
        let engines = example::engines();
        let text = serde_json::to_string(&Description::of(&engines)).unwrap();
        let read: Description = serde_json::from_str(&text).unwrap();
        assert_eq!(read.protocol, PROTOCOL_VERSION);
        for (info, read) in engines.infos().zip(read.engines) {
            let read = read.leak().unwrap();
            assert_eq!(
                (read.id, read.version, read.family, read.knobs),
                (info.id, info.version, info.family, info.knobs)
            );
        }
    }

    #[test]
    fn programs_that_are_none_are_refused_in_words() {
        for (text, part) in [
            ("/bin/sh", "gives no build a name"),
            ("my build=/bin/sh", "gives no build a name"),
            ("old=/no/such/program", "--bin old: cannot find '/no/such/program'"),
            ("old=/bin/sh", "is no build that can be a contender here"),
        ] {
            let problem = Build::read(text).unwrap_err().0;
            assert!(problem.contains(part), "{problem}");
        }
    }
}
