//! Going on with a run that was cut off: what a results folder does not say is found again, and everything must be as
//! it was when the run began. A comparison whose halves were measured by two builds would be none.

use std::path::Path;

use crate::error::UsageError;
use crate::machine::paths;
use crate::plan::SCHEMA_VERSION;
use crate::plan::builds::Build;
use crate::plan::contender::{Contender, Kind};
use crate::plan::workload::Workload;
use crate::plan::{Plan, PlannedWorkload};
use crate::record::SOURCES_FOLDER;
use crate::record::environment::Environment;

/// What the user names again, because a results folder names no path of its machine.
#[derive(Debug)]
pub struct Brought {
    /// Yardsticks, among them every Lua that the user brings.
    pub yardsticks: Vec<Contender>,
    /// Other builds.
    pub builds: Vec<Build>,
}

/// Checks that this program on this machine is what began the run of `folder`, and fills in the files that `plan` does
/// not name: workloads, and the programs among `brought`.
///
/// # Errors
/// [`UsageError`] that says what is another, or missing.
pub fn prepare(
    folder: &Path,
    plan: &mut Plan,
    began_in: &Environment,
    now: &Environment,
    brought: &Brought,
) -> Result<(), UsageError> {
    if plan.schema_version != SCHEMA_VERSION {
        return Err(another("was begun by a version of this tool with another format"));
    }
    if began_in.build.program_hash != now.build.program_hash {
        return Err(another("was begun by another build of this program"));
    }
    let machine =
        |environment: &Environment| (environment.machine.cpu_model.clone(), environment.machine.kernel.clone());
    if machine(began_in) != machine(now) {
        return Err(another("was begun on another machine or kernel"));
    }
    for workload in &mut plan.workloads {
        find_source(folder, workload)?;
    }
    for contender in &mut plan.contenders {
        if contender.kind == Kind::Foreign {
            find_interpreter(contender, &brought.yardsticks)?;
        } else if contender.kind == Kind::Yardstick {
            check_yardstick(contender, &brought.yardsticks)?;
        } else if let Some(name) = contender.build.clone() {
            find_build(contender, &name, &brought.builds)?;
        }
    }
    Ok(())
}

fn another(what: &str) -> UsageError {
    UsageError(format!("the run {what}; its rows would not be comparable with new ones: start a new run"))
}

/// The clone's file if it is still the one that was measured, else the copy in the results folder.
fn find_source(folder: &Path, planned: &mut PlannedWorkload) -> Result<(), UsageError> {
    let file = planned.source_file();
    let of_clone = paths::workloads().map(|workloads| workloads.join(&file));
    let copy = folder.join(SOURCES_FOLDER).join(&file);
    let candidates = of_clone.into_iter().chain([copy.clone()]);
    let is_it = |path: &Path| Workload::read(path).is_ok_and(|found| found.source_hash == planned.source_hash);
    match candidates.into_iter().find(|path| is_it(path)) {
        Some(path) => {
            planned.path = path;
            Ok(())
        }
        None => Err(UsageError(format!("'{}' is missing or is not the text that was measured", copy.display()))),
    }
}

fn find_interpreter(contender: &mut Contender, brought: &[Contender]) -> Result<(), UsageError> {
    let name = &contender.engine_id;
    match brought.iter().find(|other| other.kind == Kind::Foreign && other.name == *name) {
        Some(found) if found.version != contender.version => {
            Err(another(&format!("has '{}', which was {} and is {}", name, contender.version, found.version)))
        }
        Some(found) if found.program_hash != contender.program_hash => {
            Err(another(&format!("has '{name}', whose program or arguments are not those of before")))
        }
        Some(found) => {
            contender.program.clone_from(&found.program);
            Ok(())
        }
        None => Err(UsageError(format!("where is '{name}'? give --yardstick {name}='COMMAND ARGS' again"))),
    }
}

/// Folders from before yardsticks had a hash are taken at their word.
fn check_yardstick(contender: &Contender, known: &[Contender]) -> Result<(), UsageError> {
    let now = known.iter().find(|other| other.name == contender.engine_id);
    match (now.and_then(|now| now.program_hash.as_ref()), &contender.program_hash) {
        (Some(now), Some(before)) if now != before => {
            Err(another(&format!("has '{}', whose program or driver is not that of before", contender.engine_id)))
        }
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}

fn find_build(contender: &mut Contender, name: &str, builds: &[Build]) -> Result<(), UsageError> {
    match builds.iter().find(|build| build.name == name) {
        Some(build) if Some(&build.hash) != contender.program_hash.as_ref() => {
            Err(another(&format!("has the build '{name}', whose program is not that of before")))
        }
        Some(build) => {
            contender.program = vec![build.program.clone()];
            Ok(())
        }
        None => Err(UsageError(format!("where is the build '{name}'? give --bin {name}=PATH again"))),
    }
}
