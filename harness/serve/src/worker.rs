//! A worker process: limits itself, then runs one task after the other that the server sends.
//!
//! Must know nothing of HTTP, of other workers or of the dialect of expressions. It has two threads: this one, and the
//! [`timer`] that asks a running program to stop. What does not stop is killed by the server.

mod timer;

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Context;
use engine_api::number_text::float_to_text;
use engine_api::{
    Counter, Counters, Event, EventSink, Failure, FunctionRef, HostValue, Instance, Interrupt, Limits, Stage, Start,
    StopReason,
};
use harness::error::UsageError;
use harness::measure::events::log::entry_of;
use harness::plan::engines::Engines;
use harness::plan::knobs::{self, KnobSetting};
use harness::record::rows::EventKind;
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;

use crate::protocol::{self, Answer, Counted, Line, PlainValue, StateRule, Task, TaskError, TaskErrorKind};
use crate::sandbox::{Output, Sandbox};
use timer::Timer;

/// Programs that a worker keeps, with their states.
const MOST_PROGRAMS: usize = 32;

/// A worker that has had more in its heap than this ends, so that the memory goes back to the system.
const LARGE_HEAP_BYTES: u64 = 32 << 20;

/// Files that it may have open: its three streams, and what the standard library reads of `/proc` for a thread.
const MOST_OPEN_FILES: u64 = 16;

/// Events of one kind, place and reason that are told of in one task; and of all of them together.
const MOST_LIKE_EVENTS: u64 = 20;
const MOST_EVENTS: u64 = 2000;

/// The longest text of a stage that is sent.
const MOST_STAGE_BYTES: usize = 1 << 20;

/// Serves the server until its standard input ends.
///
/// # Errors
/// If it cannot limit itself, or if the server says what it does not understand.
pub fn run(engines: &Engines, address_space_bytes: u64) -> anyhow::Result<ExitCode> {
    // The server may be killed: then its workers end too, whatever they are doing.
    prctl::set_pdeathsig(Signal::SIGKILL).context("cannot ask to end with the server")?;
    let timer = Timer::start().context("cannot start the timer")?;
    limit_this_process(address_space_bytes)?;
    let mut worker = Worker { engines, timer, programs: Vec::new(), sessions: HashMap::new() };
    say_text(protocol::READY)?;
    for line in io::stdin().lock().lines() {
        let task: Task = serde_json::from_str(&line.context("cannot read a task")?).context("this is no task")?;
        let answer = worker.carry_out(&task);
        let is_last = answer.is_last;
        say(&Line::Answer(Box::new(answer)))?;
        if is_last {
            // Without taking anything down: the system is quicker at that.
            std::process::exit(0);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// No file can be written, no process started, no privilege gained; memory and open files are limited.
fn limit_this_process(address_space_bytes: u64) -> anyhow::Result<()> {
    for (resource, limit) in [
        (Resource::RLIMIT_AS, address_space_bytes),
        (Resource::RLIMIT_FSIZE, 0),
        (Resource::RLIMIT_NOFILE, MOST_OPEN_FILES),
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_NPROC, 0),
    ] {
        setrlimit(resource, limit, limit).with_context(|| format!("cannot set {resource:?}"))?;
    }
    prctl::set_no_new_privs().context("cannot give up privileges")
}

fn say(line: &Line) -> anyhow::Result<()> {
    say_text(&serde_json::to_string(line)?)
}

fn say_text(text: &str) -> anyhow::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{text}").and_then(|()| output.flush()).context("the server does not listen")
}

struct Worker<'a> {
    engines: &'a Engines,
    timer: Timer,
    /// Kept programs, the most recently used last.
    programs: Vec<(String, Program)>,
    sessions: HashMap<String, State>,
}

/// A running Lua state.
struct State {
    instance: Box<dyn Instance>,
    interrupt: Interrupt,
    output: Rc<RefCell<Output>>,
    events: Rc<RefCell<EventBudget>>,
}

/// A state with the function that runs in it.
struct Program {
    state: State,
    chunk: FunctionRef,
    function: FunctionRef,
}

/// A state, and what in it has been loaded for a task.
struct Loaded {
    program: Program,
    was_kept: bool,
}

