//! Changes whose causes are planted.

use super::*;
use crate::plan::Plan;
use crate::plan::preset::{IterationRule, Preset};
use crate::record::outcome::Outcome;
use crate::record::rows::example;

#[test]
fn a_change_has_what_happened_at_it_beside_what_would_by_chance() {
    let plan = Plan { preset: Preset::Standard, iterations: IterationRule::exactly(60), ..example::plan(5) };
    let mut recorded = example::recorded(&plan, |_, block| {
        let level = |place| {
            if place < 12 {
                3_000_000
            } else if place < 30 {
                2_000_000
            } else {
                1_000_000
            }
        };
        (Outcome::Ok, (0..60).map(|place: u32| level(place) + u64::from(place * 7 % 5) + u64::from(block)).collect())
    });
    for row in recorded.iterations.iter_mut().filter(|row| row.engine == "fast") {
        // The twelfth iteration compiles what makes the thirteenth faster; the second change has no cause but the collector,
        // which runs at every fifth.
        row.compiles = Some(u64::from(row.iteration == 12));
        row.deopts = Some(0);
        row.compile_ns = Some(0);
        row.gc_ns = Some(u64::from(row.iteration % 5 == 1));
    }
    let found = Analysis::new(&recorded).attributions(&recorded);
    assert_eq!(found.iter().map(|one| one.place).collect::<Vec<_>>(), [(0, 1), (1, 1)], "only of who counts");
    let one = &found[0];
    assert_eq!((one.changes, one.compiled.changes, one.deopted.changes), (10, 5, 0));
    assert_eq!((one.collected.changes, one.unexplained), (5, 0));
    // One compilation is at two of 59 possible places, the collector at two of five.
    assert!((one.compiled.by_chance - 10.0 * 2.0 / 59.0).abs() < 1e-9, "{}", one.compiled.by_chance);
    assert!((one.collected.by_chance / 10.0 - 0.4).abs() < 0.02, "{}", one.collected.by_chance);
}
