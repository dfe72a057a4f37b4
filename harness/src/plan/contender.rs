//! Contenders: whatever is measured side by side. An engine of this project, a yardstick (a real Lua from outside), or
//! the workload written in Rust.
//!
//! Knows names, versions and how a process for each is started; nothing about times.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;
use engine_api::{EngineInfo, Family};
use serde::{Deserialize, Serialize};

use crate::error::{UsageError, system_words};
use crate::machine::clock::Clock;
use crate::machine::paths;
use crate::plan::engines::Engines;
use crate::plan::knobs::{self, KnobSetting};
use crate::plan::workload::Workload;
use crate::plan::yardsticks::{self, Yardstick};
use crate::plan::{names, native};

/// The name of the contender that is the workload written in Rust.
pub const NATIVE: &str = "native";

/// One column of a comparison. Its identity is its name and its `engine_config`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contender {
    /// The engine's id, the yardstick's name, or `native`.
    pub name: String,
    /// Which of the three it is.
    pub kind: Kind,
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
    /// The interpreter of a [`Kind::Foreign`]. Not recorded: a results folder names no path of its machine.
    #[serde(skip)]
    pub interpreter: Option<PathBuf>,
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
    /// An engine under the given knob values.
    fn engine(info: &EngineInfo, engine_config: String) -> Contender {
        Contender {
            name: info.id.to_string(),
            kind: Kind::Engine,
            engine_config,
            version: info.version.to_string(),
            family: Some(info.family.name().to_string()),
            twin_of: None,
            slowdown_percent: 0,
            interpreter: None,
        }
    }

    fn yardstick(yardstick: &Yardstick) -> Contender {
        Contender {
            name: yardstick.name.to_string(),
            kind: Kind::Yardstick,
            engine_config: String::new(),
            version: yardstick.version.to_string(),
            family: None,
            twin_of: None,
            slowdown_percent: 0,
            interpreter: None,
        }
    }

    fn native() -> Contender {
        Contender {
            name: NATIVE.to_string(),
            kind: Kind::Native,
            engine_config: String::new(),
            version: env!("CARGO_PKG_VERSION").to_string(),
            family: None,
            twin_of: None,
            slowdown_percent: 0,
            interpreter: None,
        }
    }

    /// A Lua that the user brought, as `NAME=PATH`.
    fn foreign(name: &str, path: &str) -> Result<Contender, UsageError> {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        if name.is_empty() || !name.chars().all(is_plain) {
            return Err(UsageError(format!(
                "'{name}={path}' gives '{path}' no usable name\nexpected NAME=PATH with a name of letters, digits, '-', '_' and '.'"
            )));
        }
        let interpreter = Path::new(path).canonicalize().map_err(|error| {
            let words = system_words(&error);
            UsageError(format!("cannot find the interpreter '{path}' of '{name}': {words}"))
        })?;
        Ok(Contender {
            name: name.to_string(),
            kind: Kind::Foreign,
            engine_config: String::new(),
            version: foreign_version(&interpreter)?,
            family: None,
            twin_of: None,
            slowdown_percent: 0,
            interpreter: Some(interpreter),
        })
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

    /// The name of the program behind it: its own, or that of the contender whose twin it is.
    pub fn program(&self) -> &str {
        self.twin_of.as_deref().unwrap_or(&self.name)
    }

    /// The name with the changed knobs, if any: what tables and figures print.
    pub fn label(&self) -> String {
        if self.engine_config.is_empty() { self.name.clone() } else { format!("{} {}", self.name, self.engine_config) }
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
                let lua = yardsticks::built().iter().find(|yardstick| yardstick.name == self.program())?.lua;
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
                    .find(|yardstick| yardstick.name == self.program())
                    .with_context(|| format!("this build has no yardstick '{}'", self.name))?;
                let mut command = Command::new(yardstick.path);
                command.args(yardstick.arguments);
                self.drive(command, job)
            }
            Kind::Foreign => {
                let interpreter = self.interpreter.as_ref().with_context(|| format!("where is '{}'?", self.name))?;
                self.drive(Command::new(interpreter), job)
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
        command.args(["--engine", self.program()]).arg("--workload").arg(job.workload);
        command.args(["--seed", &job.seed.to_string()]);
        command.args(["--max-memory", &job.max_memory_bytes.to_string()]);
        for setting in self.engine_config.split_whitespace() {
            command.args(["--set", setting]);
        }
        Ok(command)
    }

    /// This program as a child.
    fn child_command(&self, job: &Job) -> anyhow::Result<Command> {
        let mut command = Command::new(std::env::current_exe().context("cannot find the running program")?);
        command.arg("child").arg("--samples").arg(job.samples).args(["--clock", job.clock.name()]);
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
        interpreter.arg(job.clock.name());
        if self.slowdown_percent > 0 {
            interpreter.arg(self.slowdown_percent.to_string());
        }
        Ok(interpreter)
    }
}

