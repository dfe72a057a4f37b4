//! What every figure has: header, legend, axes. Sizes are multiples of the type's size.

use crate::show::scene::{Anchor, Point, Scene, text_width};
use crate::show::theme::Ink;
use crate::show::view::View;

/// The room around everything.
pub const MARGIN: i32 = 12;

/// Sizes in units, for a size of type.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// The type of names and numbers.
    pub text: f64,
    /// The type of what stands beside them.
    pub small: f64,
    /// The type of the title.
    pub title: f64,
    /// From one line of text to the next.
    pub line: i32,
    /// The radius of a mark.
    pub mark: i32,
}

impl Sizes {
    /// For the use of a view.
    pub fn of(view: &View) -> Sizes {
        let text = view.format.type_size();
        let line = (text * 1.4).round() as i32;
        Sizes { text, small: text * 11.0 / 12.0, title: text * 1.25, line, mark: (text / 3.0).round() as i32 }
    }
}

/// Writes the title and what has to be known to read the figure. Returns where the rest begins.
pub fn header(scene: &mut Scene, view: &View, subtitle: &str) -> i32 {
    let sizes = Sizes::of(view);
    let width = scene.width - 2 * MARGIN;
    let title = scene.title.clone();
    let y = scene.paragraph(&title, (MARGIN, MARGIN + sizes.line / 2), width, sizes.title, Ink::Text);
    scene.description = subtitle.to_string();
    scene.paragraph(subtitle, (MARGIN, y + 2), width, sizes.small, Ink::Muted) + sizes.line / 4
}

/// Writes which mark is whose. Returns where the rest begins.
pub fn legend(scene: &mut Scene, view: &View, contenders: &[usize], top: i32) -> i32 {
    let sizes = Sizes::of(view);
    let (mut x, mut y) = (MARGIN, top);
    for contender in contenders {
        let label = view.label(*contender);
        let width = 3 * sizes.mark + 4 + text_width(&label, sizes.text);
        if x + width > scene.width - MARGIN && x > MARGIN {
            x = MARGIN;
            y += sizes.line;
        }
        scene.mark((x + sizes.mark, y), sizes.mark, view.marker(*contender), view.ink(*contender), false);
        scene.text(label, (x + 3 * sizes.mark + 2, y), sizes.text, Ink::Text, Anchor::Start);
        x += width + sizes.line;
    }
    if contenders.is_empty() { top } else { y + sizes.line }
}

/// From values to places.
#[derive(Debug, Clone, Copy)]
pub struct Axis {
    /// The smallest and the largest value, as logarithms of a logarithmic axis.
    span: (f64, f64),
    /// Where those are.
    ends: (i32, i32),
    is_logarithmic: bool,
}

impl Axis {
    /// A logarithmic axis that holds `values`, with some room.
    pub fn logarithmic(values: impl IntoIterator<Item = f64>, ends: (i32, i32)) -> Axis {
        let logarithms =
            values.into_iter().filter(|value| *value > 0.0).map(f64::log10).filter(|value| value.is_finite());
        let (low, high) = span(logarithms).unwrap_or((-0.5, 0.5));
        let room = ((high - low) * 0.05).max(0.06);
        Axis { span: (low - room, high + room), ends, is_logarithmic: true }
    }

    /// A linear axis from one value to another.
    pub fn linear(from: f64, to: f64, ends: (i32, i32)) -> Axis {
        Axis { span: (from, if to > from { to } else { from + 1.0 }), ends, is_logarithmic: false }
    }

    /// The place of a value; values beyond the axis stand at its end.
    pub fn at(&self, value: f64) -> i32 {
        let value = if self.is_logarithmic { value.max(f64::MIN_POSITIVE).log10() } else { value };
        let (low, high) = self.span;
        let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
        self.ends.0 + (share * f64::from(self.ends.1 - self.ends.0)).round() as i32
    }

