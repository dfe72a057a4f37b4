//! An instance of an engine that builds on the interpreter: everything but compiling is the interpreter's.

use engine_api::profile::Profile;
use engine_api::{Counters, Failure, FunctionRef, HostValue, Instance, Stage, Start, UnitProgress, Unsupported};
use jit_support::CodeNamesMark;

use crate::engine::VmInstance;
use crate::tier::{Tier, TierHooks};

/// One running Lua state of such an engine.
pub struct TierInstance<E: Tier> {
    inner: VmInstance,
    /// From `Box::into_raw`; the interpreter's state has pointers to it or into it.
    tier: *mut E,
    /// Tells profilers of the file in which compiled code has names, if there is one.
    _mark: Option<CodeNamesMark>,
}

impl<E: Tier> TierInstance<E> {
    /// Starts an interpreter with these hooks, which find the tier in [`crate::state::State::tiers`].
    ///
    /// # Errors
    /// As [`engine_api::Engine::start`].
    ///
    /// # Safety
    /// The hooks take what is in [`Tier::tiers`] for what it is.
    pub unsafe fn start<H: TierHooks>(mut start: Start, tier: E) -> Result<TierInstance<E>, Failure> {
        let mark = match start.host.code_names_file().map(|file| CodeNamesMark::new(&file)).transpose() {
            Ok(mark) => mark,
            Err(error) => {
                return Err(unsupported(&format!("a file for names of code that cannot be mapped ({error})")));
            }
        };
        let tier = Box::into_raw(Box::new(tier));
        // SAFETY: as the caller says; the tier is dropped with this, after which no Lua code runs.
        match unsafe { VmInstance::start::<H>(start, E::tiers(tier)) } {
            Ok(inner) => Ok(TierInstance { inner, tier, _mark: mark }),
            Err(failure) => {
                // SAFETY: made by `Box::into_raw` just above, and nobody else has it.
                drop(unsafe { Box::from_raw(tier) });
                Err(failure)
            }
        }
    }

    /// The tier. Only for use while no Lua code runs.
    fn tier(&self) -> &E {
        // SAFETY: the pointer is valid until `drop`, and hooks use it only while Lua code runs.
        unsafe { &*self.tier }
    }
}

impl<E: Tier> Drop for TierInstance<E> {
    fn drop(&mut self) {
        // SAFETY: made by `Box::into_raw` in `start`. The interpreter, which is dropped after this, runs no Lua code any
        // more.
        drop(unsafe { Box::from_raw(self.tier) });
    }
}

impl<E: Tier> Instance for TierInstance<E> {
    fn load(&mut self, chunk_name: &str, source: &[u8]) -> Result<FunctionRef, Failure> {
        self.inner.load(chunk_name, source)
    }

    fn call(&mut self, function: FunctionRef, arguments: &[HostValue]) -> Result<Vec<HostValue>, Failure> {
        self.inner.call(function, arguments)
    }

    fn set_arguments(&mut self, script: &[u8], arguments: &[Vec<u8>]) -> Result<(), Failure> {
        self.inner.set_arguments(script, arguments)
    }

    fn release(&mut self, function: FunctionRef) {
        self.inner.release(function);
    }

    fn collect_garbage(&mut self) {
        self.inner.collect_garbage();
    }

    fn close(&mut self) -> Result<(), Failure> {
        self.inner.close()
    }

    fn counters(&self) -> Counters {
        let mut counters = self.inner.counters();
        self.tier().report(&mut counters);
        counters
    }

    fn progress(&self, function: FunctionRef) -> Vec<UnitProgress> {
        let mut progress = Vec::new();
        self.inner.for_each_prototype(function, &mut |prototype| progress.extend(self.tier().progress(prototype)));
        progress
    }

    fn profile(&self) -> Option<Profile> {
        self.tier().profile()
    }

    fn artifact(&mut self, function: FunctionRef, stage: Stage) -> Result<String, Failure> {
        match stage {
            Stage::Ast | Stage::Bytecode => self.inner.artifact(function, stage),
            Stage::Ir | Stage::Asm => match self.inner.protos(function) {
                Some(protos) => self.tier().artifact(&protos, stage),
                None => Err(unsupported("machine code of a library function")),
            },
        }
    }
}

/// The failure of an engine that does not have something.
pub fn unsupported(construct: &str) -> Failure {
    Failure::Unsupported(Unsupported { construct: construct.to_string(), position: None })
}
