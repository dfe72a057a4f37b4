//! Plans: everything that is decided before the first process starts. Written to `plan.json`, so that a results folder
//! says what was meant to happen, and so that its analysis needs nothing else.
//!
//! In the files of this room what plans are made of: [`workload`]s, [`contender`]s with their [`knobs`], how much
//! effort ([`preset`]) and in which order ([`schedule`]). Knows nothing of rows and starts no process that is timed.

pub mod workload;

pub mod workload_selection;

pub mod expectation;

pub mod engines;

pub mod contender;

pub mod selection;

pub mod item;

pub mod builds;

pub mod foreign;

pub mod names;

pub mod knobs;

pub mod yardsticks;

pub mod native;

pub mod preset;

pub mod schedule;

pub mod floor;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::error::UsageError;
use crate::machine::clock::Clock;
use crate::machine::terminal;
use crate::plan::contender::{Contender, Kind};
use crate::plan::engines::Engines;
use crate::plan::expectation::{Expect, Expectation, IgnoredLines};
use crate::plan::floor::Floor;
use crate::plan::preset::{IterationRule, Preset};
use crate::plan::schedule::Cell;
use crate::plan::workload::{Size, Workload};

/// The version of the format of a results folder that this tool writes; raised when a column changes its meaning or
/// goes away. What changed is in `results/README.md`.
pub const SCHEMA_VERSION: u32 = 4;

/// The oldest version that this tool still reads: the columns that came later are empty then.
pub const OLDEST_SCHEMA_VERSION: u32 = 1;

/// A plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// [`SCHEMA_VERSION`] of the folder.
    pub schema_version: u32,
    /// The name of the run: that of its folder, unless the user chose one.
    pub run_id: String,
    /// What the run is for.
    #[serde(default, skip_serializing_if = "Purpose::is_comparison")]
    pub purpose: Purpose,
    /// When the plan was made.
    pub created_utc: String,
    /// The preset that the numbers below come from.
    pub preset: Preset,
    /// The size of every workload.
    pub size: Size,
    /// Processes for each pair.
    pub invocations: u32,
    /// Iterations in each process.
    pub iterations: IterationRule,
    /// What all iterations are timed by, in folders from before each contender had its own clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<Clock>,
    /// Decides the order, the seeds of children and their environment's size.
    pub seed: u64,
    /// How results are compared.
    #[serde(default, skip_serializing_if = "is_exact")]
    pub expect: Expect,
    /// The lines of output that do not count: a regular expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_lines: Option<String>,
    /// The arguments of every workload: its `arg`, and the values of its chunk.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// Whether every iteration is a process of its own, so that nothing is warm.
    #[serde(default, skip_serializing_if = "is_false")]
    pub fresh: bool,
    /// The longest wait for one answer of a child, in milliseconds.
    pub time_limit_ms: u64,
    /// The heap limit of an engine and the address space of a yardstick.
    pub max_memory_bytes: u64,
    /// How often a process that the machine disturbed is run again.
    #[serde(default)]
    pub retries: u32,
    /// Whether pairs whose processes have modes are measured as often again. `false` in folders from before that.
    #[serde(default, skip_serializing_if = "is_false")]
    pub doubles_modes: bool,
    /// The time that the run may take: no block starts that would end past it, judged by the mean of those before.
    #[serde(default)]
    pub budget_ns: Option<u64>,
    /// The processor that every child is bound to; `None` leaves the choice to the kernel.
    #[serde(default)]
    pub pinned_cpu: Option<u32>,
    /// The time of the calibration loop before the run.
    #[serde(default)]
    pub calib_ns: Option<u64>,
    /// How long it may take before and after a process, by how it scattered before the run; a process past that is
    /// disturbed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_calib_ns: Option<u64>,
    /// Whether, after the last block, one more process of each pair traces its compiler; it is not timed.
    #[serde(default)]
    pub events: bool,
    /// What an earlier A/A run says of this machine: smaller differences are not to be believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<Floor>,
    /// The contender that speed-ups refer to; `None` if the wanted one is not in the plan.
    pub baseline: Option<String>,
    /// Whatever is compared.
    pub contenders: Vec<Contender>,
    /// Whatever is run.
    pub workloads: Vec<PlannedWorkload>,
    /// Pairs that cannot be tried, with the reason.
    pub not_applicable: Vec<NotApplicable>,
    /// The order of the run: blocks of pairs.
    pub blocks: Vec<Vec<Cell>>,
}

