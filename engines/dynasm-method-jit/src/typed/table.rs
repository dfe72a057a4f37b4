//! Fields and elements in typed code: one kind of access each, the most likely one; general code does the others and
//! comes back.

use lua_bytecode::Instruction;
use lua_bytecode::effects::effects;
use lua_bytecode::instruction::Operand;
use lua_bytecode::opcode::{Access, Operation};
use lua_runtime::array::{ARRAY_LENGTH_OFFSET, ARRAY_POINTER_OFFSET, ArrayKind};
use lua_runtime::function::CELL_VALUE_OFFSET;
use lua_runtime::inline_cache::CacheKind;
use lua_runtime::layout::{CELL, TABLE};
use lua_runtime::object::DETAIL_OFFSET;
use lua_runtime::table::{TABLE_ARRAY_OFFSET, TABLE_METATABLE_OFFSET};
use lua_runtime::value::Tag;

use crate::compile::Emitter;
use crate::function_record::EntryGuess;
use crate::known::{Home, Kept, Known};
use crate::masm::{Address, Condition, Float, IntegerOperation, MacroAssembler, Right, Temp};

/// A part of the table whose address is in a register.
fn part(table: Temp, offset: usize) -> Address {
    Address::of(table, &TABLE, offset)
}

/// The tag of the elements of an array of numbers.
pub(super) fn number_tag(kind: ArrayKind) -> Option<Tag> {
    match kind {
        ArrayKind::Integer => Some(Tag::Integer),
        ArrayKind::Float => Some(Tag::Float),
        ArrayKind::Empty | ArrayKind::Any | ArrayKind::Boolean => None,
    }
}

/// An element of a table, its checks behind it.
struct Element<L> {
    /// Where to go if it is not as expected.
    miss: L,
    /// What was known when that was decided.
    before: Known,
}

/// How many instructions behind a load are looked at for the use of its result.
const USE_DISTANCE: usize = 12;

impl<'a, M: MacroAssembler> Emitter<'a, M> {
    /// `R[a] = ` the variable in the cell at `T0`, for the instruction `word`.
    pub(super) fn load_cell_value(&mut self, a: u8, word: Instruction) {
        let value = crate::templates::cell_value();
        match self.expected(a).filter(|tag| *tag == Tag::Table) {
            Some(tag) => {
                let (before, miss) = (self.known().clone(), self.masm.label());
                self.guard(miss);
                self.masm.branch_8(value.tag(), Condition::NotEqual, tag as u8, miss);
                self.load_result(a, tag, value);
                self.on_miss(miss, before, word);
            }
            None => {
                self.copy_value(Address::register(a), value);
                self.set_unknown(a);
            }
        }
    }

    /// The address of the table in a register, which may be `T0`; goes to `miss` if it is none.
    fn table(&mut self, register: u8, miss: M::Label) -> Temp {
        self.require(Operand::Register(register), Tag::Table, miss);
        self.integer_register(Operand::Register(register), Temp::T0)
    }

    /// Whether a register may hold a value with this tag.
    fn may_be(&self, register: u8, tag: Tag) -> bool {
        self.known().get(register).is_none_or(|fact| fact.tag == tag)
    }

    // Fields.

    /// What to make code for of the first entry of the instruction's cache.
    fn first_entry(&self) -> EntryGuess {
        self.seen_entries().first().copied().unwrap_or(EntryGuess::NONE)
    }

    /// Whether the field store is one that overwrites.
    pub(crate) fn overwrites_field(&self) -> bool {
        self.first_entry().kind == CacheKind::Own
    }

    /// `R[a] = U[b][key]`.
    pub(crate) fn typed_load_upvalue_field(&mut self, word: Instruction) {
        let (before, miss) = (self.known().clone(), self.masm.label());
        let guess = self.first_entry();
        self.load_cell(word.b());
        let object = Address::of(Temp::T0, &CELL, CELL_VALUE_OFFSET);
        self.load_by(word.a(), object, self.feedback(0), guess, miss);
        self.set_unknown(word.a());
        self.on_miss(miss, before, word);
    }

    /// `U[a][key] = value`.
    pub(crate) fn typed_store_upvalue_field(&mut self, word: Instruction, value: Operand) {
        let (before, miss) = (self.known().clone(), self.masm.label());
        let guess = self.first_entry();
        assert!(guess.kind == CacheKind::Own, "a store that overwrites by another kind of entry");
        self.load_cell(word.a());
        let object = Address::of(Temp::T0, &CELL, CELL_VALUE_OFFSET);
        let entry = self.feedback(0);
        self.check_shape(object, entry, guess, miss);
        let field = self.find_field(entry, guess);
        self.masm.branch_8(field.tag(), Condition::Equal, Tag::Nil as u8, miss);
        self.store_value_to_object(field, value);
        self.on_miss(miss, before, word);
    }

