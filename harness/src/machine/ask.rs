//! Asking a program something: it is started, says a few lines, and ends; one that does not end is ended.

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// The longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a program said and how it ended.
#[derive(Debug)]
pub struct Answer {
    /// How it ended; `None` if it had to be ended.
    pub status: Option<ExitStatus>,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

/// Runs `command` without any input.
///
/// # Errors
/// If it cannot be started.
pub fn ask(command: &mut Command) -> io::Result<Answer> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn()?;
    let (out, err) = (read_all(child.stdout.take()), read_all(child.stderr.take()));
    let start = Instant::now();
    let mut status = child.try_wait()?;
    while status.is_none() && start.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(1));
        status = child.try_wait()?;
    }
    if status.is_none() {
        // Whatever it has started goes with it, so that nobody holds the streams open.
        let _gone = killpg(Pid::from_raw(child.id() as i32), Signal::SIGKILL);
        child.wait()?;
    }
    let text =
        |reader: thread::JoinHandle<Vec<u8>>| String::from_utf8_lossy(&reader.join().unwrap_or_default()).into_owned();
    Ok(Answer { status, out: text(out), err: text(err) })
}

fn read_all(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // What was read before an error is the answer.
            let _partial = stream.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// Where the program `name` is: a path as it stands, a bare name in the folders of `PATH`.
///
/// # Errors
/// If there is no such file.
pub fn find_program(name: &str) -> io::Result<PathBuf> {
    if name.contains('/') {
        return Path::new(name).canonicalize();
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file());
    // The name may be that of a link that decides what the program does, so it stays.
    found.ok_or_else(|| io::Error::from_raw_os_error(nix::errno::Errno::ENOENT as i32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_both_streams_and_the_status() {
        let answer = ask(Command::new("/bin/sh").args(["-c", "echo out; echo err >&2; exit 3"])).unwrap();
        assert_eq!((answer.out.as_str(), answer.err.as_str()), ("out\n", "err\n"));
        assert_eq!(answer.status.unwrap().code(), Some(3));
    }

    #[test]
    fn programs_are_found_as_a_shell_finds_them() {
        assert!(find_program("sh").unwrap().ends_with("sh"));
        assert!(find_program("/bin/sh").is_ok());
        assert!(find_program("no-such-program").is_err() && find_program("./no-such-program").is_err());
    }
}
