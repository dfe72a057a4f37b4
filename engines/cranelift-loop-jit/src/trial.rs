//! Trials: whether a unit is faster than what runs its loop otherwise, found out by running both.
//!
//! In a trial the unit and the others take turns at the loop. A turn lasts some microseconds of the process's time, and what counts
//! is the time from one back-edge of the loop to the next, with everything that lies between. The unit has to be faster in nearly every pair of turns, so
//! that where the time is mostly that of something else it loses. Only one unit
//! is tried at a time, since loops lie in each other. Where the clock stands still no turn ends, so units stay.
//!
//! This file must not know what runs a loop otherwise, nor what becomes of a unit that has lost.

use std::cell::Cell;

use jit_support::UnitId;
use lua_runtime::Vm;

/// Turns of each side that count; one of each goes before.
const TURNS: usize = 5;
/// Turns of the unit that must be faster than the turn of the others behind it.
const WINS: usize = 4;
/// What counting costs the others at a back-edge, in 1/1024 ns, which they do without when the unit has lost.
const COUNTING: u64 = 100;
/// The shortest turn.
const TURN_NS: u64 = 30_000;
/// Back-edges before the first look at the clock in a turn; it doubles with each look.
const FIRST_LOOK: u64 = 64;
/// A trial that has not come to its next look for so long may be pushed aside.
const STALE_NS: u64 = 5_000_000;
/// Back-edges before a unit that could not be tried asks again.
const ASK_AGAIN: u64 = 1000;
/// The next trial of a unit comes after so many times the back-edges of this one, so that trials take little of a program's time.
const BACK_EDGES_PER_TRIAL: u64 = 256;

/// What has come of a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing yet.
    Open,
    /// The unit has won.
    Won,
    /// The unit has lost. So many back-edges should pass before it is tried again.
    Lost(u64),
}

/// The unit that is being tried, of all of a Lua state, and when its trial was looked at last.
#[derive(Debug, Default)]
pub(crate) struct Current {
    unit: Cell<Option<UnitId>>,
    looked_ns: Cell<u64>,
}

impl Current {
    /// Takes the place of the unit that is being tried, if it is free.
    fn take(&self, unit: UnitId, now_ns: u64) -> bool {
        let is_free =
            self.unit.get().is_none_or(|other| other == unit) || now_ns.saturating_sub(self.looked_ns.get()) > STALE_NS;
        if is_free {
            self.unit.set(Some(unit));
            self.looked_ns.set(now_ns);
        }
        is_free
    }
}

/// The trials of a unit.
#[derive(Debug)]
pub(crate) struct Trial {
    unit: UnitId,
    state: Cell<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    phase: Phase,
    /// Back-edges in this phase.
    back_edges: u64,
    /// Back-edges in this phase after which something is to be done.
    look_at: u64,
    /// When the turn began; `None` in one of the others that waits for the loop to run.
    start_ns: Option<u64>,
    /// Back-edges of the whole trial.
    total: u64,
    /// The turns that have ended.
    turns: usize,
    /// The time of a back-edge in each turn, in 1/1024 ns: of the unit, and of the others.
    times: [[u64; TURNS]; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// There are no trials of this unit.
    Off,
    /// The unit runs; its next trial comes later.
    Between,
    /// It is the unit's turn.
    Unit,
    /// It is the turn of the others.
    Others,
}

impl Trial {
    /// The trials of a unit that has not run; none unless it `is_tried`.
    pub(crate) fn new(unit: UnitId, is_tried: bool) -> Trial {
        let phase = if is_tried { Phase::Between } else { Phase::Off };
        let times = [[0; TURNS]; 2];
        let state = State { phase, back_edges: 0, look_at: 1, start_ns: None, total: 0, turns: 0, times };
        Trial { unit, state: Cell::new(state) }
    }

    /// Whether the unit is to run now.
    #[inline]
    pub(crate) fn is_units_turn(&self) -> bool {
        self.state.get().phase != Phase::Others
    }

    /// So many back-edges were taken by others, whose turn it is.
    pub(crate) fn others_ran(&self, vm: &mut Vm, current: &Current, back_edges: u64) -> Verdict {
        self.count(vm, current, back_edges)
    }

    /// Back-edges of others until it is worth asking.
    pub(crate) fn back_edges_of_others(&self) -> u64 {
        let state = self.state.get();
        if state.phase == Phase::Others { state.look_at.saturating_sub(state.back_edges) } else { 0 }
    }

    /// An entry into the unit has ended, after so many back-edges, the one that has led to it included.
    #[inline]
    pub(crate) fn entry_ended(&self, vm: &mut Vm, current: &Current, back_edges: u64) -> Verdict {
        if self.state.get().phase == Phase::Off { Verdict::Open } else { self.count(vm, current, back_edges) }
    }