    /// `R[a] = R[b][key]`.
    pub(crate) fn typed_load_field(&mut self, word: Instruction) -> bool {
        let (a, b) = (word.a(), word.b());
        let guess = self.first_entry();
        if !self.may_be(b, Tag::Table) || !guess.kind.is_in_slot() {
            return false;
        }
        let miss = self.masm.label();
        let entry = self.feedback(0);
        let table = self.table(b, miss);
        let before = self.known().clone();
        self.guard(miss);
        self.check_table_shape(table, entry, guess, miss);
        if table != Temp::T0 {
            self.masm.copy(Temp::T0, table);
        }
        self.find_holder(entry, guess.kind, miss);
        let field = self.find_field(entry, guess);
        match self.expected(a) {
            Some(tag) => {
                self.masm.branch_8(field.tag(), Condition::NotEqual, tag as u8, miss);
                self.load_result(a, tag, field);
            }
            None => {
                self.masm.branch_8(field.tag(), Condition::Equal, Tag::Nil as u8, miss);
                self.copy_value(Address::register(a), field);
                self.set_unknown(a);
            }
        }
        self.on_miss(miss, before, word);
        true
    }

    /// `R[a][key] = value`.
    pub(crate) fn typed_store_field(&mut self, word: Instruction, value: Operand) -> bool {
        let a = word.a();
        let guess = self.first_entry();
        if !self.may_be(a, Tag::Table) {
            return false;
        }
        assert!(guess.kind == CacheKind::Own, "a store that overwrites by another kind of entry");
        let miss = self.masm.label();
        let entry = self.feedback(0);
        let table = self.table(a, miss);
        let before = self.known().clone();
        self.guard(miss);
        self.check_table_shape(table, entry, guess, miss);
        if table != Temp::T0 {
            self.masm.copy(Temp::T0, table);
        }
        let field = self.find_field(entry, guess);
        if table == Temp::T0 {
            self.masm.branch_8(field.tag(), Condition::Equal, Tag::Nil as u8, miss);
        } else {
            let (nil, store) = (self.masm.label(), self.masm.label());
            self.masm.branch_8(field.tag(), Condition::Equal, Tag::Nil as u8, nil);
            self.masm.bind(store);
            self.cold(move |this| {
                this.masm.bind(nil);
                this.check_nil_is_overwritten(table, entry, miss);
                this.masm.jump(store);
            });
        }
        self.store_value_to_object(field, value);
        self.on_miss(miss, before, word);
        true
    }

    /// The tag that a load into a register is expected to give, if the value is worth a machine register: that of a table if it
    /// is then used as one, or of the number that the register held.
    fn expected(&self, register: u8) -> Option<Tag> {
        if self.planned(register).is_none() && self.is_used_as_object(register) {
            return Some(Tag::Table).filter(|_| self.guess(register) != Tag::String);
        }
        let tag = self.planned(register).map_or_else(|| self.guess(register), |fact| fact.tag);
        Some(tag).filter(|tag| matches!(tag, Tag::Integer | Tag::Float))
    }

    /// Whether the next use of what the current instruction gives a register is to look for something in it.
    fn is_used_as_object(&self, register: u8) -> bool {
        let behind = self.instructions.partition_point(|(pc, _)| *pc <= self.pc);
        for (_, word) in self.instructions[behind..].iter().take(USE_DISTANCE) {
            let effects = effects(*word);
            if effects.reads.iter().flatten().any(|span| span.contains(register)) {
                return match word.opcode().operation() {
                    Operation::Get(Access::Field | Access::Element) | Operation::GetMethod => word.b() == register,
                    Operation::Set(Access::Field | Access::Element) => word.a() == register,
                    _ => false,
                };
            }
            if effects.writes.iter().flatten().any(|span| span.contains(register)) {
                return false;
            }
        }
        false
    }

    /// Loads a value of a known type.
    fn load_result(&mut self, to: u8, tag: Tag, from: Address) {
        match self.destination(to, tag == Tag::Float) {
            Some(kept) => {
                self.vacate(kept, to);
                self.load_kept(kept, from);
                self.set_result(to, tag, Home::Kept(kept));
            }
            None => {
                self.masm.load(Temp::T0, from);
                self.store_result(to, tag, Temp::T0);
            }
        }
    }

    // Elements.

