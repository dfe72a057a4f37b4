//! Writing a results folder. Rows are added when an invocation has ended and are on the disk before the next starts;
//! nothing that was written is ever changed.
//!
//! Reading it back is [`crate::load`]'s; what the files hold is in `results/README.md`.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use crate::environment::Environment;
use crate::plan::Plan;
use crate::problem::UsageError;
use crate::rows::{InvocationRow, IterationRow, Row};

/// The plan's file.
pub const PLAN_FILE: &str = "plan.json";

/// The environment's file.
pub const ENVIRONMENT_FILE: &str = "environment.json";

/// A results folder that a run is being written to.
pub struct Recorder {
    folder: PathBuf,
    iterations: File,
    invocations: File,
}

impl Recorder {
    /// Makes the folder with plan, environment and empty tables.
    ///
    /// # Errors
    /// [`UsageError`] if the folder exists; otherwise those of the file system.
    pub fn create(folder: &Path, plan: &Plan, environment: &Environment) -> anyhow::Result<Recorder> {
        if let Some(parent) = folder.parent() {
            fs::create_dir_all(parent).with_context(|| format!("cannot make the folder '{}'", parent.display()))?;
        }
        match fs::create_dir(folder) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(exists(folder).into()),
            Err(error) => return Err(error).with_context(|| format!("cannot make the folder '{}'", folder.display())),
        }
        write_json(&folder.join(PLAN_FILE), plan)?;
        write_json(&folder.join(ENVIRONMENT_FILE), environment)?;
        Ok(Recorder {
            iterations: start_table::<IterationRow>(folder)?,
            invocations: start_table::<InvocationRow>(folder)?,
            folder: folder.to_path_buf(),
        })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Adds one invocation. The iterations go first: an invocation is in the results once its own row is.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn add(&mut self, iterations: &[IterationRow], invocation: &InvocationRow) -> anyhow::Result<()> {
        append(&mut self.iterations, iterations).context("cannot write iterations.csv")?;
        append(&mut self.invocations, std::slice::from_ref(invocation)).context("cannot write invocations.csv")
    }
}

/// Complains about a folder that is there already.
pub fn exists(folder: &Path) -> UsageError {
    UsageError(format!("the output folder '{}' exists; give another with --out", folder.display()))
}

/// Writes a whole table, as `summary.csv`.
///
/// # Errors
/// Those of the file system.
pub fn write_table<R: Row>(folder: &Path, rows: &[R]) -> anyhow::Result<()> {
    let mut file = start_table::<R>(folder)?;
    append(&mut file, rows).with_context(|| format!("cannot write {}", R::FILE))
}

fn start_table<R: Row>(folder: &Path) -> anyhow::Result<File> {
    let path = folder.join(R::FILE);
    let mut file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .open(&path)
        .with_context(|| format!("cannot write '{}'", path.display()))?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(R::COLUMNS)?;
    file.write_all(&writer.into_inner().context("cannot write a header")?)?;
    file.sync_data()?;
    Ok(file)
}

/// Adds rows in one write and waits until they are on the disk.
fn append<R: Row>(file: &mut File, rows: &[R]) -> anyhow::Result<()> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    for row in rows {
        writer.serialize(row)?;
    }
    file.write_all(&writer.into_inner().context("cannot write a row")?)?;
    file.sync_data()?;
    Ok(())
}

fn write_json(path: &Path, value: &impl Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    fs::write(path, text).with_context(|| format!("cannot write '{}'", path.display()))
}
