//! What passes between the server and a worker process: one line of JSON each, a [`Task`] down, [`Line`]s up.
//!
//! The worker knows Lua only: expressions have been translated before.

use engine_api::number_text::float_to_text;
use harness::measure::events::log::EventEntry;
use serde::{Deserialize, Serialize};

/// How the worker begins: it has limited itself and listens.
pub const READY: &str = "ready";

/// Where the state in which a program runs comes from, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateRule {
    /// A new Lua state, which is thrown away.
    Fresh,
    /// The chunk returns a function, which is what runs. It is kept with its state under this name, which says all that
    /// matters of the task.
    Program(String),
    /// A Lua state of this name, which stays.
    Session(String),
}

/// A value of a program's arguments or results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlainValue {
    /// Lua's nil.
    Nil,
    /// A boolean.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// A float that is a number of JSON.
    Float(f64),
    /// A string, or what else there is as Lua's `tostring` might show it.
    Text(String),
}

impl PlainValue {
    /// It as Lua's `tostring` writes it.
    pub fn text(&self) -> String {
        match self {
            PlainValue::Nil => "nil".to_string(),
            PlainValue::Boolean(value) => value.to_string(),
            PlainValue::Integer(value) => value.to_string(),
            PlainValue::Float(value) => float_to_text(*value),
            PlainValue::Text(text) => text.clone(),
        }
    }
}

/// What one task may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskLimits {
    /// Time for loading and running.
    pub time_ms: u64,
    /// Heap bytes.
    pub memory_bytes: u64,
    /// Bytes of output, and of text among the results.
    pub output_bytes: u64,
}

/// Something to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// The engine's id.
    pub engine: String,
    /// Knobs that are set, in the order in which they are.
    pub settings: Vec<(String, String)>,
    /// Where the state comes from.
    pub state: StateRule,
    /// The Lua text.
    pub source: String,
    /// What it is called with.
    pub arguments: Vec<PlainValue>,
    /// What it may use.
    pub limits: TaskLimits,
    /// Whether to run it if its state is kept already: not if it is only looked at.
    pub runs_again: bool,
    /// The stages to show afterwards, by their names on the command line.
    pub stages: Vec<String>,
}

/// What a worker says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// A compiler or the collector did something.
    Event(EventEntry),
    /// The task is done; nothing more comes before the next.
    Answer(Box<Answer>),
}

/// How a task ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Its results, or why there are none.
    pub outcome: Result<Vec<PlainValue>, TaskError>,
    /// What the program wrote.
    pub output: String,
    /// Whether it wrote more than that.
    pub is_output_truncated: bool,
    /// What was counted.
    pub counted: Counted,
    /// The texts of the stages, each with its name.
    pub stages: Vec<(String, Result<String, String>)>,
    /// Whether the worker ends after this answer, because what it has kept cannot be trusted to be small.
    pub is_last: bool,
}

/// What was counted while the program ran. Times are in nanoseconds, sizes in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The time of the call, without loading.
    pub execution_ns: u64,
    /// The time that went into compiling, of that.
    pub compile_ns: u64,
    /// The time that went into collecting, of that.
    pub gc_ns: u64,
    /// Units that were compiled.
    pub compiled: u64,
    /// Units that were declined.
    pub declined: u64,
    /// Entries into compiled code.
    pub entries: u64,
    /// The machine code that its state has now.
    pub code_bytes: u64,
    /// Whether its state was kept from before.
    pub was_kept: bool,
}

/// Why a task has no results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskError {
    /// What kind of failure.
    pub kind: TaskErrorKind,
    /// What happened.
    pub message: String,
    /// The byte of the source at which a syntax error was noticed.
    pub offset: Option<usize>,
}

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskErrorKind {
    /// The source does not compile.
    Syntax,
    /// The program raised an error.
    Raised,
    /// The engine cannot run it.
    Unsupported,
    /// The time limit.
    Time,
    /// The memory limit.
    Memory,
    /// The engine is wrong.
    EngineBug,
}
