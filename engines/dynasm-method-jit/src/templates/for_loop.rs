//! Loop instructions. A numeric loop counts the iterations that are left, as the VM's does, so that it cannot overflow.

use lua_bytecode::instruction::Operand;
use lua_runtime::LoopIterator;
use lua_runtime::function::NATIVE_INTRINSIC_OFFSET;
use lua_runtime::layout::NATIVE;
use lua_runtime::value::Tag;

use crate::compile::Emitter;
use crate::helpers::Helper;
use crate::masm::{
    Address, Argument, Condition, Float, FloatOperation, IntegerOperation, MacroAssembler, Relation, Right, Temp,
};

impl<'a, M: MacroAssembler> Emitter<'a, M> {
    /// `FORPREP`: three integers with step 1 inline. Jumps if the loop does not run.
    pub(crate) fn for_prepare(&mut self, a: u8) {
        let (target, slow, done) = (self.jump_label(), self.masm.label(), self.masm.label());
        let [index, limit, step, variable] = registers(a);
        self.guard(slow);
        for address in [index, limit, step] {
            self.masm.branch_8(address.tag(), Condition::NotEqual, Tag::Integer as u8, slow);
        }
        self.masm.load(Temp::T0, step);
        self.masm.branch(Temp::T0, Condition::NotEqual, Right::Number(1), slow);
        self.masm.load(Temp::T0, index);
        self.masm.load(Temp::T1, limit);
        self.masm.branch(Temp::T0, Condition::Greater, Right::Temp(Temp::T1), target);
        self.masm.integer(IntegerOperation::Subtract, Temp::T1, Right::Temp(Temp::T0));
        self.masm.store(limit, Temp::T1);
        self.masm.store(variable, Temp::T0);
        self.masm.store_number_8(variable.tag(), Tag::Integer as u8);
        self.masm.bind(done);
        let arguments = vec![Argument::Address(index)];
        self.cold_branch(slow, Helper::ForPrepare, arguments, (false, target), done);
    }

    /// `FORLOOP`.
    pub(crate) fn for_loop(&mut self, a: u8) {
        let (float, ended, again) = (self.masm.label(), self.masm.label(), self.masm.label());
        let [index, limit, step, variable] = registers(a);
        // After FORPREP all three are integers, or all three are floats.
        self.masm.branch_8(step.tag(), Condition::NotEqual, Tag::Integer as u8, float);
        self.masm.load(Temp::T0, limit);
        self.masm.branch(Temp::T0, Condition::Equal, Right::Number(0), ended);
        self.masm.integer(IntegerOperation::Subtract, Temp::T0, Right::Number(1));
        self.masm.store(limit, Temp::T0);
        self.masm.load(Temp::T1, index);
        self.masm.integer(IntegerOperation::Add, Temp::T1, Right::Memory(step));
        self.masm.store(index, Temp::T1);
        self.masm.store(variable, Temp::T1);
        self.masm.store_number_8(variable.tag(), Tag::Integer as u8);
        self.masm.bind(again);
        self.back_edge();
        self.masm.bind(ended);
        self.cold(move |this| {
            this.masm.bind(float);
            let (downwards, go_on) = (this.masm.label(), this.masm.label());
            this.masm.load_float(Float::F0, index);
            this.masm.load_float(Float::F1, step);
            this.masm.float(FloatOperation::Add, Float::F0, Float::F1);
            this.masm.store_float(index, Float::F0);
            this.masm.load_float_number(Float::F0, 0.0);
            this.masm.branch_float(Float::F0, Relation::Less, Float::F1, false, downwards);
            this.masm.load_float(Float::F0, index);
            this.masm.load_float(Float::F1, limit);
            this.masm.branch_float(Float::F0, Relation::LessEqual, Float::F1, true, go_on);
            this.masm.jump(ended);
            this.masm.bind(downwards);
            this.masm.load_float(Float::F0, index);
            this.masm.load_float(Float::F1, limit);
            this.masm.branch_float(Float::F1, Relation::LessEqual, Float::F0, false, ended);
            this.masm.bind(go_on);
            this.masm.store_float(variable, Float::F0);
            this.masm.store_number_8(variable.tag(), Tag::Float as u8);
            this.masm.jump(again);
        });
    }

