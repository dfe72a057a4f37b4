//! The templates of general code: loads, variables, truth and back-edges; the others are in the files by subject. Which
//! instruction gets which is in [`crate::select`].
//!
//! A template reads and writes slots of the frame and nothing else between instructions. Where it has a fast path, the
//! rest goes to a helper that does what the VM does. This file must not know a machine; see [`crate::masm`].

mod allocation;
pub(crate) mod arithmetic;
pub(crate) mod call;
pub(crate) mod compare;
pub(crate) mod element;
pub(crate) mod field;
mod for_loop;
mod intrinsic;
mod likely;

use bytecode_vm::prototype::loop_countdown_offset;
use lua_bytecode::Instruction;
use lua_bytecode::instruction::{jump_target, loaded_constant};
use lua_bytecode::opcode::Literal;
use lua_bytecode::proto::Constant;
use lua_runtime::function::{CELL_VALUE_OFFSET, CLOSURE_CELLS_OFFSET};
use lua_runtime::layout::{CELL, CLOSURE};
use lua_runtime::value::{PAYLOAD_OFFSET, Tag};

use crate::compile::Emitter;
use crate::context::{JUMP_BASE_OFFSET, JUMP_CODE_OFFSET, JUMP_POOL_OFFSET};
use crate::helpers::{GO_ON, Helper, JUMP};
use crate::masm::{Address, Anchor, Condition, MacroAssembler, Right, Temp};
use crate::policy::is_settled;

impl<'a, M: MacroAssembler> Emitter<'a, M> {
    /// The second word of the current instruction.
    pub(crate) fn extra(&self) -> u32 {
        self.proto().code[self.pc as usize + 1]
    }

    /// The instruction to which the current one may jump.
    pub(crate) fn jump_pc(&self) -> u32 {
        let target = jump_target(&self.proto().code, self.pc).expect("the instruction jumps");
        u32::try_from(target).expect("the verifier has checked it")
    }

    /// The label to which the current instruction may jump.
    pub(crate) fn jump_label(&mut self) -> M::Label {
        let target = self.jump_pc();
        self.inline_jump(target).unwrap_or_else(|| self.label_at(target))
    }

