//! An open file as the library sees it: a stream of the host with a buffer in each direction.
//!
//! The host's files have no buffers, so what C's `stdio` does is done here. This file knows bytes and the host, no Lua
//! value; `read` makes values of what it gives.

use std::io::{self, SeekFrom};

use engine_api::{Buffering, Host, HostFile, OpenMode, Stream, Termination};

/// Size of each buffer.
const BUFFER_BYTES: usize = 8192;

/// `EBADF`: the file was not opened for that.
const BAD_DESCRIPTOR: i32 = 9;
/// `EINVAL`: a position before the start.
const INVALID_ARGUMENT: i32 = 22;
/// `ESPIPE`: a stream that has no position.
const ILLEGAL_SEEK: i32 = 29;

/// What is behind a file.
enum Source {
    /// Standard input, opened at the first use.
    StandardInput(Option<Box<dyn HostFile>>),
    /// An output stream of the host, which buffers it.
    StandardOutput(Stream),
    /// A file or pipe.
    Opened(Box<dyn HostFile>),
}

/// The payload of a file handle.
pub(super) struct File {
    /// `None` when it has been closed.
    source: Option<Source>,
    readable: bool,
    writable: bool,
    buffering: Buffering,
    /// Read but not consumed: the bytes from `input_at` on.
    input: Vec<u8>,
    input_at: usize,
    /// Written but not handed on.
    output: Vec<u8>,
}

impl File {
    /// Bytes that a file takes at most, its buffers among them.
    pub(super) const ACCOUNTED_BYTES: u64 = (size_of::<File>() + 2 * BUFFER_BYTES) as u64;

    fn new(source: Source, readable: bool, writable: bool) -> File {
        let (input, output) = (Vec::new(), Vec::new());
        File { source: Some(source), readable, writable, buffering: Buffering::Full, input, input_at: 0, output }
    }

    /// Standard input.
    pub(super) fn standard_input() -> File {
        File::new(Source::StandardInput(None), true, false)
    }

    /// Standard output or error.
    pub(super) fn standard_output(stream: Stream) -> File {
        File::new(Source::StandardOutput(stream), false, true)
    }

    /// A file that the host opened in this mode.
    pub(super) fn opened(file: Box<dyn HostFile>, mode: OpenMode) -> File {
        let reads = matches!(mode.access, engine_api::Access::Read);
        File::new(Source::Opened(file), reads || mode.update, !reads || mode.update)
    }

    /// Whether it has been closed.
    pub(super) fn is_closed(&self) -> bool {
        self.source.is_none()
    }

    /// Whether it is one of the three standard streams, which cannot be closed.
    pub(super) fn is_standard(&self) -> bool {
        matches!(self.source, Some(Source::StandardInput(_) | Source::StandardOutput(_)))
    }

    /// Reads on if all that was read has been consumed.
    pub(super) fn fill(&mut self, host: &mut dyn Host) -> io::Result<()> {
        if !self.readable {
            return Err(io::Error::from_raw_os_error(BAD_DESCRIPTOR));
        }
        if self.input_at == self.input.len() {
            self.hand_on()?;
            self.input.resize(BUFFER_BYTES, 0);
            self.input_at = 0;
            let result = match &mut self.source {
                Some(Source::StandardInput(opened)) => {
                    standard_input(opened, host).and_then(|file| read(file.as_mut(), &mut self.input))
                }
                Some(Source::Opened(file)) => read(file.as_mut(), &mut self.input),
                Some(Source::StandardOutput(_)) | None => Err(io::Error::from_raw_os_error(BAD_DESCRIPTOR)),
            };
            self.input.truncate(*result.as_ref().unwrap_or(&0));
            result?;
        }
        Ok(())
    }

    /// After [`File::fill`]: the next bytes, at least one; none at the end of the file.
    pub(super) fn available(&self) -> &[u8] {
        &self.input[self.input_at..]
    }

    /// Goes past the first `count` of the available bytes.
    pub(super) fn consume(&mut self, count: usize) {
        debug_assert!(count <= self.input.len() - self.input_at);
        self.input_at += count;
    }