/// What a run is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// To see which contender is how fast.
    #[default]
    Comparison,
    /// To see the effect of each value of a knob.
    Sweep,
    /// To see what each technique of an engine brings.
    Ablation,
}

impl Purpose {
    /// Whether contenders of several kinds stand side by side, and not one engine under several settings.
    pub fn is_comparison(&self) -> bool {
        *self == Purpose::Comparison
    }
}

/// A workload as the plan has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedWorkload {
    /// Its name.
    pub name: String,
    /// Its title, if its header gives one.
    pub title: String,
    /// Its kind, if its header says one. Folders from before there were groups have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Hash of its source.
    pub source_hash: String,
    /// Its argument; `None` for a program.
    pub n: Option<u64>,
    /// What every iteration must give, on one line; `None` until a reference run has said so.
    pub expected: Option<String>,
    /// Who said so: `header`, or the name of a contender.
    pub expected_from: Option<String>,
    /// Why nothing can run it: what is wrong with its header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The file. Not recorded: a results folder names no path of the machine that made it.
    #[serde(skip)]
    pub path: PathBuf,
}

/// A pair that cannot be tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotApplicable {
    /// The pair.
    pub cell: Cell,
    /// Why.
    pub reason: String,
}

/// What a user asks for.
#[derive(Debug, Clone)]
pub struct Wish<'a> {
    /// What the run is for.
    pub purpose: Purpose,
    /// The preset.
    pub preset: Preset,
    /// Another size than the preset's.
    pub size: Option<Size>,
    /// Another number of processes than the preset's.
    pub invocations: Option<u32>,
    /// An exact number of iterations instead of the preset's rule.
    pub iterations: Option<u32>,
    /// In place of both, iterations until the process is steady, so many at most.
    pub until_steady: Option<u32>,
    /// Another argument than the headers' of every workload that is a function.
    pub n: Option<u64>,
    /// How results are compared.
    pub expect: Expect,
    /// The lines of output that do not count.
    pub ignore_lines: Option<&'a str>,
    /// The arguments of every workload.
    pub arguments: &'a [String],
    /// Whether every iteration is a process of its own.
    pub fresh: bool,
    /// The contender that speed-ups refer to.
    pub baseline: &'a str,
    /// The seed.
    pub seed: u64,
    /// The longest wait for one answer of a child.
    pub time_limit_ms: u64,
    /// The memory limit.
    pub max_memory_bytes: u64,
    /// Another number of repetitions of disturbed processes than the preset's.
    pub retries: Option<u32>,
    /// Whether pairs whose processes have modes are measured as often again.
    pub doubles_modes: bool,
    /// The time that the run may take, in nanoseconds.
    pub budget_ns: Option<u64>,
    /// The processor that every child is bound to.
    pub pinned_cpu: Option<u32>,
    /// Whether what compilers do is traced although the preset does not ask for it.
    pub events: bool,
}

