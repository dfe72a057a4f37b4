//! What the runtime and an engine know of each other: the functions by which the runtime reaches the engine, and the
//! engine's own part of a Lua state.

use std::any::{Any, TypeId};
use std::ptr::NonNull;

use engine_api::{LuaError, Position, Unsupported};
use lua_syntax::SyntaxError;

use super::Vm;
use super::chunk::{ChunkRequest, FunctionOrigin};
use super::debug_library::DebugLibraryHooks;
use super::signal::Signal;
use crate::heap::OutOfMemory;
use crate::heap::object::Gc;
use crate::objects::function::Closure;
use crate::objects::thread::Thread;
use crate::value::Value;

/// Compiles a function of a chunk.
pub type LoadFn = fn(&mut Vm, &ChunkRequest<'_>) -> Result<Gc<Closure>, LoadFailure>;

/// How the runtime reaches the engine. Given once, at the start.
pub struct EngineHooks {
    /// The type of the engine's code for one function: the heap takes no other, so that the engine may take each closure
    /// for one of its own.
    pub code: TypeId,
    /// Calls the value in stack slot `callee` with `count` arguments from slot `callee + 2` on. Results lie from
    /// `callee` on; returns their number. Handles `__call`. The native depth is already counted.
    pub call: fn(vm: &mut Vm, callee: u32, count: u32) -> Result<u32, Signal>,
    /// Compiles a chunk.
    pub load: LoadFn,
    /// Where a function came from.
    pub origin: fn(closure: Gc<Closure>) -> FunctionOrigin,
    /// Where the function at `level` is (0 = the innermost, of either kind); `None` for a library function.
    pub position: fn(vm: &Vm, level: u32) -> Option<Position>,
    /// How the innermost function was called, as far as the call site tells.
    pub call_name: fn(vm: &Vm) -> Option<CallName>,
    /// The call stack of the running coroutine from `level` on, in the layout of `debug.traceback`, first line "stack
    /// traceback:".
    pub traceback: fn(vm: &Vm, level: u32) -> String,
    /// The first slot that the innermost frame does not need any more once it has raised an error.
    pub free_slot: fn(vm: &Vm) -> u32,
    /// Calls the `__close` metamethods of the running coroutine, whose frames are gone, with the error that has ended it,
    /// if there was one. Returns the error that is left. Only what cannot be caught is an `Err`.
    pub close_variables: fn(vm: &mut Vm, error: Option<Value>) -> Result<Option<Value>, Signal>,
    /// Takes the innermost to-be-closed variable of the running coroutine off the list and gives its stack slot.
    pub next_to_close: fn(vm: &Vm) -> Option<u32>,
    /// Frames and functions as `debug` shows them; `None` if the engine cannot tell.
    pub debug_library: Option<&'static DebugLibraryHooks>,
}

impl Vm {
    /// Where the function at `level` is: [`EngineHooks::position`].
    pub fn position(&self, level: u32) -> Option<Position> {
        (self.engine.position)(self, level)
    }

    /// How the innermost function was called: [`EngineHooks::call_name`].
    pub(crate) fn call_name(&self) -> Option<CallName> {
        (self.engine.call_name)(self)
    }

    /// Takes the innermost to-be-closed variable of a coroutine off the list and gives its value.
    pub fn take_to_close(&mut self, thread: Gc<Thread>) -> Option<Value> {
        if thread == self.thread {
            return (self.engine.next_to_close)(self).map(|slot| self.slot(slot));
        }
        thread.fields().closing.borrow_mut().pop().map(|slot| thread.slot(slot))
    }
}

/// How a call site names the function that it calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallName {
    /// The name.
    pub name: String,
    /// Whether it is a method call, whose first argument is the object.
    pub is_method: bool,
}

/// Why a chunk did not compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadFailure {
    /// A syntax error: Lua's message, position included.
    Syntax(LuaError),
    /// A construct that the engine cannot run.
    Unsupported(Unsupported),
    /// No memory.
    OutOfMemory,
}

impl LoadFailure {
    /// A dump of a function whose text does not hold the function. `chunk_name` is by Lua's convention.
    pub fn corrupted_dump(chunk_name: &str) -> LoadFailure {
        let name = lua_syntax::chunk_display_name(chunk_name);
        let message = format!("{name}: bad binary format (corrupted chunk)").into_bytes();
        LoadFailure::Syntax(LuaError::raised(message, String::new()))
    }
}

impl From<SyntaxError> for LoadFailure {
    fn from(error: SyntaxError) -> LoadFailure {
        let source_bytes = error.span.start as usize..error.span.end as usize;
        LoadFailure::Syntax(LuaError {
            source_bytes: Some(source_bytes),
            ..LuaError::raised(error.text(), String::new())
        })
    }
}

impl From<OutOfMemory> for LoadFailure {
    fn from(_: OutOfMemory) -> LoadFailure {
        LoadFailure::OutOfMemory
    }
}

/// The call with which a library function ends: the callee is in the first slot of its frame, where its first argument
/// was, the arguments of the call from the third on.
#[derive(Debug, Clone, Copy, Default)]
pub struct LastCall {
    /// The number of arguments.
    pub arguments: u32,
    /// The number of results that the library function gives; all of them if there is none.
    pub results: Option<u8>,
}

/// An engine's own part of a Lua state, which lives as long as that and does not move. Only shared references to it are
/// given out: what changes in it is in cells.
pub struct EngineState {
    state: NonNull<dyn Any>,
    kind: TypeId,
}

impl EngineState {
    /// Takes the engine's part.
    pub fn new<T: 'static>(state: T) -> EngineState {
        let state: Box<dyn Any> = Box::new(state);
        // Not kept as a box, which would claim to be the only pointer to it.
        EngineState { state: NonNull::from(Box::leak(state)), kind: TypeId::of::<T>() }
    }

    /// The engine's part.
    ///
    /// # Panics
    /// If it is no `T`: another engine's function was called with this state.
    #[inline(always)]
    pub fn get<T: 'static>(&self) -> &T {
        assert!(self.kind == TypeId::of::<T>(), "the state of another engine");
        // SAFETY: the type was checked just above; the allocation is freed only when this is dropped.
        unsafe { self.state.cast::<T>().as_ref() }
    }

    /// The engine's part, for paths where the check of [`EngineState::get`] shows: every call asks for it.
    ///
    /// # Safety
    /// It is a `T`: the engine's own function runs, which only its hooks can reach, and the hooks came with the state.
    #[inline(always)]
    pub unsafe fn get_unchecked<T: 'static>(&self) -> &T {
        debug_assert!(self.kind == TypeId::of::<T>(), "the state of another engine");
        // SAFETY: as the caller says; the allocation is freed only when this is dropped.
        unsafe { self.state.cast::<T>().as_ref() }
    }

    /// Its address, for compiled code.
    pub fn address(&self) -> *mut () {
        self.state.as_ptr().cast()
    }
}

impl Drop for EngineState {
    fn drop(&mut self) {
        // SAFETY: it came from a box in `new`, and nothing borrows from this any more.
        drop(unsafe { Box::from_raw(self.state.as_ptr()) });
    }
}