    /// Writes bytes, at once or into the buffer.
    pub(super) fn write(&mut self, host: &mut dyn Host, bytes: &[u8]) -> io::Result<()> {
        if !self.writable {
            return Err(io::Error::from_raw_os_error(BAD_DESCRIPTOR));
        }
        if let Some(Source::StandardOutput(stream)) = self.source {
            return host.write(stream, bytes);
        }
        self.forget_input();
        let at_once = match self.buffering {
            Buffering::None => true,
            Buffering::Line => bytes.contains(&b'\n'),
            Buffering::Full => false,
        };
        if at_once || self.output.len() + bytes.len() > BUFFER_BYTES {
            self.hand_on()?;
            return self.write_through(bytes);
        }
        self.output.extend_from_slice(bytes);
        Ok(())
    }

    /// Hands on what was written.
    pub(super) fn flush(&mut self, host: &mut dyn Host) -> io::Result<()> {
        match self.source {
            Some(Source::StandardOutput(stream)) => host.flush(stream),
            Some(Source::StandardInput(_) | Source::Opened(_)) | None => self.hand_on(),
        }
    }

    /// Sets when written bytes are handed on.
    pub(super) fn set_buffering(&mut self, host: &mut dyn Host, buffering: Buffering) -> io::Result<()> {
        if let Some(Source::StandardOutput(stream)) = self.source {
            return host.set_buffering(stream, buffering);
        }
        self.buffering = buffering;
        self.hand_on()
    }

    /// Moves the position: `offset` from the start, the position or the end. Returns it in bytes from the start.
    pub(super) fn seek(&mut self, host: &mut dyn Host, whence: Whence, offset: i64) -> io::Result<u64> {
        self.hand_on()?;
        let unread = (self.input.len() - self.input_at) as i64;
        let to = match whence {
            Whence::Start => match u64::try_from(offset) {
                Ok(offset) => SeekFrom::Start(offset),
                Err(_) => return Err(io::Error::from_raw_os_error(INVALID_ARGUMENT)),
            },
            Whence::Current => SeekFrom::Current(offset.saturating_sub(unread)),
            Whence::End => SeekFrom::End(offset),
        };
        let position = match &mut self.source {
            Some(Source::Opened(file)) => file.seek(to)?,
            Some(Source::StandardInput(opened)) => standard_input(opened, host)?.seek(to)?,
            Some(Source::StandardOutput(_)) | None => return Err(io::Error::from_raw_os_error(ILLEGAL_SEEK)),
        };
        self.input.clear();
        self.input_at = 0;
        Ok(position)
    }

    /// Closes it. Returns how the process behind it ended, if it is a pipe. It is closed even if that fails.
    pub(super) fn close(&mut self) -> io::Result<Option<Termination>> {
        let handed_on = self.hand_on();
        let source = self.source.take();
        (self.input, self.output, self.input_at) = (Vec::new(), Vec::new(), 0);
        let closed = match source {
            Some(Source::Opened(file)) => file.close(),
            Some(Source::StandardInput(_) | Source::StandardOutput(_)) | None => Ok(None),
        };
        handed_on.and(closed)
    }

    /// Writes what the output buffer holds. Bytes that cannot be written are lost, as in C.
    fn hand_on(&mut self) -> io::Result<()> {
        if self.output.is_empty() {
            return Ok(());
        }
        let bytes = std::mem::take(&mut self.output);
        let result = self.write_through(&bytes);
        self.output = bytes;
        self.output.clear();
        result
    }

    fn write_through(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.source {
            Some(Source::Opened(file)) => file.write(bytes),
            Some(Source::StandardInput(_) | Source::StandardOutput(_)) | None => {
                Err(io::Error::from_raw_os_error(BAD_DESCRIPTOR))
            }
        }
    }

    /// Before a write: the position goes back to where the program is, before what was only buffered.
    fn forget_input(&mut self) {
        let unread = (self.input.len() - self.input_at) as i64;
        if unread > 0
            && let Some(Source::Opened(file)) = &mut self.source
        {
            // What cannot move its position has none to go back to: a pipe is read in one direction only.
            let _position = file.seek(SeekFrom::Current(-unread));
        }
        self.input.clear();
        self.input_at = 0;
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // A file that nobody closed: there is nobody left to tell of an error, as when C's `exit` closes it.
        let _ended = self.close();
    }
}

/// Where [`File::seek`] counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whence {
    Start,
    Current,
    End,
}

fn standard_input<'a>(
    opened: &'a mut Option<Box<dyn HostFile>>,
    host: &mut dyn Host,
) -> io::Result<&'a mut Box<dyn HostFile>> {
    let file = match opened.take() {
        Some(file) => file,
        None => host.open_standard_input()?,
    };
    Ok(opened.insert(file))
}

/// One read, tried again when a signal interrupts it.
fn read(file: &mut dyn HostFile, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
