//! `harness sweep`: an engine under several values of a knob, the rest being equal. A plan like any other: contenders
//! that differ in a setting, with the engine as it is by default for a baseline.

use std::process::ExitCode;

use clap::Args;

use super::effort::EffortArguments;
use super::{KnobArguments, WorkloadArguments, compare};
use crate::error::UsageError;
use crate::machine::interruption::Interruption;
use crate::machine::terminal;
use crate::plan::engines::Engines;
use crate::plan::knobs::KnobSetting;
use crate::plan::preset::Preset;
use crate::plan::selection::{self, Selection};
use crate::plan::{Plan, Purpose, workload_selection};

/// Processes for each pair with the quick preset, whose five are too few to tell small effects.
const QUICK_INVOCATIONS: u32 = 10;

/// Options of `harness sweep`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A knob and its values; of several knobs one is changed at a time
    #[arg(value_name = "KNOB=V1,V2,..", required = true)]
    knobs: Vec<String>,

    /// The engine
    #[arg(long, value_name = "ENGINE")]
    engine: String,

    #[command(flatten)]
    settings: KnobArguments,

    #[command(flatten)]
    workloads: WorkloadArguments,

    #[command(flatten)]
    effort: EffortArguments,
}

/// Plans, measures, records, and prints the effect of each value.
///
/// # Errors
/// Those of [`compare::execute`]; [`UsageError`] for a knob without values.
pub fn execute(arguments: Arguments, engines: &Engines) -> anyhow::Result<ExitCode> {
    let mut settings = Vec::new();
    for text in &arguments.knobs {
        let Some((knob, values)) = text.split_once('=').filter(|(knob, values)| !knob.is_empty() && !values.is_empty())
        else {
            return Err(UsageError(format!("'{text}' names no values\nexpected KNOB=V1,V2,..")).into());
        };
        settings.extend(values.split(',').map(|value| format!("{knob}={value}")));
    }
    measure_settings(&Request {
        engine: &arguments.engine,
        settings: &settings,
        common: &arguments.settings.settings(),
        purpose: Purpose::Sweep,
        workloads: &arguments.workloads,
        effort: arguments.effort,
        engines,
    })
}

/// What [`measure_settings`] is asked for.
pub(super) struct Request<'a> {
    /// The engine's id.
    pub(super) engine: &'a str,
    /// What each contender sets, as `KNOB=VALUE`.
    pub(super) settings: &'a [String],
    /// What all of them set.
    pub(super) common: &'a [KnobSetting],
    /// Why.
    pub(super) purpose: Purpose,
    /// On what.
    pub(super) workloads: &'a WorkloadArguments,
    /// With how much effort.
    pub(super) effort: EffortArguments,
    /// The engines that there are.
    pub(super) engines: &'a Engines,
}

/// Compares an engine with itself under each of some settings.
///
/// # Errors
/// Those of [`compare::execute`].
pub(super) fn measure_settings(request: &Request) -> anyhow::Result<ExitCode> {
    let interruption = Interruption::listen()?;
    let engine = request.engines.named(request.engine)?.info().id;
    let items: Vec<String> = std::iter::once(engine.to_string())
        .chain(request.settings.iter().map(|setting| format!("{engine}:{setting}")))
        .collect();
    let selection = Selection { settings: request.common, ..Selection::single(&items, selection::NONE) };
    let mut contenders = selection.resolve(request.engines)?;
    let own_config = contenders[0].engine_config.clone();
    // What sets what holds anyway would be the baseline once more.
    contenders.retain(|contender| {
        let is_same = contender.name != engine && contender.engine_config == own_config;
        if is_same {
            terminal::note(&format!("{} is {engine} as it is: the baseline", contender.name));
        }
        !is_same
    });
    if contenders.len() < 2 {
        return Err(UsageError("there is nothing to compare: no setting changes anything".to_string()).into());
    }
    let workloads = workload_selection::select(&request.workloads.workloads, request.effort.preset.core_only())?;
    let mut wish = request.effort.wish(request.workloads, request.purpose, engine)?;
    if request.effort.preset == Preset::Quick && !request.effort.fresh {
        wish.invocations = wish.invocations.or(Some(QUICK_INVOCATIONS));
    }
    compare::carry_out(Plan::new(&wish, contenders, &workloads)?, &request.effort, request.engines, &interruption)
}
