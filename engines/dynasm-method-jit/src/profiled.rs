//! The policy `compile-policy=profile`: a function is compiled when it is hot *and* has stable types, by a profile of its calls
//! and of the back-edges of its loops, and not when it has run so often.
//!
//! The compiler is the same; its own counts never lead to a compilation. What is hot and stable is `bytecode_vm::tier`'s.

use std::cell::RefCell;
use std::rc::Rc;

use bytecode_vm::prototype::Prototype;
use bytecode_vm::state::{Cursor, Outcome, Tiers, state_unchecked};
use bytecode_vm::tier::{Rules, Tier, TierHooks, UnitProfile};
use engine_api::{Counters, Failure, Stage, UnitProgress};
use lua_bytecode::FunctionProto;
use lua_runtime::Vm;

use crate::policy::{Jit, jit};

/// The compiler, and what was seen of functions that are not compiled.
pub(crate) struct Profiled {
    jit: Jit,
    profile: RefCell<UnitProfile>,
}

impl Profiled {
    /// Nothing was seen. The policy of the compiler must have a threshold that is never reached.
    pub(crate) fn new(jit: Jit, rules: Rules) -> Profiled {
        Profiled { jit, profile: RefCell::new(UnitProfile::new(rules)) }
    }
}

impl Tier for Profiled {
    fn tiers(this: *mut Profiled) -> Tiers {
        // SAFETY: the pointer is to this; only an address is taken.
        let compiler = unsafe { &raw mut (*this).jit }.cast();
        Tiers { engine: this.cast(), functions: compiler, loops: compiler }
    }

    fn report(&self, counters: &mut Counters) {
        self.jit.report(counters);
    }

    fn progress(&self, prototype: &Prototype) -> Vec<UnitProgress> {
        Tier::progress(&self.jit, prototype)
    }

    fn artifact(&self, protos: &[Rc<FunctionProto>], stage: Stage) -> Result<String, Failure> {
        self.jit.artifact(protos, stage)
    }
}

/// The profile of the running state.
#[inline]
fn profile<'a>(vm: &Vm) -> &'a RefCell<UnitProfile> {
    // SAFETY: the state was started with these hooks, and what is there lives as long as the instance.
    unsafe { &(*state_unchecked(vm).tiers().engine.cast::<Profiled>()).profile }
}

/// The hooks of this engine on the VM under that policy.
pub(crate) struct ProfiledHooks;

// SAFETY: they are those of the compiler, after something was counted.
unsafe impl TierHooks for ProfiledHooks {
    const ACTIVE: bool = true;

    #[inline]
    fn function_entered(vm: &mut Vm, cursor: Cursor) -> Outcome {
        let jit = jit(vm);
        if !jit.is_compiled(cursor.prototype()) && profile(vm).borrow_mut().called(cursor) {
            jit.make_due(cursor);
        }
        jit.function_entered(vm, cursor)
    }

    #[inline]
    fn entered_from_rust(vm: &mut Vm, cursor: Cursor) -> Outcome {
        jit(vm).entered_from_rust(vm, cursor)
    }

    #[inline]
    fn resumed(vm: &mut Vm, cursor: Cursor) -> Outcome {
        jit(vm).resumed(vm, cursor)
    }

    #[inline]
    fn back_edge(vm: &mut Vm, cursor: Cursor) -> Outcome {
        let jit = jit(vm);
        if !jit.is_compiled(cursor.prototype()) && profile(vm).borrow_mut().looped(cursor, 1) {
            jit.make_due(cursor);
        }
        jit.back_edge(vm, cursor)
    }
}
