//! What each opcode becomes. One exhaustive match; the templates are in the files by subject.
//!
//! A template reads and writes slots of the frame and nothing else between instructions. Where it has a fast path, the
//! rest goes to a helper that does what the VM does. This file must not know a machine; see [`crate::masm`].

pub(crate) mod arithmetic;
pub(crate) mod call;
pub(crate) mod compare;
pub(crate) mod element;
pub(crate) mod field;
mod for_loop;

use lua_bytecode::instruction::jump_target;
use lua_bytecode::proto::Constant;
use lua_bytecode::{Instruction, Opcode};
use lua_runtime::function::{CELL_VALUE_OFFSET, CLOSURE_CELLS_OFFSET};
use lua_runtime::operate::BinaryOperator;
use lua_runtime::value::{PAYLOAD_OFFSET, Tag};

use crate::compile::Emitter;
use crate::helpers::Helper;
use crate::masm::{Anchor, Argument, Condition, MacroAssembler, Place, Relation, Temp};

/// An operand of an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operand {
    /// A register.
    Register(u8),
    /// A constant.
    Constant(u32),
    /// A number in the instruction.
    Number(i32),
}

impl<'a, M: MacroAssembler> Emitter<'a, M> {
    /// Emits the code of an instruction.
    pub(crate) fn instruction(&mut self, word: Instruction) {
        use Opcode as O;
        let (a, b, c) = (word.a(), word.b(), word.c());
        match word.opcode() {
            O::Move => self.copy_value(Place::register(a), Place::register(b)),
            O::LoadInteger => self.store_integer(a, word.sbx().into()),
            O::LoadFloat => self.store_float_number(a, word.sbx().into()),
            O::LoadConstant => self.load_constant(a, word.bx().into()),
            O::LoadConstantWide => self.load_constant(a, self.extra()),
            O::LoadNil => (a..a + b).for_each(|register| self.store_tag(register, Tag::Nil)),
            O::LoadTrue => self.store_tag(a, Tag::True),
            O::LoadFalse => self.store_tag(a, Tag::False),
            O::LoadFalseSkip => {
                self.store_tag(a, Tag::False);
                let target = self.jump_label();
                self.masm.jump(target);
            }
            O::NewCell => self.call(Helper::NewCell, &[Argument::Address(Place::register(b))]),
            O::NewNilCell => self.call(Helper::NewNilCell, &[]),
            O::GetCell => {
                self.masm.load(Temp::T0, Place::register(b));
                self.copy_value(Place::register(a), cell_value());
            }
            O::SetCell => {
                self.masm.load(Temp::T0, Place::register(a));
                self.store_to_object(cell_value(), Place::register(b));
            }
            O::GetUpvalue => {
                self.load_cell(b);
                self.copy_value(Place::register(a), cell_value());
            }
            O::SetUpvalue => {
                self.load_cell(b);
                self.store_to_object(cell_value(), Place::register(a));
            }
            O::GetGlobal | O::GetUpField => self.load_upvalue_field(a, b),
            O::SetGlobal | O::SetUpField => self.store_upvalue_field(a, Operand::Register(b)),
            O::SetGlobalK | O::SetUpFieldK => self.store_upvalue_field(a, Operand::Constant(word.bx().into())),
            O::GetField => self.load_field(a, Place::register(b)),
            O::SetField => self.store_field(a, Operand::Register(b)),
            O::SetFieldK => self.store_field(a, Operand::Constant(word.bx().into())),
            O::SelfField => {
                self.copy_value(Place::register(a + 2), Place::register(b));
                self.load_field(a, Place::register(a + 2));
            }
            O::GetIndex => self.load_element(a, b, Operand::Register(c)),
            O::GetIndexI => self.load_element(a, b, Operand::Number(c.into())),
            O::SetIndex => self.store_element(a, Operand::Register(b), Operand::Register(c)),
            O::SetIndexK => self.store_element(a, Operand::Register(b), Operand::Constant(c.into())),
            O::SetIndexI => self.store_element(a, Operand::Number(b.into()), Operand::Register(c)),
            O::SetIndexIK => self.store_element(a, Operand::Number(b.into()), Operand::Constant(c.into())),
            O::NewTable => self.call(Helper::NewTable, &[]),
            O::NewObject => self.call(Helper::NewObject, &[]),
            O::SetList => self.call(Helper::SetList, &[]),
            O::Closure => self.call(Helper::NewClosure, &[]),
            O::Add | O::AddK | O::KAdd | O::AddI => self.binary(BinaryOperator::Add, word),
            O::Subtract | O::SubtractK | O::KSubtract | O::SubtractI => self.binary(BinaryOperator::Subtract, word),
            O::Multiply | O::MultiplyK | O::KMultiply => self.binary(BinaryOperator::Multiply, word),
            O::Modulo | O::ModuloK | O::KModulo => self.binary(BinaryOperator::Modulo, word),
            O::Power | O::PowerK | O::KPower => self.binary(BinaryOperator::Power, word),
            O::Divide | O::DivideK | O::KDivide => self.binary(BinaryOperator::Divide, word),
            O::FloorDivide | O::FloorDivideK | O::KFloorDivide => self.binary(BinaryOperator::FloorDivide, word),
            O::BitAnd | O::BitAndK | O::KBitAnd => self.binary(BinaryOperator::BitAnd, word),
            O::BitOr | O::BitOrK | O::KBitOr => self.binary(BinaryOperator::BitOr, word),
            O::BitXor | O::BitXorK | O::KBitXor => self.binary(BinaryOperator::BitXor, word),
            O::ShiftLeft | O::ShiftLeftK | O::KShiftLeft => self.binary(BinaryOperator::ShiftLeft, word),
            O::ShiftRight | O::ShiftRightK | O::KShiftRight => self.binary(BinaryOperator::ShiftRight, word),
            O::Negate => self.negate(a, b),
            O::BitNot => self.bit_not(a, b),
            O::Not => self.not(a, b),
            O::Length => self.length(a, b),
            O::Concat => self.call(Helper::Concat, &[]),
            O::Jump => {
                let target = self.jump_label();
                self.masm.jump(target);
            }
            O::LoopJump => self.back_edge(),
            O::JumpIf => self.jump_on_truth(a, true, None),
            O::JumpIfNot => self.jump_on_truth(a, false, None),
            O::CopyJumpIf => self.jump_on_truth(b, true, Some(a)),
            O::CopyJumpIfNot => self.jump_on_truth(b, false, Some(a)),
            O::JumpEqual | O::JumpNotEqual => self.jump_if_equal(a, b, word.opcode() == O::JumpEqual),
            O::JumpEqualK | O::JumpNotEqualK => {
                self.jump_if_equal_to_constant(a, word.bx().into(), word.opcode() == O::JumpEqualK);
            }
            O::JumpEqualI | O::JumpNotEqualI => {
                self.jump_if_equal_to_number(a, word.sbx().into(), word.opcode() == O::JumpEqualI);
            }
            O::JumpLess => self.jump_if(Relation::Less, Operand::Register(a), Operand::Register(b), true),
            O::JumpNotLess => self.jump_if(Relation::Less, Operand::Register(a), Operand::Register(b), false),
            O::JumpLessEqual => self.jump_if(Relation::LessEqual, Operand::Register(a), Operand::Register(b), true),
            O::JumpNotLessEqual => self.jump_if(Relation::LessEqual, Operand::Register(a), Operand::Register(b), false),
            O::JumpLessK
            | O::JumpNotLessK
            | O::JumpLessEqualK
            | O::JumpNotLessEqualK
            | O::JumpGreaterK
            | O::JumpNotGreaterK
            | O::JumpGreaterEqualK
            | O::JumpNotGreaterEqualK => self.jump_if_ordered(word, Operand::Constant(word.bx().into())),
            O::JumpLessI
            | O::JumpNotLessI
            | O::JumpLessEqualI
            | O::JumpNotLessEqualI
            | O::JumpGreaterI
            | O::JumpNotGreaterI
            | O::JumpGreaterEqualI
            | O::JumpNotGreaterEqualI => self.jump_if_ordered(word, Operand::Number(word.sbx().into())),
            O::ForPrepare => self.for_prepare(a),
            O::ForLoop => self.for_loop(a),
            O::GenericForPrepare => self.generic_for_prepare(a),
            O::GenericForCall => self.generic_for_call(a, c),
            O::GenericForLoop => self.generic_for_loop(a),
            O::Call => self.call_function(word),
            O::TailCall => self.tail_call(),
            O::Return => self.return_values(a, b),
            O::Return0 => self.return_values(0, 1),
            O::Return1 => self.return_values(a, 2),
            O::CloseReturn => {
                self.call(Helper::CloseReturn, &[]);
                self.masm.jump(self.leave);
            }
            O::Vararg => self.call(Helper::Vararg, &[]),
            O::MarkClose => self.call(Helper::MarkClose, &[Argument::Number(a.into())]),
            O::Close => self.call(Helper::Close, &[]),
        }
    }

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

