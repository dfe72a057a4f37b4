//! Yardsticks: real Lua implementations, built from their own sources beside this library by `build.rs`.
//!
//! Knows where they are and what they were made from, nothing about measuring. Which ones there are is data, in
//! `harness/yardsticks/yardsticks.json`. The program around them is `harness/yardsticks/host.c`; what they run first is
//! `workloads/driver.lua`.

/// What the build script reads the data by. It is compiled into that program, and here for its tests only.
#[cfg(test)]
mod list;

/// One interpreter to compare with. An executable may give several, told apart by their arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Yardstick {
    /// The name on the command line, in CSV files and in figures.
    pub name: &'static str,
    /// What it calls itself, as `Lua 5.4.9`.
    pub version: &'static str,
    /// The executable, an absolute path.
    pub path: &'static str,
    /// What stands on its command line before the script.
    pub arguments: &'static [&'static str],
    /// The language that it runs.
    pub lua: LuaVersion,
    /// The C compiler that built it, with its version.
    pub compiler: &'static str,
    /// How it was built.
    pub flags: &'static str,
}

/// A version of the Lua language: what an interpreter runs, and the lowest that a workload needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LuaVersion {
    /// Lua 5.1, the language of LuaJIT.
    V51,
    /// Lua 5.4.
    V54,
}

impl LuaVersion {
    /// Every version, the lowest first.
    pub const ALL: &'static [LuaVersion] = &[LuaVersion::V51, LuaVersion::V54];

    /// The version as workload headers write it.
    pub fn name(self) -> &'static str {
        match self {
            LuaVersion::V51 => "5.1",
            LuaVersion::V54 => "5.4",
        }
    }

    /// Whether an interpreter of this version runs a workload that needs `lowest`.
    pub fn runs(self, lowest: LuaVersion) -> bool {
        self >= lowest
    }
}

// What `yardsticks/yardsticks.json` lists and the build script has made of it: DECLARED, BUILT and MISSING.
include!(concat!(env!("OUT_DIR"), "/yardsticks.rs"));

/// The yardsticks that this build has, in the order of tables.
pub fn built() -> &'static [Yardstick] {
    BUILT
}

/// The colour of a yardstick in figures, as red, green and blue, whether this build has it or not; `None` for any other
/// contender.
pub fn colour(name: &str) -> Option<(u8, u8, u8)> {
    DECLARED.iter().find(|(declared, _)| *declared == name).map(|(_, colour)| *colour)
}

/// The names of all yardsticks that there would be if nothing was missing, in the order of tables.
pub fn declared() -> impl Iterator<Item = &'static str> {
    DECLARED.iter().map(|(name, _)| *name)
}

/// Why [`built`] lacks some or all yardsticks, in one line; `None` if it has them all.
pub fn missing() -> Option<&'static str> {
    MISSING
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_yardstick_is_the_same_in_every_clone() {
        for yardstick in built() {
            let bytes = std::fs::read(yardstick.path).unwrap();
            let here = [Some(Path::new(env!("CARGO_MANIFEST_DIR"))), Path::new(yardstick.path).parent()];
            for folder in here.into_iter().flatten() {
                let folder = folder.as_os_str().as_encoded_bytes();
                let is_there = bytes.windows(folder.len()).any(|window| window == folder);
                assert!(!is_there, "{} has a path of this clone in it", yardstick.name);
            }
        }
    }
}
