//! ARCHITECTURE.md lists every `unsafe fn` of the engines and of what they share, with what it asks of its caller.
//!
//! The list stands between two markers and is made of the sections "Safety" in the source. `BLESS=1` writes it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const BEGIN: &str = "<!-- unsafe functions: written by engines/registry/tests/unsafe_functions.rs -->";
const END: &str = "<!-- end of unsafe functions -->";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace exists")
}

/// The Rust files below the `src` folders of the engines' crates, tests left out.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !["tests", "benches", "target"].contains(&name) {
            sources(&path, found);
        } else if name.ends_with(".rs") && name != "tests.rs" && path.components().any(|part| part.as_os_str() == "src")
        {
            found.push(path);
        }
    }
}

/// The name of the unsafe function that a line declares.
fn declared(line: &str) -> Option<&str> {
    let mut words = line.trim_start();
    if words.starts_with("//") {
        return None;
    }
    words = &words[words.find("unsafe ")? + "unsafe ".len()..];
    if let Some(abi) = words.strip_prefix("extern \"") {
        words = &abi[abi.find("\" ")? + "\" ".len()..];
    }
    let rest = words.strip_prefix("fn ")?;
    let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
    // Without a name it is a type of functions.
    (length > 0).then(|| &rest[..length])
}

/// The text of the section "Safety" in the doc comment that ends above line `at`.
fn safety_of(lines: &[&str], at: usize) -> Option<String> {
    let is_above = |line: &&str| line.trim_start().starts_with("///") || line.trim_start().starts_with("#[");
    let first = at - lines[..at].iter().rev().take_while(|line| is_above(line)).count();
    let doc = lines[first..at].iter().filter_map(|line| line.trim_start().strip_prefix("///")).map(str::trim);
    let section = doc.skip_while(|line| *line != "# Safety").skip(1).take_while(|line| !line.starts_with('#'));
    let text = section.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

/// The list as it must stand in ARCHITECTURE.md, and the functions that do not say what they ask for.
fn list() -> (String, Vec<String>) {
    let mut files = Vec::new();
    sources(&root().join("engines"), &mut files);
    files.sort();
    let (mut rows, mut silent) = (BTreeSet::new(), Vec::new());
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a readable file");
        let lines: Vec<&str> = text.lines().collect();
        let path = file.strip_prefix(root().join("engines")).expect("it was found there").display().to_string();
        let path = path.replace("common/", "").replace("/src/", "/");
        for (at, line) in lines.iter().enumerate() {
            let Some(name) = declared(line) else { continue };
            match safety_of(&lines, at) {
                Some(safety) => drop(rows.insert(format!("| `{path}` | `{name}` | {safety} |"))),
                None => silent.push(format!("{path}: {name}")),
            }
        }
    }
    let rows: Vec<String> = rows.into_iter().collect();
    (format!("{BEGIN}\n| file | function | asks of its caller |\n|---|---|---|\n{}\n{END}", rows.join("\n")), silent)
}

#[test]
fn the_list_of_unsafe_functions_is_current() {
    let (list, silent) = list();
    assert!(silent.is_empty(), "unsafe functions that do not say what they ask for: {silent:#?}");
    assert!(list.lines().count() > 20, "the search found too little: {list}");
    let path = root().join("ARCHITECTURE.md");
    let text = std::fs::read_to_string(&path).expect("ARCHITECTURE.md");
    let (before, rest) = text.split_once(BEGIN).expect("the first marker");
    let (_, after) = rest.split_once(END).expect("the last marker");
    let expected = format!("{before}{list}{after}");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, expected).expect("ARCHITECTURE.md can be written");
        return;
    }
    assert!(text == expected, "the list of unsafe functions in ARCHITECTURE.md is stale: run this test with BLESS=1");
}
