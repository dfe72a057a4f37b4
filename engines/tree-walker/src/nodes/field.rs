//! Fields with a constant name, global variables among them: reading, writing, and the caches of both.

use lua_runtime::collect::Marker;
use lua_runtime::{Gc, LuaString, Value};

use crate::cache::FieldCache;
use crate::frame::{Flow, Frame, Raised, SiteId, Slot};
use crate::node::{Expression, Node, Statement};
use crate::operand::{Operand, Source};

/// A field access by itself: the name, what is known of it, and where it stands.
pub(crate) struct FieldAccess {
    pub(crate) cache: FieldCache,
    /// A short string: the only kind of name that shapes know.
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
        let before = table.shape();
        // No metamethod has run if there is a new shape with the key, so `before` is still alive then; it is only
        // compared otherwise. The object is kept alive by its node.
        let calls = table.metatable().is_some();
        frame.store_miss(object, Value::from(self.key), value, self.site)?;
        if !calls || before == table.shape() {
            self.cache.learn_store(frame.vm, table, self.key, before);
        }
        Ok(())
    }

    /// Marks what the access refers to.
    pub(crate) fn trace(&self, marker: &mut Marker) {
        self.cache.trace(marker);
        marker.mark(self.key.header());
    }
}
