//! A profile for people and programs: rows of functions, loops and call sites, as a table, as JSON, as folded stacks and
//! for speedscope.
//!
//! What was seen comes from an engine as plain data (`engine_api::profile`); this file makes rows and texts of it and must
//! not know how it was seen.

use std::collections::HashMap;

use comfy_table::CellAlignment;
use engine_api::VmState;
use engine_api::profile::{FunctionProfile, Profile, ProfileUnit};
use serde::Serialize;
use serde_json::json;

use crate::show::table::{self, Texts};

/// Percentage of the time from which on a function or loop is hot.
pub const HOT_PERCENT: f64 = 30.0;
/// Calls or iterations from which on a function or loop is hot.
pub const HOT_COUNT: u64 = 1000;
/// Share of the most frequent signature from which on a function is stable.
pub const STABLE_SHARE: f64 = 0.8;
/// Rows of a table that are shown to people.
const ROWS_SHOWN: usize = 30;
/// Signatures of a row that are shown to people.
const SIGNATURES_SHOWN: usize = 3;

/// A function. The names of the fields are those of the output.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FunctionRow {
    /// Its name; with its place if another has the same.
    pub name: String,
    /// Calls; nothing if they were not counted.
    pub call_count: Option<u64>,
    /// Time from calls to returns.
    pub total_time_us: f64,
    /// Time in the function itself.
    pub self_time_us: f64,
    /// Share of that in the time of all.
    pub percentage: f64,
    /// The types of the arguments.
    pub type_signatures: Vec<SignatureRow>,
    /// Share of the most frequent ones in all calls; 0 if it was never called.
    pub type_stability: f64,
}

/// How often arguments had these types.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SignatureRow {
    /// The types.
    pub types: String,
    /// How often.
    pub count: u64,
}

/// A loop.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoopRow {
    /// Its function.
    pub function: String,
    /// The line in which it begins.
    pub line: u32,
    /// Iterations.
    pub iteration_count: u64,
    /// What one of them takes, with what it calls; nothing if there was never a second one.
    pub avg_time_per_iteration_us: Option<f64>,
    /// Whether it is hot enough to be compiled while it runs.
    pub osr_candidate: bool,
}

/// A place of calls.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CallSiteRow {
    /// Where, and what stands there.
    pub call_site: String,
    /// The types of the arguments.
    pub observed_types: Vec<SignatureRow>,
    /// Share of the most frequent ones.
    pub stability_score: f64,
}

/// A profile in rows, the most expensive first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rows {
    /// The functions.
    pub functions: Vec<FunctionRow>,
    /// The loops.
    pub loops: Vec<LoopRow>,
    /// The call sites.
    pub call_sites: Vec<CallSiteRow>,
}

/// The share of the most frequent signature; 0 of none.
pub fn stability(signatures: &[(String, u64)], calls: u64) -> f64 {
    let most = signatures.iter().map(|(_, count)| *count).max().unwrap_or(0);
    if calls == 0 { 0.0 } else { most as f64 / calls as f64 }
}

/// Each function's name, with its place where another has the same name.
pub fn names(functions: &[FunctionProfile]) -> Vec<String> {
    let mut counts: HashMap<&str, u32> = HashMap::new();
    functions.iter().for_each(|function| *counts.entry(&function.name).or_default() += 1);
    let name = |function: &FunctionProfile| match counts[function.name.as_str()] {
        1 => function.name.clone(),
        _ => format!("{} {}:{}", function.name, function.chunk, function.line),
    };
    functions.iter().map(name).collect()
}

