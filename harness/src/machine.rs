//! The machine that the harness runs on: numbers that the kernel keeps about it and about child processes, and a
//! calibration loop. In the files of this room what else there is of it: clocks, folders, the terminal, Ctrl-C.
//!
//! What a machine does not tell is `None`, and an empty field in the results. Knows nothing of what is measured.

pub mod clock;

pub mod ask;

pub mod paths;

pub mod terminal;

pub mod progress;

pub mod interruption;

use std::fs;
use std::hint::black_box;
use std::time::Instant;

use anyhow::Context;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::resource::{RLIM_INFINITY, Resource, UsageWho, getrlimit, getrusage};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{Pid, SysconfVar, sysconf};

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
    /// Time since boot in which some process waited for memory.
    pub psi_memory_some_us: Option<u64>,
    /// Time since boot in which some process waited for a disk.
    pub psi_io_some_us: Option<u64>,
    /// Time of the calibration loop.
    pub calib_ns: u64,
}

impl Moment {
    /// Reads the machine's state; takes about a millisecond. The calibration loop runs on processor `cpu` if one is
    /// named.
    ///
    /// # Errors
    /// If the processor is not for this process.
    pub fn now(cpu: Option<u32>) -> anyhow::Result<Moment> {
        Ok(Moment {
            load1: load1(),
            steal_ns: steal_ns(),
            psi_cpu_some_us: psi_some_us("cpu"),
            psi_memory_some_us: psi_some_us("memory"),
            psi_io_some_us: psi_some_us("io"),
            calib_ns: on_cpu(cpu, calibrate)?,
        })
    }
}

/// The calibration loop on a machine as it is now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// The median of its runs.
    pub middle_ns: u64,
    /// Their standard deviation, by the median of absolute deviations, as a part of that.
    pub deviation: f64,
}

impl Calibration {
    /// So many standard deviations are past chance.
    const DEVIATIONS: f64 = 6.0;
    /// Less than this part is no matter, and more than this always one.
    const LEAST: f64 = 0.03;
    const MOST: f64 = 0.25;

    fn of(mut times_ns: Vec<u64>) -> Calibration {
        times_ns.sort_unstable();
        let middle_ns = times_ns[times_ns.len() / 2];
        let mut distances_ns: Vec<u64> = times_ns.iter().map(|time_ns| time_ns.abs_diff(middle_ns)).collect();
        distances_ns.sort_unstable();
        // Of normal numbers the standard deviation is so many times the median of absolute deviations.
        let deviation = 1.4826 * distances_ns[distances_ns.len() / 2] as f64 / middle_ns.max(1) as f64;
        Calibration { middle_ns, deviation }
    }

    /// How long a run may take on a machine that is as it was.
    pub fn most_ns(&self) -> u64 {
        let excess = (Calibration::DEVIATIONS * self.deviation).clamp(Calibration::LEAST, Calibration::MOST);
        (self.middle_ns as f64 * (1.0 + excess)) as u64
    }
}

/// Runs the calibration loop some times on processor `cpu`.
///
/// # Errors
/// Those of binding to the processor.
pub fn reference_calibration(cpu: Option<u32>) -> anyhow::Result<Calibration> {
    const RUNS: usize = 51;
    Ok(Calibration::of(calibrations_ns(cpu, RUNS)?))
}

/// The times of `runs` runs of the calibration loop on processor `cpu`.
///
/// # Errors
/// If the processor is not for this process.
pub fn calibrations_ns(cpu: Option<u32>, runs: usize) -> anyhow::Result<Vec<u64>> {
    on_cpu(cpu, || (0..runs).map(|_| calibrate()).collect())
}

/// Runs `work` with this thread bound to processor `cpu`, if one is named; a process that it starts stays bound.
///
/// # Errors
/// If the processor is not for this process.
pub fn on_cpu<T>(cpu: Option<u32>, work: impl FnOnce() -> T) -> anyhow::Result<T> {
    const THIS_THREAD: Pid = Pid::from_raw(0);
    let Some(cpu) = cpu else { return Ok(work()) };
    let allowed = sched_getaffinity(THIS_THREAD).context("cannot ask for this thread's processors")?;
    let mut one = CpuSet::new();
    one.set(cpu as usize).with_context(|| format!("there is no processor {cpu}"))?;
    sched_setaffinity(THIS_THREAD, &one).with_context(|| format!("processor {cpu} is not for this process"))?;
    let result = work();
    sched_setaffinity(THIS_THREAD, &allowed).context("cannot take the binding to a processor back")?;
    Ok(result)
}

