//! Trials of loops: the unit and tier 1 take turns by the clock, and what is slower gives way.

use engine_api::event::{DeclineReason, UnitKind};
use engine_api::{Counter, Event};

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

#[test]
fn a_small_loop_that_is_settled_is_not_counted_any_more() {
    let run =
        run_with_clock(&LOOP.replace("30000 do", "40 do").replace("sums(100)", "sums(200000)"), KNOBS, |reading| {
            clock(reading, 200_000_000, 40_000)
        });
    assert_eq!(declines(&run), 1, "{:?}", run.events);
    assert_eq!(compilations(&run, UnitKind::Function), 2, "{:?}", run.events);
}
