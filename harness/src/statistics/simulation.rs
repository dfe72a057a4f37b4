//! Simulated measurements with a known truth, and how often the statistics find it. Test code: no part of the tool.
//!
//! Every test here is a small version of a simulation that `scripts/simulate.sh` runs whole and prints: with
//! `SLOW_TESTS=1` in the environment they are whole. [`planted_series`] plants changes in the times of one process,
//! [`campaign`] draws the processes of a comparison, [`real_noise`] has times that real ones took.

pub(crate) mod campaign;
pub(crate) mod gate;
pub(crate) mod modes;
pub(crate) mod planted_series;
pub(crate) mod real_noise;
pub(crate) mod resampled;
pub(crate) mod until_steady;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// Whether to simulate as much as the published figures need, or just enough to notice a mistake.
pub(crate) fn is_whole() -> bool {
    std::env::var_os("SLOW_TESTS").is_some()
}

/// A source of random numbers that are the same everywhere.
pub(crate) struct Generator(ChaCha8Rng);

impl Generator {
    pub(crate) fn new(seed: u64) -> Generator {
        Generator(ChaCha8Rng::seed_from_u64(seed))
    }

    /// From 0 up to, not including, 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        self.0.random_range(0.0..1.0)
    }

    /// From `low` up to and including `high`.
    pub(crate) fn whole(&mut self, low: usize, high: usize) -> usize {
        self.0.random_range(low..=high)
    }

    /// A standard normal number, by the method of Box and Muller.
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// A number of Student's distribution with 3 degrees of freedom, which has heavy tails, with standard deviation 1.
pub(crate) fn of_student_3(generator: &mut Generator) -> f64 {
    let squares: f64 = (0..3).map(|_| generator.normal().powi(2)).sum();
    let student = generator.normal() / (squares / 3.0).sqrt();
    student / 3f64.sqrt()
}

/// A first-order autoregressive series with standard deviation 1.
pub(crate) fn autoregressive(generator: &mut Generator, length: usize, correlation: f64) -> Vec<f64> {
    let mut state = generator.normal();
    (0..length)
        .map(|_| {
            let now = state;
            state = correlation * state + (1.0 - correlation * correlation).sqrt() * generator.normal();
            now
        })
        .collect()
}

#[test]
fn the_published_figures_are_those_of_the_last_whole_simulation() {
    let methodology = include_str!("../../METHODOLOGY.md");
    let (_, figures) = methodology.split_once("<!-- simulation -->\n").unwrap();
    let (figures, _) = figures.split_once("<!-- /simulation -->").unwrap();
    assert!(figures == include_str!("../../simulation.md"), "scripts/simulate.sh makes both");
}
