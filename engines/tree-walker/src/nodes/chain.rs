//! A long chain of operators, fields and calls, in pieces.

use lua_runtime::Marker;
use lua_runtime::Value;

use crate::frame::{Frame, Raised, Slot};
use crate::node::{Child, Expression, Node};

/// Expressions each of which takes the value of the one before from a slot.
pub(crate) struct Chain {
    /// All but the last.
    pub(crate) pieces: Box<[Child]>,
    /// The one that gives the chain's value.
    pub(crate) last: Child,
    /// Where the value waits.
    pub(crate) slot: Slot,
}

impl Node for Chain {
    fn trace(&self, _: &mut Marker) {}
}

impl Expression for Chain {
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        self.run_pieces(frame)?;
        self.last.evaluate(frame)
    }

    fn evaluate_condition(&self, frame: &mut Frame<'_>) -> Result<bool, Raised> {
        self.run_pieces(frame)?;
        self.last.evaluate_condition(frame)
    }
}

impl Chain {
    fn run_pieces(&self, frame: &mut Frame<'_>) -> Result<(), Raised> {
        for piece in &self.pieces {
            let value = piece.evaluate(frame)?;
            frame.set(self.slot, value);
        }
        Ok(())
    }
}
