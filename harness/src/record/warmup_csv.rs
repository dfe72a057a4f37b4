//! Series of iteration times from a file that any tool can write: the CSV format of `warmup_stats`.
//!
//! One row for each process: its number, the benchmark's name, then the time of each iteration in seconds; a header
//! before them. Rows of one benchmark have equal length; a process that crashed has the word `crash` in place of its
//! times. Knows text only; [`crate::statistics::steady_state`] classifies what is read here.

use csv::{ReaderBuilder, StringRecord, Trim};

/// What stands for a process that crashed.
const CRASH: &str = "crash";

/// Columns before the times.
const COLUMNS_BEFORE: usize = 2;

/// The processes of one benchmark.
#[derive(Debug, Clone, PartialEq)]
pub struct Benchmark {
    /// Its name.
    pub name: String,
    /// Its processes, numbered from 0 in this order.
    pub processes: Vec<Process>,
}

/// One process.
#[derive(Debug, Clone, PartialEq)]
pub enum Process {
    /// The times of its iterations in seconds.
    Ran(Vec<f64>),
    /// It did not end well.
    Crashed,
}

/// Reads the text of a file: its benchmarks in the order in which they first occur.
///
/// # Errors
/// What is wrong, and in which line.
pub fn read(text: &str) -> Result<Vec<Benchmark>, String> {
    let mut reader = ReaderBuilder::new().flexible(true).trim(Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    if header.len() < COLUMNS_BEFORE + 1 {
        return Err("the header needs a process number, a benchmark name and the numbers of iterations".to_string());
    }
    let mut benchmarks: Vec<Benchmark> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        add(&mut benchmarks, &record).map_err(|problem| format!("line {line}: {problem}"))?;
    }
    if benchmarks.is_empty() { Err("there is no process in it".to_string()) } else { Ok(benchmarks) }
}

/// Reads which iterations of these processes are outliers, by the text of a file that has, behind a header, a row for each
/// process in their order: its number, the benchmark's name, then the numbers of iterations, from 0. For each process of
/// each benchmark they come ascending.
///
/// # Errors
/// What is wrong, and in which line.
pub fn read_outliers(text: &str, benchmarks: &[Benchmark]) -> Result<Vec<Vec<Vec<usize>>>, String> {
    let mut reader = ReaderBuilder::new().flexible(true).trim(Trim::All).from_reader(text.as_bytes());
    let mut found: Vec<Vec<Vec<usize>>> = benchmarks.iter().map(|_| Vec::new()).collect();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        add_outliers(&mut found, benchmarks, &record).map_err(|problem| format!("line {line}: {problem}"))?;
    }
    let mut all = benchmarks.iter().zip(&found);
    match all.find(|(benchmark, outliers)| benchmark.processes.len() != outliers.len()) {
        Some((benchmark, outliers)) => Err(format!("process {} of '{}' has no row", outliers.len(), benchmark.name)),
        None => Ok(found),
    }
}

fn add_outliers(found: &mut [Vec<Vec<usize>>], benchmarks: &[Benchmark], record: &StringRecord) -> Result<(), String> {
    let (Some(number), Some(name)) = (record.get(0), record.get(1)) else {
        return Err("a process number and a benchmark name are missing".to_string());
    };
    let place = benchmarks.iter().position(|benchmark| benchmark.name == name);
    let place = place.ok_or_else(|| format!("there is no benchmark '{name}' among the series"))?;
    let expected = found[place].len();
    let process =
        benchmarks[place].processes.get(expected).ok_or_else(|| format!("'{name}' has no process {number}"))?;
    if number.parse() != Ok(expected) {
        return Err(format!("process {expected} of '{name}' must come next, not '{number}'"));
    }
    let length = process.length().unwrap_or(0);
    let cells = record.iter().skip(COLUMNS_BEFORE).filter(|cell| !cell.is_empty());
    let indices: Result<Vec<usize>, String> = cells
        .map(|cell| match cell.parse::<usize>() {
            Ok(index) if index < length => Ok(index),
            _ => Err(format!("'{cell}' is no iteration of process {number}, which has {length}")),
        })
        .collect();
    let mut indices = indices?;
    indices.sort_unstable();
    indices.dedup();
    found[place].push(indices);
    Ok(())
}

