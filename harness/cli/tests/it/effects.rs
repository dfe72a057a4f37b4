//! `harness sweep` and `harness ablate`: the effect of settings of one engine; and the list of what can be set.

use std::collections::HashSet;
use std::fs;

use harness::record::rows::{Row, SummaryRow};

use crate::tool::{Said, Scratch, command, harness, rows};

fn engine() -> Option<&'static engine_api::EngineInfo> {
    registry::engines().last().map(|engine| engine.info())
}

/// Measures on two small programs: three processes of four iterations.
fn measure(scratch: &Scratch, arguments: &[&str]) -> Said {
    let one = scratch.file("one.lua", "local t = {} for i = 1, 2000 do t[i] = {i} end print(#t)\n");
    let two = scratch.file("two.lua", "local s = 0 for i = 1, 20000 do s = s + i end print(s)\n");
    let out = scratch.out();
    let more = ["--workloads", &one, &two, "--invocations", "3", "--iterations", "4", "--seed", "1", "--out", &out];
    harness(&[arguments, &more].concat())
}

#[test]
fn a_sweep_says_the_effect_of_each_value() {
    let Some(info) = engine() else { return };
    let scratch = Scratch::new();
    let said = measure(&scratch, &["sweep", "gc-every=1,0,1K", "--engine", info.id]).with_status(0);
    // The default is the baseline; it is not measured once more.
    assert!(
        said.err.contains(&format!("{}:gc-every=0 is {} as it is: the baseline", info.id, info.id)),
        "{}",
        said.err
    );
    assert!(said.out.contains("gc-every=1K") && said.out.contains("+ is slower"), "{}", said.out);
    assert!(said.out.contains("geometric mean"), "{}", said.out);
    let summary = rows(&scratch.path("out"), SummaryRow::FILE);
    assert_eq!(summary.len(), 2 * 3);
    let of_setting: Vec<_> = summary.iter().filter(|row| row["engine"] != info.id).collect();
    assert!(of_setting.iter().all(|row| !row["verdict"].is_empty() && !row["speedup_ci_low"].is_empty()));
    assert!(of_setting.iter().all(|row| row["engine_id"] == info.id && row["baseline"] == info.id));
    // To collect at every allocation is no small thing; on a busy machine three processes may not be enough to tell.
    let slow = of_setting.iter().find(|row| row["workload"] == "one" && row["engine_config"] == "gc-every=1").unwrap();
    assert!(slow["speedup"].parse::<f64>().unwrap() < 0.8, "{slow:?}");
    assert!(["slower", "inconclusive"].contains(&slow["verdict"].as_str()), "{slow:?}");
    let table = fs::read_to_string(scratch.path("out").join("effects.md")).unwrap();
    assert!(
        table.starts_with(&format!("Made by `harness sweep --engine {}`, size test, 3 processes", info.id)),
        "{table}"
    );
    let header = format!("| workload | {} | gc-every=1 | gc-every=1K |", info.id);
    assert!(table.contains(&header) && table.contains("| one | ") && table.contains("by chance"), "{table}");
    // A pure function of the folder.
    fs::remove_file(scratch.path("out").join("effects.md")).unwrap();
    harness(&["report", &scratch.out()]).with_status(0);
    assert_eq!(fs::read_to_string(scratch.path("out").join("effects.md")).unwrap(), table);
    harness(&["validate", &scratch.out()]).with_status(0);
}

#[test]
fn an_ablation_turns_each_technique_off() {
    let Some(info) = engine() else { return };
    let scratch = Scratch::new();
    measure(&scratch, &["ablate", "--engine", info.id, "--set", "gc-every=100K"]).with_status(0);
    let summary = rows(&scratch.path("out"), SummaryRow::FILE);
    let configs: HashSet<&str> = summary.iter().map(|row| row["engine_config"].as_str()).collect();
    assert!(configs.contains("gc-every=102400"), "{configs:?}");
    for knob in info.knobs.iter().filter(|knob| knob.off_value().is_some()) {
        assert!(configs.iter().any(|config| config.contains(&format!("{}=", knob.name))), "{}: {configs:?}", knob.name);
    }
    let scratch = Scratch::new();
    measure(&scratch, &["ablate", "--engine", info.id, "--knobs", "inline-caches"]).with_status(0);
    let table = fs::read_to_string(scratch.path("out").join("effects.md")).unwrap();
    assert!(table.contains(&format!("| workload | {} | inline-caches=off |", info.id)), "{table}");
}

