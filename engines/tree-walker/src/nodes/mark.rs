//! Places inside of statements where a line may begin, in trees that are compiled for a debug hook (see `debug_hook`).

use lua_runtime::Marker;
use lua_runtime::Value;

use crate::debug_hook;
use crate::frame::{Frame, Raised, SiteId, Slot};
use crate::node::{Child, Expression, Node, Ref, ValueList};

/// The last operand of an operation, which happens at the site once the operand has its value.
pub(crate) struct Mark<T> {
    pub(crate) operand: T,
    pub(crate) site: SiteId,
}

impl<T> Node for Mark<T> {
    fn trace(&self, _: &mut Marker) {}
}

impl Expression for Mark<Child> {
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        let value = self.operand.evaluate(frame)?;
        debug_hook::passed(frame, value, self.site)
    }
}

impl ValueList for Mark<Ref<dyn ValueList>> {
    fn evaluate_all(&self, frame: &mut Frame<'_>, to: Slot) -> Result<u32, Raised> {
        let count = self.operand.evaluate_all(frame, to)?;
        debug_hook::passed_list(frame, to.offset(count), self.site)?;
        Ok(count)
    }
}
