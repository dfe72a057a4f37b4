//! Lua patterns: the matcher behind `string.find`, `match`, `gmatch` and `gsub`.
//!
//! A pattern is interpreted where it stands and never compiled: Lua reports a malformed item only when the match
//! reaches it. Matching backtracks by recursion, at most [`MAX_DEPTH`] deep, and takes exponential time on some
//! patterns, so it polls as it goes. It works on bytes; the four functions are in `matching` and `substitute`.

use lua_runtime::{NATIVE_FREE_SLOTS, Signal, Value, Vm};

use crate::bytes::find_byte;

/// Captures that a pattern may have (PUC Lua's `LUA_MAXCAPTURES`).
const MAX_CAPTURES: usize = 32;

/// Nested attempts before a pattern is "too complex" (PUC Lua's `MAXCCALLS` of the string library).
const MAX_DEPTH: u32 = 200;

/// Steps between two polls: one step is an item tried, or a byte that a repetition passed over.
const STEPS_PER_POLL: usize = 10_000;

/// One match attempt after another of one pattern on one subject.
pub(super) struct Matcher<'a> {
    /// The state, for errors, polls and captures that become values.
    pub(super) vm: &'a mut Vm,
    /// The first slot that the library function does not use.
    pub(super) top: u32,
    /// The string that is searched.
    pub(super) subject: &'a [u8],
    pattern: &'a [u8],
    /// The byte that every match starts with, if the pattern says so plainly.
    first_byte: Option<u8>,
    captures: [Capture; MAX_CAPTURES],
    capture_count: usize,
    steps_left: usize,
}

/// A capture: where it starts, and how far it is.
#[derive(Clone, Copy)]
struct Capture {
    start: usize,
    extent: Extent,
}

#[derive(Clone, Copy, PartialEq)]
enum Extent {
    /// `(` was passed, its `)` not yet.
    Open,
    /// `()`: only the position counts.
    Position,
    /// Closed after so many bytes.
    Length(usize),
}

/// What matches one byte of the subject.
#[derive(Clone, Copy)]
enum Class {
    /// `.`
    Any,
    /// The byte itself.
    Literal(u8),
    /// `%a` and the like: the bytes that have this property, or that lack it.
    Property { property: u16, negated: bool },
    /// `[...]`: the members stand in the pattern between these indices.
    Set { from: usize, to: usize, negated: bool },
}

/// The end of the match in the subject; `None` if there is none.
type Outcome = Result<Option<usize>, Signal>;

