//! Allocations that fail: one named test for each engine and program, in which the n-th allocation fails, for many n.
//!
//! A run may end in "not enough memory" or go on as if nothing had happened; it may not end in another way, and not
//! with another result. Programs that catch errors may do with this one what they like, short of a crash.
//!
//! ```text
//! cargo test -p conformance --test faults                  about sixty values of n for each program
//! SLOW_TESTS=1 cargo test -p conformance --test faults     each n up to a thousand (scripts/allocation-faults.sh)
//! ```
//!
//! Every test runs in a process of its own, as in `conformance.rs`. This file must know engines only through `registry`
//! and `engine_api`.

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::process::{Command, ExitCode};

use conformance::case::cases_folder;
use conformance::run::differences;
use conformance::{Case, Run};
use engine_api::{Engine, Failure, Interrupt, Settings};
use libtest_mimic::{Arguments, Failed, Trial};

/// The programs: cases that between them use the whole library, closures, coroutines, metatables and errors.
const PROGRAMS: &[&str] = &[
    "programs/big_factorial",
    "programs/bytecode_machine",
    "programs/calculator",
    "programs/heap_and_queue",
    "programs/sets_and_memo",
    "close_variables/errors_in_scope",
    "closures/counters",
    "coroutines/generators",
    "coroutines/yield_across",
    "errors/xpcall_handlers",
    "finalizers/order",
    "generic_for/iterators",
    "io_library/lines",
    "load/environments",
    "metamethods/concat",
    "modules/require",
    "patterns/gsub_and_gmatch",
    "string_library/format_strings",
    "table_library/metamethods",
    "tables/constructors",
];

/// The allocations of a program that fail, one a run.
const LAST: u64 = 1000;
/// How far apart they are in a short run.
const STRIDE: usize = 17;

/// The first argument of a process that runs one test; engine and case follow.
const CHILD: &str = "--child";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().collect();
    if let [_, first, engine, case] = arguments.as_slice()
        && first == CHILD
    {
        return child(engine, case);
    }
    let mut trials = Vec::new();
    for engine in registry::engines() {
        for program in PROGRAMS.iter().copied() {
            let request = [CHILD, engine.info().id, program];
            let name = format!("{}::{program}", engine.info().id);
            trials.push(Trial::test(name, move || run_child(request)));
        }
    }
    Ok(libtest_mimic::run(&Arguments::from_args(), trials).exit_code())
}

fn run_child(request: [&str; 3]) -> Result<(), Failed> {
    let output = Command::new(env::current_exe()?).args(request).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("the process ended with {}\n{}", output.status, String::from_utf8_lossy(&said)).into())
}

fn child(engine: &str, case: &str) -> Result<ExitCode, Box<dyn Error>> {
    let engine = registry::find(engine).ok_or_else(|| format!("no engine '{engine}'"))?;
    let case = Case::all(&cases_folder())?
        .into_iter()
        .find(|known| known.name == case)
        .ok_or_else(|| format!("no case '{case}'"))?;
    let all = env::var_os("SLOW_TESTS").is_some_and(|value| value == "1");
    for number in (1..=LAST).step_by(if all { 1 } else { STRIDE }) {
        // What crashes is known from what stands here last.
        writeln!(io::stdout(), "allocation {number}")?;
        if let Err(problem) = fail_allocation(engine, &case, number)? {
            writeln!(io::stdout(), "{problem}")?;
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs a case whose allocation of this number fails.
fn fail_allocation(engine: &dyn Engine, case: &Case, number: u64) -> Result<Result<(), String>, Box<dyn Error>> {
    let mut settings = Settings::defaults(engine.info().knobs);
    settings.set("fail-allocation", &number.to_string()).map_err(|error| error.to_string())?;
    let (source, file_name) = (case.source()?, case.file_name());
    let catches = source.windows(5).any(|word| word == b"pcall" || word == b"close");
    let run = Run { settings, file_name: &file_name, source: &source, interrupt: Interrupt::new() };
    let outcome = run.on(engine);
    let expected = case.expected()?;
    Ok(match &outcome.ending {
        Err(Failure::OutOfMemory(_)) => Ok(()),
        Ok(()) | Err(Failure::Lua(_)) if catches => Ok(()),
        Ok(()) | Err(Failure::Lua(_)) => match outcome.transcript() {
            Ok(transcript) if transcript == expected => Ok(()),
            Ok(transcript) => Err(differences(&expected, &transcript)),
            Err(failure) => Err(failure.to_string()),
        },
        Err(failure @ (Failure::Unsupported(_) | Failure::EngineBug(_) | Failure::Stopped(_))) => {
            Err(failure.to_string())
        }
    })
}
