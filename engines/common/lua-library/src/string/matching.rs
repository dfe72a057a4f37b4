//! `string.find`, `string.match` and `string.gmatch`.

use lua_runtime::{Args, Gc, NativeFunction, NativeRole, Signal, Value, Vm};

use super::pattern::Matcher;
use super::start_position;
use crate::bytes::find_byte;
use crate::entries::NAMELESS;

/// Bytes that have a meaning in patterns, as PUC Lua lists them: a pattern without any is searched as plain text.
const SPECIALS: &[u8] = b"^$*+?.([%-";

/// Bytes that a plain search may compare between two polls.
const COMPARED_BYTES_PER_POLL: usize = 1 << 20;

/// What `find` and `match` are asked for.
struct Request<'a> {
    subject: &'a [u8],
    pattern: &'a [u8],
    /// Where the search starts, from 0.
    start: usize,
}

impl Request<'_> {
    /// Reads the first three arguments; `None` if the search starts behind the end, where nothing matches. Inlined, because what
    /// is returned in memory is copied by other pieces than it was written in, and waits for the stores.
    #[inline(always)]
    fn read(vm: &mut Vm, args: Args) -> Result<Option<Request<'static>>, Signal> {
        let (subject, pattern) = (vm.check_string(args, 0)?.bytes(), vm.check_string(args, 1)?.bytes());
        let init = vm.optional_integer(args, 2, 1)?;
        let start = start_position(init, subject.len()) - 1;
        if start > subject.len() as u64 {
            return Ok(None);
        }
        Ok(Some(Request { subject, pattern, start: start as usize }))
    }

    /// Searches for the pattern and writes what was found to slots from the top on: the bounds of the match, if they are
    /// wanted, and its captures; if there is neither, the whole match. Gives the number of slots.
    fn search(&self, vm: &mut Vm, args: Args, bounds: bool) -> Result<Option<u32>, Signal> {
        let (anchored, pattern) = match self.pattern.strip_prefix(b"^") {
            Some(rest) => (true, rest),
            None => (false, self.pattern),
        };
        let mut matcher = Matcher::new(vm, args.top(), self.subject, pattern);
        let mut at = self.start;
        loop {
            if !anchored {
                let Some(candidate) = matcher.candidate(at) else { return Ok(None) };
                at = candidate;
            }
            if let Some(end) = matcher.match_at(at)? {
                if !bounds {
                    return matcher.push_values(args.top(), at, end).map(Some);
                }
                let captures = matcher.push_captures(args.top() + 2)?;
                matcher.vm.set_slot(args.top(), Value::integer(at as i64 + 1));
                matcher.vm.set_slot(args.top() + 1, Value::integer(end as i64));
                return Ok(Some(captures + 2));
            }
            if anchored || at == self.subject.len() {
                return Ok(None);
            }
            at += 1;
        }
    }
}

/// `find(s, pattern [, init [, plain]])`.
pub(super) fn find(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let Some(request) = Request::read(vm, args)? else { return vm.return_one(args, Value::NIL) };
    let plain = !vm.argument(args, 3).is_falsy() || !request.pattern.iter().any(|byte| SPECIALS.contains(byte));
    if plain {
        let length = request.pattern.len();
        return match find_plain(vm, args.top(), &request)? {
            Some(at) => vm.return_values(args, &[Value::integer(at as i64 + 1), Value::integer((at + length) as i64)]),
            None => vm.return_one(args, Value::NIL),
        };
    }
    let found = request.search(vm, args, true)?;
    return_found(vm, args, found)
}

/// `match(s, pattern [, init])`.
pub(super) fn match_(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let Some(request) = Request::read(vm, args)? else { return vm.return_one(args, Value::NIL) };
    let found = request.search(vm, args, false)?;
    return_found(vm, args, found)
}

fn return_found(vm: &mut Vm, args: Args, found: Option<u32>) -> Result<u32, Signal> {
    match found {
        Some(count) => vm.return_slots(args, args.top(), count),
        None => vm.return_one(args, Value::NIL),
    }
}

/// The first occurrence of the pattern as plain text: a quick search for its first byte, then a comparison. Texts that
/// agree for long and then differ make it quadratic, so it polls.
fn find_plain(vm: &mut Vm, top: u32, request: &Request) -> Result<Option<usize>, Signal> {
    let Request { subject, pattern, start } = *request;
    let Some(first) = pattern.first() else { return Ok(Some(start)) };
    let mut at = start;
    let mut compared_bytes = 0;
    while subject.len() - at >= pattern.len() {
        let starts = &subject[at..=subject.len() - pattern.len()];
        let Some(skipped) = find_byte(starts, *first) else { return Ok(None) };
        at += skipped;
        if subject[at..].starts_with(pattern) {
            return Ok(Some(at));
        }
        compared_bytes += pattern.len();
        if compared_bytes > COMPARED_BYTES_PER_POLL {
            compared_bytes = 0;
            if vm.must_poll() {
                vm.poll(top)?;
            }
        }
        at += 1;
    }
    Ok(None)
}

/// Upvalues of the iterator that `gmatch` gives.
const SUBJECT: u32 = 0;
const PATTERN: u32 = 1;
/// Where the next search starts, from 0.
const POSITION: u32 = 2;
/// Where the last match ended, or -1: an empty match right there would be the same match again.
const LAST_END: u32 = 3;

/// `gmatch(s, pattern [, init])`. A `^` is no anchor here.
pub(super) fn gmatch(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let (subject, pattern) = (vm.check_string(args, 0)?, vm.check_string(args, 1)?);
    let init = vm.optional_integer(args, 2, 1)?;
    // Behind the end nothing matches, not even the empty pattern.
    let position = (start_position(init, subject.length()) - 1).min(subject.length() as u64 + 1);
    let upvalues = [Value::from(subject), Value::from(pattern), Value::integer(position as i64), Value::integer(-1)];
    let iterator = Gc::<NativeFunction>::allocate(&mut vm.heap, NAMELESS, gmatch_next, NativeRole::Plain, &upvalues)?;
    vm.return_one(args, iterator)
}

fn gmatch_next(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let iterator = vm.slot(args.base - 2).as_native().expect("a library function's callee slot holds it");
    let text = |index| iterator.upvalue(index).as_string().expect("gmatch put a string there").bytes();
    let (subject, pattern) = (text(SUBJECT), text(PATTERN));
    let mut at = iterator.upvalue(POSITION).raw_integer() as usize;
    let last_end = iterator.upvalue(LAST_END).raw_integer();
    let mut matcher = Matcher::new(vm, args.top(), subject, pattern);
    while at <= subject.len() {
        let Some(candidate) = matcher.candidate(at) else { break };
        at = candidate;
        if let Some(end) = matcher.match_at(at)?
            && end as i64 != last_end
        {
            let count = matcher.push_values(args.top(), at, end)?;
            let end = Value::integer(end as i64);
            iterator.set_upvalue(&mut vm.heap, POSITION, end);
            iterator.set_upvalue(&mut vm.heap, LAST_END, end);
            return vm.return_slots(args, args.top(), count);
        }
        at += 1;
    }
    // No results: a `for` loop sees nil.
    Ok(0)
}
