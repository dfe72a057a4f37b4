//! The noise of real processes: the later halves of the iterations of processes that ran for long, from one run of this
//! project (20261201T072130Z-924182579), kept here so that simulations give the same figures whatever run is the
//! reference. `BLESS=1` takes them anew from `results/reference`; thresholds are calibrated on what stands here.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::Generator;
use crate::statistics::{mean, sample_variance};

/// The fewest iterations of a process that is drawn from, the most that its later half scatters by, and the most by which
/// the halves of that differ: a process that drifts is not flat when it is drawn in blocks.
const FEWEST: usize = 100;
const MOST_SCATTER: f64 = 0.08;
const MOST_DRIFT: f64 = 0.02;

/// How many iterations in a row a block draw takes.
const BLOCKS: (usize, usize) = (10, 50);

/// The later halves of processes, in nanoseconds; those that drift are told apart.
pub(crate) struct Pool {
    pub(crate) steady: Vec<Vec<f64>>,
    pub(crate) drifting: Vec<Vec<f64>>,
}

/// How a series is drawn from a process.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Draw {
    Independent,
    Blocks,
}

pub(crate) fn pool() -> Pool {
    let mut pool = Pool { steady: Vec::new(), drifting: Vec::new() };
    let mut reader = csv::Reader::from_reader(include_str!("real_noise.csv").as_bytes());
    for record in reader.records().map(Result::unwrap) {
        let half: Vec<f64> = record[2].split(' ').map(|time_ns| time_ns.parse().unwrap()).collect();
        let (early, late) = half.split_at(half.len() / 2);
        let is_steady = (mean(early).unwrap() / mean(late).unwrap() - 1.0).abs() <= MOST_DRIFT;
        if is_steady { &mut pool.steady } else { &mut pool.drifting }.push(half);
    }
    pool
}

pub(crate) fn draw(generator: &mut Generator, from: &[Vec<f64>], length: usize, how: Draw) -> Vec<f64> {
    let process = &from[generator.whole(0, from.len() - 1)];
    let mut series = Vec::with_capacity(length + BLOCKS.1);
    while series.len() < length {
        let count = match how {
            Draw::Independent => 1,
            Draw::Blocks => generator.whole(BLOCKS.0, BLOCKS.1).min(process.len()),
        };
        let first = generator.whole(0, process.len() - count);
        series.extend_from_slice(&process[first..first + count]);
    }
    series.truncate(length);
    series
}

/// The file as the run in `folder` makes it.
fn of_run(folder: &Path) -> String {
    let mut reader = csv::Reader::from_path(folder.join("iterations.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    let of = |name: &str| header.iter().position(|column| column == name).unwrap();
    let [seq, attempt, engine, workload, wall_ns] = ["seq", "attempt", "engine", "workload", "wall_ns"].map(of);
    let mut processes: BTreeMap<(u32, u32), (String, Vec<f64>)> = BTreeMap::new();
    for record in reader.records().map(Result::unwrap) {
        let key = (record[seq].parse().unwrap(), record[attempt].parse().unwrap());
        let name = || format!("{},{}", &record[engine], &record[workload]);
        let (_, times) = processes.entry(key).or_insert_with(|| (name(), Vec::new()));
        times.push(record[wall_ns].parse().unwrap());
    }
    let mut text = "engine,workload,wall_ns\n".to_string();
    for (name, times) in processes.into_values().filter(|(_, times)| times.len() >= FEWEST) {
        let half = &times[times.len() / 2..];
        if sample_variance(half).unwrap().sqrt() <= MOST_SCATTER * mean(half).unwrap() {
            let times: Vec<String> = half.iter().map(f64::to_string).collect();
            writeln!(text, "{name},{}", times.join(" ")).unwrap();
        }
    }
    text
}

#[test]
fn there_is_noise_of_many_processes() {
    if std::env::var_os("BLESS").is_some() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let file: PathBuf = here.join("src/statistics/simulation/real_noise.csv");
        return std::fs::write(file, of_run(&here.join("../results/reference"))).unwrap();
    }
    let pool = pool();
    assert!(pool.steady.len() >= 50 && pool.steady.iter().all(|half| half.len() >= FEWEST / 2));
}
