//! What each instruction becomes: which template of general code, which of typed code, and what typed code makes of its
//! result. This is the one file of the engine that decides by operations; a new one does not compile before it is here.
//!
//! The templates are in [`crate::templates`] and [`crate::typed`], by subject.

use std::collections::BTreeMap;

use lua_bytecode::Instruction;
use lua_bytecode::instruction::{Operand, loaded_constant};
use lua_bytecode::opcode::{Access, Literal, Operation};
use lua_runtime::operators::UnaryOperator;
use lua_runtime::value::Tag;

use crate::compile::Emitter;
use crate::helpers::Helper;
use crate::masm::{Address, Argument, MacroAssembler};
use crate::templates::arithmetic::{FloatForm, IntegerForm, float_form};

impl<'a, M: MacroAssembler> Emitter<'a, M> {
    /// Emits the general code of an instruction.
    pub(crate) fn instruction(&mut self, word: Instruction) {
        use Operation as O;
        let (a, b, c) = (word.a(), word.b(), word.c());
        match word.opcode().operation() {
            O::Move => self.copy_value(Address::register(a), Address::register(b)),
            O::Load(literal) => self.load_literal(literal, word),
            O::LoadFalseSkip => self.load_false_and_skip(a),
            O::New(allocation) => self.new_object(allocation, word),
            O::GetCell => self.get_cell(a, b),
            O::SetCell => self.set_cell(a, b),
            O::GetUpvalue => self.get_upvalue(a, b),
            O::SetUpvalue => self.set_upvalue(b, a),
            O::Get(Access::Global | Access::UpvalueField) => self.load_upvalue_field(a, b),
            O::Get(Access::Field) => self.load_field(a, Address::register(b)),
            O::Get(Access::Element) => self.load_element(a, b, word.operand_c()),
            O::Set(Access::Global | Access::UpvalueField) => self.store_upvalue_field(a, word.operand_b()),
            O::Set(Access::Field) => self.store_field(a, word.operand_b()),
            O::Set(Access::Element) => self.store_element(a, word.operand_b(), word.operand_c()),
            O::GetMethod => {
                self.copy_value(Address::register(a + 2), Address::register(b));
                self.load_method(a, Address::register(a + 2));
            }
            O::SetList => self.call(Helper::SetList, &[]),
            O::Arithmetic(operator) => self.binary(operator, word),
            O::Unary(UnaryOperator::Negate) => self.negate(a, b),
            O::Unary(UnaryOperator::BitNot) => self.bit_not(a, b),
            O::Unary(UnaryOperator::Not) => self.not(a, b),
            O::Unary(UnaryOperator::Length) => self.length(a, b),
            O::Concat => self.call(Helper::Concat, &[]),
            O::Jump => {
                let target = self.jump_label();
                self.masm.jump(target);
            }
            O::LoopJump => self.back_edge(),
            O::Test { jumps_if } => self.jump_on_truth(a, jumps_if, None),
            O::CopyTest { jumps_if } => self.jump_on_truth(b, jumps_if, Some(a)),
            O::Compare { relation, jumps_if } => self.compare(relation, word, jumps_if),
            O::ForPrepare => self.for_prepare(a),
            O::ForLoop => self.for_loop(a),
            O::GenericForPrepare => self.generic_for_prepare(a),
            O::GenericForCall => self.generic_for_call(a, c),
            O::GenericForLoop => self.generic_for_loop(a),
            O::Call => self.call_function(word),
            O::TailCall => self.tail_call(word),
            O::Return => {
                let (first, coded) = word.returned();
                self.return_values(first, coded);
            }
            O::CloseReturn => {
                let (first, coded) = word.returned();
                self.close_and_return(first, coded);
            }
            O::Vararg => {
                let to = Argument::Address(Address::register(a));
                self.call(Helper::Vararg, &[to, Argument::Number(c.into())]);
            }
            O::MarkClose => self.call(Helper::MarkClose, &[Argument::Number(a.into())]),
            O::Close => self.close(a),
        }
    }

