//! What a program may ask about its own frames and functions, and the hooks that it may set: the data between an engine
//! and the library `debug`.
//!
//! Levels count from the innermost function of the running coroutine, 0, whatever its kind. Nothing here knows how an
//! engine lays out frames.

use super::Vm;
use crate::heap::object::Gc;
use crate::objects::function::{Cell, Closure};
pub use crate::objects::thread::HookMask;
use crate::objects::thread::Thread;
use crate::value::{Tag, Value};

/// What an engine tells about frames and functions.
pub struct DebugLibraryHooks {
    /// The frame at a level, if there is one.
    pub frame: fn(vm: &Vm, level: u32) -> Option<FrameFacts>,
    /// What the source says about a function.
    pub facts: fn(closure: Gc<Closure>) -> FunctionFacts,
    /// A variable of the frame at a level, with its value: the nth active local variable from 1 on, then what lies
    /// unnamed above them, or, with a negative number, an extra argument from -1 on.
    pub local: fn(vm: &Vm, level: u32, number: i64) -> Option<NamedValue>,
    /// Sets such a variable. Returns its name.
    pub set_local: fn(vm: &mut Vm, level: u32, number: i64, value: Value) -> Option<Vec<u8>>,
    /// The cell of a variable that is never reassigned was set from outside: gives the value to the copies that the
    /// frames of the running coroutine keep of it.
    pub set_copies: fn(vm: &mut Vm, cell: Gc<Cell>, value: Value),
}

impl Vm {
    /// Whether the engine can tell about frames and functions: it must be asked before the functions below.
    pub fn shows_frames(&self) -> bool {
        self.engine.debug_library.is_some()
    }

    fn debug_library(&self) -> &'static DebugLibraryHooks {
        self.engine.debug_library.expect("an engine that shows frames")
    }

    /// What the source says about a function.
    pub fn function_facts(&self, closure: Gc<Closure>) -> FunctionFacts {
        (self.debug_library().facts)(closure)
    }

    /// The frame of a coroutine at a level, if there is one. `top` is as in [`Vm::call`], here and below.
    pub fn frame_facts(&mut self, thread: Gc<Thread>, top: u32, level: u32) -> Option<FrameFacts> {
        let hooks = self.debug_library();
        self.on_thread(thread, top, |vm| (hooks.frame)(vm, level))
    }

    /// A variable of the frame of a coroutine at a level: [`DebugLibraryHooks::local`].
    pub fn local(&mut self, thread: Gc<Thread>, top: u32, level: u32, number: i64) -> Option<NamedValue> {
        let hooks = self.debug_library();
        self.on_thread(thread, top, |vm| (hooks.local)(vm, level, number))
    }

    /// Sets such a variable. Gives its name.
    pub fn set_local(
        &mut self,
        thread: Gc<Thread>,
        top: u32,
        level: u32,
        number: i64,
        value: Value,
    ) -> Option<Vec<u8>> {
        assert!(value.tag != Tag::Frame, "a frame header as a value");
        let hooks = self.debug_library();
        self.on_thread(thread, top, |vm| (hooks.set_local)(vm, level, number, value))
    }

    /// Sets a captured variable from outside, with the copies that frames keep of it.
    pub fn set_variable(&mut self, cell: Gc<Cell>, value: Value) {
        cell.set(&mut self.heap, value);
        if let Some(hooks) = self.engine.debug_library.filter(|_| cell.is_immutable()) {
            (hooks.set_copies)(self, cell, value);
        }
    }

    /// The call stack of a coroutine: [`crate::EngineHooks::traceback`].
    pub fn traceback_of(&mut self, thread: Gc<Thread>, top: u32, level: u32) -> String {
        self.on_thread(thread, top, |vm| (vm.engine.traceback)(vm, level))
    }
}

/// A variable's name and value.
pub type NamedValue = (Vec<u8>, Value);

/// A frame.
#[derive(Debug, Clone)]
pub struct FrameFacts {
    /// The function.
    pub function: Value,
    /// The line that it is at, for a Lua function.
    pub line: Option<u32>,
    /// How it was called, as far as the call site tells.
    pub name: Option<FrameName>,
    /// Whether a tail call has entered it.
    pub is_tail_call: bool,
}

/// How a function was called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameName {
    /// What the name stands for: `local`, `global`, `method`, `hook` and so on.
    pub kind: &'static str,
    /// The name.
    pub text: Vec<u8>,
}

/// A Lua function, as its source tells.
#[derive(Debug, Clone)]
pub struct FunctionFacts {
    /// Lua's chunk name (`@file.lua`).
    pub chunk_name: String,
    /// Line of the keyword `function`; 0 for a main chunk.
    pub line_defined: u32,
    /// Line of the closing `end`; 0 for a main chunk.
    pub last_line: u32,
    /// Number of parameters.
    pub parameter_count: u32,
    /// Names of the parameters; none in a function that was loaded without names.
    pub parameters: Vec<Vec<u8>>,
    /// Whether it takes extra arguments.
    pub is_vararg: bool,
    /// Names of the upvalues.
    pub upvalues: Vec<Vec<u8>>,
    /// Lines that have instructions, in any order, possibly more than once.
    pub active_lines: Vec<u32>,
}

/// What has happened when a hook is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookEvent {
    /// A function begins, with this many parameters or arguments.
    Call {
        /// Whether it has taken the place of its caller.
        is_tail_call: bool,
        /// Arguments, of which a Lua function counts the named ones.
        arguments: u32,
    },
    /// A function ends: as `debug.getlocal` counts, its results are `count` variables from `first` on.
    Return {
        /// The first result.
        first: u32,
        /// The number of results.
        count: u32,
    },
    /// This line begins; 0 in a function that was loaded without lines.
    Line(u32),
    /// Enough instructions have run.
    Count,
}

impl HookEvent {
    /// The hook's first argument.
    pub fn name(self) -> &'static str {
        match self {
            HookEvent::Call { is_tail_call: false, .. } => "call",
            HookEvent::Call { is_tail_call: true, .. } => "tail call",
            HookEvent::Return { .. } => "return",
            HookEvent::Line(_) => "line",
            HookEvent::Count => "count",
        }
    }

    /// First variable and number of the values that a call or return passes.
    pub fn transfer(self) -> (u32, u32) {
        match self {
            HookEvent::Call { arguments, .. } => (1, arguments),
            HookEvent::Return { first, count } => (first, count),
            HookEvent::Line(_) | HookEvent::Count => (0, 0),
        }
    }
}
