//! The shapes of requests and answers. Fields are only ever added.
//!
//! The OpenAPI document is made from them; what depends on the program's engines and the server's limits is put into it
//! in [`crate::route`].

use std::collections::BTreeMap;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// The language of a piece of code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// Whole numbers: `x = 42; x * 2 + 10`
    #[default]
    Expression,
    /// Lua 5.4
    Lua,
}

impl Dialect {
    /// Its name in requests and answers.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Expression => "expression",
            Dialect::Lua => "lua",
        }
    }
}

/// A value that a Lua program is called with.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum ArgumentValue {
    /// A boolean.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// A float.
    Float(f64),
    /// A string.
    Text(String),
}

/// The value of a knob.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum SettingValue {
    /// Of a knob that is on or off.
    Boolean(bool),
    /// Of a knob that is a number.
    Integer(u64),
    /// The same: to JSON, 1000.0 is a whole number too.
    Float(f64),
    /// As on the command line.
    Text(String),
}

/// Limits of one execution, no higher than the server's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitsRequest {
    /// Milliseconds for loading and running.
    #[serde(default, deserialize_with = "whole_number")]
    pub time_ms: Option<u64>,
    /// Bytes that may be live in the heap.
    #[serde(default, deserialize_with = "whole_number")]
    pub memory_bytes: Option<u64>,
    /// Bytes of output that are kept.
    #[serde(default, deserialize_with = "whole_number")]
    pub output_bytes: Option<u64>,
}

/// Reads a whole number however it is written: to JSON, 1000.0 is one too.
fn whole_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let Some(number) = Option::<serde_json::Number>::deserialize(deserializer)? else { return Ok(None) };
    let float = number.as_f64().filter(|float| float.fract() == 0.0 && (0.0..u64::MAX as f64).contains(float));
    match number.as_u64().or(float.map(|float| float as u64)) {
        Some(number) => Ok(Some(number)),
        None => Err(D::Error::custom(format!("expected a whole number, not {number}"))),
    }
}

/// Something to execute.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExecuteRequest {
    /// The code.
    pub code: String,
    /// Its language.
    #[serde(default)]
    #[schema(default = "expression")]
    pub dialect: Dialect,
    /// The engine; a method JIT if nothing is said.
    pub engine: Option<String>,
    /// Several engines in place of one: the answer has an answer of each.
    pub engines: Option<Vec<String>>,
    /// What a Lua program is called with; expressions take none.
    pub args: Option<Vec<ArgumentValue>>,
    /// Knobs of the engines, by name.
    pub settings: Option<BTreeMap<String, SettingValue>>,
    /// The name of a session, which keeps variables: those of expressions, and the globals of Lua.
    pub session: Option<String>,
    /// Lower limits than the server's.
    pub limits: Option<LimitsRequest>,
}

/// Code to look at.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExploreRequest {
    /// The code.
    pub code: String,
    /// Its language.
    #[serde(default)]
    #[schema(default = "expression")]
    pub dialect: Dialect,
    /// The engine; a method JIT if nothing is said.
    pub engine: Option<String>,
    /// Knobs of the engine, by name.
    pub settings: Option<BTreeMap<String, SettingValue>>,
}

/// Nothing, or an empty object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetRequest {}

/// The first result of a program.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum ResultValue {
    /// An integer.
    Integer(i64),
    /// A float.
    Float(f64),
    /// A boolean.
    Boolean(bool),
    /// A string, a float that is no number of JSON, or the type of a value that has no text.
    Text(String),
    /// Nil, or no result at all.
    Nil(Option<()>),
}

/// A variable of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: i64,
}

/// What an execution gave.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Execution {
    /// The value of an expression; the first result of a Lua chunk.
    pub result: ResultValue,
    /// The time of the call, without loading.
    pub execution_time_ns: u64,
    /// Whether compiled code ran in it.
    pub was_jit_compiled: bool,
    /// Whether it was compiled, or why not, in words.
    pub message: String,
    /// The result as text: integers beyond 2^53 too.
    pub result_text: String,
    /// All results as texts.
    pub results: Vec<String>,
    /// What the program wrote.
    pub output: String,
    /// Whether it wrote more than that.
    pub output_truncated: bool,
    /// The engine.
    pub engine: String,
    /// The language of the code.
    pub dialect: Dialect,
    /// The hash of the code.
    pub hash: String,
    /// How often this code has been executed on this engine, with this time.
    pub execution_count: u64,
    /// Units that were compiled meanwhile.
    pub units_compiled: u64,
    /// The time that went into compiling, of that of the call.
    pub compilation_time_ns: u64,
    /// The time that went into collecting, of that of the call.
    pub collection_time_ns: u64,
    /// The machine code that there is for it now.
    pub code_size_bytes: u64,
    /// The variables of expressions that the session has.
    pub variables: Vec<Variable>,
}

/// What one of several engines gave: one of the two.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EngineAnswer {
    /// The engine.
    pub engine: String,
    /// What it gave.
    #[schema(required, nullable)]
    pub execution: Option<Execution>,
    /// Why it gave nothing.
    #[schema(required, nullable)]
    pub error: Option<ErrorAnswer>,
}

/// What several engines gave, in the order in which they were asked for.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// One for each.
    pub answers: Vec<EngineAnswer>,
}

