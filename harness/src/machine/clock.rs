//! The two clocks an iteration can be timed by, and the stopwatch of our own children.

use std::time::Instant;

use nix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// CPU time of this process in nanoseconds.
///
/// # Panics
/// If the kernel has no such clock, which Linux always has.
pub fn process_cpu_ns() -> u64 {
    let time = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).expect("the process CPU clock exists");
    time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64
}

/// With the CPU clock, one sample is the mean of as many calls as fill this time: that clock ticks in microseconds at
/// best. `workloads/driver.lua` has the same number.
const CPU_BATCH_NS: u64 = 10_000_000;

/// What iterations are timed by: each contender has the best clock that it can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// Elapsed time.
    Monotonic,
    /// CPU time of the process, of a Lua whose only clock is `os.clock`.
    Cpu,
}

impl Clock {
    /// The name on the command line of the driver and in CSV files.
    pub fn name(self) -> &'static str {
        match self {
            Clock::Monotonic => "monotonic",
            Clock::Cpu => "cpu",
        }
    }

    /// The least time that a sample of this clock takes to measure.
    pub fn least_sample_ns(self) -> u64 {
        match self {
            Clock::Monotonic => 0,
            Clock::Cpu => CPU_BATCH_NS,
        }
    }
}

/// How one of our children times an iteration: by elapsed time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stopwatch {
    /// By how many percent every iteration is made to take longer, by waiting busily inside the timed part: 0 but for
    /// the slowed arm of a run that tests itself.
    pub slowdown_percent: u32,
}

impl Stopwatch {
    /// Runs `work` and returns its result with the nanoseconds that it took.
    ///
    /// # Errors
    /// That of `work`.
    pub fn time<T, E>(self, work: impl FnOnce() -> Result<T, E>) -> Result<(T, u64), E> {
        let start = Instant::now();
        let result = work()?;
        if self.slowdown_percent > 0 {
            let elapsed_ns = start.elapsed().as_nanos() as u64;
            let end_ns = elapsed_ns + elapsed_ns * u64::from(self.slowdown_percent) / 100;
            while (start.elapsed().as_nanos() as u64) < end_ns {}
        }
        Ok((result, start.elapsed().as_nanos() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slowed_stopwatch_waits_in_the_timed_part() {
        let mut own_ns = 0;
        let work = || {
            let (start, start_cpu_ns) = (Instant::now(), process_cpu_ns());
            while process_cpu_ns() - start_cpu_ns < 11_000_000 {}
            own_ns = start.elapsed().as_nanos() as u64;
            Ok::<(), ()>(())
        };
        let ((), wall_ns) = Stopwatch { slowdown_percent: 50 }.time(work).unwrap();
        assert!(wall_ns >= own_ns + own_ns / 2, "{wall_ns} of {own_ns}");
    }
}
