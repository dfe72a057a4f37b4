//! What `harness/yardsticks/yardsticks.json` says, checked: the build script reads it by this file, before it builds
//! anything.
//!
//! What is wrong with an entry leaves that entry out and is a problem in words for people; it never fails a build.
//! Knows text only, not how anything is built.

use serde_json::Value;

/// The versions of Lua that an entry may name, as [`super::LuaVersion`] has them.
pub(crate) const LUA_VERSIONS: &[&str] = &["5.1", "5.4"];

/// The name of the contender that is no yardstick.
const NATIVE: &str = "native";

/// The entries that can be used.
#[derive(Debug, Default)]
pub(crate) struct List {
    /// What there is to build.
    pub(crate) executables: Vec<ExecutableEntry>,
    /// What the executables are run as.
    pub(crate) yardsticks: Vec<YardstickEntry>,
}

/// A program to build.
#[derive(Debug)]
pub(crate) struct ExecutableEntry {
    /// Its name in this list, and its file's.
    pub(crate) name: String,
    /// Its name for people.
    pub(crate) title: String,
    /// The crate that has its C sources.
    pub(crate) source_crate: String,
    /// How the folder in the crate begins that they are in.
    pub(crate) folder: String,
    /// How it is built.
    pub(crate) recipe: Recipe,
    /// What the compiler is told.
    pub(crate) flags: Vec<String>,
    /// What results say of how it was built.
    pub(crate) reported_flags: String,
}

/// A way to build an executable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recipe {
    /// One call of the compiler for all C files.
    CFiles,
    /// The makefile of LuaJIT.
    LuajitMakefile,
}

/// An interpreter to compare with.
#[derive(Debug)]
pub(crate) struct YardstickEntry {
    /// Its name on the command line and in results.
    pub(crate) name: String,
    /// The executable that it is, by its name in this list.
    pub(crate) executable: String,
    /// What stands on its command line before the script.
    pub(crate) arguments: Vec<String>,
    /// One of [`LUA_VERSIONS`].
    pub(crate) lua: String,
    /// Its colour in figures, as red, green and blue.
    pub(crate) colour: (u8, u8, u8),
}

impl List {
    /// Reads the text of the list; returns the entries that can be used, and what is wrong with the others.
    pub(crate) fn read(text: &str) -> (List, Vec<String>) {
        let value: Value = match serde_json::from_str(text) {
            Ok(value) => value,
            Err(error) => return (List::default(), vec![format!("it is no JSON: {error}")]),
        };
        let mut problems = Vec::new();
        let mut list = List::default();
        for entry in entries(&value, "executables", &mut problems) {
            let names = list.executables.iter().map(|known| known.name.as_str());
            let read = ExecutableEntry::read(entry).and_then(|new| is_new(names, &new.name).map(|()| new));
            match read {
                Ok(new) => list.executables.push(new),
                Err(problem) => problems.push(format!("the executable {}: {problem}", name_of(entry))),
            }
        }
        for entry in entries(&value, "yardsticks", &mut problems) {
            match list.read_yardstick(entry) {
                Ok(new) => list.yardsticks.push(new),
                Err(problem) => problems.push(format!("the yardstick {}: {problem}", name_of(entry))),
            }
        }
        (list, problems)
    }

    fn read_yardstick(&self, entry: &Value) -> Result<YardstickEntry, String> {
        let new = YardstickEntry::read(entry)?;
        is_new(self.yardsticks.iter().map(|known| known.name.as_str()).chain([NATIVE]), &new.name)?;
        let names: Vec<&str> = self.executables.iter().map(|known| known.name.as_str()).collect();
        if !names.contains(&new.executable.as_str()) {
            return Err(format!("there is no executable '{}', only: {}", new.executable, names.join(", ")));
        }
        Ok(new)
    }
}

impl ExecutableEntry {
    fn read(entry: &Value) -> Result<ExecutableEntry, String> {
        let flags = texts(entry, "flags")?;
        let reported_flags = match entry.get("reported_flags") {
            Some(_) => text(entry, "reported_flags")?,
            None => flags.join(" "),
        };
        let recipe = match text(entry, "recipe")?.as_str() {
            "c-files" => Recipe::CFiles,
            "luajit-makefile" => Recipe::LuajitMakefile,
            other => return Err(format!("'recipe' is c-files or luajit-makefile, not '{other}'")),
        };
        Ok(ExecutableEntry {
            name: text(entry, "name")?,
            title: text(entry, "title")?,
            source_crate: text(entry, "crate")?,
            folder: text(entry, "folder")?,
            recipe,
            flags,
            reported_flags,
        })
    }
}

impl YardstickEntry {
    fn read(entry: &Value) -> Result<YardstickEntry, String> {
        let lua = text(entry, "lua")?;
        if !LUA_VERSIONS.contains(&lua.as_str()) {
            return Err(format!("'lua' is {}, not '{lua}'", LUA_VERSIONS.join(" or ")));
        }
        Ok(YardstickEntry {
            name: text(entry, "name")?,
            executable: text(entry, "executable")?,
            arguments: texts(entry, "arguments")?,
            lua,
            colour: colour(&text(entry, "colour")?)?,
        })
    }
}

