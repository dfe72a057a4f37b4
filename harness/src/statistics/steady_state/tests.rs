//! Both modes on series written down by formula, and every trap of the published rule that
//! `harness/METHODOLOGY.md` names. How often the classes are right is in
//! `crate::statistics::simulation::planted_series`.

use super::*;

/// `levels` in order, each for so many iterations, with a small ripple that is the same everywhere.
fn stairs(levels: &[(f64, usize)], ripple: f64) -> Vec<f64> {
    let mut values = Vec::new();
    for (level, count) in levels {
        for _ in 0..*count {
            // Quadratic residues look random enough and are the same on every machine.
            let step = (values.len() * values.len() * 7 + values.len() * 3) % 101;
            values.push(level + ripple * (step as f64 / 50.0 - 1.0));
        }
    }
    values
}

fn classify(mode: Mode, values: &[f64]) -> Classification {
    Method::of(mode).classify(values, &[]).unwrap()
}

fn bounds(found: &Classification) -> Vec<(usize, usize)> {
    found.segments.iter().map(|segment| (segment.first, segment.last)).collect()
}

#[test]
fn each_class_in_both_modes() {
    for mode in [Mode::Compat, Mode::Strict] {
        let found = |levels: &[(f64, usize)]| {
            let found = classify(mode, &stairs(levels, 0.002));
            (found.class, found.steady_start)
        };
        assert_eq!(found(&[(0.1, 400)]), (Class::Flat, Some(0)));
        assert_eq!(found(&[(0.3, 50), (0.1, 350)]), (Class::WarmUp, Some(50)));
        assert_eq!(found(&[(0.3, 50), (0.2, 100), (0.1, 250)]), (Class::WarmUp, Some(150)));
        assert_eq!(found(&[(0.1, 200), (0.2, 200)]), (Class::Slowdown, Some(200)));
        // Slow, fast, then in between: faster than now at some time before, so a slowdown.
        assert_eq!(found(&[(0.3, 100), (0.1, 100), (0.2, 200)]), (Class::Slowdown, Some(200)));
        assert_eq!(found(&[(0.2, 350), (0.1, 50)]), (Class::NoSteadyState, None));
        // Back to the level of the end: everything after the last different segment is steady.
        assert_eq!(found(&[(0.1, 100), (0.3, 60), (0.1, 240)]), (Class::WarmUp, Some(160)));
    }
}

#[test]
fn segments_cover_the_series_and_outliers_stay_where_they_were() {
    let mut values = stairs(&[(0.3, 50), (0.1, 350)], 0.002);
    for index in [49, 50, 120, 121, 399] {
        values[index] = 5.0;
    }
    for mode in [Mode::Compat, Mode::Strict] {
        let found = classify(mode, &values);
        assert_eq!(found.class, Class::WarmUp, "{mode:?}");
        assert_eq!(found.outliers, [49, 50, 120, 121, 399], "{mode:?}");
        assert_eq!(bounds(&found), [(0, 48), (49, 399)], "{mode:?}");
        assert_eq!(found.segments.iter().map(|segment| segment.count).sum::<usize>(), 395);
        assert!((found.segments[1].mean - 0.1).abs() < 0.001 && found.segments[1].variance < 1e-5);
    }
}

#[test]
fn the_published_rule_counts_the_last_quarter_from_zero() {
    // A change after iteration 301 of 400 leaves 99 iterations, one less than a quarter.
    let one_short = stairs(&[(0.2, 301), (0.1, 99)], 0.002);
    assert_eq!(classify(Mode::Compat, &one_short).class, Class::WarmUp);
    assert_eq!(classify(Mode::Compat, &stairs(&[(0.2, 302), (0.1, 98)], 0.002)).class, Class::NoSteadyState);
}

