//! Arithmetic and comparisons of numbers whose types are known or guessed.

use lua_bytecode::Instruction;
use lua_bytecode::instruction::Operand;
use lua_runtime::operators::BinaryOperator;
use lua_runtime::value::Tag;

use crate::compile::Emitter;
use crate::known::{Home, Kept};
use crate::masm::{
    Condition, Division, Float, FloatOperation, IntegerOperation, MacroAssembler, Relation, Right, Temp,
};
use crate::templates::arithmetic::{FloatForm, IntegerForm, float_form, is_power};
use crate::templates::compare::is_exact_float;

/// What an operator or a comparison works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Types {
    Integers,
    /// At least one operand is a float, the other one a number.
    Floats,
}

/// A register that gets the result of an operator.
#[derive(Debug, Clone, Copy)]
struct Destination {
    register: u8,
    left: Operand,
    right: Operand,
}

impl<'a, M: MacroAssembler> Emitter<'a, M> {
    /// What the operands of an operator are, or probably are; `None` if they are probably no numbers.
    fn types(&self, left: Operand, right: Operand) -> Option<Types> {
        match (self.likely_tag(left), self.likely_tag(right)) {
            (Some(Tag::Integer), Some(Tag::Integer) | None) | (None, Some(Tag::Integer)) => Some(Types::Integers),
            (Some(Tag::Float), Some(Tag::Integer | Tag::Float) | None) => Some(Types::Floats),
            (Some(Tag::Integer) | None, Some(Tag::Float)) => Some(Types::Floats),
            (None, None) => Some(Types::Integers),
            (Some(_), _) | (_, Some(_)) => None,
        }
    }

    /// Checks what is not known of the operands.
    fn require_types(&mut self, types: Types, left: Operand, right: Operand) {
        for operand in [left, right] {
            if self.tag_of(operand).is_none() {
                let tag = match types {
                    Types::Integers => Tag::Integer,
                    Types::Floats => self.likely_tag(operand).unwrap_or(Tag::Float),
                };
                let exit = self.exit();
                self.guard(exit);
                self.require(operand, tag, exit);
            }
        }
    }

    /// Typed code for an operator; `false` if there is none.
    pub(crate) fn typed_binary(&mut self, operator: BinaryOperator, word: Instruction) -> bool {
        let (left, right) = (word.operand_b(), word.operand_c());
        let Some(types) = self.types(left, right) else { return false };
        let (integer, float) = (self.integer_form(operator, right), float_form(operator, right));
        let has_form = match types {
            // A division of integers is one of floats.
            Types::Integers if integer == IntegerForm::None => {
                float != FloatForm::None && operator == BinaryOperator::Divide
            }
            Types::Integers => true,
            Types::Floats => float != FloatForm::None,
        };
        if !has_form {
            return false;
        }
        self.require_types(types, left, right);
        let is_float = types == Types::Floats || integer == IntegerForm::None;
        let tag = if is_float { Tag::Float } else { Tag::Integer };
        if self.planned(word.a()).is_some_and(|fact| fact.tag != tag) {
            self.give_up();
            return true;
        }
        let to = Destination { register: word.a(), left, right };
        match (is_float, integer, float) {
            (true, _, FloatForm::Simple(operation)) => self.typed_float(operation, to),
            (false, IntegerForm::Simple(operation), _) => self.typed_integer(operation, to),
            (false, IntegerForm::Division(division), _) => self.typed_division(division, to),
            (false, IntegerForm::Shift(count), _) => self.typed_shift(count, to),
            (true, _, FloatForm::None) | (false, IntegerForm::None, _) => unreachable!("it has this form"),
        }
        true
    }

