//! Drawings as PDF, for papers: shapes and texts as they are, with the font in the file, so that texts can be read, searched
//! and scaled.
//!
//! The drawing is in the size of its use ([`crate::show::view::Format::points`]). Of the font go in those tables that a
//! reader needs, and of its outlines those of the characters that are there: the others are blank, and compress to nothing.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::Context;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{CidFontType, FontFlags, LineCapStyle, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use ttf_parser::{Face, GlyphId, RawFace, Tag};

use crate::show::scene::{Anchor, Point, Scene, Shape, text_width};
use crate::show::theme::{Ink, Marker, Palette};

const FONT_NAME: Name = Name(b"DejaVuSans");
const RESOURCE: Name = Name(b"F");
/// A PDF measures glyphs in thousandths of the size of type.
const UNITS: f32 = 1000.0;
/// How far the controls of a quarter of a circle are from its ends, in radii.
const QUARTER: f32 = 0.552_284_8;

/// The drawing as a file, so many points wide.
///
/// # Errors
/// If the font in this program is damaged.
pub fn pdf(scene: &Scene, palette: &Palette, points: f32) -> anyhow::Result<Vec<u8>> {
    let face = Face::parse(dejavu::sans::regular(), 0).context("the font in this program is damaged")?;
    let mut page =
        Page { content: Content::new(), palette, face: &face, glyphs: BTreeMap::new(), height: scene.height as f32 };
    let scale = points / scene.width as f32;
    page.content.transform([scale, 0.0, 0.0, scale, 0.0, 0.0]);
    page.content.set_line_cap(LineCapStyle::ButtCap);
    scene.shapes.iter().for_each(|shape| page.shape(shape));
    let Page { content, glyphs, .. } = page;

    let [catalog, tree, leaf, body, font, cid, descriptor, program, unicode, info] =
        std::array::from_fn(|place| Ref::new(place as i32 + 1));
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree).lang(TextStr("en"));
    pdf.pages(tree).kids([leaf]).count(1);
    pdf.document_info(info).title(TextStr(&scene.title)).subject(TextStr(&scene.description));
    let mut page = pdf.page(leaf);
    page.media_box(Rect::new(0.0, 0.0, points, scene.height as f32 * scale)).parent(tree).contents(body);
    page.resources().fonts().pair(RESOURCE, font);
    page.finish();
    let content = compressed(&content.finish())?;
    pdf.stream(body, &content).filter(Filter::FlateDecode);

    let identity = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
    pdf.type0_font(font)
        .base_font(FONT_NAME)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(cid)
        .to_unicode(unicode);
    let of_unit = UNITS / f32::from(face.units_per_em());
    let mut cid_font = pdf.cid_font(cid);
    cid_font.subtype(CidFontType::Type2).base_font(FONT_NAME).system_info(identity).font_descriptor(descriptor);
    cid_font.default_width(0.0).cid_to_gid_map_predefined(Name(b"Identity"));
    let mut widths = cid_font.widths();
    for glyph in glyphs.keys() {
        let advance = face.glyph_hor_advance(GlyphId(*glyph)).unwrap_or(0);
        widths.consecutive(*glyph, [f32::from(advance) * of_unit]);
    }
    widths.finish();
    cid_font.finish();
    let bounds = face.global_bounding_box();
    let bounds = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(|value| f32::from(value) * of_unit);
    pdf.font_descriptor(descriptor)
        .name(FONT_NAME)
        .flags(FontFlags::SYMBOLIC)
        .bbox(Rect::new(bounds[0], bounds[1], bounds[2], bounds[3]))
        .italic_angle(0.0)
        .ascent(f32::from(face.ascender()) * of_unit)
        .descent(f32::from(face.descender()) * of_unit)
        .cap_height(f32::from(face.capital_height().unwrap_or(0)) * of_unit)
        .stem_v(80.0)
        .font_file2(program);
    let mut map = UnicodeCmap::new(Name(b"Custom"), identity);
    glyphs.iter().for_each(|(glyph, letter)| map.pair(*glyph, *letter));
    pdf.cmap(unicode, &map.finish());
    let subset =
        subset(&face, &glyphs.keys().copied().collect::<Vec<u16>>()).context("the font in this program is damaged")?;
    let length = subset.len() as i32;
    let subset = compressed(&subset)?;
    let mut stream = pdf.stream(program, &subset);
    stream.filter(Filter::FlateDecode);
    stream.pair(Name(b"Length1"), length);
    stream.finish();
    Ok(pdf.finish())
}

