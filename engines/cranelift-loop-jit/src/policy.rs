//! What is hot, what is compiled, what is entered, and what is given up.
//!
//! The VM comes here at every back-edge, and behind calls in functions with units. A loop that has passed the threshold is
//! compiled there and then, with the types that its frame has at this moment, and entered. A unit whose guards keep
//! failing is thrown away and made again from the types and the field caches of a later moment; instructions whose guards
//! on types failed are then made without. How code is made is in `compile`, how it is run in `enter`.

use std::cell::Cell;
use std::rc::Rc;

use bytecode_vm::state::{Cursor, Outcome, Step, state_unchecked};
use bytecode_vm::tier::{self, BACK_OFF, Heat, Retry, loop_label, report};
use engine_api::event::{DeclineReason, ExitReason};
use engine_api::{Counter, Event, UnitProgress};
use jit_support::{JitOptions, SharedCache};
use lua_bytecode::{FunctionProto, Pc};
use lua_runtime::Vm;

use crate::backend::Target;
use crate::budget::{Allowance, Budget};
use crate::compile::{self, Compiler, SpeculationLog, Techniques, UnitData};
use crate::loops::{Costs, Loops, Stage, UnitEntry};
use crate::lower::Stress;
use crate::region::Region;
use crate::trial::{Current, Verdict};

/// Failed guards after which a unit is thrown away.
const TOLERATED_EXITS: u32 = 100;
/// Failed guards after which an instruction of a unit that is thrown away counts as one whose guards keep failing.
const FAILING_GUARD_EXITS: u32 = 10;
/// Different sets of types at its entry for which a loop is compiled.
const TOLERATED_MISMATCHES: u32 = 2;

/// When loops are compiled, and how.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Back-edges that lead to a compilation; `None` for none that does.
    pub threshold: Option<u64>,
    /// Factor by which each setback (a unit that was thrown away or given up) raises that.
    pub back_off: u64,
    /// Whether units that are not worth it are given up.
    pub gives_back: bool,
    /// By what that is judged.
    pub costs: Costs,
    /// Whether it is judged by trials against what runs the loop otherwise, in place of costs.
    pub tries: bool,
    /// What may be spent on compilations that are not found to be worth it.
    pub allowance: Option<Allowance>,
    /// The machine.
    pub target: Target,
    /// What the compiler does to make code fast.
    pub techniques: Techniques,
    /// Back-edges of other compiled code that count as one of the VM's: they take less time.
    pub compiled_back_edges: u64,
    /// Whether it is said when compiled code and its helpers run ([`engine_api::VmState`]).
    pub tracks_states: bool,
    /// Who runs functions that compiled code calls, if they are compiled by somebody else: the VM would go on in one. Says how it
    /// goes on afterwards.
    pub run_callee: Option<fn(&mut Vm) -> Outcome>,
}

/// The compiler's part of a Lua state.
pub struct Jit {
    /// Whether loops are compiled at all.
    is_on: bool,
    pub(crate) policy: Policy,
    loops: Loops,
    /// The units.
    pub(crate) cache: SharedCache,
    pub(crate) compiler: Compiler,
    counters: Box<StressCounters>,
    force_exit_every: i64,
    /// How the VM goes on after compiled code has called one of its functions and was left.
    vm_call_outcome: Outcome,
    /// VM calls since the running unit was entered.
    pub(crate) vm_calls: Cell<u32>,
    /// The unit that is being tried.
    pub(crate) current_trial: Rc<Current>,
    /// What may be spent on compilations, if there is a limit.
    budget: Option<Budget>,
    /// The instruction at which a unit was just left: the interpreter does it, be there a resume point or not.
    no_reentry_at: *const u32,
}

/// The compiler's part of the running Lua state. The reference must end before anything can run Lua code, which comes
/// here again.
pub(crate) fn jit_of<'a>(vm: &Vm) -> &'a mut Jit {
    // SAFETY: only functions of this compiler ask, for states of engines that have said at the start where it is. It lives as long
    // as the instance, and callers end their use of the reference before they run Lua code or ask again.
    unsafe { &mut *state_unchecked(vm).tiers().loops.cast::<Jit>() }
}

/// The counters of two knobs, which compiled code counts down by their addresses.
struct StressCounters {
    until_forced_exit: Cell<i64>,
    until_failed_guard: Cell<i64>,
}

