//! Break-even: how long a program must run until one contender has caught up with another and stays ahead, start-up and
//! warm-up included. The answer to "does this strategy pay for what it costs?".
//!
//! Of every process the time that it has taken after n iterations is a curve, from its start-up at n = 0 on; past its last
//! iteration it goes on at the speed of the iterations that count. Of two contenders' mean curves, the first crossing
//! that lasts is the break-even. Its interval is from processes resampled by block: a block stands for one process of
//! every contender on the workload. [`super::warm_up`] has what the curves are made of.

use std::thread;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::Analysis;
use super::process::Process;
use crate::record::rows::BreakEvenRow;
use crate::statistics::FEWEST_FOR_INTERVAL;
use crate::statistics::{median, percentile};

/// How many times processes are resampled. The curves of hundreds of pairs are added up each time.
const RESAMPLES: usize = 1000;

/// A place on the curves where one contender has caught up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crossing {
    /// After so many iterations, parts of one by interpolation; 0 if it is ahead from the start.
    pub iterations: f64,
    /// After so much time of the process, in nanoseconds; 0 from the start.
    pub time_ns: f64,
}

/// From when on one contender is ahead of another on a workload for good.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BreakEven {
    /// The workload, by its place.
    pub workload: usize,
    /// The contender that is ahead in the long run.
    pub faster: usize,
    /// The other one.
    pub slower: usize,
    /// When it has caught up.
    pub crossing: Crossing,
    /// The 95 % interval; `None` for fewer than 3 blocks. Never narrower than one iteration.
    pub interval: Option<CrossingInterval>,
    /// Whether the crossing, or an end of its interval, lies past the iterations that were measured.
    pub is_extrapolated: bool,
}

/// An interval of crossings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CrossingInterval {
    /// The early end.
    pub low: Crossing,
    /// The late end; `None` if it may never come.
    pub high: Option<Crossing>,
}

impl BreakEven {
    /// Whether it is ahead from the start, as far as one iteration tells.
    pub fn is_from_start(&self) -> bool {
        self.crossing.iterations == 0.0
    }
}

/// When one contender is ahead of another, over workloads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// Workloads on which the two were compared.
    pub workloads: usize,
    /// Those on which it is ahead in the end.
    pub faster: usize,
    /// Of those, the middle time until it is; `None` if there are none.
    pub median_ns: Option<f64>,
}

impl Summary {
    /// That of `contender`, from all that was found between it and one other.
    pub fn of(found: &[&BreakEven], contender: usize) -> Summary {
        let own: Vec<f64> =
            found.iter().filter(|one| one.faster == contender).map(|one| one.crossing.time_ns).collect();
        Summary { workloads: found.len(), faster: own.len(), median_ns: median(&own) }
    }
}

/// The time that one process has taken after each iteration.
struct Curve {
    /// After `n` iterations, in nanoseconds.
    total_ns: Vec<f64>,
    /// What one more takes.
    slope_ns: f64,
}

impl Curve {
    /// That of a process, up to `length` iterations.
    fn new(process: &Process, length: usize) -> Curve {
        let slope_ns = process.used_ns().iter().sum::<f64>() / process.used_ns().len() as f64;
        let mut total_ns = Vec::with_capacity(length + 1);
        let mut now_ns = process.startup_ns.unwrap_or(0) as f64;
        total_ns.push(now_ns);
        for place in 0..length {
            now_ns += process.wall_ns.get(place).copied().unwrap_or(slope_ns);
            total_ns.push(now_ns);
        }
        Curve { total_ns, slope_ns }
    }

    /// The mean of curves of one length, each with its share.
    fn mean(curves: &[Curve], shares: &[f64]) -> Curve {
        let length = curves.first().map_or(0, |curve| curve.total_ns.len());
        let mut mean = Curve { total_ns: vec![0.0; length], slope_ns: 0.0 };
        for (curve, share) in curves.iter().zip(shares) {
            mean.slope_ns += *share * curve.slope_ns;
            for (sum, value) in mean.total_ns.iter_mut().zip(&curve.total_ns) {
                *sum += *share * value;
            }
        }
        mean
    }

    /// The time after `iterations`.
    fn at(&self, iterations: f64) -> f64 {
        let last = self.total_ns.len() - 1;
        if iterations >= last as f64 {
            return self.total_ns[last] + (iterations - last as f64) * self.slope_ns;
        }
        let below = iterations.floor() as usize;
        let (from, to) = (self.total_ns[below], self.total_ns[below + 1]);
        from + (to - from) * (iterations - below as f64)
    }

