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
//! Read `builder` (slots, guards, edges) and `instruction` (what each instruction becomes) next.

mod builder;

mod instruction;

mod number;

mod compare;

mod for_loop;

mod table;

mod upvalue;

mod call;

mod vm_call;

mod tag_dispatch;

mod generic_for;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use cranelift_codegen::ir::{self, AbiParam, InstBuilder, types};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use engine_api::event::{DeclineReason, ExitReason};
use lua_bytecode::liveness::Liveness;
use lua_bytecode::{FunctionProto, Pc};
use lua_runtime::layout::{INTERRUPT, VM};
use lua_runtime::object::Header;
use lua_runtime::value::{Tag, Value};
use lua_runtime::vm::VM_INTERRUPT_WORD_OFFSET;
use lua_runtime::{Closure, Code, Gc, Vm};

use crate::exits::{ENTRY_MISMATCH, Exit, InstructionPath};
use crate::locations::Locations;
use crate::region::Region;
use crate::state::{KnownValue, State};
use crate::types::TypeSet;
use crate::vm_call::Site;

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
    /// What is live in the frame's function.
    pub(crate) liveness: Rc<Liveness>,
    /// The loop.
    pub(crate) region: &'a Region,
    /// What the slots of the frame from its base on hold.
    pub(crate) registers: &'a [Value],
    /// Registers in which the loop is entered with values of several types.
    pub(crate) unstable_registers: &'a BTreeSet<u32>,
    /// Instructions whose guards have failed too often: the VM does them.
    pub(crate) failing_guards: &'a BTreeSet<InstructionPath>,
    /// Whether calls of small functions become their code.
    pub(crate) inlines: bool,
    /// Whether only the back-edges of the loop itself are counted, and not those of loops inside it.
    pub(crate) counts_own_only: bool,
    /// Whether it is said when helpers run.
    pub(crate) tracks_states: bool,
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
    /// The function in Cranelift's IR: see `UnitFunction`.
    pub(crate) function: ir::Function,
    /// What the numbers mean.
    pub(crate) exits: Vec<Exit>,
    /// The instructions that the VM does, to whose addresses the code refers.
    pub(crate) sites: Vec<Rc<Site>>,
    /// The instructions at which it is entered, by the number of the entry point; the loop's header first.
    pub(crate) entry_points: Vec<Pc>,
    /// Heap objects whose addresses are in the code.
    pub(crate) objects: Vec<Gc<Header>>,
    /// The registers that the header wants with one type.
    pub(crate) entry_types: Vec<(u8, Tag)>,
    /// Slots that must exist from the base on.
    pub(crate) frame_slots: u32,
    /// Inlined calls that can be active at once.
    pub(crate) inlined_depth: u32,
    /// Words of bytecode for each loop in it, inlined functions and all: what an iteration is about.
    pub(crate) words_per_loop: u32,
    /// What the code's source locations mean.
    pub(crate) locations: Locations,
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
    /// The code that its function runs.
    pub(crate) code: Gc<Code>,
    /// The function itself, as it is now; `None` if there is none yet. Another time it may be another one of this code.
    pub(crate) closure: Option<Gc<Closure>>,
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
    /// The calls that lead here, to put blocks in the order in which they run: the instruction of each, and which of its
    /// callees it is.
    pub(crate) path: Vec<Pc>,
}

/// A call that was inlined.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InlinedCall {
    /// The caller, as an index into the frames.
    pub(crate) caller: usize,
    /// The call instruction.
    pub(crate) pc: Pc,
    /// Whether the function called there has called this one in its place.
    pub(crate) is_tail_call: bool,
}

/// A point in the code that is lowered: an instruction of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CodePoint {
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
    /// The inlined frames, by the call: one for each function that it probably calls.
    pub(crate) inlined: HashMap<CodePoint, Vec<usize>>,
    /// What is known at the start of each block.
    pub(crate) at: BTreeMap<CodePoint, State>,
    /// The calls that are not inlined, because that did not work out.
    pub(crate) rejected: BTreeSet<CodePoint>,
    /// Words of bytecode that were inlined.
    pub(crate) inlined_words: usize,
    /// Where the unit is entered besides its header: behind calls of its own frame.
    pub(crate) resume_points: BTreeSet<CodePoint>,
    /// Whether anything is called that can change the program's state.
    pub(crate) has_calls: bool,
    /// Whether the running pass has changed any of that.
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
    let proto = Rc::clone(prototype(request.closure.code()).proto());
    facts.frames.push(Frame {
        liveness: Rc::clone(&request.liveness),
        proto,
        code: request.closure.code(),
        closure: Some(request.closure),
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
        let pass = match pass(lowering) {
            Ok(pass) => pass,
            Err(reason) => {
                // A builder that was not finished leaves its context in the middle of things.
                *context = FunctionBuilderContext::new();
                return Err(reason);
            }
        };
        if !facts.changed {
            let Pass { exits, objects, sites, entry_points, entry_types, frame_slots, inlined_depth, locations } = pass;
            let loops: usize = facts.frames.iter().map(|frame| frame.headers.len()).sum();
            let words = request.region.words() as usize + facts.inlined_words;
            return Ok(Lowered {
                words_per_loop: (words / loops.max(1)) as u32,
                function,
                exits,
                objects,
                sites,
                entry_points,
                entry_types,
                frame_slots,
                inlined_depth,
                locations,
            });
        }
    }
    Err(DeclineReason::TypesUnsettled)
}