/// What was executed: on one engine, or on several.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum ExecuteAnswer {
    /// On one.
    One(Box<Execution>),
    /// On several.
    Several(Comparison),
}

/// A place in the code, or in a request that is no JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorPosition {
    /// The line, from 1.
    pub line: u32,
    /// The character in the line, from 1, if it is known.
    #[schema(required, nullable)]
    pub column: Option<u32>,
    /// Bytes before it, if they are known.
    #[schema(required, nullable)]
    pub offset: Option<u64>,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorAnswer {
    /// A word for programs.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// Where, if it has a place.
    #[schema(required, nullable)]
    pub position: Option<ErrorPosition>,
    /// What the program wrote before.
    pub output: String,
}

/// Totals since the start or the last reset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Stats {
    /// Executions, whatever came of them.
    pub total_executions: u64,
    /// Units that were compiled.
    pub jit_compilations: u64,
    /// The time of all executions, compiling and collecting included.
    pub total_execution_time_ns: u64,
    /// The time of all compilations.
    pub total_compilation_time_ns: u64,
    /// The mean time of an execution, rounded down; 0 without executions.
    pub average_execution_time_ns: u64,
    /// The mean time of a compilation, rounded down; 0 without compilations.
    pub average_compilation_time_ns: u64,
    /// Entries of the cache.
    pub cache_entries: u64,
    /// Executions that failed.
    pub failed_executions: u64,
    /// Units that were declined.
    pub declined_compilations: u64,
    /// Executions that found their program loaded, with its compiled code.
    pub cache_hits: u64,
    /// The others.
    pub cache_misses: u64,
    /// The time in executions that entered compiled code, without compiling and collecting.
    pub compiled_time_ns: u64,
    /// The time in the other executions, without compiling and collecting.
    pub interpreted_time_ns: u64,
    /// The time of collecting.
    pub collection_time_ns: u64,
}

/// One piece of code on one engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CacheEntry {
    /// The 64-bit FNV-1a hash of the code: `0x` and 16 digits.
    pub hash: String,
    /// How often it was executed.
    pub execution_count: u64,
    /// Whether there is machine code for it.
    pub is_compiled: bool,
    /// How much.
    pub code_size_bytes: u64,
    /// The engine.
    pub engine: String,
    /// The language of the code.
    pub dialect: Dialect,
    /// The code.
    pub code: String,
    /// The time of the last execution.
    pub last_execution_time_ns: u64,
    /// The time of all executions.
    pub total_execution_time_ns: u64,
}

/// What has been executed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// How many entries there are.
    pub total_entries: u64,
    /// The entries, the most recently executed first.
    pub entries: Vec<CacheEntry>,
}

/// Everything is as at the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetAnswer {
    /// `reset`.
    pub status: String,
}

/// How the server is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Health {
    /// `ok`.
    pub status: String,
    /// The version of the program.
    pub version: String,
    /// Milliseconds since the start.
    pub uptime_ms: u64,
    /// Slots for workers, without those of sessions.
    pub workers: u64,
    /// Executions that run or wait, without those of sessions.
    pub executions_in_flight: u64,
    /// Sessions.
    pub sessions: u64,
    /// Who listens to events.
    pub listeners: u64,
}

/// A knob of an engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KnobInfo {
    /// Its name.
    pub name: String,
    /// What values it takes, in words.
    pub takes: String,
    /// Its value when nobody sets it.
    pub default: String,
    /// What it does.
    pub doc: String,
}

/// An engine of this program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EngineDescription {
    /// Its name in requests.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its strategy.
    pub summary: String,
    /// What it compiles at a time, if it compiles.
    #[schema(required, nullable)]
    pub unit_of_compilation: Option<String>,
    /// Whether it runs what names no engine.
    pub is_default: bool,
    /// Its knobs.
    pub knobs: Vec<KnobInfo>,
}

/// The engines of this program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EngineList {
    /// Each of them.
    pub engines: Vec<EngineDescription>,
}

/// What an engine has made of a piece of code, at one stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StageText {
    /// `ast`, `bytecode`, `ir` or `asm`.
    pub stage: String,
    /// Whether the engine has the stage.
    pub is_available: bool,
    /// The listing, or why there is none.
    pub text: String,
    /// For each line of the listing the line of the source that it was made for, or 0 if it is of none.
    pub source_lines: Vec<u32>,
}

/// What an engine has made of a piece of code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Exploration {
    /// The engine.
    pub engine: String,
    /// The Lua text that is run: the code, or the translation of an expression.
    pub source: String,
    /// The stages, in order.
    pub stages: Vec<StageText>,
}

/// A results folder that the server was started with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultsFolder {
    /// Its number, which names it in requests.
    pub index: u64,
    /// The run.
    pub run_id: String,
    /// What was run, in words.
    pub cost: String,
    /// When it was planned.
    pub created_utc: String,
}

/// The results folders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultsList {
    /// Each of them.
    pub folders: Vec<ResultsFolder>,
}

/// The table of a results folder, as `harness report` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultsTable {
    /// The run.
    pub run_id: String,
    /// The header.
    pub header: Vec<String>,
    /// The rows, each as long as the header.
    pub rows: Vec<Vec<String>>,
    /// What has to be said of it.
    pub findings: Vec<String>,
}
