//! Polls and collections: what a state does when a request waits, and which objects are its roots.
//!
//! How marking and sweeping proceed is in `collector`; how finalisers are called is in `finalize`.

use engine_api::{Event, Failure, Interrupt, StopReason, VmState};

use super::Vm;
use super::meta::MetaEvent;
use super::signal::Signal;
use super::unfinished::Unfinished;
use crate::collector::finalizers::Finalizers;
use crate::collector::{check, collect};
use crate::heap::object::{Gc, Kind};
use crate::objects::marker::Marker;
use crate::objects::userdata::Userdata;

/// What a state keeps for its collections.
pub(super) struct Garbage {
    /// The objects with finalisers.
    pub(super) finalizers: Finalizers,
    /// Whether the heap's invariants are checked after each collection.
    pub(super) checks_heap: bool,
}

impl Vm {
    /// Whether some request waits. Engines ask at back-edges and function entries and then call [`Vm::poll`].
    #[inline(always)]
    pub fn must_poll(&self) -> bool {
        // SAFETY: the word lives as long as `self.poll_word`, which shares it.
        unsafe { (*self.interrupt_word).load(std::sync::atomic::Ordering::Relaxed) != 0 }
    }

    /// Serves the requests that wait, and calls the finalisers of what a collection has found dead: as after any call,
    /// the stack may have moved afterwards. `top` is the first slot above the innermost frame.
    ///
    /// # Errors
    /// [`Signal::Fatal`] if the instance must stop; [`Signal::Memory`] if more than the limit is live.
    #[cold]
    #[inline(never)]
    pub fn poll(&mut self, top: u32) -> Result<(), Signal> {
        let bits = self.interrupt.bits();
        // What is below the innermost frame is others', whatever a library function says.
        let top = top.max(self.frame_base);
        if bits & Interrupt::COLLECT != 0 {
            self.collect(top);
            if self.heap.is_over_limit() {
                return Err(Signal::Memory);
            }
        }
        if self.interrupt.bits() & Interrupt::FINALIZE != 0 {
            self.run_finalizers(top)?;
        }
        if bits & (Interrupt::STOP_TIME | Interrupt::STOP_REQUEST) != 0 {
            let reason = if bits & Interrupt::STOP_TIME != 0 { StopReason::Time } else { StopReason::Request };
            self.traceback = (self.engine.traceback)(self, 0);
            self.fatal = Some(Failure::Stopped(reason));
            return Err(Signal::Fatal);
        }
        Ok(())
    }

    /// Collects garbage now; the next poll calls the finalisers. Everything in the stack below `top` is live, and below the
    /// innermost frame.
    pub fn collect(&mut self, top: u32) {
        let top = top.max(self.frame_base);
        self.interrupt.clear(Interrupt::COLLECT);
        let before = self.interrupt.set_state(VmState::Collecting);
        let start_ns = self.host.monotonic_ns();
        let before_bytes = self.heap.used_bytes();
        let mut marker = Marker::new(self.meta_names.get(MetaEvent::Mode), self.strings.seed());
        // What a library keeps, and payloads of userdata, have code of other crates.
        let unfinished = Unfinished::begin(true);
        self.mark_roots(top, &mut marker);
        marker.finish(&mut self.garbage.finalizers);
        self.object_numbers.remove_unmarked();
        self.strings.remove_unmarked();
        self.shapes.remove_unmarked();
        self.state_cache.clear();
        collect::sweep(&mut self.heap);
        unfinished.end();
        if self.garbage.checks_heap {
            check::check(&self.heap, &self.strings, &self.shapes, &[self.thread, self.main_thread]);
        }
        self.interrupt.set_state(before);
        let end_ns = self.host.monotonic_ns();
        let time_ns = end_ns.saturating_sub(start_ns);
        self.heap.collection_done(time_ns);
        if self.garbage.finalizers.has_waiting() {
            self.interrupt.request_here(Interrupt::FINALIZE);
        }
        if let Some(sink) = &mut self.sink {
            let after_bytes = self.heap.used_bytes();
            sink.event(end_ns, &Event::Collected { before_bytes, after_bytes, time_ns });
        }
    }

    /// Before something large is made: collects garbage if the heap limit would be passed otherwise. `top` is as in
    /// [`Vm::collect`].
    pub fn make_room(&mut self, top: u32, bytes: u64) {
        if self.heap.lacks_room_for(bytes) {
            self.collect(top);
        }
    }

    fn mark_roots(&mut self, top: u32, marker: &mut Marker) {
        self.thread.fields().top.set(top);
        marker.mark(self.thread.header());
        marker.mark(self.main_thread.header());
        marker.mark(self.globals.header());
        marker.mark(self.registry.header());
        if let Some(hooks) = self.hooks.table {
            marker.mark(hooks.header());
        }
        for metatable in self.metatables.iter() {
            marker.mark(metatable.header());
        }
        marker.mark(self.memory_message.header());
        marker.mark(self.shapes.empty.header());
        marker.mark(self.shapes.dictionary.header());
        marker.mark(self.shapes.chains.plain.header());
        marker.mark_value(self.error);
        self.library.trace(marker);
        self.garbage.finalizers.trace(marker);
        for name in self.meta_names.iter() {
            marker.mark(name.header());
        }
        for value in &self.kept {
            marker.mark_value(*value);
        }
        for object in &self.code_objects {
            marker.mark(*object);
        }
    }

    /// Every userdata that exists, garbage among them.
    pub fn all_userdata(&self) -> Vec<Gc<Userdata>> {
        let mut found = Vec::new();
        self.heap.for_each_object(|object| {
            if object.kind() == Kind::Userdata {
                // SAFETY: the kind says what the object is.
                found.push(unsafe { object.cast::<Userdata>() });
            }
        });
        found
    }
}