impl Jit {
    /// A compiler that has compiled nothing.
    pub fn new(options: &JitOptions, policy: Policy, cache: SharedCache) -> Jit {
        let signed = |knob: Option<u64>| knob.map_or(0, |value| i64::try_from(value).unwrap_or(i64::MAX));
        let force_exit_every = signed(options.force_exit_every);
        let counters = Box::new(StressCounters {
            until_forced_exit: Cell::new(force_exit_every),
            until_failed_guard: Cell::new(signed(options.fail_guard)),
        });
        let stress = Stress {
            until_forced_exit: options.force_exit_every.map(|_| counters.until_forced_exit.as_ptr().addr()),
            until_failed_guard: options.fail_guard.map(|_| counters.until_failed_guard.as_ptr().addr()),
        };
        Jit {
            is_on: policy.threshold.is_some(),
            policy,
            loops: Loops::new(Heat::new(policy.threshold.unwrap_or(u64::MAX)), policy.back_off),
            cache,
            compiler: Compiler::new(policy, stress, options.compile_limit_ms),
            counters,
            force_exit_every,
            vm_call_outcome: Ok(Step::Next),
            vm_calls: Cell::new(0),
            current_trial: Rc::default(),
            budget: policy.allowance.map(Budget::new),
            no_reentry_at: std::ptr::null(),
        }
    }

    /// What the VM comes to after so many back-edges, with the cursor at the loop's header: a unit to enter, if there is one.
    #[inline]
    pub(crate) fn back_edges(&mut self, vm: &mut Vm, cursor: Cursor, count: u64) -> Option<(Rc<UnitEntry>, u32)> {
        if !self.is_on {
            return None;
        }
        let entry = self.loops.at(cursor.address());
        match &entry.stage {
            Stage::Declined | Stage::ResumePoint(..) => None,
            Stage::Compiled(unit_entry) if unit_entry.control.is_in_service() => {
                let unit_entry = Rc::clone(unit_entry);
                if unit_entry.trial.is_units_turn() {
                    Some((unit_entry, 0))
                } else {
                    self.others_ran(vm, unit_entry, count)
                }
            }
            Stage::Compiled(unit_entry) => {
                let unit = unit_entry.unit;
                self.loops.give_up(unit);
                None
            }
            Stage::Counting if entry.heat.add(count) => self.hot(vm, cursor),
            Stage::Counting => None,
        }
    }

    /// What other compiled code comes to when it has counted the countdown of a loop down, with the cursor at its header: a unit to
    /// enter, if there is one. Sets the countdown to when it is to come again, which is at each back-edge while there is a unit.
    pub(crate) fn counted_down(&mut self, vm: &mut Vm, cursor: Cursor) -> Option<(Rc<UnitEntry>, u32)> {
        let weight = self.policy.compiled_back_edges.max(1);
        let entry = self.loops.at(cursor.address());
        let given = std::mem::take(&mut entry.given);
        let counted = match &entry.stage {
            Stage::Compiled(_) => given.max(1),
            Stage::Counting | Stage::Declined | Stage::ResumePoint(..) => given / weight,
        };
        let found = self.back_edges(vm, cursor, counted);
        let entry = self.loops.at(cursor.address());
        let given = match &entry.stage {
            Stage::Compiled(unit_entry) => unit_entry.trial.back_edges_of_others().min(i32::MAX as u64),
            Stage::Counting => entry.heat.missing().saturating_mul(weight).min(i32::MAX as u64),
            Stage::Declined | Stage::ResumePoint(..) => i32::MAX as u64,
        };
        entry.given = given;
        cursor.prototype().loop_countdown(cursor.pc()).set(given as i32);
        found
    }

    /// Whether the loop at the cursor is on its way to a compilation.
    pub(crate) fn is_counting(&mut self, cursor: Cursor) -> bool {
        matches!(self.loops.at(cursor.address()).stage, Stage::Counting)
    }

    /// Makes the next count of the loop at the cursor lead to its compilation.
    pub(crate) fn make_due(&mut self, cursor: Cursor) {
        self.loops.at(cursor.address()).heat.make_due();
    }

    /// How far the loops of a function have come.
    pub(crate) fn progress_of(&self, proto: &FunctionProto) -> Vec<UnitProgress> {
        let mut headers: Vec<Pc> = proto.loops.iter().map(|entry| entry.header_pc).collect();
        headers.dedup();
        let progress = |header: Pc| {
            let (stage, heat) = self.loops.progress(&raw const proto.code[header as usize]);
            UnitProgress { unit: loop_label(proto, header), stage, count: heat.count(), needed: heat.needed() }
        };
        headers.into_iter().map(progress).collect()
    }

    /// What the VM comes to when it goes on behind a call: a resume point of a unit, if there is one.
    pub(crate) fn resumed(&mut self, cursor: Cursor) -> Option<(Rc<UnitEntry>, u32)> {
        let suppressed = std::mem::replace(&mut self.no_reentry_at, std::ptr::null());
        if suppressed == cursor.address() {
            return None;
        }
        match self.loops.behind(cursor.address()) {
            Stage::ResumePoint(unit_entry, number) if unit_entry.control.is_in_service() => {
                unit_entry.trial.is_units_turn().then(|| (Rc::clone(unit_entry), *number))
            }
            Stage::ResumePoint(..) | Stage::Counting | Stage::Compiled(_) | Stage::Declined => None,
        }
    }

