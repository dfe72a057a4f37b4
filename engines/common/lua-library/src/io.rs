//! `io`: the functions of the library, and file handles with their methods. What is behind a handle is in `stream`, the
//! formats of `read` and `lines` are in `read`.
//!
//! A handle is a userdata with the metatable `FILE*`. Files and processes come from the host; this file opens nothing.

mod stream;

mod read;

use std::cell::{RefCell, RefMut};
use std::io;

use engine_api::{Access, Buffering, OpenMode, Pipe, Stream};
use lua_runtime::number::format_general;
use lua_runtime::{
    Args, Gc, LuaString, NativeFunction, NativeRole, OutOfMemory, Signal, Table, Tag, Userdata, Value, Vm,
};

use self::read::{Read, read_formats};
use self::stream::{File, Whence};
use crate::bytes::Buffer;
use crate::entries::{Entry, NAMELESS, new_library};
use crate::outcome::{c_string, error_text, return_error, return_outcome, return_termination};
use crate::state::State;

/// The name of the metatable of handles, as messages show it.
const HANDLE_NAME: &str = "FILE*";
/// The most formats that `lines` takes, as in PUC Lua.
const MAX_LINES_FORMATS: u32 = 250;

const IO: &[Entry] = &[
    ("io.close", close),
    ("io.flush", flush),
    ("io.input", input),
    ("io.lines", lines),
    ("io.open", open_),
    ("io.output", output),
    ("io.popen", popen),
    ("io.read", read_),
    ("io.tmpfile", tmpfile),
    ("io.type", type_),
    ("io.write", write),
];

const METHODS: &[Entry] = &[
    ("close", file_close),
    ("flush", file_flush),
    ("lines", file_lines),
    ("read", file_read),
    ("seek", file_seek),
    ("setvbuf", file_setvbuf),
    ("write", file_write),
];

const METAMETHODS: &[Entry] = &[("__close", collect), ("__gc", collect), ("__tostring", tostring)];

pub(super) fn open(vm: &mut Vm) -> Result<(), OutOfMemory> {
    let library = new_library(vm, "io", IO)?;
    let methods = vm.table(0, 0)?;
    methods.become_prototype();
    register_nameless(vm, methods, METHODS)?;
    let metatable = vm.table(0, 0)?;
    metatable.become_prototype();
    register_nameless(vm, metatable, METAMETHODS)?;
    vm.raw_set_name(metatable, "__index", Value::from(methods))?;
    let name = vm.string(HANDLE_NAME.as_bytes())?;
    vm.raw_set_name(metatable, "__name", Value::from(name))?;
    vm.raw_set_name(vm.registry, HANDLE_NAME, Value::from(metatable))?;
    State::of_mut(vm).io.metatable = Some(metatable);
    let input = new_handle(vm, File::standard_input())?;
    let output = new_handle(vm, File::standard_output(Stream::Out))?;
    let error = new_handle(vm, File::standard_output(Stream::Err))?;
    for (name, handle) in [("stdin", input), ("stdout", output), ("stderr", error)] {
        vm.raw_set_name(library, name, Value::from(handle))?;
    }
    let state = &mut State::of_mut(vm).io;
    (state.standard_input, state.input, state.output) = (Some(input), Some(input), Some(output));
    Ok(())
}

/// Puts methods into a table. They have no name but the one at the call, as in PUC Lua.
fn register_nameless(vm: &mut Vm, table: Gc<Table>, entries: &[Entry]) -> Result<(), OutOfMemory> {
    for (key, function) in entries {
        let native = vm.native(NAMELESS, *function, NativeRole::Plain)?;
        vm.raw_set_name(table, key, Value::from(native))?;
    }
    Ok(())
}

/// Hands on what all files hold, before the process ends. Errors have nobody left to hear of them.
pub(super) fn flush_all(vm: &mut Vm) {
    for handle in vm.all_userdata() {
        if let Some(file) = payload(handle) {
            let _flushed = file.borrow_mut().flush(vm.host.as_mut());
        }
    }
}

fn new_handle(vm: &mut Vm, file: File) -> Result<Gc<Userdata>, OutOfMemory> {
    let metatable = State::of(vm).io.metatable.expect("`open` has made it");
    let handle =
        Gc::<Userdata>::allocate(&mut vm.heap, Box::new(RefCell::new(file)), File::ACCOUNTED_BYTES, Some(metatable))?;
    vm.note_finalizer(Value::from(handle), metatable)?;
    Ok(handle)
}