    /// Checks that there is such an element. Then `T0` is the pointer of the array and `T1` the index from 0.
    fn typed_element(&mut self, object: u8, key: Operand, kind: ArrayKind) -> Element<M::Label> {
        let miss = self.masm.label();
        self.guard(miss);
        self.require(key, Tag::Integer, miss);
        let table = self.table(object, miss);
        match self.known_integer(key) {
            Some(key) => self.masm.load_number(Temp::T1, key.wrapping_sub(1)),
            None => {
                let key = self.integer(key, Temp::T1);
                self.load_right(Temp::T1, key);
                self.masm.integer(IntegerOperation::Subtract, Temp::T1, Right::Number(1));
            }
        }
        let before = self.known().clone();
        self.masm.load_32(Temp::T2, part(table, TABLE_ARRAY_OFFSET + ARRAY_LENGTH_OFFSET));
        self.masm.branch(Temp::T1, Condition::AboveEqual, Right::Temp(Temp::T2), miss);
        self.masm.branch_8(part(table, DETAIL_OFFSET), Condition::NotEqual, kind as u8, miss);
        self.masm.load(Temp::T0, part(table, TABLE_ARRAY_OFFSET + ARRAY_POINTER_OFFSET));
        Element { miss, before }
    }

    /// The tag of the element `T1` of the array `T0`; goes to `miss` at a hole, which may be a metatable's business. Changes
    /// `T3`.
    fn existing_tag(&mut self, miss: M::Label) -> Address {
        let tag = self.element_tag();
        self.masm.branch_8(tag, Condition::Equal, Tag::Nil as u8, miss);
        tag
    }

    /// Whether an access by a key can be one to an array.
    fn is_element(&self, object: u8, key: Operand) -> bool {
        let is_itself = matches!(key, Operand::Register(key) if key == object);
        !is_itself && self.may_be(object, Tag::Table) && matches!(self.likely_tag(key), Some(Tag::Integer) | None)
    }

    /// The kind that a table's array had when the function was compiled.
    pub(super) fn seen_array_kind(&self, object: u8) -> Option<ArrayKind> {
        self.source.registers[usize::from(object)].as_table().map(|table| table.array_kind())
    }

    /// `R[a] = R[b][key]`.
    pub(crate) fn typed_load_element(&mut self, word: Instruction, key: Operand) -> bool {
        let (a, b) = (word.a(), word.b());
        if !self.is_element(b, key) {
            return false;
        }
        let expected = self.expected(a);
        let kind = match (self.seen_array_kind(b), expected) {
            (Some(ArrayKind::Empty) | None, Some(Tag::Integer)) => ArrayKind::Integer,
            (Some(ArrayKind::Empty) | None, Some(Tag::Float)) => ArrayKind::Float,
            (Some(ArrayKind::Empty) | None, _) => ArrayKind::Any,
            (Some(kind), _) => kind,
        };
        let tag = number_tag(kind);
        if tag.is_some() && self.planned(a).is_some_and(|fact| Some(fact.tag) != tag) {
            self.give_up();
            return true;
        }
        let Element { miss, before } = self.typed_element(b, key, kind);
        match kind {
            ArrayKind::Integer => {
                let payload = self.payload();
                self.load_result(a, Tag::Integer, payload);
            }
            ArrayKind::Float => {
                let payload = self.payload();
                self.load_result(a, Tag::Float, payload);
            }
            ArrayKind::Empty | ArrayKind::Any => {
                let tag = self.element_tag();
                match expected {
                    Some(expected) => {
                        self.masm.branch_8(tag, Condition::NotEqual, expected as u8, miss);
                        let payload = self.payload();
                        self.load_result(a, expected, payload);
                    }
                    None => {
                        self.masm.load_8(Temp::T2, tag);
                        self.masm.branch(Temp::T2, Condition::Equal, Right::Number(0), miss);
                        let payload = self.payload();
                        self.masm.load(Temp::T0, payload);
                        self.masm.store(Address::register(a), Temp::T0);
                        self.masm.store_8(Address::register(a).tag(), Temp::T2);
                        self.set_unknown(a);
                    }
                }
            }
            ArrayKind::Boolean => {
                let tag = self.element_tag();
                self.masm.load_8(Temp::T2, tag);
                self.masm.branch(Temp::T2, Condition::Equal, Right::Number(0), miss);
                self.masm.store_number(Address::register(a), 0);
                self.masm.store_8(Address::register(a).tag(), Temp::T2);
                self.set_unknown(a);
            }
        }
        self.on_miss(miss, before, word);
        true
    }

