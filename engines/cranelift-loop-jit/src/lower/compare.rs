//! Comparisons that jump.
//!
//! With NaN "not less" is no "greater or equal", so a negated comparison swaps the targets, never the condition.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, StackSlotData, StackSlotKind, types};
use engine_api::event::ExitReason;
use lua_bytecode::instruction::Operand;
use lua_bytecode::opcode::Relation;
use lua_bytecode::proto::Constant;
use lua_runtime::layout::VALUE_PAIR;
use lua_runtime::value::{TAG_OFFSET, Tag, VALUE_BYTES};

use super::Stop;
use super::builder::{Lowering, Ssa};
use super::number::Number;
use crate::helpers;

impl Lowering<'_> {
    /// A comparison that jumps.
    pub(super) fn comparison(&mut self, relation: Relation, polarity: bool) -> Stop {
        let (left, right) = (self.word().operand_a(), self.word().operand_b());
        if relation == Relation::Equal {
            let a = self.slot(self.word().a());
            return match right {
                Operand::Register(b) => self.jump_equal(a, self.slot(b), polarity),
                Operand::Constant(index) => self.jump_equal_constant(a, index, polarity),
                Operand::Number(number) => self.jump_equal_immediate(a, number, polarity),
            };
        }
        if let Some(reentry) = self.reentry_after_operands([left, right]) {
            return self.order_by_tags(relation, [left, right], polarity, reentry);
        }
        let numbers = self.operand_number(left).and_then(|left| Ok((left, self.operand_number(right)?)));
        match numbers {
            Ok((left, right)) => self.jump_if_related(relation, left, right, polarity),
            Err(stop) => stop,
        }
    }

    fn jump_if_related(&mut self, relation: Relation, left: Number, right: Number, polarity: bool) -> Stop {
        let condition = self.related(relation, left, right);
        self.jump_if(condition, polarity)
    }

    /// Ends the block: jumps if a condition is `polarity`.
    pub(super) fn jump_if(&mut self, condition: Ssa, polarity: bool) -> Stop {
        let (target, next) = (self.jump_target(), self.next());
        if polarity { self.branch(condition, target, next) } else { self.branch(condition, next, target) }
    }

    /// Whether two numbers are in a relation (I8).
    fn related(&mut self, relation: Relation, left: Number, right: Number) -> Ssa {
        match (left, right) {
            (Number::Integer { value: a, .. }, Number::Integer { value: b, .. }) => {
                let condition = match relation {
                    Relation::Equal => IntCC::Equal,
                    Relation::Less => IntCC::SignedLessThan,
                    Relation::LessEqual => IntCC::SignedLessThanOrEqual,
                    Relation::Greater => IntCC::SignedGreaterThan,
                    Relation::GreaterEqual => IntCC::SignedGreaterThanOrEqual,
                };
                self.builder.ins().icmp(condition, a, b)
            }
            (Number::Float { .. }, Number::Float { .. }) => self.float_related(relation, left, right),
            (Number::Integer { constant: Some(constant), .. }, Number::Float { .. })
            | (Number::Float { .. }, Number::Integer { constant: Some(constant), .. })
                if is_exact_float(constant) =>
            {
                self.float_related(relation, left, right)
            }
            (Number::Integer { value: a, .. }, Number::Float { value: b, .. }) => match relation {
                Relation::Equal => self.mixed(helpers::integer_equals_float as *const (), a, b),
                Relation::Less => self.mixed(helpers::integer_less_float as *const (), a, b),
                Relation::LessEqual => self.mixed(helpers::integer_less_equal_float as *const (), a, b),
                Relation::Greater => self.mixed(helpers::float_less_integer as *const (), b, a),
                Relation::GreaterEqual => self.mixed(helpers::float_less_equal_integer as *const (), b, a),
            },
            (Number::Float { value: a, .. }, Number::Integer { value: b, .. }) => match relation {
                Relation::Equal => self.mixed(helpers::integer_equals_float as *const (), b, a),
                Relation::Less => self.mixed(helpers::float_less_integer as *const (), a, b),
                Relation::LessEqual => self.mixed(helpers::float_less_equal_integer as *const (), a, b),
                Relation::Greater => self.mixed(helpers::integer_less_float as *const (), b, a),
                Relation::GreaterEqual => self.mixed(helpers::integer_less_equal_float as *const (), b, a),
            },
        }
    }

    fn float_related(&mut self, relation: Relation, left: Number, right: Number) -> Ssa {
        let (a, b) = (self.as_float(left), self.as_float(right));
        let condition = match relation {
            Relation::Equal => FloatCC::Equal,
            Relation::Less => FloatCC::LessThan,
            Relation::LessEqual => FloatCC::LessThanOrEqual,
            Relation::Greater => FloatCC::GreaterThan,
            Relation::GreaterEqual => FloatCC::GreaterThanOrEqual,
        };
        self.builder.ins().fcmp(condition, a, b)
    }

    fn mixed(&mut self, helper: *const (), left: Ssa, right: Ssa) -> Ssa {
        let result = self.call(helper, &[left, right], Some(types::I32)).expect("the helper gives a truth");
        self.truth_of(result)
    }

    /// `JEQ` and `JNE`.
    fn jump_equal(&mut self, left: u32, right: u32, polarity: bool) -> Stop {
        let (x, y) = (self.known(left).types, self.known(right).types);
        let condition = match (x.single(), y.single()) {
            (Some(Tag::Integer | Tag::Float), Some(Tag::Integer | Tag::Float)) => {
                let numbers = self.number(left).and_then(|left| Ok((left, self.number(right)?)));
                match numbers {
                    Ok((left, right)) => self.equal_numbers(left, right),
                    Err(stop) => return stop,
                }
            }
            _ => {
                let result = self.equal_values(left, right);
                let is_decided = self.builder.ins().icmp_imm_s(IntCC::NotEqual, result, 2);
                self.guard(is_decided, ExitReason::NotCompiled);
                self.truth_of(result)
            }
        };
        self.jump_if(condition, polarity)
    }

    fn equal_numbers(&mut self, left: Number, right: Number) -> Ssa {
        self.related(Relation::Equal, left, right)
    }

    /// The answer of the helper `equal` (I32).
    fn equal_values(&mut self, left: u32, right: u32) -> Ssa {
        let pair = self.pair(left, right);
        let second = self.builder.ins().iadd_imm_s(pair, VALUE_BYTES as i64);
        let helper = helpers::equal as *const ();
        self.call(helper, &[pair, second], Some(types::I32)).expect("the helper gives an answer")
    }

    /// A pointer to two values in memory of the native frame.
    pub(super) fn pair(&mut self, first: u32, second: u32) -> Ssa {
        let (first, second) = ((self.bits(first), self.tag(first)), (self.bits(second), self.tag(second)));
        self.pair_of(first, second)
    }

    /// As [`Lowering::pair`], from payloads as bits and tags.
    pub(super) fn pair_of(&mut self, first: (Ssa, Ssa), second: (Ssa, Ssa)) -> Ssa {
        let data = StackSlotData::new(StackSlotKind::ExplicitSlot, 2 * VALUE_BYTES as u32, 4);
        let memory = self.builder.create_sized_stack_slot(data);
        let pointer = self.builder.ins().stack_addr(types::I64, memory, 0);
        self.points_to(pointer, &VALUE_PAIR);
        for (i, (bits, tag)) in [first, second].into_iter().enumerate() {
            self.store(bits, pointer, i * VALUE_BYTES);
            self.store(tag, pointer, i * VALUE_BYTES + TAG_OFFSET);
        }
        pointer
    }

    /// `JEQI` and `JNEI`.
    fn jump_equal_immediate(&mut self, slot: u32, number: i32, polarity: bool) -> Stop {
        if self.has_failing_guard() {
            let right = (self.integer(number.into()), self.tag_constant(Tag::Integer));
            return self.jump_raw_equal(slot, right, polarity);
        }
        match self.known(slot).guess() {
            Some(Tag::Integer | Tag::Float) => match self.number(slot) {
                Ok(left) => {
                    let right = self.integer_number(number.into());
                    let condition = self.equal_numbers(left, right);
                    self.jump_if(condition, polarity)
                }
                Err(stop) => stop,
            },
            Some(_) | None => self.unequal_to_number(slot, polarity),
        }
    }

    /// Compares a slot that probably holds no number with a number.
    fn unequal_to_number(&mut self, slot: u32, polarity: bool) -> Stop {
        let types = self.known(slot).types;
        if types.contains(Tag::Integer) || types.contains(Tag::Float) {
            let tag = self.tag(slot);
            let from_integer = self.builder.ins().iadd_imm_s(tag, -(Tag::Integer as i64));
            let is_no_number = self.builder.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, from_integer, 1);
            self.guard(is_no_number, ExitReason::Type);
        }
        let (target, next) = (self.jump_target(), self.next());
        self.go_to(if polarity { next } else { target });
        Stop
    }

    /// `JEQK` and `JNEK`.
    fn jump_equal_constant(&mut self, slot: u32, index: u32, polarity: bool) -> Stop {
        let tag = match self.constant(index) {
            Constant::Nil => Tag::Nil,
            Constant::Boolean(value) => Tag::of_boolean(value),
            Constant::Integer(_) | Constant::Float(_) => return self.jump_equal_number(slot, index, polarity),
            Constant::String(_) => return self.jump_equal_string(slot, index, polarity),
        };
        let known = self.known(slot).types;
        if known.single().is_some() {
            let (target, next) = (self.jump_target(), self.next());
            self.go_to(if known.contains(tag) == polarity { target } else { next });
            return Stop;
        }
        let dynamic = self.tag(slot);
        let condition = self.builder.ins().icmp_imm_u(IntCC::Equal, dynamic, tag as i64);
        self.jump_if(condition, polarity)
    }

    fn jump_equal_number(&mut self, slot: u32, index: u32, polarity: bool) -> Stop {
        if self.has_failing_guard() {
            let value = self.pool_constant(index);
            let right = (self.integer(value.payload.cast_signed()), self.tag_constant(value.tag));
            return self.jump_raw_equal(slot, right, polarity);
        }
        match self.known(slot).guess() {
            Some(Tag::Integer | Tag::Float) => {
                let numbers = self.number(slot).and_then(|left| Ok((left, self.constant_number(index)?)));
                match numbers {
                    Ok((left, right)) => {
                        let condition = self.equal_numbers(left, right);
                        self.jump_if(condition, polarity)
                    }
                    Err(stop) => stop,
                }
            }
            Some(_) | None => self.unequal_to_number(slot, polarity),
        }
    }

    /// Strings that instructions name are short or long; the helper knows.
    fn jump_equal_string(&mut self, slot: u32, index: u32, polarity: bool) -> Stop {
        let Some(string) = self.pool_constant(index).as_string() else {
            return self.leave(ExitReason::NotCompiled);
        };
        let right = (self.object(string.header()), self.tag_constant(Tag::String));
        self.jump_raw_equal(slot, right, polarity)
    }

    /// Jumps if a slot is equal to a value that needs no metamethod.
    fn jump_raw_equal(&mut self, slot: u32, right: (Ssa, Ssa), polarity: bool) -> Stop {
        let left = (self.bits(slot), self.tag(slot));
        let pair = self.pair_of(left, right);
        let second = self.builder.ins().iadd_imm_s(pair, VALUE_BYTES as i64);
        let helper = helpers::equal as *const ();
        let result = self.call(helper, &[pair, second], Some(types::I32)).expect("the helper gives an answer");
        let condition = self.truth_of(result);
        self.jump_if(condition, polarity)
    }
}

/// Whether a float holds the integer exactly, so that comparing as floats is right.
fn is_exact_float(integer: i64) -> bool {
    integer.unsigned_abs() <= 1 << 53
}
