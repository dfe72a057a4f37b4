//! From a request to what it gives: names resolved, an expression translated, a worker asked, everything counted.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use engine_api::{EngineInfo, Family, Stage};
use expression_dialect::{Expression, Position};
use harness::inspect::stage_text;
use harness::measure::events::log::EventEntry;
use harness::plan::knobs::{self, KnobSetting, Subject, Target};
use serde::Serialize;

use crate::answer::ApiError;
use crate::api::{
    ArgumentValue, Dialect, ErrorPosition, ExecuteRequest, Execution, Exploration, ExploreRequest, LimitsRequest,
    ResultValue, SettingValue, StageText, Variable,
};
use crate::ledger::Key;
use crate::pool::{MOST_SESSION_VARIABLES, Place, Refusal, Session};
use crate::protocol::{Answer, Counted, PlainValue, StateRule, Task, TaskError, TaskErrorKind, TaskLimits};
use crate::settings::{MOST_ARGUMENTS, MOST_CODE_BYTES, MOST_ENGINES, MOST_SESSION_NAME_BYTES};
use crate::shared::Shared;
use crate::slot::WorkerFailure;

/// The knob that says when a unit is hot.
const THRESHOLD_KNOB: &str = "jit-threshold";

/// The knob that bounds machine code, and what it is for an expression: a worker keeps many of them.
const CODE_CACHE_KNOB: (&str, &str) = ("code-cache-bytes", "1048576");

/// The stages that are shown, by their names on the command line.
const STAGES: [&str; 4] = ["ast", "bytecode", "ir", "asm"];

/// A request whose names and limits have been looked at.
pub struct Prepared {
    engines: Vec<&'static EngineInfo>,
    dialect: Dialect,
    code: String,
    /// The parsed code, if it is an expression.
    expression: Option<Expression>,
    arguments: Vec<PlainValue>,
    /// The knobs that the request sets.
    settings: Vec<(String, String)>,
    session: Option<String>,
    limits: TaskLimits,
    /// When the last of its executions has to be over: each has its limits, and all of them together those of one.
    deadline: Instant,
}

/// What is told of an execution to those who listen.
#[derive(Serialize)]
struct ExecutionEvent<'a> {
    engine: &'a str,
    dialect: &'a str,
    hash: String,
    execution_count: u64,
    execution_time_ns: u64,
    was_jit_compiled: bool,
    error: Option<&'a str>,
}

/// What is told of an event of a compiler or the collector.
#[derive(Serialize)]
struct CompilerEvent {
    /// When the server heard of it, since its start: on one axis for all engines.
    at_ns: u64,
    engine: &'static str,
    hash: String,
    #[serde(flatten)]
    entry: EventEntry,
}

impl Prepared {
    /// Looks at a request to execute something.
    ///
    /// # Errors
    /// What is wrong with it, or with the expression.
    pub fn of(shared: &Shared, request: ExecuteRequest) -> Result<Prepared, ApiError> {
        let names = match (request.engines, request.engine) {
            (Some(_), Some(_)) => {
                return Err(ApiError::program("contradiction", "'engine' and 'engines' exclude each other"));
            }
            (Some(names), None) if names.is_empty() || names.len() > MOST_ENGINES => {
                let message = format!("'engines' has 1 to {MOST_ENGINES} names");
                return Err(ApiError::bad_request("bad_request", message));
            }
            (Some(names), None) => names,
            (None, Some(name)) => vec![name],
            (None, None) => vec![shared.default_engine.to_string()],
        };
        let limits = limits(&shared.settings.limits, request.limits.unwrap_or_default())?;
        let session = request.session.map(checked_session).transpose()?;
        let arguments = arguments(request.dialect, request.args.unwrap_or_default())?;
        let settings = request.settings.unwrap_or_default();
        Prepared::with(shared, &names, request.dialect, request.code, settings, (arguments, session, limits))
    }

    /// Looks at a request to explore something.
    ///
    /// # Errors
    /// As [`Prepared::of`].
    pub fn to_explore(shared: &Shared, request: ExploreRequest) -> Result<Prepared, ApiError> {
        let name = request.engine.unwrap_or_else(|| shared.default_engine.to_string());
        let settings = request.settings.unwrap_or_default();
        let rest = (Vec::new(), None, shared.settings.limits);
        Prepared::with(shared, &[name], request.dialect, request.code, settings, rest)
    }

