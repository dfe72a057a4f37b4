//! Table access: elements of array parts by kind, fields by shape, and the runtime for the rest.
//!
//! What a table looks like now decides what is compiled; guards check it. A read leaves for the interpreter when its
//! guard fails, because the type of what it gives depends on it; a store goes to the runtime instead, so that arrays
//! grow without leaving. References are stored by the runtime only, where the collector's barrier is.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, MemFlagsData, types};
use engine_api::event::ExitReason;
use lua_bytecode::proto::{Constant, FeedbackDescriptor};
use lua_runtime::array::{ARRAY_LENGTH_OFFSET, ARRAY_POINTER_OFFSET, ArrayKind};
use lua_runtime::chain::{CHAIN_VALID_OFFSET, Chain};
use lua_runtime::function::CELL_VALUE_OFFSET;
use lua_runtime::inline_cache::{CacheKind, Lookup};
use lua_runtime::layout::{CHAIN, ELEMENT_PAYLOAD, ELEMENT_TAG, TABLE, TABLE_SLOTS};
use lua_runtime::object::DETAIL_OFFSET;
use lua_runtime::table::{TABLE_ARRAY_OFFSET, TABLE_METATABLE_OFFSET, TABLE_SHAPE_OFFSET, TABLE_SLOTS_OFFSET};
use lua_runtime::value::{PAYLOAD_OFFSET, TAG_OFFSET, Tag, VALUE_BYTES, Value};
use lua_runtime::{Gc, Table};

use super::Lower;
use super::builder::{Lowering, Ssa};
use super::vm_call::Reentry;
use crate::helpers;
use crate::state::KnownValue;
use crate::types::TypeSet;

/// A value that is stored: payload as bits, tag, and what is known of it.
#[derive(Debug, Clone, Copy)]
struct Stored {
    bits: Ssa,
    tag: Ssa,
    types: TypeSet,
}

