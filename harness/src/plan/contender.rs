//! Contenders: whatever is measured side by side. An engine of this project, in this build or in another; a yardstick
//! (a real Lua from outside); or the workload written in Rust.
//!
//! Knows names, versions and how a process for each is started; nothing about times. Which contenders a command line
//! asks for is [`crate::plan::selection`]'s.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use engine_api::{EngineInfo, Family};
use serde::{Deserialize, Serialize};

use crate::machine::clock::Clock;
use crate::machine::paths;
use crate::plan::builds::{Build, PROTOCOL_VERSION, own_profile};
use crate::plan::foreign::{self, Foreign};
use crate::plan::native;
use crate::plan::workload::Workload;
use crate::plan::yardsticks::{self, Yardstick};

/// The name of the contender that is the workload written in Rust.
pub const NATIVE: &str = "native";

/// One column of a comparison. Its identity is its name and its `engine_config`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contender {
    /// What it is called: the engine's id, the yardstick's name, `native`, or what the user calls it.
    pub name: String,
    /// Which of the three it is.
    pub kind: Kind,
    /// The engine's id, the yardstick's name, or `native`: the program behind it, whatever it is called.
    #[serde(default)]
    pub engine_id: String,
    /// The build that an engine is of, by the name that the user gave it; `None` for this program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
    /// An engine's knobs that differ from their defaults, as `name=value` joined by spaces; else empty.
    pub engine_config: String,
    /// The version: what an engine or a yardstick says of itself, or that of this project.
    pub version: String,
    /// An engine's family by its name, which [`Contender::family`] reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// In an A/A arm or a slowed one, the contender that this one is once more, under another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin_of: Option<String>,
    /// In a slowed arm, by how many percent every iteration is made to take longer; else 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub slowdown_percent: u32,
    /// What its iterations are timed by: the best clock that it has. `None` in folders from before each contender had
    /// its own; [`crate::plan::Plan::clock_of`] reads both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<Clock>,
    /// The language of a yardstick, as it says itself: `Lua 5.4`. `None` for all others, in older folders, and of a Lua
    /// that the user brought and that does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lua: Option<String>,
    /// Hash of the program of another build, or of what runs when a yardstick runs: its executable, arguments and driver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program_hash: Option<String>,
    /// How another build was compiled, if that is otherwise than the program that made the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_profile: Option<String>,
    /// The program of another build or of a [`Kind::Foreign`], and the arguments before all others. Not recorded: a
    /// results folder names no path of its machine.
    #[serde(skip)]
    pub program: Vec<PathBuf>,
}

/// What sort of contender it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An engine of this project.
    Engine,
    /// A real Lua, built from its own source.
    Yardstick,
    /// A Lua that the user brought.
    Foreign,
    /// The workload written in Rust.
    Native,
}

impl Contender {
    /// One of which nothing but this is known.
    pub fn new(name: &str, kind: Kind, version: &str) -> Contender {
        Contender {
            name: name.to_string(),
            kind,
            engine_id: name.to_string(),
            build: None,
            engine_config: String::new(),
            version: version.to_string(),
            family: None,
            twin_of: None,
            slowdown_percent: 0,
            clock: Some(Clock::Monotonic),
            lua: None,
            program_hash: None,
            other_profile: None,
            program: Vec::new(),
        }
    }

    /// An engine of this program, or of another build, under the given knob values.
    pub(super) fn engine(name: &str, info: &EngineInfo, build: Option<&Build>, engine_config: String) -> Contender {
        Contender {
            engine_id: info.id.to_string(),
            build: build.map(|build| build.name.clone()),
            engine_config,
            family: Some(info.family.name().to_string()),
            program_hash: build.map(|build| build.hash.clone()),
            other_profile: build.map(|build| build.profile.clone()).filter(|profile| *profile != own_profile()),
            program: build.map(|build| build.program.clone()).into_iter().collect(),
            ..Contender::new(name, Kind::Engine, info.version)
        }
    }

    pub(super) fn yardstick(yardstick: &Yardstick) -> Contender {
        let command = std::iter::once(yardstick.path).chain(yardstick.arguments.iter().copied());
        Contender {
            lua: Some(format!("Lua {}", yardstick.lua.name())),
            program_hash: Some(foreign::hash(&command.map(PathBuf::from).collect::<Vec<_>>())),
            ..Contender::new(yardstick.name, Kind::Yardstick, yardstick.version)
        }
    }

    pub(super) fn native() -> Contender {
        Contender::new(NATIVE, Kind::Native, env!("CARGO_PKG_VERSION"))
    }

