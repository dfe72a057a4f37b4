//! Names of compiled code for `perf`, `samply` and their kin: the perf map, a text with addresses, and the jitdump, which has the
//! code itself and its lines too, so that code that took the place of other code is told apart.
//!
//! The formats are those of the Linux sources, `tools/perf/Documentation/jit-interface.txt` and `jitdump-specification.txt`.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process;

use engine_api::event::{PublishedCode, Unit, UnitKind};
use engine_api::{Event, EventSink};
use nix::time::{ClockId, clock_gettime};

use crate::error::UsageError;

/// Where profilers look for perf maps.
const MAP_FOLDER: &str = "/tmp";
/// `JiTD`, as the format has it: who reads it as another number knows the byte order.
const MAGIC: u32 = 0x4A69_5444;
const VERSION: u32 = 1;
const HEADER_BYTES: u32 = 40;
/// The processor, as ELF files number them.
const ELF_MACHINE: u32 = if cfg!(target_arch = "aarch64") { 183 } else { 62 };
const CODE_LOAD: u32 = 0;
const DEBUG_INFO: u32 = 2;

/// A sink that hands events on, and writes down the names of code that is published.
pub struct CodeNames {
    inner: Box<dyn EventSink>,
    map: Option<BufWriter<File>>,
    dump: Option<Jitdump>,
}

/// The jitdump of this process.
pub struct Jitdump {
    file: BufWriter<File>,
    written: u64,
}

impl CodeNames {
    /// A sink that writes the perf map, or a jitdump, or both.
    ///
    /// # Errors
    /// [`UsageError`] if the map cannot be made.
    pub fn new(inner: Box<dyn EventSink>, has_map: bool, dump: Option<Jitdump>) -> Result<CodeNames, UsageError> {
        let path = Path::new(MAP_FOLDER).join(format!("perf-{}.map", process::id()));
        let map = has_map.then(|| File::create(&path).map(BufWriter::new)).transpose();
        let map = map.map_err(|error| UsageError::file("cannot write", &path, &error))?;
        Ok(CodeNames { inner, map, dump })
    }
}

impl EventSink for CodeNames {
    fn event(&mut self, time_ns: u64, event: &Event) {
        self.inner.event(time_ns, event);
    }

    fn code_published(&mut self, code: &PublishedCode) {
        self.inner.code_published(code);
        let mut written = Ok(());
        if let Some(map) = &mut self.map {
            written = write_map_line(map, code);
        }
        if let Some(dump) = &mut self.dump {
            written = written.and(dump.write(code));
        }
        if let Err(error) = written {
            // The program goes on: what is lost is names.
            crate::machine::terminal::note(&format!("cannot write the names of compiled code: {error}"));
            (self.map, self.dump) = (None, None);
        }
    }
}

/// A unit's name in profiles: its compiler in front, so that tiers can be told apart.
fn name(code: &PublishedCode) -> String {
    let Unit { kind, function, chunk, line, pc } = code.unit;
    let place = match kind {
        UnitKind::Function => String::new(),
        UnitKind::Loop => format!(" loop at PC {pc}"),
    };
    // A chunk's name can be any text, but a line ends at a line break.
    format!("{}: {function}{place} ({chunk}:{line})", code.compiler).replace(char::is_control, "?")
}

fn write_map_line(out: &mut dyn Write, code: &PublishedCode) -> io::Result<()> {
    writeln!(out, "{:x} {:x} {}", code.address, code.bytes.len(), name(code))?;
    // The process may end in any way.
    out.flush()
}

