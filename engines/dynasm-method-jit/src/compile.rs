//! The pass: from the bytecode of a function to machine code and its tables.
//!
//! The frequent path of every instruction is emitted in the order of the bytecode; what is rare is kept until the end, as
//! closures that emit it ([`Emitter::cold`]), so that it lies apart. The machine code for an instruction starts with
//! nothing known about registers, so every instruction is an entry point. What each opcode becomes is in
//! [`crate::templates`]; this file must not know an opcode's meaning.

use bytecode_vm::prototype::Prototype;
use jit_support::map::{CodeMap, CodeMapBuilder, Origin};
use jit_support::{BytecodePc, CodeOffset};
use lua_bytecode::instruction::instructions;
use lua_bytecode::{FunctionProto, Instruction};
use lua_runtime::value::Tag;

use lua_runtime::{Closure, Gc, Table, Value};

use crate::context::{UNTIL_FAILED_GUARD_OFFSET, UNTIL_FORCED_EXIT_OFFSET};
use crate::function_record::{CacheGuesses, EntryPoints};
use crate::helpers::{Helper, REFUSED};
use crate::masm::{Address, Anchor, Argument, Condition, MacroAssembler, Operands, Right, Temp};
use crate::typed::Typed;

/// What the compiler may do; all of it by default, each turned off by a knob.
#[derive(Debug, Clone, Copy)]
pub struct Techniques {
    /// Code for operands of known types.
    pub types: bool,
    /// Values that stay in machine registers from one iteration of a loop to the next.
    pub loop_plans: bool,
    /// Instructions in place of calls of library functions.
    pub intrinsics: bool,
    /// Tables and cells that compiled code makes itself.
    pub inline_allocation: bool,
}

/// A function to be compiled.
pub(crate) struct Source<'a> {
    /// The function.
    pub(crate) prototype: &'a Prototype,
    /// What its registers hold now. Their types are a guess at what comes, never a fact.
    pub(crate) registers: Vec<Value>,
    /// What the compiler may do.
    pub(crate) techniques: Techniques,
    /// Whether back-edges count down, and ask the compiler of loops at the end.
    pub(crate) asks_loop_tier: bool,
    /// The closure that runs: the values of its upvalues are guesses too.
    pub(crate) closure: Gc<Closure>,
    /// The table of the methods of strings.
    pub(crate) string_methods: Option<Gc<Table>>,
    /// The seed of hashes in the Lua state.
    pub(crate) seed: u64,
    /// Whether every instruction is a possible forced exit.
    pub(crate) forces_exits: bool,
    /// Whether guards are counted, so that one can be made to fail.
    pub(crate) counts_guards: bool,
}

/// Compiled code that is not in its place yet.
pub(crate) struct Assembled {
    /// The machine code; it runs anywhere.
    pub(crate) bytes: Vec<u8>,
    /// Where compiled functions call it.
    pub(crate) entry: CodeOffset,
    /// Where it is entered with its frame in place.
    pub(crate) points: EntryPoints,
    /// What each piece was made for.
    pub(crate) map: CodeMap,
    /// What operands in memory are.
    pub(crate) operands: Operands,
}

/// Code to be emitted behind the rest.
type Cold<'a, M> = Box<dyn FnOnce(&mut Emitter<'a, M>) + 'a>;

/// The state of the pass.
pub(crate) struct Emitter<'a, M: MacroAssembler> {
    pub(crate) masm: M,
    pub(crate) source: &'a Source<'a>,
    /// The instructions in their order, with their indices.
    pub(crate) instructions: Vec<(u32, Instruction)>,
    /// The instruction whose code is being emitted.
    pub(crate) pc: u32,
    /// Where each instruction starts.
    labels: Vec<M::Label>,
    /// Where the function is left with the status in `T0`.
    pub(crate) leave: M::Label,
    cold: Vec<(u32, Cold<'a, M>)>,
    map: CodeMapBuilder,
    /// Behind the prologue.
    pub(crate) body: M::Label,
    /// The state of typed code.
    pub(crate) typed: Typed<M::Label>,
}

