//! Random Lua programs for differential testing: the same source always comes from the same seed.
//!
//! Most random programs end in their first error and test nothing, so these are typed: the generator knows what kind of
//! value every variable, field and result has, and uses it accordingly. Loops have bounds, functions call only functions
//! defined before them, and every function counts its calls, so all programs end. What may fail stands in `pcall`, and
//! its error goes into the output; one program in ten ends with an uncaught error, whose message is compared as well.
//! A program shows nothing that may differ between correct implementations: no addresses, no order of hash keys, no
//! sign of NaN.
//!
//! This crate's `tests/fuzz.rs` runs the programs; nothing here knows an engine. Read in this order: [`random`],
//! `scope`, `expression`, `statement`, `object`, `prelude`.

pub mod random;

mod scope;

mod expression;

mod statement;

mod object;

mod prelude;

use std::fmt::Write;

use self::random::Random;
use self::scope::Scope;

/// A program on its way.
struct Generator {
    random: Random,
    text: String,
    /// Blocks around the current place.
    indent: usize,
    /// Loops around the current place, in the current function.
    loops: usize,
    /// Functions around the current place.
    functions: usize,
    /// Whether the function around the current place has `...`.
    is_vararg: bool,
    /// Whether a coroutine is around the current place, so that it can yield.
    may_yield: bool,
    /// Whether a loop is around the current place, in the current function.
    can_break: bool,
    scope: Scope,
    names: u32,
    /// Statements that may still be made.
    budget: u32,
}

/// The program of a seed.
pub fn program(seed: u64) -> String {
    let mut random = Random::new(seed);
    let budget = 30 + random.below(90) as u32;
    let mut generator = Generator {
        random,
        text: String::new(),
        indent: 0,
        loops: 0,
        functions: 0,
        is_vararg: true,
        may_yield: false,
        can_break: false,
        scope: Scope::default(),
        names: 0,
        budget,
    };
    generator.prelude(seed);
    generator.classes();
    while generator.budget > 0 {
        generator.statement();
    }
    generator.ending();
    generator.text
}

impl Generator {
    fn line(&mut self, line: &str) {
        let spaces = 2 * self.indent;
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "{:spaces$}{line}", "");
    }

    /// A new name.
    fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    /// Shows some of what is in scope, and perhaps fails.
    fn ending(&mut self) {
        let values: Vec<String> = self.scope.visible().map(|variable| variable.name.clone()).collect();
        for values in values.chunks(6) {
            self.line(&format!("show({})", values.join(", ")));
        }
        if self.random.one_in(10) {
            let failing = self.failing_expression();
            self.line(&format!("show({failing})"));
        }
    }
}

#[cfg(test)]
mod tests;
