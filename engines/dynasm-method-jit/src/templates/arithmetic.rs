//! Arithmetic: integers and floats inline, each mix of them by conversion, everything else by the VM.
//!
//! Which of the two comes first is a guess from the types that the operands had when the function was compiled; the
//! other one is among the rare cases.

use lua_bytecode::Instruction;
use lua_bytecode::instruction::Operand;
use lua_bytecode::proto::Constant;
use lua_runtime::operators::BinaryOperator;
use lua_runtime::value::Tag;

use crate::compile::Emitter;
use crate::helpers::{Helper, operator_and_result};
use crate::masm::{
    Address, Argument, Condition, Division, Float, FloatOperation, IntegerOperation, MacroAssembler, Right, Temp,
};

/// How an operator is done on two integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IntegerForm {
    /// By one operation.
    Simple(IntegerOperation),
    /// By a division.
    Division(Division),
    /// By a shift to the left by this many bits, or to the right if negative.
    Shift(i8),
    /// By the VM.
    None,
}

/// How an operator is done on two floats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FloatForm {
    /// By one operation.
    Simple(FloatOperation),
    /// By the VM.
    None,
}

/// An operator with its operands.
#[derive(Clone, Copy)]
struct Binary<L> {
    a: u8,
    left: Operand,
    right: Operand,
    integer: IntegerForm,
    float: FloatForm,
    /// Where the VM does it.
    slow: L,
    /// Where it is done.
    done: L,
}

/// Whether a division by a number is a shift or a mask.
pub(crate) fn is_power(divisor: i64) -> bool {
    matches!(divisor, 1..=0x4000_0000) && divisor.count_ones() == 1
}

impl<'a, M: MacroAssembler> Emitter<'a, M> {
    /// `R[A] = left operator right`, with the operands that the instruction names.
    pub(crate) fn binary(&mut self, operator: BinaryOperator, word: Instruction) {
        let (left, right) = (word.operand_b(), word.operand_c());
        let (integer, float) = (self.integer_form(operator, right), float_form(operator, right));
        let (slow, done) = (self.masm.label(), self.masm.label());
        let operation = Binary { a: word.a(), left, right, integer, float, slow, done };
        self.guard(slow);
        match (integer != IntegerForm::None && !self.has_float(&operation), float != FloatForm::None) {
            (false, false) => self.masm.jump(slow),
            (false, true) => self.on_mixed(&operation),
            (true, false) => self.on_integers(&operation, slow),
            (true, true) => {
                let other = self.masm.label();
                let floats_first = self.probably_float(left) || self.probably_float(right);
                if floats_first {
                    self.on_floats(&operation, other);
                } else {
                    self.on_integers(&operation, other);
                }
                self.cold(move |this| {
                    this.masm.bind(other);
                    if floats_first {
                        let mixed = this.masm.label();
                        this.on_integers(&operation, mixed);
                        this.masm.jump(operation.done);
                        this.masm.bind(mixed);
                    }
                    this.on_mixed(&operation);
                    this.masm.jump(operation.done);
                });
            }
        }
        self.masm.bind(done);
        let (helper, right) = match right {
            Operand::Number(right) => (Helper::ArithmeticImmediate, Argument::Number(right)),
            Operand::Register(_) | Operand::Constant(_) => {
                (Helper::Arithmetic, Argument::Address(self.address_of(right)))
            }
        };
        let left = Argument::Address(self.address_of(left));
        self.cold_call(
            slow,
            helper,
            vec![left, right, Argument::Number(operator_and_result(operator, word.a()))],
            done,
        );
    }

    /// How an operator is done on two integers, the right one of which is in this operand.
    pub(crate) fn integer_form(&self, operator: BinaryOperator, right: Operand) -> IntegerForm {
        use BinaryOperator as Op;
        let simple = IntegerForm::Simple;
        match operator {
            Op::Add => simple(IntegerOperation::Add),
            Op::Subtract => simple(IntegerOperation::Subtract),
            Op::Multiply => simple(IntegerOperation::Multiply),
            Op::BitAnd => simple(IntegerOperation::And),
            Op::BitOr => simple(IntegerOperation::Or),
            Op::BitXor => simple(IntegerOperation::Xor),
            Op::Modulo | Op::FloorDivide if matches!(self.integer_constant(right), Some(0 | -1)) => IntegerForm::None,
            Op::Modulo => IntegerForm::Division(Division::Modulo),
            Op::FloorDivide => IntegerForm::Division(Division::FloorDivide),
            Op::ShiftLeft | Op::ShiftRight => match self.integer_constant(right) {
                Some(count @ 0..=63) if operator == Op::ShiftLeft => IntegerForm::Shift(count as i8),
                Some(count @ 1..=63) => IntegerForm::Shift(-(count as i8)),
                Some(_) | None => IntegerForm::None,
            },
            Op::Power
            | Op::Divide
            | Op::Concat
            | Op::Equal
            | Op::NotEqual
            | Op::Less
            | Op::LessEqual
            | Op::Greater
            | Op::GreaterEqual => IntegerForm::None,
        }
    }

