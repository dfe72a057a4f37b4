//! A drawing as plain data: lines, areas, marks and texts in units of the layout, before anything is a file.
//!
//! Because it is data, a test can ask whether texts overlap or leave the drawing ([`Scene::faults`]). Knows no
//! contender and no number that is shown; [`crate::show::draw`] makes files of it.

use std::sync::OnceLock;

use anyhow::{Context, anyhow};
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

use crate::show::theme::{Ink, Marker};

/// The font of every figure.
pub const FONT: &str = "DejaVu Sans";

/// A place, in units from the upper left corner.
pub type Point = (i32, i32);

/// A drawing.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Its width in units.
    pub width: i32,
    /// Its height in units.
    pub height: i32,
    /// What it shows, for whoever cannot see it.
    pub title: String,
    /// The same in a sentence or two.
    pub description: String,
    /// What is drawn, the undermost first.
    pub shapes: Vec<Shape>,
}

/// Something that is drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A line through points.
    Path {
        /// The points.
        points: Vec<Point>,
        /// Its ink.
        ink: Ink,
        /// Its width in units.
        width: i32,
    },
    /// A filled rectangle.
    Area {
        /// The upper left corner.
        from: Point,
        /// The lower right corner.
        to: Point,
        /// Its ink.
        ink: Ink,
    },
    /// A marker.
    Mark {
        /// Its middle.
        at: Point,
        /// From the middle to the edge.
        radius: i32,
        /// Its shape.
        marker: Marker,
        /// Its ink.
        ink: Ink,
        /// Whether its inside is empty.
        is_hollow: bool,
    },
    /// A text on one line.
    Text {
        /// The text.
        text: String,
        /// Its place: the middle of its height.
        at: Point,
        /// The size of its type in units.
        size: f64,
        /// Its ink.
        ink: Ink,
        /// Which end of it is at its place.
        anchor: Anchor,
    },
}

/// Which end of a text is at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// The text starts there.
    Start,
    /// The text is centred there.
    Middle,
    /// The text ends there.
    End,
}

impl Scene {
    /// An empty drawing of some width.
    pub fn new(width: i32, title: String) -> Scene {
        Scene { width, height: 0, title, description: String::new(), shapes: Vec::new() }
    }

    /// Draws a straight line.
    pub fn line(&mut self, from: Point, to: Point, ink: Ink, width: i32) {
        self.path(vec![from, to], ink, width);
    }

    /// Draws a line through points.
    pub fn path(&mut self, points: Vec<Point>, ink: Ink, width: i32) {
        self.shapes.push(Shape::Path { points, ink, width });
    }

    /// Fills a rectangle.
    pub fn area(&mut self, from: Point, to: Point, ink: Ink) {
        self.shapes.push(Shape::Area { from, to, ink });
    }

    /// Draws a marker.
    pub fn mark(&mut self, at: Point, radius: i32, marker: Marker, ink: Ink, is_hollow: bool) {
        self.shapes.push(Shape::Mark { at, radius, marker, ink, is_hollow });
    }

    /// Writes a text.
    pub fn text(&mut self, text: impl Into<String>, at: Point, size: f64, ink: Ink, anchor: Anchor) {
        self.shapes.push(Shape::Text { text: text.into(), at, size, ink, anchor });
    }

    /// Writes sentences within a width, broken between words, from the line whose middle is at `at` downwards. Returns
    /// where the next line would be.
    pub fn paragraph(&mut self, text: &str, at: Point, width: i32, size: f64, ink: Ink) -> i32 {
        let mut y = at.1;
        for line in broken(text, width, size) {
            self.text(line, (at.0, y), size, ink, Anchor::Start);
            y += (size * 1.4).round() as i32;
        }
        y
    }

    /// The boxes of all texts: left, top, right, bottom.
    fn boxes(&self) -> Vec<(&str, [i32; 4])> {
        self.shapes.iter().filter_map(text_box).collect()
    }

