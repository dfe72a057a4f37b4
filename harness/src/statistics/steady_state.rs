//! Whether and when a process reached a steady state: change points of its iterations' times, and a class from them.
//!
//! The method is that of Barrett, Bolz-Tereick, Killick, Mount and Tratt, "Virtual Machine Warmup Blows Hot and Cold"
//! (2017). [`Mode::Compat`] follows what their tool does, step by step; [`Mode::Strict`] is free of units and also
//! looks at compilation events. Both are argued for in `harness/METHODOLOGY.md`. Knows series of numbers only: no
//! contender, no file. [`change_points`] partitions a series, [`elbow`] finds a price of changes, [`outliers`] and [`robust`] clean it, [`scatter`] measures its noise.

pub mod change_points;
pub mod elbow;
mod extended;
pub mod outliers;
pub mod robust;
pub mod scatter;

use change_points::{Criterion, Model, Pruning};
use outliers::Beginning;
use robust::Relative;
use scatter::Scatter;

/// How series are classified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// The published rule, exactly; times must be in seconds
    Compat,
    /// Free of units: relative tolerance, penalty by correlation, compilation counts as change
    Strict,
}

impl Mode {
    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Compat => "compat",
            Mode::Strict => "strict",
        }
    }

    /// The price of a change, in logarithms of the number of values, unless the user sets another.
    pub fn penalty(self) -> f64 {
        match self {
            Mode::Compat => 15.0,
            Mode::Strict => 5.6,
        }
    }

    /// The fewest iterations that can be classified.
    pub fn fewest(self) -> usize {
        match self {
            // Two segments of two values.
            Mode::Compat => 4,
            // Then the steady state that is asked for has five.
            Mode::Strict => 20,
        }
    }
}

/// What became of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Steady from the first iteration on.
    Flat,
    /// Faster at the end than at some time before, and steady then.
    WarmUp,
    /// Steady at the end, but it was faster before.
    Slowdown,
    /// Still changing in the last quarter.
    NoSteadyState,
}

impl Class {
    /// The name in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Class::Flat => "flat",
            Class::WarmUp => "warm-up",
            Class::Slowdown => "slowdown",
            Class::NoSteadyState => "no steady state",
        }
    }
}

/// What the processes of one pair of program and workload say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consistency {
    /// All are of one class.
    All(Class),
    /// Some are flat, the others warm up.
    GoodInconsistent,
    /// They differ, and not all get and stay fast.
    BadInconsistent,
}

impl Consistency {
    /// That of `classes`; `None` of nothing.
    pub fn of(classes: &[Class]) -> Option<Consistency> {
        let first = *classes.first()?;
        if classes.iter().all(|class| *class == first) {
            return Some(Consistency::All(first));
        }
        let is_good = |class: &Class| match class {
            Class::Flat | Class::WarmUp => true,
            Class::Slowdown | Class::NoSteadyState => false,
        };
        Some(if classes.iter().all(is_good) { Consistency::GoodInconsistent } else { Consistency::BadInconsistent })
    }

    /// The name in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Consistency::All(class) => class.name(),
            Consistency::GoodInconsistent => "good inconsistent",
            Consistency::BadInconsistent => "bad inconsistent",
        }
    }

    /// Whether a reader must know of it before any speed: a process slowed down or never became steady.
    pub fn is_unstable(self) -> bool {
        match self {
            Consistency::All(Class::Flat | Class::WarmUp) | Consistency::GoodInconsistent => false,
            Consistency::All(Class::Slowdown | Class::NoSteadyState) | Consistency::BadInconsistent => true,
        }
    }
}

/// A stretch of a series between two changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// Index of its first iteration.
    pub first: usize,
    /// Index of its last iteration.
    pub last: usize,
    /// Values in it, without outliers.
    pub count: usize,
    /// Mean of its values without outliers, in their unit.
    pub mean: f64,
    /// Their variance, with the number of values in the denominator.
    pub variance: f64,
}

