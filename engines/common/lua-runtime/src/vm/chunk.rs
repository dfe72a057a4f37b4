//! What an engine is asked to compile, and where a function came from.
//!
//! A function's code never leaves the engine. What `string.dump` writes is the text of the whole chunk and the place of
//! the function in it, so that loading it is compiling it again; see `binary`. The text is a Lua string that the
//! functions of the chunk keep alive.

mod binary;

use engine_api::Failure;
use lua_syntax::ParseError;

use super::signal::Signal;
use super::{LoadFailure, Vm};
use crate::heap::object::Gc;
use crate::heap::{Heap, OutOfMemory};
use crate::objects::function::{Cell, Closure, Code};
use crate::objects::string::LuaString;
use crate::value::Value;

/// A request to compile.
#[derive(Debug, Clone, Copy)]
pub struct ChunkRequest<'a> {
    /// Lua's chunk name.
    pub name: &'a str,
    /// The text of the whole chunk.
    pub text: Gc<LuaString>,
    /// Which of its functions is wanted.
    pub part: ChunkPart,
    /// The value of the function's first upvalue, which is `_ENV` for a main function. Other upvalues are nil.
    pub environment: Value,
    /// Whether lines and names of variables are left out, so that messages and `debug` do not see them.
    pub is_stripped: bool,
}

/// A function of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChunkPart {
    /// The main function.
    Main,
    /// The function that starts at this byte of the text.
    Function(u32),
}

/// Where a function came from: enough to compile it again.
#[derive(Debug, Clone)]
pub struct FunctionOrigin {
    /// Lua's chunk name.
    pub chunk_name: String,
    /// The text of the whole chunk.
    pub text: Gc<LuaString>,
    /// Which function of the chunk it is.
    pub part: ChunkPart,
    /// Whether it was loaded without lines and names.
    pub is_stripped: bool,
}

/// The first byte of a binary chunk.
pub const BINARY_MARK: u8 = 0x1b;
/// The kinds of chunks that are allowed when nobody says.
pub const ANY_MODE: &[u8] = b"bt";

/// A compiled chunk, or the message that says why there is none.
pub type Loaded = Result<Gc<Closure>, Vec<u8>>;

/// Where a chunk comes from and what it may see.
pub struct Chunk<'a> {
    /// Its name, by Lua's convention.
    pub name: &'a str,
    /// Which kinds are allowed: `b`, `t` or both.
    pub mode: &'a [u8],
    /// Its `_ENV`.
    pub environment: Value,
}

impl Chunk<'_> {
    /// Compiles the chunk, or reads it if it is a dump.
    ///
    /// # Errors
    /// [`Signal::Fatal`] for a construct that the engine cannot run, [`Signal::Memory`].
    pub fn compile(&self, vm: &mut Vm, chunk: Gc<LuaString>) -> Result<Loaded, Signal> {
        let bytes = chunk.bytes();
        let is_binary = bytes.first() == Some(&BINARY_MARK);
        let (kind, letter) = if is_binary { ("binary", b'b') } else { ("text", b't') };
        if !self.mode.contains(&letter) {
            let mode = String::from_utf8_lossy(self.mode);
            return Ok(Err(format!("attempt to load a {kind} chunk (mode is '{mode}')").into_bytes()));
        }
        let environment = self.environment;
        if !is_binary {
            let request =
                ChunkRequest { name: self.name, text: chunk, part: ChunkPart::Main, environment, is_stripped: false };
            return request_from_engine(vm, &request);
        }
        match binary::read(bytes) {
            Ok(binary::Dumped { name, text, part, is_stripped }) => {
                let text = vm.string(text)?;
                request_from_engine(vm, &ChunkRequest { name, text, part, environment, is_stripped })
            }
            Err(why) => Ok(Err(format!("{}: bad binary format ({why})", binary::shown_name(self.name)).into_bytes())),
        }
    }
}

fn request_from_engine(vm: &mut Vm, request: &ChunkRequest<'_>) -> Result<Loaded, Signal> {
    match vm.compile(request) {
        Ok(closure) => Ok(Ok(closure)),
        Err(LoadFailure::Syntax(error)) => Ok(Err(error.message)),
        Err(LoadFailure::Unsupported(unsupported)) => {
            vm.fatal = Some(Failure::Unsupported(unsupported));
            Err(Signal::Fatal)
        }
        Err(LoadFailure::OutOfMemory) => Err(Signal::Memory),
    }
}

impl Vm {
    /// A binary chunk of a function, without lines and names if `strip` says so. `top` is as in [`Vm::collect`].
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn dump(&mut self, top: u32, closure: Gc<Closure>, strip: bool) -> Result<Gc<LuaString>, OutOfMemory> {
        let origin = (self.engine.origin)(closure);
        let head = binary::head(&origin, strip || origin.is_stripped);
        let text = origin.text.bytes();
        let length = head.len() + text.len();
        self.make_room(top, length as u64);
        self.string_filled(length, |target| {
            target[..head.len()].copy_from_slice(&head);
            target[head.len()..].copy_from_slice(text);
        })
    }

    /// Lets the engine compile a chunk.
    pub(crate) fn compile(&mut self, request: &ChunkRequest<'_>) -> Result<Gc<Closure>, LoadFailure> {
        (self.engine.load)(self, request)
    }

    /// The syntax tree of a chunk, with which an engine's compiler begins. The heap limit counts what it takes for the
    /// moment; what is compiled from it takes no more than that.
    ///
    /// # Errors
    /// A syntax error, and [`LoadFailure::OutOfMemory`] if the heap limit leaves no room for the tree.
    pub fn parse(&self, request: &ChunkRequest<'_>) -> Result<lua_syntax::ast::Chunk, LoadFailure> {
        match lua_syntax::parse_within(request.name, request.text.bytes(), self.heap.room_bytes()) {
            Ok(chunk) => Ok(chunk),
            Err(ParseError::Syntax(error)) => Err(error.into()),
            Err(ParseError::TooLarge) => Err(LoadFailure::OutOfMemory),
        }
    }
}

/// The chunk name of functions that were stripped.
pub const STRIPPED_NAME: &str = "=?";

impl Gc<Closure> {
    /// A closure whose upvalues belong to no other one: the first is `environment`, the others are nil.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn with_own_cells(
        heap: &mut Heap,
        code: Gc<Code>,
        upvalue_count: usize,
        environment: Value,
    ) -> Result<Gc<Closure>, OutOfMemory> {
        let mut cells = Vec::with_capacity(upvalue_count);
        for index in 0..upvalue_count {
            cells.push(Gc::<Cell>::allocate(heap, if index == 0 { environment } else { Value::NIL }, false)?);
        }
        Gc::<Closure>::allocate(heap, code, &cells)
    }
}
