//! Where things are in a clone: the workloads, the yardsticks' driver, the results.
//!
//! The tool works from anywhere: a clone in the current directory wins, then the source tree from which the tool was
//! built. A clone is known by the driver, not by its folder of workloads: an engine's own repository may well have a
//! folder of that name.

use std::path::{Path, PathBuf};

use crate::error::UsageError;

/// The driver, from the top of a clone.
const DRIVER: &str = "workloads/driver.lua";

/// The top of the clone in use.
///
/// # Errors
/// [`UsageError`] if neither the current directory nor the source tree has the driver.
pub fn root() -> Result<PathBuf, UsageError> {
    let current = Some(Path::new("."));
    let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let mut candidates = current.into_iter().chain(built_from);
    candidates.find(|candidate| candidate.join(DRIVER).is_file()).map(Path::to_path_buf).ok_or_else(|| {
        UsageError(format!("there is no '{DRIVER}' here or where this tool was built; change into a clone of jitlab"))
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
    Ok(root()?.join(DRIVER))
}

/// The folder under which runs are kept. It may not exist yet.
///
/// # Errors
/// Those of [`root`].
pub fn results() -> Result<PathBuf, UsageError> {
    Ok(root()?.join("results"))
}
