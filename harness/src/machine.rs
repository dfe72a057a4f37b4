//! Numbers that the kernel keeps about this machine and about child processes, and a calibration loop.
//!
//! What a machine does not tell is `None`, and an empty field in the results.

use std::fs;
use std::hint::black_box;
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{SysconfVar, sysconf};

/// What all children that ended so far have used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChildUsage {
    /// CPU time in user mode.
    pub user_ns: u64,
    /// CPU time in the kernel.
    pub sys_ns: u64,
    /// Page faults served without reading from a disk.
    pub minor_faults: u64,
    /// Page faults that read from a disk.
    pub major_faults: u64,
    /// Times a child gave up the processor by itself.
    pub vol_cs: u64,
    /// Times the processor was taken from a child.
    pub invol_cs: u64,
}

impl ChildUsage {
    /// The sums over all children that were waited for. Children run one at a time, so the difference between two
    /// readings is what one child used.
    pub fn so_far() -> Option<ChildUsage> {
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN).ok()?;
        let ns = |time: nix::sys::time::TimeVal| time.tv_sec() as u64 * 1_000_000_000 + time.tv_usec() as u64 * 1000;
        Some(ChildUsage {
            user_ns: ns(usage.user_time()),
            sys_ns: ns(usage.system_time()),
            minor_faults: usage.minor_page_faults() as u64,
            major_faults: usage.major_page_faults() as u64,
            vol_cs: usage.voluntary_context_switches() as u64,
            invol_cs: usage.involuntary_context_switches() as u64,
        })
    }

    /// What was used between the reading `earlier` and this one.
    pub fn since(self, earlier: ChildUsage) -> ChildUsage {
        ChildUsage {
            user_ns: self.user_ns - earlier.user_ns,
            sys_ns: self.sys_ns - earlier.sys_ns,
            minor_faults: self.minor_faults - earlier.minor_faults,
            major_faults: self.major_faults - earlier.major_faults,
            vol_cs: self.vol_cs - earlier.vol_cs,
            invol_cs: self.invol_cs - earlier.invol_cs,
        }
    }
}

/// The state of the machine at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Mean number of runnable processes over the last minute.
    pub load1: Option<f64>,
    /// CPU time that the hypervisor gave to others since boot, over all processors.
    pub steal_ns: Option<u64>,
    /// Time since boot in which some process waited for a processor.
    pub psi_cpu_some_us: Option<u64>,
    /// Time of the calibration loop.
    pub calib_ns: u64,
}

impl Moment {
    /// Reads the machine's state; takes about a millisecond.
    pub fn now() -> Moment {
        Moment { load1: load1(), steal_ns: steal_ns(), psi_cpu_some_us: psi_cpu_some_us(), calib_ns: calibrate() }
    }
}

/// The mean number of runnable processes over the last minute.
pub fn load1() -> Option<f64> {
    read("/proc/loadavg")?.split_whitespace().next()?.parse().ok()
}

fn steal_ns() -> Option<u64> {
    // cpu user nice system idle iowait irq softirq steal ...
    let ticks: u64 = read("/proc/stat")?.lines().next()?.split_whitespace().nth(8)?.parse().ok()?;
    let ticks_per_second = u64::try_from(sysconf(SysconfVar::CLK_TCK).ok()??).ok()?;
    Some(ticks * (1_000_000_000 / ticks_per_second))
}

fn psi_cpu_some_us() -> Option<u64> {
    let text = read("/proc/pressure/cpu")?;
    let some = text.lines().find(|line| line.starts_with("some"))?;
    some.split_whitespace().find_map(|field| field.strip_prefix("total="))?.parse().ok()
}

/// The time of a fixed chain of dependent integer operations, about a millisecond. It rises when the processor is
/// clocked down or busy with somebody else.
fn calibrate() -> u64 {
    let start = Instant::now();
    let mut state = black_box(1u64);
    for _ in 0..250_000 {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        state ^= state >> 29;
    }
    black_box(state);
    start.elapsed().as_nanos() as u64
}

/// The most memory that process `pid` has had resident since it was started. The kernel's `ru_maxrss` would include
/// the parent's own at the fork.
pub fn peak_rss_bytes(pid: u32) -> Option<u64> {
    let status = read(&format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// The processor on which process `pid` ran last.
pub fn cpu_of(pid: u32) -> Option<u32> {
    let stat = read(&format!("/proc/{pid}/stat"))?;
    // The command name is in parentheses and may contain anything; the fields after it start with the third.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(39 - 3)?.parse().ok()
}

/// Nanoseconds of the system's monotonic clock.
///
/// # Panics
/// If the kernel has no such clock, which Linux always has.
pub fn monotonic_ns() -> u64 {
    let time = clock_gettime(ClockId::CLOCK_MONOTONIC).expect("the monotonic clock exists");
    time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64
}

/// A small text file, trimmed; `None` if it cannot be read.
pub fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_a_processor() {
        let pid = std::process::id();
        assert!(peak_rss_bytes(pid).unwrap() > 100_000);
        assert!(cpu_of(pid).is_some());
        assert_eq!(cpu_of(u32::MAX), None);
    }

    #[test]
    fn a_moment_calibrates_and_time_passes() {
        let before_ns = monotonic_ns();
        let moment = Moment::now();
        assert!(moment.calib_ns > 1000);
        assert!(monotonic_ns() - before_ns >= moment.calib_ns);
    }

    #[test]
    fn a_child_that_ended_is_counted() {
        let before = ChildUsage::so_far().unwrap();
        assert!(std::process::Command::new("true").status().unwrap().success());
        let used = ChildUsage::so_far().unwrap().since(before);
        assert!(used.minor_faults > 0);
    }
}
