//! Chains that nest to the left, like `a + b + c` and `a.b.c`, however long they are.
//!
//! A short one becomes nodes inside nodes like any other expression. A long one is cut into pieces, which run one after
//! the other, each from the value of the piece before, so that neither compiling nor running it needs more native stack
//! than a piece. Short circuits need no care: if `a and b` ends a piece with a false value, `and c` of the next gives it
//! on.

use lua_syntax::ast::Expression;

use super::{FunctionCompiler, Result};
use crate::frame::Slot;
use crate::node::Child;
use crate::nodes::chain::Chain;

/// Links of a piece.
const LINKS_PER_PIECE: usize = 24;
/// From this many links on a chain is long.
const LONG_CHAIN: usize = 48;

/// A link whose value is in a slot when the links behind it run.
#[derive(Clone, Copy)]
pub(super) struct Held {
    link: *const Expression,
    slot: Slot,
}

impl FunctionCompiler<'_, '_> {
    /// The slot that holds the value of this very expression, the end of the piece before.
    pub(super) fn held_slot(&self, expression: &Expression) -> Option<Slot> {
        self.held.filter(|held| std::ptr::eq(held.link, expression)).map(|held| held.slot)
    }

    /// The links from this one to the left, up to one that is held.
    fn links<'e>(&self, expression: &'e Expression) -> impl Iterator<Item = &'e Expression> {
        let held = self.held.map(|held| held.link);
        let is_new_link =
            move |link: &&Expression| link.left().is_some() && !held.is_some_and(|held| std::ptr::eq(held, *link));
        std::iter::successors(Some(expression), |link| link.left()).take_while(is_new_link)
    }

    pub(super) fn is_long_chain(&self, expression: &Expression) -> bool {
        self.links(expression).nth(LONG_CHAIN - 1).is_some()
    }

    /// A node for a long chain.
    pub(super) fn long_chain(&mut self, expression: &Expression) -> Result<Child> {
        let links: Vec<&Expression> = self.links(expression).collect();
        let slot = self.take(1);
        let outer = self.held;
        let mut pieces = Vec::new();
        for piece in links.rchunks(LINKS_PER_PIECE) {
            let last_link = piece[0];
            pieces.push(self.child(last_link)?);
            self.held = Some(Held { link: last_link, slot });
        }
        self.held = outer;
        let Some(last) = pieces.pop() else { unreachable!("a long chain has links") };
        Ok(self.expression_node(Chain { pieces: pieces.into(), last, slot }))
    }
}
