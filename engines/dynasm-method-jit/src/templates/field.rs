//! Fields by a constant key: inline caches whose data is the VM's feedback.
//!
//! The shape, the kind of the entry and the field's slot are read from the feedback slot each time, so the code never
//! goes stale. What is fixed is the number of entries that are tried and the kind of each, as the VM had seen them when
//! the function was compiled; everything else goes to the VM, which learns from it.

use bytecode_vm::feedback::{
    CacheKind, FeedbackSlot, FieldCache, SLOT_BYTES, SLOT_EPOCH_OFFSET, SLOT_FIELD_OFFSET, SLOT_KIND_OFFSET,
    SLOT_SHAPE_OFFSET, SLOT_TARGET_OFFSET,
};
use lua_runtime::function::CELL_VALUE_OFFSET;
use lua_runtime::table::{TABLE_SHAPE_OFFSET, TABLE_SLOTS_OFFSET};
use lua_runtime::value::Tag;
use lua_runtime::vm::VM_PROTO_EPOCH_OFFSET;

use super::Operand;
use crate::compile::Emitter;
use crate::helpers::Helper;
use crate::masm::{Anchor, Argument, Condition, IntegerOperation, MacroAssembler, Place, Right, Temp};

impl<'a, M: MacroAssembler> Emitter<'a, M> {
    /// `R[a] = R[object][key]`.
    pub(crate) fn load_field(&mut self, a: u8, object: Place) {
        self.load(a, object, Helper::LoadField, vec![Argument::Address(object)]);
    }

    /// `R[a] = U[upvalue][key]`.
    pub(crate) fn load_upvalue_field(&mut self, a: u8, upvalue: u8) {
        self.load_cell(upvalue);
        let object = Place::at(Anchor::Temp(Temp::T0), CELL_VALUE_OFFSET);
        self.load(a, object, Helper::LoadUpvalueField, vec![Argument::Number(upvalue.into())]);
    }

    /// `R[a][key] = value`.
    pub(crate) fn store_field(&mut self, a: u8, value: Operand) {
        let object = Place::register(a);
        self.store(object, value, Helper::StoreField, Argument::Address(object));
    }

    /// `U[upvalue][key] = value`.
    pub(crate) fn store_upvalue_field(&mut self, upvalue: u8, value: Operand) {
        self.load_cell(upvalue);
        let object = Place::at(Anchor::Temp(Temp::T0), CELL_VALUE_OFFSET);
        self.store(object, value, Helper::StoreUpvalueField, Argument::Number(upvalue.into()));
    }

    /// A part of the instruction's feedback slot.
    pub(crate) fn feedback(&self, offset: usize) -> Place {
        Place::at(Anchor::Pool, self.extra() as usize * SLOT_BYTES + offset)
    }

    /// The kinds of the entries that the VM has filled, the first one first.
    pub(crate) fn seen_kinds(&self) -> Vec<CacheKind> {
        // SAFETY: the verifier has checked the index, and nothing else touches the slot meanwhile.
        let slot = unsafe { &*self.source.prototype.pool.slot(self.extra()) };
        let entries = std::iter::once(&slot.first).chain(slot.further());
        entries.filter(|entry| entry.shape.is_some()).map(|entry| entry.kind).collect()
    }

    /// Checks that `object` is a table whose shape the cache entry knows under this kind; its address is in `T0` then.
    pub(crate) fn check_shape(&mut self, object: Place, entry: Place, kind: CacheKind, miss: M::Label) {
        self.guard(miss);
        self.masm.branch_8(object.tag(), Condition::NotEqual, Tag::Table as u8, miss);
        self.masm.load(Temp::T0, object);
        self.masm.load(Temp::T1, entry.plus(SLOT_SHAPE_OFFSET));
        let shape = Place::at(Anchor::Temp(Temp::T0), TABLE_SHAPE_OFFSET);
        self.masm.branch(Temp::T1, Condition::NotEqual, Right::Place(shape), miss);
        self.masm.branch_8(entry.plus(SLOT_KIND_OFFSET), Condition::NotEqual, kind as u8, miss);
    }

    /// Puts the address of the field in the table at `T0` into `T0`. Uses `T1`.
    pub(crate) fn find_field(&mut self, entry: Place) -> Place {
        self.masm.load_16(Temp::T1, entry.plus(SLOT_FIELD_OFFSET));
        self.masm.shift_left(Temp::T1, 4);
        self.masm.load(Temp::T0, Place::at(Anchor::Temp(Temp::T0), TABLE_SLOTS_OFFSET));
        self.masm.integer(IntegerOperation::Add, Temp::T0, Right::Temp(Temp::T1));
        Place::at(Anchor::Temp(Temp::T0), 0)
    }

    fn load(&mut self, a: u8, object: Place, helper: Helper, arguments: Vec<Argument>) {
        let kinds = self.seen_kinds();
        let (slow, done) = (self.masm.label(), self.masm.label());
        let first = kinds.first().copied().unwrap_or(CacheKind::OwnPlain);
        if kinds.len() < 2 || object.anchor != Anchor::Frame {
            self.load_by(a, object, self.feedback(0), first, slow);
        } else {
            let others = self.masm.label();
            self.load_by(a, object, self.feedback(0), first, others);
            self.cold(move |this| {
                this.masm.bind(others);
                this.load_by_others(a, object, &kinds[1..], slow, done);
            });
        }
        self.masm.bind(done);
        self.cold_call(slow, helper, arguments, done);
    }

