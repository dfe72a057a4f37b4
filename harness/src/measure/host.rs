//! The two worlds that the harness hands to an engine: one that collects output for a measured run, and the real one
//! for `harness run`, whose files and processes are in `files`.

mod files;

use std::cell::{Cell, RefCell};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::rc::Rc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use std::{env, fs, process};

use engine_api::{Buffering, Host, HostFile, OpenMode, Pipe, Stream, Termination};

use crate::machine::clock::process_cpu_ns;

fn unix_seconds() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_secs() as i64,
        Err(before) => -(before.duration().as_secs() as i64),
    }
}

/// A host whose standard output goes to memory, and which has no standard input; all else is the process's own.
pub struct CollectingHost {
    output: Rc<RefCell<Vec<u8>>>,
    wants_input: Rc<Cell<bool>>,
    /// Whether what the program says on standard error is dropped.
    is_silent: bool,
    process: ProcessHost,
}

impl CollectingHost {
    /// A host, and the buffer that its standard output goes to.
    pub fn new() -> (CollectingHost, Rc<RefCell<Vec<u8>>>) {
        let output = Rc::new(RefCell::new(Vec::new()));
        let wants_input = Rc::new(Cell::new(false));
        let host =
            CollectingHost { output: Rc::clone(&output), wants_input, is_silent: false, process: ProcessHost::new() };
        (host, output)
    }

    /// As [`CollectingHost::new`], for a program that is only looked into: its standard error is dropped too.
    pub fn silent() -> (CollectingHost, Rc<RefCell<Vec<u8>>>) {
        let (host, output) = CollectingHost::new();
        (CollectingHost { is_silent: true, ..host }, output)
    }

    /// Becomes true when the program asks for standard input, which is empty for it.
    pub fn wants_input(&self) -> Rc<Cell<bool>> {
        Rc::clone(&self.wants_input)
    }
}

impl Host for CollectingHost {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        match stream {
            Stream::Out => self.output.borrow_mut().extend_from_slice(bytes),
            Stream::Err if self.is_silent => {}
            Stream::Err => io::stderr().write_all(bytes)?,
        }
        Ok(())
    }

    fn flush(&mut self, _stream: Stream) -> io::Result<()> {
        Ok(())
    }

    fn monotonic_ns(&mut self) -> u64 {
        self.process.monotonic_ns()
    }

    fn cpu_ns(&mut self) -> u64 {
        self.process.cpu_ns()
    }

    fn unix_seconds(&mut self) -> i64 {
        self.process.unix_seconds()
    }

    fn environment_variable(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        self.process.environment_variable(name)
    }

    fn remove_file(&mut self, path: &[u8]) -> io::Result<()> {
        self.process.remove_file(path)
    }

    fn rename_file(&mut self, from: &[u8], to: &[u8]) -> io::Result<()> {
        self.process.rename_file(from, to)
    }

    fn open_standard_input(&mut self) -> io::Result<Box<dyn HostFile>> {
        self.wants_input.set(true);
        files::empty()
    }

    fn open_file(&mut self, path: &[u8], mode: OpenMode) -> io::Result<Box<dyn HostFile>> {
        self.process.open_file(path, mode)
    }

    fn open_temporary_file(&mut self) -> io::Result<Box<dyn HostFile>> {
        self.process.open_temporary_file()
    }

    fn open_process(&mut self, command: &[u8], pipe: Pipe) -> io::Result<Box<dyn HostFile>> {
        self.process.open_process(command, pipe)
    }

    fn execute(&mut self, command: &[u8]) -> io::Result<Termination> {
        self.process.execute(command)
    }

    fn has_shell(&mut self) -> bool {
        self.process.has_shell()
    }

    fn create_temporary_file(&mut self) -> io::Result<Vec<u8>> {
        self.process.create_temporary_file()
    }

    fn exit(&mut self, status: i32) -> io::Error {
        self.process.exit(status)
    }
}

/// The process's own streams and clocks. Output is buffered as C's `stdout` is: by line on a terminal, by block
/// elsewhere. It is flushed when dropped.
pub struct ProcessHost {
    output: io::BufWriter<io::Stdout>,
    buffering: Buffering,
    start: Instant,
    /// What [`Host::code_names_file`] gives.
    code_names: Option<File>,
}