impl<'a> Matcher<'a> {
    /// A matcher for a pattern without its anchor.
    pub(super) fn new(vm: &'a mut Vm, top: u32, subject: &'a [u8], pattern: &'a [u8]) -> Matcher<'a> {
        Matcher {
            vm,
            top,
            subject,
            pattern,
            first_byte: plain_first_byte(pattern),
            captures: [Capture { start: 0, extent: Extent::Open }; MAX_CAPTURES],
            capture_count: 0,
            steps_left: STEPS_PER_POLL,
        }
    }

    /// The first place at or after `at` where a match may start.
    pub(super) fn candidate(&self, at: usize) -> Option<usize> {
        match self.first_byte {
            None => Some(at),
            Some(byte) => find_byte(&self.subject[at..], byte).map(|skipped| at + skipped),
        }
    }

    /// Tries to match at one place.
    ///
    /// # Errors
    /// What is malformed in the pattern, "pattern too complex", and a stop of the run.
    pub(super) fn match_at(&mut self, at: usize) -> Outcome {
        // An empty pattern has no item that would count.
        self.count_steps(1)?;
        self.capture_count = 0;
        self.attempt(at, 0, MAX_DEPTH)
    }

    /// Writes the captures of the last match to slots from `slot` on, the whole match if the pattern has none. Gives
    /// their number.
    pub(super) fn push_values(&mut self, slot: u32, match_start: usize, match_end: usize) -> Result<u32, Signal> {
        self.push(slot, self.capture_count.max(1), match_start, match_end)
    }

    /// As [`Matcher::push_values`], but writes nothing if the pattern has no captures.
    pub(super) fn push_captures(&mut self, slot: u32) -> Result<u32, Signal> {
        self.push(slot, self.capture_count, 0, 0)
    }

    fn push(&mut self, slot: u32, count: usize, match_start: usize, match_end: usize) -> Result<u32, Signal> {
        self.vm.ensure_stack(slot + count as u32 + NATIVE_FREE_SLOTS)?;
        for index in 0..count {
            let value = self.value(index, match_start, match_end)?;
            self.vm.set_slot(slot + index as u32, value);
        }
        Ok(count as u32)
    }

    /// One capture of the last match as a value; without captures, the first one is the whole match.
    pub(super) fn value(&mut self, index: usize, match_start: usize, match_end: usize) -> Result<Value, Signal> {
        match self.capture(index, match_start, match_end)? {
            Captured::Position(position) => Ok(Value::integer(position as i64)),
            Captured::Text(bytes) => Ok(Value::from(self.vm.string(bytes)?)),
        }
    }

    /// One capture of the last match; without captures, the first one is the whole match.
    pub(super) fn capture(
        &mut self,
        index: usize,
        match_start: usize,
        match_end: usize,
    ) -> Result<Captured<'a>, Signal> {
        if index >= self.capture_count {
            if index > 0 {
                return Err(self.invalid_capture_index(index + 1));
            }
            return Ok(Captured::Text(&self.subject[match_start..match_end]));
        }
        let Capture { start, extent } = self.captures[index];
        match extent {
            Extent::Position => Ok(Captured::Position(start + 1)),
            Extent::Length(length) => Ok(Captured::Text(&self.subject[start..start + length])),
            Extent::Open => Err(self.vm.raise("unfinished capture")),
        }
    }

    #[cold]
    fn invalid_capture_index(&mut self, number: usize) -> Signal {
        self.vm.raise(&format!("invalid capture index %{number}"))
    }

    /// Counts work, and polls when there was enough of it.
    #[inline(always)]
    fn count_steps(&mut self, steps: usize) -> Result<(), Signal> {
        if self.steps_left > steps {
            self.steps_left -= steps;
            return Ok(());
        }
        self.steps_left = STEPS_PER_POLL;
        if self.vm.must_poll() { self.vm.poll(self.top) } else { Ok(()) }
    }

    /// Matches the rest of the pattern from `item` on, one level deeper: there is `room` for so many more.
    fn attempt(&mut self, mut at: usize, mut item: usize, room: u32) -> Outcome {
        let Some(room) = room.checked_sub(1) else { return Err(self.vm.raise("pattern too complex")) };
        while let Some(&byte) = self.pattern.get(item) {
            self.count_steps(1)?;
            let next = self.pattern.get(item + 1).copied();
            match (byte, next) {
                (b'(', Some(b')')) => return self.open_capture(at, item + 2, Extent::Position, room),
                (b'(', _) => return self.open_capture(at, item + 1, Extent::Open, room),
                (b')', _) => return self.close_capture(at, item + 1, room),
                (b'$', None) => return Ok((at == self.subject.len()).then_some(at)),
                (b'%', Some(b'b')) => {
                    let Some(end) = self.balanced(at, item + 2)? else { return Ok(None) };
                    (at, item) = (end, item + 4);
                }
                (b'%', Some(b'f')) => {
                    let Some(after) = self.frontier(at, item + 2)? else { return Ok(None) };
                    item = after;
                }
                (b'%', Some(digit @ b'0'..=b'9')) => {
                    let Some(end) = self.back_reference(at, digit)? else { return Ok(None) };
                    (at, item) = (end, item + 2);
                }
                _ => {
                    let (class, after) = self.class(item)?;
                    let repetition = self.pattern.get(after);
                    match (self.matches_one(at, class), repetition) {
                        // Passed over without going deeper, as in PUC Lua.
                        (false, Some(b'*' | b'?' | b'-')) => item = after + 1,
                        (false, _) => return Ok(None),
                        (true, Some(b'*')) => return self.greedy(at, class, 0, after + 1, room),
                        (true, Some(b'+')) => return self.greedy(at, class, 1, after + 1, room),
                        (true, Some(b'-')) => return self.lazy(at, class, after + 1, room),
                        (true, Some(b'?')) => {
                            if let Some(end) = self.attempt(at + 1, after + 1, room)? {
                                return Ok(Some(end));
                            }
                            item = after + 1;
                        }
                        (true, _) => (at, item) = (at + 1, after),
                    }
                }
            }
        }
        Ok(Some(at))
    }

