//! The rows of the CSV files in a results folder. Field order is column order; `results/README.md` says what each
//! column means and in which unit. An `Option` that is `None` is an empty field: not measured.

use serde::{Deserialize, Serialize};

use crate::plan::workload::Size;
use crate::record::outcome::Outcome;

/// One iteration: a row of `iterations.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "results/README.md documents every column, and a test holds the two together")]
pub struct IterationRow {
    pub run_id: String,
    pub attempt: u32,
    pub clock: String,
    pub block: u32,
    pub seq: u32,
    pub engine: String,
    pub engine_config: String,
    pub workload: String,
    pub size: Size,
    pub param: Option<u64>,
    pub invocation: u32,
    pub iteration: u32,
    pub wall_ns: u64,
    pub gc_ns: Option<u64>,
    pub compile_ns: Option<u64>,
    pub compiles: Option<u64>,
    pub deopts: Option<u64>,
    pub code_bytes: Option<u64>,
    pub instr_count: Option<u64>,
    pub checksum: String,
    pub valid: Validity,
    pub flags: String,
}

/// Whether the result of an iteration was right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Validity {
    /// The expected one.
    Ok,
    /// Another one.
    Wrong,
    /// Nothing was expected.
    Na,
}

/// One process: a row of `invocations.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "results/README.md documents every column, and a test holds the two together")]
pub struct InvocationRow {
    pub run_id: String,
    pub engine: String,
    pub engine_config: String,
    pub workload: String,
    pub size: Size,
    pub invocation: u32,
    pub attempt: u32,
    pub block: u32,
    pub seq: u32,
    pub pid: u32,
    pub start_utc: String,
    pub start_mono_ns: u64,
    pub exec_to_first_ns: Option<u64>,
    pub exit_kind: Outcome,
    pub exit_code: Option<i32>,
    pub signal: Option<i32>,
    pub max_rss_bytes: Option<u64>,
    pub user_ns: Option<u64>,
    pub sys_ns: Option<u64>,
    pub minor_faults: Option<u64>,
    pub major_faults: Option<u64>,
    pub vol_cs: Option<u64>,
    pub invol_cs: Option<u64>,
    pub steal_ns: Option<u64>,
    pub psi_cpu_some_us: Option<u64>,
    pub load1_before: Option<f64>,
    pub load1_after: Option<f64>,
    pub calib_ns_before: u64,
    pub calib_ns_after: u64,
    pub cpu_id: Option<u32>,
    pub env_bytes: u64,
    pub heap_pad: Option<u64>,
    pub seed: u64,
    pub aslr: Option<u32>,
    pub stderr_tail: String,
    pub reason: String,
    pub iterations: Option<u32>,
    pub duration_ns: Option<u64>,
    pub run_delay_ns: Option<u64>,
    pub psi_memory_some_us: Option<u64>,
    pub psi_io_some_us: Option<u64>,
    #[serde(default)]
    pub flags: String,
}

impl InvocationRow {
    /// Whether the machine disturbed it, by its `flags`.
    pub fn is_disturbed(&self) -> bool {
        !self.flags.is_empty()
    }
}

/// One pair of contender and workload: a row of `summary.csv`, computed from the two files above and `plan.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "results/README.md documents every column, and a test holds the two together")]
pub struct SummaryRow {
    pub run_id: String,
    pub engine: String,
    pub engine_config: String,
    pub workload: String,
    pub size: Size,
    pub invocations: u32,
    pub iterations: u32,
    pub class: String,
    pub class_at_1_percent: String,
    pub class_at_5_percent: String,
    pub steady_processes: Option<u32>,
    pub steady_iteration: Option<f64>,
    pub median_ns: Option<u64>,
    pub mean_ns: Option<u64>,
    pub ci_low_ns: Option<u64>,
    pub ci_high_ns: Option<u64>,
    pub baseline: Option<String>,
    pub speedup: Option<f64>,
    pub speedup_ci_low: Option<f64>,
    pub speedup_ci_high: Option<f64>,
    pub interval: String,
    pub verdict: String,
    pub outcome: Outcome,
    pub reason: String,
}

