//! Trials of loops: the unit and tier 1 take turns by the clock, and what is slower gives way.

use engine_api::event::{DeclineReason, UnitKind};
use engine_api::{Counter, Event};

use engine_testing::Task;
use tiered::ENGINE;

use crate::support::{Run, run_with_clock};

/// A loop that is small, in a function that is called often.
const LOOP: &str = "
local function sums(n) local s = 0 for i = 1, n do s = s + i % 7 end return s end
local t = 0
for r = 1, 30000 do t = t + sums(100) end
print(t)
";
const KNOBS: &[(&str, &str)] = &[("jit-threshold", "10"), ("loop-threshold", "100")];

/// In a trial the clock is read when it begins; then in each pair of turns at the end of the unit's, and at the start and at the
/// end of the other's.
const READINGS_PER_PAIR: u64 = 3;

/// A clock by which a turn of the unit takes so many nanoseconds, and one of the others so many.
fn clock(reading: u64, unit_ns: u64, others_ns: u64) -> u64 {
    let (pairs, rest) = (reading / READINGS_PER_PAIR, reading % READINGS_PER_PAIR);
    pairs * (unit_ns + others_ns) + if rest == 0 { 0 } else { unit_ns }
}

fn compilations(run: &Run, kind: UnitKind) -> usize {
    let is_one = |event: &&Event| matches!(event, Event::CompileEnd { unit, .. } if unit.kind == kind && unit.function == "sums");
    run.events.iter().filter(is_one).count()
}

fn declines(run: &Run) -> usize {
    let is_one = |event: &&Event| matches!(event, Event::Declined { unit, reason: DeclineReason::NotFaster } if unit.kind == UnitKind::Loop && unit.function == "sums");
    run.events.iter().filter(is_one).count()
}

#[test]
fn a_unit_that_is_slower_gives_way() {
    let run = run_with_clock(LOOP, KNOBS, |reading| clock(reading, 90_000, 40_000));
    assert_eq!(run.output, "8910000\n");
    assert_eq!((declines(&run), compilations(&run, UnitKind::Loop)), (1, 1), "{:?}", run.events);
    // Tier 1 runs nearly all of it.
    assert!(run.counter(Counter::OsrEntries) < 3000, "{}", run.counter(Counter::OsrEntries));
}

#[test]
fn a_unit_that_is_faster_stays() {
    let run = run_with_clock(LOOP, KNOBS, |reading| clock(reading, 40_000, 90_000));
    assert_eq!(run.output, "8910000\n");
    assert_eq!(declines(&run), 0, "{:?}", run.events);
    // Until the loop around it is compiled, with the function in it.
    assert!(run.counter(Counter::OsrEntries) > 100, "{}", run.counter(Counter::OsrEntries));
}

/// A hundred functions with a loop each, which are one after the other worth a compilation by their counts.
const MANY_LOOPS: &str = "
local t = 0
for k = 1, 100 do
  local f = load('local s = 0 for i = 1, 300 do s = s + i % ' .. k .. ' end return s')
  t = t + f()
end
print(t)
";

/// The declines for this reason, and the compilations of loops.
fn outcome(run: &Run, reason: &DeclineReason) -> (usize, usize) {
    let declined =
        run.events.iter().filter(|event| matches!(event, Event::Declined { reason: it, .. } if it == reason));
    let compiled = run
        .events
        .iter()
        .filter(|event| matches!(event, Event::CompileEnd { unit, .. } if unit.kind == UnitKind::Loop));
    (declined.count(), compiled.count())
}

#[test]
fn what_may_be_spent_on_loops_that_do_not_win_is_bounded() {
    // Every reading of the wall clock is a millisecond later, so a compilation takes some of them; the process's time stands still.
    let run_with = |allowance_us| {
        let knobs = &[("loop-threshold", "100"), ("compile-allowance-us", allowance_us)];
        let clocks = Task {
            cpu_clock: |_| 1,
            wall_clock: |reading| reading * 1_000_000,
            ..Task::new(ENGINE, MANY_LOOPS, knobs)
        };
        clocks.succeed()
    };
    let (over_budget, compiled) = outcome(&run_with("10000"), &DeclineReason::OverBudget);
    assert!(over_budget > 50 && (2..12).contains(&compiled), "{over_budget} declined, {compiled} compiled");
    let (over_budget, compiled) = outcome(&run_with("10000000"), &DeclineReason::OverBudget);
    assert!(over_budget == 0 && compiled >= 99, "{over_budget} declined, {compiled} compiled");
}

#[test]
fn a_small_loop_that_is_settled_is_not_counted_any_more() {
    let run =
        run_with_clock(&LOOP.replace("30000 do", "40 do").replace("sums(100)", "sums(200000)"), KNOBS, |reading| {
            clock(reading, 200_000_000, 40_000)
        });
    assert_eq!(declines(&run), 1, "{:?}", run.events);
    assert_eq!(compilations(&run, UnitKind::Function), 2, "{:?}", run.events);
}
