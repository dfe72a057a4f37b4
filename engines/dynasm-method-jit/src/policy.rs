//! When a function is compiled, and the way from the VM into compiled code and back.
//!
//! A function is hot when it was called often enough; ten back-edges count as a call, so that a function with a long loop
//! that is called once is compiled too. Compiled code is entered at the function's start, at loop headers and behind
//! calls, wherever the VM comes by.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use bytecode_vm::frame::{Continuation, FrameHeader};
use bytecode_vm::prototype::{Pool, Prototype};
use bytecode_vm::state::walk::result_slot;
use bytecode_vm::state::{Cursor, Outcome, Step, resume, state_unchecked};
use bytecode_vm::tier::{self, Code, Compilation, Heat, Kept, Operation, Retry, TimeLimit, function_label, report};
use engine_api::event::{DeclineReason, ExitReason, Unit, UnitKind};
use engine_api::{Counter, Event, Interrupt};
use jit_support::cache::CachePin;
use jit_support::{
    CodeCache, CodeMemory, CodeMemoryError, CodeOffset, Compiled, Evicted, ExecutableBlock, JitOptions, UnitId,
    UnitKey, UnitKeyBuilder, WritableBlock,
};
use lua_bytecode::FunctionProto;
use lua_runtime::{Gc, MetaEvent, Table, Value, Vm};

use crate::compile::{Assembled, Source, Techniques, compile};
use crate::context::Context;
use crate::function_record::{CacheGuesses, EntryPoints, FunctionRecord};
use crate::helpers::{
    EXIT, GO_ON, LEAVE, PROTECTED_RETURNED, VALUE_RETURNED, Waiting, WaitingSite, end_operation, signal_of,
};
use crate::masm::Operands;
use crate::x64::{Stubs, Trampoline, X64};

/// Heat of a call; a back-edge has 1.
const CALL_HEAT: u64 = 10;
/// Functions with more words of bytecode are declined.
const MAX_WORDS: usize = 100_000;
const _: () = assert!(MAX_WORDS < 1 << 24, "the index of an instruction has a place in a word with a register");
/// Bytes of native stack that compiled functions may take by calling each other.
const STACK_BUDGET_BYTES: usize = 256 << 10;
/// Bytes of that which must be left to enter compiled code at all.
const STACK_MARGIN_BYTES: usize = 4 << 10;
/// Bytes that are reserved for the trampoline, enough for a page of any size.
const STUB_BYTES: u64 = 1 << 16;

/// What the engine keeps with a unit.
#[derive(Debug)]
pub(crate) struct UnitData {
    /// Where it can be entered.
    pub(crate) points: Rc<EntryPoints>,
    /// The function that it was compiled from first.
    pub(crate) proto: Rc<FunctionProto>,
    /// What operands in memory are.
    pub(crate) operands: Operands,
}

/// The engine's part of a Lua state. Everything in it is shared, since compiled code, helpers and nested runs of the VM
/// may all come here.
pub(crate) struct Jit {
    /// What compiled code sees.
    pub(crate) context: Box<Context>,
    /// The units.
    pub(crate) cache: RefCell<CodeCache<UnitData>>,
    /// Every record that was made, as long as the Lua state lives.
    records: RefCell<Vec<Rc<FunctionRecord>>>,
    options: JitOptions,
    techniques: Techniques,
    /// Whether helpers enter compiled code.
    nests: bool,
    /// That of a function that has not run: how much leads to a compilation.
    cold: Heat,
    trampoline: Trampoline,
    /// Entries into compiled code that have not come back.
    entries: Cell<u32>,
    /// Keeps all code while there are entries.
    pin: RefCell<Option<CachePin>>,
    /// The memory of trampoline and fallback.
    _stubs: ExecutableBlock,
}

/// Why the engine cannot start.
#[derive(Debug)]
pub(crate) enum StartError {
    /// No addresses or no memory for code.
    Memory(CodeMemoryError),
    /// The assembler does not take the trampoline: a bug.
    Assembler(String),
}

