//! Comparisons that jump: two integers or two floats inline, everything else by the VM.

use lua_bytecode::Instruction;
use lua_bytecode::instruction::Operand;
use lua_bytecode::opcode;
use lua_bytecode::proto::{Constant, SHORT_KEY_BYTES};
use lua_runtime::value::Tag;

use crate::compile::Emitter;
use crate::helpers::Helper;
use crate::masm::{Address, Argument, Condition, Float, IntegerOperation, MacroAssembler, Relation, Right, Temp};

/// A comparison as machines do it, without `>` and `>=`: the relation, its left and its right operand.
pub(crate) fn ordered(relation: opcode::Relation, left: Operand, right: Operand) -> (Relation, Operand, Operand) {
    match relation {
        opcode::Relation::Equal => (Relation::Equal, left, right),
        opcode::Relation::Less => (Relation::Less, left, right),
        opcode::Relation::LessEqual => (Relation::LessEqual, left, right),
        opcode::Relation::Greater => (Relation::Less, right, left),
        opcode::Relation::GreaterEqual => (Relation::LessEqual, right, left),
    }
}

/// Every integer from minus this number to this number is equal to a float.
pub(crate) const EXACT_FLOAT: i64 = 1 << f64::MANTISSA_DIGITS;

/// Whether an integer may be compared as a float.
pub(crate) fn is_exact_float(number: i64) -> bool {
    number.unsigned_abs() <= EXACT_FLOAT.unsigned_abs()
}

impl<'a, M: MacroAssembler> Emitter<'a, M> {
    /// Jumps if a comparison of `R[A]` and the operand beside it has this truth.
    pub(crate) fn compare(&mut self, relation: opcode::Relation, word: Instruction, truth: bool) {
        let (a, operand) = (word.a(), word.operand_b());
        match (relation, operand) {
            (opcode::Relation::Equal, Operand::Register(b)) => self.jump_if_equal(a, b, truth),
            (opcode::Relation::Equal, Operand::Constant(index)) => self.jump_if_equal_to_constant(a, index, truth),
            (opcode::Relation::Equal, Operand::Number(number)) => self.jump_if_equal_to_number(a, number, truth),
            (
                opcode::Relation::Less
                | opcode::Relation::LessEqual
                | opcode::Relation::Greater
                | opcode::Relation::GreaterEqual,
                _,
            ) => {
                let (relation, left, right) = ordered(relation, word.operand_a(), operand);
                self.jump_if(relation, left, right, truth);
            }
        }
    }

