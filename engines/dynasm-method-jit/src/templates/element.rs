//! Elements by integer keys: loads and stores in the array part, by its kind.

use lua_bytecode::instruction::Operand;
use lua_runtime::MetaEvent;
use lua_runtime::array::{ARRAY_LENGTH_OFFSET, ARRAY_POINTER_OFFSET, ArrayKind};
use lua_runtime::layout::{ELEMENT_PAYLOAD, ELEMENT_TAG, STRING, TABLE};
use lua_runtime::object::{DETAIL_OFFSET, WORD_OFFSET};
use lua_runtime::string::STRING_LENGTH_OFFSET;
use lua_runtime::table::{TABLE_ARRAY_OFFSET, TABLE_HASH_OFFSET, TABLE_METATABLE_OFFSET};
use lua_runtime::value::Tag;

use crate::compile::Emitter;
use crate::helpers::Helper;
use crate::masm::{Address, Argument, Condition, IntegerOperation, MacroAssembler, Right, Temp};

/// The tag of the elements of an array of integers or floats is its kind plus this.
pub(crate) const TAG_MINUS_KIND: u8 = Tag::Integer as u8 - ArrayKind::Integer as u8;
const _: () = assert!(TAG_MINUS_KIND == Tag::Float as u8 - ArrayKind::Float as u8);

/// A part of the table whose address is in `T0`.
fn in_table(offset: usize) -> Address {
    Address::of(Temp::T0, &TABLE, offset)
}

impl<'a, M: MacroAssembler> Emitter<'a, M> {
    /// Checks that `R[object]` is a table and the key an integer between 1 and its length. Then `T0` is the table, `T1`
    /// the index from 0, `T2` the kind.
    /// Goes to `beyond` if only the range of the key is another: with the table in `T0`.
    fn find_element(&mut self, object: u8, key: Operand, slow: M::Label, beyond: M::Label) {
        self.guard(slow);
        if let Operand::Register(key) = key {
            self.masm.branch_8(Address::register(key).tag(), Condition::NotEqual, Tag::Integer as u8, slow);
        }
        self.masm.branch_8(Address::register(object).tag(), Condition::NotEqual, Tag::Table as u8, slow);
        self.masm.load(Temp::T0, Address::register(object));
        match key {
            Operand::Register(key) => {
                self.masm.load(Temp::T1, Address::register(key));
                self.masm.integer(IntegerOperation::Subtract, Temp::T1, Right::Number(1));
            }
            Operand::Number(key) => self.masm.load_number(Temp::T1, i64::from(key) - 1),
            Operand::Constant(_) => unreachable!("no instruction has a constant as key of an element"),
        }
        self.masm.load_32(Temp::T2, in_table(TABLE_ARRAY_OFFSET + ARRAY_LENGTH_OFFSET));
        self.masm.branch(Temp::T1, Condition::AboveEqual, Right::Temp(Temp::T2), beyond);
        self.masm.load_8(Temp::T2, in_table(DETAIL_OFFSET));
    }

    /// Replaces the table in `T0` by the pointer between payloads and tags.
    fn load_array(&mut self) {
        self.masm.load(Temp::T0, in_table(TABLE_ARRAY_OFFSET + ARRAY_POINTER_OFFSET));
    }

    /// Where the payload of the element `T1` of the array `T0` is. Changes `T1`.
    pub(crate) fn payload(&mut self) -> Address {
        // Payload i lies 8 * (i + 1) bytes below the pointer, and -(i + 1) is the complement of i.
        self.masm.complement(Temp::T1);
        self.masm.scale(Temp::T1, Temp::T0);
        Address::of(Temp::T1, &ELEMENT_PAYLOAD, 0)
    }

    /// Where the tag of the element `T1` of the array `T0` is. Changes `T3`.
    pub(crate) fn element_tag(&mut self) -> Address {
        self.masm.copy(Temp::T3, Temp::T0);
        self.masm.integer(IntegerOperation::Add, Temp::T3, Right::Temp(Temp::T1));
        Address::of(Temp::T3, &ELEMENT_TAG, 0)
    }

    /// `R[a] = R[object][key]`.
    pub(crate) fn load_element(&mut self, a: u8, object: u8, key: Operand) {
        let (slow, done) = (self.masm.label(), self.masm.label());
        self.load_own_element(a, object, key, slow);
        self.masm.bind(done);
        let (helper, key) = match key {
            Operand::Register(key) => (Helper::LoadElement, Argument::Address(Address::register(key))),
            Operand::Number(key) => (Helper::LoadElementImmediate, Argument::Number(key)),
            Operand::Constant(_) => unreachable!("no instruction has a constant as key of an element"),
        };
        let object = Argument::Address(Address::register(object));
        self.cold_call(slow, helper, vec![object, key, Argument::Address(Address::register(a))], done);
    }

