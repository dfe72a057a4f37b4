//! Reading a results folder back: the plan, and the rows of every invocation that was recorded completely.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::Context;
use serde::de::DeserializeOwned;

use crate::environment::Environment;
use crate::plan::Plan;
use crate::problem::UsageError;
use crate::record::{ENVIRONMENT_FILE, PLAN_FILE};
use crate::rows::{InvocationRow, IterationRow, Row, SCHEMA_VERSION};

/// What a results folder holds.
pub struct Recorded {
    /// What was meant to happen.
    pub plan: Plan,
    /// Where it happened.
    pub environment: Environment,
    /// Every process that ended, in order.
    pub invocations: Vec<InvocationRow>,
    /// Every iteration of those processes, in order.
    pub iterations: Vec<IterationRow>,
}

impl Recorded {
    /// Reads `folder`. A last line without its newline, left by a run that was killed, is no row; iterations whose
    /// invocation has no row are left out.
    ///
    /// # Errors
    /// [`UsageError`] if it is no results folder or has another schema version; otherwise what is wrong with a file.
    pub fn read(folder: &Path) -> anyhow::Result<Recorded> {
        if !folder.join(PLAN_FILE).is_file() {
            let folder = folder.display();
            return Err(UsageError(format!("'{folder}' is no results folder: it has no {PLAN_FILE}")).into());
        }
        let plan: Plan = read_json(&folder.join(PLAN_FILE))?;
        if plan.schema_version != SCHEMA_VERSION {
            return Err(UsageError(format!(
                "'{}' has schema version {}, this tool reads {SCHEMA_VERSION}",
                folder.display(),
                plan.schema_version
            ))
            .into());
        }
        let invocations: Vec<InvocationRow> = read_table(folder)?;
        let mut iterations: Vec<IterationRow> = read_table(folder)?;
        let complete: HashSet<u32> = invocations.iter().map(|row| row.seq).collect();
        iterations.retain(|row| complete.contains(&row.seq));
        Ok(Recorded { plan, environment: read_json(&folder.join(ENVIRONMENT_FILE))?, invocations, iterations })
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read '{}'", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("'{}' is damaged", path.display()))
}

/// Reads the complete rows of one table.
fn read_table<R: Row>(folder: &Path) -> anyhow::Result<Vec<R>> {
    let path = folder.join(R::FILE);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read '{}'", path.display()))?;
    let complete = text.rfind('\n').map_or("", |newline| &text[..=newline]);
    let mut reader = csv::Reader::from_reader(complete.as_bytes());
    let header: Vec<String> = reader.headers()?.iter().map(str::to_string).collect();
    if header != R::COLUMNS {
        anyhow::bail!("'{}' does not have the columns of schema version {SCHEMA_VERSION}", path.display());
    }
    reader
        .deserialize()
        .enumerate()
        .map(|(index, row)| row.with_context(|| format!("'{}': row {} is damaged", path.display(), index + 1)))
        .collect()
}
