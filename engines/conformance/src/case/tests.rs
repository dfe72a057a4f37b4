//! Which files are cases, and what happens to files that are none.

use std::fs;
use std::io;
use std::path::Path;

use super::{Case, cases_folder};

fn write(folder: &Path, file: &str) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a scratch folder is writable");
    fs::write(path, "").expect("a scratch folder is writable");
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    Ok(Case::all(folder)?.into_iter().map(|case| case.name).collect())
}

#[test]
fn cases_are_sorted_by_topic_and_name() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    for file in ["b/two.lua", "b/two.out", "b/one.lua", "b/one.out", "a/three.lua", "list.txt"] {
        write(folder.path(), file);
    }
    assert_eq!(names(folder.path()).expect("all files are cases"), ["a/three", "b/one", "b/two"]);
}

#[test]
fn a_file_that_would_never_run_is_refused() {
    for stray in ["a/one.txt", "a/other.out", "a/deeper/one.lua"] {
        let folder = tempfile::tempdir().expect("a scratch folder");
        write(folder.path(), "a/one.lua");
        write(folder.path(), stray);
        let error = names(folder.path()).expect_err(stray);
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{stray}");
    }
}

#[test]
fn a_case_without_expectation_says_how_to_get_one() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    write(folder.path(), "a/new.lua");
    let cases = Case::all(folder.path()).expect("one case");
    let error = cases[0].expected().expect_err("there is no new.out");
    assert!(error.to_string().contains("BLESS=1"), "{error}");
}

/// What the suite promises to readers: a first line that says what the case is about, and a size that can be read.
#[test]
fn every_case_is_small_and_says_what_it_is_about() {
    for case in Case::all(&cases_folder()).expect("the folder of cases") {
        let source = String::from_utf8(case.source().expect("a readable case")).expect("cases are UTF-8");
        assert!(source.starts_with("-- "), "{} does not open with a comment", case.name);
        assert!(source.lines().count() <= 60, "{} is longer than a screen", case.name);
    }
}
