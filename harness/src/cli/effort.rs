//! How much effort a run makes and where it goes: the options that every command which measures shares.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;

use super::WorkloadArguments;
use super::values::{MAX_MEMORY_BYTES, seconds};
use crate::analyse::Analysis;
use crate::error::UsageError;
use crate::machine;
use crate::machine::terminal;
use crate::plan::engines::Engines;
use crate::plan::floor::Floor;
use crate::plan::preset::Preset;
use crate::plan::workload::Size;
use crate::plan::{Purpose, Wish, schedule};
use crate::record::environment::Environment;
use crate::record::load::Recorded;

/// Options of every command that measures.
#[derive(Debug, Args)]
pub struct EffortArguments {
    /// How much effort to make
    #[arg(long, value_enum, default_value_t = Preset::Quick)]
    pub preset: Preset,

    /// Size of every workload, instead of the preset's
    #[arg(long, value_enum)]
    size: Option<Size>,

    /// Processes for each pair of contender and workload, instead of the preset's number
    #[arg(long, value_name = "N")]
    pub invocations: Option<u32>,

    /// Exactly so many iterations in each process, instead of the preset's rule
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    iterations: Option<u32>,

    /// Iterations until the process is steady and has been so for as long again, at most so many; the fresh ones count
    #[arg(long, value_name = "MAX", conflicts_with = "iterations")]
    until_steady: Option<u32>,

    /// Every iteration is a process of its own, so that nothing is warm
    #[arg(long, conflicts_with_all = ["iterations", "until_steady"])]
    pub fresh: bool,

    /// Decides the order of processes and what varies between them; random by default, always recorded
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Longest wait for one answer of a process, in seconds
    #[arg(long, value_name = "S", default_value_t = 60.0, value_parser = seconds)]
    time_limit: f64,

    /// How often a process that the machine disturbed is run again, instead of the preset's number
    #[arg(long, value_name = "N")]
    retries: Option<u32>,

    /// The time that the run may take, as 90s, 10m or 1.5h: no block starts that would end past it
    #[arg(long, value_name = "TIME", value_parser = duration_ns)]
    budget: Option<u64>,

    /// Do not measure pairs as often again whose processes fall into modes
    #[arg(long)]
    no_doubling: bool,

    /// The processor that every process is bound to: auto, off, or its number
    #[arg(long, value_name = "CPU", default_value = "auto")]
    pin: Pin,

    /// After the last block, trace what compilers do, in one more, untimed process of each pair; presets standard and
    /// careful do so without being asked, unless there is a budget
    #[arg(long)]
    events: bool,

    /// A run with an A/A arm on this machine: differences below its floor are not believed
    #[arg(long, value_name = "DIR")]
    floor: Option<PathBuf>,

    /// The results folder, which must not exist [default: results/UTC_TIME-SEED]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

impl EffortArguments {
    /// What a user asks for by these options and those for workloads.
    ///
    /// # Errors
    /// [`UsageError`] for a processor that is not for this process.
    pub fn wish<'a>(
        &self,
        workloads: &'a WorkloadArguments,
        purpose: Purpose,
        baseline: &'a str,
    ) -> Result<Wish<'a>, UsageError> {
        Ok(Wish {
            purpose,
            preset: self.preset,
            size: self.size,
            invocations: self.invocations,
            iterations: self.iterations,
            until_steady: self.until_steady,
            n: workloads.n,
            expect: workloads.expect,
            ignore_lines: workloads.ignore_lines.as_deref(),
            arguments: &workloads.arguments,
            fresh: self.fresh,
            baseline,
            seed: self.seed.unwrap_or_else(schedule::fresh_seed),
            time_limit_ms: (self.time_limit * 1000.0).ceil() as u64,
            max_memory_bytes: MAX_MEMORY_BYTES,
            retries: self.retries,
            doubles_modes: !self.no_doubling,
            budget_ns: self.budget,
            pinned_cpu: self.pin.resolve()?,
            events: self.events,
        })
    }

    /// The floor of the run in `--floor`, if that is given.
    ///
    /// # Errors
    /// Those of reading it; [`UsageError`] if it has none, or is of another processor.
    pub fn floor(&self, engines: &Engines, here: &Environment) -> anyhow::Result<Option<Floor>> {
        self.floor.as_ref().map(|folder| floor_of(folder, engines, here)).transpose()
    }
}

/// Which processor children are bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pin {
    /// One that this tool chooses.
    Auto,
    /// None.
    Off,
    /// This one.
    Cpu(u32),
}

impl FromStr for Pin {
    type Err = String;

    fn from_str(text: &str) -> Result<Pin, String> {
        match text {
            "auto" => Ok(Pin::Auto),
            "off" => Ok(Pin::Off),
            number => {
                number.parse().map(Pin::Cpu).map_err(|_| "expected auto, off or the number of a processor".into())
            }
        }
    }
}

impl Pin {
    fn resolve(self) -> Result<Option<u32>, UsageError> {
        match self {
            Pin::Auto => Ok(machine::cpu_for_children()),
            Pin::Off => Ok(None),
            Pin::Cpu(cpu) if machine::allowed_cpus().contains(&cpu) => Ok(Some(cpu)),
            Pin::Cpu(cpu) => {
                let allowed: Vec<String> = machine::allowed_cpus().iter().map(u32::to_string).collect();
                Err(UsageError(format!("processor {cpu} is not for this process\nallowed: {}", allowed.join(", "))))
            }
        }
    }
}

/// The floor that the run in `folder` found, if that was on this processor.
fn floor_of(folder: &Path, engines: &Engines, here: &Environment) -> anyhow::Result<Floor> {
    let recorded = Recorded::read(folder, engines)?;
    let floor = Analysis::new(&recorded).own_floor.ok_or_else(|| {
        let (folder, program) = (folder.display(), terminal::program());
        UsageError(format!("'{folder}' has no A/A arm that finished; '{program} compare --aa' makes one"))
    })?;
    if floor.cpu_model != here.machine.cpu_model {
        let folder = folder.display();
        return Err(UsageError(format!("the floor in '{folder}' is of another processor than this one")).into());
    }
    Ok(floor)
}

/// Reads a duration with its unit, `90s`, `10m` or `1.5h`, as nanoseconds; without a unit it is seconds.
fn duration_ns(text: &str) -> Result<u64, String> {
    let (number, unit_s) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) if text.ends_with('h') => (number, 3600.0),
        Some(number) if text.ends_with('m') => (number, 60.0),
        Some(number) => (number, 1.0),
        None => (text, 1.0),
    };
    seconds(number).map(|count| (count * unit_s * 1e9) as u64).map_err(|_| "expected a time as 90s, 10m or 1.5h".into())
}