    /// When this one has caught up with `other` for good; `None` if it does not.
    fn crossing(&self, other: &Curve) -> Option<Crossing> {
        let behind = |place: usize| self.total_ns[place] - other.total_ns[place];
        let last = self.total_ns.len() - 1;
        let gain_ns = other.slope_ns - self.slope_ns;
        if gain_ns < 0.0 || (gain_ns == 0.0 && behind(last) > 0.0) {
            return None;
        }
        let iterations = match (0..=last).rev().find(|place| behind(*place) > 0.0) {
            None => return Some(Crossing { iterations: 0.0, time_ns: 0.0 }),
            Some(place) if place == last => last as f64 + behind(last) / gain_ns,
            Some(place) => place as f64 + behind(place) / (behind(place) - behind(place + 1)),
        };
        Some(Crossing { iterations, time_ns: self.at(iterations) })
    }
}

/// What is needed of the contenders on one workload.
struct Race {
    workload: usize,
    /// The contenders that finished and are timed by one clock, with the curves of their processes by block.
    runners: Vec<(usize, Vec<Curve>)>,
    /// The fewest iterations that a process of each runner has.
    measured: Vec<usize>,
    blocks: usize,
}

impl Race {
    /// `None` if fewer than two contenders can be compared.
    fn new(analysis: &Analysis, workload: usize) -> Option<Race> {
        let pairs = &analysis.pairs[workload];
        let finished: Vec<usize> = (0..pairs.len())
            .filter(|contender| pairs[*contender].is_ok() && !pairs[*contender].processes.is_empty())
            // CPU time does not compare with elapsed time.
            .filter(|contender| pairs[*contender].processes.iter().all(|process| !process.is_cpu_time))
            .collect();
        if finished.len() < 2 {
            return None;
        }
        let has_block =
            |contender: &usize, block: u32| pairs[*contender].processes.iter().any(|one| one.block == block);
        let blocks: Vec<u32> = pairs[finished[0]].processes.iter().map(|process| process.block).collect();
        let common: Vec<u32> =
            blocks.into_iter().filter(|block| finished.iter().all(|contender| has_block(contender, *block))).collect();
        let own = |contender: usize| {
            let of_block = |block: &u32| pairs[contender].processes.iter().find(|process| process.block == *block);
            common.iter().filter_map(of_block).collect::<Vec<&Process>>()
        };
        let lengths =
            |contender: usize| own(contender).into_iter().map(|process| process.wall_ns.len()).collect::<Vec<_>>();
        let longest = finished.iter().flat_map(|contender| lengths(*contender)).max()?;
        let measured = finished.iter().map(|contender| lengths(*contender).into_iter().min().unwrap_or(0)).collect();
        let curves =
            |contender: usize| own(contender).into_iter().map(|process| Curve::new(process, longest)).collect();
        let runners = finished.iter().map(|contender| (*contender, curves(*contender))).collect();
        Some(Race { workload, runners, measured, blocks: common.len() })
    }

    fn means(&self, shares: &[f64]) -> Vec<Curve> {
        self.runners.iter().map(|(_, curves)| Curve::mean(curves, shares)).collect()
    }

    /// The break-even between every two runners.
    fn run(&self, seed: u64) -> Vec<BreakEven> {
        let equal = 1.0 / self.blocks as f64;
        let whole = self.means(&vec![equal; self.blocks]);
        let mut pairs: Vec<(usize, usize, Crossing)> = Vec::new();
        for one in 0..whole.len() {
            for other in one + 1..whole.len() {
                let ways = [(one, other), (other, one)];
                let found = ways
                    .into_iter()
                    .find_map(|(faster, slower)| Some((faster, slower, whole[faster].crossing(&whole[slower])?)));
                pairs.extend(found);
            }
        }
        let mut drawn: Vec<Vec<Option<Crossing>>> = vec![Vec::new(); pairs.len()];
        if self.blocks >= FEWEST_FOR_INTERVAL {
            let mut generator = ChaCha8Rng::seed_from_u64(seed);
            let stretch = percentile::stretch(self.blocks);
            for _ in 0..RESAMPLES {
                let mut shares = vec![equal * (1.0 - stretch); self.blocks];
                (0..self.blocks).for_each(|_| shares[generator.random_range(0..self.blocks)] += equal * stretch);
                let means = self.means(&shares);
                for ((faster, slower, _), drawn) in pairs.iter().zip(&mut drawn) {
                    drawn.push(means[*faster].crossing(&means[*slower]));
                }
            }
        }
        let pairs = pairs.into_iter().zip(drawn);
        pairs
            .map(|((faster, slower, crossing), drawn)| self.judged(&whole, (faster, slower), crossing, &drawn))
            .collect()
    }

