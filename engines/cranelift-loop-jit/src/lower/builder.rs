//! The tools of the lowering: slots as Cranelift variables, memory, guards, exits and edges between blocks.
//!
//! Cranelift's builder wants a block filled before another is begun, so the bodies of exits and of edges that convert
//! values are kept and emitted at the end; the values they use are taken when they are asked for.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use bytecode_vm::frame::FLAG_TAIL_CALL;
use bytecode_vm::layout::FRAME;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, AbiParam, Block, InstBuilder, MemFlagsData, Type, types};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::{FunctionBuilder, Variable};
use engine_api::Layout;
use engine_api::event::{DeclineReason, ExitReason};
use lua_bytecode::liveness::{Liveness, Registers};
use lua_bytecode::{Instruction, Pc};
use lua_runtime::Gc;
use lua_runtime::object::Header;
use lua_runtime::value::{TAG_OFFSET, Tag, VALUE_BYTES, Value};

use super::{CodePoint, Facts, Frame, Lower, Pass, Request, Stop};
use crate::exits::{Exit, InlinedFrame};
use crate::locations::{Location, Locations};
use crate::state::{KnownValue, State};
use crate::types::TypeSet;
use crate::vm_call::Site;

/// A value of Cranelift's IR.
pub(super) type Ssa = ir::Value;

/// The variables of one slot. Which of them hold the value depends on its types: a float alone is in `float`, any other
/// known type in `bits`, a mixture in `bits` and `tag`.
#[derive(Debug, Clone, Copy)]
struct SlotVariables {
    bits: Variable,
    float: Variable,
    tag: Variable,
}

/// A value on its way to a slot or to memory.
#[derive(Debug, Clone, Copy)]
struct Taken {
    slot: u32,
    types: TypeSet,
    /// An F64 for a float, else an I64.
    payload: Ssa,
    /// `None` if the tag is known.
    tag: Option<Ssa>,
}

/// A block whose body is emitted at the end.
enum Deferred {
    /// Stores to the frame and returns an exit's number.
    Exit { block: Block, base: Ssa, iterations: Ssa, stores: Vec<Taken>, number: u32 },
    /// Gives values of known types the form of several types, and jumps.
    Edge { block: Block, values: Vec<Taken>, target: Block },
}

/// One pass over a loop.
pub(super) struct Lowering<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) isa: &'a dyn TargetIsa,
    pub(super) builder: FunctionBuilder<'a>,
    pub(super) facts: &'a mut Facts,
    /// The instruction that is lowered.
    pub(super) point: CodePoint,
    /// What is known there.
    pub(super) state: State,
    pub(super) vm: Ssa,
    /// The base of the unit's frame, which changes when the stack moves.
    pub(super) base_variable: Variable,
    /// Back-edges that were taken since the unit was entered.
    pub(super) iterations_variable: Variable,
    pub(super) interrupt_word: Ssa,
    /// The number of the entry point through which the unit is entered.
    pub(super) entry_number: Ssa,
    /// The block that chooses the entry point.
    pub(super) dispatch: Block,
    /// The block that leaves the unit for what the VM has begun, if something may.
    pub(super) leave_block: Option<Block>,
    /// The instructions that the VM does.
    pub(super) sites: Vec<Rc<Site>>,
    /// The registers that the header wants with one type.
    pub(super) entry_types: Vec<(u8, Tag)>,
    /// Blocks that control reaches and that are not lowered yet, in the order in which they run.
    pub(super) waiting: BTreeMap<Vec<u32>, CodePoint>,
    blocks: HashMap<CodePoint, Block>,
    /// The blocks that are lowered or being lowered.
    begun: BTreeSet<CodePoint>,
    variables: HashMap<u32, SlotVariables>,
    deferred: Vec<Deferred>,
    exits: Vec<Exit>,
    /// The exit of the current instruction, by reason: all its guards share it.
    exit_here: Option<(CodePoint, ExitReason, Block)>,
    /// Loops whose back-edge is reached.
    pub(super) repeated: BTreeSet<CodePoint>,
    /// The loops that are entered.
    pub(super) entered: BTreeSet<CodePoint>,
    /// The first instruction that could not be compiled.
    pub(super) first_missing: Option<DeclineReason>,
    pub(super) objects: Vec<Gc<Header>>,
    frame_slots: u32,
    inlined_depth: u32,
    /// What pointers point to, as far as listings want to know.
    pointers: HashMap<Ssa, &'static Layout>,
    locations: Locations,
    /// The bytecode instruction that code is made for, in the loop's own function.
    located: Pc,
}

