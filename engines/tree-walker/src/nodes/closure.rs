//! `function ... end`: making a closure.

use lua_runtime::Marker;
use lua_runtime::function::Code;
use lua_runtime::{Cell, Closure, Gc, Value};

use crate::frame::{Frame, Raised, Slot};
use crate::node::{Expression, Node};
use crate::operand::cell_in;

/// Where a new closure gets a cell.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Capture {
    /// From a slot of this frame.
    Slot(Slot),
    /// From the running closure, by index.
    Upvalue(u32),
}

/// Closures with up to this many cells are made without a heap-allocated list.
const FEW_CELLS: usize = 8;

/// Makes a closure.
pub(crate) struct MakeClosure {
    pub(crate) code: Gc<Code>,
    pub(crate) captures: Box<[Capture]>,
}

impl Node for MakeClosure {
    fn trace(&self, marker: &mut Marker) {
        marker.mark(self.code.header());
    }
}

impl Expression for MakeClosure {
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        let cells = self.captures.iter().map(|capture| capture.cell(frame));
        let closure = match self.captures.first().map(|first| first.cell(frame)) {
            Some(first) if self.captures.len() <= FEW_CELLS => {
                let mut few = [first; FEW_CELLS];
                for (place, cell) in few.iter_mut().zip(cells) {
                    *place = cell;
                }
                Gc::<Closure>::allocate(&mut frame.vm.heap, self.code, &few[..self.captures.len()])
            }
            _ => {
                let cells: Vec<Gc<Cell>> = cells.collect();
                Gc::<Closure>::allocate(&mut frame.vm.heap, self.code, &cells)
            }
        };
        Ok(Value::from(frame.checked(closure.map_err(Into::into))?))
    }
}

impl Capture {
    #[inline]
    fn cell(self, frame: &Frame<'_>) -> Gc<Cell> {
        match self {
            Capture::Slot(slot) => cell_in(frame, slot),
            Capture::Upvalue(index) => frame.closure.cell(index),
        }
    }
}
