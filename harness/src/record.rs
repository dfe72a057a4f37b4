//! Writing a results folder. Rows are added when an invocation has ended; nothing that was written is ever changed.
//!
//! What holds at any instant, so that a kill is no catastrophe: a folder with its final name has its plan, its
//! environment and both headers; an invocation has its row only once all its iterations are on the disk; and whatever
//! a kill cut off stands at the end of a file, where [`Recorder::resume`] takes it away.
//! Reading it back is [`load`]'s; what the files hold is in `results/README.md`.
//!
//! In the files of this room also what can be said of a folder from its rows alone: what is left of its plan
//! ([`work_queue`], [`doubling`]), whether it holds together ([`validate`]), whether a run can go on ([`resume`]); and what other
//! tools have recorded ([`warmup_csv`]). Nothing here starts a process or computes a number.

pub mod rows;

pub mod outcome;

pub mod environment;

pub mod work_queue;

pub mod doubling;

pub mod load;

pub mod validate;

pub mod resume;

pub mod warmup_csv;

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde::Serialize;

use crate::error::UsageError;
use crate::machine::terminal;
use crate::plan::Plan;
use crate::plan::engines::Engines;
use crate::record::environment::Environment;
use crate::record::load::{Folder, invocation_key};
use crate::record::rows::{InvocationRow, IterationRow, Row};

/// The plan's file.
pub const PLAN_FILE: &str = "plan.json";

/// The environment's file.
pub const ENVIRONMENT_FILE: &str = "environment.json";

/// The folder with the source text of every workload, as it was measured.
pub const SOURCES_FOLDER: &str = "sources";

/// How the names of files and folders begin that are not whole yet.
const UNFINISHED: &str = ".unfinished-";

/// A results folder that a run is being written to. Only one at a time can be open.
pub struct Recorder {
    folder: PathBuf,
    iterations: Appender,
    invocations: Appender,
}

impl Recorder {
    /// Makes the folder with plan, environment, sources and empty tables. It gets its name when all of that is on the
    /// disk, so a kill leaves a whole folder or none.
    ///
    /// # Errors
    /// Those of [`check_place`]; otherwise those of the file system.
    pub fn create(folder: &Path, plan: &Plan, environment: &Environment) -> anyhow::Result<Recorder> {
        check_place(folder)?;
        let (parent, unfinished) = parent_and_unfinished(folder);
        let made = fs::create_dir(&unfinished)
            .with_context(|| format!("cannot make a folder in '{}'", parent.display()))
            .and_then(|()| fill(&unfinished, plan, environment))
            // This fails if somebody made a folder of that name meanwhile and put something into it.
            .and_then(|()| {
                fs::rename(&unfinished, folder).with_context(|| format!("cannot make '{}'", folder.display()))
            });
        if made.is_err() {
            // The error that matters is the one above.
            let _stays = fs::remove_dir_all(&unfinished);
        }
        made?;
        sync_folder(parent)?;
        Recorder::open(folder)
    }

    /// Opens the folder of a run that was cut off, and takes away what the cut left: torn last lines, and iterations
    /// of a process that has no row. Returns what is there.
    ///
    /// # Errors
    /// Those of [`Folder::read`]; if the folder does not hold together; if another process writes to it; those of the
    /// file system.
    pub fn resume(folder: &Path, engines: &Engines) -> anyhow::Result<(Recorder, Folder)> {
        // Whoever still writes must be known before anything is read.
        Folder::read(folder, engines)?;
        let mut recorder = Recorder::open(folder)?;
        let mut files = Folder::read(folder, engines)?;
        let findings = validate::examine(&files);
        if !findings.problems.is_empty() {
            anyhow::bail!("'{}' does not hold together:\n{}", folder.display(), findings.problems_text());
        }
        let by_key: HashMap<_, _> =
            files.invocations.rows.iter().enumerate().map(|(index, row)| (invocation_key(row), index)).collect();
        let kept = files.iterations.rows.len() - validate::cut_off_iterations(&files, &by_key);
        let kept_bytes = files.iterations.starts.get(kept).copied().unwrap_or(files.iterations.complete_bytes);
        recorder.iterations.cut(kept_bytes)?;
        recorder.invocations.cut(files.invocations.complete_bytes)?;
        files.iterations.rows.truncate(kept);
        Ok((recorder, files))
    }