// Handles as arguments.

/// The handle that a value is, open or closed. What has lost its metatable is none.
fn as_handle(vm: &Vm, value: Value) -> Option<Gc<Userdata>> {
    value.as_userdata().filter(|handle| handle.metatable() == State::of(vm).io.metatable && payload(*handle).is_some())
}

/// The handle in argument `index`, open or closed.
fn check_handle(vm: &mut Vm, args: Args, index: u32) -> Result<Gc<Userdata>, Signal> {
    match as_handle(vm, vm.argument(args, index)) {
        Some(handle) => Ok(handle),
        None => Err(vm.type_error(args, index, HANDLE_NAME)),
    }
}

/// The handle in the first argument of a method, which must be open.
fn check_open(vm: &mut Vm, args: Args) -> Result<Gc<Userdata>, Signal> {
    let handle = check_handle(vm, args, 0)?;
    if is_open(handle) { Ok(handle) } else { Err(vm.raise("attempt to use a closed file")) }
}

/// What is behind a handle.
fn payload<'a>(handle: Gc<Userdata>) -> Option<&'a RefCell<File>> {
    handle.payload()
}

/// The open file behind a handle. It is let go of before anything that may run Lua code, raising an error included: the
/// program may use the same file there.
fn file_of<'a>(handle: Gc<Userdata>) -> Option<RefMut<'a, File>> {
    payload(handle).map(RefCell::borrow_mut).filter(|file| !file.is_closed())
}

/// Whether the file behind a handle is open.
fn is_open(handle: Gc<Userdata>) -> bool {
    file_of(handle).is_some()
}

/// As [`file_of`], for a handle that was found open since the last step that could run Lua code.
fn open_file<'a>(handle: Gc<Userdata>) -> RefMut<'a, File> {
    file_of(handle).expect("it was open, and nothing has run since that could close it")
}

/// The default file of `io.read` or `io.write`, which must be open.
fn default_file(vm: &mut Vm, direction: Direction) -> Result<Gc<Userdata>, Signal> {
    let handle = direction.of(vm);
    if is_open(handle) {
        return Ok(handle);
    }
    Err(vm.raise(&format!("default {} file is closed", direction.name())))
}

/// Which of the default files.
#[derive(Debug, Clone, Copy)]
enum Direction {
    Input,
    Output,
}

impl Direction {
    fn name(self) -> &'static str {
        match self {
            Direction::Input => "input",
            Direction::Output => "output",
        }
    }

    fn access(self) -> Access {
        match self {
            Direction::Input => Access::Read,
            Direction::Output => Access::Write,
        }
    }

    fn of(self, vm: &Vm) -> Gc<Userdata> {
        match self {
            Direction::Input => State::of(vm).io.input,
            Direction::Output => State::of(vm).io.output,
        }
        .expect("`open` has set it")
    }

    fn set(self, vm: &mut Vm, handle: Gc<Userdata>) {
        match self {
            Direction::Input => State::of_mut(vm).io.input = Some(handle),
            Direction::Output => State::of_mut(vm).io.output = Some(handle),
        }
    }
}

// Opening and closing.

/// `open(filename [, mode])`.
fn open_(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let path = c_string(vm.check_string(args, 0)?.bytes());
    let mode: &[u8] = if vm.argument(args, 1).is_nil() { b"r" } else { c_string(vm.check_string(args, 1)?.bytes()) };
    let Some(mode) = open_mode(mode) else { return Err(vm.argument_error(args, 1, "invalid mode")) };
    let opened = vm.host.open_file(path, mode).map(|file| File::opened(file, mode));
    return_opened(vm, args, opened, Some(path))
}

/// A mode of C's `fopen`: a letter, then `+` and `b`, each at most once and in this order.
fn open_mode(mode: &[u8]) -> Option<OpenMode> {
    let (letter, rest) = mode.split_first()?;
    let access = match letter {
        b'r' => Access::Read,
        b'w' => Access::Write,
        b'a' => Access::Append,
        _ => return None,
    };
    let update = rest.first() == Some(&b'+');
    let rest = if update { &rest[1..] } else { rest };
    rest.iter().all(|byte| *byte == b'b').then_some(OpenMode { access, update })
}

