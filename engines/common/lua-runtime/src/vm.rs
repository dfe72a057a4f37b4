//! One Lua state: heap, strings, shapes, the running stack, and the way to the engine.
//!
//! Engines hold a pointer to it and read the first fields from compiled code. Its parts stand in a file each, with what
//! they do: `stack`, `objects` (making them), `metatables`, `calls`, `errors`, `threads`, `hooks`, `garbage` and
//! `finalize`, `chunk`. What is agreed on with others is in `engine`, `library` and `host_calls`. It knows an engine only as
//! [`EngineHooks`] and [`EngineState`]. Errors travel as [`signal::Signal`]s with the value in [`Vm::error`].

pub mod signal;

pub mod native;

pub mod meta;

pub mod chunk;

pub mod debug_library;

pub mod traceback;

mod engine;

mod library;

mod stack;

mod objects;

mod metatables;

mod unfinished;

mod calls;

mod errors;

mod close_variables;

mod threads;

mod hooks;

mod garbage;

mod finalize;

mod host_calls;

use std::ptr::NonNull;
use std::sync::atomic::AtomicU32;

use engine_api::{Counter, Counters, EventSink, Failure, Host, Interrupt, Limits, LuaError, Start};

pub use self::engine::{CallName, EngineHooks, EngineState, LastCall, LoadFailure, LoadFn};
use self::errors::Handling;
use self::garbage::Garbage;
use self::hooks::DebugHooks;
use self::library::NoLibrary;
pub use self::library::{LibraryState, OpenLibrary};
use self::meta::{MetaEvent, MetaNames};
use self::metatables::Metatables;
use self::objects::ObjectNumbers;
pub use self::threads::ResumeRefusal;
use crate::collector::collect;
use crate::collector::finalizers::Finalizers;
use crate::heap::object::{Gc, Header};
use crate::heap::{Heap, OutOfMemory};
use crate::objects::inline_cache::StateCache;
use crate::objects::shape::ShapeTree;
use crate::objects::string::{LuaString, StringTable};
use crate::objects::table::Table;
use crate::objects::thread::{Thread, ThreadStatus};
use crate::objects::userdata::Userdata;
use crate::value::Value;

/// A Lua state. Lives in a box and never moves.
#[repr(C)]
pub struct Vm {
    stack: NonNull<Value>,
    stack_capacity: u32,
    /// Base of the innermost frame, kept by the engine: tracebacks and positions start here. 0 while nothing is called.
    frame_base: u32,
    interrupt_word: *const AtomicU32,
    /// Behind the last slot: set with the two above, so that asking for room is one comparison.
    stack_end: *const Value,
    /// The slot below which frames of compiled code may lie; `u32::MAX` if nobody asks the frame gate.
    frame_limit: u32,
    /// Shapes and the chains that caches rely on.
    pub shapes: ShapeTree,
    /// What inline caches do not know.
    pub(crate) state_cache: StateCache,
    /// The allocator.
    pub heap: Heap,
    /// Interned strings.
    pub strings: StringTable,
    /// The value of the error that a [`signal::Signal::Error`] carries.
    pub error: Value,
    /// Why the instance must stop, with a [`signal::Signal::Fatal`].
    pub fatal: Option<Failure>,
    /// The traceback of an error that nothing will catch, taken at the raise.
    pub traceback: String,
    /// Slot of the running coroutine's stack that holds the message handler of the innermost protected call, if that is
    /// an `xpcall`; 0 if it is not.
    pub handler_slot: u32,
    /// The message handlers that are at work.
    handling: Handling,
    /// Protected calls and resumed coroutines now active. While there are none, an error takes its traceback at the
    /// raise.
    pub protected_depth: u32,
    /// Metamethods that operators and accesses of Lua functions have called and that have not returned. They can yield.
    pub metamethod_depth: u32,
    /// Library functions that are now calling back into Lua, protected calls and resumes not among them.
    native_depth: u32,
    /// `_G`.
    pub globals: Gc<Table>,
    /// `debug.getregistry()`
    pub registry: Gc<Table>,
    /// Debug hooks.
    hooks: DebugHooks,
    /// The metatables of types.
    metatables: Metatables,
    /// With [`signal::Signal::Call`]: the call.
    last_call: LastCall,
    /// The names of metamethods, interned.
    pub meta_names: MetaNames,
    /// "not enough memory", made at the start because it cannot be made when it is needed.
    pub memory_message: Gc<LuaString>,
    /// What collections need.
    garbage: Garbage,
    /// What the standard library keeps.
    library: Box<dyn LibraryState>,
    /// The running coroutine. It changes in [`Vm::switch_to`] only.
    thread: Gc<Thread>,
    /// The coroutine that is none: the one in which the host calls.
    main_thread: Gc<Thread>,
    /// Functions that the host keeps.
    kept: Vec<Value>,
    /// Numbers of the objects whose identity was printed.
    object_numbers: ObjectNumbers,
    /// The engine.
    engine: &'static EngineHooks,
    /// The engine's own state.
    engine_state: EngineState,
    /// Output, clocks, randomness.
    pub host: Box<dyn Host>,
    /// Where events go.
    pub sink: Option<Box<dyn EventSink>>,
    /// Heap objects to whose addresses compiled code refers. The engine keeps the list up to date.
    code_objects: Vec<Gc<Header>>,
    /// Requests, which set the bits of the poll word.
    pub interrupt: Interrupt,
    /// Keeps the poll word, to which this state has a pointer.
    poll_word: Interrupt,
    /// Limits of this instance.
    pub limits: Limits,
    /// What the engine counts; the heap's counts are added when they are read.
    pub counters: Counters,
}

