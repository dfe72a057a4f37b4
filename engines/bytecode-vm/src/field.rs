//! Access to fields by a constant key: inline caches, and the way past them.
//!
//! A load looks in the receiver's own slot or in the slot of a holder behind `__index`; a store overwrites a slot or
//! adds one. What a cache entry may rely on is in ARCHITECTURE.md, "Shapes and inline caches". Everything that needs a
//! metamethod ends in [`crate::miss`].

use lua_runtime::meta::MetaEvent;
use lua_runtime::shape::Shape;
use lua_runtime::{Gc, LuaString, Signal, Table, Value, Vm};

use crate::feedback::{CacheKind, CacheTarget, FeedbackSlot, FieldCache};
use crate::miss::{index_miss, store_miss};
use crate::state::{Cursor, Outcome, Step, save};

/// Links of `__index` that a cache walks through at most.
const MAX_CACHED_CHAIN: usize = 16;

/// What a cache entry gives for a load.
enum Cached {
    /// The value.
    Value(Value),
    /// The entry does not fit, or the field may need a metamethod.
    Miss,
}

#[inline(always)]
fn load_by(vm: &Vm, table: Gc<Table>, entry: &FieldCache) -> Cached {
    if entry.shape != Some(table.shape()) {
        return Cached::Miss;
    }
    match entry.kind {
        CacheKind::Own => value_or_miss(table.slot(u32::from(entry.slot))),
        CacheKind::OwnPlain => Cached::Value(table.slot(u32::from(entry.slot))),
        CacheKind::Holder if entry.epoch == vm.shapes.proto_epoch => {
            // SAFETY: the kind says that the target is a holder; the slot marks it, so it lives.
            value_or_miss(unsafe { entry.target.holder }.slot(u32::from(entry.slot)))
        }
        CacheKind::Absent => Cached::Value(Value::NIL),
        CacheKind::Holder | CacheKind::Add => Cached::Miss,
    }
}

#[inline(always)]
fn value_or_miss(value: Value) -> Cached {
    if value.is_nil() { Cached::Miss } else { Cached::Value(value) }
}

/// The field of `object` if the first cache entry knows it.
///
/// # Safety
/// `slot` must be a feedback slot of a live prototype.
#[inline(always)]
pub unsafe fn load_cached(vm: &Vm, object: Value, slot: *const FeedbackSlot) -> Option<Value> {
    let table = object.as_table()?;
    // SAFETY: as the caller says.
    match load_by(vm, table, unsafe { &(*slot).first }) {
        Cached::Value(value) => Some(value),
        Cached::Miss => None,
    }
}

/// Stores `value` if the first cache entry knows how.
///
/// # Safety
/// `slot` must be a feedback slot of a live prototype.
#[inline(always)]
pub unsafe fn store_cached(vm: &mut Vm, object: Value, value: Value, slot: *const FeedbackSlot) -> bool {
    let Some(table) = object.as_table() else { return false };
    // SAFETY: as the caller says.
    let entry = unsafe { (*slot).first };
    if entry.shape != Some(table.shape()) {
        return false;
    }
    match entry.kind {
        CacheKind::Own | CacheKind::OwnPlain => overwrite(vm, table, &entry, value),
        CacheKind::Holder | CacheKind::Add | CacheKind::Absent => false,
    }
}

/// Overwrites a field in place. Where it was nil the store could be a metamethod's business or, in a marked table, a
/// structural change.
#[inline(always)]
fn overwrite(vm: &mut Vm, table: Gc<Table>, entry: &FieldCache, value: Value) -> bool {
    let field = u32::from(entry.slot);
    if table.slot(field).is_nil() && (entry.kind != CacheKind::OwnPlain || table.is_marked()) {
        return false;
    }
    table.set_slot(&mut vm.heap, field, value);
    true
}

/// The feedback slot of the instruction at the cursor.
fn slot_of<'a>(cursor: Cursor) -> &'a mut FeedbackSlot {
    // SAFETY: the verifier has checked the index; nothing else touches the slot while the reference is used.
    unsafe { &mut *cursor.prototype().pool.slot(cursor.extra()) }
}

/// The key of a field's slot.
fn key_of(slot: &FeedbackSlot) -> Gc<LuaString> {
    match slot.key {
        Some(key) => key,
        None => unreachable!("the verifier gives field instructions slots with a key"),
    }
}

/// The field of `object` for the instruction at the cursor, when the first entry does not know it: stores it in
/// register A.
#[inline(never)]
pub fn load(vm: &mut Vm, cursor: Cursor, object: Value) -> Outcome {
    let slot = slot_of(cursor);
    if let Some(table) = object.as_table() {
        for entry in slot.further() {
            if let Cached::Value(value) = load_by(vm, table, entry) {
                cursor.set_result(value);
                return Ok(Step::Next);
            }
        }
        if let Some(entry) = learn_load(vm, table, key_of(slot)) {
            slot.add(entry);
        }
    }
    let key = Value::from(key_of(slot));
    match vm.index(object, key) {
        Ok(value) => {
            cursor.set_result(value);
            Ok(Step::Next)
        }
        Err(miss) => index_miss(vm, cursor, miss, key),
    }
}