    /// The tag that a register probably has.
    pub(crate) fn guess(&self, register: u8) -> Tag {
        self.source.registers[usize::from(register)].tag
    }

    // Loads and moves.

    /// Copies a value. Uses `T1` and `T2`; the source may be relative to `T0`.
    pub(crate) fn copy_value(&mut self, to: Place, from: Place) {
        self.masm.load(Temp::T1, from.plus(PAYLOAD_OFFSET));
        self.masm.load_8(Temp::T2, from.tag());
        self.masm.store(to.plus(PAYLOAD_OFFSET), Temp::T1);
        self.masm.store_8(to.tag(), Temp::T2);
    }

    /// Copies a value into a heap object. The collector's barrier belongs here, and is empty while collections stop the
    /// world (see `Heap::barrier`).
    pub(crate) fn store_to_object(&mut self, to: Place, from: Place) {
        self.copy_value(to, from);
    }

    fn store_tag(&mut self, register: u8, tag: Tag) {
        self.masm.store_number(Place::register(register), 0);
        self.masm.store_number_8(Place::register(register).tag(), tag as u8);
    }

    fn store_integer(&mut self, register: u8, number: i64) {
        self.masm.store_number(Place::register(register), number);
        self.masm.store_number_8(Place::register(register).tag(), Tag::Integer as u8);
    }

