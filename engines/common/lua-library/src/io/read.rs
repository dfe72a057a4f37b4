//! `read` and `lines`: the formats, and what each takes from a file.
//!
//! Between two pieces of a long read it polls, so the file may be closed under it; every step asks for it anew.

use std::cell::RefMut;
use std::io;

use lua_runtime::operators::integer_of;
use lua_runtime::{Args, Gc, Signal, Userdata, Value, Vm};

use super::file_of;
use super::stream::File;
use crate::bytes::{Buffer, find_byte};

/// A numeral is at most this long, as in PUC Lua: what is longer is no number.
const MAX_NUMERAL_BYTES: usize = 200;

/// One format of `read`.
#[derive(Debug, Clone, Copy)]
enum Format {
    /// `n`: a numeral.
    Number,
    /// `l` and `L`: a line.
    Line { keep_newline: bool },
    /// `a`: everything up to the end.
    All,
    /// A count: at most so many bytes; 0 tests for the end.
    Bytes(usize),
}

/// Why a read ended early.
enum ReadError {
    /// The host says why; the program gets it as results.
    Host(io::Error),
    /// An error of the program.
    Raised(Signal),
}

impl<E: Into<Signal>> From<E> for ReadError {
    fn from(signal: E) -> ReadError {
        ReadError::Raised(signal.into())
    }
}

/// What a read gave.
pub(super) enum Read {
    /// So many results lie from slot `args.top()` on; the last one may be nil, for the end of the file.
    Values(u32),
    /// The host's error.
    Failed(io::Error),
}

/// Reads by `formats`, by `l` if there are none. `first` is the argument index of the first format, for messages. The
/// results lie from slot `args.top()` on, where the handle is kept alive meanwhile.
pub(super) fn read_formats(
    vm: &mut Vm,
    args: Args,
    handle: Gc<Userdata>,
    formats: &[Value],
    first: u32,
) -> Result<Read, Signal> {
    let results = args.top();
    let count = formats.len().max(1) as u32;
    vm.ensure_stack(results + count + 1 + lua_runtime::NATIVE_FREE_SLOTS)?;
    // The handle lies above the results: the default input may change while this polls.
    let mut reader = Reader { vm, handle, top: results + count + 1 };
    reader.vm.set_slot(results + count, Value::from(handle));
    for i in 0..count {
        reader.vm.set_slot(results + i, Value::NIL);
    }
    for i in 0..count {
        let format = match formats.get(i as usize) {
            Some(format) => read_format(reader.vm, args, *format, first + i)?,
            None => Format::Line { keep_newline: false },
        };
        match reader.read(format) {
            Ok(value) => reader.vm.set_slot(results + i, value),
            Err(ReadError::Host(error)) => return Ok(Read::Failed(error)),
            Err(ReadError::Raised(signal)) => return Err(signal),
        }
        if reader.vm.slot(results + i).is_nil() {
            return Ok(Read::Values(i + 1));
        }
    }
    Ok(Read::Values(count))
}

fn read_format(vm: &mut Vm, args: Args, format: Value, index: u32) -> Result<Format, Signal> {
    if format.tag.is_number() {
        let Some(count) = integer_of(format) else {
            return Err(vm.argument_error(args, index, "number has no integer representation"));
        };
        // C takes it as an unsigned number, so that a negative count asks for more than there is memory.
        return usize::try_from(count).map(Format::Bytes).map_err(|_| Signal::Memory);
    }
    let Some(text) = format.as_string() else {
        let got = vm.type_name_for_messages(format);
        return Err(vm.argument_error(args, index, &format!("string expected, got {got}")));
    };
    let letters = text.bytes();
    match letters.strip_prefix(b"*").unwrap_or(letters).first() {
        Some(b'n') => Ok(Format::Number),
        Some(b'l') => Ok(Format::Line { keep_newline: false }),
        Some(b'L') => Ok(Format::Line { keep_newline: true }),
        Some(b'a') => Ok(Format::All),
        _ => Err(vm.argument_error(args, index, "invalid format")),
    }
}

/// A read in progress.
struct Reader<'a> {
    vm: &'a mut Vm,
    handle: Gc<Userdata>,
    /// First free stack slot.
    top: u32,
}