/// A new handle, or what the host says.
fn return_opened(vm: &mut Vm, args: Args, opened: io::Result<File>, path: Option<&[u8]>) -> Result<u32, Signal> {
    match opened {
        Ok(file) => {
            let handle = new_handle(vm, file)?;
            vm.return_one(args, handle)
        }
        Err(error) => return_error(vm, args, &error, path),
    }
}

/// `popen(command [, mode])`.
fn popen(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let command = c_string(vm.check_string(args, 0)?.bytes());
    let mode: &[u8] = if vm.argument(args, 1).is_nil() { b"r" } else { vm.check_string(args, 1)?.bytes() };
    let (pipe, access) = match mode {
        b"r" => (Pipe::FromProcess, Access::Read),
        b"w" => (Pipe::ToProcess, Access::Write),
        _ => return Err(vm.argument_error(args, 1, "invalid mode")),
    };
    flush_all(vm);
    match vm.host.open_process(command, pipe) {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Err(vm.raise("'popen' not supported")),
        opened => {
            let opened = opened.map(|file| File::opened(file, OpenMode { access, update: false }));
            return_opened(vm, args, opened, Some(command))
        }
    }
}

fn tmpfile(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let mode = OpenMode { access: Access::Write, update: true };
    let opened = vm.host.open_temporary_file().map(|file| File::opened(file, mode));
    return_opened(vm, args, opened, None)
}

/// `close([file])`.
fn close(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    if args.count > 0 {
        return file_close(vm, args);
    }
    let handle = Direction::Output.of(vm);
    if is_open(handle) { close_file(vm, args, handle) } else { Err(vm.raise("attempt to use a closed file")) }
}

fn file_close(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let handle = check_open(vm, args)?;
    close_file(vm, args, handle)
}

/// Closes an open file; the results are those of `close`.
fn close_file(vm: &mut Vm, args: Args, handle: Gc<Userdata>) -> Result<u32, Signal> {
    if open_file(handle).is_standard() {
        let message = vm.string(b"cannot close standard file")?;
        return vm.return_values(args, &[Value::NIL, Value::from(message)]);
    }
    let closed = open_file(handle).close();
    match closed {
        Ok(Some(termination)) => return_termination(vm, args, termination),
        Ok(None) => vm.return_one(args, Value::TRUE),
        Err(error) => return_error(vm, args, &error, None),
    }
}

/// `__gc` and `__close`: closes the file if it can be.
fn collect(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let handle = check_handle(vm, args, 0)?;
    if let Some(mut file) = file_of(handle).filter(|file| !file.is_standard()) {
        // As in PUC Lua, a file that closes by itself has nobody to tell of an error.
        let _ended = file.close();
    }
    Ok(0)
}

fn tostring(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let handle = check_handle(vm, args, 0)?;
    let text = if is_open(handle) {
        format!("file ({})", vm.identity(Value::from(handle)))
    } else {
        "file (closed)".to_string()
    };
    let text = vm.string(text.as_bytes())?;
    vm.return_one(args, text)
}

/// `type(obj)`.
fn type_(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let value = vm.check_any(args, 0)?;
    let name = match as_handle(vm, value).and_then(payload) {
        Some(file) if file.borrow().is_closed() => "closed file",
        Some(_) => "file",
        None => return vm.return_one(args, Value::NIL),
    };
    let name = vm.string(name.as_bytes())?;
    vm.return_one(args, name)
}

// The default files.

/// `input([file])`.
fn input(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    set_default(vm, args, Direction::Input)
}

/// `output([file])`.
fn output(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    set_default(vm, args, Direction::Output)
}

fn set_default(vm: &mut Vm, args: Args, direction: Direction) -> Result<u32, Signal> {
    let argument = vm.argument(args, 0);
    if argument.tag == Tag::String || argument.tag.is_number() {
        let path = vm.check_string(args, 0)?.bytes();
        let handle = open_or_raise(vm, path, direction.access())?;
        direction.set(vm, handle);
    } else if !argument.is_nil() {
        let handle = check_handle(vm, args, 0)?;
        if !is_open(handle) {
            return Err(vm.raise("attempt to use a closed file"));
        }
        direction.set(vm, handle);
    }
    let handle = direction.of(vm);
    vm.return_one(args, handle)
}

/// Opens a file for a function that raises an error if it cannot.
fn open_or_raise(vm: &mut Vm, path: &[u8], access: Access) -> Result<Gc<Userdata>, Signal> {
    let path = c_string(path);
    let mode = OpenMode { access, update: false };
    match vm.host.open_file(path, mode) {
        Ok(file) => Ok(new_handle(vm, File::opened(file, mode))?),
        Err(error) => {
            let reason = error_text(&error);
            Err(vm.raise_bytes(&[b"cannot open file '", path, b"' (", reason.as_bytes(), b")"].concat()))
        }
    }
}