    /// Jumps if `left relation right` has this truth.
    pub(crate) fn jump_if(&mut self, relation: Relation, left: Operand, right: Operand, truth: bool) {
        let (target, resume) = (self.jump_label(), self.masm.label());
        let (other, slow) = (self.masm.label(), self.masm.label());
        self.guard(slow);
        let floats_first = self.probably_float(left) || self.probably_float(right);
        let compare = move |this: &mut Emitter<'a, M>, floats: bool, other: M::Label| {
            if floats && [left, right].into_iter().any(|operand| this.is_inexact(operand)) {
                this.masm.jump(other);
            } else if floats {
                this.check_tag(left, Tag::Float, other);
                this.check_tag(right, Tag::Float, other);
                this.load_float(Float::F0, left);
                this.load_float(Float::F1, right);
                this.masm.branch_float(Float::F0, relation, Float::F1, truth, target);
            } else {
                this.compare_integers(relation, left, right, truth, target, other);
            }
        };
        compare(self, floats_first, other);
        self.masm.bind(resume);
        let is_mixed = self.probably_float(left) != self.probably_float(right)
            && ![left, right].into_iter().any(|operand| self.is_inexact(operand));
        self.cold(move |this| {
            this.masm.bind(other);
            if is_mixed {
                // What is neither two integers nor two floats, the helper compares.
                this.load_exact_float(Float::F0, left, slow);
                this.load_exact_float(Float::F1, right, slow);
                this.masm.branch_float(Float::F0, relation, Float::F1, truth, target);
            } else {
                compare(this, !floats_first, slow);
            }
            this.masm.jump(resume);
        });
        let relation = match relation {
            Relation::Equal => 0,
            Relation::Less => 1,
            Relation::LessEqual => 2,
        };
        let (helper, arguments) = match (left, right) {
            (Operand::Number(number), register) => (
                Helper::CompareImmediate,
                vec![
                    Argument::Address(self.address_of(register)),
                    Argument::Number(number),
                    Argument::Number(relation + 4),
                ],
            ),
            (register, Operand::Number(number)) => (
                Helper::CompareImmediate,
                vec![
                    Argument::Address(self.address_of(register)),
                    Argument::Number(number),
                    Argument::Number(relation),
                ],
            ),
            (left, right) => (
                Helper::Compare,
                vec![
                    Argument::Address(self.address_of(left)),
                    Argument::Address(self.address_of(right)),
                    Argument::Number(relation),
                ],
            ),
        };
        self.cold_branch(slow, helper, arguments, (truth, target), resume);
    }

    /// Loads an operand that is a float, or an integer that is equal to one; goes to `slow` if it is neither. Uses `T0` and
    /// `T1`.
    fn load_exact_float(&mut self, to: Float, operand: Operand, slow: M::Label) {
        let Operand::Register(register) = operand else {
            self.load_float(to, operand);
            return;
        };
        let (integer, loaded) = (self.masm.label(), self.masm.label());
        let address = Address::register(register);
        self.masm.branch_8(address.tag(), Condition::NotEqual, Tag::Float as u8, integer);
        self.masm.load_float(to, address);
        self.masm.jump(loaded);
        self.masm.bind(integer);
        self.masm.branch_8(address.tag(), Condition::NotEqual, Tag::Integer as u8, slow);
        self.masm.load(Temp::T0, address);
        self.check_exact_float(slow);
        self.masm.convert(to, address);
        self.masm.bind(loaded);
    }

    /// Goes to `slow` if the integer in `T0` may be equal to no float. Uses `T1`, and changes `T0`.
    pub(crate) fn check_exact_float(&mut self, slow: M::Label) {
        self.masm.load_number(Temp::T1, EXACT_FLOAT);
        self.masm.integer(IntegerOperation::Add, Temp::T0, Right::Temp(Temp::T1));
        self.masm.shift_right(Temp::T0, f64::MANTISSA_DIGITS as u8 + 1);
        self.masm.branch(Temp::T0, Condition::NotEqual, Right::Number(0), slow);
    }

    /// Whether an operand is an integer that may be equal to no float, so that it must not be compared as one.
    fn is_inexact(&self, operand: Operand) -> bool {
        self.integer_constant(operand).is_some_and(|number| !is_exact_float(number))
    }

    /// The comparison of two integers; goes to `other` if they are none.
    fn compare_integers(
        &mut self,
        relation: Relation,
        left: Operand,
        right: Operand,
        truth: bool,
        target: M::Label,
        other: M::Label,
    ) {
        // A constant that is no integer: what is equal to it, or how it is ordered, is not for here.
        for operand in [left, right] {
            if matches!(operand, Operand::Constant(_)) && self.integer_constant(operand).is_none() {
                self.masm.jump(other);
                return;
            }
        }
        self.check_tag(left, Tag::Integer, other);
        self.check_tag(right, Tag::Integer, other);
        self.load_integer(Temp::T0, left);
        let right = self.right_integer(right);
        self.masm.branch(Temp::T0, relation.condition(truth), right, target);
    }

    /// Jumps if `R[a] == R[b]` has this truth.
    pub(crate) fn jump_if_equal(&mut self, a: u8, b: u8, truth: bool) {
        let (target, resume) = (self.jump_label(), self.masm.label());
        let (same, slow, other) = (self.masm.label(), self.masm.label(), self.masm.label());
        let (left, right) = (Address::register(a), Address::register(b));
        let differ = if truth { resume } else { target };
        self.guard(slow);
        self.masm.load_8(Temp::T0, left.tag());
        self.masm.load_8(Temp::T1, right.tag());
        self.masm.branch(Temp::T0, Condition::NotEqual, Right::Temp(Temp::T1), other);
        self.masm.load(Temp::T1, left);
        self.masm.branch(Temp::T1, Condition::Equal, Right::Memory(right), same);
        // Two integers differ.
        self.masm.branch(Temp::T0, Condition::NotEqual, Right::Number(Tag::Integer as i32), other);
        self.cold(move |this| {
            this.masm.bind(other);
            this.masm.load_address(Temp::T2, left);
            this.masm.load_address(Temp::T3, right);
            this.masm.go_on_if_they_differ(slow);
            this.masm.jump(differ);
        });
        self.masm.jump(differ);
        self.masm.bind(same);
        self.masm.branch(Temp::T0, Condition::Equal, Right::Number(Tag::Float as i32), slow);
        if truth {
            self.masm.jump(target);
        }
        self.masm.bind(resume);
        let arguments = vec![Argument::Address(left), Argument::Address(right), Argument::Number(0)];
        self.cold_branch(slow, Helper::Compare, arguments, (truth, target), resume);
    }

    /// Jumps if `R[a] == K[index]`, without metamethods, has this truth.
    pub(crate) fn jump_if_equal_to_constant(&mut self, a: u8, index: u32, truth: bool) {
        let (left, right) = (Address::register(a), Address::constant(index));
        let (target, resume) = (self.jump_label(), self.masm.label());
        let (equal, differ) = if truth { (target, resume) } else { (resume, target) };
        let arguments = vec![Argument::Address(left), Argument::Address(right)];
        match self.constant(index) {
            Constant::Nil => self.jump_if_tag(left, Tag::Nil, truth, target),
            Constant::Boolean(value) => self.jump_if_tag(left, Tag::of_boolean(*value), truth, target),
            Constant::Integer(_) | Constant::Float(_) => {
                let (tag, other) = match self.constant(index) {
                    Constant::Integer(_) => (Tag::Integer, Tag::Float),
                    _ => (Tag::Float, Tag::Integer),
                };
                let slow = self.masm.label();
                self.guard(slow);
                self.masm.branch_8(left.tag(), Condition::Equal, other as u8, slow);
                self.masm.branch_8(left.tag(), Condition::NotEqual, tag as u8, differ);
                if tag == Tag::Integer {
                    self.masm.load(Temp::T0, left);
                    let right = self.right_integer(Operand::Constant(index));
                    self.masm.branch(Temp::T0, Relation::Equal.condition(truth), right, target);
                } else {
                    self.masm.load_float(Float::F0, left);
                    self.masm.load_float(Float::F1, right);
                    self.masm.branch_float(Float::F0, Relation::Equal, Float::F1, truth, target);
                }
                self.cold_branch(slow, Helper::RawEqual, arguments, (truth, target), resume);
            }
            Constant::String(bytes) => {
                self.masm.branch_8(left.tag(), Condition::NotEqual, Tag::String as u8, differ);
                self.masm.load(Temp::T0, left);
                if bytes.len() <= SHORT_KEY_BYTES {
                    self.masm.branch(Temp::T0, Relation::Equal.condition(truth), Right::Memory(right), target);
                } else {
                    let slow = self.masm.label();
                    self.masm.branch(Temp::T0, Condition::NotEqual, Right::Memory(right), slow);
                    self.masm.jump(equal);
                    self.cold_branch(slow, Helper::RawEqual, arguments, (truth, target), resume);
                }
            }
        }
        self.masm.bind(resume);
    }

    fn jump_if_tag(&mut self, value: Address, tag: Tag, truth: bool, target: M::Label) {
        let condition = if truth { Condition::Equal } else { Condition::NotEqual };
        self.masm.branch_8(value.tag(), condition, tag as u8, target);
    }

    /// Jumps if `R[a] == number`, without metamethods, has this truth.
    pub(crate) fn jump_if_equal_to_number(&mut self, a: u8, number: i32, truth: bool) {
        let (target, resume, float) = (self.jump_label(), self.masm.label(), self.masm.label());
        let left = Address::register(a);
        let differ = if truth { resume } else { target };
        self.masm.branch_8(left.tag(), Condition::NotEqual, Tag::Integer as u8, float);
        self.masm.load(Temp::T0, left);
        self.masm.branch(Temp::T0, Relation::Equal.condition(truth), Right::Number(number), target);
        self.masm.bind(resume);
        self.cold(move |this| {
            this.masm.bind(float);
            this.masm.branch_8(left.tag(), Condition::NotEqual, Tag::Float as u8, differ);
            this.masm.load_float_number(Float::F1, number.into());
            this.masm.load_float(Float::F0, left);
            this.masm.branch_float(Float::F0, Relation::Equal, Float::F1, truth, target);
            this.masm.jump(resume);
        });
    }
}
