//! Programs that try to bring the process down: one named test for each of `engines/conformance/hostile/*.lua`, engine
//! and setting.
//!
//! The first line of a program says what it may use and how it must end:
//!
//! ```text
//! -- limits: seconds=1 memory=100000000 | ends: 1 time limit
//! ```
//!
//! `seconds` and `memory` (bytes) become `--max-seconds` and `--max-memory`, `address-space` (KiB) a limit of the
//! process, `argument` the program's argument; `ENGINE:KEY=VALUE` holds for one engine. One with `slow=1` takes seconds
//! and runs only with `SLOW_TESTS=1`. After `ends:` stand the exit status and what standard error says; it says nothing
//! if nothing stands there. No program may end by a signal, have more than twice its memory resident, or use more
//! processor time than its seconds and a little more. The real binary runs, by a process of its own that then asks the
//! kernel what it took.
//!
//! ```text
//! SLOW_TESTS=1 cargo test -p harness-cli --test hostile       all of them
//! cargo test -p harness-cli --test hostile -- bytecode-vm::   on one engine
//! ```

use std::error::Error;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use engine_api::{Engine, KnobSpec};
use libtest_mimic::{Arguments, Failed, Trial};
use nix::sys::resource::{UsageWho, getrusage};

/// The first argument of a process that runs one program; engine, setting and program follow.
const CHILD: &str = "--child";

/// What is tried on every engine that has the knobs.
const COMBINATIONS: &[&[(&str, &str)]] = &[&[], &[("jit", "on"), ("jit-threshold", "0")]];

/// Processor time that a program may use above its seconds: the process starts and ends, too.
const EXTRA_SECONDS: f64 = 1.0;

/// The machine may be busy: only after so much more time is a program said never to end.
const PATIENCE: Duration = Duration::from_secs(120);

/// A program with more to say than this has it cut off.
const SHOWN_BYTES: usize = 2000;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().collect();
    if let [_, first, engine, setting, program] = arguments.as_slice()
        && first == CHILD
    {
        return child(engine, setting, Path::new(program));
    }
    let all = env::var_os("SLOW_TESTS").is_some_and(|value| value == "1");
    let mut trials = Vec::new();
    for engine in registry::engines() {
        for setting in settings(engine.info().knobs) {
            for program in programs()? {
                let is_slow = Header::read(&program)?.limit(engine.info().id, "slow").is_some();
                trials.push(trial(*engine, &setting, program).with_ignored_flag(is_slow && !all));
            }
        }
    }
    Ok(libtest_mimic::run(&Arguments::from_args(), trials).exit_code())
}

/// The programs, sorted by name.
fn programs() -> io::Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../engines/conformance/hostile");
    let mut programs = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<PathBuf>>>()?;
    programs.retain(|path| path.extension().is_some_and(|extension| extension == "lua"));
    programs.sort();
    Ok(programs)
}

/// The settings for an engine with these knobs, as `KNOB=VALUE` joined by commas; empty for the defaults.
fn settings(knobs: &[KnobSpec]) -> Vec<String> {
    let has = |name: &str| knobs.iter().any(|knob| knob.name == name);
    let text = |combination: &&[(&str, &str)]| {
        let parts: Vec<String> = combination.iter().map(|(knob, value)| format!("{knob}={value}")).collect();
        parts.join(",")
    };
    COMBINATIONS.iter().filter(|combination| combination.iter().all(|(knob, _)| has(knob))).map(text).collect()
}

fn trial(engine: &dyn Engine, setting: &str, program: PathBuf) -> Trial {
    let id = engine.info().id;
    let name = program.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let shown = if setting.is_empty() { "default" } else { setting };
    let request = [CHILD.to_string(), id.to_string(), setting.to_string(), program.to_string_lossy().into_owned()];
    Trial::test(format!("{id}::{shown}::{name}"), move || {
        let output = Command::new(env::current_exe()?).args(&request).output()?;
        let said = [output.stdout, output.stderr].concat();
        if output.status.success() { Ok(()) } else { Err(Failed::from(String::from_utf8_lossy(&said).into_owned())) }
    })
}

/// What the first line of a program says.
struct Header {
    limits: Vec<(String, String)>,
    status: i32,
    text: String,
}

