//! The parent's side of one invocation: start the process, ask for batches, check every result, stop it in time, and
//! read from the kernel what it used.
//!
//! Knows one process at a time; which one, and what becomes of the samples, is [`crate::measure`]'s.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;

use crate::error::Interrupted;
use crate::machine::clock::Clock;
use crate::machine::interruption::Interruption;
use crate::machine::{self, ChildUsage, Moment};
use crate::measure::protocol::{self, ChildError, Record, Sample};
use crate::plan::expectation::{Expectation, IgnoredLines, Match};
use crate::plan::preset::IterationRule;
use crate::record::outcome::Outcome;
use crate::record::rows::Validity;
use crate::statistics::until_steady::{self, Next};

/// Everything that one invocation needs to know.
pub struct Request<'a> {
    /// The command of the child; its streams are set here.
    pub command: Command,
    /// What the child appends its samples to; its command line has the path.
    pub samples: SamplesFile,
    /// How many iterations to ask for.
    pub rule: IterationRule,
    /// What the child times iterations by.
    pub clock: Clock,
    /// The longest wait for one answer.
    pub time_limit: Duration,
    /// What every iteration must give; `None` accepts anything.
    pub expected: Option<Expectation<'a>>,
    /// The lines of results that do not count.
    pub ignored: Option<IgnoredLines>,
    /// What the parent times by its own clock.
    pub batch: BatchRule,
    /// The address space that the process may have; `None` leaves the limit to the child.
    pub address_space_bytes: Option<u64>,
    /// The processor that it is bound to.
    pub cpu: Option<u32>,
}

/// What the parent times by its own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchRule {
    /// Nothing.
    None,
    /// Calls in one piece, after the last iteration, as many as take long enough.
    Calls,
    /// The process, from its start to the answer to its one request.
    WholeProcess,
}

/// The file through which a child hands its samples over. It is in memory and has no name of its own: a full disk
/// cannot look like a fault of the child, and nothing stays behind however the two processes end. A child opens it by
/// the parent's handle on it.
#[derive(Debug)]
pub struct SamplesFile(File);

impl SamplesFile {
    /// An empty file.
    ///
    /// # Errors
    /// If the kernel gives none.
    pub fn new() -> anyhow::Result<SamplesFile> {
        let file = memfd_create(c"samples", MFdFlags::MFD_CLOEXEC).context("cannot make a file for samples")?;
        Ok(SamplesFile(File::from(file)))
    }

    /// The path by which a child of this process can open it, for as long as this value lives.
    pub fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/fd/{}", std::process::id(), self.0.as_raw_fd()))
    }

    /// Everything from `start_bytes` on.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn read_from(&mut self, start_bytes: u64) -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.0.seek(SeekFrom::Start(start_bytes)).context("cannot read the child's samples")?;
        self.0.read_to_end(&mut bytes).context("cannot read the child's samples")?;
        Ok(bytes)
    }
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
    /// How many calls the parent timed in one piece, and how long they took by its clock; `None` if it did not.
    pub batch: Option<Batch>,
    /// The process.
    pub pid: u32,
    /// The moment of the start in UTC, to the microsecond.
    pub start_utc: String,
    /// The same moment on the system's monotonic clock.
    pub start_mono_ns: u64,
    /// From the start to the first instruction of the workload; to the child's `ready` if it does not tell.
    pub exec_to_first_ns: Option<u64>,
    /// What the invocation cost in all, calibration before and after included.
    pub duration_ns: u64,
    /// How long the process was ready to run and had no processor.
    pub run_delay_ns: Option<u64>,
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
    /// The beginning and the end of its standard error, on one line.
    pub stderr_tail: String,
}

/// One iteration as the parent has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// What the child wrote.
    pub sample: Sample,
    /// Whether the child waited for a request just before it.
    pub first_of_batch: bool,
    /// Whether the result is the expected one.
    pub valid: Validity,
}

/// Calls that the parent timed in one piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// How many.
    pub calls: u32,
    /// From the request to the answer: at least [`LEAST_BATCH_NS`], unless it is that of a whole process.
    pub elapsed_ns: u64,
}

