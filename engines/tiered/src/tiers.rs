//! The tiers of a Lua state, and the seams between them: where one asks whether another goes on.
//!
//! Each compiler is reached through its own pointer in the VM's state and knows of no other. A compiled function asks at a loop
//! header when its countdown has ended, and goes on where the loop was left; a compiled loop has the functions run that it
//! calls. This file must not know when anything is compiled.

use std::cell::RefCell;
use std::rc::Rc;

use bytecode_vm::prototype::Prototype;
use bytecode_vm::state::{Cursor, Outcome, Step, Tiers, state_unchecked};
use bytecode_vm::tier::{Tier, UnitProfile};
use dynasm_method_jit::{LoopTier, StartError};
use engine_api::{Counters, Failure, Interrupt, Stage, UnitProgress};
use jit_support::{CodeCache, SharedCache};
use lua_bytecode::FunctionProto;
use lua_runtime::Vm;

use crate::knobs::{Knobs, MaxTier};

/// Back-edges of a loop in compiled functions that make a sample.
const SAMPLED_BACK_EDGES: u16 = 100;

/// The compilers of a Lua state.
pub(crate) struct Compilers {
    /// Tier 1.
    functions: dynasm_method_jit::Jit,
    /// Tier 2.
    loops: cranelift_loop_jit::Jit,
    /// The units of both.
    cache: SharedCache,
    /// What was seen of units that are not compiled, if that decides about them.
    profile: Option<RefCell<UnitProfile>>,
}

impl Compilers {
    /// Compilers that have compiled nothing.
    ///
    /// # Errors
    /// [`StartError`].
    pub(crate) fn new(knobs: Knobs, interrupt: &Interrupt) -> Result<Compilers, StartError> {
        let cache = CodeCache::shared(&knobs.options).map_err(StartError::Memory)?;
        let loop_tier = LoopTier { counted_down, resumed: cranelift_loop_jit::resumed };
        let functions = dynasm_method_jit::Policy {
            loops: (knobs.max_tier == MaxTier::Loops).then_some(loop_tier),
            ..knobs.functions
        };
        let loops = cranelift_loop_jit::Policy { run_callee: Some(run_callee), ..knobs.loops };
        Ok(Compilers {
            functions: dynasm_method_jit::Jit::new(knobs.options, functions, Rc::clone(&cache), interrupt)?,
            loops: cranelift_loop_jit::Jit::new(&knobs.options, loops, Rc::clone(&cache)),
            cache,
            profile: knobs.profile.map(|rules| RefCell::new(UnitProfile::new(rules))),
        })
    }
}

/// The address of the compilers of the running state. The compiler of loops is exchanged through its own pointer while Lua code
/// runs, so there is never a reference to all of them.
#[inline]
fn compilers(vm: &Vm) -> *const Compilers {
    // SAFETY: only functions of this engine ask, for its own states.
    unsafe { state_unchecked(vm) }.tiers().engine.cast::<Compilers>()
}

/// The compiler of functions of the running state.
#[inline]
fn functions<'a>(vm: &Vm) -> &'a dynasm_method_jit::Jit {
    // SAFETY: what is there lives as long as the instance.
    unsafe { &(*compilers(vm)).functions }
}

/// The profile of the running state, if it decides.
#[inline]
fn profile<'a>(vm: &Vm) -> Option<&'a RefCell<UnitProfile>> {
    // SAFETY: as in `functions`.
    unsafe { (*compilers(vm)).profile.as_ref() }
}

/// Where a function is called from Rust.
#[inline]
pub(crate) fn entered_from_rust(vm: &mut Vm, cursor: Cursor) -> Outcome {
    functions(vm).entered_from_rust(vm, cursor)
}

