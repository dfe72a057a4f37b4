//! Examples in a program's comments (`-- example: fib(20)`), and the workloads that they become: the program itself, with a
//! function that evaluates the example for its last statement, so that it sees every local of the chunk.

use engine_api::{Engine, FunctionRef, HostValue, Instance, Interrupt, Settings};

use crate::inspect::program::Program;

/// How a comment says that an example follows.
const KEY: &str = "example:";

/// What an example is evaluated to, as a result that can be compared: numbers as everybody prints them, other values that are
/// no text by their type.
const TEXT_OF_RESULT: &str = "local kind = type(result) \
     if kind == 'number' then return string.format('%.14g', result) end \
     if kind == 'string' or kind == 'boolean' or kind == 'nil' then return tostring(result) end return kind";

/// An example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The expression.
    pub expression: String,
    /// The line of the comment.
    pub line: u32,
}

/// The examples of a program: comments that stand alone in their line.
pub fn examples(source: &str) -> Vec<Example> {
    let example = |(line, text): (u32, &str)| {
        let expression = text.trim().strip_prefix("--")?.trim_start().strip_prefix(KEY)?.trim();
        (!expression.is_empty()).then(|| Example { expression: expression.to_string(), line })
    };
    (1..).zip(source.lines()).filter_map(example).collect()
}

/// The text of a workload that evaluates an example `n` times an iteration, for each place where its function may stand: at
/// the end, or before a `return` that begins a line, from the last one up. The right one is the first that is a program.
pub fn candidates(source: &str, example: &Example) -> Vec<String> {
    let Example { expression, .. } = example;
    let function =
        format!("return function(n) local result for _ = 1, n do result = {expression} end {TEXT_OF_RESULT} end\n");
    let mut starts = vec![source.len()];
    let mut offset = 0;
    let mut returns = Vec::new();
    for line in source.split_inclusive('\n') {
        let is_return = line.strip_prefix("return").is_some_and(|rest| !rest.starts_with(is_of_name));
        if is_return {
            returns.push(offset);
        }
        offset += line.len();
    }
    starts.extend(returns.into_iter().rev());
    let text = |start: usize| {
        let before = &source[..start];
        let end = if before.ends_with('\n') || before.is_empty() { "" } else { "\n" };
        format!("{before}{end}{function}")
    };
    starts.into_iter().map(text).collect()
}

fn is_of_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// A workload's name for an expression: letters and digits with `_` between.
pub fn name(expression: &str) -> String {
    let words: Vec<&str> =
        expression.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("_")
}

/// The file of a workload: a header with the number of evaluations, then the program. The blank line ends the header, whatever
/// comments the program begins with.
pub fn workload(text: &str, example: &Example, evaluations: u64) -> String {
    let Example { expression, .. } = example;
    format!("-- title: {expression}\n-- test: n={evaluations}\n-- bench: n={evaluations}\n\n{text}")
}

/// Evaluates an example once and more, in a state of its own.
pub struct Evaluation {
    instance: Box<dyn Instance>,
    function: FunctionRef,
}

impl Evaluation {
    /// The program has run, and the function of the example is there.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn new(engine: &dyn Engine, settings: Settings, program: &Program) -> Result<Evaluation, String> {
        let words = |failure: engine_api::Failure| failure.to_string();
        let (mut instance, main) = program.load(engine, settings, None, Interrupt::new()).map_err(words)?;
        match instance.call(main, &[]).map_err(words)?.first() {
            Some(HostValue::Function(function)) => Ok(Evaluation { function: *function, instance }),
            Some(_) | None => Err("the program ends before its last line".to_string()),
        }
    }

    /// Evaluates it so often.
    ///
    /// # Errors
    /// Why it fails, in words.
    pub fn run(&mut self, times: u64) -> Result<(), String> {
        let times = i64::try_from(times).unwrap_or(i64::MAX);
        let result = self.instance.call(self.function, &[HostValue::Integer(times)]);
        result.map(drop).map_err(|failure| failure.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "-- example: fib(20)\nlocal function fib(n)\n  return n\nend\n  -- example:  add(1, 'x: y')\nreturns = 1\nreturn fib\n";

    #[test]
    fn examples_are_comments_that_stand_alone() {
        let found: Vec<_> = examples(SOURCE).into_iter().map(|example| (example.line, example.expression)).collect();
        assert_eq!(found, [(1, "fib(20)".to_string()), (5, "add(1, 'x: y')".to_string())]);
        assert_eq!(examples("x = 1 -- example: no\n-- example:\n"), []);
    }

    #[test]
    fn the_function_stands_at_the_end_or_before_a_return_that_begins_a_line() {
        let candidates = candidates(SOURCE, &examples(SOURCE)[0]);
        assert_eq!(candidates.len(), 2);
        assert!(candidates[0].starts_with(SOURCE) && candidates[0].contains("result = fib(20) end"));
        assert!(candidates[1].contains("returns = 1\nreturn function(n)") && !candidates[1].contains("return fib\n"));
    }

    #[test]
    fn names_are_words() {
        assert_eq!(name("fib(20)"), "fib_20");
        assert_eq!(name("t.area{ w = 3 }"), "t_area_w_3");
        let text = workload("return 1", &Example { expression: "f()".to_string(), line: 1 }, 7);
        assert!(text.starts_with("-- title: f()\n-- test: n=7\n-- bench: n=7\n\nreturn 1"));
    }
}