/// A classified series.
#[derive(Debug, Clone, PartialEq)]
pub struct Classification {
    /// The class.
    pub class: Class,
    /// The segments, in order; they cover the series.
    pub segments: Vec<Segment>,
    /// Indices of the outliers, ascending.
    pub outliers: Vec<usize>,
    /// Index of the first iteration of the steady state; `None` without one.
    pub steady_start: Option<usize>,
    /// Whether the times alone would say that it is steady, but something was still being compiled.
    pub is_still_compiling: bool,
}

/// How to classify.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Method {
    /// The rule.
    pub mode: Mode,
    /// The price of a change.
    pub penalty: Penalty,
    /// In [`Mode::Strict`]: segments whose means differ by no more than this part of the fastest are the same.
    pub tolerance: f64,
    /// In [`Mode::Compat`]: which segments are the same.
    pub published: Published,
    /// How outliers are found.
    pub outliers: OutlierRule,
}

/// The price of a change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Penalty {
    /// So many logarithms of the number of values.
    Logarithms(f64),
    /// Where the costs of partitions have their elbow.
    Elbow,
}

impl Penalty {
    /// The change points of `values` at this price; `unit` is what a logarithm stands for.
    fn change_points(self, values: &[f64], model: Model, unit: f64, pruning: Pruning) -> Vec<usize> {
        let logarithm = unit * (values.len() as f64).ln();
        let criterion = |penalty| Criterion { penalty, shortest: 2, model };
        match self {
            Penalty::Logarithms(count) => change_points::change_points(values, criterion(count * logarithm), pruning),
            Penalty::Elbow => elbow::at_elbow(values, criterion(0.0), logarithm, pruning),
        }
    }
}

/// How the outliers of a series are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutlierRule {
    /// By a window of a tenth of the series.
    OfLength,
    /// By a window of so many iterations.
    Window(usize),
    /// There are none.
    None,
}

impl OutlierRule {
    /// Those of `times`; the window has at least `shortest` values unless it was chosen.
    fn find(self, times: &[f64], shortest: usize, beginning: Beginning) -> Vec<usize> {
        match self {
            OutlierRule::OfLength => outliers::outliers(times, window_of(times).max(shortest), beginning),
            OutlierRule::Window(window) => outliers::outliers(times, window, beginning),
            OutlierRule::None => Vec::new(),
        }
    }
}

/// A tenth of a series.
fn window_of(times: &[f64]) -> usize {
    (times.len() as f64 * WINDOW) as usize
}

/// How the published rule compares segments. Its tool has an option for each part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Published {
    /// Means that differ by no more than this are the same.
    pub delta: Delta,
    /// Whether a larger variance takes its place.
    pub widens_by_variance: bool,
}

/// A difference of means that is too small to matter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Delta {
    /// So many seconds.
    Seconds(f64),
    /// This part of the fastest segment's mean.
    OfFastest(f64),
}

/// The tolerance of [`Mode::Strict`]: that of the verdict "equivalent" (see [`crate::statistics::inference`]).
pub const TOLERANCE: f64 = crate::statistics::inference::EQUIVALENT;

/// The tolerances that a class is shown at, because it depends on them.
pub const TOLERANCES: [f64; 3] = [0.01, TOLERANCE, 0.05];

/// The published tolerance, in seconds.
const PUBLISHED_TOLERANCE_S: f64 = 0.001;

/// The part of a series that a window of the outlier rule spans.
const WINDOW: f64 = 0.1;

/// The fewest values of such a window in [`Mode::Strict`].
const SHORTEST_WINDOW: usize = 20;

/// The part of a series that must be steady.
const STEADY: f64 = 0.25;

/// So many standard errors two means must differ by in [`Mode::Strict`], and so many standard deviations of the series'
/// last half. Both, and the penalty, are calibrated on resampled real processes: see
/// [`crate::statistics::simulation`].
const STANDARD_ERRORS: f64 = 4.0;
pub(crate) const SCATTERS: f64 = 1.4;

