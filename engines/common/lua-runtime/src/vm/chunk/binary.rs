//! Binary chunks: what `string.dump` writes, and how it is read.
//!
//! A dump starts with the header of a binary chunk of Lua 5.4. What follows is no code: it is the text of the chunk that
//! the function came from and the place of the function in it, so that nothing in a dump can break what the engines
//! rely on. Binary chunks of PUC Lua are refused.

use super::{ChunkPart, FunctionOrigin, STRIPPED_NAME};

/// "Lua" behind an escape character.
const SIGNATURE: &[u8] = b"\x1bLua";
const VERSION: u8 = 0x54;
const FORMAT: u8 = 0;
/// Bytes that a conversion of line ends or characters would damage.
const DATA: &[u8] = b"\x19\x93\r\n\x1a\n";
/// The sizes of an instruction, an integer and a float.
const SIZES: [(u8, &str); 3] = [(4, "Instruction"), (8, "lua_Integer"), (8, "lua_Number")];
/// An integer and a float that show how numbers are written.
const INTEGER: i64 = 0x5678;
const FLOAT: f64 = 370.5;
/// Tells these dumps from the code of another Lua, which has a number of upvalues and a function here.
const TEXT_MARK: &[u8] = b"\x00text";

/// Bits of the byte behind the mark.
const STRIPPED: u8 = 1;
const MAIN: u8 = 2;

/// What a dump of a function holds before the text of its chunk, which ends it.
pub(super) fn head(origin: &FunctionOrigin, is_stripped: bool) -> Vec<u8> {
    let name = if is_stripped { STRIPPED_NAME } else { &origin.chunk_name };
    let (main, start) = match origin.part {
        ChunkPart::Main => (MAIN, 0),
        ChunkPart::Function(start) => (0, start),
    };
    let mut head = header();
    head.extend_from_slice(TEXT_MARK);
    head.push(main | if is_stripped { STRIPPED } else { 0 });
    head.extend_from_slice(&start.to_le_bytes());
    for part in [name.len(), origin.text.length()] {
        head.extend_from_slice(&(part as u64).to_le_bytes());
    }
    head.extend_from_slice(name.as_bytes());
    head
}

/// The header of every binary chunk on this machine.
fn header() -> Vec<u8> {
    let mut header = SIGNATURE.to_vec();
    header.extend_from_slice(&[VERSION, FORMAT]);
    header.extend_from_slice(DATA);
    header.extend(SIZES.map(|(size, _)| size));
    header.extend_from_slice(&INTEGER.to_le_bytes());
    header.extend_from_slice(&FLOAT.to_le_bytes());
    header
}

/// What a dump holds.
pub(super) struct Dumped<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a [u8],
    pub(super) part: ChunkPart,
    pub(super) is_stripped: bool,
}

/// Reads a dump.
///
/// # Errors
/// What is wrong with it, in PUC Lua's words.
pub(super) fn read(bytes: &[u8]) -> Result<Dumped<'_>, String> {
    let mut reader = Reader { rest: bytes };
    reader.expect(SIGNATURE, "not a binary chunk")?;
    reader.expect(&[VERSION], "version mismatch")?;
    reader.expect(&[FORMAT], "format mismatch")?;
    reader.expect(DATA, "corrupted chunk")?;
    for (size, what) in SIZES {
        reader.expect(&[size], &format!("{what} size mismatch"))?;
    }
    reader.expect(&INTEGER.to_le_bytes(), "integer format mismatch")?;
    reader.expect(&FLOAT.to_le_bytes(), "float format mismatch")?;
    reader.expect(TEXT_MARK, "code of another Lua")?;
    let flags = reader.take(1)?[0];
    let start = u32::from_le_bytes(reader.array()?);
    let lengths = [u64::from_le_bytes(reader.array()?), u64::from_le_bytes(reader.array()?)];
    let [name_bytes, text_bytes] = lengths.map(|length| usize::try_from(length).unwrap_or(usize::MAX));
    let name = str::from_utf8(reader.take(name_bytes)?).map_err(|_| "corrupted chunk".to_string())?;
    let text = reader.take(text_bytes)?;
    let part = if flags & MAIN != 0 { ChunkPart::Main } else { ChunkPart::Function(start) };
    Ok(Dumped { name, text, part, is_stripped: flags & STRIPPED != 0 })
}

/// How messages about a binary chunk call it: by its chunk name without the mark, or as what it is if the name is the
/// chunk itself.
pub(super) fn shown_name(name: &str) -> &str {
    match name.as_bytes().first() {
        Some(b'@' | b'=') => &name[1..],
        Some(b'\x1b') => "binary string",
        Some(_) | None => name,
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or("truncated chunk")?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        Ok(self.take(N)?.try_into().expect("it has this length"))
    }

    fn expect(&mut self, bytes: &[u8], otherwise: &str) -> Result<(), String> {
        if self.take(bytes.len())? == bytes { Ok(()) } else { Err(otherwise.to_string()) }
    }
}
