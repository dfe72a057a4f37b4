//! The parent's side of one invocation: start the process, ask for batches, check every result, stop it in time, and
//! read from the kernel what it used.
//!
//! Knows one process at a time; which one, and what becomes of the samples, is [`crate::measure`]'s.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::clock::Clock;
use crate::interruption::Interruption;
use crate::machine::{self, ChildUsage, Moment};
use crate::outcome::Outcome;
use crate::preset::IterationRule;
use crate::problem::Interrupted;
use crate::protocol::{self, ChildError, Record, Sample};

/// Everything that one invocation needs to know.
pub struct Request<'a> {
    /// The command of the child; its streams are set here.
    pub command: Command,
    /// Where the child appends its samples. Must not exist yet; removed afterwards.
    pub samples: &'a Path,
    /// How many iterations to ask for.
    pub rule: IterationRule,
    /// What the child times iterations by.
    pub clock: Clock,
    /// The longest wait for one answer.
    pub time_limit: Duration,
    /// What every iteration must give; `None` accepts anything.
    pub expected: Option<&'a str>,
    /// The address space that the process may have; `None` leaves the limit to the child.
    pub address_space_bytes: Option<u64>,
}

/// What one invocation gave. Times are in nanoseconds, sizes in bytes; `None` is "could not be measured".
#[derive(Debug)]
pub struct Invocation {
    /// How it ended.
    pub outcome: Outcome,
    /// Why, on one line; empty if it ended well.
    pub reason: String,
    /// Every iteration that the child reported.
    pub samples: Vec<Measured>,
    /// The process.
    pub pid: u32,
    /// The moment of the start in UTC, to the microsecond.
    pub start_utc: String,
    /// The same moment on the system's monotonic clock.
    pub start_mono_ns: u64,
    /// From the start to the child's `ready`.
    pub exec_to_first_ns: Option<u64>,
    /// How the process ended.
    pub exit: ExitStatus,
    /// The most memory it had resident.
    pub max_rss_bytes: Option<u64>,
    /// The processor on which it ran last.
    pub cpu_id: Option<u32>,
    /// CPU time, faults and context switches.
    pub usage: Option<ChildUsage>,
    /// The machine before.
    pub before: Moment,
    /// The machine after.
    pub after: Moment,
    /// The end of its standard error, on one line.
    pub stderr_tail: String,
}

/// One iteration as the parent has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// What the child wrote.
    pub sample: Sample,
    /// Whether the child waited for a request just before it.
    pub first_of_batch: bool,
    /// Whether the result is the expected one; `None` if anything is.
    pub correct: Option<bool>,
}

/// What reaches the parent while it waits.
enum Message {
    /// A line of the child's standard output, and when it was read.
    Line(String, Instant),
    /// The child closed its standard output.
    OutputEnded,
    /// Ctrl-C.
    Interrupted,
}

/// Why the conversation with a child stopped.
enum End {
    /// Enough iterations.
    Enough,
    /// A result that is not the expected one.
    Wrong(String),
    /// No answer in time to what is named here.
    TimedOut(String),
    /// An answer that the protocol does not have.
    Broken(String),
    /// The child closed its output: it gave up or died.
    Gone,
}

/// How much of a child's standard error is kept.
const STDERR_TAIL_BYTES: usize = 2000;

impl Request<'_> {
    /// Runs the invocation.
    ///
    /// # Errors
    /// [`Interrupted`] if the user ended it (the process is gone then), or if the process cannot be started or its
    /// files not be read. Whatever the process itself does wrong is an [`Outcome`].
    pub fn run(mut self, interruption: &Interruption) -> anyhow::Result<Invocation> {
        interruption.check()?;
        let before = Moment::now();
        let usage_before = ChildUsage::so_far();
        let start_utc = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
        let start_mono_ns = machine::monotonic_ns();
        let start = Instant::now();
        let child = spawn(&mut self.command, self.address_space_bytes)?;
        let mut conversation = Conversation::new(child, start, &self, interruption);
        // Once more: a request just before the conversation listened has woken nobody.
        let end = interruption.check().map_err(anyhow::Error::from).and_then(|()| conversation.hold());
        // Still there, idle, unless it died.
        let max_rss_bytes = machine::peak_rss_bytes(conversation.pid);
        let cpu_id = machine::cpu_of(conversation.pid);
        let (exit, stderr_tail) = conversation.close(end.as_ref().ok())?;
        let usage = usage_before.zip(ChildUsage::so_far()).map(|(before, after)| after.since(before));
        let end = end?;
        conversation.read_samples()?;
        conversation.remove_samples()?;
        let (outcome, reason) = classify(end, conversation.error.take(), exit, &stderr_tail);
        Ok(Invocation {
            outcome,
            reason,
            samples: conversation.measured,
            pid: conversation.pid,
            start_utc,
            start_mono_ns,
            exec_to_first_ns: conversation.exec_to_first_ns,
            exit,
            max_rss_bytes,
            cpu_id,
            usage,
            before,
            after: Moment::now(),
            stderr_tail,
        })
    }
}

