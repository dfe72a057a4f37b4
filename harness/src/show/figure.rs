//! The figures: which there are, what they are called, and their files.
//!
//! Each is a [`Scene`] that one file here makes from a [`View`]; [`frame`] has what they share, [`crate::show::draw`]
//! makes files of them. They compute nothing: what they show comes from [`crate::analyse`].

pub mod frame;

pub mod speed_up;

pub mod heat_map;

pub mod costs;

pub mod time_split;

pub mod reasons;

pub mod series;

pub mod cumulative;

pub mod samples;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::analyse::Analysis;
use crate::record;
use crate::record::load::Recorded;
use crate::show::scene::Scene;
use crate::show::view::{Format, View};
use crate::show::{draw, pdf};

/// The figures that a results folder always has, by the names of their files without the ending.
pub const SPEED_UP: &str = "speedup";
/// See [`SPEED_UP`].
pub const HEAT_MAP: &str = "heat_map";
/// See [`SPEED_UP`].
pub const COSTS: &str = "costs";

/// The figure's own file.
pub const SVG_FILE: &str = "speedup.svg";

/// A figure with the name of its files.
type Named = (String, Scene);

/// The speed-up figure as SVG text, for a page.
///
/// # Errors
/// Those of the drawing library.
pub fn svg(recorded: &Recorded, analysis: &Analysis) -> anyhow::Result<String> {
    let view = View::new(recorded, analysis, &[], Format::Page);
    draw::svg(&speed_up::scene(&view), &view.palette)
}

/// The figures of a run as a whole.
pub fn of_run(view: &View) -> Vec<Named> {
    let optional = [
        (HEAT_MAP, heat_map::scene(view)),
        (COSTS, costs::scene(view)),
        ("time_split", time_split::scene(view)),
        ("reasons", reasons::scene(view)),
    ];
    let optional = optional.into_iter().filter_map(|(name, scene)| Some((name.to_string(), scene?)));
    std::iter::once((SPEED_UP.to_string(), speed_up::scene(view))).chain(optional).collect()
}

/// The figures of one workload.
pub fn of_workload(view: &View, workload: usize) -> Vec<Named> {
    let name = &view.analysis.plan.workloads[workload].name;
    let plain: String = name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
    [
        ("samples", samples::scene(view, workload)),
        ("cumulative", cumulative::scene(view, workload)),
        ("series", series::scene(view, workload)),
    ]
    .into_iter()
    .filter_map(|(kind, scene)| Some((format!("{plain}-{kind}"), scene?)))
    .collect()
}

/// Draws the figures that a results folder always has into it, for a page: as SVG and PNG, in the place of old ones.
///
/// # Errors
/// Those of the file system and of the drawing library.
pub fn write(folder: &Path, view: &View) -> anyhow::Result<()> {
    let view = view.as_format(Format::Page);
    let figures =
        [(SPEED_UP, Some(speed_up::scene(&view))), (HEAT_MAP, heat_map::scene(&view)), (COSTS, costs::scene(&view))];
    for (name, scene) in figures {
        if let Some(scene) = scene {
            record::replace(&folder.join(format!("{name}.svg")), draw::svg(&scene, &view.palette)?.as_bytes())?;
            draw::write_png(&folder.join(format!("{name}.png")), &scene, &view.palette)?;
        }
    }
    Ok(())
}

/// Draws every figure in every kind of file into a folder below `folder`, which is named after the format. Returns it.
///
/// # Errors
/// Those of the file system and of the drawing library.
pub fn write_all(folder: &Path, view: &View) -> anyhow::Result<PathBuf> {
    let place = folder.join(format!("figures-{}", view.format.name()));
    fs::create_dir_all(&place).with_context(|| format!("cannot make '{}'", place.display()))?;
    let of_workloads = view.workloads.iter().flat_map(|workload| of_workload(view, *workload));
    for (name, scene) in of_run(view).into_iter().chain(of_workloads) {
        let file = |ending: &str| place.join(format!("{name}.{ending}"));
        record::replace(&file("svg"), draw::svg(&scene, &view.palette)?.as_bytes())?;
        draw::write_png(&file("png"), &scene, &view.palette)?;
        record::replace(&file("pdf"), &pdf::pdf(&scene, &view.palette, view.format.points())?)?;
    }
    Ok(place)
}

#[cfg(test)]
mod tests;
