//! A host that collects output, whose clocks tick by themselves and whose files are in memory.
//!
//! Nothing of the machine reaches the Lua program, so a case gives the same bytes everywhere. A program that waits for
//! time to pass ends, because every look at a clock moves it.

mod files;

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use engine_api::{Host, HostFile, OpenMode, Stream};

use self::files::Files;

/// How far a clock moves each time it is read.
const TICK_NS: u64 = 1_000_000;

/// 2024-01-01 00:00:00 UTC, what `os.time()` says.
const UNIX_SECONDS: i64 = 1_704_067_200;

/// The most bytes that one run may write; a program that loops and prints ends with an error instead of all memory.
const MAX_OUTPUT_BYTES: usize = 16 << 20;

/// What a run wrote. Cloning shares it, so that the caller keeps a view of what the engine's host collects.
#[derive(Debug, Clone, Default)]
pub struct Output {
    out: Rc<RefCell<Vec<u8>>>,
    err: Rc<RefCell<Vec<u8>>>,
}

impl Output {
    /// A copy of what went to standard output so far.
    pub fn standard_output(&self) -> Vec<u8> {
        self.out.borrow().clone()
    }

    /// A copy of what went to standard error so far.
    pub fn standard_error(&self) -> Vec<u8> {
        self.err.borrow().clone()
    }
}

/// Collects output in memory; time is a count of how often somebody asked.
#[derive(Debug, Default)]
pub struct CollectingHost {
    output: Output,
    now_ns: u64,
    files: Files,
}

impl CollectingHost {
    /// A host that writes to `output`, with its clocks at zero.
    pub fn new(output: Output) -> CollectingHost {
        CollectingHost { output, now_ns: 0, files: Files::default() }
    }
}

impl Host for CollectingHost {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        let mut collected = match stream {
            Stream::Out => self.output.out.borrow_mut(),
            Stream::Err => self.output.err.borrow_mut(),
        };
        if collected.len() + bytes.len() > MAX_OUTPUT_BYTES {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "too much output for a conformance case"));
        }
        collected.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self, _stream: Stream) -> io::Result<()> {
        Ok(())
    }

    fn monotonic_ns(&mut self) -> u64 {
        self.now_ns += TICK_NS;
        self.now_ns
    }

    fn cpu_ns(&mut self) -> u64 {
        self.monotonic_ns()
    }

    fn unix_seconds(&mut self) -> i64 {
        UNIX_SECONDS
    }

    fn remove_file(&mut self, path: &[u8]) -> io::Result<()> {
        self.files.remove(path)
    }

    fn rename_file(&mut self, from: &[u8], to: &[u8]) -> io::Result<()> {
        self.files.rename(from, to)
    }

    fn create_temporary_file(&mut self) -> io::Result<Vec<u8>> {
        Ok(self.files.make_temporary())
    }

    fn open_file(&mut self, path: &[u8], mode: OpenMode) -> io::Result<Box<dyn HostFile>> {
        self.files.open(path, mode)
    }

    fn open_temporary_file(&mut self) -> io::Result<Box<dyn HostFile>> {
        Ok(Files::temporary())
    }
}

#[cfg(test)]
mod tests;