    fn with(
        shared: &Shared,
        names: &[String],
        dialect: Dialect,
        code: String,
        settings: BTreeMap<String, SettingValue>,
        (arguments, session, limits): (Vec<PlainValue>, Option<String>, TaskLimits),
    ) -> Result<Prepared, ApiError> {
        if code.len() > MOST_CODE_BYTES {
            let message = format!("'code' has at most {MOST_CODE_BYTES} bytes, not {}", code.len());
            return Err(ApiError::program("too_large", message));
        }
        let engines = names
            .iter()
            .map(|name| shared.engines.named(name).map(|engine| engine.info()))
            .collect::<Result<Vec<&'static EngineInfo>, _>>()
            .map_err(|error| ApiError::bad_request("unknown_engine", one_line(&error.0)))?;
        let settings: Vec<(String, String)> =
            settings.into_iter().map(|(name, value)| (name, setting_text(value))).collect();
        check_settings(shared, &engines, &settings)?;
        let expression = match dialect {
            Dialect::Expression => Some(Expression::parse(&code)?),
            Dialect::Lua => None,
        };
        let deadline = Instant::now() + shared.settings.queue_limit + Duration::from_millis(limits.time_ms);
        Ok(Prepared { engines, dialect, code, expression, arguments, settings, session, limits, deadline })
    }

    /// The engines, in the order of the request.
    pub fn engines(&self) -> &[&'static EngineInfo] {
        &self.engines
    }

    fn key(&self, engine: &'static EngineInfo) -> Key {
        Key { engine: engine.id, dialect: self.dialect.name(), code: self.code.clone() }
    }

    /// The Lua text.
    fn source(&self) -> String {
        self.expression.as_ref().map_or_else(|| self.code.clone(), Expression::to_lua)
    }

    /// The task of one engine, for the execution of this number.
    fn task(&self, shared: &Shared, engine: &'static EngineInfo, number: u64, arguments: Vec<PlainValue>) -> Task {
        let has = |name: &str| engine.knobs.iter().any(|knob| knob.name == name);
        let is_set = |name: &str| self.settings.iter().any(|(set, _)| set == name);
        let mut settings: Vec<(String, String)> = self.settings.iter().filter(|(name, _)| has(name)).cloned().collect();
        // What tells one state from another; the rest of the settings follows from it and the number.
        let name = format!("{}\n{settings:?}\n{}", engine.id, self.limits.memory_bytes);
        let state = match (&self.expression, &self.session) {
            (Some(_), _) => {
                // A state that was lost, or that comes late, goes on counting where the last one ended.
                let left = shared.settings.threshold.saturating_sub(number - 1);
                for (name, value) in [(THRESHOLD_KNOB, left.to_string().as_str()), CODE_CACHE_KNOB] {
                    if has(name) && !is_set(name) {
                        settings.push((name.to_string(), value.to_string()));
                    }
                }
                StateRule::Program(format!("{name}\n{}", self.code))
            }
            (None, Some(_)) => StateRule::Session(name),
            (None, None) => StateRule::Fresh,
        };
        Task {
            engine: engine.id.to_string(),
            settings,
            state,
            source: self.source(),
            arguments,
            limits: self.limits,
            runs_again: true,
            stages: Vec::new(),
        }
    }

    /// Where a task of this key belongs.
    fn place(&self, shared: &Shared, key: &Key, session: Option<&Arc<Session>>) -> Place {
        match (&self.expression, session) {
            (None, Some(session)) => Place::Session(Arc::clone(session)),
            (_, _) if shared.ledger().met_limit(key) => Place::Last,
            (Some(_), _) => Place::Hash(key.hash()),
            (None, None) => Place::Any,
        }
    }

