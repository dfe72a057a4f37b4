//! The explorer: one page with a program's source, its bytecode, and what one or two engines made of it, side by side.
//!
//! Lines that were made for the same source line have its colour, and hovering over one marks all others. Where compiled code
//! was left stands how often and why; how often a line was reached is its heat. The page is one file that needs nothing else.

use std::collections::{BTreeMap, HashMap};

use engine_api::profile::Profile;
use engine_api::{Stage, UnitProgress};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::inspect::stage_text::{self, StageLine, UnitText};
use crate::inspect::trace::grouped;
use crate::inspect::unit_history::{UnitHistory, UnitName, Units};

const STYLE: &str = include_str!("explore/style.css");
const SCRIPT: &str = include_str!("explore/script.js");
/// Turns the colours of neighbouring lines apart: the golden angle, in degrees.
const HUE_STEP: f64 = 137.508;

/// What an engine made of the program.
pub struct EngineView {
    /// Its name.
    pub name: String,
    /// The texts of its stages; nothing for one that it does not have.
    pub ir: Option<String>,
    /// See `ir`.
    pub asm: Option<String>,
    /// What became of the units.
    pub units: Units,
    /// How far they have come.
    pub progress: Vec<UnitProgress>,
}

/// A program with what was made of it.
pub struct Explored<'a> {
    /// The file.
    pub title: &'a str,
    /// The display name of its chunk.
    pub chunk: &'a str,
    /// Its text.
    pub source: &'a str,
    /// The listing of its bytecode, if an engine has any.
    pub bytecode: Option<String>,
    /// How often what was run, if an engine can tell.
    pub profile: Option<Profile>,
    /// The engines.
    pub engines: Vec<EngineView>,
}

/// An exit as the page shows it: the engine's number, how often, and why.
struct Badge {
    engine: usize,
    count: u64,
    reasons: Vec<String>,
}

/// Exits by function and instruction, and by source line.
#[derive(Default)]
struct Badges {
    by_pc: HashMap<(String, u32), Vec<Badge>>,
    by_line: HashMap<u32, Vec<Badge>>,
}

/// The page.
pub fn page(explored: &Explored) -> String {
    let bytecode = explored.bytecode.as_deref().map(|text| stage_text::units(Stage::Bytecode, text, &HashMap::new()));
    let badges = badges(explored);
    let heat = heat(bytecode.as_deref().unwrap_or_default(), explored.profile.as_ref());
    let most = heat.values().copied().max().unwrap_or(0);
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (explored.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (explored.title) }
                    p {
                        "Lines of one colour were made for one source line; hover to mark them, click to hold. "
                        @for (number, engine) in explored.engines.iter().enumerate() {
                            span.exit.(engine_class(number)) { (engine.name) " left n times" } " "
                        }
                        @if most > 0 { span.heat style="--heat:1" {} " how often a line was reached, up to " (grouped(most)) }
                    }
                    nav #panes aria-label="Panes" {}
                }
                main {
                    (pane("source", "source", None, html! { (source(explored, &badges, &heat, most)) }))
                    @if let Some(units) = &bytecode {
                        (pane("bytecode", "bytecode", None, html! {
                            @for unit in units { (unit_text(unit, None, &badges, false)) }
                        }))
                    }
                    @for (number, engine) in explored.engines.iter().enumerate() { (engine_panes(number, engine, &badges)) }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    markup.into_string()
}

fn engine_class(number: usize) -> &'static str {
    ["one", "two", "three", "four"][number % 4]
}

fn pane(id: &str, title: &str, class: Option<&str>, content: Markup) -> Markup {
    html! {
        section.pane.(class.unwrap_or("shared")) data-pane=(id) aria-label=(title) {
            h2 { (title) }
            div.text tabindex="0" { (content) }
        }
    }
}

fn engine_panes(number: usize, engine: &EngineView, badges: &Badges) -> Markup {
    let EngineView { name, ir, asm, .. } = engine;
    let lines = stage_text::lines_of_instructions(asm.as_deref().unwrap_or_default());
    let stages = [(Stage::Ir, "IR", ir), (Stage::Asm, "machine code", asm)];
    html! {
        @for (stage, words, text) in stages {
            @if let Some(text) = text {
                (pane(&format!("{name} {words}"), &format!("{name}: {words}"), Some(engine_class(number)), html! {
                    @let units = stage_text::units(stage, text, &lines);
                    @if units.is_empty() { p.note { "Nothing was compiled; a lower --jit-threshold may help." } }
                    @for unit in &units { (unit_text(unit, Some((number, engine)), badges, stage == Stage::Asm)) }
                    @if stage == Stage::Asm { (uncompiled(engine, &units)) }
                }))
            }
        }
        @if asm.is_none() && ir.is_none() {
            (pane(name, name, Some(engine_class(number)), html! {
                p.note { "This engine has neither IR nor machine code." }
            }))
        }
    }
}

/// The units that were tried and have no code now, with what became of them.
fn uncompiled(engine: &EngineView, units: &[UnitText]) -> Markup {
    let has_code = |name: &UnitName| units.iter().any(|unit| heading(name) == unit.heading);
    html! {
        @for (name, history) in engine.units.iter().filter(|(name, _)| !has_code(name)) {
            h3 { (heading(name)) }
            (sentences(engine, name, history))
        }
    }
}

/// A unit's heading in listings.
fn heading(name: &UnitName) -> String {
    let UnitName { is_loop, chunk, line, function, pc } = name;
    match is_loop {
        true => format!("loop at PC {pc} of {function} ({chunk}:{line})"),
        false => format!("function {function} ({chunk}:{line})"),
    }
}

