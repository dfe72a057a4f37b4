//! Random programs on every engine at every setting, against each other and, if there is one, against PUC Lua.
//!
//! ```text
//! cargo test -p conformance --test fuzz                                       for one second
//! FUZZ_PROGRAMS=10000 FUZZ_FROM=1 JITLAB_LUA=PATH cargo test -p conformance --test fuzz    the door is scripts/fuzz.sh
//! FUZZ_KEEP=DIR                                                               where programs that show a difference go
//! ```
//!
//! What is compared is the transcript of `src/run.rs`: output and the message of an uncaught error. Programs run in
//! child processes, some in each, so that a crash is one finding among others. The programs come from `src/fuzz.rs`;
//! this file must know engines only through `registry` and `engine_api`.

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use conformance::run::differences;
use conformance::{Case, Oracle, Run, Setting, fuzz};
use engine_api::Interrupt;
use libtest_mimic::{Arguments, Trial};

/// The first argument of a process that runs some programs; the first seed and their number follow.
const CHILD: &str = "--child";

/// Exit status of a child that has found a difference.
const DIFFERS: u8 = 1;

/// How long the short test goes on.
const SHORT: Duration = Duration::from_secs(1);

/// Programs of one child.
const BATCH: u64 = 25;

/// A program may run for so long on an engine; it takes milliseconds, but the machine may be busy.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// How long after the time limit an engine may take to see that it has to stop.
const GRACE: Duration = Duration::from_secs(10);

/// A collection at every allocation is slow: one program in so many has it.
const COLLECTING: u64 = 6;

/// The name of every program in messages.
const FILE_NAME: &str = "program.lua";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            writeln!(io::stderr(), "error: {error}").expect("standard error can be written to");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome<ExitCode> {
    let arguments: Vec<String> = env::args().collect();
    if let [_, first, from, count] = &arguments[..]
        && first == CHILD
    {
        return child(from.parse()?, count.parse()?);
    }
    if let Ok(programs) = env::var("FUZZ_PROGRAMS") {
        let from = env::var("FUZZ_FROM").map_or(Ok(0), |from| from.parse())?;
        return long(from, programs.parse()?);
    }
    let trial = Trial::test("random_programs", || short().map_err(Into::into));
    Ok(libtest_mimic::run(&Arguments::from_args(), vec![trial]).exit_code())
}

/// Programs in this process until the time is over.
fn short() -> Result<(), String> {
    let (start, mut seed) = (Instant::now(), 0);
    while start.elapsed() < SHORT {
        let mut tally = Tally::default();
        check(seed, None, &mut tally).map_err(|difference| difference.text)?;
        seed += 1;
    }
    Ok(())
}

/// What was seen of many programs.
#[derive(Default)]
struct Tally {
    programs: u64,
    /// Those that no uncaught error has ended.
    finished: u64,
}

/// An engine that disagrees.
struct Difference {
    seed: u64,
    text: String,
}

/// Runs a program everywhere.
fn check(seed: u64, oracle: Option<(&Oracle, &Path)>, tally: &mut Tally) -> Result<(), Difference> {
    let source = fuzz::program(seed);
    let differs = |text: String| Difference { seed, text: format!("seed {seed}: {text}") };
    let mut expected = match oracle {
        Some((oracle, folder)) => {
            Some(oracle_transcript(oracle, folder, &source).map_err(|error| differs(error.to_string()))?)
        }
        None => None,
    };
    tally.programs += 1;
    for engine in registry::engines() {
        let settings = Setting::of(engine.info().knobs).map_err(|error| differs(error.to_string()))?;
        for setting in settings {
            if setting.name.contains("gc-every") && !seed.is_multiple_of(COLLECTING) {
                continue;
            }
            let name = format!("{}, {}", engine.info().id, setting.name);
            let interrupt = Interrupt::new();
            let watch = Watch::new(interrupt.clone());
            let outcome =
                Run { settings: setting.settings, file_name: FILE_NAME, source: source.as_bytes(), interrupt }
                    .on(*engine);
            watch.end();
            let transcript = outcome.transcript().map_err(|failure| differs(format!("{name}: {failure}")))?;
            match &expected {
                None => expected = Some(transcript),
                Some(expected) if *expected == transcript => {}
                Some(expected) => return Err(differs(format!("{name}\n{}", differences(expected, &transcript)))),
            }
        }
    }
    let expected = expected.unwrap_or_default();
    let last_line = expected.split(|byte| *byte == b'\n').rfind(|line| !line.is_empty()).unwrap_or_default();
    tally.finished += u64::from(!last_line.starts_with(b"error: "));
    Ok(())
}

