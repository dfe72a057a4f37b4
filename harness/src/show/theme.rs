//! The theme of figures and pages: which colour and which marker a contender has, the same in every drawing of a run, and
//! what every ink is on light and on dark paper.
//!
//! An engine has the colour of its family, a yardstick one of its own. The same engine once more, under other settings
//! or of another build, has a lighter shade of it. Whoever has none of its own (a second engine of a family, the twin
//! of a contender, a Lua that the user brought) gets one of the rest by a hash of its name. It knows families and the
//! yardsticks of this build, no engine.

use std::collections::{BTreeMap, BTreeSet};

use engine_api::Family;

use crate::plan::contender::{Contender, NATIVE};
use crate::plan::workload::fnv1a;
use crate::plan::yardsticks;

/// Red, green and blue.
pub type Colour = (u8, u8, u8);

/// The colours and markers of a run's contenders.
#[derive(Debug, Clone)]
pub struct Theme {
    /// By name. Contenders of one name are one program under several settings.
    own: BTreeMap<String, Colour>,
    markers: BTreeMap<String, Marker>,
}

/// The shape of a contender's marks, so that nobody needs its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Marker {
    /// A circle.
    Circle,
    /// A square on its side.
    Square,
    /// A square on its corner.
    Diamond,
    /// A triangle on its side.
    TriangleUp,
    /// A triangle on its corner.
    TriangleDown,
    /// A star of five points.
    Star,
    /// An upright cross.
    Plus,
    /// A cross on its side.
    Cross,
    /// A bar on its end.
    Bar,
    /// A hexagon on its corner.
    Hexagon,
    /// A triangle that points left.
    TriangleLeft,
    /// A triangle that points right.
    TriangleRight,
    /// A bar on its side.
    Dash,
    /// A star of four points.
    Spark,
}

impl Marker {
    /// All of them, in the order in which they are given away.
    pub const ALL: [Marker; 14] = [
        Marker::Circle,
        Marker::Square,
        Marker::Diamond,
        Marker::TriangleUp,
        Marker::TriangleDown,
        Marker::Star,
        Marker::Plus,
        Marker::Cross,
        Marker::Bar,
        Marker::Hexagon,
        Marker::TriangleLeft,
        Marker::TriangleRight,
        Marker::Dash,
        Marker::Spark,
    ];

    /// Its corners around the middle, in radii to the right and down; `None` for a circle.
    pub fn corners(self) -> Option<Vec<(f64, f64)>> {
        let turned = |count: usize, from_turn: f64, reach: &dyn Fn(usize) -> f64| {
            let corner = |index: usize| {
                let angle = std::f64::consts::TAU * (from_turn + index as f64 / count as f64);
                (reach(index) * angle.sin(), -reach(index) * angle.cos())
            };
            (0..count).map(corner).collect::<Vec<(f64, f64)>>()
        };
        let even = |far: f64, near: f64| move |index: usize| if index.is_multiple_of(2) { far } else { near };
        let plus = vec![
            (-0.35, -1.1),
            (0.35, -1.1),
            (0.35, -0.35),
            (1.1, -0.35),
            (1.1, 0.35),
            (0.35, 0.35),
            (0.35, 1.1),
            (-0.35, 1.1),
            (-0.35, 0.35),
            (-1.1, 0.35),
            (-1.1, -0.35),
            (-0.35, -0.35),
        ];
        let half = std::f64::consts::FRAC_1_SQRT_2;
        Some(match self {
            Marker::Circle => return None,
            Marker::Square => turned(4, 0.125, &|_| 1.25),
            Marker::Diamond => turned(4, 0.0, &|_| 1.3),
            Marker::TriangleUp => turned(3, 0.0, &|_| 1.3),
            Marker::TriangleDown => turned(3, 0.5, &|_| 1.3),
            Marker::TriangleLeft => turned(3, 0.75, &|_| 1.3),
            Marker::TriangleRight => turned(3, 0.25, &|_| 1.3),
            Marker::Star => turned(10, 0.0, &even(1.45, 0.6)),
            Marker::Spark => turned(8, 0.0, &even(1.45, 0.5)),
            Marker::Hexagon => turned(6, 0.0, &|_| 1.15),
            Marker::Plus => plus,
            Marker::Cross => plus.iter().map(|(x, y)| ((x - y) * half, (x + y) * half)).collect(),
            Marker::Bar => vec![(-0.5, -1.2), (0.5, -1.2), (0.5, 1.2), (-0.5, 1.2)],
            Marker::Dash => vec![(-1.2, -0.5), (1.2, -0.5), (1.2, 0.5), (-1.2, 0.5)],
        })
    }
}

