//! Reading and assigning variables, and making the cells of captured ones.
//!
//! A variable that no inner function uses is in its slot. A captured one that is never reassigned is in its slot too,
//! with an immutable cell in a slot of its own for the closures; one that is reassigned has only its cell, which lies
//! in its slot.

use lua_runtime::Marker;
use lua_runtime::{Cell, Gc, Value};

use crate::frame::{Flow, Frame, Raised, Slot};
use crate::node::{Child, Expression, Node, Statement, ValueList};
use crate::operand::{Captured, Constant, Local, Operand, Upvalue, cell_in};

/// An operand where an expression is wanted.
pub(crate) struct Leaf<T>(pub(crate) T);

impl<T: Operand> Node for Leaf<T> {
    fn trace(&self, marker: &mut Marker) {
        self.0.trace(marker);
    }
}

impl Expression for Leaf<Local> {
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        self.0.value(frame)
    }
}

impl Expression for Leaf<Constant> {
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        self.0.value(frame)
    }
}

impl Expression for Leaf<Upvalue> {
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        self.0.value(frame)
    }
}

impl Expression for Leaf<Captured> {
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        self.0.value(frame)
    }
}

/// Assigns a captured variable of this function.
pub(crate) struct AssignCell {
    pub(crate) slot: Slot,
    pub(crate) value: Child,
}

impl Node for AssignCell {
    fn trace(&self, _: &mut Marker) {}
}

impl Statement for AssignCell {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        let value = self.value.evaluate(frame)?;
        cell_in(frame, self.slot).set(&mut frame.vm.heap, value);
        Ok(Flow::Next)
    }
}

/// Assigns a variable of an enclosing function.
pub(crate) struct AssignUpvalue {
    pub(crate) index: u32,
    pub(crate) value: Child,
}

impl Node for AssignUpvalue {
    fn trace(&self, _: &mut Marker) {}
}

impl Statement for AssignUpvalue {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        let value = self.value.evaluate(frame)?;
        frame.closure.cell(self.index).set(&mut frame.vm.heap, value);
        Ok(Flow::Next)
    }
}

/// Makes the cell of a captured variable whose first value lies in `from`.
pub(crate) struct MakeCell {
    pub(crate) from: Slot,
    pub(crate) to: Slot,
    /// Whether the variable is never assigned again.
    pub(crate) immutable: bool,
}

impl Node for MakeCell {
    fn trace(&self, _: &mut Marker) {}
}

impl Statement for MakeCell {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        let value = frame.get(self.from);
        let cell = Gc::<Cell>::allocate(&mut frame.vm.heap, value, self.immutable);
        let cell = frame.checked(cell.map_err(Into::into))?;
        frame.set(self.to, Value::from(cell));
        Ok(Flow::Next)
    }
}

/// Sets slots to nil: variables without initialisers.
pub(crate) struct ClearSlots {
    pub(crate) from: Slot,
    pub(crate) count: u32,
}

impl Node for ClearSlots {
    fn trace(&self, _: &mut Marker) {}
}

impl Statement for ClearSlots {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        for i in 0..self.count {
            frame.set(self.from.offset(i), Value::NIL);
        }
        Ok(Flow::Next)
    }
}

/// Evaluates an expression for its effects: more values than variables.
pub(crate) struct Evaluate {
    pub(crate) value: Child,
}

impl Node for Evaluate {
    fn trace(&self, _: &mut Marker) {}
}

impl Statement for Evaluate {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        self.value.evaluate(frame)?;
        Ok(Flow::Next)
    }
}

/// Spreads a list over `count` slots: as many values as there are, then nils.
pub(crate) struct Spread {
    pub(crate) list: crate::node::Ref<dyn ValueList>,
    pub(crate) to: Slot,
    pub(crate) count: u32,
}

impl Node for Spread {
    fn trace(&self, _: &mut Marker) {}
}

impl Statement for Spread {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        let given = self.list.evaluate_all(frame, self.to)?;
        for i in given..self.count {
            frame.set(self.to.offset(i), Value::NIL);
        }
        Ok(Flow::Next)
    }
}

/// `...` where one value is wanted.
pub(crate) struct FirstVararg;

impl Node for FirstVararg {
    fn trace(&self, _: &mut Marker) {}
}

impl Expression for FirstVararg {
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        Ok(if frame.vararg_count == 0 { Value::NIL } else { frame.vararg(0) })
    }
}

/// `...` at the end of a list.
pub(crate) struct Varargs {
    pub(crate) site: crate::frame::SiteId,
}

impl Node for Varargs {
    fn trace(&self, _: &mut Marker) {}
}

impl ValueList for Varargs {
    fn evaluate_all(&self, frame: &mut Frame<'_>, to: Slot) -> Result<u32, Raised> {
        let count = frame.vararg_count;
        frame.ensure(to, count, self.site)?;
        for i in 0..count {
            let value = frame.vararg(i);
            frame.set(to.offset(i), value);
        }
        Ok(count)
    }
}
