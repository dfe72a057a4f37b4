//! Fields by a constant key: inline caches whose data is the VM's feedback.
//!
//! The shape is read from the feedback slot each time, and the entry is checked, so the code never goes stale. What is fixed
//! is the number of entries that are tried, the kind of each, and the slot where there is one entry, as the VM had seen them
//! when the function was compiled; everything else goes to the VM, which learns from it.

use bytecode_vm::feedback::FEEDBACK_BYTES;
use lua_bytecode::instruction::Operand;
use lua_runtime::chain::{
    CHAIN_INDEX_SLOT_OFFSET, CHAIN_METATABLE_SHAPE_OFFSET, CHAIN_START_OFFSET, CHAIN_VALID_OFFSET,
};
use lua_runtime::function::CELL_VALUE_OFFSET;
use lua_runtime::inline_cache::{
    CACHE_FURTHER_OFFSET, CacheKind, ENTRY_BYTES, ENTRY_CHAIN_OFFSET, ENTRY_KIND_OFFSET, ENTRY_SHAPE_OFFSET,
    ENTRY_SLOT_OFFSET, ENTRY_TARGET_OFFSET, place,
};
use lua_runtime::layout::{CACHE_ENTRIES, CELL, CHAIN, FIELD, TABLE, TABLE_SLOTS};
use lua_runtime::object::FLAGS_OFFSET;
use lua_runtime::table::{
    TABLE_CAPACITIES_OFFSET, TABLE_METATABLE_OFFSET, TABLE_PROTOTYPE, TABLE_SHAPE_OFFSET, TABLE_SLOTS_OFFSET,
};
use lua_runtime::value::{Tag, VALUE_BYTES};
use lua_runtime::vm::VM_STRING_METHODS_OFFSET;

use crate::compile::Emitter;
use crate::function_record::EntryGuess;
use crate::helpers::Helper;
use crate::masm::{Address, Anchor, Argument, Condition, IntegerOperation, MacroAssembler, Right, Temp};

impl<'a, M: MacroAssembler> Emitter<'a, M> {
    /// `R[a] = R[object][key]`.
    pub(crate) fn load_field(&mut self, a: u8, object: Address) {
        let addresses = [object, Address::register(a), self.feedback(0)].map(Argument::Address);
        self.load(a, object, Helper::LoadField, addresses.to_vec());
    }

    /// `R[a] = R[object][key]`, where the object is probably a string if the cache knows the methods of strings.
    pub(crate) fn load_method(&mut self, a: u8, object: Address) {
        let guess = self.seen_entries().first().copied().filter(|guess| guess.is_of_strings);
        let Some(guess) = guess else { return self.load_field(a, object) };
        let (slow, done, entry) = (self.masm.label(), self.masm.label(), self.feedback(0));
        self.guard(slow);
        self.masm.branch_8(object.tag(), Condition::NotEqual, Tag::String as u8, slow);
        self.masm.load(Temp::T0, Address::at(Anchor::Vm, VM_STRING_METHODS_OFFSET));
        self.masm.branch(Temp::T0, Condition::Equal, Right::Number(0), slow);
        self.check_table_shape(Temp::T0, entry, guess, slow);
        self.load_from_receiver(a, entry, guess, slow);
        self.masm.bind(done);
        let arguments = [object, Address::register(a), entry].map(Argument::Address);
        self.cold_call(slow, Helper::LoadField, arguments.to_vec(), done);
    }

    /// `R[a] = U[upvalue][key]`.
    pub(crate) fn load_upvalue_field(&mut self, a: u8, upvalue: u8) {
        self.load_cell(upvalue);
        let object = Address::of(Temp::T0, &CELL, CELL_VALUE_OFFSET);
        self.load(a, object, Helper::LoadUpvalueField, vec![Argument::Number(upvalue.into())]);
    }

    /// `R[a][key] = value`.
    pub(crate) fn store_field(&mut self, a: u8, value: Operand) {
        let object = Address::register(a);
        self.store(object, value, Helper::StoreField, Argument::Address(object));
    }

