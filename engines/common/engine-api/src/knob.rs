//! Knobs: what a user may set on an engine, by name, with type, range, default and documentation.
//!
//! An engine declares its knobs as [`KnobSpec`]s; [`Settings`] holds one checked value for each of them. Knobs that
//! several engines share are declared once, at the end of this file.

use std::collections::BTreeMap;
use std::fmt;

/// The declaration of one knob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnobSpec {
    /// The name on the command line, lower case, words joined by `-`, with its unit where it has one.
    pub name: &'static str,
    /// What values it takes.
    pub knob_type: KnobType,
    /// The value it has when nobody sets it.
    pub default: KnobValue,
    /// One sentence for `harness list knobs`.
    pub doc: &'static str,
}

impl KnobSpec {
    /// The value that turns a technique off: of a knob that is on by default, or that has a word for nothing which is
    /// not its default. `None` for knobs that are no techniques, or are off anyway.
    pub fn off_value(&self) -> Option<&'static str> {
        match (self.knob_type, self.default) {
            (KnobType::Boolean, KnobValue::Boolean(true)) => Some("off"),
            (KnobType::Choice(words), KnobValue::Choice(default)) => {
                words.iter().find(|word| ["off", "none"].contains(word) && **word != default).copied()
            }
            (KnobType::Boolean | KnobType::Integer { .. } | KnobType::Choice(_), _) => None,
        }
    }
}

/// The type and range of a knob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnobType {
    /// `true` or `false` (also `on`/`off`, `1`/`0`).
    Boolean,
    /// A whole number in `min..=max`.
    Integer {
        /// Smallest value.
        min: u64,
        /// Largest value.
        max: u64,
    },
    /// One of a few words.
    Choice(&'static [&'static str]),
}

/// The value of a knob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnobValue {
    /// Of [`KnobType::Boolean`].
    Boolean(bool),
    /// Of [`KnobType::Integer`].
    Integer(u64),
    /// Of [`KnobType::Choice`]: one of its words.
    Choice(&'static str),
}

impl fmt::Display for KnobValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KnobValue::Boolean(value) => value.fmt(f),
            KnobValue::Integer(value) => value.fmt(f),
            KnobValue::Choice(word) => f.write_str(word),
        }
    }
}

impl fmt::Display for KnobType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KnobType::Boolean => f.write_str("true|false"),
            KnobType::Integer { min, max: u64::MAX } => write!(f, "a whole number from {min}"),
            KnobType::Integer { min, max } => write!(f, "a whole number from {min} to {max}"),
            KnobType::Choice(words) => f.write_str(&words.join("|")),
        }
    }
}

/// Why a knob could not be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnobError {
    /// No knob of that name.
    Unknown {
        /// The name as given.
        name: String,
    },
    /// The value is not of the knob's type or range.
    BadValue {
        /// The knob.
        knob: KnobSpec,
        /// The value as given.
        value: String,
    },
}

impl fmt::Display for KnobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KnobError::Unknown { name } => write!(f, "unknown knob '{name}'"),
            KnobError::BadValue { knob, value } => {
                write!(f, "knob '{}' takes {}, not '{value}'", knob.name, knob.knob_type)
            }
        }
    }
}

impl std::error::Error for KnobError {}

/// One value for every knob of one engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    knobs: &'static [KnobSpec],
    values: BTreeMap<&'static str, KnobValue>,
}

impl Settings {
    /// Every knob at its default.
    pub fn defaults(knobs: &'static [KnobSpec]) -> Settings {
        Settings { knobs, values: knobs.iter().map(|knob| (knob.name, knob.default)).collect() }
    }

