//! Files of drawings: SVG for light and dark, and PNG, by plotters.
//!
//! An SVG has the colours of the light theme in its attributes, for every reader, and a style that puts the dark ones in
//! their place where the reader asks for it; plotters writes neither title nor role, so both are put in afterwards.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::record;
use crate::show::scene::{Anchor, FONT, Point, Scene, Shape, register_fonts};
use crate::show::theme::{Colour, Ink, Marker, Palette, Tone};

/// Pixels of a PNG for each unit of the layout.
const PNG_SCALE: i32 = 2;

/// The class of every figure in a page.
pub const CLASS: &str = "figure";

/// The drawing as SVG text, to stand in a page whose style has [`dark_rules`].
///
/// # Errors
/// Those of the drawing library.
pub fn inline_svg(scene: &Scene, palette: &Palette) -> anyhow::Result<String> {
    let mut text = String::new();
    draw(scene, palette, SVGBackend::with_string(&mut text, pixels(scene, 1)), 1)?;
    let (_, body) = text.split_once("<svg ").context("plotters wrote no SVG")?;
    let (_, body) = body.split_once('>').context("plotters wrote no SVG")?;
    // What is so anyway, or in the style of the page.
    let superfluous = [" opacity=\"1\"", " text-anchor=\"start\"", " stroke-width=\"1\""];
    let body = superfluous.iter().fold(body.to_string(), |body, part| body.replace(part, ""));
    let body = body.replace(&format!(" font-family=\"{FONT}\""), "");
    let (width, height) = (scene.width, scene.height);
    let (title, description) = (escaped(&scene.title), escaped(&scene.description));
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"{CLASS}\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 \
         {width} {height}\" role=\"img\" aria-label=\"{title}\"><title>{title}</title><desc>{description}</desc>{body}"
    ))
}

/// The drawing as a file of its own.
///
/// # Errors
/// Those of the drawing library.
pub fn svg(scene: &Scene, palette: &Palette) -> anyhow::Result<String> {
    let text = inline_svg(scene, palette)?;
    // Where the font is not installed, one of the same widths.
    let fonts = format!(".{CLASS} text {{font-family:'{FONT}', Verdana, sans-serif}}\n");
    let style = format!("<style>{fonts}@media (prefers-color-scheme: dark) {{\n{}}}</style>", dark_rules(palette, ""));
    Ok(text.replacen("<title>", &format!("{style}<title>"), 1))
}

/// The rules of a style that put the dark colour of each ink in the place of the light one, below a selector.
pub fn dark_rules(palette: &Palette, below: &str) -> String {
    let mut rules = BTreeMap::new();
    for ink in palette.inks() {
        let (light, dark) = (hex(palette.colour(ink, Tone::Light)), hex(palette.colour(ink, Tone::Dark)));
        for attribute in ["fill", "stroke"] {
            rules.insert(format!("{below} .{CLASS} [{attribute}=\"{light}\"]"), format!("{attribute}:{dark}"));
        }
    }
    rules.into_iter().map(|(selector, rule)| format!("{} {{{rule}}}\n", selector.trim_start())).collect()
}

/// Draws into a PNG file, in the place of an old one.
///
/// # Errors
/// Those of the file system and of the drawing library.
pub fn write_png(path: &Path, scene: &Scene, palette: &Palette) -> anyhow::Result<()> {
    record::replace_by(path, |path| draw(scene, palette, BitMapBackend::new(path, pixels(scene, PNG_SCALE)), PNG_SCALE))
}

fn pixels(scene: &Scene, scale: i32) -> (u32, u32) {
    ((scene.width * scale) as u32, (scene.height * scale) as u32)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// As plotters writes it.
fn hex((red, green, blue): Colour) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

fn draw<B: DrawingBackend>(scene: &Scene, palette: &Palette, backend: B, scale: i32) -> anyhow::Result<()> {
    register_fonts()?;
    let pen = Pen { area: backend.into_drawing_area(), palette, scale };
    let drawn = pen.all(scene);
    drawn.map_err(|error| anyhow!("{error}")).with_context(|| format!("cannot draw '{}'", scene.title))
}

type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// Draws shapes in units of the layout.
struct Pen<'a, B: DrawingBackend> {
    area: DrawingArea<B, Shift>,
    palette: &'a Palette,
    /// Pixels for each unit.
    scale: i32,
}

impl<B: DrawingBackend> Pen<'_, B> {
    fn all(&self, scene: &Scene) -> Drawn<B> {
        self.area.fill(&self.colour(Ink::Paper))?;
        scene.shapes.iter().try_for_each(|shape| self.shape(shape))?;
        self.area.present()
    }

    fn shape(&self, shape: &Shape) -> Drawn<B> {
        match shape {
            Shape::Path { points, ink, width } => self.path(points, *ink, *width),
            Shape::Area { from, to, ink } => {
                self.area.draw(&Rectangle::new([self.pixel(*from), self.pixel(*to)], self.colour(*ink).filled()))
            }
            Shape::Mark { at, radius, marker, ink, is_hollow } => {
                self.mark(*at, *radius, *marker, *ink)?;
                match is_hollow {
                    true => self.mark(*at, (radius - 2).max(1), *marker, Ink::Paper),
                    false => Ok(()),
                }
            }
            Shape::Text { text, at, size, ink, anchor } => {
                let horizontal = match anchor {
                    Anchor::Start => HPos::Left,
                    Anchor::Middle => HPos::Center,
                    Anchor::End => HPos::Right,
                };
                let font = (FONT, size * f64::from(self.scale)).into_font();
                let colour = self.colour(*ink);
                let style = TextStyle::from(font).color(&colour).pos(Pos::new(horizontal, VPos::Center));
                self.area.draw_text(text, &style, self.pixel(*at))
            }
        }
    }

    fn path(&self, points: &[Point], ink: Ink, width: i32) -> Drawn<B> {
        let style = self.colour(ink).stroke_width((width * self.scale) as u32);
        let points: Vec<Point> = points.iter().map(|point| self.pixel(*point)).collect();
        self.area.draw(&PathElement::new(points, style))
    }

    fn mark(&self, at: Point, radius: i32, marker: Marker, ink: Ink) -> Drawn<B> {
        let (x, y) = self.pixel(at);
        let reach = f64::from(radius * self.scale);
        let colour = self.colour(ink);
        match marker.corners() {
            None => self.area.draw(&Circle::new((x, y), radius * self.scale, colour.filled())),
            Some(corners) => {
                let corner = |(right, down): &(f64, f64)| {
                    (x + (right * reach).round() as i32, y + (down * reach).round() as i32)
                };
                let corners: Vec<Point> = corners.iter().map(corner).collect();
                self.area.draw(&Polygon::new(corners, colour.filled()))
            }
        }
    }

    fn colour(&self, ink: Ink) -> RGBColor {
        let (red, green, blue) = self.palette.colour(ink, self.palette.tone);
        RGBColor(red, green, blue)
    }

    fn pixel(&self, (x, y): Point) -> Point {
        (x * self.scale, y * self.scale)
    }
}