    /// Round values on the axis, at most so many.
    pub fn ticks(&self, most: usize) -> Vec<f64> {
        let candidates = if self.is_logarithmic { logarithmic_ticks(self.span) } else { linear_ticks(self.span) };
        let fits = candidates.iter().find(|ticks| ticks.len() <= most.max(2) && !ticks.is_empty());
        fits.or(candidates.iter().rev().find(|ticks| !ticks.is_empty())).cloned().unwrap_or_default()
    }
}

fn span(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |span: Option<(f64, f64)>, value| {
        Some(span.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
    })
}

/// Ever fewer of the 1, 2 and 5 of each decade.
fn logarithmic_ticks((low, high): (f64, f64)) -> Vec<Vec<f64>> {
    let of = |steps: &[f64], every: i32| {
        let decades = (low.floor() as i32..=high.ceil() as i32).filter(|decade| decade.rem_euclid(every) == 0);
        let ticks = decades.flat_map(|decade| {
            let scaled =
                move |step: &f64| if decade < 0 { step / 10f64.powi(-decade) } else { step * 10f64.powi(decade) };
            steps.iter().map(scaled).collect::<Vec<f64>>()
        });
        ticks.filter(|value| (low..=high).contains(&value.log10())).collect::<Vec<f64>>()
    };
    vec![
        of(&[1.0, 1.2, 1.5, 2.0, 3.0, 5.0, 7.0], 1),
        of(&[1.0, 1.5, 2.0, 3.0, 5.0], 1),
        of(&[1.0, 2.0, 5.0], 1),
        of(&[1.0, 3.0], 1),
        of(&[1.0], 1),
        of(&[1.0], 2),
        of(&[1.0], 3),
    ]
}

/// Ever wider steps of 1, 2 or 5.
fn linear_ticks((low, high): (f64, f64)) -> Vec<Vec<f64>> {
    let magnitude = 10f64.powf((high - low).log10().floor() - 1.0);
    let steps = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0].map(|step| step * magnitude);
    let of = |step: f64| {
        let first = (low / step).ceil() as i64;
        let last = (high / step).floor() as i64;
        (first..=last).map(|index| index as f64 * step).collect::<Vec<f64>>()
    };
    steps.into_iter().map(of).collect()
}

/// A round number as it stands on an axis: without the zeros behind its point, which say nothing there.
pub fn plain(text: &str) -> String {
    let (number, unit) = text.split_once(' ').map_or((text, ""), |(number, unit)| (number, unit));
    let number = if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number };
    if unit.is_empty() { number.to_string() } else { format!("{number} {unit}") }
}

/// A vertical line and a label below for each tick, and the axis's name below them. Returns where the axis ends.
pub fn horizontal_axis(
    scene: &mut Scene,
    view: &View,
    axis: &Axis,
    (top, bottom): (i32, i32),
    label: &dyn Fn(f64) -> String,
    name: &str,
) -> i32 {
    let sizes = Sizes::of(view);
    let widest =
        |ticks: &[f64]| ticks.iter().map(|tick| text_width(&plain(&label(*tick)), sizes.small)).max().unwrap_or(0);
    let fit = (2..=24usize).rev().find(|most| {
        let ticks = axis.ticks(*most);
        let width = widest(&ticks) + (sizes.text / 2.0) as i32;
        ticks.windows(2).all(|pair| axis.at(pair[1]) - axis.at(pair[0]) >= width)
    });
    for tick in axis.ticks(fit.unwrap_or(2)) {
        let x = axis.at(tick);
        scene.line((x, top), (x, bottom), Ink::Grid, 1);
        let text = plain(&label(tick));
        let half = text_width(&text, sizes.small) / 2;
        let within = x.clamp(half + 1, scene.width - half - 1);
        scene.text(text, (within, bottom + sizes.line / 2 + 2), sizes.small, Ink::Text, Anchor::Middle);
    }
    let middle = (axis.ends.0 + axis.ends.1) / 2;
    let mut y = bottom + sizes.line + sizes.line / 2 + 2;
    for line in crate::show::scene::broken(name, scene.width - 2 * MARGIN, sizes.small) {
        let half = text_width(&line, sizes.small) / 2;
        let within = middle.clamp(half + 2, (scene.width - half - 2).max(half + 2));
        scene.text(line, (within, y), sizes.small, Ink::Muted, Anchor::Middle);
        y += sizes.line;
    }
    y
}

