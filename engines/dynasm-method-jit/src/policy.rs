//! When a function is compiled, and the way from the VM into compiled code and back.
//!
//! A function is hot when it was called often enough; ten back-edges count as a call, so that a function with a long loop
//! that is called once is compiled too. Compiled code is entered at the function's start, at loop headers and behind
//! calls, wherever the VM comes by.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use bytecode_vm::frame::{Continuation, FrameHeader, HEADER_SLOTS};
use bytecode_vm::prototype::{Pool, Prototype};
use bytecode_vm::state::walk::result_slot;
use bytecode_vm::state::{Cursor, Outcome, Step, resume, state_unchecked};
use bytecode_vm::tier::{self, Code, Compilation, Heat, Kept, Operation, Retry, TimeLimit, function_label, report};
use engine_api::event::{DeclineReason, ExitDetail, ExitReason, Unit, UnitKind};
use engine_api::{Counter, Event, Interrupt, UnitProgress, UnitStage, VmState};
use jit_support::cache::CachePin;
use jit_support::{
    AnyData, CodeMemory, CodeMemoryError, CodeOffset, Compiled, Evicted, ExecutableBlock, JitOptions, SharedCache,
    UnitId, UnitKey, UnitKeyBuilder, WritableBlock,
};
use lua_bytecode::FunctionProto;
use lua_runtime::{Gc, MetaEvent, Table, Value, Vm};

use crate::compile::{Assembled, Source, Techniques, compile};
use crate::context::Context;
use crate::function_record::{CacheGuesses, EntryPoints, FunctionRecord};
use crate::helpers::{
    EXIT, GO_ON, HELPERS, LEAVE, PROTECTED_RETURNED, TRACKED_HELPERS, VALUE_RETURNED, Waiting, WaitingSite,
    end_operation, signal_of,
};
use crate::masm::Operands;
use crate::x64::{Stubs, Trampoline, X64};

/// Heat of a call; a back-edge has 1.
const CALL_HEAT: u64 = 10;
/// Functions with more words of bytecode are declined.
pub(crate) const MAX_WORDS: usize = 100_000;
/// Slots by which a call moves the base at least: a callee is in a register, and behind it there is the rest of a header.
const SLOTS_PER_CALL: u32 = HEADER_SLOTS;
/// Bytes of native stack that a call of compiled code by compiled code takes: the return address and the pool.
const BYTES_PER_CALL: usize = 16;
/// Slots from the base of an entry into compiled code on in which the frames of compiled functions lie that call each other from
/// there. So they need no counter of their own for the native stack.
const SLOTS_PER_ENTRY: u32 = 1 << 15;
/// Bytes of native stack that must be left to enter compiled code at all: what calls may take, twice, because a coroutine that is
/// entered within another may use the slots up to the other's limit.
const STACK_MARGIN_BYTES: usize = 2 * (SLOTS_PER_ENTRY / SLOTS_PER_CALL) as usize * BYTES_PER_CALL + (4 << 10);
/// Bytes of native stack for all of compiled code and what lies between, from the outermost entry on.
const STACK_BUDGET_BYTES: usize = STACK_MARGIN_BYTES + (256 << 10);
/// Bytes of that which must be left to run a loop that another compiler has compiled.
const LOOP_STACK_BYTES: usize = STACK_MARGIN_BYTES + (64 << 10);
/// Words of loops in which it matters that a back-edge counts.
const SMALL_LOOP_WORDS: u32 = 32;
/// What stands in the countdown of a loop that the compiler of loops has settled: nobody need count.
const SETTLED: i32 = i32::MAX;
/// Bytes that are reserved for the trampoline, enough for a page of any size.
const STUB_BYTES: u64 = 1 << 16;

/// Whoever compiles loops beside this compiler, as hooks like those of [`bytecode_vm::tier::TierHooks`]. Compiled code comes to them
/// at loop headers, and goes on where they say.
#[derive(Debug, Clone, Copy)]
pub struct LoopTier {
    /// The countdown of a loop has ended at a back-edge. The cursor is at the loop's header. Sets the countdown anew.
    pub counted_down: fn(&mut Vm, Cursor) -> Outcome,
    /// As [`bytecode_vm::tier::TierHooks::resumed`].
    pub resumed: fn(&mut Vm, Cursor) -> Outcome,
}