/// Compiles a function.
///
/// # Errors
/// What the assembler says, which would be a bug.
pub(crate) fn compile<M: MacroAssembler>(source: &Source) -> Result<Assembled, String> {
    let proto = source.prototype.proto();
    let mut masm = M::new();
    let labels = proto.code.iter().map(|_| masm.label()).collect();
    let bodies = proto.code.iter().map(|_| masm.label()).collect();
    let (leave, body) = (masm.label(), masm.label());
    let typed = Typed::new(proto, bodies);
    let map = CodeMapBuilder::new();
    let instructions = instructions(&proto.code).collect();
    let mut emitter = Emitter { masm, source, instructions, pc: 0, labels, leave, cold: Vec::new(), map, body, typed };
    emitter.prologue();
    emitter.masm.bind(body);
    emitter.typed_pass();
    let offsets = emitter.general_pass();
    emitter.finish(offsets)
}

impl<'a, M: MacroAssembler> Emitter<'a, M> {
    /// The function.
    pub(crate) fn proto(&self) -> &'a FunctionProto {
        self.source.prototype.proto()
    }

    /// Emits the general code of every instruction that has none in the stream of typed code. Gives its offset for each
    /// first word.
    fn general_pass(&mut self) -> Vec<u32> {
        let mut offsets = vec![0; self.proto().code.len()];
        for (pc, word) in instructions(&self.proto().code) {
            if self.typed.inline[pc as usize] {
                continue;
            }
            self.start(pc);
            offsets[pc as usize] = self.masm.offset();
            let body = self.typed.bodies[pc as usize];
            self.masm.bind(body);
            if !self.typed.is_header(pc) {
                let label = self.label_at(pc);
                self.masm.bind(label);
            }
            self.possible_exit();
            self.instruction(word);
            let next = self.next_pc();
            if !word.opcode().ends_path() && (self.typed.inline[next as usize] || self.typed.is_header(next)) {
                let label = self.label_at(next);
                self.masm.jump(label);
            }
        }
        offsets
    }

    /// Says that what is emitted now belongs to an instruction.
    pub(crate) fn start(&mut self, pc: u32) {
        self.pc = pc;
        let origin = Origin { pc: BytecodePc(pc), line: self.proto().lines.line(pc) };
        self.map.mark(CodeOffset(self.masm.offset()), Some(origin));
    }

    /// Emits `code` behind the frequent paths, for the current instruction.
    pub(crate) fn cold(&mut self, code: impl FnOnce(&mut Emitter<'a, M>) + 'a) {
        self.cold.push((self.pc, Box::new(code)));
    }

    /// A label that is bound here.
    pub(crate) fn here(&mut self) -> M::Label {
        let label = self.masm.label();
        self.masm.bind(label);
        label
    }

    /// The label of an instruction.
    pub(crate) fn label_at(&self, pc: u32) -> M::Label {
        self.labels[pc as usize]
    }

    /// What is done when compiled code calls the function: everything that the VM checks before it makes a frame, in one
    /// comparison with the gate, whose limit [`crate::policy`] has set so that it bounds the native stack and the depth too. If that
    /// fails, the caller calls through its helper.
    fn prologue(&mut self) {
        let prototype = self.source.prototype;
        let parameters = prototype.parameters() as i32;
        let refuse = self.masm.label();
        self.masm.load_address(Temp::T0, Address::slot(prototype.frame_slots() as i32));
        self.masm.branch_if_above_frame_gate(Temp::T1, refuse);
        if prototype.is_vararg() {
            let extra = self.masm.label();
            self.masm.branch(Temp::T2, Condition::Above, Right::Number(parameters), extra);
            self.cold(move |this| {
                this.masm.bind(extra);
                this.keep_extra_arguments(refuse);
            });
        }
        self.masm.count_frames(1);
        self.masm.enter();
        if parameters > 0 {
            let fill = self.masm.label();
            self.masm.branch(Temp::T2, Condition::Below, Right::Number(parameters), fill);
            let start = self.body;
            self.cold(move |this| {
                this.masm.bind(fill);
                for parameter in 0..parameters {
                    let present = this.masm.label();
                    this.masm.branch(Temp::T2, Condition::Above, Right::Number(parameter), present);
                    this.masm.store_number(Address::slot(parameter), 0);
                    this.masm.store_number_8(Address::slot(parameter).tag(), Tag::Nil as u8);
                    this.masm.bind(present);
                }
                this.masm.jump(start);
            });
        }
        self.cold(move |this| {
            this.masm.bind(refuse);
            this.masm.refuse(REFUSED as u32);
        });
    }

    /// With the knob `force-exit-every`: leaves for the VM every so often.
    fn possible_exit(&mut self) {
        if !self.source.forces_exits {
            return;
        }
        let forced = self.masm.label();
        self.masm.count_down(Address::at(Anchor::Context, UNTIL_FORCED_EXIT_OFFSET), forced);
        self.cold(move |this| {
            this.masm.bind(forced);
            this.masm.call_helper(Helper::ForcedExit, this.pc, &[]);
            this.masm.jump(this.leave);
        });
    }

    /// With the knob `fail-guard`: counts a guard, and makes one of them fail.
    pub(crate) fn guard(&mut self, slow: M::Label) {
        if self.source.counts_guards {
            self.masm.count_down(Address::at(Anchor::Context, UNTIL_FAILED_GUARD_OFFSET), slow);
        }
    }

    /// Calls a helper, and leaves if it says so. Afterwards the base is up to date.
    pub(crate) fn call(&mut self, helper: Helper, arguments: &[Argument]) {
        self.masm.call_helper(helper, self.pc, arguments);
        self.masm.set_base();
        self.masm.branch(Temp::T0, Condition::NotEqual, Right::Number(0), self.leave);
    }

    /// From `slow` on, does the instruction by a helper and goes on at `resume`.
    pub(crate) fn cold_call(&mut self, slow: M::Label, helper: Helper, arguments: Vec<Argument>, resume: M::Label) {
        self.cold(move |this| {
            this.masm.bind(slow);
            this.call(helper, &arguments);
            this.masm.jump(resume);
        });
    }

    /// From `slow` on, lets a helper find a truth: goes on at `target` if it is `truth`, else at `resume`.
    pub(crate) fn cold_branch(
        &mut self,
        slow: M::Label,
        helper: Helper,
        arguments: Vec<Argument>,
        (truth, target): (bool, M::Label),
        resume: M::Label,
    ) {
        self.cold(move |this| {
            this.masm.bind(slow);
            this.branch_by(helper, &arguments, truth, target);
            this.masm.jump(resume);
        });
    }

    /// Jumps if a helper gives this truth.
    pub(crate) fn branch_by(&mut self, helper: Helper, arguments: &[Argument], truth: bool, target: M::Label) {
        self.masm.call_helper(helper, self.pc, arguments);
        self.masm.branch(Temp::T0, Condition::NotEqual, Right::Number(0), self.leave);
        let condition = if truth { Condition::NotEqual } else { Condition::Equal };
        self.masm.branch(Temp::T1, condition, Right::Number(0), target);
    }

    /// Emits what was kept for the end.
    fn finish(mut self, mut offsets: Vec<u32>) -> Result<Assembled, String> {
        while !self.cold.is_empty() {
            for (pc, code) in std::mem::take(&mut self.cold) {
                self.start(pc);
                code(&mut self);
            }
        }
        self.map.mark(CodeOffset(self.masm.offset()), None);
        self.masm.bind(self.leave);
        self.masm.leave();
        // Second words are no instructions, but every label of an assembler must be bound.
        let firsts: Vec<u32> = instructions(&self.proto().code).map(|(pc, _)| pc).collect();
        for pc in 0..self.proto().code.len() {
            if firsts.binary_search(&(pc as u32)).is_err() {
                self.masm.bind(self.labels[pc]);
                self.masm.bind(self.typed.bodies[pc]);
            }
        }
        for (offset, entry) in offsets.iter_mut().zip(&self.typed.entries) {
            *offset = entry.unwrap_or(*offset);
        }
        let points = EntryPoints {
            offsets: offsets.into(),
            cache_guesses: CacheGuesses::of(self.source.prototype, self.source.string_methods),
        };
        let (bytes, operands) = self.masm.finish()?;
        let map = self.map.finish(bytes.len() as u32);
        Ok(Assembled { bytes, entry: CodeOffset::START, points, map, operands })
    }
}
