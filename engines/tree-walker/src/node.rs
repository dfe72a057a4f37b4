//! What an executable tree is made of: the traits of its nodes, references between them, and the store that owns them.
//!
//! A node is an object with one method for what its parent wants from it, called through a vtable, so that every
//! specialised node is a small function of its own. This file must not know any particular node; see `nodes`.

use std::ops::Deref;
use std::ptr::NonNull;

use lua_runtime::Marker;
use lua_runtime::Value;

use crate::frame::{Flow, Frame, Raised, Slot};
use crate::nodes::block::Block;

/// Any node: something that may hold references into the heap.
pub(crate) trait Node {
    /// Marks the heap objects that this node itself refers to (constants, caches, inner functions), not those of the
    /// nodes below it.
    fn trace(&self, marker: &mut Marker);

    /// Shows the blocks that this node itself runs.
    fn blocks(&self, _visit: &mut dyn FnMut(&Block)) {}
}

/// A node that gives one value.
pub(crate) trait Expression: Node {
    /// The value.
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised>;

    /// Whether the value is true in a condition. Comparisons and logical operators never make a [`Value`] for it.
    #[inline]
    fn evaluate_condition(&self, frame: &mut Frame<'_>) -> Result<bool, Raised> {
        Ok(!self.evaluate(frame)?.is_falsy())
    }
}

/// A node that gives any number of values: a call or `...` at the end of a list.
pub(crate) trait ValueList: Node {
    /// Puts the values into the slots from `to` on and returns their number. There is room for what a native function
    /// needs above them.
    fn evaluate_all(&self, frame: &mut Frame<'_>, to: Slot) -> Result<u32, Raised>;
}

/// A node that is run for its effect.
pub(crate) trait Statement: Node {
    /// Runs it; says where control goes on.
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised>;
}

/// A reference to a node of the same function.
///
/// Nodes never move, and the function's [`Nodes`] own them all. A node runs only inside an activation of its function,
/// whose closure, and so its code, is kept alive by the frame header (or, in the last moments of a tail call, by the
/// absence of polls), so the reference is valid whenever somebody can follow it.
pub(crate) struct Ref<T: ?Sized>(NonNull<T>);

/// A reference to an expression.
pub(crate) type Child = Ref<dyn Expression>;

impl<T: ?Sized> Clone for Ref<T> {
    fn clone(&self) -> Ref<T> {
        *self
    }
}

impl<T: ?Sized> Copy for Ref<T> {}

impl<T: ?Sized> Deref for Ref<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: see the type: the node lives as long as anybody can reach this reference, and nodes are only ever
        // shared; what changes in them is in cells.
        unsafe { self.0.as_ref() }
    }
}

impl<T: Expression + 'static> Ref<T> {
    /// The same reference, to any expression.
    pub(crate) fn expression(self) -> Child {
        Ref(self.0 as NonNull<dyn Expression>)
    }
}

impl<T: ValueList + 'static> Ref<T> {
    /// The same reference, to any list of values.
    pub(crate) fn list(self) -> Ref<dyn ValueList> {
        Ref(self.0 as NonNull<dyn ValueList>)
    }
}

impl<T: Statement + 'static> Ref<T> {
    /// The same reference, to any statement.
    pub(crate) fn statement(self) -> Ref<dyn Statement> {
        Ref(self.0 as NonNull<dyn Statement>)
    }
}

/// All nodes of one function. Dropping it frees them one by one, without recursion, however deep the tree is.
#[derive(Default)]
pub(crate) struct Nodes {
    owned: Vec<NonNull<dyn Node>>,
    bytes: u64,
}

impl Nodes {
    /// Takes a node in.
    pub(crate) fn add<T: Node + 'static>(&mut self, node: T) -> Ref<T> {
        let node = NonNull::from(Box::leak(Box::new(node)));
        self.owned.push(node as NonNull<dyn Node>);
        self.bytes += size_of::<T>() as u64 + size_of::<NonNull<dyn Node>>() as u64;
        Ref(node)
    }

    /// Memory of the nodes in bytes, lists inside them not counted.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Shows all blocks of the nodes.
    pub(crate) fn blocks(&self, visit: &mut dyn FnMut(&Block)) {
        for node in &self.owned {
            // SAFETY: as in `trace`.
            unsafe { node.as_ref() }.blocks(visit);
        }
    }

    /// Marks what the nodes refer to.
    pub(crate) fn trace(&self, marker: &mut Marker) {
        for node in &self.owned {
            // SAFETY: every node is alive until this store is dropped.
            unsafe { node.as_ref() }.trace(marker);
        }
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        for node in self.owned.drain(..) {
            // SAFETY: the pointer came from `Box::leak` in `add`, and references to the node die with the function.
            drop(unsafe { Box::from_raw(node.as_ptr()) });
        }
    }
}
