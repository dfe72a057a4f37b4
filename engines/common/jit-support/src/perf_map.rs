//! The perf map: names for machine code in the profiles of `perf`, `samply` and their kin.
//!
//! One line a unit, appended when it is published. This file must never open a file: an engine that was asked for a map
//! gets a writer from its host, which knows the name from [`file_name`] and puts the file into `/tmp`. Later units may
//! reuse the addresses of freed ones, which this format cannot say.

use std::io::{self, Write};

use engine_api::event;

/// The name that profilers look for, for the process with this id.
pub fn file_name(process_id: u32) -> String {
    format!("perf-{process_id}.map")
}

/// Writes the line of one unit: address and size in hexadecimal, then the name with the engine in front, so that the
/// strategies can be told apart in a profile.
///
/// # Errors
/// What the writer says.
pub fn write_unit(out: &mut dyn Write, code: &[u8], engine: &str, unit: &event::Unit) -> io::Result<()> {
    let event::Unit { kind, function, chunk, line, pc } = unit;
    let place = match kind {
        event::UnitKind::Function => String::new(),
        event::UnitKind::Loop => format!(" loop at PC {pc}"),
    };
    let name = format!("{engine}: {function}{place} ({chunk}:{line})");
    // A chunk's name can be any text, but a line ends at a line break.
    let name = name.replace(char::is_control, "?");
    writeln!(out, "{:x} {:x} {name}", code.as_ptr().addr(), code.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(code: &[u8], function: &str, kind: event::UnitKind) -> String {
        let unit = event::Unit { kind, function: function.to_string(), chunk: "a.lua".to_string(), line: 3, pc: 0 };
        let mut out = Vec::new();
        write_unit(&mut out, code, "tier", &unit).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_has_address_size_and_name() {
        let code = [0; 0x1f];
        let address = code.as_ptr().addr();
        assert_eq!(line(&code, "fib", event::UnitKind::Function), format!("{address:x} 1f tier: fib (a.lua:3)\n"));
        assert_eq!(
            line(&code, "fib", event::UnitKind::Loop),
            format!("{address:x} 1f tier: fib loop at PC 0 (a.lua:3)\n")
        );
    }

    #[test]
    fn a_name_cannot_break_the_line() {
        assert_eq!(line(&[0], "a\nb\r", event::UnitKind::Function).lines().count(), 1);
        assert!(line(&[0], "a\nb\r", event::UnitKind::Function).contains("a?b?"));
    }

    #[test]
    fn the_file_is_named_after_the_process() {
        assert_eq!(file_name(42), "perf-42.map");
    }
}