    /// The result of an operation on two integers.
    fn typed_integer(&mut self, operation: IntegerOperation, to: Destination) {
        let mut right = self.integer(to.right, Temp::T1);
        let mut left = self.integer(to.left, Temp::T0);
        let Some(Kept::Integer(number)) = self.destination(to.register, false) else {
            self.load_right(Temp::T0, left);
            self.masm.integer(operation, Temp::T0, right);
            self.store_result(to.register, Tag::Integer, Temp::T0);
            return;
        };
        let (kept, result) = (Kept::Integer(number), Temp::Kept(number));
        if right == Right::Temp(result) && left != right {
            if operation == IntegerOperation::Subtract {
                self.masm.copy(Temp::T1, result);
                right = Right::Temp(Temp::T1);
            } else {
                std::mem::swap(&mut left, &mut right);
            }
        }
        self.vacate(kept, to.register);
        self.load_right(result, left);
        self.masm.integer(operation, result, right);
        self.set_result(to.register, Tag::Integer, Home::Kept(kept));
    }

    /// `R[register] = R[register] + right` of two integers that are known to be such.
    pub(super) fn step(&mut self, operation: IntegerOperation, register: u8, right: Operand) {
        self.typed_integer(operation, Destination { register, left: Operand::Register(register), right });
    }

    /// Makes an integer in a scratch register the value of a register.
    pub(super) fn set_integer(&mut self, register: u8, value: Temp) {
        match self.destination(register, false) {
            Some(kept @ Kept::Integer(number)) => {
                self.vacate(kept, register);
                self.masm.copy(Temp::Kept(number), value);
                self.set_result(register, Tag::Integer, Home::Kept(kept));
            }
            Some(Kept::Float(_)) | None => self.store_result(register, Tag::Integer, value),
        }
    }

    fn typed_division(&mut self, division: Division, to: Destination) {
        let left = self.integer(to.left, Temp::T0);
        match self.known_integer(to.right) {
            Some(divisor) if is_power(divisor) => {
                self.load_right(Temp::T0, left);
                self.divide_by_power(division, divisor);
            }
            Some(divisor) if !matches!(divisor, 0 | -1) => {
                self.load_right(Temp::T0, left);
                self.masm.load_number(Temp::T1, divisor);
                self.masm.divide(division);
            }
            Some(_) | None => {
                let right = self.integer(to.right, Temp::T1);
                self.load_right(Temp::T0, left);
                self.load_right(Temp::T1, right);
                let exit = self.exit();
                self.masm.branch(Temp::T1, Condition::Equal, Right::Number(0), exit);
                self.masm.branch(Temp::T1, Condition::Equal, Right::Number(-1), exit);
                self.masm.divide(division);
            }
        }
        self.set_integer(to.register, Temp::T0);
    }

    fn typed_shift(&mut self, count: i8, to: Destination) {
        let left = self.integer(to.left, Temp::T0);
        self.load_right(Temp::T0, left);
        if count >= 0 {
            self.masm.shift_left(Temp::T0, count.unsigned_abs());
        } else {
            self.masm.shift_right(Temp::T0, count.unsigned_abs());
        }
        self.set_integer(to.register, Temp::T0);
    }

    /// The result of an operation on two numbers as floats.
    fn typed_float(&mut self, operation: FloatOperation, to: Destination) {
        let mut left = self.float_register(to.left, Float::F0);
        let mut right = self.float_register(to.right, Float::F1);
        let Some(Kept::Float(number)) = self.destination(to.register, true) else {
            if left != Float::F0 {
                self.masm.copy_float(Float::F0, left);
            }
            self.masm.float(operation, Float::F0, right);
            self.store_float_result(to.register);
            return;
        };
        let (kept, result) = (Kept::Float(number), Float::Kept(number));
        if right == result && left != right {
            match operation {
                FloatOperation::Add | FloatOperation::Multiply => std::mem::swap(&mut left, &mut right),
                FloatOperation::Subtract | FloatOperation::Divide => {
                    self.masm.copy_float(Float::F1, result);
                    right = Float::F1;
                }
            }
        }
        self.vacate(kept, to.register);
        if left != result {
            self.masm.copy_float(result, left);
        }
        self.masm.float(operation, result, right);
        self.set_result(to.register, Tag::Float, Home::Kept(kept));
    }

