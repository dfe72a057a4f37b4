//! Workloads: a Lua file with a comment header that says what it probes and what it must return.
//!
//! Knows files and headers, not engines. The format is described in `workloads/README.md`. A user's own Lua file
//! without a header is a workload too: its chunk is run again each iteration and its output is the result.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::UsageError;
use crate::machine::paths;
use crate::plan::yardsticks::LuaVersion;

/// A Lua file that can be measured.
#[derive(Debug, Clone)]
pub struct Workload {
    /// The file's name without `.lua`; what tables and CSV files call it.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// FNV-1a of the file's bytes, so that a results folder says which version of the program it measured.
    pub source_hash: String,
    /// What the comment header says; `None` if there is none, and the chunk itself is measured.
    pub header: Option<Header>,
    /// Why the header cannot be read, with file and line; then nothing can run it, and that is its result.
    pub problem: Option<String>,
    /// What stands there like a line of a header and is none, in sentences.
    pub remarks: Vec<String>,
}

/// The keys of a header besides the names of sizes.
const KEYS: &[&str] = &["title", "probes", "origin", "lua", "core", "group"];

/// The comment header of a workload.
#[derive(Debug, Clone)]
pub struct Header {
    /// A title for people.
    pub title: String,
    /// What it puts to the test.
    pub probes: String,
    /// Where it comes from.
    pub origin: String,
    /// The lowest Lua version that runs it.
    pub lua: LuaVersion,
    /// Whether it belongs to the quick preset.
    pub core: bool,
    /// Its kind, if it says one: tables have a mean for each.
    pub group: Option<String>,
    /// The three sizes, indexed by [`Size`]; one that the header leaves out is `None`.
    pub sizes: [Option<SizeSpec>; Size::ALL.len()],
}

/// One size of a workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SizeSpec {
    /// The argument.
    pub n: u64,
    /// The string that must be returned; `None` if the header does not say, and the baseline decides.
    pub result: Option<String>,
}

/// How much work one iteration does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Size {
    /// Under 50 ms on PUC Lua: for checking, and for the quick preset.
    Test,
    /// 0.1 to 0.3 s on PUC Lua.
    Bench,
    /// 1 to 3 s on PUC Lua.
    Large,
}

impl Size {
    /// Every size, smallest first.
    pub const ALL: [Size; 3] = [Size::Test, Size::Bench, Size::Large];

    /// The name in headers, on the command line and in CSV files.
    pub fn name(self) -> &'static str {
        match self {
            Size::Test => "test",
            Size::Bench => "bench",
            Size::Large => "large",
        }
    }
}

impl Workload {
    /// Reads one file.
    ///
    /// # Errors
    /// [`UsageError`] if it cannot be read. A header that is wrong is a [`Workload::problem`] and ends nothing else.
    pub fn read(path: &Path) -> Result<Workload, UsageError> {
        let source = fs::read(path).map_err(|error| UsageError::file("cannot read", path, &error))?;
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let text = String::from_utf8_lossy(&source);
        let (header, problem) = match Header::parse(&text) {
            Ok(header) => (header, None),
            Err(problem) => (None, Some(format!("{}: {problem}", file_name(path)))),
        };
        let remarks = overlooked(&text, header.is_some());
        let remarks = remarks.into_iter().map(|remark| format!("{}: {remark}", path.display())).collect();
        Ok(Workload { name, path: path.to_path_buf(), source_hash: hash(&source), header, problem, remarks })
    }

    /// The argument and expected result at `size`; `None` for a file without a header, which has no sizes.
    ///
    /// # Errors
    /// In words, if the header does not give that size.
    pub fn size(&self, size: Size) -> Result<Option<&SizeSpec>, String> {
        let Some(header) = &self.header else { return Ok(None) };
        match &header.sizes[size as usize] {
            Some(spec) => Ok(Some(spec)),
            None => Err(format!("{}: the header has no line '-- {}: n=...'", file_name(&self.path), size.name())),
        }
    }

    /// Every size that the header gives.
    pub fn sizes(&self) -> impl Iterator<Item = &SizeSpec> {
        self.header.iter().flat_map(|header| header.sizes.iter().flatten())
    }

    /// The lowest Lua version that runs it. A file without a header is tried everywhere.
    pub fn lua(&self) -> LuaVersion {
        self.header.as_ref().map_or(LuaVersion::V51, |header| header.lua)
    }