    /// `R[a] = R[object][key]`, if the key is an integer and nothing but the array part has to be asked; goes to `slow` otherwise.
    pub(super) fn load_own_element(&mut self, a: u8, object: u8, key: Operand, slow: M::Label) {
        let (with_tags, without_tags) = (self.masm.label(), self.masm.label());
        let (done, beyond, hole) = (self.masm.label(), self.masm.label(), self.masm.label());
        let to = Address::register(a);
        self.find_element(object, key, slow, beyond);
        self.load_array();
        let any_first = self.probably_any(object);
        let (condition, other) =
            if any_first { (Condition::Below, without_tags) } else { (Condition::AboveEqual, with_tags) };
        self.masm.branch(Temp::T2, condition, Right::Number(ArrayKind::Boolean as i32), other);
        if any_first {
            self.load_with_tag(to, hole);
        } else {
            self.load_without_tag(to);
        }
        self.masm.bind(done);
        self.cold(move |this| {
            this.masm.bind(other);
            if any_first {
                this.load_without_tag(to);
            } else {
                this.load_with_tag(to, hole);
            }
            this.masm.jump(done);
            // A table without hash part and metatable has nothing there.
            this.masm.bind(beyond);
            this.masm.load(Temp::T1, in_table(TABLE_HASH_OFFSET));
            this.masm.branch(Temp::T1, Condition::NotEqual, Right::Number(0), slow);
            this.masm.bind(hole);
            this.masm.load(Temp::T0, Address::register(object));
            this.masm.load(Temp::T1, in_table(TABLE_METATABLE_OFFSET));
            this.masm.branch(Temp::T1, Condition::NotEqual, Right::Number(0), slow);
            this.store_tag(a, Tag::Nil);
            this.masm.jump(done);
        });
    }

    /// Whether the array of a table has tags, as far as can be guessed.
    fn probably_any(&self, object: u8) -> bool {
        let table = self.source.registers[usize::from(object)].as_table();
        table.is_none_or(|table| matches!(table.array_kind(), ArrayKind::Boolean | ArrayKind::Any))
    }

    /// Loads the element `T1` of the array `T0` of integers or floats, whose kind is in `T2`.
    fn load_without_tag(&mut self, to: Address) {
        let payload = self.payload();
        self.masm.load(Temp::T0, payload);
        self.masm.integer(IntegerOperation::Add, Temp::T2, Right::Number(TAG_MINUS_KIND.into()));
        self.masm.store(to, Temp::T0);
        self.masm.store_8(to.tag(), Temp::T2);
    }

    /// Loads the element `T1` of the array `T0` of booleans or of anything, whose kind is in `T2`.
    fn load_with_tag(&mut self, to: Address, slow: M::Label) {
        let tag = self.element_tag();
        self.masm.load_8(Temp::T3, tag);
        self.masm.branch(Temp::T3, Condition::Equal, Right::Number(0), slow);
        let (boolean, done) = (self.masm.label(), self.masm.label());
        self.masm.branch(Temp::T2, Condition::Equal, Right::Number(ArrayKind::Boolean as i32), boolean);
        let payload = self.payload();
        self.masm.load(Temp::T0, payload);
        self.masm.store(to, Temp::T0);
        self.masm.bind(done);
        self.masm.store_8(to.tag(), Temp::T3);
        self.cold(move |this| {
            this.masm.bind(boolean);
            this.masm.store_number(to, 0);
            this.masm.jump(done);
        });
    }

