//! To-be-closed variables whose scopes end by themselves. What errors leave open is closed in `close` and `protect`.

use lua_runtime::Marker;
use lua_runtime::Value;
use lua_runtime::meta::MetaEvent;

use crate::call::Nothing;
use crate::frame::{Flow, Frame, Raised, SiteId, Slot};
use crate::node::{Child, Node, Ref, Statement};
use crate::nodes::block::Block;
use crate::state::state;

/// Marks the variable in a slot, which has its value, to be closed.
pub(crate) struct MarkClose {
    pub(crate) variable: Slot,
    /// Its name is the first one of the site.
    pub(crate) site: SiteId,
}

impl Node for MarkClose {
    fn trace(&self, _: &mut Marker) {}
}

impl Statement for MarkClose {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        frame.mark_close(self.variable, self.site)?;
        Ok(Flow::Next)
    }
}

/// The statements behind the declaration of a to-be-closed variable, up to the end of its scope.
pub(crate) struct Closing {
    pub(crate) variable: Slot,
    pub(crate) body: Block,
    /// The end of the scope.
    pub(crate) site: SiteId,
}

impl Node for Closing {
    fn trace(&self, _: &mut Marker) {}

    fn blocks(&self, visit: &mut dyn FnMut(&Block)) {
        visit(&self.body);
    }
}

impl Statement for Closing {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        let flow = self.body.run(frame)?;
        frame.close(self.variable, flow, self.site)?;
        Ok(flow)
    }
}

/// `break`, `goto` or `return` inside of such a scope: notes where control leaves.
pub(crate) struct Leave {
    pub(crate) statement: Ref<dyn Statement>,
    pub(crate) site: SiteId,
}

impl Node for Leave {
    fn trace(&self, _: &mut Marker) {}
}

impl Statement for Leave {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        let flow = self.statement.execute(frame)?;
        state(frame.vm).leaving_site.set(self.site);
        Ok(flow)
    }
}

/// The condition of a `repeat` whose body has to-be-closed variables, which are closed after it: the last statement of
/// the body, in the scope of them all.
pub(crate) struct Until {
    pub(crate) condition: Child,
    pub(crate) site: SiteId,
}

impl Node for Until {
    fn trace(&self, _: &mut Marker) {}
}

impl Statement for Until {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        if !self.condition.evaluate_condition(frame)? {
            return Ok(Flow::Next);
        }
        state(frame.vm).leaving_site.set(self.site);
        Ok(Flow::Break)
    }
}

impl Frame<'_> {
    /// Marks the variable in a slot to be closed, unless its value is nil or false.
    #[inline(never)]
    pub(crate) fn mark_close(&mut self, variable: Slot, site: SiteId) -> Result<(), Raised> {
        let value = self.get(variable);
        if value.is_falsy() {
            return Ok(());
        }
        if self.vm.metamethod(value, MetaEvent::Close).is_nil() {
            self.at(site);
            let name = self.code().site(site).and_then(|site| site.names[0].as_ref()).map(|name| name.text());
            let name = name.as_deref().unwrap_or("?");
            let signal = self.vm.raise_at(0, &format!("variable '{name}' got a non-closable value"));
            return Err(self.raised(signal));
        }
        state(self.vm).closing.borrow_mut().push(self.base_slot + variable.0);
        Ok(())
    }

    /// Closes the variable in a slot, if it was marked, since control leaves its scope in the given way. `end` is the end
    /// of the scope.
    #[inline(never)]
    pub(crate) fn close(&mut self, variable: Slot, flow: Flow, end: SiteId) -> Result<(), Raised> {
        let own = self.base_slot + variable.0;
        if state(self.vm).closing.borrow_mut().pop_if(|slot| *slot == own).is_none() {
            return Ok(());
        }
        let leaving = state(self.vm).leaving_site.get();
        let (site, callee) = match flow {
            Flow::Next => (end, self.code().frame_slots),
            Flow::Break | Flow::Goto | Flow::Return => (leaving, self.code().frame_slots),
            // The results may reach beyond the frame.
            Flow::ReturnList => (leaving, self.code().frame_slots.max(self.list_start.0 + self.list_count)),
            Flow::TailCall => unreachable!("calls in the scope of to-be-closed variables are no tail calls"),
        };
        self.ensure(Slot(callee), 0, site)?;
        let value = self.get(variable);
        let handler = self.vm.metamethod(value, MetaEvent::Close);
        // The closed variable's slot keeps the result alive.
        let result = self.result;
        if flow == Flow::Return {
            self.set(variable, result);
        }
        self.call_handler_at::<Nothing>(Slot(callee), handler, &[value, Value::NIL], site)?;
        if flow == Flow::Return {
            self.result = self.get(variable);
        }
        // The metamethod may have left scopes of its own.
        state(self.vm).leaving_site.set(leaving);
        Ok(())
    }
}
