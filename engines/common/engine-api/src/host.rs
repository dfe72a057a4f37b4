//! What an instance may ask of the world: output, clocks, the environment and files by name.
//!
//! Nothing under `engines/` prints, opens a file or reads a clock by itself, so a test, a measurement and a sandbox
//! differ only in the [`Host`] that they hand in.

use std::io;

/// An output stream of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// The world as one instance sees it.
pub trait Host {
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