impl Header {
    fn read(program: &Path) -> Result<Header, Box<dyn Error>> {
        let source = fs::read_to_string(program)?;
        let line = source.lines().next().unwrap_or_default();
        let (limits, ends) = line
            .strip_prefix("-- limits: ")
            .and_then(|rest| rest.split_once(" | ends: "))
            .ok_or_else(|| format!("{}: the first line is not '-- limits: ... | ends: ...'", program.display()))?;
        let limits = limits.split_whitespace().map(|limit| {
            let (key, value) = limit.split_once('=').ok_or_else(|| format!("'{limit}' is not KEY=VALUE"))?;
            Ok((key.to_string(), value.to_string()))
        });
        let (status, text) = ends.split_once(' ').unwrap_or((ends, ""));
        Ok(Header { limits: limits.collect::<Result<_, String>>()?, status: status.parse()?, text: text.to_string() })
    }

    /// The value of a limit for an engine.
    fn limit(&self, engine: &str, key: &str) -> Option<&str> {
        let find = |wanted: &str| self.limits.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.as_str());
        find(&format!("{engine}:{key}")).or_else(|| find(key))
    }
}

/// Runs one program and says on standard output what is wrong with how it ended.
fn child(engine: &str, setting: &str, program: &Path) -> Result<ExitCode, Box<dyn Error>> {
    let header = Header::read(program)?;
    let seconds: f64 = header.limit(engine, "seconds").ok_or("there is no limit of seconds")?.parse()?;
    let running = command(&header, engine, setting, program).spawn()?;
    let Some((status, said)) = wait(running, Duration::from_secs_f64(seconds) + PATIENCE)? else {
        println(&format!("it did not end within {seconds} seconds, nor much later"))?;
        return Ok(ExitCode::FAILURE);
    };
    let mut problems = Vec::new();
    if status.code() != Some(header.status) {
        problems.push(format!("it ended with {status} instead of {}", header.status));
    }
    if if header.text.is_empty() { !said.is_empty() } else { !said.contains(&header.text) } {
        problems.push(format!("standard error does not say '{}' but what stands below", header.text));
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let (user, system) = (usage.user_time(), usage.system_time());
    let used_seconds = (user.tv_sec() + system.tv_sec()) as f64 + (user.tv_usec() + system.tv_usec()) as f64 / 1e6;
    if used_seconds > seconds + EXTRA_SECONDS {
        problems.push(format!("it used {used_seconds:.1} seconds of processor time, not {seconds}"));
    }
    if let Some(memory) = header.limit(engine, "memory") {
        let (limit, resident) = (memory.parse::<u64>()?, u64::try_from(usage.max_rss())? * 1024);
        if resident > 2 * limit {
            problems.push(format!("{resident} bytes were resident, more than twice the limit of {limit}"));
        }
    }
    if problems.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let shown: String = said.chars().take(SHOWN_BYTES).collect();
    println(&format!("{}\n{shown}", problems.join("\n")))?;
    Ok(ExitCode::FAILURE)
}

fn println(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}

/// The command that runs the program under its limits.
fn command(header: &Header, engine: &str, setting: &str, program: &Path) -> Command {
    let space = header.limit(engine, "address-space").map(|space| format!("ulimit -v {space}; ")).unwrap_or_default();
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{space}exec \"$0\" \"$@\"")).arg(env!("CARGO_BIN_EXE_harness"));
    command.arg("run").arg(program).args(["--engine", engine]);
    for knob in setting.split(',').filter(|knob| !knob.is_empty()) {
        command.args(["--set", knob]);
    }
    for (key, option) in [("seconds", "--max-seconds"), ("memory", "--max-memory")] {
        if let Some(value) = header.limit(engine, key) {
            command.args([option, value]);
        }
    }
    if let Some(argument) = header.limit(engine, "argument") {
        command.args(["--", argument]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).env_remove("RUST_BACKTRACE");
    command
}

/// Waits for the end of a process; kills it if that does not come. Gives its exit status and what it said on standard
/// error.
fn wait(mut running: Child, most: Duration) -> io::Result<Option<(ExitStatus, String)>> {
    let mut stderr = running.stderr.take().ok_or_else(|| io::Error::other("standard error was piped"))?;
    let reader = thread::spawn(move || {
        let mut said = Vec::new();
        stderr.read_to_end(&mut said).map(|_| String::from_utf8_lossy(&said).into_owned())
    });
    let start = Instant::now();
    loop {
        if let Some(status) = running.try_wait()? {
            let said = reader.join().map_err(|_| io::Error::other("the reader of standard error panicked"))??;
            return Ok(Some((status, said)));
        }
        if start.elapsed() > most {
            running.kill()?;
            running.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(5));
    }
}
