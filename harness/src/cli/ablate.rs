//! `harness ablate`: what each technique of an engine brings, by turning one off at a time.

use std::process::ExitCode;

use clap::Args;
use engine_api::EngineInfo;

use super::effort::EffortArguments;
use super::sweep::{Request, measure_settings};
use super::{KnobArguments, WorkloadArguments};
use crate::error::UsageError;
use crate::plan::engines::Engines;
use crate::plan::{Purpose, names};

/// Options of `harness ablate`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The engine
    #[arg(long, value_name = "ENGINE")]
    engine: String,

    /// The knobs that are turned off, joined by commas; by default all that are on and can be off
    #[arg(long, value_name = "KNOB,..")]
    knobs: Option<String>,

    #[command(flatten)]
    settings: KnobArguments,

    #[command(flatten)]
    workloads: WorkloadArguments,

    #[command(flatten)]
    effort: EffortArguments,
}

/// Plans, measures, records, and prints the effect of each technique.
///
/// # Errors
/// Those of [`measure_settings`]; [`UsageError`] for a knob that the engine does not have or that cannot be turned off.
pub fn execute(arguments: Arguments, engines: &Engines) -> anyhow::Result<ExitCode> {
    let info = engines.named(&arguments.engine)?.info();
    let settings = techniques(info, arguments.knobs.as_deref())?;
    measure_settings(&Request {
        engine: &arguments.engine,
        settings: &settings,
        common: &arguments.settings.settings(),
        purpose: Purpose::Ablation,
        workloads: &arguments.workloads,
        effort: arguments.effort,
        engines,
    })
}

/// The settings that turn the named knobs off, or all that can be.
fn techniques(info: &EngineInfo, named: Option<&str>) -> Result<Vec<String>, UsageError> {
    let off = |knob: &engine_api::KnobSpec| knob.off_value().map(|value| format!("{}={value}", knob.name));
    let Some(list) = named else {
        let all: Vec<String> = info.knobs.iter().filter_map(off).collect();
        return if all.is_empty() {
            Err(UsageError(format!("no knob of '{}' can be turned off; '{} list knobs' has all", info.id, program())))
        } else {
            Ok(all)
        };
    };
    names::parse("--knobs", list)?
        .into_iter()
        .map(|name| {
            let known = || info.knobs.iter().filter(|knob| knob.off_value().is_some()).map(|knob| knob.name);
            let knob = info.knobs.iter().find(|knob| knob.name == name);
            match knob.map(|knob| (knob, off(knob))) {
                Some((_, Some(setting))) => Ok(setting),
                Some((knob, None)) => Err(UsageError(format!(
                    "the knob '{name}' cannot be turned off: it takes {}, and is {} by default\nother values: {} sweep \
                     {name}=V1,V2,.. --engine {}",
                    knob.knob_type,
                    knob.default,
                    program(),
                    info.id
                ))),
                None => Err(UsageError::unknown(&format!("knob of '{}'", info.id), name, known())),
            }
        })
        .collect()
}

fn program() -> &'static str {
    crate::machine::terminal::program()
}