    fn open(folder: &Path) -> anyhow::Result<Recorder> {
        let recorder = Recorder {
            iterations: Appender::open::<IterationRow>(folder)?,
            invocations: Appender::open::<InvocationRow>(folder)?,
            folder: folder.to_path_buf(),
        };
        recorder.lock()?;
        Ok(recorder)
    }

    /// Keeps other writers out for as long as this value lives.
    fn lock(&self) -> anyhow::Result<()> {
        /// A process that was killed a moment ago, or one that is just being started, may still hold the lock.
        const PATIENCE: Duration = Duration::from_millis(500);
        let start = Instant::now();
        loop {
            match self.invocations.file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) if start.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(5)),
                Err(TryLockError::WouldBlock) => {
                    let folder = self.folder.display();
                    return Err(UsageError(format!("another process is writing to '{folder}'")).into());
                }
                Err(TryLockError::Error(error)) => return Err(error).context("cannot lock invocations.csv"),
            }
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Adds one invocation, with one wait for the disk: that for its iterations. Its own row, which says that they are
    /// there, is written after it and reaches the disk with the next invocation's at the latest; a power failure can
    /// only make the last one be measured again.
    ///
    /// # Errors
    /// Those of the file system, a full disk among them. Then neither table has anything of this invocation.
    pub fn add(&mut self, iterations: &[IterationRow], invocation: &InvocationRow) -> anyhow::Result<()> {
        let before_bytes = self.iterations.length_bytes;
        let written = self.iterations.append(iterations).context("cannot write iterations.csv").and_then(|()| {
            self.iterations.file.sync_data().context("cannot write iterations.csv")?;
            self.invocations.append(std::slice::from_ref(invocation)).context("cannot write invocations.csv")
        });
        if written.is_err() {
            self.iterations.cut(before_bytes)?;
        }
        written
    }

    /// Waits until everything is on the disk.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn finish(&mut self) -> anyhow::Result<()> {
        self.iterations.file.sync_data().context("cannot write iterations.csv")?;
        self.invocations.file.sync_data().context("cannot write invocations.csv")
    }
}

/// A CSV file that rows are added to.
struct Appender {
    file: File,
    length_bytes: u64,
}

impl Appender {
    fn open<R: Row>(folder: &Path) -> anyhow::Result<Appender> {
        let path = folder.join(R::FILE);
        if load::table_file(folder, R::FILE) != path {
            return Err(UsageError(format!(
                "'{}' is compressed, so that nothing can be added; gunzip makes it whole again",
                folder.display()
            ))
            .into());
        }
        let file = OpenOptions::new()
            .append(true)
            .open(&path)
            .with_context(|| format!("cannot write '{}'", path.display()))?;
        let length_bytes = file.metadata()?.len();
        Ok(Appender { file, length_bytes })
    }

    /// Adds rows in one write. After an error the file is as it was.
    fn append<R: Row>(&mut self, rows: &[R]) -> anyhow::Result<()> {
        let bytes = encode(rows)?;
        if let Err(error) = self.file.write_all(&bytes) {
            self.cut(self.length_bytes)?;
            return Err(error.into());
        }
        self.length_bytes += bytes.len() as u64;
        Ok(())
    }

    /// Makes the file end after `length_bytes`.
    fn cut(&mut self, length_bytes: u64) -> anyhow::Result<()> {
        self.file.set_len(length_bytes).context("cannot take back rows that were cut off")?;
        self.length_bytes = length_bytes;
        Ok(())
    }
}