fn oracle_transcript(oracle: &Oracle, folder: &Path, source: &str) -> Outcome<Vec<u8>> {
    let script = folder.join(FILE_NAME);
    fs::write(&script, source)?;
    Ok(oracle.transcript(&Case { name: "fuzz/program".to_string(), script })?)
}

/// Asks an engine to stop that runs for too long, and ends the process if it does not listen.
struct Watch(std::sync::mpsc::Sender<()>);

impl Watch {
    fn new(interrupt: Interrupt) -> Watch {
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        thread::spawn(move || {
            if receiver.recv_timeout(TIME_LIMIT).is_err() {
                interrupt.request(Interrupt::STOP_TIME);
                if receiver.recv_timeout(GRACE).is_err() {
                    std::process::abort();
                }
            }
        });
        Watch(sender)
    }

    fn end(self) {
        // The thread is waiting; if it has ended, the run has been stopped.
        let _ = self.0.send(());
    }
}

/// What a child does. Names every seed before it is tried, so that a crash can be told.
fn child(from: u64, count: u64) -> Outcome<ExitCode> {
    let oracle = Oracle::from_environment()?;
    let folder = tempfile::tempdir()?;
    let oracle = oracle.as_ref().map(|oracle| (oracle, folder.path()));
    let mut tally = Tally::default();
    let mut code = ExitCode::SUCCESS;
    for seed in from..from + count {
        writeln!(io::stdout(), "seed {seed}")?;
        if let Err(difference) = check(seed, oracle, &mut tally) {
            writeln!(io::stdout(), "differs {}", difference.seed)?;
            writeln!(io::stderr(), "{}", difference.text)?;
            code = ExitCode::from(DIFFERS);
        }
    }
    writeln!(io::stdout(), "finished {} of {}", tally.finished, tally.programs)?;
    Ok(code)
}

/// Many programs in children.
fn long(from: u64, programs: u64) -> Outcome<ExitCode> {
    let keep = env::var_os("FUZZ_KEEP").map(PathBuf::from);
    let (mut tally, mut different) = (Tally::default(), Vec::new());
    let end = from + programs;
    let mut next = from;
    while next < end {
        let count = BATCH.min(end - next);
        let request = [CHILD.to_string(), next.to_string(), count.to_string()];
        let output = Command::new(env::current_exe()?).args(request).stderr(Stdio::inherit()).output()?;
        let report = String::from_utf8_lossy(&output.stdout).into_owned();
        let seeds = |word: &str| -> Vec<u64> {
            report.lines().filter_map(|line| line.strip_prefix(word)?.trim().parse().ok()).collect()
        };
        different.extend(seeds("differs "));
        next += count;
        match report.lines().find_map(|line| line.strip_prefix("finished ")?.split_once(" of ")) {
            Some((finished, programs)) => {
                tally.finished += finished.parse::<u64>()?;
                tally.programs += programs.parse::<u64>()?;
            }
            None => {
                let seed = seeds("seed ").last().copied().ok_or("a child has done nothing")?;
                writeln!(io::stderr(), "seed {seed}: the process ended with {}", output.status)?;
                different.push(seed);
                next = seed + 1;
            }
        }
    }
    if let Some(folder) = keep {
        fs::create_dir_all(&folder)?;
        for seed in &different {
            fs::write(folder.join(format!("{seed}.lua")), fuzz::program(*seed))?;
        }
    }
    writeln!(io::stdout(), "{} of {} programs finished without an error", tally.finished, tally.programs)?;
    writeln!(io::stdout(), "{} programs differ: {different:?}", different.len())?;
    Ok(if different.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
