//! The policy `compile-policy=profile`: a loop is compiled when it is hot *and* its registers have stable types, by a profile of
//! its back-edges, and not when it has run so often.
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

use crate::enter::{back_edge, is_counting, make_due, resumed};
use crate::policy::Jit;

/// The compiler, and what was seen of loops that are not compiled.
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

/// The hooks of this engine on the VM under that policy.
pub(crate) struct ProfiledHooks;

// SAFETY: they are those of the compiler, after something was counted.
unsafe impl TierHooks for ProfiledHooks {
    const ACTIVE: bool = true;

    #[inline]
    fn back_edge(vm: &mut Vm, cursor: Cursor) -> Outcome {
        // SAFETY: the state was started with these hooks. The compiler is exchanged through its own pointer while Lua code runs,
        // so there is never a reference to all of what is there; the profile lives as long as the instance.
        let profile = unsafe { &(*state_unchecked(vm).tiers().engine.cast::<Profiled>()).profile };
        if is_counting(vm, cursor) && profile.borrow_mut().looped(cursor, 1) {
            make_due(vm, cursor);
        }
        back_edge(vm, cursor)
    }

    #[inline]
    fn resumed(vm: &mut Vm, cursor: Cursor) -> Outcome {
        resumed(vm, cursor)
    }
}
