//! The objects with finalisers: the lists of those that live and of those whose finaliser waits.
//!
//! How finalisers are called is in `vm::finalize`.

use std::collections::VecDeque;

use crate::heap::object::HAS_FINALIZER;
use crate::heap::{Heap, OutOfMemory};
use crate::objects::marker::Marker;
use crate::value::Value;

/// The objects with finalisers.
pub(crate) struct Finalizers {
    /// Those that are alive as far as is known, in the order in which they were registered. They are no roots.
    pub(crate) registered: Vec<Value>,
    /// Those whose finaliser waits, the next one first. They are roots.
    pub(crate) queue: VecDeque<Value>,
    /// A finaliser runs: no other one starts meanwhile, and the program cannot ask for a collection.
    pub(crate) is_running: bool,
    /// The function of the finaliser that runs, for its name; its frame keeps it alive. Nil if none runs.
    pub(crate) running: Value,
    /// The state is ending: nothing is registered any more.
    pub(crate) is_closing: bool,
}

impl Default for Finalizers {
    fn default() -> Finalizers {
        Finalizers {
            registered: Vec::new(),
            queue: VecDeque::new(),
            is_running: false,
            running: Value::NIL,
            is_closing: false,
        }
    }
}

impl Finalizers {
    /// Bytes that an object costs in the lists.
    const ENTRY_BYTES: u64 = size_of::<Value>() as u64;

    /// The function of the finaliser that runs, or nil.
    pub(crate) fn running(&self) -> Value {
        self.running
    }

    pub(crate) fn has_waiting(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Marks what waits.
    pub(crate) fn trace(&self, marker: &mut Marker) {
        for value in &self.queue {
            marker.mark_value(*value);
        }
    }

    /// When marking has ended: queues the objects that were not reached, and marks them.
    pub(crate) fn separate(&mut self, marker: &mut Marker) {
        let dead = self.registered.extract_if(.., |value| value.as_object().is_some_and(|object| !object.is_marked()));
        let dead: Vec<Value> = dead.collect();
        for value in dead.into_iter().rev() {
            marker.mark_value(value);
            self.queue.push_back(value);
        }
    }

    pub(crate) fn register(&mut self, heap: &mut Heap, value: Value) -> Result<(), OutOfMemory> {
        heap.account(Self::ENTRY_BYTES)?;
        self.registered.push(value);
        Ok(())
    }

    /// The next object whose finaliser is to be called. From here on it is an object like any other.
    pub(crate) fn next(&mut self, heap: &mut Heap) -> Option<Value> {
        let value = self.queue.pop_front()?;
        heap.unaccount(Self::ENTRY_BYTES);
        if let Some(object) = value.as_object() {
            object.clear_flag(HAS_FINALIZER);
        }
        Some(value)
    }
}
