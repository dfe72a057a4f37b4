//! Processes that run until they are steady, with the noise of real ones and a level that is known: how often
//! [`crate::statistics::until_steady`] stops, and how often at a level that is not the last one.

use super::real_noise::{Draw, Pool, draw, pool};
use super::resampled::percent;
use super::{Generator, is_whole};
use crate::statistics::until_steady::{Next, next};
use crate::statistics::{mean, median};

/// The most iterations of a process.
const MOST: usize = 2000;

/// A level that is further than this from the last one is another.
const NEAR: f64 = 0.02;

/// The level of an iteration, as a part of the one that everything is drawn at.
type Level = fn(usize) -> f64;

const KINDS: [(&str, Level); 13] = [
    ("flat", |_| 1.0),
    ("30 % slower until iteration 30", |at| if at < 30 { 1.3 } else { 1.0 }),
    ("30 % slower until iteration 70", |at| if at < 70 { 1.3 } else { 1.0 }),
    ("30 % slower until iteration 700", |at| if at < 700 { 1.3 } else { 1.0 }),
    ("10 % faster until iteration 300", |at| if at < 300 { 0.9 } else { 1.0 }),
    ("30 % slower at first, half of that 20 iterations later, and so on", |at| halved(at, 20.0)),
    ("the same, half of it 100 iterations later", |at| halved(at, 100.0)),
    ("two levels 10 % apart, 30 iterations each", |at| if (at / 30).is_multiple_of(2) { 1.0 } else { 1.1 }),
    ("two levels 10 % apart, 200 iterations each", |at| if (at / 200).is_multiple_of(2) { 1.0 } else { 1.1 }),
    ("drift: 10 % slower every 100 iterations", |at| drifting(at, 0.1)),
    ("drift: 5 % slower every 100 iterations", |at| drifting(at, 0.05)),
    ("drift: 2 % slower every 100 iterations", |at| drifting(at, 0.02)),
    ("drift: 0.5 % slower every 100 iterations", |at| drifting(at, 0.005)),
];

fn halved(at: usize, every: f64) -> f64 {
    1.0 + 0.3 * 0.5f64.powf(at as f64 / every)
}

fn drifting(at: usize, part: f64) -> f64 {
    1.0 + part * at as f64 / 100.0
}

/// How one process ended.
struct End {
    iterations: usize,
    /// By what part its estimate is from the level of the iterations to come, up to the most; `None` if it was given up.
    error: Option<f64>,
}

fn run(generator: &mut Generator, pool: &Pool, level: Level) -> End {
    // What a process is drawn from has a level of its own.
    let noise = draw(generator, &pool.steady, MOST, Draw::Blocks);
    let times: Vec<f64> = noise.iter().enumerate().map(|(at, time)| time * 1e-9 * level(at)).collect();
    let mut length = 0;
    loop {
        match next(&times[..length], &[], MOST) {
            Next::Measure(further) => length = further,
            Next::GiveUp => return End { iterations: length, error: None },
            Next::Steady(first) => {
                // Of levels, not of times: how near the noise lets a mean come is another question.
                let of = |range: std::ops::Range<usize>| mean(&range.map(level).collect::<Vec<f64>>()).unwrap();
                let error = of(first..length) / of(length..MOST) - 1.0;
                return End { iterations: length, error: Some(error.abs()) };
            }
        }
    }
}

#[expect(clippy::print_stdout, reason = "the simulation's report, shown by scripts/simulate.sh")]
#[test]
fn what_runs_until_it_is_steady_stops_there() {
    let processes = if is_whole() { 1000 } else { 60 };
    let pool = pool();
    let mut generator = Generator::new(20_171_030);
    println!(
        "| a process of at most {MOST} iterations | called steady | at a level over 2 % from what comes | iterations |"
    );
    println!("|---|---:|---:|---:|");
    for (place, (words, level)) in KINDS.into_iter().enumerate() {
        let ends: Vec<End> = (0..processes).map(|_| run(&mut generator, &pool, level)).collect();
        let steady = percent(ends.iter().filter(|end| end.error.is_some()).count(), processes);
        let wrong = percent(ends.iter().filter(|end| end.error.is_some_and(|error| error > NEAR)).count(), processes);
        let iterations = median(&ends.iter().map(|end| end.iterations as f64).collect::<Vec<f64>>()).unwrap();
        println!("| {words} | {steady:.1} % | {wrong:.1} % | {iterations:.0} |");
        // 60 processes have a standard error of up to 6 %.
        let slack = if is_whole() { 0.0 } else { 10.0 };
        assert!(place != 0 || steady >= 95.0 - slack, "{words}: {steady} %");
    }
}
