//! The rows of the CSV files in a results folder. Field order is column order; `results/README.md` says what each
//! column means and in which unit. An `Option` that is `None` is an empty field: not measured.

use serde::{Deserialize, Serialize};

use crate::plan::workload::Size;
use crate::record::outcome::Outcome;

/// A row type with its file and its columns.
pub trait Row: Serialize + for<'de> Deserialize<'de> {
    /// The file's name in a results folder.
    const FILE: &'static str;
    /// The header line, in order.
    const COLUMNS: &'static [&'static str];
    /// Columns that older versions of the format have and this one has not; they are read over.
    const RETIRED: &'static [&'static str];
}

/// The rows: of each its file, the columns of older versions that are gone, and its columns in order with their types.
/// This is the one place where a column stands; what it means is in `results/README.md`, and a test holds the two
/// together.
macro_rules! rows {
    ($(
        $(#[$about:meta])*
        $name:ident in $file:literal without $retired:tt {
            $($(#[$attribute:meta])* $column:ident: $type:ty,)*
        }
    )*) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "results/README.md documents every column, and a test holds the two together")]
        pub struct $name {
            $($(#[$attribute])* pub $column: $type,)*
        }

        impl Row for $name {
            const FILE: &'static str = $file;
            const COLUMNS: &'static [&'static str] = &[$(stringify!($column),)*];
            const RETIRED: &'static [&'static str] = &$retired;
        }
    )*};
}

rows! {
    /// One iteration: a row of `iterations.csv`.
    IterationRow in "iterations.csv" without ["instr_count"] {
        run_id: String,
        attempt: u32,
        clock: String,
        block: u32,
        seq: u32,
        engine: String,
        #[serde(default)]
        engine_id: String,
        #[serde(default)]
        build: String,
        engine_config: String,
        workload: String,
        size: Size,
        param: Option<u64>,
        invocation: u32,
        iteration: u32,
        wall_ns: u64,
        gc_ns: Option<u64>,
        compile_ns: Option<u64>,
        compiles: Option<u64>,
        deopts: Option<u64>,
        code_bytes: Option<u64>,
        checksum: String,
        valid: Validity,
        flags: String,
    }

    /// One process: a row of `invocations.csv`.
    InvocationRow in "invocations.csv" without ["heap_pad"] {
        run_id: String,
        engine: String,
        #[serde(default)]
        engine_id: String,
        #[serde(default)]
        build: String,
        engine_config: String,
        workload: String,
        size: Size,
        invocation: u32,
        attempt: u32,
        block: u32,
        seq: u32,
        pid: u32,
        start_utc: String,
        start_mono_ns: u64,
        exec_to_first_ns: Option<u64>,
        exit_kind: Outcome,
        exit_code: Option<i32>,
        signal: Option<i32>,
        max_rss_bytes: Option<u64>,
        user_ns: Option<u64>,
        sys_ns: Option<u64>,
        minor_faults: Option<u64>,
        major_faults: Option<u64>,
        vol_cs: Option<u64>,
        invol_cs: Option<u64>,
        steal_ns: Option<u64>,
        psi_cpu_some_us: Option<u64>,
        load1_before: Option<f64>,
        load1_after: Option<f64>,
        calib_ns_before: u64,
        calib_ns_after: u64,
        cpu_id: Option<u32>,
        env_bytes: u64,
        seed: u64,
        aslr: Option<u32>,
        stderr_tail: String,
        reason: String,
        batch_calls: Option<u32>,
        batch_ns: Option<u64>,
        iterations: Option<u32>,
        duration_ns: Option<u64>,
        run_delay_ns: Option<u64>,
        psi_memory_some_us: Option<u64>,
        psi_io_some_us: Option<u64>,
        #[serde(default)]
        flags: String,
    }

    /// One pair of contender and workload: a row of `summary.csv`, computed from the two files above and `plan.json`.
    SummaryRow in "summary.csv" without [] {
        run_id: String,
        engine: String,
        #[serde(default)]
        engine_id: String,
        #[serde(default)]
        build: String,
        engine_config: String,
        workload: String,
        size: Size,
        invocations: u32,
        iterations: u32,
        class: String,
        class_at_1_percent: String,
        class_at_5_percent: String,
        steady_processes: Option<u32>,
        steady_iteration: Option<f64>,
        median_ns: Option<u64>,
        mean_ns: Option<u64>,
        ci_low_ns: Option<u64>,
        ci_high_ns: Option<u64>,
        baseline: Option<String>,
        speedup: Option<f64>,
        speedup_ci_low: Option<f64>,
        speedup_ci_high: Option<f64>,
        interval: String,
        verdict: String,
        outcome: Outcome,
        reason: String,
        #[serde(default)]
        modes: String,
        #[serde(default)]
        speedup_modes: String,
    }

    /// A geometric mean of speed-ups: a row of `geometric_means.csv`, computed from the same.
    GeometricMeanRow in "geometric_means.csv" without [] {
        run_id: String,
        engine: String,
        engine_id: String,
        build: String,
        engine_config: String,
        size: Size,
        group: String,
        workloads: u32,
        baseline: String,
        speedup: Option<f64>,
        speedup_ci_low: Option<f64>,
        speedup_ci_high: Option<f64>,
        interval: String,
        speedup_slow: Option<f64>,
        speedup_fast: Option<f64>,
        steady: bool,
    }

    /// What a pair costs before and beside its steady iterations: a row of `warm_up.csv`, computed from the first two files.
    WarmUpRow in "warm_up.csv" without [] {
        run_id: String,
        engine: String,
        engine_id: String,
        build: String,
        engine_config: String,
        workload: String,
        size: Size,
        startup_ns: Option<u64>,
        first_ns: Option<u64>,
        first_ratio: Option<f64>,
        time_to_steady_ns: Option<u64>,
        time_to_steady_ci_low_ns: Option<i64>,
        time_to_steady_ci_high_ns: Option<i64>,
        debt_ns: Option<i64>,
        debt_ci_low_ns: Option<i64>,
        debt_ci_high_ns: Option<i64>,
        compile_ns: Option<u64>,
        compile_share: Option<f64>,
        gc_share: Option<f64>,
        max_rss_bytes: Option<u64>,
        code_bytes: Option<u64>,
    }

    /// When one contender has caught up with another: a row of `break_even.csv`, computed from the first two files.
    BreakEvenRow in "break_even.csv" without [] {
        run_id: String,
        workload: String,
        size: Size,
        faster: String,
        faster_config: String,
        slower: String,
        slower_config: String,
        iterations: f64,
        iterations_ci_low: Option<f64>,
        iterations_ci_high: Option<f64>,
        time_ns: u64,
        time_ci_low_ns: Option<u64>,
        time_ci_high_ns: Option<u64>,
        may_never: bool,
        extrapolated: bool,
    }

    /// One segment of a process's iterations: a row of `segments.csv`, computed from the two files above.
    SegmentRow in "segments.csv" without [] {
        run_id: String,
        engine: String,
        #[serde(default)]
        engine_id: String,
        #[serde(default)]
        build: String,
        engine_config: String,
        workload: String,
        size: Size,
        invocation: u32,
        attempt: u32,
        class: String,
        steady_iteration: Option<u32>,
        still_compiling: bool,
        outliers: u32,
        segment: u32,
        first_iteration: u32,
        last_iteration: u32,
        mean_ns: u64,
        sd_ns: u64,
    }

    /// What a compiler did in the process that traced a pair: a row of `jit_events.csv`.
    EventRow in "jit_events.csv" without [] {
        run_id: String,
        engine: String,
        #[serde(default)]
        engine_id: String,
        #[serde(default)]
        build: String,
        engine_config: String,
        workload: String,
        size: Size,
        iteration: u32,
        t_ns: u64,
        kind: EventKind,
        unit: String,
        function: String,
        line: Option<u32>,
        pc: Option<u32>,
        bytes_in: Option<u64>,
        bytes_out: Option<u64>,
        dur_ns: Option<u64>,
        reason: String,
        count: u64,
    }
}

