//! Where things are in a clone: the workloads, the yardsticks' driver, the results.
//!
//! The tool works from anywhere: a `workloads` folder in the current directory wins, then that of the source tree
//! from which the tool was built.

use std::path::{Path, PathBuf};

use crate::error::UsageError;

/// The top of the clone in use.
///
/// # Errors
/// [`UsageError`] if neither the current directory nor the source tree has a `workloads` folder.
pub fn root() -> Result<PathBuf, UsageError> {
    let current = PathBuf::from(".");
    let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    [current, built_from].into_iter().find(|candidate| candidate.join("workloads").is_dir()).ok_or_else(|| {
        UsageError("no 'workloads' folder here or where this tool was built; change into a clone of jitlab".to_string())
    })
}

/// The folder of workloads.
///
/// # Errors
/// Those of [`root`].
pub fn workloads() -> Result<PathBuf, UsageError> {
    Ok(root()?.join("workloads"))
}

/// The Lua file that drives a yardstick through the child protocol.
///
/// # Errors
/// Those of [`root`].
pub fn driver() -> Result<PathBuf, UsageError> {
    Ok(workloads()?.join("driver.lua"))
}

/// The folder under which runs are kept. It may not exist yet.
///
/// # Errors
/// Those of [`root`].
pub fn results() -> Result<PathBuf, UsageError> {
    Ok(root()?.join("results"))
}
