//! The child protocol: what passes between the parent and the one process that runs an invocation.
//!
//! Its version is [`crate::plan::builds::PROTOCOL_VERSION`].
//! Words on standard input and output, samples in a file. Both sides use this file; `workloads/driver.lua` speaks the
//! same in Lua. The whole of it is described in `harness/METHODOLOGY.md`.

use std::fmt::Write as _;

use crate::record::outcome::Outcome;

/// What the child says once the workload is loaded, with the time of its first instruction if it can tell.
pub const READY: &str = "ready";

/// What the child says when a batch is in the samples file.
pub const DONE: &str = "done";

/// What a parent asks for, one a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// So many more iterations, each timed by the child.
    Run(u32),
    /// So many calls in one piece, timed by the parent: without a reading of any clock between them.
    Call(u32),
}

impl Request {
    /// The request without its newline.
    pub fn line(self) -> String {
        match self {
            Request::Run(iterations) => format!("run {iterations}"),
            Request::Call(calls) => format!("call {calls}"),
        }
    }

    /// Reads a line; `None` if it is no request.
    pub fn parse(line: &str) -> Option<Request> {
        let (word, number) = line.trim_end().split_once(' ')?;
        let number = number.parse().ok()?;
        match word {
            "run" => Some(Request::Run(number)),
            "call" => Some(Request::Call(number)),
            _ => None,
        }
    }
}

/// The child's `ready`, with the time of the workload's first instruction on the system's monotonic clock.
pub fn ready(first_instruction_ns: u64) -> String {
    format!("{READY} {first_instruction_ns}")
}

/// The time in a `ready` line; `None` if it has none.
pub fn parse_ready(line: &str) -> Option<u64> {
    line.strip_prefix(READY)?.trim().parse().ok()
}

/// What one iteration took and gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Time of the iteration.
    pub wall_ns: u64,
    /// Of it, time in the garbage collector.
    pub gc_ns: u64,
    /// Of it, time compiling to machine code.
    pub compile_ns: u64,
    /// Units compiled during it.
    pub compiles: u64,
    /// Units thrown away during it.
    pub deopts: u64,
    /// Machine code published after it.
    pub code_bytes: u64,
    /// What the workload returned, on one line (see [`one_line`]).
    pub result: String,
}

/// Why a child gave up, with the message on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildError {
    /// [`Outcome::LuaError`], [`Outcome::Unsupported`], [`Outcome::EngineBug`] or [`Outcome::OutOfMemory`].
    pub outcome: Outcome,
    /// What happened.
    pub message: String,
}

/// One line of the samples file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// An iteration.
    Sample(Sample),
    /// The result of the last of the calls that the parent timed.
    Called(String),
    /// The last line of a child that gave up.
    Error(ChildError),
}

/// `text` with line ends written as `\n` and `\r`, so that it is one line. Results are compared in this form.
pub fn one_line(text: &str) -> String {
    text.replace('\r', "\\r").replace('\n', "\\n")
}

/// The line with which a child answers [`Request::Call`], with its newline.
pub fn called(result: &str) -> String {
    format!("called,{}\n", one_line(result))
}

impl Sample {
    /// Appends the line of this sample to `text`.
    pub fn encode(&self, text: &mut String) {
        let Sample { wall_ns, gc_ns, compile_ns, compiles, deopts, code_bytes, result } = self;
        writeln!(text, "{wall_ns},{gc_ns},{compile_ns},{compiles},{deopts},{code_bytes},{}", one_line(result))
            .expect("writing to a string does not fail");
    }
}

impl ChildError {
    /// The line of this error, with its newline.
    pub fn encode(&self) -> String {
        format!("error,{},{}\n", self.outcome.name(), one_line(&self.message))
    }
}

/// Reads one line of the samples file, without its newline; `None` if it is neither a sample nor an error.
pub fn parse_record(line: &str) -> Option<Record> {
    if let Some(rest) = line.strip_prefix("error,") {
        let (kind, message) = rest.split_once(',')?;
        let outcome = Outcome::from_name(kind)?;
        return Some(Record::Error(ChildError { outcome, message: message.to_string() }));
    }
    if let Some(result) = line.strip_prefix("called,") {
        return Some(Record::Called(result.to_string()));
    }
    let mut fields = line.splitn(7, ',');
    let mut number = || fields.next()?.parse::<u64>().ok();
    let (wall_ns, gc_ns, compile_ns) = (number()?, number()?, number()?);
    let (compiles, deopts, code_bytes) = (number()?, number()?, number()?);
    let result = fields.next()?.to_string();
    Some(Record::Sample(Sample { wall_ns, gc_ns, compile_ns, compiles, deopts, code_bytes, result }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_survives_its_line() {
        let sample = Sample {
            wall_ns: 12,
            gc_ns: 3,
            compile_ns: 4,
            compiles: 1,
            deopts: 0,
            code_bytes: 640,
            result: "1, 2\nand 3".to_string(),
        };
        let mut text = String::new();
        sample.encode(&mut text);
        assert_eq!(text, "12,3,4,1,0,640,1, 2\\nand 3\n");
        let expected = Sample { result: "1, 2\\nand 3".to_string(), ..sample };
        assert_eq!(parse_record(text.trim_end()), Some(Record::Sample(expected)));
    }

    #[test]
    fn an_error_survives_its_line() {
        let error = ChildError { outcome: Outcome::LuaError, message: "a.lua:1: no\nstack".to_string() };
        let expected = ChildError { message: "a.lua:1: no\\nstack".to_string(), ..error.clone() };
        assert_eq!(parse_record(error.encode().trim_end()), Some(Record::Error(expected)));
    }

    #[test]
    fn other_lines_are_refused() {
        for line in ["", "1,2,3", "error,strange,x", "a,0,0,0,0,0,x", "error"] {
            assert_eq!(parse_record(line), None, "{line}");
        }
        assert_eq!(parse_ready(&ready(12)), Some(12));
        assert_eq!((parse_ready("ready"), parse_ready("ready soon"), parse_ready("done 1")), (None, None, None));
        for request in [Request::Run(12), Request::Call(7)] {
            assert_eq!(Request::parse(&request.line()), Some(request));
        }
        assert_eq!((Request::parse("walk 12"), Request::parse("run x"), Request::parse("run")), (None, None, None));
        assert_eq!(parse_record(called("a\nb").trim_end()), Some(Record::Called("a\\nb".to_string())));
    }
}
