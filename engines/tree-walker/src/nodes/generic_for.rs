//! `for a, b in e do ... end`.
//!
//! The iterator is called in the slots of the variables, so that its results are where they belong. The iterators of
//! `pairs` and `ipairs` on tables are done on the spot; they do there what the library functions do, step by step.

use lua_runtime::{Gc, LoopIterator, Marker, NativeFunction, Table, Value};

use crate::call::{All, One};
use crate::frame::{Flow, Frame, HEADER_SLOTS, Raised, SiteId, Slot};
use crate::node::{Node, Statement};
use crate::nodes::block::Block;
use crate::nodes::element::array_element;

/// Slots below the variables: iterator, state, control and closing value.
pub(crate) const HIDDEN_SLOTS: u32 = 4;

/// A generic loop.
pub(crate) struct GenericFor {
    /// Puts the values of the expressions into the hidden slots.
    pub(crate) prepare: Block,
    /// The first hidden slot.
    pub(crate) hidden: Slot,
    pub(crate) variable_count: u32,
    pub(crate) body: Block,
    pub(crate) site: SiteId,
    /// Where the closing value is marked.
    pub(crate) mark_site: SiteId,
    /// Where it is closed.
    pub(crate) closing_site: SiteId,
}

/// How the next values are found.
#[derive(Clone, Copy)]
enum Iteration {
    /// By calling the iterator.
    Call,
    /// As `next` does, while this is the iterator.
    Next(Gc<NativeFunction>),
    /// As the iterator of `ipairs` does, while this is the iterator.
    Array(Gc<NativeFunction>),
}

impl Node for GenericFor {
    fn trace(&self, _: &mut Marker) {}

    fn blocks(&self, visit: &mut dyn FnMut(&Block)) {
        visit(&self.prepare);
        visit(&self.body);
    }
}

impl Statement for GenericFor {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        self.prepare.run(frame)?;
        let must_close = !frame.get(self.closing()).is_falsy();
        if must_close {
            frame.mark_close(self.closing(), self.mark_site)?;
        }
        let flow = self.iterate(frame)?;
        if flow == Flow::Next {
            frame.poll_line(self.closing_site)?;
        }
        if must_close {
            frame.close(self.closing(), flow, self.closing_site)?;
        }
        Ok(if flow == Flow::Break { Flow::Next } else { flow })
    }
}

impl GenericFor {
    /// Runs the body until there are no more values or control leaves.
    #[inline(always)]
    fn iterate(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        let iteration = self.iteration(frame);
        loop {
            self.step(frame, iteration)?;
            let control = frame.get(self.first_variable());
            if control.is_nil() {
                return Ok(Flow::Next);
            }
            frame.set(self.control(), control);
            let flow = self.body.run(frame)?;
            if flow != Flow::Next {
                return Ok(flow);
            }
            frame.poll_loop(self.site)?;
        }
    }

    fn control(&self) -> Slot {
        self.hidden.offset(2)
    }

    fn closing(&self) -> Slot {
        self.hidden.offset(3)
    }

    fn first_variable(&self) -> Slot {
        self.hidden.offset(HIDDEN_SLOTS)
    }

    /// Decided once, from the iterator.
    fn iteration(&self, frame: &Frame<'_>) -> Iteration {
        match frame.get(self.hidden).as_native() {
            Some(native) => match native.iterator() {
                Some(LoopIterator::Next) => Iteration::Next(native),
                Some(LoopIterator::Array) => Iteration::Array(native),
                None => Iteration::Call,
            },
            None => Iteration::Call,
        }
    }

    /// The table to iterate over, if the iterator still is the one that was seen at the start: `debug.setlocal` can
    /// change the hidden variables.
    #[inline(always)]
    fn table(&self, frame: &Frame<'_>, iterator: Gc<NativeFunction>) -> Option<Gc<Table>> {
        if frame.get(self.hidden).as_native() == Some(iterator) {
            frame.get(self.hidden.offset(1)).as_table()
        } else {
            None
        }
    }

    /// Puts the next values into the variables.
    #[inline(always)]
    fn step(&self, frame: &mut Frame<'_>, iteration: Iteration) -> Result<(), Raised> {
        let control = frame.get(self.control());
        match iteration {
            Iteration::Call => {}
            Iteration::Next(iterator) => {
                if let Some(table) = self.table(frame, iterator) {
                    match table.next(control, frame.vm.strings.seed()) {
                        Ok(Some((key, value))) => {
                            self.set_variables(frame, key, value);
                            return Ok(());
                        }
                        Ok(None) => {
                            frame.set(self.first_variable(), Value::NIL);
                            return Ok(());
                        }
                        // The function itself words the error.
                        Err(lua_runtime::table::UnknownKey) => {}
                    }
                }
            }
            Iteration::Array(iterator) => {
                if let (Some(table), Some(index)) = (self.table(frame, iterator), control.as_integer()) {
                    let key = Value::integer(index.wrapping_add(1));
                    let value = array_element(Value::from(table), key);
                    if let Some(value) = value.or_else(|| frame.vm.index(Value::from(table), key).ok()) {
                        self.set_variables(frame, if value.is_nil() { Value::NIL } else { key }, value);
                        return Ok(());
                    }
                }
            }
        }
        self.call(frame)
    }

    #[inline(always)]
    fn set_variables(&self, frame: &mut Frame<'_>, key: Value, value: Value) {
        let first = self.first_variable();
        frame.set(first, key);
        if self.variable_count > 1 {
            frame.set(first.offset(1), value);
            for i in 2..self.variable_count {
                frame.set(first.offset(i), Value::NIL);
            }
        }
    }

    fn call(&self, frame: &mut Frame<'_>) -> Result<(), Raised> {
        let callee = self.first_variable();
        let (iterator, state, control) =
            (frame.get(self.hidden), frame.get(self.hidden.offset(1)), frame.get(self.control()));
        frame.place_callee(callee, iterator, self.site);
        frame.set(callee.offset(HEADER_SLOTS), state);
        frame.set(callee.offset(HEADER_SLOTS + 1), control);
        if self.variable_count == 1 {
            let value = frame.call::<One>(callee, 2)?;
            frame.set(callee, value);
            return Ok(());
        }
        let count = frame.call::<All>(callee, 2)?;
        for i in count..self.variable_count {
            frame.set(callee.offset(i), Value::NIL);
        }
        Ok(())
    }
}
