//! The two clocks an iteration can be timed by, and the stopwatch that does it.

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

/// With the CPU clock, one sample is the mean of as many calls as fill this time: the clock of a foreign Lua ticks in
/// microseconds at best, and every contender is treated alike.
const CPU_BATCH_NS: u64 = 10_000_000;

/// What iterations are timed by; one for all contenders of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// Elapsed time.
    Monotonic,
    /// CPU time of the process, for comparisons with a Lua whose only clock is `os.clock`.
    Cpu,
}

impl Clock {
    /// The name on the command line of a child and in CSV files.
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

/// How an iteration is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopwatch {
    /// By which clock.
    pub clock: Clock,
    /// By how many percent every iteration is made to take longer, by waiting busily inside the timed part: 0 but for
    /// the slowed arm of a run that tests itself.
    pub slowdown_percent: u32,
}

impl From<Clock> for Stopwatch {
    fn from(clock: Clock) -> Stopwatch {
        Stopwatch { clock, slowdown_percent: 0 }
    }
}

impl Stopwatch {
    /// Runs `work` and returns its last result with the nanoseconds of one run: of the only one with the monotonic
    /// clock, the mean of a batch with the CPU clock.
    ///
    /// # Errors
    /// The first error of `work`.
    pub fn time<T, E>(self, mut work: impl FnMut() -> Result<T, E>) -> Result<(T, u64), E> {
        match self.clock {
            Clock::Monotonic => {
                let start = Instant::now();
                let result = work()?;
                if self.slowdown_percent > 0 {
                    let end_ns = self.slowed(start.elapsed().as_nanos() as u64);
                    while (start.elapsed().as_nanos() as u64) < end_ns {}
                }
                Ok((result, start.elapsed().as_nanos() as u64))
            }
            Clock::Cpu => {
                let start_ns = process_cpu_ns();
                let mut calls = 0;
                loop {
                    let result = work()?;
                    calls += 1;
                    let elapsed_ns = process_cpu_ns() - start_ns;
                    if elapsed_ns >= CPU_BATCH_NS {
                        let end_ns = start_ns + self.slowed(elapsed_ns);
                        while process_cpu_ns() < end_ns {}
                        return Ok((result, self.slowed(elapsed_ns) / calls));
                    }
                }
            }
        }
    }

    fn slowed(self, elapsed_ns: u64) -> u64 {
        elapsed_ns + elapsed_ns * u64::from(self.slowdown_percent) / 100
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slowed_stopwatch_waits_in_the_timed_part() {
        for clock in [Clock::Monotonic, Clock::Cpu] {
            let mut own_ns = 0;
            let work = || {
                let (start, start_cpu_ns) = (Instant::now(), process_cpu_ns());
                while process_cpu_ns() - start_cpu_ns < 11_000_000 {}
                own_ns = start.elapsed().as_nanos() as u64;
                Ok::<(), ()>(())
            };
            let ((), wall_ns) = Stopwatch { clock, slowdown_percent: 50 }.time(work).unwrap();
            match clock {
                Clock::Monotonic => assert!(wall_ns >= own_ns + own_ns / 2, "{wall_ns} of {own_ns}"),
                // The CPU clock stands still while another process runs.
                Clock::Cpu => assert!(wall_ns >= 16_500_000, "{wall_ns}"),
            }
        }
    }
}
