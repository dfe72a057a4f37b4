//! Which registers an instruction reads and writes, as the opcode table says.
//!
//! What happens behind an instruction's back (metamethods, callees) never touches the registers of this frame below
//! the instruction's own group, so it is not part of the answer.

use crate::instruction::{Instruction, Register};
use crate::opcode::{Format, Group, GroupLength, OperandKind};

/// Consecutive registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first register. As a number of slots it may be past 255 in code that the verifier rejects.
    pub first: u32,
    /// How many.
    pub count: Count,
}

/// How many registers a [`Span`] has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// This many; possibly none.
    Fixed(u32),
    /// Up to the top that the preceding instruction has set, or sets the top itself.
    ToTop,
}

impl Span {
    fn one(register: Register) -> Span {
        Span { first: register.into(), count: Count::Fixed(1) }
    }

    /// Whether `register` is in the span. A span up to the top has every register from its first on.
    pub fn contains(self, register: Register) -> bool {
        let register = u32::from(register);
        register >= self.first
            && match self.count {
                Count::Fixed(count) => register < self.first + count,
                Count::ToTop => true,
            }
    }
}

/// The registers that one instruction reads and writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effects {
    /// Registers read before anything is written.
    pub reads: [Option<Span>; 3],
    /// Registers written, scratch registers of calls included.
    pub writes: [Option<Span>; 2],
}

impl Effects {
    /// Whether the instruction makes a multiple result, which sets the top.
    pub fn sets_top(&self) -> bool {
        self.writes.iter().flatten().any(|span| span.count == Count::ToTop)
    }

    /// Whether the instruction takes the multiple result of the one before.
    pub fn uses_top(&self) -> bool {
        self.reads.iter().flatten().any(|span| span.count == Count::ToTop)
    }
}

/// The effects of the instruction whose first word is given. The variable's register of a conditional copy or of a
/// loop instruction counts as written, although it is not on one of the two ways on.
pub fn effects(instruction: Instruction) -> Effects {
    let opcode = instruction.opcode();
    let (a, b, c) = match opcode.format() {
        Format::Abc(a, b, c) => (a, b, c),
        Format::Abx(a, _) => (a, OperandKind::Unused, OperandKind::Unused),
        Format::Sj => (OperandKind::Unused, OperandKind::Unused, OperandKind::Unused),
    };
    let operands = [(a, instruction.a()), (b, instruction.b()), (c, instruction.c())];
    let with_kind = |wanted| {
        let named = move |(kind, register)| (kind == wanted).then_some(Span::one(register));
        operands.into_iter().filter_map(named)
    };
    let groups = |groups: &'static [Group]| groups.iter().map(move |group| span_of(*group, instruction));
    Effects {
        reads: collected(with_kind(OperandKind::Read).chain(groups(opcode.group_reads()))),
        writes: collected(with_kind(OperandKind::Write).chain(groups(opcode.group_writes()))),
    }
}

fn collected<const N: usize>(spans: impl Iterator<Item = Span>) -> [Option<Span>; N] {
    let mut all = [None; N];
    for (i, span) in spans.enumerate() {
        all[i] = Some(span);
    }
    all
}

/// The registers of a group in an instruction.
fn span_of(group: Group, instruction: Instruction) -> Span {
    let (b, c) = (u32::from(instruction.b()), u32::from(instruction.c()));
    let or_top = |coded, count| if coded == 0 { Count::ToTop } else { Count::Fixed(count) };
    let count = match group.length {
        GroupLength::Exactly(count) => Count::Fixed(count.into()),
        GroupLength::B => Count::Fixed(b),
        GroupLength::BOrTop => or_top(b, b),
        GroupLength::BLessOne => or_top(b, b.wrapping_sub(1)),
        GroupLength::CLessOne => or_top(c, c.wrapping_sub(1)),
        GroupLength::CAtLeast(least) => Count::Fixed(c.max(least.into())),
    };
    Span { first: u32::from(instruction.a()) + u32::from(group.offset), count }
}
