//! Calls and returns. A compiled function calls another by a native call through its entry cell, with the frame header
//! that the VM would write; results come back in place.
//!
//! The callee makes its own checks ([`crate::compile`], prologue) and refuses the call if one fails; then, and for
//! everything that is no compiled Lua function, the call goes through a helper. A callee that leaves for the VM takes
//! its callers in compiled code with it: the VM goes on in the callee's frame, and enters compiled code again when it
//! comes back to them.

use std::mem::offset_of;

use bytecode_vm::frame::{Continuation, FLAG_TAIL_CALL, HEADER_FLAGS_OFFSET, HEADER_SLOTS};
use bytecode_vm::layout::PROTOTYPE;
use bytecode_vm::prototype::Prototype;
use bytecode_vm::state::State;
use lua_bytecode::Instruction;
use lua_runtime::function::CLOSURE_DATA_OFFSET;
use lua_runtime::layout::CLOSURE;
use lua_runtime::value::{TAG_OFFSET, Tag, VALUE_BYTES};
use lua_runtime::vm::VM_STACK_END_OFFSET;

use crate::compile::Emitter;
use crate::context::{FALLBACK_OFFSET, JUMP_BASE_OFFSET, JUMP_CODE_OFFSET, JUMP_POOL_OFFSET};
use crate::function_record::{BODY_OFFSET, CELL_OFFSET, ENTRY_CELL, RECORD};
use crate::helpers::{Helper, JUMP, REFUSED};
use crate::masm::{Address, Anchor, Argument, Condition, IntegerOperation, MacroAssembler, Right, Temp};

/// The second half of the header of an ordinary call: tag, continuation, wanted results; no flags, no extra arguments.
pub(crate) fn header_half(wanted: u8) -> i32 {
    header_half_of(Continuation::Call, wanted)
}

/// That half of a header with any continuation.
pub(crate) fn header_half_of(continuation: Continuation, wanted: u8) -> i32 {
    Tag::Frame as i32 | (continuation as i32) << 8 | i32::from(wanted) << 16
}

impl<'a, M: MacroAssembler> Emitter<'a, M> {
    /// `CALL`.
    pub(crate) fn call_function(&mut self, word: Instruction) {
        match word.b() {
            // As many arguments as there are, which only the VM counts.
            0 => self.call(Helper::Call, &[]),
            coded => self.call_closure(word.a(), coded - 1, word.c(), Helper::CallNative),
        }
    }

    /// Calls what is in a register with this many arguments; `helper` does it if that is no compiled Lua function.
    pub(crate) fn call_closure(&mut self, callee: u8, count: u8, wanted: u8, helper: Helper) {
        let (slow, other_status) = (self.masm.label(), self.masm.label());
        let address = Address::register(callee);
        let delta = i32::from(callee) + HEADER_SLOTS as i32;
        self.guard(slow);
        self.masm.branch_8(address.tag(), Condition::NotEqual, Tag::Closure as u8, slow);
        self.masm.load(Temp::T3, address);
        self.masm.load(Temp::T3, Address::of(Temp::T3, &CLOSURE, CLOSURE_DATA_OFFSET));
        let tier = offset_of!(Prototype, tier);
        self.masm.load(Temp::T1, Address::of(Temp::T3, &PROTOTYPE, tier));
        self.masm.branch(Temp::T1, Condition::Equal, Right::Number(0), slow);
        self.masm.load(Temp::T1, Address::of(Temp::T1, &RECORD, CELL_OFFSET));
        self.masm.load(Temp::T1, Address::of(Temp::T1, &ENTRY_CELL, 0));
        let resume_pc = i64::from(self.pc + 2);
        let header = Address::slot(i32::from(callee) + 1);
        self.masm.store_number(header, resume_pc | i64::from(delta) << 32);
        self.masm.store_number(header.tag(), header_half(wanted).into());
        self.masm.load_number(Temp::T2, count.into());
        self.masm.move_base(delta);
        self.masm.call_code();
        self.masm.move_base(-delta);
        self.masm.branch(Temp::T0, Condition::NotEqual, Right::Number(0), other_status);
        let done = self.here();
        self.cold(move |this| {
            this.masm.bind(other_status);
            this.masm.branch(Temp::T0, Condition::NotEqual, Right::Number(REFUSED as i32), this.leave);
            this.masm.bind(slow);
            let (count, wanted) = (Argument::Number(count.into()), Argument::Number(wanted.into()));
            this.call(helper, &[Argument::Address(address), count, wanted]);
            this.masm.jump(done);
        });
    }

