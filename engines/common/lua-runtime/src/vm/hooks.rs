//! Debug hooks: a function that the engine calls when something happens in a coroutine.
//!
//! While the running coroutine has one, [`Interrupt::HOOK`] is set, so that engines notice on their slow paths and enter
//! no compiled code.

use engine_api::Interrupt;

use super::Vm;
use super::debug_library::{FrameName, HookEvent};
use super::signal::Signal;
use crate::heap::OutOfMemory;
use crate::heap::object::Gc;
use crate::objects::table::Table;
use crate::objects::thread::HookMask;
use crate::objects::thread::Thread;
use crate::value::Value;

/// The registry's field with the hooks, by coroutine, as in PUC Lua.
const HOOK_TABLE: &str = "_HOOKKEY";

/// The state of debug hooks.
#[derive(Default)]
pub(super) struct DebugHooks {
    /// Hooks by coroutine, once there has been one.
    pub(super) table: Option<Gc<Table>>,
    /// How often a debug hook was set or cleared.
    changes: u32,
    /// Whether a debug hook runs.
    is_running: bool,
    /// While a debug hook runs: first variable and number of the values that a call or return passes.
    transfer: (u32, u32),
}

impl Vm {
    /// Sets or clears the hook of a coroutine.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn set_hook(&mut self, thread: Gc<Thread>, function: Value, mask: HookMask) -> Result<(), OutOfMemory> {
        let hooks = self.hook_table()?;
        let seed = self.strings.seed();
        let function = if mask.is_empty() { Value::NIL } else { function };
        match hooks.set(&mut self.heap, &mut self.shapes, Value::from(thread), function, seed) {
            Ok(()) => {}
            Err(crate::objects::table::StoreError::OutOfMemory) => return Err(OutOfMemory),
            Err(crate::objects::table::StoreError::NilKey | crate::objects::table::StoreError::NanKey) => {
                unreachable!("a coroutine is a key")
            }
        }
        let fields = thread.fields();
        fields.hook.set(mask);
        self.hooks.changes = self.hooks.changes.wrapping_add(1);
        fields.instructions_left.set(mask.count);
        if thread == self.thread {
            self.request_hook_polls();
        }
        Ok(())
    }

    /// How often a debug hook was set or cleared.
    pub fn hook_changes(&self) -> u32 {
        self.hooks.changes
    }

    /// Whether a debug hook runs.
    #[inline]
    pub fn is_hook_running(&self) -> bool {
        self.hooks.is_running
    }

    /// While a debug hook runs: first variable and number of the values that a call or return passes.
    pub fn hook_transfer(&self) -> (u32, u32) {
        self.hooks.transfer
    }

    /// The hook of a coroutine; nil if there is none.
    pub fn hook_of(&self, thread: Gc<Thread>) -> Value {
        self.hooks.table.map_or(Value::NIL, |hooks| self.raw_get(hooks, Value::from(thread)))
    }

    /// The name of a function that was called by no code of the program, but as the debug hook or as a finaliser.
    pub fn unasked_call_name(&self, function: Value) -> Option<FrameName> {
        if self.hooks.is_running && self.hook_of(self.thread).raw_equals(function) {
            return Some(FrameName { kind: "hook", text: b"?".to_vec() });
        }
        let is_finalizer = !function.is_nil() && self.garbage.finalizers.running().raw_equals(function);
        is_finalizer.then(|| FrameName { kind: "metamethod", text: b"__gc".to_vec() })
    }

    /// Whether any coroutine has a hook.
    pub fn has_hooks(&self) -> bool {
        self.hooks.table.is_some_and(|hooks| !matches!(hooks.next(Value::NIL, self.strings.seed()), Ok(None)))
    }

    fn hook_table(&mut self) -> Result<Gc<Table>, OutOfMemory> {
        if let Some(table) = self.hooks.table {
            return Ok(table);
        }
        let (table, metatable) = (self.table(0, 0)?, self.table(0, 0)?);
        let mode = Value::from(self.string(b"k")?);
        self.raw_set_name(metatable, "__mode", mode)?;
        self.set_metatable(table, Some(metatable))?;
        self.raw_set_name(self.registry, HOOK_TABLE, Value::from(table))?;
        self.hooks.table = Some(table);
        Ok(table)
    }

    /// Lets engines see whether the running coroutine has a hook.
    pub(super) fn request_hook_polls(&self) {
        if self.thread.fields().hook.get().is_empty() {
            self.interrupt.clear(Interrupt::HOOK);
        } else {
            self.interrupt.request_here(Interrupt::HOOK);
        }
    }

    /// The events that call the running coroutine's hook now: none while a hook runs.
    #[inline]
    pub fn hook_mask(&self) -> HookMask {
        if self.hooks.is_running { HookMask::default() } else { self.thread.fields().hook.get() }
    }

    /// Calls the hook of the running coroutine. `top` is the first slot that the innermost frame does not use.
    ///
    /// # Errors
    /// Those of the hook.
    #[cold]
    pub fn call_hook(&mut self, event: HookEvent, top: u32) -> Result<(), Signal> {
        let hook = self.hook_of(self.thread);
        let name = Value::from(self.string(event.name().as_bytes())?);
        let line = match event {
            HookEvent::Line(0) => Value::NIL,
            HookEvent::Line(line) => Value::integer(i64::from(line)),
            HookEvent::Call { .. } | HookEvent::Return { .. } | HookEvent::Count => Value::NIL,
        };
        self.hooks.is_running = true;
        let outer_transfer = std::mem::replace(&mut self.hooks.transfer, event.transfer());
        let result = self.call(top, hook, &[name, line]);
        self.hooks.transfer = outer_transfer;
        self.hooks.is_running = false;
        result.map(|_| ())
    }
}
