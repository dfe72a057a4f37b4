//! Sequences of statements: function bodies, loop bodies, blocks, and the blocks that have labels.

use lua_runtime::collect::Marker;

use crate::frame::{Flow, Frame, Raised, SiteId, Slot};
use crate::node::{Child, Node, Ref, Statement};

/// One statement of a block.
///
/// The assignment of an expression to a local variable is the most frequent statement; it is done here rather than in
/// a node of its own, which saves a call.
#[derive(Clone, Copy)]
pub(crate) enum Action {
    /// Evaluates into a slot.
    Assign {
        /// The slot.
        to: Slot,
        /// The value.
        value: Child,
    },
    /// Any other statement.
    Execute(Ref<dyn Statement>),
}

/// Statements in order. No node of its own: whoever has a block runs it.
#[derive(Clone)]
pub(crate) struct Block(pub(crate) Box<[Action]>);

impl Block {
    /// Runs the statements until control leaves.
    #[inline(always)]
    pub(crate) fn run(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        run_actions(&self.0, frame)
    }
}

/// `do ... end` that is a statement by itself.
pub(crate) struct Do {
    pub(crate) body: Block,
}

impl Node for Do {
    fn trace(&self, _: &mut Marker) {}
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
}

impl Statement for LabelledBlock {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        let mut rest = &self.body.0[..];
        loop {
            match run_actions(rest, frame)? {
                Flow::Goto => {}
                flow => return Ok(flow),
            }
            let Some(target) = self.labels.iter().find(|label| label.label == frame.label) else {
                return Ok(Flow::Goto);
            };
            // A jump may go back, so it counts as a back-edge.
            frame.poll(target.site)?;
            rest = &self.body.0[target.position..];
        }
    }
}

#[inline(always)]
fn run_actions(actions: &[Action], frame: &mut Frame<'_>) -> Result<Flow, Raised> {
    for action in actions {
        match action {
            Action::Assign { to, value } => {
                let value = value.evaluate(frame)?;
                frame.set(*to, value);
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
