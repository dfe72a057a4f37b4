//! Every file of `cases/` on every engine, one named test each: `NAME.expr` has an expression a line, `NAME.out` what
//! each gives, or its problem with its place.
//!
//! The expected outputs come from the interpreter in `reference`, which knows Rust's arithmetic only; a change to it or
//! to the cases writes them anew with `BLESS=1`. Each expression is executed often enough to be compiled, so what a compiler
//! makes of it is tested too. `\n` in a case stands for a new line.

mod reference;

use std::fs;
use std::path::{Path, PathBuf};

use engine_api::{
    Counter, Engine, Failure, Family, FunctionRef, Host, HostValue, Instance, Interrupt, Limits, Settings, Start,
    Stream,
};
use expression_dialect::Expression;
use libtest_mimic::{Arguments, Failed, Trial};

/// How often each expression is executed, with functions being compiled at the third call.
const EXECUTIONS: usize = 6;

struct NoWorld;

impl Host for NoWorld {
    fn write(&mut self, _stream: Stream, _bytes: &[u8]) -> std::io::Result<()> {
        Ok(())
    }

    fn flush(&mut self, _stream: Stream) -> std::io::Result<()> {
        Ok(())
    }

    fn monotonic_ns(&mut self) -> u64 {
        0
    }

    fn cpu_ns(&mut self) -> u64 {
        0
    }

    fn unix_seconds(&mut self) -> i64 {
        0
    }
}

fn start(engine: &'static dyn Engine) -> Box<dyn Instance> {
    let mut settings = Settings::defaults(engine.info().knobs);
    if engine.info().knobs.iter().any(|knob| knob.name == "jit-threshold") {
        settings.set("jit-threshold", "3").expect("it takes numbers");
    }
    let host = Box::new(NoWorld);
    let (interrupt, limits) = (Interrupt::new(), Limits::default());
    engine.start(Start { settings, host, sink: None, interrupt, limits, seed: 0 }).expect("it starts")
}

fn load(instance: &mut dyn Instance, expression: &Expression) -> FunctionRef {
    let chunk = instance.load("=expression", expression.to_lua().as_bytes()).expect("a translation is Lua");
    match instance.call(chunk, &[]).expect("the chunk runs").as_slice() {
        [HostValue::Function(function)] => *function,
        other => panic!("the chunk returned {other:?}"),
    }
}

/// What one line of cases gives on an engine.
fn outcome(engine: &'static dyn Engine, text: &str) -> String {
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(problem) => return format!("{}: {problem}", problem.kind.code()),
    };
    let arguments = match expression.arguments(reference::outside) {
        Ok(values) => values.into_iter().map(HostValue::Integer).collect::<Vec<HostValue>>(),
        Err(problem) => return format!("{}: {problem}", problem.kind.code()),
    };
    let mut instance = start(engine);
    let function = load(instance.as_mut(), &expression);
    let mut outcomes: Vec<String> = Vec::new();
    for _ in 0..EXECUTIONS {
        outcomes.push(match instance.call(function, &arguments) {
            Ok(values) => {
                assert_eq!(values.len(), 1 + expression.assigned().count(), "{text}");
                let HostValue::Integer(value) = values[0] else { panic!("{text}: no integer but {:?}", values[0]) };
                value.to_string()
            }
            Err(Failure::Lua(error)) => {
                let message = String::from_utf8(error.message).expect("a text");
                let problem = expression.explain(&message).unwrap_or_else(|| panic!("{text}: {message}"));
                format!("{}: {problem}", problem.kind.code())
            }
            Err(failure) => panic!("{text}: {failure}"),
        });
    }
    let counters = instance.counters();
    // A method JIT has compiled it by now, unless it is no function of ours that failed.
    if engine.info().family == Family::MethodJit {
        assert!(counters[Counter::CompilationsSucceeded] > 0, "{text} was not compiled");
    }
    assert_eq!(counters[Counter::CompilationsDeclined], 0, "{text} was declined");
    assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{text} changed: {outcomes:?}");
    outcomes.swap_remove(0)
}

fn compare(expected: &Path, actual: &str) -> Result<(), Failed> {
    if std::env::var_os("BLESS").is_some() {
        return Ok(fs::write(expected, actual)?);
    }
    let expected = fs::read_to_string(expected)?;
    let mut lines = expected.lines().zip(actual.lines()).enumerate();
    if let Some((index, (wanted, got))) = lines.find(|(_, (wanted, got))| wanted != got) {
        return Err(format!("line {}: expected '{wanted}', got '{got}'", index + 1).into());
    }
    if expected.lines().count() != actual.lines().count() { Err("another number of lines".into()) } else { Ok(()) }
}

fn run(case: &Path, outcome: impl Fn(&str) -> String) -> Result<(), Failed> {
    let text = fs::read_to_string(case)?;
    let outcomes: String = text.lines().map(|line| outcome(&line.replace("\\n", "\n")) + "\n").collect();
    compare(&case.with_extension("out"), &outcomes)
}

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let entries = fs::read_dir(folder).expect("a folder of cases");
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    cases.retain(|path| path.extension().is_some_and(|extension| extension == "expr"));
    cases.sort();
    let mut trials = Vec::new();
    for case in cases {
        let name = case.file_stem().expect("a name").to_string_lossy().into_owned();
        let path = case.clone();
        trials.push(Trial::test(format!("reference/{name}"), move || run(&path, reference::outcome)));
        if std::env::var_os("BLESS").is_some() {
            continue;
        }
        for engine in registry::engines() {
            let path = case.clone();
            let id = engine.info().id;
            trials.push(Trial::test(format!("{id}/{name}"), move || run(&path, |text| outcome(*engine, text))));
        }
    }
    for engine in registry::engines() {
        let id = engine.info().id;
        let random = move || reference::random_expressions(|text| outcome(*engine, text));
        trials.push(Trial::test(format!("{id}/random"), random));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
