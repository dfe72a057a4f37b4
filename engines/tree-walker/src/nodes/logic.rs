//! `and`, `or` and `not`.

use lua_runtime::Marker;
use lua_runtime::Value;

use crate::frame::{Frame, Raised};
use crate::node::{Child, Expression, Node};

/// `left and right`.
pub(crate) struct And {
    pub(crate) left: Child,
    pub(crate) right: Child,
}

/// `left or right`.
pub(crate) struct Or {
    pub(crate) left: Child,
    pub(crate) right: Child,
}

/// `not operand`.
pub(crate) struct Not {
    pub(crate) operand: Child,
}

impl Node for And {
    fn trace(&self, _: &mut Marker) {}
}

impl Expression for And {
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        let left = self.left.evaluate(frame)?;
        if left.is_falsy() { Ok(left) } else { self.right.evaluate(frame) }
    }

    fn evaluate_condition(&self, frame: &mut Frame<'_>) -> Result<bool, Raised> {
        Ok(self.left.evaluate_condition(frame)? && self.right.evaluate_condition(frame)?)
    }
}

impl Node for Or {
    fn trace(&self, _: &mut Marker) {}
}

impl Expression for Or {
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        let left = self.left.evaluate(frame)?;
        if left.is_falsy() { self.right.evaluate(frame) } else { Ok(left) }
    }

    fn evaluate_condition(&self, frame: &mut Frame<'_>) -> Result<bool, Raised> {
        Ok(self.left.evaluate_condition(frame)? || self.right.evaluate_condition(frame)?)
    }
}

impl Node for Not {
    fn trace(&self, _: &mut Marker) {}
}

impl Expression for Not {
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        Ok(Value::boolean(self.evaluate_condition(frame)?))
    }

    fn evaluate_condition(&self, frame: &mut Frame<'_>) -> Result<bool, Raised> {
        Ok(!self.operand.evaluate_condition(frame)?)
    }
}