    /// Executes it on one engine.
    ///
    /// # Errors
    /// Why there is no result.
    pub async fn execute(&self, shared: &Shared, engine: &'static EngineInfo) -> Result<Execution, ApiError> {
        let session = self.session.as_deref().map(|name| shared.pool.session(name)).transpose().map_err(refused)?;
        let arguments = match &self.expression {
            Some(expression) => values_of(expression, session.as_deref())?,
            None => self.arguments.clone(),
        };
        let key = self.key(engine);
        let turn = shared.ledger().begin(&key);
        let number = turn.number;
        let task = self.task(shared, engine, number, arguments);
        let place = self.place(shared, &key, session.as_ref());
        let hash = hash_text(&key);
        let events = teller(shared, engine, &hash);
        let answer = match shared.pool.carry_out(place, task, self.deadline, events).await {
            Ok(answer) => answer,
            Err(refusal) => {
                let mut ledger = shared.ledger();
                match &refusal {
                    Refusal::QueueLimit | Refusal::Deadline | Refusal::Sessions => ledger.take_back(&key, turn),
                    Refusal::Worker(WorkerFailure::TimedOut { after }) => {
                        let execution_ns = after.as_nanos() as u64;
                        let counted = Counted { execution_ns, ..Counted::default() };
                        ledger.end(&key, turn, &counted, Some(TaskErrorKind::Time));
                    }
                    Refusal::Worker(WorkerFailure::Ended(_)) => ledger.end_without_answer(&key, turn),
                }
                drop(ledger);
                let error = refused(refusal);
                self.tell(shared, engine, &hash, number, None, Some(&error.answer.code));
                return Err(error);
            }
        };
        shared.ledger().end(&key, turn, &answer.counted, answer.outcome.as_ref().err().map(|error| error.kind));
        let mut result = self.result(engine, number, hash.clone(), &answer, session.as_deref());
        if let Ok(execution) = &mut result
            && self.is_over(&answer)
        {
            execution.message.push_str("; the session's Lua state was too large to keep");
        }
        let code = result.as_ref().err().map(|error| error.answer.code.as_str());
        self.tell(shared, engine, &hash, number, Some(&answer), code);
        result
    }

    /// A worker that ends although its program did not fail has kept nothing of a session.
    fn is_over(&self, answer: &Answer) -> bool {
        self.dialect == Dialect::Lua && self.session.is_some() && answer.is_last
    }

    fn tell(
        &self,
        shared: &Shared,
        engine: &'static EngineInfo,
        hash: &str,
        number: u64,
        answer: Option<&Answer>,
        error: Option<&str>,
    ) {
        let event = ExecutionEvent {
            engine: engine.id,
            dialect: self.dialect.name(),
            hash: hash.to_string(),
            execution_count: number,
            execution_time_ns: answer.map_or(0, |answer| answer.counted.execution_ns),
            was_jit_compiled: answer.is_some_and(|answer| answer.counted.entries > 0),
            error,
        };
        shared.publisher.publish("execution", &event);
    }

    fn result(
        &self,
        engine: &'static EngineInfo,
        number: u64,
        hash: String,
        answer: &Answer,
        session: Option<&Session>,
    ) -> Result<Execution, ApiError> {
        let values = answer.outcome.as_ref().map_err(|error| {
            let mut error = self.program_error(error);
            error.answer.output = answer.output.clone();
            error
        })?;
        let mut variables = Vec::new();
        if let (Some(expression), Some(session)) = (&self.expression, session) {
            variables = assign(expression, values, session)?;
        }
        let counted = &answer.counted;
        // Behind the value of an expression stand its variables.
        let shown = if self.expression.is_some() { &values[..1] } else { values };
        let first = shown.first().unwrap_or(&PlainValue::Nil);
        Ok(Execution {
            result: result_value(first),
            execution_time_ns: counted.execution_ns,
            was_jit_compiled: counted.entries > 0,
            message: self.message(engine, answer),
            result_text: first.text(),
            results: shown.iter().map(PlainValue::text).collect(),
            output: answer.output.clone(),
            output_truncated: answer.is_output_truncated,
            engine: engine.id.to_string(),
            dialect: self.dialect,
            hash,
            execution_count: number,
            units_compiled: counted.compiled,
            compilation_time_ns: counted.compile_ns,
            collection_time_ns: counted.gc_ns,
            code_size_bytes: counted.code_bytes,
            variables,
        })
    }