// Reading.

/// The bytes of a file, of standard input if there is no path; or what failed, "open" or "read", and why. `top` is as in
/// [`Vm::call`].
pub(super) fn read_whole_file(
    vm: &mut Vm,
    top: u32,
    path: Option<&[u8]>,
) -> Result<Result<Buffer, (&'static str, io::Error)>, Signal> {
    let mode = OpenMode { access: Access::Read, update: false };
    let opened = match path.map(|path| vm.host.open_file(path, mode)).transpose() {
        Ok(file) => file.map(|file| RefCell::new(File::opened(file, mode))),
        Err(error) => return Ok(Err(("open", error))),
    };
    let standard_input = State::of(vm).io.standard_input.expect("`open` has set it");
    let file = match &opened {
        Some(file) => file,
        None => payload(standard_input).expect("it was made with one"),
    };
    let mut buffer = Buffer::new(vm);
    loop {
        let mut read = file.borrow_mut();
        if let Err(error) = read.fill(vm.host.as_mut()) {
            return Ok(Err(("read", error)));
        }
        let count = read.available().len();
        if count == 0 {
            return Ok(Ok(buffer));
        }
        buffer.append(read.available())?;
        read.consume(count);
        drop(read);
        if vm.must_poll() {
            vm.poll(top)?;
        }
    }
}

/// The next line of standard input without its end; `None` after the last one, and if the host cannot read.
pub(super) fn read_line(vm: &mut Vm, args: Args) -> Result<Option<Gc<LuaString>>, Signal> {
    let standard_input = State::of(vm).io.standard_input.expect("`open` has set it");
    match read_formats(vm, args, standard_input, &[], 0)? {
        Read::Values(_) => Ok(vm.slot(args.top()).as_string()),
        Read::Failed(_) => Ok(None),
    }
}

/// `read(...)`.
fn read_(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let handle = default_file(vm, Direction::Input)?;
    read_arguments(vm, args, handle, 0)
}

fn file_read(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let handle = check_open(vm, args)?;
    read_arguments(vm, args, handle, 1)
}

/// Reads by the arguments from `first` on.
fn read_arguments(vm: &mut Vm, args: Args, handle: Gc<Userdata>, first: u32) -> Result<u32, Signal> {
    let formats: Vec<Value> = (first..args.count).map(|index| vm.argument(args, index)).collect();
    match read_formats(vm, args, handle, &formats, first)? {
        Read::Values(count) => vm.return_slots(args, args.top(), count),
        Read::Failed(error) => return_error(vm, args, &error, None),
    }
}

/// `lines([filename, ...])`.
fn lines(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    if vm.argument(args, 0).is_nil() {
        let handle = Direction::Input.of(vm);
        if !is_open(handle) {
            return Err(vm.raise("attempt to use a closed file"));
        }
        let iterator = lines_iterator(vm, args, handle, false)?;
        return vm.return_one(args, iterator);
    }
    let path = vm.check_string(args, 0)?.bytes();
    let handle = open_or_raise(vm, path, Access::Read)?;
    let iterator = lines_iterator(vm, args, handle, true)?;
    // The file is the loop's closing value, so that it is closed however the loop ends.
    vm.return_values(args, &[Value::from(iterator), Value::NIL, Value::NIL, Value::from(handle)])
}

fn file_lines(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let handle = check_open(vm, args)?;
    let iterator = lines_iterator(vm, args, handle, false)?;
    vm.return_one(args, iterator)
}

/// Upvalues of the iterator that `lines` gives; the formats follow.
const LINES_FILE: u32 = 0;
/// Whether the iterator closes the file at its end.
const LINES_CLOSES: u32 = 1;
const LINES_FORMATS: u32 = 2;

fn lines_iterator(vm: &mut Vm, args: Args, handle: Gc<Userdata>, closes: bool) -> Result<Gc<NativeFunction>, Signal> {
    if args.count > MAX_LINES_FORMATS + 1 {
        return Err(vm.argument_error(args, MAX_LINES_FORMATS + 1, "too many arguments"));
    }
    let mut upvalues = vec![Value::from(handle), Value::boolean(closes)];
    upvalues.extend((1..args.count).map(|index| vm.argument(args, index)));
    Ok(Gc::<NativeFunction>::allocate(&mut vm.heap, NAMELESS, next_line, NativeRole::Plain, &upvalues)?)
}