/// Offset of the pointer to slot 0 of the running stack.
pub const VM_STACK_OFFSET: usize = 0;
/// Offset of the stack's capacity in slots (u32).
pub const VM_STACK_CAPACITY_OFFSET: usize = 8;
/// Offset of the innermost frame's base (u32).
pub const VM_FRAME_BASE_OFFSET: usize = 12;
/// Offset of the pointer to the interrupt word.
pub const VM_INTERRUPT_WORD_OFFSET: usize = 16;
/// Offset of [`Vm::metamethod_depth`] (u32).
pub const VM_METAMETHOD_DEPTH_OFFSET: usize = std::mem::offset_of!(Vm, metamethod_depth);
/// Offset of the heap.
pub const VM_HEAP_OFFSET: usize = std::mem::offset_of!(Vm, heap);
/// Offset of the pointer to the shape of `{}`.
pub const VM_EMPTY_SHAPE_OFFSET: usize = std::mem::offset_of!(Vm, shapes) + std::mem::offset_of!(ShapeTree, empty);
/// Offset of the table behind `__index` of strings (null while it is not known).
pub const VM_STRING_METHODS_OFFSET: usize =
    std::mem::offset_of!(Vm, shapes) + std::mem::offset_of!(ShapeTree, string_methods);

const _: () = {
    assert!(std::mem::offset_of!(Vm, stack) == VM_STACK_OFFSET);
    assert!(std::mem::offset_of!(Vm, stack_capacity) == VM_STACK_CAPACITY_OFFSET);
    assert!(std::mem::offset_of!(Vm, frame_base) == VM_FRAME_BASE_OFFSET);
    assert!(std::mem::offset_of!(Vm, interrupt_word) == VM_INTERRUPT_WORD_OFFSET);
};

impl Vm {
    /// A state that `open_library` has filled. `engine_state` is the engine's own.
    ///
    /// # Errors
    /// [`Failure::OutOfMemory`] if the library does not fit into the heap limit.
    ///
    /// # Safety
    /// The state belongs to the engine whose hooks these are, and the engine keeps the box to itself: code of other crates
    /// gets the state by `&mut` only as the parameter of a function that it was asked to be. Nobody else then ever has two
    /// states at once, so that neither they nor their parts can be exchanged.
    pub unsafe fn new(
        start: Start,
        engine: &'static EngineHooks,
        engine_state: EngineState,
        open_library: OpenLibrary,
    ) -> Result<Box<Vm>, Failure> {
        let gc_every = start.settings.integer(engine_api::knob::GC_EVERY.name);
        let fail_allocation = start.settings.integer(engine_api::knob::FAIL_ALLOCATION.name);
        Vm::build(start, gc_every, engine, engine_state, open_library)
            .map(|mut vm| {
                vm.heap.arm_fault(fail_allocation);
                vm
            })
            .map_err(|_| {
                let message = b"not enough memory for the standard library".to_vec();
                Failure::OutOfMemory(LuaError::raised(message, String::new()))
            })
    }

