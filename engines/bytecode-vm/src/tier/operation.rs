//! Go on or leave: what compiled code does after the VM has done an instruction of its frame.
//!
//! Compiled code goes on if the VM would go on behind the instruction in the same frame, whatever calls, collections and
//! moves of the stack lay between. All else (the VM would go on in a function of the program or in another coroutine, an
//! error was raised) leaves compiled code, unless the engine runs by itself what the operation waits for. How it leaves is
//! each engine's business.

use engine_api::Interrupt;
use lua_runtime::thread::Thread;
use lua_runtime::{Gc, Vm};

use crate::state::{Cursor, Outcome, Step, resume_at, state_unchecked};

/// An instruction of a compiled function that the VM does, from before it is done.
#[derive(Debug)]
pub struct Operation {
    /// The stack slot of the frame's base.
    base: u32,
    /// The coroutine that runs.
    thread: Gc<Thread>,
    local_changes: u64,
    /// The state in which it was begun, and must end.
    vm: *const Vm,
}

/// What is kept of an operation whose callee runs, as two machine words.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// The address of the coroutine that ran.
    pub thread: u64,
    /// How often the program had changed variables of frames.
    pub local_changes: u64,
}

/// What compiled code does after the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// It goes on in its frame; the stack may have moved.
    GoOn,
    /// It leaves, and the VM goes on so.
    Leave(Outcome),
}

impl Operation {
    /// The instruction at the cursor is about to be done.
    #[inline]
    pub fn begin(vm: &Vm, cursor: Cursor) -> Operation {
        // SAFETY: a cursor is at a frame of a Lua function of the running state, which only this engine makes.
        let local_changes = unsafe { state_unchecked(vm) }.local_changes.get();
        Operation { base: cursor.base(vm), thread: vm.thread(), local_changes, vm }
    }

    /// What must be kept of the operation beside its instruction and its base while compiled code runs what it has called.
    #[inline]
    pub fn kept(&self) -> Kept {
        Kept { thread: self.thread.address(), local_changes: self.local_changes }
    }

    /// The operation again, of which that was kept.
    ///
    /// # Safety
    /// It must have been begun in this state, with this base, and its coroutine must not have ended.
    #[inline]
    pub unsafe fn again(vm: &Vm, base: u32, kept: Kept) -> Operation {
        // SAFETY: as the caller says, the coroutine is alive.
        let thread = unsafe { Gc::from_address(kept.thread) };
        Operation { base, thread, local_changes: kept.local_changes, vm }
    }

    /// The stack slot of the frame's base.
    #[inline]
    pub fn base(&self) -> u32 {
        self.base
    }

    /// Whether the coroutine in which it was begun is the running one.
    #[inline]
    pub fn is_of_running(&self, vm: &Vm) -> bool {
        vm.thread() == self.thread
    }

    /// Whether the VM would go on in something that the operation has called and that has not returned: in a frame above this
    /// one, or in a coroutine that it has resumed.
    ///
    /// # Panics
    /// If the operation was begun in another state.
    #[inline]
    pub fn is_waiting(&self, vm: &Vm) -> bool {
        assert!(std::ptr::eq(vm, self.vm), "an operation waits in another state");
        if vm.thread() != self.thread {
            return vm.thread().resumer() == Some(self.thread);
        }
        // SAFETY: the operation was begun in this state, which is of this engine.
        unsafe { state_unchecked(vm) }.resume_base.get() > self.base
    }

    /// The instruction was done, with an outcome that was carried out as far as it is a call or a return. `expected` is the
    /// instruction behind which the VM must want to go on for compiled code to do the same; `next` is where the VM goes on
    /// if the frame has changed under compiled code.
    ///
    /// # Panics
    /// If the operation was begun in another state.
    #[inline]
    pub fn end(&self, vm: &Vm, outcome: Outcome, expected: *const u32, next: *const u32) -> After {
        assert!(std::ptr::eq(vm, self.vm), "an operation ends in another state");
        match outcome {
            Ok(Step::Next) if self.has_same_locals(vm) => After::GoOn,
            Ok(Step::Next) => After::Leave(Ok(resume_at(vm, next, self.base))),
            Ok(Step::Reload) if self.resumes_at(vm, expected) => After::GoOn,
            Ok(Step::Call | Step::Return) => unreachable!("they were carried out"),
            Ok(Step::Reload | Step::Exit) | Err(_) => After::Leave(outcome),
        }
    }

    /// Whether the VM would go on at an instruction of the frame, as if nothing had happened. A coroutine may run the same
    /// function at the same place of its own stack; a debug hook is called by the interpreter only.
    #[inline]
    pub fn resumes_at(&self, vm: &Vm, instruction: *const u32) -> bool {
        // SAFETY: as in `has_same_locals`.
        let state = unsafe { state_unchecked(vm) };
        let is_here = state.resume_pc.get() == instruction && state.resume_base.get() == self.base;
        is_here && vm.thread() == self.thread && self.has_same_locals(vm) && vm.interrupt.bits() & Interrupt::HOOK == 0
    }

    /// Whether the program has left the frame's variables alone, which compiled code may hold in registers.
    #[inline]
    fn has_same_locals(&self, vm: &Vm) -> bool {
        // SAFETY: the operation was begun in this state, as `end` has checked.
        unsafe { state_unchecked(vm) }.local_changes.get() == self.local_changes
    }
}
