//! The profiler: the interpreter under hooks that see every call, return and iteration.
//!
//! Both ways attribute time alike: what passes between two hooks belongs to what ran between them. The exact way reads the
//! host's clock at each hook and keeps its own stack of calls. The sampling way writes down what runs, and looks at each hook
//! whether the host has ticked since the last; so a tick in a function without loops counts for that function and not for
//! whoever polls next. Nothing of this is in the interpreter that runs without a profile: it is another one.
//!
//! What a profile is stands in `engine_api::profile`, how an instance comes to one in `engine`.

mod exact;

mod functions;

mod sampling;

pub(crate) use sampling::Sampling;

use std::cell::RefCell;
use std::rc::Rc;

use engine_api::profile::Profile;
use engine_api::{Counters, Failure, Stage, UnitProgress, Unsupported};
use lua_bytecode::FunctionProto;
use lua_runtime::Vm;

use crate::calls::plain_call::Callee;
use crate::code::prototype::Prototype;
use crate::profiler::exact::Exact;
use crate::state::{Cursor, Outcome, Step, state_unchecked};
use crate::tier::{Tier, TierHooks};

/// Hooks at which nothing is seen, by which it is found out what one takes that the clock does not leave out.
const CALIBRATION_HOOKS: usize = 1001;

/// The exact profiler of a Lua state.
#[derive(Default)]
pub(crate) struct ExactProfiler(RefCell<Exact>);

fn no_code() -> Failure {
    Failure::Unsupported(Unsupported { construct: "compiled code under a profile".to_string(), position: None })
}

impl Tier for ExactProfiler {
    fn report(&self, _counters: &mut Counters) {}

    fn progress(&self, _prototype: &Prototype) -> Vec<UnitProgress> {
        Vec::new()
    }

    fn artifact(&self, _protos: &[Rc<FunctionProto>], _stage: Stage) -> Result<String, Failure> {
        Err(no_code())
    }

    fn profile(&self) -> Option<Profile> {
        Some(self.0.borrow().profile())
    }
}

impl Tier for Sampling {
    fn report(&self, _counters: &mut Counters) {}

    fn progress(&self, _prototype: &Prototype) -> Vec<UnitProgress> {
        Vec::new()
    }

    fn artifact(&self, _protos: &[Rc<FunctionProto>], _stage: Stage) -> Result<String, Failure> {
        Err(no_code())
    }

    fn profile(&self) -> Option<Profile> {
        Some(self.profile())
    }
}

/// The hooks of the exact profiler.
pub(crate) struct ExactHooks;

/// Lets the exact profiler see something.
fn observe(vm: &mut Vm, see: impl Fn(&mut Exact, &Vm)) -> Outcome {
    // SAFETY: the state was started with these hooks and this profiler, which lives as long as Lua code can run.
    let profiler = unsafe { &*state_unchecked(vm).tiers().engine.cast::<ExactProfiler>() };
    if !profiler.0.borrow().is_calibrated() {
        for _ in 0..CALIBRATION_HOOKS {
            between_readings(vm, profiler, &|_, _| {});
        }
        profiler.0.borrow_mut().calibrate();
    }
    between_readings(vm, profiler, &see);
    Ok(Step::Next)
}

/// The clock is read before and after, so that the profiler's own work is nobody's time.
#[inline(never)]
fn between_readings(vm: &mut Vm, profiler: &ExactProfiler, see: &dyn Fn(&mut Exact, &Vm)) {
    let now_ns = vm.host.monotonic_ns();
    let mut exact = profiler.0.borrow_mut();
    exact.pass(now_ns);
    see(&mut exact, vm);
    exact.goes_on(vm.host.monotonic_ns());
}

// SAFETY: they look, and answer `Next` without moving anything.
unsafe impl TierHooks for ExactHooks {
    const ACTIVE: bool = true;
    const PROFILES: bool = true;

    fn function_entered(vm: &mut Vm, cursor: Cursor) -> Outcome {
        observe(vm, |exact, vm| exact.entered(vm, cursor))
    }

    fn resumed(vm: &mut Vm, cursor: Cursor) -> Outcome {
        observe(vm, |exact, vm| exact.resumed(vm, cursor))
    }

    fn back_edge(vm: &mut Vm, cursor: Cursor) -> Outcome {
        observe(vm, |exact, vm| exact.back_edge(vm, cursor))
    }

    fn loop_begun(vm: &mut Vm, cursor: Cursor) {
        let _next = observe(vm, |exact, vm| exact.loop_begun(vm, cursor));
    }

    fn library_called(vm: &mut Vm, cursor: Cursor, callee: Callee) {
        let _next = observe(vm, |exact, vm| exact.library_called(vm, cursor, callee));
    }

    fn left_to_rust(vm: &mut Vm) {
        let _next = observe(vm, |exact, vm| exact.left(vm));
    }
}

/// The hooks of the sampling profiler.
pub(crate) struct SamplingHooks;

/// The sampling profiler of the running state.
#[inline(always)]
fn sampling<'a>(vm: &Vm) -> &'a Sampling {
    // SAFETY: the state was started with these hooks and this profiler, which lives as long as Lua code can run.
    unsafe { &*state_unchecked(vm).tiers().engine.cast::<Sampling>() }
}

// SAFETY: as for `ExactHooks`.
unsafe impl TierHooks for SamplingHooks {
    const ACTIVE: bool = true;
    const PROFILES: bool = true;

    #[inline(always)]
    fn function_entered(vm: &mut Vm, cursor: Cursor) -> Outcome {
        sampling(vm).runs(vm, cursor);
        Ok(Step::Next)
    }

    #[inline(always)]
    fn resumed(vm: &mut Vm, cursor: Cursor) -> Outcome {
        sampling(vm).runs(vm, cursor);
        Ok(Step::Next)
    }

    #[inline(always)]
    fn back_edge(vm: &mut Vm, _cursor: Cursor) -> Outcome {
        sampling(vm).look(vm);
        Ok(Step::Next)
    }

    #[inline(always)]
    fn library_called(vm: &mut Vm, _cursor: Cursor, callee: Callee) {
        sampling(vm).runs_library(vm, callee);
    }

    fn left_to_rust(vm: &mut Vm) {
        sampling(vm).runs_outer(vm);
    }
}
