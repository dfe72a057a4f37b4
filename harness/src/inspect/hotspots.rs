//! Which functions and loops are worth compiling by the rule of this project, and what became of them: the answer to "why is
//! this slow here?" in one screen.
//!
//! The rule: hot (over 30 % of the time, or over 1,000 calls or iterations), stable (over 80 % of the calls with one
//! signature), and not blacklisted. It is the policy that engines with the knob `compile-policy=profile` follow.

use comfy_table::CellAlignment;
use engine_api::UnitProgress;
use engine_api::profile::Profile;
use serde_json::{Value, json};

use crate::inspect::profile::{HOT_COUNT, HOT_PERCENT, STABLE_SHARE, stability};
use crate::inspect::trace::grouped;
use crate::inspect::unit_history::{UnitName, Units};
use crate::show::table::{self, Texts};

/// Units that are shown.
const SHOWN: usize = 20;
/// Percentage of the time below which a unit that is not hot is not shown.
const SHOWN_PERCENT: f64 = 1.0;

/// What the rule says of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is to be compiled.
    Compile,
    /// It runs too little.
    Cold,
    /// Its types change.
    Unstable,
    /// It was thrown away too often.
    Blacklisted,
}

/// A function or a loop.
#[derive(Debug, Clone, PartialEq)]
pub struct Hotspot {
    /// Which.
    pub unit: UnitName,
    /// Calls or iterations.
    pub count: u64,
    /// Percentage of the time: of a function without what it calls, of a loop with everything in it.
    pub percent: f64,
    /// Share of the most frequent signature.
    pub stability: f64,
    /// What the rule says.
    pub verdict: Verdict,
    /// What became of it on the engine.
    pub became: Vec<String>,
}

impl Verdict {
    /// The rule.
    pub fn of(count: u64, percent: f64, stability: f64, is_blacklisted: bool) -> Verdict {
        if count <= HOT_COUNT && percent <= HOT_PERCENT {
            Verdict::Cold
        } else if is_blacklisted {
            Verdict::Blacklisted
        } else if stability <= STABLE_SHARE {
            Verdict::Unstable
        } else {
            Verdict::Compile
        }
    }

    fn words(self) -> &'static str {
        match self {
            Verdict::Compile => "compile",
            Verdict::Cold => "no: cold",
            Verdict::Unstable => "no: types change",
            Verdict::Blacklisted => "no: blacklisted",
        }
    }
}

/// The units of a profile with what became of them, the most expensive first.
pub fn hotspots(profile: &Profile, units: &Units, progress: &[UnitProgress]) -> Vec<Hotspot> {
    let all: u64 = profile.functions.iter().map(|function| function.itself).sum();
    let percent = |time: u64| if all == 0 { 0.0 } else { 100.0 * time as f64 / all as f64 };
    let spot = |unit: UnitName, count: u64, time: u64, stability: f64| {
        let history = units.get(&unit).cloned().unwrap_or_default();
        let progress = progress.iter().find(|progress| UnitName::of(&progress.unit) == unit);
        let verdict = Verdict::of(count, percent(time), stability, history.is_blacklisted);
        Hotspot { count, percent: percent(time), stability, verdict, became: history.sentences(progress), unit }
    };
    let functions = profile.functions.iter().filter(|function| !function.chunk.is_empty()).map(|function| {
        let unit = UnitName {
            is_loop: false,
            chunk: function.chunk.clone(),
            line: function.line.max(1),
            function: function.name.clone(),
            pc: 0,
        };
        spot(unit, function.calls, function.itself, stability(&function.signatures, function.calls))
    });
    let loops = profile.loops.iter().map(|entry| {
        let function = &profile.functions[entry.function as usize];
        let unit = UnitName {
            is_loop: true,
            chunk: function.chunk.clone(),
            line: entry.line,
            function: function.name.clone(),
            pc: entry.pc,
        };
        let share = entry.stable_back_edges as f64 / entry.back_edges.max(1) as f64;
        spot(unit, entry.iterations, entry.time, share)
    });
    let mut spots: Vec<Hotspot> = functions.chain(loops).collect();
    spots.sort_by(|one, other| other.percent.total_cmp(&one.percent).then(other.count.cmp(&one.count)));
    spots
}

/// The hotspots as a table for people; `engine` is the one that has run them, if one with a compiler has.
pub fn table(spots: &[Hotspot], engine: Option<&str>) -> String {
    let is_worth_a_row =
        |spot: &&Hotspot| spot.percent >= SHOWN_PERCENT || spot.verdict != Verdict::Cold || !spot.became.is_empty();
    let mut header = vec!["unit", "place", "count", "% time", "stability", "rule"];
    let became = engine.map(|engine| format!("became on {engine}"));
    header.extend(became.as_deref());
    let row = |spot: &Hotspot| {
        let mut row = vec![
            name(&spot.unit),
            format!("{}:{}", spot.unit.chunk, spot.unit.line),
            grouped(spot.count),
            format!("{:.1}", spot.percent),
            format!("{:.2}", spot.stability),
            spot.verdict.words().to_string(),
        ];
        if engine.is_some() {
            row.push(spot.became.join("\n"));
        }
        row
    };
    let shown: Vec<&Hotspot> = spots.iter().filter(is_worth_a_row).collect();
    let texts = Texts {
        header: header.iter().map(ToString::to_string).collect(),
        rows: shown.iter().take(SHOWN).map(|spot| row(spot)).collect(),
        alignment: CellAlignment::Left,
    };
    let more = spots.len() - shown.len().min(SHOWN);
    let rest = if more > 0 { format!("\nand {more} more units that matter less") } else { String::new() };
    table::render(&texts) + &rest
}

fn name(unit: &UnitName) -> String {
    match unit.is_loop {
        true => format!("loop at PC {} of {}", unit.pc, unit.function),
        false => format!("function {}", unit.function),
    }
}

/// The hotspots as JSON.
pub fn json(spots: &[Hotspot]) -> Value {
    let object = |spot: &Hotspot| {
        let UnitName { is_loop, chunk, line, function, pc } = &spot.unit;
        json!({
            "unit": if *is_loop { "loop" } else { "function" }, "function": function, "chunk": chunk, "line": line,
            "pc": pc, "count": spot.count, "percentage": spot.percent, "type_stability": spot.stability,
            "would_compile": spot.verdict == Verdict::Compile, "rule": spot.verdict.words(), "became": spot.became,
        })
    };
    Value::Array(spots.iter().map(object).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_wants_hot_and_stable_and_not_blacklisted() {
        assert_eq!(Verdict::of(1000, 30.0, 1.0, false), Verdict::Cold);
        assert_eq!(Verdict::of(1001, 0.0, 1.0, false), Verdict::Compile);
        assert_eq!(Verdict::of(1, 30.1, 1.0, false), Verdict::Compile);
        assert_eq!(Verdict::of(1001, 0.0, 0.8, false), Verdict::Unstable);
        assert_eq!(Verdict::of(1001, 0.0, 0.81, false), Verdict::Compile);
        assert_eq!(Verdict::of(1001, 0.0, 1.0, true), Verdict::Blacklisted);
    }
}