    /// `U[upvalue][key] = value`.
    pub(crate) fn store_upvalue_field(&mut self, upvalue: u8, value: Operand) {
        self.load_cell(upvalue);
        let object = Address::of(Temp::T0, &CELL, CELL_VALUE_OFFSET);
        self.store(object, value, Helper::StoreUpvalueField, Argument::Number(upvalue.into()));
    }

    /// A part of the instruction's feedback slot.
    pub(crate) fn feedback(&self, offset: usize) -> Address {
        Address::at(Anchor::Pool, self.extra() as usize * FEEDBACK_BYTES + offset)
    }

    /// What to make code for of the entries that the cache has, in their order.
    pub(crate) fn seen_entries(&self) -> Vec<EntryGuess> {
        // SAFETY: the verifier has checked the index, and the prototype lives while it is compiled.
        let slot = unsafe { &*self.source.prototype.pool().feedback(self.extra()) };
        EntryGuess::of_cache(&slot.cache, self.source.string_methods)
    }

    /// Checks that `object` is a table whose shape the cache entry knows, and that the entry is as guessed; the table's address is in `T0` then.
    pub(crate) fn check_shape(&mut self, object: Address, entry: Address, guess: EntryGuess, miss: M::Label) {
        self.guard(miss);
        self.masm.branch_8(object.tag(), Condition::NotEqual, Tag::Table as u8, miss);
        self.masm.load(Temp::T0, object);
        self.check_table_shape(Temp::T0, entry, guess, miss);
    }

    /// Checks that the table at an address has the shape of a cache entry, and that the entry is as guessed. Uses `T1`.
    pub(crate) fn check_table_shape(&mut self, table: Temp, entry: Address, guess: EntryGuess, miss: M::Label) {
        self.masm.load(Temp::T1, entry.plus(ENTRY_SHAPE_OFFSET));
        let shape = Address::of(table, &TABLE, TABLE_SHAPE_OFFSET);
        self.masm.branch(Temp::T1, Condition::NotEqual, Right::Memory(shape), miss);
        match guess.slot {
            Some(slot) => {
                let place = place(guess.kind, slot).cast_signed();
                self.masm.branch_32(entry.plus(ENTRY_SLOT_OFFSET), Condition::NotEqual, place, miss);
            }
            None => self.masm.branch_8(entry.plus(ENTRY_KIND_OFFSET), Condition::NotEqual, guess.kind as u8, miss),
        }
    }

    /// After the shape was checked, with the receiver at `T0`: checks what else the entry depends on, and puts the table
    /// that has the field into `T0`, if there is one. Uses `T1` and `T2`.
    pub(crate) fn find_holder(&mut self, entry: Address, kind: CacheKind, miss: M::Label) {
        match kind {
            CacheKind::Own | CacheKind::Add | CacheKind::Handler => {}
            CacheKind::Holder => {
                self.check_chain(entry, miss);
                self.masm.load(Temp::T0, entry.plus(ENTRY_TARGET_OFFSET));
            }
            CacheKind::Absent => self.check_chain(entry, miss),
            CacheKind::PolyHolder => {
                self.check_metatable(entry, None, miss);
                self.masm.load(Temp::T0, entry.plus(ENTRY_TARGET_OFFSET));
            }
            CacheKind::PolyAbsent => {
                let done = self.masm.label();
                self.check_metatable(entry, Some(done), miss);
                self.masm.bind(done);
            }
        }
    }

    /// Checks that the entry's chain, which is there, is valid. Its address is in `T1` then.
    fn check_chain(&mut self, entry: Address, miss: M::Label) {
        self.masm.load(Temp::T1, entry.plus(ENTRY_CHAIN_OFFSET));
        let valid = Address::of(Temp::T1, &CHAIN, CHAIN_VALID_OFFSET);
        self.masm.branch_8(valid, Condition::Equal, 0, miss);
    }