    fn judged(
        &self,
        whole: &[Curve],
        (faster, slower): (usize, usize),
        crossing: Crossing,
        drawn: &[Option<Crossing>],
    ) -> BreakEven {
        let interval = (!drawn.is_empty()).then(|| {
            let ends = |of: fn(&Crossing) -> f64| {
                let mut sorted: Vec<f64> =
                    drawn.iter().map(|crossing| crossing.as_ref().map_or(f64::INFINITY, of)).collect();
                sorted.sort_unstable_by(f64::total_cmp);
                percentile::interval(&sorted)
            };
            let (early, late) = ends(|crossing| crossing.iterations);
            let (early_ns, late_ns) = ends(|crossing| crossing.time_ns);
            // Within one iteration nothing was measured.
            let low = early.min((crossing.iterations - 0.5).max(0.0));
            let high = late.max(low + 1.0);
            let curve = &whole[faster];
            let low_ns = if low == 0.0 { 0.0 } else { early_ns.min(curve.at(low)) };
            let high_ns = if high > late { late_ns.max(curve.at(high)) } else { late_ns };
            let at = |iterations, time_ns| Crossing { iterations, time_ns };
            CrossingInterval { low: at(low, low_ns), high: late.is_finite().then_some(at(high, high_ns)) }
        });
        let measured = self.measured[faster].min(self.measured[slower]) as f64;
        let latest = interval.map_or(crossing.iterations, |interval| {
            interval.high.map_or(f64::INFINITY, |high| high.iterations.max(crossing.iterations))
        });
        BreakEven {
            workload: self.workload,
            faster: self.runners[faster].0,
            slower: self.runners[slower].0,
            crossing,
            interval,
            is_extrapolated: latest > measured,
        }
    }
}

impl Analysis<'_> {
    /// The break-even between every two contenders on every workload, in the order of the workloads. Of hundreds of
    /// pairs it takes seconds, on every processor.
    pub fn break_evens(&self) -> Vec<BreakEven> {
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let mut found: Vec<BreakEven> = thread::scope(|scope| {
            let work = |worker: usize| {
                let own = (0..self.plan.workloads.len()).skip(worker).step_by(workers);
                own.filter_map(|workload| Some(Race::new(self, workload)?.run(self.plan.seed))).flatten().collect()
            };
            let threads: Vec<_> =
                (0..workers).map(|worker| scope.spawn(move || -> Vec<BreakEven> { work(worker) })).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("nothing in it panics")).collect()
        });
        found.sort_by_key(|one| one.workload);
        found
    }

    /// The rows of `break_even.csv`.
    pub fn break_even_rows(&self, found: &[BreakEven]) -> Vec<BreakEvenRow> {
        let rounded = |iterations: f64| (iterations * 100.0).round() / 100.0;
        let whole = |time_ns: f64| time_ns.round() as u64;
        found
            .iter()
            .map(|one| {
                let (faster, slower) = (&self.plan.contenders[one.faster], &self.plan.contenders[one.slower]);
                let low = one.interval.map(|interval| interval.low);
                let high = one.interval.and_then(|interval| interval.high);
                BreakEvenRow {
                    run_id: self.plan.run_id.clone(),
                    workload: self.plan.workloads[one.workload].name.clone(),
                    size: self.plan.size,
                    faster: faster.name.clone(),
                    faster_config: faster.engine_config.clone(),
                    slower: slower.name.clone(),
                    slower_config: slower.engine_config.clone(),
                    iterations: rounded(one.crossing.iterations),
                    iterations_ci_low: low.map(|low| rounded(low.iterations)),
                    iterations_ci_high: high.map(|high| rounded(high.iterations)),
                    time_ns: whole(one.crossing.time_ns),
                    time_ci_low_ns: low.map(|low| whole(low.time_ns)),
                    time_ci_high_ns: high.map(|high| whole(high.time_ns)),
                    may_never: one.interval.is_some_and(|interval| interval.high.is_none()),
                    extrapolated: one.is_extrapolated,
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