    /// Makes the interpreter go on at an instruction although there may be a resume point.
    pub(crate) fn suppress_reentry(&mut self, instruction: *const u32) {
        self.no_reentry_at = instruction;
    }

    /// Writes down how the VM goes on after compiled code has called one of its functions.
    pub(crate) fn set_vm_call_outcome(&mut self, outcome: Outcome) {
        self.vm_call_outcome = outcome;
    }

    /// How the VM goes on, as was written down last.
    pub(crate) fn vm_call_outcome(&mut self) -> Outcome {
        self.vm_call_outcome
    }

    /// Compiles a loop that has become hot.
    #[cold]
    fn hot(&mut self, vm: &mut Vm, cursor: Cursor) -> Option<(Rc<UnitEntry>, u32)> {
        let proto = &cursor.prototype().proto();
        let entry = self.loops.at(cursor.address());
        entry.proto = Some(Rc::clone(proto));
        let (iterations, failing_guards, unstable_registers) =
            (entry.heat.count(), entry.failing_guards.clone(), entry.unstable_registers.clone());
        let unit = compile::label(cursor);
        report(vm, || Event::LoopHot { unit: unit.clone(), iterations });
        if let Some(budget) = &mut self.budget
            && !budget.allows(vm.host.cpu_ns(), Region::of(proto, cursor.pc()).map_or(0, |region| region.words()))
        {
            tier::declined(vm, unit, DeclineReason::OverBudget);
            self.loops.at(cursor.address()).set_back(BACK_OFF);
            return None;
        }
        let compile_time_ns = vm.counters[Counter::CompileTimeNs];
        let speculation_log =
            SpeculationLog { failing_guards: &failing_guards, unstable_registers: &unstable_registers };
        let mut evicted = Vec::new();
        let result =
            self.compiler.compile(vm, &mut self.cache.borrow_mut(), cursor, &unit, speculation_log, &mut evicted);
        for evicted in evicted {
            tier::report_evicted(vm, evicted);
        }
        self.update_objects(vm);
        let compile_time_ns = vm.counters[Counter::CompileTimeNs] - compile_time_ns;
        if let Some(budget) = &mut self.budget {
            budget.spend(compile_time_ns);
        }
        match result {
            Ok(unit_entry) => {
                unit_entry.owed_ns.set(compile_time_ns);
                Some((self.install(cursor, unit_entry), 0))
            }
            Err(reason) => {
                let retry = tier::declined(vm, unit, reason);
                let entry = self.loops.at(cursor.address());
                match retry {
                    Retry::Later => entry.set_back(self.policy.back_off),
                    Retry::Never => entry.stage = Stage::Declined,
                }
                None
            }
        }
    }

    /// Makes a unit the one of its loop, and its resume points known.
    fn install(&mut self, cursor: Cursor, unit_entry: UnitEntry) -> Rc<UnitEntry> {
        let unit_entry = Rc::new(unit_entry);
        let prototype = cursor.prototype();
        let entry = self.loops.at(cursor.address());
        entry.reset();
        entry.stage = Stage::Compiled(Rc::clone(&unit_entry));
        let cache = self.cache.borrow();
        let data = cache.unit(unit_entry.unit).and_then(|unit| unit.data::<UnitData>());
        for (number, pc) in data.iter().flat_map(|data| data.entry_points.iter().enumerate()) {
            let instruction = &raw const prototype.proto().code[*pc as usize];
            self.loops.set_resume_point(instruction, prototype.proto(), &unit_entry, number as u32);
        }
        prototype.set_has_loop_units();
        prototype.loop_countdown(cursor.pc()).set(0);
        drop(cache);
        unit_entry
    }

    /// Tells the collector which objects the code refers to.
    fn update_objects(&mut self, vm: &mut Vm) {
        let mut cache = self.cache.borrow_mut();
        cache.collect_dead();
        let compiled = cache.units().filter_map(|(_, unit)| unit.data::<UnitData>());
        // SAFETY: these are the objects of all units that there are.
        unsafe { vm.set_code_objects(compiled.flat_map(|data| data.objects.iter().copied())) };
    }

