//! From a loop's bytecode to Cranelift's IR, with the types that the loop's frame has now.
//!
//! There is no separate type inference: the loop is lowered again and again, each time with what the last pass has found
//! about the types where control joins, until a pass finds nothing new. So what an instruction does to types stands in
//! one place, next to the code for it, and cannot disagree with it. Types start as what the frame holds and only widen,
//! which bounds the number of passes.
//!
//! A slot of the frame with a known type is an unboxed Cranelift variable. A guard that fails leads to a cold block that
//! stores what is out of date in the frame and returns the number of an exit (see `exits`). Guards come before anything
//! that an instruction changes, so that the interpreter can do the whole instruction again.
//!
//! Read `builder` (slots, guards, edges) and `instruction` (what each opcode does) next.

mod builder;

mod instruction;

mod number;

mod compare;

mod for_loop;

mod table;

mod upvalue;

mod call;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use cranelift_codegen::ir::{self, AbiParam, InstBuilder, types};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use engine_api::event::{DeclineReason, ExitReason};
use lua_bytecode::liveness::Liveness;
use lua_bytecode::{FunctionProto, Pc};
use lua_runtime::object::Header;
use lua_runtime::value::{TAG_OFFSET, Tag, VALUE_BYTES, Value};
use lua_runtime::vm::VM_INTERRUPT_WORD_OFFSET;
use lua_runtime::{Closure, Gc, Vm};

use crate::exits::{ENTRY_MISMATCH, Exit};
use crate::region::Region;
use crate::state::{Slot, State};
use crate::types::TypeSet;

use builder::Lowering;

/// Passes after which the types must have settled: each pass but the last widens the type of a slot at a join.
const MAX_PASSES: usize = 64;

/// Words of bytecode in a loop, or of an inlined function, that the compiler takes.
pub(crate) const MAX_WORDS: u32 = 2000;

/// What is to be compiled, and what the compiler may look at.
pub(crate) struct Request<'a> {
    /// The state, for what heap objects look like now.
    pub(crate) vm: &'a Vm,
    /// The frame's function.
    pub(crate) closure: Gc<Closure>,
    /// The loop.
    pub(crate) region: &'a Region,
    /// What the slots of the frame from its base on hold.
    pub(crate) registers: &'a [Value],
    /// Where compiled code counts for the two knobs that make it leave.
    pub(crate) stress: Stress,
}

/// Addresses of counters that count down to an exit; `None` if the knob is off.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Stress {
    /// For `force-exit-every`: possible exits until the next one is taken (i64).
    pub(crate) until_forced_exit: Option<usize>,
    /// For `fail-guard`: guards until one fails (i64).
    pub(crate) until_failed_guard: Option<usize>,
}

/// What lowering gives.
pub(crate) struct Lowered {
    /// The function in Cranelift's IR: from state and base to the number of an exit.
    pub(crate) function: ir::Function,
    /// What the numbers mean.
    pub(crate) exits: Vec<Exit>,
    /// Heap objects whose addresses are in the code.
    pub(crate) objects: Vec<Gc<Header>>,
    /// Slots that must exist from the base on.
    pub(crate) frame_slots: u32,
    /// Inlined calls that can be active at once.
    pub(crate) inlined_depth: u32,
}

/// The lowering of an instruction does not go on to the next one: control has jumped or left.
#[derive(Debug)]
pub(crate) struct Stop;

/// The end of an operation of the lowering.
pub(crate) type Lower<T> = Result<T, Stop>;

/// A function whose bytecode is lowered: that of the loop, or an inlined one.
pub(crate) struct Frame {
    /// Its bytecode.
    pub(crate) proto: Rc<FunctionProto>,
    /// The registers that are live.
    pub(crate) liveness: Rc<Liveness>,
    /// The function itself, as it is now.
    pub(crate) closure: Gc<Closure>,
    /// Slots from the base of the unit's frame to its base.
    pub(crate) offset: u32,
    /// The instructions that are compiled.
    pub(crate) pcs: std::ops::Range<Pc>,
    /// Where blocks start.
    pub(crate) leaders: BTreeSet<Pc>,
    /// The targets of back-edges.
    pub(crate) headers: BTreeSet<Pc>,
    /// The call that was inlined; `None` for the loop's own function.
    pub(crate) call: Option<InlinedCall>,
    /// The calls that lead here, to put blocks in the order in which they run.
    pub(crate) path: Vec<Pc>,
}

/// A call that was inlined.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InlinedCall {
    /// The caller, as an index into the frames.
    pub(crate) caller: usize,
    /// The call instruction.
    pub(crate) pc: Pc,
}

/// An instruction of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    /// The frame, as an index.
    pub(crate) frame: usize,
    /// The instruction.
    pub(crate) pc: Pc,
}

/// What one pass leaves for the next.
#[derive(Default)]
pub(crate) struct Facts {
    /// The frames, the loop's own first.
    pub(crate) frames: Vec<Frame>,
    /// The inlined frames, by the call.
    pub(crate) inlined: HashMap<Place, usize>,
    /// What is known at the start of each block.
    pub(crate) at: BTreeMap<Place, State>,
    /// Whether the running pass has changed that.
    pub(crate) changed: bool,
}