    fn build(
        start: Start,
        gc_every: u64,
        engine: &'static EngineHooks,
        engine_state: EngineState,
        open_library: OpenLibrary,
    ) -> Result<Box<Vm>, OutOfMemory> {
        let checks_heap = start.settings.boolean(engine_api::knob::CHECK_HEAP.name);
        let mut heap = Heap::new(&start.limits, gc_every, 0, start.interrupt.clone(), engine.code);
        let mut strings = StringTable::new(start.seed);
        let meta_names = MetaNames::new(&mut heap, &mut strings)?;
        let shapes = ShapeTree::new(&mut heap, meta_names.get(MetaEvent::Index))?;
        let memory_message = strings.get(&mut heap, b"not enough memory")?;
        let globals = Gc::<Table>::allocate(&mut heap, &shapes, 0, 0)?;
        globals.become_prototype();
        let registry = Gc::<Table>::allocate(&mut heap, &shapes, 0, 0)?;
        let thread = Gc::<Thread>::allocate(&mut heap)?;
        thread.fields().status.set(ThreadStatus::Running);
        let mut vm = Box::new(Vm {
            stack: thread.fields().stack.get(),
            stack_capacity: 0,
            stack_end: std::ptr::null(),
            frame_limit: u32::MAX,
            frame_base: 0,
            interrupt_word: start.interrupt.word(),
            shapes,
            state_cache: StateCache::new(start.settings.boolean(engine_api::knob::INLINE_CACHES.name)),
            heap,
            strings,
            error: Value::NIL,
            fatal: None,
            traceback: String::new(),
            handler_slot: 0,
            handling: Handling::default(),
            protected_depth: 0,
            metamethod_depth: 0,
            native_depth: 0,
            globals,
            registry,
            hooks: DebugHooks::default(),
            metatables: Metatables::default(),
            last_call: LastCall::default(),
            meta_names,
            memory_message,
            garbage: Garbage { finalizers: Finalizers::default(), checks_heap },
            library: Box::new(NoLibrary),
            thread,
            main_thread: thread,
            kept: Vec::new(),
            object_numbers: ObjectNumbers::new(),
            engine,
            engine_state,
            host: start.host,
            sink: start.sink,
            code_objects: Vec::new(),
            poll_word: start.interrupt.clone(),
            interrupt: start.interrupt,
            limits: start.limits,
            counters: Counters::default(),
        });
        vm.set_stack(thread.fields().stack.get(), thread.fields().capacity.get());
        open_library(&mut vm)?;
        Ok(vm)
    }

    /// Base of the innermost frame; 0 while nothing is called.
    #[inline(always)]
    pub fn frame_base(&self) -> u32 {
        self.frame_base
    }

    /// Says which frame is the innermost one.
    ///
    /// # Safety
    /// It is a base of a frame of the running stack, or 0 if there is none: the engine finds its frames from there. While a
    /// library function runs, it is that function's.
    #[inline(always)]
    pub unsafe fn set_frame_base(&mut self, base: u32) {
        self.frame_base = base;
    }

    /// Replaces the heap objects that are kept for compiled code.
    ///
    /// # Safety
    /// Compiled code refers to no other objects that nothing else keeps.
    pub unsafe fn set_code_objects(&mut self, objects: impl Iterator<Item = Gc<Header>>) {
        self.code_objects.clear();
        self.code_objects.extend(objects);
    }

    /// The engine's own state.
    #[inline(always)]
    pub fn engine_state(&self) -> &EngineState {
        &self.engine_state
    }

    /// The counters, the heap's among them.
    pub fn counters(&self) -> Counters {
        let heap = self.heap.counts();
        let mut counters = self.counters;
        counters[Counter::Collections] = heap.collections;
        counters[Counter::GcTimeNs] = heap.gc_time_ns;
        counters[Counter::Allocations] = heap.allocations;
        counters[Counter::AllocatedBytes] = heap.allocated_bytes;
        counters[Counter::HeapBytes] = heap.used_bytes;
        counters[Counter::HeapPeakBytes] = heap.peak_bytes;
        counters
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        // Code of other crates, which may look at what it has kept alive.
        self.library = Box::new(NoLibrary);
        self.all_userdata().into_iter().for_each(Gc::<Userdata>::release_payload);
        collect::free_all(&mut self.heap);
    }
}