impl Reader<'_> {
    fn read(&mut self, format: Format) -> Result<Value, ReadError> {
        match format {
            Format::Number => self.number(),
            Format::Line { keep_newline } => self.line(keep_newline),
            Format::All => Ok(self.bytes(usize::MAX)?.unwrap_or(Value::from(self.vm.string(b"")?))),
            Format::Bytes(0) => match self.filled()?.available().is_empty() {
                true => Ok(Value::NIL),
                false => Ok(Value::from(self.vm.string(b"")?)),
            },
            Format::Bytes(count) => Ok(self.bytes(count)?.unwrap_or(Value::NIL)),
        }
    }

    /// The file, if it is still open.
    fn file<'a>(&mut self) -> Result<RefMut<'a, File>, ReadError> {
        match file_of(self.handle) {
            Some(file) => Ok(file),
            None => Err(ReadError::Raised(self.vm.raise("attempt to use a closed file"))),
        }
    }

    /// The file, which has its next bytes available: at least one, or none at its end.
    fn filled<'a>(&mut self) -> Result<RefMut<'a, File>, ReadError> {
        let mut file = self.file()?;
        file.fill(self.vm.host.as_mut()).map_err(ReadError::Host)?;
        Ok(file)
    }

    fn poll(&mut self) -> Result<(), ReadError> {
        if self.vm.must_poll() { Ok(self.vm.poll(self.top)?) } else { Ok(()) }
    }

    /// At most `limit` bytes; `None` at the end of the file.
    fn bytes(&mut self, limit: usize) -> Result<Option<Value>, ReadError> {
        let mut output = Buffer::new(self.vm);
        while output.length() < limit {
            let mut file = self.filled()?;
            let available = file.available();
            if available.is_empty() {
                break;
            }
            let taken = available.len().min(limit - output.length());
            output.append(&available[..taken])?;
            file.consume(taken);
            drop(file);
            self.poll()?;
        }
        if output.length() == 0 {
            return Ok(None);
        }
        Ok(Some(Value::from(output.finish(self.vm)?)))
    }

    /// A line; nil at the end of the file.
    fn line(&mut self, keep_newline: bool) -> Result<Value, ReadError> {
        let mut output = Buffer::new(self.vm);
        loop {
            let mut file = self.filled()?;
            let available = file.available();
            if available.is_empty() {
                break;
            }
            let newline = find_byte(available, b'\n');
            let kept = match newline {
                Some(at) if keep_newline => at + 1,
                Some(at) => at,
                None => available.len(),
            };
            output.append(&available[..kept])?;
            let taken = newline.map_or(available.len(), |at| at + 1);
            file.consume(taken);
            drop(file);
            if newline.is_some() {
                return Ok(Value::from(output.finish(self.vm)?));
            }
            self.poll()?;
        }
        if output.length() == 0 {
            return Ok(Value::NIL);
        }
        Ok(Value::from(output.finish(self.vm)?))
    }

    /// The byte at the position, which stays where it is.
    fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        Ok(self.filled()?.available().first().copied())
    }

    /// A numeral, by the same small automaton as in PUC Lua: it takes what may be part of one and then asks whether it
    /// is one. What it took is gone either way.
    fn number(&mut self) -> Result<Value, ReadError> {
        let mut numeral = Numeral { bytes: Vec::new(), is_too_long: false };
        while self.peek()?.is_some_and(|byte| byte.is_ascii_whitespace() || byte == 0x0b) {
            self.file()?.consume(1);
            self.poll()?;
        }
        self.accept(&mut numeral, b"+-")?;
        let (mut digits, mut is_hexadecimal) = (0, false);
        if self.accept(&mut numeral, b"0")? {
            is_hexadecimal = self.accept(&mut numeral, b"xX")?;
            digits = usize::from(!is_hexadecimal);
        }
        digits += self.accept_digits(&mut numeral, is_hexadecimal)?;
        if self.accept(&mut numeral, b".")? {
            digits += self.accept_digits(&mut numeral, is_hexadecimal)?;
        }
        if digits > 0 && self.accept(&mut numeral, if is_hexadecimal { b"pP" } else { b"eE" })? {
            self.accept(&mut numeral, b"+-")?;
            self.accept_digits(&mut numeral, false)?;
        }
        if numeral.is_too_long {
            return Ok(Value::NIL);
        }
        Ok(lua_runtime::number::number_of_string(&numeral.bytes).unwrap_or(Value::NIL))
    }

    /// Takes the next byte if it is one of `set`.
    fn accept(&mut self, numeral: &mut Numeral, set: &[u8]) -> Result<bool, ReadError> {
        match self.peek()? {
            Some(byte) if set.contains(&byte) => self.take(numeral, byte),
            Some(_) | None => Ok(false),
        }
    }

    /// Takes digits; returns how many.
    fn accept_digits(&mut self, numeral: &mut Numeral, is_hexadecimal: bool) -> Result<usize, ReadError> {
        let mut count = 0;
        while let Some(byte) = self.peek()? {
            let is_digit = if is_hexadecimal { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() };
            if !is_digit || !self.take(numeral, byte)? {
                break;
            }
            count += 1;
        }
        Ok(count)
    }

    /// Takes the next byte, unless the numeral is full.
    fn take(&mut self, numeral: &mut Numeral, byte: u8) -> Result<bool, ReadError> {
        if numeral.bytes.len() == MAX_NUMERAL_BYTES {
            numeral.is_too_long = true;
            return Ok(false);
        }
        numeral.bytes.push(byte);
        self.file()?.consume(1);
        Ok(true)
    }
}

/// What may be a numeral.
struct Numeral {
    bytes: Vec<u8>,
    is_too_long: bool,
}
