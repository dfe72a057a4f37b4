//! Whether the machine disturbed an invocation. Judged by what the kernel and the calibration loop tell, never by the
//! measured times: leaving out slow samples would make every result look good.
//!
//! A disturbed invocation is kept and run again as a new attempt; which rows count then is [`crate::record::load`]'s.

use crate::record::rows::InvocationRow;

/// The part of its duration that an invocation may wait for its processor.
const MOST_WAITING: f64 = 0.02;

/// The part of an invocation's duration that the hypervisor may take, over all processors.
const MOST_STEAL: f64 = 0.02;

/// Steal is counted in ticks of 10 ms: a single one may have begun before the invocation.
const LEAST_STEAL_NS: u64 = 20_000_000;

/// The part of its duration in which some process may wait for memory.
const MOST_MEMORY_PRESSURE: f64 = 0.02;

/// What disturbed the invocation: words joined by spaces, empty if nothing did. The calibration
/// loop may take up to `most_calib_ns`: past it the processor is clocked down or shared. What was not measured disturbs nothing.
pub fn flags(row: &InvocationRow, most_calib_ns: Option<u64>) -> String {
    let part = |time_ns: Option<u64>| Some(time_ns? as f64 / row.duration_ns?.max(1) as f64);
    let is_more = |time_ns: Option<u64>, limit: f64| part(time_ns).is_some_and(|part| part > limit);
    let is_slow = most_calib_ns.is_some_and(|most_ns| row.calib_ns_before.max(row.calib_ns_after) > most_ns);
    let memory_ns = row.psi_memory_some_us.map(|time_us| time_us * 1000);
    let disturbances = [
        ("slow-clock", is_slow),
        ("waited", is_more(row.run_delay_ns, MOST_WAITING)),
        ("steal", row.steal_ns.is_some_and(|ns| ns >= LEAST_STEAL_NS) && is_more(row.steal_ns, MOST_STEAL)),
        ("memory-pressure", is_more(memory_ns, MOST_MEMORY_PRESSURE)),
    ];
    let words: Vec<&str> = disturbances.into_iter().filter_map(|(word, applies)| applies.then_some(word)).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::rows::example;

    /// A second long, on a machine where the calibration loop takes a millisecond.
    fn quiet() -> InvocationRow {
        InvocationRow {
            duration_ns: Some(1_000_000_000),
            calib_ns_before: 1_000_000,
            calib_ns_after: 1_100_000,
            run_delay_ns: Some(5_000_000),
            steal_ns: Some(10_000_000),
            psi_memory_some_us: Some(0),
            ..example::invocation("a", "w", 1, 1)
        }
    }

    #[test]
    fn each_disturbance_has_its_word() {
        let most_ns = Some(1_250_000);
        assert_eq!(flags(&quiet(), most_ns), "");
        for (row, words) in [
            (InvocationRow { calib_ns_after: 1_300_000, ..quiet() }, "slow-clock"),
            (InvocationRow { run_delay_ns: Some(30_000_000), ..quiet() }, "waited"),
            (InvocationRow { steal_ns: Some(30_000_000), ..quiet() }, "steal"),
            (InvocationRow { psi_memory_some_us: Some(30_000), ..quiet() }, "memory-pressure"),
            (InvocationRow { calib_ns_before: 9_000_000, steal_ns: Some(1 << 30), ..quiet() }, "slow-clock steal"),
        ] {
            assert_eq!(flags(&row, most_ns), words);
        }
    }

    #[test]
    fn what_is_not_known_disturbs_nothing() {
        let row = InvocationRow {
            run_delay_ns: None,
            steal_ns: None,
            psi_memory_some_us: None,
            calib_ns_after: 9_000_000,
            ..quiet()
        };
        assert_eq!(flags(&row, None), "");
        assert_eq!(flags(&InvocationRow { duration_ns: None, run_delay_ns: Some(u64::MAX), ..row }, None), "");
    }
}