/// A difference of means past this part of the fastest is one of levels in [`Mode::Strict`], however much the last half
/// scatters.
pub(crate) const MOST_SCATTER: f64 = 0.05;

/// The part of the last quarter that a steady level holds in [`Mode::Strict`].
pub(crate) const LEAST_HELD: f64 = 0.8;

/// A stretch of another level that is shorter than this part of the series, and that the steady level surrounds, is a
/// burst in [`Mode::Strict`].
const BURST: f64 = 0.09;

/// How a segment stands to the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Same,
    Faster,
    Slower,
}

impl Method {
    /// The mode with its own penalty and tolerance.
    pub fn of(mode: Mode) -> Method {
        let published = Published { delta: Delta::Seconds(PUBLISHED_TOLERANCE_S), widens_by_variance: true };
        let penalty = Penalty::Logarithms(mode.penalty());
        Method { mode, penalty, tolerance: TOLERANCE, published, outliers: OutlierRule::OfLength }
    }

    /// Classifies `times`, one for each iteration of a process, in seconds. `compiled` are the indices of the
    /// iterations in which something was compiled; [`Mode::Compat`] does not look at it. `None` for fewer times than
    /// [`Mode::fewest`].
    pub fn classify(&self, times: &[f64], compiled: &[usize]) -> Option<Classification> {
        let outliers = match self.mode {
            Mode::Compat => self.outliers.find(times, 0, Beginning::Spared),
            Mode::Strict => self.outliers.find(times, SHORTEST_WINDOW, Beginning::Judged),
        };
        self.classify_without(times, compiled, outliers)
    }

    /// The same with outliers that somebody else has found: their indices, ascending. `None` too if no two segments are
    /// left.
    pub fn classify_without(&self, times: &[f64], compiled: &[usize], outliers: Vec<usize>) -> Option<Classification> {
        let left = times.len() - outliers.len();
        if times.len() < self.mode.fewest() || left < Mode::Compat.fewest() {
            return None;
        }
        let steady_length = (times.len() as f64 * STEADY) as usize;
        Some(match self.mode {
            Mode::Compat => self.classify_as_published(times, steady_length, outliers),
            Mode::Strict => self.classify_strictly(times, compiled, times.len() - steady_length, outliers),
        })
    }

    fn classify_as_published(&self, times: &[f64], steady_length: usize, outliers: Vec<usize>) -> Classification {
        let kept = without(times, &outliers);
        let starts = self.penalty.change_points(&kept, Model::MeanAndVariance, 1.0, Pruning::Published);
        let segments = segments(times.len(), &kept, &starts, &outliers);
        // The published rule allows a change one iteration later than the steady length says: it counts from 0.
        let latest = times.len() + 1 - steady_length;
        let (class, steady_start) = walk(&segments, latest, published_relation(&segments, self.published));
        Classification { class, segments, outliers, steady_start, is_still_compiling: false }
    }

    fn classify_strictly(
        &self,
        times: &[f64],
        compiled: &[usize],
        latest: usize,
        outliers: Vec<usize>,
    ) -> Classification {
        let window = window_of(times).max(SHORTEST_WINDOW);
        let relative = robust::free_of_units(&without(times, &outliers));
        let scatter = Scatter::of(&relative.values);
        let kept = robust::held_back(&relative.values, scatter.deviation, window);
        let starts = if scatter.deviation > 0.0 {
            let model = Model::Mean { variance: scatter.deviation.powi(2) };
            self.penalty.change_points(&kept, model, scatter.inflation(), Pruning::Exact)
        } else {
            // All values are equal.
            Vec::new()
        };
        let mut segments = segments(times.len(), &kept, &starts, &outliers);
        let around_end = robust::deviation(&kept[kept.len() / 2..]);
        let band = self.band(&segments, scatter, around_end, &relative);
        let levels = Levels { segments: &segments, last_quarter: latest, length: times.len() };
        let (class, steady_start) = levels.walk(|one, other| (one.mean - other.mean).abs() <= band(one, other));
        for segment in &mut segments {
            segment.variance *= (relative.absolute(1.0) - relative.absolute(0.0)).powi(2);
            segment.mean = relative.absolute(segment.mean);
        }
        let mut found = Classification { class, segments, outliers, steady_start, is_still_compiling: false };
        found.respect_compilation(latest, compiled);
        found
    }

