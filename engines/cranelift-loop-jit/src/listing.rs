//! Texts of compiled units: Cranelift's IR after its optimiser, and machine code with its bytecode.
//!
//! Addresses of this process are in both, as numbers; they are replaced by `address` so that texts repeat.

use std::fmt::Write;

use jit_support::Unit;
use jit_support::disassemble::{MachineCode, listing};

use crate::compile::UnitData;

/// Numbers from this size on are taken for addresses.
const SMALLEST_ADDRESS: u64 = 1 << 32;

/// The IR of a unit.
pub(crate) fn ir(unit: &Unit<UnitData>) -> String {
    let Some(compiled) = unit.compiled() else { return String::new() };
    format!("{}{}\n", heading(unit), without_addresses(&compiled.data.optimised.display().to_string()))
}

/// The machine code of a unit.
///
/// # Errors
/// What cannot be decoded, which would be a bug.
pub(crate) fn machine_code(unit: &Unit<UnitData>) -> Result<String, String> {
    let Some(compiled) = unit.compiled() else { return Ok(String::new()) };
    let code = MachineCode::in_place(compiled.block.bytes(), compiled.data.constant_bytes);
    let text = listing(&code, Some(&compiled.map), &|_| None).map_err(|error| error.to_string())?;
    Ok(format!("{}{}\n", heading(unit), without_addresses(&text)))
}

fn heading(unit: &Unit<UnitData>) -> String {
    let label = unit.label();
    let mut text = String::new();
    let written = writeln!(text, "loop at PC {} of {} ({}:{})", label.pc, label.function, label.chunk, label.line);
    debug_assert!(written.is_ok(), "writing to a string does not fail");
    text
}

/// The text with every hexadecimal number that must be an address replaced.
fn without_addresses(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("0x") {
        let digits = &rest[start + 2..];
        let length = digits.find(|c: char| !c.is_ascii_hexdigit() && c != '_').unwrap_or(digits.len());
        let number = u64::from_str_radix(&digits[..length].replace('_', ""), 16).unwrap_or(0);
        result.push_str(&rest[..start]);
        // Bits of a float are as large as an address, but no address of a process has its highest bits set.
        if (SMALLEST_ADDRESS..1 << 47).contains(&number) {
            result.push_str("address");
        } else {
            result.push_str(&rest[start..start + 2 + length]);
        }
        rest = &digits[length..];
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::without_addresses;

    #[test]
    fn addresses_are_hidden_and_other_numbers_stay() {
        let text = "iconst.i64 0x7f12_3456_789a, 0x10, 0x3ff0_0000_0000_0000";
        assert_eq!(without_addresses(text), "iconst.i64 address, 0x10, 0x3ff0_0000_0000_0000");
    }
}
