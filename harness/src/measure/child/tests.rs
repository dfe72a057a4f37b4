//! The child's side against a scripted engine, in one process: what it answers, and what it writes.

use std::fs;
use std::io::Cursor;

use engine_api::{EngineInfo, Family, Host, KnobSpec, LuaError, Stage, Stream, Unsupported};

use super::*;

/// An engine whose programs are words: what the source says is what it does.
struct ScriptedEngine;

static SCRIPTED: ScriptedEngine = ScriptedEngine;
static SCRIPTED_INFO: EngineInfo = EngineInfo {
    id: "scripted",
    version: env!("CARGO_PKG_VERSION"),
    summary: "does what its source text says",
    family: Family::TreeInterpreter,
    unit_of_compilation: None,
    deoptimises: false,
    knobs: SCRIPTED_KNOBS,
};
const SCRIPTED_KNOBS: &[KnobSpec] = &[];

/// The chunk is function 0, what it returns is function 1.
struct ScriptedInstance {
    host: Box<dyn Host>,
    source: String,
    counters: Counters,
}

impl Engine for ScriptedEngine {
    fn info(&self) -> &'static EngineInfo {
        &SCRIPTED_INFO
    }

    fn start(&self, start: Start) -> Result<Box<dyn Instance>, Failure> {
        Ok(Box::new(ScriptedInstance { host: start.host, source: String::new(), counters: Counters::default() }))
    }
}

impl Instance for ScriptedInstance {
    fn load(&mut self, _chunk_name: &str, source: &[u8]) -> Result<FunctionRef, Failure> {
        self.source = String::from_utf8_lossy(source).into_owned();
        if self.source == "goto" {
            return Err(Failure::Unsupported(Unsupported { construct: "goto".to_string(), position: None }));
        }
        Ok(FunctionRef(0))
    }

    fn call(&mut self, function: FunctionRef, arguments: &[HostValue]) -> Result<Vec<HostValue>, Failure> {
        self.counters[Counter::GcTimeNs] += 5;
        self.counters[Counter::CodeBytes] = 64;
        if self.source == "program" {
            self.host.write(Stream::Out, b"line 1\nline 2\n").expect("memory takes it");
            return Ok(Vec::new());
        }
        match (function, arguments) {
            (FunctionRef(0), _) => Ok(vec![HostValue::Function(FunctionRef(1))]),
            (_, [HostValue::Integer(n)]) if self.source == "double" => {
                Ok(vec![HostValue::String((2 * n).to_string().into())])
            }
            (_, [HostValue::Integer(n)]) if self.source == "number" => Ok(vec![HostValue::Float(*n as f64)]),
            (_, [HostValue::Integer(_)]) if self.source == "table" => Ok(vec![HostValue::Opaque("table")]),
            _ => Err(Failure::Lua(LuaError::raised(b"w.lua:1: boom".to_vec(), "stack".to_string()))),
        }
    }

    fn set_arguments(&mut self, _script: &[u8], _arguments: &[Vec<u8>]) -> Result<(), Failure> {
        Ok(())
    }

    fn release(&mut self, _function: FunctionRef) {}

    fn collect_garbage(&mut self) {}

    fn close(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    fn counters(&self) -> Counters {
        self.counters
    }

    fn artifact(&mut self, _function: FunctionRef, _stage: Stage) -> Result<String, Failure> {
        Err(Failure::Unsupported(Unsupported { construct: "artifacts".to_string(), position: None }))
    }
}

/// What one child said and wrote: whether it ended well, its answers, its samples file without the times.
struct Served {
    ended_well: bool,
    answers: String,
    lines: Vec<String>,
}

fn serve_engine(source: &'static str, n: Option<u64>, requests: &'static str) -> Served {
    let folder = tempfile::tempdir().unwrap();
    let samples = folder.path().join("samples");
    let load = || {
        let subject = EngineSubject::load(EngineJob {
            engine: &SCRIPTED,
            settings: Settings::defaults(SCRIPTED_KNOBS),
            chunk_name: "@w.lua",
            source: source.as_bytes(),
            n,
            arguments: &[],
            seed: 1,
            max_memory_bytes: None,
            events: None,
            stopwatch: Stopwatch::default(),
        })?;
        Ok(Box::new(subject) as Box<dyn Subject>)
    };
    let mut answers = Vec::new();
    let ended_well = serve(load, Stopwatch::default(), &samples, Cursor::new(requests), &mut answers).unwrap();
    let written = fs::read_to_string(&samples).unwrap();
    let without_time = |line: &str| match line.starts_with("error") || line.starts_with("called") {
        true => line.to_string(),
        false => line.split_once(',').unwrap().1.to_string(),
    };
    let lines = written.lines().map(without_time).collect();
    // The time of the first instruction is another each time.
    let answers = String::from_utf8(answers).unwrap();
    let answers = answers.lines().map(|line| match protocol::parse_ready(line) {
        Some(first_instruction_ns) if first_instruction_ns > 0 => "ready\n".to_string(),
        _ => format!("{line}\n"),
    });
    Served { ended_well, answers: answers.collect(), lines }
}

#[test]
fn a_workload_answers_batch_by_batch() {
    let served = serve_engine("double", Some(21), "run 2\nrun 1\n");
    assert!(served.ended_well);
    assert_eq!(served.answers, "ready\ndone\ndone\n");
    assert_eq!(served.lines, ["5,0,0,0,64,42"; 3]);
}

#[test]
fn the_first_run_of_a_program_is_its_first_sample() {
    let served = serve_engine("program", None, "run 3\n");
    assert_eq!(served.lines, ["5,0,0,0,64,line 1\\nline 2\\n"; 3]);
}

#[test]
fn calls_that_the_parent_times_leave_the_last_result() {
    let served = serve_engine("double", Some(21), "run 1\ncall 1000\n");
    assert_eq!((served.answers.as_str(), &served.lines[1..]), ("ready\ndone\ndone\n", &["called,42".to_string()][..]));
    let served = serve_engine("program", None, "run 1\ncall 2\n");
    assert_eq!(served.lines[1], "called,line 1\\nline 2\\n");
}

#[test]
fn results_that_are_no_strings_are_written_as_tostring_does() {
    let served = serve_engine("number", Some(7), "run 1\n");
    assert_eq!(served.lines, ["5,0,0,0,64,7.0"]);
}

#[test]
fn failures_keep_their_kind_and_end_the_child() {
    for (source, n, answers, error) in [
        ("boom", Some(1), "ready\n", "error,lua_error,w.lua:1: boom\\nstack"),
        ("goto", Some(1), "", "error,unsupported,not supported yet: goto"),
        (
            "table",
            Some(1),
            "ready\n",
            "error,lua_error,the workload returned a table: return a string, a number or a boolean, which can be \
             compared",
        ),
        (
            "double",
            None,
            "",
            "error,lua_error,the chunk returns a function of n, and nothing says which n: give one with --n 200, or write \
             '-- test: n=200' as the first line of the file",
        ),
    ] {
        let served = serve_engine(source, n, "run 2\nrun 2\n");
        assert!(!served.ended_well, "{source}");
        assert_eq!(served.answers, answers, "{source}");
        assert_eq!(served.lines, [error], "{source}");
    }
}

#[test]
fn a_line_that_is_no_request_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let load = || Ok(Box::new(NativeSubject { function: |n| n.to_string(), n: 3 }) as Box<dyn Subject>);
    let requests = Cursor::new("walk\n");
    let result = serve(load, Stopwatch::default(), &folder.path().join("samples"), requests, Vec::new());
    assert!(result.unwrap_err().to_string().contains("walk"));
}