    /// Stores the float in `F0`, for want of a better place.
    fn store_float_result(&mut self, register: u8) {
        let address = crate::masm::Address::register(register);
        self.masm.store_float(address, Float::F0);
        self.masm.store_number_8(address.tag(), Tag::Float as u8);
        self.known_mut().set(register, crate::known::Fact::in_slot(Tag::Float));
    }

    /// Typed code for `R[a] = -R[b]` and `~R[b]`; `false` if there is none.
    pub(crate) fn typed_unary(&mut self, a: u8, b: u8, is_negation: bool) -> bool {
        let operand = Operand::Register(b);
        let Some(tag @ (Tag::Integer | Tag::Float)) = self.likely_tag(operand) else { return false };
        if tag == Tag::Float && !is_negation {
            return false;
        }
        let exit = self.exit();
        self.guard(exit);
        self.require(operand, tag, exit);
        if self.planned(a).is_some_and(|fact| fact.tag != tag) {
            self.give_up();
            return true;
        }
        if tag == Tag::Integer {
            let value = self.integer(operand, Temp::T0);
            self.load_right(Temp::T0, value);
            if is_negation {
                self.masm.negate(Temp::T0);
            } else {
                self.masm.complement(Temp::T0);
            }
            self.set_integer(a, Temp::T0);
            return true;
        }
        let value = self.float_register(operand, Float::F0);
        if value != Float::F0 {
            self.masm.copy_float(Float::F0, value);
        }
        self.masm.negate_float();
        match self.destination(a, true) {
            Some(kept @ Kept::Float(number)) => {
                self.vacate(kept, a);
                self.masm.copy_float(Float::Kept(number), Float::F0);
                self.set_result(a, Tag::Float, Home::Kept(kept));
            }
            Some(Kept::Integer(_)) | None => self.store_float_result(a),
        }
        true
    }

    /// An integer that is compared as a float must be equal to one.
    fn require_exact_float(&mut self, operand: Operand) {
        if !matches!(operand, Operand::Register(_)) || self.tag_of(operand) != Some(Tag::Integer) {
            return;
        }
        let value = self.integer(operand, Temp::T0);
        self.load_right(Temp::T0, value);
        let exit = self.exit();
        self.check_exact_float(exit);
    }

    /// Typed code for a jump to `target` if `left relation right` has this truth; `false` if there is none.
    pub(super) fn typed_compare(
        &mut self,
        relation: Relation,
        left: Operand,
        right: Operand,
        truth: bool,
        target: u32,
    ) -> bool {
        let Some(types) = self.types(left, right) else { return false };
        // What is compared for equality is often no number at all.
        let is_other = |operand| match operand {
            Operand::Register(register) if self.known().get(register).is_none() => {
                !matches!(self.guess(register), Tag::Nil | Tag::Integer | Tag::Float)
            }
            Operand::Register(_) | Operand::Constant(_) | Operand::Number(_) => false,
        };
        if relation == Relation::Equal && (is_other(left) || is_other(right)) {
            return false;
        }
        let is_inexact = |operand| self.integer_constant(operand).is_some_and(|number| !is_exact_float(number));
        if types == Types::Floats && (is_inexact(left) || is_inexact(right)) {
            return false;
        }
        self.require_types(types, left, right);
        if types == Types::Floats {
            self.require_exact_float(left);
            self.require_exact_float(right);
        }
        match types {
            Types::Integers => {
                let right = self.integer(right, Temp::T1);
                let left = self.integer_register(left, Temp::T0);
                let edge = self.edge(target);
                self.masm.branch(left, relation.condition(truth), right, edge);
            }
            Types::Floats => {
                let left = self.float_register(left, Float::F0);
                let right = self.float_register(right, Float::F1);
                let edge = self.edge(target);
                self.masm.branch_float(left, relation, right, truth, edge);
            }
        }
        true
    }
}