    /// The integer that an operand always is.
    pub(crate) fn integer_constant(&self, operand: Operand) -> Option<i64> {
        match operand {
            Operand::Register(_) => None,
            Operand::Number(number) => Some(number.into()),
            Operand::Constant(index) => match self.constant(index) {
                Constant::Integer(value) => Some(*value),
                Constant::Nil | Constant::Boolean(_) | Constant::Float(_) | Constant::String(_) => None,
            },
        }
    }

    /// The number that an operand always is, as a float.
    fn number_constant(&self, operand: Operand) -> Option<f64> {
        match operand {
            Operand::Register(_) => None,
            Operand::Number(number) => Some(number.into()),
            Operand::Constant(index) => match self.constant(index) {
                Constant::Integer(value) => Some(*value as f64),
                Constant::Float(value) => Some(*value),
                Constant::Nil | Constant::Boolean(_) | Constant::String(_) => None,
            },
        }
    }

    /// Whether an operand is always a float.
    fn is_float(&self, operand: Operand) -> bool {
        matches!(operand, Operand::Constant(index) if matches!(self.constant(index), Constant::Float(_)))
    }

    fn has_float<L>(&self, operation: &Binary<L>) -> bool {
        self.is_float(operation.left) || self.is_float(operation.right)
    }

    /// Whether an operand is probably a float.
    pub(crate) fn probably_float(&self, operand: Operand) -> bool {
        match operand {
            Operand::Register(register) => self.guess(register) == Tag::Float,
            Operand::Constant(_) | Operand::Number(_) => self.is_float(operand),
        }
    }

    /// Goes to `other` unless a register has this tag.
    pub(crate) fn check_tag(&mut self, operand: Operand, tag: Tag, other: M::Label) {
        if let Operand::Register(register) = operand {
            self.masm.branch_8(Address::register(register).tag(), Condition::NotEqual, tag as u8, other);
        }
    }

    /// The operation on two integers; goes to `other` if they are none.
    fn on_integers(&mut self, operation: &Binary<M::Label>, other: M::Label) {
        self.check_tag(operation.left, Tag::Integer, other);
        self.check_tag(operation.right, Tag::Integer, other);
        self.load_integer(Temp::T0, operation.left);
        match operation.integer {
            IntegerForm::Simple(simple) => {
                let right = self.right_integer(operation.right);
                self.masm.integer(simple, Temp::T0, right);
            }
            IntegerForm::Division(division) => self.divide(division, operation),
            IntegerForm::Shift(count) if count >= 0 => self.masm.shift_left(Temp::T0, count as u8),
            IntegerForm::Shift(count) => self.masm.shift_right(Temp::T0, count.unsigned_abs()),
            IntegerForm::None => self.masm.jump(operation.slow),
        }
        self.masm.store(Address::register(operation.a), Temp::T0);
        self.masm.store_number_8(Address::register(operation.a).tag(), Tag::Integer as u8);
    }

    /// Divides `T0` by the right operand.
    fn divide(&mut self, division: Division, operation: &Binary<M::Label>) {
        match self.integer_constant(operation.right) {
            Some(divisor) if is_power(divisor) => return self.divide_by_power(division, divisor),
            Some(divisor) => self.masm.load_number(Temp::T1, divisor),
            None => {
                self.load_integer(Temp::T1, operation.right);
                self.masm.branch(Temp::T1, Condition::Equal, Right::Number(0), operation.slow);
                self.masm.branch(Temp::T1, Condition::Equal, Right::Number(-1), operation.slow);
            }
        }
        self.masm.divide(division);
    }

    /// Divides `T0` by a number of which [`is_power`] holds. Rounded down, the quotient is what is left of it without its lower
    /// bits, and the remainder is these, for negative numbers too.
    pub(crate) fn divide_by_power(&mut self, division: Division, divisor: i64) {
        match division {
            Division::Modulo => {
                self.masm.integer(IntegerOperation::And, Temp::T0, Right::Number(divisor as i32 - 1));
            }
            Division::FloorDivide => self.masm.shift_right_signed(Temp::T0, divisor.trailing_zeros() as u8),
        }
    }

    /// Loads an integer operand.
    pub(crate) fn load_integer(&mut self, to: Temp, operand: Operand) {
        match (operand, self.integer_constant(operand)) {
            (_, Some(number)) => self.masm.load_number(to, number),
            (operand, None) => {
                let address = self.address_of(operand);
                self.masm.load(to, address);
            }
        }
    }

    /// An integer operand as the right one of an operation; a wide constant goes to `T1`.
    pub(crate) fn right_integer(&mut self, operand: Operand) -> Right {
        match self.integer_constant(operand) {
            Some(number) => match i32::try_from(number) {
                Ok(number) => Right::Number(number),
                Err(_) => {
                    self.masm.load_number(Temp::T1, number);
                    Right::Temp(Temp::T1)
                }
            },
            None => Right::Memory(self.address_of(operand)),
        }
    }

