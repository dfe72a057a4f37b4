//! The compilation of one loop: key, lowering, machine code, publication, and what is reported about it.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use bytecode_vm::prototype::Prototype;
use bytecode_vm::state::Cursor;
use bytecode_vm::tier::{Code, Compilation, TimeLimit, loop_label};
use cranelift_codegen::ir::Function;
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_frontend::FunctionBuilderContext;
use engine_api::event::{DeclineReason, Unit, UnitKind};
use jit_support::cache::Evicted;
use jit_support::{
    AnyData, BytecodePc, CodeCache, CodeMap, CodeMapBuilder, CodeOffset, Compiled, Origin, UnitId, UnitKey,
    WritableBlock,
};
use lua_bytecode::instruction::instructions;
use lua_bytecode::liveness::Liveness;
use lua_bytecode::opcode::{Extra, SlotKind};
use lua_bytecode::{FunctionProto, Pc};
use lua_runtime::object::Header;
use lua_runtime::value::{Tag, Value};
use lua_runtime::{Gc, Vm};

use crate::backend::{self, Assembled};
use crate::exits::{Exit, InstructionPath};
use crate::locations::Locations;
use crate::loops::{UnitEntry, UnitFunction, UnitWorth};
use crate::lower::{self, Lowered, Request, Stress};
use crate::policy::Policy;
use crate::region::Region;
use crate::trial::Trial;
use crate::vm_call::Site;

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
    /// What the IR's source locations mean.
    pub(crate) locations: Locations,
    /// The runs of code with a source location: first and last offset, and its number.
    pub(crate) located: Vec<(CodeOffset, CodeOffset, u32)>,
    /// The instructions that the VM does.
    pub(crate) sites: Rc<[Rc<Site>]>,
    exits: Rc<[Exit]>,
    entry_types: Rc<[(u8, Tag)]>,
    /// The instructions at which it is entered; the loop's header first.
    pub(crate) entry_points: Vec<Pc>,
    frame_slots: u32,
    inlined_depth: u32,
    words_per_loop: u32,
}

/// What is to be compiled.
struct Task<'a> {
    cursor: Cursor,
    region: Region,
    registers: Vec<Value>,
    speculation_log: SpeculationLog<'a>,
}

/// What earlier units of the loop have taught about its guards.
#[derive(Clone, Copy)]
pub(crate) struct SpeculationLog<'a> {
    /// Instructions whose guards have failed too often.
    pub(crate) failing_guards: &'a BTreeSet<InstructionPath>,
    /// Registers that had values of several types when the loop was entered.
    pub(crate) unstable_registers: &'a BTreeSet<u32>,
}

/// What the compiler does to make code fast.
#[derive(Debug, Clone, Copy)]
pub struct Techniques {
    /// How much Cranelift optimises, by its own name for it.
    pub level: &'static str,
    /// Whether calls of small functions become their code.
    pub inlines: bool,
}

/// Makes units.
pub(crate) struct Compiler {
    policy: Policy,
    /// The machine, once a loop is compiled: many programs end before.
    isa: Option<OwnedTargetIsa>,
    context: FunctionBuilderContext,
    stress: Stress,
    limit_ms: Option<u64>,
    /// What is live in the function whose loop was compiled last: the next one is often of the same function.
    liveness: Option<(Rc<FunctionProto>, Rc<Liveness>)>,
}

impl Compiler {
    pub(crate) fn new(policy: Policy, stress: Stress, limit_ms: Option<u64>) -> Compiler {
        let context = FunctionBuilderContext::new();
        Compiler { policy, isa: None, context, stress, limit_ms, liveness: None }
    }

