//! Access to fields by a name: by inline caches and the state cache, or by a full lookup that teaches them.
//!
//! What the caches are is in `objects::inline_cache`; what a lookup in full is, in `operators`. Nothing here runs Lua
//! code: what needs a metamethod is a [`Miss`].

use engine_api::Counter;

use super::operators::Miss;
use crate::heap::OutOfMemory;
use crate::heap::object::Gc;
use crate::objects::chain::Chain;
use crate::objects::inline_cache::{Answer, CacheKind, InlineCache, Lookup};
use crate::objects::shape::Shape;
use crate::objects::string::LuaString;
use crate::objects::table::Table;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::meta::MetaEvent;

/// Links of `__index` that are looked through for an entry.
const MAX_CACHED_LINKS: usize = 16;

impl InlineCache {
    /// `object.key`, when [`InlineCache::load_first`] does not know it.
    ///
    /// # Errors
    /// [`Miss`], as of [`Vm::index`].
    #[inline(never)]
    pub fn load(&self, vm: &mut Vm, object: Value) -> Result<Value, Miss> {
        let key = self.key();
        // What a string does not have itself, its methods' table answers.
        let receiver = object.as_table().or_else(|| vm.string_methods(object));
        let Some(table) = receiver else { return vm.index_in_full(object, key.into()) };
        if let Some(handler) = self.handler(table) {
            vm.counters[Counter::InlineCacheHits] += 1;
            return Err(Miss::Call { handler, receiver: table.into() });
        }
        let misses = match self.load_any(table) {
            Answer::First(value) => return Ok(value),
            Answer::Further(value) => {
                vm.counters[Counter::InlineCacheFurtherHits] += 1;
                return Ok(value);
            }
            Answer::Unknown { misses, is_stale } => {
                vm.counters[Counter::InlineCacheStale] += u64::from(is_stale);
                misses
            }
        };
        let (found, lookup) = vm.find_field(table, key)?;
        if let Some(lookup) = lookup {
            self.learn(misses, lookup);
        }
        found.value()
    }

    /// `object.key = value`, when [`InlineCache::store_first`] does not know how.
    ///
    /// # Errors
    /// [`Miss`], as of [`Vm::store`].
    #[inline(never)]
    pub fn store(&self, vm: &mut Vm, object: Value, value: Value) -> Result<(), Miss> {
        let key = self.key();
        let Some(table) = object.as_table() else { return vm.store_in_full(object, key.into(), value) };
        if let Some(handler) = self.handler(table) {
            vm.counters[Counter::InlineCacheHits] += 1;
            return Err(Miss::Call { handler, receiver: object });
        }
        let misses = match self.store_any(&mut vm.heap, table, value)? {
            Answer::First(()) => return Ok(()),
            Answer::Further(()) => {
                vm.counters[Counter::InlineCacheFurtherHits] += 1;
                return Ok(());
            }
            Answer::Unknown { misses, is_stale } => {
                vm.counters[Counter::InlineCacheStale] += u64::from(is_stale);
                misses
            }
        };
        vm.shapes.keys_are_names = true;
        let stored = vm.store_field(table, key, value);
        vm.shapes.keys_are_names = false;
        let (handler, lookup) = stored?;
        if let Some(lookup) = lookup {
            self.learn(misses, lookup);
        }
        match handler {
            Some(handler) => Err(Miss::Call { handler, receiver: object }),
            None => Ok(()),
        }
    }
}

/// What a lookup ends with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Found {
    /// The field's value.
    Value(Value),
    /// A function in `__index` has to be asked, with this receiver.
    Handler { handler: Value, receiver: Gc<Table> },
}

impl Found {
    /// The field's value.
    ///
    /// # Errors
    /// The call of the function that has to be asked.
    pub(crate) fn value(self) -> Result<Value, Miss> {
        match self {
            Found::Value(value) => Ok(value),
            Found::Handler { handler, receiver } => Err(Miss::Call { handler, receiver: receiver.into() }),
        }
    }
}

/// What there is behind the metatable of a table.
enum Behind {
    /// The field, in a slot of a table.
    Field { chain: Gc<Chain>, holder: Gc<Table>, slot: u32 },
    /// Nothing.
    Absent { chain: Gc<Chain> },
    /// What no chain can tell of: the lookup goes on with the handler that was found behind `receiver`, if there is one.
    Unknown { handler: Value, receiver: Gc<Table> },
}

