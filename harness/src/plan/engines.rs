//! The engines of this program: the list that the harness is handed at its start, and how names of the command line are
//! found in it.
//!
//! Knows engines by `engine-api` alone. Which ones there are is decided by whoever calls [`crate::main`]: the package
//! `harness-cli` hands over the registry's list, a program from outside what it likes.

use engine_api::{Engine, EngineInfo, Family};

use crate::error::UsageError;
use crate::plan::contender::NATIVE;
use crate::plan::selection::{ALL, NONE};
use crate::plan::yardsticks;

/// What is said where an engine is needed and there is none.
pub const NO_ENGINES: &str = "this program has no engines\nbuild it with some, as with --features registry/ID, or hand \
                              some to harness::main";

/// The engines, in the order of lists and figures. No two have one id, and every id can be told apart, on the command
/// line and in tables, from everything else that stands there.
#[derive(Clone)]
pub struct Engines(Vec<&'static dyn Engine>);

impl Engines {
    /// The engines of a list.
    ///
    /// # Errors
    /// [`UsageError`] if two of them have one id, or one has an id that would be taken for something else.
    pub fn new(list: &[&'static dyn Engine]) -> Result<Engines, UsageError> {
        let mut engines = Engines(Vec::new());
        for engine in list {
            let id = engine.info().id;
            check_id(id)?;
            if engines.find(id).is_some() {
                return Err(UsageError(format!(
                    "two engines of this program are called '{id}'\nchange EngineInfo::id of one of them, or hand over \
                     only one"
                )));
            }
            engines.0.push(*engine);
        }
        Ok(engines)
    }

    /// No engine: what a results folder is read with that names its engines' families.
    pub fn none() -> Engines {
        Engines(Vec::new())
    }

    /// Each engine, in order.
    pub fn iter(&self) -> impl Iterator<Item = &'static dyn Engine> {
        self.0.iter().copied()
    }

    /// What each engine says about itself, in order.
    pub fn infos(&self) -> impl Iterator<Item = &'static EngineInfo> {
        self.iter().map(|engine| engine.info())
    }

    /// The engine named `id`.
    pub fn find(&self, id: &str) -> Option<&'static dyn Engine> {
        self.iter().find(|engine| engine.info().id == id)
    }

    /// The engine named `id`.
    ///
    /// # Errors
    /// [`UsageError`] if there is none, with the list of those that there are.
    pub fn named(&self, id: &str) -> Result<&'static dyn Engine, UsageError> {
        self.find(id).ok_or_else(|| UsageError::unknown("engine", id, self.infos().map(|info| info.id)))
    }

    /// The id of the engine that runs a program when none is named: the first that interprets bytecode, the lower tier
    /// of most others; without such a one the first of all; `None` without engines.
    pub fn default_id(&self) -> Option<&'static str> {
        let interpreter = self.infos().find(|info| info.family == Family::BytecodeInterpreter);
        interpreter.or(self.infos().next()).map(|info| info.id)
    }

    /// The engine named `id`, or without a name the one of [`Engines::default_id`].
    ///
    /// # Errors
    /// Those of [`Engines::named`]; [`UsageError`] if there is no engine at all.
    pub fn named_or_default(&self, id: Option<&str>) -> Result<&'static dyn Engine, UsageError> {
        let chosen = id.or(self.default_id()).ok_or_else(|| UsageError(NO_ENGINES.to_string()))?;
        self.named(chosen)
    }
}

/// Refuses an id that lists, settings or tables would take for something else.
fn check_id(id: &str) -> Result<(), UsageError> {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(is_letter);
    let problem = if !id.split('-').all(is_word) {
        "is no id: expected words of a-z and 0-9, joined by '-'".to_string()
    } else if [ALL, NONE].contains(&id) {
        format!("has another meaning: --engines {id}")
    } else if id == NATIVE || yardsticks::declared().any(|name| name == id) {
        "is the name of another contender".to_string()
    } else {
        return Ok(());
    };
    Err(UsageError(format!("an engine of this program is called {id:?}, which {problem}\nchange its EngineInfo::id")))
}

#[cfg(test)]
pub(crate) mod example;

#[cfg(test)]
mod tests {
    use super::*;
    use example::{COMPILER, INTERPRETER};

    #[test]
    fn programs_run_on_the_interpreter_of_bytecode() {
        assert_eq!(example::engines().default_id(), Some("interpreter"));
        assert_eq!(Engines::new(&[&COMPILER]).unwrap().default_id(), Some("compiler"));
        assert_eq!(Engines::none().default_id(), None);
        let id = |engine: &'static dyn Engine| engine.info().id;
        assert_eq!(example::engines().named_or_default(None).map(id), Ok("interpreter"));
        assert_eq!(example::engines().named_or_default(Some("compiler")).map(id), Ok("compiler"));
        let problem = Engines::none().named_or_default(None).map(id).unwrap_err().0;
        assert!(problem.starts_with("this program has no engines"), "{problem}");
    }

    #[test]
    fn no_two_engines_have_one_name() {
        let error = Engines::new(&[&COMPILER, &INTERPRETER, &COMPILER]).err().unwrap();
        assert!(error.0.starts_with("two engines of this program are called 'compiler'\n"), "{}", error.0);
    }

    #[test]
    fn an_id_is_words_and_no_word_of_ours() {
        for id in ["a", "some-words", "x86-64-jit"] {
            assert_eq!(check_id(id), Ok(()), "{id}");
        }
        for id in ["", "-", "a-", "--help", "my engine", "a,b", "a:b", "a=b", "A", "a'", "a\nb", "lua5.4", "ü"] {
            let problem = check_id(id).unwrap_err().0;
            assert!(problem.contains(&format!("{id:?}, which is no id")), "{problem}");
            assert!(problem.ends_with("change its EngineInfo::id"), "{problem}");
        }
        for id in ["all", "none"] {
            assert!(check_id(id).unwrap_err().0.contains(&format!("has another meaning: --engines {id}")));
        }
        for id in ["native", "luajit"] {
            assert!(check_id(id).unwrap_err().0.contains("is the name of another contender"));
        }
    }
}
