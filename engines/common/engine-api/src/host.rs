//! What an instance may ask of the world: output, input, clocks and randomness.
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
}
