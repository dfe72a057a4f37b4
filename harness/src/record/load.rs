//! Reading a results folder back: the plan, and the rows of every invocation that was recorded completely.
//!
//! Reading is in two steps. [`Folder`] is what the files say, row by row; [`Recorded`] is what an analysis may use:
//! only folders that hold together ([`crate::record::validate`] says whether), and of each invocation the one attempt that
//! counts.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use flate2::read::GzDecoder;
use serde::de::DeserializeOwned;

use crate::error::UsageError;
use crate::plan::Plan;
use crate::plan::engines::Engines;
use crate::plan::{OLDEST_SCHEMA_VERSION, SCHEMA_VERSION};
use crate::record::environment::Environment;
use crate::record::rows::{EventRow, InvocationRow, IterationRow, Row};
use crate::record::validate;
use crate::record::work_queue::State;
use crate::record::{ENVIRONMENT_FILE, PLAN_FILE};

/// What a results folder holds.
pub struct Recorded {
    /// What was meant to happen.
    pub plan: Plan,
    /// Where it happened.
    pub environment: Environment,
    /// Every process that counts, in the order of the run: one for each invocation.
    pub invocations: Vec<InvocationRow>,
    /// Every iteration of those processes, in order.
    pub iterations: Vec<IterationRow>,
    /// What was traced of compilers; empty if nothing was.
    pub events: Vec<EventRow>,
    /// The processes that do not count, because the machine disturbed them and another attempt was made.
    pub repeated: Vec<InvocationRow>,
    /// How far the run got.
    pub state: State,
    /// What readers must know of the folder, one sentence each; the label of an incomplete run is among them.
    pub remarks: Vec<String>,
}

/// What the files of a results folder say.
#[derive(Debug)]
pub struct Folder {
    /// `plan.json`.
    pub plan: Plan,
    /// `environment.json`.
    pub environment: Environment,
    /// `invocations.csv`.
    pub invocations: Table<InvocationRow>,
    /// `iterations.csv`.
    pub iterations: Table<IterationRow>,
    /// `jit_events.csv`; `None` as long as there is none.
    pub events: Option<Table<EventRow>>,
}

/// A CSV file: its complete rows and where they are.
#[derive(Debug)]
pub struct Table<R> {
    /// Every row that ends with a newline.
    pub rows: Vec<R>,
    /// Where each row starts, in bytes from the start of the file.
    pub starts: Vec<u64>,
    /// The size of the header and all complete rows.
    pub complete_bytes: u64,
    /// Whether something without a newline follows: a row that was cut off while it was written.
    pub is_torn: bool,
}

/// What tells one process of a run from another: contender, configuration, workload, invocation, attempt.
pub type Key<'a> = (&'a str, &'a str, &'a str, u32, u32);

impl Folder {
    /// Reads `folder`. What an old one does not say of its engines is looked up in `engines`.
    ///
    /// # Errors
    /// [`UsageError`] if it is no results folder or has another schema version; otherwise what is wrong with a file.
    pub fn read(folder: &Path, engines: &Engines) -> anyhow::Result<Folder> {
        if !folder.join(PLAN_FILE).is_file() {
            let folder = folder.display();
            return Err(UsageError(format!("'{folder}' is no results folder: it has no {PLAN_FILE}")).into());
        }
        let mut plan: Plan = read_json(&folder.join(PLAN_FILE))?;
        if !(OLDEST_SCHEMA_VERSION..=SCHEMA_VERSION).contains(&plan.schema_version) {
            return Err(UsageError(format!(
                "'{}' has schema version {}, this tool reads {OLDEST_SCHEMA_VERSION} to {SCHEMA_VERSION}",
                folder.display(),
                plan.schema_version
            ))
            .into());
        }
        plan.complete_contenders(engines);
        Ok(Folder {
            environment: read_json(&folder.join(ENVIRONMENT_FILE))?,
            invocations: Table::read(folder)?,
            iterations: Table::read(folder)?,
            events: if table_file(folder, EventRow::FILE).is_file() { Some(Table::read(folder)?) } else { None },
            plan,
        })
    }
}

/// The rows of a folder that is being written to: of processes and of their iterations.
///
/// # Errors
/// What is wrong with a file.
pub fn rows_so_far(folder: &Path) -> anyhow::Result<(Vec<InvocationRow>, Vec<IterationRow>)> {
    Ok((Table::read(folder)?.rows, Table::read(folder)?.rows))
}

impl Recorded {
    /// Reads `folder`. A last line without its newline, left by a run that was killed, is no row; iterations whose
    /// invocation has no row are left out.
    ///
    /// # Errors
    /// Those of [`Folder::read`], and every inconsistency that [`validate::examine`] finds.
    pub fn read(folder: &Path, engines: &Engines) -> anyhow::Result<Recorded> {
        let files = Folder::read(folder, engines)?;
        let findings = validate::examine(&files);
        if !findings.problems.is_empty() {
            anyhow::bail!("'{}' does not hold together:\n{}", folder.display(), findings.problems_text());
        }
        Ok(Recorded::of(files, findings.state, findings.remarks))
    }

