//! Yardsticks: real Lua implementations, built from their own sources beside this library by `build.rs`.
//!
//! Knows where they are and what they were made from, nothing about measuring. The program around them is
//! `harness/yardsticks/host.c`; what they run first is `workloads/driver.lua`.

use std::sync::LazyLock;

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

/// The yardsticks that this build has, in the order of tables: PUC Lua, LuaJIT, LuaJIT with its compiler off.
pub fn built() -> &'static [Yardstick] {
    static BUILT: LazyLock<Vec<Yardstick>> = LazyLock::new(|| {
        let lua = PUC_LUA.into_iter();
        let luajit = LUAJIT.into_iter();
        let luajit_off = LUAJIT.map(|on| Yardstick { name: "luajit-joff", arguments: &["-joff"], ..on }).into_iter();
        lua.chain(luajit).chain(luajit_off).collect()
    });
    &BUILT
}

/// Why [`built`] lacks some or all yardsticks, in one line; `None` if it has them all.
pub fn missing() -> Option<&'static str> {
    option_env!("JITLAB_YARDSTICKS_MISSING")
}

const PUC_LUA: Option<Yardstick> = yardstick(
    "lua5.4",
    LuaVersion::V54,
    option_env!("JITLAB_LUA_PATH"),
    [option_env!("JITLAB_LUA_VERSION"), option_env!("JITLAB_LUA_COMPILER"), option_env!("JITLAB_LUA_FLAGS")],
);

const LUAJIT: Option<Yardstick> = yardstick(
    "luajit",
    LuaVersion::V51,
    option_env!("JITLAB_LUAJIT_PATH"),
    [option_env!("JITLAB_LUAJIT_VERSION"), option_env!("JITLAB_LUAJIT_COMPILER"), option_env!("JITLAB_LUAJIT_FLAGS")],
);

/// The build script exports all of a yardstick's variables or none.
const fn yardstick(
    name: &'static str,
    lua: LuaVersion,
    path: Option<&'static str>,
    [version, compiler, flags]: [Option<&'static str>; 3],
) -> Option<Yardstick> {
    match (path, version, compiler, flags) {
        (Some(path), Some(version), Some(compiler), Some(flags)) => {
            Some(Yardstick { name, version, path, arguments: &[], lua, compiler, flags })
        }
        _ => None,
    }
}
