//! Which workloads a command line asks for: files, names, patterns and groups.
//!
//! A value that names a file is that file, whatever is in its name; any other is a list. Knows nothing of contenders.

use std::path::{Path, PathBuf};

use globset::Glob;

use crate::error::UsageError;
use crate::machine::{paths, terminal};
use crate::plan::names;
use crate::plan::workload::{Workload, all};

/// The list of every workload of the clone.
const ALL: &str = "all";

/// How a list says a group of workloads.
const GROUP: &str = "group:";

/// The workloads of each value of `--workloads`; without one those of the quick preset if `core_only`, else all. What
/// their headers may not say as meant is remarked on.
///
/// # Errors
/// [`UsageError`] for an unknown name, pattern or group (with the known ones), a file that cannot be read, or one
/// workload twice.
pub fn select(values: &[String], core_only: bool) -> Result<Vec<Workload>, UsageError> {
    let selected = resolve(values, core_only)?;
    selected.iter().flat_map(|workload| &workload.remarks).for_each(|remark| terminal::note(remark));
    Ok(selected)
}

fn resolve(values: &[String], core_only: bool) -> Result<Vec<Workload>, UsageError> {
    if values.is_empty() {
        return Ok(all()?.into_iter().filter(|workload| workload.is_core() || !core_only).collect());
    }
    let mut selected: Vec<Workload> = Vec::new();
    for value in values {
        if Path::new(value).is_file() {
            add(&mut selected, read_file(value)?, value)?;
            continue;
        }
        for name in names::parse("--workloads", value)? {
            for workload in named(name)? {
                add(&mut selected, workload, name)?;
            }
        }
    }
    name_apart(&mut selected);
    Ok(selected)
}

/// Reads a file; one that hides a workload of its name is remarked on.
fn read_file(path: &str) -> Result<Workload, UsageError> {
    let hides_workload =
        !path.contains(['/', '.']) && all().is_ok_and(|known| known.iter().any(|one| one.name == path));
    if hides_workload {
        terminal::note(&format!("'{path}' is a file here and is taken; the workload of that name is {path}.lua's"));
    }
    Workload::read(Path::new(path))
}

/// Adds a workload that is not there yet. Two lists may name the same one; a name, or a file, alone may not.
fn add(selected: &mut Vec<Workload>, workload: Workload, asked: &str) -> Result<(), UsageError> {
    let place = |workload: &Workload| workload.path.canonicalize().unwrap_or(workload.path.clone());
    let is_there = selected.iter().any(|other| place(other) == place(&workload));
    match is_there {
        false => selected.push(workload),
        true if is_list(asked) => {}
        true => return Err(UsageError(format!("--workloads has '{asked}' twice"))),
    }
    Ok(())
}

/// Whether a name stands for several workloads.
fn is_list(name: &str) -> bool {
    name == ALL || name.starts_with(GROUP) || is_pattern(name)
}

fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?', '[', '{'])
}

/// What one name of a list stands for.
fn named(name: &str) -> Result<Vec<Workload>, UsageError> {
    let is_path = name.ends_with(".lua") || name.contains('/') || Path::new(name).is_file();
    if is_path && !is_pattern(name) {
        return Ok(vec![Workload::read(Path::new(name))?]);
    }
    let known = all()?;
    if name == ALL {
        return Ok(known);
    }
    if let Some(group) = name.strip_prefix(GROUP) {
        let members: Vec<Workload> = known.iter().filter(|workload| workload.group() == Some(group)).cloned().collect();
        if members.is_empty() {
            let mut groups: Vec<&str> = known.iter().filter_map(Workload::group).collect();
            groups.sort_unstable();
            groups.dedup();
            return Err(UsageError::unknown("group of workloads", group, groups));
        }
        return Ok(members);
    }
    if is_pattern(name) {
        let pattern = Glob::new(name)
            .map_err(|error| UsageError(format!("--workloads: '{name}' is no pattern: {}", error.kind())))?
            .compile_matcher();
        let matching: Vec<Workload> =
            known.iter().filter(|workload| pattern.is_match(&workload.name)).cloned().collect();
        if matching.is_empty() {
            return Err(UsageError(format!(
                "--workloads: no workload is called like '{name}'\nknown: {}\nfiles are not looked for by pattern: \
                 leave that to the shell",
                list_of(&known)
            )));
        }
        return Ok(matching);
    }
    match known.iter().find(|workload| workload.name == name) {
        Some(workload) => Ok(vec![workload.clone()]),
        None => Err(UsageError(format!(
            "unknown workload '{name}'\nknown: {}\na value may also be the path of a Lua file, a pattern such as 'f*', or \
             group:NAME",
            list_of(&known)
        ))),
    }
}

fn list_of(known: &[Workload]) -> String {
    known.iter().map(|workload| workload.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Gives files of one name names of their own: with as many of the folders before them as tell them apart. A workload
/// of the clone keeps its name.
fn name_apart(selected: &mut [Workload]) {
    let clone = paths::workloads()
        .and_then(|folder| folder.canonicalize().map_err(|error| UsageError::file("cannot read", &folder, &error)));
    let is_of_clone = |path: &Path| clone.as_ref().is_ok_and(|folder| path.parent() == Some(folder));
    let places: Vec<PathBuf> =
        selected.iter().map(|workload| workload.path.canonicalize().unwrap_or(workload.path.clone())).collect();
    let own: Vec<String> = selected.iter().map(|workload| workload.name.clone()).collect();
    for index in 0..selected.len() {
        let rivals: Vec<usize> =
            (0..selected.len()).filter(|other| *other != index && own[*other] == own[index]).collect();
        if rivals.is_empty() || is_of_clone(&places[index]) {
            continue;
        }
        let with_folders = |place: &Path, folders: usize| -> String {
            let parts: Vec<String> = place
                .with_extension("")
                .iter()
                .rev()
                .take(folders + 1)
                .map(|part| part.to_string_lossy().into())
                .collect();
            parts.into_iter().rev().collect::<Vec<String>>().join("/")
        };
        let depth = places[index].iter().count();
        let is_own = |folders: &usize| {
            let name = with_folders(&places[index], *folders);
            rivals.iter().all(|rival| with_folders(&places[*rival], *folders) != name)
        };
        let folders = (1..depth).find(is_own).unwrap_or(depth);
        selected[index].name = with_folders(&places[index], folders);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_of(values: &[&str]) -> Vec<String> {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        resolve(&values, false).unwrap().into_iter().map(|workload| workload.name).collect()
    }

    fn problem(values: &[&str]) -> String {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        resolve(&values, false).unwrap_err().0
    }

    #[test]
    fn names_patterns_and_groups_are_found() {
        assert_eq!(names_of(&["sieve,fib"]), ["sieve", "fib"]);
        assert_eq!(names_of(&["sieve", "fi*,sum_?oop"]), ["sieve", "fib", "sum_loop"]);
        let arrays = names_of(&["group:arrays"]);
        assert!(arrays.len() > 2 && arrays.contains(&"sieve".to_string()), "{arrays:?}");
        // What two lists have in common is there once.
        assert_eq!(names_of(&["group:arrays", "group:arrays", "s*"]).iter().filter(|name| *name == "sieve").count(), 1);
        assert_eq!(names_of(&["all"]).len(), names_of(&[]).len());
    }

    #[test]
    fn what_is_not_there_is_named() {
        for (values, part) in [
            (&["fob"][..], "unknown workload 'fob'\nknown: "),
            (&["fib,fib"], "has 'fib' twice"),
            (&["fib", "fib"], "has 'fib' twice"),
            (&["group:noise"], "unknown group of workloads 'noise'\nknown: applications"),
            (&["x*"], "no workload is called like 'x*'"),
            (&["f[ib"], "'f[ib' is no pattern"),
            (&["no/such.lua"], "cannot read 'no/such.lua'"),
            (&[""], "empty name"),
        ] {
            assert!(problem(values).contains(part), "{}", problem(values));
        }
    }

    #[test]
    fn files_of_one_name_are_told_apart() {
        let scratch = tempfile::tempdir().unwrap();
        let file = |folder: &str, name: &str| {
            let folder = scratch.path().join(folder);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(name), "print(1)\n").unwrap();
            folder.join(name).to_str().unwrap().to_string()
        };
        let (one, two) = (file("old/src", "fib.lua"), file("new/src", "fib.lua"));
        let odd = file("new/src", "a, b.lua");
        assert_eq!(names_of(&[&one]), ["fib"]);
        assert_eq!(names_of(&[&one, &two, &odd, "fib"]), ["old/src/fib", "new/src/fib", "a, b", "fib"]);
        assert!(problem(&[&one, &one]).contains("twice"));
    }
}
