//! Planted series: how often [`crate::statistics::steady_state`] finds the class of a process whose changes are known.

use super::{Generator, autoregressive, is_whole};
use crate::statistics::steady_state::{Class, LEAST_HELD, MOST_SCATTER, Method, Mode, SCATTERS};

/// Sizes of a change of level, in standard deviations.
const SHIFTS: [f64; 6] = [0.5, 1.0, 2.0, 3.0, 5.0, 10.0];
/// Correlations of neighbouring iterations.
const CORRELATIONS: [f64; 3] = [0.0, 0.3, 0.7];
/// Segments of a series.
const SEGMENTS: [usize; 5] = [1, 2, 3, 4, 5];
/// Lengths of a series.
const LENGTHS: (usize, usize) = (100, 2000);
/// The part of a series that every segment has at least.
const SHORTEST_SEGMENT: f64 = 0.1;
/// The part of iterations that are slow once.
const OUTLIERS: f64 = 0.003;
/// The time of an iteration of the first segment, and its standard deviation, in seconds.
const LEVEL_S: f64 = 0.1;
const DEVIATION_S: f64 = 0.003;

/// What was planted.
struct Planted {
    times_s: Vec<f64>,
    /// Where each segment but the first starts.
    starts: Vec<usize>,
    class: Class,
    /// Where the steady state starts.
    steady_start: Option<usize>,
}

/// One kind of series.
#[derive(Clone, Copy)]
struct Stratum {
    shift: f64,
    correlation: f64,
    segments: usize,
}

fn plant(generator: &mut Generator, stratum: Stratum) -> Planted {
    let length = generator.whole(LENGTHS.0, LENGTHS.1);
    let starts = draw_starts(generator, length, stratum.segments);
    let mut times_s = autoregressive(generator, length, stratum.correlation);
    let mut levels = vec![LEVEL_S];
    for _ in &starts {
        let direction = if generator.uniform() < 0.5 { -1.0 } else { 1.0 };
        levels.push(levels[levels.len() - 1] + direction * stratum.shift * DEVIATION_S);
    }
    // However far it goes down, a time is positive.
    let raise = (0.5 * LEVEL_S - levels.iter().copied().fold(f64::INFINITY, f64::min)).max(0.0);
    levels.iter_mut().for_each(|level| *level += raise);
    for (index, time_s) in times_s.iter_mut().enumerate() {
        let segment = starts.partition_point(|start| *start <= index);
        *time_s = levels[segment] + DEVIATION_S * *time_s;
        if generator.uniform() < OUTLIERS {
            *time_s += DEVIATION_S * (20.0 + 80.0 * generator.uniform());
        }
    }
    let (class, steady_start) = truth(length, &starts, &levels);
    Planted { times_s, starts, class, steady_start }
}

/// Places of changes that leave every segment long enough: what is left over is shared out at random.
fn draw_starts(generator: &mut Generator, length: usize, segments: usize) -> Vec<usize> {
    let shortest = (length as f64 * SHORTEST_SEGMENT) as usize;
    let mut cuts: Vec<usize> = (1..segments).map(|_| generator.whole(0, length - segments * shortest)).collect();
    cuts.sort_unstable();
    cuts.iter().enumerate().map(|(index, cut)| cut + (index + 1) * shortest).collect()
}

/// The class by the rule that `harness/METHODOLOGY.md` states, from the levels themselves.
fn truth(length: usize, starts: &[usize], levels: &[f64]) -> (Class, Option<usize>) {
    let tolerance_s = Method::of(Mode::Strict).tolerance * levels.iter().copied().fold(f64::INFINITY, f64::min);
    // A difference that is less than what iterations scatter by is no other level.
    let band_s =
        tolerance_s.max((SCATTERS * DEVIATION_S).min(MOST_SCATTER / Method::of(Mode::Strict).tolerance * tolerance_s));
    let last_s = levels[levels.len() - 1];
    let differs = |segment: &usize| (levels[*segment] - last_s).abs() > band_s;
    let different: Vec<usize> = (0..starts.len()).filter(differs).collect();
    let Some(latest) = different.last() else { return (Class::Flat, Some(0)) };
    let steady_start = starts[*latest];
    if ((length - steady_start) as f64) < LEAST_HELD * (length / 4) as f64 {
        return (Class::NoSteadyState, None);
    }
    let was_faster = different.iter().any(|segment| levels[*segment] < last_s);
    (if was_faster { Class::Slowdown } else { Class::WarmUp }, Some(steady_start))
}

