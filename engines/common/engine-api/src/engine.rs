//! The two traits: [`Engine`], a strategy that can be started, and [`Instance`], one running Lua state.
//!
//! Both are object-safe, so that a list of engines is a list of `&'static dyn Engine`. What a start needs is in
//! [`Start`]; what can go wrong is in [`crate::failure`].

use crate::counter::Counters;
use crate::event::{EventSink, UnitProgress};
use crate::failure::Failure;
use crate::host::Host;
use crate::host_value::HostValue;
use crate::interrupt::Interrupt;
use crate::knob::{KnobSpec, Settings};
use crate::profile::Profile;

/// An execution strategy: a name, its knobs, and a way to start.
pub trait Engine: Sync {
    /// Who this engine is. The same reference on every call.
    fn info(&self) -> &'static EngineInfo;

    /// Starts one isolated Lua state with the standard library loaded.
    ///
    /// Knobs are decided here and never looked up again, so that a knob at its default costs nothing afterwards.
    ///
    /// # Errors
    /// [`Failure::OutOfMemory`] if the standard library does not fit into [`Limits::heap_bytes`].
    fn start(&self, start: Start) -> Result<Box<dyn Instance>, Failure>;
}

/// What an engine says about itself. Shown by `harness list`, checked against the command line.
#[derive(Debug, Clone, Copy)]
pub struct EngineInfo {
    /// The name on the command line, in CSV files and in figures: lower case, words joined by `-`.
    pub id: &'static str,
    /// The version of the engine's crate, for results: `env!("CARGO_PKG_VERSION")`.
    pub version: &'static str,
    /// The strategy in one line, without a full stop.
    pub summary: &'static str,
    /// What kind of strategy it is: figures give engines of one family one colour.
    pub family: Family,
    /// What is compiled at a time ("function", "loop", "trace"); `None` for an interpreter.
    pub unit_of_compilation: Option<&'static str>,
    /// Whether compiled code can be thrown away because an assumption failed.
    pub deoptimises: bool,
    /// Every knob this engine reads, the shared ones among them.
    pub knobs: &'static [KnobSpec],
}

/// A kind of strategy. Engines of one family differ in how they do the same thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Walks the syntax tree.
    TreeInterpreter,
    /// Interprets bytecode.
    BytecodeInterpreter,
    /// Compiles whole functions.
    MethodJit,
    /// Compiles loops while they run.
    LoopJit,
    /// Compiles paths that were recorded.
    TracingJit,
    /// Several of these, one behind the other.
    Tiered,
}

impl Family {
    /// Every family, in the order of how much they compile.
    pub const ALL: &'static [Family] = &[
        Family::TreeInterpreter,
        Family::BytecodeInterpreter,
        Family::MethodJit,
        Family::LoopJit,
        Family::TracingJit,
        Family::Tiered,
    ];

    /// Its name in lists and results.
    pub fn name(self) -> &'static str {
        match self {
            Family::TreeInterpreter => "tree interpreter",
            Family::BytecodeInterpreter => "bytecode interpreter",
            Family::MethodJit => "method JIT",
            Family::LoopJit => "loop JIT",
            Family::TracingJit => "tracing JIT",
            Family::Tiered => "tiered",
        }
    }

    /// The family of that name.
    pub fn named(name: &str) -> Option<Family> {
        Family::ALL.iter().copied().find(|family| family.name() == name)
    }
}

/// Everything that a start needs.
pub struct Start {
    /// Knob values, already checked against [`EngineInfo::knobs`].
    pub settings: Settings,
    /// The only way to output, clocks and randomness.
    pub host: Box<dyn Host>,
    /// Where events go; `None` records nothing and costs nothing. A run with a sink is never a timing.
    pub sink: Option<Box<dyn EventSink>>,
    /// The flag through which another thread stops this instance.
    pub interrupt: Interrupt,
    /// Memory and depth limits.
    pub limits: Limits,
    /// Fixes string hashes and `math.random`, so that a run repeats exactly.
    pub seed: u64,
}

