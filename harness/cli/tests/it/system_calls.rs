//! No system call between two timed iterations: a child is traced while it runs a short batch and a long one, and the
//! long one must not enter the kernel more often.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::ptrace::{self, Options};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::tool::{Scratch, command};

/// A child that is being traced, and how many batches it has finished.
struct Traced {
    child: Child,
    pid: Pid,
    done: Arc<AtomicUsize>,
}

impl Traced {
    /// `None` where the kernel forbids tracing.
    fn start(arguments: &[&str]) -> Option<Traced> {
        let mut child = command(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let pid = Pid::from_raw(child.id() as i32);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.next().unwrap().unwrap().starts_with("ready"));
        let done = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&done);
        thread::spawn(move || lines.for_each(|line| drop((line, count.fetch_add(1, Ordering::SeqCst)))));
        let mut traced = Traced { child, pid, done };
        match ptrace::seize(pid, Options::PTRACE_O_TRACESYSGOOD) {
            Ok(()) => {}
            Err(Errno::EPERM) => {
                traced.child.kill().unwrap();
                traced.child.wait().unwrap();
                return None;
            }
            Err(error) => panic!("{error}"),
        }
        ptrace::interrupt(pid).unwrap();
        assert!(matches!(waitpid(pid, None).unwrap(), WaitStatus::PtraceEvent(..)));
        ptrace::syscall(pid, None).unwrap();
        Some(traced)
    }

    /// Runs a batch; returns how often it entered or left the kernel.
    fn stops_of_batch(&mut self, iterations: u32) -> usize {
        let before = self.done.load(Ordering::SeqCst);
        writeln!(self.child.stdin.as_mut().unwrap(), "run {iterations}").unwrap();
        let start = Instant::now();
        let mut stops = 0;
        while self.done.load(Ordering::SeqCst) == before {
            assert!(start.elapsed() < Duration::from_secs(60), "no answer");
            match waitpid(self.pid, Some(WaitPidFlag::WNOHANG)).unwrap() {
                WaitStatus::StillAlive => thread::yield_now(),
                WaitStatus::PtraceSyscall(_) => {
                    stops += 1;
                    ptrace::syscall(self.pid, None).unwrap();
                }
                other => panic!("{other:?}"),
            }
        }
        stops
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        // It is in the middle of something, and nobody needs it any more.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn iterations_make_no_system_call() {
    let Some(engine) = registry::engines().first() else { return };
    let scratch = Scratch::new();
    let file = scratch.file("empty.lua", "return function(n) return '' end\n");
    let samples = scratch.path("samples");
    let samples = samples.to_str().unwrap();
    let mut arguments = vec!["child", "--protocol", "2", "--engine", engine.info().id, "--workload", &file, "--n", "1"];
    arguments.extend(["--samples", samples]);
    let Some(mut traced) = Traced::start(&arguments) else { return };
    let short = traced.stops_of_batch(10);
    assert!(short >= 3, "a batch reads its request and writes its samples and its answer: {short}");
    let long = traced.stops_of_batch(20_000);
    // A larger batch needs larger buffers, before it and after it: a few calls, far from one an iteration.
    assert!(long < short + 100, "{short} stops for 10 iterations, {long} for 20000");
}