    /// Checks that the entry's chain is valid and begins behind the metatable of the table at `T0`. A chain that begins
    /// nowhere is right if the metatable has its shape; the code goes on at `ends` then. Uses all of `T0` to `T2`.
    fn check_metatable(&mut self, entry: Address, ends: Option<M::Label>, miss: M::Label) {
        // Tables of a poly shape have one.
        self.masm.load(Temp::T2, Address::of(Temp::T0, &TABLE, TABLE_METATABLE_OFFSET));
        self.check_chain(entry, miss);
        self.masm.load(Temp::T0, Address::of(Temp::T2, &TABLE, TABLE_SHAPE_OFFSET));
        let shape = Address::of(Temp::T1, &CHAIN, CHAIN_METATABLE_SHAPE_OFFSET);
        self.masm.branch(Temp::T0, Condition::NotEqual, Right::Memory(shape), miss);
        let start = Address::of(Temp::T1, &CHAIN, CHAIN_START_OFFSET);
        if let Some(ends) = ends {
            self.masm.load(Temp::T0, start);
            self.masm.branch(Temp::T0, Condition::Equal, Right::Number(0), ends);
        }
        self.masm.load_32(Temp::T0, Address::of(Temp::T1, &CHAIN, CHAIN_INDEX_SLOT_OFFSET));
        self.masm.shift_left(Temp::T0, 4);
        let slots = Address::of(Temp::T2, &TABLE, TABLE_SLOTS_OFFSET);
        self.masm.integer(IntegerOperation::Add, Temp::T0, Right::Memory(slots));
        let handler = Address::of(Temp::T0, &FIELD, 0);
        self.masm.branch_8(handler.tag(), Condition::NotEqual, Tag::Table as u8, miss);
        self.masm.load(Temp::T0, handler);
        self.masm.branch(Temp::T0, Condition::NotEqual, Right::Memory(start), miss);
    }

    /// Where the receiver's own field is nil: goes to `miss` unless the entry says that nil is the answer.
    fn check_nil_is_answer(&mut self, entry: Address, miss: M::Label) {
        self.masm.load(Temp::T1, entry.plus(ENTRY_CHAIN_OFFSET));
        self.masm.branch(Temp::T1, Condition::Equal, Right::Number(0), miss);
        self.masm.branch_8(Address::of(Temp::T1, &CHAIN, CHAIN_VALID_OFFSET), Condition::Equal, 0, miss);
        self.masm.load(Temp::T1, Address::of(Temp::T1, &CHAIN, CHAIN_METATABLE_SHAPE_OFFSET));
        self.masm.branch(Temp::T1, Condition::NotEqual, Right::Number(0), miss);
    }

    /// Where the field in the table at `T0` is, once the entry was checked; relative to `T0`. Uses `T1`.
    pub(crate) fn find_field(&mut self, entry: Address, guess: EntryGuess) -> Address {
        if let Some(slot) = guess.slot {
            self.masm.load(Temp::T0, Address::of(Temp::T0, &TABLE, TABLE_SLOTS_OFFSET));
            return Address::of(Temp::T0, &TABLE_SLOTS, usize::from(slot) * VALUE_BYTES);
        }
        self.masm.load_16(Temp::T1, entry.plus(ENTRY_SLOT_OFFSET));
        self.masm.shift_left(Temp::T1, 4);
        self.masm.load(Temp::T0, Address::of(Temp::T0, &TABLE, TABLE_SLOTS_OFFSET));
        self.masm.integer(IntegerOperation::Add, Temp::T0, Right::Temp(Temp::T1));
        Address::of(Temp::T0, &FIELD, 0)
    }

    fn load(&mut self, a: u8, object: Address, helper: Helper, arguments: Vec<Argument>) {
        let entries = self.seen_entries();
        let (slow, done) = (self.masm.label(), self.masm.label());
        let first = entries.first().copied().unwrap_or(EntryGuess::NONE);
        if entries.len() < 2 || object.anchor != Anchor::Frame {
            self.load_by(a, object, self.feedback(0), first, slow);
        } else {
            let others = self.masm.label();
            self.load_by(a, object, self.feedback(0), first, others);
            self.cold(move |this| {
                this.masm.bind(others);
                this.load_by_others(a, object, &entries[1..], slow, done);
            });
        }
        self.masm.bind(done);
        self.cold_call(slow, helper, arguments, done);
    }

