//! The conformance suite: one named test for each engine, setting and case, and one for each case on PUC Lua.
//!
//! ```text
//! cargo test -p conformance                                    everything
//! cargo test -p conformance --test conformance -- tables/      one topic, everywhere
//! cargo test -p conformance --test conformance -- bytecode-vm::gc-every=1::
//! JITLAB_LUA=PATH cargo test -p conformance -- oracle::        are the expectations those of PUC Lua 5.4.9
//! BLESS=1 JITLAB_LUA=PATH cargo test -p conformance            write them, from PUC Lua and from nothing else
//! ```
//!
//! Every test runs in a process of its own (this executable, started again with `--child`), so an engine that crashes
//! or never comes back fails its test and no other. This file must know engines only through `registry` and
//! `engine_api`. What a pass is stands in `src/run.rs`.

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use conformance::case::cases_folder;
use conformance::oracle::ORACLE_VARIABLE;
use conformance::run::differences;
use conformance::{Case, ExpectedUnsupported, Oracle, Run, Setting};
use engine_api::{Engine, Interrupt};
use libtest_mimic::{Arguments, Failed, Trial};

/// The first argument of a process that runs one test; engine, setting and case follow.
const CHILD: &str = "--child";

/// Exit status of a child whose case failed; what is wrong is on its standard output.
const CASE_FAILED: u8 = 1;

/// Exit status of a child that gave up on its engine.
const NO_ANSWER: i32 = 3;

/// How long a case may run: it takes milliseconds, but the machine may be busy. The variable [`SECONDS_VARIABLE`] gives
/// another limit, for a run under a tool that makes everything slow.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Names the seconds that a case may run.
const SECONDS_VARIABLE: &str = "CONFORMANCE_SECONDS";

/// How long after the time limit an engine may take to see that it has to stop.
const GRACE: Duration = Duration::from_secs(10);

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().collect();
    if arguments.get(1).is_some_and(|first| first == CHILD) {
        return child(&arguments[2..]);
    }
    let bless = env::var_os("BLESS").is_some_and(|value| value == "1");
    let trials = if bless { bless_trials()? } else { all_trials()? };
    Ok(libtest_mimic::run(&Arguments::from_args(), trials).exit_code())
}

/// One trial a case that rewrites its expectation. No engine runs, so none can see a half-written file.
fn bless_trials() -> Result<Vec<Trial>, Box<dyn Error>> {
    let Some(oracle) = Oracle::from_environment()? else {
        return Err(
            format!("BLESS=1 needs {ORACLE_VARIABLE}=PATH, a PUC Lua: expectations come from nothing else").into()
        );
    };
    let oracle = Arc::new(oracle);
    let trials = Case::all(&cases_folder())?.into_iter().map(|case| {
        let oracle = Arc::clone(&oracle);
        Trial::test(format!("bless::{}", case.name), move || oracle.bless(&case).map_err(Failed::from))
    });
    Ok(trials.collect())
}

fn all_trials() -> Result<Vec<Trial>, Box<dyn Error>> {
    let cases = Case::all(&cases_folder())?;
    let expected = ExpectedUnsupported::read(&cases_folder())?;
    let mut trials = vec![list_trial(expected.clone(), &cases)];
    let oracle = Oracle::from_environment()?.map(Arc::new);
    trials.extend(cases.iter().map(|case| oracle_trial(case.clone(), oracle.clone())));
    for engine in registry::engines() {
        let info = engine.info();
        for setting in Setting::of(info.knobs)? {
            for case in &cases {
                let listed = expected.reason(info.id, &case.name).is_some();
                trials.push(engine_trial(info.id, &setting.name, &case.name, listed));
            }
        }
    }
    Ok(trials)
}

/// The list of expected failures against the engines and cases that there are.
fn list_trial(expected: ExpectedUnsupported, cases: &[Case]) -> Trial {
    let names: Vec<String> = cases.iter().map(|case| case.name.clone()).collect();
    Trial::test("expected_unsupported.txt", move || {
        let engines: Vec<&str> = registry::engines().iter().map(|engine| engine.info().id).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        expected.check(&engines, &names).map_err(Failed::from)
    })
}

