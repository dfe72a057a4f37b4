//! `string.gsub`.

use lua_runtime::{Args, Signal, Tag, Value, Vm};

use super::pattern::{Captured, Matcher};
use crate::bytes::Buffer;

/// What a match is replaced by.
enum Replacement<'a> {
    /// A text in which `%0` to `%9` stand for captures.
    Text(&'a [u8]),
    /// The value under the first capture.
    Table(Value),
    /// The result of a call with the captures.
    Function(Value),
}

/// `gsub(s, pattern, replacement [, n])`.
pub(super) fn gsub(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let (source, pattern) = (vm.check_string(args, 0)?, vm.check_string(args, 1)?.bytes());
    let subject = source.bytes();
    let most = vm.optional_integer(args, 3, subject.len() as i64 + 1)?;
    let replacement = replacement(vm, args)?;
    let (anchored, pattern) = match pattern.strip_prefix(b"^") {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    let mut output = Buffer::new(vm);
    let mut matcher = Matcher::new(vm, args.top(), subject, pattern);
    let (mut at, mut last_end) = (0, None);
    let (mut count, mut changed) = (0, false);
    while count < most {
        if !anchored {
            let candidate = matcher.candidate(at).unwrap_or(subject.len());
            output.append(&subject[at..candidate])?;
            at = candidate;
        }
        let end = matcher.match_at(at)?.filter(|end| last_end != Some(*end));
        if let Some(end) = end {
            count += 1;
            changed |= replace(&mut matcher, &replacement, at, end, &mut output)?;
            (at, last_end) = (end, Some(end));
        } else if at < subject.len() {
            output.append(&subject[at..at + 1])?;
            at += 1;
        } else {
            break;
        }
        if anchored {
            break;
        }
    }
    let result = if changed {
        output.append(&subject[at..])?;
        output.finish(vm)?
    } else {
        source
    };
    vm.return_values(args, &[Value::from(result), Value::integer(count)])
}

fn replacement(vm: &mut Vm, args: Args) -> Result<Replacement<'static>, Signal> {
    let value = vm.argument(args, 2);
    match value.tag {
        Tag::String | Tag::Integer | Tag::Float => Ok(Replacement::Text(vm.check_string(args, 2)?.bytes())),
        Tag::Table => Ok(Replacement::Table(value)),
        Tag::Closure | Tag::Native => Ok(Replacement::Function(value)),
        Tag::Nil | Tag::False | Tag::True | Tag::Thread | Tag::Userdata | Tag::Frame | Tag::Cell => {
            Err(vm.type_error(args, 2, "string/function/table"))
        }
    }
}

/// Appends what the match from `at` to `end` is replaced by; `false` if it stays as it is.
fn replace(
    matcher: &mut Matcher,
    replacement: &Replacement,
    at: usize,
    end: usize,
    output: &mut Buffer,
) -> Result<bool, Signal> {
    let top = matcher.top;
    let value = match replacement {
        Replacement::Text(text) => {
            expand(matcher, text, at, end, output)?;
            return Ok(true);
        }
        Replacement::Table(table) => {
            let key = matcher.value(0, at, end)?;
            // The key must survive an `__index` function, which is called above it.
            matcher.vm.set_slot(top, key);
            matcher.vm.index_from_native(top + 1, *table, key)?
        }
        Replacement::Function(function) => {
            let count = matcher.push_values(top + 2, at, end)?;
            matcher.vm.set_slot(top, *function);
            match matcher.vm.call_prepared(top, count)? {
                0 => Value::NIL,
                _ => matcher.vm.slot(top),
            }
        }
    };
    match value.as_string() {
        Some(string) => output.append(string.bytes())?,
        None if value.is_falsy() => {
            output.append(&matcher.subject[at..end])?;
            return Ok(false);
        }
        None => match lua_runtime::number::with_text(value, |text| output.append(text)) {
            Some(result) => result?,
            None => {
                let message = format!("invalid replacement value (a {})", value.type_name());
                return Err(matcher.vm.raise(&message));
            }
        },
    }
    Ok(true)
}

/// Appends a replacement text with its captures.
fn expand(matcher: &mut Matcher, text: &[u8], at: usize, end: usize, output: &mut Buffer) -> Result<(), Signal> {
    let mut rest = text;
    while let Some(percent) = crate::bytes::find_byte(rest, b'%') {
        output.append(&rest[..percent])?;
        match rest.get(percent + 1) {
            Some(b'%') => output.append(b"%")?,
            Some(b'0') => output.append(&matcher.subject[at..end])?,
            Some(digit @ b'1'..=b'9') => match matcher.capture(usize::from(digit - b'1'), at, end)? {
                Captured::Position(position) => output.append(position.to_string().as_bytes())?,
                Captured::Text(bytes) => output.append(bytes)?,
            },
            Some(_) | None => return Err(matcher.vm.raise("invalid use of '%' in replacement string")),
        }
        rest = &rest[percent + 2..];
    }
    Ok(output.append(rest)?)
}