/// One segment of a process's iterations: a row of `segments.csv`, computed from the two files above.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "results/README.md documents every column, and a test holds the two together")]
pub struct SegmentRow {
    pub run_id: String,
    pub engine: String,
    pub engine_config: String,
    pub workload: String,
    pub size: Size,
    pub invocation: u32,
    pub attempt: u32,
    pub class: String,
    pub steady_iteration: Option<u32>,
    pub still_compiling: bool,
    pub outliers: u32,
    pub segment: u32,
    pub first_iteration: u32,
    pub last_iteration: u32,
    pub mean_ns: u64,
    pub sd_ns: u64,
}

/// What a compiler did in the process that traced a pair: a row of `jit_events.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "results/README.md documents every column, and a test holds the two together")]
pub struct EventRow {
    pub run_id: String,
    pub engine: String,
    pub engine_config: String,
    pub workload: String,
    pub size: Size,
    pub iteration: u32,
    pub t_ns: u64,
    pub kind: EventKind,
    pub unit: String,
    pub function: String,
    pub line: Option<u32>,
    pub pc: Option<u32>,
    pub bytes_in: Option<u64>,
    pub bytes_out: Option<u64>,
    pub dur_ns: Option<u64>,
    pub reason: String,
    pub count: u64,
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

/// A row type with its file and its columns.
pub trait Row: Serialize + for<'de> Deserialize<'de> {
    /// The file's name in a results folder.
    const FILE: &'static str;
    /// The header line, in order.
    const COLUMNS: &'static [&'static str];
}

impl Row for IterationRow {
    const FILE: &'static str = "iterations.csv";
    const COLUMNS: &'static [&'static str] = &[
        "run_id",
        "attempt",
        "clock",
        "block",
        "seq",
        "engine",
        "engine_config",
        "workload",
        "size",
        "param",
        "invocation",
        "iteration",
        "wall_ns",
        "gc_ns",
        "compile_ns",
        "compiles",
        "deopts",
        "code_bytes",
        "instr_count",
        "checksum",
        "valid",
        "flags",
    ];
}

impl Row for InvocationRow {
    const FILE: &'static str = "invocations.csv";
    const COLUMNS: &'static [&'static str] = &[
        "run_id",
        "engine",
        "engine_config",
        "workload",
        "size",
        "invocation",
        "attempt",
        "block",
        "seq",
        "pid",
        "start_utc",
        "start_mono_ns",
        "exec_to_first_ns",
        "exit_kind",
        "exit_code",
        "signal",
        "max_rss_bytes",
        "user_ns",
        "sys_ns",
        "minor_faults",
        "major_faults",
        "vol_cs",
        "invol_cs",
        "steal_ns",
        "psi_cpu_some_us",
        "load1_before",
        "load1_after",
        "calib_ns_before",
        "calib_ns_after",
        "cpu_id",
        "env_bytes",
        "heap_pad",
        "seed",
        "aslr",
        "stderr_tail",
        "reason",
        "iterations",
        "duration_ns",
        "run_delay_ns",
        "psi_memory_some_us",
        "psi_io_some_us",
        "flags",
    ];
}

impl Row for SummaryRow {
    const FILE: &'static str = "summary.csv";
    const COLUMNS: &'static [&'static str] = &[
        "run_id",
        "engine",
        "engine_config",
        "workload",
        "size",
        "invocations",
        "iterations",
        "class",
        "class_at_1_percent",
        "class_at_5_percent",
        "steady_processes",
        "steady_iteration",
        "median_ns",
        "mean_ns",
        "ci_low_ns",
        "ci_high_ns",
        "baseline",
        "speedup",
        "speedup_ci_low",
        "speedup_ci_high",
        "interval",
        "verdict",
        "outcome",
        "reason",
    ];
}