impl Plan {
    /// Makes the plan for `contenders` and `workloads`.
    ///
    /// # Errors
    /// [`UsageError`] if nothing would be run, or two contenders have one name.
    pub fn new(wish: &Wish, contenders: Vec<Contender>, workloads: &[Workload]) -> Result<Plan, UsageError> {
        if let Some(name) = contender::duplicate(&contenders) {
            return Err(UsageError(format!("two contenders are called '{name}'; one of them needs another name")));
        }
        let size = wish.size.unwrap_or(wish.preset.size());
        let planned: Vec<_> = workloads.iter().map(|workload| PlannedWorkload::new(workload, size, wish)).collect();
        let (cells, not_applicable) = pair(&contenders, workloads, &planned);
        let of_preset = if wish.fresh { wish.preset.fresh_invocations() } else { wish.preset.invocations() };
        let invocations = wish.invocations.unwrap_or(of_preset);
        if let Some(pattern) = wish.ignore_lines {
            IgnoredLines::new(pattern)?;
        }
        if cells.is_empty() || invocations == 0 {
            return Err(UsageError(why_empty(&contenders, &planned, invocations)));
        }
        let now = jiff::Timestamp::now();
        let has_baseline = contenders.iter().any(|contender| contender.name == wish.baseline);
        let plan = Plan {
            schema_version: SCHEMA_VERSION,
            run_id: format!("{}-{}", now.strftime("%Y%m%dT%H%M%SZ"), wish.seed),
            purpose: wish.purpose,
            created_utc: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            preset: wish.preset,
            size,
            invocations,
            iterations: match (wish.until_steady, wish.iterations) {
                (Some(most), _) => until_steady(most, wish.preset)?,
                _ if wish.fresh => IterationRule::exactly(1),
                (None, Some(count)) => IterationRule::exactly(count),
                (None, None) => wish.preset.iterations(),
            },
            clock: None,
            seed: wish.seed,
            expect: wish.expect,
            ignore_lines: wish.ignore_lines.map(str::to_string),
            arguments: wish.arguments.to_vec(),
            fresh: wish.fresh,
            time_limit_ms: wish.time_limit_ms,
            max_memory_bytes: wish.max_memory_bytes,
            retries: wish.retries.unwrap_or(wish.preset.retries()),
            // A budget is for the planned blocks, and cold iterations are of nothing that has modes.
            doubles_modes: wish.doubles_modes && wish.budget_ns.is_none() && !wish.fresh,
            budget_ns: wish.budget_ns,
            pinned_cpu: wish.pinned_cpu,
            calib_ns: None,
            most_calib_ns: None,
            // A budget is for what is timed.
            events: (wish.events || wish.preset.events()) && wish.budget_ns.is_none(),
            floor: None,
            baseline: has_baseline.then(|| wish.baseline.to_string()),
            contenders,
            workloads: planned,
            not_applicable,
            blocks: schedule::shuffled_blocks(&cells, invocations, wish.seed),
        };
        plan.check_budget()?;
        Ok(plan)
    }

    /// Refuses a budget that one block alone would break.
    fn check_budget(&self) -> Result<(), UsageError> {
        let Some(budget_ns) = self.budget_ns else { return Ok(()) };
        let block_ns = self.estimated_block_ns();
        if block_ns <= budget_ns {
            return Ok(());
        }
        Err(UsageError(format!(
            "the budget of {} is too small: one block of {} takes about {}
\
             take fewer engines or workloads, a smaller preset, or fewer --iterations",
            in_words(budget_ns),
            terminal::count(self.blocks[0].len(), "process"),
            in_words(block_ns),
        )))
    }

    /// How many processes it starts.
    pub fn processes(&self) -> usize {
        self.blocks.iter().map(Vec::len).sum()
    }