    /// Finds or makes the unit of the loop whose header the cursor is at, for the types that its frame has now.
    /// Units that were thrown out for room are added to `evicted`.
    ///
    /// # Errors
    /// Why it is declined.
    pub(crate) fn compile(
        &mut self,
        vm: &mut Vm,
        cache: &mut CodeCache<AnyData>,
        cursor: Cursor,
        unit: &Unit,
        speculation_log: SpeculationLog,
        evicted: &mut Vec<Evicted>,
    ) -> Result<UnitEntry, DeclineReason> {
        let proto = &cursor.prototype().proto();
        let region = Region::of(proto, cursor.pc()).ok_or(DeclineReason::Opcode("no loop"))?;
        let registers: Vec<Value> = (0..proto.max_stack).map(|register| cursor.register(register)).collect();
        let key = key(cursor.prototype(), &region, &registers, speculation_log);
        let compilation = Compilation { key, unit, limit_ms: self.limit_ms };
        let task = Task { cursor, region, registers, speculation_log };
        let result = compilation.find_or_compile(vm, cache, evicted, |vm, limit| self.make(vm, &task, limit));
        unit_entry(cache, result?, cursor, self.policy).ok_or(DeclineReason::CodeMemory)
    }

    fn make(&mut self, vm: &mut Vm, task: &Task, limit: TimeLimit) -> Result<LoopCode, DeclineReason> {
        let Task { cursor, region, registers, .. } = task;
        if region.words() > lower::MAX_WORDS {
            return Err(DeclineReason::TooLarge);
        }
        let SpeculationLog { failing_guards, unstable_registers } = task.speculation_log;
        let proto = Rc::clone(cursor.prototype().proto());
        let liveness = self.liveness_of(&proto);
        let (closure, stress, inlines) = (cursor.closure(), self.stress, self.policy.techniques.inlines);
        let request = Request {
            vm,
            closure,
            liveness,
            region,
            registers,
            unstable_registers,
            failing_guards,
            inlines,
            counts_own_only: self.policy.tries,
            tracks_states: self.policy.tracks_states,
            stress,
        };
        let isa = self.isa.get_or_insert_with(|| backend::describe(self.policy.target, self.policy.techniques.level));
        let mut lowered = lower::lower(&request, &**isa, &mut self.context)?;
        limit.check(vm)?;
        let function = std::mem::replace(&mut lowered.function, Function::new());
        let assembled = backend::assemble(&**isa, function)?;
        Ok(LoopCode { assembled, isa: isa.clone(), lowered, proto })
    }

    fn liveness_of(&mut self, proto: &Rc<FunctionProto>) -> Rc<Liveness> {
        match &self.liveness {
            Some((last, liveness)) if Rc::ptr_eq(last, proto) => Rc::clone(liveness),
            Some(_) | None => {
                let liveness = Rc::new(Liveness::of(proto));
                self.liveness = Some((Rc::clone(proto), Rc::clone(&liveness)));
                liveness
            }
        }
    }
}

/// The code of a loop, before it is in its place.
struct LoopCode {
    assembled: Assembled,
    isa: OwnedTargetIsa,
    /// What goes with the code; its function has become the code.
    lowered: Lowered,
    proto: Rc<FunctionProto>,
}

impl Code<AnyData> for LoopCode {
    const COMPILER: &'static str = "cranelift-loop";

    fn code_bytes(&self) -> usize {
        self.assembled.code_bytes()
    }

    fn place(self, block: WritableBlock) -> Result<Compiled<AnyData>, DeclineReason> {
        let LoopCode { assembled, isa, lowered, proto } = self;
        let block = assembled.publish(&isa, block)?;
        let map = map(&assembled, &lowered.locations, &proto);
        let located = located(&assembled);
        let constant_bytes = assembled.constant_bytes();
        let data = UnitData {
            objects: lowered.objects,
            proto,
            optimised: assembled.optimised(),
            constant_bytes,
            locations: lowered.locations,
            located,
            exits: lowered.exits.into(),
            sites: lowered.sites.into(),
            entry_types: lowered.entry_types.into(),
            entry_points: lowered.entry_points,
            frame_slots: lowered.frame_slots,
            inlined_depth: lowered.inlined_depth,
            words_per_loop: lowered.words_per_loop,
        };
        Ok(Compiled { block, entry: CodeOffset::START, map, data: Box::new(data) })
    }
}

