//! One Lua state: heap, strings, shapes, the running stack, and the way to the engine.
//!
//! Engines hold a pointer to it and read the first fields from compiled code. It knows an engine only as
//! [`EngineHooks`]. Errors travel as [`Signal`]s with the value in [`Vm::error`]; how they are
//! raised is in `errors`, what they say in `fault`, how a host calls in is in `host_calls`.

pub mod signal;

pub mod native;

pub mod meta;

pub mod chunk;

pub mod inspection;

pub mod traceback;

mod errors;

mod finalize;

mod hooks;

mod host_calls;

mod library;

mod threads;

use std::collections::HashMap;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU32;

use engine_api::{
    Counter, Counters, Event, EventSink, Failure, Host, Interrupt, Limits, LuaError, Position, Start, StopReason,
    Unsupported,
};
use lua_syntax::SyntaxError;

use self::chunk::{ChunkRequest, FunctionOrigin};
use self::inspection::InspectionHooks;
use self::library::NoLibrary;
pub use self::library::{LibraryState, OpenLibrary};
use self::meta::{MetaEvent, MetaNames};
use self::native::{Args, NativeFn};
use self::signal::Signal;
use crate::collector::finalizers::Finalizers;
use crate::collector::{check, collect};
use crate::heap::object::{Gc, Header, Kind};
use crate::heap::{Heap, OutOfMemory};
use crate::objects::function::{Closure, NativeFunction, NativeRole};
use crate::objects::inline_cache::StateCache;
use crate::objects::marker::Marker;
use crate::objects::shape::ShapeTree;
use crate::objects::string::{LuaString, SHORT_STRING_BYTES, StringTable, new_long};
use crate::objects::table::{StoreError, Table};
use crate::objects::thread::{Thread, ThreadStatus, allocate_stack, free_stack};
use crate::objects::userdata::Userdata;
use crate::value::{Tag, Value};