    /// As many bytes of the class as there are, then fewer, until the rest matches.
    fn greedy(&mut self, at: usize, class: Class, least: usize, rest: usize, room: u32) -> Outcome {
        let mut count = self.run_length(at, class);
        self.count_steps(count)?;
        while count >= least {
            if let Some(end) = self.attempt(at + count, rest, room)? {
                return Ok(Some(end));
            }
            if count == 0 {
                break;
            }
            count -= 1;
        }
        Ok(None)
    }

    /// As few bytes of the class as the rest allows.
    fn lazy(&mut self, mut at: usize, class: Class, rest: usize, room: u32) -> Outcome {
        loop {
            self.count_steps(1)?;
            if let Some(end) = self.attempt(at, rest, room)? {
                return Ok(Some(end));
            }
            if !self.matches_one(at, class) {
                return Ok(None);
            }
            at += 1;
        }
    }

    fn open_capture(&mut self, at: usize, rest: usize, extent: Extent, room: u32) -> Outcome {
        if self.capture_count == MAX_CAPTURES {
            return Err(self.vm.raise("too many captures"));
        }
        self.captures[self.capture_count] = Capture { start: at, extent };
        self.capture_count += 1;
        let outcome = self.attempt(at, rest, room)?;
        if outcome.is_none() {
            self.capture_count -= 1;
        }
        Ok(outcome)
    }

    fn close_capture(&mut self, at: usize, rest: usize, room: u32) -> Outcome {
        let open = self.captures[..self.capture_count].iter().rposition(|capture| capture.extent == Extent::Open);
        let Some(index) = open else { return Err(self.vm.raise("invalid pattern capture")) };
        self.captures[index].extent = Extent::Length(at - self.captures[index].start);
        let outcome = self.attempt(at, rest, room)?;
        if outcome.is_none() {
            self.captures[index].extent = Extent::Open;
        }
        Ok(outcome)
    }

    /// `%1` to `%9`: the same bytes as that capture. A position capture never matches again.
    fn back_reference(&mut self, at: usize, digit: u8) -> Outcome {
        let index = usize::from(digit).wrapping_sub(usize::from(b'1'));
        match self.captures[..self.capture_count].get(index) {
            Some(Capture { start, extent: Extent::Length(length) }) => {
                let text = &self.subject[*start..start + length];
                let matches = self.subject[at..].starts_with(text);
                self.count_steps(text.len())?;
                Ok(matches.then_some(at + text.len()))
            }
            Some(Capture { extent: Extent::Position, .. }) => Ok(None),
            Some(Capture { extent: Extent::Open, .. }) | None => {
                Err(self.invalid_capture_index(usize::from(digit - b'0')))
            }
        }
    }

