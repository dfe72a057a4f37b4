//! Import circles between the rooms of a crate: its top-level modules, each a file or a folder with what is below it.
//!
//! A circle is a set of rooms each of which imports, by way of others, from each of the others. Imports are the paths in
//! the source that begin with `crate` or leave a room with `super`; the crate's root is a room too, so what a room takes
//! from there counts as taken from all that the root names. Forms that would hide what they import (a glob or another
//! name of the root) are refused. Inherent methods are no paths: who puts one into a later room than its callers is not
//! found here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The crates that are held to have no circle, with the rooms that may be in one and the reason.
const CHECKED: &[(&str, &[Exemption])] = &[
    ("engines/common/lua-runtime", &[]),
    ("engines/common/lua-library", &[]),
    ("engines/bytecode-vm", &[]),
    ("harness", &[]),
    ("harness/serve", &[]),
    ("harness/expression", &[]),
];

/// A room that may be in a circle, and why.
type Exemption = (&'static str, &'static str);

/// The room of the crate's root.
const ROOT: &str = "lib";

/// The rooms that each room imports from.
type Imports = BTreeMap<String, BTreeSet<String>>;

/// A source file: its path below `src`, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The names of the module that the file is, from the root down.
    fn module(&self) -> Vec<&str> {
        let path = self.path.strip_suffix(".rs").expect("a Rust file");
        path.split('/').filter(|name| *name != ROOT && *name != "mod").collect()
    }
}

/// The text without comments. String literals with `//` in them lose their end, which holds no path.
fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The first names behind a path prefix: of `crate::{a::b, c}` behind `crate::` they are `a` and `c`.
fn first_names(rest: &str) -> Vec<&str> {
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').count();
    let Some(list) = rest.strip_prefix('{') else { return vec![&rest[..name(rest)]] };
    let (mut depth, mut names, mut expects_name) = (0, Vec::new(), true);
    for (at, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expects_name = true,
            _ if expects_name && !character.is_whitespace() => {
                names.push(&list[at..at + name(&list[at..])]);
                expects_name = false;
            }
            _ => {}
        }
    }
    names
}

/// Where `prefix` begins a path in the text: behind each such place.
fn behind<'a>(text: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(prefix).filter_map(move |(at, _)| {
        let before = text[..at].chars().next_back();
        let begins = before.is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == ':'));
        begins.then(|| &text[at + prefix.len()..])
    })
}

/// What stands behind the paths of so many `super` or more: from a file that many modules below the root, the first
/// leads to the root, and one from an inline module of the file has more.
fn behind_supers(text: &str, least: usize) -> Vec<&str> {
    let outward = "super::".repeat(least);
    let begins = text.match_indices(&outward).filter(|(at, _)| {
        let before = text[..*at].chars().next_back();
        before.is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == ':'))
    });
    begins.map(|(at, _)| text[at..].trim_start_matches("super::")).collect()
}

/// Why what a source imports cannot be seen; `None` if it can.
fn hides_imports(source: &Source) -> Option<&'static str> {
    let text = without_comments(&source.text);
    let depth = source.module().len();
    let is_whole = |name: &str| name.is_empty() || name == "self";
    if behind(&text, "crate::").flat_map(first_names).any(is_whole) {
        return Some("imports all of the crate's root");
    }
    if ["crate", "super"].iter().any(|name| behind(&text, name).any(|rest| rest.starts_with(" as "))) {
        return Some("gives a module around it another name");
    }
    if text.contains("super::{super") || text.contains("self::super") {
        return Some("goes outward in the middle of a path");
    }
    // The format puts all that is in no inline module at the beginning of its line.
    let glob = format!("use {}*", "super::".repeat(depth));
    let deeper_glob = format!("super::{}*", "super::".repeat(depth));
    if depth > 0 && (text.lines().any(|line| line.starts_with(&glob)) || text.contains(&deeper_glob)) {
        return Some("imports all of the crate's root");
    }
    None
}

/// What the rooms of a crate import from each other.
fn imports(sources: &[Source]) -> Imports {
    let rooms: BTreeSet<&str> = sources.iter().filter_map(|source| source.module().first().copied()).collect();
    let mut imports = Imports::new();
    for source in sources {
        let text = without_comments(&source.text);
        let module = source.module();
        let room = module.first().copied().unwrap_or(ROOT);
        let targets = imports.entry(room.to_string()).or_default();
        let mut add = |name: &str| {
            if name.is_empty() {
                // `super::*` in a module for tests that stands in the room's own file.
                return;
            }
            let target = if rooms.contains(name) { name } else { ROOT };
            if target != room {
                targets.insert(target.to_string());
            }
        };
        behind(&text, "crate::").flat_map(first_names).for_each(&mut add);
        if !module.is_empty() {
            behind_supers(&text, module.len()).into_iter().flat_map(first_names).for_each(&mut add);
        } else {
            let named = rooms.iter().filter(|name| behind(&text, &format!("{name}::")).next().is_some());
            targets.extend(named.map(|name| name.to_string()));
            let own = behind(&text, "self::").flat_map(first_names).filter(|name| rooms.contains(name));
            targets.extend(own.map(str::to_string));
        }
    }
    imports
}

