//! `harness classify`: the warm-up classes of any series of iteration times.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use comfy_table::CellAlignment;
use serde::Serialize;

use crate::error::UsageError;
use crate::machine::terminal;
use crate::plan::engines::Engines;
use crate::record::load::Recorded;
use crate::record::outcome::Outcome;
use crate::record::warmup_csv::{self, Benchmark, Process};
use crate::show::table::{self, Texts};
use crate::statistics::steady_state::{
    Class, Classification, Consistency, Delta, Method, Mode, OutlierRule, Penalty, Published, TOLERANCES,
};

/// Options of `harness classify`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A CSV file: a header; then for each process its number, the benchmark's name, and the time of each iteration in
    /// seconds. Or a results folder
    #[arg(value_name = "SERIES.csv|DIR")]
    file: PathBuf,

    /// The rule
    #[arg(long, value_enum, default_value_t = Mode::Compat)]
    mode: Mode,

    /// The price of a change, in logarithms of the number of iterations, or 'elbow' for the one at which the costs of each
    /// series bend [default: 15 in compat, 5.6 in strict]
    #[arg(long, value_name = "P", value_parser = penalty)]
    penalty: Option<Penalty>,

    /// In strict mode, the difference of means in percent up to which segments are the same [default: 2]
    #[arg(long, value_name = "PERCENT", value_parser = positive)]
    tolerance: Option<f64>,

    /// In compat mode, the same in seconds, or in percent of the fastest segment as '2%' [default: 0.001]
    #[arg(long, value_name = "D", value_parser = delta)]
    delta: Option<Delta>,

    /// In compat mode, do not let a large variance of the last segment take the place of --delta
    #[arg(long)]
    raw_deltas: bool,

    /// Iterations in the window that outliers are found by [default: a tenth of the series]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..), conflicts_with = "no_outliers")]
    window: Option<u32>,

    /// Take no iteration for an outlier
    #[arg(long)]
    no_outliers: bool,

    /// Take those for outliers that a CSV file says: a header; then for each process, in the same order, its number, the
    /// benchmark's name, and the numbers of its outliers, from 0
    #[arg(long, value_name = "FILE.csv", conflicts_with_all = ["window", "no_outliers"])]
    outliers: Option<PathBuf>,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// How classes are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs, with every segment
    Json,
}

