//! Calls and returns. A compiled function calls another by a native call through its entry cell, with the frame header
//! that the VM would write; results come back in place.
//!
//! The callee makes its own checks ([`crate::compile`], prologue) and refuses the call if one fails; then, and for
//! everything that is no compiled Lua function, the call goes through a helper. A callee that leaves for the VM takes
//! its callers in compiled code with it: the VM goes on in the callee's frame, and enters compiled code again when it
//! comes back to them.

use bytecode_vm::frame::{
    Continuation, FLAG_TAIL_CALL, HEADER_BASE_DELTA_OFFSET, HEADER_FLAGS_OFFSET, HEADER_SLOTS, HEADER_VARARGS_OFFSET,
};
use bytecode_vm::layout::{FRAME, PROTOTYPE};
use bytecode_vm::prototype::{
    PROTOTYPE_FRAME_SLOTS_OFFSET, PROTOTYPE_IS_VARARG_OFFSET, PROTOTYPE_PARAMETERS_OFFSET, PROTOTYPE_TIER_OFFSET,
};
use bytecode_vm::state::STATE_TOP_OFFSET;
use lua_bytecode::Instruction;
use lua_runtime::function::CLOSURE_DATA_OFFSET;
use lua_runtime::layout::CLOSURE;
use lua_runtime::value::{TAG_OFFSET, Tag, VALUE_BYTES};
use lua_runtime::vm::VM_STACK_OFFSET;