    /// Sets one knob from text.
    ///
    /// # Errors
    /// [`KnobError::Unknown`] or [`KnobError::BadValue`]; nothing is changed then.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), KnobError> {
        let knob = self
            .knobs
            .iter()
            .find(|knob| knob.name == name)
            .ok_or_else(|| KnobError::Unknown { name: name.to_string() })?;
        let value =
            parse(knob.knob_type, text).ok_or_else(|| KnobError::BadValue { knob: *knob, value: text.to_string() })?;
        self.values.insert(knob.name, value);
        Ok(())
    }

    /// The value of an integer knob.
    ///
    /// # Panics
    /// If the engine did not declare `name` as an integer: a bug in the engine.
    pub fn integer(&self, name: &str) -> u64 {
        match self.values.get(name) {
            Some(KnobValue::Integer(value)) => *value,
            other => panic!("knob '{name}' is no integer of this engine: {other:?}"),
        }
    }

    /// The value of a boolean knob.
    ///
    /// # Panics
    /// If the engine did not declare `name` as a boolean: a bug in the engine.
    pub fn boolean(&self, name: &str) -> bool {
        match self.values.get(name) {
            Some(KnobValue::Boolean(value)) => *value,
            other => panic!("knob '{name}' is no boolean of this engine: {other:?}"),
        }
    }

    /// Whether the engine has a knob of that name.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The word of a choice knob.
    ///
    /// # Panics
    /// If the engine did not declare `name` as a choice: a bug in the engine.
    pub fn choice(&self, name: &str) -> &'static str {
        match self.values.get(name) {
            Some(KnobValue::Choice(word)) => word,
            other => panic!("knob '{name}' is no choice of this engine: {other:?}"),
        }
    }

    /// The knobs that differ from their defaults, as `name=value` joined by spaces; empty if none does.
    /// This is the column `engine_config` of the results.
    pub fn changed(&self) -> String {
        let changed: Vec<String> = self
            .knobs
            .iter()
            .filter(|knob| self.values[knob.name] != knob.default)
            .map(|knob| format!("{}={}", knob.name, self.values[knob.name]))
            .collect();
        changed.join(" ")
    }
}

fn parse(knob_type: KnobType, text: &str) -> Option<KnobValue> {
    match knob_type {
        KnobType::Boolean => match text {
            "true" | "on" | "1" => Some(KnobValue::Boolean(true)),
            "false" | "off" | "0" => Some(KnobValue::Boolean(false)),
            _ => None,
        },
        KnobType::Integer { min, max } => {
            let value = text.parse::<u64>().ok()?;
            (min..=max).contains(&value).then_some(KnobValue::Integer(value))
        }
        KnobType::Choice(words) => words.iter().find(|word| **word == text).map(|word| KnobValue::Choice(word)),
    }
}

/// Collect garbage at the first poll after every Nth allocation; 0 leaves it to the heap's size.
pub const GC_EVERY: KnobSpec = KnobSpec {
    name: "gc-every",
    knob_type: KnobType::Integer { min: 0, max: u64::MAX },
    default: KnobValue::Integer(0),
    doc: "Collect garbage at the first poll after every Nth allocation; 0 = when the heap has grown enough",
};

/// Fault injection: the Nth heap allocation fails; 0 is off.
pub const FAIL_ALLOCATION: KnobSpec = KnobSpec {
    name: "fail-allocation",
    knob_type: KnobType::Integer { min: 0, max: u64::MAX },
    default: KnobValue::Integer(0),
    doc: "The Nth heap allocation after the start fails with \"not enough memory\"; 0 = off",
};

/// Whether the invariants of the heap are checked after each collection.
pub const CHECK_HEAP: KnobSpec = KnobSpec {
    name: "check-heap",
    knob_type: KnobType::Boolean,
    default: KnobValue::Boolean(false),
    doc: "Check every object of the heap after each collection, and stop the process if one is not as it must be",
};

/// Whether field accesses learn.
pub const INLINE_CACHES: KnobSpec = KnobSpec {
    name: "inline-caches",
    knob_type: KnobType::Boolean,
    default: KnobValue::Boolean(true),
    doc: "Remember at each field access where the field was, by shape; off = every access is a full lookup",
};

/// The knobs that belong to the shared runtime. Every engine lists them.
pub const RUNTIME_KNOBS: &[KnobSpec] = &[GC_EVERY, FAIL_ALLOCATION, CHECK_HEAP, INLINE_CACHES];