/// Everything that a run's folder has before its first row.
fn fill(folder: &Path, plan: &Plan, environment: &Environment) -> anyhow::Result<()> {
    write_json(&folder.join(PLAN_FILE), plan)?;
    write_json(&folder.join(ENVIRONMENT_FILE), environment)?;
    write_new(&folder.join(IterationRow::FILE), &header::<IterationRow>()?)?;
    write_new(&folder.join(InvocationRow::FILE), &header::<InvocationRow>()?)?;
    let sources = folder.join(SOURCES_FOLDER);
    fs::create_dir(&sources).with_context(|| format!("cannot make the folder '{}'", sources.display()))?;
    for workload in &plan.workloads {
        let source = workload.read_source()?;
        write_new(&sources.join(workload.source_file()), &source)?;
    }
    sync_folder(&sources)?;
    sync_folder(folder)
}

/// Makes sure that a results folder can be made, before anything is measured for it. What leads to it is made.
///
/// # Errors
/// [`UsageError`] if it is there already or cannot be made.
pub fn check_place(folder: &Path) -> Result<(), UsageError> {
    let cannot = |error| {
        let UsageError(problem) = UsageError::file("cannot make the output folder", folder, &error);
        UsageError(format!("{problem}\ngive a place that can be written to with --out"))
    };
    let (parent, unfinished) = parent_and_unfinished(folder);
    fs::create_dir_all(parent).map_err(cannot)?;
    match fs::symlink_metadata(folder) {
        Ok(_) => {
            return Err(UsageError(format!(
                "the output folder '{0}' exists; give another with --out, or go on with '{1} compare --resume --out \
                 {0}'",
                folder.display(),
                terminal::program()
            )));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(cannot(error)),
    }
    fs::create_dir(&unfinished).and_then(|()| fs::remove_dir(&unfinished)).map_err(cannot)
}

/// The folder around a results folder, and the one in it that becomes the results folder once it is whole.
fn parent_and_unfinished(folder: &Path) -> (&Path, PathBuf) {
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    (parent, parent.join(format!("{UNFINISHED}{}", std::process::id())))
}

/// Writes a whole table, as `summary.csv`. It replaces an old one at once or, if something fails, not at all.
///
/// # Errors
/// Those of the file system.
pub fn write_table<R: Row>(folder: &Path, rows: &[R]) -> anyhow::Result<()> {
    replace(&folder.join(R::FILE), &table_text(rows)?)
}

/// A whole table as it stands in its file.
///
/// # Errors
/// If a row cannot be written as CSV.
pub fn table_text<R: Row>(rows: &[R]) -> anyhow::Result<Vec<u8>> {
    Ok([header::<R>()?, encode(rows)?].concat())
}

/// Puts `bytes` into the file `path`, in the place of what was there.
///
/// # Errors
/// Those of the file system; then the old file is still there.
pub fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    replace_by(path, |unfinished| Ok(fs::write(unfinished, bytes)?))
}

/// Puts what `write` writes, to the path that it is given, into the file `path`, in the place of what was there.
///
/// # Errors
/// Those of `write` and of the file system; then the old file is still there.
pub fn replace_by(path: &Path, write: impl FnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let unfinished = folder.join(format!("{UNFINISHED}{name}"));
    let written = write(&unfinished).and_then(|()| Ok(fs::rename(&unfinished, path)?));
    if written.is_err() {
        // The error that matters is the one above.
        let _stays = fs::remove_file(&unfinished);
    }
    written.with_context(|| format!("cannot write '{}'", path.display()))
}

fn header<R: Row>() -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(R::COLUMNS)?;
    writer.into_inner().context("cannot write a header")
}

fn encode<R: Row>(rows: &[R]) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    for row in rows {
        writer.serialize(row)?;
    }
    writer.into_inner().context("cannot write a row")
}

fn write_json(path: &Path, value: &impl Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    write_new(path, text.as_bytes())
}

/// Writes a file and waits until it is on the disk.
fn write_new(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let cannot = || format!("cannot write '{}'", path.display());
    let mut file = File::create_new(path).with_context(cannot)?;
    file.write_all(bytes).with_context(cannot)?;
    file.sync_data().with_context(cannot)
}

/// Waits until the names in `folder` are on the disk.
fn sync_folder(folder: &Path) -> anyhow::Result<()> {
    File::open(folder).and_then(|open| open.sync_all()).with_context(|| format!("cannot write '{}'", folder.display()))
}

#[cfg(test)]
mod tests;