/// The iterator of `lines`.
fn next_line(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let iterator = vm.slot(args.base - 2).as_native().expect("a library function runs");
    let handle = iterator.upvalue(LINES_FILE).as_userdata().expect("`lines_iterator` has put it there");
    if !is_open(handle) {
        return Err(vm.raise("file is already closed"));
    }
    let formats: Vec<Value> = (LINES_FORMATS..iterator.upvalue_count()).map(|index| iterator.upvalue(index)).collect();
    // What the loop passes is not looked at; messages count the formats from the second argument.
    let count = match read_formats(vm, args, handle, &formats, 1)? {
        Read::Values(count) => count,
        Read::Failed(error) => return Err(vm.raise(&error_text(&error))),
    };
    if !vm.slot(args.top()).is_nil() {
        return vm.return_slots(args, args.top(), count);
    }
    if !iterator.upvalue(LINES_CLOSES).is_falsy() && is_open(handle) {
        close_file(vm, args, handle)?;
    }
    Ok(0)
}

// Writing.

/// `write(...)`.
fn write(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let handle = default_file(vm, Direction::Output)?;
    write_arguments(vm, args, handle, 0)
}

fn file_write(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let handle = check_open(vm, args)?;
    write_arguments(vm, args, handle, 1)
}

/// Writes the arguments from `first` on; the result is the handle.
fn write_arguments(vm: &mut Vm, args: Args, handle: Gc<Userdata>, first: u32) -> Result<u32, Signal> {
    for index in first..args.count {
        let value = vm.argument(args, index);
        let text;
        let bytes = match (value.as_integer(), value.as_float()) {
            (Some(integer), _) => {
                text = integer.to_string();
                text.as_bytes()
            }
            // PUC Lua writes a float here with plain `%.14g`, so that 1.0 is written as 1.
            (None, Some(float)) => {
                text = format_general(float, 14, false);
                text.as_bytes()
            }
            (None, None) => vm.check_string(args, index)?.bytes(),
        };
        let written = open_file(handle).write(vm.host.as_mut(), bytes);
        if let Err(error) = written {
            return return_error(vm, args, &error, None);
        }
    }
    vm.return_one(args, handle)
}

/// `flush()`.
fn flush(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let handle = default_file(vm, Direction::Output)?;
    let result = open_file(handle).flush(vm.host.as_mut());
    return_outcome(vm, args, result, None)
}

fn file_flush(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let handle = check_open(vm, args)?;
    let result = open_file(handle).flush(vm.host.as_mut());
    return_outcome(vm, args, result, None)
}

/// `file:setvbuf(mode [, size])`. The size is only a wish, in C as well, and is not granted here.
fn file_setvbuf(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let handle = check_open(vm, args)?;
    let mode = vm.check_string(args, 1)?;
    let buffering = match mode.bytes() {
        b"no" => Buffering::None,
        b"full" => Buffering::Full,
        b"line" => Buffering::Line,
        _ => return Err(invalid_option(vm, args, 1)),
    };
    vm.optional_integer(args, 2, 0)?;
    let result = open_file(handle).set_buffering(vm.host.as_mut(), buffering);
    return_outcome(vm, args, result, None)
}

/// `file:seek([whence [, offset]])`.
fn file_seek(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let handle = check_open(vm, args)?;
    let whence: &[u8] = if vm.argument(args, 1).is_nil() { b"cur" } else { vm.check_string(args, 1)?.bytes() };
    let whence = match whence {
        b"set" => Whence::Start,
        b"cur" => Whence::Current,
        b"end" => Whence::End,
        _ => return Err(invalid_option(vm, args, 1)),
    };
    let offset = vm.optional_integer(args, 2, 0)?;
    let position = open_file(handle).seek(vm.host.as_mut(), whence, offset);
    match position {
        Ok(position) => vm.return_one(args, Value::integer(position as i64)),
        Err(error) => return_error(vm, args, &error, None),
    }
}

#[cold]
fn invalid_option(vm: &mut Vm, args: Args, index: u32) -> Signal {
    let option = vm.argument(args, index).as_string().map_or(String::new(), |option| option.to_text());
    vm.argument_error(args, index, &format!("invalid option '{option}'"))
}
