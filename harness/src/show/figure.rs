//! The speed-up figure, in SVG and PNG: one band for each workload, in it one row for each contender with a dot and
//! its 95 % interval, on a logarithmic axis.
//!
//! Theme, fonts and layout of every figure live here; colours are the [`Theme`]'s. Draws an [`Analysis`] and
//! knows no file of a results folder but those it writes.

use std::path::Path;
use std::sync::OnceLock;

use anyhow::{Context, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, register_font};

use crate::analyse::{Analysis, Depth, GeometricMean, LABEL, MeanValue, Mode, Pair};
use crate::record;
use crate::record::outcome::Outcome;
use crate::show::table::{TOO_FEW, significant, time_text};
use crate::show::theme::Theme;
use crate::statistics::Estimate;

/// The file names of the figure, without a folder.
pub const SVG_FILE: &str = "speedup.svg";
/// See [`SVG_FILE`].
pub const PNG_FILE: &str = "speedup.png";

const FONT: &str = "DejaVu Sans";
/// Pixels of the PNG for each unit of the layout.
const PNG_SCALE: i32 = 2;
const WIDTH: i32 = 1000;
/// The room around everything.
const MARGIN: i32 = 16;
/// Where the axis starts, further to the right if a name needs it, up to a limit.
const PLOT_LEFT: i32 = 170;
const PLOT_LEFT_MOST: i32 = 420;
/// Where it ends.
const PLOT_RIGHT: i32 = 780;
/// Between a name and the axis.
const NAME_GAP: i32 = 14;
const NAME_SIZE: f64 = 12.0;
const HEADER_HEIGHT: i32 = 64;
const LEGEND_LINE_HEIGHT: i32 = 20;
const ROW_HEIGHT: i32 = 16;
const BAND_GAP: i32 = 10;
const AXIS_HEIGHT: i32 = 54;

const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
const FAINT: RGBColor = RGBColor(0xdd, 0xdd, 0xdd);
const MUTED: RGBColor = RGBColor(0x66, 0x66, 0x66);

/// Draws the figure into `folder`, as [`SVG_FILE`] and [`PNG_FILE`], in the place of an old one.
///
/// # Errors
/// Those of the file system and of the drawing library.
pub fn write(folder: &Path, analysis: &Analysis) -> anyhow::Result<()> {
    record::replace(&folder.join(SVG_FILE), svg(analysis)?.as_bytes())?;
    let layout = Layout::new(analysis)?;
    record::replace_by(&folder.join(PNG_FILE), |path| {
        layout.draw(BitMapBackend::new(path, layout.pixels(PNG_SCALE)), PNG_SCALE)
    })
}

/// The figure as SVG text.
///
/// # Errors
/// Those of the drawing library.
pub fn svg(analysis: &Analysis) -> anyhow::Result<String> {
    let layout = Layout::new(analysis)?;
    let mut text = String::new();
    layout.draw(SVGBackend::with_string(&mut text, layout.pixels(1)), 1)?;
    Ok(text)
}

/// One row of the figure: a contender on a workload.
struct Mark {
    contender: usize,
    value: Value,
    /// Whether some process was not steady.
    is_unstable: bool,
}

/// What a row shows.
enum Value {
    /// A dot with its interval.
    Estimate(Estimate),
    /// A dot for each mode, with how many processes are in it.
    Modes(Vec<(f64, usize)>),
    /// A geometric mean from every pair in its slowest mode to every pair in its fastest.
    Between(f64, f64),
    /// Words in place of a number.
    Words(&'static str),
}

/// A workload, or the geometric mean, and its rows.
struct Band {
    title: String,
    marks: Vec<Mark>,
}

/// Everything that is decided before anything is drawn.
struct Layout<'a> {
    analysis: &'a Analysis<'a>,
    theme: Theme,
    bands: Vec<Band>,
    /// The contenders of the legend, broken into lines.
    legend: Vec<Vec<usize>>,
    /// The decimal logarithms that the axis spans.
    span: (f64, f64),
    /// Where the axis starts.
    left: i32,
    height: i32,
}

