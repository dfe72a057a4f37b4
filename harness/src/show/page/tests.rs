//! Pages of runs of which something is wrong or missing: each is whole and says so.

use super::*;
use crate::analyse::Analysis;
use crate::plan::Plan;
use crate::record::load::Recorded;
use crate::record::outcome::Outcome;
use crate::record::rows::example;
use crate::record::work_queue::State;
use crate::show::report;

fn page_of(recorded: &Recorded) -> String {
    let analysis = Analysis::new(recorded);
    let break_evens = analysis.break_evens();
    let view = View::new(recorded, &analysis, &break_evens, Format::Page);
    let summary = analysis.summary();
    let contents = Contents {
        view: &view,
        findings: &report::findings(recorded, &analysis),
        summary: &summary,
        sources: BTreeMap::from([("one".to_string(), "return '<x>'".to_string())]),
        files: vec!["iterations.csv".to_string()],
        warnings: recorded.remarks.clone(),
    };
    page(&contents).unwrap().into_string()
}

fn well(_cell: crate::plan::schedule::Cell, block: u32) -> (Outcome, Vec<u64>) {
    (Outcome::Ok, (0..4).map(|place| 1_000_000 + place + u64::from(block)).collect())
}

/// That every element that is opened is closed, and in order.
fn assert_is_closed(page: &str) {
    const VOID: [&str; 3] = ["meta", "br", "!DOCTYPE"];
    let mut open: Vec<&str> = Vec::new();
    let (head, _) = page.split_once("<script>").unwrap();
    for tag in head.split('<').skip(1) {
        let (inside, _) = tag.split_once('>').unwrap();
        let name = inside.split([' ', '/', '\n']).find(|word| !word.is_empty()).unwrap();
        if inside.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{inside}");
        } else if !inside.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert_eq!(open, ["html", "body"]);
}

#[test]
fn a_whole_run_has_every_part() {
    let page = page_of(&example::recorded(&example::plan(5), well));
    assert_is_closed(&page);
    for part in [
        "How fast are 2 contenders against base (1) on 2 Lua programs",
        "id=\"warm-up\"",
        "id=\"w-two\"",
        "@inproceedings{kalibera2013",
        "return &#39;&lt;x&gt;&#39;",
        "Rust is ",
    ] {
        assert!(page.contains(part) || page.contains(&part.replace("&#39;", "'")), "{part}");
    }
    assert_eq!(page, page_of(&example::recorded(&example::plan(5), well)), "the same twice");
}

#[test]
fn what_failed_is_told() {
    let recorded = example::recorded(&example::plan(3), |cell, block| match (cell.contender, cell.workload) {
        (1, 0) => (Outcome::WrongResult, Vec::new()),
        (1, 1) => (Outcome::Crash, Vec::new()),
        _ => well(cell, block),
    });
    let page = page_of(&recorded);
    assert_is_closed(&page);
    for part in ["It FAILED on 2 workloads.", "WRONG", "CRASH", "because"] {
        assert!(page.to_lowercase().contains(&part.to_lowercase()), "{part}");
    }
}

#[test]
fn one_workload_one_contender_and_an_interrupted_run_have_a_page() {
    let whole = example::plan(3);
    let one = Plan { workloads: whole.workloads[..1].to_vec(), not_applicable: Vec::new(), ..whole.clone() };
    let of_one = |cell: &crate::plan::schedule::Cell| cell.workload == 0;
    let blocks = one.blocks.iter().map(|block| block.iter().copied().filter(of_one).collect()).collect();
    let page = page_of(&example::recorded(&Plan { blocks, ..one.clone() }, well));
    assert_is_closed(&page);
    assert!(page.contains("on the one workload that it has in common"));

    let alone = |cell: &crate::plan::schedule::Cell| cell.contender == 0 && cell.workload == 0;
    let blocks = one.blocks.iter().map(|block| block.iter().copied().filter(alone).collect()).collect();
    let plan = Plan { contenders: one.contenders[..1].to_vec(), blocks, ..one };
    assert_is_closed(&page_of(&example::recorded(&plan, well)));

    let mut recorded = example::recorded(&whole, well);
    recorded.invocations.truncate(4);
    recorded.state = State::Incomplete { recorded: 4, planned: 15 };
    recorded.remarks = recorded.state.label().into_iter().collect();
    let page = page_of(&recorded);
    assert_is_closed(&page);
    assert!(page.contains("<div class=\"warning\">INCOMPLETE: 4 of 15"));

    // Nobody ran at all.
    recorded.invocations.clear();
    recorded.iterations.clear();
    assert_is_closed(&page_of(&recorded));
}
