//! When a process has been measured for long enough: once it is steady, and has then been so for as long again.
//!
//! Whoever stops as soon as a series looks steady picks the moment at which chance makes it look so. So there are few
//! looks, at fixed places, and what is seen at one is only a guess: as many iterations again as the guessed steady
//! window has are measured, the whole is classified once more, the fresh ones are held against the window, and the
//! estimate is from them alone.
//! A pure function of one process's series: the process that measures, whoever analyses its rows and whoever replays
//! them all ask here. How often it is wrong is simulated in [`super::simulation`].

use super::mean;
use super::steady_state::{Classification, Method, Mode, TOLERANCE};

/// The first look is after so many iterations, each further one after twice as many as the one before.
pub const FIRST_LOOK: usize = 100;

/// The fewest fresh iterations.
pub const FEWEST_FRESH: usize = 20;

/// What is to be done with a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// To measure until it has so many iterations in all.
    Measure(usize),
    /// Nothing: it is steady, and what counts are the iterations from this index on.
    Steady(usize),
    /// Nothing: no look is left at which it could be found steady and confirmed.
    GiveUp,
}

/// What is to be done with a process whose iterations so far took `times_s` seconds and compiled something at the indices
/// `compiled`, if it may have `most` iterations. Further iterations never change what an earlier look has decided.
pub fn next(times_s: &[f64], compiled: &[usize], most: usize) -> Next {
    let mut look = FIRST_LOOK;
    while look + FEWEST_FRESH <= most {
        if times_s.len() < look {
            return Next::Measure(look);
        }
        if let Some(start) = steady_start(times_s, compiled, look) {
            let end = look + (look - start).max(FEWEST_FRESH);
            if end <= most {
                if times_s.len() < end {
                    return Next::Measure(end);
                }
                let is_steady = steady_start(times_s, compiled, end).is_some_and(|start| start <= look);
                if is_steady && agree(&times_s[start..look], &times_s[look..end]) {
                    return Next::Steady(look);
                }
            }
        }
        look *= 2;
    }
    Next::GiveUp
}

/// Where the steady state of the first `length` iterations begins; `None` without one.
fn steady_start(times_s: &[f64], compiled: &[usize], length: usize) -> Option<usize> {
    let compiled: Vec<usize> = compiled.iter().copied().filter(|index| *index < length).collect();
    let found: Classification = Method::of(Mode::Strict).classify(&times_s[..length], &compiled)?;
    found.steady_start
}

/// Whether the fresh iterations took what those of the guessed window did. A class alone allows for what the series scatters
/// by, in which a drift hides; who is refused for chance has more iterations the next time.
fn agree(window_s: &[f64], fresh_s: &[f64]) -> bool {
    mean(window_s).zip(mean(fresh_s)).is_some_and(|(window_s, fresh_s)| (fresh_s / window_s - 1.0).abs() <= TOLERANCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The length at which a series of this shape ends, and how.
    fn run(time_s: impl Fn(usize) -> f64, compiled: &[usize], most: usize) -> (usize, Next) {
        let mut times_s: Vec<f64> = Vec::new();
        loop {
            let now: Vec<usize> = compiled.iter().copied().filter(|index| *index < times_s.len()).collect();
            match next(&times_s, &now, most) {
                Next::Measure(length) => {
                    assert!(length > times_s.len() && length <= most, "{length} after {}", times_s.len());
                    times_s.extend((times_s.len()..length).map(&time_s));
                }
                end => return (times_s.len(), end),
            }
        }
    }

    fn scattered(index: usize) -> f64 {
        0.1 + (index * index * 7 + index * 3) as f64 % 101.0 * 1e-6
    }

    #[test]
    fn what_is_flat_is_confirmed_by_as_many_again() {
        assert_eq!(run(scattered, &[], 2000), (200, Next::Steady(100)));
    }

    #[test]
    fn a_warm_up_is_waited_for_and_does_not_count() {
        let slow_until = |change: usize| move |index| scattered(index) * if index < change { 1.5 } else { 1.0 };
        // Steady from 40 on at the first look: 60 more.
        assert_eq!(run(slow_until(40), &[], 2000), (160, Next::Steady(100)));
        // At the first look it seems flat, slow as it is; what follows tells.
        assert_eq!(run(slow_until(120), &[], 2000), (280, Next::Steady(200)));
        // What lasts until after the confirmation is taken for the steady state.
        assert_eq!(run(slow_until(300), &[], 2000), (200, Next::Steady(100)));
    }

    #[test]
    fn what_compiles_late_is_not_steady_before() {
        // In the last quarter of the first look: a second look, from which 109 iterations back nothing was compiled.
        assert_eq!(run(scattered, &[90], 2000), (309, Next::Steady(200)));
        // After the first look: what was measured to confirm it is no confirmation.
        assert_eq!(run(scattered, &[130], 2000), (269, Next::Steady(200)));
    }

    #[test]
    fn a_drift_within_the_scatter_is_refused() {
        let drifting =
            |index: usize| 0.1 * (1.0 + 0.0004 * index as f64) * if index.is_multiple_of(2) { 1.07 } else { 0.93 };
        assert_eq!(run(drifting, &[], 1000).1, Next::GiveUp);
        let flat = |index: usize| 0.1 * if index.is_multiple_of(2) { 1.07 } else { 0.93 };
        assert_eq!(run(flat, &[], 1000).1, Next::Steady(100));
    }

    #[test]
    fn what_never_settles_is_given_up() {
        let sawtooth = |index: usize| scattered(index) * if (index / 10).is_multiple_of(2) { 1.0 } else { 1.3 };
        assert_eq!(run(sawtooth, &[], 500), (400, Next::GiveUp));
        // No room for a look, or for as many again.
        assert_eq!(run(scattered, &[], 110), (0, Next::GiveUp));
        assert_eq!(run(scattered, &[], 199), (100, Next::GiveUp));
    }

    #[test]
    fn later_iterations_change_nothing() {
        let times_s: Vec<f64> = (0..400).map(scattered).collect();
        for length in [200, 250, 400] {
            assert_eq!(next(&times_s[..length], &[], 2000), Next::Steady(100));
        }
    }
}