/// How a unit of the cache is entered.
fn unit_entry(cache: &CodeCache<AnyData>, id: UnitId, cursor: Cursor, policy: Policy) -> Option<UnitEntry> {
    let unit = cache.unit(id)?;
    let data = unit.data::<UnitData>()?;
    // SAFETY: the entry is the start of code that was compiled with the signature of `UnitFunction`.
    let function = unsafe { std::mem::transmute::<*const u8, UnitFunction>(unit.entry()?) };
    Some(UnitEntry {
        function,
        unit: id,
        control: Rc::clone(unit.control()),
        label: label(cursor),
        header: cursor.address(),
        exits: Rc::clone(&data.exits),
        failures: data.exits.iter().map(|_| Cell::new(0)).collect(),
        worth: UnitWorth::new(data.words_per_loop, policy.costs),
        owed_ns: Cell::new(0),
        trial: Trial::new(id, policy.tries),
        entry_types: Rc::clone(&data.entry_types),
        _sites: Rc::clone(&data.sites),
        frame_slots: data.frame_slots,
        inlined_depth: data.inlined_depth,
    })
}

/// What a unit is compiled from: the function, the loop in it, the types at the entry, the objects that its field accesses
/// have had of late, and what earlier units have taught.
fn key(prototype: &Prototype, region: &Region, registers: &[Value], speculation_log: SpeculationLog) -> UnitKey {
    let proto = &prototype.proto();
    let mut key =
        UnitKey::builder().number(UnitKind::Loop as u64).number(region.header_pc.into()).bytes(&proto.identity());
    for register in region.touched.difference(speculation_log.unstable_registers) {
        key = key.number((*register).into()).number(registers[*register as usize].tag as u64);
    }
    for lookup in field_feedback(proto, region).flat_map(|index| prototype.feedback(index).cache.recent_lookups()) {
        let chain = lookup.chain().filter(|chain| chain.is_valid());
        key = key.number(lookup.shape().address()).number(chain.map_or(0, Gc::address));
    }
    for path in speculation_log.failing_guards {
        key = key.words(path);
    }
    key.finish()
}

/// The feedback slots of a loop's field accesses.
fn field_feedback<'a>(proto: &'a FunctionProto, region: &Region) -> impl Iterator<Item = u32> + use<'a> {
    let first = region.header_pc;
    let inside = instructions(&proto.code[first as usize..region.end_pc as usize]);
    inside.filter_map(move |(pc, instruction)| {
        let is_field = instruction.opcode().extra() == Extra::Slot(SlotKind::Field);
        is_field.then(|| proto.code[(first + pc + 1) as usize])
    })
}

/// Which bytecode each run of machine code was made for.
fn map(assembled: &Assembled, locations: &Locations, proto: &FunctionProto) -> CodeMap {
    let mut map = CodeMapBuilder::new();
    for run in assembled.locations() {
        let origin = locations
            .get(run.loc.bits())
            .map(|location| Origin { pc: BytecodePc(location.pc), line: proto.lines.line(location.pc) });
        map.mark(CodeOffset(run.start), origin);
        map.mark(CodeOffset(run.end), None);
    }
    map.finish(assembled.code_bytes() as u32)
}

/// The runs of code that have a source location.
fn located(assembled: &Assembled) -> Vec<(CodeOffset, CodeOffset, u32)> {
    let runs = assembled.locations().iter().filter(|run| !run.loc.is_default());
    runs.map(|run| (CodeOffset(run.start), CodeOffset(run.end), run.loc.bits())).collect()
}

/// The loop whose header the cursor is at, as events name it.
pub(crate) fn label(cursor: Cursor) -> Unit {
    loop_label(cursor.prototype().proto(), cursor.pc())
}