fn add(benchmarks: &mut Vec<Benchmark>, record: &StringRecord) -> Result<(), String> {
    let (Some(number), Some(name)) = (record.get(0), record.get(1)) else {
        return Err("a process number and a benchmark name are missing".to_string());
    };
    let place = benchmarks.iter().position(|benchmark| benchmark.name == name).unwrap_or(benchmarks.len());
    if place == benchmarks.len() {
        benchmarks.push(Benchmark { name: name.to_string(), processes: Vec::new() });
    }
    let benchmark = &mut benchmarks[place];
    let expected = benchmark.processes.len();
    if number.parse() != Ok(expected) {
        return Err(format!("process {expected} of '{name}' must come next, not '{number}'"));
    }
    let process = read_process(record)?;
    if let Process::Ran(times_s) = &process {
        let mut lengths = benchmark.processes.iter().filter_map(Process::length);
        if let Some(length) = lengths.find(|length| *length != times_s.len()) {
            return Err(format!("{} iterations, but {length} in an earlier process of '{name}'", times_s.len()));
        }
    }
    benchmark.processes.push(process);
    Ok(())
}

fn read_process(record: &StringRecord) -> Result<Process, String> {
    let cells = record.iter().skip(COLUMNS_BEFORE);
    if cells.clone().any(|cell| cell == CRASH) {
        return Ok(Process::Crashed);
    }
    let times_s: Result<Vec<f64>, String> = cells
        .map(|cell| match cell.parse::<f64>() {
            Ok(time_s) if time_s.is_finite() && time_s >= 0.0 => Ok(time_s),
            _ => Err(format!("'{cell}' is no time in seconds")),
        })
        .collect();
    let times_s = times_s?;
    if times_s.is_empty() { Err("there are no times".to_string()) } else { Ok(Process::Ran(times_s)) }
}

impl Process {
    /// How many iterations it ran; `None` if it crashed.
    pub fn length(&self) -> Option<usize> {
        match self {
            Process::Ran(times_s) => Some(times_s.len()),
            Process::Crashed => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_are_grouped_by_benchmark() {
        let text = "process num, bench_name, 0, 1, 2\n0, spectral norm, 0.2, 0.1, 0.4\n0,fasta,1,1,1e-3\n\
                    1,spectral norm,crash\n2,spectral norm,0.3,0.15,0.2\n";
        let found = read(text).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].name, "spectral norm");
        assert_eq!(
            found[0].processes,
            [Process::Ran(vec![0.2, 0.1, 0.4]), Process::Crashed, Process::Ran(vec![0.3, 0.15, 0.2])]
        );
        assert_eq!(found[1].processes, [Process::Ran(vec![1.0, 1.0, 0.001])]);
    }

    #[test]
    fn every_mistake_is_named_with_its_line() {
        let header = "process_exec_num,bench_name,0,1\n";
        for (rows, problem) in [
            ("0,a,1,x\n", "line 2: 'x' is no time in seconds"),
            ("0,a,1,-1\n", "line 2: '-1' is no time in seconds"),
            ("0,a,1,inf\n", "line 2: 'inf' is no time in seconds"),
            ("0,a,1,2\n2,a,1,2\n", "line 3: process 1 of 'a' must come next, not '2'"),
            ("1,a,1,2\n", "line 2: process 0 of 'a' must come next, not '1'"),
            ("0,a,1,2\n1,a,1\n", "line 3: 1 iterations, but 2 in an earlier process of 'a'"),
            ("0,a\n", "line 2: there are no times"),
            ("0\n", "line 2: a process number and a benchmark name are missing"),
            ("", "there is no process in it"),
        ] {
            assert_eq!(read(&format!("{header}{rows}")), Err(problem.to_string()), "{rows}");
        }
        assert!(read("").unwrap_err().starts_with("the header needs"));
    }

    #[test]
    fn outliers_are_those_of_the_processes_in_their_order() {
        let text = "process,name,0,1,2\n0,a,1,1,1\n0,b,1,1,1\n1,a,crash\n";
        let benchmarks = read(text).unwrap();
        let of = |rows: &str| read_outliers(&format!("process,name,outliers\n{rows}"), &benchmarks);
        assert_eq!(of("0,b,2\n0,a,2,0,2\n1,a\n"), Ok(vec![vec![vec![0, 2], vec![]], vec![vec![2]]]));
        for (rows, problem) in [
            ("0,a,3\n", "line 2: '3' is no iteration of process 0, which has 3"),
            ("0,a,-1\n", "line 2: '-1' is no iteration of process 0, which has 3"),
            ("0,a\n1,a,0\n", "line 3: '0' is no iteration of process 1, which has 0"),
            ("0,c\n", "line 2: there is no benchmark 'c' among the series"),
            ("1,a\n", "line 2: process 0 of 'a' must come next, not '1'"),
            ("0,b\n1,b\n", "line 3: 'b' has no process 1"),
            ("0,a\n0,b\n", "process 1 of 'a' has no row"),
        ] {
            assert_eq!(of(rows), Err(problem.to_string()), "{rows}");
        }
    }
}