    /// `TFORPREP`.
    pub(crate) fn generic_for_prepare(&mut self, a: u8) {
        let (target, mark) = (self.jump_label(), self.masm.label());
        let closing = a + 3;
        self.masm.branch_8(Address::register(closing).tag(), Condition::Above, Tag::False as u8, mark);
        self.masm.jump(target);
        // The instruction ends with a jump, so it is not for the helper to say where it goes on.
        self.cold(move |this| {
            this.masm.bind(mark);
            this.call(Helper::MarkClose, &[Argument::Number(closing.into())]);
            this.masm.jump(target);
        });
    }

    /// `TFORCALL`.
    pub(crate) fn generic_for_call(&mut self, a: u8, variables: u8) {
        let (native, call, done) = (self.masm.label(), self.masm.label(), self.masm.label());
        let (arrays, other) = (self.masm.label(), self.masm.label());
        self.masm.branch_8(Address::register(a).tag(), Condition::NotEqual, Tag::Closure as u8, native);
        self.masm.bind(call);
        for (to, from) in [(4, 0), (6, 1), (7, 2)] {
            self.copy_value(Address::register(a + to), Address::register(a + from));
        }
        self.call_closure(a + 4, 2, variables + 1, Helper::CallIterator);
        self.masm.bind(done);
        // The steps of `pairs` and `ipairs` need no call.
        self.cold(move |this| {
            this.masm.bind(native);
            if variables == 2 {
                this.masm.branch_8(Address::register(a).tag(), Condition::NotEqual, Tag::Native as u8, other);
                this.masm.load(Temp::T0, Address::register(a));
                let number = Address::of(Temp::T0, &NATIVE, NATIVE_INTRINSIC_OFFSET);
                this.masm.branch_8(number, Condition::Equal, LoopIterator::Array as u8, arrays);
            }
            this.masm.bind(other);
            let arguments = [Argument::Address(Address::register(a)), Argument::Number(variables.into())];
            this.masm.call_helper(Helper::StepIterator, this.pc, &arguments);
            this.masm.branch(Temp::T1, Condition::NotEqual, Right::Number(0), done);
            this.masm.jump(call);
            if variables == 2 {
                this.masm.bind(arrays);
                this.step_array(a, other, done);
            }
        });
    }

    /// A step of `ipairs` that stays within the array part: goes to `done`, or to `other` if it does not.
    fn step_array(&mut self, a: u8, other: M::Label, done: M::Label) {
        let (object, control, index, element) = (a + 1, a + 2, a + 4, a + 5);
        self.masm.branch_8(Address::register(control).tag(), Condition::NotEqual, Tag::Integer as u8, other);
        self.masm.load(Temp::T0, Address::register(control));
        self.masm.integer(IntegerOperation::Add, Temp::T0, Right::Number(1));
        self.masm.store(Address::register(index), Temp::T0);
        self.masm.store_number_8(Address::register(index).tag(), Tag::Integer as u8);
        self.load_own_element(element, object, Operand::Register(index), other);
        self.masm.branch_8(Address::register(element).tag(), Condition::NotEqual, Tag::Nil as u8, done);
        self.store_tag(index, Tag::Nil);
        self.masm.jump(done);
    }

    /// `TFORLOOP`.
    pub(crate) fn generic_for_loop(&mut self, a: u8) {
        let ended = self.masm.label();
        self.masm.branch_8(Address::register(a + 4).tag(), Condition::Equal, Tag::Nil as u8, ended);
        self.copy_value(Address::register(a + 2), Address::register(a + 4));
        self.back_edge();
        self.masm.bind(ended);
    }
}

/// Index, limit or iterations left, step, and the variable of a numeric loop.
fn registers(a: u8) -> [Address; 4] {
    [a, a + 1, a + 2, a + 3].map(Address::register)
}