    /// Its kind, if its header says one.
    pub fn group(&self) -> Option<&str> {
        self.header.as_ref()?.group.as_deref()
    }

    /// Whether it is the text of the clone's workload of its name.
    pub fn is_of_clone(&self) -> bool {
        let Ok(folder) = paths::workloads() else { return false };
        fs::read(folder.join(format!("{}.lua", self.name))).is_ok_and(|source| hash(&source) == self.source_hash)
    }

    /// Whether it belongs to the quick preset.
    pub fn is_core(&self) -> bool {
        self.header.as_ref().is_some_and(|header| header.core)
    }
}

impl Header {
    /// Reads the leading comment lines; `None` if they give no size.
    fn parse(source: &str) -> Result<Option<Header>, String> {
        let mut header = Header {
            title: String::new(),
            probes: String::new(),
            origin: String::new(),
            lua: LuaVersion::V51,
            core: false,
            group: None,
            sizes: [None, None, None],
        };
        for (index, line) in source.lines().enumerate() {
            if !line.starts_with("--") {
                break;
            }
            let Some((key, value)) = key_and_value(line) else { continue };
            header.set(key, value).map_err(|problem| format!("line {}: {problem}", index + 1))?;
        }
        Ok(header.sizes.iter().any(Option::is_some).then_some(header))
    }

    /// Takes one `key: value` line. Other keys are ordinary comments.
    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "title" => self.title = value.to_string(),
            "probes" => self.probes = value.to_string(),
            "origin" => self.origin = value.to_string(),
            "lua" => self.lua = parse_version(value)?,
            "core" => self.core = parse_yes(value)?,
            "group" => self.group = Some(parse_word(value)?),
            _ => {
                if let Some(size) = Size::ALL.into_iter().find(|size| size.name() == key) {
                    self.sizes[size as usize] = Some(SizeSpec::parse(value)?);
                }
            }
        }
        Ok(())
    }
}

/// The name of a file without its folder, which is nobody's business but of the machine.
fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What `-- key: value` says.
fn key_and_value(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.strip_prefix("--")?.split_once(':')?;
    Some((key.trim(), value.trim()))
}

/// What a reader would take for a line of the header: known keys behind a blank line, which ends it, and in a header
/// words that are no keys.
fn overlooked(source: &str, has_header: bool) -> Vec<String> {
    let known: Vec<&str> = KEYS.iter().copied().chain(Size::ALL.map(Size::name)).collect();
    let is_word = |key: &str| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase());
    let mut remarks = Vec::new();
    let mut has_ended = false;
    for (number, line) in (1..).zip(source.lines()) {
        if line.trim().is_empty() {
            has_ended = true;
        } else if !line.starts_with("--") {
            break;
        }
        let Some((key, value)) = key_and_value(line) else { continue };
        if has_ended && known.contains(&key) {
            remarks.push(format!("line {number}: '{key}' stands behind a blank line, which ends the header"));
        } else if has_header && !has_ended && !known.contains(&key) && is_word(key) && !value.starts_with("//") {
            let known = known.join(", ");
            remarks.push(format!("line {number}: '{key}' is no key of a header and says nothing\nknown: {known}"));
        }
    }
    remarks
}

impl SizeSpec {
    /// Reads `n=22 result=17711`. The result is the rest of the line.
    fn parse(text: &str) -> Result<SizeSpec, String> {
        let rest = text.strip_prefix("n=").ok_or_else(|| format!("expected 'n=NUMBER result=TEXT', got '{text}'"))?;
        let (number, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let n = number.parse().map_err(|_| format!("'{number}' is no whole number"))?;
        let rest = rest.trim_start();
        match rest.strip_prefix("result=") {
            Some(result) => Ok(SizeSpec { n, result: Some(result.to_string()) }),
            None if rest.is_empty() => Ok(SizeSpec { n, result: None }),
            None => Err(format!("expected 'result=TEXT' after n, got '{rest}'")),
        }
    }
}

/// Every workload of the clone, by name. The driver is none.
///
/// # Errors
/// [`UsageError`] if the folder or a file in it cannot be read.
pub fn all() -> Result<Vec<Workload>, UsageError> {
    let folder = paths::workloads()?;
    let entries = fs::read_dir(&folder).map_err(|error| UsageError::file("cannot read", &folder, &error))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| UsageError::file("cannot read", &folder, &error))?.path();
        let is_driver = path.file_name().is_some_and(|name| name == "driver.lua");
        if path.extension().is_some_and(|extension| extension == "lua") && !is_driver {
            paths.push(path);
        }
    }
    paths.sort();
    paths.iter().map(|path| Workload::read(path)).collect()
}