    /// Emits the typed code of an instruction; `false` if it has none.
    pub(crate) fn typed_instruction(&mut self, word: Instruction) -> bool {
        use Operation as O;
        let (a, b) = (word.a(), word.b());
        match word.opcode().operation() {
            O::Move => self.assign(a, b),
            O::Load(literal) => return self.typed_literal(literal, word),
            O::GetCell => self.typed_get_cell(word),
            O::SetCell => self.typed_set_cell(a, b),
            O::GetUpvalue => self.typed_get_upvalue(word),
            O::SetUpvalue => self.typed_set_upvalue(b, a),
            O::Get(Access::Global | Access::UpvalueField) => self.typed_load_upvalue_field(word),
            O::Get(Access::Field) => return self.typed_load_field(word),
            O::Get(Access::Element) => return self.typed_load_element(word, word.operand_c()),
            O::Set(Access::Global | Access::UpvalueField | Access::Field) if !self.overwrites_field() => return false,
            O::Set(Access::Global | Access::UpvalueField) => self.typed_store_upvalue_field(word, word.operand_b()),
            O::Set(Access::Field) => return self.typed_store_field(word, word.operand_b()),
            O::Set(Access::Element) => return self.typed_store_element(word, word.operand_b(), word.operand_c()),
            O::Arithmetic(operator) => return self.typed_binary(operator, word),
            O::Unary(UnaryOperator::Negate) => return self.typed_unary(a, b, true),
            O::Unary(UnaryOperator::BitNot) => return self.typed_unary(a, b, false),
            O::Unary(UnaryOperator::Not) => self.typed_not(a, b),
            O::Unary(UnaryOperator::Length) => return self.typed_length(word),
            O::Jump => self.jump_to(self.jump_pc()),
            O::LoopJump => self.typed_back_edge(),
            O::Test { jumps_if } => self.typed_jump_on_truth(a, jumps_if),
            O::Compare { relation, jumps_if } => return self.typed_comparison(relation, word, jumps_if),
            O::ForPrepare => return self.typed_for_prepare(a),
            O::ForLoop => return self.typed_for_loop(a),
            O::Return => {
                let (first, coded) = word.returned();
                return self.typed_return(first, coded);
            }
            // What calls or allocates, and what is rare.
            O::New(_)
            | O::GetMethod
            | O::SetList
            | O::Concat
            | O::LoadFalseSkip
            | O::CopyTest { .. }
            | O::GenericForPrepare
            | O::GenericForCall
            | O::GenericForLoop
            | O::Call
            | O::TailCall
            | O::CloseReturn
            | O::Vararg
            | O::MarkClose
            | O::Close => return false,
        }
        true
    }

    /// The tag that an instruction probably gives a register that it writes. `types` are those of the registers before.
    pub(crate) fn result_tag(
        &self,
        pc: u32,
        word: Instruction,
        register: u8,
        types: &BTreeMap<u8, Tag>,
    ) -> Option<Tag> {
        use Operation as O;
        let tag_of = |operand| match operand {
            Operand::Register(register) => types.get(&register).copied(),
            Operand::Constant(_) | Operand::Number(_) => self.tag_of(operand),
        };
        let number_seen = || Some(self.guess(register)).filter(|tag| matches!(tag, Tag::Integer | Tag::Float));
        match word.opcode().operation() {
            O::Arithmetic(operator) => {
                let (left, right) = (word.operand_b(), word.operand_c());
                match (tag_of(left)?, tag_of(right)?) {
                    (Tag::Integer, Tag::Integer) if self.integer_form(operator, right) != IntegerForm::None => {
                        Some(Tag::Integer)
                    }
                    (Tag::Integer | Tag::Float, Tag::Integer | Tag::Float)
                        if float_form(operator, right) != FloatForm::None =>
                    {
                        Some(Tag::Float)
                    }
                    _ => None,
                }
            }
            O::Move => tag_of(Operand::Register(word.b())),
            O::Load(Literal::Integer) => Some(Tag::Integer),
            O::Load(Literal::Float) => Some(Tag::Float),
            O::Load(Literal::Constant) => self.tag_of(Operand::Constant(loaded_constant(&self.proto().code, pc))),
            O::Unary(UnaryOperator::Length) => Some(Tag::Integer),
            O::Unary(UnaryOperator::Negate | UnaryOperator::BitNot) => tag_of(Operand::Register(word.b())),
            O::ForLoop => tag_of(Operand::Register(word.a())).filter(|tag| *tag == Tag::Integer),
            O::Get(Access::Element) => self.seen_number_tag(word.b()).or_else(number_seen),
            O::Get(Access::Field | Access::UpvalueField | Access::Global) | O::GetUpvalue | O::GetCell => number_seen(),
            O::Load(Literal::Nil | Literal::True | Literal::False)
            | O::LoadFalseSkip
            | O::New(_)
            | O::SetCell
            | O::SetUpvalue
            | O::Set(_)
            | O::GetMethod
            | O::SetList
            | O::Unary(UnaryOperator::Not)
            | O::Concat
            | O::Jump
            | O::LoopJump
            | O::Test { .. }
            | O::CopyTest { .. }
            | O::Compare { .. }
            | O::ForPrepare
            | O::GenericForPrepare
            | O::GenericForCall
            | O::GenericForLoop
            | O::Call
            | O::TailCall
            | O::Return
            | O::CloseReturn
            | O::Vararg
            | O::MarkClose
            | O::Close => None,
        }
    }
}