fn compressed(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// Draws shapes in units of the layout, which count downwards; a PDF counts upwards.
struct Page<'a> {
    content: Content,
    palette: &'a Palette,
    face: &'a Face<'a>,
    /// The glyphs that are there, with their characters.
    glyphs: BTreeMap<u16, char>,
    height: f32,
}

impl Page<'_> {
    fn at(&self, (x, y): Point) -> (f32, f32) {
        (x as f32, self.height - y as f32)
    }

    fn colour(&self, ink: Ink) -> [f32; 3] {
        let (red, green, blue) = self.palette.colour(ink, self.palette.tone);
        [red, green, blue].map(|part| f32::from(part) / 255.0)
    }

    fn fill_with(&mut self, ink: Ink) {
        let [red, green, blue] = self.colour(ink);
        self.content.set_fill_rgb(red, green, blue);
    }

    fn shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Path { points, ink, width } => {
                let [red, green, blue] = self.colour(*ink);
                self.content.set_stroke_rgb(red, green, blue).set_line_width(*width as f32);
                for (place, point) in points.iter().enumerate() {
                    let (x, y) = self.at(*point);
                    if place == 0 {
                        self.content.move_to(x, y)
                    } else {
                        self.content.line_to(x, y)
                    };
                }
                self.content.stroke();
            }
            Shape::Area { from, to, ink } => {
                self.fill_with(*ink);
                let ((left, top), (right, bottom)) = (self.at(*from), self.at(*to));
                self.content.rect(left, bottom, right - left, top - bottom).fill_nonzero();
            }
            Shape::Mark { at, radius, marker, ink, is_hollow } => {
                self.mark(*at, *radius as f32, *marker, *ink);
                if *is_hollow {
                    self.mark(*at, (radius - 2).max(1) as f32, *marker, Ink::Paper);
                }
            }
            Shape::Text { text, at, size, ink, anchor } => self.text(text, *at, *size, *ink, *anchor),
        }
    }

    fn mark(&mut self, at: Point, radius: f32, marker: Marker, ink: Ink) {
        self.fill_with(ink);
        let (x, y) = self.at(at);
        match marker.corners() {
            Some(corners) => {
                for (place, (right, down)) in corners.into_iter().enumerate() {
                    let (x, y) = (x + right as f32 * radius, y - down as f32 * radius);
                    if place == 0 {
                        self.content.move_to(x, y)
                    } else {
                        self.content.line_to(x, y)
                    };
                }
            }
            None => {
                let (reach, control) = (radius, radius * QUARTER);
                self.content.move_to(x + reach, y);
                self.content.cubic_to(x + reach, y + control, x + control, y + reach, x, y + reach);
                self.content.cubic_to(x - control, y + reach, x - reach, y + control, x - reach, y);
                self.content.cubic_to(x - reach, y - control, x - control, y - reach, x, y - reach);
                self.content.cubic_to(x + control, y - reach, x + reach, y - control, x + reach, y);
            }
        }
        self.content.close_path().fill_nonzero();
    }

    fn text(&mut self, text: &str, at: Point, size: f64, ink: Ink, anchor: Anchor) {
        let mut codes = Vec::new();
        for letter in text.chars() {
            let glyph = self.face.glyph_index(letter).unwrap_or(GlyphId(0));
            self.glyphs.insert(glyph.0, letter);
            codes.extend(glyph.0.to_be_bytes());
        }
        let width = text_width(text, size) as f32;
        let (x, y) = self.at(at);
        let x = match anchor {
            Anchor::Start => x,
            Anchor::Middle => x - width / 2.0,
            Anchor::End => x - width,
        };
        self.fill_with(ink);
        // plotters takes the size of type as the height from the descender to the ascender.
        let height = f32::from(self.face.ascender() - self.face.descender()) / f32::from(self.face.units_per_em());
        let size = size as f32 / height;
        let middle = f32::from(self.face.capital_height().unwrap_or(0)) / f32::from(self.face.units_per_em()) / 2.0;
        self.content.begin_text().set_font(RESOURCE, size).next_line(x, y - middle * size).show(Str(&codes)).end_text();
    }
}

