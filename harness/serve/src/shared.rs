//! What all requests share: the settings, the engines, the workers, what was executed, who listens.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use anyhow::Context;
use engine_api::Family;
use harness::error::UsageError;
use harness::plan::engines::{Engines, NO_ENGINES};

use crate::api::{EngineDescription, EngineList, KnobInfo};
use crate::folders::Folder;
use crate::ledger::Ledger;
use crate::pool::Pool;
use crate::publish::Publisher;
use crate::settings::Settings;
use crate::slot::WorkerConfig;

/// What all requests share. Cloning shares it.
#[derive(Clone)]
pub struct Shared(Arc<Inner>);

/// What there is one of.
pub struct Inner {
    /// What the server was started with.
    pub settings: Settings,
    /// The engines.
    pub engines: Engines,
    /// The engine of requests that name none.
    pub default_engine: &'static str,
    /// The workers.
    pub pool: Pool,
    /// Who listens to events.
    pub publisher: Publisher,
    /// The results folders.
    pub folders: Vec<Folder>,
    /// The OpenAPI document.
    pub document: String,
    /// When it was started.
    pub start: Instant,
    ledger: Mutex<Ledger>,
}

impl Deref for Shared {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Shared {
    /// Reads the results folders and makes places for workers. `document` is what the API says of itself.
    ///
    /// # Errors
    /// [`UsageError`] without engines; otherwise those of the folders and of threads.
    pub fn new(settings: Settings, engines: &Engines, document: String) -> anyhow::Result<Shared> {
        let method_jit = engines.infos().find(|info| info.family == Family::MethodJit).map(|info| info.id);
        let default_engine = method_jit.or(engines.default_id()).ok_or_else(|| UsageError(NO_ENGINES.to_string()))?;
        let folders = settings.folders.iter().enumerate();
        let folders = folders.map(|(index, path)| Folder::read(path, index, engines)).collect::<Result<_, _>>()?;
        let config = WorkerConfig { address_space_bytes: address_space_bytes(settings.limits.memory_bytes) };
        let pool = Pool::new(settings.workers, config, settings.queue_limit, settings.most_sessions);
        Ok(Shared(Arc::new(Inner {
            document,
            pool: pool.context("cannot start the slots")?,
            engines: engines.clone(),
            default_engine,
            publisher: Publisher::default(),
            folders,
            start: Instant::now(),
            ledger: Mutex::default(),
            settings,
        })))
    }

    /// The engines as they are described.
    pub fn engine_list(&self) -> EngineList {
        let engines = self.engines.infos().map(|info| EngineDescription {
            id: info.id.to_string(),
            version: info.version.to_string(),
            summary: info.summary.to_string(),
            unit_of_compilation: info.unit_of_compilation.map(str::to_string),
            is_default: info.id == self.default_engine,
            knobs: info
                .knobs
                .iter()
                .map(|knob| KnobInfo {
                    name: knob.name.to_string(),
                    takes: knob.knob_type.to_string(),
                    default: knob.default.to_string(),
                    doc: knob.doc.to_string(),
                })
                .collect(),
        });
        EngineList { engines: engines.collect() }
    }

    /// What has been executed. Held for a moment only.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a worker may map: half as much again of the heap as garbage, results on their way out, machine code, which
/// reserves addresses in plenty, the program itself.
fn address_space_bytes(memory_bytes: u64) -> u64 {
    memory_bytes.saturating_mul(4).saturating_add(2 << 30)
}
