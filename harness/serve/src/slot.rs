//! A slot: a thread that owns one worker process, gives it one task after the other, and replaces it when it ends.
//!
//! Nothing here waits for more than a task's time limit and [`GRACE`]: a worker that has not answered by then is killed.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use harness::measure::events::log::EventEntry;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::protocol::{self, Answer, Line, Task};

/// How much longer than its time limit a worker may take to answer.
pub const GRACE: Duration = Duration::from_millis(50);

/// How long a worker may take to be ready.
const START_LIMIT: Duration = Duration::from_secs(10);

/// The longest line that is read from a worker: four stages, an output of which every byte may take six characters, and
/// room to spare.
const MOST_LINE_BYTES: u64 = 16 << 20;

/// How workers are started.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// The address space of a worker.
    pub address_space_bytes: u64,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkerFailure {
    /// It was killed at its time limit.
    TimedOut {
        /// How long it ran.
        after: Duration,
    },
    /// It ended by itself, or never started; the words say how.
    Ended(String),
}

/// What a slot is asked to do.
pub struct Job {
    /// The task.
    pub task: Task,
    /// Called for each event, on the slot's thread.
    pub on_event: Box<dyn FnMut(EventEntry) + Send>,
    /// Gets the answer.
    pub reply: oneshot::Sender<Result<Answer, WorkerFailure>>,
    /// What says that the slot is taken; given back when the worker is ready again.
    pub permit: OwnedSemaphorePermit,
}

/// Starts the thread of a slot. It ends, and its worker with it, when the sender is dropped.
///
/// # Errors
/// If there is no thread to be had.
pub fn start(name: String, config: WorkerConfig) -> io::Result<Sender<Job>> {
    let (sender, jobs) = channel();
    thread::Builder::new().name(name).stack_size(256 << 10).spawn(move || run(&jobs, &config))?;
    Ok(sender)
}

fn run(jobs: &Receiver<Job>, config: &WorkerConfig) {
    let mut worker = None;
    while let Ok(job) = jobs.recv() {
        let Job { task, mut on_event, reply, permit } = job;
        let result = exchange(&mut worker, config, &task, &mut on_event);
        let needs_worker = worker.is_none();
        // Whoever asked may have gone.
        let _unheard = reply.send(result);
        if needs_worker {
            // The next task finds a worker that is ready; if this fails, it is tried again then, and told of.
            worker = Worker::start(config).ok();
        }
        drop(permit);
    }
}

/// Has the worker carry out a task, starting one if there is none. It is gone afterwards if it cannot go on.
fn exchange(
    worker: &mut Option<Worker>,
    config: &WorkerConfig,
    task: &Task,
    on_event: &mut dyn FnMut(EventEntry),
) -> Result<Answer, WorkerFailure> {
    let mut current = match worker.take() {
        Some(current) => current,
        None => Worker::start(config).map_err(|error| WorkerFailure::Ended(format!("no worker: {error}")))?,
    };
    let answer = current.carry_out(task, on_event)?;
    if answer.is_last {
        current.wait_for_end();
    } else {
        *worker = Some(current);
    }
    Ok(answer)
}

/// A running worker process. Dropping it kills it.
struct Worker {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
    /// What it has written to standard error, which it does only when something is wrong with it.
    last_words: Arc<Mutex<String>>,
}

impl Worker {
    fn start(config: &WorkerConfig) -> io::Result<Worker> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("worker")
            .arg(config.address_space_bytes.to_string())
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let stdin = child.stdin.take().expect("standard input is piped");
        let stdout = child.stdout.take().expect("standard output is piped");
        let stderr = child.stderr.take().expect("standard error is piped");
        let (sender, lines) = channel();
        let last_words = Arc::default();
        let worker = Worker { child, stdin, lines, last_words: Arc::clone(&last_words) };
        let keep = move || keep_words(stderr, &last_words);
        thread::Builder::new().name("worker-words".to_string()).stack_size(128 << 10).spawn(keep)?;
        thread::Builder::new()
            .name("worker-output".to_string())
            .stack_size(128 << 10)
            .spawn(move || forward_lines(BufReader::new(stdout), &sender))?;
        match worker.lines.recv_timeout(START_LIMIT) {
            Ok(line) if line == protocol::READY => Ok(worker),
            Ok(line) => Err(io::Error::other(format!("the worker said '{line}'"))),
            Err(_) => Err(io::Error::other("the worker did not begin")),
        }
    }

    fn carry_out(&mut self, task: &Task, on_event: &mut dyn FnMut(EventEntry)) -> Result<Answer, WorkerFailure> {
        let text = serde_json::to_string(task).expect("a task is plain data");
        let start = Instant::now();
        let deadline = start + Duration::from_millis(task.limits.time_ms) + GRACE;
        if writeln!(self.stdin, "{text}").and_then(|()| self.stdin.flush()).is_err() {
            return Err(self.end_words());
        }
        loop {
            let line = match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => return Err(WorkerFailure::TimedOut { after: start.elapsed() }),
                Err(RecvTimeoutError::Disconnected) => return Err(self.end_words()),
            };
            match serde_json::from_str(&line) {
                Ok(Line::Event(event)) => on_event(event),
                Ok(Line::Answer(answer)) => return Ok(*answer),
                Err(error) => return Err(WorkerFailure::Ended(format!("the worker was not understood: {error}"))),
            }
        }
    }

    /// Waits for a worker that has said that it ends; not for long.
    fn wait_for_end(&mut self) {
        const PATIENCE: Duration = Duration::from_secs(1);
        let _ended_or_not = self.lines.recv_timeout(PATIENCE);
    }

    /// How a worker ended that has closed its output.
    fn end_words(&mut self) -> WorkerFailure {
        let words = match self.child.wait() {
            Ok(status) => match status.signal() {
                Some(signal) => format!("the worker was ended by signal {signal}"),
                None => format!("the worker ended with {status}"),
            },
            Err(error) => format!("the worker cannot be waited for: {error}"),
        };
        let said = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
        let said = said.trim().replace('\n', "; ");
        WorkerFailure::Ended(if said.is_empty() { words } else { format!("{words}: {said}") })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended already; then there is only its place in the table of processes to be cleared.
        let _dead_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Keeps the first words of a stream, and reads the rest so that nobody waits.
fn keep_words(mut stream: impl Read, words: &Mutex<String>) {
    const MOST_BYTES: usize = 2000;
    let mut chunk = [0; 512];
    // An error of the pipe ends it, as its end does.
    while let Ok(count @ 1..) = stream.read(&mut chunk) {
        let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
        if words.len() < MOST_BYTES {
            words.push_str(&String::from_utf8_lossy(&chunk[..count]));
        }
    }
}

/// Sends each line, until the stream ends, a line is too long, or nobody listens.
fn forward_lines(mut output: impl BufRead, sender: &Sender<String>) {
    loop {
        let mut line = String::new();
        match output.by_ref().take(MOST_LINE_BYTES).read_line(&mut line) {
            Ok(_) if line.pop() == Some('\n') => {
                if sender.send(line).is_err() {
                    return;
                }
            }
            Ok(_) | Err(_) => return,
        }
    }
}