impl Worker<'_> {
    /// Runs a task to its end.
    fn carry_out(&mut self, task: &Task) -> Answer {
        let mut answer = Answer {
            outcome: Ok(Vec::new()),
            output: String::new(),
            is_output_truncated: false,
            counted: Counted::default(),
            stages: Vec::new(),
            is_last: false,
        };
        let deadline = Instant::now() + Duration::from_millis(task.limits.time_ms);
        let mut state = None;
        let loaded = match self.kept(task) {
            Some(program) => Ok(Loaded { program, was_kept: true }),
            None => self.load(task, deadline, &mut state).map(|program| Loaded { program, was_kept: false }),
        };
        match loaded {
            Ok(mut loaded) => {
                answer.counted.was_kept = loaded.was_kept;
                if task.runs_again || !loaded.was_kept {
                    answer.outcome = self.call(task, &mut loaded.program, deadline, &mut answer.counted);
                }
                let counters = loaded.program.state.instance.counters();
                answer.is_last = counters[Counter::HeapPeakBytes] > LARGE_HEAP_BYTES || !can_go_on(&answer.outcome);
                answer.counted.code_bytes = counters[Counter::CodeBytes];
                let program = &mut loaded.program;
                if can_go_on(&answer.outcome) {
                    answer.stages = task.stages.iter().map(|name| stage_text(program, name)).collect();
                }
                (answer.output, answer.is_output_truncated) = program.state.output.borrow_mut().take();
                if !answer.is_last {
                    self.keep(task, loaded.program);
                } else {
                    // The process ends at once.
                    std::mem::forget(loaded.program);
                }
            }
            Err(failure) => {
                answer.is_last = ends_the_state(&failure);
                if let Some(state) = state {
                    (answer.output, answer.is_output_truncated) = state.output.borrow_mut().take();
                    match &task.state {
                        // The process ends at once.
                        _ if answer.is_last => std::mem::forget(state),
                        StateRule::Session(key) => drop(self.sessions.insert(key.clone(), state)),
                        StateRule::Fresh | StateRule::Program(_) => drop(state),
                    }
                }
                answer.outcome = Err(task_error(failure));
            }
        }
        answer
    }

    /// The program of a task, if it has been kept.
    fn kept(&mut self, task: &Task) -> Option<Program> {
        let StateRule::Program(key) = &task.state else { return None };
        let place = self.programs.iter().position(|(kept, _)| kept == key)?;
        let (_, program) = self.programs.remove(place);
        program.state.output.borrow_mut().begin(task.limits.output_bytes as usize);
        *program.state.events.borrow_mut() = EventBudget::default();
        Some(program)
    }

    fn keep(&mut self, task: &Task, mut program: Program) {
        match &task.state {
            StateRule::Fresh => {}
            StateRule::Program(key) => {
                if self.programs.len() == MOST_PROGRAMS {
                    self.programs.remove(0);
                }
                self.programs.push((key.clone(), program));
            }
            StateRule::Session(key) => {
                program.state.instance.release(program.chunk);
                self.sessions.insert(key.clone(), program.state);
            }
        }
    }

    /// Loads the source into a state. If that fails, the state is left in `failed`.
    fn load(&mut self, task: &Task, deadline: Instant, failed: &mut Option<State>) -> Result<Program, Failure> {
        let kept = match &task.state {
            StateRule::Session(key) => self.sessions.remove(key),
            StateRule::Fresh | StateRule::Program(_) => None,
        };
        let mut state = match kept {
            Some(state) => {
                state.output.borrow_mut().begin(task.limits.output_bytes as usize);
                *state.events.borrow_mut() = EventBudget::default();
                state
            }
            None => start(self.engines, task)?,
        };
        self.timer.arm(deadline, &state.interrupt);
        let loaded = load_into(&mut state, task);
        self.timer.disarm();
        match loaded {
            Ok((chunk, function)) => Ok(Program { state, chunk, function }),
            Err(failure) => {
                *failed = Some(state);
                Err(failure)
            }
        }
    }

    /// Calls the program's function, counted and timed.
    fn call(
        &self,
        task: &Task,
        program: &mut Program,
        deadline: Instant,
        counted: &mut Counted,
    ) -> Result<Vec<PlainValue>, TaskError> {
        let arguments: Vec<HostValue> = task.arguments.iter().map(host_value).collect();
        let instance = &mut program.state.instance;
        let before = instance.counters();
        self.timer.arm(deadline, &program.state.interrupt);
        let start = Instant::now();
        let result = instance.call(program.function, &arguments);
        counted.execution_ns = start.elapsed().as_nanos() as u64;
        self.timer.disarm();
        count(counted, &before, &instance.counters());
        let results = result.map_err(task_error)?;
        let mut left_bytes = task.limits.output_bytes as usize;
        Ok(results.iter().map(|value| plain_value(instance.as_mut(), value, &mut left_bytes)).collect())
    }
}

