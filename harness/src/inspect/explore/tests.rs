//! The page of a small program, looked at as text: what belongs together has one line, and exits stand where they leave.

use engine_api::event::{ExitDetail, ExitPlace, ExitReason, Unit, UnitKind};
use engine_api::profile::{FunctionProfile, LoopProfile, ProfileUnit};
use engine_api::{Event, EventSink};

use super::*;
use crate::inspect::unit_history::UnitSink;

const SOURCE: &str = "local s = 0\nfor i = 1, 9 do\n  s = s + i < 3\nend\n";
const BYTECODE: &str = "function main chunk at line 0: 0+ parameters, 5 slots\n   0 [1] LOADI R0 #0\n   4 [3] ADD R0 R0 R4\n   5 [2] FORLOOP R1 -> 4\n  loop 4..5 depth 1\n";
const ASM: &str = "loop at PC 4 of main chunk (a.lua:2)\n; pc 4, line 3: ADD R0 R0 R4\n  0000  add rax, rbx\n";

fn explored() -> Explored<'static> {
    let unit =
        Unit { kind: UnitKind::Loop, function: "main chunk".to_string(), chunk: "a.lua".to_string(), line: 2, pc: 4 };
    let (mut sink, units) = UnitSink::new();
    sink.event(0, &Event::CompileEnd { unit: unit.clone(), code_bytes: 16, time_ns: 1 });
    for _ in 0..1204 {
        let place = ExitPlace {
            function: "main chunk".to_string(),
            line: 3,
            construct: "s + i".to_string(),
            detail: ExitDetail::Types { expected: "integer", came: "float" },
        };
        sink.event(0, &Event::SideExit { unit: unit.clone(), resume_pc: 4, place, reason: ExitReason::Type });
    }
    let function = FunctionProfile {
        name: "main chunk".to_string(),
        chunk: "a.lua".to_string(),
        line: 0,
        calls: 1,
        total: 1,
        itself: 1,
        signatures: Vec::new(),
    };
    let entry = LoopProfile {
        function: 0,
        line: 2,
        pc: 4,
        iterations: 9,
        back_edges: 8,
        stable_back_edges: 8,
        timed_iterations: 8,
        time: 1,
    };
    let profile =
        Profile { unit: ProfileUnit::Nanoseconds, functions: vec![function], loops: vec![entry], ..Profile::default() };
    let engine = EngineView {
        name: "loops".to_string(),
        ir: None,
        asm: Some(ASM.to_string()),
        units: units.take(),
        progress: Vec::new(),
    };
    Explored {
        title: "a.lua",
        chunk: "a.lua",
        source: SOURCE,
        bytecode: Some(BYTECODE.to_string()),
        profile: Some(profile),
        engines: vec![engine],
    }
}

#[test]
fn what_belongs_to_a_source_line_says_so_and_is_escaped() {
    let page = page(&explored());
    // Source, bytecode, and two lines of machine code.
    assert_eq!(page.matches("data-line=\"3\"").count(), 4, "{page}");
    assert!(page.contains("s = s + i &lt; 3"), "{page}");
    assert!(!page.contains("http"), "the page needs nothing else");
}

#[test]
fn exits_stand_where_they_leave() {
    let page = page(&explored());
    assert_eq!(page.matches("1,204: integer expected, float came").count(), 3, "{page}");
    assert!(page.contains("compiled, 16 bytes"), "{page}");
}

#[test]
fn heat_is_how_often_a_line_was_reached() {
    let explored = explored();
    let units = stage_text::units(Stage::Bytecode, BYTECODE, &HashMap::new());
    let heat = heat(&units, explored.profile.as_ref());
    assert_eq!(heat.into_iter().collect::<Vec<_>>(), [(1, 1), (2, 9), (3, 9)]);
}