/// The entries of one of the two lists; none, and a problem, without it.
fn entries<'v>(list: &'v Value, key: &str, problems: &mut Vec<String>) -> &'v [Value] {
    match list[key].as_array() {
        Some(entries) => entries,
        None => {
            problems.push(format!("it has no list '{key}'"));
            &[]
        }
    }
}

/// What an entry is called in a problem: its name, or itself if it has none.
fn name_of(entry: &Value) -> String {
    entry["name"].as_str().map_or_else(|| entry.to_string(), |name| format!("'{name}'"))
}

fn is_new<'n>(mut names: impl Iterator<Item = &'n str>, name: &str) -> Result<(), String> {
    if names.any(|known| known == name) { Err("the name is taken".to_string()) } else { Ok(()) }
}

fn text(entry: &Value, key: &str) -> Result<String, String> {
    match entry[key].as_str() {
        Some(text) if !text.is_empty() => Ok(text.to_string()),
        _ => Err(format!("'{key}' must be a text")),
    }
}

fn texts(entry: &Value, key: &str) -> Result<Vec<String>, String> {
    let list = entry[key].as_array().map(|list| list.iter().map(|text| text.as_str().map(str::to_string)));
    list.and_then(Iterator::collect).ok_or_else(|| format!("'{key}' must be a list of texts"))
}

fn colour(text: &str) -> Result<(u8, u8, u8), String> {
    let is_hexadecimal = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = if is_hexadecimal { u32::from_str_radix(text, 16).ok() } else { None };
    let [_, red, green, blue] =
        number.ok_or_else(|| format!("'colour' is six hexadecimal digits, not '{text}'"))?.to_be_bytes();
    Ok((red, green, blue))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::yardsticks::LuaVersion;

    const TEXT: &str = include_str!("../../../yardsticks/yardsticks.json");

    #[test]
    fn our_own_list_can_be_used_as_a_whole() {
        let (list, problems) = List::read(TEXT);
        assert_eq!(problems, Vec::<String>::new());
        for ExecutableEntry { name, title, source_crate, folder, recipe, flags, reported_flags } in &list.executables {
            assert!([name, title, source_crate, folder, reported_flags].iter().all(|text| !text.is_empty()));
            assert!(*recipe == Recipe::CFiles || flags.contains(&"-DJITLAB_LUAJIT".to_string()));
        }
        let luajit_off = list.yardsticks.iter().find(|entry| entry.name == "luajit-joff").unwrap();
        let YardstickEntry { name: _, executable, arguments, lua, colour } = luajit_off;
        assert_eq!((executable.as_str(), lua.as_str(), *colour), ("luajit", "5.1", (0x99, 0x77, 0x99)));
        assert_eq!(*arguments, ["-joff"]);
        assert_eq!(NATIVE, crate::plan::contender::NATIVE);
        assert!(LuaVersion::ALL.iter().map(|version| version.name()).eq(LUA_VERSIONS.iter().copied()));
    }

    #[test]
    fn every_mistake_is_a_problem_that_names_its_entry() {
        for (right, wrong, problem) in [
            ("\"executable\": \"luajit\"", "\"executable\": \"luajot\"", "'luajit': there is no executable 'luajot'"),
            ("\"lua\": \"5.4\"", "\"lua\": \"5.3\"", "the yardstick 'lua5.4': 'lua' is 5.1 or 5.4, not '5.3'"),
            ("\"colour\": \"555555\"", "\"colour\": \"grey\"", "'lua5.4': 'colour' is six hexadecimal digits"),
            ("\"colour\": \"555555\"", "\"colour\": \"+55555\"", "six hexadecimal digits, not '+55555'"),
            ("\"name\": \"luajit-joff\"", "\"name\": \"luajit\"", "the yardstick 'luajit': the name is taken"),
            ("\"name\": \"luajit-joff\"", "\"name\": \"native\"", "the yardstick 'native': the name is taken"),
            ("\"name\": \"luajit-joff\"", "\"nam\": \"luajit-joff\"", "\"luajit-joff\""),
            ("[\"-joff\"]", "\"-joff\"", "the yardstick 'luajit-joff': 'arguments' must be a list of texts"),
            ("[\"-joff\"]", "[7]", "the yardstick 'luajit-joff': 'arguments' must be a list of texts"),
            (
                "\"c-files\"",
                "\"meson\"",
                "the executable 'lua5.4': 'recipe' is c-files or luajit-makefile, not 'meson'",
            ),
            ("\"yardsticks\"", "\"yardstics\"", "it has no list 'yardsticks'"),
            ("\"yardsticks\": [", "\"yardsticks\": ", "it is no JSON: "),
        ] {
            assert!(TEXT.contains(right), "{right}");
            let (list, problems) = List::read(&TEXT.replacen(right, wrong, 1));
            assert!(problems.iter().any(|found| found.contains(problem)), "{wrong}: {problems:?}");
            assert!(list.yardsticks.len() < 3, "{wrong}");
        }
    }
}