    /// Whether compiled code ran, or why not.
    fn message(&self, engine: &EngineInfo, answer: &Answer) -> String {
        let counted = &answer.counted;
        let is_off = self.settings.iter().any(|(name, value)| name == knobs::JIT && value == "off");
        let is_expression = self.expression.is_some();
        if counted.entries > 0 {
            return "JIT compiled".to_string();
        }
        let reason = match engine.unit_of_compilation {
            None => "this engine has no compiler".to_string(),
            Some(_) if is_off => "jit is off".to_string(),
            Some(_) if counted.declined > 0 => "the compiler declined, the events say why".to_string(),
            Some(unit) if is_expression && engine.family == Family::LoopJit => {
                format!("{} compiles a {unit} at a time, and an expression has no loop", engine.id)
            }
            Some(_) if is_expression => "not executed often enough yet".to_string(),
            Some(_) => "nothing in it became hot".to_string(),
        };
        format!("interpreted: {reason}")
    }

    fn program_error(&self, error: &TaskError) -> ApiError {
        let TaskError { kind, message, offset } = error;
        match kind {
            TaskErrorKind::Syntax => {
                let error = ApiError::program("syntax_error", message);
                let place = offset.and_then(|offset| place_in(&self.code, offset));
                place.or_else(|| line_of(message)).map_or(error.clone(), |place| error.at(place))
            }
            TaskErrorKind::Raised => {
                let problem = self.expression.as_ref().and_then(|expression| expression.explain(message));
                if let Some(problem) = problem {
                    return problem.into();
                }
                let error = ApiError::program("runtime_error", message);
                match &self.expression {
                    // The line is one of the translation.
                    Some(_) => error,
                    None => line_of(message).map_or(error.clone(), |place| error.at(place)),
                }
            }
            TaskErrorKind::Unsupported => ApiError::program("unsupported", message),
            TaskErrorKind::Time => time_limit(),
            TaskErrorKind::Memory => ApiError::program("memory_limit", message),
            TaskErrorKind::EngineBug => ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "engine_bug", message),
        }
    }

    /// What its only engine has made of it. It is run if nothing is kept of it.
    ///
    /// # Errors
    /// As [`Prepared::execute`], but for errors of the program: what was compiled before them is shown.
    pub async fn explore(&self, shared: &Shared) -> Result<Exploration, ApiError> {
        let engine = self.engines[0];
        let key = self.key(engine);
        // Names that only a session knows have some value here.
        let needed = self.expression.as_ref().map_or(0, |expression| expression.needed().count());
        let number = shared.ledger().executions(&key).max(1);
        let mut task = self.task(shared, engine, number, vec![PlainValue::Integer(0); needed]);
        task.runs_again = false;
        task.stages = STAGES.map(str::to_string).to_vec();
        let place = self.place(shared, &key, None);
        // Looking is no execution: nobody is told of what is compiled again for it.
        let events = Box::new(|_| ());
        let answer = shared.pool.carry_out(place, task, self.deadline, events).await.map_err(refused)?;
        if answer.stages.is_empty()
            && let Err(error) = &answer.outcome
        {
            return Err(self.program_error(error));
        }
        let machine_code =
            answer.stages.iter().find(|(stage, _)| stage == "asm").and_then(|(_, text)| text.as_deref().ok());
        let of_instructions = stage_text::lines_of_instructions(machine_code.unwrap_or_default());
        let stages = answer.stages.into_iter().map(|(stage, text)| {
            let lines = |text| Some(stage_text::source_lines(stage_named(&stage)?, text, &of_instructions));
            let found = text.as_deref().ok().and_then(lines).unwrap_or_default();
            StageText {
                source_lines: found.into_iter().map(Option::unwrap_or_default).collect(),
                is_available: text.is_ok(),
                text: text.unwrap_or_else(|why| why),
                stage,
            }
        });
        Ok(Exploration { engine: engine.id.to_string(), source: self.source(), stages: stages.collect() })
    }
}

fn stage_named(name: &str) -> Option<Stage> {
    match name {
        "ast" => Some(Stage::Ast),
        "bytecode" => Some(Stage::Bytecode),
        "ir" => Some(Stage::Ir),
        "asm" => Some(Stage::Asm),
        _ => None,
    }
}