#[test]
fn a_steady_level_holds_four_fifths_of_the_last_quarter() {
    let found = |levels: &[(f64, usize)]| {
        let found = classify(Mode::Strict, &stairs(levels, 0.002));
        (found.class, found.steady_start)
    };
    assert_eq!(found(&[(0.2, 320), (0.1, 80)]), (Class::WarmUp, Some(320)));
    assert_eq!(found(&[(0.2, 321), (0.1, 79)]), (Class::NoSteadyState, None));
    // Bursts change nothing, be they in the last quarter, even at its end, or short ones before it.
    assert_eq!(found(&[(0.1, 385), (0.2, 15)]), (Class::Flat, Some(0)));
    assert_eq!(found(&[(0.1, 340), (0.2, 19), (0.1, 41)]), (Class::Flat, Some(0)));
    assert_eq!(found(&[(0.1, 200), (0.2, 35), (0.1, 165)]), (Class::Flat, Some(0)));
    assert_eq!(found(&[(0.3, 20), (0.1, 180), (0.2, 35), (0.1, 165)]), (Class::WarmUp, Some(20)));
    // A longer one is a level of its own.
    assert_eq!(found(&[(0.1, 200), (0.2, 40), (0.1, 160)]), (Class::WarmUp, Some(240)));
}

#[test]
fn the_published_rule_depends_on_the_unit() {
    let seconds = stairs(&[(0.3, 100), (0.1, 300)], 0.002);
    let scaled = |factor: f64| seconds.iter().map(|time_s| time_s * factor).collect::<Vec<_>>();
    // Below a millisecond every difference is within the published tolerance.
    assert_eq!(classify(Mode::Compat, &scaled(1e-4)).class, Class::Flat);
    for factor in [1e-9, 1e-4, 1.0, 1e3] {
        let found = classify(Mode::Strict, &scaled(factor));
        assert_eq!((found.class, found.steady_start), (Class::WarmUp, Some(100)), "{factor}");
    }
    // A second and more: a variance in square seconds is added to means, and swallows a difference of two thirds.
    let noisy = stairs(&[(5.0, 100), (3.0, 300)], 2.0);
    let found = classify(Mode::Compat, &noisy);
    assert_eq!((found.class, found.segments.len()), (Class::Flat, 2));
    assert_eq!(classify(Mode::Strict, &noisy).class, Class::WarmUp);
}

#[test]
fn a_slow_iteration_early_is_a_warm_up_to_the_published_rule_only() {
    let mut values = stairs(&[(0.1, 400)], 0.002);
    values[10] = 0.3;
    assert_eq!(classify(Mode::Compat, &values).class, Class::WarmUp);
    assert_eq!(classify(Mode::Strict, &values).class, Class::Flat);
    // At the very start it is what a warm-up looks like.
    let mut values = stairs(&[(0.1, 400)], 0.002);
    values[0] = 0.3;
    let found = classify(Mode::Strict, &values);
    assert_eq!((found.class, found.steady_start), (Class::WarmUp, Some(2)));
}

#[test]
fn the_tolerance_decides_about_small_differences() {
    let values = stairs(&[(0.103, 200), (0.1, 200)], 0.0005);
    let class =
        |tolerance| Method { tolerance, ..Method::of(Mode::Strict) }.classify(&values, &[]).map(|found| found.class);
    assert_eq!(TOLERANCES.map(class), [Some(Class::WarmUp), Some(Class::WarmUp), Some(Class::Flat)]);
}