    /// `%bxy`: from an `x` to the `y` that balances it.
    fn balanced(&mut self, at: usize, delimiters: usize) -> Outcome {
        let Some(&[open, close]) = self.pattern.get(delimiters..delimiters + 2) else {
            return Err(self.vm.raise("malformed pattern (missing arguments to '%b')"));
        };
        if self.subject.get(at) != Some(&open) {
            return Ok(None);
        }
        let mut depth = 1;
        for (offset, byte) in self.subject[at + 1..].iter().enumerate() {
            // If both delimiters are the same byte, it closes.
            if *byte == close {
                depth -= 1;
                if depth == 0 {
                    self.count_steps(offset)?;
                    return Ok(Some(at + offset + 2));
                }
            } else if *byte == open {
                depth += 1;
            }
        }
        self.count_steps(self.subject.len() - at)?;
        Ok(None)
    }

    /// `%f[set]`: the byte before is not in the set and the byte here is, where both ends of the subject are the byte
    /// zero. Gives the item after it.
    fn frontier(&mut self, at: usize, set: usize) -> Outcome {
        if self.pattern.get(set) != Some(&b'[') {
            return Err(self.vm.raise("missing '[' after '%f' in pattern"));
        }
        let (class, after) = self.class(set)?;
        let before = if at == 0 { 0 } else { self.subject[at - 1] };
        let here = self.subject.get(at).copied().unwrap_or(0);
        Ok((!self.contains(class, before) && self.contains(class, here)).then_some(after))
    }

    /// The class at an item, and the index behind it. Inlined, because what is returned in memory is copied by other pieces than
    /// it was written in, and waits for the stores.
    #[inline(always)]
    fn class(&mut self, item: usize) -> Result<(Class, usize), Signal> {
        match self.pattern[item] {
            b'.' => Ok((Class::Any, item + 1)),
            b'%' => match self.pattern.get(item + 1) {
                Some(letter) => Ok((class_of_letter(*letter), item + 2)),
                None => Err(self.vm.raise("malformed pattern (ends with '%')")),
            },
            b'[' => {
                let negated = self.pattern.get(item + 1) == Some(&b'^');
                let from = item + 1 + usize::from(negated);
                let to = self.set_end(from)?;
                Ok((Class::Set { from, to, negated }, to + 1))
            }
            byte => Ok((Class::Literal(byte), item + 1)),
        }
    }

    /// The index of the `]` of a set whose members start at `from`.
    fn set_end(&mut self, from: usize) -> Result<usize, Signal> {
        let mut at = from;
        loop {
            // The first member may be a `]`, so the end is looked for behind it.
            match self.pattern.get(at) {
                None => return Err(self.vm.raise("malformed pattern (missing ']')")),
                Some(b'%') => at += 2,
                Some(_) => at += 1,
            }
            if self.pattern.get(at) == Some(&b']') {
                return Ok(at);
            }
        }
    }

    #[inline(always)]
    fn matches_one(&self, at: usize, class: Class) -> bool {
        self.subject.get(at).is_some_and(|byte| self.contains(class, *byte))
    }

    #[inline(always)]
    fn contains(&self, class: Class, byte: u8) -> bool {
        match class {
            Class::Any => true,
            Class::Literal(literal) => byte == literal,
            Class::Property { property, negated } => has_property(byte, property) != negated,
            Class::Set { from, to, negated } => set_contains(&self.pattern[from..to], byte) != negated,
        }
    }

    /// How many bytes from `at` on are in the class.
    fn run_length(&self, at: usize, class: Class) -> usize {
        let rest = &self.subject[at..];
        let end = match class {
            Class::Any => None,
            Class::Literal(literal) => rest.iter().position(|byte| *byte != literal),
            Class::Property { property, negated } => {
                rest.iter().position(|byte| has_property(*byte, property) == negated)
            }
            Class::Set { from, to, negated } => {
                let members = &self.pattern[from..to];
                rest.iter().position(|byte| set_contains(members, *byte) == negated)
            }
        };
        end.unwrap_or(rest.len())
    }
}

/// What a capture captured.
pub(super) enum Captured<'a> {
    /// A position, from 1.
    Position(usize),
    /// A part of the subject.
    Text(&'a [u8]),
}

