//! The compilation of one loop: key, lowering, machine code, publication, and what is reported about it.

use std::rc::Rc;

use bytecode_vm::state::Cursor;
use cranelift_codegen::ir::Function;
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_frontend::FunctionBuilderContext;
use engine_api::event::{DeclineReason, Unit, UnitKind};
use engine_api::{Counter, Event};
use jit_support::cache::Evicted;
use jit_support::{BytecodePc, CodeCache, CodeMap, CodeMapBuilder, CodeOffset, Compiled, Origin, UnitKey};
use lua_bytecode::proto::{Constant, FeedbackDescriptor, FunctionProto};
use lua_runtime::object::Header;
use lua_runtime::value::Value;
use lua_runtime::{Gc, Vm};

use crate::exits::Exit;
use crate::loops::{Entrance, UnitFunction};
use crate::lower::{self, Lowered, Request, Stress};
use crate::machine::{self, Assembled};
use crate::region::Region;

/// What is kept with a unit.
pub(crate) struct UnitData {
    /// Heap objects to whose addresses the code refers.
    pub(crate) objects: Vec<Gc<Header>>,
    /// The function whose loop it is.
    pub(crate) proto: Rc<FunctionProto>,
    /// The IR after the optimiser.
    pub(crate) optimised: Function,
    /// Bytes behind the code that are constants.
    pub(crate) constant_bytes: usize,
    exits: Rc<[Exit]>,
    frame_slots: u32,
    inlined_depth: u32,
}

/// Makes units.
pub(crate) struct Compiler {
    isa: OwnedTargetIsa,
    context: FunctionBuilderContext,
    stress: Stress,
    limit_ms: Option<u64>,
    /// Units that the last compilation threw out for room.
    pub(crate) evicted: Vec<Evicted>,
}

impl Compiler {
    pub(crate) fn new(stress: Stress, limit_ms: Option<u64>) -> Compiler {
        let context = FunctionBuilderContext::new();
        Compiler { isa: machine::describe(), context, stress, limit_ms, evicted: Vec::new() }
    }

    /// Finds or makes the unit of the loop whose header the cursor is at, for the types that its frame has now.
    ///
    /// # Errors
    /// Why it is declined.
    pub(crate) fn compile(
        &mut self,
        vm: &mut Vm,
        cache: &mut CodeCache<UnitData>,
        cursor: Cursor,
        unit: &Unit,
    ) -> Result<Entrance, DeclineReason> {
        let proto = &cursor.prototype().proto;
        let region = Region::of(proto, cursor.pc()).ok_or(DeclineReason::Opcode("no loop"))?;
        let registers: Vec<Value> = (0..proto.max_stack).map(|register| cursor.register(register)).collect();
        let key = key(proto, &region, &registers);
        if cache.is_blacklisted(&key) {
            return Err(DeclineReason::Blacklisted);
        }
        if let Some(found) = cache.lookup(&key) {
            return entrance(cache, found).ok_or(DeclineReason::CodeMemory);
        }
        vm.counters[Counter::CompilationsAttempted] += 1;
        report(vm, || Event::CompileStart { unit: unit.clone() });
        let start_ns = vm.host.monotonic_ns();
        let result = self.make(vm, cache, cursor, unit, &region, &registers, key, start_ns);
        let time_ns = vm.host.monotonic_ns().saturating_sub(start_ns);
        vm.counters[Counter::CompileTimeNs] += time_ns;
        let (entrance, code_bytes) = result?;
        vm.counters[Counter::CompilationsSucceeded] += 1;
        report(vm, || Event::CompileEnd { unit: unit.clone(), code_bytes, time_ns });
        Ok(entrance)
    }

    #[expect(clippy::too_many_arguments, reason = "they are one thing, what to compile, and made one line above")]
    fn make(
        &mut self,
        vm: &mut Vm,
        cache: &mut CodeCache<UnitData>,
        cursor: Cursor,
        unit: &Unit,
        region: &Region,
        registers: &[Value],
        key: UnitKey,
        start_ns: u64,
    ) -> Result<(Entrance, u64), DeclineReason> {
        if region.end_pc - region.header_pc > lower::MAX_WORDS {
            return Err(DeclineReason::TooLarge);
        }
        let request = Request { vm, closure: cursor.closure(), region, registers, stress: self.stress };
        let Lowered { function, exits, objects, frame_slots, inlined_depth } =
            lower::lower(&request, &*self.isa, &mut self.context)?;
        self.within_limit(vm, start_ns)?;
        let assembled = machine::assemble(&*self.isa, function).map_err(too_large)?;
        self.within_limit(vm, start_ns)?;
        let code_bytes = assembled.code_bytes();
        let id = cache.begin(key, unit.clone());
        let published = cache
            .request_code(code_bytes, &mut self.evicted)
            .map_err(|error| error.to_string())
            .and_then(|block| assembled.publish(&self.isa, block));
        let Ok(block) = published else {
            cache.abandon(id);
            return Err(DeclineReason::CodeMemory);
        };
        let proto = Rc::clone(&cursor.prototype().proto);
        let map = map(&assembled, &proto);
        let constant_bytes = assembled.constant_bytes();
        let optimised = assembled.optimised();
        let exits = exits.into();
        let data = UnitData { objects, proto, optimised, constant_bytes, exits, frame_slots, inlined_depth };
        let compiled = Compiled { block, entry: CodeOffset::START, map, data };
        if cache.publish(id, compiled, &mut self.evicted).is_err() {
            return Err(DeclineReason::CodeMemory);
        }
        let entrance = entrance(cache, id).ok_or(DeclineReason::CodeMemory)?;
        Ok((entrance, code_bytes as u64))
    }