/// Compiles a function of a chunk.
pub type LoadFn = fn(&mut Vm, &ChunkRequest<'_>) -> Result<Gc<Closure>, LoadFailure>;

/// How the runtime reaches the engine. Given once, at the start.
pub struct EngineHooks {
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
    pub inspection: Option<&'static InspectionHooks>,
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

/// The metatables of types whose values have none of their own.
#[derive(Default)]
struct BasicMetatables {
    nil: Option<Gc<Table>>,
    boolean: Option<Gc<Table>>,
    number: Option<Gc<Table>>,
    function: Option<Gc<Table>>,
    thread: Option<Gc<Table>>,
    light_userdata: Option<Gc<Table>>,
}

impl BasicMetatables {
    fn iter(&self) -> impl Iterator<Item = Gc<Table>> {
        [self.nil, self.boolean, self.number, self.function, self.thread, self.light_userdata].into_iter().flatten()
    }
}

/// A Lua state. Lives in a box and never moves.
#[repr(C)]
pub struct Vm {
    stack: NonNull<Value>,
    stack_capacity: u32,
    /// Base of the innermost frame, kept by the engine: tracebacks and positions start here.
    pub frame_base: u32,
    interrupt_word: *const AtomicU32,
    /// Shapes and the chains that caches rely on.
    pub shapes: ShapeTree,
    /// What inline caches do not know.
    pub(crate) state_cache: StateCache,
    /// The allocator.
    pub heap: Heap,
    /// Interned strings.
    pub strings: StringTable,
    /// The value of the error that a [`Signal::Error`] carries.
    pub error: Value,
    /// Why the instance must stop, with a [`Signal::Fatal`].
    pub fatal: Option<Failure>,
    /// The traceback of an error that nothing will catch, taken at the raise.
    pub traceback: String,
    /// Slot of the running coroutine's stack that holds the message handler of the innermost protected call, if that is
    /// an `xpcall`; 0 if it is not.
    pub handler_slot: u32,
    /// Message handlers now active.
    handlers: u32,
    /// The coroutine whose stack overflow a message handler is at work on.
    overflowing: Option<Gc<Thread>>,
    /// Protected calls and resumed coroutines now active. While there are none, an error takes its traceback at the
    /// raise.
    pub protected_depth: u32,
    /// Metamethods that operators and accesses of Lua functions have called and that have not returned. They can yield.
    pub metamethod_depth: u32,
    /// Library functions that are now calling back into Lua, protected calls and resumes not among them.
    pub native_depth: u32,
    /// `_G`.
    pub globals: Gc<Table>,
    /// `debug.getregistry()`
    pub registry: Gc<Table>,
    /// Debug hooks by coroutine, once there has been one.
    hooks: Option<Gc<Table>>,
    /// The metatables of values that have none of their own, strings excepted.
    basic_metatables: BasicMetatables,
    /// How often a debug hook was set or cleared.
    pub hook_changes: u32,
    /// With [`Signal::Call`]: the call.
    pub last_call: LastCall,
    /// Whether a debug hook runs.
    pub is_in_hook: bool,
    /// While a debug hook runs: first variable and number of the values that a call or return passes.
    pub transfer: (u32, u32),
    /// The metatable of all strings.
    pub string_metatable: Option<Gc<Table>>,
    /// The names of metamethods, interned.
    pub meta_names: MetaNames,
    /// "not enough memory", made at the start because it cannot be made when it is needed.
    pub memory_message: Gc<LuaString>,
    /// The objects with finalisers.
    pub(crate) finalizers: Finalizers,
    /// What the standard library keeps.
    library: Box<dyn LibraryState>,
    /// The running coroutine. It changes in [`Vm::switch_to`] only.
    pub thread: Gc<Thread>,
    /// The coroutine that is none: the one in which the host calls.
    pub main_thread: Gc<Thread>,
    /// Functions that the host keeps.
    kept: Vec<Value>,
    /// Numbers of the objects whose identity was printed, by address.
    object_numbers: HashMap<u64, u32>,
    next_object_number: u32,
    /// The engine.
    pub engine: &'static EngineHooks,
    /// The engine's own state; the engine casts it.
    pub engine_state: *mut (),
    /// Output, clocks, randomness.
    pub host: Box<dyn Host>,
    /// Where events go.
    pub sink: Option<Box<dyn EventSink>>,
    /// Heap objects to whose addresses compiled code refers. The engine keeps the list up to date.
    pub code_objects: Vec<Gc<Header>>,
    /// The poll word's owner.
    pub interrupt: Interrupt,
    /// Limits of this instance.
    pub limits: Limits,
    /// Whether the heap's invariants are checked after each collection.
    checks_heap: bool,
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

const _: () = {
    assert!(std::mem::offset_of!(Vm, stack) == VM_STACK_OFFSET);
    assert!(std::mem::offset_of!(Vm, stack_capacity) == VM_STACK_CAPACITY_OFFSET);
    assert!(std::mem::offset_of!(Vm, frame_base) == VM_FRAME_BASE_OFFSET);
    assert!(std::mem::offset_of!(Vm, interrupt_word) == VM_INTERRUPT_WORD_OFFSET);
};

/// Slots above the limit that the handling of a "stack overflow" may use.
const OVERFLOW_RESERVE_SLOTS: u32 = 2000;

impl Vm {
    /// A state that `open_library` has filled. `engine_state` is the engine's own.
    ///
    /// # Errors
    /// [`Failure::OutOfMemory`] if the library does not fit into the heap limit.
    pub fn new(
        start: Start,
        engine: &'static EngineHooks,
        engine_state: *mut (),
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
        engine_state: *mut (),
        open_library: OpenLibrary,
    ) -> Result<Box<Vm>, OutOfMemory> {
        let checks_heap = start.settings.boolean(engine_api::knob::CHECK_HEAP.name);
        let mut heap = Heap::new(&start.limits, gc_every, 0, start.interrupt.clone());
        let shapes = ShapeTree::new(&mut heap)?;
        let mut strings = StringTable::new(start.seed);
        let meta_names = MetaNames::new(&mut heap, &mut strings)?;
        let memory_message = strings.get(&mut heap, b"not enough memory")?;
        let globals = Gc::<Table>::allocate(&mut heap, &shapes, 0, 0)?;
        globals.mark_as_prototype();
        let registry = Gc::<Table>::allocate(&mut heap, &shapes, 0, 0)?;
        let thread = Gc::<Thread>::allocate(&mut heap)?;
        thread.fields().status = ThreadStatus::Running;
        let mut vm = Box::new(Vm {
            stack: thread.fields().stack,
            stack_capacity: thread.fields().capacity,
            frame_base: 2,
            interrupt_word: start.interrupt.word(),
            shapes,
            state_cache: StateCache::new(start.settings.boolean(engine_api::knob::INLINE_CACHES.name)),
            heap,
            strings,
            error: Value::NIL,
            fatal: None,
            traceback: String::new(),
            handler_slot: 0,
            handlers: 0,
            overflowing: None,
            protected_depth: 0,
            metamethod_depth: 0,
            native_depth: 0,
            globals,
            registry,
            hooks: None,
            basic_metatables: BasicMetatables::default(),
            hook_changes: 0,
            last_call: LastCall::default(),
            is_in_hook: false,
            transfer: (0, 0),
            string_metatable: None,
            meta_names,
            memory_message,
            finalizers: Finalizers::default(),
            library: Box::new(NoLibrary),
            thread,
            main_thread: thread,
            kept: Vec::new(),
            object_numbers: HashMap::new(),
            next_object_number: 1,
            engine,
            engine_state,
            host: start.host,
            sink: start.sink,
            code_objects: Vec::new(),
            interrupt: start.interrupt,
            limits: start.limits,
            checks_heap,
            counters: Counters::default(),
        });
        open_library(&mut vm)?;
        Ok(vm)
    }

    // The stack.

    /// Slot 0 of the running stack. Valid until the stack grows.
    #[inline(always)]
    pub fn stack(&self) -> *mut Value {
        self.stack.as_ptr()
    }

    /// The stack's capacity in slots.
    #[inline(always)]
    pub fn stack_capacity(&self) -> u32 {
        self.stack_capacity
    }

    /// The value in a stack slot below the capacity.
    #[inline(always)]
    pub fn slot(&self, slot: u32) -> Value {
        debug_assert!(slot < self.stack_capacity);
        // SAFETY: the slot is inside the stack, and every slot holds a value.
        unsafe { self.stack.add(slot as usize).read() }
    }

    /// Writes a stack slot below the capacity.
    #[inline(always)]
    pub fn set_slot(&mut self, slot: u32, value: Value) {
        debug_assert!(slot < self.stack_capacity);
        // SAFETY: the slot is inside the stack.
        unsafe { self.stack.add(slot as usize).write(value) }
    }

    /// Makes sure that slots below `needed` exist. The one place where a stack moves.
    ///
    /// # Errors
    /// [`Signal::Error`] with "stack overflow" past the limit, [`Signal::Memory`].
    #[inline(always)]
    pub fn ensure_stack(&mut self, needed: u32) -> Result<(), Signal> {
        if needed <= self.stack_capacity { Ok(()) } else { self.grow_stack(needed) }
    }

    /// Whether `count` more slots from `top` on, and what a library function may use above them, are within the limit.
    pub fn has_stack_room(&self, top: u32, count: u64) -> bool {
        let above = u64::from(2 + self::native::NATIVE_FREE_SLOTS);
        count <= u64::from(self.limits.stack_slots).saturating_sub(u64::from(top) + above)
    }

    #[cold]
    #[inline(never)]
    fn grow_stack(&mut self, needed: u32) -> Result<(), Signal> {
        let limit = self.limits.stack_slots;
        let most = limit.saturating_add(OVERFLOW_RESERVE_SLOTS);
        if needed > most {
            return Err(self.raise_overflow());
        }
        if needed > self.thread.fields().allocated {
            let doubled = self.stack_capacity.saturating_mul(2).min(limit);
            self.move_stack(if needed > limit { most } else { needed.max(doubled) })?;
        }
        let capacity = if needed > limit { needed } else { self.thread.fields().allocated.min(limit) };
        for slot in self.stack_capacity..capacity {
            // SAFETY: the slot is inside the allocation. Collections have not looked at it, so it may hold anything.
            unsafe { self.stack.add(slot as usize).write(Value::NIL) };
        }
        self.stack_capacity = capacity;
        self.thread.fields().capacity = capacity;
        // The overflow is an error as soon as the regular room is used up; the reserve is for handling it.
        if needed > limit { Err(self.raise_overflow()) } else { Ok(()) }
    }

    /// Moves the running stack to an allocation of so many slots.
    fn move_stack(&mut self, slots: u32) -> Result<(), OutOfMemory> {
        let stack = allocate_stack(&mut self.heap, slots)?;
        let thread = self.thread.fields();
        // SAFETY: both stacks have at least the old capacity; the old one came from `allocate_stack` and is not used
        // again, since nothing keeps a pointer into a stack across this function.
        unsafe {
            stack.copy_from_nonoverlapping(self.stack, self.stack_capacity as usize);
            free_stack(&mut self.heap, self.stack, thread.allocated);
        }
        self.stack = stack;
        (thread.stack, thread.allocated) = (stack, slots);
        Ok(())
    }

    /// After an error was caught: takes the room back in which a stack overflow was handled, so that the next one is
    /// found at the same limit. The stack does not move.
    fn end_overflow(&mut self) {
        let limit = self.limits.stack_slots;
        if self.stack_capacity > limit && self.frame_base < limit - OVERFLOW_RESERVE_SLOTS.min(limit) {
            self.stack_capacity = limit;
            self.thread.fields().capacity = limit;
        }
    }

    // Polls and collection.

    /// Whether some request waits. Engines ask at back-edges and function entries and then call [`Vm::poll`].
    #[inline(always)]
    pub fn must_poll(&self) -> bool {
        // SAFETY: the word lives as long as `self.interrupt`, which owns it.
        unsafe { (*self.interrupt_word).load(std::sync::atomic::Ordering::Relaxed) != 0 }
    }

    /// Serves the requests that wait, and calls the finalisers of what a collection has found dead: as after any call,
    /// the stack may have moved afterwards. `top` is the first slot above the innermost frame.
    ///
    /// # Errors
    /// [`Signal::Fatal`] if the instance must stop; [`Signal::Memory`] if more than the limit is live.
    #[cold]
    #[inline(never)]
    pub fn poll(&mut self, top: u32) -> Result<(), Signal> {
        let bits = self.interrupt.bits();
        if bits & Interrupt::COLLECT != 0 {
            self.collect(top);
            if self.heap.is_over_limit() {
                return Err(Signal::Memory);
            }
        }
        if self.interrupt.bits() & Interrupt::FINALIZE != 0 {
            self.run_finalizers(top)?;
        }
        if bits & (Interrupt::STOP_TIME | Interrupt::STOP_REQUEST) != 0 {
            let reason = if bits & Interrupt::STOP_TIME != 0 { StopReason::Time } else { StopReason::Request };
            self.traceback = (self.engine.traceback)(self, 0);
            self.fatal = Some(Failure::Stopped(reason));
            return Err(Signal::Fatal);
        }
        Ok(())
    }

    /// Collects garbage now; the next poll calls the finalisers. Everything in the stack below `top` is live.
    pub fn collect(&mut self, top: u32) {
        self.interrupt.clear(Interrupt::COLLECT);
        let start_ns = self.host.monotonic_ns();
        let before_bytes = self.heap.used_bytes();
        let mut marker = Marker::new(self.meta_names.get(MetaEvent::Mode), self.strings.seed());
        self.mark_roots(top, &mut marker);
        marker.finish(&mut self.finalizers);
        // SAFETY: nothing has been swept yet, so every object that got a number still exists.
        self.object_numbers.retain(|address, _| unsafe { Gc::<Header>::from_address(*address).is_marked() });
        self.strings.remove_unmarked();
        self.shapes.remove_unmarked();
        self.state_cache.clear();
        collect::sweep(&mut self.heap);
        if self.checks_heap {
            check::check(&self.heap, &self.strings, &[self.thread, self.main_thread]);
        }
        let end_ns = self.host.monotonic_ns();
        let time_ns = end_ns.saturating_sub(start_ns);
        self.heap.collection_done(time_ns);
        if self.finalizers.has_waiting() {
            self.interrupt.request(Interrupt::FINALIZE);
        }
        if let Some(sink) = &mut self.sink {
            let after_bytes = self.heap.used_bytes();
            sink.event(end_ns, &Event::Collected { before_bytes, after_bytes, time_ns });
        }
    }

    /// Before something large is made: collects garbage if the heap limit would be passed otherwise. `top` is as in
    /// [`Vm::collect`].
    pub fn make_room(&mut self, top: u32, bytes: u64) {
        if self.heap.lacks_room_for(bytes) {
            self.collect(top);
        }
    }

    fn mark_roots(&mut self, top: u32, marker: &mut Marker) {
        self.thread.fields().top = top;
        marker.mark(self.thread.header());
        marker.mark(self.main_thread.header());
        marker.mark(self.globals.header());
        marker.mark(self.registry.header());
        if let Some(hooks) = self.hooks {
            marker.mark(hooks.header());
        }
        for metatable in self.basic_metatables.iter() {
            marker.mark(metatable.header());
        }
        marker.mark(self.memory_message.header());
        marker.mark(self.shapes.empty.header());
        marker.mark(self.shapes.dictionary.header());
        marker.mark(self.shapes.chains.plain.header());
        marker.mark_value(self.error);
        if let Some(metatable) = self.string_metatable {
            marker.mark(metatable.header());
        }
        self.library.trace(marker);
        self.finalizers.trace(marker);
        for name in self.meta_names.iter() {
            marker.mark(name.header());
        }
        for value in &self.kept {
            marker.mark_value(*value);
        }
        for object in &self.code_objects {
            marker.mark(*object);
        }
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

    // Objects.

    /// The string with these bytes.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    #[inline]
    pub fn string(&mut self, bytes: &[u8]) -> Result<Gc<LuaString>, OutOfMemory> {
        self.strings.get(&mut self.heap, bytes)
    }

    /// A string of `length` bytes that `fill` writes into zeroed memory.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn string_filled(&mut self, length: usize, fill: impl FnOnce(&mut [u8])) -> Result<Gc<LuaString>, OutOfMemory> {
        if length > SHORT_STRING_BYTES {
            return new_long(&mut self.heap, length, fill);
        }
        let mut bytes = [0; SHORT_STRING_BYTES];
        fill(&mut bytes[..length]);
        self.string(&bytes[..length])
    }

    /// An empty table with room for `array_capacity` elements and `slots` fields.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    #[inline]
    pub fn table(&mut self, array_capacity: u32, slots: u32) -> Result<Gc<Table>, OutOfMemory> {
        Gc::<Table>::allocate(&mut self.heap, &self.shapes, array_capacity, slots)
    }

    /// The number by which `tostring` and `%p` show an object: given at the first use, so that output repeats exactly.
    pub fn object_number(&mut self, value: Value) -> u32 {
        *self.object_numbers.entry(value.payload).or_insert_with(|| {
            self.next_object_number += 1;
            self.next_object_number - 1
        })
    }

    /// A library function without upvalues.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn native(
        &mut self,
        name: &'static str,
        function: NativeFn,
        role: NativeRole,
    ) -> Result<Gc<NativeFunction>, OutOfMemory> {
        Gc::<NativeFunction>::allocate(&mut self.heap, name, function, role, &[])
    }

    /// The raw value of a table under a key.
    #[inline]
    pub fn raw_get(&self, table: Gc<Table>, key: Value) -> Value {
        table.get(key, self.strings.seed())
    }

    /// A raw store.
    ///
    /// # Errors
    /// [`StoreError`].
    #[inline]
    pub fn raw_set(&mut self, table: Gc<Table>, key: Value, value: Value) -> Result<(), StoreError> {
        let seed = self.strings.seed();
        table.set(&mut self.heap, &mut self.shapes, key, value, seed)
    }

    /// A raw store under a string that need not exist yet.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn raw_set_name(&mut self, table: Gc<Table>, name: &str, value: Value) -> Result<(), OutOfMemory> {
        let key = self.string(name.as_bytes())?;
        let seed = self.strings.seed();
        table.set_string(&mut self.heap, &mut self.shapes, key, value, seed)
    }

    /// Sets the metatable of a table.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn set_metatable(&mut self, table: Gc<Table>, metatable: Option<Gc<Table>>) -> Result<(), OutOfMemory> {
        table.set_metatable(&mut self.heap, &mut self.shapes, metatable)
    }

    /// The metatable of any value.
    #[inline]
    pub fn metatable_of(&self, value: Value) -> Option<Gc<Table>> {
        match value.tag {
            Tag::Table => value.as_table().and_then(|table| table.metatable()),
            Tag::String => self.string_metatable,
            Tag::Userdata => value.as_userdata().and_then(|userdata| userdata.metatable()),
            Tag::Nil => self.basic_metatables.nil,
            Tag::False | Tag::True => self.basic_metatables.boolean,
            Tag::Integer | Tag::Float => self.basic_metatables.number,
            Tag::Closure | Tag::Native => self.basic_metatables.function,
            Tag::Thread => self.basic_metatables.thread,
            Tag::Cell => self.basic_metatables.light_userdata,
            Tag::Frame => None,
        }
    }

    /// The table behind `__index` of strings, if `value` is a string and there is one.
    #[inline]
    pub fn string_methods(&self, value: Value) -> Option<Gc<Table>> {
        let metatable = self.string_metatable.filter(|_| value.tag == Tag::String)?;
        self.metamethod_in(metatable, MetaEvent::Index).as_table()
    }

    /// Sets the metatable of any value, for tables its own, else that of its type.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn set_any_metatable(&mut self, value: Value, metatable: Option<Gc<Table>>) -> Result<(), OutOfMemory> {
        if let Some(metatable) = metatable {
            // Metamethods are looked up in it like in the metatable of a table.
            metatable.mark_as_prototype();
        }
        let basic = &mut self.basic_metatables;
        *match value.tag {
            Tag::Table => match value.as_table() {
                Some(table) => return self.set_metatable(table, metatable),
                None => return Ok(()),
            },
            Tag::Userdata => {
                if let Some(userdata) = value.as_userdata() {
                    userdata.set_metatable(&mut self.heap, metatable);
                }
                return Ok(());
            }
            Tag::String => &mut self.string_metatable,
            Tag::Nil => &mut basic.nil,
            Tag::False | Tag::True => &mut basic.boolean,
            Tag::Integer | Tag::Float => &mut basic.number,
            Tag::Closure | Tag::Native => &mut basic.function,
            Tag::Thread => &mut basic.thread,
            Tag::Cell => &mut basic.light_userdata,
            Tag::Frame => return Ok(()),
        } = metatable;
        Ok(())
    }

    /// Every userdata that exists, garbage among them.
    pub fn all_userdata(&self) -> Vec<Gc<Userdata>> {
        let mut found = Vec::new();
        self.heap.for_each_object(|object| {
            if object.kind() == Kind::Userdata {
                // SAFETY: the kind says what the object is.
                found.push(unsafe { object.cast::<Userdata>() });
            }
        });
        found
    }

    // Calls and errors.

    /// Calls a function from a library function. `top` is the first slot that the caller does not use; everything the
    /// caller needs afterwards must lie below it. Results lie from `top` on; returns their number.
    ///
    /// # Errors
    /// Those of the function, and "C stack overflow" when too many library calls are active.
    pub fn call(&mut self, top: u32, callee: Value, arguments: &[Value]) -> Result<u32, Signal> {
        let count = arguments.len() as u32;
        self.ensure_stack(top + 2 + count + self::native::NATIVE_FREE_SLOTS)?;
        self.set_slot(top, callee);
        for (i, argument) in arguments.iter().enumerate() {
            self.set_slot(top + 2 + i as u32, *argument);
        }
        self.call_prepared(top, count)
    }

    /// As [`Vm::call`], for a callee that already lies in slot `callee` with its arguments from `callee + 2` on.
    ///
    /// # Errors
    /// As for [`Vm::call`].
    pub fn call_prepared(&mut self, callee: u32, count: u32) -> Result<u32, Signal> {
        self.native_depth += 1;
        if let Err(signal) = self.check_native_depth() {
            self.native_depth -= 1;
            return Err(signal);
        }
        let frame_base = self.frame_base;
        let result = (self.engine.call)(self, callee, count);
        self.frame_base = frame_base;
        self.native_depth -= 1;
        result
    }

    /// Ends a library function with a call whose results are its own, all of them or, with `results`, exactly so many. It
    /// can be yielded across.
    ///
    /// # Errors
    /// [`Signal::Call`], with which the library function must end, or [`Signal::Memory`].
    pub fn call_last(
        &mut self,
        args: Args,
        callee: Value,
        arguments: &[Value],
        results: Option<u8>,
    ) -> Result<u32, Signal> {
        let count = arguments.len() as u32;
        self.ensure_stack(args.base + 2 + count + self::native::NATIVE_FREE_SLOTS)?;
        self.set_slot(args.base, callee);
        for (i, argument) in arguments.iter().enumerate() {
            self.set_slot(args.base + 2 + i as u32, *argument);
        }
        self.last_call = LastCall { arguments: count, results };
        Err(Signal::Call)
    }

    /// As [`Vm::call`], for the first result only.
    ///
    /// # Errors
    /// As for [`Vm::call`].
    pub fn call_for_one(&mut self, top: u32, callee: Value, arguments: &[Value]) -> Result<Value, Signal> {
        let count = self.call(top, callee, arguments)?;
        Ok(if count == 0 { Value::NIL } else { self.slot(top) })
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        collect::free_all(&mut self.heap);
    }
}