/// Starts an engine for a task.
fn start(engines: &Engines, task: &Task) -> Result<State, Failure> {
    let named = |error: UsageError| Failure::EngineBug(error.0);
    // The server has looked at names and values; that both ends agree is our affair.
    let engine = engines.named(&task.engine).map_err(named)?;
    let given: Vec<KnobSetting> =
        task.settings.iter().map(|(knob, value)| KnobSetting::by_option(knob, value)).collect();
    let settings = knobs::resolve_one(engines, engine.info(), &given).map_err(named)?;
    let output = Rc::new(RefCell::new(Output::default()));
    output.borrow_mut().begin(task.limits.output_bytes as usize);
    let events = Rc::new(RefCell::new(EventBudget::default()));
    let interrupt = Interrupt::new();
    let instance = engine.start(Start {
        settings,
        host: Box::new(Sandbox::new(Rc::clone(&output))),
        sink: Some(Box::new(EventTeller(Rc::clone(&events)))),
        interrupt: interrupt.clone(),
        limits: Limits { heap_bytes: Some(task.limits.memory_bytes), ..Limits::default() },
        seed: 0,
    })?;
    Ok(State { instance, interrupt, output, events })
}

/// The chunk of a task, and the function that it is about.
fn load_into(state: &mut State, task: &Task) -> Result<(FunctionRef, FunctionRef), Failure> {
    let instance = &mut state.instance;
    let chunk = instance.load("=program", task.source.as_bytes())?;
    match &task.state {
        StateRule::Fresh | StateRule::Session(_) => {
            let texts: Vec<Vec<u8>> = task.arguments.iter().map(|value| value.text().into_bytes()).collect();
            instance.set_arguments(b"program", &texts)?;
            Ok((chunk, chunk))
        }
        StateRule::Program(_) => match instance.call(chunk, &[])?.as_slice() {
            [HostValue::Function(function)] => Ok((chunk, *function)),
            _ => Err(Failure::EngineBug("a translation did not return its function".to_string())),
        },
    }
}

fn count(counted: &mut Counted, before: &Counters, after: &Counters) {
    let gained = |counter| after[counter].saturating_sub(before[counter]);
    counted.compile_ns = gained(Counter::CompileTimeNs);
    counted.gc_ns = gained(Counter::GcTimeNs);
    counted.compiled = gained(Counter::CompilationsSucceeded);
    counted.declined = gained(Counter::CompilationsDeclined);
    counted.entries = gained(Counter::JitEntries) + gained(Counter::OsrEntries);
}

fn stage_text(program: &mut Program, name: &str) -> (String, Result<String, String>) {
    let stages = [Stage::Ast, Stage::Bytecode, Stage::Ir, Stage::Asm];
    let text = match stages.into_iter().find(|stage| stage.name() == name) {
        Some(stage) => program.state.instance.artifact(program.chunk, stage),
        None => Err(Failure::EngineBug(format!("there is no stage '{name}'"))),
    };
    let text = text.map_err(|failure| match failure {
        Failure::Unsupported(unsupported) => format!("this engine has no {}", unsupported.construct),
        other => other.to_string(),
    });
    (name.to_string(), text.map(|text| shortened(text, MOST_STAGE_BYTES)))
}

/// At most about `most_bytes` of a text, and a line that says so if it had more.
fn shortened(mut text: String, most_bytes: usize) -> String {
    if text.len() > most_bytes {
        let end = (0..=most_bytes).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        let left = text.len() - end;
        text.truncate(end);
        text.push_str(&format!("\n... and {left} bytes more\n"));
    }
    text
}