impl<'a> Layout<'a> {
    fn new(analysis: &'a Analysis<'a>) -> anyhow::Result<Layout<'a>> {
        let drawn: Vec<usize> =
            analysis.order().into_iter().filter(|contender| Some(*contender) != analysis.baseline).collect();
        let mut bands: Vec<Band> = analysis
            .plan
            .workloads
            .iter()
            .zip(&analysis.pairs)
            .map(|(workload, pairs)| Band {
                title: workload.name.clone(),
                marks: drawn.iter().filter_map(|contender| mark(analysis, *contender, &pairs[*contender])).collect(),
            })
            .collect();
        let overall = (format!("geometric mean ({})", analysis.common.len()), &analysis.geometric_means);
        let groups = analysis.groups.iter();
        let groups = groups.map(|group| (format!("{}, mean ({})", group.name, group.workloads.len()), &group.means));
        for (title, means) in groups.chain([overall]) {
            let mark = |contender: &usize| means[*contender].map(|mean| mean_mark(*contender, &mean));
            let marks: Vec<Mark> = drawn.iter().filter_map(mark).collect();
            if !marks.is_empty() {
                bands.push(Band { title, marks });
            }
        }
        let mut left = PLOT_LEFT;
        for band in &mut bands {
            let (title, width) = fitting(&band.title, PLOT_LEFT_MOST - NAME_GAP - MARGIN)?;
            band.title = title;
            left = left.max(MARGIN + width + NAME_GAP);
        }
        let legend = break_legend(analysis, &drawn);
        let rows: usize = bands.iter().map(|band| band.marks.len().max(1)).sum();
        let top = HEADER_HEIGHT + LEGEND_LINE_HEIGHT * legend.len() as i32;
        let height = top + rows as i32 * ROW_HEIGHT + bands.len() as i32 * BAND_GAP + AXIS_HEIGHT;
        let span = span(&bands, analysis.baseline.is_some());
        Ok(Layout { analysis, theme: Theme::new(&analysis.plan.contenders), bands, legend, span, left, height })
    }

    /// The size of the drawing with `scale` pixels for each unit.
    fn pixels(&self, scale: i32) -> (u32, u32) {
        ((WIDTH * scale) as u32, (self.height * scale) as u32)
    }

    fn draw<B: DrawingBackend>(&self, backend: B, scale: i32) -> anyhow::Result<()> {
        register_fonts()?;
        let pen = Pen { area: backend.into_drawing_area(), scale };
        self.draw_all(&pen).map_err(|error| anyhow!("{error}")).context("cannot draw the figure")
    }

    fn draw_all<B: DrawingBackend>(&self, pen: &Pen<B>) -> Drawn<B> {
        pen.area.fill(&WHITE)?;
        self.draw_header(pen)?;
        let top = self.draw_legend(pen)?;
        let bottom = self.height - AXIS_HEIGHT;
        self.draw_axis(pen, top, bottom)?;
        let mut y = top;
        for band in &self.bands {
            y = self.draw_band(pen, band, y)?;
        }
        pen.area.present()
    }

    fn draw_header<B: DrawingBackend>(&self, pen: &Pen<B>) -> Drawn<B> {
        let plan = self.analysis.plan;
        let title = match self.analysis.baseline_label() {
            Some(baseline) => format!("Speed-up over {baseline}, size {}", plan.size.name()),
            None => format!("Time of an iteration, size {}", plan.size.name()),
        };
        let label = match self.analysis.depth {
            Depth::FirstLook => LABEL,
            Depth::Full => "steady iterations; hollow: not steady",
        };
        let what = format!(
            "{label}; dot: geometric mean of {} processes, line: its 95 % interval; run {}",
            plan.invocations, plan.run_id
        );
        pen.text(&title, (16, 24), 18.0, INK, HPos::Left)?;
        pen.text(&what, (16, 46), 11.0, MUTED, HPos::Left)
    }

    /// Returns where the bands start.
    fn draw_legend<B: DrawingBackend>(&self, pen: &Pen<B>) -> Drawn<B, i32> {
        let mut y = HEADER_HEIGHT + LEGEND_LINE_HEIGHT / 2;
        for line in &self.legend {
            let mut x = 16;
            for contender in line {
                let label = self.analysis.plan.contenders[*contender].label();
                pen.dot((x + 5, y), 5, self.colour(*contender))?;
                pen.text(&label, (x + 15, y), 12.0, INK, HPos::Left)?;
                x += legend_width(&label);
            }
            y += LEGEND_LINE_HEIGHT;
        }
        Ok(y - LEGEND_LINE_HEIGHT / 2)
    }

    fn draw_axis<B: DrawingBackend>(&self, pen: &Pen<B>, top: i32, bottom: i32) -> Drawn<B> {
        for value in ticks(self.span) {
            let x = self.x(value);
            let is_one = self.analysis.baseline.is_some() && (value - 1.0).abs() < 1e-9;
            let (colour, width) = if is_one { (INK, 2) } else { (FAINT, 1) };
            pen.line((x, top), (x, bottom), colour, width)?;
            let label = match self.analysis.baseline {
                Some(_) => format!("{value}x"),
                None => time_text(value),
            };
            pen.text(&label, (x, bottom + 12), 11.0, INK, HPos::Center)?;
        }
        let middle = (self.left + PLOT_RIGHT) / 2;
        let name = match self.analysis.baseline {
            Some(_) => "times as fast as the baseline (logarithmic; right is faster)",
            None => "time of an iteration (logarithmic; left is faster)",
        };
        pen.text(name, (middle, bottom + 34), 11.0, MUTED, HPos::Center)
    }

    /// Returns where the next band starts.
    fn draw_band<B: DrawingBackend>(&self, pen: &Pen<B>, band: &Band, top: i32) -> Drawn<B, i32> {
        let height = band.marks.len().max(1) as i32 * ROW_HEIGHT;
        let name_at = (self.left - NAME_GAP, top + BAND_GAP / 2 + height / 2);
        pen.text(&band.title, name_at, NAME_SIZE, INK, HPos::Right)?;
        let mut y = top + BAND_GAP / 2 + ROW_HEIGHT / 2;
        for mark in &band.marks {
            self.draw_mark(pen, mark, y)?;
            y += ROW_HEIGHT;
        }
        let bottom = top + height + BAND_GAP;
        pen.line((16, bottom), (WIDTH - 16, bottom), FAINT, 1)?;
        Ok(bottom)
    }

    fn draw_mark<B: DrawingBackend>(&self, pen: &Pen<B>, mark: &Mark, y: i32) -> Drawn<B> {
        let colour = self.colour(mark.contender);
        let numbers_at = (PLOT_RIGHT + 16, y);
        let estimate = match &mark.value {
            Value::Estimate(estimate) => estimate,
            Value::Modes(modes) => {
                for (value, _) in modes {
                    pen.dot((self.x(*value), y), 4, colour)?;
                    pen.dot((self.x(*value), y), 2, WHITE)?;
                }
                let text = |(value, count): &(f64, usize)| format!("{} in {count}", self.number(*value));
                let texts: Vec<String> = modes.iter().map(text).collect();
                return pen.text(&texts.join(", "), numbers_at, 11.0, colour, HPos::Left);
            }
            Value::Between(slow, fast) => {
                pen.line((self.x(*slow), y), (self.x(*fast), y), colour, 1)?;
                for value in [*slow, *fast] {
                    pen.dot((self.x(value), y), 4, colour)?;
                    pen.dot((self.x(value), y), 2, WHITE)?;
                }
                let text = format!("{}..{} by mode", significant(*slow), self.number(*fast));
                return pen.text(&text, numbers_at, 11.0, colour, HPos::Left);
            }
            Value::Words(words) => return pen.text(words, numbers_at, 11.0, colour, HPos::Left),
        };
        if let Some(interval) = estimate.interval {
            let (left, right) = (self.x(interval.low), self.x(interval.high));
            pen.line((left, y), (right, y), colour, 2)?;
            for x in [left, right] {
                pen.line((x, y - 4), (x, y + 4), colour, 2)?;
            }
        }
        pen.dot((self.x(estimate.centre), y), 4, colour)?;
        if mark.is_unstable {
            pen.dot((self.x(estimate.centre), y), 2, WHITE)?;
        }
        pen.text(&self.numbers(estimate), numbers_at, 11.0, colour, HPos::Left)
    }

    fn number(&self, value: f64) -> String {
        match self.analysis.baseline {
            Some(_) => format!("{}x", significant(value)),
            None => time_text(value),
        }
    }

    fn numbers(&self, estimate: &Estimate) -> String {
        match (self.analysis.baseline, estimate.interval) {
            (None, _) => time_text(estimate.centre),
            (Some(_), None) => format!("{}x  {TOO_FEW}", significant(estimate.centre)),
            (Some(_), Some(interval)) => {
                let (low, high) = (significant(interval.low), significant(interval.high));
                format!("{}x  [{low}, {high}]", significant(estimate.centre))
            }
        }
    }

    fn colour(&self, contender: usize) -> RGBColor {
        let (red, green, blue) = self.theme.colour(&self.analysis.plan.contenders[contender].name);
        RGBColor(red, green, blue)
    }

    /// The horizontal pixel of a value; values beyond the axis stand at its end.
    fn x(&self, value: f64) -> i32 {
        let (low, high) = self.span;
        let share = ((value.log10() - low) / (high - low)).clamp(0.0, 1.0);
        self.left + (share * f64::from(PLOT_RIGHT - self.left)).round() as i32
    }
}

