//! `cargo bench`: every core workload at size `test` on every engine and yardstick, through criterion.
//!
//! Each function is one fresh child process under the child protocol, warmed up by criterion, so its times are warm
//! ones of one process: good for "did my change help", with criterion's baselines (`--save-baseline`, `--baseline`).
//! What is published comes from `harness compare`, which repeats processes and keeps every sample.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode, criterion_group, criterion_main};
use harness::cli::values::MAX_MEMORY_BYTES;
use harness::machine::clock::Clock;
use harness::measure::protocol::{self, Record};
use harness::plan::contender::{Contender, Job, Kind};
use harness::plan::engines::Engines;
use harness::plan::selection::{self, Selection};
use harness::plan::workload::{Size, SizeSpec, Workload};
use harness::plan::workload_selection;
use tempfile::TempDir;

criterion_group!(benches, bench_core_workloads);
criterion_main!(benches);

/// One group a workload, one function a contender that can run it.
fn bench_core_workloads(criterion: &mut Criterion) {
    let engines = Engines::new(registry::engines()).unwrap_or_else(|error| panic!("{error}"));
    let contenders = Selection::single(&[selection::ALL.to_string()], selection::AUTO).resolve(&engines);
    let contenders = contenders.unwrap_or_else(|error| panic!("{error}"));
    for workload in workload_selection::select(&[], true).unwrap_or_else(|error| panic!("{error}")) {
        let size = workload.size(Size::Test).unwrap_or_else(|error| panic!("{error}"));
        let size = size.expect("only a header makes a workload a core one");
        let mut group = criterion.benchmark_group(&workload.name);
        group.sampling_mode(SamplingMode::Flat).sample_size(10);
        group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
        for contender in contenders.iter().filter(|contender| contender.why_not(&workload).is_none()) {
            bench_contender(&mut group, contender, &workload, size);
        }
        group.finish();
    }
}

/// Criterion calls the closure once a sample; the process starts at the first call, so not at all for a function that
/// a filter leaves out, and ends after the last.
fn bench_contender(
    group: &mut BenchmarkGroup<'_, WallTime>,
    contender: &Contender,
    workload: &Workload,
    size: &SizeSpec,
) {
    let title = || format!("{} on {}", workload.name, contender.label());
    let mut session = None;
    group.bench_function(contender.label(), |bencher| {
        let session = session.get_or_insert_with(|| {
            Session::start(contender, workload, size).unwrap_or_else(|error| panic!("{}: {error:#}", title()))
        });
        bencher
            .iter_custom(|iterations| session.run(iterations).unwrap_or_else(|error| panic!("{}: {error:#}", title())));
    });
}

/// A child process that is ready for requests.
struct Session {
    child: Child,
    /// Taken when the child is told to end.
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// Read up to the last sample that was taken.
    samples: File,
    /// What every iteration must return.
    expected: Option<String>,
    /// Where the samples file lies; removed with the session.
    _folder: TempDir,
}

impl Session {
    /// # Errors
    /// If the process cannot be started or fails to load the workload.
    fn start(contender: &Contender, workload: &Workload, size: &SizeSpec) -> anyhow::Result<Session> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("samples");
        File::create(&path)?;
        let job = Job {
            workload: &workload.path,
            n: Some(size.n),
            samples: &path,
            seed: 0,
            max_memory_bytes: MAX_MEMORY_BYTES,
            clock: Clock::Monotonic,
            is_single: false,
            arguments: &[],
            events: None,
        };
        let mut command = child_command(contender, &job)?;
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let requests = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().context("the child's output is no pipe")?);
        let samples = File::open(&path)?;
        let expected = size.result.clone();
        let mut session = Session { child, requests, answers, samples, expected, _folder: folder };
        session.await_answer(protocol::READY)?;
        Ok(session)
    }

    /// Runs iterations; returns their times together.
    ///
    /// # Errors
    /// If the child fails, or a result is not the expected one.
    fn run(&mut self, iterations: u64) -> anyhow::Result<Duration> {
        let request = protocol::Request::Run(u32::try_from(iterations)?).line();
        let requests = self.requests.as_mut().context("the child was told to end")?;
        writeln!(requests, "{request}")?;
        requests.flush()?;
        self.await_answer(protocol::DONE)?;
        let mut text = String::new();
        self.samples.read_to_string(&mut text)?;
        let mut total_ns = 0;
        for line in text.lines() {
            match protocol::parse_record(line) {
                Some(Record::Sample(sample)) => {
                    let expected = self.expected.as_ref().unwrap_or(&sample.result);
                    ensure!(sample.result == *expected, "returned {}, not {expected}", sample.result);
                    total_ns += sample.wall_ns;
                }
                Some(Record::Error(error)) => bail!("{}", error.message),
                Some(Record::Called(_)) | None => bail!("wrote a line that is no sample: {line}"),
            }
        }
        Ok(Duration::from_nanos(total_ns))
    }

    /// # Errors
    /// The child's own message if it gave up instead.
    fn await_answer(&mut self, word: &str) -> anyhow::Result<()> {
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        if answer.split_whitespace().next() == Some(word) {
            return Ok(());
        }
        let mut text = String::new();
        self.samples.read_to_string(&mut text)?;
        match text.lines().last().and_then(protocol::parse_record) {
            Some(Record::Error(error)) => bail!("{}", error.message),
            Some(Record::Sample(_) | Record::Called(_)) | None => {
                bail!("answered '{}', not '{word}'", answer.trim_end())
            }
        }
    }
}

impl Drop for Session {
    /// The end of its input ends the child. One that has failed already was reported where it failed.
    fn drop(&mut self) {
        drop(self.requests.take());
        let ended = self.child.wait();
        debug_assert!(ended.is_ok(), "a child that was started can be waited for");
    }
}

/// The command of a child. Engines and native code run in the harness's binary, which is not the running program here.
fn child_command(contender: &Contender, job: &Job) -> anyhow::Result<Command> {
    let command = contender.command(job)?;
    Ok(match contender.kind {
        Kind::Yardstick | Kind::Foreign => command,
        Kind::Engine | Kind::Native => {
            let mut of_binary = Command::new(env!("CARGO_BIN_EXE_harness"));
            of_binary.args(command.get_args());
            of_binary
        }
    })
}