    /// The operation on two floats; goes to `other` if a register is none.
    fn on_floats(&mut self, operation: &Binary<M::Label>, other: M::Label) {
        self.check_tag(operation.left, Tag::Float, other);
        self.check_tag(operation.right, Tag::Float, other);
        self.load_float(Float::F0, operation.left);
        self.load_float(Float::F1, operation.right);
        self.float_operation(operation);
    }

    /// The operation on numbers of which at least one is a float; the VM does what is no number.
    fn on_mixed(&mut self, operation: &Binary<M::Label>) {
        self.load_as_float(Float::F0, operation.left, operation.slow);
        self.load_as_float(Float::F1, operation.right, operation.slow);
        self.float_operation(operation);
    }

    fn float_operation(&mut self, operation: &Binary<M::Label>) {
        match operation.float {
            FloatForm::Simple(simple) => self.masm.float(simple, Float::F0, Float::F1),
            FloatForm::None => self.masm.jump(operation.slow),
        }
        self.masm.store_float(Address::register(operation.a), Float::F0);
        self.masm.store_number_8(Address::register(operation.a).tag(), Tag::Float as u8);
    }

    /// Loads an operand that is a float, or a constant as one. Uses `T0`.
    pub(crate) fn load_float(&mut self, to: Float, operand: Operand) {
        match self.number_constant(operand) {
            Some(number) => self.masm.load_float_number(to, number),
            None => {
                let address = self.address_of(operand);
                self.masm.load_float(to, address);
            }
        }
    }

    /// Loads an operand that is a number as a float; goes to `slow` if it is none. Uses `T0`.
    fn load_as_float(&mut self, to: Float, operand: Operand, slow: M::Label) {
        let Operand::Register(register) = operand else {
            self.load_float(to, operand);
            return;
        };
        let (other, loaded) = (self.masm.label(), self.masm.label());
        let address = Address::register(register);
        self.masm.branch_8(address.tag(), Condition::NotEqual, Tag::Float as u8, other);
        self.masm.load_float(to, address);
        self.masm.bind(loaded);
        self.cold(move |this| {
            this.masm.bind(other);
            this.masm.branch_8(address.tag(), Condition::NotEqual, Tag::Integer as u8, slow);
            this.masm.convert(to, address);
            this.masm.jump(loaded);
        });
    }

    /// `R[a] = -R[b]`.
    pub(crate) fn negate(&mut self, a: u8, b: u8) {
        let (other, slow, done) = (self.masm.label(), self.masm.label(), self.masm.label());
        let (to, from) = (Address::register(a), Address::register(b));
        self.guard(slow);
        self.masm.branch_8(from.tag(), Condition::NotEqual, Tag::Integer as u8, other);
        self.masm.load(Temp::T0, from);
        self.masm.negate(Temp::T0);
        self.masm.store(to, Temp::T0);
        self.masm.store_number_8(to.tag(), Tag::Integer as u8);
        self.masm.bind(done);
        self.cold(move |this| {
            this.masm.bind(other);
            this.masm.branch_8(from.tag(), Condition::NotEqual, Tag::Float as u8, slow);
            this.masm.load_float(Float::F0, from);
            this.masm.negate_float();
            this.masm.store_float(to, Float::F0);
            this.masm.store_number_8(to.tag(), Tag::Float as u8);
            this.masm.jump(done);
        });
        self.cold_call(slow, Helper::Unary, vec![Argument::Address(from), Argument::Number(1)], done);
    }

    /// `R[a] = ~R[b]`.
    pub(crate) fn bit_not(&mut self, a: u8, b: u8) {
        let slow = self.masm.label();
        let (to, from) = (Address::register(a), Address::register(b));
        self.guard(slow);
        self.masm.branch_8(from.tag(), Condition::NotEqual, Tag::Integer as u8, slow);
        self.masm.load(Temp::T0, from);
        self.masm.complement(Temp::T0);
        self.masm.store(to, Temp::T0);
        self.masm.store_number_8(to.tag(), Tag::Integer as u8);
        let done = self.here();
        self.cold_call(slow, Helper::Unary, vec![Argument::Address(from), Argument::Number(0)], done);
    }
}

/// How an operator is done on two floats, the right one of which is in this operand.
pub(crate) fn float_form(operator: BinaryOperator, right: Operand) -> FloatForm {
    use BinaryOperator as Op;
    match operator {
        // As in Lua, `x - 0` is `x + 0`, which makes a difference for -0.0.
        Op::Subtract if right == Operand::Number(0) => FloatForm::Simple(FloatOperation::Add),
        Op::Add => FloatForm::Simple(FloatOperation::Add),
        Op::Subtract => FloatForm::Simple(FloatOperation::Subtract),
        Op::Multiply => FloatForm::Simple(FloatOperation::Multiply),
        Op::Divide => FloatForm::Simple(FloatOperation::Divide),
        Op::Modulo
        | Op::Power
        | Op::FloorDivide
        | Op::BitAnd
        | Op::BitOr
        | Op::BitXor
        | Op::ShiftLeft
        | Op::ShiftRight
        | Op::Concat
        | Op::Equal
        | Op::NotEqual
        | Op::Less
        | Op::LessEqual
        | Op::Greater
        | Op::GreaterEqual => FloatForm::None,
    }
}
