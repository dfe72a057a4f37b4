//! The engines of this program: the list that the harness is handed at its start, and how names of the command line are
//! found in it.
//!
//! Knows engines by `engine-api` alone. Which ones there are is decided by whoever calls [`crate::main`]: the package
//! `harness-cli` hands over the registry's list, a program from outside what it likes.

use engine_api::{Engine, EngineInfo, Family};

use crate::error::UsageError;
use crate::plan::names;

/// The engines, in the order of lists and figures. No two have one id.
#[derive(Clone)]
pub struct Engines(Vec<&'static dyn Engine>);

impl Engines {
    /// The engines of a list.
    ///
    /// # Errors
    /// [`UsageError`] if two of them have one id.
    pub fn new(list: &[&'static dyn Engine]) -> Result<Engines, UsageError> {
        let mut engines = Engines(Vec::new());
        for engine in list {
            let id = engine.info().id;
            if engines.find(id).is_some() {
                return Err(UsageError(format!("two engines of this program are called '{id}'")));
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

    /// The engines of a selection `all`, `none` or `a,b`, in the order of this list.
    ///
    /// # Errors
    /// [`UsageError`] for an unknown engine, with the list of known ones.
    pub fn select(&self, selection: &str) -> Result<Engines, UsageError> {
        let wanted = match selection {
            "all" => return Ok(self.clone()),
            "none" => return Ok(Engines::none()),
            list => names::parse("--engines", list)?,
        };
        for name in &wanted {
            self.named(name)?;
        }
        Ok(Engines(self.iter().filter(|engine| wanted.contains(&engine.info().id)).collect()))
    }
}

#[cfg(test)]
pub(crate) mod example;

#[cfg(test)]
mod tests {
    use super::*;
    use example::{COMPILER, INTERPRETER};

    #[test]
    fn a_selection_keeps_the_order_of_the_list() {
        let engines = example::engines();
        let ids = |selection| engines.select(selection).map(|chosen| chosen.infos().map(|info| info.id).collect());
        assert_eq!(ids("all"), Ok(vec!["compiler", "interpreter"]));
        assert_eq!(ids("interpreter, compiler"), Ok(vec!["compiler", "interpreter"]));
        assert_eq!(ids("none"), Ok(Vec::<&str>::new()));
        let unknown = UsageError("unknown engine 'interpreted'\nknown: compiler, interpreter".to_string());
        assert_eq!(ids("interpreted"), Err(unknown));
    }

    #[test]
    fn programs_run_on_the_interpreter_of_bytecode() {
        assert_eq!(example::engines().default_id(), Some("interpreter"));
        assert_eq!(Engines::new(&[&COMPILER]).unwrap().default_id(), Some("compiler"));
        assert_eq!(Engines::none().default_id(), None);
    }

    #[test]
    fn no_two_engines_have_one_name() {
        let error = Engines::new(&[&COMPILER, &INTERPRETER, &COMPILER]).err().unwrap();
        assert_eq!(error.0, "two engines of this program are called 'compiler'");
    }
}