impl Vm {
    /// The field of a table by the state cache, or by one full lookup that fills it; and what the lookup has found out, if
    /// that can be cached.
    ///
    /// # Errors
    /// [`Miss`], as of [`Vm::index`].
    pub(crate) fn find_field(&mut self, table: Gc<Table>, key: Gc<LuaString>) -> Result<(Found, Option<Lookup>), Miss> {
        let shape = table.shape();
        if shape.is_dictionary() || !key.is_short() || !self.state_cache.is_on() {
            self.counters[Counter::InlineCacheUncacheable] += 1;
            return Ok((Found::Value(self.index_in_full(table.into(), key.into())?), None));
        }
        if let Some(lookup) = self.state_cache.load(shape, key) {
            let handler = lookup.handler(table).map(|handler| Found::Handler { handler, receiver: table });
            if let Some(found) = handler.or_else(|| lookup.load(table).map(Found::Value)) {
                self.counters[Counter::StateCacheHits] += 1;
                return Ok((found, Some(lookup)));
            }
        }
        let (found, lookup) = self.look_up(table, key)?;
        match lookup {
            Some(lookup) => {
                self.counters[Counter::StateCacheMisses] += 1;
                self.state_cache.put_load(key, lookup);
            }
            None => self.counters[Counter::InlineCacheUncacheable] += 1,
        }
        Ok((found, lookup))
    }

    /// The field of a table by a full lookup, and what a load of `key` from tables of its shape means.
    fn look_up(&mut self, table: Gc<Table>, key: Gc<LuaString>) -> Result<(Found, Option<Lookup>), Miss> {
        let shape = table.shape();
        let own = shape.slot_of(key);
        let value = own.map_or(Value::NIL, |slot| table.field_slot(slot));
        let Some(metatable) = table.metatable() else {
            let plain = Some(self.shapes.chains.plain);
            return Ok((
                Found::Value(value),
                match own {
                    Some(slot) => Lookup::new(shape, CacheKind::Own, slot, plain),
                    None => Lookup::new(shape, CacheKind::Absent, 0, plain),
                },
            ));
        };
        if let Some(slot) = own.filter(|_| !value.is_nil()) {
            return Ok((Found::Value(value), Lookup::new(shape, CacheKind::Own, slot, None)));
        }
        // No memory for a chain means that the lookup is not cached; nothing else depends on it.
        let Ok(behind) = self.look_behind(table, metatable, key) else {
            return Ok((Found::Value(self.index_in_full(table.into(), key.into())?), None));
        };
        Ok(match (own, behind) {
            (Some(slot), Behind::Absent { chain }) => {
                (Found::Value(Value::NIL), Lookup::new(shape, CacheKind::Own, slot, Some(chain)))
            }
            (None, Behind::Absent { chain }) => {
                let is_poly = chain.metatable_shape().is_some();
                let kind = if is_poly { CacheKind::PolyAbsent } else { CacheKind::Absent };
                (Found::Value(Value::NIL), Lookup::new(shape, kind, 0, Some(chain)))
            }
            // The receiver's own slot is nil now; another receiver's is not.
            (Some(_), Behind::Field { chain: _, holder, slot }) => (Found::Value(holder.field_slot(slot)), None),
            (None, Behind::Field { chain, holder, slot }) => {
                let is_poly = chain.metatable_shape().is_some();
                let kind = if is_poly { CacheKind::PolyHolder } else { CacheKind::Holder };
                let lookup = Lookup::new(shape, kind, slot, Some(chain));
                (Found::Value(holder.field_slot(slot)), lookup.map(|lookup| lookup.held_by(holder)))
            }
            (_, Behind::Unknown { handler, receiver: _ }) if handler.is_nil() => (Found::Value(Value::NIL), None),
            (_, Behind::Unknown { handler, receiver }) if handler.is_function() => {
                let is_first = own.is_none() && receiver == table;
                let lookup = if is_first { self.look_up_handler(shape, metatable, MetaEvent::Index) } else { None };
                (Found::Handler { handler, receiver }, lookup)
            }
            (_, Behind::Unknown { handler, receiver: _ }) => {
                (Found::Value(self.index_in_full(handler, key.into())?), None)
            }
        })
    }

    /// Looks for `key` behind the metatable of `table`.
    fn look_behind(
        &mut self,
        table: Gc<Table>,
        metatable: Gc<Table>,
        key: Gc<LuaString>,
    ) -> Result<Behind, OutOfMemory> {
        let mut handler = self.metamethod_in(metatable, MetaEvent::Index);
        let mut receiver = table;
        let chain = if !table.shape().is_poly() {
            self.shapes.chains.behind_shape(&mut self.heap, metatable)?
        } else if let Some(group) = table.shape().group() {
            self.shapes.chains.behind_shape(&mut self.heap, group.start())?
        } else {
            let shape = metatable.shape();
            match (shape.slot_of(self.meta_names.get(MetaEvent::Index)), handler.as_table()) {
                (Some(slot), Some(start)) => self.shapes.chains.behind_metatable(&mut self.heap, shape, slot, start)?,
                (None, None) if !shape.is_dictionary() => self.shapes.chains.ending_at(&mut self.heap, shape)?,
                _ => return Ok(Behind::Unknown { handler, receiver }),
            }
        };
        for _ in 0..MAX_CACHED_LINKS {
            if handler.is_nil() {
                return Ok(Behind::Absent { chain });
            }
            let Some(link) = handler.as_table() else { break };
            // A class may have become a dictionary while it was built. If it can be mended the chain ends by that, and
            // the next lookup makes another.
            if link.shape().is_dictionary() && !link.make_fields(&mut self.heap, &mut self.shapes)? {
                break;
            }
            self.shapes.chains.pass(chain, link);
            if let Some(slot) = link.shape().slot_of(key)
                && !link.field_slot(slot).is_nil()
            {
                return Ok(Behind::Field { chain, holder: link, slot });
            }
            receiver = link;
            handler = match link.metatable() {
                None => Value::NIL,
                Some(metatable) => {
                    self.shapes.chains.pass(chain, metatable);
                    self.metamethod_in(metatable, MetaEvent::Index)
                }
            };
        }
        Ok(Behind::Unknown { handler, receiver })
    }