/// Lowers a loop.
///
/// # Errors
/// Why the loop is declined.
pub(crate) fn lower(
    request: &Request,
    isa: &dyn TargetIsa,
    context: &mut FunctionBuilderContext,
) -> Result<Lowered, DeclineReason> {
    let mut facts = Facts::default();
    let proto = prototype(request.closure).proto.clone();
    facts.frames.push(Frame {
        liveness: Rc::new(Liveness::of(&proto)),
        proto,
        closure: request.closure,
        offset: 0,
        pcs: request.region.header_pc..request.region.end_pc,
        leaders: request.region.leaders.clone(),
        headers: request.region.headers.clone(),
        call: None,
        path: Vec::new(),
    });
    for _ in 0..MAX_PASSES {
        facts.changed = false;
        let mut function = ir::Function::with_name_signature(ir::UserFuncName::user(0, 0), signature(isa));
        let builder = FunctionBuilder::new(&mut function, context);
        let lowering = Lowering::new(request, isa, builder, &mut facts);
        let pass = pass(lowering);
        let Pass { exits, objects, frame_slots, inlined_depth } = match pass {
            Ok(pass) => pass,
            Err(reason) => {
                // A builder that was not finished leaves its context in the middle of things.
                *context = FunctionBuilderContext::new();
                return Err(reason);
            }
        };
        if !facts.changed {
            return Ok(Lowered { function, exits, objects, frame_slots, inlined_depth });
        }
    }
    Err(DeclineReason::TooLarge)
}

/// What a pass gives beside the function.
struct Pass {
    exits: Vec<Exit>,
    objects: Vec<Gc<Header>>,
    frame_slots: u32,
    inlined_depth: u32,
}

/// `(state, base) -> exit`, as C functions do it.
fn signature(isa: &dyn TargetIsa) -> ir::Signature {
    let mut signature = ir::Signature::new(isa.default_call_conv());
    signature.params.extend([AbiParam::new(types::I64), AbiParam::new(types::I64)]);
    signature.returns.push(AbiParam::new(types::I32));
    signature
}

/// The prototype of a function.
pub(crate) fn prototype<'a>(closure: Gc<Closure>) -> &'a bytecode_vm::prototype::Prototype {
    // SAFETY: closures of this state are made by the VM, whose data is a prototype that lives as long as they do.
    unsafe { &*closure.data().cast() }
}

/// Lowers the whole loop once.
fn pass(mut lowering: Lowering) -> Result<Pass, DeclineReason> {
    enter(&mut lowering);
    while let Some((_, place)) = lowering.waiting.pop_first() {
        lowering.start_block(place);
        block(&mut lowering);
    }
    if let Some(reason) = lowering.idle_loop() {
        return Err(reason);
    }
    lowering.finish()
}

/// Lowers instructions up to the end of the block.
fn block(lowering: &mut Lowering) {
    loop {
        let place = lowering.place;
        if let Err(Stop) = lowering.instruction() {
            return;
        }
        let next = Place { pc: place.pc + lowering.words_at(place), ..place };
        if lowering.is_leader(next) {
            lowering.go_to(next);
            return;
        }
        lowering.place = next;
    }
}

/// The entry: takes the slots that the loop uses out of the frame and checks their types.
fn enter(lowering: &mut Lowering) {
    let header = Place { frame: 0, pc: lowering.request.region.header_pc };
    let entry = lowering.builder.create_block();
    lowering.builder.append_block_params_for_function_params(entry);
    lowering.builder.switch_to_block(entry);
    lowering.vm = lowering.builder.block_params(entry)[0];
    lowering.base = lowering.builder.block_params(entry)[1];
    lowering.interrupt_word = lowering.load_constant_pointer(lowering.vm, VM_INTERRUPT_WORD_OFFSET);
    lowering.place = header;
    let exit = lowering.exit_at(header, Some(ExitReason::Type));
    debug_assert_eq!(lowering.exit_number(exit), ENTRY_MISMATCH);
    let live = lowering.facts.frames[0].liveness.before(header.pc);
    let slots: Vec<u32> = lowering.request.region.touched.iter().copied().filter(|slot| live.contains(*slot)).collect();
    for slot in slots {
        enter_slot(lowering, header, slot, exit);
    }
    lowering.go_to(header);
}

fn enter_slot(lowering: &mut Lowering, header: Place, slot: u32, exit: ir::Block) {
    let value = lowering.request.registers[slot as usize];
    if value.tag == Tag::Cell {
        // The cell of a captured variable stays where it is; only cell instructions name its register.
        return;
    }
    let settled = lowering.facts.at.get(&header).and_then(|state| state.get(slot));
    let types = match settled {
        Some(known) if known.types.single().is_none() => TypeSet::ANY,
        Some(_) | None => entry_types(value.tag),
    };
    let offset = slot as usize * VALUE_BYTES;
    let tag = lowering.load(types::I8, lowering.base, offset + TAG_OFFSET);
    if let Some(expected) = types.single() {
        let fits = lowering.builder.ins().icmp_imm_u(ir::condcodes::IntCC::Equal, tag, expected as i64);
        lowering.guard_to(fits, exit);
    }
    let payload_type = if types == TypeSet::of(Tag::Float) { types::F64 } else { types::I64 };
    let payload = lowering.load(payload_type, lowering.base, offset);
    let known = Slot { is_dirty: false, ..Slot::new(types, Some(value)) };
    lowering.define(slot, known, payload, tag);
}

/// The types that a unit takes for a slot that holds a value with this tag at its entry. Truth values and nil change too
/// easily to build on; a header that is left over from another frame is a value that nobody reads.
fn entry_types(tag: Tag) -> TypeSet {
    if tag <= Tag::True || tag == Tag::Frame { TypeSet::ANY } else { TypeSet::of(tag) }
}