    /// `TAILCALL`. A compiled function without extra arguments takes the place of one without: its frame is where the
    /// caller's was.
    pub(crate) fn tail_call(&mut self, word: Instruction) {
        let slow = self.masm.label();
        if word.b() == 0 || self.source.prototype.is_vararg {
            self.masm.bind(slow);
            self.tail_call_by_helper(word);
            return;
        }
        let (callee, count) = (word.a(), word.b() - 1);
        let prototype = |offset| Address::of(Temp::T3, &PROTOTYPE, offset);
        self.guard(slow);
        self.masm.branch_8(Address::register(callee).tag(), Condition::NotEqual, Tag::Closure as u8, slow);
        self.masm.load(Temp::T3, Address::register(callee));
        self.masm.load(Temp::T3, Address::of(Temp::T3, &CLOSURE, CLOSURE_DATA_OFFSET));
        self.masm.load(Temp::T1, prototype(offset_of!(Prototype, tier)));
        self.masm.branch(Temp::T1, Condition::Equal, Right::Number(0), slow);
        self.masm.load(Temp::T1, Address::of(Temp::T1, &RECORD, CELL_OFFSET));
        self.masm.load(Temp::T1, Address::of(Temp::T1, &ENTRY_CELL, 0));
        let fallback = Address::at(Anchor::Context, FALLBACK_OFFSET);
        self.masm.branch(Temp::T1, Condition::Equal, Right::Memory(fallback), slow);
        self.masm.branch_8(prototype(offset_of!(Prototype, is_vararg)), Condition::NotEqual, 0, slow);
        self.masm.branch_32(prototype(offset_of!(Prototype, parameters)), Condition::Above, count.into(), slow);
        self.masm.branch_32(Address::at(Anchor::Interrupt, 0), Condition::NotEqual, 0, slow);
        self.masm.load_32(Temp::T0, prototype(offset_of!(Prototype, frame_slots)));
        self.masm.shift_left(Temp::T0, VALUE_BYTES.ilog2() as u8);
        self.masm.load_address(Temp::T1, Address::slot(0));
        self.masm.integer(IntegerOperation::Add, Temp::T0, Right::Temp(Temp::T1));
        let stack_end = Address::at(Anchor::Vm, VM_STACK_END_OFFSET);
        self.masm.branch(Temp::T0, Condition::Above, Right::Memory(stack_end), slow);
        self.copy_value(Address::slot(-2), Address::register(callee));
        for i in 0..count {
            let from = i32::from(callee) + HEADER_SLOTS as i32 + i32::from(i);
            self.copy_value(Address::register(i), Address::slot(from));
        }
        self.masm.or_8(Address::slot(-1).plus(HEADER_FLAGS_OFFSET), FLAG_TAIL_CALL);
        self.masm.load(Temp::T1, prototype(offset_of!(Prototype, tier)));
        self.masm.become_other(Address::of(Temp::T1, &RECORD, BODY_OFFSET));
        self.cold(move |this| {
            this.masm.bind(slow);
            this.tail_call_by_helper(word);
        });
    }

    fn tail_call_by_helper(&mut self, word: Instruction) {
        let leave = self.masm.label();
        let callee = Argument::Address(Address::register(word.a()));
        self.masm.call_helper(Helper::TailCall, self.pc, &[callee, Argument::Number(word.b().into())]);
        self.masm.set_base();
        self.masm.branch(Temp::T0, Condition::NotEqual, Right::Number(JUMP as i32), leave);
        let context = |offset| Address::at(Anchor::Context, offset);
        self.masm.jump_to_other(context(JUMP_BASE_OFFSET), context(JUMP_POOL_OFFSET), context(JUMP_CODE_OFFSET));
        self.masm.bind(leave);
        self.masm.leave();
    }

    /// `RETURN` and its kin: `coded - 1` values from a register on, or all up to the top.
    pub(crate) fn return_values(&mut self, register: u8, coded: u8) {
        let slow = self.masm.label();
        if coded != 0 {
            // The caller wants as many as there are; the frame is an ordinary one, perhaps of a tail call.
            self.masm.load(Temp::T0, Address::slot(-1).tag());
            self.masm.clear_bit(Temp::T0, 8 * (HEADER_FLAGS_OFFSET - TAG_OFFSET) as u8 + FLAG_TAIL_CALL.ilog2() as u8);
            self.masm.branch(Temp::T0, Condition::NotEqual, Right::Number(header_half(coded)), slow);
            self.return_inline(register, coded - 1, coded - 1);
        }
        let arguments = [Argument::Number(register.into()), Argument::Number(coded.into())];
        let slow_return = move |this: &mut Emitter<'a, M>| {
            this.masm.bind(slow);
            if let 1..=2 = coded {
                // The other frequent ones: no result is wanted, or one where there is none.
                let other = this.masm.label();
                let wanted = 3 - coded;
                this.masm.branch(Temp::T0, Condition::NotEqual, Right::Number(header_half(wanted)), other);
                this.return_inline(register, coded - 1, wanted - 1);
                this.masm.bind(other);
            }
            this.masm.call_helper(Helper::Return, this.pc, &arguments);
            this.masm.set_base();
            this.masm.leave();
        };
        if coded == 0 {
            slow_return(self);
        } else {
            self.cold(slow_return);
        }
    }

    /// `CLOSERETURN`: as [`Emitter::return_values`], once no variable of the frame is to be closed any more.
    pub(crate) fn close_and_return(&mut self, register: u8, coded: u8) {
        let is_due = self.masm.label();
        self.branch_by(Helper::IsCloseDue, &[Argument::Address(Address::slot(0))], true, is_due);
        self.return_values(register, coded);
        self.cold(move |this| {
            this.masm.bind(is_due);
            this.call(Helper::CloseReturn, &[]);
            this.masm.jump(this.leave);
        });
    }

    /// `CLOSE`.
    pub(crate) fn close(&mut self, level: u8) {
        let (is_due, done) = (self.masm.label(), self.masm.label());
        self.branch_by(Helper::IsCloseDue, &[Argument::Address(Address::register(level))], true, is_due);
        self.masm.bind(done);
        self.cold_call(is_due, Helper::Close, Vec::new(), done);
    }

    /// Returns `count` values from a register on to compiled code that wants `wanted` of an ordinary call.
    fn return_inline(&mut self, register: u8, count: u8, wanted: u8) {
        for i in 0..wanted {
            let to = Address::slot(i32::from(i) - HEADER_SLOTS as i32);
            if i < count {
                self.copy_value(to, Address::register(register + i));
            } else {
                self.masm.store_number(to, 0);
                self.masm.store_number_8(to.tag(), Tag::Nil as u8);
            }
        }
        self.masm.add_32(Address::at(Anchor::State, offset_of!(State, depth)), -1);
        self.masm.load_number(Temp::T0, 0);
        self.masm.leave();
    }
}