impl Jit {
    /// A compiler that has compiled nothing. `threshold` is in calls.
    ///
    /// # Errors
    /// [`StartError`].
    pub(crate) fn new(
        options: JitOptions,
        threshold: u64,
        techniques: Techniques,
        nests: bool,
        interrupt: &Interrupt,
    ) -> Result<Jit, StartError> {
        let memory =
            CodeMemory::reserve(options.code_cache_bytes, options.fail_code_request).map_err(StartError::Memory)?;
        // Apart from the cache, whose limit and faults are about units.
        let Stubs { bytes, fallback, helpers } = Stubs::new().map_err(StartError::Assembler)?;
        let stub_memory = CodeMemory::reserve(Some(STUB_BYTES), None).map_err(StartError::Memory)?;
        let mut block = stub_memory.request(bytes.len()).map_err(StartError::Memory)?;
        block.bytes_mut().copy_from_slice(&bytes);
        let block = block.publish().map_err(StartError::Memory)?;
        // SAFETY: the stubs start with code of this signature.
        let trampoline = unsafe { std::mem::transmute::<*const u8, Trampoline>(block.start()) };
        let (force, fail) = (options.force_exit_every.unwrap_or(0), options.fail_guard.unwrap_or(0));
        let context = Box::new(Context::new(interrupt.word(), force, fail));
        context.fallback.set(block.address(fallback));
        for (stub, offset) in context.stubs.iter().zip(helpers) {
            stub.set(block.address(offset));
        }
        Ok(Jit {
            context,
            cache: RefCell::new(CodeCache::new(memory, options.code_cache_units)),
            records: RefCell::new(Vec::new()),
            options,
            techniques,
            nests,
            cold: Heat::new(threshold.saturating_mul(CALL_HEAT)),
            trampoline,
            entries: Cell::new(0),
            pin: RefCell::new(None),
            _stubs: block,
        })
    }