    /// Takes the rows that count from a folder that holds together.
    fn of(files: Folder, state: State, remarks: Vec<String>) -> Recorded {
        let counting = counting_attempts(&files.invocations.rows);
        let counts: Vec<bool> = files.invocations.rows.iter().map(|row| counting[&invocation_key(row)]).collect();
        let iterations: Vec<bool> =
            files.iterations.rows.iter().map(|row| counting.get(&iteration_key(row)) == Some(&true)).collect();
        drop(counting);
        let (mut counted, mut repeated) = (Vec::new(), Vec::new());
        for (row, counts) in files.invocations.rows.into_iter().zip(counts) {
            if counts { &mut counted } else { &mut repeated }.push(row);
        }
        // A repetition stands at the end of its block; readers expect the order of the run.
        counted.sort_by_key(|row| row.seq);
        let rows = files.iterations.rows.into_iter().zip(iterations);
        let mut iterations: Vec<IterationRow> = rows.filter_map(|(row, counts)| counts.then_some(row)).collect();
        iterations.sort_by_key(|row| (row.seq, row.iteration));
        Recorded {
            plan: files.plan,
            environment: files.environment,
            invocations: counted,
            iterations,
            events: files.events.map(|table| table.rows).unwrap_or_default(),
            repeated,
            state,
            remarks,
        }
    }
}

/// For each process, whether it is the attempt that counts: the last one of its invocation. It is quiet, unless no
/// attempt was.
fn counting_attempts(rows: &[InvocationRow]) -> HashMap<Key<'_>, bool> {
    let mut last: HashMap<(&str, &str, &str, u32), u32> = HashMap::new();
    for row in rows {
        let (engine, config, workload, invocation, attempt) = invocation_key(row);
        let most = last.entry((engine, config, workload, invocation)).or_default();
        *most = attempt.max(*most);
    }
    rows.iter()
        .map(|row| {
            let key @ (engine, config, workload, invocation, attempt) = invocation_key(row);
            (key, last[&(engine, config, workload, invocation)] == attempt)
        })
        .collect()
}

/// The key of a process.
pub fn invocation_key(row: &InvocationRow) -> Key<'_> {
    (&row.engine, &row.engine_config, &row.workload, row.invocation, row.attempt)
}

/// The key of the process that an iteration belongs to.
pub fn iteration_key(row: &IterationRow) -> Key<'_> {
    (&row.engine, &row.engine_config, &row.workload, row.invocation, row.attempt)
}

fn read_json<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read '{}'", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("'{}' is damaged", path.display()))
}

/// What the name of a table ends with that was compressed, as `gzip` does it.
pub const COMPRESSED: &str = ".gz";

/// The file of a table of a results folder: compressed if there is only that.
pub fn table_file(folder: &Path, file: &str) -> PathBuf {
    let (plain, compressed) = (folder.join(file), folder.join(format!("{file}{COMPRESSED}")));
    if !plain.is_file() && compressed.is_file() { compressed } else { plain }
}

fn read_text(path: &Path) -> io::Result<String> {
    if !path.to_string_lossy().ends_with(COMPRESSED) {
        return fs::read_to_string(path);
    }
    let mut text = String::new();
    GzDecoder::new(File::open(path)?).read_to_string(&mut text)?;
    Ok(text)
}

impl<R: Row> Table<R> {
    /// Reads the complete rows of one table.
    fn read(folder: &Path) -> anyhow::Result<Table<R>> {
        let path = table_file(folder, R::FILE);
        let text = read_text(&path).with_context(|| format!("cannot read '{}'", path.display()))?;
        let complete = text.rfind('\n').map_or("", |newline| &text[..=newline]);
        let mut reader = csv::Reader::from_reader(complete.as_bytes());
        let header = reader.headers().with_context(|| format!("'{}' is damaged", path.display()))?.clone();
        check_header::<R>(&header).with_context(|| format!("'{}' is damaged", path.display()))?;
        let (mut rows, mut starts) = (Vec::new(), Vec::new());
        for record in reader.into_records() {
            let damaged = || format!("'{}': row {} is damaged", path.display(), rows.len() + 1);
            let record = record.with_context(damaged)?;
            starts.push(record.position().map_or(0, csv::Position::byte));
            rows.push(record.deserialize(Some(&header)).with_context(damaged)?);
        }
        Ok(Table { rows, starts, complete_bytes: complete.len() as u64, is_torn: complete.len() < text.len() })
    }
}

/// Accepts the columns of this schema version, and those of an older one: the same without some that came later, and
/// with some that are gone.
fn check_header<R: Row>(header: &csv::StringRecord) -> anyhow::Result<()> {
    let mut known = R::COLUMNS.iter();
    match header.iter().filter(|column| !R::RETIRED.contains(column)).find(|column| !known.any(|known| known == column))
    {
        Some(column) => anyhow::bail!("the column '{column}' is unknown or out of place"),
        None => Ok(()),
    }
}