/// At a function's entry.
#[inline]
pub(crate) fn function_entered(vm: &mut Vm, cursor: Cursor) -> Outcome {
    let functions = functions(vm);
    if let Some(profile) = profile(vm)
        && !functions.is_compiled(cursor.prototype())
        && profile.borrow_mut().called(cursor)
    {
        functions.make_due(cursor);
    }
    functions.function_entered(vm, cursor)
}

/// Samples so many back-edges of a loop that is not compiled, with the cursor at its header.
#[inline]
fn sample_loop(vm: &mut Vm, cursor: Cursor, back_edges: u64) {
    if let Some(profile) = profile(vm)
        && cranelift_loop_jit::is_counting(vm, cursor)
        && profile.borrow_mut().looped(cursor, back_edges)
    {
        cranelift_loop_jit::make_due(vm, cursor);
    }
}

/// In a compiled function, at a loop header whose countdown has ended.
fn counted_down(vm: &mut Vm, cursor: Cursor) -> Outcome {
    if profile(vm).is_none() {
        return cranelift_loop_jit::counted_down(vm, cursor);
    }
    sample_loop(vm, cursor, SAMPLED_BACK_EDGES.into());
    let outcome = cranelift_loop_jit::counted_down(vm, cursor);
    if outcome == Ok(Step::Next) {
        // Nothing was run, so the frame is where it was.
        let countdown = cursor.prototype().loop_countdown(cursor.pc());
        countdown.set(countdown.get().min(SAMPLED_BACK_EDGES.into()));
    }
    outcome
}

/// A compiled loop has called a function, in which the VM would go on: that runs as tier 1, if it is compiled.
fn run_callee(vm: &mut Vm) -> Outcome {
    functions(vm).run_resumed(vm)
}

/// At a back-edge of the VM: the loop's code if there is some, else that of the function.
#[inline]
pub(crate) fn back_edge(vm: &mut Vm, cursor: Cursor) -> Outcome {
    sample_loop(vm, cursor, 1);
    match cranelift_loop_jit::back_edge(vm, cursor) {
        Ok(Step::Next) => functions(vm).back_edge(vm, cursor),
        elsewhere => elsewhere,
    }
}

/// At a back-edge of the VM where loops are not compiled.
#[inline]
pub(crate) fn function_back_edge(vm: &mut Vm, cursor: Cursor) -> Outcome {
    functions(vm).back_edge(vm, cursor)
}

/// Where the VM comes back to a frame where loops are not compiled.
#[inline]
pub(crate) fn function_resumed(vm: &mut Vm, cursor: Cursor) -> Outcome {
    functions(vm).resumed(vm, cursor)
}

/// Where the VM comes back to a frame: a loop that has waited, else the function.
#[inline]
pub(crate) fn resumed(vm: &mut Vm, cursor: Cursor) -> Outcome {
    match cranelift_loop_jit::resumed(vm, cursor) {
        Ok(Step::Next) => functions(vm).resumed(vm, cursor),
        elsewhere => elsewhere,
    }
}

impl Tier for Compilers {
    fn tiers(this: *mut Compilers) -> Tiers {
        // SAFETY: the pointer is to the compilers; only addresses are taken.
        let (functions, loops) = unsafe { (&raw mut (*this).functions, &raw mut (*this).loops) };
        Tiers { engine: this.cast(), functions: functions.cast(), loops: loops.cast() }
    }

    fn report(&self, counters: &mut Counters) {
        self.cache.borrow().report(counters);
    }

    fn progress(&self, prototype: &Prototype) -> Vec<UnitProgress> {
        let mut progress = Tier::progress(&self.functions, prototype);
        progress.extend(Tier::progress(&self.loops, prototype));
        progress
    }

    fn artifact(&self, protos: &[Rc<FunctionProto>], stage: Stage) -> Result<String, Failure> {
        match stage {
            Stage::Asm => Ok(self.functions.artifact(protos, stage)? + &self.loops.artifact(protos, stage)?),
            Stage::Ast | Stage::Bytecode | Stage::Ir => self.loops.artifact(protos, stage),
        }
    }
}