/// What a pass gives beside the function.
struct Pass {
    exits: Vec<Exit>,
    objects: Vec<Gc<Header>>,
    sites: Vec<Rc<Site>>,
    entry_points: Vec<Pc>,
    entry_types: Vec<(u8, Tag)>,
    frame_slots: u32,
    inlined_depth: u32,
    locations: Locations,
}

/// `(state, base, entry point) -> (exit, back-edges)`, as C functions do it; both results are halves of one word.
fn signature(isa: &dyn TargetIsa) -> ir::Signature {
    let mut signature = ir::Signature::new(isa.default_call_conv());
    signature.params.extend([types::I64, types::I64, types::I32].map(AbiParam::new));
    signature.returns.push(AbiParam::new(types::I64));
    signature
}

/// The prototype of a function.
pub(crate) fn prototype<'a>(code: Gc<Code>) -> &'a bytecode_vm::prototype::Prototype {
    code.get()
}

/// Lowers the whole loop once.
fn pass(mut lowering: Lowering) -> Result<Pass, DeclineReason> {
    let main = enter(&mut lowering);
    while let Some((_, point)) = lowering.waiting.pop_first() {
        lowering.start_block(point);
        block(&mut lowering);
    }
    if let Some(reason) = lowering.idle_loop() {
        return Err(reason);
    }
    Ok(lowering.finish(main))
}

/// Lowers instructions up to the end of the block.
fn block(lowering: &mut Lowering) {
    loop {
        let point = lowering.point;
        if let Err(Stop) = lowering.instruction() {
            return;
        }
        let next = CodePoint { pc: point.pc + lowering.words_at(point), ..point };
        if lowering.is_leader(next) {
            lowering.go_to(next);
            return;
        }
        lowering.point = next;
    }
}

/// The entry: takes the slots that the loop uses out of the frame and checks their types. Gives the block in which that
/// begins.
fn enter(lowering: &mut Lowering) -> ir::Block {
    let header = CodePoint { frame: 0, pc: lowering.request.region.header_pc };
    let entry = lowering.builder.create_block();
    lowering.builder.append_block_params_for_function_params(entry);
    lowering.builder.switch_to_block(entry);
    let &[vm, base, number] = lowering.builder.block_params(entry) else { unreachable!("the signature has three") };
    (lowering.vm, lowering.entry_number) = (vm, number);
    lowering.points_to(vm, &VM);
    lowering.builder.def_var(lowering.base_variable, base);
    let none = lowering.builder.ins().iconst(types::I32, 0);
    lowering.builder.def_var(lowering.iterations_variable, none);
    lowering.interrupt_word = lowering.load_constant_pointer(lowering.vm, VM_INTERRUPT_WORD_OFFSET);
    lowering.points_to(lowering.interrupt_word, &INTERRUPT);
    lowering.builder.ins().jump(lowering.dispatch, &[]);
    let main = lowering.builder.create_block();
    lowering.builder.switch_to_block(main);
    lowering.point = header;
    let exit = lowering.exit_at(header, Some(ExitReason::Type));
    lowering.mark_entry_exit();
    debug_assert_eq!(lowering.exit_number(exit), ENTRY_MISMATCH);
    let live = lowering.facts.frames[0].liveness.before(header.pc);
    let slots: Vec<u32> = lowering.request.region.touched.iter().copied().filter(|slot| live.contains(*slot)).collect();
    for slot in slots {
        enter_slot(lowering, header, slot, exit);
    }
    lowering.go_to(header);
    main
}

fn enter_slot(lowering: &mut Lowering, header: CodePoint, slot: u32, exit: ir::Block) {
    let value = lowering.request.registers[slot as usize];
    if value.tag == Tag::Cell {
        // The cell of a captured variable stays where it is; only cell instructions name its register.
        return;
    }
    let last_known = lowering.facts.at.get(&header).and_then(|state| state.get(slot));
    let types = match last_known {
        Some(known) if known.types.single().is_none() => TypeSet::ANY,
        Some(_) | None if lowering.request.unstable_registers.contains(&slot) => TypeSet::ANY,
        Some(_) | None => entry_types(value.tag),
    };
    if let Some(tag) = types.single() {
        lowering.entry_types.push((slot as u8, tag));
    }
    lowering.enter_slot(slot, KnownValue { is_dirty: false, ..KnownValue::new(types, Some(value)) }, exit);
}

/// The types that a unit takes for a slot that holds a value with this tag at its entry. Truth values and nil change too
/// easily to build on; a header that is left over from another frame is a value that nobody reads.
pub(crate) fn entry_types(tag: Tag) -> TypeSet {
    if tag <= Tag::True || tag == Tag::Frame { TypeSet::ANY } else { TypeSet::of(tag) }
}