    /// What every iteration of a pair must give; `None` if anything will do.
    pub fn expectation(&self, cell: Cell) -> Option<Expectation<'_>> {
        let workload = &self.workloads[cell.workload];
        let text = workload.expected.as_deref()?;
        Some(Expectation { text, by_value: self.compares_by_value(cell) })
    }

    /// Whether the results of a pair are compared by the values of their numbers: if the user says so, or if either
    /// side is a Lua that is not 5.4. Our engines are held to the letter.
    pub fn compares_by_value(&self, cell: Cell) -> bool {
        let from = self.workloads[cell.workload].expected_from.as_ref();
        let source = self.contenders.iter().find(|contender| Some(&contender.name) == from);
        match self.expect {
            Expect::Values => true,
            Expect::Exact => [source, Some(&self.contenders[cell.contender])]
                .into_iter()
                .flatten()
                .any(|contender| !contender.writes_lua_54()),
            Expect::None => false,
        }
    }

    /// What the iterations of a contender are timed by.
    pub fn clock_of(&self, contender: usize) -> Clock {
        self.contenders[contender].clock.or(self.clock).unwrap_or(Clock::Monotonic)
    }

    /// Whether the parent times a batch of calls at the end of each process of a contender: of those without another
    /// clock than CPU time, and of those that they are compared with. CPU time and elapsed time do not compare.
    pub fn times_batches(&self, contender: usize) -> bool {
        let has_no_other = |contender: &Contender| contender.clock == Some(Clock::Cpu);
        let is_baseline = |contender: &Contender| self.baseline.as_ref() == Some(&contender.name);
        let this = &self.contenders[contender];
        has_no_other(this)
            || self
                .contenders
                .iter()
                .any(|other| (is_baseline(this) && has_no_other(other)) || (is_baseline(other) && has_no_other(other)))
    }

    /// The pairs that are traced after the last block: those of engines that compile, but for copies of others.
    pub fn traced(&self) -> Vec<Cell> {
        let mut cells: Vec<Cell> = self.blocks.first().filter(|_| self.events).cloned().unwrap_or_default();
        cells.retain(|cell| {
            let contender = &self.contenders[cell.contender];
            contender.twin_of.is_none() && contender.compiles()
        });
        cells.sort_unstable();
        cells
    }

    /// Fills in what older folders do not say of their contenders: the program behind each name, and the families of
    /// engines, which are looked up by name.
    pub fn complete_contenders(&mut self, engines: &Engines) {
        for contender in self.contenders.iter_mut().filter(|contender| contender.engine_id.is_empty()) {
            contender.engine_id = contender.twin_of.as_ref().unwrap_or(&contender.name).clone();
        }
        let is_open = |contender: &&mut Contender| contender.kind == Kind::Engine && contender.family.is_none();
        for contender in self.contenders.iter_mut().filter(is_open) {
            let engine = engines.find(&contender.engine_id);
            contender.family = engine.map(|engine| engine.info().family.name().to_string());
        }
    }

    /// About how long one block takes, in nanoseconds, if an iteration takes as long as its size is meant to.
    fn estimated_block_ns(&self) -> u64 {
        self.blocks.first().map_or(0, Vec::len) as u64 * self.estimated_process_ns()
    }

    fn estimated_process_ns(&self) -> u64 {
        /// Starting a process, loading, calibrating, writing and synchronising its rows.
        const OVERHEAD_NS: u64 = 60_000_000;
        let iteration_ns = match self.size {
            Size::Test => 20_000_000,
            Size::Bench => 150_000_000,
            Size::Large => 2_000_000_000,
        };
        self.iterations.longest_ns(iteration_ns) + OVERHEAD_NS
    }

    /// About how long the run takes, in nanoseconds: all blocks, or as many as the budget is for, and tracing.
    pub fn estimated_ns(&self) -> u64 {
        let tracing_ns = self.traced().len() as u64 * self.estimated_process_ns();
        self.estimated_block_ns() * u64::from(self.affordable_blocks()) + tracing_ns
    }

    /// How many blocks the budget is for, by the same estimate; all without one.
    fn affordable_blocks(&self) -> u32 {
        let Some(budget_ns) = self.budget_ns else { return self.invocations };
        let blocks = budget_ns / self.estimated_block_ns().max(1);
        u32::try_from(blocks).unwrap_or(u32::MAX).min(self.invocations)
    }

    /// Its cost in one line.
    pub fn cost(&self) -> String {
        let mut cost = format!(
            "{} x {} (size {}) x {}: {}, about {}",
            terminal::count(self.contenders.len(), "contender"),
            terminal::count(self.workloads.len(), "workload"),
            self.size.name(),
            terminal::count(self.invocations, "invocation"),
            terminal::count(self.processes() + self.traced().len(), "process"),
            in_words(self.estimated_ns()),
        );
        let traces = self.traced().len();
        if traces > 0 {
            cost.push_str(&format!("; {traces} of it untimed, to trace compilers"));
        }
        if let Some(budget_ns) = self.budget_ns {
            let blocks = self.affordable_blocks();
            cost.push_str(&format!("; the budget of {} is for about {blocks} of them each", in_words(budget_ns)));
        }
        cost
    }

    /// The pair that a row is about; `None` if it is not in the plan.
    pub fn cell(&self, engine: &str, engine_config: &str, workload: &str) -> Option<Cell> {
        let is_meant = |contender: &Contender| contender.name == engine && contender.engine_config == engine_config;
        Some(Cell {
            contender: self.contenders.iter().position(is_meant)?,
            workload: self.workloads.iter().position(|planned| planned.name == workload)?,
        })
    }

    /// Where the workload files are.
    pub fn workload_path(&self, cell: Cell) -> &Path {
        &self.workloads[cell.workload].path
    }
}

