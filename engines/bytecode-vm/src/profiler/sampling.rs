//! The sampling profiler: what runs is written down at each hook, and counts once for each tick of the host since the last.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use engine_api::profile::{Profile, ProfileUnit, StackProfile};
use lua_runtime::{Value, Vm};

use crate::calls::plain_call::Callee;
use crate::frame::HEADER_SLOTS;
use crate::profiler::functions::Functions;
use crate::state::Cursor;
use crate::state::walk::{frames, prototype_in};

/// What is seen of a program.
pub(crate) struct Sampling {
    /// The function that runs: the value in the slot of its callee, or nil if nothing does.
    callee: Cell<Value>,
    /// The base of its frame.
    base: Cell<u32>,
    seen: RefCell<Seen>,
}

#[derive(Default)]
struct Seen {
    functions: Functions,
    stacks: HashMap<Vec<u32>, u64>,
}

impl Default for Sampling {
    fn default() -> Sampling {
        Sampling { callee: Cell::new(Value::NIL), base: Cell::new(0), seen: RefCell::default() }
    }
}

impl Sampling {
    /// From now on the function of the cursor's frame runs.
    #[inline(always)]
    pub(super) fn runs(&self, vm: &Vm, cursor: Cursor) {
        self.look(vm);
        let base = cursor.base(vm);
        self.callee.set(vm.slot(base - HEADER_SLOTS));
        self.base.set(base);
    }

    /// From now on a function of the library runs.
    #[inline(always)]
    pub(super) fn runs_library(&self, vm: &Vm, callee: Callee) {
        self.look(vm);
        // SAFETY: the instruction has put the callee in place, which lies on the stack.
        let slot = unsafe { callee.address.offset_from(vm.stack()) } as u32;
        self.callee.set(vm.slot(slot));
        self.base.set(slot + HEADER_SLOTS);
    }

    /// From now on what has called the interpreter runs.
    pub(super) fn runs_outer(&self, vm: &Vm) {
        self.look(vm);
        let base = vm.frame_base();
        self.callee.set(if base < HEADER_SLOTS { Value::NIL } else { vm.slot(base - HEADER_SLOTS) });
        self.base.set(base);
    }

    /// Whatever ran until now has run during the ticks since the last look.
    #[inline(always)]
    pub(super) fn look(&self, vm: &Vm) {
        if vm.interrupt.has_ticked() {
            self.count(vm);
        }
    }

    #[cold]
    #[inline(never)]
    fn count(&self, vm: &Vm) {
        let ticks = vm.interrupt.take_ticks();
        if ticks == 0 || self.callee.get().is_nil() {
            return;
        }
        let mut seen = self.seen.borrow_mut();
        let Some(innermost) = number(&mut seen.functions, vm, self.callee.get(), None) else { return };
        // What has been entered since, or what has returned, is above the frame that ran.
        let mut stack: Vec<u32> = Vec::new();
        for frame in frames(vm).filter(|frame| frame.base < self.base.get()) {
            stack.extend(number(&mut seen.functions, vm, frame.callee, Some(frame.base)));
        }
        stack.reverse();
        stack.push(innermost);
        *seen.stacks.entry(stack).or_default() += u64::from(ticks);
    }

    /// What was seen so far.
    pub(super) fn profile(&self) -> Profile {
        let seen = self.seen.borrow();
        let mut functions = seen.functions.profiles();
        let mut stacks: Vec<StackProfile> = Vec::new();
        for (stack, ticks) in &seen.stacks {
            let mut counted = stack.clone();
            counted.sort_unstable();
            counted.dedup();
            for function in counted {
                functions[function as usize].total += ticks;
            }
            if let Some(innermost) = stack.last() {
                functions[*innermost as usize].itself += ticks;
            }
            stacks.push(StackProfile { functions: stack.clone(), itself: *ticks });
        }
        stacks.sort_by(|one, other| one.functions.cmp(&other.functions));
        Profile { unit: ProfileUnit::Ticks, functions, stacks, ..Profile::default() }
    }
}

/// The number of a function, if it is one that the profile tells of.
fn number(functions: &mut Functions, vm: &Vm, callee: Value, base: Option<u32>) -> Option<u32> {
    match (callee.as_closure(), base) {
        (Some(closure), _) => {
            // SAFETY: it is of this state.
            let prototype = unsafe { crate::state::prototype_of_closure(closure) };
            Some(functions.of_proto(prototype.proto()))
        }
        (None, Some(base)) if prototype_in(vm, base).is_some() => None,
        (None, _) => functions.of_library(vm, callee),
    }
}