/// When functions are compiled, and how.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Calls that lead to a compilation; `None` for none that does.
    pub threshold: Option<u64>,
    /// What the compiler may do.
    pub techniques: Techniques,
    /// Whether helpers enter compiled code.
    pub nests: bool,
    /// Who compiles loops, if somebody does.
    pub loops: Option<LoopTier>,
    /// Whether it is said when compiled code and its helpers run ([`VmState`]).
    pub tracks_states: bool,
}

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
pub struct Jit {
    /// What compiled code sees.
    pub(crate) context: Box<Context>,
    /// The units.
    pub(crate) cache: SharedCache,
    /// Every record that was made, as long as the Lua state lives.
    records: RefCell<Vec<Rc<FunctionRecord>>>,
    options: JitOptions,
    policy: Policy,
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
pub enum StartError {
    /// No addresses or no memory for code.
    Memory(CodeMemoryError),
    /// The assembler does not take the trampoline: a bug.
    Assembler(String),
}

impl Jit {
    /// A compiler that has compiled nothing.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn new(
        options: JitOptions,
        policy: Policy,
        cache: SharedCache,
        interrupt: &Interrupt,
    ) -> Result<Jit, StartError> {
        // Apart from the cache, whose limit and faults are about units.
        let Stubs { bytes, fallback, append, differ, helpers } = Stubs::new().map_err(StartError::Assembler)?;
        let stub_memory = CodeMemory::reserve(Some(STUB_BYTES), None).map_err(StartError::Memory)?;
        let mut block = stub_memory.request(bytes.len()).map_err(StartError::Memory)?;
        block.bytes_mut().copy_from_slice(&bytes);
        let block = block.publish().map_err(StartError::Memory)?;
        // SAFETY: the stubs start with code of this signature.
        let trampoline = unsafe { std::mem::transmute::<*const u8, Trampoline>(block.start()) };
        let helpers_called = if policy.tracks_states { TRACKED_HELPERS } else { HELPERS };
        let (force, fail) = (options.force_exit_every.unwrap_or(0), options.fail_guard.unwrap_or(0));
        let context = Box::new(Context::new(interrupt.word(), helpers_called, force, fail));
        context.fallback.set(block.address(fallback));
        context.append.set(block.address(append));
        context.differ.set(block.address(differ));
        for (stub, offset) in context.stubs.iter().zip(helpers) {
            stub.set(block.address(offset));
        }
        Ok(Jit {
            context,
            cache,
            records: RefCell::new(Vec::new()),
            options,
            policy,
            cold: Heat::new(policy.threshold.map_or(u64::MAX, |threshold| threshold.saturating_mul(CALL_HEAT))),
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
    pub fn function_entered(&self, vm: &mut Vm, cursor: Cursor) -> Outcome {
        let record = self.record(cursor.prototype());
        match record.entry_at(cursor) {
            Some(code) => self.enter(vm, cursor, code),
            None => {
                record.counted_calls.set(record.counted_calls.get() + 1);
                self.heat(vm, cursor, record, CALL_HEAT)
            }
        }
    }

    /// How far a function has come, in calls.
    pub(crate) fn progress_of(&self, prototype: &Prototype) -> UnitProgress {
        let record = record_of(prototype);
        let heat = record.map_or(self.cold, |record| record.heat.get());
        let is_compiled = record.is_some_and(|record| record.cell.is_linked());
        let (stage, needed) = match heat.needed() {
            _ if is_compiled => (UnitStage::Compiled, heat.needed() / CALL_HEAT),
            u64::MAX => (UnitStage::GivenUp, u64::MAX),
            needed => (UnitStage::Counting, needed / CALL_HEAT),
        };
        UnitProgress { unit: function_label(prototype.proto()), stage, count: heat.count() / CALL_HEAT, needed }
    }

    /// Whether a function is compiled.
    #[inline]
    pub fn is_compiled(&self, prototype: &Prototype) -> bool {
        record_of(prototype).is_some_and(|record| record.cell.is_linked())
    }

    /// Makes the next count of the function at the cursor lead to its compilation.
    pub fn make_due(&self, cursor: Cursor) {
        self.record(cursor.prototype()).update_heat(Heat::make_due);
    }

    /// What a call from Rust does before the VM.
    #[inline]
    pub fn entered_from_rust(&self, vm: &mut Vm, cursor: Cursor) -> Outcome {
        match record_of(cursor.prototype()).filter(|record| record.cell.is_linked()) {
            Some(record) => self.enter(vm, cursor, record.body.get()),
            None => Ok(Step::Next),
        }
    }

    /// What the VM does at a back-edge.
    #[inline]
    pub fn back_edge(&self, vm: &mut Vm, cursor: Cursor) -> Outcome {
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
    pub fn resumed(&self, vm: &mut Vm, cursor: Cursor) -> Outcome {
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
        let calls = u64::from(record.counted_calls.replace(0));
        let back_edges = record.heat.get().count().saturating_sub(calls * CALL_HEAT);
        report(vm, || Event::FunctionHot { unit: unit.clone(), calls, back_edges });
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
        let Some(unit) = cache.unit(id) else { return };
        let (Some(compiled), Some(data)) = (unit.compiled(), unit.data::<UnitData>()) else { return };
        record.code.set(compiled.block.start());
        record.body.set(compiled.block.address(CodeOffset(data.points.offsets[0])));
        record.points.replace(Some(Rc::clone(&data.points)));
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
        let prototype = cursor.prototype();
        let identity = UnitKey::builder().number(UnitKind::Function as u64).bytes(&prototype.proto().identity());
        let settled =
            prototype.proto().loops.iter().map(|it| it.header_pc).filter(|header| is_settled(prototype, *header));
        let identity = settled.map(u64::from).fold(identity, UnitKeyBuilder::number);
        let guesses = CacheGuesses::of(prototype, methods_of_strings(vm));
        let key = guesses.numbers().fold(identity, UnitKeyBuilder::number).finish();
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
            techniques: self.policy.techniques,
            asks_loop_tier: self.policy.loops.is_some(),
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
        if !self.policy.nests
            || !operation.is_waiting(vm)
            || self.context.suppresses_reentry.get()
            || !self.can_enter(vm)
        {
            return None;
        }
        // SAFETY: the VM goes on at an instruction of a frame of a Lua function, which has this base. The state is of
        // this engine.
        let (cursor, base) = unsafe {
            let state = state_unchecked(vm);
            let base = vm.stack().add(state.resume_base() as usize);
            (Cursor::new(state.resume_pc(), base), base)
        };
        // In another coroutine than that of the latest entry the limit may be far away.
        if vm.frame_limit() > cursor.base(vm) + 2 * SLOTS_PER_ENTRY {
            return None;
        }
        let prototype = cursor.prototype();
        let code = record_of(prototype).and_then(|record| record.entry_at(cursor))?;
        // SAFETY: the frame is one of a Lua function.
        let header = unsafe { FrameHeader::read(base) };
        let caller = cursor.base(vm) - header.base_delta();
        let is_direct = operation.is_of_running(vm) && caller == operation.base();
        let waiting = match Waiting::of_continuation(header.continuation()) {
            Some(waiting) if is_direct && !site.is_loop => waiting as u64,
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
        let can_run = self.policy.nests
            && record.cell.is_linked()
            && !self.context.suppresses_reentry.get()
            && self.can_enter(vm);
        can_run.then(|| record.body.get())
    }

    /// Who compiles loops beside this compiler.
    #[inline]
    pub(crate) fn loop_tier(&self) -> Option<LoopTier> {
        self.policy.loops
    }

    /// The countdown of the small loop at the cursor will not end any more: the function is compiled again without, as soon as the
    /// VM comes by. Says whether compiled code must be left for that. In other loops counting does not matter.
    pub(crate) fn is_loop_settled(&self, cursor: Cursor) -> bool {
        let (prototype, header) = (cursor.prototype(), cursor.pc());
        let mut loops = prototype.proto().loops.iter();
        let is_small = loops.any(|it| it.header_pc == header && it.back_edge_pc - header <= SMALL_LOOP_WORDS);
        if !is_small || !is_settled(prototype, header) {
            return false;
        }
        let record = self.record(prototype);
        let mut cache = self.cache.borrow_mut();
        let Some(id) = cache.find(record.code.get()).filter(|_| record.cell.is_linked()) else { return false };
        cache.evict(id);
        record.update_heat(Heat::make_due);
        true
    }

    /// Whether there is native stack for the code of a loop above compiled functions.
    pub(crate) fn has_stack_for_loop(&self) -> bool {
        let marker = 0_u8;
        (&raw const marker).addr() > self.context.stack_limit.get().saturating_add(LOOP_STACK_BYTES)
    }

    /// Writes down what running code needs to go on at another instruction of its frame; `false` if that is not compiled or the VM
    /// must do something first.
    pub(crate) fn prepare_jump(&self, cursor: Cursor) -> bool {
        let prototype = cursor.prototype();
        let Some(code) = record_of(prototype).and_then(|record| record.entry_at(cursor)) else { return false };
        if self.context.suppresses_reentry.get() {
            return false;
        }
        let context = &self.context;
        context.jump_base.set(cursor.frame());
        // SAFETY: the index is not used; only the pool's own address is.
        context.jump_pool.set(unsafe { prototype.pool().feedback(0) }.cast());
        context.jump_code.set(code);
        true
    }

    /// The VM would go on in a frame of a Lua function: runs its code, if it is compiled and that is possible now, until it comes
    /// back. Says how the VM goes on then.
    #[inline]
    pub fn run_resumed(&self, vm: &mut Vm) -> Outcome {
        // SAFETY: the VM goes on at an instruction of a frame of a Lua function, which has this base. The state is of an engine
        // that builds on the VM.
        let cursor = unsafe {
            let state = state_unchecked(vm);
            Cursor::new(state.resume_pc(), vm.stack().add(state.resume_base() as usize))
        };
        match record_of(cursor.prototype()).and_then(|record| record.entry_at(cursor)) {
            Some(code) if !self.context.suppresses_reentry.get() && self.can_enter(vm) => self.run(vm, cursor, code),
            Some(_) | None => Ok(Step::Reload),
        }
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
        let outer_limit = self.limit_frames(vm, slot);
        // SAFETY: the index is not used; only the pool's own address is.
        let pool = unsafe { cursor.prototype().pool().feedback(0) }.cast();
        let state_pointer = vm.engine_state().address().cast();
        let before = self.policy.tracks_states.then(|| vm.interrupt.set_state(VmState::Compiled));
        // SAFETY: the code was compiled for the function of this frame and is entered at the cursor's instruction; the
        // pin keeps it. Context and state live as long as the instance.
        let status = unsafe { (self.trampoline)(vm, base, code, &raw const *self.context, pool, state_pointer) };
        if let Some(before) = before {
            vm.interrupt.set_state(before);
        }
        vm.set_frame_limit(outer_limit);
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

    /// Bounds the frames of compiled code that is entered with this base: by the native stack that each takes, and by the frames that
    /// there may be. Gives the limit that was there before.
    fn limit_frames(&self, vm: &mut Vm, base: u32) -> u32 {
        // SAFETY: the state is of an engine that builds on the VM.
        let depth = unsafe { state_unchecked(vm) }.depth();
        let slots = vm.limits.lua_depth.saturating_sub(depth).saturating_mul(SLOTS_PER_CALL);
        vm.set_frame_limit(base + slots.min(SLOTS_PER_ENTRY))
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

impl Code<AnyData> for FunctionCode {
    const COMPILER: &'static str = "dynasm-method";

    fn code_bytes(&self) -> usize {
        self.assembled.bytes.len()
    }

    fn place(self, mut block: WritableBlock) -> Result<Compiled<AnyData>, DeclineReason> {
        let Assembled { bytes, entry, points, map, operands } = self.assembled;
        block.bytes_mut().copy_from_slice(&bytes);
        let block = block.publish().map_err(|_| DeclineReason::CodeMemory)?;
        let data = UnitData { points: Rc::new(points), proto: self.proto, operands };
        Ok(Compiled { block, entry, map, data: Box::new(data) })
    }
}

/// The table behind `__index` of strings.
fn methods_of_strings(vm: &Vm) -> Option<Gc<Table>> {
    vm.metamethod_in(vm.string_metatable()?, MetaEvent::Index).as_table()
}

/// The engine's part of a Lua state.
pub(crate) fn jit<'a>(vm: &Vm) -> &'a Jit {
    // SAFETY: only functions of this compiler ask, for states of engines that have said at the start where it is. It lives as long
    // as the instance.
    unsafe { &*state_unchecked(vm).tiers().functions.cast::<Jit>() }
}

/// Whether the compiler of loops wants nothing more to do with a loop, so that nobody need count.
pub(crate) fn is_settled(prototype: &Prototype, header: u32) -> bool {
    prototype.loop_countdown(header).get() == SETTLED
}

/// What compiled code sees.
pub(crate) fn context<'a>(vm: &Vm) -> &'a Context {
    &jit(vm).context
}

/// The record of a function, if it has one.
#[inline]
pub(crate) fn record_of(prototype: &Prototype) -> Option<&FunctionRecord> {
    // SAFETY: only this compiler sets the tier, to a record that it keeps.
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
pub(crate) fn count_exit(vm: &mut Vm, exit_point: ExitPoint, reason: ExitReason, detail: ExitDetail) {
    let ExitPoint { proto, pc } = exit_point;
    tier::side_exit(vm, reason, |_| (function_label(proto), tier::ExitPoint { proto, pc, detail, entry: None }));
}

/// Compiled code is left because the VM goes on somewhere else than behind the operation: why that is, and in which function
/// it goes on.
#[cold]
pub(crate) fn reason_to_leave(vm: &Vm, operation: &Operation) -> (ExitReason, ExitDetail) {
    if vm.interrupt.bits() & Interrupt::HOOK != 0 {
        return (ExitReason::Interrupt, ExitDetail::None);
    }
    if !operation.is_waiting(vm) {
        return (ExitReason::Elsewhere, ExitDetail::None);
    }
    // SAFETY: the VM goes on at an instruction of a frame of a Lua function, which has this base. The state is of this
    // engine.
    let cursor = unsafe {
        let state = state_unchecked(vm);
        Cursor::new(state.resume_pc(), vm.stack().add(state.resume_base() as usize))
    };
    let prototype = cursor.prototype();
    let is_compiled = record_of(prototype).is_some_and(|record| record.entry_at(cursor).is_some());
    let reason = if is_compiled { ExitReason::NoNesting } else { ExitReason::NotCompiled };
    (reason, ExitDetail::Callee(prototype.proto().name.clone()))
}
