//! Fields with a constant name, global variables among them: reading, writing, and the caches of both.

use lua_runtime::collect::Marker;
use lua_runtime::meta::MetaEvent;
use lua_runtime::value::Tag;
use lua_runtime::{Gc, LuaString, Value, Vm};

use crate::cache::FieldCache;
use crate::frame::{Flow, Frame, Raised, SiteId, Slot};
use crate::node::{Expression, Node, Statement};
use crate::operand::{Operand, Source, Upvalue};

/// A field access by itself: the name, what is known of it, and where it stands.
pub(crate) struct FieldAccess {
    pub(crate) cache: FieldCache,
    /// The name. Shapes know short strings only, so the cache of a long one must not learn.
    pub(crate) key: Gc<LuaString>,
    pub(crate) site: SiteId,
}

impl FieldAccess {
    /// `object.key`
    #[inline(always)]
    pub(crate) fn load(&self, frame: &mut Frame<'_>, object: Value) -> Result<Value, Raised> {
        match self.cache.load(frame.vm, object) {
            Some(value) => Ok(value),
            None => self.load_miss(frame, object),
        }
    }

    #[inline(never)]
    fn load_miss(&self, frame: &mut Frame<'_>, object: Value) -> Result<Value, Raised> {
        if let Some(table) = object.as_table() {
            if let Some(value) = self.cache.load_further(frame.vm, table) {
                return Ok(value);
            }
            self.cache.learn_load(frame.vm, table, self.key);
        } else if let Some(methods) = string_methods(frame.vm, object) {
            // What a string does not have itself, its methods' table answers.
            return self.load(frame, methods);
        }
        frame.index_miss(object, Value::from(self.key), self.site)
    }

    /// `object.key = value`
    #[inline(always)]
    pub(crate) fn store(&self, frame: &mut Frame<'_>, object: Value, value: Value) -> Result<(), Raised> {
        let stored = self.cache.store(frame.vm, object, value);
        if frame.checked(stored)? { Ok(()) } else { self.store_miss(frame, object, value) }
    }

    #[inline(never)]
    fn store_miss(&self, frame: &mut Frame<'_>, object: Value, value: Value) -> Result<(), Raised> {
        let Some(table) = object.as_table() else {
            return frame.store_miss(object, Value::from(self.key), value, self.site);
        };
        let stored = self.cache.store_further(frame.vm, table, value);
        if frame.checked(stored)? {
            return Ok(());
        }
        let (key, before) = (Value::from(self.key), table.shape());
        match frame.vm.store(object, key, value) {
            Ok(()) => {
                self.cache.learn_store(frame.vm, table, self.key, before);
                Ok(())
            }
            Err(miss) => frame.finish_store(miss, object, key, value, self.site),
        }
    }

    /// Marks what the access refers to.
    pub(crate) fn trace(&self, marker: &mut Marker) {
        self.cache.trace(marker);
        marker.mark(self.key.header());
    }
}

/// The table behind `__index` of strings, if `object` is a string and there is one.
fn string_methods(vm: &Vm, object: Value) -> Option<Value> {
    if object.tag != Tag::String {
        return None;
    }
    let handler = vm.metamethod_in(vm.string_metatable?, MetaEvent::Index);
    handler.as_table().map(Value::from)
}

/// `object.key`, and a global variable as a field of `_ENV`.
pub(crate) struct GetField<O> {
    pub(crate) object: O,
    pub(crate) access: FieldAccess,
}

impl<O: Operand> Node for GetField<O> {
    fn trace(&self, marker: &mut Marker) {
        self.object.trace(marker);
        self.access.trace(marker);
    }
}

impl<O: Operand> Expression for GetField<O> {
    #[inline]
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        let object = self.object.value(frame)?;
        self.access.load(frame, object)
    }
}

/// A global variable as a callee is a part of its call, not a node of its own.
impl Operand for GetField<Upvalue> {
    const MAY_CALL: bool = true;
    const CAN_REPEAT: bool = false;

    #[inline(always)]
    fn value(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        self.evaluate(frame)
    }

    fn trace(&self, marker: &mut Marker) {
        self.access.trace(marker);
    }
}

/// `object.key = value`
pub(crate) struct SetField<O> {
    pub(crate) object: O,
    pub(crate) value: Source,
    /// Where the object is kept while the value is evaluated.
    pub(crate) spill: Slot,
    pub(crate) access: FieldAccess,
}

impl<O: Operand> Node for SetField<O> {
    fn trace(&self, marker: &mut Marker) {
        self.object.trace(marker);
        self.value.trace(marker);
        self.access.trace(marker);
    }
}

impl<O: Operand> Statement for SetField<O> {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        let mut object = self.object.value(frame)?;
        if !O::CAN_REPEAT {
            frame.set(self.spill, object);
        }
        let value = self.value.value(frame)?;
        if O::CAN_REPEAT {
            object = self.object.value(frame)?;
        }
        self.access.store(frame, object, value)?;
        Ok(Flow::Next)
    }
}
