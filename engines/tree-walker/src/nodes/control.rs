//! Conditions, loops on conditions, returns and jumps.

use lua_runtime::Marker;

use crate::frame::{Flow, Frame, Raised, SiteId, Slot};
use crate::node::{Child, Node, Ref, Statement, ValueList};
use crate::nodes::block::Block;
use crate::nodes::call::place_all;
use crate::operand::{Operand, Source};

/// `if condition then ... end`.
pub(crate) struct IfThen {
    pub(crate) condition: Child,
    pub(crate) body: Block,
}

impl Node for IfThen {
    fn trace(&self, _: &mut Marker) {}

    fn blocks(&self, visit: &mut dyn FnMut(&Block)) {
        visit(&self.body);
    }
}

impl Statement for IfThen {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        if self.condition.evaluate_condition(frame)? { self.body.run(frame) } else { Ok(Flow::Next) }
    }
}

/// `if` with further arms or an `else`.
pub(crate) struct If {
    pub(crate) arms: Box<[(Child, Block)]>,
    /// Empty if there is none.
    pub(crate) otherwise: Block,
}

impl Node for If {
    fn trace(&self, _: &mut Marker) {}

    fn blocks(&self, visit: &mut dyn FnMut(&Block)) {
        self.arms.iter().for_each(|(_, body)| visit(body));
        visit(&self.otherwise);
    }
}

impl Statement for If {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        for (condition, body) in &self.arms {
            if condition.evaluate_condition(frame)? {
                return body.run(frame);
            }
        }
        self.otherwise.run(frame)
    }
}

/// `while condition do ... end`.
pub(crate) struct While {
    pub(crate) condition: Child,
    pub(crate) body: Block,
    pub(crate) site: SiteId,
    /// Whether the condition is a constant, so that nothing happens in its line.
    pub(crate) is_constant: bool,
}

impl Node for While {
    fn trace(&self, _: &mut Marker) {}

    fn blocks(&self, visit: &mut dyn FnMut(&Block)) {
        visit(&self.body);
    }
}

impl Statement for While {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        while self.condition.evaluate_condition(frame)? {
            match self.body.run(frame)? {
                Flow::Next => {}
                Flow::Break => break,
                flow @ (Flow::Goto | Flow::Return | Flow::ReturnList | Flow::TailCall) => return Ok(flow),
            }
            if self.is_constant {
                frame.poll_between(self.site)?;
            } else {
                frame.poll(self.site)?;
            }
        }
        Ok(Flow::Next)
    }
}

/// `repeat ... until condition`.
pub(crate) struct Repeat {
    pub(crate) body: Block,
    pub(crate) condition: Child,
    /// Where the condition is.
    pub(crate) site: SiteId,
}

impl Node for Repeat {
    fn trace(&self, _: &mut Marker) {}

    fn blocks(&self, visit: &mut dyn FnMut(&Block)) {
        visit(&self.body);
    }
}

impl Statement for Repeat {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        loop {
            match self.body.run(frame)? {
                Flow::Next => {}
                Flow::Break => break,
                flow @ (Flow::Goto | Flow::Return | Flow::ReturnList | Flow::TailCall) => return Ok(flow),
            }
            if self.condition.evaluate_condition(frame)? {
                break;
            }
            frame.poll_between(self.site)?;
        }
        Ok(Flow::Next)
    }
}

/// `return value`.
pub(crate) struct Return {
    pub(crate) value: Source,
}

impl Node for Return {
    fn trace(&self, marker: &mut Marker) {
        self.value.trace(marker);
    }
}

impl Statement for Return {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        frame.result = self.value.value(frame)?;
        Ok(Flow::Return)
    }
}

/// `return` of any other list.
pub(crate) struct ReturnList {
    pub(crate) fixed: Box<[Source]>,
    pub(crate) last: Option<Ref<dyn ValueList>>,
    /// Where the values are put.
    pub(crate) slot: Slot,
}

impl Node for ReturnList {
    fn trace(&self, marker: &mut Marker) {
        self.fixed.iter().for_each(|value| value.trace(marker));
    }
}

impl Statement for ReturnList {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        let mut count = place_all(&self.fixed, frame, self.slot)?;
        if let Some(last) = self.last {
            count += last.evaluate_all(frame, self.slot.offset(count))?;
        }
        (frame.list_start, frame.list_count) = (self.slot, count);
        Ok(Flow::ReturnList)
    }
}

/// `break`.
pub(crate) struct Break;

impl Node for Break {
    fn trace(&self, _: &mut Marker) {}
}

impl Statement for Break {
    fn execute(&self, _: &mut Frame<'_>) -> Result<Flow, Raised> {
        Ok(Flow::Break)
    }
}

/// `goto label`.
pub(crate) struct Goto {
    /// Index of the label in the function.
    pub(crate) label: u32,
}

impl Node for Goto {
    fn trace(&self, _: &mut Marker) {}
}

impl Statement for Goto {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        frame.label = self.label;
        Ok(Flow::Goto)
    }
}
