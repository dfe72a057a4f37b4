//! What an instance may ask of the world: streams, clocks, the environment, files and processes.
//!
//! Nothing under `engines/` prints, opens a file or reads a clock by itself, so a test, a measurement and a sandbox
//! differ only in the [`Host`] that they hand in. Paths and commands are bytes, as in Lua.

use std::io::{self, SeekFrom};

/// An output stream of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// When a stream hands on what was written to it (`file:setvbuf`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Buffering {
    /// At once.
    None,
    /// After each line.
    Line,
    /// When the buffer is full.
    Full,
}

/// What a file is opened for (`io.open`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The file must exist (`r`).
    Read,
    /// The file is made, or emptied if it exists (`w`).
    Write,
    /// The file is made if it does not exist, and every write goes to its end (`a`).
    Append,
}

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenMode {
    /// The letter of the mode.
    pub access: Access,
    /// Whether the other direction is allowed too (`+`).
    pub update: bool,
}

/// Which end of a process's streams a file is (`io.popen`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pipe {
    /// Reads the standard output of the process.
    FromProcess,
    /// Writes to the standard input of the process.
    ToProcess,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Termination {
    /// By itself, with this exit status.
    Exited(i32),
    /// By this signal.
    Signalled(i32),
}

/// An open file, or one end of a pipe to a process. Without buffers of its own: the library has them.
///
/// Dropping it closes it; a process behind it is waited for.
pub trait HostFile {
    /// Reads at most as many bytes as `buffer` has; 0 at the end of the file.
    ///
    /// # Errors
    /// Those of the file system.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes all of `bytes`.
    ///
    /// # Errors
    /// Those of the file system.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Moves the position; returns it in bytes from the start.
    ///
    /// # Errors
    /// Those of the file system; pipes cannot do it.
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64>;

    /// Closes it. Returns how the process behind it ended, if it is a pipe.
    ///
    /// # Errors
    /// Those of the file system.
    fn close(self: Box<Self>) -> io::Result<Option<Termination>>;
}

/// The world as one instance sees it.
pub trait Host {
    /// A file that the process is to have mapped for execution while there is compiled code: so `perf` learns of the file
    /// that names it. `None` without one, as usual.
    fn code_names_file(&mut self) -> Option<std::fs::File> {
        None
    }

    /// Writes all of `bytes`; the host may buffer.
    ///
    /// # Errors
    /// Those of the stream behind it; Lua programs see them as error results.
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<()>;

    /// Hands buffered output on.
    ///
    /// # Errors
    /// Those of the stream behind it.
    fn flush(&mut self, stream: Stream) -> io::Result<()>;

    /// Says when [`Host::write`] hands bytes on. A host whose output nobody watches need not care.
    ///
    /// # Errors
    /// Those of handing on what is there.
    fn set_buffering(&mut self, _stream: Stream, _buffering: Buffering) -> io::Result<()> {
        Ok(())
    }

    /// A monotonic clock in nanoseconds from an arbitrary start.
    fn monotonic_ns(&mut self) -> u64;

    /// CPU time of the process in nanoseconds (`os.clock`).
    fn cpu_ns(&mut self) -> u64;

    /// Seconds since 1970-01-01 UTC (`os.time`).
    fn unix_seconds(&mut self) -> i64;

    // What follows has defaults: a host lets programs touch the machine only if it says so.

    /// The value of a variable of the environment (`os.getenv`); `None` if it is not set or the host has none.
    fn environment_variable(&mut self, _name: &[u8]) -> Option<Vec<u8>> {
        None
    }

    /// Removes a file or an empty directory (`os.remove`).
    ///
    /// # Errors
    /// Those of the file system; [`io::ErrorKind::Unsupported`] by default.
    fn remove_file(&mut self, _path: &[u8]) -> io::Result<()> {
        Err(unsupported())
    }

    /// Renames a file (`os.rename`).
    ///
    /// # Errors
    /// As for [`Host::remove_file`].
    fn rename_file(&mut self, _from: &[u8], _to: &[u8]) -> io::Result<()> {
        Err(unsupported())
    }

    /// The bytes of standard input, as a file that programs can read. Asked for at most once, at the first read.
    ///
    /// # Errors
    /// As for [`Host::remove_file`].
    fn open_standard_input(&mut self) -> io::Result<Box<dyn HostFile>> {
        Err(unsupported())
    }

    /// Opens a file (`io.open`).
    ///
    /// # Errors
    /// As for [`Host::remove_file`].
    fn open_file(&mut self, _path: &[u8], _mode: OpenMode) -> io::Result<Box<dyn HostFile>> {
        Err(unsupported())
    }

    /// Opens a new file without a name, for reading and writing (`io.tmpfile`).
    ///
    /// # Errors
    /// As for [`Host::remove_file`].
    fn open_temporary_file(&mut self) -> io::Result<Box<dyn HostFile>> {
        Err(unsupported())
    }

    /// Starts a command in a shell, with a pipe to it (`io.popen`).
    ///
    /// # Errors
    /// Those of starting a process; [`io::ErrorKind::Unsupported`] by default.
    fn open_process(&mut self, _command: &[u8], _pipe: Pipe) -> io::Result<Box<dyn HostFile>> {
        Err(unsupported())
    }

    /// Runs a command in a shell and waits for its end (`os.execute`).
    ///
    /// # Errors
    /// As for [`Host::open_process`].
    fn execute(&mut self, _command: &[u8]) -> io::Result<Termination> {
        Err(unsupported())
    }

    /// Whether there is a shell (`os.execute()`).
    fn has_shell(&mut self) -> bool {
        false
    }

    /// Makes a new empty file and gives its path (`os.tmpname`).
    ///
    /// # Errors
    /// As for [`Host::remove_file`].
    fn create_temporary_file(&mut self) -> io::Result<Vec<u8>> {
        Err(unsupported())
    }

    /// Ends the process with an exit status (`os.exit`); streams have been flushed. Returns only if that cannot be
    /// done, with the reason: [`io::ErrorKind::Unsupported`] by default.
    fn exit(&mut self, _status: i32) -> io::Error {
        unsupported()
    }
}

fn unsupported() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "not supported by this host")
}
