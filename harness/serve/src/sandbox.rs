//! The world as programs see it that come over the network: clocks, and an output that is cut off. No files, no
//! processes, no environment and no standard input: [`Host`] has none of them unless somebody says otherwise, and nobody
//! does here.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use engine_api::{Host, Stream};
use harness::machine::clock::process_cpu_ns;

/// What a program has written so far, and how much of it is kept.
#[derive(Debug, Default)]
pub struct Output {
    bytes: Vec<u8>,
    most_bytes: usize,
    is_truncated: bool,
}

impl Output {
    /// Forgets everything; from now on the first `most_bytes` are kept.
    pub fn begin(&mut self, most_bytes: usize) {
        *self = Output { bytes: Vec::new(), most_bytes, is_truncated: false };
    }

    /// What was kept, as text, and whether something was not.
    pub fn take(&mut self) -> (String, bool) {
        let bytes = std::mem::take(&mut self.bytes);
        (String::from_utf8_lossy(&bytes).into_owned(), self.is_truncated)
    }

    fn write(&mut self, bytes: &[u8]) {
        let kept = bytes.len().min(self.most_bytes - self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..kept]);
        self.is_truncated |= kept < bytes.len();
    }
}

/// The host of one state.
pub struct Sandbox {
    output: Rc<RefCell<Output>>,
    start: Instant,
}

impl Sandbox {
    /// A host that writes to `output`, standard error too.
    pub fn new(output: Rc<RefCell<Output>>) -> Sandbox {
        Sandbox { output, start: Instant::now() }
    }
}

impl Host for Sandbox {
    fn write(&mut self, _stream: Stream, bytes: &[u8]) -> io::Result<()> {
        self.output.borrow_mut().write(bytes);
        Ok(())
    }

    fn flush(&mut self, _stream: Stream) -> io::Result<()> {
        Ok(())
    }

    fn monotonic_ns(&mut self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    fn cpu_ns(&mut self) -> u64 {
        process_cpu_ns()
    }

    fn unix_seconds(&mut self) -> i64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_cut_off() {
        let output = Rc::new(RefCell::new(Output::default()));
        let mut sandbox = Sandbox::new(Rc::clone(&output));
        output.borrow_mut().begin(5);
        sandbox.write(Stream::Out, b"abc").unwrap();
        sandbox.write(Stream::Err, b"de").unwrap();
        assert_eq!(output.borrow_mut().take(), ("abcde".to_string(), false));
        output.borrow_mut().begin(5);
        sandbox.write(Stream::Out, b"abc").unwrap();
        sandbox.write(Stream::Out, b"def").unwrap();
        sandbox.write(Stream::Out, b"ghi").unwrap();
        assert_eq!(output.borrow_mut().take(), ("abcde".to_string(), true));
    }

    #[test]
    fn there_is_no_world() {
        let mut sandbox = Sandbox::new(Rc::default());
        assert_eq!(sandbox.environment_variable(b"PATH"), None);
        assert!(!sandbox.has_shell());
        assert!(sandbox.execute(b"true").is_err());
        assert!(sandbox.create_temporary_file().is_err());
        assert!(sandbox.open_standard_input().is_err());
        assert_eq!(sandbox.exit(0).kind(), io::ErrorKind::Unsupported);
    }
}
