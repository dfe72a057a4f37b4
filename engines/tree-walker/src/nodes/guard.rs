//! Checks of the native stack inside deeply nested code. Calls check by themselves; a tree can be high without any.

use lua_runtime::Marker;
use lua_runtime::{Signal, Value};

use crate::frame::{Flow, Frame, Raised};
use crate::native_stack::NoStack;
use crate::node::{Child, Expression, Node, Ref, Statement};
use crate::state::state;

/// Goes on on a new segment of the native stack if the running one is used up. `compile` puts one at every so many
/// levels of a tree.
pub(crate) struct Guard<T>(pub(crate) T);

impl<T> Node for Guard<T> {
    fn trace(&self, _: &mut Marker) {}
}

impl Expression for Guard<Child> {
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        guarded(frame, |frame| self.0.evaluate(frame))
    }

    fn evaluate_condition(&self, frame: &mut Frame<'_>) -> Result<bool, Raised> {
        guarded(frame, |frame| self.0.evaluate_condition(frame))
    }
}

impl Statement for Guard<Ref<dyn Statement>> {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        guarded(frame, |frame| self.0.execute(frame))
    }
}

#[inline(always)]
fn guarded<R>(frame: &mut Frame<'_>, work: impl FnOnce(&mut Frame<'_>) -> Result<R, Raised>) -> Result<R, Raised> {
    let segments = &state(frame.vm).segments;
    if !segments.is_low() {
        return work(frame);
    }
    match segments.on_new_segment(|| work(frame)) {
        Ok(result) => result,
        Err(NoStack) => Err(frame.raised(Signal::Memory)),
    }
}