/// The expectation of a case against PUC Lua; reported as ignored if there is none.
fn oracle_trial(case: Case, oracle: Option<Arc<Oracle>>) -> Trial {
    let absent = oracle.is_none();
    let name = format!("oracle::{}", case.name);
    let check = move || -> Result<(), Failed> {
        let oracle = oracle.ok_or_else(|| format!("{ORACLE_VARIABLE} is not set"))?;
        let (expected, transcript) = (case.expected()?, oracle.transcript(&case)?);
        if transcript == expected {
            return Ok(());
        }
        Err(format!("PUC Lua disagrees with {}: {}", case.expectation().display(), differences(&expected, &transcript))
            .into())
    };
    Trial::test(name, check).with_ignored_flag(absent)
}

/// A case on an engine, in a process of its own.
fn engine_trial(engine: &str, setting: &str, case: &str, listed: bool) -> Trial {
    let request = [engine.to_string(), setting.to_string(), case.to_string()];
    let trial = Trial::test(request.join("::"), move || run_child(&request));
    if listed { trial.with_kind("unsupported") } else { trial }
}

fn run_child(request: &[String]) -> Result<(), Failed> {
    let output = Command::new(env::current_exe()?).arg(CHILD).args(request).output()?;
    if output.status.success() {
        return Ok(());
    }
    let stdout = String::from_utf8_lossy(&output.stdout);
    if output.status.code() == Some(i32::from(CASE_FAILED)) && !stdout.is_empty() {
        return Err(stdout.into_owned().into());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(format!("the process of this case ended with {}\n{stderr}", output.status).into())
}

/// What a child does: runs one case and says on standard output what is wrong with it.
fn child(request: &[String]) -> Result<ExitCode, Box<dyn Error>> {
    let [engine, setting, case] = request else {
        return Err(format!("{CHILD} takes an engine, a setting and a case").into());
    };
    let (engine_id, setting_name, case_name) = (engine, setting, case);
    let engine = registry::find(engine_id).ok_or_else(|| format!("no engine '{engine_id}'"))?;
    let setting = Setting::of(engine.info().knobs)?
        .into_iter()
        .find(|setting| setting.name == *setting_name)
        .ok_or_else(|| format!("{engine_id} has no setting '{setting_name}'"))?;
    let case = Case::all(&cases_folder())?
        .into_iter()
        .find(|case| case.name == *case_name)
        .ok_or_else(|| format!("no case '{case_name}'"))?;
    match run_case(engine, setting, &case)? {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(problem) => {
            io::stdout().write_all(problem.as_bytes())?;
            Ok(ExitCode::from(CASE_FAILED))
        }
    }
}

fn run_case(engine: &dyn Engine, setting: Setting, case: &Case) -> Result<Result<(), String>, Box<dyn Error>> {
    let expected_unsupported = ExpectedUnsupported::read(&cases_folder())?;
    let interrupt = Interrupt::new();
    watch(interrupt.clone(), time_limit()?);
    let (source, file_name) = (case.source()?, case.file_name());
    let run = Run { settings: setting.settings, file_name: &file_name, source: &source, interrupt };
    let outcome = run.on(engine);
    let listed = expected_unsupported.reason(engine.info().id, &case.name);
    Ok(outcome.judge(&case.expected()?, listed))
}

fn time_limit() -> Result<Duration, Box<dyn Error>> {
    match env::var(SECONDS_VARIABLE) {
        Ok(seconds) => match seconds.parse() {
            Ok(seconds) => Ok(Duration::from_secs(seconds)),
            Err(_) => Err(format!("{SECONDS_VARIABLE}={seconds} is no number of seconds").into()),
        },
        Err(env::VarError::NotPresent) => Ok(TIME_LIMIT),
        Err(error) => Err(format!("{SECONDS_VARIABLE}: {error}").into()),
    }
}

/// Asks the engine to stop at the time limit, and ends the process if it does not listen.
fn watch(interrupt: Interrupt, limit: Duration) {
    thread::spawn(move || {
        thread::sleep(limit);
        interrupt.request(Interrupt::STOP_TIME);
        thread::sleep(GRACE);
        std::process::exit(NO_ANSWER);
    });
}
