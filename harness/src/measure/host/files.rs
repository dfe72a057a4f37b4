//! Files, pipes and processes of the machine, as [`engine_api::HostFile`] wants them: without buffers.
//!
//! It knows the operating system and nothing of Lua.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};

use engine_api::{Access, HostFile, OpenMode, Pipe, Termination};

/// The shell that commands are given to, as by C's `system`.
const SHELL: &str = "/bin/sh";

/// `ESPIPE`: a pipe has no position.
const ILLEGAL_SEEK: i32 = 29;
/// `EBADF`: the other direction of a pipe.
const BAD_DESCRIPTOR: i32 = 9;

/// A file of the file system.
struct PlainFile(File);

impl HostFile for PlainFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }

    fn close(self: Box<Self>) -> io::Result<Option<Termination>> {
        Ok(None)
    }
}

/// One end of a pipe to a shell, which is waited for when this is dropped.
struct ProcessPipe(Child);

impl HostFile for ProcessPipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0.stdout {
            Some(output) => output.read(buffer),
            None => Err(io::Error::from_raw_os_error(BAD_DESCRIPTOR)),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.0.stdin {
            Some(input) => input.write_all(bytes),
            None => Err(io::Error::from_raw_os_error(BAD_DESCRIPTOR)),
        }
    }

    fn seek(&mut self, _to: SeekFrom) -> io::Result<u64> {
        Err(io::Error::from_raw_os_error(ILLEGAL_SEEK))
    }

    fn close(mut self: Box<Self>) -> io::Result<Option<Termination>> {
        self.end().map(Some)
    }
}

impl ProcessPipe {
    /// Closes the pipe, so that the process sees its end, and waits for the process. Later calls give the same answer.
    fn end(&mut self) -> io::Result<Termination> {
        drop((self.0.stdin.take(), self.0.stdout.take()));
        self.0.wait().map(termination)
    }
}

impl Drop for ProcessPipe {
    fn drop(&mut self) {
        // Nobody is left to hear how it ended; waiting only keeps it from staying a zombie.
        let _ended = self.end();
    }
}

/// The process's standard input, with the position that other processes see.
pub(super) fn standard_input() -> io::Result<Box<dyn HostFile>> {
    let descriptor = io::stdin().as_fd().try_clone_to_owned()?;
    Ok(Box::new(PlainFile(File::from(descriptor))))
}

/// Standard input for a program that has none: a file without a byte in it.
pub(super) fn empty() -> io::Result<Box<dyn HostFile>> {
    Ok(Box::new(PlainFile(File::open("/dev/null")?)))
}

/// Opens a file in a mode of C's `fopen`.
pub(super) fn open(path: &OsStr, mode: OpenMode) -> io::Result<Box<dyn HostFile>> {
    let mut options = OpenOptions::new();
    match mode.access {
        Access::Read => options.read(true).write(mode.update),
        Access::Write => options.write(true).create(true).truncate(true).read(mode.update),
        Access::Append => options.append(true).create(true).read(mode.update),
    };
    Ok(Box::new(PlainFile(options.open(path)?)))
}

/// A file without a name.
pub(super) fn temporary() -> io::Result<Box<dyn HostFile>> {
    Ok(Box::new(PlainFile(tempfile::tempfile()?)))
}

/// Starts a command with a pipe to one of its streams; the other ones are this process's.
pub(super) fn start(command: &OsStr, pipe: Pipe) -> io::Result<Box<dyn HostFile>> {
    let mut shell = shell(command);
    match pipe {
        Pipe::FromProcess => shell.stdout(Stdio::piped()),
        Pipe::ToProcess => shell.stdin(Stdio::piped()),
    };
    Ok(Box::new(ProcessPipe(shell.spawn()?)))
}

/// A shell that will run a command.
pub(super) fn shell(command: &OsStr) -> Command {
    let mut shell = Command::new(SHELL);
    shell.arg("-c").arg(command);
    shell
}

/// How a process ended, in Lua's terms.
pub(super) fn termination(status: ExitStatus) -> Termination {
    match (status.code(), status.signal()) {
        (Some(code), _) => Termination::Exited(code),
        (None, Some(signal)) => Termination::Signalled(signal),
        (None, None) => unreachable!("a process that was waited for ended by itself or by a signal"),
    }
}
