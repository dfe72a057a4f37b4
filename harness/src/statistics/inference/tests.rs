//! The verdict's rules on small examples, and the published example of the false discovery rate.

use super::*;
use crate::statistics::IntervalMethod;

fn comparison(centre: f64, spread: f64, count: usize) -> Comparison {
    let logarithms: Vec<f64> =
        (0..count).map(|index| centre + spread * (index as f64 / (count - 1) as f64 * 2.0 - 1.0)).collect();
    Comparison::paired(&logarithms, 7).unwrap()
}

fn verdict(comparison: &Comparison, floor: f64) -> Verdict {
    verdicts(&[comparison], floor)[0]
}

#[test]
fn each_verdict_has_its_case() {
    assert_eq!(verdict(&comparison(0.10, 0.02, 10), 0.0), Verdict::Faster);
    assert_eq!(verdict(&comparison(-0.10, 0.02, 10), 0.0), Verdict::Slower);
    assert_eq!(verdict(&comparison(0.01, 0.002, 10), 0.0), Verdict::Equivalent);
    assert_eq!(verdict(&comparison(0.01, 0.2, 10), 0.0), Verdict::Inconclusive);
    // A significant difference inside the band is still equivalent, one that sticks out of it is not.
    assert_eq!(verdict(&comparison(0.019, 0.006, 10), 0.0), Verdict::Faster);
}

#[test]
fn a_floor_widens_the_band_and_has_to_be_passed() {
    let five_percent = comparison(0.05, 0.005, 10);
    assert_eq!(verdict(&five_percent, 0.0), Verdict::Faster);
    assert_eq!(verdict(&five_percent, 0.03), Verdict::Faster);
    assert_eq!(verdict(&five_percent, 0.05), Verdict::Inconclusive);
    assert_eq!(verdict(&five_percent, 0.08), Verdict::Equivalent);
}

#[test]
fn too_few_processes_prove_nothing() {
    let two = comparison(0.5, 0.001, 2);
    assert_eq!((two.estimate().interval, verdict(&two, 0.0)), (None, Verdict::Inconclusive));
    assert!((two.speedup().centre - 0.5f64.exp()).abs() < 1e-12);
    let five = comparison(0.5, 0.001, 5);
    assert_eq!(five.speedup().interval.unwrap().method, IntervalMethod::StudentT);
    assert_eq!(comparison(0.5, 0.001, 8).speedup().interval.unwrap().method, IntervalMethod::BootstrapT);
    assert_eq!(Comparison::paired(&[], 1), None);
    assert_eq!(Comparison::unpaired(&[1.0], &[], 1), None);
}

#[test]
fn the_verdict_depends_on_how_many_are_read_together() {
    // Student's t with four degrees of freedom gives p = 0.03: enough alone, not among twenty others.
    let doubtful = comparison(0.05, 0.046, 5);
    let p_value = doubtful.studentised.as_ref().unwrap().p_value(0.0);
    assert!((0.02..0.05).contains(&p_value), "{p_value}");
    let nothing = comparison(0.001, 0.3, 5);
    assert_eq!(verdict(&doubtful, 0.0), Verdict::Faster);
    let mut cells = vec![&nothing; 20];
    cells.push(&doubtful);
    assert!(verdicts(&cells, 0.0).iter().all(|verdict| *verdict == Verdict::Inconclusive));
}

/// The fifteen p-values of the 1995 paper's example, of which the procedure refutes four at 5 %.
#[test]
fn the_published_example_of_the_procedure() {
    let p_values = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590,
        1.0,
    ];
    let refuted = discoveries(&p_values, 0.05);
    assert_eq!(refuted.iter().filter(|is_refuted| **is_refuted).count(), 4);
    assert!(refuted[..4].iter().all(|is_refuted| *is_refuted));
    assert!(discoveries(&[], 0.05).is_empty());
    // All that share the threshold are refuted with it.
    assert_eq!(discoveries(&[0.04, 0.04, 0.04], 0.05), [true, true, true]);
}
