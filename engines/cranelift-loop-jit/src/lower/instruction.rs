//! What each opcode does. One exhaustive match; an arm of more than a few lines is a function in the file of its
//! subject.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, types};
use lua_bytecode::Opcode;
use lua_bytecode::proto::Constant;
use lua_runtime::Value;
use lua_runtime::value::Tag;

use super::builder::{Lowering, Ssa};
use super::by_vm::Entrance;
use super::{Lower, Place, Stop};
use crate::class::{Class, class};
use crate::exits::InstructionPath;

impl Lowering<'_> {
    /// Lowers the current instruction.
    pub(super) fn instruction(&mut self) -> Lower<()> {
        self.locate();
        self.forced_exit();
        match class(self.word().opcode()) {
            Class::Arithmetic(operator, sides) => self.arithmetic_instruction(operator, sides),
            Class::Comparison { relation, right, polarity } => Err(self.comparison(relation, right, polarity)),
            // Without any guard, since they have failed too often.
            Class::Access if self.is_hard() => self.by_vm(Entrance::Likely),
            Class::Preparation if self.is_hard() => Err(self.by_vm_branch(Entrance::Unlikely)),
            Class::Access | Class::Preparation | Class::Other => self.other_instruction(),
        }
    }

    /// Whether guards of the current instruction have failed too often.
    pub(super) fn is_hard(&self) -> bool {
        let frames = self.inlined_frames(self.place.frame);
        let path: InstructionPath = frames.iter().map(|frame| frame.resume_pc).chain([self.place.pc]).collect();
        self.request.hard.contains(&path)
    }

    /// Lowers an instruction that is no operator.
    fn other_instruction(&mut self) -> Lower<()> {
        use Opcode as O;
        let word = self.word();
        let (a, b, c) = (self.slot_a(), self.slot_b(), self.slot_c());
        match word.opcode() {
            O::Move => self.copy(a, b),
            O::LoadInteger => self.set_constant(a, i64::from(word.sbx())),
            O::LoadFloat => self.set_float_constant(a, f64::from(word.sbx())),
            O::LoadConstant => self.load_constant(a, word.bx().into())?,
            O::LoadConstantWide => self.load_constant(a, self.extra())?,
            O::LoadNil => (a..a + u32::from(word.b())).for_each(|slot| self.set_plain(slot, Value::NIL)),
            O::LoadTrue => self.set_plain(a, Value::TRUE),
            O::LoadFalse => self.set_plain(a, Value::FALSE),
            O::LoadFalseSkip => {
                self.set_plain(a, Value::FALSE);
                let target = Place { pc: self.place.pc + 2, ..self.place };
                self.go_to(target);
                return Err(Stop);
            }
            O::GetUpvalue => self.get_upvalue(a, word.b())?,
            O::SetUpvalue => self.set_upvalue(a, word.b())?,
            O::GetCell => self.get_cell(a, b)?,
            O::SetCell => self.set_cell(a, b)?,

            O::GetGlobal | O::GetUpField => self.get_upvalue_field(a, word.b())?,
            O::SetGlobal | O::SetUpField => self.set_upvalue_field(word.a(), b)?,
            O::GetField => self.get_field(a, b)?,
            O::SetField => self.set_field(a, b)?,
            O::GetIndex => self.get_index(a, b, c)?,
            O::SetIndex => self.set_index(a, b, c)?,
            O::GetIndexI => self.get_index_immediate(a, b, word.c())?,
            O::SetIndexI => self.set_index_immediate(a, word.b(), c)?,
            O::SetIndexK => self.set_index_constant(a, b, word.c())?,
            O::SetIndexIK => self.set_index_immediate_constant(a, word.b(), word.c())?,
            O::SetFieldK => self.set_field_constant(a, word.bx())?,
            O::SetGlobalK | O::SetUpFieldK => self.set_upvalue_field_constant(word.a(), word.bx())?,

            O::Negate => self.negate(a, b)?,
            O::BitNot => self.bit_not(a, b)?,
            O::Not => self.not(a, b),
            O::Length => self.length(a, b)?,

            O::Jump => {
                let target = self.target(word.distance());
                self.go_to(target);
                return Err(Stop);
            }
            O::LoopJump => return Err(self.back_edge(word.distance())),
            O::JumpIf => return Err(self.jump_on_truth(a, true)),
            O::JumpIfNot => return Err(self.jump_on_truth(a, false)),
            O::CopyJumpIf => return Err(self.copy_jump(a, b, true)),
            O::CopyJumpIfNot => return Err(self.copy_jump(a, b, false)),
            O::JumpEqualK => return Err(self.jump_equal_constant(a, word.bx(), true)),
            O::JumpNotEqualK => return Err(self.jump_equal_constant(a, word.bx(), false)),
            O::JumpEqualI => return Err(self.jump_equal_immediate(a, word.sbx(), true)),
            O::JumpNotEqualI => return Err(self.jump_equal_immediate(a, word.sbx(), false)),
            O::ForPrepare => return self.for_prepare(a),
            O::ForLoop => return self.for_loop(a),
            O::Call => return self.call_function(),
            O::Return => return self.return_values(word.a(), word.b()),
            O::Return0 => return self.return_values(0, 1),
            O::Return1 => return self.return_values(word.a(), 2),

            O::SelfField => self.get_method(a, b)?,
            O::GenericForPrepare => return self.generic_for_prepare(a),
            O::GenericForLoop => return Err(self.generic_for_loop(a)),
            O::GenericForCall => self.generic_for_call(a)?,
            O::NewCell
            | O::NewNilCell
            | O::NewTable
            | O::NewObject
            | O::SetList
            | O::Closure
            | O::Concat
            | O::Vararg
            | O::MarkClose => self.by_vm(Entrance::Unlikely)?,
            O::Close => self.by_vm(Entrance::Likely)?,
            O::TailCall => return self.tail_call(),
            O::CloseReturn => return Err(self.leave_loop()),
            opcode => unreachable!("{} has a class of its own", opcode.name()),
        }
        Ok(())
    }

    fn slot_a(&self) -> u32 {
        self.slot(self.word().a())
    }

    fn slot_b(&self) -> u32 {
        self.slot(self.word().b())
    }

    fn slot_c(&self) -> u32 {
        self.slot(self.word().c())
    }

    /// The place a distance behind the current instruction.
    pub(super) fn target(&self, distance: i32) -> Place {
        let next = self.next();
        Place { pc: next.pc.wrapping_add_signed(distance), ..next }
    }

    /// Where the current instruction jumps, by its extra word.
    pub(super) fn jump_target(&self) -> Place {
        self.target(self.extra() as i32)
    }

    /// Ends the block with the back-edge of a loop.
    fn back_edge(&mut self, distance: i32) -> Stop {
        let header = self.target(distance);
        self.repeat(header);
        Stop
    }

    /// Polls and jumps to a loop's header.
    pub(super) fn repeat(&mut self, header: Place) {
        self.repeated.insert(header);
        self.poll(header);
        self.go_to(header);
    }

    pub(super) fn constant(&self, index: u32) -> Constant {
        self.frame().proto.constants[index as usize].clone()
    }

    fn set_float_constant(&mut self, slot: u32, value: f64) {
        let ssa = self.builder.ins().f64const(value);
        self.set_float(slot, ssa);
    }

    fn load_constant(&mut self, slot: u32, index: u32) -> Lower<()> {
        match self.constant(index) {
            Constant::Nil => self.set_plain(slot, Value::NIL),
            Constant::Boolean(value) => self.set_plain(slot, Value::boolean(value)),
            Constant::Integer(value) => self.set_constant(slot, value),
            Constant::Float(value) => self.set_float_constant(slot, value),
            Constant::String(_) => self.load_string(slot, index),
        }
        Ok(())
    }

    fn load_string(&mut self, slot: u32, index: u32) {
        let value = self.pool_constant(index);
        if let Some(string) = value.as_string() {
            let address = self.object(string.header());
            let known = crate::state::Slot::new(crate::types::TypeSet::of(Tag::String), Some(value));
            self.define(slot, known, address, address);
        }
    }

    /// A constant of the current function as a value.
    pub(super) fn pool_constant(&self, index: u32) -> Value {
        let prototype = super::prototype(self.frame().code);
        // SAFETY: the verifier has checked the index, and the closure keeps its prototype alive.
        unsafe { *prototype.pool.constant(index) }
    }

    fn not(&mut self, to: u32, from: u32) {
        match self.known(from).types.single() {
            Some(tag) => self.set_plain(to, Value::boolean(tag.is_falsy())),
            None => {
                let falsy = self.is_falsy(from);
                self.set_truth(to, falsy);
            }
        }
    }

    /// Whether a slot of several types is nil or false (I8).
    fn is_falsy(&mut self, slot: u32) -> Ssa {
        let tag = self.tag(slot);
        self.builder.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, tag, Tag::False as i64)
    }

    /// `JT` and `JF`: jumps if the truth of a slot is `polarity`.
    fn jump_on_truth(&mut self, slot: u32, polarity: bool) -> Stop {
        let (target, next) = (self.jump_target(), self.next());
        match self.known(slot).types.single() {
            Some(tag) => {
                self.go_to(if tag.is_falsy() != polarity { target } else { next });
                Stop
            }
            None => {
                let falsy = self.is_falsy(slot);
                if polarity { self.branch(falsy, next, target) } else { self.branch(falsy, target, next) }
            }
        }
    }

    /// `COPYJT` and `COPYJF`: copies and jumps if the truth of a slot is `polarity`.
    fn copy_jump(&mut self, to: u32, from: u32, polarity: bool) -> Stop {
        let (target, next) = (self.jump_target(), self.next());
        if let Some(tag) = self.known(from).types.single() {
            if tag.is_falsy() != polarity {
                self.copy(to, from);
                self.go_to(target);
            } else {
                self.go_to(next);
            }
            return Stop;
        }
        let falsy = self.is_falsy(from);
        let stays = self.edge(next);
        let copies = self.builder.create_block();
        let (yes, no) = if polarity { (stays, copies) } else { (copies, stays) };
        self.builder.ins().brif(falsy, yes, &[], no, &[]);
        self.builder.switch_to_block(copies);
        self.builder.seal_block(copies);
        self.copy(to, from);
        self.go_to(target);
        Stop
    }

    /// A boolean (I8) from the result of a helper, which is an I32.
    pub(super) fn truth_of(&mut self, result: Ssa) -> Ssa {
        debug_assert_eq!(self.builder.func.dfg.value_type(result), types::I32);
        self.builder.ins().icmp_imm_s(IntCC::NotEqual, result, 0)
    }
}