    /// `R[a][key] = value`.
    pub(crate) fn typed_store_element(&mut self, word: Instruction, key: Operand, value: Operand) -> bool {
        let a = word.a();
        let tag = self.likely_tag(value);
        if !self.is_element(a, key) || tag == Some(Tag::Nil) {
            return false;
        }
        let kind = match (self.seen_array_kind(a), tag) {
            (Some(ArrayKind::Empty) | None, Some(Tag::Integer)) => ArrayKind::Integer,
            (Some(ArrayKind::Empty) | None, Some(Tag::Float)) => ArrayKind::Float,
            (Some(ArrayKind::Empty) | None, Some(Tag::False | Tag::True)) => ArrayKind::Boolean,
            (Some(ArrayKind::Empty) | None, _) => ArrayKind::Any,
            (Some(kind), _) => kind,
        };
        if let Some(wanted) = number_tag(kind) {
            let is_register = |register| matches!(value, Operand::Register(value) if value == register);
            let is_key = matches!(key, Operand::Register(key) if is_register(key)) && wanted != Tag::Integer;
            if self.tag_of(value).is_some_and(|tag| tag != wanted) || is_register(a) || is_key {
                return false;
            }
            let exit = self.exit();
            self.require(value, wanted, exit);
        }
        if kind == ArrayKind::Boolean && self.tag_of(value).is_some_and(|tag| !matches!(tag, Tag::False | Tag::True)) {
            return false;
        }
        let Element { miss, before } = self.typed_element(a, key, kind);
        match kind {
            ArrayKind::Integer | ArrayKind::Float => {
                let payload = self.payload();
                self.store_payload(payload, value);
            }
            ArrayKind::Boolean => {
                let tag = self.existing_tag(miss);
                match self.tag_of(value) {
                    Some(known) => self.masm.store_number_8(tag, known as u8),
                    None => {
                        let from = self.address_of(value).tag();
                        self.masm.load_8(Temp::T2, from);
                        self.masm.branch(Temp::T2, Condition::Equal, Right::Number(0), miss);
                        self.masm.branch(Temp::T2, Condition::Above, Right::Number(Tag::True as i32), miss);
                        self.masm.store_8(tag, Temp::T2);
                    }
                }
            }
            ArrayKind::Empty | ArrayKind::Any => {
                match self.tag_of(value) {
                    Some(known) => {
                        let tag = self.existing_tag(miss);
                        self.masm.store_number_8(tag, known as u8);
                    }
                    None => {
                        let from = self.address_of(value).tag();
                        self.masm.load_8(Temp::T2, from);
                        self.masm.branch(Temp::T2, Condition::Equal, Right::Number(0), miss);
                        let tag = self.existing_tag(miss);
                        self.masm.store_8(tag, Temp::T2);
                    }
                }
                let payload = self.payload();
                self.store_payload(payload, value);
            }
        }
        self.on_miss(miss, before, word);
        true
    }

    /// Stores the payload of a value. Changes `T0`.
    fn store_payload(&mut self, to: Address, value: Operand) {
        let home = match value {
            Operand::Register(register) => self.known().get(register).map(|fact| fact.home),
            Operand::Constant(_) | Operand::Number(_) => None,
        };
        match home {
            Some(Home::Kept(Kept::Integer(number))) => self.masm.store(to, Temp::Kept(number)),
            Some(Home::Kept(Kept::Float(number))) => self.masm.store_float(to, Float::Kept(number)),
            Some(Home::Constant(number)) => self.masm.store_number(to, number),
            Some(Home::Slot) | None => {
                let from = self.address_of(value);
                self.masm.load(Temp::T0, from);
                self.masm.store(to, Temp::T0);
            }
        }
    }

    /// `R[a] = #R[b]` of a table without a metatable.
    pub(crate) fn typed_length(&mut self, word: Instruction) -> bool {
        let (a, b) = (word.a(), word.b());
        if !self.may_be(b, Tag::Table)
            || self.guess(b) == Tag::String
            || self.planned(a).is_some_and(|fact| fact.tag != Tag::Integer)
        {
            return false;
        }
        let miss = self.masm.label();
        self.guard(miss);
        let table = self.table(b, miss);
        let before = self.known().clone();
        self.masm.load(Temp::T1, part(table, TABLE_METATABLE_OFFSET));
        self.masm.branch(Temp::T1, Condition::NotEqual, Right::Number(0), miss);
        self.masm.load_32(Temp::T1, part(table, TABLE_ARRAY_OFFSET + ARRAY_LENGTH_OFFSET));
        self.set_integer(a, Temp::T1);
        self.on_miss(miss, before, word);
        true
    }
}
