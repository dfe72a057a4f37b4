//! What the engine keeps of a function: its part of the syntax tree, and the chunk that it is from. A compiler would put
//! what it makes of the tree here.

use std::rc::Rc;

use engine_api::{Position, Unsupported};
use lua_runtime::function::Code;
use lua_runtime::heap::Heap;
use lua_runtime::{
    ChunkPart, ChunkRequest, Closure, EngineCode, FunctionOrigin, Gc, LoadFailure, LuaString, Marker, OutOfMemory, Vm,
};
use lua_syntax::ast::Function;

use crate::decline;

/// Heap bytes that are counted for each byte of a function's source, since the tree stays: a guess on the safe side.
const TREE_BYTES_PER_SOURCE_BYTE: u64 = 32;

/// A chunk, shared by its functions.
pub(crate) struct Source {
    /// Lua's chunk name.
    pub(crate) chunk_name: String,
    /// The name as messages show it.
    pub(crate) display_name: String,
    /// The text, which `string.dump` writes.
    pub(crate) text: Gc<LuaString>,
}

/// One function of the source, ready to run.
pub(crate) struct FunctionCode {
    /// The tree.
    pub(crate) function: Rc<Function>,
    /// Where it is from.
    pub(crate) source: Rc<Source>,
    accounted_bytes: u64,
}

impl FunctionCode {
    /// The code object of a function. Nothing is collected here, so that a new object needs no root.
    pub(crate) fn allocate(
        heap: &mut Heap,
        function: &Rc<Function>,
        source: &Rc<Source>,
    ) -> Result<Gc<Code>, OutOfMemory> {
        let accounted_bytes = u64::from(function.span.end - function.span.start) * TREE_BYTES_PER_SOURCE_BYTE;
        heap.account(accounted_bytes)?;
        let code = FunctionCode { function: Rc::clone(function), source: Rc::clone(source), accounted_bytes };
        Gc::<Code>::allocate(heap, Box::new(code), function.upvalues.len() as u32)
    }
}

impl EngineCode for FunctionCode {
    fn trace(&self, marker: &mut Marker) {
        marker.mark(self.source.text.header());
    }

    fn accounted_bytes(&self) -> u64 {
        self.accounted_bytes
    }
}

/// [`lua_runtime::EngineHooks::load`].
pub(crate) fn load(vm: &mut Vm, request: &ChunkRequest<'_>) -> Result<Gc<Closure>, LoadFailure> {
    let display_name = lua_syntax::chunk_display_name(request.name);
    if request.is_stripped || request.part != ChunkPart::Main {
        let construct = "a function from 'string.dump'".to_string();
        let position = Some(Position { chunk: display_name, line: 0 });
        return Err(LoadFailure::Unsupported(Unsupported { construct, position }));
    }
    let main = vm.parse(request)?.main;
    decline::check(&main, &display_name).map_err(LoadFailure::Unsupported)?;
    let source = Rc::new(Source { chunk_name: request.name.to_string(), display_name, text: request.text });
    let code = FunctionCode::allocate(&mut vm.heap, &main, &source)?;
    Ok(Gc::<Closure>::with_own_cells(&mut vm.heap, code, main.upvalues.len(), request.environment)?)
}

/// [`lua_runtime::EngineHooks::origin`].
pub(crate) fn origin(closure: Gc<Closure>) -> FunctionOrigin {
    let FunctionCode { function, source, accounted_bytes: _ } = code_of(closure);
    let part = if function.line_defined == 0 { ChunkPart::Main } else { ChunkPart::Function(function.span.start) };
    FunctionOrigin { chunk_name: source.chunk_name.clone(), text: source.text, part, is_stripped: false }
}

/// The code of a closure. As good as the `Gc`: not to be kept across a poll, unless the closure is in a stack slot.
pub(crate) fn code_of<'a>(closure: Gc<Closure>) -> &'a FunctionCode {
    closure.code().get::<FunctionCode>()
}