use crate::compile::Emitter;
use crate::context::FALLBACK_OFFSET;
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
            0 => self.call_with_all(word.a(), word.c()),
            coded => {
                let (callee, count, wanted) = (word.a(), coded - 1, word.c());
                match self.likely_intrinsic(callee, count, wanted) {
                    None => self.call_closure(callee, count, wanted, Helper::CallNative),
                    Some(intrinsic) => {
                        let (other, done) = (self.masm.label(), self.masm.label());
                        self.call_intrinsic(intrinsic, callee, other);
                        self.masm.bind(done);
                        self.cold(move |this| {
                            this.masm.bind(other);
                            this.call_closure(callee, count, wanted, Helper::CallNative);
                            this.masm.jump(done);
                        });
                    }
                }
            }
        }
    }

    /// Calls what is in a register with this many arguments; `helper` does it if that is no compiled Lua function.
    pub(crate) fn call_closure(&mut self, callee: u8, count: u8, wanted: u8, helper: Helper) {
        let (slow, done) = (self.masm.label(), self.masm.label());
        self.find_entry(callee, slow);
        self.masm.load_number(Temp::T2, count.into());
        self.call_entry(callee, wanted, slow);
        self.masm.bind(done);
        self.cold(move |this| {
            this.masm.bind(slow);
            let (count, wanted) = (Argument::Number(count.into()), Argument::Number(wanted.into()));
            this.call(helper, &[Argument::Address(Address::register(callee)), count, wanted]);
            this.masm.jump(done);
        });
    }

    /// Calls what is in a register with all arguments up to the top.
    fn call_with_all(&mut self, callee: u8, wanted: u8) {
        let (slow, done) = (self.masm.label(), self.masm.label());
        self.find_entry(callee, slow);
        // The arguments begin this far above the start of the stack.
        self.masm.load_address(Temp::T0, Address::slot(i32::from(callee) + HEADER_SLOTS as i32));
        let stack = Address::at(Anchor::Vm, VM_STACK_OFFSET);
        self.masm.integer(IntegerOperation::Subtract, Temp::T0, Right::Memory(stack));
        self.masm.shift_right(Temp::T0, VALUE_BYTES.ilog2() as u8);
        self.masm.load_32(Temp::T2, Address::at(Anchor::State, STATE_TOP_OFFSET));
        self.masm.integer(IntegerOperation::Subtract, Temp::T2, Right::Temp(Temp::T0));
        self.call_entry(callee, wanted, slow);
        self.masm.bind(done);
        let arguments = vec![Argument::Address(Address::register(callee)), Argument::Number(wanted.into())];
        self.cold_call(slow, Helper::Call, arguments, done);
    }

    /// Finds the code of what is in a register: its address is in `T1` then, and the prototype in `T3`.
    fn find_entry(&mut self, callee: u8, slow: M::Label) {
        let address = Address::register(callee);
        self.guard(slow);
        self.masm.branch_8(address.tag(), Condition::NotEqual, Tag::Closure as u8, slow);
        self.masm.load(Temp::T3, address);
        self.masm.load(Temp::T3, Address::of(Temp::T3, &CLOSURE, CLOSURE_DATA_OFFSET));
        let tier = PROTOTYPE_TIER_OFFSET;
        self.masm.load(Temp::T1, Address::of(Temp::T3, &PROTOTYPE, tier));
        self.masm.branch(Temp::T1, Condition::Equal, Right::Number(0), slow);
        self.masm.load(Temp::T1, Address::of(Temp::T1, &RECORD, CELL_OFFSET));
        self.masm.load(Temp::T1, Address::of(Temp::T1, &ENTRY_CELL, 0));
    }

    /// Calls the code at `T1` of the prototype `T3` with `T2` arguments, the callee being in a register; goes to `slow` if it
    /// refuses.
    fn call_entry(&mut self, callee: u8, wanted: u8, slow: M::Label) {
        let other_status = self.masm.label();
        let delta = i32::from(callee) + HEADER_SLOTS as i32;
        let resume_pc = i64::from(self.pc + 2);
        let header = Address::slot(i32::from(callee) + 1);
        self.masm.store_number(header, resume_pc | i64::from(delta) << 32);
        self.masm.store_number(header.tag(), header_half(wanted).into());
        self.masm.move_base(delta);
        self.masm.call_code();
        self.masm.move_base(-delta);
        self.masm.branch(Temp::T0, Condition::NotEqual, Right::Number(0), other_status);
        self.cold(move |this| {
            this.masm.bind(other_status);
            this.masm.branch(Temp::T0, Condition::NotEqual, Right::Number(REFUSED as i32), this.leave);
            this.masm.jump(slow);
        });
    }

    /// Behind the checks of a function that keeps extra arguments, of which there are some, with `T2` arguments at its base:
    /// moves its frame above them and copies the fixed ones there, then makes the frame. Goes to `refuse` if there is no room.
    pub(crate) fn keep_extra_arguments(&mut self, refuse: M::Label) {
        let prototype = self.source.prototype;
        let (kept, other) = (Temp::Kept(0), Temp::Kept(1));
        let new = |slot: i32| Address::of(Temp::T1, &FRAME, 0).plus_slots(slot);
        // The new base is above the arguments and a header.
        self.masm.copy(Temp::T0, Temp::T2);
        self.masm.integer(IntegerOperation::Add, Temp::T0, Right::Number(HEADER_SLOTS as i32));
        self.masm.copy(kept, Temp::T0);
        self.masm.shift_left(Temp::T0, VALUE_BYTES.ilog2() as u8);
        self.masm.load_address(Temp::T1, Address::slot(0));
        self.masm.integer(IntegerOperation::Add, Temp::T1, Right::Temp(Temp::T0));
        self.masm.load_address(Temp::T0, new(prototype.frame_slots() as i32));
        self.masm.branch_if_above_frame_gate(other, refuse);
        // The header says how far away the caller is and how many extra arguments there are.
        self.masm.shift_left(kept, 8 * HEADER_BASE_DELTA_OFFSET as u8);
        self.masm.integer(IntegerOperation::Add, kept, Right::Memory(Address::slot(-1)));
        self.masm.store(new(-1), kept);
        self.masm.copy(kept, Temp::T2);
        self.masm.integer(IntegerOperation::Subtract, kept, Right::Number(prototype.parameters() as i32));
        self.masm.shift_left(kept, 8 * (HEADER_VARARGS_OFFSET - TAG_OFFSET) as u8);
        self.masm.integer(IntegerOperation::Add, kept, Right::Memory(Address::slot(-1).tag()));
        self.masm.store(new(-1).tag(), kept);
        for slot in std::iter::once(-(HEADER_SLOTS as i32)).chain(0..prototype.parameters() as i32) {
            self.masm.load(kept, Address::slot(slot));
            self.masm.load_8(other, Address::slot(slot).tag());
            self.masm.store(new(slot), kept);
            self.masm.store_8(new(slot).tag(), other);
            if slot >= 0 {
                // The collector must not keep what only this copy refers to.
                self.masm.store_number(Address::slot(slot), 0);
                self.masm.store_number_8(Address::slot(slot).tag(), Tag::Nil as u8);
            }
        }
        self.masm.set_base();
        self.masm.count_frames(1);
        self.masm.enter();
        self.masm.jump(self.body);
    }

    /// `TAILCALL`. A compiled function without extra arguments takes the place of one without: its frame is where the
    /// caller's was.
    pub(crate) fn tail_call(&mut self, word: Instruction) {
        let slow = self.masm.label();
        if word.b() == 0 || self.source.prototype.is_vararg() {
            self.masm.bind(slow);
            self.tail_call_by_helper(word);
            return;
        }
        let (callee, count) = (word.a(), word.b() - 1);
        if let Some(intrinsic) = self.likely_intrinsic(callee, count, 2) {
            self.call_intrinsic(intrinsic, callee, slow);
            self.return_values(callee, 2);
            self.cold(move |this| {
                this.masm.bind(slow);
                this.tail_call_by_helper(word);
            });
            return;
        }
        let prototype = |offset| Address::of(Temp::T3, &PROTOTYPE, offset);
        self.guard(slow);
        self.masm.branch_8(Address::register(callee).tag(), Condition::NotEqual, Tag::Closure as u8, slow);
        self.masm.load(Temp::T3, Address::register(callee));
        self.masm.load(Temp::T3, Address::of(Temp::T3, &CLOSURE, CLOSURE_DATA_OFFSET));
        self.masm.load(Temp::T1, prototype(PROTOTYPE_TIER_OFFSET));
        self.masm.branch(Temp::T1, Condition::Equal, Right::Number(0), slow);
        self.masm.load(Temp::T1, Address::of(Temp::T1, &RECORD, CELL_OFFSET));
        self.masm.load(Temp::T1, Address::of(Temp::T1, &ENTRY_CELL, 0));
        let fallback = Address::at(Anchor::Context, FALLBACK_OFFSET);
        self.masm.branch(Temp::T1, Condition::Equal, Right::Memory(fallback), slow);
        self.masm.branch_8(prototype(PROTOTYPE_IS_VARARG_OFFSET), Condition::NotEqual, 0, slow);
        self.masm.branch_32(prototype(PROTOTYPE_PARAMETERS_OFFSET), Condition::Above, count.into(), slow);
        self.masm.load_32(Temp::T0, prototype(PROTOTYPE_FRAME_SLOTS_OFFSET));
        self.masm.shift_left(Temp::T0, VALUE_BYTES.ilog2() as u8);
        self.masm.load_address(Temp::T1, Address::slot(0));
        self.masm.integer(IntegerOperation::Add, Temp::T0, Right::Temp(Temp::T1));
        self.masm.branch_if_above_frame_gate(Temp::T1, slow);
        self.copy_value(Address::slot(-2), Address::register(callee));
        for i in 0..count {
            let from = i32::from(callee) + HEADER_SLOTS as i32 + i32::from(i);
            self.copy_value(Address::register(i), Address::slot(from));
        }
        self.masm.or_8(Address::slot(-1).plus(HEADER_FLAGS_OFFSET), FLAG_TAIL_CALL);
        self.masm.load(Temp::T1, prototype(PROTOTYPE_TIER_OFFSET));
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
        self.jump_as_context_says();
        self.masm.bind(leave);
        self.masm.leave();
    }

    /// `RETURN` and its kin: `coded - 1` values from a register on, or all up to the top.
    pub(crate) fn return_values(&mut self, register: u8, coded: u8) {
        let slow = self.masm.label();
        if coded != 0 {
            // The caller wants as many as there are; the frame is an ordinary one, perhaps of a tail call.
            self.masm.load(Temp::T0, Address::slot(-1).tag());
            if self.source.prototype.is_vararg() {
                self.return_with_extra_arguments(register, coded, slow);
            }
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

    /// If there are extra arguments: returns to compiled code that wants as many results as there are, which go below the
    /// arguments; goes to `slow` if it wants another number. The second half of the header is in `T0`.
    fn return_with_extra_arguments(&mut self, register: u8, coded: u8, slow: M::Label) {
        let extra = self.masm.label();
        let parameters = self.source.prototype.parameters() as i32;
        self.masm.copy(Temp::T1, Temp::T0);
        self.masm.shift_right(Temp::T1, 8 * (HEADER_VARARGS_OFFSET - TAG_OFFSET) as u8);
        self.masm.branch(Temp::T1, Condition::NotEqual, Right::Number(0), extra);
        self.cold(move |this| {
            this.masm.bind(extra);
            let half_bits = 8 * (HEADER_VARARGS_OFFSET - TAG_OFFSET) as u8;
            this.masm.copy(Temp::T2, Temp::T0);
            this.masm.shift_left(Temp::T2, half_bits);
            this.masm.shift_right(Temp::T2, half_bits);
            this.masm.branch(Temp::T2, Condition::NotEqual, Right::Number(header_half(coded)), slow);
            // The base before the frame moved above its arguments.
            this.masm.integer(IntegerOperation::Add, Temp::T1, Right::Number(parameters + HEADER_SLOTS as i32));
            this.masm.shift_left(Temp::T1, VALUE_BYTES.ilog2() as u8);
            this.masm.negate(Temp::T1);
            this.masm.load_address(Temp::T0, Address::slot(0));
            this.masm.integer(IntegerOperation::Add, Temp::T1, Right::Temp(Temp::T0));
            for i in 0..coded - 1 {
                let from = Address::register(register + i);
                let to = Address::of(Temp::T1, &FRAME, 0).plus_slots(i32::from(i) - HEADER_SLOTS as i32);
                this.masm.load(Temp::T0, from);
                this.masm.load_8(Temp::T2, from.tag());
                this.masm.store(to, Temp::T0);
                this.masm.store_8(to.tag(), Temp::T2);
            }
            this.masm.set_base();
            this.masm.count_frames(-1);
            this.masm.load_number(Temp::T0, 0);
            this.masm.leave();
        });
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
        self.masm.count_frames(-1);
        self.masm.load_number(Temp::T0, 0);
        self.masm.leave();
    }
}
