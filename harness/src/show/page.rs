//! The page of a run: one file that can be published and is whole without a network and without JavaScript.
//!
//! In the order of a reader's questions: what was asked and what came out, in words and one figure; what speed costs before
//! it is there; why; every workload by itself; every number; how it was measured, where, by what. [`grid`] makes its
//! tables, [`sections`] its parts, [`method`] the paragraph for a paper.

pub mod grid;

pub mod sections;

pub mod verdict;

pub mod method;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::record::load;
use crate::record::rows::{
    BreakEvenRow, EventRow, GeometricMeanRow, InvocationRow, IterationRow, Row, SegmentRow, SummaryRow, WarmUpRow,
};
use crate::record::{ENVIRONMENT_FILE, PLAN_FILE, SOURCES_FOLDER};
use crate::show::draw;
use crate::show::scene::Scene;
use crate::show::view::{Format, View};

/// The page's own file.
pub const FILE: &str = "report.html";

/// What the page says beside what is in the view.
pub struct Contents<'a> {
    /// What is to be shown.
    pub view: &'a View<'a>,
    /// The sentences, in the order in which they are to be read.
    pub findings: &'a [String],
    /// The rows of `summary.csv`.
    pub summary: &'a [SummaryRow],
    /// The text of each workload, by its name.
    pub sources: BTreeMap<String, String>,
    /// The files with the numbers, by their names.
    pub files: Vec<String>,
    /// What a reader must know before anything else: of the machine, the revision, the run.
    pub warnings: Vec<String>,
}

/// The page.
///
/// # Errors
/// Those of the drawing library.
pub fn page(contents: &Contents) -> anyhow::Result<Markup> {
    let view = contents.view;
    let plan = view.analysis.plan;
    let title = format!("jitlab run {}", plan.run_id);
    let sections = [
        sections::markers(view)?,
        sections::answer(contents)?,
        sections::warm_up(view)?,
        sections::costs(view)?,
        sections::reasons(view)?,
        sections::workloads(contents)?,
        sections::every_pair(contents),
        sections::method(view),
        sections::place(contents),
    ];
    let style = format!("{STYLE}\n@media (prefers-color-scheme: dark) {{\n{}}}\n", draw::dark_rules(&view.palette, ""));
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(style)) }
            }
            body {
                @for section in sections { (section) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    })
}

/// The texts of the workloads of a results folder, by their names; those that it has.
pub fn sources(folder: &Path, view: &View) -> BTreeMap<String, String> {
    let workloads = view.analysis.plan.workloads.iter();
    let text = |file: &str| fs::read(folder.join(SOURCES_FOLDER).join(file)).ok();
    let texts = workloads.filter_map(|workload| Some((workload.name.clone(), text(&workload.source_file())?)));
    texts.map(|(name, bytes)| (name, String::from_utf8_lossy(&bytes).into_owned())).collect()
}

/// The files of a results folder that have the numbers, by the names that they have there: compressed or not.
pub fn files(folder: &Path, view: &View) -> Vec<String> {
    let tables = [
        IterationRow::FILE,
        InvocationRow::FILE,
        SummaryRow::FILE,
        GeometricMeanRow::FILE,
        WarmUpRow::FILE,
        BreakEvenRow::FILE,
        SegmentRow::FILE,
    ];
    let events = (!view.recorded.events.is_empty()).then_some(EventRow::FILE);
    let name = |file: &str| load::table_file(folder, file).file_name().map(|name| name.to_string_lossy().into_owned());
    let tables = tables.into_iter().chain(events).filter_map(name);
    tables.chain([PLAN_FILE, ENVIRONMENT_FILE].map(str::to_string)).collect()
}

/// A figure for wide and for narrow screens.
fn both(view: &View, scene: impl Fn(&View) -> Option<Scene>) -> anyhow::Result<Markup> {
    let mut drawn = Vec::new();
    for (class, format) in [("wide", Format::Page), ("narrow", Format::Column)] {
        let view = view.as_format(format);
        if let Some(scene) = scene(&view) {
            drawn.push((class, draw::inline_svg(&scene, &view.palette)?));
        }
    }
    Ok(html! { @for (class, svg) in drawn { div class=(class) { (PreEscaped(svg)) } } })
}

const STYLE: &str = include_str!("page/page.css");

const SCRIPT: &str = include_str!("page/page.js");

#[cfg(test)]
mod tests;