    /// A Lua that the user brought.
    pub(super) fn foreign(foreign: Foreign) -> Contender {
        Contender {
            clock: Some(foreign.clock),
            lua: foreign.lua,
            program_hash: Some(foreign.hash),
            program: foreign.command,
            ..Contender::new(&foreign.name, Kind::Foreign, &foreign.version)
        }
    }

    /// The same contender once more, under the name `NAME'`: the other side of an A/A comparison.
    pub fn twin(&self) -> Contender {
        Contender { name: format!("{}'", self.name), twin_of: Some(self.name.clone()), ..self.clone() }
    }

    /// The same contender once more, under the name `NAME+5%`, made slower by so many percent.
    pub fn slowed(&self, percent: u32) -> Contender {
        let name = format!("{}+{percent}%", self.name);
        Contender { name, twin_of: Some(self.name.clone()), slowdown_percent: percent, ..self.clone() }
    }

    /// Whether it is the other side of an A/A comparison.
    pub fn is_twin(&self) -> bool {
        self.twin_of.is_some() && self.slowdown_percent == 0
    }

    /// The name, with the changed knobs if it is the plain name of an engine: what tables and figures print. A name
    /// that the user has chosen, or that has its knobs in it, says enough.
    pub fn label(&self) -> String {
        let own_name = self.twin_of.as_ref().unwrap_or(&self.name);
        if self.engine_config.is_empty() || *own_name != self.engine_id {
            return self.name.clone();
        }
        format!("{} {}", self.name, self.engine_config)
    }

    /// What the label does not say: the engine, the build and the knobs behind a chosen name; nothing if it says all.
    pub fn behind_label(&self) -> String {
        let own_name = self.twin_of.as_ref().unwrap_or(&self.name);
        if *own_name == self.engine_id {
            return String::new();
        }
        let build = self.build.as_ref().map(|build| format!("{build}/")).unwrap_or_default();
        let behind = format!("{build}{} {}", self.engine_id, self.engine_config).trim_end().to_string();
        if behind == *own_name { String::new() } else { behind }
    }

    /// What its results are the text of: Lua 5.4, in which a whole float is not written as an integer is.
    pub fn writes_lua_54(&self) -> bool {
        match self.kind {
            Kind::Engine | Kind::Native => true,
            Kind::Yardstick | Kind::Foreign => self.lua.as_deref() == Some("Lua 5.4"),
        }
    }

    /// The family of an engine; `None` for everything else.
    pub fn family(&self) -> Option<Family> {
        Family::named(self.family.as_deref()?)
    }

    /// Whether it is an engine of a family that compiles, so that there are events to trace.
    pub fn compiles(&self) -> bool {
        match self.family() {
            Some(Family::MethodJit | Family::LoopJit | Family::TracingJit | Family::Tiered) => true,
            Some(Family::TreeInterpreter | Family::BytecodeInterpreter) | None => false,
        }
    }

    /// Why this contender cannot run `workload` at all; `None` if it can be tried.
    pub fn why_not(&self, workload: &Workload) -> Option<String> {
        match self.kind {
            // Which Lua a foreign interpreter runs shows itself when it is tried.
            Kind::Engine | Kind::Foreign => None,
            Kind::Yardstick => {
                let lua = yardsticks::built().iter().find(|yardstick| yardstick.name == self.engine_id)?.lua;
                let lowest = workload.lua();
                let too_old = !lua.runs(lowest);
                too_old.then(|| format!("needs Lua {}, {} runs Lua {}", lowest.name(), self.name, lua.name()))
            }
            Kind::Native => {
                // A program of the user's may have the name of a workload.
                let is_there = native::find(&workload.name).is_some() && workload.is_of_clone();
                (!is_there).then(|| "not written in Rust".to_string())
            }
        }
    }

    /// The command of one child process, ready but for its environment and its streams. See the child protocol in
    /// `harness/METHODOLOGY.md`.
    ///
    /// # Errors
    /// If this build lacks the contender, or the path of the running program cannot be found.
    pub fn command(&self, job: &Job) -> anyhow::Result<Command> {
        match self.kind {
            Kind::Engine => self.engine_command(job),
            Kind::Yardstick => {
                let yardstick = yardsticks::built()
                    .iter()
                    .find(|yardstick| yardstick.name == self.engine_id)
                    .with_context(|| format!("this build has no yardstick '{}'", self.name))?;
                let mut command = Command::new(yardstick.path);
                command.args(yardstick.arguments);
                self.drive(command, job)
            }
            Kind::Foreign => {
                let (interpreter, arguments) =
                    self.program.split_first().with_context(|| format!("where is '{}'?", self.name))?;
                let mut command = Command::new(interpreter);
                command.args(arguments);
                self.drive(command, job)
            }
            Kind::Native => {
                let mut command = self.child_command(job)?;
                command.arg("--native").arg(job.workload.file_stem().unwrap_or_default());
                Ok(command)
            }
        }
    }

