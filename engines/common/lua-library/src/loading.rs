//! `load`, `loadfile` and `dofile`: where the text of a chunk comes from. The engine compiles it.

use lua_runtime::chunk::{ANY_MODE, BINARY_MARK, Chunk, Loaded};
use lua_runtime::{Args, OutOfMemory, Signal, Tag, Value, Vm};

use crate::bytes::Buffer;
use crate::entries::{Entry, register};
use crate::io::read_whole_file;
use crate::outcome::{c_string, error_text};

const ENTRIES: &[Entry] = &[("dofile", dofile), ("load", load), ("loadfile", loadfile)];

/// What some editors put before UTF-8 text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

pub(super) fn open(vm: &mut Vm) -> Result<(), OutOfMemory> {
    register(vm, vm.globals, ENTRIES)
}

/// Loads a file, or standard input if there is no path. `top` is as in [`Vm::call`].
pub(super) fn load_file(
    vm: &mut Vm,
    top: u32,
    path: Option<&[u8]>,
    mode: &[u8],
    environment: Value,
) -> Result<Loaded, Signal> {
    let file = match read_whole_file(vm, top, path)? {
        Ok(file) => file,
        Err((what, error)) => {
            let (path, reason) = (path.unwrap_or(b"stdin"), error_text(&error));
            return Ok(Err([b"cannot ", what.as_bytes(), b" ", path, b": ", reason.as_bytes()].concat()));
        }
    };
    let name = match path {
        Some(path) => format!("@{}", String::from_utf8_lossy(path)),
        None => "=stdin".to_string(),
    };
    let text = vm.string(chunk_of_file(file.bytes()))?;
    drop(file);
    Chunk { name: &name, mode, environment }.compile(vm, text)
}

/// The chunk in a file: without a byte-order mark and without a first line that starts with `#`. The end of that line
/// stays before a text, so that line numbers are the file's, but not before a binary chunk.
fn chunk_of_file(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    if !bytes.starts_with(b"#") {
        return bytes;
    }
    let line_end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    match &bytes[line_end..] {
        [b'\n', binary @ ..] if binary.first() == Some(&BINARY_MARK) => binary,
        text => text,
    }
}

/// The function, or nil and the message.
fn return_loaded(vm: &mut Vm, args: Args, loaded: Loaded) -> Result<u32, Signal> {
    match loaded {
        Ok(closure) => vm.return_one(args, closure),
        Err(message) => {
            let message = vm.string(&message)?;
            vm.return_values(args, &[Value::NIL, Value::from(message)])
        }
    }
}

/// The environment in argument `index`: nil counts if it was given.
fn environment(vm: &Vm, args: Args, index: u32) -> Value {
    if args.count > index { vm.argument(args, index) } else { Value::from(vm.globals) }
}

fn mode<'a>(vm: &mut Vm, args: Args, index: u32) -> Result<&'a [u8], Signal> {
    Ok(if vm.argument(args, index).is_nil() { ANY_MODE } else { vm.check_string(args, index)?.bytes() })
}

/// `load(chunk [, chunkname [, mode [, env]]])`.
fn load(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let source = vm.argument(args, 0);
    let is_text = source.tag == Tag::String || source.tag.is_number();
    let mode = mode(vm, args, 2)?;
    let name = if !vm.argument(args, 1).is_nil() {
        vm.check_string(args, 1)?.to_text()
    } else if is_text {
        vm.check_string(args, 0)?.to_text()
    } else {
        "=(load)".to_string()
    };
    let chunk = Chunk { name: &name, mode, environment: environment(vm, args, 3) };
    if is_text {
        let text = vm.check_string(args, 0)?;
        let loaded = chunk.compile(vm, text)?;
        return return_loaded(vm, args, loaded);
    }
    let reader = vm.check_function(args, 0)?;
    vm.protected_depth += 1;
    let pieces = read_pieces(vm, args, reader);
    vm.protected_depth -= 1;
    match pieces {
        Ok(buffer) => {
            let text = buffer.finish(vm)?;
            let loaded = chunk.compile(vm, text)?;
            return_loaded(vm, args, loaded)
        }
        Err(signal) => match vm.caught(signal) {
            Some(error) => vm.return_values(args, &[Value::NIL, error]),
            None => Err(signal),
        },
    }
}

/// What a reader function gives until it gives nothing.
fn read_pieces(vm: &mut Vm, args: Args, reader: Value) -> Result<Buffer, Signal> {
    let mut buffer = Buffer::new(vm);
    loop {
        let piece = vm.call_for_one(args.top(), reader, &[])?;
        if piece.is_nil() {
            return Ok(buffer);
        }
        match lua_runtime::number::bytes_of(piece) {
            Some(piece) if piece.is_empty() => return Ok(buffer),
            Some(piece) => buffer.append(&piece)?,
            None => return Err(vm.raise("reader function must return a string")),
        }
    }
}

/// The file name in the first argument; `None` stands for standard input.
fn path_argument<'a>(vm: &mut Vm, args: Args) -> Result<Option<&'a [u8]>, Signal> {
    Ok(if vm.argument(args, 0).is_nil() { None } else { Some(c_string(vm.check_string(args, 0)?.bytes())) })
}

/// `loadfile([filename [, mode [, env]]])`.
fn loadfile(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let path = path_argument(vm, args)?;
    let mode = mode(vm, args, 1)?;
    let environment = environment(vm, args, 2);
    let loaded = load_file(vm, args.top(), path, mode, environment)?;
    return_loaded(vm, args, loaded)
}

/// `dofile([filename])`.
fn dofile(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let path = path_argument(vm, args)?;
    let environment = Value::from(vm.globals);
    match load_file(vm, args.top(), path, ANY_MODE, environment)? {
        Ok(closure) => vm.call_last(args, Value::from(closure), &[], None),
        Err(message) => {
            let message = vm.string(&message)?;
            Err(vm.throw(Value::from(message)))
        }
    }
}