/// Whether the result of an iteration was right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Validity {
    /// The expected one.
    Ok,
    /// Another text with the same values, which is as good for this pair.
    Value,
    /// Another one.
    Wrong,
    /// Nothing was expected.
    Na,
}

impl InvocationRow {
    /// Whether the machine disturbed it, by its `flags`.
    pub fn is_disturbed(&self) -> bool {
        !self.flags.is_empty()
    }
}

/// What happened. `results/README.md` says what each is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A counter passed its threshold.
    Hot,
    /// A compiler starts on a unit.
    CompileStart,
    /// A unit was published.
    CompileEnd,
    /// The code of a unit was still there and is used again.
    Reused,
    /// A compiler declined a unit.
    Declined,
    /// Compiled code was entered at a loop header while the loop ran.
    Osr,
    /// Compiled code left for the interpreter.
    SideExit,
    /// A unit was thrown away because an assumption failed.
    Deopt,
    /// A unit will not be compiled again.
    Blacklisted,
    /// A unit was thrown out for room.
    Evicted,
    /// A collection ended.
    Gc,
}

/// What the column `checksum` holds for a result: the result itself if it is short, else a hash and its length.
pub fn checksum(result: &str) -> String {
    const LONGEST: usize = 64;
    if result.len() <= LONGEST {
        return result.to_string();
    }
    format!("fnv1a:{:016x}:{}", crate::plan::workload::fnv1a(result.as_bytes()), result.len())
}

#[cfg(test)]
pub(crate) mod example;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_in_the_data_dictionary() {
        let dictionary = include_str!("../../../results/README.md");
        let (_, iterations) = dictionary.split_once("## iterations.csv").unwrap();
        let (iterations, invocations) = iterations.split_once("## invocations.csv").unwrap();
        let (invocations, summary) = invocations.split_once("## summary.csv").unwrap();
        let (summary, means) = summary.split_once("## geometric_means.csv").unwrap();
        let (means, warm_up) = means.split_once("## warm_up.csv").unwrap();
        let (warm_up, break_even) = warm_up.split_once("## break_even.csv").unwrap();
        let (break_even, segments) = break_even.split_once("## segments.csv").unwrap();
        let (segments, events) = segments.split_once("## jit_events.csv").unwrap();
        let (events, _) = events.split_once("## Outcomes").unwrap();
        for (section, columns) in [
            (iterations, IterationRow::COLUMNS),
            (invocations, InvocationRow::COLUMNS),
            (summary, SummaryRow::COLUMNS),
            (means, GeometricMeanRow::COLUMNS),
            (warm_up, WarmUpRow::COLUMNS),
            (break_even, BreakEvenRow::COLUMNS),
            (segments, SegmentRow::COLUMNS),
            (events, EventRow::COLUMNS),
        ] {
            let documented: Vec<&str> =
                section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
            assert_eq!(documented, columns);
        }
    }

    #[test]
    fn a_checksum_is_short_and_tells_results_apart() {
        assert_eq!(checksum("17711"), "17711");
        let long = checksum(&"x".repeat(65));
        assert!(long.starts_with("fnv1a:") && long.ends_with(":65"), "{long}");
        assert_ne!(long, checksum(&"y".repeat(65)));
    }
}
