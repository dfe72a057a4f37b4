//! An engine from outside beside those of the registry: the program of `src/main.rs` is run as a user would, and
//! `engines/README.md` is held to what stands there.
//!
//! With `SLOW_TESTS=1` the crate that the README describes is also made outside of this workspace and built there, which
//! takes minutes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The program under test, or one built elsewhere.
fn harness(program: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().expect("the program runs");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {}\n{out}\n{err}", output.status);
    out.into_owned()
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

/// The fenced block behind the first line of the README that holds `heading`, in `language`.
fn block(readme: &str, heading: &str, language: &str) -> String {
    let (_, rest) = readme.split_once(heading).unwrap_or_else(|| panic!("engines/README.md has no '{heading}'"));
    let (_, rest) = rest.split_once(&format!("```{language}\n")).expect("a fenced block");
    rest.split_once("```").expect("its end").0.to_string()
}

/// Lists, checks and compares with the engine `id` beside every engine of the registry.
fn a_column_beside_all_others(id: &str, program: &Path) {
    let ids: Vec<&str> = registry::engines().iter().map(|engine| engine.info().id).chain([id]).collect();
    let list = harness(program, &["list"]);
    let check = harness(program, &["check", "--workloads", "fib", "--yardsticks", "none"]);
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let out = scratch.path().join("run");
    let shown = out.to_str().expect("a path in UTF-8");
    let baseline = ["--baseline", ids[0], "--yardsticks", "none", "--invocations", "2", "--iterations", "2"];
    let compare = harness(
        program,
        &[&["compare", "--engines", "all", "--workloads", "fib", "--out", shown], &baseline[..]].concat(),
    );
    let figure = fs::read_to_string(out.join("speedup.svg")).expect("a figure");
    for id in ids {
        for (what, text) in [("list", &list), ("check", &check), ("compare", &compare), ("the figure", &figure)] {
            assert!(text.contains(id), "{what} has no {id}:\n{text}");
        }
    }
    harness(program, &["validate", shown]);
}

#[test]
fn an_engine_from_outside_is_a_column_beside_all_others() {
    a_column_beside_all_others("skeleton", Path::new(env!("CARGO_BIN_EXE_harness-with-skeleton")));
}

#[test]
fn the_readme_shows_the_program_that_is_tested() {
    let readme = fs::read_to_string(repository().join("engines/README.md")).expect("the README");
    let shown = block(&readme, "## An engine from outside", "rust");
    let tested = include_str!("../src/main.rs").replace("skeleton::ENGINE", "my_engine::ENGINE");
    let (_, tested) = tested.split_once("\n\n").expect("a program behind its description");
    assert_eq!(shown, tested);
}

#[test]
fn the_crate_of_the_readme_builds_outside() {
    if env::var_os("SLOW_TESTS").is_none_or(|value| value != "1") {
        return;
    }
    let root = repository();
    let readme = fs::read_to_string(root.join("engines/README.md")).expect("the README");
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let shown = |language| {
        block(&readme, "## An engine from outside", language).replace("../jitlab", root.to_str().expect("UTF-8"))
    };
    fs::write(scratch.path().join("Cargo.toml"), shown("toml")).expect("a manifest");
    let mut shell = Command::new("sh");
    let copied = shell.args(["-e", "-c", &shown("sh")]).current_dir(scratch.path()).status().expect("a shell");
    assert!(copied.success(), "the commands of engines/README.md fail");
    for arguments in [&["build", "--release", "--offline"][..], &["test", "--offline"]] {
        let mut cargo = Command::new(env!("CARGO"));
        // The target folder and flags of this workspace are not the crate's.
        cargo.args(arguments).current_dir(scratch.path()).env_remove("CARGO_TARGET_DIR");
        let done = cargo.status().expect("cargo runs");
        assert!(done.success(), "cargo {arguments:?} fails in the crate of engines/README.md");
    }
    a_column_beside_all_others("my-engine", &scratch.path().join("target/release/my-engine"));
}
