//! Fields with a constant name, global variables among them: reading, writing, and the caches of both.

use engine_api::Counter;
use lua_runtime::Marker;
use lua_runtime::Value;
use lua_runtime::inline_cache::InlineCache;

use crate::frame::{Flow, Frame, Raised, SiteId, Slot};
use crate::node::{Expression, Node, Statement};
use crate::operand::{Operand, Source, Upvalue};

/// A field access by itself: what is known of it, and where it stands.
pub(crate) struct FieldAccess {
    pub(crate) cache: InlineCache,
    pub(crate) site: SiteId,
}

impl FieldAccess {
    /// `object.key`
    #[inline(always)]
    pub(crate) fn load(&self, frame: &mut Frame<'_>, object: Value) -> Result<Value, Raised> {
        match self.cache.load_first(object) {
            Some(value) => {
                frame.vm.counters[Counter::InlineCacheHits] += 1;
                Ok(value)
            }
            None => self.load_past_first(frame, object),
        }
    }

    #[inline(never)]
    fn load_past_first(&self, frame: &mut Frame<'_>, object: Value) -> Result<Value, Raised> {
        match self.cache.load(frame.vm, object) {
            Ok(value) => Ok(value),
            Err(miss) => frame.finish_index(miss, object, self.cache.key().into(), self.site),
        }
    }

    /// `object.key = value`
    #[inline(always)]
    pub(crate) fn store(&self, frame: &mut Frame<'_>, object: Value, value: Value) -> Result<(), Raised> {
        if self.cache.store_first(&mut frame.vm.heap, object, value) {
            frame.vm.counters[Counter::InlineCacheHits] += 1;
            Ok(())
        } else {
            self.store_past_first(frame, object, value)
        }
    }

    #[inline(never)]
    fn store_past_first(&self, frame: &mut Frame<'_>, object: Value, value: Value) -> Result<(), Raised> {
        match self.cache.store(frame.vm, object, value) {
            Ok(()) => Ok(()),
            Err(miss) => frame.finish_store(miss, object, self.cache.key().into(), value, self.site),
        }
    }

    /// Marks what the access refers to.
    pub(crate) fn trace(&self, marker: &mut Marker) {
        // SAFETY: nodes are dropped with their function's code, in the sweep that follows the marking.
        unsafe { self.cache.trace(marker) };
    }
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