type Drawn<B, T = ()> = Result<T, DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// Draws in units of the layout.
struct Pen<B: DrawingBackend> {
    area: DrawingArea<B, Shift>,
    /// Pixels for each unit.
    scale: i32,
}

impl<B: DrawingBackend> Pen<B> {
    fn line(&self, from: (i32, i32), to: (i32, i32), colour: RGBColor, width: i32) -> Drawn<B> {
        let style = colour.stroke_width((width * self.scale) as u32);
        self.area.draw(&PathElement::new(vec![self.pixel(from), self.pixel(to)], style))
    }

    fn dot(&self, at: (i32, i32), radius: i32, colour: RGBColor) -> Drawn<B> {
        self.area.draw(&Circle::new(self.pixel(at), radius * self.scale, colour.filled()))
    }

    /// Text that starts at, ends at or is centred on `at`.
    fn text(&self, what: &str, at: (i32, i32), size: f64, colour: RGBColor, horizontal: HPos) -> Drawn<B> {
        let font = (FONT, size * f64::from(self.scale)).into_font();
        let style = TextStyle::from(font).color(&colour).pos(Pos::new(horizontal, VPos::Center));
        self.area.draw_text(what, &style, self.pixel(at))
    }

    fn pixel(&self, (x, y): (i32, i32)) -> (i32, i32) {
        (x * self.scale, y * self.scale)
    }
}