    /// The constant with this index.
    pub(crate) fn constant(&self, index: u32) -> &'a Constant {
        &self.proto().constants[index as usize]
    }

    // Loads and moves.

    /// `R[A] = ` what the instruction names.
    pub(crate) fn load_literal(&mut self, literal: Literal, word: Instruction) {
        let a = word.a();
        match literal {
            Literal::Integer => self.store_integer(a, word.sbx().into()),
            Literal::Float => self.store_float_number(a, word.sbx().into()),
            Literal::Constant => self.load_constant(a, loaded_constant(&self.proto().code, self.pc)),
            Literal::Nil => (a..a + word.b()).for_each(|register| self.store_tag(register, Tag::Nil)),
            Literal::True => self.store_tag(a, Tag::True),
            Literal::False => self.store_tag(a, Tag::False),
        }
    }

    /// `LFALSESKIP`.
    pub(crate) fn load_false_and_skip(&mut self, a: u8) {
        self.store_tag(a, Tag::False);
        let target = self.jump_label();
        self.masm.jump(target);
    }

    /// Copies a value. Uses `T1` and `T2`; the source may be relative to `T0`.
    pub(crate) fn copy_value(&mut self, to: Address, from: Address) {
        self.masm.load(Temp::T1, from.plus(PAYLOAD_OFFSET));
        self.masm.load_8(Temp::T2, from.tag());
        self.masm.store(to.plus(PAYLOAD_OFFSET), Temp::T1);
        self.masm.store_8(to.tag(), Temp::T2);
    }

    /// Copies a value into a heap object. The collector's barrier belongs here, and is empty while collections stop the
    /// world (see `Heap::barrier`).
    pub(crate) fn store_to_object(&mut self, to: Address, from: Address) {
        self.copy_value(to, from);
    }

    fn store_tag(&mut self, register: u8, tag: Tag) {
        self.masm.store_number(Address::register(register), 0);
        self.masm.store_number_8(Address::register(register).tag(), tag as u8);
    }

    fn store_integer(&mut self, register: u8, number: i64) {
        self.masm.store_number(Address::register(register), number);
        self.masm.store_number_8(Address::register(register).tag(), Tag::Integer as u8);
    }

    fn store_float_number(&mut self, register: u8, number: f64) {
        self.masm.store_number(Address::register(register), number.to_bits().cast_signed());
        self.masm.store_number_8(Address::register(register).tag(), Tag::Float as u8);
    }

    fn load_constant(&mut self, register: u8, index: u32) {
        match self.constant(index) {
            Constant::Nil => self.store_tag(register, Tag::Nil),
            Constant::Boolean(value) => self.store_tag(register, Tag::of_boolean(*value)),
            Constant::Integer(value) => self.store_integer(register, *value),
            Constant::Float(value) => self.store_float_number(register, *value),
            Constant::String(_) => self.copy_value(Address::register(register), Address::constant(index)),
        }
    }

    /// Loads the address of an upvalue's cell into `T0`.
    pub(crate) fn load_cell(&mut self, upvalue: u8) {
        self.masm.load(Temp::T0, Address::slot(-2));
        let cell = Address::of(Temp::T0, &CLOSURE, CLOSURE_CELLS_OFFSET + 8 * usize::from(upvalue));
        self.masm.load(Temp::T0, cell);
    }

    // Captured variables.

    /// `R[a] = ` the variable in the cell `R[b]`.
    pub(crate) fn get_cell(&mut self, a: u8, b: u8) {
        self.masm.load(Temp::T0, Address::register(b));
        self.copy_value(Address::register(a), cell_value());
    }

    /// The variable in the cell `R[a]` becomes `R[b]`.
    pub(crate) fn set_cell(&mut self, a: u8, b: u8) {
        self.masm.load(Temp::T0, Address::register(a));
        self.store_to_object(cell_value(), Address::register(b));
    }

    /// `R[a] = U[upvalue]`.
    pub(crate) fn get_upvalue(&mut self, a: u8, upvalue: u8) {
        self.load_cell(upvalue);
        self.copy_value(Address::register(a), cell_value());
    }

    /// `U[upvalue] = R[a]`.
    pub(crate) fn set_upvalue(&mut self, upvalue: u8, a: u8) {
        self.load_cell(upvalue);
        self.store_to_object(cell_value(), Address::register(a));
    }

    // Truth.

    /// Jumps if a register has this truth; copies it first where that is wanted.
    pub(crate) fn jump_on_truth(&mut self, register: u8, truth: bool, copy_to: Option<u8>) {
        let target = self.jump_label();
        let tag = Address::register(register).tag();
        let falsy = Tag::False as u8;
        let Some(to) = copy_to else {
            let condition = if truth { Condition::Above } else { Condition::BelowEqual };
            self.masm.branch_8(tag, condition, falsy, target);
            return;
        };
        let stay = self.masm.label();
        let condition = if truth { Condition::BelowEqual } else { Condition::Above };
        self.masm.branch_8(tag, condition, falsy, stay);
        self.copy_value(Address::register(to), Address::register(register));
        self.masm.jump(target);
        self.masm.bind(stay);
    }

    pub(crate) fn not(&mut self, a: u8, b: u8) {
        let (falsy, done) = (self.masm.label(), self.masm.label());
        self.masm.branch_8(Address::register(b).tag(), Condition::BelowEqual, Tag::False as u8, falsy);
        self.store_tag(a, Tag::False);
        self.masm.jump(done);
        self.masm.bind(falsy);
        self.store_tag(a, Tag::True);
        self.masm.bind(done);
    }

    /// A back-edge: polls, and goes on at the loop's header, or where the compiler of loops says.
    pub(crate) fn back_edge(&mut self) {
        let target = self.jump_label();
        let header = self.jump_pc();
        let poll = self.masm.label();
        self.masm.branch_if_interrupted(poll);
        if let Some(countdown) = self.loop_countdown() {
            let ended = self.masm.label();
            self.masm.count_down_32(countdown, ended);
            self.cold(move |this| {
                this.masm.bind(ended);
                this.masm.call_helper(Helper::EnterLoop, header, &[]);
                this.masm.set_base();
                this.masm.branch(Temp::T0, Condition::Equal, Right::Number(GO_ON as i32), target);
                this.masm.branch(Temp::T0, Condition::NotEqual, Right::Number(JUMP as i32), this.leave);
                this.jump_as_context_says();
            });
        }
        self.masm.jump(target);
        self.cold(move |this| {
            this.masm.bind(poll);
            this.masm.call_helper(Helper::Poll, header, &[]);
            this.masm.set_base();
            this.masm.branch(Temp::T0, Condition::NotEqual, Right::Number(0), this.leave);
            this.masm.jump(target);
        });
    }
}

impl<M: MacroAssembler> Emitter<'_, M> {
    /// The countdown of the loop to whose header the current instruction goes back, if there is a compiler of loops to be asked.
    pub(crate) fn loop_countdown(&self) -> Option<Address> {
        let (prototype, header) = (self.source.prototype, self.jump_pc());
        let asks = self.source.asks_loop_tier && !is_settled(prototype, header);
        asks.then(|| Address::at(Anchor::Pool, loop_countdown_offset(prototype.proto(), header)))
    }

    /// Goes on where the context says.
    pub(crate) fn jump_as_context_says(&mut self) {
        let context = |offset| Address::at(Anchor::Context, offset);
        self.masm.jump_to_other(context(JUMP_BASE_OFFSET), context(JUMP_POOL_OFFSET), context(JUMP_CODE_OFFSET));
    }
}

/// The value in the cell whose address is in `T0`.
pub(crate) fn cell_value() -> Address {
    Address::of(Temp::T0, &CELL, CELL_VALUE_OFFSET)
}