    fn engine_command(&self, job: &Job) -> anyhow::Result<Command> {
        let mut command = self.child_command(job)?;
        command.args(["--engine", &self.engine_id]).arg("--workload").arg(job.workload);
        command.args(["--seed", &job.seed.to_string()]);
        command.args(["--max-memory", &job.max_memory_bytes.to_string()]);
        for setting in self.engine_config.split_whitespace() {
            command.args(["--set", setting]);
        }
        if let Some(events) = job.events {
            command.arg("--events").arg(events);
        }
        if !job.arguments.is_empty() {
            command.arg("--").args(job.arguments);
        }
        Ok(command)
    }

    /// This program, or that of another build, as a child.
    fn child_command(&self, job: &Job) -> anyhow::Result<Command> {
        let program = match (self.program.first(), &self.build) {
            (Some(program), _) => program.clone(),
            (None, Some(build)) => anyhow::bail!("where is the build '{build}'?"),
            (None, None) => std::env::current_exe().context("cannot find the running program")?,
        };
        let mut command = Command::new(program);
        command.args(["child", "--protocol", &PROTOCOL_VERSION.to_string()]).arg("--samples").arg(job.samples);
        if self.slowdown_percent > 0 {
            command.args(["--slowed", &self.slowdown_percent.to_string()]);
        }
        if let Some(n) = job.n {
            command.args(["--n", &n.to_string()]);
        }
        Ok(command)
    }

    /// An interpreter under the driver.
    fn drive(&self, mut interpreter: Command, job: &Job) -> anyhow::Result<Command> {
        interpreter.arg(paths::driver()?).arg(job.workload);
        interpreter.arg(job.n.map_or("-".to_string(), |n| n.to_string())).arg(job.samples);
        interpreter.arg(match (job.clock, job.is_single) {
            (Clock::Cpu, true) => "cpu-once",
            (clock, _) => clock.name(),
        });
        interpreter.arg(self.slowdown_percent.to_string()).args(job.arguments);
        Ok(interpreter)
    }
}

fn is_zero(percent: &u32) -> bool {
    *percent == 0
}

/// What one child is asked to do.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// The workload's file.
    pub workload: &'a Path,
    /// Its argument; `None` to measure the chunk itself.
    pub n: Option<u64>,
    /// Where the child appends its samples.
    pub samples: &'a Path,
    /// Fixes string hashes and random numbers of an engine.
    pub seed: u64,
    /// The heap limit of an engine.
    pub max_memory_bytes: u64,
    /// What a Lua from outside times iterations by.
    pub clock: Clock,
    /// Whether a sample is one call even by a clock that is too coarse for it.
    pub is_single: bool,
    /// The workload's arguments.
    pub arguments: &'a [String],
    /// Where an engine's events go, of a process that traces them.
    pub events: Option<&'a Path>,
}

/// A name that two of `contenders` have.
pub(super) fn duplicate(contenders: &[Contender]) -> Option<&str> {
    let names = || contenders.iter().map(|contender| contender.name.as_str());
    (0..).zip(names()).find_map(|(index, name)| names().take(index).any(|other| other == name).then_some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_says_once_what_is_set() {
        let contender = |name: &str, engine_config: &str| Contender {
            engine_id: "vm".to_string(),
            engine_config: engine_config.to_string(),
            ..Contender::new(name, Kind::Engine, "1")
        };
        for (name, config, label, behind) in [
            ("vm", "", "vm", ""),
            ("vm", "gc-every=1", "vm gc-every=1", ""),
            ("hot", "gc-every=1", "hot", "vm gc-every=1"),
            ("vm:gc-every=1", "gc-every=1", "vm:gc-every=1", "vm gc-every=1"),
        ] {
            let contender = contender(name, config);
            assert_eq!((contender.label().as_str(), contender.behind_label().as_str()), (label, behind));
        }
        assert_eq!(contender("vm", "gc-every=1").twin().label(), "vm' gc-every=1");
        let old = Contender { build: Some("old".to_string()), ..contender("old/vm", "") };
        assert_eq!((old.label().as_str(), old.behind_label().as_str()), ("old/vm", ""));
    }
}