/// The fonts must be known to plotters before the first drawing, for measuring text in both formats.
fn register_fonts() -> anyhow::Result<()> {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    let registered =
        *REGISTERED.get_or_init(|| register_font(FONT, FontStyle::Normal, dejavu::sans::regular()).is_ok());
    if registered { Ok(()) } else { Err(anyhow!("the font '{FONT}' in this program is damaged")) }
}

/// A name as it fits into so many units, its end left out if it must be, and how wide it is then.
fn fitting(name: &str, most: i32) -> anyhow::Result<(String, i32)> {
    let mut fit = name.to_string();
    let mut kept = name.chars().count();
    loop {
        let width = name_width(&fit)?;
        if width <= most || kept == 0 {
            return Ok((fit, width));
        }
        kept -= 1;
        fit = name.chars().take(kept).chain(['…']).collect();
    }
}

fn name_width(name: &str) -> anyhow::Result<i32> {
    register_fonts()?;
    let size = (FONT, NAME_SIZE).into_font().box_size(name);
    let (width, _) = size.map_err(|error| anyhow!("{error}")).context("cannot measure a name for the figure")?;
    Ok(width as i32)
}

fn mean_mark(contender: usize, mean: &GeometricMean) -> Mark {
    let value = match mean.value {
        MeanValue::Estimate(estimate) => Value::Estimate(estimate),
        MeanValue::Between { slow, fast } => Value::Between(slow, fast),
    };
    Mark { contender, value, is_unstable: !mean.is_steady }
}

/// What is drawn for a pair; nothing for one that never ran or cannot.
fn mark(analysis: &Analysis, contender: usize, pair: &Pair) -> Option<Mark> {
    let modes_of = |modes: &[Mode]| modes.iter().map(|mode| (mode.value, mode.blocks.len())).collect();
    let or_words = |estimate: Option<Estimate>, words| estimate.map_or(Value::Words(words), Value::Estimate);
    let value = match (pair.outcome?, analysis.baseline) {
        (Outcome::NotApplicable, _) => return None,
        (Outcome::Ok, Some(_)) if !pair.speedup_modes.is_empty() => Value::Modes(modes_of(&pair.speedup_modes)),
        (Outcome::Ok, Some(_)) => or_words(pair.speedup, "no baseline"),
        (Outcome::Ok, None) if pair.has_modes() => Value::Modes(modes_of(&pair.time_modes)),
        (Outcome::Ok, None) => or_words(pair.time_ns, "no time"),
        (
            outcome @ (Outcome::WrongResult
            | Outcome::LuaError
            | Outcome::Unsupported
            | Outcome::EngineBug
            | Outcome::Crash
            | Outcome::Timeout
            | Outcome::OutOfMemory
            | Outcome::BadHeader),
            _,
        ) => Value::Words(outcome.words()),
    };
    Some(Mark { contender, value, is_unstable: pair.is_unstable() })
}