    /// The load by one cache entry; goes to `miss` if that does not know the field. Keeps `T3`.
    pub(crate) fn load_by(&mut self, a: u8, object: Address, entry: Address, guess: EntryGuess, miss: M::Label) {
        self.check_shape(object, entry, guess, miss);
        self.load_from_receiver(a, entry, guess, miss);
    }

    /// The same behind the check of the shape of the receiver, which is at `T0`.
    fn load_from_receiver(&mut self, a: u8, entry: Address, guess: EntryGuess, miss: M::Label) {
        self.find_holder(entry, guess.kind, miss);
        match guess.kind {
            CacheKind::Own => {
                let (field, nil, done) = (self.find_field(entry, guess), self.masm.label(), self.masm.label());
                self.masm.branch_8(field.tag(), Condition::Equal, Tag::Nil as u8, nil);
                self.copy_value(Address::register(a), field);
                self.masm.bind(done);
                self.cold(move |this| {
                    this.masm.bind(nil);
                    this.check_nil_is_answer(entry, miss);
                    this.store_tag(a, Tag::Nil);
                    this.masm.jump(done);
                });
            }
            CacheKind::Holder | CacheKind::PolyHolder => {
                let field = self.find_field(entry, guess);
                self.masm.branch_8(field.tag(), Condition::Equal, Tag::Nil as u8, miss);
                self.copy_value(Address::register(a), field);
            }
            CacheKind::Absent | CacheKind::PolyAbsent => self.store_tag(a, Tag::Nil),
            // The helper calls the function. No entry of a load is of the other kind.
            CacheKind::Handler | CacheKind::Add => self.masm.jump(miss),
        }
    }

    /// The load by the entries behind the first, of as many kinds as the VM had filled.
    fn load_by_others(&mut self, a: u8, object: Address, guesses: &[EntryGuess], slow: M::Label, done: M::Label) {
        self.load_others(slow);
        for (index, guess) in guesses.iter().enumerate() {
            let miss = self.masm.label();
            let entry = Address::of(Temp::T3, &CACHE_ENTRIES, index * ENTRY_BYTES);
            self.load_by(a, object, entry, *guess, miss);
            self.masm.jump(done);
            self.masm.bind(miss);
        }
        self.masm.jump(slow);
    }

    /// Loads the address of the entries behind the first into `T3`; goes to `slow` if there are none.
    fn load_others(&mut self, slow: M::Label) {
        self.masm.load(Temp::T3, self.feedback(CACHE_FURTHER_OFFSET));
        self.masm.branch(Temp::T3, Condition::Equal, Right::Number(0), slow);
    }

    fn store(&mut self, object: Address, value: Operand, helper: Helper, which: Argument) {
        let value = self.address_of(value);
        let arguments = vec![which, Argument::Address(value)];
        let entries = self.seen_entries();
        let first = entries.first().copied().unwrap_or(EntryGuess::NONE);
        match first.kind {
            CacheKind::Own => {
                let (slow, done) = (self.masm.label(), self.masm.label());
                let is_single = entries.len() < 2 || object.anchor != Anchor::Frame;
                let others = if is_single { slow } else { self.masm.label() };
                self.store_by(object, value, self.feedback(0), first, others);
                self.masm.bind(done);
                if !is_single {
                    self.cold(move |this| {
                        this.masm.bind(others);
                        this.store_by_others(object, value, &entries[1..], slow, done);
                    });
                }
                self.cold_call(slow, helper, arguments, done);
            }
            CacheKind::Add if first.slot.is_some() => {
                let (slow, done) = (self.masm.label(), self.masm.label());
                self.add_by(object, value, self.feedback(0), first, slow);
                self.masm.bind(done);
                self.cold_call(slow, helper, arguments, done);
            }
            CacheKind::Add
            | CacheKind::Holder
            | CacheKind::Absent
            | CacheKind::PolyHolder
            | CacheKind::PolyAbsent
            | CacheKind::Handler => self.call(helper, &arguments),
        }
    }

