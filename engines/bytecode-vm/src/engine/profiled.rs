//! Starting an instance under a profiler in place of the engine's own hooks.

use engine_api::profile::PROFILE;
use engine_api::{Failure, Instance, Start};

use crate::engine::TierInstance;
use crate::profiler::{ExactHooks, ExactProfiler, Sampling, SamplingHooks};
use crate::tier::{Tier, TierHooks};

/// An instance with a profiler, if the settings ask for one: the interpreter, whatever the engine is. Else gives back the
/// start, for an instance without.
///
/// # Errors
/// As [`engine_api::Engine::start`].
///
/// # Panics
/// If the engine did not declare [`PROFILE`].
pub fn start_profiled(start: Start) -> Result<Result<Box<dyn Instance>, Failure>, Start> {
    match start.settings.choice(PROFILE.name) {
        "off" | "states" => Err(start),
        "exact" => Ok(instance::<ExactHooks, _>(start, ExactProfiler::default())),
        "sampling" => Ok(instance::<SamplingHooks, _>(start, Sampling::default())),
        other => panic!("knob 'profile' was declared with the word '{other}'"),
    }
}

fn instance<H: TierHooks, E: Tier + 'static>(start: Start, profiler: E) -> Result<Box<dyn Instance>, Failure> {
    // SAFETY: the profiler is that of the hooks: see the two callers.
    Ok(Box::new(unsafe { TierInstance::start::<H>(start, profiler) }?))
}