/// The font with the tables that a PDF needs and the outlines of some glyphs; `None` if it is damaged.
fn subset(face: &Face, glyphs: &[u16]) -> Option<Vec<u8>> {
    let raw: &RawFace = face.raw_face();
    let table = |name: &[u8; 4]| raw.table(Tag::from_bytes(name));
    let is_long = *table(b"head")?.get(51)? == 1;
    let loca = table(b"loca")?;
    let place = |glyph: u16| {
        let glyph = usize::from(glyph);
        if is_long {
            Some(u32::from_be_bytes(loca.get(4 * glyph..4 * glyph + 4)?.try_into().ok()?) as usize)
        } else {
            Some(2 * usize::from(u16::from_be_bytes(loca.get(2 * glyph..2 * glyph + 2)?.try_into().ok()?)))
        }
    };
    let outlines = table(b"glyf")?;
    let mut kept = vec![0; outlines.len()];
    let mut wanted: Vec<u16> = std::iter::once(0).chain(glyphs.iter().copied()).collect();
    while let Some(glyph) = wanted.pop() {
        let range = place(glyph)?..place(glyph + 1)?;
        let outline = outlines.get(range.clone())?;
        kept.get_mut(range)?.copy_from_slice(outline);
        wanted.extend(parts(outline));
    }
    let names: [&[u8; 4]; 9] = [b"cvt ", b"fpgm", b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp", b"prep"];
    let tables: Vec<(&[u8; 4], &[u8])> = names
        .into_iter()
        .filter_map(|name| Some((name, if name == b"glyf" { kept.as_slice() } else { table(name)? })))
        .collect();
    let count = tables.len() as u16;
    let power = count.ilog2() as u16;
    let mut bytes = vec![0, 1, 0, 0];
    for value in [count, 16 << power, power, 16 * count - (16 << power)] {
        bytes.extend(value.to_be_bytes());
    }
    let mut offset = 12 + 16 * tables.len();
    for (name, data) in &tables {
        bytes.extend(*name);
        for value in [checksum(data), offset as u32, data.len() as u32] {
            bytes.extend(value.to_be_bytes());
        }
        offset += data.len().next_multiple_of(4);
    }
    for (_, data) in &tables {
        bytes.extend(*data);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    Some(bytes)
}

/// The glyphs that a composite one is made of.
fn parts(outline: &[u8]) -> Vec<u16> {
    let word = |at: usize| Some(u16::from_be_bytes(outline.get(at..at + 2)?.try_into().ok()?));
    let mut parts = Vec::new();
    if word(0).is_none_or(|contours| contours as i16 >= 0) {
        return parts;
    }
    let mut at = 10;
    while let (Some(flags), Some(glyph)) = (word(at), word(at + 2)) {
        parts.push(glyph);
        let has = |bit: u16| flags & bit != 0;
        // Two offsets, of bytes or words; then a scale, two, or four.
        at += 4
            + if has(0x1) { 4 } else { 2 }
            + if has(0x8) {
                2
            } else if has(0x40) {
                4
            } else if has(0x80) {
                8
            } else {
                0
            };
        if !has(0x20) {
            break;
        }
    }
    parts
}

/// The sum of a table's words.
fn checksum(data: &[u8]) -> u32 {
    let word = |chunk: &[u8]| {
        let mut bytes = [0; 4];
        bytes[..chunk.len()].copy_from_slice(chunk);
        u32::from_be_bytes(bytes)
    };
    data.chunks(4).fold(0, |sum: u32, chunk| sum.wrapping_add(word(chunk)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::theme::{Theme, Tone};

    #[test]
    fn the_font_has_the_outlines_of_its_characters_and_no_others() {
        let face = Face::parse(dejavu::sans::regular(), 0).unwrap();
        let glyph = |letter| face.glyph_index(letter).unwrap();
        let bytes = subset(&face, &[glyph('a').0, glyph('ä').0]).unwrap();
        let smaller = Face::parse(&bytes, 0).unwrap();
        assert_eq!(smaller.number_of_glyphs(), face.number_of_glyphs());
        for letter in ['a', 'ä'] {
            assert_eq!(smaller.glyph_bounding_box(glyph(letter)), face.glyph_bounding_box(glyph(letter)));
        }
        assert_ne!(smaller.glyph_bounding_box(glyph('z')), face.glyph_bounding_box(glyph('z')));
    }

    #[test]
    fn a_drawing_is_a_small_file_of_its_width() {
        let mut scene = Scene::new(400, "Title".to_string());
        scene.height = 100;
        scene.text("some text …", (10, 50), 12.0, Ink::Text, Anchor::Start);
        scene.mark((50, 50), 4, Marker::Circle, Ink::Text, true);
        let palette = Palette::new(&Theme::new(&[]), &[], Tone::Light);
        let bytes = pdf(&scene, &palette, 238.0).unwrap();
        assert!(bytes.starts_with(b"%PDF-") && bytes.len() < 40_000, "{} bytes", bytes.len());
        assert_eq!(bytes, pdf(&scene, &palette, 238.0).unwrap());
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains("[0 0 238 59.5"), "the size on paper");
    }
}