impl Row for SegmentRow {
    const FILE: &'static str = "segments.csv";
    const COLUMNS: &'static [&'static str] = &[
        "run_id",
        "engine",
        "engine_config",
        "workload",
        "size",
        "invocation",
        "attempt",
        "class",
        "steady_iteration",
        "still_compiling",
        "outliers",
        "segment",
        "first_iteration",
        "last_iteration",
        "mean_ns",
        "sd_ns",
    ];
}

impl Row for EventRow {
    const FILE: &'static str = "jit_events.csv";
    const COLUMNS: &'static [&'static str] = &[
        "run_id",
        "engine",
        "engine_config",
        "workload",
        "size",
        "iteration",
        "t_ns",
        "kind",
        "unit",
        "function",
        "line",
        "pc",
        "bytes_in",
        "bytes_out",
        "dur_ns",
        "reason",
        "count",
    ];
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

    /// The header that the csv crate would write for `row`.
    fn header_of<R: Row>(row: &R) -> Vec<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.serialize(row).unwrap();
        let bytes = writer.into_inner().unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        reader.headers().unwrap().iter().map(str::to_string).collect()
    }

    /// A row of empty fields, read as CSV is read.
    fn from_fields<R: Row>(fields: &[(&str, &str)]) -> R {
        let value = |column: &&str| fields.iter().find(|(name, _)| name == column).map_or("", |(_, value)| value);
        let record = csv::StringRecord::from(R::COLUMNS.iter().map(value).collect::<Vec<_>>());
        record.deserialize(Some(&csv::StringRecord::from(R::COLUMNS.to_vec()))).unwrap()
    }

    #[test]
    fn columns_are_the_fields_in_order() {
        let numbers = ["attempt", "block", "seq", "invocation", "iteration", "wall_ns", "pid", "start_mono_ns"];
        let more = ["calib_ns_before", "calib_ns_after", "env_bytes", "seed", "invocations", "iterations", "outliers"];
        let rest = ["segment", "first_iteration", "last_iteration", "mean_ns", "sd_ns", "t_ns", "count"];
        let mut fields: Vec<(&str, &str)> = numbers.iter().chain(&more).chain(&rest).map(|name| (*name, "1")).collect();
        fields.extend([("size", "test"), ("valid", "ok"), ("exit_kind", "ok"), ("outcome", "wrong_result")]);
        fields.extend([("still_compiling", "true"), ("kind", "side_exit")]);
        assert_eq!(header_of(&from_fields::<IterationRow>(&fields)), IterationRow::COLUMNS);
        assert_eq!(header_of(&from_fields::<InvocationRow>(&fields)), InvocationRow::COLUMNS);
        assert_eq!(header_of(&from_fields::<SegmentRow>(&fields)), SegmentRow::COLUMNS);
        assert_eq!(header_of(&from_fields::<EventRow>(&fields)), EventRow::COLUMNS);
        let summary: SummaryRow = from_fields(&fields);
        assert_eq!(header_of(&summary), SummaryRow::COLUMNS);
        assert_eq!((summary.outcome, summary.speedup), (Outcome::WrongResult, None));
    }

    #[test]
    fn every_column_is_in_the_data_dictionary() {
        let dictionary = include_str!("../../../results/README.md");
        let (_, iterations) = dictionary.split_once("## iterations.csv").unwrap();
        let (iterations, invocations) = iterations.split_once("## invocations.csv").unwrap();
        let (invocations, summary) = invocations.split_once("## summary.csv").unwrap();
        let (summary, segments) = summary.split_once("## segments.csv").unwrap();
        let (segments, events) = segments.split_once("## jit_events.csv").unwrap();
        let (events, _) = events.split_once("## Outcomes").unwrap();
        for (section, columns) in [
            (iterations, IterationRow::COLUMNS),
            (invocations, InvocationRow::COLUMNS),
            (summary, SummaryRow::COLUMNS),
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