fn parse_version(text: &str) -> Result<LuaVersion, String> {
    let known = LuaVersion::ALL.iter().copied();
    known.clone().find(|version| version.name() == text).ok_or_else(|| {
        let names: Vec<&str> = known.map(LuaVersion::name).collect();
        format!("lua is {}, not '{text}'", names.join(" or "))
    })
}

fn parse_yes(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        other => Err(format!("core is yes or no, not '{other}'")),
    }
}

fn parse_word(text: &str) -> Result<String, String> {
    let is_word = !text.is_empty() && text.chars().all(|character| character.is_alphanumeric() || character == '-');
    if is_word { Ok(text.to_string()) } else { Err(format!("a group is one word, not '{text}'")) }
}

/// The hash of a source text as `plan.json` has it.
pub fn hash(source: &[u8]) -> String {
    format!("{:016x}", fnv1a(source))
}

/// The 64-bit FNV-1a hash: enough to tell two versions of a file or two long results apart, not to resist an attacker.
pub fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "-- title: Sum\n-- probes: loops\n-- origin: written for jitlab\n-- lua: 5.4\n-- core: yes\n\
                          -- group: loops\n-- test: n=10 result=55 and more\n-- bench: n=20\n-- A remark: none of our business.\n\
                          return function(n) end\n-- large: n=5 result=1\n";

    #[test]
    fn a_header_is_read_up_to_the_first_line_of_code() {
        let header = Header::parse(SOURCE).unwrap().unwrap();
        assert_eq!(header.title, "Sum");
        assert_eq!((header.lua, header.core, header.group.as_deref()), (LuaVersion::V54, true, Some("loops")));
        assert_eq!(
            header.sizes,
            [
                Some(SizeSpec { n: 10, result: Some("55 and more".to_string()) }),
                Some(SizeSpec { n: 20, result: None }),
                None
            ]
        );
    }

    #[test]
    fn a_file_without_sizes_has_no_header() {
        assert!(Header::parse("-- title: just a script\nprint(1)\n").unwrap().is_none());
        assert!(Header::parse("").unwrap().is_none());
    }

    #[test]
    fn a_wrong_header_line_is_named() {
        for (line, part) in [
            ("-- test: 22", "line 1: expected 'n=NUMBER"),
            ("-- test: n=x result=1", "'x' is no whole number"),
            ("-- test: n=3 answer=1", "expected 'result=TEXT'"),
            ("-- lua: 5.3", "not '5.3'"),
            ("-- core: maybe", "not 'maybe'"),
            ("-- group: two words", "one word, not 'two words'"),
        ] {
            let problem = Header::parse(line).unwrap_err();
            assert!(problem.contains(part), "{problem}");
        }
    }

    #[test]
    fn what_only_looks_like_a_header_is_remarked_on() {
        for (source, part) in [
            ("-- test: n=1\n-- groop: loops\nreturn 1", "line 2: 'groop' is no key of a header"),
            ("-- test: n=1\n\n-- bench: n=2\nreturn 1", "line 3: 'bench' stands behind a blank line"),
            ("-- title: Sum\n  \n-- test: n=2\nreturn 1", "line 3: 'test' stands behind a blank line"),
        ] {
            let has_header = Header::parse(source).unwrap().is_some();
            let remarks = overlooked(source, has_header);
            assert!(remarks.len() == 1 && remarks[0].starts_with(part), "{source}: {remarks:?}");
        }
        let has_more =
            "-- test: n=1\n-- https://example.org\n-- A remark: fine\n\n-- todo: this\nlocal x\n-- bench: n=2";
        assert_eq!(overlooked(has_more, true), Vec::<String>::new());
        assert_eq!(overlooked("-- usage: x\nprint(1)", false), Vec::<String>::new());
        assert!(all().unwrap().iter().all(|workload| workload.remarks.is_empty() && workload.problem.is_none()));
    }

    #[test]
    fn fnv1a_has_its_published_values() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