    /// By how much two segments may differ and still be one level: the tolerance, a step of the clock, what chance explains,
    /// and the scatter of the series' last half, in which levels that come and go show. `around_end` is that.
    fn band(
        &self,
        segments: &[Segment],
        scatter: Scatter,
        around_end: f64,
        relative: &Relative,
    ) -> impl Fn(&Segment, &Segment) -> f64 + use<> {
        let fastest = segments.iter().map(|segment| segment.mean).fold(f64::INFINITY, f64::min);
        let part = |part: f64| relative.part(part * relative.ratio(fastest));
        let of_scatter = (SCATTERS * around_end).min(part(MOST_SCATTER));
        let least = part(self.tolerance).max(scatter.granularity).max(of_scatter);
        let deviation = scatter.deviation;
        move |one, other| {
            let variance = 1.0 / one.count as f64 + 1.0 / other.count as f64;
            least.max(STANDARD_ERRORS * deviation * (variance * scatter.inflation()).sqrt())
        }
    }
}

/// The segments of a series, which of them are one level, and where the last level begins.
struct Levels<'a> {
    segments: &'a [Segment],
    /// Index of the first iteration of the last quarter.
    last_quarter: usize,
    length: usize,
}

impl Levels<'_> {
    /// The class, and the index of the first steady iteration.
    ///
    /// The steady level is the one that holds most of the last quarter, and at least [`LEAST_HELD`] of it. From there it
    /// goes back: stretches of other levels within the last quarter are bursts, and so are those before it that are shorter
    /// than [`BURST`] of the series and that the level surrounds. The first other stretch that is no burst ends the
    /// steady state.
    fn walk(&self, is_same: impl Fn(&Segment, &Segment) -> bool) -> (Class, Option<usize>) {
        let within = |segment: &Segment| (segment.last + 1).saturating_sub(segment.first.max(self.last_quarter));
        let held_by = |level: &Segment| -> usize {
            self.segments.iter().filter(|segment| is_same(segment, level)).map(within).sum()
        };
        let there = self.segments.iter().filter(|segment| within(segment) > 0);
        let Some(level) = there.max_by_key(|segment| (held_by(segment), within(segment))) else {
            return (Class::NoSteadyState, None);
        };
        if (held_by(level) as f64) < LEAST_HELD * (self.length - self.last_quarter) as f64 {
            return (Class::NoSteadyState, None);
        }
        let mut class = Class::Flat;
        let mut steady_start = 0;
        let mut end = self.segments.len();
        while end > 0 {
            if is_same(&self.segments[end - 1], level) {
                end -= 1;
                continue;
            }
            let first =
                self.segments[..end].iter().rposition(|segment| is_same(segment, level)).map_or(0, |same| same + 1);
            let stretch = &self.segments[first..end];
            end = first;
            let (from, to) = (stretch[0].first, stretch[stretch.len() - 1].last + 1);
            let is_short = ((to - from) as f64) < BURST * self.length as f64;
            if from >= self.last_quarter || (first > 0 && is_short) {
                continue;
            }
            if class == Class::Flat {
                steady_start = to;
            }
            if stretch.iter().any(|segment| segment.mean < level.mean) {
                return (Class::Slowdown, Some(steady_start));
            }
            class = Class::WarmUp;
        }
        (class, Some(steady_start))
    }
}