/// Starts the child in a process group of its own, so that Ctrl-C reaches the parent alone.
fn spawn(command: &mut Command, address_space_bytes: Option<u64>) -> anyhow::Result<Child> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let program = command.get_program().to_string_lossy().into_owned();
    let Some(bytes) = address_space_bytes else {
        return command.spawn().with_context(|| format!("cannot start '{program}'"));
    };
    // A child inherits the limit in force at its start; the parent takes its own back at once.
    let (soft, hard) = getrlimit(Resource::RLIMIT_AS).context("cannot read the memory limit")?;
    setrlimit(Resource::RLIMIT_AS, bytes.min(hard), hard).context("cannot set the memory limit")?;
    let child = command.spawn();
    setrlimit(Resource::RLIMIT_AS, soft, hard).context("cannot take the memory limit back")?;
    child.with_context(|| format!("cannot start '{program}'"))
}

/// One running child and what it has said so far.
struct Conversation<'a> {
    child: Child,
    pid: u32,
    stdin: Option<ChildStdin>,
    stderr: Option<JoinHandle<String>>,
    messages: Receiver<Message>,
    start: Instant,
    rule: IterationRule,
    clock: Clock,
    time_limit: Duration,
    expected: Option<&'a str>,
    samples_path: PathBuf,
    read_bytes: u64,
    exec_to_first_ns: Option<u64>,
    measured: Vec<Measured>,
    error: Option<ChildError>,
}

impl<'a> Conversation<'a> {
    fn new(mut child: Child, start: Instant, request: &Request<'a>, interruption: &Interruption) -> Conversation<'a> {
        let (sender, messages) = channel();
        let stdout = child.stdout.take().expect("standard output is piped");
        let stderr = child.stderr.take().expect("standard error is piped");
        let on_interrupt = sender.clone();
        // Nobody listens any more when the conversation is over; then there is nothing to wake.
        interruption.on_request(move || drop(on_interrupt.send(Message::Interrupted)));
        thread::spawn(move || forward_lines(BufReader::new(stdout), &sender));
        Conversation {
            pid: child.id(),
            stdin: child.stdin.take(),
            child,
            stderr: Some(thread::spawn(move || read_tail(stderr))),
            messages,
            start,
            rule: request.rule,
            clock: request.clock,
            time_limit: request.time_limit,
            expected: request.expected,
            samples_path: request.samples.to_path_buf(),
            read_bytes: 0,
            exec_to_first_ns: None,
            measured: Vec::new(),
            error: None,
        }
    }

    /// Waits for `ready`, then asks for batches until it is enough or something is wrong.
    fn hold(&mut self) -> anyhow::Result<End> {
        match self.await_line(protocol::READY)? {
            Ok(at) => self.exec_to_first_ns = Some((at - self.start).as_nanos() as u64),
            Err(end) => return Ok(end),
        }
        loop {
            let done = u32::try_from(self.measured.len()).unwrap_or(u32::MAX);
            let least_ns = self.clock.least_sample_ns();
            let spent_ns = self.measured.iter().map(|measured| measured.sample.wall_ns.max(least_ns)).sum();
            let Some(count) = self.rule.next_batch(done, spent_ns) else { return Ok(End::Enough) };
            if !self.send(&protocol::run_request(count)) {
                return Ok(End::Gone);
            }
            if let Err(end) = self.await_line(protocol::DONE)? {
                return Ok(end);
            }
            self.read_samples()?;
            if self.measured.len() != done as usize + count as usize {
                return Ok(End::Broken("the child did not write as many samples as it was asked for".to_string()));
            }
            if let Some(wrong) = self.measured.iter().find(|measured| measured.correct == Some(false)) {
                return Ok(End::Wrong(wrong.sample.result.clone()));
            }
        }
    }

    /// Sends a line; `false` if the child no longer reads.
    fn send(&mut self, line: &str) -> bool {
        let Some(stdin) = &mut self.stdin else { return false };
        writeln!(stdin, "{line}").and_then(|()| stdin.flush()).is_ok()
    }

    /// The moment at which the child said `expected`, or why it did not.
    fn await_line(&mut self, expected: &str) -> Result<Result<Instant, End>, Interrupted> {
        match self.messages.recv_timeout(self.time_limit) {
            Ok(Message::Line(line, at)) if line == expected => Ok(Ok(at)),
            Ok(Message::Line(line, _)) => Ok(Err(End::Broken(format!("the child said '{line}', not '{expected}'")))),
            Ok(Message::OutputEnded) | Err(RecvTimeoutError::Disconnected) => Ok(Err(End::Gone)),
            Ok(Message::Interrupted) => Err(Interrupted),
            Err(RecvTimeoutError::Timeout) => Ok(Err(End::TimedOut(expected.to_string()))),
        }
    }

    /// Reads what the child appended since the last time; a torn last line is left for later.
    fn read_samples(&mut self) -> anyhow::Result<()> {
        let mut file = match File::open(&self.samples_path) {
            Ok(file) => file,
            // It died before it could create the file.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error).context("cannot read the child's samples"),
        };
        file.seek(SeekFrom::Start(self.read_bytes))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).context("cannot read the child's samples")?;
        let complete = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        self.read_bytes += complete as u64;
        let mut first_of_batch = true;
        for line in String::from_utf8_lossy(&bytes[..complete]).lines() {
            match protocol::parse_record(line) {
                Some(Record::Sample(sample)) => {
                    let correct = self.expected.map(|expected| sample.result == expected);
                    self.measured.push(Measured { sample, first_of_batch, correct });
                    first_of_batch = false;
                }
                Some(Record::Error(error)) => self.error = Some(error),
                None => {
                    let message = format!("the child wrote no sample: {line}");
                    self.error = Some(ChildError { outcome: Outcome::Crash, message });
                }
            }
        }
        Ok(())
    }

