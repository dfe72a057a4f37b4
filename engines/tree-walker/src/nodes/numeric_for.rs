//! `for v = a, b, c do ... end`.
//!
//! The count of iterations is computed before the first, as in PUC Lua, so the variable never overflows; counter and
//! step are in Rust variables while the loop runs. The body sees a copy of the counter.

use lua_runtime::Value;
use lua_runtime::collect::Marker;
use lua_runtime::fault::Fault;
use lua_runtime::operate::number_of;
use lua_syntax::arithmetic::{float_ceil_to_integer, float_floor_to_integer};

use crate::frame::{Flow, Frame, Raised, SiteId, Slot};
use crate::node::{Node, Statement};
use crate::nodes::block::Block;
use crate::operand::{Operand, Source};

/// A numeric loop.
pub(crate) struct NumericFor {
    pub(crate) start: Source,
    pub(crate) limit: Source,
    pub(crate) step: Source,
    /// The slot of the variable. The two above it keep the bounds while the later ones are evaluated.
    pub(crate) variable: Slot,
    pub(crate) body: Block,
    pub(crate) site: SiteId,
}

/// What a loop's bounds mean.
enum Plan {
    /// No iteration.
    Nothing,
    /// From `start` on, `more` iterations after the first.
    Integers { start: i64, step: i64, more: u64 },
    /// From `start` on, and after the first iteration while the limit is not passed.
    Floats { start: f64, limit: f64, step: f64 },
}

impl Node for NumericFor {
    fn trace(&self, marker: &mut Marker) {
        self.start.trace(marker);
        self.limit.trace(marker);
        self.step.trace(marker);
    }

    fn blocks(&self, visit: &mut dyn FnMut(&Block)) {
        visit(&self.body);
    }
}

impl Statement for NumericFor {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        let start = self.start.value(frame)?;
        frame.set(self.variable, start);
        let limit = self.limit.value(frame)?;
        frame.set(self.variable.offset(1), limit);
        let step = self.step.value(frame)?;
        match self.plan(frame, start, limit, step)? {
            Plan::Nothing => Ok(Flow::Next),
            Plan::Integers { start, step, more } => self.run_integers(frame, start, step, more),
            Plan::Floats { start, limit, step } => self.run_floats(frame, start, limit, step),
        }
    }
}

impl NumericFor {
    fn run_integers(&self, frame: &mut Frame<'_>, start: i64, step: i64, more: u64) -> Result<Flow, Raised> {
        let (mut counter, mut more) = (start, more);
        loop {
            frame.set(self.variable, Value::integer(counter));
            match self.body.run(frame)? {
                Flow::Next => {}
                Flow::Break => return Ok(Flow::Next),
                flow @ (Flow::Goto | Flow::Return | Flow::ReturnList | Flow::TailCall) => return Ok(flow),
            }
            frame.poll_loop(self.site)?;
            if more == 0 {
                return Ok(Flow::Next);
            }
            more -= 1;
            counter = counter.wrapping_add(step);
        }
    }

    fn run_floats(&self, frame: &mut Frame<'_>, start: f64, limit: f64, step: f64) -> Result<Flow, Raised> {
        let mut counter = start;
        loop {
            frame.set(self.variable, Value::float(counter));
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

    fn plan(&self, frame: &mut Frame<'_>, start: Value, limit: Value, step: Value) -> Result<Plan, Raised> {
        if let (Some(start), Some(step)) = (start.as_integer(), step.as_integer()) {
            if step == 0 {
                return Err(frame.fault(Fault::ForStepZero, Value::NIL, None, self.site));
            }
            return Ok(match self.integer_limit(frame, limit, step)? {
                Some(limit) => count_integers(start, limit, step),
                None => Plan::Nothing,
            });
        }
        let limit = self.float(frame, limit, "limit")?;
        let step = self.float(frame, step, "step")?;
        let start = self.float(frame, start, "initial value")?;
        if step == 0.0 {
            return Err(frame.fault(Fault::ForStepZero, Value::NIL, None, self.site));
        }
        // As in PUC Lua, a limit that is NaN lets the first iteration through.
        let has_none = if step > 0.0 { limit < start } else { start < limit };
        Ok(if has_none { Plan::Nothing } else { Plan::Floats { start, limit, step } })
    }

    /// The limit of a loop over integers: rounded towards the start if it is no integer, and the end of the integers
    /// if it is beyond them. `None` if it is beyond them on the side of the start.
    fn integer_limit(&self, frame: &mut Frame<'_>, limit: Value, step: i64) -> Result<Option<i64>, Raised> {
        if let Some(limit) = number_of(limit).and_then(Value::as_integer) {
            return Ok(Some(limit));
        }
        let limit = self.float(frame, limit, "limit")?;
        let rounded = if step > 0 { float_floor_to_integer(limit) } else { float_ceil_to_integer(limit) };
        // As in PUC Lua, NaN counts as beyond the negative end.
        Ok(rounded.or(match (limit > 0.0, step > 0) {
            (true, true) => Some(i64::MAX),
            (false, false) => Some(i64::MIN),
            (true, false) | (false, true) => None,
        }))
    }

    /// A bound as a float; numerals in strings count, as in PUC Lua.
    fn float(&self, frame: &mut Frame<'_>, bound: Value, which: &'static str) -> Result<f64, Raised> {
        match number_of(bound).and_then(Value::number_as_float) {
            Some(float) => Ok(float),
            None => Err(frame.fault(Fault::ForBound(which), bound, None, self.site)),
        }
    }
}

/// The iterations of a loop over integers.
fn count_integers(start: i64, limit: i64, step: i64) -> Plan {
    let has_none = if step > 0 { start > limit } else { start < limit };
    if has_none {
        return Plan::Nothing;
    }
    // The distance fits into 64 bits without sign, whatever the bounds are.
    let distance = if step > 0 { limit.wrapping_sub(start) } else { start.wrapping_sub(limit) };
    Plan::Integers { start, step, more: (distance as u64) / step.unsigned_abs() }
}