fn is_zero(percent: &u32) -> bool {
    *percent == 0
}

/// What an interpreter says to `-v`, its first line; `unknown` if it knows no such option.
fn foreign_version(interpreter: &Path) -> Result<String, UsageError> {
    let output = Command::new(interpreter)
        .arg("-v")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| UsageError::file("cannot start", interpreter, &error))?;
    // PUC Lua 5.1 answers on standard error.
    let said = [output.stdout, output.stderr].concat();
    let line = String::from_utf8_lossy(&said).lines().next().unwrap_or_default().trim().to_string();
    Ok(if output.status.success() && !line.is_empty() { line } else { "unknown".to_string() })
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
    /// What iterations are timed by.
    pub clock: Clock,
}

/// Which contenders a command asks for.
#[derive(Debug, Clone)]
pub struct Selection<'a> {
    /// `all`, `none`, or engine ids joined by commas.
    pub engines: &'a str,
    /// `none`, or joined by commas: `auto` (all that this build has, and native), names, `NAME=PATH` for any other
    /// interpreter.
    pub yardsticks: &'a str,
    /// Knob settings.
    pub settings: &'a [KnobSetting],
    /// Whether every contender stands there twice, the second time under another name.
    pub with_twins: bool,
    /// By how many percent slower every contender stands there once more, under a third name.
    pub slowed_percent: Option<u32>,
}

impl Selection<'_> {
    /// The contenders: engines in the order of their list, then yardsticks, then native.
    ///
    /// # Errors
    /// [`UsageError`] for an unknown engine, yardstick or knob, with the list of known ones.
    pub fn resolve(&self, engines: &Engines) -> Result<Vec<Contender>, UsageError> {
        let infos: Vec<&'static EngineInfo> = engines.select(self.engines)?.infos().collect();
        let settings = knobs::resolve(engines, &infos, self.settings)?;
        let selected = infos.iter().zip(settings).map(|(info, settings)| Contender::engine(info, settings.changed()));
        let contenders: Vec<Contender> = selected.chain(select_yardsticks(self.yardsticks, engines)?).collect();
        let twins = if self.with_twins { contenders.iter().map(Contender::twin).collect() } else { Vec::new() };
        let slowed = self
            .slowed_percent
            .iter()
            .flat_map(|percent| contenders.iter().map(|contender| contender.slowed(*percent)));
        let slowed = slowed.collect();
        Ok([contenders, twins, slowed].concat())
    }
}

fn select_yardsticks(selection: &str, engines: &Engines) -> Result<Vec<Contender>, UsageError> {
    if selection == "none" {
        return Ok(Vec::new());
    }
    let known: Vec<Contender> =
        yardsticks::built().iter().map(Contender::yardstick).chain([Contender::native()]).collect();
    let mut selected: Vec<Contender> = Vec::new();
    for wanted in names::parse("--yardsticks", selection)? {
        let found = match wanted.split_once('=') {
            Some((name, path)) => vec![Contender::foreign(name, path)?],
            None if wanted == "auto" => known.clone(),
            None => vec![find_yardstick(wanted, &known)?],
        };
        for contender in found {
            if !selected.contains(&contender) {
                selected.push(contender);
            }
        }
    }
    let is_engine = |contender: &&Contender| engines.find(&contender.name).is_some();
    let taken = duplicate(&selected).or(selected.iter().find(is_engine).map(|contender| contender.name.as_str()));
    match taken {
        Some(name) => Err(UsageError(format!(
            "two contenders are called '{name}'; give the Lua that you bring another name, as in --yardsticks NAME=PATH"
        ))),
        None => Ok(selected),
    }
}