/// Limits of one instance. The time limit is not here: the host's timer sets [`Interrupt`].
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes that may be live in the Lua heap, malloc overhead not counted; `None` for no limit. Garbage that waits for
    /// its collection may take half as much again.
    pub heap_bytes: Option<u64>,
    /// Lua calls that may be active at once in one coroutine: by default 200,000 of a function that recurses, and those
    /// around it.
    pub lua_depth: u32,
    /// Value-stack slots of one coroutine.
    pub stack_slots: u32,
    /// Calls from library functions back into Lua that may be active at once (PUC Lua's `LUAI_MAXCCALLS`).
    pub native_depth: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { heap_bytes: None, lua_depth: 210_000, stack_slots: 1_000_000, native_depth: 198 }
    }
}

/// A function that the instance keeps alive for the caller. Valid only in the instance that gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FunctionRef(pub u32);

/// A stage of the way from source to machine code, for [`Instance::artifact`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The resolved syntax tree.
    Ast,
    /// The register bytecode.
    Bytecode,
    /// The optimiser's intermediate representation, after every pass.
    Ir,
    /// Machine code with its source mapping.
    Asm,
}

impl Stage {
    /// Its name on the command line and in messages.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Ast => "ast",
            Stage::Bytecode => "bytecode",
            Stage::Ir => "ir",
            Stage::Asm => "asm",
        }
    }
}

/// One running Lua state under one engine.
pub trait Instance {
    /// Compiles a chunk and keeps its main function. `chunk_name` is Lua's: `@file.lua` for a file, `=text` verbatim.
    ///
    /// # Errors
    /// [`Failure::Lua`] with Lua's wording for a syntax error, [`Failure::Unsupported`] for a construct that this
    /// engine cannot run.
    fn load(&mut self, chunk_name: &str, source: &[u8]) -> Result<FunctionRef, Failure>;

    /// Calls a kept function; returns all its results. A returned function is kept and comes as
    /// [`HostValue::Function`]; a table, coroutine or userdata comes as [`HostValue::Opaque`].
    ///
    /// # Errors
    /// Any [`Failure`]. After [`Failure::Lua`] the instance can be used again, after the others it should be dropped.
    fn call(&mut self, function: FunctionRef, arguments: &[HostValue]) -> Result<Vec<HostValue>, Failure>;

    /// Sets the global `arg` as the stand-alone `lua` does: `arg[0]` is the script, `arg[1..]` its arguments.
    ///
    /// # Errors
    /// [`Failure::OutOfMemory`] if the table does not fit.
    fn set_arguments(&mut self, script: &[u8], arguments: &[Vec<u8>]) -> Result<(), Failure>;

    /// Lets go of a kept function.
    fn release(&mut self, function: FunctionRef);

    /// Runs a full collection. Used between iterations when a plan asks for it, never inside one.
    fn collect_garbage(&mut self);

    /// Ends the program as `lua` does when a script is done: calls the finalisers of all objects that still have one.
    /// Errors in them become warnings. Nothing may be called afterwards. Dropping an instance that was not closed frees
    /// its memory and closes its files, without calling finalisers.
    ///
    /// # Errors
    /// [`Failure::Stopped`], if a finaliser was stopped from outside.
    fn close(&mut self) -> Result<(), Failure>;

    /// The counters since the start. Cheap enough to read around every iteration.
    fn counters(&self) -> Counters;

    /// How far the functions and loops of a kept function, and of those inside it, have come on their way to a compilation.
    /// Nothing for an engine that compiles nothing.
    fn progress(&self, function: FunctionRef) -> Vec<UnitProgress> {
        let _none = function;
        Vec::new()
    }

    /// What was seen of the program so far, if the instance was started with the knob of [`crate::profile::PROFILE`].
    fn profile(&self) -> Option<Profile> {
        None
    }

    /// A stable text (no addresses, no times) of one stage of a kept function and of the functions inside it.
    ///
    /// # Errors
    /// [`Failure::Unsupported`] if this engine has no such stage.
    fn artifact(&mut self, function: FunctionRef, stage: Stage) -> Result<String, Failure>;
}