    /// Counts an exit because a guard failed, and throws the unit away if there are too many.
    #[cold]
    pub(crate) fn guard_failed(&mut self, vm: &mut Vm, unit_entry: &UnitEntry, exit: u32, reason: ExitReason) {
        if reason == ExitReason::Forced {
            self.counters.until_forced_exit.set(self.force_exit_every);
            return;
        }
        let failures = &unit_entry.failures[exit as usize];
        failures.set(failures.get() + 1);
        let entry = self.loops.at(unit_entry.header);
        let is_current = matches!(&entry.stage, Stage::Compiled(current) if current.unit == unit_entry.unit);
        entry.failures += 1;
        if entry.failures <= TOLERATED_EXITS || !is_current {
            return;
        }
        // Fields of other objects than before are what the next unit is made for.
        let is_learned = |reason| matches!(reason, ExitReason::Shape | ExitReason::Watchpoint);
        for (exit, failures) in unit_entry.exits.iter().zip(&unit_entry.failures) {
            if failures.get() >= FAILING_GUARD_EXITS && !exit.reason.is_some_and(is_learned) {
                entry.failing_guards.insert(exit.path());
            }
        }
        self.loops.give_up(unit_entry.unit);
        if unit_entry.worth.has_earned_compilation() {
            self.loops.at(unit_entry.header).heat = self.loops.cold();
        }
        let invalidated = if is_learned(reason) {
            self.cache.borrow_mut().outgrow(unit_entry.unit)
        } else {
            self.cache.borrow_mut().invalidate(unit_entry.unit)
        };
        self.update_objects(vm);
        let is_blacklisted = invalidated.is_some_and(|invalidated| invalidated.blacklisted);
        tier::deoptimised(vm, unit_entry.label.clone(), reason, is_blacklisted);
        if is_blacklisted {
            self.loops.at(unit_entry.header).stage = Stage::Declined;
        }
    }

    /// A unit has turned out not to be worth its entries: the VM runs its loop again, and counts longer before the next try,
    /// which finds the code still there.
    #[cold]
    pub(crate) fn give_back(&mut self, vm: &mut Vm, unit_entry: &UnitEntry) {
        if self.policy.gives_back && self.is_current(unit_entry) {
            tier::declined(vm, unit_entry.label.clone(), DeclineReason::LeavesTooOften);
            self.loops.give_up(unit_entry.unit);
        }
    }

    /// In the trial of a unit the others have had their turn for so many back-edges: the unit, if it is to be entered now.
    #[cold]
    fn others_ran(&mut self, vm: &mut Vm, unit_entry: Rc<UnitEntry>, back_edges: u64) -> Option<(Rc<UnitEntry>, u32)> {
        match unit_entry.trial.others_ran(vm, &self.current_trial, back_edges) {
            Verdict::Open => unit_entry.trial.is_units_turn().then_some((unit_entry, 0)),
            Verdict::Won => {
                self.trial_won(&unit_entry);
                Some((unit_entry, 0))
            }
            Verdict::Lost(wait) => {
                self.trial_lost(vm, &unit_entry, wait);
                None
            }
        }
    }

    /// A unit has turned out to be faster than what runs its loop otherwise, so that its compilation was no waste.
    pub(crate) fn trial_won(&mut self, unit_entry: &UnitEntry) {
        let owed_ns = unit_entry.owed_ns.take();
        if let Some(budget) = &mut self.budget {
            budget.pay_back(owed_ns);
        }
    }

    /// A unit has turned out to be no faster than what runs its loop otherwise: that runs it again, for so many back-edges at
    /// least.
    #[cold]
    pub(crate) fn trial_lost(&mut self, vm: &mut Vm, unit_entry: &UnitEntry, back_edges: u64) {
        if self.is_current(unit_entry) {
            tier::declined(vm, unit_entry.label.clone(), DeclineReason::NotFaster);
            self.loops.give_up(unit_entry.unit);
            self.loops.at(unit_entry.header).wait(back_edges);
        }
    }

    fn is_current(&mut self, unit_entry: &UnitEntry) -> bool {
        let stage = &self.loops.at(unit_entry.header).stage;
        matches!(stage, Stage::Compiled(current) if current.unit == unit_entry.unit)
    }

    /// The types at the header were others than the unit was made for: one for these types is found or made. Registers
    /// whose type changes again and again are taken as they come.
    pub(crate) fn mismatch(&mut self, cursor: Cursor, unit_entry: &UnitEntry) {
        let entry = self.loops.at(cursor.address());
        entry.mismatches += 1;
        if entry.mismatches > TOLERATED_MISMATCHES {
            let others = unit_entry.entry_types.iter().filter(|(register, tag)| cursor.register(*register).tag != *tag);
            entry.unstable_registers.extend(others.map(|(register, _)| u32::from(*register)));
        }
        entry.reset();
    }

    /// Whether the unit of a loop is entered for the first time.
    pub(crate) fn is_first_entry(&mut self, cursor: Cursor) -> bool {
        let entry = self.loops.at(cursor.address());
        !std::mem::replace(&mut entry.is_reported, true)
    }
}
