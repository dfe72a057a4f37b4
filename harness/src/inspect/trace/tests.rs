//! The lines of the trace, and that it stays short however long the program runs.

use super::*;

fn unit(kind: UnitKind, pc: u32) -> Unit {
    Unit { kind, function: "fib".to_string(), chunk: "fib.lua".to_string(), line: 3, pc }
}

fn exit(line: u32) -> Event {
    let detail = ExitDetail::Types { expected: "integer", came: "float" };
    let place = ExitPlace { function: "fib".to_string(), line, construct: "v + 1".to_string(), detail };
    Event::SideExit { unit: unit(UnitKind::Loop, 7), resume_pc: 9, place, reason: ExitReason::Type }
}

/// What is written about events and units.
fn written(format: TraceFormat, events: &[Event], progress: &[UnitProgress]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace");
    let (mut tracer, trace, _) = Trace::sink(Trace::new(LogLevel::Trace, format, Some(&path)).unwrap());
    events.iter().for_each(|event| tracer.event(5, event));
    trace.borrow_mut().finish(progress).unwrap();
    std::fs::read_to_string(&path).unwrap()
}

#[test]
fn the_documented_lines_begin_as_documented() {
    let compiled = |unit| Event::CompileEnd { unit, code_bytes: 64, time_ns: 1_500_000 };
    let looping = || unit(UnitKind::Loop, 7);
    for (event, expected) in [
        (
            Event::LoopHot { unit: looping(), iterations: 1000 },
            "[JIT] Hot loop detected at PC 7 (iterations: 1000) of fib, fib.lua:3\n",
        ),
        (compiled(looping()), "[JIT] Compiled loop at PC 7 (64 bytes) of fib, fib.lua:3, 1.50 ms\n"),
        (compiled(unit(UnitKind::Loop, 0)), "[JIT] Compiled loop at PC 0 (64 bytes) of fib, fib.lua:3, 1.50 ms\n"),
        (compiled(unit(UnitKind::Function, 0)), "[JIT] Compiled function fib (64 bytes), fib.lua:3, 1.50 ms\n"),
        (
            Event::Declined { unit: looping(), reason: DeclineReason::LeavesTooOften },
            "[JIT] Gave back loop at PC 7 of fib, fib.lua:3: it does too little between an entry and the next exit\n",
        ),
    ] {
        assert_eq!(written(TraceFormat::Text, &[event], &[]), expected);
    }
}

#[test]
fn a_function_is_told_with_what_it_had_run() {
    let function = || unit(UnitKind::Function, 0);
    let events = [
        Event::FunctionHot { unit: function(), calls: 1, back_edges: 990 },
        Event::CompileStart { unit: function() },
        Event::CompileEnd { unit: function(), code_bytes: 64, time_ns: 1_500_000 },
        Event::FunctionHot { unit: function(), calls: 2000, back_edges: 0 },
        Event::Declined { unit: function(), reason: DeclineReason::CodeMemory },
    ];
    assert_eq!(
        written(TraceFormat::Text, &events, &[]),
        "[JIT] Compiled function fib (64 bytes), fib.lua:3, after 1 call and 990 back-edges, 1.50 ms\n\
         [JIT] Declined function fib, fib.lua:3, after 2,000 calls: there was no code memory\n"
    );
    assert_eq!(written(TraceFormat::Json, &events, &[]).lines().count(), 6);
}

#[test]
fn exits_are_gathered_by_place() {
    let mut events = vec![exit(6); 1204];
    events.push(exit(8));
    events.push(Event::Deoptimised { unit: unit(UnitKind::Loop, 7), reason: ExitReason::Type });
    assert_eq!(
        written(TraceFormat::Text, &events, &[]),
        "[JIT] Threw away loop at PC 7 of fib, fib.lua:3: a value of another type came; most at fib.lua:6 `v + 1`: \
         integer expected, float came (1204 of 1205 exits)\n\
         [JIT] Compiled code was left 1,205 times, by place:\n\
         [JIT]         1,204 times  fib.lua:6 `v + 1`: integer expected, float came  (from loop at PC 7 of fib, fib.lua:3)\n\
         [JIT]                once  fib.lua:8 `v + 1`: integer expected, float came  (from loop at PC 7 of fib, fib.lua:3)\n"
    );
    let json = written(TraceFormat::Json, &events, &[]);
    let exits: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&exits[0]["event"], &exits[1]["count"]), (&json!("deoptimised"), &json!(1204)));
}

#[test]
fn a_unit_that_keeps_changing_has_few_lines() {
    let compiled = Event::CompileEnd { unit: unit(UnitKind::Loop, 7), code_bytes: 64, time_ns: 1 };
    let text = written(TraceFormat::Text, &vec![compiled; 1000], &[]);
    assert_eq!(text.lines().count(), 1 + LINES_PER_UNIT as usize);
    assert!(text.ends_with("[JIT] 988 more changes of units that had 12 already\n"), "{text}");
}

#[test]
fn what_never_became_hot_is_told_with_its_count() {
    let progress = |kind, pc, count, stage| UnitProgress { unit: unit(kind, pc), stage, count, needed: 100 };
    let units = [
        progress(UnitKind::Loop, 7, 12, UnitStage::Counting),
        progress(UnitKind::Function, 0, 90, UnitStage::Counting),
        progress(UnitKind::Function, 1, 0, UnitStage::Counting),
        progress(UnitKind::Function, 2, 50, UnitStage::Compiled),
    ];
    assert_eq!(
        written(TraceFormat::Text, &[], &units),
        "[JIT] Never hot:\n[JIT]   function fib, fib.lua:3 (90 of 100 calls)\n\
         [JIT]   loop at PC 7 of fib, fib.lua:3 (12 of 100 back-edges)\n"
    );
}

#[test]
fn each_level_says_more() {
    let looping = || unit(UnitKind::Loop, 7);
    let events = [
        exit(6),
        Event::LoopHot { unit: looping(), iterations: 1000 },
        Event::Declined { unit: looping(), reason: DeclineReason::TooLarge },
    ];
    let lines = |level| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trace");
        let (mut tracer, trace, _) = Trace::sink(Trace::new(level, TraceFormat::Text, Some(&path)).unwrap());
        events.iter().for_each(|event| tracer.event(5, event));
        trace.borrow_mut().finish(&[]).unwrap();
        std::fs::read_to_string(&path).unwrap().lines().count()
    };
    let levels = [LogLevel::Error, LogLevel::Info, LogLevel::Debug, LogLevel::Trace];
    assert_eq!(levels.map(lines), [0, 1, 2, 4]);
}

#[test]
fn counts_are_grouped() {
    assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
}
