//! What every JIT engine does over the interpreter: it looks in at hooks, counts, finds or makes units within limits, gives
//! up what is declined, has the VM do instructions and goes on or leaves, and reports all of it.
//!
//! An engine adds what differs: what a unit is and when it is hot, how it is compiled, and what its exits mean. Units
//! themselves, and the cache that they are in, are `jit_support`'s.

mod compilation;

mod heat;

mod hooks;

mod operation;

mod profile;

mod profiled;

mod report;

use std::rc::Rc;

use engine_api::profile::Profile;
use engine_api::{Counters, Failure, Stage, UnitProgress};
use lua_bytecode::FunctionProto;

use crate::code::prototype::Prototype;
use crate::state::Tiers;

pub use compilation::{Code, Compilation, TimeLimit};
pub use heat::{BACK_OFF, Heat};
pub use hooks::{NoTier, TierHooks};
pub use operation::{After, Kept, Operation};
pub use profile::{Profile as UnitProfile, Rules};
pub use profiled::Profiled;
pub use report::{
    ExitPoint, Retry, declined, deoptimised, function_label, loop_label, report, report_evicted, side_exit,
};

/// What a JIT engine keeps for a Lua state beside the interpreter: its compiler, and the code that it has made.
pub trait Tier {
    /// Where the engine's hooks and its compilers find what is theirs, given where this is: it does not move afterwards. An engine
    /// that consists of several compilers says where each of them is.
    fn tiers(this: *mut Self) -> Tiers {
        Tiers::one(this.cast())
    }

    /// Adds what it has counted.
    fn report(&self, counters: &mut Counters);

    /// How far the units of a function have come on their way to a compilation.
    fn progress(&self, prototype: &Prototype) -> Vec<UnitProgress>;

    /// What a profiler has seen, if this is one.
    fn profile(&self) -> Option<Profile> {
        None
    }

    /// A stage behind bytecode, as text, of whatever of these functions is compiled.
    ///
    /// # Errors
    /// [`Failure::Unsupported`] for a stage that the engine does not have.
    fn artifact(&self, protos: &[Rc<FunctionProto>], stage: Stage) -> Result<String, Failure>;
}