/// Counts of one stratum.
#[derive(Default, Clone, Copy)]
struct Score {
    series: u32,
    right_class: u32,
    /// Right class, and the steady state starts within a hundredth of the series, or 3 iterations, of the truth.
    right_start: u32,
}

impl Score {
    fn add(&mut self, planted: &Planted, mode: Mode) {
        let found = Method::of(mode).classify(&planted.times_s, &[]).unwrap();
        let slack = (planted.times_s.len() / 100).max(3);
        let is_near = match (found.steady_start, planted.steady_start) {
            (Some(found), Some(planted)) => found.abs_diff(planted) <= slack,
            (found, planted) => found == planted,
        };
        let is_right = found.class == planted.class;
        self.series += 1;
        self.right_class += u32::from(is_right);
        self.right_start += u32::from(is_right && is_near);
    }

    fn plus(self, other: Score) -> Score {
        Score {
            series: self.series + other.series,
            right_class: self.right_class + other.right_class,
            right_start: self.right_start + other.right_start,
        }
    }

    fn class_percent(&self) -> f64 {
        100.0 * f64::from(self.right_class) / f64::from(self.series)
    }

    fn start_percent(&self) -> f64 {
        100.0 * f64::from(self.right_start) / f64::from(self.series)
    }
}

/// A score for each stratum and mode.
type Scores = Vec<(Stratum, [Score; 2])>;

fn simulate(series_in_all: usize) -> Scores {
    let mut generator = Generator::new(20_171_012);
    let strata = SHIFTS.len() * CORRELATIONS.len() * SEGMENTS.len();
    let mut scores = Scores::new();
    for shift in SHIFTS {
        for correlation in CORRELATIONS {
            for segments in SEGMENTS {
                let stratum = Stratum { shift, correlation, segments };
                let mut score = [Score::default(); 2];
                for _ in 0..series_in_all.div_ceil(strata) {
                    let planted = plant(&mut generator, stratum);
                    score[0].add(&planted, Mode::Strict);
                    score[1].add(&planted, Mode::Compat);
                }
                scores.push((stratum, score));
            }
        }
    }
    scores
}

fn total(scores: &Scores, mode: usize, is_in: impl Fn(&Stratum) -> bool) -> Score {
    let chosen = scores.iter().filter(|(stratum, _)| is_in(stratum));
    chosen.fold(Score::default(), |sum, (_, score)| sum.plus(score[mode]))
}

#[expect(clippy::print_stdout, reason = "the simulation's report, shown by scripts/simulate.sh")]
fn print(scores: &Scores) {
    println!(
        "| shift, sd | correlation | segments | series | strict: class | strict: class and start | compat: class |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|");
    for shift in SHIFTS {
        for correlation in CORRELATIONS {
            for segments in SEGMENTS {
                let is_it = |stratum: &Stratum| {
                    (stratum.shift, stratum.correlation, stratum.segments) == (shift, correlation, segments)
                };
                let (strict, compat) = (total(scores, 0, is_it), total(scores, 1, is_it));
                println!(
                    "| {shift} | {correlation} | {segments} | {} | {:.1} % | {:.1} % | {:.1} % |",
                    strict.series,
                    strict.class_percent(),
                    strict.start_percent(),
                    compat.class_percent()
                );
            }
        }
    }
}

#[test]
fn planted_classes_are_found() {
    let scores = simulate(if is_whole() { 10_000 } else { 180 });
    print(&scores);
    let clear = total(&scores, 0, |stratum| stratum.shift >= 2.0 && stratum.correlation == 0.0);
    // The small version has 40 such series: three standard deviations below 95 % are 85 %.
    let least = if is_whole() { 95.0 } else { 85.0 };
    assert!(clear.class_percent() >= least, "{:.1} % of {} series", clear.class_percent(), clear.series);
}

#[test]
fn a_planted_series_is_what_it_says() {
    let mut generator = Generator::new(3);
    for segments in SEGMENTS {
        let planted = plant(&mut generator, Stratum { shift: 10.0, correlation: 0.0, segments });
        assert_eq!(planted.starts.len() + 1, segments);
        assert!(planted.times_s.iter().all(|time_s| *time_s > 0.0));
        let bounds: Vec<usize> =
            [0].into_iter().chain(planted.starts.iter().copied()).chain([planted.times_s.len()]).collect();
        let shortest = bounds.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap();
        assert!(shortest >= planted.times_s.len() / 10, "{bounds:?}");
        if segments == 1 {
            assert_eq!((planted.class, planted.steady_start), (Class::Flat, Some(0)));
        }
    }
}