/// The paper that is drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// White paper.
    Light,
    /// A dark screen.
    Dark,
}

/// What something is drawn with, whatever it looks like on either paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ink {
    /// The paper.
    Paper,
    /// Texts that must be read.
    Text,
    /// Texts beside them.
    Muted,
    /// Lines that help the eye.
    Grid,
    /// The marks of the contender at that place of the plan.
    Contender(usize),
    /// The same, faint: of single processes.
    Faint(usize),
    /// A cell of the heat map, from -4, much slower, over 0 to 4, much faster.
    Heat(i8),
    /// Something that a compiler did.
    Event(EventInk),
}

/// Inks of what happens in a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventInk {
    /// Compiling.
    Compile,
    /// Throwing away.
    Deopt,
    /// Collecting.
    Collect,
    /// Starting.
    Start,
    /// Everything else: running.
    Run,
    /// A change point.
    Change,
}

impl EventInk {
    const ALL: [EventInk; 6] =
        [EventInk::Compile, EventInk::Deopt, EventInk::Collect, EventInk::Start, EventInk::Run, EventInk::Change];
}

/// What inks look like in a run.
#[derive(Debug, Clone)]
pub struct Palette {
    /// The paper that files without a choice of their own are drawn on.
    pub tone: Tone,
    contenders: Vec<Colour>,
}

const WHITE: Colour = (0xff, 0xff, 0xff);
const BLACK: Colour = (0, 0, 0);
/// The least contrast of a mark with its paper (WCAG 2.2, 1.4.11).
const MARK_CONTRAST: f64 = 3.0;

impl Palette {
    /// That of a run.
    pub fn new(theme: &Theme, contenders: &[Contender], tone: Tone) -> Palette {
        Palette { tone, contenders: contenders.iter().map(|contender| theme.colour(&contender.name)).collect() }
    }

    /// Every ink that a figure of the run may have.
    pub fn inks(&self) -> Vec<Ink> {
        let contenders = (0..self.contenders.len()).flat_map(|place| [Ink::Contender(place), Ink::Faint(place)]);
        let fixed = [Ink::Paper, Ink::Text, Ink::Muted, Ink::Grid];
        let heat = (-4..=4).map(Ink::Heat);
        fixed.into_iter().chain(heat).chain(EventInk::ALL.map(Ink::Event)).chain(contenders).collect()
    }

