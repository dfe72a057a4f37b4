//! The two clocks an iteration can be timed by.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::host::process_cpu_ns;

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

    /// Runs `work` and returns its last result with the nanoseconds of one run: of the only one with the monotonic
    /// clock, the mean of a batch with the CPU clock.
    ///
    /// # Errors
    /// The first error of `work`.
    pub fn time<T, E>(self, mut work: impl FnMut() -> Result<T, E>) -> Result<(T, u64), E> {
        match self {
            Clock::Monotonic => {
                let start = Instant::now();
                let result = work()?;
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
                        return Ok((result, elapsed_ns / calls));
                    }
                }
            }
        }
    }
}