fn sentences(engine: &EngineView, name: &UnitName, history: &UnitHistory) -> Markup {
    let progress = engine.progress.iter().find(|progress| UnitName::of(&progress.unit) == *name);
    html! { @for sentence in history.sentences(progress) { p.note { (sentence) } } }
}

fn unit_text(unit: &UnitText, engine: Option<(usize, &EngineView)>, badges: &Badges, tells_history: bool) -> Markup {
    let function = function_name(&unit.heading);
    let history = engine.filter(|_| tells_history).and_then(|(_, engine)| {
        let (name, history) = engine.units.iter().find(|(name, _)| heading(name) == unit.heading)?;
        Some(sentences(engine, name, history))
    });
    html! {
        h3 { (unit.heading) }
        @if let Some(history) = history { (history) }
        @for line in &unit.lines { (stage_line(line, &function, engine.map(|(number, _)| number), badges)) }
    }
}

/// The function that a heading of any stage names.
fn function_name(heading: &str) -> String {
    if let Some((name, _)) = stage_text::function_of(heading) {
        return name.to_string();
    }
    let rest = heading.strip_prefix("function ").or_else(|| Some(heading.split_once(" of ")?.1)).unwrap_or(heading);
    rest.rsplit_once(" (").map_or(rest, |(name, _)| name).to_string()
}

fn stage_line(line: &StageLine, function: &str, engine: Option<usize>, badges: &Badges) -> Markup {
    let StageLine { text, line, pc, begins_instruction } = line;
    let exits = pc.filter(|_| *begins_instruction).and_then(|pc| badges.by_pc.get(&(function.to_string(), pc)));
    let exits = exits.into_iter().flatten().filter(|badge| engine.is_none_or(|engine| badge.engine == engine));
    html! {
        div.line data-line=[*line] style=[line.map(colour)] { (narrower(text)) @for exit in exits { (badge(exit)) } }
    }
}

fn source(explored: &Explored, badges: &Badges, heat: &BTreeMap<u32, u64>, most: u64) -> Markup {
    html! {
        @for (index, text) in explored.source.lines().enumerate() {
            @let number = index as u32 + 1;
            @let count = heat.get(&number).copied().unwrap_or(0);
            @let share = if count == 0 { 0.0 } else { (1.0 + count as f64).ln() / (1.0 + most as f64).ln() };
            div.line.source data-line=(number) style=(colour(number)) {
                span.heat style=(format!("--heat:{share:.2}")) title=(format!("reached {} times", grouped(count))) {}
                span.number { (number) }
                span.code { (text) }
                @for exit in badges.by_line.get(&number).into_iter().flatten() { (badge(exit)) }
            }
        }
    }
}

/// The text with the wide margins of IR made narrow.
fn narrower(text: &str) -> String {
    const MARGIN: &str = "                    ";
    text.replacen(MARGIN, "  ", 1)
}

fn colour(line: u32) -> String {
    format!("--hue:{:.0}", f64::from(line) * HUE_STEP % 360.0)
}

fn badge(badge: &Badge) -> Markup {
    html! {
        span.exit.(engine_class(badge.engine)) title=(badge.reasons.join("\n")) {
            (grouped(badge.count)) ": " (badge.reasons[0]) @if badge.reasons.len() > 1 { ", .." }
        }
    }
}

/// The exits of all engines, where they leave.
fn badges(explored: &Explored) -> Badges {
    let mut badges = Badges::default();
    for (engine, view) in explored.engines.iter().enumerate() {
        let exits = view.units.iter().filter(|(name, _)| name.chunk == explored.chunk);
        for (exit, count) in exits.flat_map(|(_, history)| history.sorted_exits()) {
            let places = [
                badges.by_pc.entry((exit.function.clone(), exit.pc)).or_default(),
                badges.by_line.entry(exit.line).or_default(),
            ];
            for place in places {
                match place.iter_mut().find(|badge| badge.engine == engine) {
                    Some(badge) => {
                        badge.count += count;
                        if !badge.reasons.contains(&exit.reason) {
                            badge.reasons.push(exit.reason.clone());
                        }
                    }
                    None => place.push(Badge { engine, count, reasons: vec![exit.reason.clone()] }),
                }
            }
        }
    }
    badges
}

/// How often each source line was reached: the iterations of the innermost loop around it, or else the calls of its function.
fn heat(bytecode: &[UnitText], profile: Option<&Profile>) -> BTreeMap<u32, u64> {
    let mut heat = BTreeMap::new();
    let Some(profile) = profile else { return heat };
    for unit in bytecode {
        let Some((name, line_defined)) = stage_text::function_of(&unit.heading) else { continue };
        let is_same = |function: &engine_api::profile::FunctionProfile| {
            function.name == name && function.line == line_defined && !function.chunk.is_empty()
        };
        let Some(function) = profile.functions.iter().position(is_same) else { continue };
        let loops = stage_text::loops(unit);
        for StageLine { line, pc, .. } in &unit.lines {
            let (Some(line), Some(pc)) = (line, pc) else { continue };
            let around = loops.iter().rev().find(|(header, back_edge)| (*header..=*back_edge).contains(pc));
            let count = match around {
                Some((header, _)) => {
                    let mut counted = profile.loops.iter();
                    let found = counted.find(|entry| entry.function as usize == function && entry.pc == *header);
                    found.map_or(0, |entry| entry.iterations)
                }
                None => profile.functions[function].calls,
            };
            let most = heat.entry(*line).or_insert(0);
            *most = count.max(*most);
        }
    }
    heat
}

#[cfg(test)]
mod tests;