/// The decimal logarithms from the smallest to the largest value drawn, with some room; 1 is always inside for ratios.
fn span(bands: &[Band], ratios: bool) -> (f64, f64) {
    let ends = bands.iter().flat_map(|band| &band.marks).flat_map(|mark| match &mark.value {
        Value::Estimate(estimate) => {
            // An interval of few processes can be absurdly wide; it may not squeeze everything else.
            let (low, high) =
                estimate.interval.map_or((estimate.centre, estimate.centre), |interval| (interval.low, interval.high));
            vec![low.max(estimate.centre / 4.0), high.min(estimate.centre * 4.0)]
        }
        Value::Modes(modes) => modes.iter().map(|(value, _)| *value).collect(),
        Value::Between(slow, fast) => vec![*slow, *fast],
        Value::Words(_) => Vec::new(),
    });
    let logs: Vec<f64> = ends.chain(ratios.then_some(1.0)).map(f64::log10).filter(|log| log.is_finite()).collect();
    let low = logs.iter().copied().fold(f64::INFINITY, f64::min);
    let high = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if low > high { (-1.0, 1.0) } else { (low - 0.1, high + 0.1) }
}

/// The 1, 2 and 5 of every decade inside the span; only the 1 if that is already many.
fn ticks((low, high): (f64, f64)) -> Vec<f64> {
    let steps: &[f64] = if high - low > 3.5 { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let decades = low.floor() as i32..=high.ceil() as i32;
    decades
        .flat_map(|decade| {
            steps
                .iter()
                .map(move |step| if decade < 0 { step / 10f64.powi(-decade) } else { step * 10f64.powi(decade) })
        })
        .filter(|value| (low..=high).contains(&value.log10()))
        .collect()
}

/// About how wide an entry of the legend is.
fn legend_width(label: &str) -> i32 {
    40 + 8 * label.chars().count() as i32
}

fn break_legend(analysis: &Analysis, drawn: &[usize]) -> Vec<Vec<usize>> {
    let mut lines: Vec<Vec<usize>> = Vec::new();
    let mut used = WIDTH;
    for contender in drawn {
        let width = legend_width(&analysis.plan.contenders[*contender].label());
        if used + width > WIDTH - 32 {
            lines.push(Vec::new());
            used = 0;
        }
        used += width;
        lines.last_mut().expect("a line was just begun").push(*contender);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::rows::example::{plan, recorded};
    use crate::statistics::{Interval, IntervalMethod};

    #[test]
    fn ticks_are_round_numbers_inside_the_span() {
        assert_eq!(ticks((-0.75, 0.35)), [0.2, 0.5, 1.0, 2.0]);
        assert_eq!(ticks((-2.0, 2.0)), [0.01, 0.1, 1.0, 10.0, 100.0]);
    }

    #[test]
    fn a_long_name_moves_the_axis_and_a_very_long_one_is_shortened() {
        let run = |name: &str| {
            let mut plan = plan(3);
            plan.workloads[0].name = name.to_string();
            recorded(&plan, |_, _| (Outcome::Ok, vec![1000; 4]))
        };
        let (short, long, very_long) = (run("fib"), run(&"long_name_".repeat(4)), run(&"very_long_".repeat(40)));
        let [short, long, very_long] = [&short, &long, &very_long].map(Analysis::new);
        let [short, long, very_long] = [&short, &long, &very_long].map(|analysis| Layout::new(analysis).unwrap());
        assert_eq!(short.left, PLOT_LEFT);
        assert!(PLOT_LEFT < long.left && long.left < very_long.left && very_long.left <= PLOT_LEFT_MOST);
        assert_eq!(long.bands[0].title, "long_name_".repeat(4));
        assert!(very_long.bands[0].title.ends_with('…'), "{}", very_long.bands[0].title);
    }

    #[test]
    fn one_is_on_the_axis_of_ratios() {
        let band = |low, high| {
            let interval = Interval { low, high, method: IntervalMethod::StudentT };
            let value = Value::Estimate(Estimate { centre: 3.0, interval: Some(interval) });
            Band { title: String::new(), marks: vec![Mark { contender: 0, value, is_unstable: false }] }
        };
        let (low, high) = span(&[band(2.0, 4.0)], true);
        assert!(low < 0.0 && high > 4f64.log10());
        let (low, high) = span(&[band(1e-9, 1e9)], true);
        assert!(low > -1.0 && high < 2.0, "a useless interval does not decide the axis: {low}..{high}");
        assert_eq!(span(&[], false), (-1.0, 1.0));
    }
}