/// The rooms that can be reached from one by imports.
fn reachable(imports: &Imports, from: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut pending = vec![from.to_string()];
    while let Some(room) = pending.pop() {
        for target in imports.get(&room).into_iter().flatten() {
            if reached.insert(target.clone()) {
                pending.push(target.clone());
            }
        }
    }
    reached
}

/// The circles, each as the set of its rooms: the strongly connected components of more than one room.
fn circles(imports: &Imports) -> BTreeSet<BTreeSet<String>> {
    let reached: BTreeMap<&String, BTreeSet<String>> =
        imports.keys().map(|room| (room, reachable(imports, room))).collect();
    let in_circle =
        |a: &String, b: &String| reached[a].contains(b) && reached.get(b).is_some_and(|set| set.contains(a));
    imports
        .keys()
        .map(|room| imports.keys().filter(|other| in_circle(room, other)).cloned().collect::<BTreeSet<_>>())
        .filter(|circle| circle.len() > 1)
        .collect()
}

fn sources(crate_folder: &Path) -> Vec<Source> {
    fn gather(folder: &Path, below: &str, found: &mut Vec<Source>) {
        for entry in std::fs::read_dir(folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8");
            if path.is_dir() {
                gather(&path, &format!("{below}{name}/"), found);
            } else if name.ends_with(".rs") {
                let text = std::fs::read_to_string(&path).expect("a readable file");
                found.push(Source { path: format!("{below}{name}"), text });
            }
        }
    }
    let mut found = Vec::new();
    gather(&crate_folder.join("src"), "", &mut found);
    found
}

#[test]
fn rooms_do_not_import_in_circles() {
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (folder, exempt) in CHECKED {
        let sources = sources(&root.join(folder));
        assert!(sources.len() > 5, "{folder} has hardly any source");
        for source in &sources {
            let hidden = hides_imports(source);
            assert_eq!(hidden, None, "{folder}/src/{}: name what is imported, from where it is", source.path);
        }
        let mut imports = imports(&sources);
        for (room, _) in *exempt {
            assert!(imports.remove(*room).is_some(), "{folder} has no room {room}: its exemption is stale");
        }
        let found = circles(&imports);
        assert!(found.is_empty(), "{folder} has circles {found:?}; its rooms import {imports:#?}");
    }
}

#[test]
fn a_circle_is_found() {
    let source = |path: &str, text: &str| Source { path: path.to_string(), text: text.to_string() };
    let straight = [
        source("lib.rs", "mod a; mod b; mod c;\npub use b::T;"),
        source("a.rs", "mod inner;\n// use crate::b;"),
        source("a/inner.rs", "use super::U; use crate::a::V;"),
        source("b.rs", "use crate::a::{W, inner::X};"),
        source("c.rs", "use super::{a, b::T};"),
    ];
    assert!(circles(&imports(&straight)).is_empty());
    let ways_back = [
        "use crate::{c::{d, e}, b};",
        "use super::super::c;",
        "fn f() { crate::b::g() }",
        "use crate::T;",
        "mod tests {\n    use super::super::super::c;\n}",
    ];
    for way_back in ways_back {
        let mut circular = straight.iter().map(|known| source(&known.path, &known.text)).collect::<Vec<_>>();
        circular[2].text = way_back.to_string();
        assert_eq!(circles(&imports(&circular)).len(), 1, "{way_back}");
    }
}

#[test]
fn an_import_that_cannot_be_followed_is_refused() {
    let hides = |path: &str, text: &str| hides_imports(&Source { path: path.to_string(), text: text.to_string() });
    for text in [
        "use crate::*;",
        "use crate::{*, b};",
        "use crate as root;",
        "use crate::{self as root};",
        "use super::*;",
        "use super as root;",
        "mod tests {\n    use super::super::*;\n}",
        "use self::super::b;",
    ] {
        assert!(hides("a.rs", text).is_some(), "{text}");
    }
    assert!(hides("a/inner.rs", "use super::{super::b};").is_some());
    for (path, text) in [
        ("a.rs", "mod tests {\n    use super::*;\n}"),
        ("a/inner.rs", "use super::*;"),
        ("a.rs", "use crate::b::{self, c};"),
        ("a.rs", "// use crate::*;"),
    ] {
        assert_eq!(hides(path, text), None, "{text}");
    }
}
