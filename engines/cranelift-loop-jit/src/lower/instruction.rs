//! What each instruction becomes, which function of the VM does it where compiled code does not, and whether it may be in
//! an inlined function. This is the one file of the engine that decides by operations: a new one does not compile before
//! it is here. An arm of more than a few lines is a function in the file of its subject.

use bytecode_vm::{call, close, concat, element};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, types};
use lua_bytecode::effects::effects;
use lua_bytecode::instruction::{Operand, loaded_constant};
use lua_bytecode::opcode::{Access, Allocation, Literal, Operation, Relation};
use lua_bytecode::proto::Constant;
use lua_bytecode::{Instruction, Opcode};
use lua_runtime::Value;
use lua_runtime::operators::UnaryOperator;
use lua_runtime::value::Tag;

use super::builder::{Lowering, Ssa};
use super::vm_call::Reentry;
use super::{CodePoint, Lower, Stop};
use crate::exits::InstructionPath;
use crate::vm_call::{self, VmFunction};

impl Lowering<'_> {
    /// Lowers the current instruction.
    pub(super) fn instruction(&mut self) -> Lower<()> {
        self.locate();
        self.forced_exit();
        let opcode = self.word().opcode();
        if self.has_failing_guard() {
            // Without any guard, since they have failed too often.
            let reentry = if opcode.may_call() { Reentry::Likely } else { Reentry::Unlikely };
            let (word, operation) = (self.word(), opcode.operation());
            if let Operation::Arithmetic(operator) = operation {
                return self.arithmetic_by_tags(operator, [word.operand_b(), word.operand_c()], reentry);
            }
            if let Operation::Compare { relation, jumps_if } = operation
                && relation != Relation::Equal
            {
                let operands = [word.operand_a(), word.operand_b()];
                return Err(self.order_by_tags(relation, operands, jumps_if, reentry));
            }
            if operation == Operation::SetUpvalue {
                return self.set_upvalue_by_tag(self.slot(word.a()), word.b());
            }
            match vm_function(opcode) {
                Some(VmFunction::Value(_)) => return self.vm_call(reentry),
                Some(VmFunction::Branch(_)) => return Err(self.vm_call_and_branch(reentry)),
                None => {}
            }
        }
        self.operation(opcode.operation())
    }

    /// Whether guards of the current instruction have failed too often.
    pub(super) fn has_failing_guard(&self) -> bool {
        let frames = self.inlined_frames(self.point.frame);
        let path: InstructionPath = frames.iter().map(|frame| frame.resume_pc).chain([self.point.pc]).collect();
        self.request.failing_guards.contains(&path)
    }

    /// Lowers the current instruction, which does this.
    fn operation(&mut self, operation: Operation) -> Lower<()> {
        use Operation as O;
        let word = self.word();
        let (a, b) = (self.slot(word.a()), self.slot(word.b()));
        match operation {
            O::Move => self.copy(a, b),
            O::Load(literal) => self.load_literal(literal, a),
            O::LoadFalseSkip => {
                self.set_plain(a, Value::FALSE);
                let target = CodePoint { pc: self.point.pc + 2, ..self.point };
                self.go_to(target);
                return Err(Stop);
            }
            O::GetUpvalue => self.get_upvalue(a, word.b())?,
            O::SetUpvalue => self.set_upvalue(a, word.b())?,
            O::GetCell => self.get_cell(a, b)?,
            O::SetCell => self.set_cell(a, b)?,

            O::Get(Access::Global | Access::UpvalueField) => self.get_upvalue_field(a, word.b())?,
            O::Get(Access::Field) => self.get_field(a, b)?,
            O::Get(Access::Element) => self.get_by_operand(a, b, word.operand_c())?,
            O::GetMethod => self.get_method(a, b)?,
            O::Set(Access::Global | Access::UpvalueField) => match word.operand_b() {
                Operand::Register(value) => self.set_upvalue_field(word.a(), self.slot(value))?,
                Operand::Constant(_) | Operand::Number(_) => self.set_upvalue_field_constant(word.a(), word.bx())?,
            },
            O::Set(Access::Field) => match word.operand_b() {
                Operand::Register(value) => self.set_field(a, self.slot(value))?,
                Operand::Constant(_) | Operand::Number(_) => self.set_field_constant(a, word.bx())?,
            },
            O::Set(Access::Element) => self.set_by_operand(a, word)?,

            O::Arithmetic(operator) => return self.arithmetic_instruction(operator),
            O::Unary(UnaryOperator::Negate) => self.negate(a, b)?,
            O::Unary(UnaryOperator::BitNot) => self.bit_not(a, b)?,
            O::Unary(UnaryOperator::Not) => self.not(a, b),
            O::Unary(UnaryOperator::Length) => self.length(a, b)?,

            O::Jump => {
                let target = self.target(word.distance());
                self.go_to(target);
                return Err(Stop);
            }
            O::LoopJump => return Err(self.back_edge(word.distance())),
            O::Test { jumps_if } => return Err(self.jump_on_truth(a, jumps_if)),
            O::CopyTest { jumps_if } => return Err(self.copy_jump(a, b, jumps_if)),
            O::Compare { relation, jumps_if } => return Err(self.comparison(relation, jumps_if)),
            O::ForPrepare => return self.for_prepare(a),
            O::ForLoop => return self.for_loop(a),
            O::GenericForPrepare => return self.generic_for_prepare(a),
            O::GenericForLoop => return Err(self.generic_for_loop(a)),
            O::GenericForCall => self.generic_for_call(a)?,

            O::Call => return self.call_function(),
            O::TailCall => return self.tail_call(),
            O::Return => {
                let (first, coded) = word.returned();
                return self.return_values(first, coded);
            }
            O::CloseReturn => return Err(self.leave_loop()),
            O::New(_) | O::SetList | O::Concat | O::Vararg | O::MarkClose => self.vm_call(Reentry::Unlikely)?,
            O::Close => self.vm_call(Reentry::Likely)?,
        }
        Ok(())
    }

    /// `R[A] = ` what the instruction names.
    fn load_literal(&mut self, literal: Literal, a: u32) {
        let word = self.word();
        match literal {
            Literal::Integer => self.set_constant(a, word.sbx().into()),
            Literal::Float => self.set_float_constant(a, word.sbx().into()),
            Literal::Constant => {
                let index = loaded_constant(&self.frame().proto.code, self.point.pc);
                self.load_constant(a, index);
            }
            Literal::Nil => (a..a + u32::from(word.b())).for_each(|slot| self.set_plain(slot, Value::NIL)),
            Literal::True => self.set_plain(a, Value::TRUE),
            Literal::False => self.set_plain(a, Value::FALSE),
        }
    }

    /// `R[A] = R[B][key]`.
    fn get_by_operand(&mut self, a: u32, b: u32, key: Operand) -> Lower<()> {
        match key {
            Operand::Register(key) => self.get_index(a, b, self.slot(key)),
            Operand::Constant(_) | Operand::Number(_) => self.get_index_immediate(a, b, self.word().c()),
        }
    }

    /// `R[A][key] = value`.
    fn set_by_operand(&mut self, a: u32, word: Instruction) -> Lower<()> {
        match (word.operand_b(), word.operand_c()) {
            (Operand::Register(key), Operand::Register(value)) => self.set_index(a, self.slot(key), self.slot(value)),
            (Operand::Register(key), _) => self.set_index_constant(a, self.slot(key), word.c()),
            (_, Operand::Register(value)) => self.set_index_immediate(a, word.b(), self.slot(value)),
            (_, _) => self.set_index_immediate_constant(a, word.b(), word.c()),
        }
    }

    /// The point a distance behind the current instruction.
    pub(super) fn target(&self, distance: i32) -> CodePoint {
        let next = self.next();
        CodePoint { pc: next.pc.wrapping_add_signed(distance), ..next }
    }

    /// Where the current instruction jumps, by its extra word.
    pub(super) fn jump_target(&self) -> CodePoint {
        self.target(self.extra() as i32)
    }

    /// Ends the block with the back-edge of a loop.
    fn back_edge(&mut self, distance: i32) -> Stop {
        let header = self.target(distance);
        self.repeat(header);
        Stop
    }

    /// Polls and jumps to a loop's header.
    pub(super) fn repeat(&mut self, header: CodePoint) {
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

    fn load_constant(&mut self, slot: u32, index: u32) {
        match self.constant(index) {
            Constant::Nil => self.set_plain(slot, Value::NIL),
            Constant::Boolean(value) => self.set_plain(slot, Value::boolean(value)),
            Constant::Integer(value) => self.set_constant(slot, value),
            Constant::Float(value) => self.set_float_constant(slot, value),
            Constant::String(_) => self.load_string(slot, index),
        }
    }

    fn load_string(&mut self, slot: u32, index: u32) {
        let value = self.pool_constant(index);
        if let Some(string) = value.as_string() {
            let address = self.object(string.header());
            let known = crate::state::KnownValue::new(crate::types::TypeSet::of(Tag::String), Some(value));
            self.define(slot, known, address, address);
        }
    }

    /// A constant of the current function as a value.
    pub(super) fn pool_constant(&self, index: u32) -> Value {
        let prototype = super::prototype(self.frame().code);
        // SAFETY: the verifier has checked the index, and the closure keeps its prototype alive.
        unsafe { *prototype.pool().constant(index) }
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

/// The function of the VM that does an instruction for compiled code; `None` if compiled code always does it by itself,
/// or leaves.
pub(super) fn vm_function(opcode: Opcode) -> Option<VmFunction> {
    use Operation as O;
    use VmFunction::{Branch, Value};
    Some(match opcode.operation() {
        O::Arithmetic(_) => Value(vm_call::arithmetic),
        O::Unary(UnaryOperator::Negate | UnaryOperator::BitNot | UnaryOperator::Length) => Value(vm_call::unary),
        O::Compare { .. } if opcode.may_call() => Branch(vm_call::compare),
        O::ForPrepare => Branch(vm_call::prepare_loop),
        O::Get(Access::Global | Access::UpvalueField) => Value(vm_call::get_upvalue_field),
        O::Get(Access::Field) => Value(vm_call::get_field),
        O::Get(Access::Element) => Value(vm_call::get_element),
        O::GetMethod => Value(vm_call::get_method),
        O::Set(Access::Global | Access::UpvalueField) => Value(vm_call::set_upvalue_field),
        O::Set(Access::Field) => Value(vm_call::set_field),
        O::Set(Access::Element) => Value(vm_call::set_element),
        O::GetCell => Value(vm_call::get_cell),
        O::SetCell => Value(vm_call::set_cell),
        O::GetUpvalue => Value(vm_call::get_upvalue),
        O::SetUpvalue => Value(vm_call::set_upvalue),
        O::New(Allocation::Cell) => Value(vm_call::new_cell),
        O::New(Allocation::NilCell) => Value(vm_call::new_nil_cell),
        O::New(Allocation::Table) => Value(element::new_table),
        O::New(Allocation::Template) => Value(element::new_object),
        O::New(Allocation::Closure) => Value(element::new_closure),
        O::SetList => Value(element::set_list),
        O::Concat => Value(concat::concat),
        O::Call => Value(vm_call::call_function),
        O::GenericForCall => Value(vm_call::call_iterator),
        O::Vararg => Value(call::varargs),
        O::MarkClose => Value(vm_call::mark_close),
        O::Close => Value(close::close),
        O::Move
        | O::Load(_)
        | O::LoadFalseSkip
        | O::Unary(UnaryOperator::Not)
        | O::Compare { .. }
        | O::Jump
        | O::LoopJump
        | O::Test { .. }
        | O::CopyTest { .. }
        | O::ForLoop
        | O::GenericForPrepare
        | O::GenericForLoop
        | O::TailCall
        | O::Return
        | O::CloseReturn => return None,
    })
}

/// Whether an instruction can be in an inlined function: it returns a fixed number of values and closes nothing.
pub(super) fn fits_inlined(instruction: Instruction) -> bool {
    use Operation as O;
    match instruction.opcode().operation() {
        O::Vararg | O::MarkClose | O::Close | O::CloseReturn => false,
        O::Return | O::TailCall => !effects(instruction).uses_top(),
        O::Move
        | O::Load(_)
        | O::LoadFalseSkip
        | O::New(_)
        | O::GetCell
        | O::SetCell
        | O::GetUpvalue
        | O::SetUpvalue
        | O::Get(_)
        | O::Set(_)
        | O::GetMethod
        | O::SetList
        | O::Arithmetic(_)
        | O::Unary(_)
        | O::Concat
        | O::Jump
        | O::LoopJump
        | O::Test { .. }
        | O::CopyTest { .. }
        | O::Compare { .. }
        | O::ForPrepare
        | O::ForLoop
        | O::GenericForPrepare
        | O::GenericForCall
        | O::GenericForLoop
        | O::Call => true,
    }
}
