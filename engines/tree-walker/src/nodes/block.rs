//! Sequences of statements: function bodies, loop bodies, blocks, and the blocks that have labels.

use std::cell::Cell;

use lua_runtime::Marker;

use crate::frame::{Flow, Frame, Raised, SiteId, Slot};
use crate::node::{Child, Node, Ref, Statement};

/// One statement of a block.
///
/// The assignment of an expression to a local variable is the most frequent statement, and the return of one value that of
/// recursive functions; they are done here rather than in nodes of their own, which saves a call, and so a level of native
/// calls for each level of recursion: processors predict the returns of a few dozen only.
#[derive(Clone, Copy)]
pub(crate) enum Action {
    /// Evaluates into a slot.
    Assign {
        /// The slot.
        to: Slot,
        /// The value.
        value: Child,
    },
    /// Returns the value, where no variable is to be closed.
    Return(Child),
    /// Any other statement.
    Execute(Ref<dyn Statement>),
}

impl Action {
    /// Does it.
    #[inline(always)]
    pub(crate) fn run(self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        match self {
            Action::Assign { to, value } => {
                let value = value.evaluate(frame)?;
                frame.set(to, value);
                Ok(Flow::Next)
            }
            Action::Return(value) => {
                frame.result = value.evaluate(frame)?;
                Ok(Flow::Return)
            }
            Action::Execute(statement) => statement.execute(frame),
        }
    }
}

/// Where a statement of the source begins in a block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beginning {
    /// Index of its first action.
    pub(crate) action: usize,
    /// Its place.
    pub(crate) site: SiteId,
    /// Whether it is a `return`.
    pub(crate) is_return: bool,
}

/// Statements in order. No node of its own: whoever has a block runs it.
///
/// The actions are in cells so that a debug hook can watch them (see `debug_hook`), also in activations that run
/// already.
pub(crate) struct Block {
    pub(crate) actions: Box<[Cell<Action>]>,
    pub(crate) beginnings: Box<[Beginning]>,
}

impl Block {
    /// Runs the statements until control leaves.
    #[inline(always)]
    pub(crate) fn run(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        run_actions(&self.actions, frame)
    }
}

/// `do ... end` that is a statement by itself.
pub(crate) struct Do {
    pub(crate) body: Block,
}

impl Node for Do {
    fn trace(&self, _: &mut Marker) {}

    fn blocks(&self, visit: &mut dyn FnMut(&Block)) {
        visit(&self.body);
    }
}

impl Statement for Do {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        self.body.run(frame)
    }
}

/// A label of a block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Label {
    /// Its index in the function.
    pub(crate) label: u32,
    /// Statements before it.
    pub(crate) position: usize,
    /// Where it stands, for polls.
    pub(crate) site: SiteId,
}

/// A block with labels: catches the jumps to them.
pub(crate) struct LabelledBlock {
    pub(crate) body: Block,
    pub(crate) labels: Box<[Label]>,
}

impl Node for LabelledBlock {
    fn trace(&self, _: &mut Marker) {}

    fn blocks(&self, visit: &mut dyn FnMut(&Block)) {
        visit(&self.body);
    }
}

impl Statement for LabelledBlock {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        let mut rest = &self.body.actions[..];
        loop {
            match run_actions(rest, frame)? {
                Flow::Goto => {}
                flow => return Ok(flow),
            }
            let Some(target) = self.labels.iter().find(|label| label.label == frame.label) else {
                return Ok(Flow::Goto);
            };
            // A jump may go back, so it counts as a back-edge.
            frame.poll_between(target.site)?;
            rest = &self.body.actions[target.position..];
        }
    }
}

#[inline(always)]
fn run_actions(actions: &[Cell<Action>], frame: &mut Frame<'_>) -> Result<Flow, Raised> {
    for action in actions {
        match action.get() {
            Action::Assign { to, value } => {
                let value = value.evaluate(frame)?;
                frame.set(to, value);
            }
            Action::Return(value) => {
                frame.result = value.evaluate(frame)?;
                return Ok(Flow::Return);
            }
            Action::Execute(statement) => {
                let flow = statement.execute(frame);
                if flow != Ok(Flow::Next) {
                    return flow;
                }
            }
        }
    }
    Ok(Flow::Next)
}
