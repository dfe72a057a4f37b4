//! Operands: the leaves that nodes are specialised over, so that reading a local variable or a constant is no call.
//!
//! A node that is generic over its operands becomes one function for each combination that `compile` makes. [`Source`]
//! is the same choice made at run time, for nodes where that many functions would not pay.

use lua_runtime::Marker;
use lua_runtime::{Cell, Gc, Value};

use crate::frame::{Frame, Raised, Slot};
use crate::node::Child;

/// Where a node gets a value.
pub(crate) trait Operand {
    /// Whether getting the value may run Lua code, and so poll. A node that holds another value meanwhile must keep it
    /// in a slot.
    const MAY_CALL: bool;
    /// Whether the value can be got again, as nothing has happened. A node that has evaluated another operand meanwhile
    /// does so instead of keeping the value in a slot.
    const CAN_REPEAT: bool;

    /// The value.
    fn value(&self, frame: &mut Frame<'_>) -> Result<Value, Raised>;

    /// Marks what the operand refers to.
    fn trace(&self, marker: &mut Marker);
}

/// A local variable that lives in its slot, or a temporary.
#[derive(Clone, Copy)]
pub(crate) struct Local(pub(crate) Slot);

/// A captured and reassigned variable of this function, by the slot that holds its cell. Only for places where PUC Lua
/// reads the variable when all other operands have been evaluated; where it copies it first, it is a [`Child`].
#[derive(Clone, Copy)]
pub(crate) struct Captured(pub(crate) Slot);

/// A constant.
#[derive(Clone, Copy)]
pub(crate) struct Constant(pub(crate) Value);

/// A variable of an enclosing function, by its index.
#[derive(Clone, Copy)]
pub(crate) struct Upvalue(pub(crate) u32);

impl Operand for Local {
    const MAY_CALL: bool = false;
    // Nothing in an expression can assign a local variable that is in a slot, but for `debug.setlocal`, whose value PUC
    // Lua would see here too.
    const CAN_REPEAT: bool = true;

    #[inline(always)]
    fn value(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        Ok(frame.get(self.0))
    }

    fn trace(&self, _: &mut Marker) {}
}

impl Operand for Captured {
    const MAY_CALL: bool = false;
    // What it is worth after the other operands is what counts.
    const CAN_REPEAT: bool = true;

    #[inline(always)]
    fn value(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        Ok(cell_in(frame, self.0).get())
    }

    fn trace(&self, _: &mut Marker) {}
}

impl Operand for Constant {
    const MAY_CALL: bool = false;
    const CAN_REPEAT: bool = true;

    #[inline(always)]
    fn value(&self, _: &mut Frame<'_>) -> Result<Value, Raised> {
        Ok(self.0)
    }

    fn trace(&self, marker: &mut Marker) {
        marker.mark_value(self.0);
    }
}

impl Operand for Upvalue {
    const MAY_CALL: bool = false;
    // The variable may be assigned while its old value is in use.
    const CAN_REPEAT: bool = false;

    #[inline(always)]
    fn value(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        Ok(frame.closure.cell(self.0).get())
    }

    fn trace(&self, _: &mut Marker) {}
}

impl Operand for Child {
    const MAY_CALL: bool = true;
    const CAN_REPEAT: bool = false;

    #[inline(always)]
    fn value(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        self.evaluate(frame)
    }

    // The node marks what it refers to by itself.
    fn trace(&self, _: &mut Marker) {}
}

/// Any operand.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    /// A local variable or temporary.
    Local(Local),
    /// A constant.
    Constant(Constant),
    /// Any other expression.
    Child(Child),
}

impl Operand for Source {
    const MAY_CALL: bool = true;
    const CAN_REPEAT: bool = false;

    #[inline(always)]
    fn value(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        match self {
            Source::Local(local) => local.value(frame),
            Source::Constant(constant) => constant.value(frame),
            Source::Child(child) => child.value(frame),
        }
    }

    fn trace(&self, marker: &mut Marker) {
        match self {
            Source::Local(local) => local.trace(marker),
            Source::Constant(constant) => constant.trace(marker),
            Source::Child(child) => child.trace(marker),
        }
    }
}

/// The cell in the slot of a captured variable.
#[inline(always)]
pub(crate) fn cell_in(frame: &Frame<'_>, slot: Slot) -> Gc<Cell> {
    match frame.get(slot).as_cell() {
        Some(cell) => cell,
        None => unreachable!("the slot of a captured variable holds its cell from the declaration on"),
    }
}