fn find_yardstick(name: &str, known: &[Contender]) -> Result<Contender, UsageError> {
    known.iter().find(|contender| contender.name == name).cloned().ok_or_else(|| {
        let mut error = UsageError::unknown("yardstick", name, known.iter().map(|contender| contender.name.as_str()));
        if let Some(reason) = yardsticks::missing() {
            error.0.push_str(&format!("\nsome are missing from this build: {reason}"));
        }
        error
    })
}

/// A name that two of `contenders` have.
pub(super) fn duplicate(contenders: &[Contender]) -> Option<&str> {
    let names = || contenders.iter().map(|contender| contender.name.as_str());
    (0..).zip(names()).find_map(|(index, name)| names().take(index).any(|other| other == name).then_some(name))
}

/// What `contenders` have to be timed by: a foreign Lua has no other clock than CPU time, and all are timed alike.
pub fn clock_for(contenders: &[Contender]) -> Clock {
    let has_foreign = contenders.iter().any(|contender| contender.kind == Kind::Foreign);
    if has_foreign { Clock::Cpu } else { Clock::Monotonic }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::engines::example;
    use crate::plan::workload;

    #[test]
    fn unknown_names_are_refused_with_the_known_ones() {
        let select_yardsticks = |selection| select_yardsticks(selection, &example::engines());
        let error = select_yardsticks("lua4").unwrap_err().to_string();
        assert!(error.contains("native"), "{error}");
        let error = select_yardsticks("mine=/no/such/lua").unwrap_err().to_string();
        assert!(error.contains("cannot find the interpreter '/no/such/lua' of 'mine'"), "{error}");
        let error = select_yardsticks("native,native=/bin/sh").unwrap_err().to_string();
        assert!(error.contains("two contenders are called 'native'"), "{error}");
        let error = select_yardsticks("compiler=/bin/sh").unwrap_err().to_string();
        assert!(error.contains("two contenders are called 'compiler'"), "{error}");
    }

    #[test]
    fn an_engine_has_the_version_of_its_own_crate() {
        let selection =
            Selection { engines: "all", yardsticks: "none", settings: &[], with_twins: false, slowed_percent: None };
        let contenders = selection.resolve(&example::engines()).unwrap();
        assert_eq!(contenders.iter().map(|contender| contender.version.as_str()).collect::<Vec<_>>(), ["0.3", "0.3"]);
    }

    #[test]
    fn a_foreign_interpreter_makes_everybody_use_its_clock() {
        let built = select_yardsticks("auto", &Engines::none()).unwrap();
        assert_eq!(clock_for(&built), Clock::Monotonic);
        let with_foreign = select_yardsticks("auto,mine=/bin/sh", &Engines::none()).unwrap();
        assert_eq!(with_foreign.len(), built.len() + 1);
        assert_eq!(clock_for(&with_foreign), Clock::Cpu);
    }

    #[test]
    fn native_stands_last_and_runs_no_file_of_the_users() {
        let contenders = select_yardsticks("auto", &Engines::none()).unwrap();
        let native = contenders.last().unwrap();
        assert_eq!(native.kind, Kind::Native);
        let script = Workload {
            name: "fib".to_string(),
            path: "fib.lua".into(),
            source_hash: String::new(),
            header: None,
            remarks: Vec::new(),
        };
        assert_eq!(native.why_not(&script).as_deref(), Some("not written in Rust"));
        let workloads = workload::select(Some("fib,calculator"), false).unwrap();
        let of_clone: Vec<bool> = workloads.iter().map(|workload| native.why_not(workload).is_none()).collect();
        assert_eq!(of_clone, [true, false]);
    }
}