    /// The load by one cache entry; goes to `miss` if that does not know the field. Keeps `T3`.
    pub(crate) fn load_by(&mut self, a: u8, object: Place, entry: Place, kind: CacheKind, miss: M::Label) {
        self.check_shape(object, entry, kind, miss);
        match kind {
            CacheKind::OwnPlain => {
                let field = self.find_field(entry);
                self.copy_value(Place::register(a), field);
            }
            CacheKind::Own | CacheKind::Holder => {
                if kind == CacheKind::Holder {
                    self.masm.load_32(Temp::T1, entry.plus(SLOT_EPOCH_OFFSET));
                    let epoch = Place::at(Anchor::Vm, VM_PROTO_EPOCH_OFFSET);
                    self.masm.branch_32_with(Temp::T1, Condition::NotEqual, epoch, miss);
                    self.masm.load(Temp::T0, entry.plus(SLOT_TARGET_OFFSET));
                }
                let field = self.find_field(entry);
                self.masm.branch_8(field.tag(), Condition::Equal, Tag::Nil as u8, miss);
                self.copy_value(Place::register(a), field);
            }
            CacheKind::Absent => {
                self.masm.store_number(Place::register(a), 0);
                self.masm.store_number_8(Place::register(a).tag(), Tag::Nil as u8);
            }
            // No entry of a load is of this kind.
            CacheKind::Add => self.masm.jump(miss),
        }
    }

    /// The load by the entries behind the first, of as many kinds as the VM had filled.
    fn load_by_others(&mut self, a: u8, object: Place, kinds: &[CacheKind], slow: M::Label, done: M::Label) {
        self.load_others(slow);
        for (index, kind) in kinds.iter().enumerate() {
            let miss = self.masm.label();
            let entry = Place::at(Anchor::Temp(Temp::T3), index * size_of::<FieldCache>());
            self.load_by(a, object, entry, *kind, miss);
            self.masm.jump(done);
            self.masm.bind(miss);
        }
        self.masm.jump(slow);
    }

    /// Loads the address of the entries behind the first into `T3`; goes to `slow` if there are none.
    fn load_others(&mut self, slow: M::Label) {
        self.masm.load(Temp::T3, self.feedback(std::mem::offset_of!(FeedbackSlot, more)));
        self.masm.branch(Temp::T3, Condition::Equal, Right::Number(0), slow);
    }

    fn store(&mut self, object: Place, value: Operand, helper: Helper, first: Argument) {
        let value = self.place_of(value);
        let arguments = vec![first, Argument::Address(value)];
        let kinds = self.seen_kinds();
        let kind = kinds.first().copied().unwrap_or(CacheKind::OwnPlain);
        match kind {
            CacheKind::Own | CacheKind::OwnPlain => {
                let (slow, done) = (self.masm.label(), self.masm.label());
                let is_single = kinds.len() < 2 || object.anchor != Anchor::Frame;
                let others = if is_single { slow } else { self.masm.label() };
                self.store_by(object, value, self.feedback(0), kind, others);
                self.masm.bind(done);
                if !is_single {
                    self.cold(move |this| {
                        this.masm.bind(others);
                        this.store_by_others(object, value, &kinds[1..], slow, done);
                    });
                }
                self.cold_call(slow, helper, arguments, done);
            }
            // A new field: the table grows.
            CacheKind::Add | CacheKind::Holder | CacheKind::Absent => self.call(helper, &arguments),
        }
    }

    /// The store by one cache entry; goes to `miss` if that does not overwrite the field. Keeps `T3`.
    fn store_by(&mut self, object: Place, value: Place, entry: Place, kind: CacheKind, miss: M::Label) {
        self.check_shape(object, entry, kind, miss);
        let field = self.find_field(entry);
        // Where there is nil, the store may be a metamethod's business or a structural change.
        self.masm.branch_8(field.tag(), Condition::Equal, Tag::Nil as u8, miss);
        self.store_to_object(field, value);
    }

    /// The store by the entries behind the first.
    fn store_by_others(&mut self, object: Place, value: Place, kinds: &[CacheKind], slow: M::Label, done: M::Label) {
        self.load_others(slow);
        for (index, kind) in kinds.iter().enumerate() {
            let entry = Place::at(Anchor::Temp(Temp::T3), index * size_of::<FieldCache>());
            match kind {
                CacheKind::Own | CacheKind::OwnPlain => {
                    let miss = self.masm.label();
                    self.store_by(object, value, entry, *kind, miss);
                    self.masm.jump(done);
                    self.masm.bind(miss);
                }
                CacheKind::Add | CacheKind::Holder | CacheKind::Absent => {}
            }
        }
        self.masm.jump(slow);
    }

    /// Where the value of a register or constant is.
    pub(crate) fn place_of(&self, operand: Operand) -> Place {
        match operand {
            Operand::Register(register) => Place::register(register),
            Operand::Constant(index) => Place::constant(index),
            Operand::Number(_) => unreachable!("numbers in instructions are no values to be stored"),
        }
    }
}