/// Reads, classifies and prints.
///
/// # Errors
/// [`UsageError`] if the file is not of the format; those of reading and printing.
pub fn execute(arguments: Arguments, engines: &Engines) -> anyhow::Result<ExitCode> {
    let penalty = arguments.penalty.unwrap_or(Penalty::Logarithms(arguments.mode.penalty()));
    let method = method(&arguments, penalty)?;
    let benchmarks = if arguments.file.is_dir() {
        of_run(&Recorded::read(&arguments.file, engines)?)
    } else {
        let file = arguments.file.display();
        let text = fs::read_to_string(&arguments.file)
            .map_err(|error| UsageError::file("cannot read", &arguments.file, &error))?;
        warmup_csv::read(&text).map_err(|problem| UsageError(format!("'{file}': {problem}")))?
    };
    let mut outliers = arguments.outliers.as_ref().map(|file| outliers_in(file, &benchmarks)).transpose()?;
    let reports = benchmarks.iter().enumerate().map(|(place, benchmark)| {
        let given = outliers.as_mut().map(|outliers| std::mem::take(&mut outliers[place]));
        BenchmarkReport::new(benchmark, method, given)
    });
    let document = Document { mode: arguments.mode.name(), penalty: penalty.into(), benchmarks: reports.collect() };
    match arguments.format {
        Format::Json => terminal::print(&serde_json::to_string_pretty(&document)?)?,
        Format::Table => terminal::print(&table::render(&document.texts()))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The outliers of each process of each benchmark.
fn outliers_in(path: &Path, benchmarks: &[Benchmark]) -> Result<Vec<Vec<Vec<usize>>>, UsageError> {
    let text = fs::read_to_string(path).map_err(|error| UsageError::file("cannot read", path, &error))?;
    warmup_csv::read_outliers(&text, benchmarks)
        .map_err(|problem| UsageError(format!("'{}': {problem}", path.display())))
}

/// The processes of a run, as the tables of other tools have them: by times alone, of each pair in the order of its blocks.
fn of_run(recorded: &Recorded) -> Vec<Benchmark> {
    let mut benchmarks: Vec<Benchmark> = Vec::new();
    let mut times_s: HashMap<u32, Vec<f64>> = HashMap::new();
    for row in &recorded.iterations {
        times_s.entry(row.seq).or_default().push(row.wall_ns as f64 * 1e-9);
    }
    for row in &recorded.invocations {
        let name = format!("{} on {} {}", row.workload, row.engine, row.engine_config).trim_end().to_string();
        let process = match (row.exit_kind, times_s.remove(&row.seq)) {
            (Outcome::Ok, Some(times_s)) => Process::Ran(times_s),
            _ => Process::Crashed,
        };
        match benchmarks.iter_mut().find(|benchmark| benchmark.name == name) {
            Some(benchmark) => benchmark.processes.push(process),
            None => benchmarks.push(Benchmark { name, processes: vec![process] }),
        }
    }
    benchmarks
}

/// # Errors
/// [`UsageError`] if an option does not belong to the mode.
fn method(arguments: &Arguments, penalty: Penalty) -> Result<Method, UsageError> {
    let of_mode = Method { penalty, ..Method::of(arguments.mode) };
    match arguments.mode {
        Mode::Compat if arguments.tolerance.is_some() => {
            Err(UsageError("--tolerance is for --mode strict; compat has --delta".to_string()))
        }
        Mode::Strict if arguments.delta.is_some() || arguments.raw_deltas => {
            Err(UsageError("--delta and --raw-deltas are for --mode compat; strict has --tolerance".to_string()))
        }
        Mode::Compat | Mode::Strict => Ok(Method {
            tolerance: arguments.tolerance.map_or(of_mode.tolerance, |percent| percent / 100.0),
            published: Published {
                delta: arguments.delta.unwrap_or(of_mode.published.delta),
                widens_by_variance: !arguments.raw_deltas,
            },
            outliers: match arguments.window {
                _ if arguments.no_outliers => OutlierRule::None,
                Some(window) => OutlierRule::Window(window as usize),
                None => of_mode.outliers,
            },
            ..of_mode
        }),
    }
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Document {
    mode: &'static str,
    penalty: PenaltyReport,
    benchmarks: Vec<BenchmarkReport>,
}

/// A number of logarithms, or the word `elbow`.
#[derive(Serialize)]
#[serde(untagged)]
enum PenaltyReport {
    Logarithms(f64),
    Word(&'static str),
}

impl From<Penalty> for PenaltyReport {
    fn from(penalty: Penalty) -> PenaltyReport {
        match penalty {
            Penalty::Logarithms(count) => PenaltyReport::Logarithms(count),
            Penalty::Elbow => PenaltyReport::Word(ELBOW),
        }
    }
}

#[derive(Serialize)]
struct BenchmarkReport {
    name: String,
    /// Of all processes together; nothing if none could be classified.
    class: Option<&'static str>,
    crashed: usize,
    processes: Vec<ProcessReport>,
}

#[derive(Serialize)]
struct ProcessReport {
    process: usize,
    iterations: Option<usize>,
    /// Nothing if it crashed or ran too few iterations.
    class: Option<&'static str>,
    /// The first steady iteration, from 1.
    steady_iteration: Option<usize>,
    /// The time from the start of the first iteration until then.
    steady_after_s: Option<f64>,
    /// What `warmup_stats` prints for the two: one less, and without the last iteration before it.
    published_steady_iteration: Option<usize>,
    published_steady_after_s: Option<f64>,
    /// In strict mode, the class at other tolerances.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    by_tolerance: Vec<AtTolerance>,
    /// Indices of the last iteration of every segment but the last, from 0, as published.
    change_points: Vec<usize>,
    /// Indices from 0.
    outliers: Vec<usize>,
    segments: Vec<SegmentReport>,
}

#[derive(Serialize)]
struct AtTolerance {
    tolerance: f64,
    class: &'static str,
}

#[derive(Serialize)]
struct SegmentReport {
    first: usize,
    last: usize,
    mean_s: f64,
    variance_s2: f64,
}

impl Document {
    fn texts(&self) -> Texts {
        let header = ["benchmark", "process", "class", "steady from", "after", "segments", "outliers"];
        let mut rows = Vec::new();
        for benchmark in &self.benchmarks {
            let row = |process: String, class: &str, rest: [String; 4]| {
                let mut row = vec![benchmark.name.clone(), process, class.to_string()];
                row.extend(rest);
                row
            };
            for process in &benchmark.processes {
                let class = process.class.unwrap_or(match process.iterations {
                    Some(_) => "too few iterations",
                    None => "crashed",
                });
                let rest = [
                    process.steady_iteration.map_or("-".to_string(), |iteration| iteration.to_string()),
                    process.steady_after_s.map_or("-".to_string(), |time_s| table::time_text(time_s * 1e9)),
                    process.segments.len().to_string(),
                    process.outliers.len().to_string(),
                ];
                rows.push(row(process.process.to_string(), class, rest));
            }
            rows.push(row("all".to_string(), benchmark.class.unwrap_or("-"), Default::default()));
        }
        Texts { header: header.map(str::to_string).to_vec(), rows, alignment: CellAlignment::Right }
    }
}

impl BenchmarkReport {
    /// With the outliers of each process, if they are given.
    fn new(benchmark: &Benchmark, method: Method, mut outliers: Option<Vec<Vec<usize>>>) -> BenchmarkReport {
        let mut classes: Vec<Class> = Vec::new();
        let mut processes = Vec::new();
        for (process, ran) in benchmark.processes.iter().enumerate() {
            let mut report = ProcessReport::empty(process, ran.length());
            let given = outliers.as_mut().map(|outliers| std::mem::take(&mut outliers[process]));
            if let Process::Ran(times_s) = ran {
                let classify = |method: Method| match &given {
                    Some(outliers) => method.classify_without(times_s, &[], outliers.clone()),
                    None => method.classify(times_s, &[]),
                };
                if let Some(found) = classify(method) {
                    classes.push(found.class);
                    report.fill(times_s, &found);
                    if method.mode == Mode::Strict {
                        let at = |tolerance| {
                            let class = classify(Method { tolerance, ..method })?.class.name();
                            Some(AtTolerance { tolerance, class })
                        };
                        report.by_tolerance = TOLERANCES.into_iter().filter_map(at).collect();
                    }
                }
            }
            processes.push(report);
        }
        BenchmarkReport {
            name: benchmark.name.clone(),
            class: Consistency::of(&classes).map(Consistency::name),
            crashed: benchmark.processes.iter().filter(|process| **process == Process::Crashed).count(),
            processes,
        }
    }
}

impl ProcessReport {
    fn empty(process: usize, iterations: Option<usize>) -> ProcessReport {
        ProcessReport {
            process,
            iterations,
            class: None,
            steady_iteration: None,
            steady_after_s: None,
            published_steady_iteration: None,
            published_steady_after_s: None,
            by_tolerance: Vec::new(),
            change_points: Vec::new(),
            outliers: Vec::new(),
            segments: Vec::new(),
        }
    }

    fn fill(&mut self, times_s: &[f64], found: &Classification) {
        self.class = Some(found.class.name());
        if let Some(start) = found.steady_start {
            self.steady_iteration = Some(start + 1);
            self.steady_after_s = Some(times_s[..start].iter().sum());
            self.published_steady_iteration = Some(start.max(1));
            self.published_steady_after_s = Some(times_s[..start.saturating_sub(1)].iter().sum());
        }
        let before_last = &found.segments[..found.segments.len() - 1];
        self.change_points = before_last.iter().map(|segment| segment.last).collect();
        self.outliers = found.outliers.clone();
        self.segments = found
            .segments
            .iter()
            .map(|segment| SegmentReport {
                first: segment.first,
                last: segment.last,
                mean_s: segment.mean,
                variance_s2: segment.variance,
            })
            .collect();
    }
}

/// Reads seconds, or a part of the fastest segment in percent.
fn delta(text: &str) -> Result<Delta, String> {
    let problem = |_| "expected seconds as 0.001 or a part as 2%".to_string();
    match text.strip_suffix('%') {
        Some(percent) => positive(percent).map(|percent| Delta::OfFastest(percent / 100.0)).map_err(problem),
        None => positive(text).map(Delta::Seconds).map_err(problem),
    }
}

/// The penalty that a series says itself.
const ELBOW: &str = "elbow";

fn penalty(text: &str) -> Result<Penalty, String> {
    let problem = |_| format!("expected a positive number or '{ELBOW}'");
    if text == ELBOW { Ok(Penalty::Elbow) } else { positive(text).map(Penalty::Logarithms).map_err(problem) }
}

fn positive(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|number: &f64| number.is_finite() && *number > 0.0)
        .ok_or("expected a positive number".to_string())
}
