//! What an engine is asked to compile, and where a function came from.
//!
//! A function's code never leaves the engine. What `string.dump` writes is the text of the whole chunk and the place of
//! the function in it, so that loading it is compiling it again; see `library::dump`. The text is a Lua string that the
//! functions of the chunk keep alive.

use lua_syntax::ParseError;

use crate::function::{Cell, Closure, Code};
use crate::heap::{Heap, OutOfMemory};
use crate::object::Gc;
use crate::string::LuaString;
use crate::value::Value;
use crate::vm::{LoadFailure, Vm};

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

impl Vm {
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