/// Sends the events of a task to those who listen.
fn teller(shared: &Shared, engine: &'static EngineInfo, hash: &str) -> Box<dyn FnMut(EventEntry) + Send> {
    let shared = shared.clone();
    let hash = hash.to_string();
    Box::new(move |entry| {
        let at_ns = shared.start.elapsed().as_nanos() as u64;
        shared.publisher.publish("compiler", &CompilerEvent { at_ns, engine: engine.id, hash: hash.clone(), entry });
    })
}

/// A hash as it is shown.
pub fn hash_text(key: &Key) -> String {
    format!("{:#018x}", key.hash())
}

fn setting_text(value: SettingValue) -> String {
    match value {
        SettingValue::Boolean(value) => value.to_string(),
        SettingValue::Integer(value) => value.to_string(),
        // Without a fraction this writes no point.
        SettingValue::Float(value) => value.to_string(),
        SettingValue::Text(text) => text,
    }
}

fn check_settings(
    shared: &Shared,
    engines: &[&'static EngineInfo],
    settings: &[(String, String)],
) -> Result<(), ApiError> {
    let setting = |(knob, value): &(String, String)| KnobSetting {
        target: Target::All,
        knob: knob.clone(),
        value: value.clone(),
    };
    let given: Vec<KnobSetting> = settings.iter().map(setting).collect();
    let mut subjects: Vec<Subject> = Vec::new();
    for engine in engines {
        // An engine may be asked twice.
        if subjects.iter().all(|subject| subject.name != engine.id) {
            subjects.push(Subject::plain(engine));
        }
    }
    match knobs::resolve(&shared.engines, &subjects, &given) {
        Ok(_) => Ok(()),
        Err(error) => Err(ApiError::program("bad_setting", one_line(&error.0))),
    }
}

fn limits(most: &TaskLimits, wanted: LimitsRequest) -> Result<TaskLimits, ApiError> {
    let within = |name: &str, wanted: Option<u64>, least: u64, most: u64| match wanted {
        None => Ok(most),
        Some(wanted) if (least..=most).contains(&wanted) => Ok(wanted),
        Some(wanted) => {
            let message = format!("'limits.{name}' is {least} to {most} here, not {wanted}");
            Err(ApiError::bad_request("bad_limit", message))
        }
    };
    Ok(TaskLimits {
        time_ms: within("time_ms", wanted.time_ms, 1, most.time_ms)?,
        memory_bytes: within("memory_bytes", wanted.memory_bytes, 1, most.memory_bytes)?,
        output_bytes: within("output_bytes", wanted.output_bytes, 0, most.output_bytes)?,
    })
}

fn checked_session(name: String) -> Result<String, ApiError> {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if (1..=MOST_SESSION_NAME_BYTES).contains(&name.len()) && name.bytes().all(is_letter) {
        return Ok(name);
    }
    let message = format!("'session' is 1 to {MOST_SESSION_NAME_BYTES} of A-Z, a-z, 0-9, - and _");
    Err(ApiError::bad_request("bad_session", message))
}

fn arguments(dialect: Dialect, given: Vec<ArgumentValue>) -> Result<Vec<PlainValue>, ApiError> {
    if dialect == Dialect::Expression && !given.is_empty() {
        return Err(ApiError::program("contradiction", "'args' are for programs in Lua"));
    }
    if given.len() > MOST_ARGUMENTS {
        return Err(ApiError::bad_request("bad_request", format!("'args' has at most {MOST_ARGUMENTS} values")));
    }
    let plain = |value| match value {
        ArgumentValue::Boolean(value) => PlainValue::Boolean(value),
        ArgumentValue::Integer(value) => PlainValue::Integer(value),
        ArgumentValue::Float(value) => PlainValue::Float(value),
        ArgumentValue::Text(text) => PlainValue::Text(text),
    };
    Ok(given.into_iter().map(plain).collect())
}

/// The values of an expression's names from outside.
fn values_of(expression: &Expression, session: Option<&Session>) -> Result<Vec<PlainValue>, ApiError> {
    let known = session.map(|session| session.variables.lock().unwrap_or_else(PoisonError::into_inner));
    let value_of = |name: &str| known.as_ref().and_then(|known| known.get(name).copied());
    Ok(expression.arguments(value_of)?.into_iter().map(PlainValue::Integer).collect())
}

/// Gives a session what an expression has assigned; returns all of its variables.
fn assign(expression: &Expression, values: &[PlainValue], session: &Session) -> Result<Vec<Variable>, ApiError> {
    let mut known = session.variables.lock().unwrap_or_else(PoisonError::into_inner);
    for (variable, value) in expression.assigned().zip(&values[1..]) {
        if known.len() >= MOST_SESSION_VARIABLES && !known.contains_key(&variable.name) {
            let message = format!("a session has at most {MOST_SESSION_VARIABLES} variables");
            return Err(ApiError::program("too_large", message));
        }
        if let PlainValue::Integer(value) = value {
            known.insert(variable.name.clone(), *value);
        }
    }
    let variable = |(name, value): (&String, &i64)| Variable { name: name.clone(), value: *value };
    let mut variables: Vec<Variable> = known.iter().map(variable).collect();
    variables.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(variables)
}

fn result_value(value: &PlainValue) -> ResultValue {
    match value {
        PlainValue::Nil => ResultValue::Nil(None),
        PlainValue::Boolean(value) => ResultValue::Boolean(*value),
        PlainValue::Integer(value) => ResultValue::Integer(*value),
        PlainValue::Float(value) => ResultValue::Float(*value),
        PlainValue::Text(text) => ResultValue::Text(text.clone()),
    }
}

fn place_in(code: &str, offset: usize) -> Option<ErrorPosition> {
    let offset = (0..=offset.min(code.len())).rev().find(|offset| code.is_char_boundary(*offset))?;
    let Position { offset, line, column } = Position::of(code, offset);
    Some(ErrorPosition { line, column: Some(column), offset: Some(offset as u64) })
}

/// The line that a message of Lua begins with.
fn line_of(message: &str) -> Option<ErrorPosition> {
    let line = message.strip_prefix("program:")?.split(':').next()?.parse().ok()?;
    Some(ErrorPosition { line, column: None, offset: None })
}

fn time_limit() -> ApiError {
    ApiError::program("time_limit", "stopped: time limit reached")
}

fn refused(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::QueueLimit => ApiError::too_busy("queue_limit", "waited too long for a worker: try again later"),
        Refusal::Sessions => ApiError::too_busy("too_many_sessions", "too many sessions are in use: try again later"),
        Refusal::Deadline => ApiError::program("time_limit", "the engines before have used up the time of the request"),
        Refusal::Worker(WorkerFailure::TimedOut { .. }) => time_limit(),
        Refusal::Worker(WorkerFailure::Ended(how)) => {
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "worker_ended", how)
        }
    }
}

