//! Instructions whose operands have types that nobody knows, or that change: the tags are looked at each time, what is
//! frequent is done inline, and the VM does the rest. No guard fails here.
//!
//! All ways put their results into the frame, from which they are taken where the ways meet, as behind a VM call.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{Block, InstBuilder, types};
use lua_bytecode::instruction::Operand;
use lua_bytecode::opcode::Relation;
use lua_bytecode::proto::Constant;
use lua_runtime::operators::BinaryOperator;
use lua_runtime::value::{TAG_OFFSET, Tag, VALUE_BYTES};

use super::builder::{Lowering, Ssa};
use super::vm_call::Reentry;
use super::{Lower, Stop};
use crate::types::TypeSet;

/// A number or something else: its payload as bits, and its tag.
type Untyped = (Ssa, Ssa);

/// A way to do the current instruction: its block, and what to do there.
type Way<'a, 'b> = (Block, Box<dyn FnOnce(&mut Lowering<'a>) + 'b>);

impl<'a> Lowering<'a> {
    /// Addition, subtraction and multiplication of numbers inline; everything else by the VM.
    pub(super) fn arithmetic_by_tags(
        &mut self,
        operator: BinaryOperator,
        operands: [Operand; 2],
        reentry: Reentry,
    ) -> Lower<()> {
        let is_inline = matches!(operator, BinaryOperator::Add | BinaryOperator::Subtract | BinaryOperator::Multiply);
        let Some((left, right)) = self.untyped_numbers(operands).filter(|_| is_inline) else {
            return self.vm_call(reentry);
        };
        let to = self.slot(self.word().a());
        let (integers, floats, slow) = self.by_tags(left, right, Lowering::is_number_tag);
        let integer: Way = (
            integers,
            Box::new(move |this| {
                let (a, b) = (left.0, right.0);
                let result = match operator {
                    BinaryOperator::Add => this.builder.ins().iadd(a, b),
                    BinaryOperator::Subtract => this.builder.ins().isub(a, b),
                    _ => this.builder.ins().imul(a, b),
                };
                this.store_result(to, result, Tag::Integer);
            }),
        );
        let float: Way = (
            floats,
            Box::new(move |this| {
                let (a, b) = (this.float_of(left), this.float_of(right));
                let result = match operator {
                    BinaryOperator::Add => this.builder.ins().fadd(a, b),
                    BinaryOperator::Subtract => this.builder.ins().fsub(a, b),
                    _ => this.builder.ins().fmul(a, b),
                };
                this.store_result(to, result, Tag::Float);
            }),
        );
        self.meet(vec![integer, float], slow, reentry)
    }

    /// The order of two integers or two floats inline; everything else by the VM.
    pub(super) fn order_by_tags(
        &mut self,
        relation: Relation,
        operands: [Operand; 2],
        polarity: bool,
        reentry: Reentry,
    ) -> Stop {
        let conditions = match relation {
            Relation::Equal => None,
            Relation::Less => Some((IntCC::SignedLessThan, FloatCC::LessThan)),
            Relation::LessEqual => Some((IntCC::SignedLessThanOrEqual, FloatCC::LessThanOrEqual)),
            Relation::Greater => Some((IntCC::SignedGreaterThan, FloatCC::GreaterThan)),
            Relation::GreaterEqual => Some((IntCC::SignedGreaterThanOrEqual, FloatCC::GreaterThanOrEqual)),
        };
        let Some(((left, right), (integer, float))) = self.untyped_numbers(operands).zip(conditions) else {
            return self.vm_call_and_branch(reentry);
        };
        let (integers, floats, slow) = self.by_tags(left, right, Lowering::is_float_tag);
        // Each way stores what it does not carry on, so each begins with what is known here.
        let state = self.state.clone();
        self.begin(integers);
        let is_related = self.builder.ins().icmp(integer, left.0, right.0);
        self.jump_if(is_related, polarity);
        self.state = state.clone();
        self.begin(floats);
        let (a, b) = (self.float_of_bits(left.0), self.float_of_bits(right.0));
        let is_related = self.builder.ins().fcmp(float, a, b);
        self.jump_if(is_related, polarity);
        self.state = state;
        self.begin(slow);
        self.vm_call_and_branch(reentry)
    }

    /// `U[index] = ` a slot, inline unless that is a reference, which the collector must hear of.
    pub(super) fn set_upvalue_by_tag(&mut self, from: u32, index: u8) -> Lower<()> {
        let tag = self.tag(from);
        let is_plain = self.builder.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, tag, Tag::Float as i64);
        let (plain, slow) = (self.builder.create_block(), self.builder.create_block());
        self.builder.ins().brif(is_plain, plain, &[], slow, &[]);
        let store: Way = (
            plain,
            Box::new(move |this| {
                let cell = this.upvalue_cell(index);
                this.store_to_cell(from, cell);
            }),
        );
        self.meet(vec![store], slow, Reentry::Unlikely)
    }

    /// The operands, if both may be numbers.
    fn untyped_numbers(&mut self, [left, right]: [Operand; 2]) -> Option<(Untyped, Untyped)> {
        Some((self.untyped_number(left)?, self.untyped_number(right)?))
    }

    fn untyped_number(&mut self, operand: Operand) -> Option<Untyped> {
        let (bits, tag) = match operand {
            Operand::Register(register) => {
                let slot = self.slot(register);
                let types: TypeSet = self.known(slot).types;
                if !types.contains(Tag::Integer) && !types.contains(Tag::Float) {
                    return None;
                }
                return Some((self.bits(slot), self.tag(slot)));
            }
            Operand::Number(number) => (i64::from(number), Tag::Integer),
            Operand::Constant(index) => match self.constant(index) {
                Constant::Integer(value) => (value, Tag::Integer),
                Constant::Float(value) => (value.to_bits().cast_signed(), Tag::Float),
                Constant::Nil | Constant::Boolean(_) | Constant::String(_) => return None,
            },
        };
        Some((self.integer(bits), self.tag_constant(tag)))
    }

    /// Branches by the tags of two values: to a block for two integers, one for two others that count as floats, and one for
    /// all else.
    fn by_tags(
        &mut self,
        left: Untyped,
        right: Untyped,
        counts_as_float: fn(&mut Self, Ssa) -> Ssa,
    ) -> (Block, Block, Block) {
        let [integers, floats, slow, others] = std::array::from_fn(|_| self.builder.create_block());
        let are_integers = self.both(left, right, Lowering::is_integer_tag);
        self.builder.ins().brif(are_integers, integers, &[], others, &[]);
        self.begin(others);
        let are_floats = self.both(left, right, counts_as_float);
        self.builder.ins().brif(are_floats, floats, &[], slow, &[]);
        (integers, floats, slow)
    }

    fn both(&mut self, left: Untyped, right: Untyped, is: fn(&mut Self, Ssa) -> Ssa) -> Ssa {
        let (left, right) = (is(self, left.1), is(self, right.1));
        self.builder.ins().band(left, right)
    }

    fn is_integer_tag(&mut self, tag: Ssa) -> Ssa {
        self.builder.ins().icmp_imm_u(IntCC::Equal, tag, Tag::Integer as i64)
    }

    fn is_float_tag(&mut self, tag: Ssa) -> Ssa {
        self.builder.ins().icmp_imm_u(IntCC::Equal, tag, Tag::Float as i64)
    }

    fn is_number_tag(&mut self, tag: Ssa) -> Ssa {
        const { assert!(Tag::Float as u8 == Tag::Integer as u8 + 1) };
        let from_integer = self.builder.ins().iadd_imm_s(tag, -(Tag::Integer as i64));
        self.builder.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, from_integer, 1)
    }

    /// A number of either type as a float.
    fn float_of(&mut self, (bits, tag): Untyped) -> Ssa {
        let (is_integer, as_it_is) = (self.is_integer_tag(tag), self.float_of_bits(bits));
        let converted = self.builder.ins().fcvt_from_sint(types::F64, bits);
        self.builder.ins().select(is_integer, converted, as_it_is)
    }

    /// Goes on in a block to which all branches are there.
    fn begin(&mut self, block: Block) {
        self.builder.switch_to_block(block);
        self.builder.seal_block(block);
    }

    /// Stores a result whose tag is known into the frame.
    fn store_result(&mut self, to: u32, payload: Ssa, tag: Tag) {
        let (base, offset) = (self.base(), to as usize * VALUE_BYTES);
        let tag = self.builder.ins().iconst(types::I8, tag as i64);
        self.store(payload, base, offset);
        self.store(tag, base, offset + TAG_OFFSET);
    }

    /// Emits the ways to do the current instruction, the VM's in `slow`, and goes on where they meet.
    pub(super) fn meet(&mut self, ways: Vec<Way<'a, '_>>, slow: Block, reentry: Reentry) -> Lower<()> {
        let next = self.next();
        self.note_resume_point(reentry, next);
        let behind = self.builder.create_block();
        for (block, way) in ways {
            self.begin(block);
            way(self);
            self.builder.ins().jump(behind, &[]);
        }
        self.builder.set_cold_block(slow);
        self.begin(slow);
        // On one of the ways the frame is complete, which is more than is known where they meet.
        let state = self.state.clone();
        self.emit_vm_call();
        self.builder.ins().jump(behind, &[]);
        self.begin(behind);
        self.state = state;
        self.forget_exit();
        self.take_results();
        if self.facts.resume_points.contains(&next) {
            self.go_to(next);
            return Err(Stop);
        }
        Ok(())
    }
}