    /// `table.key = value` by the state cache, or in full; and what was found out, if it can be cached. If the function in the
    /// table's own `__newindex` has to be called instead, that is the first result.
    pub(crate) fn store_field(
        &mut self,
        table: Gc<Table>,
        key: Gc<LuaString>,
        value: Value,
    ) -> Result<(Option<Value>, Option<Lookup>), Miss> {
        let before = table.shape();
        let is_cacheable = key.is_short() && !before.is_dictionary() && self.state_cache.is_on();
        if is_cacheable && let Some(lookup) = self.state_cache.store(before, key) {
            let handler = lookup.handler(table);
            if handler.is_some() || lookup.store(&mut self.heap, table, value)? {
                self.counters[Counter::StateCacheHits] += 1;
                return Ok((handler, Some(lookup)));
            }
        }
        let (handler, lookup) = match self.store_in_full(table.into(), key.into(), value) {
            // Other values under a `__` key are news for whoever relies on a metatable; what is none yet gets new ones like any others.
            Ok(()) if is_cacheable => {
                let is_harmless = |lookup: &Lookup| lookup.kind() == CacheKind::Add || !key.is_meta_key();
                (None, self.look_up_store(table, key, before).filter(is_harmless))
            }
            Ok(()) => (None, None),
            Err(Miss::Call { handler, receiver }) if is_cacheable && receiver.as_table() == Some(table) => {
                let is_absent = before.slot_of(key).is_none();
                (
                    Some(handler),
                    table
                        .metatable()
                        .filter(|_| is_absent)
                        .and_then(|metatable| self.look_up_handler(before, metatable, MetaEvent::NewIndex)),
                )
            }
            Err(miss) => return Err(miss),
        };
        match lookup {
            Some(lookup) => {
                self.counters[Counter::StateCacheMisses] += 1;
                self.state_cache.put_store(key, lookup);
            }
            None => self.counters[Counter::InlineCacheUncacheable] += 1,
        }
        Ok((handler, lookup))
    }

    /// What it means for receivers of this shape, which do not have the field, that a function in their metatable answers.
    fn look_up_handler(&self, shape: Gc<Shape>, metatable: Gc<Table>, event: MetaEvent) -> Option<Lookup> {
        let metatable_shape = metatable.shape();
        let slot = metatable_shape.slot_of(self.meta_names.get(event))?;
        Lookup::new(shape, CacheKind::Handler, slot, None).map(|lookup| lookup.answered_in(metatable_shape))
    }

    /// What the store to `key` that was just made means for tables of shape `before`, which `table` had.
    fn look_up_store(&mut self, table: Gc<Table>, key: Gc<LuaString>, before: Gc<Shape>) -> Option<Lookup> {
        let after = table.shape();
        let slot = after.slot_of(key).filter(|_| !after.is_dictionary())?;
        let chain = self.store_chain(table);
        if before == after {
            return Lookup::new(after, CacheKind::Own, slot, chain);
        }
        let has_grown_by_key = slot == before.slot_count() && after.slot_count() == slot + 1;
        if !has_grown_by_key || before.is_dictionary() || table.is_prototype() {
            return None;
        }
        Some(Lookup::new(before, CacheKind::Add, slot, Some(chain?))?.leading_to(after))
    }

    /// The chain on which stores of new fields into tables like `table` depend: that no `__newindex` is there.
    fn store_chain(&mut self, table: Gc<Table>) -> Option<Gc<Chain>> {
        let Some(metatable) = table.metatable() else { return Some(self.shapes.chains.plain) };
        if !self.metamethod_in(metatable, MetaEvent::NewIndex).is_nil() {
            return None;
        }
        // No memory for a chain means that the store is not cached; nothing else depends on it.
        if !table.shape().is_poly() {
            return self.shapes.chains.behind_shape(&mut self.heap, metatable).ok();
        }
        let shape = metatable.shape();
        if let Some(group) = table.shape().group()
            && shape.slot_of(self.meta_names.get(MetaEvent::NewIndex)).is_none()
        {
            return self.shapes.chains.behind_shape(&mut self.heap, group.start()).ok();
        }
        let has_none = shape.slot_of(self.meta_names.get(MetaEvent::NewIndex)).is_none() && !shape.is_dictionary();
        if has_none { self.shapes.chains.ending_at(&mut self.heap, shape).ok() } else { None }
    }
}
