//! Every figure of runs of every shape, in every format: texts neither overlap nor leave the drawing.

use super::*;
use crate::analyse::Analysis;
use crate::plan::contender::{Contender, Kind};
use crate::plan::preset::{IterationRule, Preset};
use crate::plan::schedule::{self, Cell};
use crate::plan::{Plan, PlannedWorkload};
use crate::record::load::Recorded;
use crate::record::outcome::Outcome;
use crate::record::rows::{EventKind, EventRow, example};

/// A run of so many contenders and workloads with everything that can be: warm-up, modes, failures, events.
fn run(contenders: usize, workloads: usize, invocations: u32, preset: Preset) -> Recorded {
    let base = example::plan(invocations);
    let name = |place: usize| ["base", "tree-interpreter", "a-very-long-name:jit-threshold=1000"][place % 3];
    let contenders: Vec<Contender> = (0..contenders)
        .map(|place| {
            Contender::new(
                &if place < 3 { name(place).to_string() } else { format!("{} {place}", name(place)) },
                Kind::Engine,
                "1",
            )
        })
        .collect();
    let workloads: Vec<PlannedWorkload> = (0..workloads)
        .map(|place| PlannedWorkload { name: format!("workload_with_a_name_{place}"), ..base.workloads[0].clone() })
        .collect();
    let cells: Vec<Cell> = (0..contenders.len())
        .flat_map(|contender| (0..workloads.len()).map(move |workload| Cell { contender, workload }))
        .collect();
    let blocks = schedule::shuffled_blocks(&cells, invocations, 1);
    let iterations = IterationRule::exactly(40);
    let plan = Plan { contenders, workloads, not_applicable: Vec::new(), blocks, preset, iterations, ..base };
    let mut recorded = example::recorded(&plan, |cell, block| match (cell.contender, cell.workload) {
        (2, 1) => (Outcome::WrongResult, Vec::new()),
        (3, 1) => (Outcome::Crash, Vec::new()),
        (contender, workload) => {
            let speed = 1_000_000 * (contender as u64 + 1) * (workload as u64 + 1);
            let mode = if contender == 1 && workload == 0 && block % 2 == 1 { 3 } else { 1 };
            let at = |place: u64| if place < 9 { speed * 5 } else { speed * mode + place * 37 % 11 * speed / 1000 };
            (Outcome::Ok, (0..40).map(at).collect())
        }
    });
    for row in recorded.iterations.iter_mut().filter(|row| row.engine != "base") {
        row.compiles = Some(u64::from(row.iteration < 9));
        row.compile_ns = Some(row.wall_ns / 10);
        row.gc_ns = Some(row.wall_ns / 20);
        row.deopts = Some(0);
        row.code_bytes = Some(4096 * u64::from(row.iteration));
    }
    for row in &mut recorded.invocations {
        row.exec_to_first_ns = Some(2_000_000);
        row.max_rss_bytes = Some(10 << 20);
    }
    let reasons = ["a tag was another", "a shape was another, which is a long reason to give for leaving", "overflow"];
    recorded.events = (0..recorded.invocations.len().min(9))
        .map(|place| event(&recorded.invocations[place].engine, &plan.workloads[0].name, reasons[place % 3]))
        .collect();
    recorded
}

fn event(engine: &str, workload: &str, reason: &str) -> EventRow {
    EventRow {
        run_id: "r".to_string(),
        engine: engine.to_string(),
        engine_id: String::new(),
        build: String::new(),
        engine_config: String::new(),
        workload: workload.to_string(),
        size: crate::plan::workload::Size::Test,
        iteration: 3,
        t_ns: 1,
        kind: EventKind::SideExit,
        unit: "loop".to_string(),
        function: "f".to_string(),
        line: Some(3),
        pc: Some(7),
        bytes_in: None,
        bytes_out: None,
        dur_ns: None,
        reason: reason.to_string(),
        count: 1234,
    }
}

#[test]
fn every_label_of_every_figure_can_be_read() {
    let runs = [
        run(9, 39, 5, Preset::Standard),
        run(16, 5, 3, Preset::Standard),
        run(4, 2, 2, Preset::Quick),
        run(1, 1, 1, Preset::Quick),
    ];
    for recorded in &runs {
        let analysis = Analysis::new(recorded);
        let break_evens = analysis.break_evens();
        for format in [Format::Column, Format::Page, Format::Slide] {
            let view = View::new(recorded, &analysis, &break_evens, format);
            let of_workloads = view.workloads.iter().take(2).flat_map(|workload| of_workload(&view, *workload));
            for (name, scene) in of_run(&view).into_iter().chain(of_workloads) {
                let what = format!("{name} for a {} with {} contenders", format.name(), view.contenders.len());
                assert_eq!(scene.faults(), Vec::<String>::new(), "{what}");
                assert!(scene.height > 0 && !scene.description.is_empty(), "{what}");
            }
        }
    }
}

#[test]
fn what_is_chosen_is_shown_in_its_order() {
    let recorded = run(4, 3, 3, Preset::Quick);
    let analysis = Analysis::new(&recorded);
    let mut view = View::new(&recorded, &analysis, &[], Format::Page);
    let words = |text: &[&str]| text.iter().map(|word| word.to_string()).collect::<Vec<String>>();
    view.choose(
        &words(&["workload_with_a_name_2", "workload_with_a_name_0"]),
        &words(&["base 3", "workload_with_a_name_2"]),
    )
    .unwrap();
    assert_eq!((&view.contenders[..2], view.workloads.as_slice()), (&[3, 0][..], &[2, 0][..]));
    let problem = view.choose(&words(&["nobody"]), &[]).unwrap_err().0;
    assert!(problem.contains("nobody"), "{problem}");
}

#[test]
fn a_file_of_its_own_is_the_same_twice_and_has_title_role_and_a_dark_side() {
    let recorded = run(4, 3, 3, Preset::Quick);
    let analysis = Analysis::new(&recorded);
    let view = View::new(&recorded, &analysis, &[], Format::Column);
    let (scene, again) = (speed_up::scene(&view), speed_up::scene(&view));
    let text = draw::svg(&scene, &view.palette).unwrap();
    assert_eq!(text, draw::svg(&again, &view.palette).unwrap());
    for part in ["role=\"img\"", "<title>Speed-up over base", "prefers-color-scheme: dark", "viewBox=\"0 0 400 "] {
        assert!(text.contains(part), "{part}\n{}", &text[..600]);
    }
}