impl<'a> Lowering<'a> {
    pub(super) fn new(
        request: &'a Request<'a>,
        isa: &'a dyn TargetIsa,
        mut builder: FunctionBuilder<'a>,
        facts: &'a mut Facts,
    ) -> Lowering<'a> {
        let nothing = Ssa::from_u32(0);
        let (base_variable, dispatch) = (builder.declare_var(types::I64), builder.create_block());
        let iterations_variable = builder.declare_var(types::I32);
        Lowering {
            request,
            isa,
            builder,
            facts,
            point: CodePoint { frame: 0, pc: request.region.header_pc },
            state: State::default(),
            vm: nothing,
            base_variable,
            iterations_variable,
            interrupt_word: nothing,
            entry_number: nothing,
            dispatch,
            leave_block: None,
            sites: Vec::new(),
            entry_types: Vec::new(),
            waiting: BTreeMap::new(),
            blocks: HashMap::new(),
            begun: BTreeSet::new(),
            variables: HashMap::new(),
            deferred: Vec::new(),
            exits: Vec::new(),
            exit_here: None,
            repeated: BTreeSet::new(),
            entered: BTreeSet::new(),
            first_missing: None,
            objects: Vec::new(),
            frame_slots: 0,
            inlined_depth: 0,
            pointers: HashMap::new(),
            locations: Locations::default(),
            located: request.region.header_pc,
        }
    }

    // Code.

    /// The frame of the current instruction.
    pub(super) fn frame(&self) -> &Frame {
        &self.facts.frames[self.point.frame]
    }

    /// The current instruction.
    pub(super) fn word(&self) -> Instruction {
        Instruction(self.frame().proto.code[self.point.pc as usize])
    }

    /// The second word of the current instruction.
    pub(super) fn extra(&self) -> u32 {
        self.frame().proto.code[self.point.pc as usize + 1]
    }

    pub(super) fn words_at(&self, point: CodePoint) -> u32 {
        Instruction(self.facts.frames[point.frame].proto.code[point.pc as usize]).opcode().words()
    }

    pub(super) fn is_leader(&self, point: CodePoint) -> bool {
        let frame = &self.facts.frames[point.frame];
        frame.leaders.contains(&point.pc) || !frame.pcs.contains(&point.pc)
    }

    /// Says that the code that follows is made for the current instruction; in an inlined function, for the call.
    pub(super) fn locate(&mut self) {
        self.located = self.frame().path.first().copied().unwrap_or(self.point.pc);
        self.set_location(None);
    }

    fn set_location(&mut self, layout: Option<&'static Layout>) {
        let location = self.locations.number(Location { pc: self.located, layout });
        self.builder.set_srcloc(ir::SourceLoc::new(location));
    }

    /// Says what a pointer points to, for listings.
    pub(super) fn points_to(&mut self, pointer: Ssa, layout: &'static Layout) {
        self.pointers.insert(pointer, layout);
    }

    /// Emits an access through a pointer, so that listings can name what it accesses.
    pub(super) fn access<T>(&mut self, pointer: Ssa, emit: impl FnOnce(&mut FunctionBuilder<'a>) -> T) -> T {
        let layout = self.pointers.get(&pointer).copied();
        if layout.is_none() {
            return emit(&mut self.builder);
        }
        self.set_location(layout);
        let result = emit(&mut self.builder);
        self.set_location(None);
        result
    }

    /// The slot of a register of the current frame.
    pub(super) fn slot(&self, register: u8) -> u32 {
        self.frame().offset + u32::from(register)
    }

    /// The point behind the current instruction.
    pub(super) fn next(&self) -> CodePoint {
        CodePoint { pc: self.point.pc + self.words_at(self.point), ..self.point }
    }

    /// Notes that the unit needs room for a frame and that its call is active.
    pub(super) fn note_inlined(&mut self, frame_slots: u32, depth: u32) {
        self.frame_slots = self.frame_slots.max(frame_slots);
        self.inlined_depth = self.inlined_depth.max(depth);
    }

    /// Notes that the code refers to a heap object by its address, and gives the address.
    pub(super) fn object(&mut self, object: Gc<Header>) -> Ssa {
        if !self.objects.contains(&object) {
            self.objects.push(object);
        }
        self.builder.ins().iconst(types::I64, object.address().cast_signed())
    }

    /// The base of the unit's frame.
    pub(super) fn base(&mut self) -> Ssa {
        let base = self.builder.use_var(self.base_variable);
        self.points_to(base, &FRAME);
        base
    }

    // Memory. Addresses come from live objects and from the frame, so accesses never trap.

    pub(super) fn load(&mut self, kind: Type, pointer: Ssa, offset: usize) -> Ssa {
        self.access(pointer, |builder| builder.ins().load(kind, MemFlagsData::trusted(), pointer, offset as i32))
    }

    pub(super) fn store(&mut self, value: Ssa, pointer: Ssa, offset: usize) {
        self.access(pointer, |builder| {
            builder.ins().store(MemFlagsData::trusted(), value, pointer, offset as i32);
        });
    }

    /// A pointer that does not change while the unit runs and calls nothing.
    pub(super) fn load_constant_pointer(&mut self, pointer: Ssa, offset: usize) -> Ssa {
        let flags = MemFlagsData::trusted().with_readonly().with_can_move();
        self.access(pointer, |builder| builder.ins().load(types::I64, flags, pointer, offset as i32))
    }

    pub(super) fn float_of_bits(&mut self, bits: Ssa) -> Ssa {
        self.builder.ins().bitcast(types::F64, MemFlagsData::new(), bits)
    }

    pub(super) fn bits_of_float(&mut self, float: Ssa) -> Ssa {
        self.builder.ins().bitcast(types::I64, MemFlagsData::new(), float)
    }

    pub(super) fn integer(&mut self, value: i64) -> Ssa {
        self.builder.ins().iconst(types::I64, value)
    }

    /// Calls a helper of this crate, which must not panic nor move the stack.
    pub(super) fn call(&mut self, helper: *const (), parameters: &[Ssa], result: Option<Type>) -> Option<Ssa> {
        let mut signature = ir::Signature::new(self.isa.default_call_conv());
        for parameter in parameters {
            let kind = self.builder.func.dfg.value_type(*parameter);
            signature.params.push(AbiParam::new(kind));
        }
        signature.returns.extend(result.map(AbiParam::new));
        let signature = self.builder.import_signature(signature);
        let address = self.builder.ins().iconst(types::I64, helper.addr() as i64);
        let call = self.builder.ins().call_indirect(signature, address, parameters);
        self.builder.inst_results(call).first().copied()
    }

    // Slots.

    fn variables(&mut self, slot: u32) -> SlotVariables {
        let builder = &mut self.builder;
        *self.variables.entry(slot).or_insert_with(|| SlotVariables {
            bits: builder.declare_var(types::I64),
            float: builder.declare_var(types::F64),
            tag: builder.declare_var(types::I8),
        })
    }

    /// What is known of a slot.
    ///
    /// # Panics
    /// If it is not in a machine register: every slot that an instruction reads was read at the entry or written.
    pub(super) fn known(&self, slot: u32) -> KnownValue {
        self.state.get(slot).unwrap_or_else(|| panic!("slot {slot} is read at {:?} but was never set", self.point))
    }

    /// Sets a slot. `tag` counts only if the types are more than one.
    pub(super) fn define(&mut self, slot: u32, known: KnownValue, payload: Ssa, tag: Ssa) {
        let variables = self.variables(slot);
        match known.types.single() {
            Some(Tag::Float) => self.builder.def_var(variables.float, payload),
            Some(_) => self.builder.def_var(variables.bits, payload),
            None => {
                self.builder.def_var(variables.bits, payload);
                self.builder.def_var(variables.tag, tag);
            }
        }
        self.state.set(slot, known);
    }

    /// Sets a slot to an integer.
    pub(super) fn set_integer(&mut self, slot: u32, value: Ssa, observed: Option<i64>) {
        let known = KnownValue::new(TypeSet::of(Tag::Integer), observed.map(Value::integer));
        self.define(slot, known, value, value);
    }

    /// Sets a slot to an integer that is known.
    pub(super) fn set_constant(&mut self, slot: u32, value: i64) {
        let ssa = self.integer(value);
        let known = KnownValue::new(TypeSet::of(Tag::Integer), Some(Value::integer(value)));
        self.define(slot, KnownValue { constant: Some(value), ..known }, ssa, ssa);
    }

    /// Sets a slot to a float.
    pub(super) fn set_float(&mut self, slot: u32, value: Ssa) {
        let known = KnownValue::new(TypeSet::of(Tag::Float), None);
        self.define(slot, known, value, value);
    }

    /// Sets a slot to nil, false or true.
    pub(super) fn set_plain(&mut self, slot: u32, value: Value) {
        let zero = self.integer(0);
        self.define(slot, KnownValue::new(TypeSet::of(value.tag), Some(value)), zero, zero);
    }

    /// Sets a slot to the truth of a condition (I8).
    pub(super) fn set_truth(&mut self, slot: u32, condition: Ssa) {
        let zero = self.integer(0);
        let (yes, no) = (self.tag_constant(Tag::True), self.tag_constant(Tag::False));
        let tag = self.builder.ins().select(condition, yes, no);
        self.define(slot, KnownValue::new(TypeSet::BOOLEAN, Some(Value::TRUE)), zero, tag);
    }

    pub(super) fn tag_constant(&mut self, tag: Tag) -> Ssa {
        self.builder.ins().iconst(types::I8, tag as i64)
    }

    /// The unboxed payload: an F64 if the type is float, else an I64.
    pub(super) fn payload(&mut self, slot: u32) -> Ssa {
        let (known, variables) = (self.known(slot), self.variables(slot));
        if let Some(constant) = known.constant {
            return self.integer(constant);
        }
        match known.types.single() {
            Some(Tag::Float) => self.builder.use_var(variables.float),
            Some(_) | None => self.builder.use_var(variables.bits),
        }
    }

    /// The payload as bits.
    pub(super) fn bits(&mut self, slot: u32) -> Ssa {
        let payload = self.payload(slot);
        if self.known(slot).types == TypeSet::of(Tag::Float) { self.bits_of_float(payload) } else { payload }
    }

    /// The tag (I8).
    pub(super) fn tag(&mut self, slot: u32) -> Ssa {
        match self.known(slot).types.single() {
            Some(tag) => self.tag_constant(tag),
            None => {
                let variables = self.variables(slot);
                self.builder.use_var(variables.tag)
            }
        }
    }

    /// Copies a slot.
    pub(super) fn copy(&mut self, to: u32, from: u32) {
        let known = KnownValue { is_dirty: true, ..self.known(from) };
        let (payload, tag) = (self.payload(from), self.tag(from));
        self.define(to, known, payload, tag);
    }

    /// Makes a slot's type known: checks the tag where it could be another. What follows may rely on it.
    pub(super) fn require(&mut self, slot: u32, tag: Tag) -> Lower<()> {
        let known = self.known(slot);
        if known.types == TypeSet::of(tag) {
            return Ok(());
        }
        if !known.types.contains(tag) {
            return Err(self.leave(ExitReason::Type));
        }
        let (bits, dynamic) = (self.payload(slot), self.tag(slot));
        let fits = self.builder.ins().icmp_imm_u(IntCC::Equal, dynamic, tag as i64);
        self.guard(fits, ExitReason::Type);
        self.expect(slot, tag);
        let payload = if tag == Tag::Float { self.float_of_bits(bits) } else { bits };
        self.define(slot, KnownValue { types: TypeSet::of(tag), ..known }, payload, payload);
        Ok(())
    }

    // Guards and exits.

    fn take(&mut self, slot: u32) -> Taken {
        let types = self.known(slot).types;
        let payload = self.payload(slot);
        let tag = if types.single().is_some() { None } else { Some(self.tag(slot)) };
        Taken { slot, types, payload, tag }
    }

    /// A block that leaves for the interpreter at `point`, with what is known now. Its number is the last one.
    pub(super) fn exit_at(&mut self, point: CodePoint, reason: Option<ExitReason>) -> Block {
        let number = self.exits.len() as u32;
        let frames = self.inlined_frames(point.frame);
        self.exits.push(Exit { resume_pc: point.pc, reason, is_at_entry: false, expected: Vec::new(), frames });
        let (base, iterations) = (self.base(), self.builder.use_var(self.iterations_variable));
        let dirty: Vec<u32> = self.state.iter().filter(|(_, known)| known.is_dirty).map(|(slot, _)| slot).collect();
        let mut stores = Vec::new();
        for slot in dirty {
            if self.is_visible(point, slot) {
                stores.push(self.take(slot));
            }
        }
        let block = self.builder.create_block();
        if reason.is_some() {
            self.builder.set_cold_block(block);
        }
        self.deferred.push(Deferred::Exit { block, base, iterations, stores, number });
        block
    }

    /// Says that the exit that was made last is taken at an entry point.
    pub(super) fn mark_entry_exit(&mut self) {
        if let Some(exit) = self.exits.last_mut() {
            exit.is_at_entry = true;
        }
    }

    /// Whether a block was begun, which means that control reaches it.
    pub(super) fn is_begun(&self, point: CodePoint) -> bool {
        self.begun.contains(&point)
    }

    /// The number of the exit that was made last, for a check that `block` is that one.
    pub(super) fn exit_number(&self, block: Block) -> u32 {
        match self.deferred.last() {
            Some(Deferred::Exit { block: last, number, .. }) if *last == block => *number,
            Some(_) | None => u32::MAX,
        }
    }

    /// The frames of inlined calls that are active in a frame, outermost first.
    pub(super) fn inlined_frames(&self, frame: usize) -> Vec<InlinedFrame> {
        let mut frames = Vec::new();
        let mut frame = frame;
        while let Some(call) = self.facts.frames[frame].call {
            let (callee, caller) = (&self.facts.frames[frame], &self.facts.frames[call.caller]);
            let instruction = Instruction(caller.proto.code[call.pc as usize]);
            frames.push(InlinedFrame {
                offset: callee.offset,
                base_delta: callee.offset - caller.offset,
                resume_pc: call.pc + instruction.opcode().words(),
                wanted: instruction.c(),
                flags: if call.is_tail_call { FLAG_TAIL_CALL } else { 0 },
            });
            frame = call.caller;
        }
        frames.reverse();
        frames
    }

    /// Whether somebody may read a slot from a point on: the frame of the point, or a caller after the call.
    pub(super) fn is_live(&self, point: CodePoint, slot: u32) -> bool {
        self.is_in(point, slot, Liveness::before)
    }

    /// Whether a slot may be read from a point on, or is one of a variable in scope there, which the program can see.
    pub(super) fn is_visible(&self, point: CodePoint, slot: u32) -> bool {
        self.is_in(point, slot, Liveness::visible)
    }

    /// Whether a slot is in the set of its frame at a point.
    fn is_in(&self, point: CodePoint, slot: u32, set: fn(&Liveness, Pc) -> Registers) -> bool {
        let mut frame = &self.facts.frames[point.frame];
        if slot >= frame.offset && set(&frame.liveness, point.pc).contains(slot - frame.offset) {
            return true;
        }
        while let Some(call) = frame.call {
            // The callee itself is part of its frame.
            if slot + 2 == frame.offset {
                return true;
            }
            frame = &self.facts.frames[call.caller];
            let instruction = Instruction(frame.proto.code[call.pc as usize]);
            let resume_pc = call.pc + instruction.opcode().words();
            let is_kept = slot >= frame.offset && slot < frame.offset + u32::from(instruction.a());
            if is_kept && set(&frame.liveness, resume_pc).contains(slot - frame.offset) {
                return true;
            }
        }
        false
    }

    /// Goes on if a condition holds, and leaves before the current instruction otherwise.
    pub(super) fn guard(&mut self, condition: Ssa, reason: ExitReason) {
        let exit = match self.exit_here {
            Some((point, known, block)) if point == self.point && known == reason => block,
            Some(_) | None => {
                let block = self.exit_at(self.point, Some(reason));
                self.exit_here = Some((self.point, reason, block));
                block
            }
        };
        self.guard_to(condition, exit);
    }

    /// Says which type the guard that was made last has asked for.
    fn expect(&mut self, slot: u32, tag: Tag) {
        // Guards of one instruction share an exit, which need not be the last one.
        let here = self.exit_here.map(|(.., block)| block);
        let number = self.deferred.iter().rev().find_map(|deferred| match deferred {
            Deferred::Exit { block, number, .. } if Some(*block) == here => Some(*number),
            _ => None,
        });
        if let Some(exit) = number.and_then(|number| self.exits.get_mut(number as usize)) {
            exit.expected.push((slot, tag));
        }
    }

    /// Goes on if a condition holds, and to an exit otherwise.
    pub(super) fn guard_to(&mut self, condition: Ssa, exit: Block) {
        let condition = match self.request.stress.until_failed_guard {
            Some(counter) => {
                let left = self.count_down(counter);
                let holds = self.builder.ins().icmp_imm_s(IntCC::NotEqual, left, 0);
                self.builder.ins().band(condition, holds)
            }
            None => condition,
        };
        let go_on = self.builder.create_block();
        self.builder.ins().brif(condition, go_on, &[], exit, &[]);
        self.builder.switch_to_block(go_on);
        self.builder.seal_block(go_on);
    }

    /// Makes the next guard of the current instruction make an exit of its own.
    pub(super) fn forget_exit(&mut self) {
        self.exit_here = None;
    }

    /// Counts a counter in memory down by one and gives what is left.
    fn count_down(&mut self, counter: usize) -> Ssa {
        let address = self.builder.ins().iconst(types::I64, counter as i64);
        let before = self.load(types::I64, address, 0);
        let left = self.builder.ins().iadd_imm_s(before, -1);
        self.store(left, address, 0);
        left
    }

    /// With `force-exit-every`: leaves before the current instruction if it is its turn.
    pub(super) fn forced_exit(&mut self) {
        let Some(counter) = self.request.stress.until_forced_exit else { return };
        let left = self.count_down(counter);
        let stays = self.builder.ins().icmp_imm_s(IntCC::NotEqual, left, 0);
        let exit = self.exit_at(self.point, Some(ExitReason::Forced));
        let go_on = self.builder.create_block();
        self.builder.ins().brif(stays, go_on, &[], exit, &[]);
        self.builder.switch_to_block(go_on);
        self.builder.seal_block(go_on);
    }

    /// Leaves before the current instruction, always. The loop is declined if that happens in every iteration.
    pub(super) fn leave(&mut self, reason: ExitReason) -> Stop {
        let name = self.word().opcode().name();
        self.first_missing.get_or_insert(DeclineReason::Opcode(name));
        let exit = self.exit_at(self.point, Some(reason));
        self.builder.ins().jump(exit, &[]);
        Stop
    }

    /// Counts a back-edge to `header`, and leaves where the interpreter serves the requests that wait, if there are any.
    pub(super) fn poll(&mut self, header: CodePoint) {
        let is_own = header.frame == 0 && header.pc == self.request.region.header_pc;
        if is_own || !self.request.counts_own_only {
            let iterations = self.builder.use_var(self.iterations_variable);
            let iterations = self.builder.ins().iadd_imm_s(iterations, 1);
            self.builder.def_var(self.iterations_variable, iterations);
        }
        let bits = self.load(types::I32, self.interrupt_word, 0);
        let quiet = self.builder.ins().icmp_imm_s(IntCC::Equal, bits, 0);
        let exit = self.exit_at(header, Some(ExitReason::Interrupt));
        let go_on = self.builder.create_block();
        self.builder.ins().brif(quiet, go_on, &[], exit, &[]);
        self.builder.switch_to_block(go_on);
        self.builder.seal_block(go_on);
    }

    /// Why the unit is not worth having: an instruction that is not compiled keeps a loop in it from ever coming to its
    /// next iteration.
    pub(super) fn idle_loop(&self) -> Option<DeclineReason> {
        self.first_missing.filter(|_| self.entered.iter().any(|header| !self.repeated.contains(header)))
    }

    // Edges.

    /// Ends the block with a jump.
    pub(super) fn go_to(&mut self, target: CodePoint) {
        let block = self.edge(target);
        self.builder.ins().jump(block, &[]);
    }

    /// Ends the block with a branch.
    pub(super) fn branch(&mut self, condition: Ssa, yes: CodePoint, no: CodePoint) -> Stop {
        let (yes, no) = (self.edge(yes), self.edge(no));
        self.builder.ins().brif(condition, yes, &[], no, &[]);
        Stop
    }

    /// The block to which control goes on its way to `target`: leaves the unit if the target lies outside.
    pub(super) fn edge(&mut self, target: CodePoint) -> Block {
        if !self.facts.frames[target.frame].pcs.contains(&target.pc) {
            return self.exit_at(target, None);
        }
        let mut there = State::default();
        let is_resume_point = self.facts.resume_points.contains(&target);
        for (slot, known) in self.state.iter() {
            // Where the unit is entered, what only the program may see has no reason to be checked.
            let is_carried = if is_resume_point { self.is_live(target, slot) } else { self.is_visible(target, slot) };
            if is_carried {
                there.set(slot, if is_resume_point { known.as_at_entry() } else { known });
            }
        }
        let slots: Vec<u32> = there.iter().map(|(slot, _)| slot).collect();
        match self.facts.at.get_mut(&target) {
            Some(known) => {
                if known.join(&there) {
                    self.facts.changed = true;
                }
            }
            None => {
                self.facts.at.insert(target, there);
                self.facts.changed = true;
            }
        }
        self.store_forgotten(target);
        if !self.begun.contains(&target) {
            let mut key = self.facts.frames[target.frame].path.clone();
            key.push(target.pc);
            self.waiting.insert(key, target);
        }
        let block = self.block_of(target);
        self.converted(target, block, &slots)
    }

    /// Stores the variables that the program can see at `target` and that control does not carry there.
    fn store_forgotten(&mut self, target: CodePoint) {
        let is_forgotten = |(slot, known): &(u32, KnownValue)| {
            known.is_dirty && self.facts.at[&target].get(*slot).is_none() && self.is_visible(target, *slot)
        };
        let forgotten: Vec<(u32, KnownValue)> = self.state.iter().filter(is_forgotten).collect();
        self.store_slots(forgotten);
    }

    /// Brings slots of the frame up to date.
    pub(super) fn store_slots(&mut self, slots: Vec<(u32, KnownValue)>) {
        let base = self.base();
        for (slot, known) in slots {
            let (payload, tag) = (self.payload(slot), self.tag(slot));
            let offset = slot as usize * VALUE_BYTES;
            self.store(payload, base, offset);
            self.store(tag, base, offset + TAG_OFFSET);
            self.state.set(slot, KnownValue { is_dirty: false, ..known });
        }
    }

    /// `block` itself, or one before it that converts what is carried otherwise there.
    fn converted(&mut self, target: CodePoint, block: Block, slots: &[u32]) -> Block {
        let mut values = Vec::new();
        for slot in slots {
            let Some(there) = self.facts.at[&target].get(*slot) else { continue };
            let here = self.known(*slot);
            // A join only widens, and what several types share is carried alike.
            if here.types.single().is_some() && there.types.single().is_none() {
                values.push(self.take(*slot));
            }
        }
        if values.is_empty() {
            return block;
        }
        let edge = self.builder.create_block();
        self.deferred.push(Deferred::Edge { block: edge, values, target: block });
        edge
    }

    fn block_of(&mut self, point: CodePoint) -> Block {
        let builder = &mut self.builder;
        *self.blocks.entry(point).or_insert_with(|| builder.create_block())
    }

    /// Begins the block at `point`.
    pub(super) fn start_block(&mut self, point: CodePoint) {
        let block = self.block_of(point);
        self.builder.switch_to_block(block);
        self.begun.insert(point);
        self.point = point;
        self.exit_here = None;
        self.state = self.facts.at[&point].clone();
        if self.facts.frames[point.frame].headers.contains(&point.pc) {
            self.entered.insert(point);
        }
    }

    /// Emits what was put off and ends the function.
    pub(super) fn finish(mut self, main: Block) -> Pass {
        let entry_points = self.emit_entry_points(main).into_iter().map(|point| point.pc).collect();
        self.emit_leave_block();
        for deferred in std::mem::take(&mut self.deferred) {
            match deferred {
                Deferred::Exit { block, base, iterations, stores, number } => {
                    self.builder.switch_to_block(block);
                    self.store_taken(base, &stores);
                    self.return_exit(number, iterations);
                }
                Deferred::Edge { block, values, target } => self.emit_edge(block, &values, target),
            }
        }
        self.builder.seal_all_blocks();
        self.builder.finalize(self.isa.frontend_config());
        Pass {
            exits: self.exits,
            objects: self.objects,
            sites: self.sites,
            entry_points,
            entry_types: self.entry_types,
            frame_slots: self.frame_slots,
            inlined_depth: self.inlined_depth,
            locations: self.locations,
        }
    }

    /// Leaves the unit: with the number of an exit, and above it how many back-edges were taken.
    pub(super) fn return_exit(&mut self, number: u32, iterations: Ssa) {
        let iterations = self.builder.ins().uextend(types::I64, iterations);
        let above = self.builder.ins().ishl_imm_u(iterations, 32);
        let both = self.builder.ins().bor_imm_u(above, i64::from(number));
        self.builder.ins().return_(&[both]);
    }

    fn store_taken(&mut self, base: Ssa, stores: &[Taken]) {
        for taken in stores {
            let offset = taken.slot as usize * VALUE_BYTES;
            self.store(taken.payload, base, offset);
            let tag = self.tag_of_taken(taken);
            self.store(tag, base, offset + TAG_OFFSET);
        }
    }

    fn tag_of_taken(&mut self, taken: &Taken) -> Ssa {
        match (taken.tag, taken.types.single()) {
            (Some(tag), _) => tag,
            (None, Some(tag)) => self.tag_constant(tag),
            (None, None) => unreachable!("a value of several types is taken with its tag"),
        }
    }

    fn emit_edge(&mut self, block: Block, values: &[Taken], target: Block) {
        self.builder.switch_to_block(block);
        for taken in values {
            let variables = self.variables(taken.slot);
            let is_float = taken.types == TypeSet::of(Tag::Float);
            let bits = if is_float { self.bits_of_float(taken.payload) } else { taken.payload };
            let tag = self.tag_of_taken(taken);
            self.builder.def_var(variables.bits, bits);
            self.builder.def_var(variables.tag, tag);
        }
        self.builder.ins().jump(target, &[]);
    }
}