    /// The store of a new field by the only cache entry, if the table has room for it; goes to `miss` otherwise.
    fn add_by(&mut self, object: Address, value: Address, entry: Address, guess: EntryGuess, miss: M::Label) {
        let slot = guess.slot.expect("the entry is the only one");
        self.check_shape(object, entry, guess, miss);
        self.check_nil_is_overwritten(Temp::T0, entry, miss);
        self.masm.branch_8(value.tag(), Condition::Equal, Tag::Nil as u8, miss);
        let capacity = Address::of(Temp::T0, &TABLE, TABLE_CAPACITIES_OFFSET);
        self.masm.branch_32(capacity, Condition::BelowEqual, slot.into(), miss);
        self.masm.load(Temp::T1, entry.plus(ENTRY_TARGET_OFFSET));
        self.masm.store(Address::of(Temp::T0, &TABLE, TABLE_SHAPE_OFFSET), Temp::T1);
        let field = self.find_field(entry, guess);
        self.store_to_object(field, value);
    }

    /// The store by one cache entry; goes to `miss` if that does not know that the field is there. Keeps `T3`.
    fn store_by(&mut self, object: Address, value: Address, entry: Address, guess: EntryGuess, miss: M::Label) {
        assert!(guess.kind == CacheKind::Own, "a store that overwrites by another kind of entry");
        self.check_shape(object, entry, guess, miss);
        let field = self.find_field(entry, guess);
        let store = self.masm.label();
        if object.anchor == Anchor::Frame {
            let nil = self.masm.label();
            self.masm.branch_8(field.tag(), Condition::Equal, Tag::Nil as u8, nil);
            self.cold(move |this| {
                this.masm.bind(nil);
                this.masm.load(Temp::T2, object);
                this.check_nil_is_overwritten(Temp::T2, entry, miss);
                this.masm.jump(store);
            });
        } else {
            self.masm.branch_8(field.tag(), Condition::Equal, Tag::Nil as u8, miss);
        }
        self.masm.bind(store);
        self.store_to_object(field, value);
    }

    /// Where the field to be stored is nil, as it is in an object that is new: goes to `miss` if the store may be a
    /// metamethod's business, or tells others something about the table at an address. Uses `T1`.
    pub(crate) fn check_nil_is_overwritten(&mut self, table: Temp, entry: Address, miss: M::Label) {
        self.masm.load_8(Temp::T1, Address::of(table, &TABLE, FLAGS_OFFSET));
        self.masm.integer(IntegerOperation::And, Temp::T1, Right::Number(TABLE_PROTOTYPE.into()));
        self.masm.branch(Temp::T1, Condition::NotEqual, Right::Number(0), miss);
        self.check_nil_is_answer(entry, miss);
    }

    /// The store by the entries behind the first.
    fn store_by_others(
        &mut self,
        object: Address,
        value: Address,
        guesses: &[EntryGuess],
        slow: M::Label,
        done: M::Label,
    ) {
        self.load_others(slow);
        for (index, guess) in guesses.iter().enumerate() {
            let entry = Address::of(Temp::T3, &CACHE_ENTRIES, index * ENTRY_BYTES);
            match guess.kind {
                CacheKind::Own => {
                    let miss = self.masm.label();
                    self.store_by(object, value, entry, *guess, miss);
                    self.masm.jump(done);
                    self.masm.bind(miss);
                }
                CacheKind::Add
                | CacheKind::Holder
                | CacheKind::Absent
                | CacheKind::PolyHolder
                | CacheKind::PolyAbsent
                | CacheKind::Handler => {}
            }
        }
        self.masm.jump(slow);
    }

    /// Where the value of a register or constant is.
    pub(crate) fn address_of(&self, operand: Operand) -> Address {
        match operand {
            Operand::Register(register) => Address::register(register),
            Operand::Constant(index) => Address::constant(index),
            Operand::Number(_) => unreachable!("numbers in instructions are no values to be stored"),
        }
    }
}