fn one_line(text: &str) -> String {
    text.replace('\n', "; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_in_messages_and_code() {
        assert_eq!(line_of("program:12: no"), Some(ErrorPosition { line: 12, column: None, offset: None }));
        for message in ["", "program:", "program:x: no", "other:1: no"] {
            assert_eq!(line_of(message), None);
        }
        assert_eq!(place_in("é\nb", 3), Some(ErrorPosition { line: 2, column: Some(1), offset: Some(3) }));
        assert_eq!(place_in("é\nb", 1), Some(ErrorPosition { line: 1, column: Some(1), offset: Some(0) }));
        assert_eq!(place_in("ab", 99), Some(ErrorPosition { line: 1, column: Some(3), offset: Some(2) }));
    }

    #[test]
    fn limits_are_no_higher_than_the_servers() {
        let most = TaskLimits { time_ms: 100, memory_bytes: 1000, output_bytes: 10 };
        let wanted = |time_ms| LimitsRequest { time_ms, ..LimitsRequest::default() };
        assert_eq!(limits(&most, wanted(None)).unwrap(), most);
        assert_eq!(limits(&most, wanted(Some(7))).unwrap().time_ms, 7);
        for time_ms in [0, 101] {
            assert_eq!(limits(&most, wanted(Some(time_ms))).unwrap_err().answer.code, "bad_limit");
        }
    }
}