    /// What is wrong with the drawing: texts that overlap, and those that leave it.
    pub fn faults(&self) -> Vec<String> {
        let boxes = self.boxes();
        let mut faults = Vec::new();
        for (place, (text, [left, top, right, bottom])) in boxes.iter().enumerate() {
            if *left < 0 || *top < 0 || *right > self.width || *bottom > self.height {
                faults.push(format!("'{text}' leaves the drawing"));
            }
            for (other, [other_left, other_top, other_right, other_bottom]) in &boxes[place + 1..] {
                if left < other_right && other_left < right && top < other_bottom && other_top < bottom {
                    faults.push(format!("'{text}' and '{other}' overlap"));
                }
            }
        }
        faults
    }
}

/// A text and its box; nothing of other shapes.
fn text_box(shape: &Shape) -> Option<(&str, [i32; 4])> {
    match shape {
        Shape::Text { text, at, size, anchor, .. } => {
            let width = text_width(text, *size);
            let left = match anchor {
                Anchor::Start => at.0,
                Anchor::Middle => at.0 - width / 2,
                Anchor::End => at.0 - width,
            };
            // Capitals and digits; what hangs below a line may touch the next one's box.
            let half = (size * 0.37).round() as i32;
            Some((text.as_str(), [left, at.1 - half, left + width, at.1 + half]))
        }
        Shape::Path { .. } | Shape::Area { .. } | Shape::Mark { .. } => None,
    }
}

/// The text in lines that are no wider than `width`, broken between words.
pub fn broken(text: &str, width: i32, size: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match longer.filter(|longer| text_width(longer, size) <= width) {
            Some(longer) => *lines.last_mut().expect("it has just been looked at") = longer,
            None => lines.push(word.to_string()),
        }
    }
    lines
}

/// A text as it fits into a width, its end left out if it must be.
pub fn fitting(text: &str, most: i32, size: f64) -> String {
    let mut fit = text.to_string();
    let mut kept = text.chars().count();
    while text_width(&fit, size) > most && kept > 0 {
        kept -= 1;
        fit = text.chars().take(kept).chain(['…']).collect();
    }
    fit
}

/// How wide a text is, in units.
pub fn text_width(text: &str, size: f64) -> i32 {
    if register_fonts().is_err() {
        return 0;
    }
    (FONT, size).into_font().box_size(text).map_or(0, |(width, _)| width as i32)
}

/// The fonts must be known to plotters before the first drawing, for measuring text in every format.
///
/// # Errors
/// If the font in this program is damaged.
pub fn register_fonts() -> anyhow::Result<()> {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    let registered =
        *REGISTERED.get_or_init(|| register_font(FONT, FontStyle::Normal, dejavu::sans::regular()).is_ok());
    if registered {
        Ok(())
    } else {
        Err(anyhow!("the font '{FONT}' in this program is damaged")).context("cannot draw")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_overlap_or_leave_the_drawing_are_faults() {
        let mut scene = Scene::new(200, String::new());
        scene.height = 100;
        scene.text("one", (10, 20), 12.0, Ink::Text, Anchor::Start);
        scene.text("two", (10, 40), 12.0, Ink::Text, Anchor::Start);
        assert!(scene.faults().is_empty(), "{:?}", scene.faults());
        scene.text("three", (12, 22), 12.0, Ink::Text, Anchor::Start);
        scene.text("far too far right", (190, 80), 12.0, Ink::Text, Anchor::Start);
        assert_eq!(scene.faults(), ["'one' and 'three' overlap", "'far too far right' leaves the drawing"]);
    }

    #[test]
    fn sentences_are_broken_and_names_are_shortened() {
        let lines = broken("a sentence that is longer than one line", 100, 12.0);
        assert!(lines.len() > 2 && lines.iter().all(|line| text_width(line, 12.0) <= 100), "{lines:?}");
        let name = fitting(&"very_long_".repeat(10), 80, 12.0);
        assert!(name.ends_with('…') && text_width(&name, 12.0) <= 80, "{name}");
        assert_eq!(fitting("fib", 80, 12.0), "fib");
    }
}