#[test]
fn effects_of_nothing_are_refused() {
    let Some(info) = engine() else { return };
    for (arguments, part) in [
        (&["sweep", "gc-every", "--engine", info.id][..], "'gc-every' names no values"),
        (&["sweep", "gc-every=", "--engine", info.id], "'gc-every=' names no values"),
        (&["sweep", "gc-every=0", "--engine", info.id], "no setting changes anything"),
        (&["sweep", "gc-every=x", "--engine", info.id], "a whole number from 0, not 'x'"),
        (&["sweep", "no-such=1", "--engine", info.id], "unknown knob 'no-such'"),
        (&["sweep", "gc-every=1,1", "--engine", info.id], "twice"),
        (&["sweep", "gc-every=1", "--engine", "nobody"], "unknown engine 'nobody'"),
        (&["ablate", "--engine", "nobody"], "unknown engine 'nobody'"),
        (&["ablate", "--engine", info.id, "--knobs", "no-such"], "unknown knob of"),
        (&["ablate", "--engine", info.id, "--knobs", "gc-every"], "the knob 'gc-every' cannot be turned off"),
        (&["ablate"], "--engine"),
    ] {
        let said = harness(arguments).with_status(2);
        assert!(said.err.contains(part), "'{part}' is not in: {}", said.err);
    }
}

#[test]
fn each_knob_is_listed_once_and_its_name_is_never_cut() {
    if registry::engines().is_empty() {
        return;
    }
    let names: HashSet<&str> =
        registry::engines().iter().flat_map(|engine| engine.info().knobs).map(|knob| knob.name).collect();
    for columns in ["40", "80", "200"] {
        let output = command(&["list", "knobs"]).env("COLUMNS", columns).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let longest = names.iter().map(|name| name.len()).max().unwrap() + 3;
        let width = columns.parse::<usize>().unwrap().max(longest);
        assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
        for name in &names {
            assert!(text.lines().any(|line| line.trim_start().starts_with(&format!("{name}:"))), "{name} in {text}");
        }
        // Every runtime has it, and it stands there once.
        assert_eq!(text.matches("  gc-every:").count(), 1, "{text}");
    }
    let json = harness(&["list", "knobs", "--format", "json"]).with_status(0).out;
    let rows: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    let shared = rows.iter().find(|row| row["knob"] == "gc-every").unwrap();
    assert_eq!(shared["engines"].as_array().unwrap().len(), registry::engines().len());
}

/// A program with a use for every technique: calls of all kinds, fields, typed loops, and one not worth compiled code.
const EVERYTHING: &str = r"
local Point = {}
Point.__index = Point
function Point.new(x) return setmetatable({ x = x }, Point) end
function Point:get() return self.x end
local sums = { __add = function(a, b) return a.v + b.v end }
local function double(x) return x * 2 end
local function many(...) return select('#', ...) end
local s = 0
for i = 1, 60000 do s = s + double(i) end
local p = Point.new(3)
for i = 1, 60000 do s = s + p:get() + (pcall(double, i) and 1 or 0) end
local a, b = setmetatable({ v = 1 }, sums), setmetatable({ v = 2 }, sums)
for i = 1, 60000 do s = s + (a + b) end
for i = 1, 60000 do s = s + many(i, i) end
local function sums(n) local t = 0 for i = 1, n do t = t + i % 7 end return t end
for i = 1, 6000 do s = s + sums(100) end
print(s)
";

#[test]
fn each_technique_changes_a_counter() {
    let scratch = Scratch::new();
    let file = scratch.file("everything.lua", EVERYTHING);
    for info in registry::engines().iter().map(|engine| engine.info()) {
        // What a program prints, and every counter that is no time.
        let run = |settings: &[&str]| -> (String, Vec<String>) {
            let arguments = ["run", &file, "--engine", info.id, "--stats", "--seed", "1"];
            let said = harness(&[&arguments[..], settings].concat()).with_status(0);
            let is_counter = |line: &&str| !line.contains("_ns");
            (said.out, said.err.lines().filter(is_counter).map(str::to_string).collect())
        };
        // So that the program is long enough for loops, and that no clock has a say where it is not what is asked about.
        let has = |name: &str| info.knobs.iter().any(|knob| knob.name == name);
        for knob in info.knobs {
            let Some(off) = knob.off_value() else { continue };
            let mut usual_settings = Vec::new();
            if has("loop-threshold") {
                usual_settings.extend(["--set", "loop-threshold=100"]);
            }
            if has("trials") && knob.name != "trials" {
                usual_settings.extend(["--set", "trials=off"]);
            }
            let off = format!("{}={off}", knob.name);
            let (printed, usual) = run(&usual_settings);
            let (printed_without, without) = run(&[&usual_settings[..], &["--set", &off]].concat());
            assert_eq!(printed, printed_without, "{} of {}", knob.name, info.id);
            assert_ne!(usual, without, "{} of {} changes nothing", knob.name, info.id);
        }
    }
}