/// A horizontal line and a label to its left for each tick.
pub fn vertical_axis(
    scene: &mut Scene,
    view: &View,
    axis: &Axis,
    (left, right): (i32, i32),
    label: &dyn Fn(f64) -> String,
) {
    let sizes = Sizes::of(view);
    let height = (axis.ends.0 - axis.ends.1).abs();
    let most = (height / (sizes.line + 2)).max(2) as usize;
    let fit = (2..=most).rev().find(|most| {
        let ticks = axis.ticks(*most);
        ticks.windows(2).all(|pair| (axis.at(pair[1]) - axis.at(pair[0])).abs() >= sizes.line)
    });
    for tick in axis.ticks(fit.unwrap_or(2)) {
        let y = axis.at(tick);
        scene.line((left, y), (right, y), Ink::Grid, 1);
        scene.text(plain(&label(tick)), (left - 4, y), sizes.small, Ink::Text, Anchor::End);
    }
}

/// A frame's left edge that leaves room for the labels of a vertical axis.
pub fn label_room(labels: impl Iterator<Item = String>, size: f64) -> i32 {
    labels.map(|label| text_width(&label, size)).max().unwrap_or(0) + 8
}

/// At most one point for each pixel column from `points`, which are ascending to the right: the first, the highest, the
/// lowest and the last of each, in their order.
pub fn thinned(points: &[Point], step: i32) -> Vec<Point> {
    let mut thin: Vec<Point> = Vec::new();
    let mut start = 0;
    while start < points.len() {
        let column = points[start].0 / step;
        let end =
            points[start..].iter().position(|point| point.0 / step != column).map_or(points.len(), |more| start + more);
        let of_column = &points[start..end];
        let mut kept: Vec<usize> = vec![0, of_column.len() - 1];
        kept.extend((0..of_column.len()).min_by_key(|place| of_column[*place].1));
        kept.extend((0..of_column.len()).max_by_key(|place| of_column[*place].1));
        kept.sort_unstable();
        kept.dedup();
        thin.extend(kept.into_iter().map(|place| of_column[place]));
        start = end;
    }
    thin.dedup();
    thin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers_inside_the_span() {
        let axis = Axis { span: (-0.75, 0.35), ends: (0, 100), is_logarithmic: true };
        assert_eq!(axis.ticks(4), [0.2, 0.5, 1.0, 2.0]);
        let axis = Axis { span: (-2.0, 2.0), ends: (0, 100), is_logarithmic: true };
        assert_eq!(axis.ticks(5), [0.01, 0.1, 1.0, 10.0, 100.0]);
        assert_eq!(Axis::linear(0.0, 100.0, (0, 10)).ticks(6), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
    }

    #[test]
    fn values_have_their_places() {
        let axis = Axis::linear(0.0, 10.0, (100, 200));
        assert_eq!((axis.at(0.0), axis.at(5.0), axis.at(99.0)), (100, 150, 200));
        let axis = Axis::logarithmic([1.0, 100.0], (0, 110));
        assert_eq!((axis.at(1.0), axis.at(10.0), axis.at(100.0)), (5, 55, 105));
    }

    #[test]
    fn of_a_column_the_extremes_stay() {
        let points: Vec<Point> = vec![(0, 5), (0, 9), (0, 1), (0, 5), (1, 5), (7, 5)];
        assert_eq!(thinned(&points, 1), [(0, 5), (0, 9), (0, 1), (0, 5), (1, 5), (7, 5)]);
        let points: Vec<Point> = (0..1000).map(|place| (place / 100, place % 7)).collect();
        assert!(thinned(&points, 1).len() <= 40);
    }
}