    /// What an ink looks like on some paper.
    pub fn colour(&self, ink: Ink, tone: Tone) -> Colour {
        let paper = match tone {
            Tone::Light => WHITE,
            Tone::Dark => (0x16, 0x18, 0x1d),
        };
        let on = |light: Colour, dark: Colour| match tone {
            Tone::Light => light,
            Tone::Dark => dark,
        };
        match ink {
            Ink::Paper => paper,
            Ink::Text => on((0x22, 0x22, 0x22), (0xec, 0xec, 0xee)),
            Ink::Muted => on((0x5c, 0x5c, 0x60), (0xab, 0xae, 0xb6)),
            Ink::Grid => on((0xdc, 0xdc, 0xde), (0x3a, 0x3d, 0x45)),
            Ink::Contender(place) => self.mark(place, tone, paper),
            Ink::Faint(place) => mixed(self.mark(place, tone, paper), paper, 0.55),
            Ink::Heat(step) => {
                let share = f64::from(step.unsigned_abs().min(4)) * 0.2;
                let end = if step < 0 {
                    on((0xd9, 0x6b, 0x1f), (0xb8, 0x4e, 0x0c))
                } else {
                    on((0x2f, 0x7f, 0xc4), (0x1f, 0x66, 0xa8))
                };
                // Nothing else has these colours: in a page a colour stands for its ink.
                mixed(on((0xf2, 0xf2, 0xf3), (0x26, 0x29, 0x30)), end, share)
            }
            Ink::Event(event) => match event {
                EventInk::Compile => on((0xb0, 0x3a, 0x2e), (0xe8, 0x7a, 0x6c)),
                EventInk::Deopt => on((0x7d, 0x3c, 0x98), (0xc3, 0x8b, 0xdc)),
                EventInk::Collect => on((0x1f, 0x7a, 0x4d), (0x5f, 0xc7, 0x93)),
                EventInk::Start => on((0x6e, 0x72, 0x7a), (0x9a, 0x9f, 0xa9)),
                EventInk::Run => on((0xa9, 0xb8, 0xc9), (0x4f, 0x60, 0x73)),
                EventInk::Change => on((0x23, 0x23, 0x23), (0xed, 0xec, 0xee)),
            },
        }
    }

    fn mark(&self, place: usize, tone: Tone, paper: Colour) -> Colour {
        let towards = match tone {
            Tone::Light => BLACK,
            Tone::Dark => WHITE,
        };
        let own = self.contenders.get(place).copied().unwrap_or((0x55, 0x55, 0x55));
        let steps = (0..=20).map(|step| mixed(own, towards, f64::from(step) * 0.05));
        steps.into_iter().find(|colour| contrast(*colour, paper) >= MARK_CONTRAST).unwrap_or(towards)
    }
}

/// A colour with a share of another.
fn mixed(colour: Colour, other: Colour, share: f64) -> Colour {
    let part = |one: u8, other: u8| (f64::from(one) + (f64::from(other) - f64::from(one)) * share).round() as u8;
    (part(colour.0, other.0), part(colour.1, other.1), part(colour.2, other.2))
}

