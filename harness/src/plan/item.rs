//! One item of `--engines`: `[NAME=][BUILD/]ENGINE[:KNOB=VALUE]..`, taken apart.
//!
//! Knows the grammar and nothing else: which builds, engines and knobs there are is [`crate::plan::selection`]'s. The
//! grammar is described for users in `harness/README.md`.

use std::fmt;

use crate::error::UsageError;
use crate::plan::knobs::{KnobSetting, Target};

/// What an item must look like.
const GRAMMAR: &str = "expected [NAME=][BUILD/]ENGINE[:KNOB=VALUE].., as in hot=ENGINE:jit-threshold=10";

/// One item as the user gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What the contender is to be called; `None` for the item's own text.
    pub name: Option<String>,
    /// The build that the engine is of; `None` for this program.
    pub build: Option<String>,
    /// The engine's id, or `all`.
    pub engine: String,
    /// The knobs that it sets.
    pub settings: Vec<KnobSetting>,
}

impl Item {
    /// Takes `text` apart.
    ///
    /// # Errors
    /// [`UsageError`] that names the item and says what is expected.
    pub fn parse(text: &str) -> Result<Item, UsageError> {
        let wrong = |what: &str| UsageError(format!("--engines '{text}': {what}\n{GRAMMAR}"));
        let mut parts = text.split(':');
        let head = parts.next().unwrap_or_default();
        let (name, place) = match head.split_once('=') {
            Some((name, place)) => (Some(name), place),
            None => (None, head),
        };
        let (build, engine) = match place.split_once('/') {
            Some((build, engine)) => (Some(build), engine),
            None => (None, place),
        };
        if engine.is_empty() {
            return Err(wrong("it names no engine"));
        }
        if let Some(bad) = [name, build].into_iter().flatten().find(|name| !is_plain(name)) {
            return Err(wrong(&format!("'{bad}' is no name; names are made of letters, digits, '-', '_' and '.'")));
        }
        let settings = parts
            .map(|part| match part.split_once('=') {
                Some((knob, value)) if !knob.is_empty() => {
                    Ok(KnobSetting { target: Target::Item, knob: knob.to_string(), value: value.to_string() })
                }
                Some(_) | None => Err(wrong(&format!("'{part}' is no KNOB=VALUE"))),
            })
            .collect::<Result<Vec<KnobSetting>, UsageError>>()?;
        Ok(Item {
            name: name.map(str::to_string),
            build: build.map(str::to_string),
            engine: engine.to_string(),
            settings,
        })
    }
}

/// The item without its name: what an unnamed contender is called.
impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(build) = &self.build {
            write!(f, "{build}/")?;
        }
        f.write_str(&self.engine)?;
        self.settings.iter().try_for_each(|setting| write!(f, ":{}={}", setting.knob, setting.value))
    }
}

/// Whether `name` can be told apart from everything else on a command line: letters, digits, `-`, `_` and `.`.
pub fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_found() {
        for (text, name, build, engine, knobs) in [
            ("vm", None, None, "vm", vec![]),
            (
                "hot=loop-jit:jit-threshold=10:inlining=off",
                Some("hot"),
                None,
                "loop-jit",
                vec!["jit-threshold", "inlining"],
            ),
            ("old/vm", None, Some("old"), "vm", vec![]),
            ("x=old/vm:gc-every=1", Some("x"), Some("old"), "vm", vec!["gc-every"]),
        ] {
            let item = Item::parse(text).unwrap();
            assert_eq!((item.name.as_deref(), item.build.as_deref(), item.engine.as_str()), (name, build, engine));
            assert_eq!(item.settings.iter().map(|setting| setting.knob.as_str()).collect::<Vec<_>>(), knobs);
            assert_eq!(
                item.to_string(),
                text.split_once('=').filter(|_| name.is_some()).map_or(text, |(_, rest)| rest)
            );
        }
    }

    #[test]
    fn what_is_no_item_is_refused_with_the_grammar() {
        for (text, part) in [
            ("", "names no engine"),
            ("x=", "names no engine"),
            ("old/", "names no engine"),
            ("=vm", "'' is no name"),
            ("my vm=vm", "'my vm' is no name"),
            ("vm:jit", "'jit' is no KNOB=VALUE"),
            ("vm:=on", "'=on' is no KNOB=VALUE"),
            ("vm:", "'' is no KNOB=VALUE"),
        ] {
            let problem = Item::parse(text).unwrap_err().0;
            assert!(problem.starts_with(&format!("--engines '{text}': ")), "{problem}");
            assert!(problem.contains(part) && problem.ends_with(GRAMMAR), "{problem}");
        }
    }
}
