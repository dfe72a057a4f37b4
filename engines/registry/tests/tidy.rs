//! What must be true of the whole repository and no compiler checks: dependency directions, a `//!` on every file, and a
//! harness that knows engines by the registry alone.
//!
//! The table of allowed edges is the one in ARCHITECTURE.md.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Crates that any engine may use; a JIT engine may also use `bytecode-vm`, its lower tier, and `jit-support`.
const COMMON: &[&str] = &["engine-api", "lua-syntax", "lua-runtime", "lua-bytecode"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace exists")
}

fn metadata() -> serde_json::Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}

/// The workspace crates that `name` may depend on.
fn allowed(name: &str, engines: &BTreeSet<String>) -> BTreeSet<String> {
    let set = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<BTreeSet<_>>();
    match name {
        "engine-api" | "lua-syntax" | "native-workloads" => set(&[]),
        "lua-runtime" | "lua-bytecode" => set(&["engine-api", "lua-syntax"]),
        "jit-support" | "engine-testing" => set(&["engine-api"]),
        "registry" => engines.iter().cloned().chain(set(&["engine-api"])).collect(),
        "conformance" => set(&["registry", "engine-api"]),
        "harness" => set(&["registry", "engine-api", "native-workloads"]),
        "bytecode-vm" | "tree-walker" => set(COMMON),
        engine if engines.contains(engine) => {
            set(COMMON).into_iter().chain(set(&["bytecode-vm", "jit-support"])).collect()
        }
        other => panic!("{other} is a crate that ARCHITECTURE.md does not know"),
    }
}

#[test]
fn crates_depend_only_in_the_stated_directions() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    let name = |package: &serde_json::Value| package["name"].as_str().expect("a name").to_string();
    let names: BTreeSet<String> = packages.iter().map(name).collect();
    let engines: BTreeSet<String> = packages
        .iter()
        .filter(|package| {
            let manifest = package["manifest_path"].as_str().expect("a path");
            manifest.contains("/engines/") && !manifest.contains("/engines/common/")
        })
        .map(name)
        .filter(|name| name != "registry" && name != "conformance")
        .collect();
    for package in packages {
        let allowed = allowed(&name(package), &engines);
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let target = dependency["name"].as_str().expect("a name");
            let is_edge = names.contains(target) && dependency["kind"].as_str() != Some("dev");
            assert!(!is_edge || allowed.contains(target), "{} must not depend on {target}", name(package));
        }
    }
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            rust_files(&path, found);
        } else if name.ends_with(".rs") {
            found.push(path);
        }
    }
}

#[test]
fn the_harness_knows_no_engine_by_name() {
    let ids: Vec<&str> = registry::engines().iter().map(|engine| engine.info().id).collect();
    assert!(ids.len() >= 4, "this test needs a build with every engine: {ids:?}");
    let mut files = Vec::new();
    rust_files(&root().join("harness/src"), &mut files);
    assert!(files.len() > 50, "the search found too little: {files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a readable file");
        for id in &ids {
            assert!(!text.contains(id), "{} names the engine {id}", file.display());
        }
    }
}

#[test]
fn every_rust_file_says_what_it_is() {
    let mut files = Vec::new();
    rust_files(&root(), &mut files);
    assert!(files.len() > 20, "the search found too little: {files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a readable file");
        assert!(text.starts_with("//!"), "{} does not open with //!", file.display());
    }
}