/// The contrast of two colours, from 1 to 21, as WCAG 2.2 defines it.
pub fn contrast(one: Colour, other: Colour) -> f64 {
    let part = |value: u8| {
        let share = f64::from(value) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    let luminance = |colour: Colour| 0.2126 * part(colour.0) + 0.7152 * part(colour.1) + 0.0722 * part(colour.2);
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

impl Theme {
    /// The theme of a run. The first engine of a family has the family's colour.
    pub fn new(contenders: &[Contender]) -> Theme {
        let mut own = BTreeMap::new();
        let mut taken = BTreeSet::new();
        // How often each engine came, by its id.
        let mut times: BTreeMap<&str, u32> = BTreeMap::new();
        for contender in contenders.iter().filter(|contender| contender.twin_of.is_none()) {
            let name = &contender.name;
            let colour = match contender.family() {
                Some(family) => {
                    let before = times.entry(&contender.engine_id).or_default();
                    let has_familys = *before > 0 || taken.insert(family.name());
                    let colour = has_familys.then(|| lighter(of_family(family), *before));
                    *before += u32::from(has_familys);
                    colour
                }
                None => of_yardstick(name),
            };
            if let Some(colour) = colour {
                own.insert(name.clone(), colour);
            }
        }
        Theme { own, markers: markers(contenders) }
    }

    /// The marker of the contender of that name.
    pub fn marker(&self, name: &str) -> Marker {
        self.markers.get(name).copied().unwrap_or(Marker::Circle)
    }

    /// The colour of the contender of that name.
    pub fn colour(&self, name: &str) -> Colour {
        self.own.get(name).copied().unwrap_or_else(|| of_rest(name))
    }
}

/// Each contender's marker: that of its family or its own, if nobody before it has it, else the next that is free.
fn markers(contenders: &[Contender]) -> BTreeMap<String, Marker> {
    let mut markers: BTreeMap<String, Marker> = BTreeMap::new();
    let wanted = |contender: &Contender| match contender.family() {
        Some(family) => marker_of_family(family),
        None if contender.name == NATIVE => Marker::Bar,
        None => match yardsticks::declared().position(|declared| declared == contender.name) {
            Some(place) => [Marker::Plus, Marker::Cross, Marker::Hexagon, Marker::Dash][place % 4],
            None => Marker::TriangleLeft,
        },
    };
    // Whoever is the first of a kind has its marker, whatever stands before it.
    let (of_kind, others): (Vec<&Contender>, Vec<&Contender>) =
        contenders.iter().partition(|contender| contender.twin_of.is_none() && contender.name == contender.engine_id);
    for contender in of_kind.into_iter().chain(others) {
        let taken: BTreeSet<Marker> = markers.values().copied().collect();
        let free = Marker::ALL.into_iter().find(|marker| !taken.contains(marker));
        let wanted = wanted(contender);
        let marker = if taken.contains(&wanted) { free.unwrap_or(wanted) } else { wanted };
        markers.entry(contender.name.clone()).or_insert(marker);
    }
    markers
}

fn marker_of_family(family: Family) -> Marker {
    match family {
        Family::TreeInterpreter => Marker::Square,
        Family::BytecodeInterpreter => Marker::Circle,
        Family::MethodJit => Marker::TriangleUp,
        Family::LoopJit => Marker::Diamond,
        Family::TracingJit => Marker::TriangleDown,
        Family::Tiered => Marker::Star,
    }
}

fn of_family(family: Family) -> Colour {
    match family {
        Family::TreeInterpreter => (0xe6, 0x9f, 0x00),
        Family::BytecodeInterpreter => (0x00, 0x72, 0xb2),
        Family::MethodJit => (0x00, 0x9e, 0x73),
        Family::LoopJit => (0xd5, 0x5e, 0x00),
        Family::TracingJit => (0x6a, 0x3d, 0x9a),
        Family::Tiered => (0xb0, 0x00, 0x4b),
    }
}

/// A shade of a colour: the colour itself, then ever lighter ones, three in all.
fn lighter(colour: Colour, step: u32) -> Colour {
    let towards_white = |part: u8| {
        let rest = u32::from(u8::MAX - part) * (step % 3) * 3 / 10;
        part.saturating_add(u8::try_from(rest).unwrap_or(u8::MAX))
    };
    (towards_white(colour.0), towards_white(colour.1), towards_white(colour.2))
}

fn of_yardstick(name: &str) -> Option<Colour> {
    if name == NATIVE { Some((0x11, 0x11, 0x11)) } else { yardsticks::colour(name) }
}

fn of_rest(name: &str) -> Colour {
    const REST: [Colour; 4] = [(0x56, 0xb4, 0xe9), (0xb8, 0xa9, 0x00), (0x88, 0x44, 0xaa), (0x8c, 0x56, 0x4b)];
    REST[(fnv1a(name.as_bytes()) % REST.len() as u64) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::contender::Kind;

    fn contender(name: &str, family: Option<Family>) -> Contender {
        let kind = if family.is_some() { Kind::Engine } else { Kind::Yardstick };
        let family = family.map(|family| family.name().to_string());
        Contender { family, ..Contender::new(name, kind, "1") }
    }

    #[test]
    fn families_and_yardsticks_have_different_colours() {
        let engines = Family::ALL.iter().map(|family| contender(family.name(), Some(*family)));
        let yardsticks = yardsticks::declared().chain([NATIVE]).map(|name| contender(name, None));
        let contenders: Vec<Contender> = engines.chain(yardsticks).collect();
        let theme = Theme::new(&contenders);
        let rest = (0..100).map(|i| theme.colour(&format!("unknown {i}")));
        let colours: BTreeSet<Colour> =
            contenders.iter().map(|contender| theme.colour(&contender.name)).chain(rest).collect();
        assert_eq!(colours.len(), contenders.len() + 4);
    }

    #[test]
    fn everything_can_be_read_on_both_papers() {
        let engines = Family::ALL.iter().map(|family| contender(family.name(), Some(*family)));
        let yardsticks = yardsticks::declared().chain([NATIVE]).map(|name| contender(name, None));
        let rest = (0..20).map(|i| contender(&format!("unknown {i}"), None));
        let contenders: Vec<Contender> = engines.chain(yardsticks).chain(rest).collect();
        let palette = Palette::new(&Theme::new(&contenders), &contenders, Tone::Light);
        for tone in [Tone::Light, Tone::Dark] {
            let with = |one, other| contrast(palette.colour(one, tone), palette.colour(other, tone));
            for ink in [Ink::Text, Ink::Muted] {
                assert!(with(ink, Ink::Paper) >= 4.5, "{ink:?} {tone:?} {}", with(ink, Ink::Paper));
            }
            for step in -4..=4 {
                let contrast = with(Ink::Text, Ink::Heat(step));
                assert!(contrast >= 4.5, "a number on {step} {tone:?}: {contrast}");
            }
            for place in 0..contenders.len() {
                assert!(with(Ink::Contender(place), Ink::Paper) >= MARK_CONTRAST, "{place} {tone:?}");
            }
        }
    }

    #[test]
    fn no_two_inks_share_a_colour_on_light_paper() {
        let engines = Family::ALL.iter().map(|family| contender(family.name(), Some(*family)));
        let yardsticks = yardsticks::declared().chain([NATIVE]).map(|name| contender(name, None));
        let contenders: Vec<Contender> = engines.chain(yardsticks).collect();
        let palette = Palette::new(&Theme::new(&contenders), &contenders, Tone::Light);
        let colours: BTreeSet<Colour> =
            palette.inks().into_iter().map(|ink| palette.colour(ink, Tone::Light)).collect();
        assert_eq!(colours.len(), palette.inks().len());
    }

    #[test]
    fn every_contender_has_a_marker_of_its_own() {
        let engines = Family::ALL.iter().map(|family| contender(family.name(), Some(*family)));
        let yardsticks = yardsticks::declared().chain([NATIVE]).map(|name| contender(name, None));
        let contenders: Vec<Contender> = engines.chain(yardsticks).collect();
        let theme = Theme::new(&contenders);
        let markers: BTreeSet<Marker> = contenders.iter().map(|one| theme.marker(&one.name)).collect();
        assert_eq!(markers.len(), contenders.len());
        // Alone it has the same.
        for one in &contenders {
            assert_eq!(Theme::new(std::slice::from_ref(one)).marker(&one.name), theme.marker(&one.name));
        }
    }

    #[test]
    fn one_engine_of_a_family_has_its_colour() {
        let [first, second] = ["first", "second"].map(|name| contender(name, Some(Family::LoopJit)));
        let hot = Contender { engine_id: "first".to_string(), ..contender("hot", Some(Family::LoopJit)) };
        let theme = Theme::new(&[first.clone(), first.twin(), second, hot]);
        assert_eq!(theme.colour("hot"), lighter(of_family(Family::LoopJit), 1));
        assert_ne!(theme.colour("hot"), theme.colour("first"));
        assert_eq!(theme.colour("first"), of_family(Family::LoopJit));
        assert_eq!(theme.colour("second"), of_rest("second"));
        assert_eq!(theme.colour("first'"), of_rest("first'"));
    }
}