    fn store_float_number(&mut self, register: u8, number: f64) {
        self.masm.store_number(Place::register(register), number.to_bits().cast_signed());
        self.masm.store_number_8(Place::register(register).tag(), Tag::Float as u8);
    }

    fn load_constant(&mut self, register: u8, index: u32) {
        match self.constant(index) {
            Constant::Nil => self.store_tag(register, Tag::Nil),
            Constant::Boolean(value) => self.store_tag(register, Tag::of_boolean(*value)),
            Constant::Integer(value) => self.store_integer(register, *value),
            Constant::Float(value) => self.store_float_number(register, *value),
            Constant::String(_) => self.copy_value(Place::register(register), Place::constant(index)),
        }
    }

    /// Loads the address of an upvalue's cell into `T0`.
    pub(crate) fn load_cell(&mut self, upvalue: u8) {
        self.masm.load(Temp::T0, Place::slot(-2));
        let cell = Place::at(Anchor::Temp(Temp::T0), CLOSURE_CELLS_OFFSET + 8 * usize::from(upvalue));
        self.masm.load(Temp::T0, cell);
    }

    // Truth.

    fn jump_on_truth(&mut self, register: u8, truth: bool, copy_to: Option<u8>) {
        let target = self.jump_label();
        let tag = Place::register(register).tag();
        let falsy = Tag::False as u8;
        let Some(to) = copy_to else {
            let condition = if truth { Condition::Above } else { Condition::BelowEqual };
            self.masm.branch_8(tag, condition, falsy, target);
            return;
        };
        let stay = self.masm.label();
        let condition = if truth { Condition::BelowEqual } else { Condition::Above };
        self.masm.branch_8(tag, condition, falsy, stay);
        self.copy_value(Place::register(to), Place::register(register));
        self.masm.jump(target);
        self.masm.bind(stay);
    }

    pub(crate) fn not(&mut self, a: u8, b: u8) {
        let (falsy, done) = (self.masm.label(), self.masm.label());
        self.masm.branch_8(Place::register(b).tag(), Condition::BelowEqual, Tag::False as u8, falsy);
        self.store_tag(a, Tag::False);
        self.masm.jump(done);
        self.masm.bind(falsy);
        self.store_tag(a, Tag::True);
        self.masm.bind(done);
    }

    /// A back-edge: polls, and goes on at the loop's header.
    pub(crate) fn back_edge(&mut self) {
        let target = self.jump_label();
        let header = self.jump_pc();
        let poll = self.masm.label();
        self.masm.branch_32(Place::at(Anchor::Interrupt, 0), Condition::NotEqual, 0, poll);
        self.masm.jump(target);
        self.cold(move |this| {
            this.masm.bind(poll);
            this.masm.call_helper(Helper::Poll, header, &[]);
            this.masm.set_base();
            this.masm.branch(Temp::T0, Condition::NotEqual, crate::masm::Right::Number(0), this.leave);
            this.masm.jump(target);
        });
    }
}

/// The value in the cell whose address is in `T0`.
pub(crate) fn cell_value() -> Place {
    Place::at(Anchor::Temp(Temp::T0), CELL_VALUE_OFFSET)
}