/// The byte that every match starts with: the first one of the pattern, if it has no meaning of its own and may not be
/// absent.
fn plain_first_byte(pattern: &[u8]) -> Option<u8> {
    let optional = matches!(pattern.get(1), Some(b'*' | b'?' | b'-'));
    pattern.first().copied().filter(|byte| !optional && !b"().%[$".contains(byte))
}

/// Whether the text between the brackets of a set has `byte` as a member.
fn set_contains(members: &[u8], byte: u8) -> bool {
    let mut rest = members;
    loop {
        rest = match rest {
            [b'%', letter, rest @ ..] => {
                let is_member = match class_of_letter(*letter) {
                    Class::Property { property, negated } => has_property(byte, property) != negated,
                    Class::Literal(literal) => byte == literal,
                    Class::Any | Class::Set { .. } => unreachable!("a letter names a property or itself"),
                };
                if is_member {
                    return true;
                }
                rest
            }
            // A range has taken the byte before, so that what this one escapes is the bracket behind the set.
            [b'%'] => return byte == b']',
            [low, b'-', high, rest @ ..] => {
                if (*low..=*high).contains(&byte) {
                    return true;
                }
                rest
            }
            [member, rest @ ..] => {
                if byte == *member {
                    return true;
                }
                rest
            }
            [] => return false,
        }
    }
}

// Properties of bytes, as C's <ctype.h> has them in the C locale.

const ALPHABETIC: u16 = 1 << 0;
const CONTROL: u16 = 1 << 1;
const DIGIT: u16 = 1 << 2;
const GRAPHIC: u16 = 1 << 3;
const LOWER: u16 = 1 << 4;
const PUNCTUATION: u16 = 1 << 5;
const SPACE: u16 = 1 << 6;
const UPPER: u16 = 1 << 7;
const ALPHANUMERIC: u16 = 1 << 8;
const HEXADECIMAL: u16 = 1 << 9;
const ZERO: u16 = 1 << 10;

static PROPERTIES: [u16; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let byte = index as u8;
        let has = [
            (ALPHABETIC, byte.is_ascii_alphabetic()),
            (CONTROL, byte.is_ascii_control()),
            (DIGIT, byte.is_ascii_digit()),
            (GRAPHIC, byte.is_ascii_graphic()),
            (LOWER, byte.is_ascii_lowercase()),
            (PUNCTUATION, byte.is_ascii_punctuation()),
            (SPACE, matches!(byte, b' ' | b'\t'..=b'\r')),
            (UPPER, byte.is_ascii_uppercase()),
            (ALPHANUMERIC, byte.is_ascii_alphanumeric()),
            (HEXADECIMAL, byte.is_ascii_hexdigit()),
            (ZERO, byte == 0),
        ];
        let mut property = 0;
        while property < has.len() {
            if has[property].1 {
                table[index] |= has[property].0;
            }
            property += 1;
        }
        index += 1;
    }
    table
};

#[inline(always)]
fn has_property(byte: u8, property: u16) -> bool {
    PROPERTIES[usize::from(byte)] & property != 0
}

/// What `%` with this letter matches: upper case letters negate, other bytes stand for themselves.
fn class_of_letter(letter: u8) -> Class {
    let property = match letter.to_ascii_lowercase() {
        b'a' => ALPHABETIC,
        b'c' => CONTROL,
        b'd' => DIGIT,
        b'g' => GRAPHIC,
        b'l' => LOWER,
        b'p' => PUNCTUATION,
        b's' => SPACE,
        b'u' => UPPER,
        b'w' => ALPHANUMERIC,
        b'x' => HEXADECIMAL,
        // Deprecated since Lua 5.2, and still there.
        b'z' => ZERO,
        _ => return Class::Literal(letter),
    };
    Class::Property { property, negated: letter.is_ascii_uppercase() }
}
