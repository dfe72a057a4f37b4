//! The results folders that the server was started with, read once: what is shown of them comes from memory, so that no
//! path ever comes from a client.

use std::path::Path;

use anyhow::Context;
use harness::analyse::Analysis;
use harness::plan::engines::Engines;
use harness::record::load::Recorded;
use harness::show::{figure, report, table};

use crate::api::{ResultsFolder, ResultsTable};

/// One folder.
pub struct Folder {
    /// What is said of it in the list.
    pub about: ResultsFolder,
    /// Its table.
    pub table: ResultsTable,
    /// Its figure, as SVG.
    pub figure: String,
}

impl Folder {
    /// Reads a folder, which is shown by this number.
    ///
    /// # Errors
    /// If it does not hold together.
    pub fn read(folder: &Path, index: usize, engines: &Engines) -> anyhow::Result<Folder> {
        let recorded = Recorded::read(folder, engines)?;
        let analysis = Analysis::new(&recorded);
        let texts = table::comparison(&analysis);
        let run_id = analysis.plan.run_id.clone();
        let about = ResultsFolder {
            index: index as u64,
            run_id: run_id.clone(),
            cost: analysis.plan.cost(),
            created_utc: analysis.plan.created_utc.clone(),
        };
        let findings = report::findings(&recorded, &analysis);
        let table = ResultsTable { run_id, header: texts.header, rows: texts.rows, findings };
        let figure =
            figure::svg(&recorded, &analysis).with_context(|| format!("cannot draw '{}'", folder.display()))?;
        Ok(Folder { about, table, figure })
    }
}