    /// The record of a function; a new one if it has none.
    fn record<'a>(&self, prototype: &'a Prototype) -> &'a FunctionRecord {
        if let Some(record) = record_of(prototype) {
            return record;
        }
        let mut records = self.records.borrow_mut();
        let record = Rc::new(FunctionRecord::new(self.context.fallback.get(), self.cold));
        let pointer = Rc::as_ptr(&record);
        records.push(record);
        // SAFETY: this is the engine, which keeps the record as long as the Lua state lives.
        unsafe { prototype.set_tier(pointer.cast_mut().cast()) };
        // SAFETY: just made, and kept where it is as long as the Lua state lives, and the prototype with it.
        unsafe { &*pointer }
    }

    /// What the VM does at a function's first instruction.
    #[inline]
    pub(crate) fn function_entered(&self, vm: &mut Vm, cursor: Cursor) -> Outcome {
        let record = self.record(cursor.prototype());
        match record.entry_at(cursor) {
            Some(code) => self.enter(vm, cursor, code),
            None => self.heat(vm, cursor, record, CALL_HEAT),
        }
    }

    /// What a call from Rust does before the VM.
    #[inline]
    pub(crate) fn entered_from_rust(&self, vm: &mut Vm, cursor: Cursor) -> Outcome {
        match record_of(cursor.prototype()).filter(|record| record.cell.is_linked()) {
            Some(record) => self.enter(vm, cursor, record.body.get()),
            None => Ok(Step::Next),
        }
    }

    /// What the VM does at a back-edge.
    #[inline]
    pub(crate) fn back_edge(&self, vm: &mut Vm, cursor: Cursor) -> Outcome {
        let record = self.record(cursor.prototype());
        match record.entry(cursor.pc()) {
            Some(code) => {
                self.report_loop_entry(vm, cursor, record);
                self.enter(vm, cursor, code)
            }
            None => self.heat(vm, cursor, record, 1),
        }
    }

    /// What the VM does when it comes back to a frame.
    #[inline]
    pub(crate) fn resumed(&self, vm: &mut Vm, cursor: Cursor) -> Outcome {
        match record_of(cursor.prototype()).and_then(|record| record.entry(cursor.pc())) {
            Some(code) => self.enter(vm, cursor, code),
            None => Ok(Step::Next),
        }
    }

    fn report_loop_entry(&self, vm: &mut Vm, cursor: Cursor, record: &FunctionRecord) {
        vm.counters[Counter::OsrEntries] += 1;
        if vm.sink.is_some() && !record.is_reported.replace(true) {
            let unit = Unit { kind: UnitKind::Loop, pc: cursor.pc(), ..function_label(cursor.prototype().proto()) };
            report(vm, || Event::OsrEntry { unit });
        }
    }

    /// Counts, and compiles and enters the function at the cursor when it is hot.
    #[inline]
    fn heat(&self, vm: &mut Vm, cursor: Cursor, record: &FunctionRecord, units: u64) -> Outcome {
        if record.update_heat(|heat| heat.add(units)) { self.hot(vm, cursor, record) } else { Ok(Step::Next) }
    }

    #[cold]
    fn hot(&self, vm: &mut Vm, cursor: Cursor, record: &FunctionRecord) -> Outcome {
        let unit = function_label(cursor.prototype().proto());
        let calls = record.heat.get().count() / CALL_HEAT;
        report(vm, || Event::FunctionHot { unit: unit.clone(), calls });
        record.update_heat(Heat::reset);
        let mut evicted = Vec::new();
        let result = self.find_or_compile(vm, cursor, &unit, &mut evicted);
        for evicted in evicted {
            tier::report_evicted(vm, evicted);
        }
        match result {
            Ok(id) => self.install(id, record),
            Err(reason) => record.update_heat(match tier::declined(vm, unit, reason) {
                Retry::Later => Heat::set_back,
                Retry::Never => Heat::stop,
            }),
        }
        match record.entry(cursor.pc()) {
            Some(code) => {
                if cursor.pc() != 0 {
                    self.report_loop_entry(vm, cursor, record);
                }
                self.enter(vm, cursor, code)
            }
            None => Ok(Step::Next),
        }
    }

    /// Sends calls of a function to a unit.
    fn install(&self, id: UnitId, record: &FunctionRecord) {
        let mut cache = self.cache.borrow_mut();
        if !cache.link(id, &record.cell) {
            return;
        }
        let Some(compiled) = cache.unit(id).and_then(|unit| unit.compiled()) else { return };
        record.code.set(compiled.block.start());
        record.body.set(compiled.block.address(CodeOffset(compiled.data.points.offsets[0])));
        record.points.replace(Some(Rc::clone(&compiled.data.points)));
        record.is_reported.set(false);
    }

    /// Compiled code has left a field access to a helper. Now and then, looks whether the function's caches know other
    /// fields than its code was made for; if so, the code is thrown away, and the function is compiled again as
    /// soon as the VM comes by. Says whether compiled code must be left for that.
    pub(crate) fn field_missed(&self, vm: &mut Vm, cursor: Cursor) -> bool {
        let prototype = cursor.prototype();
        let Some(record) = record_of(prototype).filter(|record| record.count_field_miss()) else { return false };
        let is_as_compiled =
            |points: &Rc<EntryPoints>| points.cache_guesses == CacheGuesses::of(prototype, methods_of_strings(vm));
        if !record.cell.is_linked() || record.points.borrow().as_ref().is_none_or(is_as_compiled) {
            return false;
        }
        let mut cache = self.cache.borrow_mut();
        let Some(id) = cache.find(record.code.get()) else { return false };
        cache.evict(id);
        drop(cache);
        vm.counters[Counter::Deoptimisations] += 1;
        tier::deoptimised(vm, function_label(prototype.proto()), ExitReason::Shape, false);
        record.update_heat(Heat::make_due);
        true
    }

    fn find_or_compile(
        &self,
        vm: &mut Vm,
        cursor: Cursor,
        unit: &Unit,
        evicted: &mut Vec<Evicted>,
    ) -> Result<UnitId, DeclineReason> {
        let identity = UnitKey::builder().bytes(&cursor.prototype().proto().identity());
        let key = CacheGuesses::of(cursor.prototype(), methods_of_strings(vm))
            .numbers()
            .fold(identity, UnitKeyBuilder::number)
            .finish();
        let limit_ms = self.options.compile_limit_ms;
        let mut cache = self.cache.borrow_mut();
        Compilation { key, unit, limit_ms }
            .find_or_compile(vm, &mut cache, evicted, |vm, _: TimeLimit| self.assemble(vm, cursor))
    }

    fn assemble(&self, vm: &Vm, cursor: Cursor) -> Result<FunctionCode, DeclineReason> {
        let prototype = cursor.prototype();
        if prototype.proto().code.len() > MAX_WORDS {
            return Err(DeclineReason::TooLarge);
        }
        let source = Source {
            prototype,
            registers: (0..prototype.proto().max_stack).map(|register| cursor.register(register)).collect(),
            techniques: self.techniques,
            closure: cursor.closure(),
            string_methods: methods_of_strings(vm),
            seed: vm.strings.seed(),
            forces_exits: self.options.force_exit_every.is_some(),
            counts_guards: self.options.fail_guard.is_some(),
        };
        let assembled = compile::<X64>(&source).map_err(|error| {
            if cfg!(debug_assertions) {
                panic!("the assembler refused the code: {error}");
            }
            DeclineReason::Assembler
        })?;
        Ok(FunctionCode { assembled, proto: Rc::clone(prototype.proto()) })
    }

    /// Runs compiled code from an address on, in the frame at the cursor, until it comes back, if that is possible now.
    fn enter(&self, vm: &mut Vm, cursor: Cursor, code: *const u8) -> Outcome {
        if self.context.suppresses_reentry.replace(false) || !self.can_enter(vm) {
            return Ok(Step::Next);
        }
        self.run(vm, cursor, code)
    }

    /// A helper's operation at an instruction may wait for what it has called, in which the VM would go on. If that is compiled
    /// and can run now, writes down what the stub needs to run it, and gives the base of its frame.
    pub(crate) fn prepare_callee(&self, vm: &mut Vm, operation: &Operation, site: WaitingSite) -> Option<*mut Value> {
        if !self.nests || !operation.is_waiting(vm) || self.context.suppresses_reentry.get() || !self.can_enter(vm) {
            return None;
        }
        // SAFETY: the VM goes on at an instruction of a frame of a Lua function, which has this base. The state is of
        // this engine.
        let (cursor, base) = unsafe {
            let state = state_unchecked(vm);
            let base = vm.stack().add(state.resume_base() as usize);
            (Cursor::new(state.resume_pc(), base), base)
        };
        let prototype = cursor.prototype();
        let code = record_of(prototype).and_then(|record| record.entry_at(cursor))?;
        // SAFETY: the frame is one of a Lua function.
        let header = unsafe { FrameHeader::read(base) };
        let caller = cursor.base(vm) - header.base_delta();
        let is_direct = operation.is_of_running(vm) && caller == operation.base();
        let waiting = match Waiting::of_continuation(header.continuation()) {
            Some(waiting) if is_direct => waiting as u64,
            _ => u64::from(caller) | u64::from(header.resume_pc()) << 32,
        };
        self.wait(vm, operation.base(), site, operation.kept(), waiting, (prototype.pool(), code));
        Some(base)
    }

    /// Writes down what the stub needs to run a callee, of which code and pool are given, for an instruction of the frame with
    /// its base in a slot: what is kept of the operation, and what it waits for, as [`Context::waiting_return`] has it.
    #[inline(always)]
    pub(crate) fn wait(
        &self,
        vm: &mut Vm,
        base: u32,
        site: WaitingSite,
        kept: Kept,
        waiting: u64,
        (pool, code): (Pool, *const u8),
    ) {
        vm.counters[Counter::JitEntries] += 1;
        let context = &self.context;
        context.waiting_site.set(u64::from(base) | u64::from(site.word()) << 32);
        context.waiting_thread.set(kept.thread);
        context.waiting_local_changes.set(kept.local_changes);
        context.waiting_return.set(waiting);
        // SAFETY: the index is not used; only the pool's own address is.
        context.jump_pool.set(unsafe { pool.feedback(0) }.cast());
        context.jump_code.set(code);
    }

    /// The code of a function from its start, if it is compiled and a helper can have it run now.
    #[inline(always)]
    pub(crate) fn runnable(&self, vm: &Vm, prototype: &Prototype) -> Option<*const u8> {
        let record = record_of(prototype)?;
        let can_run =
            self.nests && record.cell.is_linked() && !self.context.suppresses_reentry.get() && self.can_enter(vm);
        can_run.then(|| record.body.get())
    }

    /// Whether compiled code can run now: nobody traces, and there is native stack.
    fn can_enter(&self, vm: &Vm) -> bool {
        vm.interrupt.bits() & Interrupt::HOOK == 0 && self.take_stack()
    }

    /// Runs compiled code from an address on, in the frame at the cursor, until it comes back.
    fn run(&self, vm: &mut Vm, cursor: Cursor, code: *const u8) -> Outcome {
        vm.counters[Counter::JitEntries] += 1;
        let slot = cursor.base(vm);
        // SAFETY: the cursor is in a frame of a Lua function.
        let (base, header) = unsafe {
            let base = vm.stack().add(slot as usize);
            (base, FrameHeader::read(base))
        };
        let result = result_slot(vm, slot, header);
        if self.entries.get() == 0 {
            self.pin.replace(Some(self.cache.borrow().pin()));
        }
        self.entries.set(self.entries.get() + 1);
        // SAFETY: the index is not used; only the pool's own address is.
        let pool = unsafe { cursor.prototype().pool().feedback(0) }.cast();
        let state_pointer = vm.engine_state().address().cast();
        // SAFETY: the code was compiled for the function of this frame and is entered at the cursor's instruction; the
        // pin keeps it. Context and state live as long as the instance.
        let status = unsafe { (self.trampoline)(vm, base, code, &raw const *self.context, pool, state_pointer) };
        self.entries.set(self.entries.get() - 1);
        if self.entries.get() == 0 {
            self.pin.replace(None);
            self.cache.borrow_mut().collect_dead();
        }
        match status {
            GO_ON => Ok(return_to_caller(vm, slot, header)),
            LEAVE | PROTECTED_RETURNED => Ok(Step::Reload),
            VALUE_RETURNED => end_operation(vm, header, slot - header.base_delta(), result),
            EXIT => Ok(Step::Exit),
            status => match signal_of(status) {
                Some(signal) => Err(signal),
                None => unreachable!("compiled code gives no other status"),
            },
        }
    }

    /// Makes sure that compiled code has some native stack. The outermost entry sets the limit.
    fn take_stack(&self) -> bool {
        let marker = 0_u8;
        let here = (&raw const marker).addr();
        if self.entries.get() == 0 {
            self.context.stack_limit.set(here.saturating_sub(STACK_BUDGET_BYTES));
        }
        here > self.context.stack_limit.get().saturating_add(STACK_MARGIN_BYTES)
    }
}