/// The published comparison with the last segment. It adds a variance to a mean, as published.
fn published_relation(segments: &[Segment], published: Published) -> impl Fn(&Segment) -> Relation {
    let last = segments[segments.len() - 1];
    let delta = match published.delta {
        Delta::Seconds(seconds) => seconds,
        Delta::OfFastest(part) => part * segments.iter().map(|segment| segment.mean).fold(f64::INFINITY, f64::min),
    };
    let reach = if published.widens_by_variance { delta.max(last.variance) } else { delta };
    let (low, high) = (last.mean - reach, last.mean + reach);
    move |segment| {
        if segment.mean + segment.variance >= low && segment.mean - segment.variance <= high {
            Relation::Same
        } else if segment.mean - segment.variance < low {
            Relation::Faster
        } else {
            Relation::Slower
        }
    }
}

/// Walks from the last segment but one to the first. A segment unlike the last that reaches index `latest` or later
/// leaves no steady state. Returns the class and the index of the first steady iteration.
fn walk(segments: &[Segment], latest: usize, relation: impl Fn(&Segment) -> Relation) -> (Class, Option<usize>) {
    let mut class = Class::Flat;
    let mut steady_start = 0;
    for segment in segments[..segments.len() - 1].iter().rev() {
        let relation = relation(segment);
        if relation == Relation::Same {
            continue;
        }
        if segment.last >= latest {
            return (Class::NoSteadyState, None);
        }
        if class == Class::Flat {
            steady_start = segment.last + 1;
        }
        match relation {
            Relation::Same => {}
            Relation::Faster => return (Class::Slowdown, Some(steady_start)),
            Relation::Slower => class = Class::WarmUp,
        }
    }
    (class, Some(steady_start))
}

impl Classification {
    /// Makes it one without a steady state.
    pub fn deny(&mut self) {
        self.class = Class::NoSteadyState;
        self.steady_start = None;
    }

    /// A steady state starts after the last compilation; if that leaves too few iterations, there is none.
    fn respect_compilation(&mut self, latest: usize, compiled: &[usize]) {
        let (Some(start), Some(last_compiled)) = (self.steady_start, compiled.iter().max()) else { return };
        if *last_compiled >= latest {
            self.class = Class::NoSteadyState;
            self.steady_start = None;
            self.is_still_compiling = true;
        } else {
            self.steady_start = Some(start.max(last_compiled + 1));
            if self.class == Class::Flat && self.steady_start > Some(0) {
                // What was compiled is not what ran at first, however little that shows.
                self.class = Class::WarmUp;
            }
        }
    }
}

/// The values that are not at `left_out`, which ascends.
fn without(values: &[f64], left_out: &[usize]) -> Vec<f64> {
    let is_kept = |index: &usize| left_out.binary_search(index).is_err();
    (0..values.len()).filter(is_kept).map(|index| values[index]).collect()
}

/// The segments of a series of `length` iterations, of which `kept` are left without the `outliers`, changing where
/// `starts` says in `kept`. An outlier between two segments belongs to the later one.
fn segments(length: usize, kept: &[f64], starts: &[usize], outliers: &[usize]) -> Vec<Segment> {
    let mut segments = Vec::with_capacity(starts.len() + 1);
    let mut first = 0;
    let ends = starts.iter().copied().chain([kept.len()]);
    for (start, end) in [0].into_iter().chain(starts.iter().copied()).zip(ends) {
        let values = &kept[start..end];
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
        let last = if end == kept.len() { length - 1 } else { place_before_removal(end - 1, outliers) };
        segments.push(Segment { first, last, count: values.len(), mean, variance });
        first = last + 1;
    }
    segments
}

/// Where the last value of a segment is in the series with its outliers: each outlier, ascending, that is at this
/// place or before it moves it by one.
fn place_before_removal(index: usize, outliers: &[usize]) -> usize {
    outliers.iter().fold(index, |place, outlier| if place >= *outlier { place + 1 } else { place })
}

#[cfg(test)]
mod tests;
