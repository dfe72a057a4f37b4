//! A compiler under the policy `compile-policy=profile`: its own counts never lead to a compilation, and what does is a profile of
//! the units that are not compiled yet, which the engine's hooks keep.
//!
//! It is the same for every compiler; what a unit is, and when it is counted, is the business of the engine's hooks. What is hot and
//! stable is [`UnitProfile`]'s.

use std::cell::RefCell;
use std::rc::Rc;

use engine_api::{Counters, Failure, Stage, UnitProgress};
use lua_bytecode::FunctionProto;
use lua_runtime::Vm;

use crate::code::prototype::Prototype;
use crate::state::{Tiers, state_unchecked};
use crate::tier::{Rules, Tier, UnitProfile};

/// A compiler, and what was seen of units that are not compiled.
pub struct Profiled<J> {
    compiler: J,
    profile: RefCell<UnitProfile>,
}

impl<J> Profiled<J> {
    /// Nothing was seen. The policy of the compiler must have a threshold that is never reached.
    pub fn new(compiler: J, rules: Rules) -> Profiled<J> {
        Profiled { compiler, profile: RefCell::new(UnitProfile::new(rules)) }
    }

    /// The profile of a state. The compiler is reached through its own pointer while Lua code runs, so there is never a reference
    /// to all of this.
    ///
    /// # Safety
    /// The state's tier must be one of this type. The reference must not outlive the instance.
    #[inline]
    pub unsafe fn profile_of<'a>(vm: &Vm) -> &'a RefCell<UnitProfile> {
        // SAFETY: as the caller says.
        unsafe { &(*state_unchecked(vm).tiers().engine.cast::<Profiled<J>>()).profile }
    }
}

impl<J: Tier> Tier for Profiled<J> {
    fn tiers(this: *mut Profiled<J>) -> Tiers {
        let compiler = this.cast::<u8>().wrapping_add(std::mem::offset_of!(Profiled<J>, compiler)).cast();
        Tiers { engine: this.cast(), functions: compiler, loops: compiler }
    }

    fn report(&self, counters: &mut Counters) {
        self.compiler.report(counters);
    }

    fn progress(&self, prototype: &Prototype) -> Vec<UnitProgress> {
        self.compiler.progress(prototype)
    }

    fn artifact(&self, protos: &[Rc<FunctionProto>], stage: Stage) -> Result<String, Failure> {
        self.compiler.artifact(protos, stage)
    }
}