impl ProcessHost {
    /// The world as `lua` sees it.
    pub fn new() -> ProcessHost {
        let output = io::stdout();
        let buffering = if output.is_terminal() { Buffering::Line } else { Buffering::Full };
        let output = io::BufWriter::with_capacity(1 << 16, output);
        ProcessHost { output, buffering, start: Instant::now(), code_names: None }
    }
}

impl Default for ProcessHost {
    fn default() -> ProcessHost {
        ProcessHost::new()
    }
}

impl ProcessHost {
    /// As [`ProcessHost::new`], for a process whose compiled code is named in a file, which the engine maps.
    pub fn with_code_names(file: Option<File>) -> ProcessHost {
        let mut host = ProcessHost::new();
        host.code_names = file;
        host
    }
}

impl Host for ProcessHost {
    fn code_names_file(&mut self) -> Option<File> {
        self.code_names.take()
    }

    fn write(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        match stream {
            Stream::Out => {
                self.output.write_all(bytes)?;
                match self.buffering {
                    // A prompt without a newline is shown too, which C's `stdio` does before it reads.
                    Buffering::None | Buffering::Line => self.output.flush(),
                    Buffering::Full => Ok(()),
                }
            }
            Stream::Err => {
                let mut error = io::stderr().lock();
                error.write_all(bytes)?;
                error.flush()
            }
        }
    }

    fn flush(&mut self, stream: Stream) -> io::Result<()> {
        match stream {
            Stream::Out => self.output.flush(),
            Stream::Err => io::stderr().flush(),
        }
    }

    fn set_buffering(&mut self, stream: Stream, buffering: Buffering) -> io::Result<()> {
        match stream {
            Stream::Out => {
                self.buffering = buffering;
                self.output.flush()
            }
            // It is handed on at once, whatever the program says: what it has to say may be its last words.
            Stream::Err => Ok(()),
        }
    }

    fn monotonic_ns(&mut self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    fn cpu_ns(&mut self) -> u64 {
        process_cpu_ns()
    }

    fn unix_seconds(&mut self) -> i64 {
        unix_seconds()
    }

    fn environment_variable(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        // Rust panics on a name that can be none.
        let possible = !name.is_empty() && !name.contains(&b'=');
        possible.then(|| env::var_os(OsStr::from_bytes(name)).map(OsStringExt::into_vec)).flatten()
    }

    fn remove_file(&mut self, path: &[u8]) -> io::Result<()> {
        let path = OsStr::from_bytes(path);
        if fs::symlink_metadata(path)?.is_dir() { fs::remove_dir(path) } else { fs::remove_file(path) }
    }

    fn rename_file(&mut self, from: &[u8], to: &[u8]) -> io::Result<()> {
        fs::rename(OsStr::from_bytes(from), OsStr::from_bytes(to))
    }

    fn open_standard_input(&mut self) -> io::Result<Box<dyn HostFile>> {
        files::standard_input()
    }

    fn open_file(&mut self, path: &[u8], mode: OpenMode) -> io::Result<Box<dyn HostFile>> {
        files::open(OsStr::from_bytes(path), mode)
    }

    fn open_temporary_file(&mut self) -> io::Result<Box<dyn HostFile>> {
        files::temporary()
    }

    fn open_process(&mut self, command: &[u8], pipe: Pipe) -> io::Result<Box<dyn HostFile>> {
        files::start(OsStr::from_bytes(command), pipe)
    }

    fn execute(&mut self, command: &[u8]) -> io::Result<Termination> {
        files::shell(OsStr::from_bytes(command)).status().map(files::termination)
    }

    fn has_shell(&mut self) -> bool {
        true
    }

    fn create_temporary_file(&mut self) -> io::Result<Vec<u8>> {
        let (_, path) = tempfile::Builder::new().prefix("lua_").tempfile()?.keep()?;
        Ok(path.into_os_string().into_vec())
    }

    fn exit(&mut self, status: i32) -> io::Error {
        process::exit(status)
    }
}
