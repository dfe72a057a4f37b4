//! No source file outside the opcode table has a `match` in which a wildcard stands for opcodes or operations: whoever
//! adds one must be led by the compiler to every place that decides by it.
//!
//! The search is by text, not by types. It knows a `match` by an arm that names `Opcode::` or `Operation::` (or what a
//! file calls them by `as`), so these enums are never imported with `*`, which is checked too.

use std::path::{Path, PathBuf};

/// The table's own files, whose matches are what others ask.
const TABLE: &[&str] = &["lua-bytecode/src/opcode.rs", "lua-bytecode/src/opcode/columns.rs"];
/// The enums.
const ENUMS: &[&str] = &["Opcode", "Operation"];

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target" && name != "tests") {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

/// The text with comments, strings and characters blanked out.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if next == '"' {
            let mut escaped = false;
            let end = rest[1..].find(|c: char| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            end.map_or(rest.len(), |end| end + 2)
        } else if next == '\'' {
            // A lifetime has no second quote right behind its first character.
            let length = if rest[1..].starts_with('\\') { rest[3..].find('\'').map(|end| end + 4) } else { None };
            let character = rest[1..].chars().next().map_or(0, char::len_utf8);
            length.unwrap_or(if rest[1 + character..].starts_with('\'') { character + 2 } else { 0 })
        } else {
            0
        };
        if skipped == 0 {
            code.push(next);
            rest = &rest[next.len_utf8()..];
        } else {
            code.push(' ');
            rest = &rest[skipped..];
        }
    }
    code
}

/// The text from behind an opening bracket up to its closing one.
fn inside(code: &str) -> &str {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => return &code[..at],
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    code
}

/// The patterns of the arms of a match, from what is between its braces, guards included.
fn patterns(mut arms: &str) -> Vec<String> {
    let mut found = Vec::new();
    while let Some(arrow) = arms.find("=>") {
        found.push(arms[..arrow].trim_start_matches([',', ' ', '\n']).trim().to_string());
        arms = arms[arrow + 2..].trim_start();
        let end = if let Some(block) = arms.strip_prefix('{') {
            inside(block).len() + 2
        } else {
            let mut depth = 0;
            let comma = arms.find(|c: char| {
                depth += i32::from("([{".contains(c)) - i32::from(")]}".contains(c));
                depth == 0 && c == ','
            });
            comma.map_or(arms.len(), |comma| comma + 1)
        };
        arms = &arms[end.min(arms.len())..];
    }
    found
}

/// Whether a pattern takes whatever comes. With a guard it does not.
fn is_wildcard(pattern: &str) -> bool {
    if pattern.contains(" if ") {
        return false;
    }
    let is_open = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_lowercase() || c == '_');
    pattern.split(['(', ')', ',', ' ', '|']).filter(|part| !part.is_empty()).all(is_open)
}

/// What a source file says that it must not say.
fn faults(text: &str) -> Vec<String> {
    let code = code_of(text);
    let mut names: Vec<String> = ENUMS.iter().map(|name| format!("{name}::")).collect();
    for name in ENUMS {
        if code.contains(&format!("{name}::*")) {
            return vec![format!("imports {name}::*")];
        }
        if let Some(alias) = code.split(&format!("{name} as ")).nth(1) {
            names.push(format!("{}::", alias.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default()));
        }
    }
    // `O::Move` in `FooO::Move` is another enum's.
    let names_one = |text: &str| {
        names.iter().any(|name| {
            text.match_indices(name.as_str()).any(|(at, _)| !text[..at].ends_with(|c: char| c.is_alphanumeric()))
        })
    };
    let mut found = Vec::new();
    for (at, _) in code.match_indices("match ") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let Some(open) = code[at..].find('{') else { continue };
        let patterns = patterns(inside(&code[at + open + 1..]));
        if patterns.iter().any(|pattern| names_one(pattern)) {
            let wild = patterns.iter().filter(|pattern| is_wildcard(pattern));
            found.extend(wild.map(|pattern| format!("an arm `{pattern}` beside arms that name opcodes")));
        }
    }
    for (at, start) in code.match_indices("matches!(") {
        if inside(&code[at + start.len()..]).contains("Opcode::") {
            found.push("matches! names opcodes".to_string());
        }
    }
    found
}

#[test]
fn no_wildcard_stands_for_opcodes() {
    let engines = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the engines exist");
    let mut files = Vec::new();
    rust_files(&engines, &mut files);
    let mut with_operations = 0;
    for file in files.iter().filter(|file| !TABLE.iter().any(|own| file.ends_with(own))) {
        let text = std::fs::read_to_string(file).expect("a readable file");
        // Others have enums of these names too.
        if text.contains("lua_bytecode") || file.starts_with(engines.join("common/lua-bytecode")) {
            assert_eq!(faults(&text), Vec::<String>::new(), "{}", file.display());
            with_operations += usize::from(text.contains("Operation::"));
        }
    }
    assert!(with_operations >= 5, "the search found too little");
}

#[test]
fn wildcards_are_found() {
    let guarded = "match word.opcode() { opcode if f(opcode) => 1, Opcode::Move | Opcode::Add => 2 }";
    assert_eq!(faults(guarded), Vec::<String>::new());
    let exhaustive = "match word.opcode() { Opcode::Move => { a(|_| 1) } Opcode::Add | Opcode::Jump => b, }";
    assert_eq!(faults(exhaustive), Vec::<String>::new());
    let of_others = "match x { Some(Opcode::Move) => 1, Some(_) | None => match y { Tag::Nil => 2, _ => 3 } }";
    assert_eq!(faults(of_others), Vec::<String>::new());
    let in_text = "match x { 'a' => 1, _ => { s(\"match y { Opcode::Move => 1, _ => 2 }\") } } // Opcode::Move => _ =>";
    assert_eq!(faults(in_text), Vec::<String>::new());
    for wild in [
        "match i.opcode() { Opcode::Close | Opcode::Vararg => false, Opcode::Return => i.b() != 0, _ => true }",
        "use Opcode as O; match x { O::Move => 1, opcode => unreachable!(\"{}\", opcode.name()) }",
        "match (x, y) { (Operation::Move, Some(h)) if f(h) => { 1 } (_, _) => 2 }",
        "fn f() { match a { Some(x) => match x.operation() { Operation::Get(Access::Field) => 1, _ => 2 }, None => 3 } }",
        "matches!(opcode, Opcode::Call | Opcode::TailCall)",
        "use Opcode::*;",
    ] {
        assert_eq!(faults(wild).len(), 1, "{wild}: {:?}", faults(wild));
    }
}
