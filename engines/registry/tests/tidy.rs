//! What must be true of the whole repository and no compiler checks: dependency directions, a `//!` on every file, and a
//! harness that knows engines by the registry alone, and modules that are called as the glossary says.
//!
//! The table of allowed edges is the one in ARCHITECTURE.md.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Crates that any engine may use. `bytecode-vm` may also use `jit-support`, for what all JIT engines do over it, and a JIT
/// engine both.
const COMMON: &[&str] = &["engine-api", "lua-syntax", "lua-runtime", "lua-library", "lua-bytecode"];

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
        "engine-api" | "lua-syntax" | "native-workloads" | "expression-dialect" => set(&[]),
        "lua-runtime" | "lua-bytecode" => set(&["engine-api", "lua-syntax"]),
        "lua-library" => set(&["engine-api", "lua-syntax", "lua-runtime"]),
        "jit-support" | "engine-testing" => set(&["engine-api"]),
        "registry" => engines.iter().cloned().chain(set(&["engine-api"])).collect(),
        "conformance" => set(&["registry", "engine-api"]),
        "harness" => set(&["engine-api", "native-workloads"]),
        "serve" => set(&["harness", "engine-api", "expression-dialect"]),
        "harness-cli" => set(&["harness", "registry", "serve"]),
        "tree-walker" => set(COMMON),
        // The engine needs the common crates; the program beside it is somebody's own, with every engine.
        "skeleton" => set(COMMON).into_iter().chain(set(&["harness", "registry"])).collect(),
        "bytecode-vm" => set(COMMON).into_iter().chain(set(&["jit-support"])).collect(),
        // The one engine that is made of others.
        "tiered" => {
            let parts = set(&["bytecode-vm", "jit-support", "dynasm-method-jit", "cranelift-loop-jit"]);
            set(COMMON).into_iter().chain(parts).collect()
        }
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
    rust_files(&root().join("harness/cli/src"), &mut files);
    rust_files(&root().join("harness/serve/src"), &mut files);
    rust_files(&root().join("harness/expression/src"), &mut files);
    files.push(root().join("harness/serve/assets/app.js"));
    assert!(files.len() > 50, "the search found too little: {files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a readable file");
        for id in &ids {
            assert!(!text.contains(id), "{} names the engine {id}", file.display());
        }
    }
}

/// A word without the ending of its plural.
fn singular(word: &str) -> String {
    let word = word.to_lowercase();
    match word.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => word.strip_suffix('s').filter(|stem| !stem.ends_with('s')).unwrap_or(&word).to_string(),
    }
}

/// The words of the glossary: those of its terms, and the plain ones.
fn glossary_words(glossary: &str) -> BTreeSet<String> {
    let (terms, plain) = glossary.split_once("## Plain words").expect("a section of plain words");
    let terms = terms.lines().filter_map(|line| line.strip_prefix("- **")?.split_once("**: "));
    let plain = plain.split_once(':').expect("plain words behind a colon").1;
    let words = |text: &str| text.split([' ', '-', ',', '/', '\n']).map(singular).collect::<Vec<String>>();
    terms.flat_map(|(term, _)| words(term)).chain(words(plain)).filter(|word| !word.is_empty()).collect()
}

/// The names of the modules in a crate's `src`, with the file of each.
fn module_names(files: &[PathBuf]) -> Vec<(String, &Path)> {
    let mut names = Vec::new();
    for file in files {
        let parts: Vec<&str> = file.iter().filter_map(|part| part.to_str()).collect();
        let Some(src) = parts.iter().rposition(|part| *part == "src") else { continue };
        for part in &parts[src + 1..] {
            let name = part.strip_suffix(".rs").unwrap_or(part);
            if !matches!(name, "lib" | "main" | "mod" | "tests") {
                names.push((name.to_string(), file.as_path()));
            }
        }
    }
    names
}

#[test]
fn modules_are_named_by_the_glossary() {
    let text = std::fs::read_to_string(root().join("GLOSSARY.md")).expect("a glossary");
    let words = glossary_words(&text);
    assert!(words.len() > 100, "the glossary was not understood: {words:?}");
    let mut files = Vec::new();
    rust_files(&root(), &mut files);
    let names = module_names(&files);
    assert!(names.len() > 200, "the search found too little");
    let is_known = |name: &str| name.split('_').all(|part| words.contains(&singular(part)));
    let unknown: BTreeSet<String> = names
        .iter()
        .filter(|(name, _)| !is_known(name))
        .map(|(name, file)| format!("{name} ({})", file.display()))
        .collect();
    assert!(unknown.is_empty(), "modules whose names are not made of words of GLOSSARY.md: {unknown:#?}");
}

#[test]
fn the_glossary_has_each_term_once() {
    let text = std::fs::read_to_string(root().join("GLOSSARY.md")).expect("a glossary");
    let mut seen = BTreeSet::new();
    for line in text.lines().filter(|line| line.starts_with("- ")) {
        let (terms, meaning) =
            line.strip_prefix("- **").and_then(|line| line.split_once("**: ")).unwrap_or_else(|| panic!("{line}"));
        assert!(meaning.ends_with('.'), "{line}");
        for term in terms.split(", ") {
            assert!(seen.insert(term), "'{term}' stands there twice");
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
