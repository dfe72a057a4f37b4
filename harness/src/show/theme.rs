//! The theme of figures and pages: which colour a contender has, the same in every drawing of a run.
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

/// The colours of a run's contenders.
#[derive(Debug, Clone)]
pub struct Theme {
    /// By name. Contenders of one name are one program under several settings.
    own: BTreeMap<String, Colour>,
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
        Theme { own }
    }

    /// The colour of the contender of that name.
    pub fn colour(&self, name: &str) -> Colour {
        self.own.get(name).copied().unwrap_or_else(|| of_rest(name))
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
