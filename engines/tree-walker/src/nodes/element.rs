//! `object[key]` with any key: reading and writing, with a short way for integer keys in the array part.

use lua_runtime::Marker;
use lua_runtime::Value;

use crate::frame::{Flow, Frame, Raised, SiteId, Slot};
use crate::node::{Expression, Node, Statement};
use crate::operand::{Operand, Source};

/// The element of a table's array part, if it is there or its absence is the answer.
#[inline(always)]
pub(crate) fn array_element(object: Value, key: Value) -> Option<Value> {
    let table = object.as_table()?;
    let value = table.element((key.as_integer()? as u64).wrapping_sub(1))?;
    if value.is_nil() && table.metatable().is_some() { None } else { Some(value) }
}

/// `object[key]`
pub(crate) struct GetElement<O, K> {
    pub(crate) object: O,
    pub(crate) key: K,
    /// Where the object is kept while the key is evaluated.
    pub(crate) spill: Slot,
    pub(crate) site: SiteId,
}

impl<O: Operand, K: Operand> Node for GetElement<O, K> {
    fn trace(&self, marker: &mut Marker) {
        self.object.trace(marker);
        self.key.trace(marker);
    }
}

impl<O: Operand, K: Operand> Expression for GetElement<O, K> {
    #[inline]
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        let mut object = self.object.value(frame)?;
        if K::MAY_CALL && !O::CAN_REPEAT {
            frame.set(self.spill, object);
        }
        let key = self.key.value(frame)?;
        if K::MAY_CALL && O::CAN_REPEAT {
            object = self.object.value(frame)?;
        }
        match array_element(object, key) {
            Some(value) => Ok(value),
            None => frame.slow_index(object, key, self.site),
        }
    }
}

/// `object[key] = value`
pub(crate) struct SetElement<O, K> {
    pub(crate) object: O,
    pub(crate) key: K,
    pub(crate) value: Source,
    /// Where the object is kept while key and value are evaluated; the slot above it is for the key.
    pub(crate) spill: Slot,
    pub(crate) site: SiteId,
}

impl<O: Operand, K: Operand> Node for SetElement<O, K> {
    fn trace(&self, marker: &mut Marker) {
        self.object.trace(marker);
        self.key.trace(marker);
        self.value.trace(marker);
    }
}

impl<O: Operand, K: Operand> Statement for SetElement<O, K> {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        let mut object = self.object.value(frame)?;
        if !O::CAN_REPEAT {
            frame.set(self.spill, object);
        }
        let mut key = self.key.value(frame)?;
        if !K::CAN_REPEAT {
            frame.set(self.spill.offset(1), key);
        }
        let value = self.value.value(frame)?;
        if O::CAN_REPEAT {
            object = self.object.value(frame)?;
        }
        if K::CAN_REPEAT {
            key = self.key.value(frame)?;
        }
        store_element(frame, object, key, value, self.site)?;
        Ok(Flow::Next)
    }
}

#[inline(always)]
fn store_element(frame: &mut Frame<'_>, object: Value, key: Value, value: Value, site: SiteId) -> Result<(), Raised> {
    // Without a metatable a store is a raw one.
    if let (Some(table), Some(key)) = (object.as_table(), key.as_integer())
        && table.metatable().is_none()
    {
        let seed = frame.vm.strings.seed();
        let stored = table.set_integer(&mut frame.vm.heap, key, value, seed);
        return frame.checked(stored.map_err(Into::into));
    }
    frame.slow_store(object, key, value, site)
}