    fn remove_samples(&self) -> anyhow::Result<()> {
        match std::fs::remove_file(&self.samples_path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).context("cannot remove the child's samples")
            }
            _ => Ok(()),
        }
    }

    /// Lets the child end, or ends it, and waits until it is gone. `end` is `None` after Ctrl-C or an error of ours.
    fn close(&mut self, end: Option<&End>) -> anyhow::Result<(ExitStatus, String)> {
        let may_end_itself = match end {
            Some(End::Enough | End::Wrong(_) | End::Gone) => true,
            Some(End::TimedOut(_) | End::Broken(_)) | None => false,
        };
        self.stdin = None;
        if !may_end_itself || !self.ends_by_itself()? {
            self.kill();
        }
        let exit = self.child.wait().context("cannot wait for the child")?;
        let stderr = self.stderr.take().map(JoinHandle::join);
        let stderr_tail = stderr.and_then(Result::ok).unwrap_or_default();
        if end.is_none() {
            self.remove_samples()?;
        }
        Ok((exit, stderr_tail))
    }

    /// Whether the child ends within the time limit, now that its input has ended.
    fn ends_by_itself(&mut self) -> anyhow::Result<bool> {
        let start = Instant::now();
        while start.elapsed() < self.time_limit {
            if self.child.try_wait().context("cannot wait for the child")?.is_some() {
                return Ok(true);
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(false)
    }

    /// Kills the child and what it started.
    fn kill(&mut self) {
        // It may have ended in this very moment, and then there is nothing to kill.
        let _gone = killpg(Pid::from_raw(self.pid as i32), Signal::SIGKILL);
    }
}

fn forward_lines(output: impl BufRead, sender: &Sender<Message>) {
    for line in output.lines() {
        let message = line.map_or(Message::OutputEnded, |line| Message::Line(line, Instant::now()));
        if sender.send(message).is_err() {
            return;
        }
    }
    // The parent may be past caring.
    let _unheard = sender.send(Message::OutputEnded);
}

/// Reads to the end and keeps the last [`STDERR_TAIL_BYTES`], on one line.
fn read_tail(mut stream: impl Read) -> String {
    let mut tail = Vec::new();
    let mut chunk = [0; 4096];
    // An error of the pipe ends it, as the end of the stream does.
    while let Ok(count) = stream.read(&mut chunk) {
        if count == 0 {
            break;
        }
        tail.extend_from_slice(&chunk[..count]);
        let surplus = tail.len().saturating_sub(STDERR_TAIL_BYTES);
        tail.drain(..surplus);
    }
    protocol::one_line(String::from_utf8_lossy(&tail).trim_end())
}

/// The outcome of a child that has ended, and the reason in words.
fn classify(end: End, error: Option<ChildError>, exit: ExitStatus, stderr_tail: &str) -> (Outcome, String) {
    if let Some(error) = error {
        return (error.outcome, error.message);
    }
    match end {
        End::Wrong(result) => (Outcome::WrongResult, format!("returned '{}'", shorten(&result))),
        End::TimedOut(awaited) => (Outcome::Timeout, format!("no '{awaited}' within the time limit")),
        End::Broken(what) => (Outcome::Crash, what),
        End::Enough if exit.success() => (Outcome::Ok, String::new()),
        End::Enough | End::Gone => {
            let how = match (exit.code(), exit.signal()) {
                (Some(code), _) => format!("exit status {code} before the end"),
                (None, Some(number)) => {
                    let name = Signal::try_from(number).map_or("unknown", Signal::as_str);
                    format!("killed by signal {number} ({name})")
                }
                (None, None) => "ended in an unknown way".to_string(),
            };
            let said = if stderr_tail.is_empty() { String::new() } else { format!(": {}", shorten(stderr_tail)) };
            (Outcome::Crash, format!("{how}{said}"))
        }
    }
}

/// At most 300 characters of `text`.
fn shorten(text: &str) -> String {
    const MOST: usize = 300;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_string(),
    }
}

#[cfg(test)]
mod tests;