/// The frame that was entered at this slot has returned to a Lua function.
fn return_to_caller(vm: &mut Vm, slot: u32, header: FrameHeader) -> Step {
    debug_assert!(header.continuation() == Continuation::Call);
    let caller = slot - header.base_delta();
    // SAFETY: an ordinary call was made by a Lua function, to whose base and next instruction the header leads.
    unsafe {
        let cursor = Cursor::at(vm, header.resume_pc(), caller);
        resume(vm, cursor.address(), caller)
    }
}

/// The code of a function, before it is in its place.
struct FunctionCode {
    assembled: Assembled,
    proto: Rc<FunctionProto>,
}

impl Code<UnitData> for FunctionCode {
    fn code_bytes(&self) -> usize {
        self.assembled.bytes.len()
    }

    fn place(self, mut block: WritableBlock) -> Result<Compiled<UnitData>, DeclineReason> {
        let Assembled { bytes, entry, points, map, operands } = self.assembled;
        block.bytes_mut().copy_from_slice(&bytes);
        let block = block.publish().map_err(|_| DeclineReason::CodeMemory)?;
        let data = UnitData { points: Rc::new(points), proto: self.proto, operands };
        Ok(Compiled { block, entry, map, data })
    }
}

/// The table behind `__index` of strings.
fn methods_of_strings(vm: &Vm) -> Option<Gc<Table>> {
    vm.metamethod_in(vm.string_metatable()?, MetaEvent::Index).as_table()
}