impl Rows {
    /// The rows of a profile. A tick of it stands for so many microseconds.
    pub fn new(profile: &Profile, tick_us: f64) -> Rows {
        let us_per_unit = match profile.unit {
            ProfileUnit::Nanoseconds => 1e-3,
            ProfileUnit::Ticks => tick_us,
        };
        let names = names(&profile.functions);
        let all: u64 = profile.functions.iter().map(|function| function.itself).sum();
        let mut functions: Vec<FunctionRow> = profile
            .functions
            .iter()
            .zip(&names)
            .map(|(function, name)| FunctionRow {
                name: name.clone(),
                call_count: (profile.unit == ProfileUnit::Nanoseconds).then_some(function.calls),
                total_time_us: function.total as f64 * us_per_unit,
                self_time_us: function.itself as f64 * us_per_unit,
                percentage: if all == 0 { 0.0 } else { 100.0 * function.itself as f64 / all as f64 },
                type_signatures: signature_rows(&function.signatures),
                type_stability: stability(&function.signatures, function.calls),
            })
            .collect();
        functions.sort_by(|one, other| {
            other.self_time_us.total_cmp(&one.self_time_us).then_with(|| one.name.cmp(&other.name))
        });
        let mut loops: Vec<(u64, LoopRow)> = profile
            .loops
            .iter()
            .map(|entry| {
                (
                    entry.time,
                    LoopRow {
                        function: names[entry.function as usize].clone(),
                        line: entry.line,
                        iteration_count: entry.iterations,
                        avg_time_per_iteration_us: (entry.timed_iterations > 0)
                            .then(|| entry.time as f64 * us_per_unit / entry.timed_iterations as f64),
                        osr_candidate: entry.iterations > HOT_COUNT
                            || entry.time as f64 > HOT_PERCENT / 100.0 * all as f64,
                    },
                )
            })
            .collect();
        loops.sort_by_key(|(time, row)| (std::cmp::Reverse((*time, row.iteration_count)), row.line));
        let mut call_sites: Vec<(u64, CallSiteRow)> = profile
            .call_sites
            .iter()
            .map(|site| {
                let calls: u64 = site.signatures.iter().map(|(_, count)| count).sum();
                (
                    calls,
                    CallSiteRow {
                        call_site: format!(
                            "{}:{} {}",
                            profile.functions[site.function as usize].chunk, site.line, site.construct
                        ),
                        observed_types: signature_rows(&site.signatures),
                        stability_score: stability(&site.signatures, calls),
                    },
                )
            })
            .collect();
        call_sites.sort_by_key(|(calls, row)| (std::cmp::Reverse(*calls), row.call_site.clone()));
        Rows {
            functions,
            loops: loops.into_iter().map(|(_, row)| row).collect(),
            call_sites: call_sites.into_iter().map(|(_, row)| row).collect(),
        }
    }

    /// Three tables for people; those without rows are left out.
    pub fn tables(&self) -> String {
        let tables = [self.function_table(), self.loop_table(), self.call_site_table()];
        tables.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
    }

    fn function_table(&self) -> Option<String> {
        let row = |row: &FunctionRow| {
            vec![
                row.name.clone(),
                row.call_count.map_or("-".to_string(), |count| count.to_string()),
                format!("{:.1}", row.total_time_us),
                format!("{:.1}", row.self_time_us),
                format!("{:.1}", row.percentage),
                signature_text(&row.type_signatures),
                row.call_count.map_or("-".to_string(), |_| format!("{:.2}", row.type_stability)),
            ]
        };
        let header = ["function", "calls", "total us", "self us", "%", "types", "stability"];
        shown(&header, &self.functions, row)
    }

    fn loop_table(&self) -> Option<String> {
        let row = |row: &LoopRow| {
            vec![
                row.function.clone(),
                row.line.to_string(),
                row.iteration_count.to_string(),
                row.avg_time_per_iteration_us.map_or("-".to_string(), |time_us| format!("{time_us:.3}")),
                if row.osr_candidate { "yes" } else { "no" }.to_string(),
            ]
        };
        shown(&["loop in", "line", "iterations", "us per iteration", "OSR candidate"], &self.loops, row)
    }

    fn call_site_table(&self) -> Option<String> {
        let row = |row: &CallSiteRow| {
            vec![row.call_site.clone(), signature_text(&row.observed_types), format!("{:.2}", row.stability_score)]
        };
        shown(&["call site", "types", "stability"], &self.call_sites, row)
    }
}