    /// `R[object][key] = value`.
    pub(crate) fn store_element(&mut self, object: u8, key: Operand, value: Operand) {
        let (slow, any, done) = (self.masm.label(), self.masm.label(), self.masm.label());
        let beyond = self.masm.label();
        let value = self.address_of(value);
        self.find_element(object, key, slow, beyond);
        self.load_array();
        let any_first = self.probably_any(object);
        let (condition, other) = if any_first { (Condition::Below, any) } else { (Condition::AboveEqual, any) };
        self.masm.branch(Temp::T2, condition, Right::Number(ArrayKind::Boolean as i32), other);
        let store = move |this: &mut Emitter<'a, M>, with_tags: bool| {
            if with_tags {
                this.store_with_tag(object, value, slow);
            } else {
                this.store_without_tag(value, slow);
            }
        };
        store(self, any_first);
        self.masm.bind(done);
        self.cold(move |this| {
            this.masm.bind(any);
            store(this, !any_first);
            this.masm.jump(done);
            this.masm.bind(beyond);
            this.masm.load_address(Temp::T2, value);
            this.masm.append(slow);
            this.masm.jump(done);
        });
        let object = Argument::Address(Address::register(object));
        let (helper, key) = match key {
            Operand::Register(key) => (Helper::StoreElement, Argument::Address(Address::register(key))),
            Operand::Number(key) => (Helper::StoreElementImmediate, Argument::Number(key)),
            Operand::Constant(_) => unreachable!("no instruction has a constant as key of an element"),
        };
        self.cold_call(slow, helper, vec![object, key, Argument::Address(value)], done);
    }

    /// Stores to the element `T1` of the array `T0` of integers or floats, whose kind is in `T2`.
    fn store_without_tag(&mut self, value: Address, slow: M::Label) {
        self.masm.load_8(Temp::T3, value.tag());
        self.masm.integer(IntegerOperation::Add, Temp::T2, Right::Number(TAG_MINUS_KIND.into()));
        self.masm.branch(Temp::T3, Condition::NotEqual, Right::Temp(Temp::T2), slow);
        let payload = self.payload();
        self.masm.load(Temp::T0, value);
        self.masm.store(payload, Temp::T0);
    }

    /// Stores to the element `T1` of the array `T0` of anything or booleans, whose kind is in `T2`. Nil goes the slow
    /// way, and so do what is no boolean into an array of booleans, and a hole of a table with a metatable, which may have
    /// something to say about it.
    fn store_with_tag(&mut self, object: u8, value: Address, slow: M::Label) {
        let (boolean, write) = (self.masm.label(), self.masm.label());
        let (hole, is_free) = (self.masm.label(), self.masm.label());
        self.masm.branch_8(value.tag(), Condition::Equal, Tag::Nil as u8, slow);
        self.masm.branch(Temp::T2, Condition::Equal, Right::Number(ArrayKind::Boolean as i32), boolean);
        let tag = self.element_tag();
        self.masm.branch_8(tag, Condition::Equal, Tag::Nil as u8, hole);
        self.masm.bind(is_free);
        self.masm.load_8(Temp::T2, value.tag());
        self.masm.store_8(tag, Temp::T2);
        let payload = self.payload();
        self.masm.load(Temp::T0, value);
        self.masm.store(payload, Temp::T0);
        self.masm.bind(write);
        self.cold(move |this| {
            this.masm.bind(hole);
            this.check_no_metatable(object, slow);
            this.masm.jump(is_free);
            this.masm.bind(boolean);
            this.masm.branch_8(value.tag(), Condition::Above, Tag::True as u8, slow);
            let tag = this.element_tag();
            let is_there = this.masm.label();
            this.masm.branch_8(tag, Condition::NotEqual, Tag::Nil as u8, is_there);
            this.check_no_metatable(object, slow);
            this.masm.bind(is_there);
            this.masm.load_8(Temp::T2, value.tag());
            this.masm.store_8(tag, Temp::T2);
            this.masm.jump(write);
        });
    }

    /// Goes to `slow` if the table in a register has a metatable. Changes `T2`.
    fn check_no_metatable(&mut self, object: u8, slow: M::Label) {
        self.masm.load(Temp::T2, Address::register(object));
        self.masm.load(Temp::T2, Address::of(Temp::T2, &TABLE, TABLE_METATABLE_OFFSET));
        self.masm.branch(Temp::T2, Condition::NotEqual, Right::Number(0), slow);
    }

    /// `R[a] = #R[b]`: of a table without the metamethod, or of a string.
    pub(crate) fn length(&mut self, a: u8, b: u8) {
        let (slow, other, done) = (self.masm.label(), self.masm.label(), self.masm.label());
        let (has_metatable, is_raw) = (self.masm.label(), self.masm.label());
        let (to, from) = (Address::register(a), Address::register(b));
        self.guard(slow);
        self.masm.branch_8(from.tag(), Condition::NotEqual, Tag::Table as u8, other);
        self.masm.load(Temp::T0, from);
        self.masm.load(Temp::T1, in_table(TABLE_METATABLE_OFFSET));
        self.masm.branch(Temp::T1, Condition::NotEqual, Right::Number(0), has_metatable);
        self.masm.bind(is_raw);
        self.masm.load_32(Temp::T1, in_table(TABLE_ARRAY_OFFSET + ARRAY_LENGTH_OFFSET));
        self.masm.store(to, Temp::T1);
        self.masm.store_number_8(to.tag(), Tag::Integer as u8);
        self.masm.bind(done);
        self.cold(move |this| {
            this.masm.bind(has_metatable);
            this.masm.load_32(Temp::T1, Address::of(Temp::T1, &TABLE, WORD_OFFSET));
            this.masm.integer(IntegerOperation::And, Temp::T1, Right::Number(1 << MetaEvent::Length as i32));
            this.masm.branch(Temp::T1, Condition::NotEqual, Right::Number(0), is_raw);
            this.masm.jump(slow);
            this.masm.bind(other);
            this.masm.branch_8(from.tag(), Condition::NotEqual, Tag::String as u8, slow);
            this.masm.load(Temp::T0, from);
            this.masm.load(Temp::T1, Address::of(Temp::T0, &STRING, STRING_LENGTH_OFFSET));
            this.masm.store(to, Temp::T1);
            this.masm.store_number_8(to.tag(), Tag::Integer as u8);
            this.masm.jump(done);
        });
        let addresses = [from, to].map(Argument::Address);
        self.cold_call(slow, Helper::Length, addresses.to_vec(), done);
    }
}