#[test]
fn the_published_tolerance_can_be_relative_and_without_the_variance() {
    let class = |values: &[f64], delta, widens_by_variance| {
        let published = Published { delta, widens_by_variance };
        Method { published, ..Method::of(Mode::Compat) }.classify(values, &[]).unwrap().class
    };
    // Ten and eleven microseconds: the same to a millisecond and to a fifth, not to 2 %.
    let short = stairs(&[(11e-6, 200), (10e-6, 200)], 0.2e-6);
    assert_eq!(class(&short, Delta::Seconds(0.001), true), Class::Flat);
    assert_eq!(class(&short, Delta::OfFastest(0.2), true), Class::Flat);
    assert_eq!(class(&short, Delta::OfFastest(0.02), true), Class::WarmUp);
    // The last segment's variance of 1.3 is more than the difference of 1; that of the segments themselves still
    // widens them.
    let noisy = stairs(&[(104.0, 200), (103.0, 200)], 2.0);
    assert_eq!(class(&noisy, Delta::Seconds(0.001), true), Class::Flat);
    let quiet_before = [stairs(&[(104.0, 200)], 0.002), stairs(&[(103.0, 200)], 2.0)].concat();
    assert_eq!(class(&quiet_before, Delta::Seconds(0.001), true), Class::Flat);
    assert_eq!(class(&quiet_before, Delta::Seconds(0.001), false), Class::WarmUp);
}

#[test]
fn a_clock_that_ticks_makes_no_segments() {
    // All times are 5 or 6 ticks.
    let values: Vec<f64> = stairs(&[(5.5, 300)], 0.7).iter().map(|value| value.round()).collect();
    let found = classify(Mode::Strict, &values);
    assert_eq!((found.class, found.segments.len()), (Class::Flat, 1));
    assert_eq!(classify(Mode::Strict, &[7.0; 100]).class, Class::Flat);
}

#[test]
fn compilation_is_no_steady_state() {
    let values = stairs(&[(0.3, 50), (0.1, 350)], 0.002);
    let found = |mode, compiled: &[usize]| Method::of(mode).classify(&values, compiled).unwrap();
    let start = |compiled| found(Mode::Strict, compiled).steady_start;
    assert_eq!(start(&[0, 20, 49]), Some(50));
    assert_eq!(start(&[0, 120]), Some(121));
    let late = found(Mode::Strict, &[0, 300]);
    assert_eq!((late.class, late.steady_start, late.is_still_compiling), (Class::NoSteadyState, None, true));
    assert_eq!(found(Mode::Strict, &[299]).steady_start, Some(300));
    // The published rule knows times only.
    assert_eq!(found(Mode::Compat, &[399]), found(Mode::Compat, &[]));
    let flat = Method::of(Mode::Strict).classify(&stairs(&[(0.1, 400)], 0.002), &[3]).unwrap();
    // Steady from a later iteration on is not flat.
    assert_eq!((flat.class, flat.steady_start), (Class::WarmUp, Some(4)));
}

#[test]
fn few_iterations_have_no_class() {
    for (mode, fewest) in [(Mode::Compat, 4), (Mode::Strict, 20)] {
        let values = stairs(&[(0.1, fewest)], 0.002);
        assert_eq!(Method::of(mode).classify(&values[1..], &[]), None);
        assert_eq!(classify(mode, &values).class, Class::Flat);
    }
    // Three slow iterations of twenty-five are found.
    let found = classify(Mode::Strict, &stairs(&[(0.3, 3), (0.1, 22)], 0.002));
    assert_eq!((found.class, found.steady_start), (Class::WarmUp, Some(3)));
}

#[test]
fn classes_of_processes_are_taken_together() {
    use Class::{Flat, NoSteadyState, Slowdown, WarmUp};
    for (classes, expected) in [
        (&[][..], None),
        (&[Slowdown], Some(Consistency::All(Slowdown))),
        (&[Flat, Flat], Some(Consistency::All(Flat))),
        (&[Flat, WarmUp, Flat], Some(Consistency::GoodInconsistent)),
        (&[Flat, WarmUp, Slowdown], Some(Consistency::BadInconsistent)),
        (&[NoSteadyState, WarmUp], Some(Consistency::BadInconsistent)),
    ] {
        assert_eq!(Consistency::of(classes), expected);
    }
    assert!(Consistency::All(NoSteadyState).is_unstable() && !Consistency::GoodInconsistent.is_unstable());
}