/// The engine's part of a Lua state.
pub(crate) fn jit<'a>(vm: &Vm) -> &'a Jit {
    // SAFETY: only functions of this engine ask, for its own states; it has set the tier at the start, which lives as
    // long as the instance.
    unsafe { &*state_unchecked(vm).tier().cast::<Jit>() }
}

/// What compiled code sees.
pub(crate) fn context<'a>(vm: &Vm) -> &'a Context {
    &jit(vm).context
}

/// The record of a function, if it has one.
#[inline]
pub(crate) fn record_of(prototype: &Prototype) -> Option<&FunctionRecord> {
    // SAFETY: only this engine sets the tier, to a record that it keeps.
    unsafe { prototype.tier().cast::<FunctionRecord>().as_ref() }
}

/// Where compiled code is left: an instruction of a function.
#[derive(Clone, Copy)]
pub(crate) struct ExitPoint<'a> {
    /// The function.
    pub(crate) proto: &'a FunctionProto,
    /// The index of the instruction.
    pub(crate) pc: u32,
}

/// Counts an exit from compiled code.
pub(crate) fn count_exit(vm: &mut Vm, exit_point: ExitPoint, reason: ExitReason) {
    tier::side_exit(vm, || function_label(exit_point.proto), exit_point.pc, reason);
}