/// Whether typed code that comes to an instruction never gets past it with what it knows.
pub(crate) fn ends_typed_code(word: Instruction) -> bool {
    use Operation as O;
    match word.opcode().operation() {
        O::New(_)
        | O::GetMethod
        | O::SetList
        | O::Concat
        | O::GenericForPrepare
        | O::GenericForCall
        | O::GenericForLoop
        | O::Call
        | O::Vararg
        | O::MarkClose
        | O::Close => true,
        O::Move
        | O::Load(_)
        | O::LoadFalseSkip
        | O::GetCell
        | O::SetCell
        | O::GetUpvalue
        | O::SetUpvalue
        | O::Get(_)
        | O::Set(_)
        | O::Arithmetic(_)
        | O::Unary(_)
        | O::Jump
        | O::LoopJump
        | O::Test { .. }
        | O::CopyTest { .. }
        | O::Compare { .. }
        | O::ForPrepare
        | O::ForLoop
        | O::TailCall
        | O::Return
        | O::CloseReturn => false,
    }
}

/// Where an instruction takes a value from that can be looked at when the function is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A register.
    Register(u8),
    /// An upvalue.
    Upvalue(u8),
    /// A field of what is in a register.
    FieldOfRegister(u8),
    /// A field of what is in an upvalue.
    FieldOfUpvalue(u8),
}

/// Where the value comes from that an instruction loads into a register; `None` if it does not load, or makes the value.
pub(crate) fn origin(word: Instruction, register: u8) -> Option<Origin> {
    use Operation as O;
    match word.opcode().operation() {
        O::Move => Some(Origin::Register(word.b())),
        O::GetUpvalue => Some(Origin::Upvalue(word.b())),
        O::Get(Access::Global | Access::UpvalueField) => Some(Origin::FieldOfUpvalue(word.b())),
        O::Get(Access::Field) => Some(Origin::FieldOfRegister(word.b())),
        O::GetMethod if register == word.a() => Some(Origin::FieldOfRegister(word.b())),
        O::GetMethod | O::Get(Access::Element) | O::GetCell | O::Set(_) | O::Load(_) => None,
        O::LoadFalseSkip
        | O::New(_)
        | O::SetCell
        | O::SetUpvalue
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
        | O::Call
        | O::TailCall
        | O::Return
        | O::CloseReturn
        | O::Vararg
        | O::MarkClose
        | O::Close => None,
    }
}

/// The register in whose value an instruction looks for a field, an element or a method.
pub(crate) fn object_of(word: Instruction) -> Option<u8> {
    use Operation as O;
    match word.opcode().operation() {
        O::Get(Access::Field | Access::Element) | O::GetMethod => Some(word.b()),
        O::Set(Access::Field | Access::Element) => Some(word.a()),
        O::Get(Access::Global | Access::UpvalueField) | O::Set(Access::Global | Access::UpvalueField) => None,
        O::Move | O::Load(_) | O::GetCell | O::GetUpvalue => None,
        O::LoadFalseSkip
        | O::New(_)
        | O::SetCell
        | O::SetUpvalue
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
        | O::Call
        | O::TailCall
        | O::Return
        | O::CloseReturn
        | O::Vararg
        | O::MarkClose
        | O::Close => None,
    }
}