/// What reaches the parent while it waits.
enum Message {
    /// A line of the child's standard output, and when it was read, on the monotonic clock.
    Line(String, u64),
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
    /// No answer within this time.
    TimedOut(Duration),
    /// An answer that the protocol does not have.
    Broken(String),
    /// The child closed its output: it gave up or died.
    Gone,
}

/// The least time of a batch that the parent times: what a request and its answer take is a thousandth of it at most.
pub const LEAST_BATCH_NS: u64 = 100_000_000;

/// How much of the beginning of a child's standard error is kept: there a panic says what was wrong, before a
/// backtrace.
const STDERR_HEAD_BYTES: usize = 1000;

/// How much of its end is kept.
const STDERR_TAIL_BYTES: usize = 2000;

impl Request<'_> {
    /// Runs the invocation.
    ///
    /// # Errors
    /// [`Interrupted`] if the user ended it (the process is gone then), or if the process cannot be started or its
    /// files not be read. Whatever the process itself does wrong is an [`Outcome`].
    pub fn run(mut self, interruption: &Interruption) -> anyhow::Result<Invocation> {
        interruption.check()?;
        let begun = Instant::now();
        let before = Moment::now(self.cpu)?;
        let usage_before = ChildUsage::so_far();
        let start_utc = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
        let start_mono_ns = machine::monotonic_ns();
        let address_space_bytes = self.address_space_bytes;
        let child = machine::on_cpu(self.cpu, || spawn(&mut self.command, address_space_bytes))??;
        let mut conversation = Conversation::new(child, start_mono_ns, self, interruption);
        // Once more: a request just before the conversation listened has woken nobody.
        let end = interruption.check().map_err(anyhow::Error::from).and_then(|()| conversation.hold());
        // Still there, idle, unless it died.
        let max_rss_bytes = machine::peak_rss_bytes(conversation.pid);
        let cpu_id = machine::cpu_of(conversation.pid);
        let run_delay_ns = machine::run_delay_ns(conversation.pid);
        let (exit, stderr_tail) = conversation.close(end.as_ref().ok())?;
        let usage = usage_before.zip(ChildUsage::so_far()).map(|(before, after)| after.since(before));
        let end = end?;
        conversation.read_samples()?;
        let expected = conversation.request.expected;
        let (outcome, reason) = classify(end, conversation.error.take(), exit, &stderr_tail, expected);
        let after = Moment::now(conversation.request.cpu)?;
        Ok(Invocation {
            outcome,
            reason,
            samples: conversation.measured,
            batch: conversation.batch,
            pid: conversation.pid,
            start_utc,
            start_mono_ns,
            exec_to_first_ns: conversation.exec_to_first_ns,
            duration_ns: begun.elapsed().as_nanos() as u64,
            run_delay_ns,
            exit,
            max_rss_bytes,
            cpu_id,
            usage,
            before,
            after,
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
    request: Request<'a>,
    child: Child,
    pid: u32,
    stdin: Option<ChildStdin>,
    stderr: Ends,
    messages: Receiver<Message>,
    start_mono_ns: u64,
    read_bytes: u64,
    exec_to_first_ns: Option<u64>,
    measured: Vec<Measured>,
    batch: Option<Batch>,
    /// The result of the last of the calls that the parent timed.
    called: Option<String>,
    error: Option<ChildError>,
}

impl<'a> Conversation<'a> {
    fn new(
        mut child: Child,
        start_mono_ns: u64,
        request: Request<'a>,
        interruption: &Interruption,
    ) -> Conversation<'a> {
        let (sender, messages) = channel();
        let stdout = child.stdout.take().expect("standard output is piped");
        let stderr = child.stderr.take().expect("standard error is piped");
        let on_interrupt = sender.clone();
        // Nobody listens any more when the conversation is over; then there is nothing to wake.
        interruption.on_request(move || drop(on_interrupt.send(Message::Interrupted)));
        thread::spawn(move || forward_lines(BufReader::new(stdout), &sender));
        Conversation {
            request,
            pid: child.id(),
            stdin: child.stdin.take(),
            child,
            stderr: Ends::of(stderr),
            messages,
            start_mono_ns,
            read_bytes: 0,
            exec_to_first_ns: None,
            measured: Vec::new(),
            batch: None,
            called: None,
            error: None,
        }
    }

    /// Waits for `ready`, then asks for batches until it is enough or something is wrong.
    fn hold(&mut self) -> anyhow::Result<End> {
        match self.await_line(protocol::READY)? {
            Ok((line, at_ns)) => {
                let first_ns = protocol::parse_ready(&line).unwrap_or(at_ns);
                self.exec_to_first_ns = Some(first_ns.clamp(self.start_mono_ns, at_ns) - self.start_mono_ns);
            }
            Err(end) => return Ok(end),
        }
        let mut goal = self.request.rule.first_goal();
        loop {
            let done = u32::try_from(self.measured.len()).unwrap_or(u32::MAX);
            let least_ns = self.request.clock.least_sample_ns();
            let spent_ns = self.measured.iter().map(|measured| measured.sample.wall_ns.max(least_ns)).sum();
            let Some(count) = goal.next_batch(done, spent_ns) else {
                match self.further_goal() {
                    Some(further) => goal = further,
                    None => break,
                }
                continue;
            };
            if !self.send(&protocol::Request::Run(count).line()) {
                return Ok(End::Gone);
            }
            let done_ns = match self.await_line(protocol::DONE)? {
                Ok((_, at_ns)) => at_ns,
                Err(end) => return Ok(end),
            };
            if self.request.batch == BatchRule::WholeProcess {
                self.batch = Some(Batch { calls: count, elapsed_ns: done_ns.saturating_sub(self.start_mono_ns) });
            }
            self.read_samples()?;
            if self.measured.len() != done as usize + count as usize {
                return Ok(End::Broken("the child did not write as many samples as it was asked for".to_string()));
            }
            if let Some(wrong) = self.measured.iter().find(|measured| measured.valid == Validity::Wrong) {
                return Ok(End::Wrong(wrong.sample.result.clone()));
            }
        }
        match self.request.batch {
            BatchRule::Calls => self.time_batch(),
            BatchRule::None | BatchRule::WholeProcess => Ok(End::Enough),
        }
    }

    /// How many iterations a process is to have that is not steady yet; `None` if it is enough.
    fn further_goal(&self) -> Option<IterationRule> {
        let rule = self.request.rule;
        if !rule.until_steady {
            return None;
        }
        let samples = self.measured.iter().map(|measured| &measured.sample);
        let times_s: Vec<f64> = samples.clone().map(|sample| sample.wall_ns as f64 * 1e-9).collect();
        let compiled: Vec<usize> =
            (0..).zip(samples).filter(|(_, sample)| sample.compiles > 0).map(|(at, _)| at).collect();
        match until_steady::next(&times_s, &compiled, rule.maximum as usize) {
            Next::Measure(length) => Some(IterationRule::exactly(length as u32)),
            Next::Steady(_) | Next::GiveUp => None,
        }
    }

    /// Has the child make calls in one piece, more of them until they take long enough, and times them from here.
    fn time_batch(&mut self) -> anyhow::Result<End> {
        let warm = &self.measured[self.measured.len() / 2..];
        let warm_ns: u64 = warm.iter().map(|measured| measured.sample.wall_ns).sum();
        let mean_ns = (warm_ns / (warm.len() as u64).max(1)).max(1);
        let mut calls = calls_for(LEAST_BATCH_NS, mean_ns);
        loop {
            let start_ns = machine::monotonic_ns();
            if !self.send(&protocol::Request::Call(calls).line()) {
                return Ok(End::Gone);
            }
            let end_ns = match self.await_line(protocol::DONE)? {
                Ok((_, at_ns)) => at_ns,
                Err(end) => return Ok(end),
            };
            self.read_samples()?;
            let Some(result) = self.called.take() else {
                return Ok(End::Broken("the child did not say what its calls gave".to_string()));
            };
            if self.validity(&result) == Validity::Wrong {
                return Ok(End::Wrong(result));
            }
            let elapsed_ns = end_ns.saturating_sub(start_ns);
            if elapsed_ns >= LEAST_BATCH_NS || calls == u32::MAX {
                self.batch = Some(Batch { calls, elapsed_ns });
                return Ok(End::Enough);
            }
            // At least twice as many, so that it ends.
            calls = calls_for(LEAST_BATCH_NS, (elapsed_ns / u64::from(calls)).max(1)).max(calls.saturating_mul(2));
        }
    }

    /// Sends a line; `false` if the child no longer reads.
    fn send(&mut self, line: &str) -> bool {
        let Some(stdin) = &mut self.stdin else { return false };
        writeln!(stdin, "{line}").and_then(|()| stdin.flush()).is_ok()
    }

    /// The line in which the child said `expected`, and when, or why it did not.
    fn await_line(&mut self, expected: &str) -> Result<Result<(String, u64), End>, Interrupted> {
        match self.messages.recv_timeout(self.request.time_limit) {
            Ok(Message::Line(line, at_ns)) if line.split(' ').next() == Some(expected) => Ok(Ok((line, at_ns))),
            Ok(Message::Line(line, _)) => Ok(Err(End::Broken(format!("the child said '{line}', not '{expected}'")))),
            Ok(Message::OutputEnded) | Err(RecvTimeoutError::Disconnected) => Ok(Err(End::Gone)),
            Ok(Message::Interrupted) => Err(Interrupted),
            Err(RecvTimeoutError::Timeout) => Ok(Err(End::TimedOut(self.request.time_limit))),
        }
    }

    /// Reads what the child appended since the last time; a torn last line is left for later.
    fn read_samples(&mut self) -> anyhow::Result<()> {
        let bytes = self.request.samples.read_from(self.read_bytes)?;
        let complete = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        self.read_bytes += complete as u64;
        let mut first_of_batch = true;
        for line in String::from_utf8_lossy(&bytes[..complete]).lines() {
            match protocol::parse_record(line) {
                Some(Record::Sample(sample)) => {
                    let sample = Sample { result: self.counted(sample.result), ..sample };
                    let valid = self.validity(&sample.result);
                    self.measured.push(Measured { sample, first_of_batch, valid });
                    first_of_batch = false;
                }
                Some(Record::Called(result)) => self.called = Some(self.counted(result)),
                Some(Record::Error(error)) => self.error = Some(error),
                None => {
                    let message = format!("the child wrote no sample: {line}");
                    self.error = Some(ChildError { outcome: Outcome::Crash, message });
                }
            }
        }
        Ok(())
    }

    /// The part of a result that counts.
    fn counted(&self, result: String) -> String {
        self.request.ignored.as_ref().map_or(result.clone(), |ignored| ignored.remove_from(&result))
    }

    fn validity(&self, result: &str) -> Validity {
        match self.request.expected.map(|expected| expected.of(result)) {
            Some(Match::Same) => Validity::Ok,
            Some(Match::SameByValue) => Validity::Value,
            Some(Match::Different) => Validity::Wrong,
            None => Validity::Na,
        }
    }

    /// Lets the child end, or ends it, together with everything that it started, and waits until it is gone. `end` is
    /// `None` after Ctrl-C or an error of ours.
    fn close(&mut self, end: Option<&End>) -> anyhow::Result<(ExitStatus, String)> {
        let may_end_itself = match end {
            Some(End::Enough | End::Wrong(_) | End::Gone) => true,
            Some(End::TimedOut(_) | End::Broken(_)) | None => false,
        };
        self.stdin = None;
        if may_end_itself {
            self.wait_for_end()?;
        }
        // Before the child is reaped: until then nobody else can get its process group's number. What it started and
        // left behind would run into the next measurement, and would hold its streams open.
        let _nobody_left = killpg(Pid::from_raw(self.pid as i32), Signal::SIGKILL);
        let exit = self.child.wait().context("cannot wait for the child")?;
        Ok((exit, self.stderr.take()))
    }

    /// Waits until the child has ended, at most for the time limit. It stays to be reaped.
    fn wait_for_end(&self) -> anyhow::Result<()> {
        let pid = Pid::from_raw(self.pid as i32);
        let start = Instant::now();
        while start.elapsed() < self.request.time_limit {
            let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
            match waitid(Id::Pid(pid), flags).context("cannot wait for the child")? {
                WaitStatus::StillAlive => thread::sleep(Duration::from_millis(1)),
                _ended => return Ok(()),
            }
        }
        Ok(())
    }
}

/// How many calls of `mean_ns` each fill a little more than `time_ns`.
fn calls_for(time_ns: u64, mean_ns: u64) -> u32 {
    u32::try_from(time_ns.saturating_add(time_ns / 10).div_ceil(mean_ns)).unwrap_or(u32::MAX)
}

fn forward_lines(output: impl BufRead, sender: &Sender<Message>) {
    for line in output.lines() {
        let message = line.map_or(Message::OutputEnded, |line| Message::Line(line, machine::monotonic_ns()));
        if sender.send(message).is_err() {
            return;
        }
    }
    // The parent may be past caring.
    let _unheard = sender.send(Message::OutputEnded);
}

/// The two ends of a stream, read by a thread of its own.
struct Ends {
    kept: Arc<Mutex<Kept>>,
    ended: Receiver<()>,
}

/// What is kept of a stream.
#[derive(Default)]
struct Kept {
    /// Its first [`STDERR_HEAD_BYTES`].
    head: Vec<u8>,
    /// The last [`STDERR_TAIL_BYTES`] of what comes behind them.
    tail: Vec<u8>,
    /// Whether something between the two was thrown away.
    has_gap: bool,
}

impl Kept {
    fn add(&mut self, bytes: &[u8]) {
        let (first, rest) = bytes.split_at(bytes.len().min(STDERR_HEAD_BYTES - self.head.len()));
        self.head.extend_from_slice(first);
        self.tail.extend_from_slice(rest);
        let surplus = self.tail.len().saturating_sub(STDERR_TAIL_BYTES);
        self.tail.drain(..surplus);
        self.has_gap |= surplus > 0;
    }

    fn text(&self) -> String {
        let gap: &[u8] = if self.has_gap { b"\n...\n" } else { b"" };
        let bytes = [&self.head, gap, &self.tail].concat();
        protocol::one_line(String::from_utf8_lossy(&bytes).trim())
    }
}

impl Ends {
    fn of(mut stream: impl Read + Send + 'static) -> Ends {
        let kept = Arc::new(Mutex::new(Kept::default()));
        let (sender, ended) = channel::<()>();
        let shared = Arc::clone(&kept);
        thread::spawn(move || {
            // Dropped with this thread, which tells the reader of what is kept.
            let _until_the_end = sender;
            let mut chunk = [0; 4096];
            // An error of the pipe ends it, as the end of the stream does.
            while let Ok(count @ 1..) = stream.read(&mut chunk) {
                shared.lock().unwrap_or_else(PoisonError::into_inner).add(&chunk[..count]);
            }
        });
        Ends { kept, ended }
    }

    /// What is kept, on one line. Waits for the end of the stream, but not for long: a process that left the child's
    /// process group may hold it open for ever.
    fn take(&self) -> String {
        const PATIENCE: Duration = Duration::from_secs(1);
        // Both ways of ending the wait are fine.
        let _ended_or_held_open = self.ended.recv_timeout(PATIENCE);
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).text()
    }
}

/// The outcome of a child that has ended, and the reason in words.
fn classify(
    end: End,
    error: Option<ChildError>,
    exit: ExitStatus,
    stderr_tail: &str,
    expected: Option<Expectation>,
) -> (Outcome, String) {
    if let Some(error) = error {
        return (error.outcome, error.message);
    }
    match end {
        End::Wrong(result) => {
            let difference = expected.and_then(|expected| expected.first_difference(&result));
            let reason = difference.unwrap_or_else(|| format!("returned '{result}'"));
            (Outcome::WrongResult, shorten(&reason))
        }
        End::TimedOut(limit) => {
            (Outcome::Timeout, format!("no answer within {} s (--time-limit)", limit.as_secs_f64()))
        }
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