    #[inline]
    fn count(&self, vm: &mut Vm, current: &Current, back_edges: u64) -> Verdict {
        let mut state = self.state.get();
        state.back_edges += back_edges;
        let verdict = if state.back_edges < state.look_at {
            Verdict::Open
        } else {
            // What others on the machine take is no business of the loop's.
            let now_ns = vm.host.cpu_ns();
            state.look(now_ns, current.take(self.unit, now_ns))
        };
        if state.phase == Phase::Between && current.unit.get() == Some(self.unit) {
            current.unit.set(None);
        }
        self.state.set(state);
        verdict
    }
}

impl State {
    #[cold]
    fn look(&mut self, now_ns: u64, is_current: bool) -> Verdict {
        if !is_current {
            // Another unit is being tried, or was in the meantime.
            self.pause(ASK_AGAIN);
            return Verdict::Open;
        }
        let side = match self.phase {
            Phase::Off | Phase::Between => {
                (self.total, self.turns) = (0, 0);
                self.begin_turn(Phase::Unit, now_ns);
                return Verdict::Open;
            }
            Phase::Unit => 0,
            Phase::Others => 1,
        };
        let Some(start_ns) = self.start_ns else {
            // What lies between two runs of the loop is not theirs alone.
            (self.start_ns, self.back_edges, self.look_at) = (Some(now_ns), 0, FIRST_LOOK);
            return Verdict::Open;
        };
        let time_ns = now_ns.saturating_sub(start_ns);
        if time_ns < TURN_NS {
            self.look_at = self.look_at.saturating_mul(2);
            return Verdict::Open;
        }
        let time = time_ns.saturating_mul(1024) / self.back_edges;
        if let Some(pair) = (self.turns / 2).checked_sub(1) {
            self.times[side][pair] = time;
        }
        self.total += self.back_edges;
        self.turns += 1;
        if self.turns < 2 * (TURNS + 1) {
            self.begin_turn(if side == 0 { Phase::Others } else { Phase::Unit }, now_ns);
            return Verdict::Open;
        }
        let [unit, others] = &self.times;
        let wins = unit.iter().zip(others).filter(|(unit, others)| **unit <= others.saturating_sub(COUNTING)).count();
        let wait = self.total.saturating_mul(BACK_EDGES_PER_TRIAL);
        self.pause(wait);
        if wins < WINS { Verdict::Lost(wait) } else { Verdict::Won }
    }

    fn begin_turn(&mut self, phase: Phase, now_ns: u64) {
        (self.phase, self.start_ns, self.back_edges, self.look_at) = (phase, Some(now_ns), 0, FIRST_LOOK);
        if phase == Phase::Others {
            (self.start_ns, self.look_at) = (None, 1);
        }
    }

    /// Lets the unit run for so many back-edges before the next trial.
    fn pause(&mut self, back_edges: u64) {
        (self.phase, self.back_edges, self.look_at) = (Phase::Between, 0, back_edges);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a trial in which a back-edge takes so many nanoseconds on each side, and gives its verdict.
    fn tried(unit_ns: u64, others_ns: u64) -> Verdict {
        let mut state = Trial::new(UnitId(1), true).state.get();
        let mut now_ns = 0;
        for _ in 0..10_000 {
            now_ns += match state.phase {
                Phase::Others => 16 * others_ns,
                Phase::Off | Phase::Between | Phase::Unit => 16 * unit_ns,
            };
            state.back_edges += 16;
            if state.back_edges >= state.look_at {
                let verdict = state.look(now_ns, true);
                if verdict != Verdict::Open || state.phase == Phase::Between {
                    return verdict;
                }
            }
        }
        panic!("the trial does not end: {state:?}");
    }

    #[test]
    fn the_slower_side_loses() {
        assert_eq!(tried(10, 100), Verdict::Won);
        assert_eq!(tried(99, 100), Verdict::Won);
        assert!(matches!(tried(100, 99), Verdict::Lost(wait) if wait > 10_000));
        assert!(matches!(tried(3000, 2), Verdict::Lost(_)));
    }

    #[test]
    fn where_the_clock_stands_still_the_unit_stays() {
        let mut state = Trial::new(UnitId(1), true).state.get();
        for _ in 0..100_000 {
            state.back_edges += 1;
            if state.back_edges >= state.look_at {
                assert_eq!(state.look(7, true), Verdict::Open);
            }
            assert_ne!(state.phase, Phase::Others);
        }
    }

    #[test]
    fn only_one_unit_is_tried_at_a_time() {
        let current = Current::default();
        assert!(current.take(UnitId(1), 10) && current.take(UnitId(1), 20));
        assert!(!current.take(UnitId(2), 30));
        assert!(current.take(UnitId(2), 21 + STALE_NS));
    }
}