/// The cache entry that would have found the field in tables of this shape.
fn learn_load(vm: &Vm, table: Gc<Table>, key: Gc<LuaString>) -> Option<FieldCache> {
    let shape = table.shape();
    if shape.is_dictionary() || shape.is_poly() {
        return None;
    }
    let plain = shape.metatable().is_none();
    if let Some(field) = shape.slot_of(key) {
        if plain || !table.slot(field).is_nil() {
            let kind = if plain { CacheKind::OwnPlain } else { CacheKind::Own };
            return entry(vm, shape, kind, CacheTarget { none: 0 }, field);
        }
        return None;
    }
    if plain {
        return entry(vm, shape, CacheKind::Absent, CacheTarget { none: 0 }, 0);
    }
    let (holder, field) = find_holder(vm, table, key)?;
    entry(vm, shape, CacheKind::Holder, CacheTarget { holder }, field)
}

/// The table behind `__index` that has the field, with its slot. Marks every table on the way, so that a change of
/// their structure raises the epoch.
fn find_holder(vm: &Vm, table: Gc<Table>, key: Gc<LuaString>) -> Option<(Gc<Table>, u32)> {
    let mut link = table;
    let mut walked = Vec::new();
    for _ in 0..MAX_CACHED_CHAIN {
        link = vm.index_parent(link)?;
        walked.push(link);
        let shape = link.shape();
        if shape.is_dictionary() {
            return None;
        }
        if let Some(field) = shape.slot_of(key)
            && !link.slot(field).is_nil()
        {
            for table in walked {
                table.mark_as_prototype();
            }
            return Some((link, field));
        }
    }
    None
}

fn entry(vm: &Vm, shape: Gc<Shape>, kind: CacheKind, target: CacheTarget, field: u32) -> Option<FieldCache> {
    let slot = u16::try_from(field).ok()?;
    Some(FieldCache { shape: Some(shape), target, epoch: vm.shapes.proto_epoch, slot, kind, more_count: 0 })
}

/// `object.key = value` for the instruction at the cursor, when the first entry does not know how.
#[inline(never)]
pub fn store(vm: &mut Vm, cursor: Cursor, object: Value, value: Value) -> Outcome {
    let slot = slot_of(cursor);
    let key = key_of(slot);
    save(vm, cursor);
    if let Some(table) = object.as_table() {
        if store_by_entries(vm, table, value, slot)? {
            return Ok(Step::Next);
        }
        let before = table.shape();
        let result = vm.store(object, Value::from(key), value);
        if result.is_ok()
            && let Some(entry) = learn_store(vm, table, key, before)
        {
            slot.add(entry);
        }
        return match result {
            Ok(()) => Ok(Step::Next),
            Err(miss) => store_miss(vm, cursor, miss, Value::from(key), value),
        };
    }
    match vm.store(object, Value::from(key), value) {
        Ok(()) => Ok(Step::Next),
        Err(miss) => store_miss(vm, cursor, miss, Value::from(key), value),
    }
}

/// Tries all entries of the slot.
fn store_by_entries(vm: &mut Vm, table: Gc<Table>, value: Value, slot: &FeedbackSlot) -> Result<bool, Signal> {
    let shape = Some(table.shape());
    for entry in std::iter::once(&slot.first).chain(slot.further()) {
        if entry.shape != shape {
            continue;
        }
        match entry.kind {
            CacheKind::Own | CacheKind::OwnPlain => return Ok(overwrite(vm, table, entry, value)),
            CacheKind::Add => {
                let current = entry.epoch == vm.shapes.proto_epoch || table.metatable().is_none();
                if !current || table.is_marked() || value.is_nil() {
                    return Ok(false);
                }
                // SAFETY: the kind says that the target is a shape; the slot marks it, so it lives.
                table.add_cached_slot(&mut vm.heap, unsafe { entry.target.shape }, value)?;
                return Ok(true);
            }
            CacheKind::Holder | CacheKind::Absent => return Ok(false),
        }
    }
    Ok(false)
}

/// The cache entry that would have made the store that was just made, from shape `before`.
fn learn_store(vm: &Vm, table: Gc<Table>, key: Gc<LuaString>, before: Gc<Shape>) -> Option<FieldCache> {
    let after = table.shape();
    if key.is_meta_key() || after.is_dictionary() || after.is_poly() {
        return None;
    }
    let field = after.slot_of(key)?;
    if before == after {
        let kind = if after.metatable().is_none() { CacheKind::OwnPlain } else { CacheKind::Own };
        return entry(vm, after, kind, CacheTarget { none: 0 }, field);
    }
    let grew_by_key = after.slot_count() == before.slot_count() + 1 && field == before.slot_count();
    if !grew_by_key || before.is_dictionary() || table.is_marked() {
        return None;
    }
    // A metatable without `__newindex` is marked, so that adding one raises the epoch.
    if let Some(metatable) = before.metatable()
        && !vm.metamethod_in(metatable, MetaEvent::NewIndex).is_nil()
    {
        return None;
    }
    entry(vm, before, CacheKind::Add, CacheTarget { shape: after }, field)
}