fn host_value(value: &PlainValue) -> HostValue {
    match value {
        PlainValue::Nil => HostValue::Nil,
        PlainValue::Boolean(value) => HostValue::Boolean(*value),
        PlainValue::Integer(value) => HostValue::Integer(*value),
        PlainValue::Float(value) => HostValue::Float(*value),
        PlainValue::Text(text) => HostValue::String(text.clone().into_bytes()),
    }
}

/// A result as it is sent. All texts among the results of a task together take no more than `left_bytes`.
fn plain_value(instance: &mut dyn Instance, value: &HostValue, left_bytes: &mut usize) -> PlainValue {
    match value {
        HostValue::Nil => PlainValue::Nil,
        HostValue::Boolean(value) => PlainValue::Boolean(*value),
        HostValue::Integer(value) => PlainValue::Integer(*value),
        HostValue::Float(value) if value.is_finite() => PlainValue::Float(*value),
        HostValue::Float(value) => PlainValue::Text(float_to_text(*value)),
        HostValue::String(bytes) => {
            let kept = bytes.len().min(*left_bytes);
            *left_bytes -= kept;
            let mut text = String::from_utf8_lossy(&bytes[..kept]).into_owned();
            if kept < bytes.len() {
                text.push_str(&format!("... and {} bytes more", bytes.len() - kept));
            }
            PlainValue::Text(text)
        }
        HostValue::Function(function) => {
            instance.release(*function);
            PlainValue::Text("function".to_string())
        }
        HostValue::Opaque(name) => PlainValue::Text((*name).to_string()),
    }
}

fn can_go_on(outcome: &Result<Vec<PlainValue>, TaskError>) -> bool {
    match outcome {
        Ok(_) => true,
        Err(error) => match error.kind {
            TaskErrorKind::Syntax | TaskErrorKind::Raised => true,
            TaskErrorKind::Unsupported | TaskErrorKind::Time | TaskErrorKind::Memory | TaskErrorKind::EngineBug => {
                false
            }
        },
    }
}

/// Whether a state is of no use after a failure.
fn ends_the_state(failure: &Failure) -> bool {
    match failure {
        Failure::Lua(_) => false,
        Failure::Unsupported(_) | Failure::EngineBug(_) | Failure::Stopped(_) | Failure::OutOfMemory(_) => true,
    }
}

fn task_error(failure: Failure) -> TaskError {
    let kind = match &failure {
        Failure::Lua(error) if error.source_bytes.is_some() => TaskErrorKind::Syntax,
        Failure::Lua(_) => TaskErrorKind::Raised,
        Failure::Unsupported(_) => TaskErrorKind::Unsupported,
        Failure::EngineBug(_) => TaskErrorKind::EngineBug,
        Failure::Stopped(StopReason::Time | StopReason::Request) => TaskErrorKind::Time,
        Failure::OutOfMemory(_) => TaskErrorKind::Memory,
    };
    match failure {
        Failure::Lua(error) | Failure::OutOfMemory(error) => TaskError {
            kind,
            message: shortened(String::from_utf8_lossy(&error.message).into_owned(), 4096),
            offset: error.source_bytes.map(|range| range.start),
        },
        other => TaskError { kind, message: other.to_string(), offset: None },
    }
}

/// How many events of a task have been told of.
#[derive(Default)]
struct EventBudget {
    told: u64,
    like: HashMap<(EventKind, String, Option<u32>, String), u64>,
}

/// Tells the server of events as they happen, as long as it is not the same all the time.
struct EventTeller(Rc<RefCell<EventBudget>>);

impl EventSink for EventTeller {
    fn event(&mut self, time_ns: u64, event: &Event) {
        let entry = entry_of(0, time_ns, event);
        let mut budget = self.0.borrow_mut();
        if budget.told >= MOST_EVENTS {
            return;
        }
        let place = (entry.kind, entry.function.clone(), entry.pc, entry.reason.clone());
        let like = budget.like.entry(place).or_default();
        *like += 1;
        if *like <= MOST_LIKE_EVENTS {
            budget.told += 1;
            // If the server is gone, so is this process in a moment.
            let _unheard = say(&Line::Event(entry));
        }
    }
}