impl Lowering<'_> {
    /// Whether a slot probably holds a table.
    fn is_table(&self, slot: u32) -> bool {
        self.known(slot).guess() == Some(Tag::Table)
    }

    /// A table in a slot, which probably holds one: its address, and what it was when the loop was compiled.
    fn table(&mut self, slot: u32) -> Lower<(Ssa, Option<Gc<Table>>)> {
        let observed = self.known(slot).observed;
        self.require(slot, Tag::Table)?;
        let table = self.payload(slot);
        self.points_to(table, &TABLE);
        Ok((table, observed.and_then(|value| value.as_table())))
    }

    // Elements.

    pub(super) fn get_index(&mut self, to: u32, object: u32, key: u32) -> Lower<()> {
        if !self.is_table(object) {
            return self.vm_call(Reentry::Unlikely);
        }
        let (table, observed) = self.table(object)?;
        if self.known(key).guess() != Some(Tag::Integer) {
            let (bits, tag) = (self.bits(key), self.tag(key));
            let value = self.seen_under(observed, self.known(key).observed);
            return self.load_by_runtime(to, table, bits, tag, value);
        }
        self.require(key, Tag::Integer)?;
        let index = self.payload(key);
        let seen = self.known(key).constant.map(Value::integer).or(self.known(key).observed);
        self.get_element(to, table, observed, index, seen)
    }

    pub(super) fn get_index_immediate(&mut self, to: u32, object: u32, key: u8) -> Lower<()> {
        if !self.is_table(object) {
            return self.vm_call(Reentry::Unlikely);
        }
        let (table, observed) = self.table(object)?;
        let index = self.integer(key.into());
        self.get_element(to, table, observed, index, Some(Value::integer(key.into())))
    }

    /// What a table held under a key when the loop was compiled, if both are known.
    fn seen_under(&self, table: Option<Gc<Table>>, key: Option<Value>) -> Option<Value> {
        table.zip(key).map(|(table, key)| self.request.vm.raw_get(table, key))
    }

    fn get_element(
        &mut self,
        to: u32,
        table: Ssa,
        observed: Option<Gc<Table>>,
        index: Ssa,
        key: Option<Value>,
    ) -> Lower<()> {
        // Any element tells more about the others than none.
        let seen = self.seen_under(observed, key.or(Some(Value::integer(1))));
        let kind = observed.map_or(ArrayKind::Empty, |table| table.array_kind());
        let is_outside = observed.zip(key).is_some_and(|(table, key)| !is_element(table, key));
        if kind == ArrayKind::Empty || is_outside {
            let tag = self.tag_constant(Tag::Integer);
            return self.load_by_runtime(to, table, index, tag, seen);
        }
        self.guard_kind(table, kind);
        let position = self.position(index);
        let length = self.array_length(table);
        let is_inside = self.builder.ins().icmp(IntCC::UnsignedLessThan, position, length);
        self.guard(is_inside, ExitReason::Bounds);
        let pointer = self.load(types::I64, table, TABLE_ARRAY_OFFSET + ARRAY_POINTER_OFFSET);
        match kind {
            ArrayKind::Integer => {
                let value = self.load_payload(types::I64, pointer, position);
                self.set_integer(to, value, seen.and_then(|seen| seen.as_integer()));
            }
            ArrayKind::Float => {
                let value = self.load_payload(types::F64, pointer, position);
                self.set_float(to, value);
            }
            ArrayKind::Boolean | ArrayKind::Any => self.load_tagged_element(to, kind, pointer, position, seen),
            ArrayKind::Empty => unreachable!("the runtime reads empty arrays"),
        }
        Ok(())
    }

    /// An element with a tag of its own. A hole is the interpreter's business: it may need a metamethod.
    fn load_tagged_element(&mut self, to: u32, kind: ArrayKind, pointer: Ssa, position: Ssa, seen: Option<Value>) {
        let address = self.tag_address(pointer, position);
        let tag = self.load(types::I8, address, 0);
        let is_there = self.builder.ins().icmp_imm_s(IntCC::NotEqual, tag, Tag::Nil as i64);
        self.guard(is_there, ExitReason::Bounds);
        let (payload, types) = if kind == ArrayKind::Boolean {
            (self.integer(0), TypeSet::BOOLEAN)
        } else {
            (self.load_payload(types::I64, pointer, position), TypeSet::ANY)
        };
        self.define(to, KnownValue::new(types, seen), payload, tag);
    }

    fn guard_kind(&mut self, table: Ssa, kind: ArrayKind) {
        let dynamic = self.load(types::I8, table, DETAIL_OFFSET);
        let fits = self.builder.ins().icmp_imm_u(IntCC::Equal, dynamic, kind as i64);
        self.guard(fits, ExitReason::ArrayKind);
    }

    /// The position from 0 of an element; huge for an index below 1.
    fn position(&mut self, index: Ssa) -> Ssa {
        self.builder.ins().iadd_imm_s(index, -1)
    }

    fn array_length(&mut self, table: Ssa) -> Ssa {
        let length = self.load(types::I32, table, TABLE_ARRAY_OFFSET + ARRAY_LENGTH_OFFSET);
        self.access(table, |builder| builder.ins().uextend(types::I64, length))
    }

    /// The payload of an element: they lie below the pointer, the first one highest.
    fn load_payload(&mut self, kind: types::Type, pointer: Ssa, position: Ssa) -> Ssa {
        let address = self.payload_address(pointer, position);
        self.access(address, |builder| builder.ins().load(kind, MemFlagsData::trusted(), address, -8))
    }

    fn payload_address(&mut self, pointer: Ssa, position: Ssa) -> Ssa {
        let bytes = self.builder.ins().ishl_imm_u(position, 3);
        let address = self.builder.ins().isub(pointer, bytes);
        self.points_to(address, &ELEMENT_PAYLOAD);
        address
    }

    /// The address of the tag of an element.
    fn tag_address(&mut self, pointer: Ssa, position: Ssa) -> Ssa {
        let address = self.builder.ins().iadd(pointer, position);
        self.points_to(address, &ELEMENT_TAG);
        address
    }

    fn stored(&mut self, slot: u32) -> Lower<Stored> {
        // A type that is known makes the store plain.
        if self.known(slot).types.may_be_reference() {
            self.guard_plain(slot)?;
        }
        Ok(Stored { bits: self.bits(slot), tag: self.tag(slot), types: self.known(slot).types })
    }

    fn stored_constant(&mut self, index: u32) -> Stored {
        let value = self.pool_constant(index);
        let bits = match value.as_object() {
            Some(object) => self.object(object),
            None => self.integer(value.payload.cast_signed()),
        };
        Stored { bits, tag: self.tag_constant(value.tag), types: TypeSet::of(value.tag) }
    }

    pub(super) fn set_index(&mut self, object: u32, key: u32, value: u32) -> Lower<()> {
        if !self.is_table(object) {
            return self.vm_call(Reentry::Unlikely);
        }
        let (table, observed) = self.table(object)?;
        let stored = self.stored(value)?;
        self.set_by_key(table, observed, key, stored)
    }

    pub(super) fn set_index_constant(&mut self, object: u32, key: u32, constant: u8) -> Lower<()> {
        if !self.is_table(object) {
            return self.vm_call(Reentry::Unlikely);
        }
        let (table, observed) = self.table(object)?;
        let stored = self.stored_constant(constant.into());
        self.set_by_key(table, observed, key, stored)
    }

    fn set_by_key(&mut self, table: Ssa, observed: Option<Gc<Table>>, key: u32, stored: Stored) -> Lower<()> {
        if self.known(key).guess() == Some(Tag::Integer) {
            self.require(key, Tag::Integer)?;
            let index = self.payload(key);
            return self.set_element(table, observed, index, stored);
        }
        let key = (self.bits(key), self.tag(key));
        self.store_by_runtime(table, key, stored);
        Ok(())
    }

    pub(super) fn set_index_immediate(&mut self, object: u32, key: u8, value: u32) -> Lower<()> {
        if !self.is_table(object) {
            return self.vm_call(Reentry::Unlikely);
        }
        let (table, observed) = self.table(object)?;
        let stored = self.stored(value)?;
        let index = self.integer(key.into());
        self.set_element(table, observed, index, stored)
    }

    pub(super) fn set_index_immediate_constant(&mut self, object: u32, key: u8, constant: u8) -> Lower<()> {
        if !self.is_table(object) {
            return self.vm_call(Reentry::Unlikely);
        }
        let (table, observed) = self.table(object)?;
        let stored = self.stored_constant(constant.into());
        let index = self.integer(key.into());
        self.set_element(table, observed, index, stored)
    }

    fn set_element(&mut self, table: Ssa, observed: Option<Gc<Table>>, index: Ssa, stored: Stored) -> Lower<()> {
        let tag = self.tag_constant(Tag::Integer);
        // An array that is empty now will be of the kind of what is stored.
        let seen = observed.map(|table| table.array_kind()).filter(|kind| *kind != ArrayKind::Empty);
        let natural = stored.types.single().map(ArrayKind::of);
        let kind = seen.or(natural).unwrap_or(ArrayKind::Any);
        if !is_plain_store(kind, stored.types) {
            self.store_by_runtime(table, (index, tag), stored);
            return Ok(());
        }
        let (slow, done) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(slow);
        let dynamic = self.load(types::I8, table, DETAIL_OFFSET);
        let fits = self.builder.ins().icmp_imm_u(IntCC::Equal, dynamic, kind as i64);
        self.go_on_if(fits, slow);
        self.go_on_without_metatable(table, slow);
        let position = self.position(index);
        let length = self.array_length(table);
        let is_inside = self.builder.ins().icmp(IntCC::UnsignedLessThan, position, length);
        self.go_on_if(is_inside, slow);
        let pointer = self.load(types::I64, table, TABLE_ARRAY_OFFSET + ARRAY_POINTER_OFFSET);
        if kind != ArrayKind::Boolean {
            let address = self.payload_address(pointer, position);
            self.access(address, |builder| {
                builder.ins().store(MemFlagsData::trusted(), stored.bits, address, -8);
            });
        }
        if matches!(kind, ArrayKind::Boolean | ArrayKind::Any) {
            let address = self.tag_address(pointer, position);
            self.store(stored.tag, address, 0);
        }
        self.builder.ins().jump(done, &[]);
        self.builder.switch_to_block(slow);
        self.builder.seal_block(slow);
        self.store_by_runtime(table, (index, tag), stored);
        self.builder.ins().jump(done, &[]);
        self.builder.switch_to_block(done);
        self.builder.seal_block(done);
        // Exits made behind the slow path's call are not reached from the quick one.
        self.forget_exit();
        Ok(())
    }

    /// Goes on in a new block if a condition holds, and to `otherwise` if not.
    pub(super) fn go_on_if(&mut self, condition: Ssa, otherwise: Block) {
        let go_on = self.builder.create_block();
        self.builder.ins().brif(condition, go_on, &[], otherwise, &[]);
        self.builder.switch_to_block(go_on);
        self.builder.seal_block(go_on);
    }

    fn go_on_without_metatable(&mut self, table: Ssa, otherwise: Block) {
        let metatable = self.load(types::I64, table, TABLE_METATABLE_OFFSET);
        let is_plain = self.builder.ins().icmp_imm_s(IntCC::Equal, metatable, 0);
        self.go_on_if(is_plain, otherwise);
    }

    // The runtime.

    /// `table[key]` by the runtime; leaves if a metamethod must be called.
    fn load_by_runtime(&mut self, to: u32, table: Ssa, key: Ssa, tag: Ssa, seen: Option<Value>) -> Lower<()> {
        let (payload, tag) = self.value_by_runtime(table, (key, tag));
        self.define(to, KnownValue::new(TypeSet::ANY, seen), payload, tag);
        Ok(())
    }

    /// Payload and tag of `table[key]`, by the runtime.
    fn value_by_runtime(&mut self, table: Ssa, key: (Ssa, Ssa)) -> (Ssa, Ssa) {
        let memory = self.pair_of(key, key);
        let result = self
            .call(helpers::load as *const (), &[self.vm, table, memory], Some(types::I32))
            .expect("the helper says whether it did it");
        let is_done = self.truth_of(result);
        self.guard(is_done, ExitReason::NotCompiled);
        (self.load(types::I64, memory, PAYLOAD_OFFSET), self.load(types::I8, memory, TAG_OFFSET))
    }

    /// `table[key] = value` by the runtime; leaves if a metamethod must be called.
    fn store_by_runtime(&mut self, table: Ssa, key: (Ssa, Ssa), stored: Stored) {
        let memory = self.pair_of(key, (stored.bits, stored.tag));
        let result = self
            .call(helpers::store as *const (), &[self.vm, table, memory], Some(types::I32))
            .expect("the helper says whether it did it");
        let is_done = self.truth_of(result);
        self.guard(is_done, ExitReason::NotCompiled);
    }

    // Fields.

    pub(super) fn get_field(&mut self, to: u32, object: u32) -> Lower<()> {
        if !self.is_table(object) {
            return self.vm_call(Reentry::Unlikely);
        }
        let (table, observed) = self.table(object)?;
        self.load_field(to, table, observed)
    }

    /// `SELF`: the method to `to`, the object behind the reserved slot.
    pub(super) fn get_method(&mut self, to: u32, object: u32) -> Lower<()> {
        if !self.is_table(object) {
            return self.vm_call(Reentry::Unlikely);
        }
        let (table, observed) = self.table(object)?;
        let (known, payload) = (self.known(object), self.payload(object));
        self.load_field(to, table, observed)?;
        self.define(to + bytecode_vm::frame::HEADER_SLOTS, KnownValue { is_dirty: true, ..known }, payload, payload);
        Ok(())
    }

    pub(super) fn get_upvalue_field(&mut self, to: u32, index: u8) -> Lower<()> {
        if !self.is_upvalue_table(index) {
            return self.vm_call(Reentry::Unlikely);
        }
        let (table, observed) = self.upvalue_table(index)?;
        self.load_field(to, table, observed)
    }

    /// Whether an upvalue probably holds a table; if nothing is known, its field caches tell.
    fn is_upvalue_table(&self, index: u8) -> bool {
        self.observed_upvalue(index).is_none_or(|observed| observed.as_table().is_some())
    }

    /// The table in an upvalue.
    fn upvalue_table(&mut self, index: u8) -> Lower<(Ssa, Option<Gc<Table>>)> {
        let observed = self.observed_upvalue(index).and_then(Value::as_table);
        let cell = self.upvalue_cell(index);
        let tag = self.load(types::I8, cell, CELL_VALUE_OFFSET + TAG_OFFSET);
        let fits = self.builder.ins().icmp_imm_u(IntCC::Equal, tag, Tag::Table as i64);
        self.guard(fits, ExitReason::Type);
        let table = self.load(types::I64, cell, CELL_VALUE_OFFSET + PAYLOAD_OFFSET);
        self.points_to(table, &TABLE);
        Ok((table, observed))
    }

    /// What the cache of the current instruction says of the receivers that it has had of late, as far as it holds now.
    fn lookups(&self) -> Vec<Lookup> {
        let prototype = super::prototype(self.frame().code);
        // SAFETY: the verifier has checked the index, and the closure keeps its prototype alive.
        let feedback = unsafe { &*prototype.pool().feedback(self.extra()) };
        let is_usable = |lookup: &Lookup| match lookup.kind() {
            CacheKind::Own => true,
            CacheKind::Holder | CacheKind::Absent | CacheKind::PolyHolder | CacheKind::PolyAbsent => {
                lookup.chain().is_some_and(Gc::<Chain>::is_valid)
            }
            CacheKind::Add | CacheKind::Handler => false,
        };
        feedback.cache.recent_lookups().filter(is_usable).collect()
    }

    /// The key of the current field instruction.
    fn field_key(&self) -> Option<Value> {
        let frame = self.frame();
        match &frame.proto.feedback[self.extra() as usize] {
            FeedbackDescriptor::Field(constant) => match frame.proto.constants[*constant as usize] {
                Constant::String(_) => Some(self.pool_constant(*constant)),
                Constant::Nil | Constant::Boolean(_) | Constant::Integer(_) | Constant::Float(_) => None,
            },
            FeedbackDescriptor::Index | FeedbackDescriptor::Call | FeedbackDescriptor::Template(_) => None,
        }
    }

    /// A field by what the cache of the current instruction knows: one lookup under guards; several one after the other,
    /// then the runtime, as with none.
    fn load_field(&mut self, to: u32, table: Ssa, observed: Option<Gc<Table>>) -> Lower<()> {
        let Some(key) = self.field_key() else { return Err(self.leave(ExitReason::NotCompiled)) };
        let entries = self.lookups();
        let of_observed = self.seen_under(observed, Some(key)).filter(|seen| !seen.is_nil());
        let seen = of_observed.or_else(|| entries.iter().find_map(seen_by));
        if let [entry] = entries[..] {
            let fits = self.has_shape(table, &entry);
            self.guard(fits, ExitReason::Shape);
            match self.field_of(table, &entry, None) {
                Some((payload, tag)) => self.define(to, KnownValue::new(TypeSet::ANY, seen), payload, tag),
                None => self.set_plain(to, Value::NIL),
            }
            return Ok(());
        }
        let done = self.builder.create_block();
        let payload = self.builder.append_block_param(done, types::I64);
        let tag = self.builder.append_block_param(done, types::I8);
        let other = self.builder.create_block();
        for entry in &entries {
            let next = self.builder.create_block();
            let fits = self.has_shape(table, entry);
            self.go_on_if(fits, next);
            let (payload, tag) = match self.field_of(table, entry, Some(other)) {
                Some(field) => field,
                None => (self.integer(0), self.tag_constant(Tag::Nil)),
            };
            self.builder.ins().jump(done, &[payload.into(), tag.into()]);
            self.builder.switch_to_block(next);
            self.builder.seal_block(next);
        }
        self.builder.ins().jump(other, &[]);
        self.builder.switch_to_block(other);
        self.builder.seal_block(other);
        let key = self.key_constant(key);
        let loaded = self.value_by_runtime(table, key);
        self.builder.ins().jump(done, &[loaded.0.into(), loaded.1.into()]);
        self.builder.switch_to_block(done);
        self.builder.seal_block(done);
        self.forget_exit();
        let mut known = KnownValue::new(TypeSet::ANY, seen);
        if entries.len() > 1 {
            let callees =
                entries.iter().map(|entry| seen_by(entry).and_then(Value::as_closure).map(|closure| closure.code()));
            known.callees.iter_mut().zip(callees).for_each(|(place, callee)| *place = callee);
        }
        self.define(to, known, payload, tag);
        Ok(())
    }

    /// Payload and tag of the field that a lookup tells of, for a table of its shape; `None` if it is nil. Where the lookup
    /// does not hold, control goes to the given block, or else it leaves.
    fn field_of(&mut self, table: Ssa, lookup: &Lookup, slow: Option<Block>) -> Option<(Ssa, Ssa)> {
        let holder = match lookup.kind() {
            CacheKind::Own => None,
            CacheKind::Holder | CacheKind::Absent => {
                self.check_chain(lookup, slow);
                lookup.holder()
            }
            CacheKind::PolyHolder | CacheKind::PolyAbsent => {
                self.check_chain(lookup, slow);
                self.check_metatable(table, lookup, slow);
                lookup.holder()
            }
            CacheKind::Add | CacheKind::Handler => unreachable!("no usable lookup of a load is of this kind"),
        };
        let holder = match (lookup.kind(), holder) {
            (CacheKind::Absent | CacheKind::PolyAbsent, _) => return None,
            (_, Some(holder)) => self.object(holder.header()),
            (_, None) => table,
        };
        self.points_to(holder, &TABLE);
        let slots = self.load(types::I64, holder, TABLE_SLOTS_OFFSET);
        self.points_to(slots, &TABLE_SLOTS);
        let offset = usize::from(lookup.slot()) * VALUE_BYTES;
        let tag = self.load(types::I8, slots, offset + TAG_OFFSET);
        self.check_not_nil(tag, lookup, slow);
        let payload = self.load(types::I64, slots, offset + PAYLOAD_OFFSET);
        Some((payload, tag))
    }

    /// Goes on if a condition holds, and else to the given block or out of the loop.
    fn check(&mut self, condition: Ssa, slow: Option<Block>, reason: ExitReason) {
        match slow {
            Some(slow) => self.go_on_if(condition, slow),
            None => {
                self.forget_exit();
                self.guard(condition, reason);
            }
        }
    }

    /// Checks that nothing has changed in the structure of the tables that a lookup has passed.
    fn check_chain(&mut self, lookup: &Lookup, slow: Option<Block>) {
        let Some(chain) = lookup.chain().filter(|chain| !self.is_plain(*chain)) else { return };
        let is_valid = self.chain_validity(chain);
        self.check(is_valid, slow, ExitReason::Watchpoint);
    }

    fn is_plain(&self, chain: Gc<Chain>) -> bool {
        chain == self.request.vm.shapes.plain_chain()
    }

    fn chain_validity(&mut self, chain: Gc<Chain>) -> Ssa {
        let chain = self.object(chain.header());
        self.points_to(chain, &CHAIN);
        self.load(types::I8, chain, CHAIN_VALID_OFFSET)
    }

    /// Checks that the metatable of a table is one behind which the lookup's chain begins.
    fn check_metatable(&mut self, table: Ssa, lookup: &Lookup, slow: Option<Block>) {
        let Some(chain) = lookup.chain() else { unreachable!("lookups behind a metatable have a chain") };
        let Some(shape) = chain.metatable_shape() else { unreachable!("the chain begins behind a metatable") };
        // Tables of a poly shape have one.
        let metatable = self.load(types::I64, table, TABLE_METATABLE_OFFSET);
        self.points_to(metatable, &TABLE);
        let dynamic = self.load(types::I64, metatable, TABLE_SHAPE_OFFSET);
        let expected = self.object(shape.header());
        let fits = self.builder.ins().icmp(IntCC::Equal, dynamic, expected);
        self.check(fits, slow, ExitReason::Shape);
        let Some(start) = chain.start() else { return };
        let slots = self.load(types::I64, metatable, TABLE_SLOTS_OFFSET);
        self.points_to(slots, &TABLE_SLOTS);
        let offset = chain.index_slot() as usize * VALUE_BYTES;
        let payload = self.load(types::I64, slots, offset + PAYLOAD_OFFSET);
        let expected = self.object(start.header());
        let other = self.builder.ins().bxor(payload, expected);
        let tag = self.load(types::I8, slots, offset + TAG_OFFSET);
        let tag = self.builder.ins().uextend(types::I64, tag);
        let other_tag = self.builder.ins().bxor_imm_u(tag, Tag::Table as i64);
        let difference = self.builder.ins().bor(other, other_tag);
        let fits = self.builder.ins().icmp_imm_s(IntCC::Equal, difference, 0);
        self.check(fits, slow, ExitReason::Shape);
    }

    /// Checks the tag of a field. Nil is what the lookup says only in a receiver's own slot under a chain that holds.
    fn check_not_nil(&mut self, tag: Ssa, lookup: &Lookup, slow: Option<Block>) {
        let chain = lookup.chain().filter(|chain| lookup.kind() == CacheKind::Own && chain.metatable_shape().is_none());
        if chain.is_some_and(|chain| self.is_plain(chain)) {
            return;
        }
        let is_there = self.builder.ins().icmp_imm_s(IntCC::NotEqual, tag, Tag::Nil as i64);
        let is_answer = match chain {
            Some(chain) => {
                let is_valid = self.chain_validity(chain);
                self.builder.ins().bor(is_there, is_valid)
            }
            None => is_there,
        };
        self.check(is_answer, slow, ExitReason::NilField);
    }

    fn key_constant(&mut self, key: Value) -> (Ssa, Ssa) {
        let bits = match key.as_object() {
            Some(object) => self.object(object),
            None => self.integer(key.payload.cast_signed()),
        };
        (bits, self.tag_constant(key.tag))
    }

    fn has_shape(&mut self, table: Ssa, lookup: &Lookup) -> Ssa {
        let dynamic = self.load(types::I64, table, TABLE_SHAPE_OFFSET);
        let expected = self.object(lookup.shape().header());
        self.builder.ins().icmp(IntCC::Equal, dynamic, expected)
    }

    pub(super) fn set_field(&mut self, object: u32, value: u32) -> Lower<()> {
        if !self.is_table(object) {
            return self.vm_call(Reentry::Unlikely);
        }
        let (table, _) = self.table(object)?;
        let stored = self.stored(value)?;
        self.store_field(table, stored)
    }

    pub(super) fn set_field_constant(&mut self, object: u32, constant: u16) -> Lower<()> {
        if !self.is_table(object) {
            return self.vm_call(Reentry::Unlikely);
        }
        let (table, _) = self.table(object)?;
        let stored = self.stored_constant(constant.into());
        self.store_field(table, stored)
    }

    pub(super) fn set_upvalue_field(&mut self, index: u8, value: u32) -> Lower<()> {
        if !self.is_upvalue_table(index) {
            return self.vm_call(Reentry::Unlikely);
        }
        let (table, _) = self.upvalue_table(index)?;
        let stored = self.stored(value)?;
        self.store_field(table, stored)
    }

    pub(super) fn set_upvalue_field_constant(&mut self, index: u8, constant: u16) -> Lower<()> {
        if !self.is_upvalue_table(index) {
            return self.vm_call(Reentry::Unlikely);
        }
        let (table, _) = self.upvalue_table(index)?;
        let stored = self.stored_constant(constant.into());
        self.store_field(table, stored)
    }

    /// Overwrites a field that is not nil in place, or lets the runtime store.
    fn store_field(&mut self, table: Ssa, stored: Stored) -> Lower<()> {
        let Some(key) = self.field_key() else { return Err(self.leave(ExitReason::NotCompiled)) };
        let key = self.key_constant(key);
        let (slow, done) = (self.builder.create_block(), self.builder.create_block());
        for entry in self.lookups().iter().filter(|entry| entry.kind() == CacheKind::Own) {
            let next = self.builder.create_block();
            let fits = self.has_shape(table, entry);
            self.go_on_if(fits, next);
            let slots = self.load(types::I64, table, TABLE_SLOTS_OFFSET);
            self.points_to(slots, &TABLE_SLOTS);
            let offset = usize::from(entry.slot()) * VALUE_BYTES;
            let before = self.load(types::I8, slots, offset + TAG_OFFSET);
            let is_there = self.builder.ins().icmp_imm_s(IntCC::NotEqual, before, Tag::Nil as i64);
            self.go_on_if(is_there, slow);
            if is_plain_store(ArrayKind::Any, stored.types) {
                self.store(stored.bits, slots, offset + PAYLOAD_OFFSET);
                self.store(stored.tag, slots, offset + TAG_OFFSET);
            } else {
                let field_slot = self.builder.ins().iconst(types::I32, i64::from(entry.slot()));
                let helper = helpers::set_field_slot as *const ();
                self.call(helper, &[self.vm, table, field_slot, stored.bits, stored.tag], None);
            }
            self.builder.ins().jump(done, &[]);
            self.builder.switch_to_block(next);
            self.builder.seal_block(next);
        }
        self.builder.ins().jump(slow, &[]);
        self.builder.switch_to_block(slow);
        self.builder.seal_block(slow);
        self.store_by_runtime(table, key, stored);
        self.builder.ins().jump(done, &[]);
        self.builder.switch_to_block(done);
        self.builder.seal_block(done);
        self.forget_exit();
        Ok(())
    }

    /// `LEN` of a table without metatable.
    pub(super) fn length(&mut self, to: u32, from: u32) -> Lower<()> {
        if !self.is_table(from) {
            return self.vm_call(Reentry::Unlikely);
        }
        let (table, observed) = self.table(from)?;
        let metatable = self.load(types::I64, table, TABLE_METATABLE_OFFSET);
        let is_plain = self.builder.ins().icmp_imm_s(IntCC::Equal, metatable, 0);
        self.guard(is_plain, ExitReason::NotCompiled);
        let length = self.array_length(table);
        self.set_integer(to, length, observed.map(|table| i64::from(table.length())));
        Ok(())
    }
}

/// What a lookup's holder has in the slot.
fn seen_by(lookup: &Lookup) -> Option<Value> {
    lookup.holder().map(|holder| holder.field_slot(lookup.slot().into()))
}

/// Whether a key names an element of the array part.
fn is_element(table: Gc<Table>, key: Value) -> bool {
    key.as_integer().is_some_and(|key| (key as u64).wrapping_sub(1) < u64::from(table.length()))
}

/// Whether compiled code can store a value of these types into an array of this kind (or, as `Any`, into a field): the
/// kind can hold it, it is no reference and it is not nil.
fn is_plain_store(kind: ArrayKind, types: TypeSet) -> bool {
    let fits = match kind {
        ArrayKind::Integer => types == TypeSet::of(Tag::Integer),
        ArrayKind::Float => types == TypeSet::of(Tag::Float),
        ArrayKind::Boolean => !types.contains(Tag::Integer) && !types.contains(Tag::Float),
        ArrayKind::Any => true,
        ArrayKind::Empty => false,
    };
    fits && !types.may_be_reference() && !types.contains(Tag::Nil)
}