impl Jitdump {
    /// A jitdump of this process in a folder, and its file once more, for the engine to map.
    ///
    /// # Errors
    /// [`UsageError`] if it cannot be made.
    pub fn create(folder: &Path) -> Result<(Jitdump, File), UsageError> {
        let path: PathBuf = folder.join(format!("jit-{}.dump", process::id()));
        let problem = |error: io::Error| UsageError::file("cannot write", &path, &error);
        fs::create_dir_all(folder).map_err(problem)?;
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&path).map_err(problem)?;
        let to_map = file.try_clone().map_err(problem)?;
        let mut dump = Jitdump { file: BufWriter::new(file), written: 0 };
        dump.write_header().map_err(problem)?;
        Ok((dump, to_map))
    }

    fn write_header(&mut self) -> io::Result<()> {
        for word in [MAGIC, VERSION, HEADER_BYTES, ELF_MACHINE, 0, process::id()] {
            self.file.write_all(&word.to_ne_bytes())?;
        }
        self.file.write_all(&now_ns().to_ne_bytes())?;
        let flags = 0_u64;
        self.file.write_all(&flags.to_ne_bytes())?;
        self.file.flush()
    }

    /// Writes the records of one piece of code: its lines, then itself.
    fn write(&mut self, code: &PublishedCode) -> io::Result<()> {
        let time_ns = now_ns();
        let name = name(code);
        let debug = debug_info(code);
        if !code.lines.is_empty() {
            self.record(DEBUG_INFO, time_ns, &[&debug])?;
        }
        let mut load = Vec::new();
        for word in [process::id(), process::id()] {
            load.extend(word.to_ne_bytes());
        }
        for word in [code.address, code.address, code.bytes.len() as u64, self.written] {
            load.extend(word.to_ne_bytes());
        }
        self.written += 1;
        self.record(CODE_LOAD, time_ns, &[&load, name.as_bytes(), &[0], code.bytes])?;
        self.file.flush()
    }

    fn record(&mut self, id: u32, time_ns: u64, parts: &[&[u8]]) -> io::Result<()> {
        const PREFIX_BYTES: usize = 16;
        let bytes = PREFIX_BYTES + parts.iter().map(|part| part.len()).sum::<usize>();
        self.file.write_all(&id.to_ne_bytes())?;
        self.file.write_all(&(bytes as u32).to_ne_bytes())?;
        self.file.write_all(&time_ns.to_ne_bytes())?;
        parts.iter().try_for_each(|part| self.file.write_all(part))
    }
}

/// The body of the record of a piece of code's lines.
fn debug_info(code: &PublishedCode) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend(code.address.to_ne_bytes());
    body.extend((code.lines.len() as u64).to_ne_bytes());
    for (offset, line) in code.lines {
        body.extend((code.address + u64::from(*offset)).to_ne_bytes());
        body.extend(line.to_ne_bytes());
        let discriminator = 0_u32;
        body.extend(discriminator.to_ne_bytes());
        body.extend(code.unit.chunk.bytes().filter(|byte| *byte != 0));
        body.push(0);
    }
    body
}

/// The clock of `perf record -k mono`.
fn now_ns() -> u64 {
    let time = clock_gettime(ClockId::CLOCK_MONOTONIC).expect("the monotonic clock exists");
    time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(kind: UnitKind, function: &str) -> Unit {
        Unit { kind, function: function.to_string(), chunk: "a.lua".to_string(), line: 3, pc: 7 }
    }

    fn code<'a>(unit: &'a Unit, bytes: &'a [u8], lines: &'a [(u32, u32)]) -> PublishedCode<'a> {
        PublishedCode { unit, compiler: "tier", address: 0x1000, bytes, lines }
    }

    #[test]
    fn a_line_of_the_map_has_address_size_and_name() {
        let line = |unit: &Unit| {
            let mut out = Vec::new();
            write_map_line(&mut out, &code(unit, &[0; 0x1f], &[])).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(line(&unit(UnitKind::Function, "fib")), "1000 1f tier: fib (a.lua:3)\n");
        assert_eq!(line(&unit(UnitKind::Loop, "fib")), "1000 1f tier: fib loop at PC 7 (a.lua:3)\n");
        assert_eq!(line(&unit(UnitKind::Function, "a\nb\r")).lines().count(), 1);
    }

    #[test]
    fn the_dump_has_a_header_and_records_that_say_their_length() {
        let folder = tempfile::tempdir().unwrap();
        let (mut dump, _file) = Jitdump::create(folder.path()).unwrap();
        let unit = unit(UnitKind::Function, "fib");
        dump.write(&code(&unit, &[0x90; 5], &[(0, 3), (2, 4)])).unwrap();
        let bytes = fs::read(folder.path().join(format!("jit-{}.dump", process::id()))).unwrap();
        let word = |at: usize| u32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!((word(0), word(4), word(8)), (MAGIC, VERSION, HEADER_BYTES));
        let (mut at, mut ids) = (HEADER_BYTES as usize, Vec::new());
        while at < bytes.len() {
            ids.push(word(at));
            at += word(at + 4) as usize;
        }
        assert_eq!((ids, at), (vec![DEBUG_INFO, CODE_LOAD], bytes.len()));
        assert!(bytes.ends_with(&[b"tier: fib (a.lua:3)\0", &[0x90; 5][..]].concat()));
    }
}
