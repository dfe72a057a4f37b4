//! Rows and texts of a small profile.

use engine_api::profile::{CallSiteProfile, LoopProfile, StackProfile};

use super::*;

fn function(name: &str, line: u32, calls: u64, itself: u64, signatures: &[(&str, u64)]) -> FunctionProfile {
    FunctionProfile {
        name: name.to_string(),
        chunk: if line == 0 { String::new() } else { "a.lua".to_string() },
        line,
        calls,
        total: itself,
        itself,
        signatures: signatures.iter().map(|(types, count)| (types.to_string(), *count)).collect(),
    }
}

fn profile() -> Profile {
    Profile {
        unit: ProfileUnit::Nanoseconds,
        functions: vec![
            function("main chunk", 1, 1, 1000, &[("()", 1)]),
            function("f", 2, 100, 8000, &[("(integer)", 95), ("(float)", 5)]),
            function("f", 9, 0, 0, &[]),
            function("table.sort", 0, 1, 1000, &[("(table)", 1)]),
        ],
        loops: vec![LoopProfile {
            function: 0,
            line: 4,
            pc: 7,
            iterations: 11,
            back_edges: 10,
            stable_back_edges: 10,
            timed_iterations: 10,
            time: 5000,
        }],
        call_sites: vec![CallSiteProfile {
            function: 0,
            line: 5,
            construct: "f(..)".to_string(),
            signatures: vec![("(integer)".to_string(), 3), ("(float)".to_string(), 1)],
        }],
        stacks: vec![
            StackProfile { functions: vec![0], itself: 1000 },
            StackProfile { functions: vec![0, 1], itself: 8000 },
            StackProfile { functions: vec![0, 3], itself: 1000 },
        ],
    }
}

#[test]
fn rows_have_the_named_fields_and_the_most_expensive_first() {
    let rows = serde_json::to_value(Rows::new(&profile(), 1000.0)).unwrap();
    assert_eq!(
        rows["functions"][0],
        json!({
            "name": "f a.lua:2", "call_count": 100, "total_time_us": 8.0, "self_time_us": 8.0, "percentage": 80.0,
            "type_signatures": [{ "types": "(integer)", "count": 95 }, { "types": "(float)", "count": 5 }],
            "type_stability": 0.95,
        })
    );
    assert_eq!(rows["functions"][3]["type_stability"], json!(0.0));
    assert_eq!(
        rows["loops"][0],
        json!({
            "function": "main chunk", "line": 4, "iteration_count": 11, "avg_time_per_iteration_us": 0.5,
            "osr_candidate": true,
        })
    );
    assert_eq!(
        rows["call_sites"][0],
        json!({
            "call_site": "a.lua:5 f(..)",
            "observed_types": [{ "types": "(integer)", "count": 3 }, { "types": "(float)", "count": 1 }],
            "stability_score": 0.75,
        })
    );
}

#[test]
fn stacks_are_folded_and_scoped() {
    assert_eq!(folded(&profile()), "main chunk 1\nmain chunk;f a.lua:2 8\nmain chunk;table.sort 1\n");
    let scoped = speedscope(&profile(), "a.lua", 1000.0);
    assert_eq!(scoped["profiles"][0]["weights"], json!([1.0, 8.0, 1.0]));
    assert_eq!(scoped["profiles"][0]["samples"], json!([[0], [0, 1], [0, 3]]));
    assert_eq!(scoped["shared"]["frames"][3], json!({ "name": "table.sort" }));
}

#[test]
fn ticks_stand_for_time_and_calls_are_unknown() {
    let profile = Profile { unit: ProfileUnit::Ticks, ..profile() };
    let rows = Rows::new(&profile, 1000.0);
    assert_eq!((rows.functions[0].call_count, rows.functions[0].self_time_us), (None, 8e6));
    assert_eq!(folded(&profile).lines().next(), Some("main chunk 1000"));
}