fn shown<R>(header: &[&str], rows: &[R], cells: impl Fn(&R) -> Vec<String>) -> Option<String> {
    if rows.is_empty() {
        return None;
    }
    let texts = Texts {
        header: header.iter().map(ToString::to_string).collect(),
        rows: rows.iter().take(ROWS_SHOWN).map(cells).collect(),
        alignment: CellAlignment::Left,
    };
    let more = rows.len().saturating_sub(ROWS_SHOWN);
    let rest = if more > 0 { format!("\nand {more} more") } else { String::new() };
    Some(table::render(&texts) + &rest)
}

fn signature_rows(signatures: &[(String, u64)]) -> Vec<SignatureRow> {
    signatures.iter().map(|(types, count)| SignatureRow { types: types.clone(), count: *count }).collect()
}

fn signature_text(signatures: &[SignatureRow]) -> String {
    let texts = signatures.iter().take(SIGNATURES_SHOWN).map(|row| format!("{} {}", row.types, row.count));
    let more = if signatures.len() > SIGNATURES_SHOWN { ", .." } else { "" };
    texts.collect::<Vec<_>>().join(", ") + more
}

/// What an instance did, in shares of the samples: a table for people.
pub fn state_table(states: &[(VmState, u64)]) -> String {
    let all: u64 = states.iter().map(|(_, count)| count).sum();
    let row = |(state, count): &(VmState, u64)| {
        let percent = 100.0 * *count as f64 / all.max(1) as f64;
        vec![state.name().to_string(), count.to_string(), format!("{percent:.1}")]
    };
    shown(&["state", "samples", "%"], states, row).unwrap_or_default()
}

/// The same as JSON.
pub fn state_json(states: &[(VmState, u64)]) -> serde_json::Value {
    let row = |(state, count): &(VmState, u64)| json!({ "state": state.name(), "samples": count });
    json!({ "states": states.iter().map(row).collect::<Vec<_>>() })
}

/// The stacks as lines of function names joined by `;` and a number, microseconds or ticks, as flame graphs read them.
pub fn folded(profile: &Profile) -> String {
    let names = names(&profile.functions);
    let mut text = String::new();
    for stack in &profile.stacks {
        let value = match profile.unit {
            ProfileUnit::Nanoseconds => stack.itself / 1000,
            ProfileUnit::Ticks => stack.itself,
        };
        if value > 0 {
            let path: Vec<String> = stack.functions.iter().map(|it| names[*it as usize].replace(';', ":")).collect();
            text.push_str(&format!("{} {value}\n", path.join(";")));
        }
    }
    text
}

/// The stacks in the format of speedscope (<https://www.speedscope.app/file-format-schema.json>).
pub fn speedscope(profile: &Profile, title: &str, tick_us: f64) -> serde_json::Value {
    let names = names(&profile.functions);
    let frame = |(function, name): (&FunctionProfile, &String)| match function.chunk.as_str() {
        "" => json!({ "name": name }),
        chunk => json!({ "name": name, "file": chunk, "line": function.line.max(1) }),
    };
    let frames: Vec<_> = profile.functions.iter().zip(&names).map(frame).collect();
    let us_per_unit = match profile.unit {
        ProfileUnit::Nanoseconds => 1e-3,
        ProfileUnit::Ticks => tick_us,
    };
    let stacks: Vec<_> = profile.stacks.iter().filter(|stack| stack.itself > 0).collect();
    let weights: Vec<f64> = stacks.iter().map(|stack| stack.itself as f64 * us_per_unit).collect();
    let samples: Vec<&Vec<u32>> = stacks.iter().map(|stack| &stack.functions).collect();
    json!({
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "name": title,
        "exporter": format!("jitlab {}", env!("CARGO_PKG_VERSION")),
        "activeProfileIndex": 0,
        "shared": { "frames": frames },
        "profiles": [{
            "type": "sampled",
            "name": title,
            "unit": "microseconds",
            "startValue": 0,
            "endValue": weights.iter().sum::<f64>(),
            "samples": samples,
            "weights": weights,
        }],
    })
}

#[cfg(test)]
mod tests;