impl PlannedWorkload {
    fn new(workload: &Workload, size: Size, wish: &Wish) -> PlannedWorkload {
        let spec = match wish.n {
            // A header that gives a result for this argument is still right.
            Some(n) => Ok(workload.sizes().find(|spec| spec.n == n)),
            None => workload.size(size),
        };
        let (spec, lacks_size) = match spec {
            Ok(spec) => (spec, None),
            Err(problem) => (None, Some(problem)),
        };
        let expected = spec.and_then(|spec| spec.result.clone()).filter(|_| wish.expect != Expect::None);
        PlannedWorkload {
            name: workload.name.clone(),
            title: workload.header.as_ref().map(|header| header.title.clone()).unwrap_or_default(),
            group: workload.group().map(str::to_string),
            source_hash: workload.source_hash.clone(),
            n: wish.n.or(spec.map(|spec| spec.n)),
            expected_from: expected.as_ref().map(|_| "header".to_string()),
            expected,
            problem: workload.problem.clone().or(lacks_size),
            path: workload.path.clone(),
        }
    }

    /// The name of its copy in a results folder.
    pub fn source_file(&self) -> String {
        format!("{}.lua", self.name.replace('/', "+"))
    }

    /// The source text, as long as it is still the one that was planned.
    ///
    /// # Errors
    /// If the file cannot be read or was changed since.
    pub fn read_source(&self) -> anyhow::Result<Vec<u8>> {
        let source = fs::read(&self.path).with_context(|| format!("cannot read '{}'", self.path.display()))?;
        if workload::hash(&source) != self.source_hash {
            anyhow::bail!("'{}' was changed during the run", self.path.display());
        }
        Ok(source)
    }
}

/// Every pair, apart those that cannot be tried.
fn pair(
    contenders: &[Contender],
    workloads: &[Workload],
    planned: &[PlannedWorkload],
) -> (Vec<Cell>, Vec<NotApplicable>) {
    let mut cells = Vec::new();
    let mut not_applicable = Vec::new();
    for (contender_index, contender) in contenders.iter().enumerate() {
        for (workload_index, workload) in workloads.iter().enumerate() {
            let cell = Cell { contender: contender_index, workload: workload_index };
            match planned[workload_index].problem.clone().or_else(|| contender.why_not(workload)) {
                None => cells.push(cell),
                Some(reason) => not_applicable.push(NotApplicable { cell, reason }),
            }
        }
    }
    (cells, not_applicable)
}

/// The rule of `--until-steady`.
fn until_steady(most: u32, preset: Preset) -> Result<IterationRule, UsageError> {
    if preset == Preset::Quick {
        let words = "--until-steady needs a preset that classifies processes: --preset standard or careful";
        return Err(UsageError(words.to_string()));
    }
    IterationRule::until_steady(most).map_err(|words| UsageError(format!("--until-steady {words}, not {most}")))
}

fn is_false(yes: &bool) -> bool {
    !yes
}

fn is_exact(expect: &Expect) -> bool {
    *expect == Expect::Exact
}

fn why_empty(contenders: &[Contender], workloads: &[PlannedWorkload], invocations: u32) -> String {
    let problems: Vec<&str> = workloads.iter().filter_map(|workload| workload.problem.as_deref()).collect();
    if !problems.is_empty() && problems.len() == workloads.len() {
        return format!("nothing to run: {}", problems.join("\n"));
    }
    let why = if contenders.is_empty() {
        "no contender is selected"
    } else if workloads.is_empty() {
        "no workload is selected"
    } else if invocations == 0 {
        "0 invocations were asked for"
    } else {
        "no contender can run any of the workloads"
    };
    let list = format!("{} list", terminal::program());
    format!("nothing to run: {why}\nsee '{list} engines', '{list} yardsticks' and '{list} workloads'")
}

