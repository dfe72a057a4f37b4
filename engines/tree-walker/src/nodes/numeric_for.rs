//! `for v = a, b, c do ... end`.
//!
//! What the bounds mean is said by [`lua_runtime::for_loop`]; the state is in Rust variables while the loop runs. The
//! body sees a copy of the counter, and the library `debug` a copy of the whole state.

use lua_runtime::Marker;
use lua_runtime::Value;
use lua_runtime::for_loop::{self, NumericLoop};

use crate::frame::{Flow, Frame, Raised, SiteId, Slot};
use crate::node::{Node, Statement};
use crate::nodes::block::Block;
use crate::operand::{Operand, Source};

/// Slots below the variable: copies of the counter, of its last value or the limit, and of the step.
pub(crate) const HIDDEN_SLOTS_OF_NUMERIC_LOOP: u32 = 3;

/// A numeric loop. It keeps a copy of the counter beside the variable only if the body assigns that.
pub(crate) struct NumericFor<const KEEPS_COUNTER: bool> {
    pub(crate) start: Source,
    pub(crate) limit: Source,
    pub(crate) step: Source,
    /// The first hidden slot. The first two keep bounds while the later ones are evaluated.
    pub(crate) hidden: Slot,
    pub(crate) body: Block,
    pub(crate) site: SiteId,
}

impl<const KEEPS_COUNTER: bool> Node for NumericFor<KEEPS_COUNTER> {
    fn trace(&self, marker: &mut Marker) {
        self.start.trace(marker);
        self.limit.trace(marker);
        self.step.trace(marker);
    }

    fn blocks(&self, visit: &mut dyn FnMut(&Block)) {
        visit(&self.body);
    }
}

impl<const KEEPS_COUNTER: bool> Statement for NumericFor<KEEPS_COUNTER> {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        let start = self.start.value(frame)?;
        frame.set(self.hidden, start);
        let limit = self.limit.value(frame)?;
        frame.set(self.hidden.offset(1), limit);
        let step = self.step.value(frame)?;
        match for_loop::prepare(start, limit, step) {
            Ok(NumericLoop::Skipped) => Ok(Flow::Next),
            Ok(NumericLoop::Integers { start, step, more }) => self.run_integers(frame, start, step, more),
            Ok(NumericLoop::Floats { start, limit, step }) => self.run_floats(frame, start, limit, step),
            Err((fault, bound)) => Err(frame.fault(fault, bound, None, self.site)),
        }
    }
}

impl<const KEEPS_COUNTER: bool> NumericFor<KEEPS_COUNTER> {
    fn variable(&self) -> Slot {
        self.hidden.offset(HIDDEN_SLOTS_OF_NUMERIC_LOOP)
    }

    fn run_integers(&self, frame: &mut Frame<'_>, start: i64, step: i64, more: u64) -> Result<Flow, Raised> {
        let mut counter = start;
        let last = start.wrapping_add((more as i64).wrapping_mul(step));
        frame.set(self.hidden, Value::integer(counter));
        frame.set(self.hidden.offset(1), Value::integer(last));
        frame.set(self.hidden.offset(2), Value::integer(step));
        loop {
            if KEEPS_COUNTER {
                frame.set_integer_again(self.hidden, counter);
            }
            frame.set(self.variable(), Value::integer(counter));
            match self.body.run(frame)? {
                Flow::Next => {}
                Flow::Break => return Ok(Flow::Next),
                flow @ (Flow::Goto | Flow::Return | Flow::ReturnList | Flow::TailCall) => return Ok(flow),
            }
            frame.poll_loop(self.site)?;
            if counter == last {
                return Ok(Flow::Next);
            }
            counter = counter.wrapping_add(step);
        }
    }

    fn run_floats(&self, frame: &mut Frame<'_>, start: f64, limit: f64, step: f64) -> Result<Flow, Raised> {
        let mut counter = start;
        frame.set(self.hidden.offset(1), Value::float(limit));
        frame.set(self.hidden.offset(2), Value::float(step));
        loop {
            if KEEPS_COUNTER {
                frame.set(self.hidden, Value::float(counter));
            }
            frame.set(self.variable(), Value::float(counter));
            match self.body.run(frame)? {
                Flow::Next => {}
                Flow::Break => return Ok(Flow::Next),
                flow @ (Flow::Goto | Flow::Return | Flow::ReturnList | Flow::TailCall) => return Ok(flow),
            }
            frame.poll_loop(self.site)?;
            counter += step;
            if !(if step > 0.0 { counter <= limit } else { limit <= counter }) {
                return Ok(Flow::Next);
            }
        }
    }
}