    fn within_limit(&self, vm: &mut Vm, start_ns: u64) -> Result<(), DeclineReason> {
        let Some(limit_ms) = self.limit_ms else { return Ok(()) };
        let elapsed_ms = vm.host.monotonic_ns().saturating_sub(start_ns) / 1_000_000;
        if elapsed_ms > limit_ms { Err(DeclineReason::TimeLimit) } else { Ok(()) }
    }
}

/// What Cranelift declines, it declines for its size; anything else is a bug of the lowering, which debug builds show.
fn too_large(error: String) -> DeclineReason {
    debug_assert!(error.contains("CodeTooLarge") || error.contains("ImplLimitExceeded"), "{error}");
    DeclineReason::TooLarge
}

/// How a unit of the cache is entered.
fn entrance(cache: &CodeCache<UnitData>, id: jit_support::UnitId) -> Option<Entrance> {
    let unit = cache.unit(id)?;
    let data = &unit.compiled()?.data;
    // SAFETY: the entry is the start of code that was compiled with the signature of `UnitFunction`.
    let function = unsafe { std::mem::transmute::<*const u8, UnitFunction>(unit.entry()?) };
    Some(Entrance {
        function,
        unit: id,
        control: Rc::clone(unit.control()),
        exits: Rc::clone(&data.exits),
        frame_slots: data.frame_slots,
        inlined_depth: data.inlined_depth,
    })
}

/// What a unit is compiled from: the function, the loop in it, and the types at the entry.
fn key(proto: &FunctionProto, region: &Region, registers: &[Value]) -> UnitKey {
    let mut key = UnitKey::builder().number(region.header_pc.into()).words(&proto.code);
    for constant in &proto.constants {
        key = match constant {
            Constant::Nil => key.number(0),
            Constant::Boolean(value) => key.number(1).number((*value).into()),
            Constant::Integer(value) => key.number(2).number(value.cast_unsigned()),
            Constant::Float(value) => key.number(3).number(value.to_bits()),
            Constant::String(bytes) => key.number(4).bytes(bytes),
        };
    }
    for descriptor in &proto.feedback {
        key = match descriptor {
            FeedbackDescriptor::Field(constant) => key.number(1).number((*constant).into()),
            FeedbackDescriptor::Index => key.number(2),
            FeedbackDescriptor::Call => key.number(3),
            FeedbackDescriptor::Template(keys) => key.number(4).words(keys),
        };
    }
    for register in &region.touched {
        key = key.number(registers[*register as usize].tag as u64);
    }
    key.finish()
}

/// Which bytecode each run of machine code was made for.
fn map(assembled: &Assembled, proto: &FunctionProto) -> CodeMap {
    let mut map = CodeMapBuilder::new();
    for location in assembled.locations() {
        let origin = (!location.loc.is_default())
            .then(|| location.loc.bits())
            .map(|pc| Origin { pc: BytecodePc(pc), line: proto.lines.line(pc) });
        map.mark(CodeOffset(location.start), origin);
        map.mark(CodeOffset(location.end), None);
    }
    map.finish(assembled.code_bytes() as u32)
}

/// The loop whose header the cursor is at, as events name it.
pub(crate) fn label(cursor: Cursor) -> Unit {
    let proto = &cursor.prototype().proto;
    Unit {
        kind: UnitKind::Loop,
        function: proto.name.clone(),
        chunk: lua_syntax::diagnostic::chunk_display_name(&proto.chunk_name).to_string(),
        line: proto.lines.line(cursor.pc()),
        pc: cursor.pc(),
    }
}

/// Sends an event if somebody listens.
pub(crate) fn report(vm: &mut Vm, event: impl FnOnce() -> Event) {
    if vm.sink.is_none() {
        return;
    }
    let time_ns = vm.host.monotonic_ns();
    if let Some(sink) = &mut vm.sink {
        sink.event(time_ns, &event());
    }
}