/// The processors that this thread may use.
pub fn allowed_cpus() -> Vec<u32> {
    let Ok(allowed) = sched_getaffinity(Pid::from_raw(0)) else { return Vec::new() };
    (0..CpuSet::count()).filter(|cpu| allowed.is_set(*cpu).unwrap_or(false)).map(|cpu| cpu as u32).collect()
}

/// The processor to bind children to: one that the kernel keeps free (`isolcpus`), else the last, because most
/// interrupts go to the first. `None` with a single processor, where there is nothing to choose.
pub fn cpu_for_children() -> Option<u32> {
    let allowed = allowed_cpus();
    let isolated = read("/sys/devices/system/cpu/isolated").map_or(Vec::new(), |list| parse_cpu_list(&list));
    let free = allowed.iter().copied().find(|cpu| isolated.contains(cpu));
    free.or(if allowed.len() > 1 { allowed.last().copied() } else { None })
}

/// Reads a list as the kernel writes it, `1,4-6`.
fn parse_cpu_list(list: &str) -> Vec<u32> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.parse::<u32>().ok()?..=last.parse::<u32>().ok()?)
    };
    list.split(',').filter_map(range).flatten().collect()
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

fn psi_some_us(resource: &str) -> Option<u64> {
    psi_some(resource, "total=")?.parse().ok()
}

/// The part of the last ten seconds, in percent, in which some process waited for `resource`: `cpu`, `memory` or `io`.
pub fn psi_some_average(resource: &str) -> Option<f64> {
    psi_some(resource, "avg10=")?.parse().ok()
}

fn psi_some(resource: &str, key: &str) -> Option<String> {
    let text = read(&format!("/proc/pressure/{resource}"))?;
    let some = text.lines().find(|line| line.starts_with("some"))?;
    some.split_whitespace().find_map(|field| field.strip_prefix(key)).map(str::to_string)
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

/// The heap that this process can afford if its address space is limited (`ulimit -v`): half of what is left, since
/// garbage may overdraw the limit by half, and stacks, code and buffers come on top. `None` without such a limit.
pub fn affordable_heap_bytes() -> Option<u64> {
    let (limit_bytes, _) = getrlimit(Resource::RLIMIT_AS).ok()?;
    if limit_bytes == RLIM_INFINITY {
        return None;
    }
    let pages: u64 = read("/proc/self/statm")?.split_whitespace().next()?.parse().ok()?;
    let page_bytes = u64::try_from(sysconf(SysconfVar::PAGE_SIZE).ok()??).ok()?;
    Some(limit_bytes.saturating_sub(pages * page_bytes) / 2)
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

/// The time that the threads of process `pid` were ready to run and had no processor.
pub fn run_delay_ns(pid: u32) -> Option<u64> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    tasks
        .map(|task| {
            let text = fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
            // Time on a processor, time waiting for one, turns.
            text.split_whitespace().nth(1)?.parse::<u64>().ok()
        })
        .sum()
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
    fn the_limit_of_the_calibration_is_from_its_own_scatter() {
        let of = |step: u64| Calibration::of((0..101).map(|run| 1_000_000 + step * (run * 37 % 101)).collect());
        // Hardly any scatter, some, and more than can be let pass.
        assert_eq!(of(1).most_ns(), 1_030_051);
        let some = of(1000);
        assert!((some.deviation - 1.4826 * 25.0 / 1050.0).abs() < 1e-6, "{some:?}");
        assert!((1.2..1.23).contains(&(some.most_ns() as f64 / some.middle_ns as f64)), "{some:?}");
        let much = of(10_000);
        assert_eq!(much.most_ns(), (much.middle_ns as f64 * 1.25) as u64);
    }

    #[test]
    fn a_moment_calibrates_and_time_passes() {
        let before_ns = monotonic_ns();
        let moment = Moment::now(None).unwrap();
        assert!(moment.calib_ns > 1000);
        assert!(monotonic_ns() - before_ns >= moment.calib_ns);
    }

    #[test]
    fn binding_to_a_processor_ends_with_the_work() {
        let before = allowed_cpus();
        let last = *before.last().unwrap();
        assert_eq!(on_cpu(Some(last), allowed_cpus).unwrap(), [last]);
        assert_eq!(allowed_cpus(), before);
        assert!(on_cpu(Some(u32::MAX), || ()).unwrap_err().to_string().contains("no processor"));
        assert_eq!(cpu_for_children().is_some(), before.len() > 1);
        assert_eq!(parse_cpu_list("1,4-6"), [1, 4, 5, 6]);
        assert!(parse_cpu_list("").is_empty());
    }

    #[test]
    fn a_child_that_ended_is_counted() {
        let before = ChildUsage::so_far().unwrap();
        assert!(std::process::Command::new("true").status().unwrap().success());
        let used = ChildUsage::so_far().unwrap().since(before);
        assert!(used.minor_faults > 0);
    }
}