/// A duration for people, to the precision of a guess.
pub fn in_words(time_ns: u64) -> String {
    let seconds = time_ns.div_ceil(1_000_000_000);
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{:.1} h", seconds as f64 / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::workload::{Header, SizeSpec};
    use crate::plan::yardsticks::LuaVersion;

    fn contender(name: &str, kind: Kind) -> Contender {
        Contender::new(name, kind, "1")
    }

    fn workload(name: &str) -> Workload {
        let header = Header {
            title: name.to_uppercase(),
            probes: String::new(),
            origin: String::new(),
            lua: LuaVersion::V51,
            core: true,
            group: None,
            sizes: [Some(SizeSpec { n: 3, result: Some("6".to_string()) }), None, None],
        };
        Workload {
            name: name.to_string(),
            path: "w.lua".into(),
            source_hash: "0".to_string(),
            header: Some(header),
            problem: None,
            remarks: Vec::new(),
        }
    }

    fn wish() -> Wish<'static> {
        Wish {
            purpose: Purpose::Comparison,
            preset: Preset::Quick,
            size: None,
            invocations: Some(2),
            iterations: None,
            until_steady: None,
            n: None,
            expect: Expect::Exact,
            ignore_lines: None,
            arguments: &[],
            fresh: false,
            baseline: "a",
            seed: 9,
            time_limit_ms: 60_000,
            max_memory_bytes: 1 << 31,
            retries: None,
            doubles_modes: false,
            budget_ns: None,
            pinned_cpu: None,
            events: false,
        }
    }

    #[test]
    fn a_plan_has_every_possible_pair_in_every_block() {
        let contenders = vec![contender("a", Kind::Engine), contender("native", Kind::Native)];
        let plan = Plan::new(&wish(), contenders, &[workload("no_such_native"), workload("nor_this")]).unwrap();
        assert_eq!(plan.processes(), 4);
        assert_eq!(plan.not_applicable.len(), 2);
        assert_eq!(plan.baseline.as_deref(), Some("a"));
        assert_eq!(plan.workloads[0].expected.as_deref(), Some("6"));
        assert!(plan.cost().contains("4 processes"), "{}", plan.cost());
        assert!(plan.run_id.ends_with("Z-9"), "{}", plan.run_id);
    }

    #[test]
    fn a_plan_survives_json_but_for_the_path() {
        let mut plan = Plan::new(&wish(), vec![contender("a", Kind::Engine)], &[workload("w")]).unwrap();
        let text = serde_json::to_string(&plan).unwrap();
        assert!(!text.contains("w.lua"));
        plan.workloads[0].path = PathBuf::new();
        assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
    }

    #[test]
    fn an_empty_plan_says_what_is_missing() {
        let engine = || vec![contender("a", Kind::Engine)];
        let none = Wish { invocations: Some(0), ..wish() };
        for (result, part) in [
            (Plan::new(&wish(), vec![], &[workload("w")]), "no contender"),
            (Plan::new(&wish(), engine(), &[]), "no workload"),
            (Plan::new(&none, engine(), &[workload("w")]), "0 invocations"),
            (Plan::new(&wish(), vec![contender("native", Kind::Native)], &[workload("w")]), "can run any"),
            (Plan::new(&Wish { size: Some(Size::Large), ..wish() }, engine(), &[workload("w")]), "'-- large: n=...'"),
        ] {
            let problem = result.unwrap_err().to_string();
            assert!(problem.contains(part), "{problem}");
        }
    }

    #[test]
    fn no_two_contenders_have_one_name() {
        let contenders = vec![contender("a", Kind::Engine), contender("a'", Kind::Engine)];
        let twins: Vec<Contender> = contenders.iter().map(Contender::twin).collect();
        let problem = Plan::new(&wish(), [contenders, twins].concat(), &[workload("w")]).unwrap_err().to_string();
        assert!(problem.starts_with("two contenders are called 'a\''"), "{problem}");
    }

    #[test]
    fn a_budget_is_announced_and_must_hold_one_block() {
        let contenders = || vec![contender("a", Kind::Engine)];
        let with = |budget_ns| Wish { budget_ns: Some(budget_ns), invocations: Some(100), ..wish() };
        let plan = Plan::new(&with(10_000_000_000), contenders(), &[workload("w")]).unwrap();
        assert!(plan.cost().contains("the budget of 10 s is for about 21 of them each"), "{}", plan.cost());
        assert!(plan.estimated_ns() <= 10_000_000_000);
        let problem = Plan::new(&with(1_000_000), contenders(), &[workload("w")]).unwrap_err().to_string();
        assert!(problem.contains("one block of 1 process takes about 1 s"), "{problem}");
    }

    #[test]
    fn durations_are_rounded_up() {
        assert_eq!(in_words(1), "1 s");
        assert_eq!(in_words(119_000_000_000), "119 s");
        assert_eq!(in_words(121_000_000_000), "3 min");
        assert_eq!(in_words(9_000_000_000_000), "2.5 h");
    }
}
